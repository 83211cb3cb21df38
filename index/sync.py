"""Brings a library in step with files: each ends up in, out, or in the ledger with its reason."""

import hashlib
import os
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from index.errors import DocumentRejected, DocumentUnknown
from index.files import Found, find_files
from index.library import Index
from index.loaders import MEDIA_TYPES
from index.loaders.child import ParserProcess
from index.pipeline import Prepared, prepare
from index.store import LedgerEntry

Outcome = Literal["added", "changed", "unchanged", "removed", "failed"]
MAX_MB = 20  # of text; about half an hour of embedding on two cores


@dataclass(frozen=True, slots=True)
class FileOutcome:
    source: str
    doc_id: str | None
    outcome: Outcome
    reason: str | None = None


Progress = Callable[[float, int, str], None]  # files done, files in all, name of the current one


def add(
    index: Index, paths: list[Path], *, on_progress: Progress = lambda *_: None, max_mb: int = MAX_MB
) -> list[FileOutcome]:
    """Indexes new and changed files below `paths`, removes vanished ones; one outcome for each file.

    Raises LibraryLocked, EmbedderMismatch, EmbeddingFailed or VectorStoreFailed; what was done before stays.
    """
    found = find_files(paths)
    outcomes: list[FileOutcome] = []
    with index.writing(), ParserProcess() as parser:
        known = index.store.sources()
        ledger = index.store.ledger()
        for source, reason in found.unread.items():
            outcomes.append(FileOutcome(source, None, "failed", reason))
        for source, reason in found.missing.items():
            if source in known:
                outcomes.append(_remove(index, source, known[source]))
            else:
                index.store.forget(source)
                outcomes.append(FileOutcome(source, None, "failed", reason))
        for source, reason in found.refused.items():
            outcomes.append(_fail(index, source, known.get(source), LedgerEntry(None, 0, 0, reason)))
        outcomes += _remove_vanished(index, found, known, ledger)
        for number, (source, wish) in enumerate(found.files.items()):
            on_progress(number, len(found.files), source)

            def within(share: float, number: int = number, source: str = source) -> None:
                on_progress(number + share, len(found.files), source)

            doc_id, last = known.get(source), ledger.get(source)
            outcomes.append(_add_one(index, parser, source, wish, doc_id, last, within, max_mb))
        on_progress(len(found.files), len(found.files), "")
        index.repair()
    return outcomes


def remove(index: Index, names: list[str]) -> list[FileOutcome]:
    """Takes documents out by doc_id or source path. Raises DocumentUnknown before anything is removed."""
    with index.writing():
        by_source = index.store.sources()
        by_doc = {doc_id: source for source, doc_id in by_source.items()}
        sources = []
        for name in names:
            path = os.path.realpath(name)
            source = by_doc.get(name) or (path if path in by_source else None)
            if source is None:
                raise DocumentUnknown(f"no document {name!r} in this library: `pincite status` lists what is there")
            sources.append(source)
        return [_remove(index, source, by_source[source]) for source in dict.fromkeys(sources)]


def summary(outcomes: list[FileOutcome]) -> dict[str, int]:
    """How many files had each outcome; every outcome is named."""
    counts = Counter(o.outcome for o in outcomes)
    return {name: counts[name] for name in ("added", "changed", "unchanged", "removed", "failed")}


def _add_one(
    index: Index,
    parser: ParserProcess,
    source: str,
    wish: str,
    doc_id: str | None,
    last: LedgerEntry | None,
    within: Callable[[float], None],
    max_mb: int,
) -> FileOutcome:
    try:
        stat = os.stat(source)
        if last and last.sha256 and (last.size, last.mtime_ns) == (stat.st_size, stat.st_mtime_ns):
            return _as_before(source, doc_id, last)
        sha256 = _sha256(source)
        entry = LedgerEntry(sha256, stat.st_size, stat.st_mtime_ns, None)
        if last and last.sha256 == sha256:
            index.store.record(source, LedgerEntry(sha256, stat.st_size, stat.st_mtime_ns, last.reason))
            return _as_before(source, doc_id, last)
    except OSError as error:
        reason = f"cannot be read ({error.strerror}): check its permissions"
        index.store.record(source, LedgerEntry(None, 0, 0, reason))  # and the text read before stays
        return FileOutcome(source, None, "failed", reason)
    try:
        if stat.st_size > max_mb * 2**20 and MEDIA_TYPES[Path(source).suffix.lower()] != "application/pdf":
            raise _too_large(stat.st_size, max_mb)
        loaded = parser.load(Path(source))
        if len(loaded.text) > max_mb * 2**20:
            raise _too_large(len(loaded.text), max_mb)
        named = doc_id or _free_doc_id(index, wish, source)
        prepared = prepare(named, source, loaded, index.embedder, within, index.chunk_chars)
    except DocumentRejected as error:
        kept = None if error.retry else sha256
        return _fail(index, source, doc_id, LedgerEntry(kept, stat.st_size, stat.st_mtime_ns, str(error)))
    _put(index, prepared, entry)
    empty = prepared.empty_pages
    note = f"no text on page {', '.join(map(str, empty))}: run it through OCR to index those" if empty else None
    return FileOutcome(source, prepared.document.doc_id, "changed" if doc_id else "added", note)


def _put(index: Index, prepared: Prepared, entry: LedgerEntry) -> None:
    with index.changing(prepared.document.doc_id):
        if index.store.meta("embedder") is None:
            index.store.set_meta("embedder", index.embedder.identity)
            index.store.set_meta("chunk_chars", str(index.chunk_chars))
        index.store.put_document(prepared.document, prepared.empty_pages, prepared.chunks, prepared.outlet)
        index.store.record(prepared.document.source, entry)


def _as_before(source: str, doc_id: str | None, last: LedgerEntry) -> FileOutcome:
    return FileOutcome(source, doc_id, "failed" if last.reason else "unchanged", last.reason)


def _fail(index: Index, source: str, doc_id: str | None, entry: LedgerEntry) -> FileOutcome:
    """Records the reason; an older text of a file that changed into this is no longer answered from."""
    if doc_id:
        with index.changing(doc_id):
            index.store.delete_document(doc_id)
            index.store.record(source, entry)
    else:
        index.store.record(source, entry)
    return FileOutcome(source, None, "failed", entry.reason)


def _remove_vanished(
    index: Index, found: Found, known: dict[str, str], ledger: dict[str, LedgerEntry]
) -> list[FileOutcome]:
    outcomes = []
    seen = found.files.keys() | found.refused.keys() | found.missing.keys()
    for source in ledger:
        # a hidden file that was added by name is not seen in its folder, and is still there
        if source not in seen and found.covers(source) and not os.path.isfile(source):
            if source in known:
                outcomes.append(_remove(index, source, known[source]))
            else:
                index.store.forget(source)
    return outcomes


def _remove(index: Index, source: str, doc_id: str) -> FileOutcome:
    with index.changing(doc_id):
        index.store.delete_document(doc_id)
        index.store.forget(source)
    return FileOutcome(source, doc_id, "removed")


def _free_doc_id(index: Index, wish: str, source: str) -> str:
    """The path below the added folder: readable, and the same wherever the folder stands."""
    taken = index.store.sources().values()
    return wish if wish not in taken else f"{wish}~{hashlib.sha256(source.encode()).hexdigest()[:8]}"


def _sha256(source: str) -> str:
    with open(source, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _too_large(size: int, max_mb: int) -> DocumentRejected:
    reason = f"is {size / 2**20:.0f} MB, more than {max_mb} MB of text: split it, or raise PINCITE_MAX_FILE_MB"
    return DocumentRejected(reason, retry=True)

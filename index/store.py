"""The library's truth: documents, chunks with offsets, vectors, the keyword index and the ledger, in SQLite."""

import json
import re
import sqlite3
import uuid
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from index.embedder import Vectors
from index.errors import DocumentUnknown
from index.schema import connect
from index.types import Chunk, Document, Sentence, Span

SQLITE_VARIABLES = 500  # ids named in one statement
COMMON_TERM = 1e-5
_NOT_IN_QUERY = re.compile(r'["\x00-\x1f]')


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """What happened to a file last time. `reason` is None when it went in."""

    sha256: str | None
    size: int
    mtime_ns: int
    reason: str | None


@dataclass(frozen=True, slots=True)
class IndexedChunk:
    """A chunk on its way in: `body` is what is searched, `sentences` are (start, end) offsets."""

    chunk_id: str
    start: int
    end: int
    body: str
    vector: Vectors
    sentences: list[tuple[int, int]]
    sentence_vectors: Vectors


class Store:
    """One open library file. Reads are safe from any thread; writes need the caller's write lock."""

    def __init__(self, file: Path) -> None:
        self._db = connect(file)
        if self.meta("collection") is None:
            with self.transaction():
                if self.meta("collection") is None:  # still: another process may have been faster
                    self.set_meta("collection", f"pincite-{uuid.uuid4().hex[:12]}")
                    self.set_meta("generation", "0")

    def close(self) -> None:
        self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            if self._db.in_transaction:  # SQLite has rolled back by itself where the disk is full
                self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    # -- meta and ledger

    def meta(self, key: str) -> str | None:
        row = self._db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return row and str(row[0])

    def set_meta(self, key: str, value: str) -> None:
        self._db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))

    def ledger(self) -> dict[str, LedgerEntry]:
        """Every file ever given, by source path."""
        rows = self._db.execute("SELECT source, sha256, size, mtime_ns, reason FROM ledger")
        return {row[0]: LedgerEntry(*row[1:]) for row in rows}

    def record(self, source: str, entry: LedgerEntry) -> None:
        values = (source, entry.sha256, entry.size, entry.mtime_ns, entry.reason)
        self._db.execute("INSERT OR REPLACE INTO ledger VALUES (?, ?, ?, ?, ?)", values)

    def forget(self, source: str) -> None:
        self._db.execute("DELETE FROM ledger WHERE source = ?", (source,))

    # -- documents

    def sources(self) -> dict[str, str]:
        """doc_id by source path."""
        return dict(self._db.execute("SELECT source, doc_id FROM documents ORDER BY source"))

    def document(self, doc_id: str, version: str | None = None) -> Document:
        """A stored version, the current one by default. Raises DocumentUnknown."""
        row = self._db.execute(
            "SELECT t.version, t.title, d.source, t.published, t.text, t.page_starts, d.media_type"
            " FROM documents d JOIN texts t ON t.doc_id = d.doc_id"
            " WHERE d.doc_id = ?1 AND t.version = coalesce(?2, d.version)",
            (doc_id, version),
        ).fetchone()
        if row is None:
            raise _unknown(f"document {doc_id!r}" + (f" version {version!r}" if version else ""))
        stored, title, source, published, text, pages, media_type = row
        starts = tuple(json.loads(pages))
        return Document(doc_id, stored, title, source, published, text, starts, media_type)

    def put_document(
        self, document: Document, empty_pages: Sequence[int], chunks: Sequence[IndexedChunk], outlet: str = ""
    ) -> None:
        """Replaces the current version of `document`; older texts stay readable for saved citations. Its passages are
        found by the words of its title, file name, date and `outlet` as well."""
        self._drop_chunks(document.doc_id)
        heading = f"{document.title} {Path(document.source).stem} {document.published or ''} {outlet}"
        self._db.execute(
            "INSERT OR REPLACE INTO texts VALUES (?, ?, ?, ?, ?, ?)",
            (document.doc_id, document.version, document.text, document.title, document.published,
             json.dumps(document.page_starts)),
        )  # fmt: skip
        self._db.execute(
            "INSERT OR REPLACE INTO documents VALUES (?, ?, ?, ?, ?)",
            (
                document.doc_id,
                document.version,
                document.source,
                document.media_type,
                json.dumps(list(empty_pages)),
            ),
        )
        for chunk in chunks:
            cursor = self._db.execute(
                "INSERT INTO chunks (chunk_id, doc_id, start, end, text, vector) VALUES (?, ?, ?, ?, ?, ?)",
                (chunk.chunk_id, document.doc_id, chunk.start, chunk.end, document.text[chunk.start : chunk.end],
                 chunk.vector.astype(np.float32).tobytes()),
            )  # fmt: skip
            row = cursor.lastrowid
            self._db.execute("INSERT INTO keywords (rowid, body, heading) VALUES (?, ?, ?)", (row, chunk.body, heading))
            self._db.executemany(
                "INSERT INTO sentences VALUES (?, ?, ?, ?)",
                [
                    (row, start, end, vector.astype(np.float16).tobytes())
                    for (start, end), vector in zip(chunk.sentences, chunk.sentence_vectors, strict=True)
                ],
            )

    def delete_document(self, doc_id: str) -> None:
        """Takes a document and all its versions out."""
        self._drop_chunks(doc_id)
        self._db.execute("DELETE FROM documents WHERE doc_id = ?", (doc_id,))
        self._db.execute("DELETE FROM texts WHERE doc_id = ?", (doc_id,))

    def _drop_chunks(self, doc_id: str) -> None:
        rows = "SELECT id FROM chunks WHERE doc_id = ?"
        self._db.execute(f"DELETE FROM keywords WHERE rowid IN ({rows})", (doc_id,))
        self._db.execute(f"DELETE FROM sentences WHERE chunk IN ({rows})", (doc_id,))
        self._db.execute("DELETE FROM chunks WHERE doc_id = ?", (doc_id,))

    # -- chunks

    def chunk_ids(self, doc_id: str | None = None) -> list[str]:
        where, values = ("WHERE doc_id = ?", (doc_id,)) if doc_id else ("", ())
        return [row[0] for row in self._db.execute(f"SELECT chunk_id FROM chunks {where} ORDER BY id", values)]

    def vectors(self, chunk_ids: Sequence[str]) -> Iterator[tuple[str, Vectors]]:
        for rows in self._by_ids("SELECT chunk_id, vector FROM chunks WHERE chunk_id IN ({})", chunk_ids):
            for chunk_id, vector in rows:
                yield chunk_id, np.frombuffer(vector, np.float32)

    def nearest_within(self, vector: Vectors, k: int, within: Collection[str]) -> list[tuple[str, float]]:
        """Up to `k` (chunk_id, cosine similarity) pairs of those documents alone, best first.

        Every chunk of theirs is compared: a filter in Chroma costs as much as the whole collection is large.
        """
        rows = self._db.execute(
            "SELECT chunk_id, vector FROM chunks WHERE doc_id IN (SELECT value FROM json_each(?)) ORDER BY id",
            (json.dumps(list(within)),),
        ).fetchall()
        if not rows:
            return []
        cosines = np.stack([np.frombuffer(stored, np.float32) for _, stored in rows]) @ vector
        best = np.argsort(-cosines, kind="stable")[:k]
        return [(rows[i][0], float(cosines[i])) for i in best]

    def chunks(self, chunk_ids: Sequence[str]) -> dict[str, Chunk]:
        """Chunks by id; ids that are no longer there are left out."""
        statement = (
            "SELECT c.chunk_id, c.doc_id, d.version, c.start, c.end, c.text, t.title, d.source, t.published,"
            " t.page_starts FROM chunks c JOIN documents d USING (doc_id)"
            " JOIN texts t ON t.doc_id = d.doc_id AND t.version = d.version WHERE c.chunk_id IN ({})"
        )
        found = {}
        for rows in self._by_ids(statement, chunk_ids):
            for chunk_id, doc_id, version, start, end, text, title, source, published, page_starts in rows:
                page = sum(begins <= start for begins in json.loads(page_starts)) or None
                found[chunk_id] = Chunk(chunk_id, doc_id, version, start, end, text, page, title, source, published)
        return found

    def sentences(self, chunk: Chunk) -> tuple[list[Sentence], Vectors]:
        """The citable sentences of a chunk in order, and their vectors, shape (sentences, dimension)."""
        rows = self._db.execute(
            "SELECT s.start, s.end, s.vector FROM sentences s JOIN chunks c ON c.id = s.chunk"
            " WHERE c.chunk_id = ? ORDER BY s.start",
            (chunk.chunk_id,),
        ).fetchall()
        sentences = [
            Sentence(Span(chunk.doc_id, chunk.version, a, b), chunk.text[a - chunk.start : b - chunk.start])
            for a, b, _ in rows
        ]
        vectors = [np.frombuffer(row[2], np.float16).astype(np.float32) for row in rows]
        return sentences, np.stack(vectors) if vectors else np.zeros((0, 0), np.float32)

    # -- keywords

    def keyword_search(
        self, terms: Iterable[str], k: int, within: Collection[str] | None = None
    ) -> list[tuple[str, float]]:
        """Up to `k` (chunk_id, BM25 score above 0) pairs for chunks with any of `terms`, best first; only of the
        documents `within`, when given."""
        rows = self._db.execute(
            "SELECT c.chunk_id, -bm25(keywords, 1.0, 0.5) AS score FROM keywords JOIN chunks c ON c.id = keywords.rowid"
            " WHERE keywords MATCH ?1 AND (?3 IS NULL OR c.doc_id IN (SELECT value FROM json_each(?3)))"
            " ORDER BY score DESC, c.id LIMIT ?2",
            (_quoted(terms, " OR "), k, None if within is None else json.dumps(list(within))),
        ).fetchall()
        # FTS5 floors a term of half the chunks at 1e-6: such hits count only where there are no others
        return [(chunk_id, score) for chunk_id, score in rows if score > COMMON_TERM] or rows

    def phrase_search(self, phrases: Iterable[str], k: int) -> list[str]:
        """Up to `k` ids of chunks in whose text the words of one of `phrases` stand in a row, in reading order."""
        rows = self._db.execute(
            "SELECT chunk_id FROM chunks WHERE id IN (SELECT rowid FROM keywords WHERE keywords MATCH ? LIMIT ?)"
            " ORDER BY id",
            (f"body : ({_quoted(phrases, ' OR ')})", k),
        )
        return [chunk_id for (chunk_id,) in rows]

    def heading_search(self, terms: Iterable[str]) -> list[str]:
        """The documents whose title, file name or date holds every one of `terms`, by doc_id."""
        rows = self._db.execute(
            "SELECT DISTINCT doc_id FROM chunks WHERE id IN (SELECT rowid FROM keywords WHERE keywords MATCH ?)",
            (f"heading : ({_quoted(terms, ' AND ')})",),
        )
        return sorted(doc_id for (doc_id,) in rows)

    def chunk_frequencies(self, stems: Iterable[str]) -> dict[str, int]:
        """In how many chunks each Porter stem occurs; stems that occur nowhere are left out."""
        statement = "SELECT term, doc FROM vocabulary WHERE term IN ({})"
        return {term: doc for rows in self._by_ids(statement, list(stems)) for term, doc in rows}

    def check_known(self, doc_ids: Collection[str]) -> None:
        """Raises DocumentUnknown, which names the first of `doc_ids` that is not there."""
        row = self._db.execute(
            "SELECT value FROM json_each(?) WHERE value NOT IN (SELECT doc_id FROM documents) LIMIT 1",
            (json.dumps(list(doc_ids)),),
        ).fetchone()
        if row:
            raise _unknown(f"document {row[0]!r}")

    def texts(self) -> Iterator[tuple[str, str]]:
        """(doc_id, current text) of every document, one at a time, from one moment."""
        yield from self._db.execute(
            "SELECT doc_id, text FROM documents JOIN texts USING (doc_id, version) ORDER BY doc_id"
        )

    def versions(self) -> list[tuple[str, str]]:
        """(doc_id, current version) of every document, sorted."""
        return list(self._db.execute("SELECT doc_id, version FROM documents ORDER BY doc_id"))

    def counts(self) -> tuple[int, int]:
        """(documents, chunks)."""
        (documents,) = self._db.execute("SELECT count(*) FROM documents").fetchone()
        (chunks,) = self._db.execute("SELECT count(*) FROM chunks").fetchone()
        return documents, chunks

    def pages_without_text(self) -> dict[str, list[int]]:
        """By source, for the documents that have such pages."""
        rows = self._db.execute("SELECT source, pages_without_text FROM documents WHERE pages_without_text != '[]'")
        return {source: json.loads(pages) for source, pages in rows}

    def _by_ids(self, statement: str, ids: Sequence[str]) -> Iterator[list[Any]]:
        for at in range(0, len(ids), SQLITE_VARIABLES):
            some = ids[at : at + SQLITE_VARIABLES]
            cursor: sqlite3.Cursor = self._db.execute(statement.format(",".join("?" * len(some))), some)
            yield cursor.fetchall()


def _unknown(what: str) -> DocumentUnknown:
    return DocumentUnknown(f"no {what} in this library: `pincite status` lists what is there")


def _quoted(texts: Iterable[str], joint: str) -> str:
    """A query for FTS5, whose own syntax is not for what people type; of nothing, it finds nothing."""
    return joint.join(f'"{_NOT_IN_QUERY.sub(" ", text)}"' for text in texts) or '""'

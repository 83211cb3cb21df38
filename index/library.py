"""An open library folder: SQLite as truth, Chroma for vectors, one writer at a time, many readers.

library.sqlite3   everything (index/schema.py)
chroma/           the vectors again, for search; rebuilt from library.sqlite3 whenever they disagree
write.lock        held while writing
"""

import functools
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

import numpy as np
from filelock import FileLock, Timeout

from index.embedder import Embedder, Vectors
from index.embedders import open_embedder
from index.errors import ChunkSizeMismatch, EmbedderMismatch, IndexingError, LibraryLocked, LibraryMissing
from index.store import Store
from index.types import CHUNK_CHARS

if TYPE_CHECKING:
    from chromadb.api import ClientAPI

    from index.vectors import VectorIndex


class Index:
    """Context manager. Chroma and the embedder are opened when first needed."""

    def __init__(
        self,
        folder: Path,
        *,
        create: bool = False,
        embedder: str | Embedder = "minilm",
        chunk_chars: int = CHUNK_CHARS,
        chroma_url: str | None = None,
        chroma_client: "ClientAPI | None" = None,
    ) -> None:
        """Opens `folder`; `chroma_client` replaces the client made from `chroma_url`. Raises IndexingError."""
        file = folder / "library.sqlite3"
        if not create and not file.is_file():
            raise LibraryMissing(f"no library at {str(folder)!r}: make one with `pincite add PATH --library {folder}`")
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise IndexingError(
                f"cannot make library folder {str(folder)!r} ({error}): choose another --library"
            ) from error
        self.folder = folder
        self.chunk_chars = chunk_chars
        self.store = Store(file)
        try:
            self._check_chunk_size()
        except ChunkSizeMismatch:
            self.store.close()
            raise
        self._embedder = embedder
        self._chroma_url = chroma_url
        self._given_client = chroma_client
        self._vectors: VectorIndex | None = None
        self._generation = ""
        self._opening = threading.Lock()
        self._lock = FileLock(folder / "write.lock", timeout=0)

    @functools.cached_property
    def embedder(self) -> Embedder:
        """The library's embedder. Raises EmbedderMismatch when it was indexed with another one."""
        embedder = open_embedder(self._embedder) if isinstance(self._embedder, str) else self._embedder
        stored = self.store.meta("embedder")
        if stored and stored != embedder.identity:
            raise EmbedderMismatch(
                f"library {str(self.folder)!r} was indexed with {stored!r}, PINCITE_EMBEDDER gives "
                f"{embedder.identity!r}: set PINCITE_EMBEDDER back, or index into a new --library"
            )
        return embedder

    def _check_chunk_size(self) -> None:
        """A library has one chunk size. Those made before it could be chosen say none, and have the default."""
        stored = self.store.meta("chunk_chars") or (self.store.meta("embedder") and str(CHUNK_CHARS))
        if stored and stored != str(self.chunk_chars):
            raise ChunkSizeMismatch(
                f"library {str(self.folder)!r} was cut into passages of {stored} characters, PINCITE_CHUNK_CHARS gives "
                f"{self.chunk_chars}: set PINCITE_CHUNK_CHARS={stored}, or index into a new --library"
            )

    @property
    def vectors(self) -> "VectorIndex":
        """The Chroma side, reopened when another process has written since."""
        from index.vectors import VectorIndex, connect

        with self._opening:
            generation = self.store.meta("generation") or ""
            if self._vectors is not None and generation != self._generation and self._given_client is None:
                self._vectors.close()
                self._vectors = None
            if self._vectors is None:
                client = self._given_client or connect(self.folder / "chroma", self._chroma_url)
                self._vectors = VectorIndex(client, self.store.meta("collection") or "")
            self._generation = generation
            return self._vectors

    def nearest(self, query: str, k: int) -> tuple[Vectors, list[tuple[str, float]]]:
        """The query's vector, and up to `k` (chunk_id, cosine similarity) pairs from Chroma, best first."""
        vector = self.embedder.embed([query])[0]
        return vector, self.vectors.nearest(vector, k)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Holds the write lock and leaves Chroma in step with SQLite. Raises LibraryLocked, ChunkSizeMismatch."""
        try:
            self._lock.acquire()
        except Timeout:
            raise LibraryLocked(
                f"another process is writing to library {str(self.folder)!r}: wait until it ends and try again"
            ) from None
        try:
            self._check_chunk_size()  # again: another process may have been the first to add
            if self.store.meta("dirty"):
                self._rebuild()
            yield
        finally:
            self._lock.release()

    @contextmanager
    def changing(self, doc_id: str) -> Iterator[None]:
        """One document's change, in SQLite first, then in Chroma; what a crash leaves half done is repaired
        by the next writer."""
        before = self.store.chunk_ids(doc_id)
        with self.store.transaction():
            self.store.set_meta("dirty", "1")
            yield
        after = self.store.chunk_ids(doc_id)
        self.vectors.delete(sorted(set(before) - set(after)))
        self._upsert(after)
        self._settled()

    def repair(self) -> None:
        """Rebuilds Chroma from SQLite when their chunks differ; embeds nothing."""
        if self.vectors.count() != self.store.counts()[1]:
            self._rebuild()

    def _rebuild(self) -> None:
        known = set(self.store.chunk_ids())
        held = self.vectors.ids()
        self.vectors.delete(sorted(held - known))
        self._upsert(sorted(known - held))
        self._settled()

    def _upsert(self, chunk_ids: list[str]) -> None:
        pairs = list(self.store.vectors(chunk_ids))
        if pairs:
            self.vectors.upsert([chunk_id for chunk_id, _ in pairs], np.stack([vector for _, vector in pairs]))

    def _settled(self) -> None:
        with self.store.transaction():
            self.store.set_meta("dirty", "")
            self.store.set_meta("generation", str(int(self.store.meta("generation") or 0) + 1))
        self._generation = self.store.meta("generation") or ""

    def close(self) -> None:
        if self._vectors is not None and self._given_client is None:
            self._vectors.close()
        self.store.close()

    def __enter__(self) -> "Index":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

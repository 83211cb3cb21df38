"""Everything that can go wrong between a file and its vectors.

IndexingError                 one line: what happened, the value, what to do next
├── LibraryMissing            no library at this path yet
├── LibraryLocked             another process is writing
├── LibraryCorrupt            the library file is not one, or another format
├── EmbedderMismatch          the library was indexed with another embedder
├── ChunkSizeMismatch         its passages were cut to another size
├── EmbeddingFailed           the embedder is missing or did not answer
├── VectorStoreFailed         the Chroma server did not answer
├── DocumentUnknown           no such doc_id, source or version
└── DocumentRejected          this one file cannot be indexed (recorded in the ledger)
"""


class IndexingError(Exception):
    """Base of the tree above; `str()` of it is fit for a person."""


class LibraryMissing(IndexingError):
    pass


class LibraryLocked(IndexingError):
    pass


class LibraryCorrupt(IndexingError):
    pass


class EmbedderMismatch(IndexingError):
    pass


class ChunkSizeMismatch(IndexingError):
    pass


class EmbeddingFailed(IndexingError):
    pass


class VectorStoreFailed(IndexingError):
    pass


class DocumentUnknown(IndexingError):
    pass


class DocumentRejected(IndexingError):
    """`retry` is True when the cause may lie outside the file, so that it is tried again although unchanged."""

    def __init__(self, reason: str, *, retry: bool = False) -> None:
        super().__init__(reason)
        self.retry = retry

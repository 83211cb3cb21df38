"""The nouns of the index. All offsets are half-open code-point offsets into a document's stored text."""

from dataclasses import dataclass

# Of a passage, about. 900 characters of English are about 200 word pieces; MiniLM reads 256, title and date included.
CHUNK_CHARS = 900
LEAST_CHUNK_CHARS = 100


@dataclass(frozen=True, slots=True)
class Span:
    """`stored_text(doc_id, version)[start:end]`, wherever a citation is shown, sent or scored."""

    doc_id: str
    version: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Document:
    """One stored version of one source file."""

    doc_id: str
    version: str  # first 16 hex digits of the sha256 of `text`
    title: str
    source: str  # absolute path
    published: str | None  # ISO date
    text: str
    page_starts: tuple[int, ...]  # offset at which each page begins; () for formats without pages
    media_type: str

    def page_of(self, offset: int) -> int | None:
        """Page number from 1 that holds `offset`, None for formats without pages."""
        return sum(start <= offset for start in self.page_starts) or None


@dataclass(frozen=True, slots=True)
class Chunk:
    """A retrievable piece of a document; `document.text[start:end] == text`."""

    chunk_id: str
    doc_id: str
    version: str
    start: int
    end: int
    text: str
    page: int | None
    title: str
    source: str
    published: str | None


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of a chunk that may be cited: never page noise, never a heading."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Hit:
    """A chunk found for a query; `score` in (0, 1], higher is better; `rank` from 1."""

    chunk: Chunk
    score: float
    rank: int
    found_by: tuple[str, ...]  # "dense", "keyword"

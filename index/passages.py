"""Passages as they are read: the vector of each, its citable sentences and theirs.

A passage need not be a chunk of this library: any stretch of a current text can be read like one, so that the hits of
a library that was cut otherwise can be.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from index.embedder import Vectors
from index.library import Index
from index.store import Store
from index.types import Chunk, Sentence, Span


@dataclass(frozen=True, slots=True)
class Reading:
    """`vector` is of the passage, shape (dimension,); `sentence_vectors` has a row for each sentence."""

    vector: Vectors
    sentences: Sequence[Sentence]
    sentence_vectors: Vectors


def read_passages(index: Index, chunks: Sequence[Chunk]) -> dict[str, Reading]:
    """By chunk_id; what another process has changed or removed since is left out."""
    vectors = dict(index.store.vectors([chunk.chunk_id for chunk in chunks]))
    found = {}
    for chunk in chunks:
        if chunk.chunk_id in vectors:
            found[chunk.chunk_id] = Reading(vectors[chunk.chunk_id], *index.store.sentences(chunk))
        elif reading := _read_cut(index, chunk):
            found[chunk.chunk_id] = reading
    return found


def passage_at(store: Store, span: Span) -> Chunk:
    """The chunk that stands at `span`, else a passage cut there from the stored text. Raises DocumentUnknown."""
    document = store.document(span.doc_id, span.version)
    for chunk in _touched(store, span):
        if (chunk.start, chunk.end) == (span.start, span.end):
            return chunk
    return Chunk(
        chunk_id=f"{span.doc_id}@{span.version}:{span.start}-{span.end}",  # of no stored chunk
        doc_id=span.doc_id,
        version=span.version,
        start=span.start,
        end=span.end,
        text=document.text[span.start : span.end],
        page=document.page_of(span.start),
        title=document.title,
        source=document.source,
        published=document.published,
    )


def _read_cut(index: Index, passage: Chunk) -> Reading | None:
    """The citable sentences of the chunks it touches that lie in it; None when there are none."""
    found = list(_sentences_in(index.store, Span(passage.doc_id, passage.version, passage.start, passage.end)))
    if not found:
        return None
    sentences, vectors = zip(*found, strict=True)
    heading = " ".join(f"{passage.title} {passage.published or ''}".split())
    vector = index.embedder.embed([heading + "\n" + "\n".join(sentence.text for sentence in sentences)])[0]
    return Reading(vector, sentences, np.stack(vectors))


def _sentences_in(store: Store, span: Span) -> Iterator[tuple[Sentence, Vectors]]:
    for chunk in sorted(_touched(store, span), key=lambda chunk: chunk.start):
        for sentence, vector in zip(*store.sentences(chunk), strict=True):
            if span.start <= sentence.span.start and sentence.span.end <= span.end:
                yield sentence, vector


def _touched(store: Store, span: Span) -> Iterable[Chunk]:
    chunks = store.chunks(store.chunk_ids(span.doc_id)).values()
    return [c for c in chunks if c.version == span.version and c.start < span.end and span.start < c.end]

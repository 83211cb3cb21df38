"""A library of any size, for measuring speed: made-up sentences with the word frequencies of real ones."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator

import numpy as np

from index.embedder import Vectors, normalised
from index.library import Index
from index.store import IndexedChunk
from index.types import Document

CHUNKS = 10  # of each document
SENTENCES = 6  # of each chunk
WORDS = (15, 28)  # of a sentence, least and most
RARE_WORDS = 30_000  # beside those of the real texts, which are few
ZIPF_SHIFT = 2.7  # Mandelbrot 1953: frequency is proportional to 1 / (rank + shift)
SYLLABLES = "ba co di fu ge hi jo ka lu me ni po qua ri so tu ve wa xi zo".split()


def fill(index: Index, chunks: int, texts: Iterable[str], seed: int = 0) -> list[str]:
    """Puts `chunks` chunks into the empty `index` and returns their sentences; `texts` give the common words."""
    random = np.random.default_rng(seed)
    words = _vocabulary(texts, random)
    shares = 1 / (np.arange(len(words)) + ZIPF_SHIFT)
    dimension = index.embedder.embed([""]).shape[1]
    said: list[str] = []
    with index.writing():
        with index.store.transaction():
            index.store.set_meta("embedder", index.embedder.identity)
            for number, first in enumerate(range(0, chunks, CHUNKS)):
                count = min(CHUNKS, chunks - first) * SENTENCES
                lengths = random.integers(*WORDS, size=count)
                drawn = iter(random.choice(words, p=shares / shares.sum(), size=int(lengths.sum())))
                sentences = [" ".join(next(drawn) for _ in range(length)).capitalize() + "." for length in lengths]
                vectors = normalised(random.standard_normal((count // SENTENCES, dimension)).astype(np.float32))
                document = _document(f"made-up-{number}.txt", sentences)
                index.store.put_document(document, [], list(_chunks(document, sentences, vectors)))
                said += sentences
        index.repair()
    return said


def _vocabulary(texts: Iterable[str], random: np.random.Generator) -> list[str]:
    """Real words, the frequent ones first, then made-up ones."""
    counted = Counter(word.lower() for text in texts for word in re.findall(r"[^\W\d_]+", text))
    made_up = ("".join(random.choice(SYLLABLES, size=4)) for _ in range(RARE_WORDS))
    return list(dict.fromkeys([*(word for word, _ in counted.most_common()), *made_up]))


def _document(doc_id: str, sentences: list[str]) -> Document:
    return Document(doc_id, doc_id, doc_id, f"/{doc_id}", None, " ".join(sentences), (), "text/plain")


def _chunks(document: Document, sentences: list[str], vectors: Vectors) -> Iterator[IndexedChunk]:
    at = 0
    for number, vector in enumerate(vectors):
        spans = []
        for sentence in sentences[number * SENTENCES : (number + 1) * SENTENCES]:
            spans.append((at, at + len(sentence)))
            at += len(sentence) + 1
        start, end = spans[0][0], spans[-1][1]
        body = document.text[start:end]
        yield IndexedChunk(
            f"{document.doc_id}:{start}", start, end, body, vector, spans, np.stack([vector] * SENTENCES)
        )

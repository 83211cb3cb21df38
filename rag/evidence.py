"""Evidence sentences: each sentence of the hits with the probability that it answers the question."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from index.dates import find_dates
from index.embedder import Vectors
from index.library import Index
from index.types import Hit, Sentence
from rag.markup import plain
from rag.names import name_tokens
from rag.question import Question
from rag.terms import stems, weights

FEATURES = (
    "cosine",  # of question and sentence
    "cosine_gap",  # to the best sentence of all hits
    "overlap",  # idf-weighted share of the question's stems in the sentence
    "context",  # the same with the sentence before it and the document's title and date
    "unseen",  # idf-weighted share of the question's stems in no hit at all
    "kind",  # holds a new value of the kind that is asked for
    "no_kind",  # the question asks for no recognisable kind
    "names",  # share of the question's name words in sentence, title or the sentence before
    "same_year",  # the sentence names a year of the question
    "same_document_year",  # it names none, and its document is of such a year
    "other_year",  # it, or its document, is of another year
    "rank",  # 1 / rank of the hit
    "length",  # ln of words over 20
)
# Logistic regression, fitted by `python -m eval.fit_evidence` (docs/measurements.md says on what).
BIAS = -3.0
WEIGHTS = dict.fromkeys(FEATURES, 0.0) | {
    "cosine": 4.0, "overlap": 2.0, "context": 1.0, "kind": 1.0, "same_year": 0.5, "other_year": -1.5, "names": 1.0, "unseen": -2.0,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Evidence:
    """A sentence, the hit that holds it, and `probability` in [0, 1] that it answers the question."""

    sentence: Sentence
    hit: Hit
    probability: float
    features: tuple[float, ...]
    vector: Vectors

    @property
    def text(self) -> str:
        """The sentence as it is shown."""
        return plain(self.sentence.text)

    @property
    def of_other_year(self) -> bool:
        return self.features[FEATURES.index("other_year")] > 0


def find_evidence(index: Index, question: Question, vector: Vectors, hits: Sequence[Hit]) -> list[Evidence]:
    """Every citable sentence of `hits`, most probable first."""
    _, chunks = index.store.counts()
    idf = weights(question.stems, index.store.chunk_frequencies, chunks)
    found: list[tuple[Sentence, Hit, list[float], Vectors]] = []
    seen_stems: set[str] = set()
    for hit in hits:
        sentences, vectors = index.store.sentences(hit.chunk)
        title = stems(f"{hit.chunk.title} {hit.chunk.published or ''}")
        before: set[str] = set()
        document_years = years_of(f"{hit.chunk.published or ''} {hit.chunk.title}")
        for sentence, own_vector in zip(sentences, vectors, strict=True):
            own = stems(sentence.text)
            seen_stems |= own
            features = [
                float(own_vector @ vector),
                0.0,
                _share(own, idf),
                _share(own | before | title, idf),
                0.0,
                float(bool(question.candidates(plain(sentence.text)))),
                float(question.kind is None),
                _name_share(question, f"{sentence.text} {hit.chunk.title} {hit.chunk.published or ''}", before),
                *_year_match(question.years, years_of(sentence.text), document_years),
                1 / hit.rank,
                math.log(max(1, len(sentence.text.split())) / 20),
            ]
            found.append((sentence, hit, features, own_vector))
            before = own
    if not found:
        return []
    best = max(features[0] for _, _, features, _ in found)
    unseen = 1.0 - _share(seen_stems, idf)
    evidence = []
    for sentence, hit, features, own_vector in found:
        features[1] = best - features[0]
        features[4] = unseen
        evidence.append(Evidence(sentence, hit, probability(features), tuple(features), own_vector))
    return sorted(evidence, key=lambda e: -e.probability)


def probability(features: Sequence[float]) -> float:
    """Logistic of the weighted features."""
    score = BIAS + sum(WEIGHTS[name] * value for name, value in zip(FEATURES, features, strict=True))
    return 1 / (1 + math.exp(-float(np.clip(score, -30, 30))))


def years_of(text: str) -> set[int]:
    return {date.year for date in find_dates(text) if date.year}


def _share(present: set[str], idf: dict[str, float]) -> float:
    total = sum(idf.values())
    return sum(weight for stem, weight in idf.items() if stem in present) / total if total else 0.0


def _name_share(question: Question, text: str, before: set[str]) -> float:
    if not question.names:
        return 1.0
    present = set(name_tokens(text))
    held = sum(name in present or name in before or f"={name}" in before for name in question.names)
    return held / len(question.names)


def _year_match(asked: frozenset[int], own: set[int], document: set[int]) -> tuple[float, float, float]:
    """(same year, same document year, other year), each 0 or 1; all 0 when the question names no year."""
    same, same_document = bool(own & asked), bool(document & asked)
    other = not same and not same_document and bool(own or document)
    return float(same), float(not own and same_document), float(bool(asked) and other)

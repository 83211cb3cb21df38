"""Evidence sentences: each sentence of the hits with the probability that it answers the question."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from index.dates import find_dates
from index.embedder import Vectors, normalised
from index.library import Index
from index.passages import read_passages
from index.types import Hit, Sentence
from rag.markup import plain
from rag.names import name_tokens
from rag.periods import is_other_part
from rag.question import Question
from rag.terms import stems, weights

FEATURES = (
    "cosine",  # of question and sentence
    "context_cosine",  # of question and sentence taken with the one before it
    "passage_cosine",  # of question and passage
    "cosine_gap",  # to the best sentence of all hits
    "overlap",  # idf-weighted share of the question's stems in the sentence
    "context",  # the same with the two sentences before it and the document's title and date
    "unseen",  # idf-weighted share of the question's stems in no hit at all
    "kind",  # holds a new value of the kind that is asked for
    "no_kind",  # the question asks for no recognisable kind
    "names",  # share of the question's name words in the sentence or that context
    "same_year",  # the sentence names a year of the question
    "kind_in_year",  # `kind` and `same_year`
    "kind_in_unit",  # `kind`, where the question also says which unit
    "same_document_year",  # it names none, and its document is of such a year
    "other_year",  # it, or its document, is of another year
    "rank",  # 1 / rank of the hit
    "length",  # ln of words over 20
    "rarest_missing",  # share of the question's idf that its rarest stem missing from sentence and context has
)
CONTEXT_SENTENCES = 2
# Both fitted by `python -m eval.fit_evidence` (docs/measurements.md says on what): RANKING orders the sentences of one
# question, ANSWERING with BIAS is the logistic of the probability that a sentence answers at all.
RANKING: dict[str, float] = {
    "cosine": 1.177,
    "context_cosine": 3.960,
    "passage_cosine": 8.675,
    "cosine_gap": -1.017,
    "overlap": 2.906,
    "context": 4.688,
    "unseen": 0.000,
    "kind": 2.865,
    "no_kind": -0.000,
    "names": 0.063,
    "same_year": 0.409,
    "kind_in_year": 0.543,
    "kind_in_unit": 2.902,
    "same_document_year": 1.541,
    "other_year": -0.518,
    "rank": 0.362,
    "length": 0.543,
    "rarest_missing": 1.791,
}
BIAS = -5.682
ANSWERING: dict[str, float] = {
    "cosine": 1.366,
    "context_cosine": 1.177,
    "passage_cosine": 0.189,
    "cosine_gap": -1.952,
    "overlap": 2.236,
    "context": 0.461,
    "unseen": -0.797,
    "kind": 0.981,
    "no_kind": 1.161,
    "names": 1.558,
    "same_year": 0.606,
    "kind_in_year": 0.861,
    "kind_in_unit": 0.157,
    "same_document_year": 1.363,
    "other_year": -0.573,
    "rank": -0.071,
    "length": 0.281,
    "rarest_missing": -0.313,
}


@dataclass(frozen=True, slots=True)
class Evidence:
    """A sentence, the hit that holds it, a `score` for ordering and the `probability` that it answers."""

    sentence: Sentence
    hit: Hit
    score: float
    probability: float
    features: Mapping[str, float]
    vector: Vectors
    names_other_year: bool  # the sentence names years, and none of the question's; or its document is of another one
    elsewhere: bool  # of another year, also by the sentences before it, part of a year, or edition (70th, not 80th)

    @property
    def text(self) -> str:
        """The sentence as it is shown."""
        return plain(self.sentence.text)


def find_evidence(index: Index, question: Question, vector: Vectors, hits: Sequence[Hit]) -> list[Evidence]:
    """Every citable sentence of `hits`, best first."""
    _, chunks = index.store.counts()
    idf = weights(question.stems, index.store.chunk_frequencies, chunks)
    passages = read_passages(index, [hit.chunk for hit in hits])
    # another process may have changed or removed a document since its hits were found
    hits = [hit for hit in hits if hit.chunk.chunk_id in passages]
    found: list[tuple[Sentence, Hit, dict[str, float], Vectors, bool, bool]] = []
    seen: set[str] = set()
    other_editions = {
        doc_id
        for doc_id in {hit.chunk.doc_id for hit in hits}
        if question.is_other_edition(index.store.document(doc_id).text)
    }
    for hit in hits:
        passage = passages[hit.chunk.chunk_id]
        sentences, vectors = passage.sentences, passage.sentence_vectors
        head = f"{hit.chunk.title} {hit.chunk.published or ''}"
        passage_cosine = float(passage.vector @ vector)
        for at, sentence in enumerate(sentences):
            shown = plain(sentence.text)
            before = " ".join(s.text for s in sentences[max(0, at - CONTEXT_SENTENCES) : at])
            own, around = stems(shown), stems(f"{head} {before}")
            seen |= own
            features = {
                "cosine": float(vectors[at] @ vector),
                "context_cosine": float(normalised(vectors[max(0, at - 1) : at + 1].sum(0, keepdims=True))[0] @ vector),
                "passage_cosine": passage_cosine,
                "overlap": _share(own, idf),
                "context": _share(own | around, idf),
                "kind": float(question.is_answered_in_kind(shown)),
                "no_kind": float(question.kind is None),
                "kind_in_unit": float(bool(question.units) and question.is_answered_in_kind(shown)),
                "names": _name_share(question, f"{shown} {head} {before}"),
                **_year_match(question.years, years_of(shown), years_of(head)),
                "rank": 1 / hit.rank,
                "length": math.log(max(1, len(shown.split())) / 20),
                "rarest_missing": _rarest_missing(own | around, idf),
            }
            features["kind_in_year"] = features["kind"] * features["same_year"]
            other_year = features["other_year"] > 0 and not years_of(before) & question.years
            other_part = question.kind == "quantity" and is_other_part(question.text, shown)
            elsewhere = other_year or other_part or hit.chunk.doc_id in other_editions
            own_years = years_of(shown)
            named = features["other_year"] > 0 or bool(question.years and own_years and not own_years & question.years)
            found.append((sentence, hit, features, vectors[at], named, elsewhere))
    if not found:
        return []
    best = max(features["cosine"] for _, _, features, *_ in found)
    unseen = 1.0 - _share(seen, idf)
    evidence = []
    for sentence, hit, features, own_vector, named, elsewhere in found:
        features |= {"cosine_gap": best - features["cosine"], "unseen": unseen}
        evidence.append(
            Evidence(sentence, hit, score(features), probability(features), features, own_vector, named, elsewhere)
        )
    return sorted(evidence, key=lambda e: -e.score)


def score(features: Mapping[str, float]) -> float:
    """How well a sentence answers beside the others of its question; any real number."""
    return sum(weight * features[name] for name, weight in RANKING.items())


def probability(features: Mapping[str, float]) -> float:
    """That a sentence answers its question, in [0, 1]."""
    logit = BIAS + sum(weight * features[name] for name, weight in ANSWERING.items())
    return 1 / (1 + math.exp(-min(30.0, max(-30.0, logit))))


def years_of(text: str) -> set[int]:
    return {date.year for date in find_dates(text) if date.year}


def _share(present: set[str], idf: dict[str, float]) -> float:
    total = sum(idf.values())
    return sum(weight for stem, weight in idf.items() if stem in present) / total if total else 0.0


def _rarest_missing(present: set[str], idf: dict[str, float]) -> float:
    total = sum(idf.values())
    return max((weight for stem, weight in idf.items() if stem not in present), default=0.0) / total if total else 0.0


def _name_share(question: Question, text: str) -> float:
    if not question.names:
        return 1.0
    return len(question.names & set(name_tokens(text))) / len(question.names)


def _year_match(asked: frozenset[int], own: set[int], document: set[int]) -> dict[str, float]:
    """Each 0 or 1; all 0 when the question names no year."""
    same, same_document = bool(own & asked), bool(document & asked)
    other = not same and not same_document and bool(own or document)
    return {
        "same_year": float(same),
        "same_document_year": float(not own and same_document),
        "other_year": float(bool(asked) and other),
    }

"""The writer that needs no model: the evidence sentences are the answer."""

from collections.abc import Sequence

from rag.evidence import Evidence
from rag.quantities import Quantity, find_quantities
from rag.question import Question
from rag.retrieve import near_duplicates, shingles

MAX_STATEMENTS = 4
# Both thresholds: docs/measurements.md, "Evidence", chosen out of fold on the development sets.
ANSWER_AT = 0.18  # the best sentence below this: the evidence does not answer the question
JOIN_AT = 0.5  # a further sentence needs this share of the best probability


def write(question: Question, evidence: Sequence[Evidence]) -> list[Evidence]:
    """The sentences that answer, best first; [] when the evidence does not cover the question.

    `evidence` is sorted by probability. A sentence about another year than the one asked for is never used.
    """
    usable = [e for e in evidence if not e.of_other_year]
    if not usable or usable[0].probability < ANSWER_AT:
        return []
    chosen = [usable[0]]
    for candidate in usable[1:]:
        if len(chosen) == MAX_STATEMENTS or candidate.probability < JOIN_AT * chosen[0].probability:
            break
        if _adds(question, candidate, chosen):
            chosen.append(candidate)
    return chosen


def _adds(question: Question, candidate: Evidence, chosen: Sequence[Evidence]) -> bool:
    """True when `candidate` gives a further value of the wanted kind, or for other questions new words."""
    own = shingles(candidate.text)
    if any(near_duplicates(own, shingles(e.text)) for e in chosen):
        return False
    if question.kind != "quantity":
        return not question.kind or bool(question.candidates(candidate.text))
    shown = [quantity for e in chosen for quantity in find_quantities(e.text)]
    return any(not _among(quantity, shown) for quantity in question.new_quantities(candidate.text))


def _among(quantity: Quantity, shown: Sequence[Quantity]) -> bool:
    return any(quantity.equals(other) for other in shown)

"""The writer that needs no model: the evidence sentences are the answer."""

from collections.abc import Sequence

from rag.evidence import Evidence
from rag.quantities import find_quantities
from rag.question import Question
from rag.retrieve import near_duplicates, shingles

MAX_STATEMENTS = 4
# docs/measurements.md, "Evidence": chosen out of fold on the development sets and the sample gold set.
ANSWER_AT = 0.18  # the best sentence below this: the evidence does not answer the question
JOIN_AT = 0.5  # a further sentence needs this share of the best probability
OTHER_SOURCE_AT = 0.25  # so that a source which gives another value is heard, a looser share of it


def write(question: Question, evidence: Sequence[Evidence]) -> list[Evidence]:
    """The sentences that answer, best first; [] when the evidence does not cover the question.

    `evidence` is sorted, best first. A sentence about another year or another pair of countries than those asked
    for is never used.
    """
    usable = [e for e in evidence if not e.of_other_year and not question.is_about_others(e.text)]
    if not usable or usable[0].probability < ANSWER_AT:
        return []
    chosen = _with_neighbour(question, usable[0], usable)
    best = max(e.probability for e in chosen)
    for candidate in usable:
        if len(chosen) == MAX_STATEMENTS:
            break
        if candidate not in chosen and _adds(question, candidate, chosen, best):
            chosen.append(candidate)
    return chosen


def _with_neighbour(question: Question, lead: Evidence, usable: Sequence[Evidence]) -> list[Evidence]:
    """The best sentence and, when the value asked for stands beside it ("He thanked him"), the one that has it."""
    if question.kind is None or question.is_answered_in_kind(lead.text):
        return [lead]
    passage = sorted((e for e in usable if e.hit == lead.hit), key=lambda e: e.sentence.span.start)
    at = passage.index(lead)
    beside = [e for e in passage[max(0, at - 1) : at + 2] if question.is_answered_in_kind(e.text)]
    return sorted([lead, *beside[:1]], key=lambda e: e.sentence.span.start)


def _adds(question: Question, candidate: Evidence, chosen: Sequence[Evidence], best: float) -> bool:
    """True when `candidate` gives a further value of the wanted kind, or for other questions new words."""
    heard = {e.sentence.span.doc_id for e in chosen}
    other_value = question.kind == "quantity" and candidate.sentence.span.doc_id not in heard
    if candidate.probability < best * (OTHER_SOURCE_AT if other_value else JOIN_AT):
        return False
    own = shingles(candidate.text)
    if any(near_duplicates(own, shingles(e.text)) for e in chosen):
        return False
    if question.kind != "quantity":
        return question.kind is None or question.is_answered_in_kind(candidate.text)
    shown = [quantity for e in chosen for quantity in find_quantities(e.text)]
    new = question.new_quantities(candidate.text)
    return any(not any(quantity.equals(other) for other in shown) for quantity in new)

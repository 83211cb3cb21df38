"""The writer that needs no model: the evidence sentences are the answer."""

from collections.abc import Sequence

from rag.competing import voice
from rag.conflicts import unheard
from rag.evidence import Evidence
from rag.names import find_names, name_tokens
from rag.quantities import find_quantities
from rag.question import Question
from rag.retrieve import near_duplicates, shingles
from rag.twins import disagree

MAX_STATEMENTS = 4
MAX_SOURCES = 6  # statements may be as many when the further ones are each another source's
# docs/measurements.md, "Evidence": chosen out of fold on the development sets and the sample gold set.
ANSWER_AT = 0.13  # the best sentence below this: the evidence does not answer the question
JOIN_AT = 0.5  # a further sentence needs this share of the best probability ...
OTHER_SOURCE_AT = 0.35  # ... one of another source this
ENTRY_AT = 0.05  # and one of an entry on the name that is asked about no more than this probability


def write(question: Question, evidence: Sequence[Evidence]) -> list[Evidence]:
    """The sentences that answer, best first; [] when the evidence does not cover the question.

    `evidence` is sorted, best first. The values that compete with the first sentence come right behind it. Beside it,
    none is taken that so much as names another year.
    """
    candidates = usable(question, evidence)
    chosen = _lead(question, candidates)
    if not chosen:
        return []
    of_the_year = [e for e in candidates if not e.names_other_year]
    chosen += unheard(question, [voice(question, e.sentence.span, e.hit.chunk) for e in chosen], of_the_year)
    for candidate in of_the_year:
        heard = candidate.hit.chunk.doc_id in {e.hit.chunk.doc_id for e in chosen}
        room = MAX_STATEMENTS if heard else MAX_SOURCES
        if len(chosen) < room and _adds(question, candidate, chosen, JOIN_AT if heard else OTHER_SOURCE_AT):
            chosen.append(candidate)
    return chosen


def usable(question: Question, evidence: Sequence[Evidence]) -> list[Evidence]:
    """`evidence` without sentences about another year, edition or pair of countries than the one asked for, or from
    passages that have none of the names of several words that were asked about."""

    named = [frozenset(name_tokens(name.text)) for name in find_names(question.text) if " " in name.text]

    def is_about_others(e: Evidence) -> bool:
        passage = f"{e.hit.chunk.title}. {e.hit.chunk.text}"
        if named and not _names_any(named, passage):
            return True
        return question.is_about_others(e.text, passage, e.hit.chunk.title)

    return [e for e in evidence if not e.elsewhere and not is_about_others(e)]


def _names_any(named: Sequence[frozenset[str]], passage: str) -> bool:
    """Whether a word of one of the names is a name in `passage`: "World Cup" is not, where "world order" stands."""
    there = {token for name in find_names(passage) for token in name_tokens(name.text)}
    return any(name & there for name in named)


def _lead(question: Question, candidates: Sequence[Evidence]) -> list[Evidence]:
    """The best sentence, with the one beside it that has the value asked for ("He thanked him") when it has none.

    A question for a figure or a date is not answered by sentences that give none.
    """
    for lead in candidates:
        if lead.probability < ANSWER_AT:
            return []
        if question.kind is None or question.is_answered_in_kind(lead.text):
            return [lead]
        passage = sorted((e for e in candidates if e.hit == lead.hit), key=lambda e: e.sentence.span.start)
        at = passage.index(lead)
        beside = [e for e in passage[max(0, at - 1) : at + 2] if question.is_answered_in_kind(e.text)]
        if beside or question.kind not in ("quantity", "date"):
            return sorted([lead, *beside[:1]], key=lambda e: e.sentence.span.start)
    return []


def _adds(question: Question, candidate: Evidence, chosen: Sequence[Evidence], share: float) -> bool:
    """True when `candidate` gives a further value of the wanted kind, or for other questions new words."""
    least = max(ANSWER_AT, share * max(e.probability for e in chosen))
    if share == OTHER_SOURCE_AT and _is_entry(question, candidate.hit.chunk.title):
        least = ENTRY_AT
    if candidate in chosen or candidate.probability < least:
        return False
    own = shingles(candidate.text)
    if any(near_duplicates(own, shingles(e.text)) and not disagree(candidate.text, e.text) for e in chosen):
        return False
    if question.kind != "quantity":
        return question.kind is None or question.is_answered_in_kind(candidate.text)
    shown = [quantity for e in chosen for quantity in find_quantities(e.text)]
    new = question.new_quantities(candidate.text)
    return any(not any(quantity.equals(other) for other in shown) for quantity in new)


def _is_entry(question: Question, title: str) -> bool:
    """True for a document under the very name that is asked about: two of them may be on namesakes."""
    return bool(question.names) and question.names <= set(name_tokens(title)[: len(question.names) + 1])

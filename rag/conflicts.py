"""Sources that disagree: whose value was not heard yet, and which statements of an answer carry competing values."""

import re
from collections.abc import Iterable, Sequence
from itertools import combinations

from index.types import Chunk, Hit, Span
from rag.competing import Voice, compare, voice
from rag.evidence import Evidence
from rag.question import Question
from rag.types import Conflict, Label, Side, Statement

RIVAL_AT = 0.25  # a sentence that competes needs this share of the best probability
MAX_VALUES = 6  # shown of one thing
# what is compared differs without being disputed
_COMPARING = re.compile(
    r"\b(?:compared?\s+(?:with|to)|versus|vs|relative\s+to|differences?\s+between)\b", re.IGNORECASE
)
_CORRECTION = re.compile(
    r"\b(?:correct(?:s|ed|ion)|revis(?:es?|ed|ion)|updat(?:es?|ed)|restated|amended|erratum)\b", re.IGNORECASE
)


def unheard(question: Question, heard: Sequence[Voice], evidence: Sequence[Evidence]) -> list[Evidence]:
    """The sentences of `evidence` that give another value than those `heard` for the same thing, one for a document
    and each value once. `evidence` is usable and sorted, best first."""
    least = RIVAL_AT * max((e.probability for e in evidence), default=0)
    known, found = list(heard), dict[str, Evidence]()  # by doc_id
    for e in evidence:
        if len(found) == MAX_VALUES or e.probability < least or e.hit.chunk.doc_id in found or not known:
            continue
        new = voice(question, e.sentence.span, e.hit.chunk)
        compared = [c for own in known if (c := compare(question, own, new))]
        if compared and not any(c.agree for c in compared) and not any(_repeats(new, own) for own in known):
            found[new.doc_id] = e
            known.append(new)
    return list(found.values())


def _repeats(new: Voice, own: Voice) -> bool:
    """True for a sentence that was heard, or another of its document with the same value."""
    again = any(x.same_thing(y) and x.agrees(y) for x in new.values for y in own.values)
    return new.doc_id == own.doc_id and (again or own.text in new.text)


def find_conflicts(
    questions: Iterable[Question], statements: Sequence[Statement], hits: Sequence[Hit]
) -> tuple[Conflict, ...]:
    """Which statements give competing values for what each of `questions` asks."""
    cited = [
        (at, citation.number, citation.span, hit.chunk)
        for at, statement in enumerate(statements)
        for citation in statement.citations
        if (hit := holder(citation.span, hits))
    ]
    found = (
        _conflict(question, [(at, number, voice(question, span, chunk)) for at, number, span, chunk in cited])
        for question in questions
        if not _COMPARING.search(question.text)
    )
    return tuple(conflict for conflict in found if conflict)


def holder(span: Span, hits: Iterable[Hit]) -> Hit | None:
    """The first of `hits` that `span` lies in."""
    return next((hit for hit in hits if _holds(hit.chunk, span)), None)


def _holds(chunk: Chunk, span: Span) -> bool:
    same = (chunk.doc_id, chunk.version) == (span.doc_id, span.version)
    return same and chunk.start <= span.start and span.end <= chunk.end


def _conflict(question: Question, cited: Sequence[tuple[int, int, Voice]]) -> Conflict | None:
    values: dict[int, str] = {}
    rivals: dict[int, list[Voice]] = {}
    for (i, (*_, one)), (j, (*_, other)) in combinations(enumerate(cited), 2):
        compared = compare(question, one, other)
        if compared and not compared.agree:
            values |= {i: values.get(i, compared.one), j: values.get(j, compared.other)}
            rivals.setdefault(i, []).append(other)
            rivals.setdefault(j, []).append(one)
    if not values or (0 not in values and cited[0][-1].values):
        return None  # what the answer begins with gives a value, and nobody disputes that one
    sides = [
        (Side(at, number, values[i], _label(own, rivals[i])), own)
        for i, (at, number, own) in enumerate(cited)
        if i in values
    ]
    return Conflict(_about(question, sides), tuple(side for side, _ in sides))


def _label(own: Voice, others: Sequence[Voice]) -> Label:
    last = max((other.published or "9999" for other in others), default="")  # without a date, it may be the later one
    if _CORRECTION.search(f"{own.title} {own.text}") and not (own.published and own.published < last < "9999"):
        return "correction"
    return "later" if own.published and own.published > last else ""


def _about(question: Question, sides: Sequence[tuple[Side, Voice]]) -> str:
    shown = " / ".join(f"{side.value} ({own.published or own.title})" for side, own in sides)
    last = next((side for side, _ in sides if side.label), None)
    said = f"; the {'correction' if last.label == 'correction' else 'later document'} says {last.value}" if last else ""
    return f"{question.text.strip().rstrip('?')}: {shown}{said}"

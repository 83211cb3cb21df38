"""Sources that disagree: competing values for the same thing, found by code.

Two documents compete when each gives a value for what is asked, both speak of it in the same measure and period, and
the values cannot be one. Everything else - another year, exports beside total trade, a range that holds the value,
"$244.8bn" beside "about 245 billion dollars" - is no conflict.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import combinations, pairwise
from typing import Any, Protocol

from index.dates import find_dates
from index.types import Chunk, Hit, Span
from rag.evidence import Evidence
from rag.markup import plain
from rag.measures import measured
from rag.names import find_names, name_tokens
from rag.question import Question
from rag.slots import dates_in_slot, many_may, names_in_slot
from rag.terms import words
from rag.twins import Place, swapped
from rag.types import Conflict, Label, Side, Statement

ALIKE = 0.9  # share of their other words that two sentences have in common, for one to be the other with another value
BEFORE_CHARS = 300  # of the passage before a sentence, for the period
RIVAL_AT = 0.25  # a sentence that competes needs this share of the best probability
MAX_VALUES = 6  # shown of one thing
_CORRECTION = re.compile(
    r"\b(?:correct(?:s|ed|ion)|revis(?:es?|ed|ion)|updat(?:es?|ed)|restated|amended|erratum)\b", re.I
)


@dataclass(frozen=True, slots=True)
class Told:
    """What one document says in one sentence. `passage` is where it stands, `before` the part in front of it."""

    text: str
    doc_id: str
    title: str
    published: str | None
    before: str
    passage: str


@dataclass(frozen=True, slots=True)
class Compared:
    """The values of two documents for one thing, as they write them; `agree` when they may be the same."""

    one: str
    other: str
    agree: bool


class Value(Protocol):
    """What a sentence gives, as it is `written` there; compared with values of its own kind."""

    @property
    def written(self) -> str: ...

    def same_thing(self, other: Any) -> bool: ...

    def agrees(self, other: Any) -> bool: ...


def told(span: Span, chunk: Chunk) -> Told:
    start, end = span.start - chunk.start, span.end - chunk.start
    before = chunk.text[max(0, start - BEFORE_CHARS) : start]
    return Told(plain(chunk.text[start:end]), chunk.doc_id, chunk.title, chunk.published, before, chunk.text)


def compare(question: Question, one: Told, other: Told) -> Compared | None:
    """How the values of two documents for what is asked stand to each other; None unless both give one."""
    if one.doc_id == other.doc_id or not all(_is_on(question, t) for t in (one, other)):
        return None
    if question.kind != "quantity" and (twins := _twins(question, one, other)):
        return twins
    pairs = [(x, y) for x in given(question, one) for y in given(question, other) if x.same_thing(y)]
    if not pairs:
        return None
    agreeing = [(x, y) for x, y in pairs if x.agrees(y)]
    x, y = (agreeing or pairs)[0]
    return Compared(x.written, y.written, agree=bool(agreeing))


def given(question: Question, what: Told) -> Sequence[Value]:
    """The values that a sentence gives for what is asked, the likeliest first."""
    if question.kind == "quantity":
        return measured(question, what.text, f"{what.title} {what.before}", what.published)
    if question.kind == "date":
        return dates_in_slot(question, what.text)
    return names_in_slot(question, what.text) if question.kind == "name" else []


def unheard(question: Question, heard: Sequence[Told], evidence: Iterable[Evidence]) -> list[Evidence]:
    """The sentences of `evidence` that give another value than those `heard` for the same thing, one for a document
    and each value once. `evidence` is usable and sorted, best first."""
    evidence = list(evidence)
    least = RIVAL_AT * max((e.probability for e in evidence), default=0)
    known, found = list(heard), list[Evidence]()
    for e in evidence:
        new = told(e.sentence.span, e.hit.chunk)
        if len(found) == MAX_VALUES or e.probability < least or new in known:
            continue
        compared = [c for t in known if (c := compare(question, t, new))]
        if (
            compared
            and not any(c.agree for c in compared)
            and e.hit.chunk.doc_id not in {f.hit.chunk.doc_id for f in found}
        ):
            found.append(e)
            known.append(new)
    return found


def find_conflicts(
    questions: Iterable[Question], statements: Sequence[Statement], hits: Sequence[Hit]
) -> tuple[Conflict, ...]:
    """Which statements give competing values for what each of `questions` asks."""
    sides = [
        (at, citation.number, told(citation.span, hit.chunk))
        for at, statement in enumerate(statements)
        for citation in statement.citations
        if (hit := holder(citation.span, hits))
    ]
    return tuple(conflict for question in questions if (conflict := _conflict(question, sides)))


def holder(span: Span, hits: Iterable[Hit]) -> Hit | None:
    """The first of `hits` that `span` lies in."""
    return next((hit for hit in hits if _holds(hit.chunk, span)), None)


def _holds(chunk: Chunk, span: Span) -> bool:
    same = (chunk.doc_id, chunk.version) == (span.doc_id, span.version)
    return same and chunk.start <= span.start and span.end <= chunk.end


def _conflict(question: Question, cited: Sequence[tuple[int, int, Told]]) -> Conflict | None:
    values: dict[int, str] = {}
    rivals: dict[int, list[Told]] = {}
    for (i, (*_, one)), (j, (*_, other)) in combinations(enumerate(cited), 2):
        compared = compare(question, one, other)
        if compared and not compared.agree:
            values |= {i: values.get(i, compared.one), j: values.get(j, compared.other)}
            rivals.setdefault(i, []).append(other)
            rivals.setdefault(j, []).append(one)
    if not values or (0 not in values and given(question, cited[0][-1])):
        return None  # what the answer begins with gives a value, and nobody disputes that one
    sides = [
        (Side(at, number, values[i], _label(source, rivals[i])), source)
        for i, (at, number, source) in enumerate(cited)
        if i in values
    ]
    return Conflict(_about(question, sides), tuple(side for side, _ in sides))


def _label(side: Told, others: Sequence[Told]) -> Label:
    dates = [other.published or "" for other in others]
    known = bool(side.published and all(dates))
    if known and (side.published or "") < max(dates):
        return ""
    if _CORRECTION.search(f"{side.title} {side.text}"):
        return "correction"
    return "later" if known and (side.published or "") > max(dates) else ""


def _about(question: Question, sides: Sequence[tuple[Side, Told]]) -> str:
    shown = " / ".join(f"{side.value} ({source.published or source.title})" for side, source in sides)
    last = next((side for side, _ in sides if side.label), None)
    said = f"; the {'correction' if last.label == 'correction' else 'later document'} says {last.value}" if last else ""
    return f"{question.text.strip().rstrip('?')}: {shown}{said}"


def _is_on(question: Question, what: Told) -> bool:
    """True unless the passage lacks the last word of a name that is asked about, or most words of all of them."""
    known = set(name_tokens(f"{what.title} {what.passage}"))
    last = {tokens[-1] for name in find_names(question.text) if (tokens := name_tokens(name.text))}
    return last <= known and len(question.names & known) * 2 >= len(question.names)


def _twins(question: Question, one: Told, other: Told) -> Compared | None:
    """Names or dates that stand in the place of each other in sentences that are otherwise the same."""
    pairs = swapped(one.text, other.text)
    rest = [_without(t.text, [pair[side] for pair in pairs]) for side, t in enumerate((one, other))]
    if not pairs or SequenceMatcher(None, rest[0], rest[1], autojunk=False).ratio() < ALIKE:
        return None
    texts = [(one.text[a:b], other.text[c:d]) for (a, b), (c, d) in pairs]
    if (question.kind != "date" and any(find_dates(x) and find_dates(y) for x, y in texts)) or many_may(question):
        return None
    for (mine, theirs), values in zip(pairs, texts, strict=True):
        if question.kind is None or (
            _meets(mine, question.candidates(one.text)) and _meets(theirs, question.candidates(other.text))
        ):
            return Compared(*values, agree=False)
    return None


def _without(text: str, places: Sequence[Place]) -> list[str]:
    kept = [text[a:b] for (_, a), (b, _) in pairwise([(0, 0), *places, (len(text), len(text))])]
    return words(" ".join(kept))


def _meets(place: Place, places: Iterable[Place]) -> bool:
    return any(start < place[1] and place[0] < end for start, end in places)

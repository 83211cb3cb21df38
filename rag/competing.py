"""Two documents on one question: whether the values they give compete.

They do when both give a value for what is asked, in the same measure and period, and the two cannot be one. Another
year, exports beside total trade, a range that holds the value, "$244.8bn" beside "about 245 billion dollars": none of
these competes.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import pairwise
from typing import Any, Protocol

from index.dates import find_dates
from index.types import Chunk, Span
from rag.amounts import find_amounts
from rag.markup import plain
from rag.measured import measured
from rag.names import find_names, name_tokens
from rag.question import Question, seated
from rag.slots import dates_in_slot, is_in_year, many_may, names_in_slot
from rag.terms import words
from rag.twins import Place, swapped

ALIKE = 0.9  # share of their other words that two sentences have in common, for one to be the other with another value
BEFORE_CHARS = 300  # of the passage before a sentence, for the period


class Value(Protocol):
    """What a sentence gives, as it is `written` there; compared with values of its own kind."""

    @property
    def written(self) -> str: ...

    def same_thing(self, other: Any) -> bool: ...

    def agrees(self, other: Any) -> bool: ...


@dataclass(frozen=True, slots=True)
class Voice:
    """What one document says in one sentence; `values` answer the question, the likeliest first, [] when it is about
    another thing. `on_it` says whether its passage is on what is asked about."""

    text: str
    doc_id: str
    title: str
    published: str | None
    values: Sequence[Value]
    on_it: bool


@dataclass(frozen=True, slots=True)
class Compared:
    """The values of two documents for one thing, as they write them; `agree` when they may be the same."""

    one: str
    other: str
    agree: bool


def voice(question: Question, span: Span, chunk: Chunk) -> Voice:
    """What `chunk` says at `span`, on `question`."""
    start, end = span.start - chunk.start, span.end - chunk.start
    text = plain(chunk.text[start:end])
    values: Sequence[Value] = []
    if question.kind == "quantity":
        before = chunk.text[max(0, start - BEFORE_CHARS) : start]
        values = measured(question, text, f"{chunk.title} {before}", chunk.published)
    elif question.kind == "date":
        values = dates_in_slot(question, text)
    elif question.kind == "name":
        values = names_in_slot(question, text, chunk.title)
    return Voice(text, chunk.doc_id, chunk.title, chunk.published, values, _is_on(question, chunk))


def compare(question: Question, one: Voice, other: Voice) -> Compared | None:
    """How the values of two documents for what is asked stand to each other; None unless both give one."""
    if one.doc_id == other.doc_id or not (one.on_it and other.on_it):
        return None
    if question.kind != "quantity" and (twins := _twins(question, one.text, other.text)):
        return twins
    pairs = [(x, y) for x in one.values for y in other.values if x.same_thing(y)]
    agreeing = [(x, y) for x, y in pairs if x.agrees(y)]
    for x, y in agreeing or pairs:
        return Compared(x.written, y.written, agree=bool(agreeing))
    return None


def _is_on(question: Question, chunk: Chunk) -> bool:
    """True unless the passage lacks the last word of a name that is asked about, or most words of all of them."""
    known = set(name_tokens(f"{chunk.title} {chunk.text}")) | seated(chunk.text)
    named = [name_tokens(name.text) for name in find_names(question.text) if not name.text.isupper()]
    last = {tokens[-1] for tokens in named if tokens}
    return last <= known and len(question.names & known) * 2 >= len(question.names)


def _twins(question: Question, one: str, other: str) -> Compared | None:
    """Values that stand in the place of each other in sentences that are otherwise the same."""
    pairs = swapped(one, other)
    texts = [(one[a:b], other[c:d]) for (a, b), (c, d) in pairs]
    rest = [_without(text, [pair[side] for pair in pairs]) for side, text in enumerate((one, other))]
    if not pairs or SequenceMatcher(None, rest[0], rest[1], autojunk=False).ratio() < ALIKE:
        return None
    said = [text for pair in texts for text in pair]
    dates = [date for text in said for date in find_dates(text)]
    if many_may(question) or any(question.names & set(name_tokens(text)) for text in said):
        return None
    if any(question.kind != "date" or not is_in_year(question, date) for date in dates):
        return None
    if question.kind is None and {d.fields for d in find_dates(one)} != {d.fields for d in find_dates(other)}:
        return None
    for (mine, theirs), (x, y) in zip(pairs, texts, strict=True):
        asked = _meets(mine, question.candidates(one)) and _meets(theirs, question.candidates(other))
        if asked or (question.kind is None and not _agree(x, y)):
            return Compared(x, y, agree=False)
    return None


def _agree(one: str, other: str) -> bool:
    return any(x.unit == y.unit and x.agrees(y) for x in find_amounts(one) for y in find_amounts(other))


def _without(text: str, places: Sequence[Place]) -> list[str]:
    kept = [text[a:b] for (_, a), (b, _) in pairwise([(0, 0), *places, (len(text), len(text))])]
    return words(" ".join(kept))


def _meets(place: Place, places: Iterable[Place]) -> bool:
    return any(start < place[1] and place[0] < end for start, end in places)

"""Quantities that answer a question, with what they measure: two compete only where they measure the same thing, in the
same way, at the same time.

Without a parser: the words of the clause around a value say what it counts, whether it is a level or a change, and
whether it has happened.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from index.dates import find_dates
from rag.amounts import Amount, find_amounts
from rag.meanings import scale_of, side_of
from rag.measures import FLOWS, HARMS, HUMANS, Clause, alike, flow, governing, measures_in, narrows, things
from rag.names import find_names, name_tokens
from rag.periods import Period, period_at
from rag.quantities import find_quantities
from rag.question import Question
from rag.terms import STOP_WORDS, stem_of, words

_CLAUSE = re.compile(
    r"[;:()–—·]\s?|,\s+(?!(?:19|20)\d\d\b)|\b(?:and|but|while|whereas|which|who|when|after)\b", re.IGNORECASE
)
_COMPARED = re.compile(
    r"\b(?:from|compared\s+(?:with|to)|against|versus|vs\.?|instead\s+of|not|rather\s+than|previous(?:ly)?|initially"
    r"|originally|earlier|than)\s+(?:the\s+)?(?:an?\s+)?(?:\w+\s+)?[$€£]?$",
    re.IGNORECASE,
)
_MORE_THAN = re.compile(r"\b(?:more|less|fewer|greater|higher|lower|later)\s+than\s+(?:\w+\s+)?[$€£]?$", re.IGNORECASE)
_EARLIER = re.compile(
    r"(?:(?!\bthan\b|\bcompared\b)[^,;.]){0,25}?\b(?:an?\s+year\s+(?:earlier|before|ago)|the\s+year\s+before"
    r"|(?:reported|stated|given)\s+(?:earlier|before))",
    re.IGNORECASE,
)
FACT, ANNOUNCED, FORECAST = range(3)
_ANNOUNCED = re.compile(r"\b(?:will|would|going\s+to|(?:is|are)\s+to)\b")
_FORECAST = re.compile(
    r"\b(?:expect\w*|forecasts?|predict\w*|projected|projection|plan(?:s|ned)?|targets?|aim(?:s|ed)?|goals?"
    r"|hope[sd]?|could|may|might|should)\b"
)
_SAYS = re.compile(
    r"[’']?s?\s+(?:\w+\s+)?(?:said|says|counts?|counted|puts?|estimates?d?|report(?:s|ed)|gives?|gave|tells|told|claim(?:s|ed)"
    r"|reckon(?:s|ed)|calculate[sd]|writes?|wrote|cites?d?|quote[sd]|note[sd]|finds?|found|sees|records?|recorded|shows?|figures"
    r"|data)\b"
)
_WHO = re.compile(r"(?P<who>[A-Z]\w+\s[A-Z]\w+|\b[A-Z]\w+),\s+(?:who|which)\s*$")
_ACCORDING = re.compile(r"\b(?:according\s+to|by|says?|said)\s+(?:the\s+)?$", re.IGNORECASE)
_CHANGING = re.compile(r"\b(?:chang|develop|differ)", re.IGNORECASE)
_UP = re.compile(
    r"(?<!made )(?<!make )(?<!makes )\b(?:up|down)\s+(?:by\s+)?(?:(?:about|nearly|almost|some|only)\s+)?[$€£]?$",
    re.IGNORECASE,
)
_MORE = re.compile(r"\s*(?:\w+\s+)?(?:more|less|fewer|higher|lower|up|down|above|below)\b", re.IGNORECASE)
_NEXT = re.compile(r"\s+(?:annual\s+|yearly\s+)?([^\W\d_]+)")
_DEGREES = frozenset("up down higher lower".split())
_ARRIVED = frozenset("to at reach reached was were is".split())  # "rose to 3", not by 3
_BOUND = re.compile(
    r"\b(?:(?:more|less|fewer)\s+than|at\s+(?:least|most)|up\s+to|over|under|about|around|some|nearly|almost|roughly"
    r"|just\s+(?:over|under)|between)\s+$",
    re.IGNORECASE,
)
_COUNTED = re.compile(r"\bhow\s+many\s+(?P<what>\w+(?:\s+\w+)?)", re.IGNORECASE)
BEFORE = 60  # characters that tell whether a value is only compared with
TABLE = 8  # values in one sentence: more are a table, whose words say nothing of what stands beside them


@dataclass(frozen=True, slots=True)
class Measured:
    """An amount of a sentence, as `written`, and what it measures."""

    amount: Amount
    written: str
    measure: str | None
    things: frozenset[str]  # stems of what a bare number counts
    near: frozenset[str]  # what its clause says, as keys of `meanings.scale_of`
    moves: int  # 1 up, -1 down, 0 for a level
    standing: int  # a FACT, ANNOUNCED or FORECAST
    period: Period

    def agrees(self, other: "Measured") -> bool:
        """True when both may be the same value: rounded, in bounds, in a range."""
        return self.moves * other.moves >= 0 and self.amount.agrees(other.amount)

    def same_thing(self, other: "Measured") -> bool:
        """True when both measure one thing, in one unit, in one period."""
        if self.amount.unit != other.amount.unit or {self.standing, other.standing} == {FACT, FORECAST}:
            return False
        if bool(self.moves) != bool(other.moves) or (self.measure or other.measure) != (other.measure or self.measure):
            return False
        if self.amount.unit is None and not alike(self.things, other.things):
            return False
        flows = bool(self.moves or {self.measure, other.measure} & FLOWS)
        return self.period.matches(other.period, flows)


def measured(question: Question, text: str, around: str, published: str | None) -> list[Measured]:
    """The quantities of a sentence that may answer `question`, those first that stand nearest to its words.

    `around` is what stands before the sentence, title first: it is asked for the period.
    """
    amounts = list(find_amounts(text))
    if len(amounts) > TABLE:
        return []
    accepted = {q.end for q in question.new_quantities(text)}
    asked, wanted = keys(question.text), {flow(measure, question.text) for measure, _ in measures_in(question.text)}
    changing = bool(_CHANGING.search(question.text) or asked & {"rise"})
    found = []
    for amount in amounts:
        clause = start, end = _clause(text, amount)
        named, narrower = governing(text, amount, clause) or (None, "")
        measure = flow(named, text[start:end])
        if amount.end not in accepted or _is_old(text, amount, amounts):
            continue
        if _is_on_others(question, _subject(text, start) + text[start : amount.start]):
            continue
        if measure and wanted and (measure not in wanted or narrows(narrower, asked)):
            continue
        value = Measured(
            amount,
            _written(text, amount),
            measure,
            things(text, amount),
            keys(text[start:end]),
            _moves(text, amount, clause),
            _standing(text[: amount.start]),
            period_at(text, clause, around, published),
        )
        if amount.unit or _is_counted(question, value, wanted):
            found.append(value)
    return sorted(found, key=lambda m: (bool(m.moves) != changing, m.measure not in wanted, -len(m.near & asked)))


def _written(text: str, amount: Amount) -> str:
    """The value with the bound before it: "more than 90%"."""
    bound = _BOUND.search(text[: amount.start])
    return text[bound.start() if bound else amount.start : amount.end]


def keys(text: str) -> frozenset[str]:
    return frozenset(
        scale_of(stem_of(word)) for word in words(text) if word not in STOP_WORDS and not word[0].isdigit()
    )


def _is_old(text: str, amount: Amount, amounts: Sequence[Amount]) -> bool:
    """True for a value that another is compared with: "up from 3.6 million", "against 41% a year earlier"."""
    if sum(other.unit == amount.unit for other in amounts) < 2:
        return False
    before = text[max(0, amount.start - BEFORE) : amount.start]
    return bool(_EARLIER.match(text, amount.end) or (_COMPARED.search(before) and not _MORE_THAN.search(before)))


def _clause(text: str, amount: Amount) -> Clause:
    start = max((m.end() for m in _CLAUSE.finditer(text, 0, amount.start)), default=0)
    end = _CLAUSE.search(text, amount.end)
    return start, end.start() if end else len(text)


def _subject(text: str, start: int) -> str:
    """Who a relative clause that begins at `start` is about: "Per Holm, who received"."""
    match = _WHO.search(text[:start])
    return match["who"] if match else ""


def _is_on_others(question: Question, clause: str) -> bool:
    """True when a clause names others than the question does before its value, and not as who said it."""
    values = [(v.start, v.end) for found in (find_dates(clause), find_quantities(clause)) for v in found]
    # one word that opens the clause need not be a name
    named = [name for name in find_names(clause) if name.start or " " in name.text]
    named = [n for n in named if not any(start < n.end and n.start < end for start, end in values)]
    about = [n for n in named if not _SAYS.match(clause, n.end) and not _ACCORDING.search(clause[: n.start])]
    tokens = {token for name in about for token in name_tokens(name.text)}
    return bool(tokens and question.names) and not tokens & question.names


def _moves(text: str, amount: Amount, clause: Clause) -> int:
    """Up or down, where the value is by how much something changed: "rose 3%", "a fall of 3%", "3% growth"."""
    before = words(text[clause[0] : amount.start])
    if beside := _UP.search(text[clause[0] : amount.start]):
        return _direction(words(beside.group())[0])
    if behind := _MORE.match(text[: clause[1]], amount.end):
        return _direction(words(behind.group())[-1])
    if (behind := _NEXT.match(text, amount.end)) and scale_of(stem_of(behind[1].lower())) == "rise":
        return _direction(behind[1].lower())
    moving = [word for word in before if scale_of(stem_of(word)) == "rise" and word not in _DEGREES]
    if moving and (before[-1] not in _ARRIVED or "growth" in moving):
        return _direction(moving[-1])
    return 0


def _direction(word: str) -> int:
    return 1 - 2 * side_of(stem_of(word))


def _standing(before: str) -> int:
    """How sure a value is by the words before it."""
    return FORECAST if _FORECAST.search(before) else ANNOUNCED if _ANNOUNCED.search(before) else FACT


def _is_counted(question: Question, value: Measured, wanted: set[str | None]) -> bool:
    """True for a bare number that counts what is asked for, as far as its clause says."""
    counted = _COUNTED.search(question.text)
    if counted and value.things and not wanted & HARMS:
        return alike(value.things, frozenset(stem_of(w) for w in words(counted["what"]) if w not in STOP_WORDS))
    if wanted:
        return value.measure in wanted or bool("population" in wanted and value.things & HUMANS)
    return bool(value.near & keys(question.text))

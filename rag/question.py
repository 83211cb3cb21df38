"""What a question asks for: its content words, names and periods, and the kind of value that answers it."""

import re
from dataclasses import dataclass
from typing import Literal

from index.dates import DateMention, find_dates
from rag.names import Name, find_names, name_tokens
from rag.quantities import Quantity, find_quantities
from rag.terms import stems

Kind = Literal["quantity", "date", "name", "reason"]
_DURATIONS = frozenset({"year", "month", "week", "day", "hour", "minute"})
_MONEY = frozenset({"usd", "eur", "gbp", "cny", "rub", "jpy"})

_PERCENT = re.compile(
    r"\b(?:what|which|how\s+(?:big|large|high)\s+an?)\s+(?:\w+\s+)?(?:percentage|percent|per\s+cent|share|proportion|portion|fraction|rate)\b"
    r"|\bby\s+(?:what|how\s+many)\s+per|\bhow\s+many\s+per\s?cent|\bin\s+(?:percent|per\s+cent)\b|\bhow\s+(?:fast|quickly|steeply|sharply)\b"
    r"|\bhow\s+(?:strongly|hard|rapidly|deeply|much\s+(?:faster|slower))\b|\bgrowth\s+rate\b|\b(?:import\s+)?(?:duty|tariff)\s+rate\b",
    re.IGNORECASE,
)
_DURATION = re.compile(
    r"\bhow\s+long\b|\bhow\s+many\s+(?:years|months|weeks|days|hours|minutes)\b|\bfor\s+how\s+much\s+time\b|\bduration\b|\blength\s+of\s+(?:the\s+)?(?:stay|visit|trip|contract)\b",
    re.IGNORECASE,
)
_COST = re.compile(
    r"\bhow\s+much\s+(?:money|did\s.+cost|was\s.+worth|is\s.+worth|does\s.+cost)\b|\b(?:price|cost|worth|dollars?|in\s+usd|revenue)\b",
    re.IGNORECASE,
)
_QUANTITY = re.compile(
    r"\bhow\s+(?:many|much|large|big|high|far|often|tall|heavy|old|deep|wide)\b"
    r"|\b(?:what|which)\s+(?:\S+\s+){0,3}?(?:number|amount|total|volume|value|level|figure|size|turnover|estimate|sum|quantity)\b"
    r"|\bwhat\s+(?:was|is|were|are)\s+(?:the\s+)?(?:\S+\s+){0,4}?(?:trade|turnover|exports?|imports?|growth|price|volume|gdp|revenue|commerce|population|tariff|duty|drop|fall|rise|decline|increase|decrease|gain|loss|distance|height|weight|age|speed|size|capacity)\b",
    re.IGNORECASE,
)
_REASON = re.compile(
    r"\bwhy\b|\b(?:what|which)\s+(?:\w+\s+){0,2}?(?:reasons?|causes?|caused|explains?)\b|\bhow\s+come\b",
    re.IGNORECASE,
)
_BECAUSE = re.compile(
    r"\b(?:because|since|due\s+to|owing\s+to|thanks\s+to|as\s+a\s+result|reasons?|explains?|caus(?:e|ed|es)|on\s+the\s+grounds|so\s+that"
    r"|in\s+order\s+to|therefore|partly|driven\s+by|blamed?|attributed?|fears?|wants?|prefers?|need)\b",
    re.IGNORECASE,
)
_DATE = re.compile(
    r"\bwhen\b|\b(?:release|premiere|start|end|opening|publication|founding|birth)\s+date\b|\b(?:what|which|in\s+what)\s+(?:\w+\s+)?(?:year|date|day|month|time)\b|\bsince\s+when\b|\bhow\s+recently\b",
    re.IGNORECASE,
)
_NAME = re.compile(
    r"\bwho(?:m|se)?\b|\bwhere\b|\b(?:which|what)\s+(?:\w+\s+){0,2}?(?:countr(?:y|ies)|cit(?:y|ies)|person|people|man|woman|"
    r"economists?|analysts?|directors?|leaders?|presidents?|ministers?|politicians?|compan(?:y|ies)|bank|"
    r"organi[sz]ations?|institut(?:e|ion)s?|ministry|newspapers?|nations?|states?|groups?|authors?|experts?|scholars?|places?|regions?|weapons?|projects?|names?|teams?|films?|movies?|books?|titles?|parties|party|agenc(?:y|ies)|rivers?|languages?)\b|\bname\s+the\b|\blocation\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Question:
    """A question, read once. `units` narrows a wanted quantity (empty: any unit)."""

    text: str
    stems: frozenset[str]
    names: frozenset[str]  # comparable name words, as `names.name_tokens` gives them
    years: frozenset[int]
    dates: tuple[DateMention, ...]
    quantities: tuple[Quantity, ...]
    kind: Kind | None
    units: frozenset[str]

    def new_quantities(self, text: str) -> list[Quantity]:
        """Quantities of `text` that could answer: right unit, not given in the question, no part of a name."""
        return [
            q
            for q in find_quantities(text)
            if not any(q.equals(given) for given in self.quantities)
            and (not self.units or q.unit in self.units)
            and not _NAME_NUMBER.search(text[: q.start])
        ]

    def new_dates(self, text: str) -> list[DateMention]:
        """Dates of `text` that say more than those of the question."""
        return [date for date in find_dates(text) if not any(date.within(given) for given in self.dates)]

    def new_names(self, text: str) -> list[Name]:
        """Names of `text` with a word that the question does not have."""
        return [name for name in find_names(text) if not set(name_tokens(name.text)) <= self.names]

    def is_answered_in_kind(self, text: str) -> bool:
        """True when `text` has something of the kind that is asked for."""
        if self.kind == "reason":
            return bool(_BECAUSE.search(text))
        return bool(self.candidates(text))

    def candidates(self, text: str) -> list[tuple[int, int]]:
        """Where `text` has values of the wanted kind, as spans; [] for a question that names no kind."""
        if self.kind == "quantity":
            return [(q.start, q.end) for q in self.new_quantities(text)]
        if self.kind == "date":
            return [(d.start, d.end) for d in self.new_dates(text)]
        if self.kind == "name":
            return [(n.start, n.end) for n in self.new_names(text)]
        return []


_NAME_NUMBER = re.compile(r"\b(?!Mr|In|By|At|Over|About|Some|The)[A-Z]\w+ $")  # "Siberia 2", "Nixon 2.0"


def read_question(text: str, asked: str | None = None) -> Question:
    """Reads a standalone question; English patterns name the kind, everything else needs no language.

    `asked` is its last turn when `text` carries an earlier one: its wording decides the kind first.
    """
    dates = find_dates(text)
    kind, units = _wanted(asked) if asked else (None, frozenset[str]())
    if kind is None:
        kind, units = _wanted(text)
    return Question(
        text=text,
        stems=frozenset(stems(text)),
        names=frozenset(token for name in find_names(text) for token in name_tokens(name.text)),
        years=frozenset(date.year for date in dates if date.year),
        dates=tuple(dates),
        quantities=tuple(find_quantities(text, dates)),
        kind=kind,
        units=units,
    )


def _wanted(text: str) -> tuple[Kind | None, frozenset[str]]:
    if _PERCENT.search(text):
        return "quantity", frozenset({"percent"})
    if _REASON.search(text):
        return "reason", frozenset()
    if _DURATION.search(text):
        return "quantity", _DURATIONS
    if _DATE.search(text):
        return "date", frozenset()
    if _COST.search(text) and re.search(r"\b(?:how|what|which)\b", text, re.IGNORECASE):
        return "quantity", _MONEY
    if _QUANTITY.search(text):
        return "quantity", frozenset()
    if _NAME.search(text):
        return "name", frozenset()
    return None, frozenset()

"""What a question asks for: its content words, names and periods, and the kind of value that answers it."""

import itertools
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from index.dates import DateMention, find_dates
from rag.names import Name, countries, find_names, name_tokens
from rag.quantities import MONEY, Quantity, find_quantities
from rag.terms import STOP_WORDS, stems
from rag.wordnet import has_name

Kind = Literal["quantity", "date", "name", "reason"]
_DURATIONS: frozenset[str | None] = frozenset({"year", "month", "week", "day", "hour", "minute"})
_LENGTHS: frozenset[str | None] = frozenset({"km", "metre", "mile", "foot", "yard", "cm", "mm", "inch"})
_MONEY: frozenset[str | None] = MONEY | frozenset()


def _pattern(*alternatives: str) -> re.Pattern[str]:
    return re.compile("|".join(alternatives).replace(" ", r"\s+"), re.IGNORECASE)


_WHAT = r"\b(?:what|which) (?:\S+ ){0,3}?"
_CHANGE = (
    r"(?:grow|grew|rise|rose|fall|fell|increase|decrease|drop|decline|shrink|shrank|expand|climb|slump|change|develop)"
)
_REASON = _pattern(
    r"\bwhy\b",
    r"\b(?:what|which) (?:\w+ ){0,2}?(?:reasons?|causes?|caused|explains?)\b",
    r"\bhow come\b",
)
_BECAUSE = _pattern(
    r"\b(?:because|since|due to|owing to|thanks to|as a result|reasons?|explains?|caus(?:e|ed|es)|so that)\b",
    r"\b(?:on the grounds|in order to|therefore|partly|driven by|blamed?|attributed?|fears?|wants?|prefers?|need)\b",
)
_DURATION = _pattern(
    r"\bhow long\b",
    r"\bhow many (?:years|months|weeks|days|hours|minutes)\b",
    r"\bfor how much time\b",
    r"\bduration\b",
    r"\blength of (?:the )?(?:stay|visit|trip|contract)\b",
)
_LONG = _pattern(r"\bhow long (?:is|are|was|were)\b")  # a river as well as a visit
_SHARE = _pattern(r"\b(?:share|proportion|portion|fraction|part)\b")
_PERCENT = _pattern(
    r"\b(?:what|which|how (?:big|large|high) an?) (?:\w+ )?(?:percentage|percent|per cent|share)\b",
    r"\b(?:what|which|how (?:big|large|high) an?) (?:\w+ )?(?:proportion|portion|fraction|rate)\b",
    r"\bwhat part of\b",  # "which part of" asks for a place
    r"\bby (?:what|how many) per",
    r"\bhow many per ?cent",
    r"\bin (?:percent|per cent)\b",
    r"\bby how much\b",
    r"\bhow (?:fast|quickly|steeply|sharply|strongly|rapidly)\b",
    rf"\bhow (?:much|far) .*\b{_CHANGE}(?:s|ed)?\b",
    r"\bwhat (?:was|is|were) (?:the )?(?:\S+ ){0,2}?(?:growth|drop|fall|rise|decline|increase|decrease)\b",
    r"\bgrowth rate\b",
    r"\bwhat (?:is|was|are|were) (?:the )?(?:\S+ ){0,3}?(?:rate|inflation|unemployment)\b",
    r"\b(?:duty|tariffs?)\b",
)
_RANK = _pattern(
    r"\b(?:where|how) (?:did|does|do|was|is) .*\brank(?:ed)?\b",
    r"\bwhich (?:place|rank|position)\b",
)
_COST = _pattern(
    r"\bhow much (?:money|(?:did|does|was|is) .+(?:cost|worth|pay|paid|spend|spent))\b",
    r"\bwhat .*\b(?:price|cost|worth|revenue|budget|surplus|deficit|profit)\b",
    r"\b(?:what|which|how) .*\b(?:dollars?|usd|euros?)\b",
    r"\b(?:what|how (?:big|large|much)) (?:\S+ ){0,7}?(?:trade|turnover|commerce|gdp)\b",
)
_COUNT = _pattern(r"\bhow many (?P<what>\w+)")
_QUANTITY = _pattern(
    r"\bhow (?:much|large|big|high|far|often|tall|heavy|old|deep|wide)\b",
    _WHAT + r"(?:number|amount|total|volume|value|level|figure|size|estimate|sum|quantity|population|capacity|age)\b",
    r"\bwhat (?:was|is|were|are) (?:the )?(?:\S+ ){0,4}?(?:exports?|imports?|volume|population|distance)\b",
    r"\bwhat (?:was|is|were|are) (?:the )?(?:\S+ ){0,4}?(?:height|weight|speed|size)\b",
)
_YEAR = _pattern(r"\b(?:what|which) year\b")
_DATE = _pattern(
    r"\bwhen\b",
    r"\b(?:what|which) (?:\w+ )?(?:year|date|day|month|time)\b",
    r"\bhow recently\b",
    r"\b(?:release|premiere|start|end|opening|publication|founding|birth) date\b",
    r"^\W*(?:the )?date (?:of|on which|when|for)\b",
)
_NAME = _pattern(
    r"\bwho(?:m|se)?\b",
    r"\bwhere\b",
    r"\bname the\b",
    r"\blocation\b",
    r"\b(?:which|what) (?:\w+ ){0,2}?(?:bank|newspapers?|weapons?|projects?|names?|films?|movies?|books?|titles?"
    r"|rivers?|lakes?|islands?|languages?|ships?|airlines?|brands?|hospitals?|museums?)\b",
)
_WHICH = _pattern(r"\b(?:which|what) (\w+)(?: (\w+))?(?: (\w+))?")  # of people, places and groups: wordnet.has_name
RANK_CHARS = 30  # an ordinal in words, such as twenty-seventh, with room to spare
KIND_CHARS = 500  # the wording that asks; a pasted page after it tells nothing about the kind
_NAME_NUMBER = re.compile(r"\b(?!Mr|In|By|At|Over|About|Some|The|With)[A-Z]\w+ $")  # "Siberia 2", "Nixon 2.0"
_NEXT_WORD = re.compile(r"\s+([^\W\d_]{3,})")
_DEFINITE = re.compile(r"\b(?:the|these|those|our|their|its|other)\s+$", re.IGNORECASE)  # "the two sides" counts nobody
# A passage that speaks of the seat of a government names its country; in a statement a seat is a city.
_SEATS = {
    "Moscow": "russia", "Kremlin": "russia", "Beijing": "china", "Washington": "america", "White House": "america",
    "Tokyo": "japan", "Seoul": "korea", "Pyongyang": "korea", "London": "britain", "Paris": "france", "Kyiv": "ukraine",
    "Berlin": "germany", "New Delhi": "india", "Brussels": "europe", "Warsaw": "poland", "Ankara": "turkey",
    "Tehran": "iran", "Rome": "italy", "Madrid": "spain", "Vienna": "austria", "Minsk": "belarus",
}  # fmt: skip
# "trade between Moscow and Beijing": asked of two governments, not of two cities
_TWO_SEATS = re.compile(rf"\b({'|'.join(_SEATS)})((?:[’']s)?(?:\s+(?:and|with)\s+|\s?[-–]\s?))({'|'.join(_SEATS)})\b")
_SINCE = re.compile(r"\s+(?:since|ago|after|later|old)\b")  # "80 years since" dates an event, it measures none
_SNIPPET_DATE = re.compile(r"\s*(?:\.\.\.|…)")  # "Jun 13, 2017 ... Today it was announced": when a search saw the page
_MARKER = re.compile(r"\[$")  # "[1]" is a reference, whoever wrote it


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
    units: frozenset[str | None]
    asks_year: bool

    def new_quantities(self, text: str) -> list[Quantity]:
        """Quantities of `text` that could answer: right unit, not given in the question, no part of a name."""
        return [
            q
            for q in find_quantities(text)
            if not any(
                q.equals(given) or (q.value, given.unit) == (given.value, "ordinal") for given in self.quantities
            )
            and (q.unit in self.units if self.units else q.unit not in ("ordinal", "share"))
            and not (q.unit is None and _NAME_NUMBER.search(text[: q.start]))
            and not _MARKER.search(text[: q.start])
            and not (text[q.start].isalpha() and q.unit is None and _DEFINITE.search(text[: q.start]))
            and not (q.unit in _DURATIONS and _SINCE.match(text, q.end))
        ]

    def new_dates(self, text: str) -> list[DateMention]:
        """Dates of `text` that say more than those of the question; another year, where a year is asked for."""
        dates = [date for date in find_dates(text) if not any(date.within(given) for given in self.dates)]
        dates = [date for date in dates if date.start or not _SNIPPET_DATE.match(text, date.end)]
        return [date for date in dates if date.year and date.year not in self.years] if self.asks_year else dates

    def new_names(self, text: str) -> list[Name]:
        """Names of `text` with a word that the question does not have."""
        return [name for name in find_names(text) if not set(name_tokens(name.text)) <= self.names]

    def is_about_others(self, text: str, passage: str, title: str = "") -> bool:
        """True when `text` is on another pair of countries than the question's: its passage (and title) never names
        one of them, the title names another pair and `text` itself not the one, or its value stands in a clause on
        others.

        "US-China trade was 688 billion, three times Russia's" does not answer a question on China and Russia.
        """
        asked = countries(self.text)
        if len(asked) < 2:
            return False
        if not asked <= countries(f"{passage} {text}") | seated(passage):
            return True
        titled = countries(title)
        if len(titled) > 1 and not asked <= titled and not (asked - titled) & countries(text):
            return True
        clauses = [countries(clause) for clause in re.split(r"[,;:()]\s", text) if self.candidates(clause)]
        return bool(clauses) and all(here - asked and asked - here and asked & here for here in clauses)

    def is_other_edition(self, document_text: str) -> bool:
        """True for a document on the 70th anniversary when the question is on the 80th, and the like."""
        asked = ranks(self.text)
        told = {thing: _ranks_before(thing, document_text) for thing in asked}
        return any(told.values()) and not any(rank in told[thing] for thing, rank in asked.items())

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


def seated(passage: str) -> set[str]:
    """The countries that `passage` names by the seat of their government."""
    return {country for seat, country in _SEATS.items() if seat in passage}


def _country(seat: str) -> str:
    return _SEATS[seat].capitalize()


def ranks(text: str) -> dict[str, Decimal]:
    """Ordinals by the word they stand before: {"anniversary": 80} for "the 80th anniversary"."""
    found = {}
    for quantity in find_quantities(text):
        thing = _NEXT_WORD.match(text, quantity.end)
        if quantity.unit == "ordinal" and thing:
            found[thing.group(1).lower()] = quantity.value
    return found


def _ranks_before(thing: str, text: str) -> set[Decimal]:
    """The ordinals that `text` puts before `thing`; only the words before each place are read, however long it is."""
    found = set()
    for match in re.finditer(rf"\b{re.escape(thing)}", text, re.IGNORECASE):
        window = text[max(0, match.start() - RANK_CHARS) : match.start()]
        found |= {q.value for q in find_quantities(window) if q.unit == "ordinal" and window[q.end :].isspace()}
    return found


def read_question(text: str, asked: str | None = None) -> Question:
    """Reads a standalone question; English patterns name the kind, everything else needs no language.

    `asked` is its last turn when `text` carries an earlier one: its wording decides the kind first.
    """
    text = _TWO_SEATS.sub(lambda pair: _country(pair[1]) + pair[2] + _country(pair[3]), text)
    dates = find_dates(text)
    kind, units = _wanted(asked) if asked else (None, frozenset[str | None]())
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
        asks_year=bool(_YEAR.search(asked or text)),
    )


def _wanted(text: str) -> tuple[Kind | None, frozenset[str | None]]:
    """The kind of value and, for quantities, the units it may have (empty: any but a rank)."""
    text = text[:KIND_CHARS]
    if _REASON.search(text):
        return "reason", frozenset()
    if _DURATION.search(text):
        return "quantity", _DURATIONS | _LENGTHS if _LONG.search(text) else _DURATIONS
    if _RANK.search(text):
        return "quantity", frozenset({"ordinal"})
    if _PERCENT.search(text):
        return "quantity", frozenset({"percent", "share"} if _SHARE.search(text) else {"percent"})
    if _DATE.search(text):
        return "date", frozenset()
    counted = _COUNT.search(text)
    if counted:
        measures = {q.unit for q in find_quantities(f"2 {counted['what']}")}
        return "quantity", frozenset(measures | {None} if measures <= _MONEY | {None} else measures)
    if _COST.search(text):
        return "quantity", _MONEY
    if _QUANTITY.search(text):
        return "quantity", frozenset()
    if _NAME.search(text) or any(map(_asks_which, _WHICH.finditer(text))):
        return "name", frozenset()
    return None, frozenset()


def _asks_which(match: re.Match[str]) -> bool:
    """Whether one of the words up to the next function word is of things that have names."""
    words = [word.lower() for word in match.groups() if word and word.lower() != "other"]
    return any(map(has_name, itertools.takewhile(lambda word: word not in STOP_WORDS, words)))

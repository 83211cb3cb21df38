"""The words that say what a value measures: "exports" are no "trade", "youth unemployment" is no "unemployment"."""

import re
from itertools import pairwise, takewhile

from rag.amounts import Amount
from rag.meanings import scale_of
from rag.names import countries
from rag.terms import STOP_WORDS, stem_of, words

Clause = tuple[int, int]  # [start, end) of a sentence
# One line is one measure: values whose clauses name different ones are never compared.
_MEASURES = """
trade turnover commerce
export sale sell sold delivery shipment supply
import purchase buy bought
revenue income
profit earnings surplus
deficit
cost price fare
subsidy grant aid donation
debt loan credit borrow lend lent
invest investment
fine penalty
tax tariff duty
wage salary
rent
inflation
unemployment unemployed jobless
population inhabitant populous live home
kill died die dead death fatality toll perish
injured injure wounded wound hurt injury
missing
lose lost losses casualty
arrest detain
evacuate displace
age old
area
length long
height tall high
depth deep
width wide
weight weigh heavy
speed fast
capacity
share proportion
target goal
""".strip().splitlines()
_MEASURE_OF = {stem_of(word): line.split()[0] for line in _MEASURES for word in line.split()}
# A quarter has less of these than its year.
FLOWS = frozenset("trade export import revenue profit deficit invest inflation".split())
HARMS = frozenset("kill injured missing lose arrest evacuate".split())  # people are counted by what befell them
HUMANS = frozenset(
    map(
        stem_of,
        """people person human man men woman women child children worker employee staff resident inhabitant soldier
        visitor guest student member victim civilian passenger refugee job fan delegate""".split(),
    )
)
_FROM = re.compile(r"\bfrom\s+(?:the\s+)?[A-Z]\w+(?:\s+[A-Z]\w+)?")
_TO = re.compile(r"\bto\s+(?:the\s+)?[A-Z]\w+(?:\s+[A-Z]\w+)?")
_BEHIND = re.compile(r"(?:\s+(?:of\s+)?[^\W\d_]+){0,2}")
_OF = re.compile(r"\b([^\W\d_]+)\s+of\s+(?:about\s+|some\s+|nearly\s+)?$", re.IGNORECASE)
_WHOLE = frozenset(
    "total overall whole entire annual new record bilateral mutual foreign goods two-way way people were".split()
)
_SUMS = frozenset("total number sum toll population group".split())
_NO_THINGS = (STOP_WORDS - {"of"}) | {"last", "next", "previous"}


def measures_in(text: str) -> list[tuple[str, str]]:
    """The measures that `text` names, by the first word of their line, each with the word before it."""
    found = words(text)
    return [(measure, before) for before, word in pairwise(["", *found]) if (measure := _MEASURE_OF.get(stem_of(word)))]


def governing(text: str, amount: Amount, clause: Clause) -> tuple[str, str] | None:
    """The measure named last before the value in its clause, else first behind it, else last in the clauses before:
    ("cost", "gas") for "gas prices"."""
    start, end = clause
    for part, nearest in ((text[start : amount.start], -1), (text[amount.end : end], 0), (text[:start], -1)):
        if named := measures_in(part):
            return named[nearest]
    return None


def narrows(word: str, asked: frozenset[str]) -> bool:
    """True for a word that makes another measure of the one behind it: "youth" of "youth unemployment"."""
    if word in STOP_WORDS | _WHOLE or word[:1].isdigit() or not word or word.endswith(("ed", "ing", "ly")):
        return False
    stem = stem_of(word)
    return stem[0] != "=" and stem not in _MEASURE_OF and scale_of(stem) not in asked


def flow(measure: str | None, text: str) -> str | None:
    """What is sold to one country is what that one buys: exports and imports by their seller, where `text` tells."""
    if measure not in ("export", "import"):
        return measure
    named = countries(text)
    seller = {c for match in _FROM.finditer(text) for c in countries(match.group())}
    buyer = {c for match in _TO.finditer(text) for c in countries(match.group())}
    sellers = seller or (named - buyer if buyer else set())
    return f"from {sellers.pop()}" if len(named) == 2 and len(sellers) == 1 else measure


def things(text: str, amount: Amount) -> frozenset[str]:
    """Stems of up to two words right behind a bare number, or of the one before it: what it counts ("a crew of 31")."""
    match = _BEHIND.match(text, amount.end) if amount.unit is None else None
    behind = takewhile(lambda w: w.islower() and w not in _NO_THINGS, match.group().split() if match else [])
    found = frozenset(stem_of(word) for word in behind if word != "of")
    before = None if found or amount.unit is not None else _OF.search(text[: amount.start])
    return frozenset({stem_of(before[1].lower())}) if before and before[1] not in _SUMS else found


def alike(one: frozenset[str], other: frozenset[str]) -> bool:
    """True for stems of what may be the same thing: 1,850 "people" and 2,300 "workers"."""
    return not one or not other or bool(one & other) or bool(one & HUMANS and other & HUMANS)

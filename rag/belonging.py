"""What the values of a statement belong to where they are cited: a date, or a thing that is counted.

"€83 million (first half of 2023: €102 million)" has 102 for that half, "140 drivers at the garage" no 140 garages.
"""

import re
from collections.abc import Iterator, Sequence

from index.dates import DateMention, find_dates
from rag.amounts import Amount, find_amounts
from rag.measures import alike, things
from rag.quantities import Quantity, find_quantities
from rag.terms import stems

_ENDS = re.compile(r"[;()–—]|,\s")
_PART = re.compile(r"\b(early|mid|middle\s+of|late|end\s+of)[\s-]*(?:[A-Z]|\Z)")
_DAYS = {"early": (1, 12), "mid": (9, 22), "middle": (9, 22), "late": (18, 31), "end": (20, 31)}
_BEHIND = re.compile(r"(?:\s+[^\W\d]+){0,2}?\s+(?:in|for|of|during|by)\s+(?:the\s+)?")  # "310,000 boxes in 2022"
_PART_CHARS = 12  # that "middle of " takes before its month


def belonging_breaches(text: str, cited: Sequence[str]) -> Iterator[str]:
    """Values that `text` gives to another date or thing than the cited words do, one line each."""
    yield from _dated(text, cited)
    yield from _beside(text, cited)
    yield from _counted(text, cited)


def _dated(text: str, cited: Sequence[str]) -> Iterator[str]:
    dates = find_dates(text)
    quantities = [q for q in find_quantities(text, dates) if q.unit != "ordinal"]
    groups = [group for source in cited for group in _groups(source)]
    for date in dates:
        there = [group for group in groups if any(date.within(other) for other in group[0])]
        rivals = [q for _, group in there for q in group]
        for quantity in quantities if len(dates) == 1 and all(group for _, group in there) else ():
            if any(q.unit == quantity.unit for q in rivals) and not any(quantity.equals(q) for q in rivals):
                value, when = text[quantity.start : quantity.end], text[date.start : date.end]
                yield f"{value!r} is not of {when!r} where it is cited"
        match = _PART.search(text[max(0, date.start - _PART_CHARS) : date.end])
        days = [other.day for source in cited for other in find_dates(source) if date.within(other) and other.day]
        if match and date.month and not date.day and days:
            low, high = _DAYS[match[1].split()[0]]
            if not any(low <= day <= high for day in days):
                yield f"{match[1]!r} is not the part of the month that the cited words name"


def _beside(text: str, cited: Sequence[str]) -> Iterator[str]:
    """Values with another date right behind them than where they are cited: "355,000 in 2022" of "355,000 in 2024"."""
    there = [pair for source in cited for pair in _pairs(source)]
    for quantity, date in _pairs(text):
        dates = [other for value, other in there if quantity.equals(value)]
        if dates and not any(date.within(other) for other in dates):
            value, when = text[quantity.start : quantity.end], text[date.start : date.end]
            yield f"{value!r} is not of {when!r} where it is cited"


def _pairs(text: str) -> Iterator[tuple[Quantity, DateMention]]:
    dates = find_dates(text)
    for quantity in find_quantities(text, dates):
        date = next((date for date in dates if date.start >= quantity.end), None)
        if date and _BEHIND.fullmatch(text[quantity.end : date.start]):
            yield quantity, date


def _groups(text: str) -> Iterator[tuple[list[DateMention], list[Quantity]]]:
    """Dates and quantities that stand between the same marks."""
    dates = find_dates(text)
    quantities = find_quantities(text, dates)
    inside = [(d.start, d.end) for d in dates] + [(q.start, q.end) for q in quantities]
    marks = [m.start() for m in _ENDS.finditer(text) if not any(a <= m.start() < b - 1 for a, b in inside)]
    for start, end in zip([0, *marks], [*marks, len(text)], strict=True):
        own = [date for date in dates if start <= date.start < end]
        if own:
            yield own, [q for q in quantities if start <= q.start < end]


def _counted(text: str, cited: Sequence[str]) -> Iterator[str]:
    """A number taken from one thing and put before another of the same words."""
    known = [(amount, source) for source in cited for amount in find_amounts(source)]
    for amount in find_amounts(text):
        mine = things(text, amount) if amount.unit is None else frozenset()
        theirs = [things(source, other) for other, source in known if _is_same(amount, other)]
        elsewhere = mine & frozenset(stem for source in cited for stem in stems(source))
        if elsewhere and theirs and not any(alike(mine, other) for other in theirs):
            yield f"{text[amount.start : amount.end]!r} counts something else where it is cited"


def _is_same(one: Amount, other: Amount) -> bool:
    return other.unit is None and one.agrees(other)

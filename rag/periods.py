"""When a value holds: the year and the months that its clause, its sentence, the text before or the title give."""

import re
from dataclasses import dataclass

from index.dates import DateMention, find_dates

_MONTHS = "january february march april may june july august september october november december".split()
_NUMBERS = {word: n for n, word in enumerate("one two three four five six seven eight nine ten eleven".split(), 1)}
_PARTS = {"first": 0, "opening": 0, "second": 1, "third": 2, "fourth": 3, "last": -1, "final": -1}
_MONTH = "|".join(f"{month[:3]}(?:{month[3:]})?" if month != "may" else "may" for month in _MONTHS)
_SPAN = re.compile(
    rf"\b({_MONTH})\b\.?(?:\s+(?:19|20)\d\d)?\s?(?:-|–|to|through|until|and)\s?({_MONTH})\b", re.IGNORECASE
)
_PART = re.compile(r"\b(first|opening|second|third|fourth|last|final)[\s-]+(quarter|half)\b", re.IGNORECASE)
_OPENING = re.compile(rf"\bfirst\s+({'|'.join(_NUMBERS)}|\d\d?)\s+months\b", re.IGNORECASE)
_RELATIVE = re.compile(r"\b(last|this|next|previous)\s+year\b|\byear\s+(before|earlier)\b", re.IGNORECASE)
_AWAY = {"last": -1, "previous": -1, "before": -1, "earlier": -1, "this": 0, "next": 1}


@dataclass(frozen=True, slots=True)
class Period:
    """`years` that are named, () for none; `months` as (first, last), None for a whole year or when nothing says."""

    years: tuple[int, ...] = ()
    months: tuple[int, int] | None = None

    def matches(self, other: "Period", flows: bool) -> bool:
        """False when both name years and none is the same, or parts of the year that differ. What `flows` (trade,
        revenue) is another amount in a part of the year than in all of it; a toll or a cost is not."""
        if self.years and other.years and not set(self.years) & set(other.years):
            return False
        return self.months == other.months or not (flows or (self.months and other.months))


def period_at(text: str, clause: tuple[int, int], around: str, published: str | None) -> Period:
    """The period of what stands in `clause` of the sentence `text`; `around` is asked where the sentence names none."""
    dates, own = find_dates(text), text[slice(*clause)]
    years = (
        _years([date for date in dates if clause[0] <= date.start < clause[1]])
        or _relative(own, published)
        or _years([date for date in dates if date.start < clause[0]][-1:])
        or _years(dates)
        or _relative(text, published)
        or _years([date for date in find_dates(around) if not date.day][-1:])  # a whole date is when it was printed
    )
    return Period(years, months_of(own) or months_of(text))


def is_other_part(asked: str, text: str) -> bool:
    """True where a question asks for a part of the year, and `text` names another: a quarter, and the first four
    months. A single month need not be a period: much happens in one."""
    mine, theirs = months_of(asked), months_of(text)
    return mine is not None and theirs is not None and mine != theirs and mine[0] < mine[1] and theirs[0] < theirs[1]


def _years(dates: list[DateMention]) -> tuple[int, ...]:
    return tuple(dict.fromkeys(date.year for date in dates if date.year))


def _relative(text: str, published: str | None) -> tuple[int, ...]:
    match = _RELATIVE.search(text)
    return (int(published[:4]) + _AWAY[(match[1] or match[2]).lower()],) if match and published else ()


def months_of(text: str) -> tuple[int, int] | None:
    """First and last month of the part of a year that `text` names; dates with a day name none."""
    if match := _SPAN.search(text):
        first, last = (_number(name) for name in match.groups())
        return (first, last) if first <= last else None
    if match := _OPENING.search(text):
        return 1, _NUMBERS.get(match[1].lower()) or int(match[1])
    if match := _PART.search(text):
        size = 3 if match[2].lower() == "quarter" else 6
        at = _PARTS[match[1].lower()] % (12 // size)
        return at * size + 1, at * size + size
    for date in find_dates(text):
        if date.part:
            size, at = (3 if date.part[0] == "Q" else 6), int(date.part[1]) - 1
            return at * size + 1, at * size + size
        if date.month and not date.day:
            return date.month, date.month
    return None


def _number(name: str) -> int:
    return next(n for n, month in enumerate(_MONTHS, 1) if month.startswith(name.lower()))

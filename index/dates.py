"""Dates as people write them in English text, found with their offsets and compared field by field."""

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass

_MONTH_NAMES = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]
_MONTHS = {name: i for i, name in enumerate(_MONTH_NAMES, 1)} | {name[:3]: i for i, name in enumerate(_MONTH_NAMES, 1)}
_MONTHS["sept"] = 9
_ORDINAL_WORDS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "last": 4, "opening": 1, "final": 4}

# "three" and "six" make a quarter and a half
_MONTHS_FROM_JANUARY = {"two": 2, "four": 4, "five": 5, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "eleven": 11}

_MONTH = (
    r"(?P<month>Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?"
    r"|Sept?(?:ember)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)\b\.?"
)
_MONTH2 = _MONTH.replace("?P<month>", "?P<month2>")
_DAY = r"(?P<day>[0-3]?\d)(?:st|nd|rd|th)?(?:\s?(?:-|–|—|to|and)\s?(?:the\s+)?(?P<day2>[0-3]?\d)(?:st|nd|rd|th)?)?"
_YEAR = r"(?P<year>(?:1[5-9]|20)\d\d)"
# "1850 workers" are no year, "in 1850 was" is one; from 1900 on a year is by far the likelier
_NO_PLURAL = r"(?:was|is|as|has|does|his|its|this|across|towards|thus|always|perhaps|besides)\b"
# A byline may stand glued to its date ("SmithMay 7, 2015"), so a lower-case letter may precede the month.
_EDGE = r"(?:(?<![A-Za-z0-9])|(?<=[a-z])(?=[A-Z]))"
_PATTERNS = [
    re.compile(rf"\b{_YEAR}-(?P<month>\d\d)-(?P<day>\d\d)(?!\d)"),
    re.compile(rf"\b(?P<day>[0-3]?\d)\.(?P<month>[01]?\d)\.{_YEAR}\b"),
    re.compile(rf"{_EDGE}{_MONTH}\s+{_DAY}\b(?:,?\s+{_YEAR}\b)?"),
    re.compile(rf"\b{_DAY}(?:\s+of)?\s+{_MONTH}(?:,?\s+{_YEAR}\b)?"),
    re.compile(rf"{_EDGE}{_MONTH}\s?(?:-|–|—|\bto\b|\band\b|\bthrough\b)\s?{_MONTH2}\s+(?:of\s+)?{_YEAR}\b"),
    re.compile(rf"{_EDGE}{_MONTH},?\s+(?:of\s+)?{_YEAR}\b"),
    re.compile(
        r"\b(?P<part>(?:first|second|third|fourth|last|opening|final)\s+(?:quarter|half|(?:three|six)\s+months)"
        rf"|[QH][1-4]|[1-4][QH])"
        rf"(?:\s+(?:of|in)|,)?\s+{_YEAR}\b",
        re.IGNORECASE,
    ),
    re.compile(
        rf"\bfirst\s+(?P<months>(?a:{'|'.join(_MONTHS_FROM_JANUARY)}))\s+months\s+(?:of|in)\s+{_YEAR}\b",
        re.IGNORECASE,
    ),
    re.compile(rf"\b(?:[Ii]n|[Ss]ince|[Bb]y|[Uu]ntil|[Ll]ast|[Ee]arly|[Ll]ate|[Mm]id-?|[Dd]uring)\s+{_MONTH}(?!\s+\d)"),
    re.compile(
        r"(?:(?<![\d.,$€£:/-])|(?<=\b[Mm]id-))(?P<year>(?:1[5-9]|20)\d\d)(?![\d%/]|[.,:]\d)(?=s?\b)"
        rf"(?!(?<=1[5-8]\d\d)(?:\s+(?:of\s+the|(?!{_NO_PLURAL})[a-z]+s|people|men|women|children|k[gm])\b|-))"
    ),
]


@dataclass(frozen=True, slots=True)
class DateMention:
    """A date at [start, end); fields the text leaves open are None. `part` is "Q1".."Q4", "H1" or "H2"."""

    start: int
    end: int
    year: int | None
    month: int | None = None
    day: int | None = None
    part: str | None = None

    @property
    def fields(self) -> tuple[int | None, int | None, int | None, str | None]:
        return self.year, self.month, self.day, self.part

    @property
    def iso(self) -> str | None:
        """`YYYY-MM-DD` for a whole date, else None."""
        if self.year and self.month and self.day:
            return f"{self.year:04}-{self.month:02}-{self.day:02}"
        return None

    def within(self, finer: "DateMention") -> bool:
        """True when this date equals `finer` or is a coarser form of it."""
        return all(mine in (None, theirs) for mine, theirs in zip(self.fields, finer.fields, strict=True))


def find_dates(text: str) -> list[DateMention]:
    """Dates in `text` in reading order; a range of days or months yields one mention per end."""
    taken = bytearray(len(text))
    found: list[DateMention] = []
    for pattern in _PATTERNS:
        for match in pattern.finditer(text):
            if any(taken[match.start() : match.end()]):
                continue
            mentions = list(_mentions(match))
            if mentions:
                taken[match.start() : match.end()] = b"\1" * (match.end() - match.start())
                found.extend(mentions)
    return sorted(found, key=lambda mention: mention.start)


def _mentions(match: re.Match[str]) -> Iterator[DateMention]:
    fields = match.groupdict()
    year = int(fields["year"]) if fields.get("year") else None
    months = [_month_number(fields.get("month")), _month_number(fields.get("month2"))]
    if fields.get("months"):
        months = [1, _MONTHS_FROM_JANUARY[fields["months"].lower()]]
    month = months[0]
    part = _part(fields.get("part"))
    days: list[int | None] = [int(fields[key]) for key in ("day", "day2") if fields.get(key)]
    if month is not None and not 1 <= month <= 12:
        return
    last_day = calendar.monthrange(year or 2000, month)[1] if month else 31
    if any(not 1 <= (day or 0) <= last_day for day in days):
        return
    for day in days or [None]:
        yield DateMention(match.start(), match.end(), year, month, day, part)
    if months[1]:
        yield DateMention(match.start(), match.end(), year, months[1])


def _month_number(text: str | None) -> int | None:
    if text is None:
        return None
    return int(text) if text.isdigit() else _MONTHS[text.rstrip(".").lower()]


def _part(text: str | None) -> str | None:
    if text is None:
        return None
    words = text.lower().replace("ſ", "s").replace("ı", "i").split()  # these two match without case
    if len(words) > 1:
        number = _ORDINAL_WORDS[words[0]]
        return f"Q{number}" if words[1] in ("quarter", "three") else f"H{min(number, 2)}"
    letter, digit = sorted(words[0], reverse=True)
    return f"{letter.upper()}{digit}"

"""Fractions in words ("a third of", "three quarters"): shares that a percentage may state as well."""

import re
from collections.abc import Iterator
from decimal import Decimal

_FRACTION = re.compile(
    r"""\b(?:
      # "the second half of the year" is no share
      (?:(?<!first\s)(?<!second\s)(?<!other\s)(?P<half>half)|an?[\s-](?P<one>third|quarter|fifth|tenth))(?=\s+(?:of\s+(?!(?:19|20)\d\d)|the\b|its\b|their\b|all\b))
    | one[\s-](?P<single>third|quarter|fifth|tenth)
    | (?P<many>two|three|four)[\s-](?P<parts>thirds|quarters|fifths)
    )(?!\w)""",
    re.IGNORECASE | re.VERBOSE | re.ASCII,
)
_PARTS = {"third": 3, "quarter": 4, "fifth": 5, "tenth": 10}
_TIMES = {"two": 2, "three": 3, "four": 4}


def find_fractions(text: str) -> Iterator[tuple[int, int, Decimal]]:
    """Start, end and per cent of each fraction in `text`, in reading order."""
    for match in _FRACTION.finditer(text):
        times = _TIMES[match["many"].lower()] if match["many"] else 1
        word = (match["one"] or match["single"] or match["parts"] or "").lower().removesuffix("s")
        yield match.start(), match.end(), Decimal(100) * times / (_PARTS[word] if word else 2)

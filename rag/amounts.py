"""What a quantity may stand for: a range, a bound, a rounded value; and when two of them may be the same."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from rag import cues
from rag.quantities import Quantity, find_quantities

_RANGE = re.compile(r"\s?(?:-|–|—|to|and|or)\s?", re.IGNORECASE)
_FROM = re.compile(r"\bfrom\s+\D{0,3}$", re.IGNORECASE)  # "from 20 to 25" is a change
_BETWEEN = re.compile(r"\bbetween\s+\D{0,3}$", re.IGNORECASE)
_BASES = {
    unit: (base, Decimal(factor))
    for base, unit, factor in (
        ("day", "year", "365"),
        ("day", "month", "30.4"),
        ("day", "week", "7"),
        ("day", "day", "1"),
        ("metre", "km", "1000"),
        ("metre", "metre", "1"),
        ("metre", "mile", "1609"),
    )
}  # units that measure one thing
ROUNDED = Decimal(1) / 8  # of a value: a difference beyond it is no rounding ("2 million" of 2.4)


@dataclass(frozen=True, slots=True)
class Amount:
    """What stands at [start, end): `quantity` (the upper end of a range), and the values it may have, in `unit`."""

    start: int
    end: int
    quantity: Quantity
    unit: str | None
    low: Decimal
    high: Decimal
    slack: Decimal  # by which a rounded value may differ

    def agrees(self, other: "Amount") -> bool:
        """True when both may be one value. Only to be asked of one unit."""
        slack = max(self.slack, other.slack)
        return self.low <= other.high + slack and other.low <= self.high + slack


def find_amounts(text: str) -> Iterator[Amount]:
    """Amounts of `text` in reading order; the two ends of a range are one."""
    first: Quantity | None = None
    for quantity, after in pairwise([*find_quantities(text), None]):
        assert quantity
        if after and _is_range(text, quantity, after):
            first = quantity
            continue
        low, first = first or quantity, None
        bounds = cues.bounds(text, low.start, quantity.end)
        unit, factor = _BASES.get(quantity.unit or "", (quantity.unit, Decimal(1)))
        yield Amount(
            low.start,
            quantity.end,
            quantity,
            unit,
            Decimal(0) if cues.MOST in bounds else low.value * factor,
            Decimal("Infinity") if cues.LEAST in bounds else quantity.value * factor,
            _slack(quantity, loose=quantity.approximate or bool(cues.LOOSE & bounds)) * factor,
        )


def _is_range(text: str, low: Quantity, high: Quantity) -> bool:
    joint, before = text[low.end : high.start], text[: low.start]
    if low.unit != high.unit or low.value >= high.value or not _RANGE.fullmatch(joint):
        return False
    return bool(_BETWEEN.search(before)) if "and" in joint else not _FROM.search(before)


def _slack(quantity: Quantity, *, loose: bool) -> Decimal:
    step = quantity.step
    if loose and quantity.value:
        while quantity.value % (step * 10) == 0:
            step *= 10  # "about 300" shows hundreds
    elif step == 1 and quantity.unit is None:
        return Decimal(0)  # what is counted one by one is exact
    return min(step / 2, abs(quantity.value) * ROUNDED)

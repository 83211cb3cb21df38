"""Groups counted by their members: "the two countries", where the cited words name two and give no number."""

import re
from collections.abc import Sequence

from rag.names import countries
from rag.quantities import Quantity

_GROUP = re.compile(
    r"\s*(?:\w+\s+)?(?:countries|nations|states|neighbours|neighbors|powers|governments|capitals|economies|sides|partners"
    r"|leaders|presidents|allies|parties)\b",
    re.IGNORECASE,
)
_BACK = re.compile(r"\b(?:the|these|those|both|all|their)\s+$", re.IGNORECASE)


def counts_named(text: str, quantity: Quantity, cited: Sequence[str], titles: Sequence[str]) -> bool:
    """True for a number of `text` that says how many countries the cited words name, or they and their titles."""
    if quantity.unit is not None or not _BACK.search(text, 0, quantity.start) or not _GROUP.match(text, quantity.end):
        return False
    return any(len(countries(" ".join(sources))) == quantity.value for sources in (cited, [*cited, *titles]))

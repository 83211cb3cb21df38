"""Twins: where two texts that are otherwise alike give different values."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.twins import disagree, swapped

TERMINAL = "The new ferry terminal in Lorne cost the council 48 million euros and opened on 9 March 2024."


@pytest.mark.parametrize(
    ("one", "other", "values"),
    [
        (TERMINAL, TERMINAL, []),
        (TERMINAL, TERMINAL.replace("48", "52"), [("48 million euros", "52 million euros")]),
        (TERMINAL, TERMINAL.replace("48 million euros", "€48m"), []),
        (TERMINAL, TERMINAL.replace("9 March 2024", "12 May 2023"), [("9 March 2024", "12 May 2023")]),
        (TERMINAL, TERMINAL.replace("9 March 2024", "March 9, 2024"), []),
        (TERMINAL, TERMINAL.replace("Lorne", "Port Hollin"), [("Lorne", "Port Hollin")]),
        ("Film: directed by Ana Duarte.", "Film: directed by Tomas Reyl.", [("Ana Duarte", "Tomas Reyl")]),
        ("The quay sold China’s coal.", "The quay sold Chinese coal.", []),
        (TERMINAL, TERMINAL.replace("opened", "was inaugurated"), []),
        (TERMINAL, f"{TERMINAL} Boats leave every 40 minutes.", []),  # more is no contradiction
        (f"By Ana Duarte\n{TERMINAL}", f"By Tomas Reyl\n{TERMINAL}", []),
        (f"3 May 2024\n{TERMINAL}", f"4 May 2024\n{TERMINAL}", []),
        ("Printed on 3 May 2024. " + TERMINAL, "Printed on 4 May 2024. " + TERMINAL, []),
        ("", TERMINAL, []),
    ],
)
def test_values_in_the_place_of_each_other(one: str, other: str, values: list[tuple[str, str]]) -> None:
    found = [(one[a:b], other[c:d]) for (a, b), (c, d) in swapped(one, other)]
    assert found == values
    assert disagree(one, other) is disagree(other, one) is bool(values)


@given(st.text(), st.text())
def test_any_two_texts_can_be_compared(one: str, other: str) -> None:
    for (a, b), (c, d) in swapped(one, other):
        assert 0 <= a < b <= len(one)
        assert 0 <= c < d <= len(other)
    assert not disagree(one, one)

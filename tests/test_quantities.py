"""Quantities: what a text says, in which unit, and when two notations say the same."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.quantities import MAX_DIGITS, Quantity, find_quantities

Values = list[tuple[str, str | None]]


def values(text: str) -> Values:
    return [(f"{quantity.value.normalize():f}", quantity.unit) for quantity in find_quantities(text)]


def only(text: str) -> Quantity:
    (quantity,) = find_quantities(text)
    return quantity


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # one sum of money in the notations of different papers
        ("$240bn", [("240000000000", "usd")]),
        ("US$240 billion", [("240000000000", "usd")]),
        ("USD 240 billion", [("240000000000", "usd")]),
        ("240bn dollars", [("240000000000", "usd")]),
        ("240 billion US dollars", [("240000000000", "usd")]),
        ("a 240-billion-dollar debt", [("240000000000", "usd")]),
        ("€3.5m", [("3500000", "eur")]),
        ("£2.4 million", [("2400000", "gbp")]),
        ("300 yuan", [("300", "cny")]),
        ("500k", [("500000", None)]),
        ("1.2 trillion", [("1200000000000", None)]),
        # percent
        ("5.3%", [("5.3", "percent")]),
        ("grew 5.3.% last year", [("5.3", "percent")]),
        ("5 per cent", [("5", "percent")]),
        ("5 percentage points", [("5", "point")]),
        # units
        ("38 bcm", [("38000000000", "m3")]),
        ("38 billion cubic metres", [("38000000000", "m3")]),
        ("5 km", [("5", "km")]),
        ("5km", [("5", "km")]),
        ("27 million tonnes", [("27000000", "tonne")]),
        ("1.5 million barrels", [("1500000", "barrel")]),
        ("a four-day visit", [("4", "day")]),
        ("21-year-old", [("21", "year")]),
        ("one day", [("1", "day")]),
        ("the first four months", [("1", "ordinal"), ("4", "month")]),
        # fractions
        ("three quarters of it", [("75", "share")]),
        ("half the exports", [("50", "share")]),
        ("a quarter of 2025", []),
        ("in the second half of the year", []),
        ("a third country", [("3", "ordinal")]),
        # words
        ("eight of the ten", [("8", None), ("10", None)]),
        ("twenty-five goats", [("25", None)]),
        ("one hundred and five", [("105", None)]),
        ("two dozen", [("24", None)]),
        ("a hundred thousand", [("100000", None)]),
        ("a thousand geese", [("1000", None)]),
        ("a million people", [("1000000", None)]),
        ("half a million people", [("500000", None)]),
        ("a billion-dollar bridge", [("1000000000", "usd")]),
        # ranks
        ("the first bridge", [("1", "ordinal")]),
        ("the 21st bridge", [("21", "ordinal")]),
        ("the twenty-first bridge", [("21", "ordinal")]),
        ("first and 2 others", [("1", "ordinal"), ("2", None)]),
        # thousands separators
        ("14,000 geese", [("14000", None)]),
        ("1 234 567", [("1234567", None)]),
        ("1 234", [("1234", None)]),
        ("1'234.5", [("1234.5", None)]),
        # ranges share the unit and scale that only one end shows
        ("20-25 billion", [("20000000000", None), ("25000000000", None)]),
        ("20–25 billion", [("20000000000", None), ("25000000000", None)]),
        ("USD 20-25 billion", [("20000000000", "usd"), ("25000000000", "usd")]),
        ("$20-$25 billion", [("20000000000", "usd"), ("25000000000", "usd")]),
        ("between 5 and 10 billion", [("5000000000", None), ("10000000000", None)]),
        ("3.5-4%", [("3.5", "percent"), ("4", "percent")]),
        ("10-12 days", [("10", "day"), ("12", "day")]),
        ("20 to 2,500 million", [("20000000", None), ("2500000000", None)]),
        ("900 million to 1.2 billion", [("900000000", None), ("1200000000", None)]),
        # two numbers that share nothing
        ("from 5 to 1,200 members", [("5", None), ("1200", None)]),
        ("up 2% to 3,500", [("2", "percent"), ("3500", None)]),
        ("up 5% to $30bn", [("5", "percent"), ("30000000000", "usd")]),
        ("3-2", [("3", None), ("2", None)]),
    ],
)
def test_values(text: str, expected: Values) -> None:
    assert values(text) == expected


@pytest.mark.parametrize(
    "text",
    ["one of the goats", "One thing is sure.", "a second look", "in 1999", "the 1990s", "on 5 May 2024", "2024-05-06",
     "the 2024-25 season", "COVID-19", "an F-16", "H5N1", "dozens of goats", "", "per cent", "$", "bn", "½"],
)  # fmt: skip
def test_no_values(text: str) -> None:
    assert values(text) == []


@pytest.mark.parametrize(
    ("statement", "source", "same"),
    [
        ("$240bn", "240 billion dollars", True),
        ("240 billion", "$240bn", True),  # a unit may be left out ...
        ("$240bn", "240 billion", False),  # ... and not be made up
        ("$5m", "€5m", False),
        ("eight", "8", True),
        ("eighth", "8", False),
        ("8", "eighth", False),
        ("the 1st", "first", True),
        ("5", "5%", False),
        ("5%", "5", False),
        ("four days", "four-day", True),
        ("2 weeks", "14 days", False),  # calculated, not stated
        ("5 km", "5km", True),
        ("38 bcm", "38 billion cubic meters", True),
        ("240 million", "240 billion", False),
        ("a million", "two million", False),
        ("half a million", "500,000", True),
        # rounding, after "about" only, to the digits shown
        ("about 245 billion", "$244.8bn", True),
        ("245 billion", "$244.8bn", False),
        ("about 245 billion", "240 billion", False),
        ("about 240 billion", "$244.8bn", False),
        ("roughly 14,000", "14,273", True),
        ("roughly 14,000", "14,573", False),
        ("around 5.3%", "5.28%", True),
        ("244.8 billion", "about 245 billion", False),  # finer than the source
        ("nearly half a million", "480,000", True),
        # long numbers are compared to the last digit
        ("1" * 60, "1" * 60, True),
        ("1" * 60, "1" * 59 + "2", False),
    ],
)
def test_equality(statement: str, source: str, same: bool) -> None:
    assert only(statement).equals(only(source)) is same


@pytest.mark.parametrize("text", ["9" * 5000, "1" + "0" * 1_100_000 + " billion", "0." + "7" * 5000 + "%"])
def test_very_long_digit_strings_are_no_values(text: str) -> None:
    assert find_quantities(text) == []
    assert find_quantities("9" * MAX_DIGITS) != []


def test_a_long_list_of_numbers_takes_linear_time() -> None:
    """Forty thousand numbers took minutes when each looked for "about" through all that stood before it."""
    assert len(find_quantities("7, " * 40_000)) == 40_000


@pytest.mark.parametrize("text", ["uſd 5", "5 thouſand", "5 bıllion", "ſix", "5 \u212am", "5 \u212a"])
def test_letters_that_fold_to_english_ones_are_not_looked_up(text: str) -> None:
    """IGNORECASE takes them for s, i and k, which no table of units holds."""
    assert all(quantity.unit in (None, "km") for quantity in find_quantities(text))


PIECES = st.sampled_from(
    "0 1 24 1,000 5.3 9999 five twenty hundred a an half million bn k $ USD € % per cent st th - – , . ' about and "
    "to of km bcm day second first 2024 May uſd ı \u212a ٣ ²".split()
)
ANY_TEXT = st.text() | st.lists(PIECES | st.sampled_from([" ", "  ", "\n", "-", ""]), max_size=30).map("".join)


@given(ANY_TEXT)
def test_any_text_is_read_with_offsets_inside_it(text: str) -> None:
    found = find_quantities(text)
    for quantity in found:
        assert 0 <= quantity.start < quantity.end <= len(text)
        shown = text[quantity.start : quantity.end]
        assert shown.strip() == shown != ""
        assert quantity.value.is_finite()
        assert quantity.step > 0
    starts = [quantity.start for quantity in found]
    assert starts == sorted(starts)


@given(ANY_TEXT, ANY_TEXT)
def test_any_two_quantities_can_be_compared(one: str, other: str) -> None:
    for a in find_quantities(one):
        assert a.equals(a)
        for b in find_quantities(other):
            assert a.equals(b) in (True, False)


@given(st.decimals(0, 10**9, places=2), st.sampled_from(["", " million", "bn", "%", " days", " km"]))
def test_a_number_is_read_back_whatever_its_separators(number: Decimal, unit: str) -> None:
    grouped, bare = only(f"{number:,}{unit}"), only(f"{number}{unit}")
    assert grouped.value == bare.value
    assert grouped.unit == bare.unit
    assert grouped.equals(bare)


@pytest.mark.parametrize(
    ("text", "source", "holds"),
    [
        ("a third of it", "33% of it", True),
        ("one third", "33.3 percent", True),
        ("two-thirds", "67%", True),
        ("a third of it", "35% of it", False),
        ("75%", "three quarters", True),
        ("half of it", "55%", False),
    ],
)
def test_a_fraction_may_be_told_as_a_percentage(text: str, source: str, holds: bool) -> None:
    assert only(text).equals(only(source)) is holds

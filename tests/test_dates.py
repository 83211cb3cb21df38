"""Dates as people write them: found where they stand, compared field by field, never invented."""

import datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.dates import DateMention, find_dates

Fields = tuple[int | None, int | None, int | None, str | None]

FOUND: list[tuple[str, list[Fields]]] = [
    ("due 2021-03-05", [(2021, 3, 5, None)]),
    ("at 2021-03-05T09:30", [(2021, 3, 5, None)]),
    ("am 5.3.2021", [(2021, 3, 5, None)]),
    ("March 5, 2021", [(2021, 3, 5, None)]),
    ("Mar. 5, 2021", [(2021, 3, 5, None)]),
    ("Sept 5th 2021", [(2021, 9, 5, None)]),
    ("5 March 2021", [(2021, 3, 5, None)]),
    ("the 5th of March, 2021", [(2021, 3, 5, None)]),
    ("March 5", [(None, 3, 5, None)]),
    ("5 March", [(None, 3, 5, None)]),
    ("March 2021", [(2021, 3, None, None)]),
    ("May, 2021", [(2021, 5, None, None)]),
    ("in May", [(None, 5, None, None)]),
    ("since early June", [(None, 6, None, None)]),
    ("the first quarter of 2021", [(2021, None, None, "Q1")]),
    ("the first three months of 2021", [(2021, None, None, "Q1")]),
    ("the first four months of 2021", [(2021, 1, None, None), (2021, 4, None, None)]),
    ("the final six months of 2021", [(2021, None, None, "H2")]),
    ("January-April 2021", [(2021, 1, None, None), (2021, 4, None, None)]),
    ("between January and April 2021", [(2021, 1, None, None), (2021, 4, None, None)]),
    ("from the 8th to the 10th of May", [(None, 5, 8, None), (None, 5, 10, None)]),
    ("Q3 2021", [(2021, None, None, "Q3")]),
    ("3Q 2021", [(2021, None, None, "Q3")]),
    ("H1 2021", [(2021, None, None, "H1")]),
    ("the second half of 2021", [(2021, None, None, "H2")]),
    ("the last quarter of 2021", [(2021, None, None, "Q4")]),
    ("built in 1987", [(1987, None, None, None)]),
    ("from 2019–2021", [(2019, None, None, None), (2021, None, None, None)]),
    ("March 5-7, 2021", [(2021, 3, 5, None), (2021, 3, 7, None)]),
    ("8 to 10 May 2021", [(2021, 5, 8, None), (2021, 5, 10, None)]),
    ("By Ann SmithMay 7, 2021", [(2021, 5, 7, None)]),
    ("29 February 2024", [(2024, 2, 29, None)]),
]
NO_DATE = [
    "",
    "the march went on",
    "we may leave",
    "I may 5 times",
    "$2021",
    "a fee of 2,021",
    "version 3.2021",
    "2021%",
    "room 20211",
    "10/2021 units",
    "may of the seven",
]
IMPOSSIBLE = [
    "2021-13-05",
    "2021-02-30",
    "30 February 2021",
    "February 29, 2023",
    "April 31, 2021",
    "45.3.2021",
    "0 May 2021",
]


@pytest.mark.parametrize(("text", "fields"), FOUND, ids=[text for text, _ in FOUND])
def test_a_date_is_found_with_its_fields(text: str, fields: list[Fields]) -> None:
    assert [mention.fields for mention in find_dates(text)] == fields


@pytest.mark.parametrize("text", NO_DATE)
def test_what_only_looks_like_a_date_is_left_alone(text: str) -> None:
    assert find_dates(text) == []


@pytest.mark.parametrize("text", IMPOSSIBLE)
def test_a_day_that_never_was_is_no_whole_date(text: str) -> None:
    assert [mention.iso for mention in find_dates(text) if mention.iso] == []


def test_mentions_come_in_reading_order_with_their_offsets() -> None:
    text = "In Lund on 4 June 2020, and again in 2018, or on 2019-01-02."
    found = find_dates(text)
    assert [text[mention.start : mention.end] for mention in found] == ["4 June 2020", "2018", "2019-01-02"]


def test_mentions_do_not_overlap() -> None:
    spans = [(m.start, m.end) for m in find_dates("Q1 2020, May 2020, 3 May 2020, 2020-05-03 and 2020")]
    assert all(before[1] <= after[0] for before, after in pairwise(spans))


@given(
    st.dates(datetime.date(1900, 1, 1), datetime.date(2099, 12, 31)),
    st.sampled_from(["%Y-%m-%d", "%B %d, %Y", "%d %b %Y"]),
)
def test_every_real_day_is_read_back(day: datetime.date, style: str) -> None:
    assert [mention.iso for mention in find_dates(f"It rained on {day.strftime(style)} all day.")] == [day.isoformat()]


@given(st.text(alphabet="0123456789.-/ ,stndrhMayJune QH年", max_size=40))
def test_whatever_is_found_is_a_real_day(text: str) -> None:
    for mention in find_dates(text):
        assert 0 <= mention.start < mention.end <= len(text)
        if mention.iso:
            datetime.date.fromisoformat(mention.iso)


def test_a_coarser_date_lies_within_a_finer_one_and_not_the_reverse() -> None:
    day = DateMention(0, 1, 2021, 3, 5)
    assert DateMention(0, 1, 2021).within(day)
    assert DateMention(0, 1, 2021, 3).within(day)
    assert DateMention(0, 1, None, 3, 5).within(day)
    assert not day.within(DateMention(0, 1, 2021))
    assert not DateMention(0, 1, 2021, 4).within(day)
    assert not DateMention(0, 1, 2021, part="Q1").within(day)


def test_letters_that_match_without_case_are_no_trap() -> None:
    assert [date.part for date in find_dates("in the ſecond quarter of 2020 and the fırst half of 2021")] == [
        "Q2",
        "H1",
    ]

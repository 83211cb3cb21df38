"""Values beside another date or thing than the cited words have them with, as a table; and pairs of statements."""

from collections import Counter
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.pairs import PAIRS, is_shown, read_pairs
from rag.belonging import belonging_breaches


class Case(NamedTuple):
    source: str
    statement: str
    holds: bool


PROFIT = "Operating profit fell to €83 million (first half of 2023: €102 million), as rubber was dearer."
CASES = [
    Case(PROFIT, "In the first half of 2023 the operating profit was €102 million.", True),
    Case(PROFIT, "In the first half of 2023 the operating profit was €83 million.", False),
    Case(PROFIT, "Operating profit fell to €83 million.", True),
    Case("Trade rose to $6bn in 2023, from $5bn in 2022.", "Trade was $5bn in 2022.", True),
    Case("Trade rose to $6bn in 2023, from $5bn in 2022.", "Trade was $6bn in 2022.", False),
    Case("In 2023, trade rose to $6bn.", "Trade rose to $6bn in 2023.", True),
    Case("On 3 May 2023, at $6bn, trade peaked.", "Trade peaked in May 2023 at $6bn.", True),
    Case("Reyl manages 140 drivers at the Eastgate garage.", "Reyl manages 140 drivers.", True),
    Case("Reyl manages 140 drivers at the Eastgate garage.", "Reyl manages 140 garages.", False),
    Case("Reyl manages 140 drivers at the Eastgate garage.", "Reyl manages 140 people.", True),
    Case("The survey of 1,812 adults found that pensioners agree.", "It asked 1,812 pensioners.", False),
    Case("Buses run until 6 April 2024.", "Buses run until early April 2024.", True),
    Case("Buses run until 6 April 2024.", "Buses run until late April 2024.", False),
    Case("Buses run until 6 April.", "The last buses run in late April.", False),
    Case("Buses run until the end of April 2024.", "Buses run until late April 2024.", True),
]


@pytest.mark.parametrize("case", CASES, ids=[case.statement for case in CASES])
def test_values_stay_with_what_they_belong_to(case: Case) -> None:
    assert (not list(belonging_breaches(case.statement, [case.source]))) is case.holds


@given(st.text(max_size=200), st.lists(st.text(max_size=200), max_size=3))
def test_any_texts_can_be_held_against_each_other(text: str, cited: list[str]) -> None:
    assert all(isinstance(line, str) for line in belonging_breaches(text, cited))


def test_what_only_a_title_says_is_not_cited() -> None:
    source = "Mayor Ana Duarte had campaigned for it."
    assert not is_shown("Lorne rejects the merger.", source, "Lorne rejects the merger")
    assert is_shown("Mayor Ana Duarte had campaigned for it.", source, "Lorne rejects the merger")


def test_the_pairs_are_whole() -> None:
    files = sorted(PAIRS.glob("*.jsonl"))
    pairs = [pair for file in files for pair in read_pairs(file)]
    assert len(files) == 8
    assert len(pairs) == 7_200
    assert Counter(pair.half for pair in pairs) == {0: 3_600, 1: 3_600}
    assert all(pair.true != pair.false and pair.source and pair.title for pair in pairs)
    assert len({pair.kind for pair in pairs}) == 14

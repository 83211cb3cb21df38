"""Blocks: the paragraphs, headings, items and rows a reader sees, as spans of the text."""

import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.blocks import find_blocks

PLAIN, MARKDOWN, PDF = "text/plain", "text/markdown", "application/pdf"


def shown(text: str, media_type: str = PLAIN) -> list[tuple[str, str]]:
    return [(block.kind, text[block.start : block.end]) for block in find_blocks(text, media_type)]


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("The ferry leaves at nine in the morning.", "paragraph"),
        ("Is there a ferry at nine?", "paragraph"),
        ("Timetable of the ferry", "heading"),
        ("## Timetable", "heading"),
        ("FERRY TIMES", "heading"),
        ("Published: 4 May 2020", "heading"),
        ("Author: Ida Holm", "heading"),
        ("- a boat with two masts", "item"),
        ("3) a boat with two masts", "item"),
        ("• a boat with two masts", "item"),
        ("Crew: two sailors and a cook", "item"),
        ("| mast | two |", "row"),
        ("mast\ttwo\tthree", "row"),
        ("-----", "rule"),
        ("* * *", "rule"),
    ],
)
def test_kinds(line: str, kind: str) -> None:
    assert shown(line) == [(kind, line)]


def test_a_long_passage_in_capitals_is_a_paragraph() -> None:
    text = "THE FERRY IS PROVIDED AS IT IS, AND ITS OWNERS ANSWER FOR NO LOSS THAT A GUEST MAY SUFFER ON BOARD OF IT."
    assert shown(text) == [("paragraph", text)]


def test_unwrapped_lines_are_blocks_of_their_own() -> None:
    text = "The ferry leaves at nine.\nIt comes back at noon.\n\nThere is no ferry at night."
    assert [line for _, line in shown(text)] == [line for line in text.split("\n") if line]


WRAPPED = """\
The old ferry of the north harbour was built of oak and iron in a
yard that stood where the market now is, and it carried sheep, mail
and people for sixty years without losing one of them to the water,
which is more than can be said of the ferry that came after it.

The new ferry is faster.
"""


@pytest.mark.parametrize("media_type", [PLAIN, MARKDOWN, PDF])
def test_wrapped_lines_are_one_paragraph(media_type: str) -> None:
    blocks = [text for _, text in shown(WRAPPED, media_type)]
    assert blocks == [WRAPPED.split("\n\n")[0], "The new ferry is faster."]


def test_headings_items_and_rows_stand_apart_in_wrapped_text() -> None:
    text = (
        "# Boats of the harbour\n"
        "The harbour has had a great many boats, of which few were kept for\n"
        "long and none was ever sold at a gain.\n"
        "- The Gull, a sloop that went down in a storm off the long sand in\n"
        "  the spring of the year\n"
        "- The Tern\n"
        "| boat | masts |\n"
        "| Gull | two |\n"
        "Owner: the harbour board\n"
    )
    assert [(kind, block[:8]) for kind, block in shown(text, MARKDOWN)] == [
        ("heading", "# Boats "),
        ("paragraph", "The harb"),
        ("item", "- The Gu"),
        ("item", "- The Te"),
        ("row", "| boat |"),
        ("row", "| Gull |"),
        ("item", "Owner: t"),
    ]


def test_skipped_lines_belong_to_no_block_and_end_the_one_before() -> None:
    text = "one line here.\nHEAD 3\nanother line."
    blocks = find_blocks(text, PDF, skip=frozenset({text.index("HEAD")}))
    assert [text[block.start : block.end] for block in blocks] == ["one line here.", "another line."]


lines = st.lists(
    st.text(alphabet="aB9 .|\t-#:*•é\u00a0", max_size=70)
    | st.sampled_from(["", "   ", "| a | b |", "- item", "# Head"]),
    max_size=25,
)


@given(lines, st.sampled_from([PLAIN, MARKDOWN, PDF]))
def test_blocks_are_trimmed_in_order_and_leave_out_only_white_space(parts: list[str], media_type: str) -> None:
    text = "\n".join(parts)
    blocks = find_blocks(text, media_type)
    for block in blocks:
        content = text[block.start : block.end]
        assert content
        assert content == content.strip()
    assert all(before.end <= after.start for before, after in pairwise(blocks))
    ends = [0, *(edge for block in blocks for edge in (block.start, block.end)), len(text)]
    assert all(not text[a:b].strip() for a, b in zip(ends[::2], ends[1::2], strict=True))


@pytest.mark.parametrize(
    "line", [" " * 20_000 + "word", "--- " + " " * 50_000 + "x", "\t" * 20_000 + "x", "|" * 50_000 + "x"]
)
def test_a_line_of_filling_takes_no_time(line: str) -> None:
    """A line of 2,000 spaces held the process for 48 s when the rule pattern was cubic."""
    began = time.perf_counter()
    find_blocks(f"before\n{line}\nafter\n", MARKDOWN)
    assert time.perf_counter() - began < 2

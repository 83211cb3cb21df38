"""Title and date of a document, in its own words."""

import pytest

from index.blocks import find_blocks
from index.metadata import TITLE_CHARS, find_published, find_title

BODY = "\n\nThe harbour board met in the old hall and talked about the ferry until it was dark outside."


def title(text: str, source: str = "/docs/harbour-notes.txt") -> str:
    return find_title(text, find_blocks(text, "text/plain"), source)


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ("Title: A ferry for the north\nAuthor: Ida Holm", "A ferry for the north"),
        ("Headline: A ferry at last", "A ferry at last"),
        ("# A ferry for the north", "A ferry for the north"),
        ("A ferry for the north", "A ferry for the north"),
        ("News\n\nHarbour board buys a second ferry", "Harbour board buys a second ferry"),
        ("4 May 2020\n\nA ferry for the north", "A ferry for the north"),
        ("Ida Holm, May 4, 2020\n\nA ferry for the north", "A ferry for the north"),
        ("Source: The Quay\n\nA ferry for the north", "A ferry for the north"),
        ("*****\n\nA ferry for the north", "A ferry for the north"),
    ],
)
def test_the_title_is_the_label_or_the_fullest_heading(head: str, expected: str) -> None:
    assert title(head + BODY) == expected


def test_without_a_heading_the_title_is_how_the_text_begins() -> None:
    found = title(BODY.strip())
    assert BODY.strip().startswith(found.rstrip("…"))
    assert found.endswith("…")
    assert len(found) <= TITLE_CHARS + 1


def test_a_text_with_nothing_to_say_has_its_file_name_for_a_title() -> None:
    assert title("---\n\n***") == "harbour-notes"


@pytest.mark.parametrize("head", ["Title: ***", "# #"])
def test_a_title_is_never_empty(head: str) -> None:
    assert title(head + BODY)


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ("Published: 4 May 2020", "2020-05-04"),
        ("Published on May 4, 2020", "2020-05-04"),
        ("**Date:** 2020-05-04", "2020-05-04"),
        ("Last updated 4.5.2020", "2020-05-04"),
        ("A ferry for the north\n4 May 2020", "2020-05-04"),
        ("By Ida Holm | May 4, 2020", "2020-05-04"),
        ("3 June 2019\nPublished: 4 May 2020", "2020-05-04"),
        ("May 2020", None),
        ("30 February 2020", None),
        ("The board met on 4 May 2020.", None),
        ("On 4 May 2020 the board of the harbour met in the old hall to talk about ferries", None),
        ("", None),
    ],
)
def test_the_date_is_a_label_or_a_line_of_its_own(head: str, expected: str | None) -> None:
    assert find_published(head + BODY) == expected


def test_a_date_far_down_is_not_the_date_of_the_document() -> None:
    assert find_published(BODY * 20 + "\n4 May 2020\n") is None

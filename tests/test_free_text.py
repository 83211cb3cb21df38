"""Replies of chat models read as answers: what is a refusal, what a marker points at."""

from typing import Any

import pytest

from eval.free_text import answer_of

SOURCES = [("a.txt", "The mill was built in 1820."), ("b.txt", "It burned down in 1904.")]


@pytest.mark.parametrize(
    "reply",
    [
        "",
        "NOT FOUND",
        "I don't know.",
        "I cannot answer this question.",
        "The provided sources do not mention the price.",
        "The sources don't explicitly state who built it. They do say that it burned down in 1904 [2].",
        "Based on the provided information, I am unable to determine the price.",
        "The price is not mentioned in the provided context.",
        "There is no information about the price.",
        "Source 2 does not provide the price.",
        "Unfortunately, there is not enough information to say.",
        "The article never says when.",
    ],
)
def test_refusals(reply: str) -> None:
    assert answer_of(reply, SOURCES) == {"kind": "refusal", "statements": []}


@pytest.mark.parametrize(
    "reply",
    [
        "The mill was built in 1820. The sources do not say who built it.",
        "Iran cannot enrich uranium above 3.67 percent.",
        "He did not give an interview.",
        "The cause of the fire is unknown.",
        "No ferry leaves on Sundays.",
        "The minister said that the report was not his.",
    ],
)
def test_answers(reply: str) -> None:
    assert answer_of(reply, SOURCES)["kind"] == "answer"


def test_markers_cite_whole_sources() -> None:
    answer = answer_of(
        "It was built in 1820 [1]. According to Source 2, it burned in 1904. It fell [1, 2][7].", SOURCES
    )
    quotes = [[citation["quote"] for citation in statement["citations"]] for statement in answer["statements"]]
    assert quotes == [[SOURCES[0][1]], [SOURCES[1][1]], [SOURCES[0][1], SOURCES[1][1]]]
    assert [statement["text"] for statement in answer["statements"]] == [
        "It was built in 1820.",
        "It burned in 1904.",
        "It fell.",
    ]


def test_without_sources_nothing_is_cited() -> None:
    statements: list[dict[str, Any]] = answer_of("- Built in 1820 [1].\n- Burned in 1904.")["statements"]
    assert [(s["text"], s["citations"]) for s in statements] == [("Built in 1820.", []), ("Burned in 1904.", [])]

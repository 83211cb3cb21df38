"""Follow-ups that stand alone, and questions that ask two things."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.conversation import split_parts, standalone
from rag.types import Turn


def alone(question: str, *earlier: str) -> str:
    return standalone(question, [Turn(text, "an answer") for text in earlier])


CARGO = "How much cargo did the port of Veldmark handle in 2023?"


@pytest.mark.parametrize(
    ("question", "carried", "dropped"),
    [
        ("And in 2022?", ["cargo", "Veldmark", "2022"], ["2023"]),
        ("How about Lorne?", ["cargo", "Lorne"], []),
        ("Who was its harbour master?", ["Veldmark", "harbour master"], []),
        ("Why?", ["cargo", "Veldmark", "2023", "Why?"], []),
        ("Was it more than the year before, and by how many tonnes altogether?", ["Veldmark", "tonnes"], []),
    ],
)
def test_a_follow_up_carries_what_it_leaves_out(question: str, carried: list[str], dropped: list[str]) -> None:
    query = alone(question, CARGO)
    assert all(word in query for word in carried)
    assert not any(word in query for word in dropped)


@pytest.mark.parametrize(
    "question",
    [CARGO, "Who opened the ferry terminal in Lorne?", "Which apple trees survived the great winter frost?", "?", ""],
)
def test_a_question_that_stands_alone_is_left_as_it_is(question: str) -> None:
    assert alone(question) == question
    assert alone(CARGO, "What is the boiling point of tungsten?") == CARGO


def test_a_follow_up_of_follow_ups_carries_the_first_subject_and_the_last_year() -> None:
    query = alone("And in 2021?", CARGO, "And in 2022?")
    assert "cargo" in query
    assert "2021" in query
    assert "2022" not in query
    assert "2023" not in query


@pytest.mark.parametrize(
    ("question", "parts"),
    [
        (CARGO, [CARGO]),
        ("Who opened the terminal and cut the ribbon?", ["Who opened the terminal and cut the ribbon?"]),
        ("What and why?", ["What and why?"]),
        (
            "How much cargo did Veldmark handle in 2023, and who planted the orchard at Hollin?",
            ["How much cargo did Veldmark handle in 2023", "who planted the orchard at Hollin"],
        ),
        (
            "How much cargo did Veldmark handle in 2023, and what share was grain?",
            ["How much cargo did Veldmark handle in 2023", "what share was grain (Veldmark, 2023)"],
        ),
        (
            "How much cargo did Veldmark handle in 2023, and what share was grain in 2022?",
            ["How much cargo did Veldmark handle in 2023", "what share was grain in 2022 (Veldmark)"],
        ),
        ("Who led the port? When did he leave the port?", ["Who led the port", "When did he leave the port"]),
    ],
)
def test_split_parts(question: str, parts: list[str]) -> None:
    assert split_parts(question) == parts


PIECES = st.sampled_from(
    ["And ", "in 2022", "what ", "who ", "Veldmark ", "it ", "?", ", and ", "cargo ", "May ", ";", "\n"]
)
QUESTION = st.text() | st.lists(PIECES, max_size=12).map("".join)


@given(QUESTION, st.lists(QUESTION, max_size=4))
def test_any_conversation_is_carried(question: str, earlier: list[str]) -> None:
    assert alone(question) == question
    query = alone(question, *earlier)
    assert question in query or not earlier


@given(QUESTION)
def test_any_question_has_parts(question: str) -> None:
    parts = split_parts(question)
    assert parts == [question] or len(parts) > 1
    assert all(part.strip() for part in parts) or parts == [question]


@pytest.mark.parametrize("question", ["What is photosynthesis?", "Who was Tolstoy?", "???"])
def test_a_question_for_a_word_does_not_carry_the_last_one(question: str) -> None:
    assert standalone(question, [Turn("How much cargo did the port handle in 2023?", "")]) == question

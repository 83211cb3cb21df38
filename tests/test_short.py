"""The short answer: the value that is asked for, cut from a cited quote."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.question import read_question
from rag.short import short_answer


@pytest.mark.parametrize(
    ("question", "quotes", "short"),
    [
        ("How much cargo was handled?", ["The port handled 4.2 million tonnes of cargo."], "4.2 million tonnes"),
        ("What percentage was grain?", ["Grain made up 38% of 4 million tonnes."], "38%"),
        ("How much did it cost?", ["It cost $240bn, he said."], "$240bn"),
        ("How long was the visit?", ["The four-day visit ended."], "four-day"),
        ("When did it open?", ["The mayor opened it on 9 March 2024, at noon."], "9 March 2024"),
        ("Who opened it?", ["It was opened by Ana Duarte, the mayor."], "Ana Duarte"),
        # of several values, the one beside the words of the question
        ("How many dogs live here?", ["The town has 400 geese, cows, ducks and hens and 3 dogs."], "3"),
        ("How many geese live here?", ["The town has 400 geese, cows, ducks and hens and 3 dogs."], "400"),
        # values that the question gave do not answer it
        ("How many of the 12 boats sank?", ["Of the 12 boats 5 sank."], "5"),
        # the first quote that has a value
        ("How much did it cost?", ["It was dear.", "It cost $5.", "It cost $6."], "$5"),
        ("How much did it cost?", ["It was dear."], None),
        ("How much did it cost?", [], None),
        ("Why was it dear?", ["It cost $5 because wood is dear."], None),
        ("Describe it.", ["It cost $5."], None),
    ],
)
def test_short_answer(question: str, quotes: list[str], short: str | None) -> None:
    assert short_answer(read_question(question), quotes) == short


OWNERS = "In town are Marrow Shipping Company (which also owns the ferry), Alda Foods and Rask Mills."


@pytest.mark.parametrize(
    ("question", "quote", "copied", "short"),
    [
        ("What is the hall's roof made of?", "The roof of the hall is slate, laid in 1911.", "slate", "slate"),
        ("Who designed it?", "In 1965 Ana Duarte drew the plans of the hall.", "Duarte", "Ana Duarte"),
        ("Which company owns the ferry?", OWNERS, "Marrow Shipping Company owns the ferry.", "Marrow Shipping Company"),
        (
            "What does the ferry carry?",
            "It carries mail, which is sorted at sea, and sheep.",
            "mail, which is sorted",
            "mail",
        ),
        (
            "What did the council have to weigh up?",
            "The plan of the council was a compromise between the wishes of fishermen and the price of a new harbour.",
            "The council had to weigh up the wishes of fishermen and the price of a new harbour.",
            "wishes of fishermen and the price of a new harbour",
        ),
        # code finds a value itself: a whole sentence with another one in it does not lead it astray
        ("How many cows are there?", "It has 60% of the 3 million cows.", "60% of cows are there now.", "3 million"),
        # words that are not there are no answer
        ("Why did they stop?", "They stopped to rest.", "They stopped to rest", "rest"),
        ("Why did they stop?", "They stopped to rest.", "because of the snow", None),
    ],
)
def test_what_a_model_copied(question: str, quote: str, copied: str, short: str | None) -> None:
    assert short_answer(read_question(question), [quote], copied) == short


PIECES = st.sampled_from(
    ["4.2 million", "$5", "38%", "Ana", "Duarte", "9 March 2024", ", ", " ", "\n", "cargo", ";", "**"]
)
QUOTE = st.text() | st.lists(PIECES, max_size=12).map(" ".join)


@given(
    st.sampled_from(["How much cargo?", "When?", "Who?", "Why?", "How many days?", "Which year?"]),
    st.lists(QUOTE),
    st.just("") | QUOTE,
)
def test_a_short_answer_is_cut_from_a_quote(question: str, quotes: list[str], copied: str) -> None:
    short = short_answer(read_question(question), quotes, copied)
    assert short is None or (short and any(short in quote for quote in quotes))

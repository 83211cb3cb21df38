"""What a question asks for, and which values of a sentence could answer it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.periods import is_other_part
from rag.question import Kind, read_question


@pytest.mark.parametrize(
    ("kind", "question"),
    [
        ("quantity", "How many ships called in March?"),
        ("quantity", "How much cargo was handled?"),
        ("quantity", "How long did the repairs take?"),
        ("quantity", "What was the number of visitors?"),
        ("quantity", "By how much did cargo grow?"),
        ("quantity", "What percentage of the cargo was grain?"),
        ("quantity", "How much did the terminal cost?"),
        ("quantity", "Where did the port rank in 2023?"),
        ("date", "When was the bridge built?"),
        ("date", "In which year did it open?"),
        ("date", "On what date did it open?"),
        ("name", "Who opened the terminal?"),
        ("name", "Where is the orchard?"),
        ("name", "Which country bought the grain?"),
        ("name", "Whom did the mayor thank?"),
        ("reason", "Why did the trees survive?"),
        ("reason", "What was the reason for the delay?"),
        ("reason", "What caused the flood?"),
        (None, "Describe the footbridge."),
        (None, "Tell me about the tea room."),
        (None, "Wie hoch ist die Brücke?"),  # another language: no kind, and no failure
        (None, ""),
    ],
)
def test_kind(kind: Kind | None, question: str) -> None:
    assert read_question(question).kind == kind


@pytest.mark.parametrize(
    ("question", "sentence", "answering"),
    [
        ("How many geese were there?", "There were 400 geese and 3 dogs.", ["400", "3"]),
        ("How many geese were there in 2020?", "In 2020 there were 400 geese.", ["400"]),  # the year is a date
        ("Were the 400 geese fed, and how many times?", "The 400 geese were fed 3 times.", ["3"]),
        ("What percentage was grain?", "Grain made up 38% of 4 million tonnes.", ["38%"]),
        ("How long was the visit?", "The four-day visit cost $300.", ["four-day"]),
        ("How much did it cost?", "The four-day visit cost $300.", ["$300"]),
        ("How many geese were there?", "It was the first of all the geese.", []),  # a rank is no count
        ("How many geese were there?", "The bridge over Pier 2 has 400 geese, says [1].", ["400"]),
        ("Where did the port rank?", "It came third of 12.", ["third"]),
        ("When did it open?", "It opened on 9 March 2024.", ["9 March 2024"]),
        ("When in 2024 did it open?", "It opened in 2024.", []),  # says no more than the question
        ("What year did it open?", "On 9 March, in 2024.", ["2024"]),
        ("Who opened it?", "It was opened by Ana Duarte.", ["Ana Duarte"]),
        ("Who opened it with Ana Duarte?", "Ana Duarte and Tomas Reyl opened it.", ["Tomas Reyl"]),
        ("Describe it.", "It was opened by Ana Duarte in 2024 for $3.", []),
    ],
)
def test_candidates(question: str, sentence: str, answering: list[str]) -> None:
    assert [sentence[a:b] for a, b in read_question(question).candidates(sentence)] == answering


def test_a_reason_is_known_by_its_words() -> None:
    why = read_question("Why did the trees survive?")
    assert why.is_answered_in_kind("They survived because of the fires.")
    assert not why.is_answered_in_kind("They survived.")


def test_the_date_of_a_search_result_is_no_date_of_what_it_says() -> None:
    when = read_question("When was the bridge opened?")
    assert not when.is_answered_in_kind("Jun 13, 2017 ... Today the mayor spoke of the bridge.")
    assert when.is_answered_in_kind("Jun 13, 2017 ... The bridge was opened on 9 June.")
    assert when.is_answered_in_kind("On Jun 13, 2017 it was opened.")


@pytest.mark.parametrize(
    ("sentence", "about_others"),
    [
        ("Trade between Chile and Peru was $7 billion.", False),
        ("Trade between Peru and Brazil was $9 billion.", True),
        ("Peruvian trade was $9 billion.", False),  # one country alone may be the pair's shorter half
        ("Trade was $9 billion.", False),
        ("Peru-Brazil trade was $9 billion, that with Chile $7 billion.", False),
        ("Peru likes Brazil.", False),  # no value, nothing to mistake
    ],
)
def test_another_pair_of_countries(sentence: str, about_others: bool) -> None:
    assert (
        read_question("How much was trade between Chile and Peru?").is_about_others(
            sentence, f"{sentence} Chile and Peru."
        )
        is about_others
    )


def test_a_question_is_read_once() -> None:
    question = read_question("How many tonnes did the Port of Veldmark ship in March 2023?")
    assert question.years == {2023}
    assert question.names >= {"port", "veldmark"}
    assert question.units == {"tonne"}
    assert not question.asks_year
    assert read_question("What year was that?").asks_year


def test_the_last_turn_decides_the_kind() -> None:
    carried = "How much cargo was handled at Veldmark? Who was harbour master?"
    assert read_question(carried, asked="Who was harbour master?").kind == "name"
    assert read_question(carried, asked="And there?").kind == "quantity"


PIECES = st.sampled_from(
    ["what ", "how ", "many ", "much ", "who ", "when ", "2024 ", "March ", "$3 ", "5% ", "Peru ", "of ", "the ",
     "year ", "trade ", "cost ", "rank", "?", "\n", "uſd 5 ", "80th ", "anniversary "]
)  # fmt: skip
ANY_TEXT = st.text() | st.lists(PIECES, max_size=25).map("".join)


@given(ANY_TEXT, ANY_TEXT)
def test_any_question_can_be_held_against_any_text(question: str, text: str) -> None:
    read = read_question(question, asked=question[-10:])
    for start, end in read.candidates(text):
        assert 0 <= start < end <= len(text)
        assert text[start:end].strip()
    assert read.is_answered_in_kind(text) in (True, False)
    assert read.is_about_others(text, text) in (True, False)


@given(ANY_TEXT)
def test_a_question_never_answers_itself_with_its_own_values(question: str) -> None:
    read = read_question(question)
    assert read.new_dates(question) == []
    assert not any(quantity.equals(given) for quantity in read.new_quantities(question) for given in read.quantities)


@pytest.mark.parametrize(
    ("document", "other"),
    [
        ("The fair marked the 70th anniversary of the bridge. A one-day trip followed.", True),
        ("The fair marked the seventieth anniversary.", True),
        ("The 80th anniversary was larger than the 70th anniversary.", False),
        ("The fair marked 80 years of the bridge.", False),
    ],
)
def test_a_document_on_another_edition(document: str, other: bool) -> None:
    assert read_question("Who spoke at the 80th anniversary?").is_other_edition(document) is other


def test_the_definite_two_count_nobody() -> None:
    question = read_question("How many soldiers marched?")
    assert not question.new_quantities("The two leaders watched.")
    assert question.new_quantities("Two hundred marched.")


def test_a_pasted_page_is_read_in_time_that_grows_with_it() -> None:
    assert read_question("how much " * 3000).kind == "quantity"


def test_a_passage_that_never_names_one_of_the_countries_is_about_others() -> None:
    question = read_question("What was trade between Germany and Russia in 2024?")
    assert question.is_about_others("Trade came to $5bn in 2024.", "China and Russia traded more. Trade came to $5bn.")
    assert not question.is_about_others("Trade came to $5bn in 2024.", "Berlin and Moscow met. Trade came to $5bn.")


@pytest.mark.parametrize(
    ("question", "names"),
    [
        ("How fast did trade between Moscow and Beijing grow?", {"russia", "china"}),
        ("Is the Paris-Berlin alliance over?", {"france", "germany"}),
        ("When did the minister fly to Moscow?", {"moscow"}),
        ("Who lives in London?", {"london"}),
    ],
)
def test_two_seats_of_government_are_their_countries(question: str, names: set[str]) -> None:
    assert read_question(question).names == names


@pytest.mark.parametrize(
    ("asked", "text", "other"),
    [
        ("How far was trade down over January to April 2025?", "In the first quarter of 2025 it fell 6%.", True),
        (
            "How far was trade down over January to April 2025?",
            "Over the first four months of 2025 exports shrank 7%.",
            False,
        ),
        (
            "How far was trade down between January and April?",
            "Over the first four months of 2025 exports shrank 7%.",
            False,
        ),
        ("How far was trade down over January to April 2025?", "In 2025 it fell 7%.", False),
        ("How far was trade down over January to April 2025?", "It fell 7% in March.", False),
        ("How far was trade down in May 2025?", "In the first quarter of 2025 it fell 6%.", False),
        ("How far was trade down?", "In the first quarter of 2025 it fell 6%.", False),
    ],
)
def test_another_part_of_the_year(asked: str, text: str, other: bool) -> None:
    assert is_other_part(asked, text) is other


def test_fractions_answer_what_share_and_not_by_how_much() -> None:
    sentence = "Oil made up three quarters of the exports."
    assert read_question("What share of exports was oil?").candidates(sentence)
    assert not read_question("By how much did exports shrink?").candidates(sentence)

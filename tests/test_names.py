"""Names: which runs of words are one, and when two of them may be the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.names import countries, country_forms, country_of, find_names, missing_tokens, name_tokens


def names(text: str) -> list[str]:
    return [name.text for name in find_names(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ana Duarte met Tomas Reyl.", ["Ana Duarte", "Tomas Reyl"]),
        ("the Bank of Lorne and the Port of the North", ["Bank of Lorne", "Port of the North"]),
        ("Lula da Silva", ["Lula da Silva"]),
        ("Kim Jong-un and Jean-Luc", ["Kim Jong-un", "Jean-Luc"]),
        ("Jane O'Neill, O’Brien’s friend", ["Jane O'Neill", "O’Brien’s"]),
        ("Mayor Duarte’s visit to Lorne", ["Mayor Duarte’s", "Lorne"]),
        ("Lorne's Ana Duarte", ["Lorne's", "Ana Duarte"]),  # a possessive ends its name
        ("Mr Smith and Dr Jones", ["Smith", "Jones"]),
        ("the U.S. and the EU", ["U.S.", "EU"]),
        ("AT&T rose", ["AT&T"]),
        ("an iPhone", []),
        ("Москва и Пекин", ["Москва", "Пекин"]),
        ("İzmir and Łódź", ["İzmir", "Łódź"]),
        ("北京", []),  # a script without capitals has no names to see
        # a word that only opens its sentence
        ("It rose. Then it fell. However, Lorne stood.", ["Lorne"]),
        ("“The deck holds,” said Marit Solberg", ["Marit Solberg"]),
        ("- After the flood\n- Before the flood", []),
        ("", []),
    ],
)
def test_find_names(text: str, expected: list[str]) -> None:
    assert names(text) == expected


def test_a_word_that_is_common_opens_a_sentence_without_being_a_name() -> None:
    common = {"grain", "duarte"}.__contains__
    assert names("Grain rose. Lorne fell.") == ["Grain", "Lorne"]
    assert [name.text for name in find_names("Grain rose. Lorne fell.", common)] == ["Lorne"]
    assert [name.text for name in find_names("She met Duarte.", common)] == ["Duarte"]  # not where one opens


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("the Bank of Lorne", ["bank", "lorne"]),
        ("Duarte's", ["duarte"]),
        ("Łódź São José", ["łodz", "sao", "jose"]),
        ("Jean-Luc", ["jean", "luc"]),
        ("U.S.", ["america"]),
        ("U.S.-China trade", ["america", "china", "trade"]),
        ("US-China trade", ["america", "china", "trade"]),
        ("United States", ["america"]),
        ("tell us", ["tell"]),  # the pronoun
        ("German", ["germany"]),
        ("Germans and Russians", ["germany", "and", "russia"]),
        ("European Union", ["europe"]),
        ("A.B.C.", ["abc"]),
    ],
)
def test_name_tokens(text: str, tokens: list[str]) -> None:
    assert name_tokens(text) == tokens


@pytest.mark.parametrize(
    ("name", "source", "missing"),
    [
        ("Duarte", "Mayor Ana Duarte spoke", []),
        ("Ana Duarte", "Duarte spoke", ["ana"]),
        ("Ana Duarte", "Ana spoke to Duarte", []),
        ("Maria Duarte", "Ana Duarte", ["maria"]),
        ("German", "in Germany", []),
        ("Germany", "two German firms", []),
        ("Russians", "in Russia", []),
        ("US", "the United States", []),
        ("United States", "the U.S.-led talks", []),
        ("US", "tell us", ["america"]),
        ("EU", "the European Union", []),
        ("WTO", "the World Trade Organization", []),
        ("WTO", "the World Health Organization", ["wto"]),
        ("WHO", "who went", []),  # the same letters: case is not compared
        ("Duartes", "Ana Duarte", []),
        ("Lorne", "Lornewood", ["lorne"]),
        ("Łódź", "in Łodz", []),
        ("Lorne", "", ["lorne"]),
    ],
)
def test_missing_tokens(name: str, source: str, missing: list[str]) -> None:
    assert missing_tokens(name, [source]) == missing


def test_a_name_may_come_from_several_sources() -> None:
    assert missing_tokens("Ana Duarte", ["Duarte", "a title with Ana"]) == []
    assert missing_tokens("Ana Duarte", []) == ["ana", "duarte"]


def test_countries() -> None:
    assert countries("U.S.-China trade and German cars, say Americans") == {"america", "china", "germany"}
    assert countries("tell us of china plates") == {"china"}
    assert country_of("us") is None
    assert country_of("dutch") == "netherlands"
    assert set(country_forms("uk")) == {"britain", "british", "uk", "briton"}
    assert country_forms("lorne") == []


PIECES = st.sampled_from(
    ["Ana", "Duarte", "of", "the", "U.S.", "US", "'s", "’", "-", ".", " ", "\n", "AT&T", "İ", "ǅ", "é"]
)
ANY_TEXT = st.text() | st.lists(PIECES, max_size=20).map("".join)


@given(ANY_TEXT)
def test_any_text_is_read_with_offsets_inside_it(text: str) -> None:
    ends = 0
    for name in find_names(text):
        assert ends <= name.start < name.end <= len(text)
        assert text[name.start : name.end] == name.text
        assert name.text.strip()
        ends = name.end


@given(ANY_TEXT)
def test_a_name_is_never_missing_from_the_text_it_was_found_in(text: str) -> None:
    for name in find_names(text):
        assert missing_tokens(name.text, [text]) == []


@given(ANY_TEXT, ANY_TEXT)
def test_any_two_texts_can_be_compared(one: str, other: str) -> None:
    assert set(missing_tokens(one, [other])) <= set(name_tokens(one))
    assert all(token == token.lower() and token for token in name_tokens(one))

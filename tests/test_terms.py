"""Content words: which words two texts share, and what the keyword index is asked for."""

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.terms import MAX_TERMS, STOP_WORDS, keyword_terms, stem_of, stems, weights, words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The quay was longer.", ["the", "quay", "was", "longer"]),
        ("Café São Łódź", ["cafe", "sao", "łodz"]),
        ("cafe\u0301", ["cafe"]),
        ("ﬁne", ["fine"]),
        ("１２", ["12"]),
        ("1,234.5 and 244.8", ["1234.5", "and", "244.8"]),
        ("Duarte's and Duarte’s", ["duarte", "and", "duarte"]),
        ("don't O'Neill", ["dont", "oneill"]),
        ("e.g. U.K. trade", ["eg", "uk", "trade"]),
        ("US, U.S. and us", ["usa", "usa", "and", "us"]),  # two countries and a pronoun
        ("U.S.-China", ["usa", "china"]),
        ("a-b x_y R2-D2", ["a", "b", "x", "y", "r2", "d2"]),
        ("", []),
        ("?! … — * \" '", []),
        ("🙂", []),
    ],
)
def test_words(text: str, expected: list[str]) -> None:
    assert words(text) == expected


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("the exports of grain", "grain exported"),
        ("US tariffs", "American tariffs"),
        ("U.S. tariffs", "the tariff of the United States of America"),
        ("German cars", "cars from Germany"),
        ("a café", "the CAFE"),
        ("1,200 geese", "1200 geese"),
    ],
)
def test_texts_that_share_their_content_words(one: str, other: str) -> None:
    assert stems(one) <= stems(other) or stems(other) <= stems(one)
    assert stems(one)


@pytest.mark.parametrize(("one", "other"), [("us", "US"), ("polite", "police"), ("", "word"), ("what is it", "goat")])
def test_texts_that_share_none(one: str, other: str) -> None:
    assert not stems(one) & stems(other)


def test_keyword_terms_leave_stop_words_out_and_name_a_country_in_each_form() -> None:
    assert keyword_terms("What was the cargo of the port?") == ["cargo", "port"]
    assert keyword_terms("German grain, German GRAIN") == ["german", "germany", "grain"]
    assert keyword_terms("U.S. grain") == ["usa", "america", "american", "us", "grain"]


def test_keyword_terms_of_stop_words_only_are_those() -> None:
    assert keyword_terms("What is it?") == ["what", "is", "it"]
    assert keyword_terms("?") == []


def test_a_pasted_page_asks_for_a_bounded_number_of_terms() -> None:
    assert len(keyword_terms(" ".join(f"word{n}" for n in range(3000)))) == MAX_TERMS


def frequencies(counts: dict[str, int]) -> "Frequencies":
    return Frequencies(counts)


class Frequencies:
    """A keyword index that holds these stems in so many chunks."""

    def __init__(self, counts: dict[str, int]) -> None:
        self._counts = counts

    def __call__(self, stems: Iterable[str]) -> dict[str, int]:
        return {stem: self._counts[stem] for stem in stems if stem in self._counts}


def test_a_rarer_word_weighs_more() -> None:
    found = weights(["grain", "port", "kestrel"], frequencies({"grain": 90, "port": 10}), 100)
    assert 0 < found["grain"] < found["port"] < found["kestrel"]


def test_the_weight_is_that_of_bm25() -> None:
    found = weights(["port"], frequencies({"port": 3}), 10)
    assert found["port"] == pytest.approx(1.1451323)  # ln(1 + 7.5 / 3.5)


def test_a_country_is_counted_by_its_commonest_form() -> None:
    found = weights([stem_of("german")], frequencies({"german": 2, "germani": 40}), 100)
    assert found == {"=germany": pytest.approx(weights(["x"], frequencies({"x": 40}), 100)["x"])}


ANY_TEXT = st.text() | st.lists(
    st.sampled_from(["US", "U.S.", "a", "Ł", "'s", "’", "1,2", ".", "-", "_", " ", "İ", "ß", "ſ", "٣"]), max_size=20
).map("".join)


@given(ANY_TEXT)
def test_any_text_is_read(text: str) -> None:
    found = words(text)
    assert all(word and word == word.lower() for word in found)
    assert not stems(text) & (STOP_WORDS - {stem_of(word) for word in found})
    assert bool(keyword_terms(text)) == bool(found)


@given(ANY_TEXT)
def test_words_are_stable(text: str) -> None:
    assert words(" ".join(words(text))) == words(text)

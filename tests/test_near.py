"""Near matches: the right words, the right offsets, and the words that differ."""

import time
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from test_folding import HARD

from index.folding import folded, locate
from index.near import NEAR_AT, near, places, stretches

PORT = """\
The port of Veldmark handled 3.6 million tonnes of cargo in 2022. Grain made up 41 percent of it. Harbour master Ilse
Brandt said that the old quay was too short for the newest ships. “The deck will **not** carry more than 3.5
tonnes,” said the engineer Marit Solberg, who led the in-
spection in April 2020. The beam’s ﬁnish is oﬀ\u00adwhite. 中国是全球最大的市场，去年增长了百分之五。其他国家也在增长。
Порт Вельдмарк обработал 3,6 миллиона тонн грузов. Зерно составило 41 процент.
"""
FAR = "The council met on Tuesday and spoke of the bill for the new roof of the school. " * 4000


@pytest.mark.parametrize(
    ("quote", "place", "diff"),
    [
        ("Grain made up 42 percent of it.", "Grain made up 41 percent of it.", [("replace", "41", "42")]),
        ("Barley made up 41 percent of it.", "Grain made up 41 percent of it.", [("replace", "Grain", "Barley")]),
        ("Grain never made up 41 percent of it.", "Grain made up 41 percent of it.", [("insert", "", "never")]),
        ("the deck will carry more than 3.5 tonnes", "The deck will **not** carry more than 3.5\ntonnes",
         [("delete", "not", "")]),
        ("engineer Marit Solberg, who led an inspection in May 2020",
         "engineer Marit Solberg, who led the in-\nspection in April 2020",
         [("replace", "the", "an"), ("replace", "April", "May")]),
        # over a sentence border, with words left out inside
        ("3.6 million tonnes in 2022. Grain made up 48 percent of it.",
         "3.6 million tonnes of cargo in 2022. Grain made up 41 percent of it.",
         [("delete", "of cargo", ""), ("replace", "41", "48")]),
        ("Harbour master Ilse Brandt said the new quay was too short for ships",
         "Harbour master Ilse\nBrandt said that the old quay was too short for the newest ships.",
         [("delete", "that", ""), ("replace", "old", "new"), ("delete", "the newest", "")]),
        ("The beam's finish is snow-white", "The beam’s ﬁnish is oﬀ\u00adwhite",
         [("replace", "oﬀ\u00adwhite", "snow-white")]),
        ("中国是全球最小的市场，去年增长了百分之五", "中国是全球最大的市场，去年增长了百分之五",
         [("replace", "大", "小")]),
        ("Зерно составило 14 процентов", "Зерно составило 41 процент.",
         [("replace", "41 процент", "14 процентов")]),
        # no word differs
        ("grain made up 41 percent of it", "Grain made up 41 percent of it", []),
        ("old quay, was too short", "old quay was too short", []),
        ("the deck will not carry more than 3.5 tonnes", "The deck will **not** carry more than 3.5\ntonnes", []),
    ],
)  # fmt: skip
def test_the_nearest_place_and_its_difference(quote: str, place: str, diff: list[tuple[str, str, str]]) -> None:
    for text in (PORT, FAR + PORT + FAR):
        found = near(quote, text)
        assert found
        start, end, edits = found
        assert text[start:end].strip("“”,. ") == place.strip("“”,. ")
        assert [(edit["op"], edit["there"], edit["here"]) for edit in edits] == diff
        assert all(text[edit["start"] : edit["end"]] == edit["there"] for edit in edits)


@pytest.mark.parametrize(
    "quote",
    ["", " ", "?!", "Tungsten boils at 5930 degrees.", "The port of Oslo lost two cranes in a storm.",
     "Harbour seals eat more than the ships said."],
)  # fmt: skip
def test_what_is_not_near(quote: str) -> None:
    assert near(quote, PORT) is None


def test_the_nearer_of_two_places() -> None:
    text = f"Grain made up 38 percent of it in May. {FAR} Grain made up 41 percent of it in June."
    found = near("Grain made up 40 percent of it in June.", text)
    assert found
    assert [edit["there"] for edit in found.diff] == ["41"]


def test_a_long_quote_over_many_sentences() -> None:
    quote = PORT.replace("41 percent", "14 percent").replace("April", "May")
    text = FAR + PORT + FAR
    found = near(quote, text)
    assert found
    assert [(edit["there"], edit["here"]) for edit in found.diff] == [("41", "14"), ("April", "May")]
    assert folded(text[found.start : found.end]) == folded(PORT)


def test_long_texts_take_no_time() -> None:
    text = (FAR + PORT) * 8
    began = time.process_time()
    for quote in ("Grain made up 42 percent of it.", "it is what it is", PORT.replace("41", "14"), "zebra " * 400):
        near(quote, text)
        places(quote, text)
    assert time.process_time() - began < 4  # two and a half million characters; folding them alone takes longer


@pytest.mark.parametrize(
    "quote", ["Grain made up 41 percent", "of it. Harbour master", "增长了百分之五", "Зерно составило"]
)
def test_every_place_in_a_long_text(quote: str) -> None:
    text = f"{FAR}{PORT}{FAR}{PORT}"
    assert places(quote, text) == locate(quote, text)
    assert len(places(quote, text)) == 2


def test_places_do_not_tear_words() -> None:
    assert places("rain made up", FAR + PORT) == []
    assert places("Grain made u", FAR + PORT) == []


def test_decomposed_text() -> None:
    text = unicodedata.normalize("NFD", "Müller trägt größere Hüte für Öl.")
    found = near("Müller trägt größere Hüte für Gäste", text)
    assert found
    assert [(unicodedata.normalize("NFC", e["there"]), e["here"]) for e in found.diff] == [("Öl", "Gäste")]


texts = st.text(alphabet=HARD + "  abc", max_size=60) | st.text(max_size=40)


@given(texts, texts)
@example("a a", "a")
@example("b a", "a b")
@example("ﷺ", "ﷺ x")
def test_nothing_raises_and_every_offset_is_inside(quote: str, text: str) -> None:
    for a, b in stretches(quote, text, 9):
        assert 0 <= a <= b <= len(text)
    found = near(quote, text)
    if found:
        assert 0 <= found.start <= found.end <= len(text)
        for edit in found.diff:
            assert found.start <= edit["start"] <= edit["end"] <= found.end
            assert text[edit["start"] : edit["end"]] == edit["there"]
            assert edit["there"] or edit["here"]


WORDS = st.lists(st.sampled_from("Grain made up 41 42 percent of it in May the port not ﬁve —".split()), min_size=1)


@given(WORDS, WORDS)
def test_without_a_difference_the_words_are_the_same(quote: list[str], text: list[str]) -> None:
    found = near(" ".join(quote), " ".join(text))
    if found and not found.diff:
        there = folded(" ".join(text)[found.start : found.end]).lower().replace("-", " ").split()
        assert there == folded(" ".join(quote)).lower().replace("-", " ").split()


@given(WORDS, st.integers(0, 30), st.sampled_from(["zebra", "7"]))
def test_one_word_more_is_the_difference(words: list[str], at: int, other: str) -> None:
    text = "The council met. " + " ".join([*words, "lighthouse", "keeper", "Solberg"]) + " It rained."
    changed = [
        *words[: at % (len(words) + 1)],
        other,
        *words[at % (len(words) + 1) :],
        "lighthouse",
        "keeper",
        "Solberg",
    ]
    found = near(" ".join(changed), text)
    assert found
    assert any(other in edit["here"].split() for edit in found.diff)


def test_the_threshold_is_a_share() -> None:
    assert 0.5 < NEAR_AT < 1

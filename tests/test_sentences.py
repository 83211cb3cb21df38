"""Sentences: their true offsets, and the full stops that end none."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.sentences import sentence_spans


def cut(text: str) -> list[str]:
    return [text[start:end] for start, end in sentence_spans(text)]


@pytest.mark.parametrize(
    "sentences",
    [
        ["The mill stands by the river.", "It grinds rye.", "Does it pay?", "Hardly!"],
        ["Dr. Holm met Mr. Lind at 4.30 p.m. on the quay.", "They spoke."],
        ["It weighs 3.5 kg, i.e. 7.7 pounds, and costs 12.50 euros.", "It sells well."],
        ["See Fig. 3 and No. 7 of the list.", "Then go on."],
        ["The U.S. navy and the U.K. fleet met, cf. the log.", "Nobody fired."],
        ["“Where is it?” she asked.", "“Gone,” he said."],
        ["He waited … and then he left.", "She stayed."],
        ["Mühlen mahlen.", "Ça va bien."],
        ["Holm et al. (2021) counted 4,812 lice.", "They left."],
        ["Die Türen sind bis zum 31. März 2024 zu ersetzen.", "Danach nicht."],
        ["He turned 31.", "March was cold."],
    ],
    ids=lambda sentences: sentences[0][:20],
)
def test_sentences_end_where_they_end(sentences: list[str]) -> None:
    assert cut(" ".join(sentences)) == sentences


def test_no_ends_a_sentence_unless_a_number_follows() -> None:
    assert cut("They all said no. Then they left.") == ["They all said no.", "Then they left."]


def test_offsets_count_from_the_start_of_the_text() -> None:
    text = "Skip this. The mill stands. It grinds. Skip that."
    start, end = text.index("The"), text.index(" Skip that")
    assert [text[a:b] for a, b in sentence_spans(text, start, end)] == ["The mill stands.", "It grinds."]


def test_white_space_around_sentences_belongs_to_none() -> None:
    text = " \n\t The mill stands. \n\n It grinds. \n"
    assert cut(text) == ["The mill stands.", "It grinds."]
    assert [text[a:b] for a, b in sentence_spans(text, 1, 22)] == ["The mill stands."]


@pytest.mark.parametrize("text", ["", " ", "\n\n \t"])
def test_nothing_has_no_sentences(text: str) -> None:
    assert sentence_spans(text) == []


@given(st.text(alphabet="aB. !?…’”)\n\u00a0é漢1-", max_size=80) | st.text(max_size=40))
def test_spans_are_trimmed_in_order_and_lose_no_character(text: str) -> None:
    spans = sentence_spans(text)
    for start, end in spans:
        assert 0 <= start < end <= len(text)
        assert text[start:end] == text[start:end].strip()
    assert all(before[1] <= after[0] for before, after in pairwise(spans))
    assert "".join("".join(text[a:b].split()) for a, b in spans) == "".join(text.split())


def test_one_line_of_a_huge_file_is_split_in_time() -> None:
    text = "The number is 5. " * 20_000
    spans = sentence_spans(text)
    assert len(spans) == 20_000
    assert all(text[a:b] == "The number is 5." for a, b in spans)

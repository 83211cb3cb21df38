"""Pieces: exact, in order, whole sentences, and nothing but noise left out."""

import string
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.blocks import find_blocks
from index.cleaning import clean_blocks
from index.splitter import LONG_SENTENCE_CHARS, NOISE_GAP_CHARS, Piece, split

SENTENCE = "The miller of the lower valley keeps nine sheep and two geese. "  # 62 characters and a space


def pieces_of(text: str, chunk_chars: int = 300, media_type: str = "text/plain") -> list[Piece]:
    return split(text, find_blocks(text, media_type), chunk_chars)


def shown(text: str, chunk_chars: int = 300) -> list[str]:
    return [text[piece.start : piece.end] for piece in pieces_of(text, chunk_chars)]


word = st.text(alphabet=string.ascii_letters + "éßЖ漢", min_size=1, max_size=12)
sentence = st.lists(word, min_size=1, max_size=18).map(lambda words: " ".join(words).capitalize())
line = st.one_of(
    st.lists(st.tuples(sentence, st.sampled_from([".", "!", "?", "…", '."'])), min_size=1, max_size=8).map(
        lambda parts: " ".join(text + end for text, end in parts)
    ),
    sentence,  # without a full stop: a heading when it is short
    sentence.map(lambda text: f"# {text}"),
    sentence.map(lambda text: f"- {text}"),
    st.lists(word, min_size=2, max_size=5).map(lambda cells: f"| {' | '.join(cells)} |"),
    st.sampled_from(["", "", "----", "Subscribe to our newsletter", "4 May 2020", "You may also like"]),
    st.integers(1, 4000).map(lambda length: "x" * length),
)
texts = st.lists(line, max_size=40).map("\n".join)


@given(texts, st.integers(100, 1200), st.sampled_from(["text/plain", "text/markdown", "application/pdf"]))
def test_pieces_of_any_text(text: str, chunk_chars: int, media_type: str) -> None:
    blocks = clean_blocks(text, media_type)
    pieces = split(text, blocks, chunk_chars)

    assert all(before.end <= after.start for before, after in pairwise(pieces)), "monotone, without overlap"
    for piece in pieces:
        assert piece.sentences, "a piece has something to cite"
        assert set(piece.sentences) <= set(piece.clean)
        assert (piece.clean[0][0], piece.clean[-1][1]) == (piece.start, piece.end)
        for start, end in piece.clean:
            assert text[start:end].strip(), "exact and not empty"
            assert any(block.start <= start < end <= block.end for block in blocks), "never from noise"
        assert all(before[1] <= after[0] for before, after in pairwise(piece.clean))
        one_unit = max(end - start for start, end in piece.clean)
        assert piece.end - piece.start <= chunk_chars or len(piece.sentences) == 1 or one_unit > chunk_chars

    cited = {span for piece in pieces for span in piece.sentences}
    for block in blocks:
        alone = {span for piece in split(text, [block], 10**6) for span in piece.sentences}
        assert alone <= cited, "what a kept block states is in a piece"
        if block.kind == "heading":
            assert not any(block.start < end and start < block.end for start, end in cited)


@given(st.integers(1, 60), st.integers(100, 900))
def test_every_sentence_of_plain_prose_is_in_one_piece(count: int, chunk_chars: int) -> None:
    sentences = [f"Sheep number {number} grazes on the northern hill today." for number in range(count)]
    text = " ".join(sentences)
    pieces = pieces_of(text, chunk_chars)
    assert [text[a:b] for piece in pieces for a, b in piece.sentences] == sentences
    assert all(piece.end - piece.start <= chunk_chars for piece in pieces)


def test_pieces_are_filled() -> None:
    text = SENTENCE * 20
    assert {len(piece.sentences) for piece in pieces_of(text, 300)[:-1]} == {4}


def test_a_heading_opens_a_piece_rather_than_closing_one() -> None:
    long = f"They sell {'wool and ' * 25}milk."
    assert shown(f"{SENTENCE * 2}\n\nWool and milk\n\n{long}") == [(SENTENCE * 2).strip(), f"Wool and milk\n\n{long}"]


def test_a_section_begins_a_piece_when_the_last_one_is_half_full() -> None:
    text = f"{SENTENCE * 3}\n\nWool and milk\n\n{SENTENCE}"
    assert [piece[:13] for piece in shown(text, 300)] == ["The miller of", "Wool and milk"]


def test_a_heading_at_the_end_leads_nowhere() -> None:
    assert shown(f"{SENTENCE}\n\nWool and milk") == [SENTENCE.strip()]


def test_headings_alone_make_no_piece() -> None:
    assert shown("Wool and milk\n\nSheep and geese") == []


def test_a_stretch_of_noise_ends_a_piece() -> None:
    far = f"{SENTENCE}\n\n{'-' * (NOISE_GAP_CHARS + 1)}\n\n{SENTENCE}"
    near = f"{SENTENCE}\n\n----\n\n{SENTENCE}"
    assert len(split(far, clean_blocks(far.replace("sheep", "cows", 1), "text/plain"))) == 2
    assert len(split(near, clean_blocks(near.replace("sheep", "cows", 1), "text/plain"))) == 1


def test_what_states_nothing_is_searched_and_not_cited() -> None:
    text = f"Who keeps the sheep of the valley? {SENTENCE}Who else does?"
    (piece,) = pieces_of(text)
    assert [text[a:b] for a, b in piece.sentences] == [SENTENCE.strip()]
    assert (piece.start, piece.end) == (0, len(text))


def test_a_row_is_one_sentence() -> None:
    text = "| The Gull | built in Lund. Sold in Bergen. | two masts |"
    (piece,) = pieces_of(text)
    assert piece.sentences == ((0, len(text)),)


@pytest.mark.parametrize("filling", ["word ", "x", "wörd  ", "漢"])
def test_a_sentence_without_end_is_cut(filling: str) -> None:
    text = f"It begins here {filling * 3000}and ends here."
    spans = [span for piece in pieces_of(text, 900) for span in piece.clean]
    assert max(end - start for start, end in spans) <= LONG_SENTENCE_CHARS
    assert "".join("".join(text[a:b].split()) for a, b in spans) == "".join(text.split())
    assert all(text[a:b] == text[a:b].strip() for a, b in spans)


def test_a_piece_that_could_hold_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 100, got 99"):
        split("text", [], 99)

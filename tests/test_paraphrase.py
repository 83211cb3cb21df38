"""Statements in other words: WordNet, the parser, the support score, and what no text may break."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.embedder import Vectors
from rag.paraphrase import check_paraphrase
from rag.parse import parse
from rag.remembered import Remembered
from rag.support import support
from rag.wordnet import relation


@pytest.mark.parametrize(
    ("said", "cited", "how"),
    [
        (("supply", "VERB"), ("provide", "VERB"), "same"),
        (("visit", "VERB"), ("visit", "NOUN"), "same"),  # derived
        (("big", "ADJ"), ("large", "ADJ"), "same"),
        (("vehicle", "NOUN"), ("car", "NOUN"), "wider"),
        (("car", "NOUN"), ("vehicle", "NOUN"), None),  # says more than the source
        (("sell", "VERB"), ("buy", "VERB"), "opposite"),
        (("small", "ADJ"), ("large", "ADJ"), "opposite"),
        (("quay", "NOUN"), ("tariff", "NOUN"), None),
        (("zyzzyx", "NOUN"), ("car", "NOUN"), None),
        (("car", "PUNCT"), ("car", "PUNCT"), None),
    ],
)
def test_relations_of_words(said: tuple[str, str], cited: tuple[str, str], how: str | None) -> None:
    assert relation(*said, *cited) == how


@pytest.mark.parametrize(
    ("text", "verb", "agents", "patients"),
    [
        ("Chile sold the quay to Peru.", "sold", ["chile"], ["quay"]),
        ("The quay was sold by Chile.", "sold", ["chile"], ["quay"]),
        ("The mayor planned to close the port.", "close", ["mayor"], ["port"]),
        ("The port closed in May and reopened in June.", "reopened", ["port"], []),
        ("The film, shot by Ana, won a prize.", "won", ["film"], ["prize"]),
    ],
)
def test_who_does_what(text: str, verb: str, agents: list[str], patients: list[str]) -> None:
    reading = parse([text])
    token = next(token for token in reading.tokens if token.form == verb)
    assert [word.form for word in reading.agents(token)] == agents
    assert [word.form for word in reading.patients(token)] == patients


class Counting:
    identity = "counting"

    def __init__(self) -> None:
        self.batches: list[list[str]] = []

    def embed(self, texts: Sequence[str]) -> Vectors:
        self.batches.append([*texts])
        vectors = np.array([[len(text) + 1.0, 1.0] for text in texts], np.float32)
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def test_a_text_is_embedded_once() -> None:
    embedder = Counting()
    remembered = Remembered(embedder)
    remembered.know("stored", np.array([1.0, 0.0], np.float32))
    assert remembered(["a", "stored", "a"]).shape == (3, 2)
    assert remembered(["a", "b"]).shape == (2, 2)
    assert embedder.batches == [["a"], ["b"]]


def test_support_grows_with_what_is_cited() -> None:
    embed = Remembered(Counting())
    claim = "The port of Lorne handled 48 ships in 2024."
    full, part, nothing = (support(claim, cited, (), embed) for cited in ([claim], ["The port handled ships."], []))
    assert 0 < nothing < part < full < 1


ANY = st.text(max_size=80) | st.lists(
    st.sampled_from(
        "Ana Lorne sold bought the port was by not may rose fell 5 percent 2024 to from and , . ( ) said that who than"
        " more no without if all only of İ “ 🙂".split()
    ),
    max_size=20,
).map(" ".join)


@settings(max_examples=60, deadline=None)
@given(ANY, st.lists(ANY, max_size=2))
def test_any_texts_can_be_compared(text: str, cited: list[str]) -> None:
    found = check_paraphrase(text, cited, ("A title",))
    assert all(isinstance(line, str) for line in found.breaches)


@settings(max_examples=40, deadline=None)
@given(ANY)
def test_a_text_parses_to_words_that_hang_together(text: str) -> None:
    reading = parse([text, text])
    for token in reading.tokens:
        assert token.at == reading.tokens[token.at].at
        assert reading.tokens[token.head].sentence == token.sentence
        assert reading.clause(token).sentence == token.sentence

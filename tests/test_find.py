"""Citation lookup: where pasted words stand, and that they stand nowhere else."""

import json
from pathlib import Path
from typing import Any

import pytest
from helpers import write
from hypothesis import given, settings
from hypothesis import strategies as st
from test_answering import CITATION_TYPES, FERRY, opened, shared_library

from rag.errors import QuestionEmpty
from rag.find import MAX_OTHERS, found_json
from rag.library import Library
from rag.terms import words


@pytest.fixture(scope="module")
def library() -> Library:
    return shared_library()


def found(library: Library, text: str) -> list[dict[str, Any]]:
    """The items for `text` as JSON, each held against the stored text."""
    result = found_json(text, library.find(text))
    assert json.loads(json.dumps(result)) == result
    assert list(result) == ["text", "items"]
    assert result["text"] == text
    items = result["items"]
    assert isinstance(items, list)
    for item in items:
        assert list(item) == ["statement", "verdict", "span", "diff", "others"]
        assert item["verdict"] in ("exact", "absent")
        assert (item["span"] is None) is (item["verdict"] == "absent")
        places = [item["span"], *item["others"]] if item["span"] else item["others"]
        for number, place in enumerate(places, 1):
            assert all(isinstance(place[key], kind) for key, kind in CITATION_TYPES.items())
            stored = library.stored_text(place["doc_id"], place["version"])
            assert stored[place["start"] : place["end"]] == place["quote"] != ""
            assert place["number"] == number
    return items


def places(library: Library, text: str) -> list[tuple[str, str]]:
    """(doc_id, quote) of each place of the one statement in `text`."""
    (item,) = found(library, text)
    return [(p["doc_id"], p["quote"]) for p in [item["span"], *item["others"]] if p]


@pytest.mark.parametrize(
    ("text", "doc_id", "quote"),
    [
        ("Grain made up 41 percent of it.", "port-2022.txt", "Grain made up 41 percent of it."),
        ("Grain made up 41 percent of it", "port-2022.txt", "Grain made up 41 percent of it"),
        ("the old quay was too short", "port-2022.txt", "the old quay was too short"),
        ('"Grain made up 41 percent of it."', "port-2022.txt", "Grain made up 41 percent of it."),
        ("„Grain made up 41 percent of it“.", "port-2022.txt", "Grain made up 41 percent of it"),
        # across a line break, and a word broken at one
        ("Harbour master Ilse Brandt said", "port-2022.txt", "Harbour master Ilse\nBrandt said"),
        ("who led the inspection in April 2020", "bridge.md", "who led the in-\nspection in April 2020"),
        # with other quote marks
        ('more than 3.5 tonnes," said the engineer', "bridge.md", "more than 3.5\ntonnes,” said the engineer"),
        # the end of a sentence the text goes on after
        ("The tea room at Kestrel Lane serves twelve kinds of tea.", "tea.txt",
         "The tea room at Kestrel Lane serves twelve kinds of tea"),
    ],
)  # fmt: skip
def test_exact(library: Library, text: str, doc_id: str, quote: str) -> None:
    assert places(library, text) == [(doc_id, quote)]


@pytest.mark.parametrize(
    "text",
    ["Grain made up 42 percent of it.", "Grain made up 41 tonnes of it.", "Grain never made up 41 percent of it.",
     "Barley made up 41 percent of it.", "rain made up 41 percent of it", "the old quay was too sho",
     "Tungsten boils at 5930 degrees."],
)  # fmt: skip
def test_absent(library: Library, text: str) -> None:
    assert places(library, text) == []


def test_every_place_is_named(library: Library) -> None:
    quote = "Ferries to the islands leave every 40 minutes."
    assert sorted(places(library, quote)) == [("gazette.txt", quote), ("reprint.txt", quote)]


def test_further_places_are_bounded(tmp_path: Path) -> None:
    write(tmp_path / "docs", {f"{n}.txt": f"Note {n}.\n\nThe heron stands in the reeds." for n in range(8)})
    with opened(tmp_path / "library") as many:
        many.add([tmp_path / "docs"])
        assert len(places(many, "The heron stands in the reeds.")) == 1 + MAX_OTHERS


def test_each_sentence_has_its_verdict(library: Library) -> None:
    items = found(
        library, "“Grain made up 41 percent of it. Grain made up 42 percent of it.” Grain made up 38 percent of it."
    )
    assert [item["verdict"] for item in items] == ["exact", "absent", "exact"]
    assert [item["span"] and item["span"]["doc_id"] for item in items] == ["port-2022.txt", None, "port-2023.txt"]


def test_what_an_answer_shows_is_found(library: Library) -> None:
    """Answers show Markdown without its marks, so such a sentence must be found in the marked text."""
    for statement in library.ask(FERRY).statements:
        (item,) = found(library, statement.text)
        assert item["verdict"] == "exact"
    (doc_id, quote), *_ = places(library, "The deck will not carry more than 3.5 tonnes")
    assert doc_id == "bridge.md"
    assert "will **not** carry" in quote
    assert places(library, "The deck will carry more than 3.5 tonnes") == []


def test_text_for_models_is_found_as_text(library: Library) -> None:
    """It is never answered from, but where it stands is a fact."""
    (place,) = places(library, "The orchard at Hollin was planted in 1927 by the botanist Edda Marsh.")
    assert place[0] == "orchard.html"


@pytest.mark.parametrize("text", ["", "  ", "?!", "“”"])
def test_nothing_to_look_up(library: Library, text: str) -> None:
    with pytest.raises(QuestionEmpty, match="nothing to look up in"):
        library.find(text)


@pytest.mark.parametrize("text", ["AT&T? a-b", '"', "NEAR(grain, 2)", "*", "\udcff grain", "word " * 3000])
def test_no_text_breaks_the_keyword_index(library: Library, text: str) -> None:
    if words(text):
        found(library, text.encode("utf-8", "replace").decode())


@pytest.fixture(scope="module")
def stored() -> str:
    return shared_library().stored_text("port-2022.txt")


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_any_run_of_whole_words_of_a_document_is_found(stored: str, data: st.DataObject) -> None:
    sentence = stored[stored.index("The port of Veldmark handled") :]
    tokens = sentence.split()
    a, b = sorted((data.draw(st.integers(0, len(tokens))), data.draw(st.integers(0, len(tokens)))))
    quote = " ".join(tokens[a:b])
    if words(quote):
        assert all(item["verdict"] == "exact" for item in found(shared_library(), quote))

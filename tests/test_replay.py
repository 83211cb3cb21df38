"""A stage of a saved answer put in place of one's own: hits of a library cut otherwise, and drafts verified again."""

from typing import Any

import pytest
from test_answering import CARGO, FERRY, PLANTED, shared_library

from index.errors import DocumentUnknown
from index.passages import passage_at, read_passages
from index.types import Hit, Span
from rag.answer_json import answer_json
from rag.library import Library
from rag.types import Retrieved


@pytest.fixture(scope="module")
def library() -> Library:
    return shared_library()


def timeless(answer: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in answer.items() if key != "timings_s"}


@pytest.mark.parametrize("question", [CARGO, FERRY, PLANTED])
def test_the_same_hits_give_the_same_answer(library: Library, question: str) -> None:
    asked = answer_json(library.ask(question))
    assert timeless(answer_json(library.ask(question, retrieved=library.retrieved(asked)))) == timeless(asked)


def test_the_hits_that_are_given_are_all_that_is_read(library: Library) -> None:
    saved = answer_json(library.ask(CARGO))
    other = [hit for hit in saved["hits"] if hit["doc_id"] != "port-2023.txt"]
    again = answer_json(library.ask(CARGO, retrieved=library.retrieved({**saved, "hits": other})))
    assert [hit["doc_id"] for hit in again["hits"]] == [hit["doc_id"] for hit in other]
    assert not any("4.2 million" in statement["text"] for statement in again["statements"])
    assert library.ask(CARGO, retrieved=Retrieved(CARGO, [])).reason == "no_evidence"


def test_a_passage_need_not_be_a_chunk(library: Library) -> None:
    document = library.document("port-2023.txt")
    said = "The port of Veldmark handled 4.2 million tonnes of cargo in 2023."
    at = document.text.index(said)
    span = Span("port-2023.txt", document.version, at, at + len(said))
    passage = passage_at(library._index.store, span)
    assert (passage.text, passage.title, passage.published) == (said, "Port of Veldmark in 2023", "2023-12-18")
    reading = read_passages(library._index, [passage])[passage.chunk_id]
    assert [sentence.span for sentence in reading.sentences] == [span]
    assert reading.vector.shape == reading.sentence_vectors[0].shape
    answer = library.ask(CARGO, retrieved=Retrieved(CARGO, [Hit(passage, 1.0, 1, ("dense",))]))
    assert [(statement.text, statement.citations[0].span) for statement in answer.statements] == [(said, span)]


def test_a_chunk_is_read_as_it_is_stored_and_what_is_gone_is_left_out(library: Library) -> None:
    store = library._index.store
    chunk = next(iter(store.chunks(store.chunk_ids("port-2023.txt")).values()))
    assert passage_at(store, Span(chunk.doc_id, chunk.version, chunk.start, chunk.end)) == chunk
    heading = passage_at(store, Span(chunk.doc_id, chunk.version, 0, 4))
    assert read_passages(library._index, [heading]) == {}  # no citable sentence lies in it
    with pytest.raises(DocumentUnknown):
        passage_at(store, Span("port-2023.txt", "another version", 0, 4))


def test_sentences_are_verified_against_the_spans_they_cite(library: Library) -> None:
    saved = answer_json(library.ask(CARGO))
    stated = saved["statements"][0]
    span = {key: stated["citations"][0][key] for key in ("doc_id", "version", "start", "end")}
    invented = {"text": stated["text"].replace("4.2", "4.9"), "verdict": "altered", "why": "", "spans": [span]}
    uncited = {"text": stated["text"], "verdict": "absent", "why": "", "spans": []}
    checked = library.verify({**saved, "statements": [stated], "withheld": [invented, uncited]})
    assert [one.verdict for one in checked] == ["exact", "altered", "absent"]
    assert checked[0].spans == (Span(**span),)
    assert "4.9" in checked[1].why

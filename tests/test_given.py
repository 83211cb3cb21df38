"""The answer JSON of other systems: what is refused and how it is said, and how the rest is completed."""

import json
from typing import Any

import pytest

from eval.errors import SystemFailed
from eval.given import completed
from index.errors import DocumentUnknown
from index.types import Chunk, Hit, Span
from rag.answer_json import answer_json
from rag.types import Answer, Citation, Conflict, Passage, Side, Statement, Withheld

TEXT = "The mill was built in 1820. It burned down in 1904. The mill was built in 1820."


class Mill:
    def documents(self) -> list[tuple[str, str]]:
        return [("mill.txt", "v2")]

    def stored_text(self, doc_id: str, version: str) -> str:
        if (doc_id, version) != ("mill.txt", "v2"):
            raise DocumentUnknown(f"no document {doc_id!r}")
        return TEXT


def complete(given: Any) -> dict[str, Any]:
    sent = given if isinstance(given, str | bytes) else json.dumps(given)
    return completed(sent, qid="q1", question="When was it built?", mode="command", corpus=Mill())


def said(*citations: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"kind": "answer", "statements": [{"text": "In 1820.", "citations": list(citations)}], **more}


def test_kind_and_statements_are_enough() -> None:
    assert complete({"kind": "answer", "statements": [{"text": "In 1820."}]}) == {
        "kind": "answer",
        "question": "When was it built?",
        "query": "When was it built?",
        "mode": "command",
        "model": None,
        "short": None,
        "statements": [{"text": "In 1820.", "support": None, "citations": []}],
        "conflicts": [],
        "confidence": None,
        "fallback_from": None,
        "reason": None,
        "withheld": [],
        "hits": None,
        "timings_s": {},
        "tokens": {},
        "calls": 0,
    }
    refusal = complete({"kind": "refusal", "statements": []})
    assert (refusal["statements"], refusal["reason"]) == ([], "model_declined")


def test_a_quote_is_found_in_the_library_and_gets_the_number_of_its_place() -> None:
    burned = {"doc_id": "mill.txt", "quote": "burned  down in 1904"}
    built = {"doc_id": "mill.txt", "quote": "built in 1820"}
    given = said(burned, built) | {"qid": "q1"}
    given["statements"] += [{"text": "It burned.", "citations": [burned]}]
    first, second = complete(given)["statements"]
    assert [(c["number"], c["start"], c["end"], c["quote"]) for c in first["citations"]] == [
        (1, 31, 50, "burned down in 1904"),
        (2, 13, 26, "built in 1820"),
    ]
    assert [c["number"] for c in second["citations"]] == [1]
    assert first["citations"][0]["version"] == "v2"


@pytest.mark.parametrize(
    "citation",
    [
        {"doc_id": "mill.txt", "quote": "built in 1999"},
        {"doc_id": "barn.txt", "quote": "built in 1820"},
        {"doc_id": "mill.txt", "version": "v1", "quote": "built in 1820"},
    ],
)
def test_what_stands_nowhere_is_a_citation_that_does_not_hold(citation: dict[str, str]) -> None:
    (statement,) = complete(said(citation))["statements"]
    (held,) = statement["citations"]
    assert (held["start"], held["end"], held["quote"]) == (0, 0, citation["quote"])


def test_a_place_that_is_given_is_left_as_it_is() -> None:
    given = {"doc_id": "mill.txt", "version": "v2", "start": 4, "end": 8, "quote": "nill"}
    (statement,) = complete(said(given))["statements"]
    assert {key: statement["citations"][0][key] for key in given} == given


def test_hits_are_ranked_in_their_order_and_located() -> None:
    hits = complete(said(hits=[{"doc_id": "mill.txt", "text": "It burned down in 1904."}]))["hits"]
    assert [(h["rank"], h["version"], h["start"], h["end"]) for h in hits] == [(1, "v2", 28, 51)]
    assert complete(said(hits=[]))["hits"] == []


def test_an_answer_of_pincite_is_taken_as_it_is() -> None:
    citation = Citation(1, Span("mill.txt", "v2", 0, 27), TEXT[:27], "exact", "Mill", "/docs/mill.txt", None, None)
    chunk = Chunk("c1", "mill.txt", "v2", 0, len(TEXT), TEXT, None, "Mill", "/docs/mill.txt", None)
    answer = Answer(
        question="When was it built?",
        query="built",
        mode="extractive",
        statements=(Statement(TEXT[:27], (citation,), 0.75),),
        conflicts=(Conflict("the year", (Side(0, 1, "1820", ""),)),),
        withheld=(Withheld("It was 1821.", "altered", "1821", (Span("mill.txt", "v2", 0, 27),)),),
        passages=(Passage(Hit(chunk, 0.9, 1, ("dense",)), ((0, 27),), True),),
        timings_s={"draft": 0.5},
        tokens={"prompt": 3, "completion": 4, "cached": 0},
        calls=1,
    )
    given = answer_json(answer)
    taken = complete(given)
    assert taken == {**given, "question": taken["question"], "mode": "command"}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("", "Invalid JSON"),
        ("Starting up...", "Invalid JSON: expected value at line 1 column 1, in 'Starting up...'"),
        (b"\xff\xfe", "Invalid JSON"),
        ([], "Input should be an object"),
        ({"statements": []}, "kind: Field required"),
        ({"kind": "answer"}, "statements: Field required"),
        ({"kind": "maybe", "statements": []}, "kind: Input should be 'answer' or 'refusal'"),
        ({"kind": "answer", "statements": []}, "kind is 'answer', with 0 statements"),
        ({"kind": "refusal", "statements": [{"text": "No."}]}, "kind is 'refusal', with 1 statements"),
        ({"kind": "answer", "statements": [{"text": " "}]}, "statements.0.text: String should match"),
        (said(citation=[]), "citation: Extra inputs are not permitted"),
        (said({"doc_id": "mill.txt"}), "statements.0.citations.0.quote: Field required"),
        (said({"doc_id": 3, "quote": "x"}), "statements.0.citations.0.doc_id: Input should be a valid string"),
        (said({"doc_id": "mill.txt", "quote": "x", "start": 3}), "only one of start and end"),
        (said(qid="q2"), "it is the answer to 'q2', and 'q1' was asked"),
        (said(conflicts=[{"statements": [0, 1]}]), "a conflict names statement 1, and there are 1, from 0"),
        (said(hits=[{"doc_id": "mill.txt", "text": "nowhere"}]), "hit 1: its text is not in document 'mill.txt'"),
        (said(tokens={"prompt": "many"}), "tokens.prompt: Input should be a valid integer"),
        (said(timings_s={"total": -1}), "timings_s.total: Input should be greater than or equal to 0"),
    ],
)
def test_what_is_no_answer_is_an_error_that_says_why(given: Any, message: str) -> None:
    with pytest.raises(SystemFailed) as caught:
        complete(given)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_long_answer_is_not_repeated_in_the_error() -> None:
    with pytest.raises(SystemFailed) as caught:
        complete("x" * 10_000)
    assert len(str(caught.value)) < 250


def test_no_part_of_a_key_is_in_the_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PINCITE_SYSTEM_KEY", "abcdefghijklmnopqrstuvwxyz")
    with pytest.raises(SystemFailed) as caught:
        complete("x" * 70 + " abcdefghijklmnopqrstuvwxyz")
    assert "abc" not in str(caught.value)

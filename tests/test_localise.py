"""The stage of a flip: by replay in a real library, and from what the answers hold."""

import json
from typing import Any

import pytest
from test_answering import CARGO, shared_library

from eval.comparison import Flip, Stage
from eval.errors import DataInvalid
from eval.fingerprints import corpus_hash
from eval.gold import GoldQuestion
from eval.localise import check_library, find_flips, localise
from eval.metrics import score
from eval.pairing import Pair
from eval.runner import Run
from rag.answer_json import answer_json
from rag.library import Library

Json = dict[str, Any]
SAID = "The port of Veldmark handled 4.2 million tonnes of cargo in 2023."
ANSWERED: Json = {
    "qid": "q1",
    "question": CARGO,
    "answerable": True,
    "category": "single",
    "facts": [["4.2 million"]],
    "evidence": [{"doc_id": "port-2023.txt", "quote": SAID}],
}
UNANSWERED: Json = ANSWERED | {"answerable": False, "facts": [], "evidence": []}


@pytest.fixture(scope="module")
def library() -> Library:
    return shared_library()


@pytest.fixture(scope="module")
def asked(library: Library) -> Json:
    answer = answer_json(library.ask(CARGO))
    assert [statement["text"] for statement in answer["statements"]] == [SAID]
    return answer


def item(library: Library, gold: Json, answer: Json) -> Json:
    question = GoldQuestion.model_validate_json(json.dumps(gold))
    scores = score(question, answer, library.stored_text).to_json()
    return {"qid": "q1", "repeat": 0, "answer": answer, "gold": question.to_json(), "scores": scores, "error": None}


def refused(answer: Json, reason: str = "no_evidence", **change: Any) -> Json:
    return answer | {"kind": "refusal", "reason": reason, "statements": []} | change


def withheld(answer: Json) -> list[Json]:
    """The statements of `answer` as if none had passed."""
    return [
        {"text": s["text"], "verdict": "unsupported", "why": "", "spans": [place(c) for c in s["citations"]]}
        for s in answer["statements"]
    ]


def place(citation: Json) -> Json:
    return {key: citation[key] for key in ("doc_id", "version", "start", "end")}


def elsewhere(answer: Json) -> list[Json]:
    """The hits without the document that answers."""
    return [hit for hit in answer["hits"] if hit["doc_id"] != "port-2023.txt"]


def flip(library: Library, gold: Json, before: Json, after: Json) -> Flip:
    items = item(library, gold, before), item(library, gold, after)
    (found,) = find_flips([Pair("q1", "q1", items[:1], items[1:])])
    return found


# what the run before did otherwise than the library does, and the stage of that
CASES: dict[str, tuple[Json, Stage]] = {
    "it did not find the passage": ({"hits": "elsewhere"}, "retrieval"),
    "it had it and wrote nothing": ({}, "drafting"),
    "it wrote it and withheld it": ({"withheld": "all", "reason": "unverified"}, "verification"),
    "it withheld what is not true": ({"withheld": "invented", "reason": "unverified"}, "drafting"),
}


@pytest.mark.parametrize("gold", [ANSWERED, UNANSWERED], ids=["won", "lost"])
@pytest.mark.parametrize(("change", "stage"), CASES.values(), ids=list(CASES))
def test_a_stage_is_told_by_replay(library: Library, asked: Json, gold: Json, change: Json, stage: Stage) -> None:
    hits = elsewhere(asked) if "hits" in change else asked["hits"]
    drafts = withheld(asked) if "withheld" in change else []
    if change.get("withheld") == "invented":
        drafts = [draft | {"text": draft["text"].replace("4.2", "9.7")} for draft in drafts]
    before = refused(asked, change.get("reason", "no_evidence"), hits=hits, withheld=drafts)
    found = localise(flip(library, gold, before, asked), library)
    assert found.direction == ("won" if gold["answerable"] else "lost")
    assert found.stage == stage, found.why
    assert "told from the answers" not in found.why


@pytest.mark.parametrize("gold", [ANSWERED, UNANSWERED], ids=["won", "lost"])
def test_a_verifier_that_lets_all_pass_is_found(
    library: Library, asked: Json, gold: Json, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = refused(asked, "unverified", withheld=withheld(asked))
    assert localise(flip(library, gold, before, asked), library).stage == "verification"
    monkeypatch.setattr("rag.verify.check_words", lambda *_: ("altered", "nothing passes", 0.0))
    found = flip(library, gold, asked, before)  # now the library is the one that withholds
    assert localise(found, library).stage == "verification"


def test_what_the_library_itself_finds_makes_no_difference(library: Library, asked: Json) -> None:
    after = refused(asked, hits=elsewhere(asked))
    found = localise(flip(library, ANSWERED, asked, after), library)
    assert (found.direction, found.stage) == ("lost", "retrieval")


def test_an_answer_that_is_not_repeated_is_read_instead(library: Library, asked: Json) -> None:
    found = localise(flip(library, ANSWERED, asked, refused(asked)), library)
    assert (found.direction, found.stage) == ("lost", "drafting")
    assert "told from the answers" in found.why


# the same cases without a library, from either side
@pytest.mark.parametrize("direction", ["won", "lost"])
@pytest.mark.parametrize(("change", "stage"), list(CASES.values())[:3], ids=list(CASES)[:3])
def test_a_stage_is_told_from_the_answers(
    library: Library, asked: Json, direction: str, change: Json, stage: Stage
) -> None:
    hits = elsewhere(asked) if "hits" in change else asked["hits"]
    drafts = withheld(asked) if "withheld" in change else []
    other = refused(asked, hits=hits, withheld=drafts)
    pair = (other, asked) if direction == "won" else (asked, other)
    found = localise(flip(library, ANSWERED, *pair))
    assert (found.direction, found.stage) == (direction, stage), found.why


def test_an_answer_to_what_has_none_is_told_from_its_citations(library: Library, asked: Json) -> None:
    for before, stage in (
        (refused(asked), "drafting"),
        (refused(asked, hits=elsewhere(asked)), "retrieval"),
        (refused(asked, withheld=withheld(asked)), "verification"),
    ):
        found = localise(flip(library, UNANSWERED, before, asked))
        assert (found.direction, found.stage) == ("lost", stage), found.why


def test_systems_that_tell_no_hits_are_read_too(library: Library, asked: Json) -> None:
    found = localise(flip(library, ANSWERED, asked | {"hits": None}, refused(asked, hits=None)))
    assert (found.direction, found.stage) == ("lost", "drafting")


def test_repeats_flip_by_majority(library: Library, asked: Json) -> None:
    good, bad = item(library, ANSWERED, asked), item(library, ANSWERED, refused(asked))
    assert not list(find_flips([Pair("q1", "q1", (good, good, bad), (bad, good, good))]))
    (found,) = find_flips([Pair("q1", "q1", (good, good, bad), (good, bad, bad))])
    assert (found.direction, found.before, found.after) == ("lost", good, bad)


def test_the_library_must_be_that_of_the_runs(library: Library) -> None:
    run = Run("gold", "extractive", {"corpus_hash": corpus_hash(library.documents())}, {}, [])
    check_library(library, run)
    with pytest.raises(DataInvalid, match="holds other documents than the runs: pass the --library"):
        check_library(library, Run("gold", "extractive", {"corpus_hash": "another"}, {}, []))
    with pytest.raises(DataInvalid, match="of 'http://x', whose stages cannot be replayed: leave out --library"):
        check_library(library, Run("gold", "http", {"system": "http://x"}, {}, []), run)

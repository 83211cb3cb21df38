"""Saved answers: citations that still hold, that moved, and that are lost, on libraries whose documents change."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from helpers import write
from hypothesis import given, settings
from hypothesis import strategies as st
from test_answering import DOCUMENTS, opened, shared_library

from rag.answer_json import answer_json
from rag.library import Library
from rag.recheck import rechecked_json

COMMAND = str(Path(sys.executable).parent / "pincite")
PORT = DOCUMENTS["port-2022.txt"]
QUOTE = "Grain made up 41 percent of it."


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    return write(tmp_path / "docs", {"port.txt": PORT, "tea.txt": "The tea room serves twelve kinds of tea."})


@pytest.fixture
def own(tmp_path: Path, docs: Path) -> Iterator[Library]:
    with opened(tmp_path / "library") as library:
        library.add([docs])
        yield library


def saved(library: Library, quote: str = QUOTE, doc_id: str = "port.txt", **fields: Any) -> dict[str, Any]:
    """An answer whose one statement cites `quote` where it stands now."""
    document = library.document(doc_id)
    start = document.text.index(quote)
    citation = {
        "number": 1, "doc_id": doc_id, "version": document.version, "title": document.title, "start": start,
        "end": start + len(quote), "quote": quote, **fields,
    }  # fmt: skip
    return {"kind": "answer", "question": "How much?", "statements": [{"text": quote, "citations": [citation]}]}


def outcome(library: Library, answer: dict[str, Any]) -> dict[str, Any]:
    """The one re-checked citation as JSON, held against the stored text."""
    result = rechecked_json(answer, library.recheck(answer))
    assert json.loads(json.dumps(result)) == result
    assert result["question"] == answer["question"]
    (item,) = result["citations"]
    if item["span"]:
        stored = library.stored_text(item["span"]["doc_id"])
        assert stored[item["span"]["start"] : item["span"]["end"]] == item["span"]["quote"]
        assert all(stored[edit["start"] : edit["end"]] == edit["there"] for edit in item["diff"])
    assert isinstance(item, dict)
    return item


def changed(library: Library, docs: Path, before: str, after: str) -> None:
    path = docs / "port.txt"
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after), encoding="utf-8")
    assert [o.outcome for o in library.add([docs]) if o.doc_id == "port.txt"] == ["changed"]


def test_an_unchanged_document(own: Library) -> None:
    item = outcome(own, saved(own))
    assert (item["outcome"], item["span"]["version"]) == ("same", own.document("port.txt").version)


def test_a_change_behind_the_citation(own: Library, docs: Path) -> None:
    answer = saved(own)
    changed(own, docs, "newest ships", "largest ships")
    item = outcome(own, answer)
    assert item["outcome"] == "same"
    assert item["saved"]["version"] != item["span"]["version"] == own.document("port.txt").version


def test_a_change_before_the_citation_moves_it(own: Library, docs: Path) -> None:
    answer = saved(own)
    changed(own, docs, "Published:", "By our correspondent. Published:")
    item = outcome(own, answer)
    assert (item["outcome"], item["why"]) == ("moved", "")
    assert item["span"]["start"] == item["saved"]["start"] + len("By our correspondent. ")


def test_other_typography_is_no_other_text(own: Library, docs: Path) -> None:
    answer = saved(own)
    changed(own, docs, "made up 41 percent of", "made\n  up 41\u00a0percent of")
    item = outcome(own, answer)
    assert item["outcome"] == "moved"
    assert item["span"]["quote"] == "Grain made\n  up 41\u00a0percent of it."


def test_of_several_places_the_nearest(own: Library, docs: Path) -> None:
    answer = saved(own)
    changed(
        own, docs, "Port of Veldmark in 2022", f"Port of Veldmark in 2022\n\n{QUOTE} {'Ships came and went. ' * 40}"
    )
    item = outcome(own, answer)
    text = own.stored_text("port.txt")
    assert item["span"]["start"] == text.rindex(QUOTE) if text.rindex(QUOTE) < 500 else text.index(QUOTE)
    assert "2 times" in item["why"]


def test_words_that_changed_are_lost_with_the_difference(own: Library, docs: Path) -> None:
    answer = saved(own)
    changed(own, docs, "41 percent", "14 percent")
    item = outcome(own, answer)
    assert (item["outcome"], item["span"]["quote"]) == ("lost", "Grain made up 14 percent of it.")
    assert [(edit["there"], edit["here"]) for edit in item["diff"]] == [("14", "41")]


def test_words_that_were_deleted_are_lost(own: Library, docs: Path) -> None:
    answer = saved(own)
    changed(own, docs, QUOTE, "")
    item = outcome(own, answer)
    assert (item["outcome"], item["span"]) == ("lost", None)
    assert item["why"]


def test_a_document_that_is_gone(own: Library) -> None:
    answer = saved(own)
    own.remove(["port.txt"])
    item = outcome(own, answer)
    assert (item["outcome"], item["span"]) == ("lost", None)
    assert "'port.txt' is not in the library any more" in item["why"]


def test_a_document_under_another_name(own: Library, docs: Path) -> None:
    answer = saved(own)
    (docs / "port.txt").rename(docs / "harbour.txt")
    own.add([docs])
    item = outcome(own, answer)
    assert (item["outcome"], item["span"]["doc_id"]) == ("lost", "harbour.txt")
    assert item["why"].endswith("its words stand in 'harbour.txt'")


def test_offsets_that_do_not_hold_the_quote(own: Library) -> None:
    """A version that did not change is no proof: the file may be of another library, or edited."""
    item = outcome(own, saved(own, start=3, end=9))
    assert item["outcome"] == "moved"
    item = outcome(own, saved(own, end=10**9))
    assert (item["outcome"], item["span"]["quote"]) == ("moved", QUOTE)


def test_each_number_once_in_order_and_none_for_a_refusal(own: Library) -> None:
    one = saved(own)["statements"][0]["citations"][0]
    two = {**one, "number": 2, "start": 0, "end": 4, "quote": "Port"}
    statements = [{"citations": [two, one]}, {"citations": [one]}]
    assert [i.saved.number for i in own.recheck({"question": "?", "statements": statements})] == [1, 2]
    assert own.recheck({"question": "?", "kind": "refusal", "statements": []}) == []


def test_every_answer_of_the_shared_library_is_the_same() -> None:
    library = shared_library()
    for question in ("How much cargo did the port of Veldmark handle in 2023?", "Who planted the orchard at Hollin?"):
        answer = answer_json(library.ask(question))
        checked = library.recheck(json.loads(json.dumps(answer)))
        assert checked
        assert {item.outcome for item in checked} == {"same"}


NO_CITATION = {"number": 1, "doc_id": "port.txt", "version": "?", "start": -1, "end": 2, "quote": ""}


@pytest.mark.parametrize(
    "value",
    [{}, {"question": "?"}, *({"question": "?", "statements": [{"citations": [c]}]} for c in ({}, NO_CITATION))],
)
def test_what_is_no_answer(own: Library, value: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="this is no answer"):
        own.recheck(value)


@settings(max_examples=60, deadline=None)
@given(st.text(min_size=1, max_size=40), st.integers(0, 10**6), st.integers(0, 10**6))
def test_no_saved_citation_raises(quote: str, start: int, end: int) -> None:
    citation = {"number": 1, "doc_id": "port-2022.txt", "version": "?", "start": start, "end": end, "quote": quote}
    library = shared_library()
    (item,) = library.recheck({"question": "?", "statements": [{"citations": [citation]}]})
    if item.outcome != "lost":
        assert item.citation
        assert item.citation.quote


# -- the command


def pincite(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([COMMAND, *map(str, arguments)], capture_output=True, text=True, check=False, timeout=60)


def test_the_command(own: Library, docs: Path, tmp_path: Path) -> None:
    answer = saved(own)
    changed(own, docs, "41 percent", "14 percent")
    own.close()
    write(tmp_path, {"answer.json": json.dumps(answer, indent=1), "empty.json": " \n", "other.json": "[1]"})
    lines = [{"qid": "a", **answer}, {"qid": "b", **answer, "statements": []}]
    write(tmp_path, {"batch.jsonl": "".join(json.dumps(line) + "\n" for line in lines), "half.jsonl": '{"qid": 1\n'})
    library = tmp_path / "library"

    done = pincite("recheck", tmp_path / "answer.json", "--text", "--library", library)
    assert (done.returncode, done.stderr) == (0, "")
    assert "[1] lost (the document words it differently now): Grain made up 41 percent of it." in done.stdout
    assert "»Grain made up [14 → 41] percent of it.«" in done.stdout

    done = pincite("recheck", tmp_path / "batch.jsonl", "--library", library)
    answers = json.loads(done.stdout)["answers"]
    assert [(a["qid"], [c["outcome"] for c in a["citations"]]) for a in answers] == [("a", ["lost"]), ("b", [])]

    for name, message in (("empty.json", "holds no answer"), ("other.json", "holds no answer"),
                          ("half.jsonl", "line 1 is no JSON"), ("none.json", "No such file")):  # fmt: skip
        done = pincite("recheck", tmp_path / name, "--library", library)
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr.count("\n") == 1
        assert message in done.stderr

"""Each invariant: a right answer keeps it, a planted breach of it is reported. Then the command on a real library."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from eval import invariants
from eval.breaches import INVARIANTS, AnswerFields, Case, breaches, printed_breaches
from eval.gold_files import load_gold
from eval.invariants import main
from rag import open_library

Json = dict[str, Any]

MILL = "The mill was built in 1820. It burned down in 1904. Old wood feeds a fire."
INN = "Agnes Bell bought the inn in 1911."
STORED = {("mill.txt", "v1"): MILL, ("inn.txt", "v2"): INN}


def stored_text(doc_id: str, version: str) -> str:
    return STORED[doc_id, version]


def cite(number: int, doc_id: str, version: str, quote: str, verdict: str = "exact") -> Json:
    start = STORED[doc_id, version].index(quote)
    place = {"doc_id": doc_id, "version": version, "title": "Hill Farm", "source": f"/docs/{doc_id}"}
    span = {"published": "1950-02-01", "page": None, "start": start, "end": start + len(quote), "quote": quote}
    return {"number": number, **place, **span, "verdict": verdict}


def hit(rank: int, score: float, doc_id: str, version: str, cited: bool) -> Json:
    text = STORED[doc_id, version]
    place = {"doc_id": doc_id, "version": version, "title": "Hill Farm", "start": 0, "end": len(text), "text": text}
    return {"rank": rank, "score": score, **place, "found_by": ["dense"], "sent_spans": [[0, 27]], "cited": cited}


def side(statement: int, number: int, value: str) -> Json:
    return {"statement": statement, "number": number, "value": value, "label": ""}


def right_answer() -> Json:
    """Two statements; the second cites the first one's span again, and takes a name from the question."""
    built = cite(1, "mill.txt", "v1", "The mill was built in 1820.")
    burned = cite(2, "mill.txt", "v1", "It burned down in 1904.", "supported")
    return {
        "kind": "answer",
        "question": "When did the Otter Mill burn?",
        "query": "When did the Otter Mill burn?",
        "mode": "local",
        "model": "small",
        "short": "1904",
        "statements": [
            {"text": "The mill was built in 1820.", "support": 1.0, "citations": [built]},
            {"text": "The Otter Mill of 1820 burned down in 1904.", "support": 0.5, "citations": [burned, built]},
        ],
        "conflicts": [{"about": "year", "statements": [0, 1], "sides": [side(0, 1, "1820"), side(1, 2, "1904")]}],
        "fallback_from": None,
        "reason": None,
        "withheld": [{"text": "It burned down in 1914.", "verdict": "altered", "why": "1914"}],
        "hits": [hit(1, 0.9, "mill.txt", "v1", True), hit(2, 0.4, "inn.txt", "v2", False)],
        "timings_s": {"retrieve": 0.02, "draft": 0.0},
        "tokens": {"prompt": 3, "completion": 0},
        "calls": 1,
    }


def right_refusal() -> Json:
    hits = [hit(1, 0.9, "mill.txt", "v1", False)]
    empty: Json = {"statements": [], "conflicts": [], "withheld": [], "short": None}
    return right_answer() | empty | {"kind": "refusal", "reason": "no_evidence", "hits": hits}


def test_right_answers_have_no_breach() -> None:
    assert breaches(right_answer(), stored_text) == []
    assert breaches(right_refusal(), stored_text) == []
    assert breaches(right_refusal() | {"question": "?!", "hits": []}, stored_text) == []


def renumbered(answer: Json) -> None:
    answer["statements"][1]["citations"][0]["number"] = 3


def numbered_twice(answer: Json) -> None:
    again = answer["statements"][1]["citations"].pop()
    answer["statements"][1]["citations"].append(again | {"number": 3})


def put(*path: str | int, value: Any) -> Callable[[Json], None]:
    def mutate(answer: Json) -> None:
        place: Any = answer
        for key in path[:-1]:
            place = place[key]
        place[path[-1]] = value

    return mutate


FIRST = ("statements", 0, "citations", 0)
# (name, what is done to the right answer, part of the message)
PLANTED: list[tuple[str, Callable[[Json], None], str]] = [
    ("answer with a reason", put("reason", value="no_evidence"), "reason: an answer has none, 'no_evidence'"),
    ("no citation", put("statements", 1, "citations", value=[]), "statements[1].citations: none, 'The Otter Mill"),
    ("quote altered", put(*FIRST, "quote", value="The mill was built in 1821."), "citations[0].quote: the stored text"),
    ("quote moved", put(*FIRST, "start", value=1), "citations[0].quote: the stored text there is 'he mill"),
    ("negative offset", put(*FIRST, "start", value=-74), "citations[0].quote: the stored text there is None"),
    ("beyond the end", put(*FIRST, "end", value=999), "citations[0].quote: the stored text there is None"),
    ("version unknown", put(*FIRST, "version", value="v9"), "citations[0].quote: the stored text there is None"),
    ("number skipped", renumbered, "statements[1].citations[0].number: 2 is due, 3"),
    ("number not reused", numbered_twice, "statements[1].citations[1].number: 1 is due, 3"),
    ("verdict not shown", put(*FIRST, "verdict", value="altered"), "verdict: not one that is shown, 'altered'"),
    ("short from nowhere", put("short", value="1905"), "short: not in a cited quote, '1905'"),
    ("short empty", put("short", value=""), "short: not in a cited quote, ''"),
    ("cited, in no hit", put("hits", 0, "start", value=20), "citations[0]: in no hit, 'mill.txt' 0-27"),
    ("flag missing", put("hits", 0, "cited", value=False), "hits[0].cited: a citation lies in it, False"),
    ("flag too many", put("hits", 1, "cited", value=True), "hits[1].cited: no citation lies in it, True"),
    ("rank skipped", put("hits", 1, "rank", value=3), "hits[1].rank: 2 is due, 3"),
    ("score rises", put("hits", 1, "score", value=0.95), "hits[1].score: above the 0.9 before it, 0.95"),
    ("score zero", put("hits", 1, "score", value=0.0), "hits[1].score: not above 0 and at most 1, 0.0"),
    ("score above one", put("hits", 0, "score", value=1.5), "hits[0].score: not above 0 and at most 1, 1.5"),
    ("score no number", put("hits", 0, "score", value=float("nan")), "hits[0].score: not above 0 and at most 1, nan"),
    ("hit text altered", put("hits", 1, "text", value=INN.upper()), "hits[1].text: the stored text there is 'Agnes"),
    ("hit of no document", put("hits", 1, "doc_id", value="barn.txt"), "hits[1].text: the stored text there is None"),
    ("sent beyond the hit", put("hits", 1, "sent_spans", value=[[0, 35]]), "hits[1].sent_spans: outside 0-34, 0-35"),
    ("sent nothing", put("hits", 1, "sent_spans", value=[[5, 5]]), "hits[1].sent_spans: outside 0-34, 5-5"),
    ("support above one", put("statements", 0, "support", value=1.01), "statements[0].support: not in [0, 1], 1.01"),
    ("support negative", put("statements", 0, "support", value=-0.1), "statements[0].support: not in [0, 1], -0.1"),
    ("conflict of nobody", put("conflicts", 0, "statements", value=[0, 2]), "conflicts[0].statements: no such"),
    ("side of no citation", put("conflicts", 0, "sides", 1, "number", value=3), "conflicts[0].sides: statement 1"),
    ("side of another", put("conflicts", 0, "statements", value=[0]), "conflicts[0].sides: statement 1"),
    ("withheld, yet shown", put("withheld", 0, "text", value="The mill was  built in 1820."), "withheld[0].text: "),
    ("time runs back", put("timings_s", "draft", value=-0.001), "timings_s.draft: not a duration, -0.001"),
    ("value altered", put("statements", 0, "text", value="The mill was built in 1921."), "statements[0]: date '1921'"),
    ("number from the question", put("statements", 0, "text", value="All 7 mills burned."), "statements[0]: value '7"),
    ("name altered", put("statements", 0, "text", value="In 1820 Agnes built it."), "statements[0]: name 'Agnes'"),
    ("date of another hit", put("statements", 0, "text", value="It was built in 1911."), "statements[0]: date '1911'"),
]  # fmt: skip
MALFORMED: list[tuple[str, Callable[[Json], None], str]] = [
    ("field missing", lambda answer: answer.pop("withheld"), "withheld: Field required"),
    ("field of another type", put("statements", 0, "support", value="high"), "statements.0.support: Input should be"),
    ("kind unknown", put("kind", value="guess"), "kind: Input should be 'answer' or 'refusal', 'guess'"),
]
ALL = PLANTED + MALFORMED


@pytest.mark.parametrize(("mutate", "message"), [p[1:] for p in ALL], ids=[p[0] for p in ALL])
def test_planted_breach_is_reported(mutate: Callable[[Json], None], message: str) -> None:
    answer = copy.deepcopy(right_answer())
    mutate(answer)
    found = breaches(answer, stored_text)
    assert message in "\n".join(found)
    assert all("\n" not in breach for breach in found)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"reason": None}, "reason: a refusal has one of no_evidence, model_declined, unverified, None"),
        ({"reason": "busy"}, "reason: a refusal has one of no_evidence, model_declined, unverified, 'busy'"),
        ({"statements": right_answer()["statements"]}, "statements: a refusal has none, 'The mill was built in 1820.'"),
        ({"hits": []}, "hits: a refusal shows its nearest, [] for 'When did the Otter Mill burn?'"),
        ({"short": "1904"}, "short: not in a cited quote, '1904'"),
        ({"kind": "answer", "reason": None}, "statements: an answer has at least one, []"),
    ],
)
def test_planted_breach_of_a_refusal_is_reported(changed: Json, message: str) -> None:
    assert message in breaches(right_refusal() | changed, stored_text)


def test_every_invariant_has_a_planted_breach() -> None:
    caught = set()
    for _, mutate, _ in PLANTED:
        answer = copy.deepcopy(right_answer())
        mutate(answer)
        case = Case(AnswerFields.model_validate(answer), stored_text)
        caught |= {invariant for invariant in INVARIANTS if list(invariant(case))}
    assert caught == set(INVARIANTS)


def test_names_may_come_from_an_earlier_question_and_from_title_and_date() -> None:
    answer = right_answer()
    answer["question"] = "When did it burn?"
    assert any("name 'Otter Mill'" in breach for breach in breaches(answer, stored_text))
    assert breaches(answer, stored_text, ["What is the Otter Mill?"]) == []
    answer["statements"][1]["text"] = "Hill Farm burned down in 1904, it was written in February 1950."
    assert breaches(answer, stored_text) == []


def test_a_sentence_may_begin_with_a_word_the_library_has_in_lower_case() -> None:
    answer = right_answer()
    answer["statements"][0]["text"] = "Wood burned in 1820."
    assert breaches(answer, stored_text) == []
    answer["statements"][0]["text"] = "Woodland burned in 1820."
    assert any("name 'Woodland'" in breach for breach in breaches(answer, stored_text))


PRINTED = """The mill was built in 1820. [1]
The Otter Mill of 1820 burned down in 1904. [2][1]

[1] Hill Farm · mill.txt · characters 0-27
    pincite show mill.txt --start 0 --end 27
"""


@pytest.mark.parametrize(
    ("printed", "message"),
    [
        (PRINTED.replace("1820. [1]", "1821. [1]"), "statements[0].text: printed as 'The mill was built in 1821. [1]'"),
        (PRINTED.replace("[2][1]", "[2]"), "[1].text: printed as 'The Otter Mill of 1820 burned down in 1904. [2]'"),
        (PRINTED.partition("\n")[2], "statements[0].text: printed as 'The Otter"),
        ("An extra one. [9]\n" + PRINTED, "statements[2].text: printed as 'The Otter"),
        ("No answer in these documents.\nNearest passages:\n", "statements[0].text: printed as None"),
    ],
)  # fmt: skip
def test_printed_sentences_that_differ_are_reported(printed: str, message: str) -> None:
    assert message in "\n".join(printed_breaches(right_answer(), printed))


def test_printed_sentences_that_agree() -> None:
    assert printed_breaches(right_answer(), PRINTED) == []
    assert printed_breaches(right_refusal(), "No answer in these documents.\nNearest passages:\n  Farm: fire…\n") == []


# -- the command, on a real library


GOLD: list[Json] = [
    {
        "qid": "q1", "question": "When did the mill burn down?", "answerable": True, "category": "single",
        "facts": [["1904"]], "evidence": [{"doc_id": "mill.txt", "quote": "It burned down in 1904."}],
    },
    {
        "qid": "q2", "question": "And who bought the inn?", "answerable": True, "category": "follow_up",
        "history": [{"question": "When was the mill built?", "answer": "In 1820."}],
        "facts": [["Agnes Bell"]], "evidence": [{"doc_id": "inn.txt", "quote": INN}],
    },
    {"qid": "q3", "question": "How many kangaroos live in Perth?", "answerable": False, "category": "unanswerable"},
]  # fmt: skip


def write_lines(path: Path, rows: list[Json]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library of two notes, one with Windows line ends, its gold questions and the real answers to them."""
    folder = tmp_path_factory.mktemp("invariants")
    (folder / "docs").mkdir()
    (folder / "docs" / "mill.txt").write_text(f"The mill.\r\n\r\n{MILL}\r\n", encoding="utf-8", newline="")
    (folder / "docs" / "inn.txt").write_text(f"The inn.\n\n{INN}\n", encoding="utf-8")
    with open_library(folder / "library", mode="extractive") as library:
        library.add([folder / "docs"])
    gold = write_lines(folder / "gold.jsonl", GOLD)
    command = invariants.Command(folder / "library")
    write_lines(folder / "answers.jsonl", command.answers(load_gold(gold).questions))
    return folder


def run(folder: Path, *arguments: str) -> int:
    return main(["--library", str(folder / "library"), "--gold", str(folder / "gold.jsonl"), *arguments])


def test_real_answers_pass(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(folder) == 0
    out = capsys.readouterr().out
    assert out.startswith("3 answers, ")
    assert out.endswith(" citations: no breach\n")
    assert out.count("\n") == 1


def test_a_planted_breach_ends_in_1(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    answers = invariants.read_answers(folder / "answers.jsonl")
    assert answers[0]["statements"], "the question on the mill must be answered for this test to plant anything"
    answers[0]["statements"][0]["citations"][0]["quote"] = "It burned down in 1905."
    lines = write_lines(tmp_path / "answers.jsonl", answers[:2])
    assert run(folder, "--answers", str(lines), "--printed", "0") == 1
    out = capsys.readouterr().out.splitlines()
    assert out[0].startswith("q1: statements[0].citations[0].quote: the stored text there is ")
    assert "q3: answer: missing, 'How many kangaroos live in Perth?'" in out
    assert out[-1].endswith(f": {len(out) - 1} breaches")


def test_a_sentence_that_is_printed_otherwise_ends_in_1(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answers = invariants.read_answers(folder / "answers.jsonl")
    answers[0]["statements"][0]["text"] = "It BURNED down in 1904."
    lines = write_lines(tmp_path / "answers.jsonl", [*answers, {"qid": "q9"}, answers[2]])
    # q9 is in no gold file and q3 is there twice; the altered sentence keeps every other invariant
    assert run(folder, "--answers", str(lines), "--printed", "1") == 1
    out = capsys.readouterr().out
    assert "q1: statements[0].text: printed as 'It burned down in 1904. [1]', 'It BURNED" in out
    assert "q9: qid: not in the gold files, or answered before, 'q9'" in out
    assert "q3: qid: not in the gold files, or answered before, 'q3'" in out


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (["--answers", "missing.jsonl"], "missing.jsonl"),
        (["--answers", "{bad}"], "line 1: not JSON"),
        (["--answers", "{list}"], "line 1: not an object, [1]"),
        (["--gold", "{gold}"], "a qid occurs in two gold files"),
        (["--gold", "{bad}"], "has 1 bad line(s)"),
        (["--library", "nowhere"], "no library at 'nowhere'"),
    ],
)
def test_usage_ends_in_2(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], change: list[str], message: str
) -> None:
    (tmp_path / "bad.jsonl").write_text("{\n", encoding="utf-8")
    (tmp_path / "list.jsonl").write_text("[1]\n", encoding="utf-8")
    paths = {"bad": tmp_path / "bad.jsonl", "list": tmp_path / "list.jsonl", "gold": folder / "gold.jsonl"}
    with pytest.raises(SystemExit) as ended:
        run(folder, *(argument.format(**paths) for argument in change))
    assert ended.value.code == 2
    assert message in capsys.readouterr().err


def test_a_command_that_fails_ends_in_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    gold = write_lines(tmp_path / "gold.jsonl", GOLD)
    assert main(["--library", str(tmp_path), "--gold", str(gold)]) == 1  # a folder that is no library
    assert "ended with 1" in capsys.readouterr().err

"""Gold files: what is accepted, and that every problem of every line is told."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from eval.errors import EvaluationError, GoldInvalid
from eval.gold import GoldQuestion, check_gold, gold_hash
from eval.gold_files import load_gold

EVAL = Path(__file__).parents[1] / "eval"
GOOD: dict[str, Any] = {
    "qid": "q1",
    "question": "How tall is the tower?",
    "answerable": True,
    "category": "single",
    "facts": [["88 metres", "88 m"]],
    "evidence": [{"doc_id": "tower.txt", "quote": "rises to 88 metres"}],
}
NO_ANSWER: dict[str, Any] = {"qid": "q2", "question": "Who?", "answerable": False, "category": "unanswerable"}


def gold_file(folder: Path, *lines: str | dict[str, Any]) -> Path:
    path = folder / "gold.jsonl"
    path.write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines), encoding="utf-8")
    return path


def value(form: str, doc_id: str = "tower.txt") -> dict[str, Any]:
    return {"value": [form], "evidence": [{"doc_id": doc_id, "quote": "rises"}]}


def problems(folder: Path, *lines: str | dict[str, Any]) -> str:
    with pytest.raises(GoldInvalid) as caught:
        load_gold(gold_file(folder, *lines))
    return str(caught.value)


@pytest.mark.parametrize("name", ["sample", "news"])
def test_the_gold_files_of_the_project_are_valid(name: str) -> None:
    path = EVAL / name / "gold.jsonl"
    assert [q.to_json() for q in load_gold(path).questions] == [
        json.loads(line) for line in path.read_text("utf-8").splitlines()
    ]


def test_keys_that_may_be_left_out(tmp_path: Path) -> None:
    (question,) = load_gold(gold_file(tmp_path, GOOD)).questions
    assert question.facts == (("88 metres", "88 m"),)
    assert (question.history, question.forbid, question.conflict) == ((), (), ())
    assert question.cluster is None
    assert question.reference is None


def test_blank_lines_a_byte_order_mark_and_windows_line_ends_are_fine(tmp_path: Path) -> None:
    path = tmp_path / "gold.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + json.dumps(GOOD).encode() + b"\r\n\r\n" + json.dumps(NO_ANSWER).encode())
    assert [q.qid for q in load_gold(path).questions] == ["q1", "q2"]


def test_a_line_separator_inside_a_string_does_not_end_the_line(tmp_path: Path) -> None:
    line = json.dumps(GOOD | {"question": "one\u2028two"}, ensure_ascii=False)
    assert load_gold(gold_file(tmp_path, line)).questions[0].question == "one\u2028two"


def test_all_bad_lines_are_listed_with_their_numbers(tmp_path: Path) -> None:
    message = problems(tmp_path, GOOD, "{not json", "", NO_ANSWER | {"qid": "q1"}, GOOD | {"qid": "q5", "extra": 1})
    assert "has 3 bad line(s), correct them and try again" in message
    assert str(tmp_path / "gold.jsonl") in message
    assert [line.split(":")[0] for line in message.splitlines()[1:]] == ["  line 2", "  line 4", "  line 5"]


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"colour": "red"}, "unknown key 'colour'"),
        ({"answerable": "yes"}, "answerable: Input should be a valid boolean, not 'yes'"),
        ({"qid": " "}, "qid: String should match pattern '\\S', not ' '"),
        ({"facts": [[]]}, "facts.0: Tuple should have at least 1 item after validation, not 0, not []"),
        ({"facts": ["88"]}, "facts.0: Input should be a valid array, not '88'"),
        ({"question": ["x" * 90]}, "question: Input should be a valid string, not ['" + "x" * 58 + "…"),
        ({"evidence": [{"doc_id": "tower.txt"}]}, "missing key 'evidence.0.quote'"),
        ({"facts": []}, "answerable, but without facts"),
        ({"evidence": []}, "answerable, but without evidence"),
        ({"facts": [], "evidence": []}, "answerable, but without facts; answerable, but without evidence"),
        ({"category": "disagreement"}, "a disagreement needs at least two values, conflict has 0"),
        ({"conflict": [value("88")]}, "a disagreement needs at least two values, conflict has 1"),
        ({"facts": [["88"], ["–"]]}, "form '–' holds nothing to compare"),
        ({"forbid": ["the"]}, "form 'the' holds nothing to compare"),
        ({"conflict": [value("88"), value("?")]}, "form '?' holds nothing to compare"),
    ],
)
def test_each_problem_of_a_line(tmp_path: Path, change: dict[str, Any], problem: str) -> None:
    assert problems(tmp_path, GOOD | change).splitlines()[1].startswith(f"  line 1: {problem}")


@pytest.mark.parametrize("key", ["qid", "question", "answerable", "category"])
def test_missing_keys(tmp_path: Path, key: str) -> None:
    assert f"line 1: missing key {key!r}" in problems(tmp_path, {k: v for k, v in GOOD.items() if k != key})


def test_several_problems_of_one_line(tmp_path: Path) -> None:
    message = problems(tmp_path, GOOD | {"extra": 1, "facts": [["88"], 7], "cluster": ""})
    assert "line 1: facts.1: " in message
    assert "; cluster: " in message
    assert message.endswith("; unknown key 'extra'")


def test_bad_json_says_where(tmp_path: Path) -> None:
    assert "line 2: not JSON (expected ident at column 10)" in problems(tmp_path, GOOD, '{"qid": nope}')


def test_duplicate_qids_name_the_first_line(tmp_path: Path) -> None:
    assert "line 3: qid 'q1' is already used on line 1" in problems(tmp_path, GOOD, NO_ANSWER, GOOD)


def test_unanswerable_questions_hold_no_answer(tmp_path: Path) -> None:
    full = GOOD | {"answerable": False, "conflict": [value("1"), value("2")]}
    expected = "unanswerable, but with facts; unanswerable, but with evidence; unanswerable, but with conflict"
    assert expected in problems(tmp_path, full)


def test_an_unanswerable_question_may_forbid(tmp_path: Path) -> None:
    assert load_gold(gold_file(tmp_path, NO_ANSWER | {"forbid": ["4,200"]})).questions[0].forbid == ("4,200",)


def test_missing_empty_and_undecodable_files(tmp_path: Path) -> None:
    with pytest.raises(GoldInvalid, match=r"none\.jsonl' cannot be read \(No such file .*: pass the path"):
        load_gold(tmp_path / "none.jsonl")
    with pytest.raises(GoldInvalid, match="holds no question: write one JSON object a line"):
        load_gold(gold_file(tmp_path, "", " "))
    (tmp_path / "latin.jsonl").write_bytes(b"{\xff}")
    with pytest.raises(GoldInvalid, match=r"is not UTF-8 \(byte 1\): save it as UTF-8"):
        load_gold(tmp_path / "latin.jsonl")
    assert issubclass(GoldInvalid, EvaluationError)


def parsed(**change: Any) -> GoldQuestion:
    return GoldQuestion.model_validate_json(json.dumps(GOOD | change))


def test_the_hash_ignores_order_and_sees_every_change() -> None:
    a, b = parsed(), parsed(qid="q2")
    assert gold_hash([a, b]) == gold_hash([b, a])
    assert len(gold_hash([a])) == 64
    variants = [a, parsed(forbid=["9"]), parsed(reference="88 m."), parsed(facts=[["88 m", "88 metres"]]), b]
    assert len({gold_hash([q]) for q in variants}) == len(variants)


def test_the_hash_is_that_of_canonical_json() -> None:
    question = GoldQuestion(qid="é", question="?", answerable=False, category="c")
    canonical = (
        '[{"answerable":false,"category":"c","cluster":null,"conflict":[],"evidence":[],"facts":[],'
        '"forbid":[],"history":[],"qid":"é","question":"?","reference":null}]'
    )
    assert gold_hash([question]) == hashlib.sha256(canonical.encode()).hexdigest()


def test_check_names_missing_documents_and_quotes() -> None:
    texts = {"tower.txt": "The tower rises  to\n88 metres.", "bridge.txt": "It is ‘long’."}
    question = parsed(
        evidence=[
            {"doc_id": "tower.txt", "quote": "rises to 88 metres"},
            {"doc_id": "bridge.txt", "quote": "is 'long'"},
            {"doc_id": "gone.txt", "quote": "rises"},
        ],
        conflict=[value("88", "bridge.txt"), value("99", "gone.txt")],
    )
    assert check_gold([question], texts.get) == [
        "q1: no document 'gone.txt' in the library: add it or correct doc_id",
        "q1: no quote 'rises' in 'bridge.txt': copy it from `pincite show`",
    ]
    assert check_gold([parsed()], texts.get) == []

"""Gold files: what is accepted, and that every problem of every line is told."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from eval.errors import EvaluationError, GoldInvalid
from eval.gate import DEFAULT_GATE, TIER_OF, Margin
from eval.gold import GoldQuestion, gold_hash
from eval.gold_files import load_gold, read_gold

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


def yaml_problems(folder: Path, text: str) -> list[str]:
    path = folder / "gold.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(GoldInvalid) as caught:
        load_gold(path)
    return str(caught.value).splitlines()[1:]


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
        ({"qid": " "}, "qid: words are needed, not ' '"),
        ({"facts": [[]]}, "facts.0: Tuple should have at least 1 item after validation, not 0, not []"),
        ({"facts": ["88"]}, "facts.0: a list is needed, even of one, not '88'"),
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


# -- the gate


def test_the_gate_stands_on_the_first_line(tmp_path: Path) -> None:
    gate = {"gate": {"right": {"margin": 0.1, "minimum": 0.01}, "fact_recall": {"margin": 0.05}}}
    gold = load_gold(gold_file(tmp_path, gate, GOOD))
    assert gold.gate == {"right": Margin(margin=0.1, minimum=0.01), "fact_recall": Margin(margin=0.05, minimum=0.02)}
    bare = load_gold(gold_file(tmp_path, GOOD))
    assert bare.gate == DEFAULT_GATE
    assert gold_hash(gold.questions) == gold_hash(bare.questions)
    message = problems(tmp_path, GOOD, gate)
    assert message.endswith("line 2: the gate belongs on the first line, once")


@pytest.mark.parametrize(
    ("gate", "problem"),
    [
        ({"rihgt": {"margin": 0.1}}, "gate: no metric 'rihgt', take one of right, fact_recall, "),
        ({"right": {"margin": 0}}, "gate.right.margin: Input should be greater than 0, not 0"),
        ({"right": {}}, "missing key 'gate.right.margin'"),
        ({"right": {"margin": "0.1"}}, "gate.right.margin: Input should be a valid number, not '0.1'"),
        ({"right": {"margin": 0.1, "max": 1}}, "unknown key 'gate.right.max'"),
    ],
)
def test_problems_of_the_gate(tmp_path: Path, gate: dict[str, Any], problem: str) -> None:
    assert problems(tmp_path, {"gate": gate}, GOOD).splitlines()[1].startswith(f"  line 1: {problem}")


def test_every_metric_can_be_gated_and_has_a_tier(tmp_path: Path) -> None:
    gate = {"gate": {name: {"margin": 0.1} for name in TIER_OF}}
    assert set(load_gold(gold_file(tmp_path, gate, GOOD)).gate) == set(TIER_OF)


# -- YAML

YAML = """\
# the tower
gate:
  right: {margin: 0.1}
questions:
  - qid: q1
    question: How tall is the tower?
    answerable: true
    category: single
    facts:
      - [88 metres, 88 m]
    evidence:
      - doc_id: tower.txt
        quote: >-
          rises to
          88 metres
"""


def test_yaml_holds_the_same_as_jsonl(tmp_path: Path) -> None:
    (tmp_path / "gold.yml").write_text(YAML, encoding="utf-8")
    gold = load_gold(tmp_path / "gold.yml")
    assert gold.gate == {"right": Margin(margin=0.1)}
    assert gold.questions == load_gold(gold_file(tmp_path, GOOD)).questions


def test_yaml_problems_stand_on_the_lines_of_their_values(tmp_path: Path) -> None:
    text = YAML.replace("qid: q1", "qid: 007").replace("[88 metres, 88 m]", "[1952, 2015-05-07, no]")
    text = text.replace("right:", "rihgt:") + "        doc_id: b.txt\n    cluster: &c tower\n    reference: *c\n"
    text += "  - {qid: q2, question: Who, answerable: false, category: none}\n  - {qid: q2, colour: red}\n"
    text += "  - {qid: q3, question: When, answerable: false, category: !x none}\nmore: 1\n"
    said = yaml_problems(tmp_path, text)
    assert said[0].startswith("  line 3: gate: no metric 'rihgt', take one of right,")
    assert said[1] == '  line 5: qid: YAML reads 007 as a number: write "007"'
    assert said[2].split("; ") == [
        '  line 10: facts.0.1: YAML reads 2015-05-07 as a date: write "2015-05-07"',
        'facts.0.0: YAML reads 1952 as a number: write "1952"',
        'facts.0.2: YAML reads no as true or false: write "no"',
    ]
    assert said[3:] == [
        "  line 16: key 'doc_id' is already used on line 12",
        "  line 18: reference: write out what the alias (*) stands for",
        "  line 20: missing key 'question'; missing key 'answerable'; missing key 'category'; unknown key 'colour'",
        "  line 21: category: tag '!x' is not known here: leave it out",
        "  line 22: unknown key 'more': a gold file has `gate` and `questions`",
    ]


def test_duplicate_qids_of_a_yaml_file(tmp_path: Path) -> None:
    question = "  - {qid: q2, question: Who, answerable: false, category: none}\n"
    assert yaml_problems(tmp_path, "questions:\n" + 2 * question) == ["  line 3: qid 'q2' is already used on line 2"]
    text = "questions: [" + ", ".join(2 * ["{qid: q2, question: Who, answerable: false, category: none}"]) + "]\n"
    assert yaml_problems(tmp_path, text) == ["  line 1: qid 'q2' is already used on line 1"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("questions:\n  - question: Who: him?\n", "line 2: not YAML (mapping values are not allowed here): indent"),
        ("questions:\n\t- a\n", "line 2: not YAML (while scanning for the next token, found character '\\t'"),
        ("questions: []\n--- \n", "line 2: not YAML (expected a single document"),
        ("questions:\n  - a\x07\n", "line 2: not YAML (character U+0007)"),
        (9_000 * "[", "line 1: nested too deeply for a gold file"),
        ("- qid: a\n", "line 1: write `questions:` on a line of its own"),
        ("gate: {}\nquestions: {}\n", "line 2: `questions` is no list"),
        ("questions:\n  - [a]: b\n", "line 2: a key is a word, not a list or a mapping"),
        ('questions:\n  - qid: "\\ud800"\n', "line 2: qid: half a character"),
        ("questions:\n  - qid: " + 5_000 * "9", "line 2: qid: more digits than a number may have"),
        ("questions:\n  -\n", "line 2: the entry: Input should be an object, not None"),
        ("questions:\n  - qid:\n", "line 2: qid: nothing is written here"),
    ],
)
def test_yaml_that_is_no_gold_file(tmp_path: Path, text: str, problem: str) -> None:
    assert yaml_problems(tmp_path, text)[0].startswith(f"  {problem}")


def test_nested_aliases_do_not_grow(tmp_path: Path) -> None:
    rows = ["- &a0 [x, x]", *(f"- &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 60))]
    assert "write out what the alias (*) stands for" in " ".join(yaml_problems(tmp_path, _list(rows)))


def _list(rows: list[str]) -> str:
    return "questions:\n" + "".join(f"  {row}\n" for row in rows)


# -- duplicate keys and drafts


def test_a_key_twice_in_one_object(tmp_path: Path) -> None:
    line = '{"qid": "q", "qid": "r", "question": "?", "answerable": false, "category": "c"}'
    assert problems(tmp_path, line).endswith("  line 1: key 'qid' stands twice in one object")
    inner = json.dumps(GOOD).replace('"doc_id":', '"doc_id": "x", "doc_id":')
    assert problems(tmp_path, inner).endswith("  line 1: key 'doc_id' stands twice in one object")


def test_drafts_are_refused_unless_asked_for(tmp_path: Path) -> None:
    draft = GOOD | {"qid": "d1", "facts": [], "accepted": False, "answered": "77 metres."}
    path = gold_file(tmp_path, GOOD, draft)
    with pytest.raises(GoldInvalid, match=r"has 1 draft\(s\) that nobody has accepted: write `acc") as caught:
        load_gold(path)
    assert str(caught.value).endswith("\n  line 2: d1: How tall is the tower?")
    gold = read_gold(path)
    assert [[q.qid for q in of] for of in (gold.questions, gold.drafts)] == [["q1"], ["d1"]]
    # once accepted, it has to be whole, and is a question like any other
    assert "line 1: answerable, but without facts" in problems(tmp_path, draft | {"accepted": True})
    accepted = draft | {"accepted": True, "facts": GOOD["facts"]}
    assert load_gold(gold_file(tmp_path, accepted)).questions == (parsed(qid="d1"),)


def test_the_example_of_the_documentation_is_a_gold_file(tmp_path: Path) -> None:
    page = (EVAL.parent / "docs" / "evaluation.md").read_text("utf-8")
    (tmp_path / "gold.yaml").write_text(page.split("```yaml\n")[1].split("```")[0], encoding="utf-8")
    gold = load_gold(tmp_path / "gold.yaml")
    assert [question.qid for question in gold.questions] == ["tower-height", "tower-architect"]
    assert set(gold.gate) == {"right", "refusal_recall"}

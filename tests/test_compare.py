"""Runs made by hand, compared: pairing, what is refused, the gate, baselines, repeats, and the commands."""

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from eval.bless import baseline_beside, baseline_of, bless, with_texts
from eval.compare import compare
from eval.errors import RunInvalid
from eval.gate import Gate, Margin
from eval.intervals import wilson
from eval.metrics import ScoredAnswer
from eval.pairing import is_right, pair
from eval.repeat import gate_repeats, noise_of, repeated_table, split_repeats
from eval.runner import Run, read_run, write_run
from ui.cli import main

Json = dict[str, Any]
GATE: Gate = {"right": Margin(margin=0.1)}
FINGERPRINT: dict[str, str | None] = {
    "gold_hash": "g",
    "corpus_hash": "c",
    "scorer_hash": "s",
    "mode": "extractive",
    "model": None,
    "limit": None,
    "pincite": "1",
}


def scores(qid: str, right: bool, **change: Any) -> Json:
    known: Json = dict.fromkeys(ScoredAnswer.__dataclass_fields__)
    known |= {"qid": qid, "category": "single", "cluster": qid, "answerable": True, "refused": not right}
    return known | {"right": right, "why": "" if right else "refused", "fact_recall": float(right)} | change


def item(qid: str, right: bool | None, repeat: int = 0, **change: Any) -> Json:
    """Right, refused, or (None) an error."""
    place = {
        "doc_id": "mill.txt",
        "version": "v1",
        "start": 0,
        "end": 27,
        "title": "Mill",
        "source": "/home/me/mill.txt",
    }
    said = {"text": "It was built in 1820.", "support": 1.0, "citations": [place | {"quote": "It was built in 1820."}]}
    hit = place | {"rank": 1, "score": 0.5, "text": "It was built in 1820. It burned.", "sent_spans": [[0, 9]]}
    answer: Json = {"kind": "answer", "query": "?", "statements": [said], "withheld": [], "hits": [hit], "reason": None}
    if not right:
        answer |= {"kind": "refusal", "statements": [], "reason": "no_evidence"}
    gold = {"qid": qid, "question": "?", "answerable": True, "facts": [["1820"]], "conflict": [], "category": "single"}
    made: Json = {"qid": qid, "repeat": repeat, "question": "?", "gold": gold, "error": None}
    if right is None:
        return made | {"answer": None, "scores": None, "error": "no answer came"}
    return made | {"answer": answer, "scores": scores(qid, right, **change)}


def run(items: Sequence[Json], repeats: int = 1, gate: Gate = GATE, **fingerprint: str | None) -> Run:
    failed = sum(one["error"] is not None for one in items)
    rate = {"error_rate": wilson(failed, len(items))}
    return Run("mills", "extractive", {**FINGERPRINT, **fingerprint}, rate, list(items), repeats, gate)


def of(outcomes: Sequence[bool | None], **fingerprint: str | None) -> Run:
    return run([item(f"q{n}", right) for n, right in enumerate(outcomes)], **fingerprint)


GOOD = of([True] * 90 + [False] * 10)


def test_the_same_answers_pass() -> None:
    found = compare(GOOD, GOOD)
    assert (found.outcome, found.exit_status) == ("passed", 0)
    assert (list(found.flips), list(found.notes), list(found.changed)) == ([], [], [])
    assert [(c.metric, c.verdict) for c in found.changes if c.margin is not None] == [("right", "NON-INFERIOR")]


def test_a_loss_is_found_with_its_flips_and_what_was_changed() -> None:
    found = compare(GOOD, of([False] * 30 + [True] * 70, model="m-2"), names=("a.json", "b.json"))
    assert (found.outcome, found.exit_status) == ("regressed", 3)
    assert found.changed == [("model", None, "m-2")]
    assert (found.before["file"], found.after["fingerprint"]["model"]) == ("a.json", "m-2")
    assert sorted(flip.direction for flip in found.flips) == ["lost"] * 30 + ["won"] * 10
    right = found.changes[0]
    assert (right.metric, right.before, right.after, round(right.difference, 9)) == ("right", 0.9, 0.7, -0.2)


def test_too_few_questions_are_inconclusive() -> None:
    found = compare(of([True] * 9 + [False]), of([True] * 8 + [False] * 2))
    assert (found.outcome, found.exit_status) == ("inconclusive", 4)


@pytest.mark.parametrize(
    ("key", "what"),
    [
        ("gold_hash", "different gold sets: run both on the same gold file"),
        ("corpus_hash", "different documents: index the same files for both"),
        ("scorer_hash", "run the older one again, with this version"),
    ],
)
def test_runs_of_something_else_are_refused(key: str, what: str) -> None:
    with pytest.raises(RunInvalid, match=f"{key} is '.' and 'another': .*{what}"):
        compare(GOOD, of([True], **{key: "another"}))
    with pytest.raises(RunInvalid, match=key):
        compare(of([True], **{key: None}), of([True], **{key: None}))  # unknown is not the same


def test_what_is_in_no_pair_is_named() -> None:
    before = run([item("both", True), item("old", True), item("failed", True), item("down", None)])
    after = run([item("new", True), item("failed", None), item("down", True), item("both", True)])
    assert [one.qid for one in pair(before, after).pairs] == ["both"]
    found = compare(before, after)
    assert list(found.notes) == [
        "1 dropped, only in the new run: new",
        "1 dropped, only in the baseline: old",
        "1 dropped, without an answer in the baseline: down",
        "1 dropped, without an answer in the new run: failed",
    ]
    with pytest.raises(RunInvalid, match="no question has a score in both runs: compare two finished runs"):
        compare(run([item("old", True)]), run([item("new", True)]))


def test_more_than_one_error_in_a_hundred_fails_the_gate() -> None:
    one, two = of([None] + [True] * 99), of([None] * 2 + [True] * 98)
    assert compare(GOOD, one).exit_status in (0, 4)
    for pair_of in ((GOOD, two), (two, GOOD)):
        found = compare(*pair_of, names=("old", "new"))
        assert (found.outcome, found.exit_status) == ("error", 1)
        assert "2.0% of " in found.why


def test_a_citation_that_does_not_hold_fails_even_where_nothing_is_paired() -> None:
    broken = run([item("q0", True), item("only here", True, citation_validity=False)])
    found = compare(run([item("q0", True)]), broken)
    assert (found.outcome, found.exit_status) == ("regressed", 3)
    assert "only here" in found.why


def test_repeats_are_averaged_within_their_question() -> None:
    three = [item("q", right, n) for n, right in enumerate([True, True, False])]
    (paired,) = pair(run(three, repeats=3), run([item("q", True)])).pairs
    assert paired.values()["right"] == (2 / 3, 1.0)
    assert is_right(three)
    assert not is_right(three[1:])  # a tie is no majority
    found = compare(run(three, repeats=3), run([item("q", True)]))
    assert found.notes == ["the baseline has 3 repeats of each question, the new run 1"]


def test_a_repeat_without_an_answer_leaves_the_others() -> None:
    (paired,) = pair(run([item("q", True), item("q", None, 1)], repeats=2), run([item("q", True)])).pairs
    assert (len(paired.before), paired.values()["right"]) == (1, (1.0, 1.0))


def test_a_metric_counts_where_it_applies_to_both() -> None:
    before = run([item("a", True, evidence_recall=1.0), item("b", True, evidence_recall=0.5)])
    after = run([item("a", True, evidence_recall=0.0), item("b", True)])
    change = next(c for c in compare(before, after).changes if c.metric == "evidence_recall")
    assert (change.questions, change.before, change.after) == (1, 1.0, 0.0)


def test_the_gate_is_the_baselines_and_a_margin_may_be_given() -> None:
    stricter = replace(GOOD, gate={"right": Margin(margin=0.01, minimum=0.0)})
    found = compare(GOOD, stricter)
    old, new = "right margin 0.1, minimum 0.02", "right margin 0.01, minimum 0"
    assert found.notes == [f"the gate is the baseline's ({old}); the new run has another ({new})"]
    assert found.changes[0].margin == 0.1
    found = compare(stricter, stricter, margins={"right": 0.2, "fact_recall": 0.3})
    assert {c.metric: (c.margin, c.minimum) for c in found.changes if c.margin} == {
        "right": (0.2, 0.0),
        "fact_recall": (0.3, 0.02),
    }
    with pytest.raises(RunInvalid, match="'conflict_recall' is gated, and no question of both runs has it"):
        compare(GOOD, GOOD, margins={"conflict_recall": 0.1})


# -- bless


def test_a_baseline_is_slim_and_compares_like_its_run(tmp_path: Path) -> None:
    path = tmp_path / "mills.baseline.json"
    bless(GOOD, path)
    assert "/home/me" not in path.read_text()
    assert "It burned" not in path.read_text()
    slim = read_run(path)
    assert slim.metrics == GOOD.metrics
    assert asdict(compare(slim, GOOD))["changes"] == asdict(compare(GOOD, GOOD))["changes"]
    restored = with_texts(slim, lambda *_: "It was built in 1820. It burned.")
    assert restored.items[0]["answer"]["hits"][0]["text"] == "It was built in 1820. It bu"
    assert with_texts(GOOD, lambda *_: "") == GOOD
    assert with_texts(of([None]), lambda *_: "") == of([None])


@pytest.mark.parametrize(
    ("run", "why"),
    [
        (of([None] * 2 + [True] * 98), "2 of 100 answers are errors, more than 1%: run it again"),
        (of([True], limit="1"), "asks the first 1 questions only: run the whole gold set"),
        (run([item("q7", True, citation_validity=False)]), "1 answers break citation_validity.*: q7"),
        (run([]), "no scored answer"),
        (replace(GOOD, items=[{"qid": "q1", "answer": None}]), "no scored answer"),  # of a yardstick
    ],
)
def test_what_is_no_baseline(tmp_path: Path, run: Run, why: str) -> None:
    with pytest.raises(RunInvalid, match=why):
        bless(run, tmp_path / "baseline.json")
    assert not list(tmp_path.iterdir())


def test_where_a_baseline_is() -> None:
    assert baseline_of(Path("a/gold.jsonl")) == baseline_of(Path("a/gold.yaml")) == Path("a/gold.baseline.json")
    assert baseline_of(Path("a/run.json")) == Path("a/run.json")
    with pytest.raises(RunInvalid, match="is a folder: name the gold file"):
        baseline_of(Path("."))
    assert baseline_beside(Path("a/run.json"), GOOD) == Path("a/mills.baseline.json")


# -- repeats


def test_noise_is_the_deviation_within_a_question() -> None:
    items = [item("a", True), item("a", False, 1), item("b", True), item("b", True, 1)]
    by_metric = {one.metric: one for one in noise_of(split_repeats(run(items, repeats=2)))}
    right = by_metric["right"]
    assert (right.questions, right.varying, right.deviation) == (2, 1, pytest.approx(0.5))  # root of (0.5 + 0) / 2


def test_repeats_are_gated_against_each_other() -> None:
    lucky, unlucky = [True] * 100, [False] * 40 + [True] * 60
    items = [item(f"q{n}", own[n], repeat) for n in range(100) for repeat, own in enumerate([lucky, lucky, unlucky])]
    found = gate_repeats({"r.json": run(items, repeats=3)})
    assert [trial.outcome for trial in found.trials] == ["passed", "regressed", "regressed"]
    assert found.false_alarms == wilson(2, 3)
    assert "false alarms: 2 of 3 pairs" in repeated_table(found)
    assert list(found.notes) == ["pairs share repeats: the interval takes them as independent and is too narrow"]


def test_pairs_with_too_many_errors_are_no_trials() -> None:
    failing = of([None] * 2 + [True] * 98)
    found = gate_repeats({"a.json": GOOD, "b.json": of([False] * 40 + [True] * 60), "c.json": failing})
    assert [trial.outcome for trial in found.trials] == ["regressed", "error", "error"]
    assert found.false_alarms == wilson(1, 1)
    assert found.notes[0] == "2 of 3 pairs have too many errors to be judged, and are left out"
    with pytest.raises(RunInvalid, match=r"no pair of repeats can be judged: .* 2\.0% of c\.json"):
        gate_repeats({"b.json": GOOD, "c.json": failing})


def test_a_system_without_noise_says_so() -> None:
    found = gate_repeats({"a.json": GOOD, "b.json": GOOD})
    assert [trial.outcome for trial in found.trials] == ["passed"]
    assert found.notes == [
        "no metric varies between the repeats: this system has no noise here, so no alarm can be false"
    ]


def test_what_are_no_repeats() -> None:
    with pytest.raises(RunInvalid, match=r"one repeat has nothing to be compared with: .* --repeats 5"):
        gate_repeats({"a.json": GOOD})
    with pytest.raises(RunInvalid, match=r"a\.json and b\.json are no repeats, they differ in model"):
        gate_repeats({"a.json": GOOD, "b.json": of([True], model="m-2")})


# -- commands


@pytest.fixture
def files(tmp_path: Path) -> Path:
    write_run(GOOD, tmp_path / "good.json")
    write_run(of([False] * 30 + [True] * 70), tmp_path / "bad.json")
    write_run(of([True], gold_hash="another"), tmp_path / "other.json")
    return tmp_path


def pincite(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    status = main([str(argument) for argument in arguments])
    said = capsys.readouterr()
    return status, said.out, said.err


def test_compare_by_command(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = pincite(capsys, "eval", "compare", files / "good.json", files / "bad.json", "--json")
    found = json.loads(out)
    assert (status, found["exit_status"], found["outcome"]) == (3, 3, "regressed")
    status, out, _ = pincite(capsys, "eval", "compare", files / "good.json", files / "good.json", "--text")
    assert (status, out.startswith("PASSED (exit 0)")) == (0, True)
    margin = ("--margin", "right=0.001")
    assert pincite(capsys, "eval", "compare", files / "good.json", files / "good.json", *margin)[0] == 4
    write_run(of([None] * 2 + [True] * 98), files / "failing.json")
    status, out, err = pincite(capsys, "eval", "compare", files / "good.json", files / "failing.json", "--text")
    assert (status, out.startswith("ERROR (exit 1)"), err.count("\n")) == (1, True, 1)
    assert "2 dropped, without an answer in the new run: q0, q1" in out
    assert "failing.json, more than 1%; run the questions again" in err
    status, out, err = pincite(capsys, "eval", "compare", files / "good.json", files / "other.json")
    assert (status, out, err.count("\n")) == (1, "", 1)
    assert "gold_hash" in err


def test_bless_by_command_and_compare_with_what_was_blessed(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, _, err = pincite(capsys, "eval", "compare", files / "bad.json")
    assert status == 1
    assert "mills.baseline.json': make one with `pincite eval bless`" in err
    status, out, _ = pincite(capsys, "eval", "bless", files / "good.json", "--json")
    assert (status, json.loads(out)["questions"]) == (0, 100)
    assert pincite(capsys, "eval", "compare", files / "bad.json")[0] == 3
    assert pincite(capsys, "eval", "bless", files / "bad.json", "--baseline", files / "gold.yaml")[0] == 0
    assert pincite(capsys, "eval", "compare", files / "gold.yaml", files / "bad.json")[0] == 0


def test_aa_by_command(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_run(GOOD, files / "again.json")
    status, out, _ = pincite(capsys, "eval", "aa", files / "good.json", files / "again.json", "--json")
    assert (status, json.loads(out)["false_alarms"]["value"]) == (0, 0.0)
    status, out, err = pincite(capsys, "eval", "aa", files / "good.json")
    assert (status, out, err.count("\n")) == (1, "", 1)


@pytest.mark.parametrize("margin", ["right", "right=", "right=2", "=0.1", "right=-0.1", "right=x"])
def test_a_margin_that_is_none_is_a_usage_error(capsys: pytest.CaptureFixture[str], margin: str) -> None:
    with pytest.raises(SystemExit) as exit:
        main(["eval", "compare", "a.json", "b.json", "--margin", margin])
    assert exit.value.code == 2
    assert "give a metric and a loss between 0 and 1" in capsys.readouterr().err

"""The terminal's view of a comparison: what decides comes first, and nothing unproven reads as safe."""

import json
import re
from pathlib import Path

import pytest
from comparisons import DESCRIPTIVE, HOSTILE, change, compared, comparison, item, lost, run, unscored

from eval.comparison import Change
from eval.errors import RunInvalid
from eval.report_terminal import comparison_table, table
from eval.report_view import Asked, meaning, no_failures, p_value, questions
from eval.runner import write_run
from ui.cli import main


def test_the_table_of_a_comparison() -> None:
    made, _, _ = compared()
    assert comparison_table(made).splitlines() == [
        "INCONCLUSIVE (exit 4): better and worse cannot be told apart, which is not the same as no worse",
        "  right cannot be told",
        "before  before.json, extractive",
        "after   after.json, extractive",
        "",
        "gated metric  before  after  difference      95% interval       verdict  margin  detectable drop  questions"
        "  p (Holm)",
        "right          0.900  0.880      -0.020  -0.070 to +0.030  INCONCLUSIVE    0.05            0.090        100"
        "     0.500",
        "  right: cannot be told: a loss of 0.070 cannot be ruled out, the margin is 0.05; about 260 questions like "
        "these would settle it",
        "",
        "not gated    before  after  difference      95% interval  questions",
        "fact_recall   0.900  0.880      -0.020  -0.070 to +0.030        100",
        "",
        "lost (1 question; stage; what was wrong; how the stage was told):",
        "  q2  retrieval  no '1820'  the hits lack the evidence",
        "won (1 question; stage; what was wrong; how the stage was told):",
        "  q3  unknown  no '1820'  two stages changed",
        "",
        "what was changed:",
        "  pincite  0.1.0  ->  0.2.0",
        "",
        "note: 1 question is in one run only: q9",
    ]


def test_little_to_say_is_said() -> None:
    said = comparison_table(comparison([], outcome="passed", changed=[], notes=[]))
    assert said.startswith("PASSED (exit 0): nothing regressed")
    assert "no metric is gated: name one with its margin in the gold file" in said
    assert said.endswith("what was changed: nothing that a fingerprint shows")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (change(verdict="REGRESSED", low=-0.2, high=-0.05), "worse: the whole interval is below 0"),
        (change(verdict="IMPROVED", low=0.01, high=0.2), "better: the whole interval is above 0"),
        (
            change(verdict="NON-INFERIOR", low=-0.031, high=0.02, settle=None),
            "no worse than allowed: the interval ends at -0.031, the margin is 0.05",
        ),
        (
            change(low=None, high=None, clusters=1, settle=None),
            "no interval can be told from 1 cluster, so any loss is possible",
        ),
        (
            change(low=-0.01, high=0.03, clusters=7, settle=25),
            "cannot be told: 7 clusters are too few to call anything no worse, 20 are needed; "
            "about 25 questions like these would settle it",
        ),
        (
            change(low=-0.08, high=-0.001, minimum=0.1, settle=None),
            "cannot be told: the interval is below 0, by less than the minimum of 0.1; a loss of 0.080 cannot be ruled "
            "out, the margin is 0.05",
        ),
    ],
)
def test_what_a_verdict_means(changed: Change, said: str) -> None:
    assert meaning(changed) == said


def test_inconclusive_never_reads_as_safe() -> None:
    said = comparison_table(comparison([change()], notes=[])).lower()
    assert not re.search(r"\b(safe|pass|passed|ok|no change|unchanged|not significant)\b", said)
    assert "cannot be ruled out" in said


def test_no_failure_is_no_proof() -> None:
    """1 - 0.05^(1/n): 0.0295 for 100, 0.95 for one."""
    rates = [("citation_validity", 1.0, 100), ("forbidden_rate", 0.0, 1), ("right", 1.0, 9), ("refusal_recall", 0.9, 9)]
    assert list(no_failures(rates)) == [
        "citation_validity: no failure in 100 still allows a rate of 0.030 (95%, about 3/n)",
        "forbidden_rate: no failure in 1 still allows a rate of 0.950 (95%, about 3/n)",
    ]
    clean = change("forbidden_rate", after=0.0, questions=59, **DESCRIPTIVE)
    assert "note: forbidden_rate: no failure in 59 still allows a rate of 0.050" in comparison_table(
        comparison([clean])
    )


def test_long_and_hostile_values_stay_on_a_line() -> None:
    flip = lost(
        why="a\nb " * 100, after=item("q2", False, scores={"right": False, "refused": False, "why": "no 'x\ny'"})
    )
    said = comparison_table(comparison(flips=[flip], changed=[("prompt", "You are\n" * 50, None)]))
    assert max(map(len, said.splitlines())) < 200
    assert "no 'x y'" in said
    steered = comparison_table(comparison(flips=[lost(HOSTILE + "\r")], why=HOSTILE, notes=[HOSTILE]))
    steered += table(run([item(HOSTILE, True), unscored("q2", HOSTILE)], model=HOSTILE))
    assert not {"\x1b", "\x00", "\r", "\u202e", "\ud800"} & set(steered)
    assert "You are You are" in said


def test_repeats_of_a_question_are_one_question() -> None:
    thrice = [item("q1", True), item("q1", False), item("q1", True)]
    (asked,) = questions(run(thrice))
    assert (asked.went, asked.shown, asked.why) == ("right", thrice[0], "right in 2 of 3 repeats")
    half = Asked("q1", thrice[:2])
    assert (half.went, half.shown, half.why) == ("wrong", thrice[1], "right in 1 of 2 repeats; no '1820'")
    failed = Asked("q1", [unscored("q1"), item("q1", True)])
    assert (failed.went, failed.why) == ("right", "right in 1 of 2 repeats")
    assert Asked("q1", [unscored("q1")]).went == "unscored"


def test_the_run_of_a_yardstick_is_refused() -> None:
    with pytest.raises(RunInvalid, match=r"'w1' of 'mills' .* `pincite eval run` writes"):
        questions(run([{**item("w1", True), "gold": {}}]))


# -- the commands


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """Thirty questions; five of them wrong in base.json, and five more in new.json."""
    for name, wrong in (("base", 5), ("new", 10)):
        write_run(run([item(f"q{n}", n >= wrong) for n in range(30)]), tmp_path / f"{name}.json")
    return tmp_path


def named(folder: Path) -> list[str]:
    return [f"--{form}={folder / 'out' / form}" for form in ("html", "junit", "markdown")]


def test_a_run_is_reported(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["eval", "report", str(files / "base.json"), *named(files), "--text"]) == 0
    assert "right            0.833  0.664 to 0.927  30" in capsys.readouterr().out
    html, junit, markdown = ((files / "out" / form).read_text("utf-8") for form in ("html", "junit", "markdown"))
    assert "0.833 right" in html
    assert 'tests="30" failures="5"' in junit
    assert "5 questions not right" in markdown


def test_a_comparison_is_reported_and_gated(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    base, new = str(files / "base.json"), str(files / "new.json")
    assert main(["eval", "report", new, base, *named(files), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    html, junit, markdown = ((files / "out" / form).read_text("utf-8") for form in ("html", "junit", "markdown"))
    assert told["outcome"].upper() in html
    assert told["outcome"].upper() in markdown
    assert junit.count('message="lost (') == 5
    (files / "out" / "html").unlink()
    assert main(["eval", "compare", base, new, *named(files), "--text"]) == told["exit_status"] > 0
    assert (files / "out" / "html").read_text("utf-8") == html
    assert "lost (5 questions" in capsys.readouterr().out


def test_nothing_is_written_for_what_cannot_be_reported(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_run(run([{**item("w1", True), "gold": {}}]), files / "wice.json")
    for arguments in (["wice.json"], ["new.json", "missing.json"], ["new.json", "wice.json"]):
        paths = [str(files / name) for name in arguments]
        assert main(["eval", "report", *paths, *named(files)]) == 1
        assert capsys.readouterr().err.startswith("pincite: ")
    assert not (files / "out").exists()


def test_no_p_is_zero() -> None:
    assert [p_value(p) for p in (None, 0.0001, 0.001, 0.05, 1.0)] == ["-", "<0.001", "0.001", "0.050", "1.000"]

"""JUnit reports, read by a parser of JUnit and by one of XML."""

from pathlib import Path
from xml.etree import ElementTree

import pytest
from comparisons import HOSTILE, answer, change, compared, comparison, item, lost, run, unscored
from junitparser import Error, Failure, JUnitXml, TestSuite

from eval.report_junit import comparison_junit, run_junit


def suites(xml: str, folder: Path) -> dict[str, TestSuite]:
    path = folder / "report.xml"
    path.write_text(xml, encoding="utf-8")
    found = JUnitXml.fromfile(str(path))
    assert (found.tests, found.failures, found.errors) == tuple(
        sum(getattr(suite, count) for suite in found) for count in ("tests", "failures", "errors")
    )
    return {suite.name: suite for suite in found}


def results(suite: TestSuite) -> dict[str, tuple[type, str]]:
    """(failure or error, its message) by case, of those that have one."""
    return {case.name: (type(case.result[0]), case.result[0].message) for case in suite if case.result}


def test_a_run(tmp_path: Path) -> None:
    items = [item("q1", True), item("q2", False), item("q3", True, said=answer(reason="no_evidence")), unscored("q4")]
    suite = suites(run_junit(run(items, model="m-1")), tmp_path)["questions"]
    assert [case.name for case in suite] == ["q1", "q2", "q3", "q4"]
    assert {case.classname for case in suite} == {"questions.single"}
    assert [case.time for case in suite] == [0.3, 0.3, 0.3, 0]
    assert results(suite) == {"q2": (Failure, "no '1820'"), "q4": (Error, "the model sent no JSON")}
    properties = {named.name: named.value for named in suite.properties()}
    assert properties["right"] == "0.667 (0.208 to 0.939, n 3)"
    assert properties["model"] == "m-1"


def test_what_was_wrong_before_is_no_failure_of_a_comparison(tmp_path: Path) -> None:
    made, _, after = compared()
    read = suites(comparison_junit(made, run([*after.items, item("q5", False)])), tmp_path)
    assert results(read["questions"]) == {
        "q2": (Failure, "lost (retrieval): no '1820'"),
        "q4": (Error, "the model sent no JSON"),
    }
    assert [case.name for case in read["gate"]] == ["outcome", "right"]  # fact_recall is not gated
    assert results(read["gate"])["right"][1].startswith("INCONCLUSIVE: cannot be told: a loss of 0.070")


@pytest.mark.parametrize(
    ("verdict", "outcome", "kinds"),
    [
        ("NON-INFERIOR", "passed", {}),
        ("IMPROVED", "passed", {}),
        ("REGRESSED", "regressed", {"outcome": Failure, "right": Failure}),
        ("INCONCLUSIVE", "inconclusive", {"outcome": Failure, "right": Failure}),
        ("NON-INFERIOR", "regressed", {"outcome": Failure}),  # an invariant that nobody gated
        ("NON-INFERIOR", "error", {"outcome": Error}),
    ],
)
def test_the_gate_fails_as_the_command_exits(
    verdict: str, outcome: str, kinds: dict[str, type], tmp_path: Path
) -> None:
    made = comparison([change(verdict=verdict)], outcome=outcome)  # type: ignore[arg-type]
    read = suites(comparison_junit(made, run([item("q1", True)])), tmp_path)
    assert {name: kind for name, (kind, _) in results(read["gate"]).items()} == kinds
    assert bool(kinds) == bool(made.exit_status)


def test_hostile_text_is_text(tmp_path: Path) -> None:
    bad = item("q1", False, said=answer(HOSTILE), scores={"right": False, "refused": False, "why": HOSTILE})
    made = comparison([change(HOSTILE)], [lost("q1", why=HOSTILE, after=bad)], why=HOSTILE, notes=[HOSTILE])
    for xml in (run_junit(run([bad, unscored(HOSTILE, HOSTILE)], model=HOSTILE)), comparison_junit(made, run([bad]))):
        suites(xml, tmp_path)
        tags = {element.tag for element in ElementTree.fromstring(xml).iter()}
        assert tags <= {"testsuites", "testsuite", "testcase", "failure", "error", "properties", "property"}
        assert not {"\x00", "\x1b", "\u202e", "\ud800"} & set(xml)


def test_the_same_run_gives_the_same_bytes() -> None:
    made, _, after = compared()
    assert comparison_junit(made, after) == comparison_junit(made, after)
    assert run_junit(after).startswith("<?xml version='1.0' encoding='utf-8'?>")

"""Runs and comparisons as JUnit XML, which continuous integration shows as tests.

suite "gate"       of a comparison: its outcome, then a case for each gated metric; fails as `eval compare` exits
suite "questions"  a case for each question. Of a run: not right is a failure. Of a comparison: lost is a failure,
                   any other question passes, for what was wrong before is no news. Unscored is an error in both.
"""

from collections.abc import Callable, Mapping, Sequence
from xml.etree import ElementTree

from eval.comparison import Comparison, Flip
from eval.report_figures import total_s
from eval.report_view import (
    Asked,
    change_reach,
    gated,
    meaning,
    notes,
    number,
    questions,
    reach,
    said,
    signed,
    visible,
    why,
)
from eval.runner import Run

FAILING = ("REGRESSED", "INCONCLUSIVE")


def run_junit(run: Run) -> str:
    """A case for each question of the run; metrics and fingerprint are properties."""

    def judge(case: ElementTree.Element, asked: Asked) -> None:
        if asked.went != "right":
            _add(case, "failure", asked.why, f"question: {asked.shown['question']}\nanswer: {said(asked.shown)}")

    metrics = {name: f"{number(i.value)} ({reach(i)}, n {i.n})" for name, i in run.metrics.items()}
    return _document([_questions(run, judge, metrics | _fingerprint(run))])


def comparison_junit(comparison: Comparison, after: Run) -> str:
    """A case for the outcome, each gated metric and each question of the run `after`."""
    lost = {flip.qid: flip for flip in comparison.flips if flip.direction == "lost"}

    def judge(case: ElementTree.Element, asked: Asked) -> None:
        if flip := lost.get(asked.qid):
            message = f"lost ({flip.stage or 'stage unknown'}): {why(flip.after)}"
            _add(case, "failure", message, _flipped(flip))

    return _document([_gate(comparison), _questions(after, judge, _fingerprint(after))])


def _gate(comparison: Comparison) -> ElementTree.Element:
    suite = ElementTree.Element("testsuite", name="gate")
    outcome = ElementTree.SubElement(suite, "testcase", classname="gate", name="outcome")
    if comparison.outcome == "error":
        _add(outcome, "error", comparison.why, "\n".join(notes(comparison)))
    elif comparison.outcome != "passed":
        _add(outcome, "failure", f"{comparison.outcome.upper()}: {comparison.why}", "\n".join(notes(comparison)))
    for change in gated(comparison):
        case = ElementTree.SubElement(suite, "testcase", classname="gate", name=visible(change.metric))
        if change.verdict in FAILING:
            figures = f"{number(change.before)} before, {number(change.after)} after, difference "
            figures += f"{signed(change.difference)} ({change_reach(change)}), {change.questions} questions"
            _add(case, "failure", f"{change.verdict}: {meaning(change)}", figures)
    return suite


def _questions(
    run: Run, judge: Callable[[ElementTree.Element, Asked], None], properties: Mapping[str, str]
) -> ElementTree.Element:
    """A suite with a case for each question; `judge` adds the failure to those that have one."""
    suite = ElementTree.Element("testsuite", name="questions")
    listed = ElementTree.SubElement(suite, "properties")
    for name, value in properties.items():
        ElementTree.SubElement(listed, "property", name=visible(name), value=visible(value))
    for asked in questions(run):
        gold = asked.shown["gold"]
        took_s = sum(total_s(item["answer"]) for item in asked.items if item["answer"])
        case = ElementTree.SubElement(
            suite,
            "testcase",
            classname=visible(f"questions.{gold['category']}"),
            name=visible(asked.qid),
            time=f"{took_s:.3f}",
        )
        if asked.went == "unscored":
            _add(case, "error", why(asked.shown), f"question: {gold['question']}")
        else:
            judge(case, asked)
    return suite


def _fingerprint(run: Run) -> dict[str, str]:
    return {name: value for name, value in run.fingerprint.items() if value is not None}


def _flipped(flip: Flip) -> str:
    return (
        f"question: {flip.after['question']}\nbefore: {said(flip.before)}\nafter: {said(flip.after)}\nstage: {flip.why}"
    )


def _add(case: ElementTree.Element, tag: str, message: str, text: str) -> None:
    ElementTree.SubElement(case, tag, message=visible(" ".join(message.split())), type=tag).text = visible(text)


def _document(suites: Sequence[ElementTree.Element]) -> str:
    """The XML with a declaration; each suite counts its own cases, the root counts all."""
    root = ElementTree.Element("testsuites", name="pincite eval")
    root.extend(suites)
    for element in (root, *suites):
        element.set("tests", str(len(list(element.iter("testcase")))))
        element.set("failures", str(len(list(element.iter("failure")))))
        element.set("errors", str(len(list(element.iter("error")))))
    ElementTree.indent(root)
    document: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return document.decode() + "\n"

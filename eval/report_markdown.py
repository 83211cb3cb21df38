"""Runs and comparisons as Markdown for a pull request.

Whatever comes from a file stands in <code> with every sign but letters, digits and spaces as a character reference: in
CommonMark references stand for text and never for structure, and GitHub makes no mention, link or emoji of code.
"""

import re
from collections.abc import Sequence

from eval.comparison import Change, Comparison
from eval.report_view import (
    OUTCOME_MEANS,
    change_reach,
    counted,
    descriptive,
    gated,
    meaning,
    notes,
    number,
    p_value,
    questions,
    reach,
    shortened,
    signed,
    visible,
    why,
)
from eval.runner import Run

LISTED = 50  # questions in a list: GitHub refuses a comment of more than 65,536 characters
_SIGN = re.compile(r"[^\w ]|_", re.ASCII)


def run_markdown(run: Run) -> str:
    """The run: metrics with 95% intervals, then the questions that are not right."""
    asked = questions(run)
    rows = [(code(name), number(i.value), reach(i), str(i.n)) for name, i in run.metrics.items()]
    wrong = [question for question in asked if question.went != "right"]
    listed = [f"- {code(q.qid)} {q.went}: {code(q.why)}" for q in wrong]
    blocks = [
        [f"### Evaluation of {code(run.yardstick)}: {number(run.metrics['right'].value)} right"],
        [f"{counted(len(asked), 'question')}, mode {code(run.mode)}."],
        _table(("metric", "value", "95% interval", "n"), rows),
        _details(f"{counted(len(wrong), 'question')} not right", listed),
    ]
    return _joined(blocks)


def comparison_markdown(comparison: Comparison) -> str:
    """The comparison: outcome and why, gated metrics with what each verdict means, and the rest folded away."""
    outcome, heads = comparison.outcome, ("before", "after", "difference", "95% interval")
    rules, others = gated(comparison), descriptive(comparison)
    judged = [(*_moved(c), f"**{c.verdict}**", f"{c.margin:g}", number(c.detectable), p_value(c.p_holm)) for c in rules]
    flips = [
        f"- {f.direction} {code(f.qid)} ({f.stage or 'stage unknown'}): "
        f"{code(why(f.after if f.direction == 'lost' else f.before))}, {code(shortened(f.why, 200))}"
        for f in comparison.flips
    ]
    lost = sum(flip.direction == "lost" for flip in comparison.flips)
    changed = [
        f"- {code(name)}: {code(shortened(before))} → {code(shortened(after))}"
        for name, before, after in comparison.changed
    ]
    blocks = [
        [f"### Evaluation: {outcome.upper()}"],
        [f"{OUTCOME_MEANS[outcome].capitalize()}. {code(comparison.why)}"],
        _table(("gated metric", *heads, "verdict", "margin", "detectable drop", "p (Holm)"), judged),
        [f"- {code(c.metric)}: {meaning(c)}" for c in rules],
        _details(f"{counted(lost, 'question')} lost, {len(flips) - lost} won", flips),
        _details(
            f"{counted(len(others), 'metric')} not gated",
            _table(("metric", *heads), [_moved(c) for c in others]),
        ),
        _details("What was changed", changed),
        [f"- {code(note)}" for note in notes(comparison)],
    ]
    return _joined(blocks)


def code(text: str) -> str:
    """`text` on one line as what it is, wherever it stands in Markdown."""
    line = " ".join(visible(text).split())
    return f"<code>{_SIGN.sub(lambda sign: f'&#{ord(sign.group())};', line)}</code>"


def _moved(change: Change) -> tuple[str, str, str, str, str]:
    name = code(change.metric)
    return name, number(change.before), number(change.after), signed(change.difference), change_reach(change)


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    if not rows:
        return []
    rule = ["---", *("---:" for _ in heads[1:])]
    return ["| " + " | ".join(cells) + " |" for cells in (heads, rule, *rows)]


def _details(summary: str, lines: Sequence[str]) -> list[str]:
    if not lines:
        return []
    shown = list(lines if lines[0].startswith("|") else lines[:LISTED])
    rest = [f"- and {len(lines) - len(shown)} more"] if len(shown) < len(lines) else []
    return ["<details>", f"<summary>{summary}</summary>", "", *shown, *rest, "", "</details>"]


def _joined(blocks: Sequence[Sequence[str]]) -> str:
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"

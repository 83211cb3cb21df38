"""Runs and comparisons as plain aligned text, for a terminal and a log."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from eval.comparison import Change, Comparison
from eval.intervals import Interval
from eval.report_view import (
    OUTCOME_MEANS,
    WENT,
    change_reach,
    counted,
    descriptive,
    gated,
    meaning,
    notes,
    number,
    p_value,
    reach,
    shortened,
    signed,
    visible,
    went,
    why,
)
from eval.runner import Run


def table(run: Run) -> str:
    """The run: metrics with 95% intervals, counts by category, answers that are not right."""
    asked = len({item["qid"] for item in run.items})
    unscored = sum(item["scores"] is None for item in run.items)
    answers = f", {len(run.items)} answers" if len(run.items) > asked else ""
    lines = [f"{run.yardstick}, mode {run.mode}, {asked} questions{answers}, {unscored} unscored", ""]
    lines += metric_lines(run.metrics)

    counts: dict[str, Counter[str]] = {}
    for item in run.items:
        counts.setdefault(item["gold"]["category"], Counter())[went(item)] += 1
    rows: list[tuple[str, ...]] = [("category", *WENT)]
    rows += [(category, *(str(count[name]) for name in WENT)) for category, count in sorted(counts.items())]
    lines += ["", *aligned(rows)]

    wrong = [item for item in run.items if went(item) != "right"]
    if wrong:
        rows = [(item["qid"], item["gold"]["category"], why(item)) for item in wrong]
        lines += ["", f"not right ({len(wrong)}):", *(f"  {line}" for line in aligned(rows, text_columns=3))]
    return visible("\n".join(lines))


def metric_lines(metrics: Mapping[str, Interval]) -> list[str]:
    """Each metric with its 95% interval, as plain aligned text under a heading."""
    rows = [("metric", "value", "95% interval", "n")]
    rows += [(name, number(i.value), reach(i), str(i.n)) for name, i in metrics.items()]
    return aligned(rows)


def comparison_table(comparison: Comparison) -> str:
    """The comparison, what decides first: outcome, gated metrics, the others, flips, what was changed, notes."""
    outcome = comparison.outcome
    blocks = [
        [
            f"{outcome.upper()} (exit {comparison.exit_status}): {OUTCOME_MEANS[outcome]}",
            *_indented([comparison.why]),
            *aligned([("before", named(comparison.before)), ("after", named(comparison.after))], text_columns=2),
        ],
        list(_gated_lines(gated(comparison))),
        list(_descriptive_lines(descriptive(comparison))),
        list(_flip_lines(comparison)),
        list(_changed_lines(comparison)),
        [f"note: {note}" for note in notes(comparison)],
    ]
    return visible("\n\n".join("\n".join(block) for block in blocks if block))


def named(run: Mapping[str, Any]) -> str:
    """What names a run of a comparison, on one line."""
    return ", ".join(str(part) for part in (run.get("file"), run.get("mode")) if part)


def _gated_lines(changes: Sequence[Change]) -> Iterator[str]:
    if not changes:
        yield "no metric is gated: name one with its margin in the gold file"
        return
    heads = ("gated metric", "before", "after", "difference", "95% interval", "verdict", "margin")
    rows = [(*heads, "detectable drop", "questions", "p (Holm)")]
    rows += [
        (*_moved(c), c.verdict, f"{c.margin:g}", number(c.detectable), str(c.questions), p_value(c.p_holm))
        for c in changes
    ]
    yield from aligned(rows)
    yield from _indented(f"{c.metric}: {meaning(c)}" for c in changes)


def _descriptive_lines(changes: Sequence[Change]) -> Iterator[str]:
    if changes:
        rows = [("not gated", "before", "after", "difference", "95% interval", "questions")]
        yield from aligned([*rows, *((*_moved(c), str(c.questions)) for c in changes)])


def _moved(change: Change) -> tuple[str, str, str, str, str]:
    return change.metric, number(change.before), number(change.after), signed(change.difference), change_reach(change)


def _flip_lines(comparison: Comparison) -> Iterator[str]:
    for direction, failed in (("lost", "after"), ("won", "before")):
        flips = [flip for flip in comparison.flips if flip.direction == direction]
        if flips:
            yield f"{direction} ({counted(len(flips), 'question')}; stage; what was wrong; how the stage was told):"
            rows = [(f.qid, f.stage or "unknown", why(getattr(f, failed)), shortened(f.why, 100)) for f in flips]
            yield from _indented(aligned(rows, text_columns=4))


def _changed_lines(comparison: Comparison) -> Iterator[str]:
    if comparison.changed:
        yield "what was changed:"
        rows = [(name, shortened(before), "->", shortened(after)) for name, before, after in comparison.changed]
        yield from _indented(aligned(rows, text_columns=4))
    else:
        yield "what was changed: nothing that a fingerprint shows"


def _indented(lines: Iterable[str]) -> list[str]:
    return [f"  {line}" for line in lines]


def aligned(rows: Sequence[Sequence[str]], text_columns: int = 1) -> list[str]:
    """Columns two spaces apart; the first `text_columns` flush left, the others flush right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell.ljust(width) if i < text_columns else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]

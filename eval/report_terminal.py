"""A run as plain aligned text, for a terminal and a log."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from eval.intervals import Interval
from eval.runner import Run


def table(run: Run) -> str:
    """The run as plain aligned text: metrics with 95% intervals, counts by category, questions not right."""
    unscored = sum(item["scores"] is None for item in run.items)
    lines = [f"{run.yardstick}, mode {run.mode}, {len(run.items)} questions, {unscored} unscored", ""]
    lines += metric_lines(run.metrics)

    counts: dict[str, Counter[str]] = {}
    for item in run.items:
        counts.setdefault(item["gold"]["category"], Counter())[_outcome(item)] += 1
    rows: list[tuple[str, ...]] = [("category", *_OUTCOMES)]
    rows += [(category, *(str(count[outcome]) for outcome in _OUTCOMES)) for category, count in sorted(counts.items())]
    lines += ["", *_aligned(rows)]

    wrong = [item for item in run.items if _outcome(item) != "right"]
    if wrong:
        rows = [(item["qid"], item["gold"]["category"], _why(item)) for item in wrong]
        lines += ["", f"not right ({len(wrong)}):", *(f"  {line}" for line in _aligned(rows, text_columns=3))]
    return "\n".join(lines)


def metric_lines(metrics: Mapping[str, Interval]) -> list[str]:
    """Each metric with its 95% interval, as plain aligned text under a heading."""
    rows = [("metric", "value", "95% interval", "n")]
    rows += [(name, _number(i.value), _reach(i), str(i.n)) for name, i in metrics.items()]
    return _aligned(rows)


_OUTCOMES = ("right", "wrong", "refused", "unscored")  # refused: wrongly; a right refusal is right


def _outcome(item: dict[str, Any]) -> str:
    scores = item["scores"]
    if scores is None:
        return "unscored"
    if scores["right"]:
        return "right"
    return "refused" if scores["refused"] else "wrong"


def _why(item: dict[str, Any]) -> str:
    why: str = item["scores"]["why"] if item["scores"] else item["error"]
    return " ".join(why.split())  # one line, whatever a form or an error holds


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _reach(interval: Interval) -> str:
    return "-" if interval.low is None else f"{_number(interval.low)} to {_number(interval.high)}"


def _aligned(rows: Sequence[Sequence[str]], text_columns: int = 1) -> list[str]:
    """Columns two spaces apart; the first `text_columns` flush left, the others flush right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell.ljust(width) if i < text_columns else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]

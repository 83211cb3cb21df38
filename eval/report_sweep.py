"""A sweep as plain aligned text and as one HTML file that works offline: a row and a dot for each setting."""

from collections.abc import Iterator

from eval.report_html import page, seconds
from eval.report_terminal import aligned
from eval.report_view import change_reach, counted, number, p_value, reach, signed, visible
from eval.sweep import Sweep, Tried

HEADS = ("chunk", "k", "fusion", "mode")


def sweep_table(sweep: Sweep) -> str:
    """Each metric over the settings, with the difference to the base, which comes first; then the times, and notes."""
    lines = [heading(sweep), f"base: {sweep.base.setting}"]
    for metric in sweep.base.metrics:
        heads = (*HEADS, metric, "95% interval", "difference", "95% interval", "verdict", "p (Holm)")
        lines += ["", *aligned([heads, *((*_cells(row), *_measured(row, metric)) for row in sweep.rows)])]
    times = [(*_cells(row), *_timed(row)) for row in sweep.rows]
    lines += ["", *aligned([(*HEADS, "p50", "95% interval"), *times])]
    return visible("\n".join([*lines, "", *(f"note: {note}" for note in notes(sweep))]).rstrip())


def sweep_html(sweep: Sweep) -> str:
    """One page: a plot and a table for each metric, the times, and what was held equal."""
    return page("sweep.html", sweep=sweep, heading=heading(sweep), notes=notes(sweep), timed=_timed, heads=HEADS)


def heading(sweep: Sweep) -> str:
    return f"{sweep.gold}: {counted(sweep.questions, 'question')}, {counted(len(sweep.tried), 'setting')} tried"


def notes(sweep: Sweep) -> list[str]:
    return [" ".join(note.split()) for note in sweep.notes]


def _cells(row: Tried) -> tuple[str, ...]:
    setting = row.setting
    return str(setting.chunk_chars), str(setting.passages), setting.fusion, setting.mode


def _measured(row: Tried, metric: str) -> Iterator[str]:
    interval, change = row.metrics[metric], row.changes.get(metric)
    yield from (number(interval.value), reach(interval))
    if change:
        yield from (signed(change.difference), change_reach(change), change.verdict, p_value(change.p_holm))
    else:
        yield from ("-", "-", "base", "-")


def _timed(row: Tried) -> tuple[str, str]:
    p50 = row.p50_s
    if p50.value is None:
        return "-", "-"
    if p50.low is None or p50.high is None:
        return seconds(p50.value), "-"
    return seconds(p50.value), f"{seconds(p50.low)} to {seconds(p50.high)}"

"""The figures of the HTML report: what is drawn, and where on its scale.

Places are percentages, so that the browser stretches a plot and leaves its text as large as it is.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from eval.comparison import Change
from eval.gate import CLUSTERS_NEEDED
from eval.report_view import Item, questions, went
from eval.runner import Run

REACHES = (0.05, 0.1, 0.2, 0.3, 0.5, 1.0)  # where a scale may end


@dataclass(frozen=True, slots=True)
class Scale:
    low: float
    high: float

    def at(self, value: float) -> str:
        """The place of `value` in percent, "0" to "100"; what lies beyond an end stands at it."""
        share = (min(max(value, self.low), self.high) - self.low) / (self.high - self.low)
        return f"{100 * share:.2f}".rstrip("0").rstrip(".")

    def ticks(self, steps: int = 4) -> list[float]:
        return [self.low + (self.high - self.low) * step / steps for step in range(steps + 1)]


RATE = Scale(0, 1)


def difference_scale(changes: Sequence[Change]) -> Scale:
    """Zero in the middle, wide enough for every gated interval and margin. An interval from few clusters can
    reach from -1 to 1: when not gated it may go beyond the ends, so that the others can be read."""
    held = [c for c in changes if c.margin is not None or c.clusters >= CLUSTERS_NEEDED] or changes
    ends = [abs(end) for c in held for end in (c.difference, c.low, c.high, c.margin) if end is not None]
    widest = _reach(ends)
    return Scale(-widest, widest)


def _reach(values: Iterable[float]) -> float:
    largest = max(values, default=0)
    return next((reach for reach in REACHES if reach >= largest), REACHES[-1])


@dataclass(frozen=True, slots=True)
class Point:
    """When only answers of at least this `confidence` are given: `coverage` is the share of questions answered, `risk`
    the share of these answers that are not right."""

    coverage: float
    risk: float
    confidence: float | None


def confidence(item: Item) -> float | None:
    """How sure an answer says it is (docs/interface.md); None when it does not say."""
    said: float | None = item["answer"].get("confidence")
    return said


def risk_coverage(run: Run) -> list[Point]:
    """Risk over coverage (El-Yaniv & Wiener 2010) from the surest answer on, over scored items. Answers of the same
    confidence enter together: nothing orders them. Empty when nothing was answered."""
    scored = [item for item in run.items if item["scores"]]
    answered = [(confidence(item), went(item) == "right") for item in scored if item["answer"]["kind"] == "answer"]
    points = []
    for sure in sorted({sure for sure, _ in answered}, key=_rank, reverse=True):
        given = [right for at, right in answered if _rank(at) >= _rank(sure)]
        points.append(Point(len(given) / len(scored), given.count(False) / len(given), sure))
    return points


def _rank(sure: float | None) -> float:
    return -1.0 if sure is None else sure  # what says nothing of itself comes last


def risk_scale(curves: Iterable[Sequence[Point]]) -> Scale:
    return Scale(0, _reach(point.risk for curve in curves for point in curve))


@dataclass(frozen=True, slots=True)
class Latency:
    """Seconds that half of the answers took at most, and 95 of 100."""

    p50: float
    p95: float


def latencies(run: Run) -> dict[str, Latency]:
    """By stage, in the order of the answers, then `total`; percentiles interpolate linearly. Empty when none was
    timed."""
    timed = timed_answers(run)
    if not timed:
        return {}
    stages = dict.fromkeys(stage for answer in timed for stage in answer["timings_s"] if stage != "total")
    took = {stage: [answer["timings_s"].get(stage, 0.0) for answer in timed] for stage in stages}
    took["total"] = [total_s(answer) for answer in timed]
    return {stage: Latency(*map(float, np.percentile(seconds, [50, 95]))) for stage, seconds in took.items()}


def timed_answers(run: Run) -> list[Mapping[str, Any]]:
    """Those that tell their times. Answers made from cached replies are left out: their times are not the model's."""
    fresh = [item["answer"] for item in run.items if not item.get("timings_s", {}).get("replayed_calls")]
    return [answer for answer in fresh if answer and answer["timings_s"]]


def total_s(answer: Mapping[str, Any]) -> float:
    """What all stages of an answer took."""
    timings: Mapping[str, float] = answer["timings_s"]
    return timings["total"] if "total" in timings else sum(timings.values())


def latency_scale(timed: Iterable[Mapping[str, Latency]]) -> Scale | None:
    """From 0 to the slowest p95; None when nothing was timed."""
    slowest = max((latency.p95 for by_stage in timed for latency in by_stage.values()), default=0.0)
    return Scale(0, slowest) if slowest else None


def categories(run: Run) -> list[str]:
    """The categories of the gold questions that the run has a rate for, by name."""
    named = {asked.shown["gold"]["category"] for asked in questions(run)}
    return sorted(name for name in named if f"right_{name}" in run.metrics)

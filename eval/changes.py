"""From paired values to a verdict on each metric, and from verdicts to what a release may do (docs/evaluation.md, "The
gate")."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from statistics import fmean

from eval.comparison import Change, Outcome, Verdict
from eval.gate import CLUSTERS_NEEDED, LOWER_IS_BETTER, TIER_OF, TIERS, Margin
from eval.paired import ROUNDING, differences, holm, interval, sign_flip_p
from eval.power import design_of, detectable, settle
from eval.runner import ERRORS_ALLOWED


def measure_change(
    metric: str, before: Sequence[float], after: Sequence[float], clusters: Sequence[str], margin: Margin | None
) -> Change:
    """How `metric` changed over questions with values `before` and `after`, in [0, 1], and their `clusters`.

    `margin` is None for a metric that is not gated. `p_holm` is left to `with_holm`. Raises ValueError as
    eval.paired.differences does.
    """
    turned = (after, before) if metric in LOWER_IS_BETTER else (before, after)
    seen = differences(*turned, clusters)
    minimum = margin.minimum if margin else 0.0
    low, high, drop = None, None, None
    if seen.clusters > 1:
        low, high = (float(end) for end in interval(seen.sums, seen.sizes))
        drop = detectable(design_of(seen), minimum)
    verdict = verdict_of(seen.mean, low, high, seen.clusters, margin)
    return Change(
        metric=metric,
        tier=TIER_OF.get(metric, "descriptive"),
        before=fmean(before),
        after=fmean(after),
        difference=seen.mean,
        low=low,
        high=high,
        p=sign_flip_p(seen.sums),
        p_holm=None,
        questions=seen.questions,
        clusters=seen.clusters,
        margin=margin.margin if margin else None,
        minimum=margin.minimum if margin else None,
        verdict=verdict,
        detectable=drop,
        settle=settle(seen, margin) if verdict == "INCONCLUSIVE" and seen.clusters > 1 else None,
    )


def verdict_of(
    difference: float, low: float | None, high: float | None, clusters: int, margin: Margin | None
) -> Verdict:
    """REGRESSED: the interval is below 0 and the loss at least the practical minimum. IMPROVED: it is above 0.
    NON-INFERIOR: it is above -margin, from CLUSTERS_NEEDED clusters on. Else INCONCLUSIVE, never "safe"."""
    if low is None or high is None:
        return "INCONCLUSIVE"
    if high < 0 and -difference >= (margin.minimum if margin else 0.0) - ROUNDING:
        return "REGRESSED"
    if low > 0:
        return "IMPROVED"
    if margin is not None and low > -margin.margin and clusters >= CLUSTERS_NEEDED:
        return "NON-INFERIOR"
    return "INCONCLUSIVE"


def with_holm(changes: Sequence[Change]) -> list[Change]:
    """The same changes, with p of the gated ones adjusted for each other."""
    adjusted = iter(holm([change.p for change in changes if change.margin is not None]))
    return [change if change.margin is None else replace(change, p_holm=next(adjusted)) for change in changes]


def judge(
    changes: Sequence[Change], error_rates: Mapping[str, float] | None = None, invalid: Sequence[str] = ()
) -> tuple[Outcome, str]:
    """The outcome and why. `error_rates`: of each run, by its name; `invalid`: qids of answers in the new run with a
    citation that does not hold, whether or not the old run has them.

    In this order: too many errors are no measurement; an invariant holds for every answer or fails, whatever the
    interval; then a gated metric that REGRESSED, then one that is INCONCLUSIVE, the first tier named first. Metrics
    without a margin never block, and without a gated one nothing passes.
    """
    if failing := {name: rate for name, rate in (error_rates or {}).items() if rate > ERRORS_ALLOWED}:
        listed = ", ".join(f"{rate:.1%} of {name}" for name, rate in failing.items())
        return "error", f"answers that are errors: {listed}, more than {ERRORS_ALLOWED:.0%}; run the questions again"
    if invalid:
        return "regressed", f"invariant: a citation does not hold in {len(invalid)} answer(s): {', '.join(invalid)}"
    gated = sorted((change for change in changes if change.margin is not None), key=lambda c: TIERS.index(c.tier))
    if not gated:
        return "inconclusive", "nothing is gated: give a metric a margin in the gold file"
    failing_by_weight: tuple[tuple[Verdict, Outcome], ...] = (
        ("REGRESSED", "regressed"),
        ("INCONCLUSIVE", "inconclusive"),
    )
    for verdict, outcome in failing_by_weight:
        if found := [change for change in gated if change.verdict == verdict]:
            return outcome, "; ".join(_worded(change) for change in found)
    return "passed", f"{', '.join(change.metric for change in gated)}: no worse than the margin allows"


def _worded(change: Change) -> str:
    reach = "no interval" if change.low is None else f"{change.low:+.3f} to {change.high:+.3f}"
    more = f", about {change.settle} questions would settle it" if change.settle else ""
    return f"{change.tier}: {change.metric} {change.verdict} ({change.difference:+.3f}, {reach}{more})"

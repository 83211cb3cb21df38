"""The verdict on each metric, and what a release may do: docs/evaluation.md, "The gate", rule by rule."""

from dataclasses import replace
from itertools import product

import pytest

from eval.changes import judge, measure_change, verdict_of, with_holm
from eval.comparison import EXIT_STATUS, Change, Outcome, Verdict
from eval.gate import Margin, Tier

MARGIN = Margin(margin=0.05, minimum=0.02)


def change(metric: str = "right", lost: int = 0, won: int = 0, n: int = 100, margin: Margin | None = MARGIN) -> Change:
    """`lost` questions of `n` right before and wrong after, `won` the other way round, half of the others right."""
    rest = [float(at % 2) for at in range(n - lost - won)]
    before, after = [1.0] * lost + [0.0] * won + rest, [0.0] * lost + [1.0] * won + rest
    return measure_change(metric, before, after, [str(at) for at in range(n)], margin)


@pytest.mark.parametrize(
    ("difference", "low", "high", "clusters", "verdict"),
    [
        (-0.06, -0.10, -0.02, 50, "REGRESSED"),
        (-0.02, -0.03, -0.01, 50, "REGRESSED"),  # the minimum itself counts
        (-0.015, -0.02, -0.01, 50, "NON-INFERIOR"),  # surely lost, and too little to matter
        (-0.015, -0.06, -0.01, 50, "INCONCLUSIVE"),
        (-0.06, -0.12, 0.0, 50, "INCONCLUSIVE"),  # an end at 0 is not below it
        (0.06, 0.01, 0.11, 50, "IMPROVED"),
        (0.06, 0.0, 0.12, 50, "NON-INFERIOR"),
        (0.0, -0.049, 0.049, 20, "NON-INFERIOR"),
        (0.0, -0.049, 0.049, 19, "INCONCLUSIVE"),
        (0.0, -0.05, 0.05, 50, "INCONCLUSIVE"),
        (0.06, 0.01, 0.11, 19, "IMPROVED"),
        (-0.3, None, None, 1, "INCONCLUSIVE"),
    ],
)
def test_verdicts(difference: float, low: float | None, high: float | None, clusters: int, verdict: Verdict) -> None:
    assert verdict_of(difference, low, high, clusters, MARGIN) == verdict


def test_without_a_margin_nothing_is_non_inferior() -> None:
    assert verdict_of(0.0, -0.001, 0.001, 500, None) == "INCONCLUSIVE"
    assert verdict_of(-0.001, -0.0015, -0.0005, 500, None) == "REGRESSED"


def test_a_loss_by_hand() -> None:
    lost = change(lost=8, won=1)
    assert (lost.before, lost.after) == pytest.approx((0.53, 0.46))
    assert lost.difference == pytest.approx(-0.07)
    assert (lost.low, lost.high) == pytest.approx((-0.12890, -0.00835), abs=1e-5)
    assert lost.p == pytest.approx(20 / 512)
    assert (lost.questions, lost.clusters, lost.margin, lost.minimum) == (100, 100, 0.05, 0.02)
    assert (lost.verdict, lost.tier, lost.settle) == ("REGRESSED", "correctness", None)


def test_no_change_at_all_is_no_worse_than_three_in_n() -> None:
    same = change()
    assert (same.low, same.high, same.p, same.verdict) == (-0.03, 0.03, 1.0, "NON-INFERIOR")
    assert change(n=50).verdict == "INCONCLUSIVE"  # .06 could have been lost unseen


def test_lower_is_better_is_turned() -> None:
    more = change("forbidden_rate", won=20)  # asserted in twenty answers more
    assert more.after > more.before
    assert more.difference == pytest.approx(-0.2)
    assert (more.verdict, more.tier) == ("REGRESSED", "safety")


def test_one_cluster_has_no_interval_and_no_verdict() -> None:
    alone = measure_change("right", [1.0, 1.0], [0.0, 0.0], ["a", "a"], MARGIN)
    assert (alone.low, alone.high, alone.detectable, alone.settle) == (None, None, None, None)
    assert (alone.verdict, alone.p) == ("INCONCLUSIVE", 1.0)


def test_an_inconclusive_one_says_how_many_questions_settle_it() -> None:
    unsure = change(lost=3, won=2)
    assert unsure.verdict == "INCONCLUSIVE"
    assert unsure.settle is not None
    assert unsure.settle > 100
    assert unsure.detectable == pytest.approx(0.112, abs=0.01)


def test_holm_is_over_gated_metrics_alone() -> None:
    own, other, free = change(lost=8, won=1), change("fact_recall", lost=6), change("evidence_recall", margin=None)
    adjusted = with_holm([own, free, other])
    assert [each.p_holm for each in adjusted] == [pytest.approx(20 / 512 * 1.6), None, pytest.approx(2 / 64 * 2)]
    assert [replace(each, p_holm=None) for each in adjusted] == [own, free, other]


def outcome_of(*changes: Change) -> Outcome:
    return judge(changes)[0]


OF_VERDICT: dict[Verdict, Change] = {
    "REGRESSED": change(lost=12),
    "INCONCLUSIVE": change(lost=3, won=2),
    "NON-INFERIOR": change(),
    "IMPROVED": change(won=12),
}


@pytest.mark.parametrize("verdicts", list(product(OF_VERDICT, repeat=3)), ids=",".join)
@pytest.mark.parametrize("fault", ["", "invalid", "errors"])
def test_the_exit_status_of_every_combination_of_verdicts(verdicts: tuple[Verdict, ...], fault: str) -> None:
    tiers: tuple[Tier, ...] = ("safety", "correctness", "retrieval")
    gated = [replace(OF_VERDICT[verdict], tier=tier) for verdict, tier in zip(verdicts, tiers, strict=True)]
    assert tuple(one.verdict for one in gated) == verdicts
    rates, invalid = {"new.json": 0.02 if fault == "errors" else 0.01}, ["q1"] if fault else []
    if fault:
        expected = 1 if fault == "errors" else 3
    elif "REGRESSED" in verdicts:
        expected = 3
    else:
        expected = 4 if "INCONCLUSIVE" in verdicts else 0
    ungated = [replace(one, margin=None) for one in OF_VERDICT.values()]  # never block
    assert EXIT_STATUS[judge([*ungated, *gated], rates, invalid)[0]] == expected


def test_only_gated_metrics_block() -> None:
    assert outcome_of(change(), change("fact_recall", lost=30, margin=None)) == "passed"
    assert judge([change(margin=None)]) == ("inconclusive", "nothing is gated: give a metric a margin in the gold file")


def test_the_first_tier_is_named_first() -> None:
    changes = [change("hit_evidence_recall", lost=20), change(lost=20), change("refusal_recall", lost=20)]
    outcome, why = judge(changes)
    assert outcome == "regressed"
    assert [part.split(":")[0] for part in why.split("; ")] == ["safety", "correctness", "retrieval"]
    # what is known to be worse is not hidden by what cannot be told in an earlier tier
    outcome, why = judge([change("refusal_recall", lost=3, won=2), change(lost=20)])
    assert (outcome, why.split(":")[0]) == ("regressed", "correctness")


def test_a_single_citation_that_does_not_hold_fails_whatever_the_interval() -> None:
    validity = measure_change("citation_validity", [1.0] * 500, [1.0] * 499 + [0.0], list(map(str, range(500))), None)
    assert validity.verdict != "REGRESSED"
    said = "regressed", "invariant: a citation does not hold in 1 answer(s): q7"
    assert judge([change(), validity], invalid=["q7"]) == said
    assert judge([change(margin=None)], invalid=["q7"]) == said  # nor does it need a gate


def test_too_many_errors_are_no_measurement() -> None:
    assert judge([change()], {"old.json": 0.0, "new.json": 0.01})[0] == "passed"
    outcome, why = judge([change(lost=20)], {"old.json": 0.0, "new.json": 0.02}, invalid=["q1"])
    assert outcome == "error"
    assert "2.0% of new.json" in why

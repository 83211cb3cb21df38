"""Intervals against hand-computed values and the properties that must hold for every sample."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.intervals import Interval, cluster_bootstrap_mean, wilson


def test_wilson_of_eight_in_ten() -> None:
    # z² = 3.84146: middle (.8 + .192073) / 1.384146 = .716740
    # reach 1.959964 * sqrt(.016 + .00960365) / 1.384146 = .226578
    interval = wilson(8, 10)
    assert interval.value == 0.8
    assert interval.low == pytest.approx(0.49016, abs=1e-5)
    assert interval.high == pytest.approx(0.94332, abs=1e-5)
    assert interval.n == 10


def test_wilson_of_none_and_all() -> None:
    # no success in n: the upper end is z² / (n + z²)
    none, every = wilson(0, 10), wilson(10, 10)
    assert (none.value, none.low, none.n) == (0.0, 0.0, 10)
    assert none.high == pytest.approx(3.84146 / 13.84146, abs=1e-6)
    assert (every.value, every.high, every.n) == (1.0, 1.0, 10)
    assert every.low == pytest.approx(10 / 13.84146, abs=1e-6)


def test_nothing_measured_is_none_not_zero() -> None:
    nothing = Interval(None, None, None, 0)
    assert wilson(0, 0) == nothing
    assert cluster_bootstrap_mean([], []) == nothing
    assert nothing.to_json() == {"value": None, "low": None, "high": None, "n": 0}


@pytest.mark.parametrize(("successes", "n"), [(-1, 5), (6, 5), (0, -1)])
def test_impossible_counts(successes: int, n: int) -> None:
    with pytest.raises(ValueError, match=f"{successes} successes of {n}: count successes among"):
        wilson(successes, n)


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_holds_its_value_and_mirrors(counts: tuple[int, int]) -> None:
    successes, n = counts
    interval, mirror = wilson(successes, n), wilson(n - successes, n)
    assert interval.value is not None
    assert interval.low is not None
    assert interval.high is not None
    assert 0 <= interval.low <= interval.value <= interval.high <= 1
    assert mirror.low == pytest.approx(1 - interval.high)
    assert mirror.high == pytest.approx(1 - interval.low)


def test_whole_clusters_are_resampled() -> None:
    # two clusters: both A (1/4 of the draws), both B (1/4), one of each (1/2) -> means 1, 0 and 2/3
    assert cluster_bootstrap_mean([1, 1, 0], ["a", "a", "b"]) == Interval(2 / 3, 0.0, 1.0, 3)


def test_two_hundred_single_questions_come_close_to_the_normal_interval() -> None:
    interval = cluster_bootstrap_mean([1.0] * 100 + [0.0] * 100, [str(i) for i in range(200)])
    # 0.5 ± 1.96 * sqrt(.25 / 200)
    assert interval.low == pytest.approx(0.4307, abs=0.01)
    assert interval.high == pytest.approx(0.5693, abs=0.01)


def test_clustered_questions_tell_less_than_independent_ones() -> None:
    values = [1.0, 0.0] * 50
    alone = cluster_bootstrap_mean(values, [str(i) for i in range(100)])
    # ten clusters of ten equal answers each: the same values, a tenth of the evidence
    together = cluster_bootstrap_mean(sorted(values), [str(i // 10) for i in range(100)])
    assert alone.low is not None
    assert together.low is not None
    assert together.low < alone.low - 0.1


def test_one_cluster_has_a_mean_and_no_interval() -> None:
    assert cluster_bootstrap_mean([1, 0, 1, 0], ["a"] * 4) == Interval(0.5, None, None, 4)


def test_lengths_that_differ() -> None:
    with pytest.raises(ValueError, match="2 values but 1 clusters: name the cluster of each value"):
        cluster_bootstrap_mean([1, 2], ["a"])


def test_the_seed_decides() -> None:
    values = [i / 30 for i in range(30)]
    names = [str(i) for i in range(30)]
    assert cluster_bootstrap_mean(values, names) == cluster_bootstrap_mean(values, names)
    assert cluster_bootstrap_mean(values, names, seed=1) != cluster_bootstrap_mean(values, names)


@given(
    st.lists(st.tuples(st.floats(0, 1), st.sampled_from("abcdef")), min_size=1, max_size=30),
    st.randoms(use_true_random=False),
)
def test_order_does_not_matter_and_bounds_stay_within_the_values(
    rows: list[tuple[float, str]], shuffler: random.Random
) -> None:
    shuffled = rows[:]
    shuffler.shuffle(shuffled)
    interval = cluster_bootstrap_mean([v for v, _ in rows], [c for _, c in rows], resamples=50)
    assert interval == cluster_bootstrap_mean([v for v, _ in shuffled], [c for _, c in shuffled], resamples=50)
    lowest, highest = min(v for v, _ in rows) - 1e-9, max(v for v, _ in rows) + 1e-9
    assert interval.value is not None
    assert lowest <= interval.value <= highest
    if interval.low is not None and interval.high is not None:
        assert lowest <= interval.low <= interval.high <= highest

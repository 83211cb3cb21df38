"""The test and the interval of paired differences: hand-computed cases, and what must hold for every sample."""

import math
import random
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.intervals import cluster_bootstrap_mean
from eval.paired import Differences, differences, effective_clusters, holm, interval, sign_flip_p, t95

Rows = list[tuple[float, float, str]]

shares = st.sampled_from([0.0, 1 / 3, 0.5, 2 / 3, 1.0])
rows_of = st.lists(st.tuples(shares, shares, st.sampled_from("abcdefgh")), min_size=2, max_size=40)


def of(rows: Rows, *, swapped: bool = False) -> Differences:
    before, after, clusters = zip(*rows, strict=True)
    return differences(after, before, clusters) if swapped else differences(before, after, clusters)


def single(lost: int, won: int, questions: int) -> Differences:
    """Questions of 0 and 1, each a cluster of one."""
    before = [1.0] * lost + [0.0] * won + [1.0] * (questions - lost - won)
    after = [0.0] * lost + [1.0] * won + [1.0] * (questions - lost - won)
    return differences(before, after, [str(at) for at in range(questions)])


def ends(seen: Differences) -> tuple[float, float]:
    low, high = interval(seen.sums, seen.sizes)
    return float(low), float(high)


def test_differences_are_summed_by_cluster() -> None:
    seen = differences([1.0, 1.0, 0.0, 0.5], [0.0, 0.5, 1.0, 0.5], ["b", "b", "a", "c"])
    assert seen.sums.tolist() == [-1.5, 0.0, 1.0]
    assert seen.sizes.tolist() == [2.0, 1.0, 1.0]
    assert (seen.questions, seen.clusters, seen.mean, seen.squares) == (4, 3, -0.125, 2.25)


def test_what_cannot_be_compared() -> None:
    with pytest.raises(ValueError, match="1 values before, 2 after, 1 clusters: give all three"):
        differences([0.0], [0.0, 1.0], ["a"])
    with pytest.raises(ValueError, match="0 values before"):
        differences([], [], [])
    with pytest.raises(ValueError, match=r"1\.5 is not in \[0, 1\]"):
        differences([0.0], [1.5], ["a"])
    with pytest.raises(ValueError, match="one cluster has no interval"):
        ends(differences([0.0, 1.0], [1.0, 1.0], ["a", "a"]))


@pytest.mark.parametrize(
    ("lost", "won", "p"),
    [(0, 0, 1.0), (1, 0, 1.0), (4, 0, 2 / 16), (6, 0, 2 / 64), (1, 1, 1.0), (3, 1, 10 / 16), (8, 1, 20 / 512)],
)
def test_single_questions_give_the_exact_mcnemar_p(lost: int, won: int, p: float) -> None:
    assert sign_flip_p(single(lost, won, 40).sums) == pytest.approx(p)


def test_a_cluster_is_flipped_whole() -> None:
    # five losses in two clusters: +-3 +-2 is as far as -5 in 2 of 4 patterns; by themselves 2 of 32
    rows: Rows = [(1.0, 0.0, "a")] * 3 + [(1.0, 0.0, "b")] * 2
    assert sign_flip_p(of(rows).sums) == 0.5
    assert sign_flip_p(single(5, 0, 5).sums) == 2 / 32


@given(rows_of)
def test_the_p_by_definition(rows: Rows) -> None:
    sums = of(rows).sums
    totals = [abs(sum(map(math.prod, zip(signs, sums, strict=True)))) for signs in product((1, -1), repeat=len(sums))]
    far = abs(sums.sum()) - 1e-9
    assert sign_flip_p(sums) == pytest.approx(sum(total >= far for total in totals) / len(totals))


@given(st.lists(st.integers(-4, 4), min_size=1, max_size=12))
def test_drawn_patterns_agree_with_all_of_them(values: list[int]) -> None:
    sums = np.array(sorted(values), dtype=np.float64)
    exact, drawn = sign_flip_p(sums), sign_flip_p(sums, exact_clusters=0)
    # five standard errors of 9,999 draws, and the observed pattern that is added
    assert drawn == pytest.approx(exact, abs=5 * math.sqrt(exact * (1 - exact) / 9_999) + 2e-4)


def test_many_clusters_are_drawn_and_p_is_never_zero() -> None:
    assert sign_flip_p(single(40, 0, 100).sums) == 1 / 10_000
    assert sign_flip_p(single(12, 20, 100).sums) == pytest.approx(0.2153, abs=0.02)  # binomial(32, 1/2), two-sided


def test_t_is_that_of_the_tables() -> None:
    for freedom, t in ((1, 12.706), (2, 4.303), (3, 3.182), (10, 2.228), (99, 1.984), (10_000, 1.960)):
        assert t95(freedom) == pytest.approx(t, abs=1e-3)


def test_the_interval_by_hand() -> None:
    # 8 lost, 1 won of 100: N = 102, d = -7/102 = -.068627; sum of squares 9 + 2*7*d + 100 d² = 8.510188,
    # times 100/99 = 8.596150; halves added: .5 (1.068627² + .931373²) = 1.004710; t(99) = 1.984217
    low, high = ends(single(8, 1, 100))
    reach = 1.984217 * math.sqrt(8.596150 + 1.004710) / 102
    assert low == pytest.approx(-0.068627 - reach, abs=1e-5)
    assert high == pytest.approx(-0.068627 + reach, abs=1e-5)


def test_no_difference_still_allows_three_in_n() -> None:
    assert ends(single(0, 0, 100)) == (-0.03, 0.03)
    assert ends(single(0, 0, 2)) == (-1.0, 1.0)
    # the rule holds for questions, in whatever clusters; and for those that win what they lose
    assert ends(differences([1.0] * 60, [1.0] * 60, list("abc") * 20)) == (-0.05, 0.05)
    assert ends(differences([1.0, 0.0] * 30, [0.0, 1.0] * 30, [str(at // 2) for at in range(60)])) == (-0.05, 0.05)


def test_percentiles_of_the_bootstrap_would_be_too_narrow() -> None:
    # why there is another interval: 20 questions, of which 8% are lost and 5% won, over every count of both
    def holds(low: float, high: float) -> bool:
        return low - 1e-9 <= -0.03 <= high + 1e-9

    percentile, own = 0.0, 0.0
    for lost, won in product(range(9), repeat=2):
        rest = 20 - lost - won
        ways = math.factorial(20) / (math.factorial(lost) * math.factorial(won) * math.factorial(rest))
        chance = ways * 0.08**lost * 0.05**won * 0.87**rest
        seen = single(lost, won, 20)
        drawn = cluster_bootstrap_mean(seen.sums.tolist(), [str(at) for at in range(20)])
        assert drawn.low is not None
        assert drawn.high is not None
        percentile += chance * holds(*((drawn.low, drawn.high) if lost + won else ends(seen)))
        own += chance * holds(*ends(seen))
    assert percentile == pytest.approx(0.84, abs=0.02)
    assert own == pytest.approx(0.995, abs=0.005)


def test_one_large_cluster_is_worth_little_more_than_one_question() -> None:
    sizes = np.array([1.0] * 60 + [40.0])
    assert effective_clusters(sizes) == pytest.approx(100**2 / (60 + 40**2))
    assert effective_clusters(np.full(25, 4.0)) == pytest.approx(25)


def test_clustered_questions_tell_less_than_single_ones() -> None:
    rows: Rows = [(1.0, 0.0, str(at // 5)) for at in range(20)] + [(1.0, 1.0, str(at // 5)) for at in range(20, 100)]
    alone = of([(before, after, str(at)) for at, (before, after, _) in enumerate(rows)])
    assert ends(alone)[1] < -0.1
    assert ends(of(rows))[1] > -0.05


def test_rows_are_judged_one_by_one() -> None:
    rng = np.random.default_rng(0)
    sums, sizes = rng.integers(-2, 3, (5, 30)).astype(np.float64), np.full(30, 2.0)
    together = interval(sums, sizes)
    for at in range(5):
        assert interval(sums[at], sizes) == (together[0][at], together[1][at])


@given(rows_of, st.randoms(use_true_random=False))
def test_order_and_names_do_not_matter(rows: Rows, shuffler: random.Random) -> None:
    renamed = [(before, after, f"x{ord('z') - ord(cluster)}") for before, after, cluster in rows]
    shuffler.shuffle(renamed)
    seen, other = of(rows), of(renamed)
    assert seen.sums.tolist() == other.sums.tolist()
    assert seen.squares == other.squares
    assert sign_flip_p(seen.sums) == sign_flip_p(other.sums)
    if seen.clusters > 1:
        assert ends(seen) == ends(other)


@given(rows_of)
def test_swapped_runs_mirror(rows: Rows) -> None:
    seen, mirror = of(rows), of(rows, swapped=True)
    assert seen.mean == pytest.approx(-mirror.mean, abs=1e-12)
    for exact_clusters in (15, 0):
        own = sign_flip_p(seen.sums, exact_clusters=exact_clusters)
        assert own == sign_flip_p(mirror.sums, exact_clusters=exact_clusters)
        assert 0 < own <= 1
    if seen.clusters > 1:
        low, high = ends(seen)
        assert ends(mirror) == pytest.approx((-high, -low), abs=1e-9)


@given(rows_of)
def test_the_interval_holds_the_mean_and_is_never_a_point(rows: Rows) -> None:
    seen = of(rows)
    if seen.clusters > 1:
        low, high = ends(seen)
        assert -1 <= low <= seen.mean + 1e-12
        assert seen.mean - 1e-12 <= high <= 1
        assert high - low > 0.9 / seen.questions


def test_holm_by_hand() -> None:
    # sorted .01 .02 .03 .04 times 4 3 2 1: .04 .06 .06 .04, and none below the one before
    assert holm([0.04, 0.01, 0.03, 0.02]) == pytest.approx([0.06, 0.04, 0.06, 0.06])
    assert holm([0.9, 0.6]) == [1.0, 1.0]
    assert holm([0.03]) == [0.03]
    assert holm([]) == []


@given(st.lists(st.floats(1e-4, 1), max_size=8))
def test_holm_raises_and_keeps_the_order(p_values: list[float]) -> None:
    adjusted = holm(p_values)
    assert all(p <= own <= 1 for p, own in zip(p_values, adjusted, strict=True))
    assert sorted(adjusted) == [own for _, own in sorted(zip(p_values, adjusted, strict=True))]

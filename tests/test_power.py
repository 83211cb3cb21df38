"""What a gold set can find, against exact binomial sums and small simulations of the gate itself."""

from math import comb

import pytest
from test_paired import single

from eval.gate import Margin
from eval.paired import differences
from eval.power import Design, design_of, detectable, power, settle
from eval.simulate import Row, Setting, breaches, measure, table

MARGIN = Margin(margin=0.05)


def test_without_noise_power_is_a_binomial_tail() -> None:
    # nothing won: REGRESSED from 5 lost of 100 on (4 reach +.004, 5 reach -.002)
    tail = 1 - sum(comb(100, lost) * 0.1**lost * 0.9 ** (100 - lost) for lost in range(5))
    assert power(Design(100, 100, 0.0), 0.1, 0.02) == pytest.approx(tail, abs=1e-9)


def test_the_practical_minimum_is_part_of_the_promise() -> None:
    # of 100 at least 12 lost when only a loss of 12 points counts
    tail = 1 - sum(comb(100, lost) * 0.1**lost * 0.9 ** (100 - lost) for lost in range(12))
    assert power(Design(100, 100, 0.0), 0.1, 0.12) == pytest.approx(tail, abs=1e-9)


def test_probabilities_add_up() -> None:
    # a loss of everything is certain to be found, and no change is a false alarm in under 2.5%
    assert power(Design(500, 500, 0.0), 1.0, 0.0) == pytest.approx(1)
    for noise in (0.05, 0.1, 0.3):
        assert power(Design(100, 100, noise), 0.0, 0.0) < 0.025


def test_what_is_detectable_is_found_in_eighty_of_a_hundred() -> None:
    for design in (Design(100, 100, 0.1), Design(500, 100, 0.1, 2.2), Design(66, 14, 0.05, 1.5)):
        drop = detectable(design, 0.02)
        assert drop is not None
        assert power(design, drop, 0.02) >= 0.8 > power(design, drop - 0.001, 0.02)


def test_more_questions_find_less_and_noise_and_clusters_hide_more() -> None:
    drops = [detectable(Design(n, n, 0.1), 0.02) for n in (20, 100, 500)]
    assert drops == sorted(drops, key=lambda drop: -(drop or 0))
    assert drops == pytest.approx([0.41, 0.13, 0.05], abs=0.005)
    base = detectable(Design(100, 100, 0.1), 0.02) or 0
    assert (detectable(Design(100, 100, 0.2), 0.02) or 0) > base
    assert (detectable(Design(100, 25, 0.1, 2), 0.02) or 0) > base


def test_a_set_too_small_to_find_the_loss_of_everything_says_so() -> None:
    assert detectable(Design(3, 3, 0.5), 0.02) is None
    assert power(Design(3, 3, 0.5), 1.0, 0.02) < 0.8


def test_the_design_that_a_comparison_shows() -> None:
    # 3 lost, 2 won of 50: nothing to tell from noise, and half a question is added
    assert design_of(single(3, 2, 50)) == Design(50, pytest.approx(50), pytest.approx(0.11), pytest.approx(1))
    # 12 lost, 2 won of 50: a loss, which is no noise
    assert design_of(single(12, 2, 50)).noise == pytest.approx((14.5 - 10) / 50)


def test_clusters_that_fall_whole_have_the_largest_design_effect() -> None:
    clusters = [str(at // 5) for at in range(100)]
    fallen = differences([1.0] * 100, [0.0] * 10 + [1.0] * 90, clusters)
    assert design_of(fallen).design_effect == 5
    apart = differences([1.0] * 100, [float(at % 5 > 0) for at in range(100)], clusters)
    assert design_of(apart).design_effect == pytest.approx((20 * 0 + 5) / 21, abs=1)
    # nothing differs: nothing shows that questions of a cluster are independent
    assert design_of(differences([1.0] * 100, [1.0] * 100, clusters)).design_effect == 5


@pytest.mark.parametrize("after", [0.0, 0.5, 2 / 3])
def test_questions_that_all_move_alike_do_not_show_that_clusters_are_independent(after: float) -> None:
    clusters = [str(at // 5) for at in range(100)]
    design = design_of(differences([1.0] * 100, [after] * 100, clusters))
    assert (design.design_effect, design.noise <= 0.005) == (5, True)
    assert detectable(design, 0.02) is not None


def test_how_many_questions_settle_it() -> None:
    # 10 lost, 10 won of 100, .05 from the margin: V = 100 (20 * 100/99 + 1) / 102² = .20379; V (2.80159/.05)² = 639.8
    assert settle(single(10, 10, 100), MARGIN) == 640
    # without a margin, no difference is never told from one
    assert settle(single(10, 10, 100), None) is None
    assert (settle(single(9, 11, 100), None) or 0) > 1_000
    # a loss beyond the margin, too small to matter: more questions do not help
    assert settle(single(4, 0, 50), Margin(margin=0.01, minimum=0.2)) is None
    # and never fewer than there are, nor than twenty clusters
    assert settle(single(0, 0, 10), Margin(margin=0.9)) == 20


@pytest.mark.parametrize("setting", [Setting(100, 1, 0.0, 0.1), Setting(100, 1, 0.0, 0.2)])
def test_promises_are_kept_in_simulated_runs(setting: Setting) -> None:
    assert list(breaches([measure(setting, runs=2_000, own_runs=60)])) == []


def test_clustered_runs_give_no_more_false_alarms_and_keep_their_promise() -> None:
    row = measure(Setting(50, 4, 0.3, 0.1), runs=1_000, own_runs=60)
    assert row.false_alarms < 0.04
    assert all(coverage > 0.92 for coverage in row.coverage)
    assert row.found == pytest.approx(row.promised, abs=0.05)
    assert row.own > 0.75


def test_a_broken_promise_is_told() -> None:
    kept = Row(Setting(100, 1, 0.0, 0.1), (0.95,) * 4, (0.02, 0.1, 0.4, 0.9), (0.02, 0.1, 0.4, 0.9), 0.8, 0.02)
    assert list(breaches([kept])) == []
    broken = Row(kept.setting, (0.92, 0.95, 0.98, 0.95), (0.06, 0.1, 0.4, 0.8), kept.promised, 0.7, 0.06)
    told = "\n".join(breaches([broken]))
    for part in (
        "6.0% false alarms",
        "92.0% of intervals",
        "98.0% of",
        "80.0%, promised 90.0%",
        "70.0% of",
        "6.0% false N",
    ):
        assert part in told
    assert "| 100 | 100 | 0 | 10 | 6.0 | 92.0 / 95.0 / 98.0 / 95.0 | 10.0 (10.0) / 40.0 (40.0)" in table([broken])

"""What a gold set can see: the drop that it finds 80 times in 100, and how many questions settle a doubt.

`detectable` speaks of comparisons to come: which true drop would be called REGRESSED, on questions and clusters like
these, when so many questions differ anyway (`noise`). It cannot foresee a change that makes more questions differ than
have been seen to, or clusters that hang together more tightly.
"""

from dataclasses import dataclass
from math import ceil, lgamma, sqrt
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from eval.gate import CLUSTERS_NEEDED, Margin
from eval.paired import PSEUDO, ROUNDING, Differences, effective_clusters, interval, t95

FOUND = 0.8  # share of such drops that is found: the convention (Cohen 1988)
STEP = 0.001  # drops are told to a tenth of a point
TAIL_DEVIATIONS = 7  # counts further from their mean than this many standard deviations never happen


@dataclass(frozen=True, slots=True)
class Design:
    """A gold set as a comparison sees it.

    `effective`: its clusters, were all of one size; as many as questions when none share a cluster. `noise`: the share
    of questions that differ when nothing is lost on balance, half of them won. `design_effect`: the variance over
    that of as many independent questions, at least 1 (Kish 1965).
    """

    questions: int
    effective: float
    noise: float
    design_effect: float = 1.0


def design_of(seen: Differences) -> Design:
    """The design that a comparison shows. Raises ValueError for a single cluster.

    Its difference is taken out of the noise only when its interval excludes 0: otherwise it may be noise itself. Few
    differing questions make both estimates too small as often as too large, and a promise suffers more from the
    former: half a question that differs is added, and one cluster whose questions all agree (the promises of
    simulated runs are held then, docs/measurements.md).
    """
    n, mean = seen.questions, seen.mean
    low, high = interval(seen.sums, seen.sizes)
    moved = abs(mean) if low > 0 or high < 0 else 0.0
    effective = effective_clusters(seen.sizes)
    together = float(np.sum((seen.sums - mean * seen.sizes) ** 2)) * effective / (effective - 1)
    alone = (seen.squares - n * mean**2) * n / (n - 1)
    # questions that all move alike do not show whether those of a cluster move together
    differing = int(np.sum(np.abs(seen.sums) > ROUNDING)) if alone > ROUNDING else 0
    effect = together / alone if differing else 1.0
    effect = (differing * effect + n / effective) / (differing + 1)
    return Design(n, effective, max(0.0, (seen.squares + PSEUDO) / n - moved), min(max(effect, 1.0), n / effective))


def power(design: Design, drop: float, minimum: float) -> float:
    """The share of comparisons that call a true loss of `drop`, in [0, 1], REGRESSED.

    Exact for single questions of 0 and 1: the verdict is worked out for every count of lost and won questions, and
    their trinomial probabilities summed. Clusters count as questions / design effect independent questions, rounded,
    with the interval of the whole; shares count as the 0s and 1s of the same mean square.
    """
    worth = max(2, round(design.questions / design.design_effect))
    won = design.noise / 2
    lost = min(won + drop, 1 - won)
    losses, wins = np.meshgrid(_counts(worth, lost), _counts(worth, won), indexing="ij")
    mean = (wins - losses) / worth
    # the interval of eval.paired, of `questions` questions whose variance is that of `worth`
    n = design.questions
    total = n + 4 * PSEUDO
    centre = mean * n / total
    spread = (wins + losses) / worth - 2 * centre * mean + centre**2
    inflation = design.effective / (design.effective - 1) * n / worth
    added = PSEUDO * ((1 - centre) ** 2 + (1 + centre) ** 2)
    high = centre + t95(design.effective - 1) * np.sqrt(n * spread * inflation + added) / total
    found = (high < 0) & (mean <= -minimum + ROUNDING)
    return float(np.sum(_trinomial(worth, losses, wins, lost, won)[found]))


def detectable(design: Design, minimum: float) -> float | None:
    """The smallest drop, in [0, 1], to a tenth of a point, that is found 80 times in 100; None when not even the loss
    of everything is."""
    low, high = 0, ceil((1 - design.noise) / STEP)
    if power(design, high * STEP, minimum) < FOUND:
        return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if power(design, middle * STEP, minimum) >= FOUND else (middle, high)
    return round(high * STEP, 3)


def settle(seen: Differences, margin: Margin | None) -> int | None:
    """How many questions in all, in clusters like these, end an INCONCLUSIVE 80 times in 100 if the true difference is
    the one seen: n = V (1.96 + 0.84)² / gap², with V the variance of one question's worth (from the interval's own
    standard error) and `gap` how far the difference is from what the next verdict must exclude. None: more questions
    would not help, since the loss matters too little to be REGRESSED and too much for the margin (or nothing is lost
    or won without a margin). Raises ValueError for a single cluster.
    """
    n, mean = seen.questions, seen.mean
    gaps = [mean] if mean > 0 else []  # IMPROVED
    if margin is not None:
        gaps.append(mean + margin.margin)  # NON-INFERIOR
    if mean < 0 and -mean >= (margin.minimum if margin else 0):
        gaps.append(-mean)  # REGRESSED
    gap = max(gaps, default=0.0)
    if gap <= ROUNDING:
        return None
    low, high = interval(seen.sums, seen.sizes)
    deviation = float(high - low) / 2 / t95(effective_clusters(seen.sizes) - 1) * sqrt(n)
    normal = NormalDist()
    needed = (deviation * (normal.inv_cdf(0.975) + normal.inv_cdf(FOUND)) / gap) ** 2
    in_clusters = CLUSTERS_NEEDED * n / seen.clusters if margin is not None else 0
    return max(n + 1, ceil(needed), ceil(in_clusters))


def _counts(n: int, rate: float) -> NDArray[np.int64]:
    """The counts of n that can be expected at `rate`."""
    reach = TAIL_DEVIATIONS * sqrt(n * rate * (1 - rate)) + TAIL_DEVIATIONS
    return np.arange(max(0, int(n * rate - reach)), min(n, int(n * rate + reach)) + 1)


def _trinomial(
    n: int, losses: NDArray[np.int64], wins: NDArray[np.int64], lost: float, won: float
) -> NDArray[np.float64]:
    rest = n - losses - wins
    counted = (losses, lost), (wins, won), (np.maximum(rest, 0), max(0.0, 1 - lost - won))
    log_factorial = np.array([lgamma(count + 1) for count in range(n + 1)])
    log_rates = (np.log(rate) if rate > 0 else -np.inf for _, rate in counted)
    with np.errstate(invalid="ignore"):  # 0 times the logarithm of 0, which is 0 here
        logs = [
            np.where(counts == 0, 0.0, counts * log_rate) - log_factorial[counts]
            for (counts, _), log_rate in zip(counted, log_rates, strict=True)
        ]
    return np.where(rest >= 0, np.exp(log_factorial[n] + sum(logs)), 0.0)

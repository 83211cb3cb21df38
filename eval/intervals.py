"""95% intervals of a rate and of a mean over questions.

They show how far the value could move with other questions of the same kind. They cannot show a bias of the
gold set, an error in it, or how the system does on another sort of question.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import comb
from statistics import NormalDist, median

import numpy as np

Z95 = NormalDist().inv_cdf(0.975)  # 1.96, two-sided 95%


@dataclass(frozen=True, slots=True)
class Interval:
    """`value` with its 95% interval from `n` questions; a rate or a mean of shares in [0, 1], or seconds.

    Nothing measured (n = 0): value, low and high are None. No interval can be told (a mean over one cluster):
    low and high are None. Never 0 or 1 in their stead.
    """

    value: float | None
    low: float | None
    high: float | None
    n: int

    def to_json(self) -> dict[str, float | int | None]:
        return {"value": self.value, "low": self.low, "high": self.high, "n": self.n}


def wilson(successes: int, n: int) -> Interval:
    """`successes / n` with the Wilson score interval (Wilson 1927, JASA 22:209), z = 1.96:

        (p + z²/2n ± z·sqrt(p(1-p)/n + z²/4n²)) / (1 + z²/n)

    Holds for small n and for rates of 0 and 1. It takes questions as independent, so it is too narrow where
    many share a cluster. Raises ValueError unless 0 <= successes <= n.
    """
    if not 0 <= successes <= n:
        raise ValueError(f"{successes!r} successes of {n!r}: count successes among the n questions")
    if n == 0:
        return Interval(None, None, None, 0)
    p = successes / n
    middle = p + Z95**2 / (2 * n)
    reach = Z95 * (p * (1 - p) / n + Z95**2 / (4 * n**2)) ** 0.5
    scale = 1 + Z95**2 / n
    # at 0 and n the exact bounds are 0 and 1, which rounding misses
    low = 0.0 if successes == 0 else (middle - reach) / scale
    high = 1.0 if successes == n else (middle + reach) / scale
    return Interval(p, low, high, n)


def median_interval(values: Sequence[float]) -> Interval:
    """The median with its distribution-free interval: the r-th value from either end, r the largest with
    P(Binomial(n, 1/2) < r) <= 2.5% (Conover 1999, section 3.2). Below 6 values there is none: low and high are None.
    """
    n = len(values)
    if not n:
        return Interval(None, None, None, 0)
    ordered, below, rank = sorted(values), 0.0, 0
    while (below := below + comb(n, rank) / 2**n) <= 0.025:
        rank += 1
    low, high = (ordered[rank - 1], ordered[n - rank]) if rank else (None, None)
    return Interval(median(ordered), low, high, n)


def cluster_bootstrap_mean(
    values: Sequence[float], clusters: Sequence[str], seed: int = 0, resamples: int = 2000
) -> Interval:
    """The mean of `values` with the percentile interval (2.5%, 97.5%) of `resamples` means, in each of which
    as many whole clusters as there are were drawn with replacement (Davison & Hinkley 1997, section 3.8).

    The same values give the same interval, in whatever order. Too narrow below about 20 clusters, and of no
    width when all values are equal: k perfect clusters still leave room for a rate of about 3/k. Raises
    ValueError when the lengths differ.
    """
    if len(values) != len(clusters):
        raise ValueError(f"{len(values)} values but {len(clusters)} clusters: name the cluster of each value")
    if not values:
        return Interval(None, None, None, 0)
    names, member_of = np.unique(np.asarray(clusters), return_inverse=True)
    sizes = np.bincount(member_of)
    # sorted first: floating-point sums depend on order
    order = np.lexsort((np.asarray(values), member_of))
    sums = np.bincount(member_of[order], weights=np.asarray(values, dtype=float)[order])
    mean = float(sums.sum() / sizes.sum())
    if len(names) == 1:
        return Interval(mean, None, None, len(values))
    draws = np.random.default_rng(seed).multinomial(len(names), np.full(len(names), 1 / len(names)), resamples)
    low, high = np.percentile((draws @ sums) / (draws @ sizes), [2.5, 97.5])
    return Interval(mean, float(low), float(high), len(values))

"""The test and the interval of a mean difference between two runs that answered the same questions.

A difference is (after - before) of one question, in [-1, 1]. Questions of one cluster may win and lose together, so
only sums over clusters are compared; a question by itself is a cluster of one. Both results depend on the differences
alone, not on their order, the names of clusters or a clock, and both mirror when the runs are swapped.

They show how far the difference could move with other questions of the same kind. They cannot show a fault of the
gold set, what another kind of question would do, or clusters that nobody declared: those make both too sure.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from math import fsum, pi, sqrt

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

EXACT_CLUSTERS = 15  # 2^15 = 32,768 sign patterns; above it as many are drawn as fit in a moment
FLIPS = 9_999  # drawn patterns: with the observed one 10,000, so that p is a multiple of 0.0001
ROUNDING = 1e-9  # differences are fractions of small counts: closer than this is equal
PSEUDO = 0.5  # questions lost, and questions won, that are added (Agresti & Min 2005)


@dataclass(frozen=True, slots=True)
class Differences:
    """Paired differences summed by cluster, in ascending order of sum and size. `sums` and `sizes` have one entry a
    cluster; `squares` is the sum of the squared differences over questions: how many of them differ, for 0 and 1."""

    sums: Floats
    sizes: Floats
    squares: float

    @property
    def questions(self) -> int:
        return int(self.sizes.sum())

    @property
    def clusters(self) -> int:
        return len(self.sizes)

    @property
    def mean(self) -> float:
        return float(self.sums.sum() / self.sizes.sum())


def differences(before: Sequence[float], after: Sequence[float], clusters: Sequence[str]) -> Differences:
    """`after` - `before` by cluster. Raises ValueError for no question, for lengths that differ, and for values
    outside [0, 1]."""
    if not before or not len(before) == len(after) == len(clusters):
        raise ValueError(
            f"{len(before)} values before, {len(after)} after, {len(clusters)} clusters: give all three a question"
        )
    if odd := [value for value in (*before, *after) if not 0 <= value <= 1]:
        raise ValueError(f"{odd[0]!r} is not in [0, 1]: a metric is a share")
    members: defaultdict[str, list[float]] = defaultdict(list)
    for own, other, cluster in zip(before, after, clusters, strict=True):
        members[cluster].append(other - own)
    # fsum is exact in any order; rounded, because sums that are equal as fractions must tie in the test
    each = sorted((round(fsum(values), 12) + 0.0, len(values)) for values in members.values())
    sums, sizes = np.array(each, dtype=np.float64).T
    return Differences(sums, sizes, fsum((other - own) ** 2 for own, other in zip(before, after, strict=True)))


def sign_flip_p(sums: Floats, seed: int = 0, exact_clusters: int = EXACT_CLUSTERS) -> float:
    """Two-sided p of "the runs are alike", in (0, 1]: the share of sign patterns of the cluster sums whose total is at
    least as far from 0 as the observed one (Fisher 1935; Good 2005, section 3.2).

    Were the runs alike, before and after could be swapped in any cluster. Sums of 0 change no total and are left out.
    Up to `exact_clusters` others: every pattern, so with k of them p is at least 2^(1-k). More: (1 + as far) / (1 +
    FLIPS) over drawn patterns, never 0 (Phipson & Smyth 2010). For single questions of 0 and 1 it is the exact
    McNemar test.
    """
    moved = np.sort(np.abs(sums[np.abs(sums) > ROUNDING]))  # a sum and its negative have the same patterns
    far = abs(float(sums.sum())) - ROUNDING
    if len(moved) <= exact_clusters:
        patterns = np.arange(2 ** len(moved))[:, None] >> np.arange(len(moved)) & 1
        return float(np.mean(np.abs((2 * patterns - 1) @ moved) >= far))
    rng = np.random.default_rng(seed)
    totals = np.zeros(FLIPS)
    for size in moved:  # one cluster at a time: all patterns of thousands of clusters are gigabytes
        totals += rng.choice((-size, size), FLIPS)
    return float((1 + np.sum(np.abs(totals) >= far)) / (1 + FLIPS))


def interval(sums: Floats, sizes: Floats) -> tuple[Floats, Floats]:
    """The 95% interval of the mean difference: low and high, in [-1, 1], holding the observed mean.

    `sums` has shape (..., clusters), one row a comparison; `sizes` (clusters,). With n questions and N = n + 2:

        d = sum(S) / N          V = G/(G-1) sum (S - m d)² + ½(1-d)² + ½(1+d)²          d ± t(G-1) sqrt(V) / N

    over cluster sums S and sizes m. This is the standard error of the cluster bootstrap in closed form (Davison &
    Hinkley 1997, section 3.8) after Agresti & Min (2005, Statistics in Medicine 24:729) added four halves of a
    question: lost, won, and two without a difference. t has the degrees of freedom of G = n² / sum(m²) effective
    clusters (Carter, Schnepel & Steigerwald 2017, REStat 99:698): one large cluster is worth little more than one
    question. As n grows it is the bootstrap interval; below, percentiles are too narrow (docs/measurements.md).

    No cluster with a difference: -3/n to 3/n, the rule of three, with questions taken as independent, since nothing
    shows otherwise. Raises ValueError for a single cluster, from which no interval can be told.
    """
    if len(sizes) < 2:
        raise ValueError("one cluster has no interval: ask questions of other clusters too")
    n = sizes.sum()
    total = n + 4 * PSEUDO
    effective = effective_clusters(sizes)
    mean = sums.sum(axis=-1) / total
    within = np.sum((sums - mean[..., None] * sizes) ** 2, axis=-1) * effective / (effective - 1)
    added = PSEUDO * ((1 - mean) ** 2 + (1 + mean) ** 2)
    reach = t95(effective - 1) * np.sqrt(within + added) / total
    reach = np.where(np.any(np.abs(sums) > ROUNDING, axis=-1), reach, 3 / n)
    return np.maximum(mean - reach, -1.0), np.minimum(mean + reach, 1.0)


def effective_clusters(sizes: Floats) -> float:
    """(sum of sizes)² / sum of squared sizes: the number of clusters when all have one size, fewer otherwise."""
    return float(sizes.sum() ** 2 / np.sum(sizes**2))


def t95(freedom: float) -> float:
    """Two-sided 95% point of Student's t with `freedom` > 0 degrees of freedom, fractions allowed: 12.71 for 1, 1.96
    without end. By t = sqrt(freedom) tan(a), where the angle a has density proportional to cos(a)^(freedom-1)."""
    angles = np.linspace(0, pi / 2, 20_001)[:-1] + pi / 80_000  # middles of 20,000 equal parts, below the pole
    mass = np.cumsum(np.cos(angles) ** (freedom - 1))
    return sqrt(freedom) * float(np.tan(np.interp(0.95 * mass[-1], mass, angles + pi / 80_000)))


def holm(p_values: Sequence[float]) -> list[float]:
    """Each p adjusted for having asked all of them (Holm 1979): the k-th smallest of m times m - k + 1, at most 1 and
    never below a smaller one's. In the order given; wrongly at or below 0.05 anywhere in at most 5% of cases."""
    adjusted = [0.0] * len(p_values)
    least = 0.0
    for rank, at in enumerate(sorted(range(len(p_values)), key=lambda at: p_values[at])):
        least = max(least, min(1.0, p_values[at] * (len(p_values) - rank)))
        adjusted[at] = least
    return adjusted

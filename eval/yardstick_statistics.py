"""Statistics of a whole sample, which are no mean over questions, and their intervals."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from eval.intervals import Interval

Floats = NDArray[np.float64]


def ranks(values: ArrayLike) -> Floats:
    """Ranks from 1, ties at their mean."""
    _, place, counts = np.unique(np.asarray(values, float), return_inverse=True, return_counts=True)
    mean_ranks: Floats = (np.cumsum(counts) - (counts - 1) / 2)[place]
    return mean_ranks


def auroc(scores: ArrayLike, positive: ArrayLike) -> float:
    """The share of (positive, other) pairs in which the positive scores higher, ties half (Mann & Whitney 1947); nan
    unless both are there."""
    is_positive = np.asarray(positive, bool)
    n, others = int(is_positive.sum()), int((~is_positive).sum())
    if not n or not others:
        return float("nan")
    return float((ranks(scores)[is_positive].sum() - n * (n + 1) / 2) / (n * others))


def f1(predicted: ArrayLike, positive: ArrayLike) -> float:
    """F1 of the positives; 0 where neither any is nor any is predicted."""
    said, true = np.asarray(predicted, bool), np.asarray(positive, bool)
    both = int(said.sum() + true.sum())
    return 2 * int((said & true).sum()) / both if both else 0.0


def balanced_accuracy(predicted: ArrayLike, positive: ArrayLike) -> float:
    """Mean of the recall of the positives and of the others; nan unless both are there."""
    said, true = np.asarray(predicted, bool), np.asarray(positive, bool)
    if not true.any() or true.all():
        return float("nan")
    return float((said[true].mean() + (~said[~true]).mean()) / 2)


def pearson(one: ArrayLike, other: ArrayLike) -> float:
    """Correlation in [-1, 1]; nan where either does not vary."""
    x, y = (np.asarray(side, float) - np.mean(np.asarray(side, float)) for side in (one, other))
    scale = float(np.sqrt((x @ x) * (y @ y)))
    return float(x @ y) / scale if scale else float("nan")


def spearman(one: ArrayLike, other: ArrayLike) -> float:
    """Pearson's correlation of the ranks."""
    return pearson(ranks(one), ranks(other))


def cluster_bootstrap(
    statistic: Callable[..., float], columns: Sequence[ArrayLike], clusters: Sequence[str], resamples: int = 1000
) -> Interval:
    """`statistic` of `columns` (one value an item in each) with its percentile interval (2.5%, 97.5%), whole clusters
    drawn with replacement.

    Draws on which the statistic is not defined (nan: one class only) are left out. Value None when it is not defined
    on the sample, low and high None when no draw tells (one cluster).
    """
    arrays = [np.asarray(column) for column in columns]
    value = statistic(*arrays) if len(clusters) else float("nan")
    if np.isnan(value):
        return Interval(None, None, None, len(clusters))
    names, member_of = np.unique(np.asarray(clusters), return_inverse=True)
    members = [np.flatnonzero(member_of == cluster) for cluster in range(len(names))]
    rng = np.random.default_rng(0)
    drawn = []
    for _ in range(resamples):
        chosen = np.concatenate([members[cluster] for cluster in rng.integers(len(names), size=len(names))])
        drawn.append(statistic(*(array[chosen] for array in arrays)))
    defined = [draw for draw in drawn if not np.isnan(draw)]
    if len(names) == 1 or not defined:
        return Interval(value, None, None, len(clusters))
    low, high = np.percentile(defined, [2.5, 97.5])
    return Interval(value, float(low), float(high), len(clusters))

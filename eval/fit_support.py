"""Fits the weights of `rag/support.py` on the development half of WiCE: do the cited sentences support the claim?

    python -m eval.fit_support --yardsticks DIR

One example for each oracle chunk: the sentences that would be cited of it, and whether the claim is supported. Prints
the weights fitted on all of them, and figures out of fold over claims: AUROC, the best threshold, and how often a claim
is supported at each predicted probability.
"""

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from eval.yardstick_data import read_records
from eval.yardstick_statistics import auroc
from eval.yardstick_wice import CHUNKS, Chunk, cite
from index.embedders import open_embedder
from rag.support import FEATURES, features

FOLDS = 10
L2 = 30.0  # on standardised features; AUROC is the same to .002 from 3 to 100
STEPS = 30  # of Newton's method
BINS = 10
Array = NDArray[np.float64]


def examples(data: Path) -> tuple[Array, Array, list[str]]:
    """Features, labels and claims, a row for each oracle chunk."""
    embed = open_embedder("minilm").embed
    rows, labels, claims = [], [], []
    for chunk in read_records(data / CHUNKS, Chunk):
        cited = [chunk.evidence[i] for i in sorted(cite(chunk.claim, chunk.evidence))]
        rows.append(features(chunk.claim, cited, (), embed))
        labels.append(chunk.label == "supported")
        claims.append(chunk.meta.id)
    return np.array(rows), np.array(labels, float), claims


def fit(x: Array, y: Array) -> Array:
    """Intercept and weights of a ridge logistic regression, for features as they are."""
    mean, deviation = x.mean(0), x.std(0) + 1e-9
    z = np.column_stack([np.ones(len(x)), (x - mean) / deviation])
    penalty = np.diag([0.0] + [L2] * x.shape[1])
    weights = np.zeros(z.shape[1])
    for _ in range(STEPS):
        p = 1 / (1 + np.exp(-z @ weights))
        hessian = z.T @ (z * (p * (1 - p))[:, None]) + penalty
        weights -= np.linalg.solve(hessian, z.T @ (p - y) + penalty @ weights)
    own = weights[1:] / deviation
    return np.concatenate([[weights[0] - own @ mean], own])


def out_of_fold(x: Array, y: Array, claims: list[str]) -> Array:
    """The probability of each example by weights that were not fitted on its claim."""
    order = {claim: number for number, claim in enumerate(np.random.default_rng(0).permutation(sorted(set(claims))))}
    folds = np.array([order[claim] % FOLDS for claim in claims])
    predicted = np.zeros(len(y))
    for fold in range(FOLDS):
        weights = fit(x[folds != fold], y[folds != fold])
        predicted[folds == fold] = 1 / (1 + np.exp(-(weights[0] + x[folds == fold] @ weights[1:])))
    return predicted


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--yardsticks", type=Path, required=True)
    x, y, claims = examples(parser.parse_args().yardsticks)
    weights = fit(x, y)
    print("intercept", round(weights[0], 3), dict(zip(FEATURES, weights[1:].round(3).tolist(), strict=True)))
    predicted = out_of_fold(x, y, claims)
    print(f"AUROC out of fold {auroc(predicted, y > 0):.3f}, coverage alone {auroc(x[:, 0], y > 0):.3f}")
    for threshold in np.arange(0.3, 0.6, 0.05):
        right = float(y[predicted >= threshold].sum())
        print(f"from {threshold:.2f}: F1 {2 * right / (float((predicted >= threshold).sum()) + y.sum()):.3f}")
    for low in np.arange(0, 1, 1 / BINS):
        inside = (predicted >= low) & (predicted < low + 1 / BINS)
        if inside.any():
            print(f"{low:.1f}-{low + 1 / BINS:.1f}: {inside.sum()} examples, {y[inside].mean():.2f} supported")


if __name__ == "__main__":
    main()

"""How likely it is that cited words support a statement: one number, beside the verdict that decides.

A logistic regression on four features, fitted and calibrated out of fold on the development half of WiCE (Kamoi et al.
2023) by `eval/fit_support.py`; figures and reliability in docs/measurements.md, "Support". It has no part in a verdict.
"""

import math
from collections.abc import Sequence

import numpy as np

from index.embedder import Embed
from rag.claims import coverage, value_share
from rag.names import find_names, name_tokens

FEATURES = ("coverage", "values", "names_missing", "residual")
INTERCEPT = -0.586
WEIGHTS = (2.799, 0.753, -0.400, -2.662)
MAX_NAMES = 5


def support(text: str, cited: Sequence[str], supplied: Sequence[str], embed: Embed) -> float:
    """The probability, in (0, 1), that `cited` supports `text`; `supplied` are titles. Embeds `text` and `cited`."""
    score = INTERCEPT + float(np.dot(WEIGHTS, features(text, cited, supplied, embed)))
    return 1 / (1 + math.exp(-score))


def features(text: str, cited: Sequence[str], supplied: Sequence[str], embed: Embed) -> tuple[float, ...]:
    """The share of the words and of the values of `text` that are cited, the names (words of them) that are not, and
    what is left of its vector, in [0, 1], when the cited ones are combined to come as near as they can."""
    known = {token for source in (*cited, *supplied) for token in name_tokens(source)}
    lost = sum(token not in known for name in find_names(text) for token in name_tokens(name.text))
    residual = 1.0
    if cited:
        own, *there = np.asarray(embed([text, *cited]))
        combined = np.stack(there).T
        weights = np.linalg.lstsq(combined, own, rcond=None)[0]
        residual = float(np.linalg.norm(own - combined @ weights))
    return coverage(text, cited, ()), value_share(text, cited), float(min(lost, MAX_NAMES)), residual

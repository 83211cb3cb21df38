"""Fits the weights of `rag/evidence.py`: which sentence answers a question, and does any?

    python -m eval.fit_evidence --yardsticks DIR --work DIR

Data: SQuAD 2.0 and RGB development halves (each pooled into one library) and the sample gold set. A sentence of the
hits is positive when it holds an accepted answer and stands in a document that the question's own data names; every
sentence of an unanswerable question is negative. Logistic regression with an L2 penalty, by Newton's method; reported
out of fold over questions, so that the figures speak of questions that were not fitted.
"""

import argparse
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from eval.gold import load_gold
from eval.normalise import contains_form
from index.folding import folded
from index.library import Index
from index.sync import add
from rag.evidence import FEATURES, Evidence, find_evidence
from rag.question import read_question
from rag.retrieve import retrieve

FOLDS = 5
L2 = 1.0
HITS = 10
Array = NDArray[np.float64]


@dataclass(frozen=True)
class Task:
    """A question and what makes a sentence its answer; `answerable` is known beforehand."""

    question: str
    answerable: bool
    positive: Callable[[Evidence], bool]


def squad_tasks(rows: list[dict], folder: Path) -> Iterator[Task]:  # type: ignore[type-arg]
    names: dict[str, str] = {}
    for row in rows:
        names.setdefault(row["context"], f"p{len(names):04}.txt")
    for text, name in names.items():
        (folder / name).write_text(text)
    for row in rows:
        yield _task(row["question"], not row["is_impossible"], {names[row["context"]]}, [row["answers"]])


def rgb_tasks(rows: list[dict], folder: Path) -> Iterator[Task]:  # type: ignore[type-arg]
    for number, row in enumerate(rows):
        own = set()
        for side in ("positive", "negative"):
            for i, text in enumerate(row[side]):
                (folder / f"{number:03}-{side}-{i}.txt").write_text(text)
                own.add(f"{number:03}-{side}-{i}.txt")
        answers = row["answer"] if isinstance(row["answer"], list) else [row["answer"]]
        groups = [a if isinstance(a, list) else [a] for a in answers]
        yield _task(row["query"], True, {name for name in own if "positive" in name}, groups)


def gold_tasks(path: Path) -> Iterator[Task]:
    for gold in load_gold(path):
        quotes = [folded(item.quote) for item in gold.evidence]
        text = " ".join([*(turn.question for turn in gold.history), gold.question])
        yield Task(text, gold.answerable, lambda e, q=quotes: any(x in folded(e.sentence.text) for x in q))


def _task(question: str, answerable: bool, documents: set[str], groups: list[list[str]]) -> Task:
    forms = [form for group in groups for form in group] if answerable else []

    def positive(evidence: Evidence) -> bool:
        named = evidence.sentence.span.doc_id in documents
        return named and any(contains_form(evidence.text, form) for form in forms)

    return Task(question, answerable, positive)


def features(index: Index, tasks: list[Task]) -> list[tuple[Array, Array, bool]]:
    """(features, labels, answerable) of each question's evidence sentences."""
    result = []
    for task in tasks:
        hits, vector = retrieve(index, task.question, HITS)
        found = find_evidence(index, read_question(task.question), vector, hits)
        x = np.array([e.features for e in found], float).reshape(-1, len(FEATURES))
        result.append((x, np.array([task.positive(e) for e in found], float), task.answerable))
    return result


def fit(x: Array, y: Array, weight: Array) -> Array:
    """Coefficients (bias first) of the penalised maximum likelihood, by 30 Newton steps."""
    x = np.hstack([np.ones((len(x), 1)), x])
    beta = np.zeros(x.shape[1])
    penalty = L2 * np.eye(x.shape[1])
    penalty[0, 0] = 0
    for _ in range(30):
        p = 1 / (1 + np.exp(-np.clip(x @ beta, -30, 30)))
        gradient = x.T @ (weight * (y - p)) - penalty @ beta
        hessian = (x.T * (weight * p * (1 - p))) @ x + penalty
        beta += np.linalg.solve(hessian, gradient)
    return beta


def predict(beta: Array, x: Array) -> Array:
    p: Array = 1 / (1 + np.exp(-(beta[0] + x @ beta[1:])))
    return p


def fit_all(sets: list[tuple[Array, Array, bool]]) -> Array:
    """Each question weighs the same, however many sentences were retrieved for it."""
    x = np.concatenate([s[0] for s in sets])
    y = np.concatenate([s[1] for s in sets])
    weight = np.concatenate([np.full(len(s[1]), 20 / max(1, len(s[1]))) for s in sets])
    return fit(x, y, weight)


def auroc(positive: list[float], negative: list[float]) -> float:
    """Share of pairs in which the positive scores higher, ties half."""
    wins = sum((p > n) + 0.5 * (p == n) for p in positive for n in negative)
    return wins / max(1, len(positive) * len(negative))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--yardsticks", type=Path, required=True, help="folder with squad2.jsonl and rgb_en_fact.jsonl")
    parser.add_argument("--work", type=Path, required=True, help="folder for the libraries built on the way")
    args = parser.parse_args()
    sample = Path(__file__).parent / "sample"
    named: dict[str, list[tuple[Array, Array, bool]]] = {}
    for name in ("squad2", "rgb_en_fact", "sample"):
        documents = sample / "corpus" if name == "sample" else args.work / name
        documents.mkdir(parents=True, exist_ok=True)
        if name == "sample":
            tasks = list(gold_tasks(sample / "gold.jsonl"))
        else:
            rows = [json.loads(line) for line in (args.yardsticks / f"{name}.jsonl").read_text().splitlines()]
            tasks = list((squad_tasks if name == "squad2" else rgb_tasks)(rows, documents))
        with Index(args.work / f"{name}.library", create=True) as index:
            add(index, [documents])
            named[name] = features(index, tasks)
    everything = [item for items in named.values() for item in items]
    names = [name for name, items in named.items() for _ in items]
    scores: list[tuple[str, bool, float, bool]] = []
    for fold in range(FOLDS):
        beta = fit_all([s for i, s in enumerate(everything) if i % FOLDS != fold])
        for i, (x, y, answerable) in enumerate(everything):
            if i % FOLDS == fold and len(x):
                p = predict(beta, x)
                scores.append((names[i], answerable, float(p.max()), bool(y[p.argmax()])))
    for name in named:
        rows_ = [s for s in scores if s[0] == name]
        answerable = [s for s in rows_ if s[1]]
        right = [s[3] for s in answerable]
        found = sum(bool(y.any()) for (x, y, a), n in zip(everything, names, strict=True) if n == name and a)
        value = auroc([s[2] for s in answerable], [s[2] for s in rows_ if not s[1]])
        print(f"{name}: best sentence right {sum(right)}/{len(answerable)} (retrieved {found}), answerable AUROC {value:.3f}")
    beta = fit_all(everything)
    print(f"BIAS = {beta[0]:.3f}")
    for feature, value in zip(FEATURES, beta[1:], strict=True):
        print(f'    "{feature}": {value:.3f},')


if __name__ == "__main__":
    main()

"""Fits the weights of `rag/evidence.py`: which sentence answers a question, and does any?

    python -m eval.fit_evidence --yardsticks DIR --work DIR

Data: the SQuAD 2.0 and RAMDocs development halves (each pooled into one library) and the sample gold set. A sentence
of the hits is positive when it holds an accepted answer and stands in a document that the question's own data names.
Two steps: a conditional logit orders the sentences of one question (McFadden 1974); a logistic regression
on the first three of each order says whether a sentence answers at all. For the second step every answerable question
is also asked of a library without its own documents, where nothing answers it. Figures are out of fold over
questions, so they speak of questions that were not fitted.
"""

import argparse
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from eval.gold_files import load_gold
from eval.normalise import contains_form
from index.embedder import Vectors
from index.folding import folded
from index.library import Index
from index.sync import add
from index.types import Hit
from rag.evidence import FEATURES, Evidence, find_evidence
from rag.question import read_question
from rag.retrieve import retrieve

FOLDS = 5
L2 = 1.0
HITS = 10
STEPS = 800  # of gradient ascent; the likelihood no longer moves
TOP = 3  # sentences of each question that the second step learns from
Array = NDArray[np.float64]
Scored = tuple[Array, Array, bool]  # features, labels, answerable: the sentences of one question


@dataclass(frozen=True)
class Task:
    """A question and what makes a sentence its answer; `answerable` is known beforehand."""

    question: str
    answerable: bool
    positive: Callable[[Evidence], bool]
    documents: frozenset[str] = frozenset()  # that hold its answer; empty: not to be taken away


def squad_tasks(rows: list[dict], folder: Path) -> Iterator[Task]:  # type: ignore[type-arg]
    names: dict[str, str] = {}
    for row in rows:
        names.setdefault(row["context"], f"p{len(names):04}.txt")
    for text, name in names.items():
        (folder / name).write_text(text)
    for row in rows:
        forms = [] if row["is_impossible"] else row["answers"]

        def positive(e: Evidence, own: str = names[row["context"]], forms: list[str] = forms) -> bool:
            return e.sentence.span.doc_id == own and any(contains_form(e.text, form) for form in forms)

        yield Task(row["question"], not row["is_impossible"], positive, frozenset({names[row["context"]]}))


def ramdocs_tasks(rows: list[dict], folder: Path) -> Iterator[Task]:  # type: ignore[type-arg]
    """Every document's own answer counts, right or wrong: to show what each says is the writer's work."""
    for number, row in enumerate(rows):
        answers: dict[str, list[str]] = {}
        for i, document in enumerate(row["documents"]):
            (folder / f"{number:03}-{i}.txt").write_text(document["text"])
            if document["answer"] != "unknown":
                answers[f"{number:03}-{i}.txt"] = [document["answer"]]

        def positive(e: Evidence, answers: dict[str, list[str]] = answers) -> bool:
            return any(contains_form(e.text, form) for form in answers.get(e.sentence.span.doc_id, []))

        yield Task(
            row["question"], True, positive, frozenset(f"{number:03}-{i}.txt" for i in range(len(row["documents"])))
        )


def gold_tasks(path: Path) -> Iterator[Task]:
    for gold in load_gold(path).questions:
        quotes = [folded(item.quote) for item in gold.evidence]
        text = " ".join([*(turn.question for turn in gold.history), gold.question])

        def positive(e: Evidence, quotes: list[str] = quotes) -> bool:
            return any(quote in folded(e.sentence.text) for quote in quotes)

        yield Task(text, gold.answerable, positive)


def features(index: Index, tasks: list[Task]) -> list[tuple[Scored, Scored | None]]:
    """For each question its evidence sentences, and those of a library without its own documents."""
    result: list[tuple[Scored, Scored | None]] = []
    for task in tasks:
        hits, vector = retrieve(index, task.question, 3 * HITS)
        without = [hit for hit in hits if hit.chunk.doc_id not in task.documents]
        taken_away = None
        if task.answerable and task.documents and without:
            taken_away = _scored(index, replace(task, answerable=False), vector, without)
        result.append((_scored(index, task, vector, hits), taken_away))
    return result


def _scored(index: Index, task: Task, vector: Vectors, hits: list[Hit]) -> Scored:
    ranked = [replace(hit, rank=rank) for rank, hit in enumerate(hits[:HITS], 1)]
    found = find_evidence(index, read_question(task.question), vector, ranked)
    x = np.array([[e.features[name] for name in FEATURES] for e in found], float).reshape(-1, len(FEATURES))
    y = np.array([task.answerable and task.positive(e) for e in found], float)
    return x, y, task.answerable


def fit_ranking(sets: list[Scored]) -> Array:
    """Weights that make the positives of each question likely among its sentences, by gradient ascent."""
    sets = [(x, y, a) for x, y, a in sets if 0 < y.sum() < len(y)]
    scale = np.maximum(np.concatenate([x for x, _, _ in sets]).std(0), 1e-6)
    beta = np.zeros(len(FEATURES))
    for _ in range(STEPS):
        gradient = -L2 * beta
        for x, y, _ in sets:
            z = x / scale
            p = np.exp(z @ beta - (z @ beta).max())
            gradient += z.T @ (p * y / (p @ y) - p / p.sum())
        beta += gradient / len(sets)
    weights: Array = beta / scale
    return weights


def fit_answering(x: Array, y: Array) -> Array:
    """Logistic regression with bias first, by Newton's method."""
    x = np.hstack([np.ones((len(x), 1)), x])
    beta = np.zeros(x.shape[1])
    penalty = L2 * np.eye(x.shape[1])
    for _ in range(30):
        p = 1 / (1 + np.exp(-np.clip(x @ beta, -30, 30)))
        hessian = (x.T * (p * (1 - p))) @ x + penalty
        beta += np.linalg.solve(hessian, x.T @ (y - p) - penalty @ beta)
    return beta


def fit_both(sets: list[tuple[Scored, Scored | None]]) -> tuple[Array, Array]:
    """(ranking weights, answering weights with bias first)."""
    ranking = fit_ranking([pair[0] for pair in sets])
    x, y = [], []
    for features_, labels, _ in (scored for pair in sets for scored in pair if scored):
        for at in np.argsort(-(features_ @ ranking))[:TOP]:
            x.append(features_[at])
            y.append(labels[at])
    return ranking, fit_answering(np.array(x), np.array(y))


def outcome(scored: Scored, ranking: Array, answering: Array) -> tuple[float, bool]:
    """(probability that the first sentence answers, whether it does)."""
    x, y, _ = scored
    first = (x @ ranking).argmax()
    return float(1 / (1 + np.exp(-(answering[0] + x[first] @ answering[1:])))), bool(y[first])


def auroc(positive: list[float], negative: list[float]) -> float:
    """Share of pairs in which the positive scores higher, ties half."""
    wins = sum((p > n) + 0.5 * (p == n) for p in positive for n in negative)
    return wins / max(1, len(positive) * len(negative))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--yardsticks", type=Path, required=True, help="folder with squad2.jsonl and ramdocs.jsonl")
    parser.add_argument("--work", type=Path, required=True, help="folder for the libraries built on the way")
    args = parser.parse_args()
    sample = Path(__file__).parent / "sample"
    named: dict[str, list[tuple[Scored, Scored | None]]] = {}
    for name in ("squad2", "ramdocs", "sample"):
        documents = sample / "corpus" if name == "sample" else args.work / name
        documents.mkdir(parents=True, exist_ok=True)
        if name == "sample":
            tasks = list(gold_tasks(sample / "gold.jsonl"))
        else:
            rows = [json.loads(line) for line in (args.yardsticks / f"{name}.jsonl").read_text().splitlines()]
            tasks = list((squad_tasks if name == "squad2" else ramdocs_tasks)(rows, documents))
        with Index(args.work / f"{name}.library", create=True) as index:
            add(index, [documents])
            named[name] = features(index, tasks)
    everything = [(name, pair) for name, pairs in named.items() for pair in pairs]
    # SQuAD's unanswerable twins are reported, not fitted: these features do not tell them from the answerable
    # (AUROC .59), so fitting them would only make every probability small
    fitted = [name != "squad2" or pair[0][2] for name, pair in everything]
    results: list[tuple[str, bool, float, bool]] = []  # set, answerable, probability, right
    for fold in range(FOLDS):
        ranking, answering = fit_both(
            [pair for i, (_, pair) in enumerate(everything) if fitted[i] and i % FOLDS != fold]
        )
        for name, pair in everything[fold::FOLDS]:
            for kind, scored in zip((name, f"{name} without its documents"), pair, strict=True):
                if scored and len(scored[0]):
                    results.append((kind, scored[2], *outcome(scored, ranking, answering)))
    report(results)
    ranking, answering = fit_both([pair for i, (_, pair) in enumerate(everything) if fitted[i]])
    for title, weights in (("RANKING", ranking), ("ANSWERING", answering[1:])):
        print(f"{title}: dict[str, float] = {{")
        print(
            "\n".join(
                f'    "{name}": {value:.3f},' for name, value in zip((*FEATURES, "margin"), weights, strict=False)
            )
            + "\n}"
        )
    print(f"BIAS = {answering[0]:.3f}")


def report(results: list[tuple[str, bool, float, bool]]) -> None:
    for name in dict.fromkeys(r[0] for r in results):
        answerable = [r for r in results if r[0] == name and r[1]]
        others = [r for r in results if r[0] == name and not r[1]]
        print(f"{name}: {sum(r[3] for r in answerable)}/{len(answerable)} first sentences right", end="")
        print(f", {len(others)} unanswerable, AUROC {auroc([r[2] for r in answerable], [r[2] for r in others]):.3f}")
        for at in (0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5):
            kept = sum(r[2] >= at for r in answerable)
            right = sum(r[2] >= at and r[3] for r in answerable)
            refused = sum(r[2] < at for r in others)
            print(f"  at {at}: {kept} answered, {right} of them right; {refused}/{len(others)} refused")


if __name__ == "__main__":
    main()

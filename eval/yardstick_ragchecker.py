"""RAGChecker's pairs (Ru et al. 2024): does our score of an answer prefer the answer that people prefer?

No question is asked: two given answers are scored against a reference answer, and the difference of their scores is
correlated with the preference of two people, from -2 (the first is better) to 2 (the second).

    pearson, spearman               difference of `AnswerScore` against the mean overall preference
    .._correctness, .._completeness the same against those two preferences
    .._each_label                   each person's overall label on its own, as the published figures are taken
    token_f1_..                     the same for plain token F1, overall
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from statistics import mean
from typing import Any

from pydantic import Field

from eval.intervals import Interval
from eval.reference import AnswerScore, token_f1
from eval.yardstick_data import Record, read_records
from eval.yardstick_statistics import cluster_bootstrap, pearson, spearman

FILE = "ragchecker.jsonl"
NOTE = "the score's one parameter, beta, is chosen from 1, 2 and 3 on the development half"
Item = dict[str, Any]


class Preference(Record):
    """What one person preferred, -2 .. 2."""

    correctness_label: int
    completeness_label: int
    overall_label: int


class Pair(Record):
    id: int | str
    query: str
    gt_answer: str
    response1: str
    response2: str
    human: tuple[Preference, ...] = Field(min_length=1)


def tasks(data: Path, limit: int | None) -> list[tuple[str, Callable[[], Item]]]:
    """(qid, what makes its item) of the first `limit` pairs. Words are weighed by all texts of the file."""
    pairs = read_records(data / FILE, Pair)
    score = AnswerScore(text for p in pairs for text in (p.query, p.gt_answer, p.response1, p.response2))
    return [(str(pair.id), partial(_item, pair, score)) for pair in pairs[:limit]]


def _item(pair: Pair, score: AnswerScore) -> Item:
    responses = [pair.response1, pair.response2]
    return {
        "qid": str(pair.id),
        "question": pair.query,
        "responses": responses,
        "gold": {"answer": pair.gt_answer, "human": [label.model_dump() for label in pair.human]},
        "scores": [score(response, pair.gt_answer) for response in responses],
        "token_f1": [token_f1(response, [pair.gt_answer]) for response in responses],
    }


def measure(items: Sequence[Item]) -> dict[str, Interval]:
    return dict(_measure(items))


def _measure(items: Sequence[Item]) -> Iterator[tuple[str, Interval]]:
    def differences(key: str) -> list[float]:
        return [item[key][1] - item[key][0] for item in items]

    def preferences(label: str) -> list[float]:
        return [mean(person[label] for person in item["gold"]["human"]) for item in items]

    qids = [item["qid"] for item in items]
    ours, plain, overall = differences("scores"), differences("token_f1"), preferences("overall_label")
    labels = [
        (difference, person["overall_label"], item["qid"])
        for difference, item in zip(ours, items, strict=True)
        for person in item["gold"]["human"]
    ]
    each = [list(column) for column in zip(*labels, strict=True)] or [[], [], []]
    for name, statistic in (("pearson", pearson), ("spearman", spearman)):
        yield name, cluster_bootstrap(statistic, [ours, overall], qids)
        for kind in ("correctness", "completeness"):
            yield f"{name}_{kind}", cluster_bootstrap(statistic, [ours, preferences(f"{kind}_label")], qids)
        yield f"{name}_each_label", cluster_bootstrap(statistic, each[:2], each[2])
        yield f"token_f1_{name}", cluster_bootstrap(statistic, [plain, overall], qids)

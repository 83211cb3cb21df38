"""Two runs of one gold set brought together question by question; runs of which that cannot be are refused."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from eval.errors import RunInvalid
from eval.metrics import ScoredAnswer, values
from eval.runner import Run

Item = dict[str, Any]

MUST_AGREE = {
    "gold_hash": "they answer different gold sets: run both on the same gold file",
    "corpus_hash": "their libraries hold different documents: index the same files for both",
    "scorer_hash": "different code scored them: run the older one again, with this version",
}


@dataclass(frozen=True, slots=True)
class Pair:
    """A question in both runs, with its scored items, one for each repeat. `before` and `after` of `values`: each
    metric averaged over the repeats."""

    qid: str
    cluster: str
    before: tuple[Item, ...]
    after: tuple[Item, ...]

    def values(self) -> dict[str, tuple[float, float]]:
        """(before, after) of every metric that applies to both."""
        before, after = _means(self.before), _means(self.after)
        return {name: (before[name], after[name]) for name in before if name in after}


@dataclass(frozen=True, slots=True)
class Paired:
    """`pairs` in the order of the run before. What is in no pair is named: qids that one of the runs does not have,
    and those that it has without a score."""

    pairs: Sequence[Pair]
    missing_before: Sequence[str]
    missing_after: Sequence[str]
    unscored_before: Sequence[str]
    unscored_after: Sequence[str]


def check_comparable(before: Run, after: Run) -> None:
    """Raises RunInvalid for runs that answer, read or score something else."""
    for key, what in MUST_AGREE.items():
        own, other = before.fingerprint.get(key), after.fingerprint.get(key)
        if own is None or own != other:
            raise RunInvalid(f"these runs cannot be compared, their {key} is {own!r} and {other!r}: {what}")


def pair(before: Run, after: Run) -> Paired:
    """Raises RunInvalid when no question has a score in both."""
    own, other = _by_qid(before.items), _by_qid(after.items)
    scored, other_scored = _scored(own), _scored(other)
    pairs = [
        Pair(qid, items[0]["scores"]["cluster"], items, other_scored[qid])
        for qid, items in scored.items()
        if qid in other_scored
    ]
    if not pairs:
        raise RunInvalid("no question has a score in both runs: compare two finished runs of `pincite eval run`")
    return Paired(
        pairs,
        missing_before=[qid for qid in other if qid not in own],
        missing_after=[qid for qid in own if qid not in other],
        unscored_before=[qid for qid in own if qid not in scored],
        unscored_after=[qid for qid in other if qid not in other_scored],
    )


def is_right(items: Sequence[Item]) -> bool:
    """In more than half of the repeats."""
    return 2 * sum(bool(item["scores"]["right"]) for item in items) > len(items)


def scores_of(item: Item) -> ScoredAnswer:
    """The scores of an item as they were when it was scored."""
    scores = dict(item["scores"])
    forbidden = scores["forbidden"]
    return ScoredAnswer(**{**scores, "forbidden": None if forbidden is None else tuple(forbidden)})


def _by_qid(items: Iterable[Item]) -> dict[str, tuple[Item, ...]]:
    found: defaultdict[str, list[Item]] = defaultdict(list)
    for item in items:
        found[item["qid"]].append(item)
    return {qid: tuple(own) for qid, own in found.items()}


def _scored(items: Mapping[str, tuple[Item, ...]]) -> dict[str, tuple[Item, ...]]:
    kept = {qid: tuple(item for item in own if item.get("scores")) for qid, own in items.items()}
    return {qid: own for qid, own in kept.items() if own}


def _means(items: Sequence[Item]) -> dict[str, float]:
    each = [values(scores_of(item)) for item in items]
    held = {name: [value for own in each if (value := own[name]) is not None] for name in each[0]}
    return {name: fmean(own) for name, own in held.items() if own}

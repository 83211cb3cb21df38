"""What all reports say alike: how a question went, what a verdict means, which text may be shown."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from eval.comparison import Change, Comparison, Outcome
from eval.errors import RunInvalid
from eval.gate import CLUSTERS_NEEDED, LOWER_IS_BETTER, TIER_OF
from eval.intervals import Interval
from eval.runner import Run

Item = Mapping[str, Any]
Went = Literal["right", "wrong", "refused", "unscored"]  # refused: wrongly; a right refusal is right
WENT: tuple[Went, ...] = ("right", "wrong", "refused", "unscored")
OUTCOME_MEANS: Mapping[Outcome, str] = {
    "passed": "nothing regressed, and every gated metric is no worse than its margin allows",
    "error": "the runs cannot be judged",
    "regressed": "something got worse",
    "inconclusive": "better and worse cannot be told apart, which is not the same as no worse",
}

# what no report may hold: controls steer a terminal and break XML, direction overrides show a 42 as 24
_HIDDEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class Asked:
    """A question of a run with the items of its repeats."""

    qid: str
    items: Sequence[Item]

    @property
    def went(self) -> Went:
        """How most of its scored repeats went: right is more than half of them, as `compare` takes it."""
        return went(self.shown)

    @property
    def shown(self) -> Item:
        """The first item that went as the question did."""
        scored = [item for item in self.items if item["scores"]]
        is_right = 2 * sum(item["scores"]["right"] for item in scored) > len(scored)
        return next((item for item in scored if item["scores"]["right"] == is_right), self.items[0])

    @property
    def why(self) -> str:
        """Why it is not right; where repeats differ, how many are right. "" when nothing is wrong."""
        right = sum(went(item) == "right" for item in self.items)
        often = f"right in {right} of {len(self.items)} repeats" if 0 < right < len(self.items) else ""
        return "; ".join(filter(None, (often, why(self.shown))))


def questions(run: Run) -> list[Asked]:
    """The questions of a gold run, in its order. Raises RunInvalid for the run of a yardstick."""
    by_qid: dict[str, list[Item]] = {}
    for item in run.items:
        if "scores" not in item or "category" not in (item.get("gold") or {}):
            raise RunInvalid(
                f"item {item.get('qid')!r} of {run.yardstick!r} has no gold question and scores: reports are made of "
                "what `pincite eval run` writes"
            )
        by_qid.setdefault(item["qid"], []).append(item)
    return [Asked(qid, items) for qid, items in by_qid.items()]


def went(item: Item) -> Went:
    scores = item["scores"]
    if scores is None:
        return "unscored"
    if scores["right"]:
        return "right"
    return "refused" if scores["refused"] else "wrong"


def why(item: Item) -> str:
    """Why the answer is not right, on one line, whatever a form or an error holds; "" when it is."""
    said: str = item["scores"]["why"] if item["scores"] else item["error"]
    return " ".join(said.split())


def said(item: Item) -> str:
    """The answer as a person reads it, on one line; why there is none."""
    answer = item["answer"]
    if answer is None:
        return f"none ({item['error']})"
    if answer["kind"] == "refusal":
        return f"refused ({answer['reason']})"
    return " ".join(" ".join(statement["text"].split()) for statement in answer["statements"])


def visible(text: str) -> str:
    """`text` without the characters that steer what shows it."""
    return _HIDDEN.sub("", text)


def shortened(text: str | None, chars: int = 60) -> str:
    """On one line of at most `chars` characters; None, for what is not there, is a dash."""
    line = "-" if text is None else " ".join(text.split())
    return line if len(line) <= chars else line[: chars - 1] + "…"


def number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def p_value(value: float | None) -> str:
    """To three digits; never 0, which no p is."""
    return "<0.001" if value is not None and value < 0.001 else number(value)


def signed(value: float | None) -> str:
    return "-" if value is None else f"{value:+.3f}"


def reach(interval: Interval) -> str:
    return "-" if interval.low is None else f"{number(interval.low)} to {number(interval.high)}"


def change_reach(change: Change) -> str:
    return "-" if change.low is None else f"{signed(change.low)} to {signed(change.high)}"


def gated(comparison: Comparison) -> list[Change]:
    return [change for change in comparison.changes if change.margin is not None]


def descriptive(comparison: Comparison) -> list[Change]:
    return [change for change in comparison.changes if change.margin is None]


def meaning(change: Change) -> str:
    """The verdict of a gated metric in words; INCONCLUSIVE says what may have been lost, never that all is well."""
    if change.verdict == "REGRESSED":
        return "worse: the whole interval is below 0"
    if change.verdict == "IMPROVED":
        return "better: the whole interval is above 0"
    if change.low is None:
        return f"no interval can be told from {counted(change.clusters, 'cluster')}, so any loss is possible"
    if change.verdict == "NON-INFERIOR":
        return f"no worse than allowed: the interval ends at {signed(change.low)}, the margin is {change.margin:g}"
    return "; ".join(filter(None, (f"cannot be told: {_unsettled(change)}", _settled(change))))


def _unsettled(change: Change) -> str:
    low, margin, minimum = change.low or 0.0, change.margin or 0.0, change.minimum or 0.0
    if low > -margin and change.clusters < CLUSTERS_NEEDED:
        return (
            f"{counted(change.clusters, 'cluster')} are too few to call anything no worse, {CLUSTERS_NEEDED} are needed"
        )
    worse = f"the interval is below 0, by less than the minimum of {minimum:g}; " if (change.high or 0.0) < 0 else ""
    return f"{worse}a loss of {number(-low)} cannot be ruled out, the margin is {margin:g}"


def _settled(change: Change) -> str:
    return f"about {change.settle} questions like these would settle it" if change.settle else ""


def no_failures(rates: Iterable[tuple[str, float | None, int]]) -> Iterator[str]:
    """A line for each invariant and safety metric without a failure, of (metric, value, n): n questions without one
    still allow a rate of 1 - 0.05^(1/n), about 3/n (Hanley & Lippman-Hand 1983, JAMA 249:1743)."""
    for name, value, n in rates:
        best = 0.0 if name in LOWER_IS_BETTER else 1.0
        if TIER_OF.get(name) in ("invariant", "safety") and value == best:
            yield f"{name}: no failure in {n} still allows a rate of {1 - 0.05 ** (1 / n):.3f} (95%, about 3/n)"


def notes(comparison: Comparison) -> list[str]:
    """What a reader has to know, each on one line."""
    rates = ((change.metric, change.after, change.questions) for change in comparison.changes)
    return [" ".join(note.split()) for note in (*comparison.notes, *no_failures(rates))]


def counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"

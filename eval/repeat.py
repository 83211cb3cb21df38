"""Repeats of one system gated against each other (`pincite eval aa`): every alarm is a false one.

Noise of a metric is its standard deviation within a question, pooled: the root of the mean, over questions, of the
sample variance of the repeats. A metric of yes and no that comes out either way half of the time has about 0.5.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from math import sqrt
from statistics import fmean, variance

from eval.compare import compare
from eval.comparison import Outcome
from eval.errors import RunInvalid
from eval.intervals import Interval, wilson
from eval.metrics import values
from eval.pairing import scores_of
from eval.runner import Run


@dataclass(frozen=True, slots=True)
class Noise:
    """One metric between repeats: in how many of its `questions` it is `varying`, and its `deviation` in [0, 1]."""

    metric: str
    questions: int
    varying: int
    deviation: float


@dataclass(frozen=True, slots=True)
class Trial:
    """One repeat gated against an earlier one, by their names."""

    before: str
    after: str
    outcome: Outcome
    why: str


@dataclass(frozen=True, slots=True)
class Repeated:
    """`trials` has every pair of repeats; `false_alarms` is the share that REGRESSED of those that could be judged,
    with its Wilson interval."""

    trials: Sequence[Trial]
    false_alarms: Interval
    noise: Sequence[Noise]
    notes: Sequence[str]


def gate_repeats(runs: Mapping[str, Run], margins: Mapping[str, float] | None = None) -> Repeated:
    """Gates the repeats in `runs` (by file name) against each other. Raises RunInvalid for fewer than two repeats,
    for runs of different systems, and when every pair has too many errors."""
    _check_same_system(runs)
    repeats = {
        f"{name} repeat {number}" if run.repeats > 1 else name: own
        for name, run in runs.items()
        for number, own in enumerate(split_repeats(run))
    }
    if len(repeats) < 2:
        raise RunInvalid("one repeat has nothing to be compared with: make more with `pincite eval run --repeats 5`")
    trials = []
    for (own, before), (other, after) in combinations(repeats.items(), 2):
        found = compare(before, after, margins=margins, names=(own, other))
        trials.append(Trial(own, other, found.outcome, found.why))
    counts = Counter(trial.outcome for trial in trials)
    judged = len(trials) - counts["error"]
    if not judged:
        raise RunInvalid(f"no pair of repeats can be judged: {trials[0].why}")
    noise = noise_of(list(repeats.values()))
    return Repeated(trials, wilson(counts["regressed"], judged), noise, list(_notes(len(repeats), counts, noise)))


def _notes(repeats: int, counts: Counter[Outcome], noise: Sequence[Noise]) -> Iterator[str]:
    judged = counts.total() - counts["error"]
    if counts["error"]:
        yield f"{counts['error']} of {counts.total()} pairs have too many errors to be judged, and are left out"
    if not any(one.varying for one in noise):
        yield "no metric varies between the repeats: this system has no noise here, so no alarm can be false"
        return
    if repeats > 2:
        yield "pairs share repeats: the interval takes them as independent and is too narrow"
    if not counts["regressed"]:
        yield f"no alarm in {judged} pairs still allows a rate of about {min(1.0, 3 / judged):.2f}"


def split_repeats(run: Run) -> list[Run]:
    """A run of one repeat each, in their order."""
    split = []
    for number in range(run.repeats):
        items = [item for item in run.items if item.get("repeat", 0) == number]
        failed = sum(item["error"] is not None for item in items)
        metrics = {**run.metrics, "error_rate": wilson(failed, len(items))}
        split.append(replace(run, repeats=1, items=items, metrics=metrics))
    return split


def noise_of(repeats: Sequence[Run]) -> list[Noise]:
    """Every metric that two repeats of some question have."""
    held: dict[str, dict[str, list[float]]] = {}
    for item in (item for run in repeats for item in run.items if item["scores"]):
        for metric, value in values(scores_of(item)).items():
            if value is not None:
                held.setdefault(metric, {}).setdefault(item["qid"], []).append(value)
    found = []
    for metric, by_qid in held.items():
        variances = [variance(own) for own in by_qid.values() if len(own) > 1]
        if variances:
            varying = sum(one > 0 for one in variances)
            found.append(Noise(metric, len(variances), varying, sqrt(fmean(variances))))
    return found


def _check_same_system(runs: Mapping[str, Run]) -> None:
    (first, base), *others = runs.items()
    for name, run in others:
        names = {**base.fingerprint, **run.fingerprint}
        differ = ", ".join(key for key in names if base.fingerprint.get(key) != run.fingerprint.get(key))
        if differ:
            raise RunInvalid(f"{first} and {name} are no repeats, they differ in {differ}: use `pincite eval compare`")


def repeated_table(repeated: Repeated) -> str:
    """The false alarms, the noise and the notes as plain text."""
    rate = repeated.false_alarms
    counts = Counter(trial.outcome for trial in repeated.trials)
    alarms = [trial for trial in repeated.trials if trial.outcome == "regressed"]
    lines = [
        f"false alarms: {len(alarms)} of {rate.n} pairs, {rate.value:.3f} (95% {rate.low:.3f} to {rate.high:.3f})",
        "outcomes: " + ", ".join(f"{count} {outcome}" for outcome, count in sorted(counts.items())),
        *(f"  {trial.before} -> {trial.after}: {trial.why}" for trial in alarms),
        "",
        "noise between repeats (standard deviation within a question):",
        *(f"  {n.metric:24}{n.deviation:.3f}  {n.varying} of {n.questions} questions vary" for n in repeated.noise),
    ]
    return "\n".join([*lines, *(f"note: {note}" for note in repeated.notes)])

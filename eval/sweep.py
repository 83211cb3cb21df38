"""Settings held against each other on one's own documents and gold questions, with what can be told of each."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from itertools import product
from pathlib import Path
from typing import Any

from eval.changes import measure_change
from eval.comparison import Change
from eval.gate import CLUSTERS_NEEDED
from eval.intervals import Interval, median_interval
from eval.metrics import HITS_SCORED
from eval.paired import holm
from eval.pairing import check_comparable, pair
from eval.report_figures import timed_answers, total_s
from eval.runner import Run
from rag.types import Fusion, Mode

METRICS = ("right", "hit_evidence_recall")  # what is to be chosen by, and what most of these settings act on first


@dataclass(frozen=True, slots=True)
class Setting:
    """What is varied; the rest comes from the environment, as for every command."""

    chunk_chars: int
    passages: int
    fusion: Fusion
    mode: Mode

    def __str__(self) -> str:
        return f"chunk {self.chunk_chars}, k {self.passages}, {self.fusion}, {self.mode}"

    def told_from(self, base: "Setting") -> str:
        """What of it differs from `base`."""
        parts = zip(str(self).split(", "), str(base).split(", "), strict=True)
        return ", ".join(own for own, other in parts if own != other) or "base"

    @property
    def stem(self) -> str:
        return f"{self.chunk_chars}-{self.passages}-{self.fusion}-{self.mode}"


@dataclass(frozen=True, slots=True)
class Tried:
    """A setting with its run's file, its metrics, the seconds half of its answers took at most, and, but for the base,
    what it changes in each metric; `p_holm` is adjusted over the settings."""

    setting: Setting
    run: str
    metrics: Mapping[str, Interval]
    p50_s: Interval
    changes: Mapping[str, Change]


@dataclass(frozen=True, slots=True)
class Sweep:
    """`base` is what one has now, `tried` what it is held against. `notes`: what a reader has to know."""

    gold: str
    questions: int
    fingerprint: Mapping[str, str | None]
    base: Tried
    tried: Sequence[Tried]
    notes: Sequence[str]
    has_too_many_errors: bool

    @property
    def rows(self) -> list[Tried]:
        return [self.base, *self.tried]

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def plan(base: Setting, values: Mapping[str, Sequence[Any]], *, combine: bool = False) -> list[Setting]:
    """`base`, then the settings to try, each once: `values` by field of Setting, one replaced at a time, or with
    `combine` in every combination."""
    given = [(field.name, values.get(field.name) or (getattr(base, field.name),)) for field in fields(Setting)]
    if combine:
        tried = [Setting(*each) for each in product(*(own for _, own in given))]
    else:
        tried = [replace(base, **{name: value}) for name, own in given for value in own]
    return list(dict.fromkeys([base, *tried]))


def weigh(settings: Sequence[Setting], runs: Sequence[Run], files: Sequence[str], notes: Sequence[str] = ()) -> Sweep:
    """What `runs` of `settings`, kept in `files`, show; the first is the base. Raises RunInvalid for runs that cannot
    be compared."""
    base, *others = runs
    for run in others:
        check_comparable(base, run)
    metrics = [metric for metric in METRICS if base.metrics[metric].n]
    changed = {metric: _changes(metric, base, others) for metric in metrics}
    rows = [
        Tried(
            setting,
            file,
            {metric: run.metrics[metric] for metric in metrics},
            median_interval([total_s(answer) for answer in timed_answers(run)]),
            {metric: changes[number - 1] for metric, changes in changed.items()} if number else {},
        )
        for number, (setting, run, file) in enumerate(zip(settings, runs, files, strict=True))
    ]
    shared = {name: value for name, value in base.fingerprint.items() if _is_shared(name, value, others)}
    return Sweep(
        gold=base.yardstick,
        questions=len({item["qid"] for item in base.items}),
        fingerprint=shared,
        base=rows[0],
        tried=rows[1:],
        notes=[*_warnings(rows[1:]), *_errors(rows, runs), *notes],
        has_too_many_errors=any(run.has_too_many_errors for run in runs),
    )


def write_sweep(sweep: Sweep, path: Path) -> None:
    """Raises OSError."""
    path.write_text(json.dumps(sweep.to_json(), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _changes(metric: str, base: Run, others: Sequence[Run]) -> list[Change]:
    changes = []
    for run in others:
        each = [(pair.cluster, *pair.values()[metric]) for pair in pair(base, run).pairs if metric in pair.values()]
        clusters, before, after = zip(*each, strict=True)
        changes.append(measure_change(metric, before, after, clusters, base.gate.get(metric)))
    adjusted = holm([change.p for change in changes])
    return [replace(change, p_holm=p) for change, p in zip(changes, adjusted, strict=True)]


def _is_shared(name: str, value: str | None, others: Sequence[Run]) -> bool:
    return all(run.fingerprint.get(name) == value for run in others)


def _warnings(tried: Sequence[Tried]) -> Iterator[str]:
    if len(tried) > 1:
        yield (
            f"{len(tried)} settings were held against the base: the best of many looks better than it is, and part of "
            "its lead is luck. Confirm it on questions that were not asked here, with `pincite eval compare`"
        )
    for row in tried:
        for change in row.changes.values():
            if change.verdict in ("IMPROVED", "REGRESSED") and change.p_holm is not None and change.p_holm > 0.05:
                yield (
                    f"{row.setting}: {change.metric} is {change.verdict} by its own interval, but p (Holm) is "
                    f"{change.p_holm:.3f}: among {len(tried)} settings chance may show one like it"
                )
    gated = [change for row in tried for change in row.changes.values() if change.margin is not None]
    if any(change.clusters < CLUSTERS_NEEDED for change in gated):
        yield f"below {CLUSTERS_NEEDED} clusters of questions no setting is called NON-INFERIOR"
    if any(row.setting.passages > HITS_SCORED for row in tried):
        yield f"hit_evidence_recall is of the first {HITS_SCORED} passages, however many are read"
    if len({row.setting.chunk_chars for row in tried}) > 1:
        yield "longer passages hold the evidence more easily: between chunk sizes, `right` tells more"


def _errors(rows: Sequence[Tried], runs: Sequence[Run]) -> Iterator[str]:
    for row, run in zip(rows, runs, strict=True):
        if errors := sum(item["error"] is not None for item in run.items):
            yield f"{row.setting}: {errors} of {len(run.items)} have no answer; the same command asks these again"

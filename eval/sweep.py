"""Settings held against each other on one's own documents and gold questions: which does better, as far as these tell.

Beside the table stands a folder with a library for each chunk size, the run of each setting and the replies of models,
so that a sweep goes on where it was stopped, and each run can be read and compared like any other.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from itertools import product
from pathlib import Path
from typing import Any

from eval.changes import measure_change
from eval.comparison import Change
from eval.errors import DataInvalid
from eval.gate import CLUSTERS_NEEDED
from eval.gold import GoldSet
from eval.gold_check import check_gold, evidence_of
from eval.intervals import Interval, median_interval
from eval.metrics import HITS_SCORED
from eval.paired import holm
from eval.pairing import check_comparable, pair
from eval.reply_cache import ReplyCache
from eval.report_figures import timed_answers, total_s
from eval.runner import Progress, Run, System, fingerprint_of, read_run, run_gold
from eval.systems import library_system
from index.files import find_files
from index.sync import Progress as AddProgress
from rag.errors import ModeUnavailable
from rag.library import Library, open_library
from rag.models import Models
from rag.settings import read_settings
from rag.types import Fusion, Mode

METRICS = ("right", "hit_evidence_recall")  # what is to be chosen by, and what most of these settings act on first
SHOWN = 3  # of a list of faults


@dataclass(frozen=True, slots=True)
class Setting:
    """What is varied; the rest comes from the environment, as for every command."""

    chunk_chars: int
    passages: int
    fusion: Fusion
    mode: Mode

    def __str__(self) -> str:
        return f"chunk {self.chunk_chars}, k {self.passages}, {self.fusion}, {self.mode}"

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


def base_setting(modes: Sequence[Mode] = ()) -> Setting:
    """What one has now; a mode that the environment does not choose is the first of `modes`. Raises ModeUnavailable."""
    now = read_settings()
    models = Models(now)
    try:
        mode, _ = models.choose(now.mode or next(iter(modes), None))
    finally:
        models.close()
    return Setting(now.chunk_chars, now.passages, now.fusion, mode)


def plan(base: Setting, values: Mapping[str, Sequence[Any]], *, combine: bool = False) -> list[Setting]:
    """`base`, then the settings to try, each once: `values` by field of Setting, one replaced at a time, or with
    `combine` in every combination."""
    given = [(field.name, values.get(field.name) or (getattr(base, field.name),)) for field in fields(Setting)]
    if combine:
        tried = [Setting(*each) for each in product(*(own for _, own in given))]
    else:
        tried = [replace(base, **{name: value}) for name, own in given for value in own]
    return list(dict.fromkeys([base, *tried]))


def index_documents(
    docs: Path, gold: GoldSet, settings: Sequence[Setting], work: Path, on_progress: AddProgress = lambda *_: None
) -> list[str]:
    """A library in `work` for each chunk size, in step with `docs`; a note for each file that is not in.

    Raises DataInvalid when `docs` lacks evidence of the gold questions, ModeUnavailable before anything is indexed,
    IndexingError.
    """
    _check_documents(docs, gold)
    notes: dict[str, None] = {}
    for number, setting in enumerate({setting.chunk_chars: setting for setting in settings}.values()):
        with opened(work, replace(setting, mode="extractive")) as library:
            if not number:
                _check_modes(library, settings)
            _check_sources(library, docs)
            outcomes = library.add([docs], on_progress)
            notes |= {f"not indexed: {o.source} {o.reason}": None for o in outcomes if o.outcome == "failed"}
            _check_quotes(library, docs, gold)
    return list(notes)


def ask_all(
    settings: Sequence[Setting],
    gold: GoldSet,
    work: Path,
    *,
    yardstick: str = "gold",
    on_progress: Progress = lambda *_: None,
) -> list[Run]:
    """The run of each of `settings`, whose libraries are in `work`. A run that is there already and would come out the
    same is taken as it is. Raises ModeUnavailable, IndexingError, RunInvalid, OSError."""
    runs: list[Run] = []
    questions = len(gold.questions)

    def advance(done: int, _: int, said: str) -> None:
        on_progress(len(runs) * questions + done, len(settings) * questions, said)

    with ReplyCache(work / "replies.sqlite") as cache:
        for setting in settings:
            file = _run_file(work, setting)
            with opened(work, setting) as library:
                system = library_system(library)
                run = _finished(file, system, gold) or run_gold(
                    system, gold, yardstick=yardstick, out=file, cache=cache, on_progress=advance
                )
            runs.append(run)
            advance(0, 0, str(setting))
    return runs


def weigh(settings: Sequence[Setting], runs: Sequence[Run], work: Path, notes: Sequence[str] = ()) -> Sweep:
    """What `runs` of `settings` show, the first of which is the base. Raises RunInvalid for runs that cannot be
    compared."""
    base, *others = runs
    for run in others:
        check_comparable(base, run)
    metrics = [metric for metric in METRICS if base.metrics[metric].n]
    changed = {metric: _changes(metric, base, others) for metric in metrics}
    rows = [
        Tried(
            setting,
            f"{work.name}/{_run_file(work, setting).name}",
            {metric: run.metrics[metric] for metric in metrics},
            median_interval([total_s(answer) for answer in timed_answers(run)]),
            {metric: changes[number - 1] for metric, changes in changed.items()} if number else {},
        )
        for number, (setting, run) in enumerate(zip(settings, runs, strict=True))
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


def opened(work: Path, setting: Setting) -> Library:
    """The library of a setting in `work`. Raises IndexingError."""
    own = replace(read_settings(), library=work / f"library-{setting.chunk_chars}", chroma_url=None, **asdict(setting))
    return open_library(settings=own)


def _check_documents(docs: Path, gold: GoldSet) -> None:
    found = find_files([docs])
    held = set(found.files.values())
    if not held:
        reason = next(iter({**found.missing, **found.unread}.values()), "holds no file that can be indexed")
        raise DataInvalid(f"--docs {str(docs)!r} {reason}")
    if lacking := sorted({evidence.doc_id for q in gold.questions for evidence in evidence_of(q)} - held):
        raise DataInvalid(
            f"--docs {str(docs)!r} lacks {len(lacking)} documents with evidence of the gold questions "
            f"({_some(lacking)}): name the folder that their doc_id is a path below"
        )


def _check_modes(library: Library, settings: Sequence[Setting]) -> None:
    why_not = library.modes()
    for mode in dict.fromkeys(setting.mode for setting in settings):
        if why := why_not[mode]:
            raise ModeUnavailable(why)


def _check_sources(library: Library, docs: Path) -> None:
    """The library may be that of an earlier sweep of something else."""
    root = docs.resolve()
    sources = [Path(entry["source"]) for entry in library.status()["sources"]]
    if strays := [str(source) for source in sources if source != root and root not in source.parents]:
        raise DataInvalid(
            f"library {str(library.folder)!r} holds documents from elsewhere ({_some(strays)}): give another --out, "
            "or delete that folder"
        )


def _check_quotes(library: Library, docs: Path, gold: GoldSet) -> None:
    texts = {doc_id: library.stored_text(doc_id) for doc_id, _ in library.documents()}
    found = check_gold(replace(gold, drafts=()), texts.get)
    if found.problems:
        raise DataInvalid(
            f"the gold questions do not fit --docs {str(docs)!r} ({_some(found.problems)}): `pincite eval check` with "
            f"--library {library.folder} lists all {len(found.problems)}"
        )


def _finished(file: Path, system: System, gold: GoldSet) -> Run | None:
    """The run in `file`, if the same questions put to `system` would give it again."""
    if not file.exists():
        return None
    run = read_run(file)
    is_whole = all(item["error"] is None for item in run.items)
    return run if is_whole and run.fingerprint == fingerprint_of(system, gold) else None


def _run_file(work: Path, setting: Setting) -> Path:
    return work / f"{setting.stem}.json"


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
    if any(0 < change.clusters < CLUSTERS_NEEDED for row in tried for change in row.changes.values()):
        yield f"below {CLUSTERS_NEEDED} clusters of questions no setting is called NON-INFERIOR"
    if any(row.setting.passages > HITS_SCORED for row in tried):
        yield f"hit_evidence_recall is of the first {HITS_SCORED} passages, however many are read"
    if len({row.setting.chunk_chars for row in tried}) > 1:
        yield "longer passages hold the evidence more easily: between chunk sizes, `right` tells more"


def _errors(rows: Sequence[Tried], runs: Sequence[Run]) -> Iterator[str]:
    for row, run in zip(rows, runs, strict=True):
        if errors := sum(item["error"] is not None for item in run.items):
            yield f"{row.setting}: {errors} of {len(run.items)} have no answer; the same command asks these again"


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:SHOWN]) + (", ..." if len(names) > SHOWN else "")

"""What a sweep asks: a library for each chunk size and a run for each setting, in a folder of their own.

They stay there, with the replies of models: a sweep goes on where it was stopped, and each run can be read and compared
like any other.
"""

from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

from eval.errors import DataInvalid, RunInvalid
from eval.gold import GoldSet
from eval.gold_check import check_gold, evidence_of
from eval.reply_cache import ReplyCache
from eval.runner import Progress, Run, System, fingerprint_of, read_run, run_gold
from eval.sweep import Setting
from eval.systems import library_system
from index.files import find_files
from index.sync import Progress as AddProgress
from rag.errors import ModeUnavailable
from rag.library import Library, open_library
from rag.models import Models
from rag.settings import read_settings
from rag.types import Mode

SHOWN = 3  # of a list of faults


def base_setting(modes: Sequence[Mode] = ()) -> Setting:
    """What one has now; a mode that the environment does not choose is the first of `modes`. Raises ModeUnavailable."""
    now = read_settings()
    models = Models(now)
    try:
        mode, _ = models.choose(now.mode or next(iter(modes), None))
    finally:
        models.close()
    return Setting(now.chunk_chars, now.passages, now.fusion, mode)


def opened(work: Path, setting: Setting) -> Library:
    """The library of a setting in `work`. Raises IndexingError."""
    own = replace(read_settings(), library=work / f"library-{setting.chunk_chars}", chroma_url=None, **asdict(setting))
    return open_library(settings=own)


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
            file = run_file(work, setting)
            with opened(work, setting) as library:
                system = library_system(library)
                run = _finished(file, system, gold) or run_gold(
                    system, gold, yardstick=yardstick, out=file, cache=cache, on_progress=advance
                )
            if not any(item["scores"] for item in run.items):
                raise RunInvalid(
                    f"{setting}: no question has an answer, the first has not because {run.items[0]['error']}"
                )
            runs.append(replace(run, gate=gold.gate))  # which is no part of the questions, and may be another by now
            advance(0, 0, str(setting))
    return runs


def run_file(work: Path, setting: Setting) -> Path:
    """Where the run of `setting` is kept."""
    return work / f"{setting.stem}.json"


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


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:SHOWN]) + (", ..." if len(names) > SHOWN else "")

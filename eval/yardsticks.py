"""Public question sets as yardsticks: `pincite eval yardstick NAME` (docs/evaluation.md, "Yardsticks").

A run writes each item to OUT.partial as it is made. When it is stopped, the same run goes on from there.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

from eval import yardstick_multihop as multihop
from eval import yardstick_ragchecker as ragchecker
from eval import yardstick_ramdocs as ramdocs
from eval import yardstick_rgb as rgb
from eval import yardstick_squad2 as squad2
from eval import yardstick_wice as wice
from eval.errors import DataInvalid
from eval.fingerprints import code_hash, hash_of
from eval.intervals import Interval, wilson
from eval.report_terminal import metric_lines
from eval.runner import Progress, Run, write_run
from eval.unfinished import Item, Task, finish, make_items
from eval.yardstick_asking import Asked, QuestionSet, ask, fill
from index import sync
from rag import open_library
from rag.library import Library
from rag.models import Models
from rag.settings import read_settings
from rag.types import Mode

Measure = Callable[[Sequence[Item]], dict[str, Interval]]


@dataclass(frozen=True, slots=True)
class Asking:
    """A set whose questions a library is asked."""

    files: tuple[str, ...]
    read: Callable[[Path, int | None], QuestionSet]
    measure: Measure


@dataclass(frozen=True, slots=True)
class Scoring:
    """A set that holds the verifier, or the score of an answer, against people; `note` for a reader of the run."""

    files: tuple[str, ...]
    tasks: Callable[[Path, int | None], list[Task]]
    measure: Measure
    note: str


YARDSTICKS: dict[str, Asking | Scoring] = {
    "wice": Scoring((wice.PAGES, wice.CHUNKS), wice.tasks, wice.measure, wice.NOTE),
    "ramdocs": Asking((ramdocs.FILE,), ramdocs.read, ramdocs.measure),
    "rgb": Asking((rgb.FILE,), rgb.read, rgb.measure),
    "squad2": Asking((squad2.FILE,), squad2.read, squad2.measure),
    "multihop": Asking((multihop.ARTICLES, multihop.QUERIES), multihop.read, multihop.measure),
    "ragchecker": Scoring((ragchecker.FILE,), ragchecker.tasks, ragchecker.measure, ragchecker.NOTE),
}
FITTED = "rag/evidence.py is fitted in part on development halves of squad2 and ramdocs: in-sample there"


@dataclass(frozen=True, slots=True)
class Work:
    """A yardstick ready to run. `fingerprint` says all that its items depend on."""

    name: str
    mode: Mode
    fingerprint: dict[str, str | None]
    tasks: list[Task]
    measure: Measure


@contextmanager
def opened(
    name: str,
    data: Path,
    *,
    mode: str | None = None,
    is_open: bool = False,
    limit: int | None = None,
    library: Path | None = None,
    on_add: sync.Progress = lambda *_: None,
) -> Iterator[Work]:
    """The work of a yardstick on the files in `data`, with the library it asks, in a folder of its own unless `library`
    names one to keep.

    A question is asked of its own documents, or of all when `is_open`. Of the questions the first `limit` are asked;
    their documents are always all there. Raises DataInvalid, ModeUnavailable, IndexingError.
    """
    yardstick = YARDSTICKS[name]
    fingerprint: dict[str, str | None] = {
        "gold_hash": hash_of(_file(data / file) for file in yardstick.files),
        "scorer_hash": code_hash("eval"),
        "code_hash": code_hash("index", "rag"),
        "limit": None if limit is None else str(limit),
        "pincite": version("pincite"),
    }
    if isinstance(yardstick, Scoring):
        tasks = _distinct(yardstick.tasks(data, limit))
        note = f"no question is asked: the same in every mode; {yardstick.note}"
        chosen = _mode(mode)
        yield Work(name, chosen, {**fingerprint, "mode": chosen, "note": note}, tasks, yardstick.measure)
        return
    questions = yardstick.read(data, limit)
    with ExitStack() as stack:
        folder = library or Path(stack.enter_context(TemporaryDirectory(prefix="pincite-yardstick-")))
        settings = replace(read_settings(), chroma_url=None)  # a folder that goes away leaves nothing on a server
        asked = stack.enter_context(open_library(folder, mode=mode, settings=settings))
        chosen = next(iter(asked.modes()))
        known = fill(asked, folder, questions.texts, on_add)
        if chosen != "extractive":
            asked.prepare(chosen)
        fingerprint |= {
            "corpus_hash": hash_of(f"{doc_id} {version}".encode() for doc_id, version in asked.documents()),
            "documents": f"{len(known)} of {len(questions.texts)} have text to index",
            "embedder": asked.embedder_identity,
            "mode": chosen,
            "model": asked.model_name(chosen),
            "setting": "open" if is_open else "closed",
            "note": "; ".join(filter(None, (questions.note, FITTED))),
        }
        tasks = _distinct([(q.qid, _asking(asked, q, chosen, known, is_open)) for q in questions.questions])
        yield Work(name, chosen, fingerprint, tasks, yardstick.measure)


def _asking(library: Library, asked: Asked, mode: Mode, known: set[str], is_open: bool) -> Callable[[], Item]:
    within = None if is_open or asked.documents is None else known.intersection(asked.documents)
    return partial(ask, library, asked, mode, within)


def run(work: Work, out: Path, on_progress: Progress = lambda *_: None) -> Run:
    """Makes every item that OUT.partial does not hold, scores them all and writes the run to `out`.

    Items on which the model failed are unscored: left out of every metric and counted in `error_rate`; OUT.partial is
    kept for the same command to try them again. Raises ModeUnavailable, IndexingError, OSError.
    """
    items = make_items(
        work.tasks, out, work.fingerprint, on_item=lambda done, item: on_progress(done, len(work.tasks), item["qid"])
    )
    scored = [item for item in items if not item.get("error")]
    metrics = work.measure(scored) | {"error_rate": wilson(len(items) - len(scored), len(items))}
    result = Run(work.name, work.mode, work.fingerprint, metrics, items)
    write_run(result, out)
    finish(out, items)
    return result


def table(result: Run) -> str:
    """The metrics as plain aligned text."""
    first = f", the first {result.fingerprint['limit']}" if result.fingerprint["limit"] else ""
    setting = result.fingerprint.get("setting")
    head = (
        f"{result.yardstick}, mode {result.mode}{f', {setting}' if setting else ''}, {len(result.items)} items{first}"
    )
    return "\n".join([head, "", *metric_lines(result.metrics)])


def _mode(wanted: str | None) -> Mode:
    models = Models(read_settings())
    try:
        return models.choose(wanted)[0]
    finally:
        models.close()


def _distinct(tasks: list[Task]) -> list[Task]:
    seen: set[str] = set()
    for qid, _ in tasks:
        if qid in seen:
            raise DataInvalid(f"the data has {qid!r} twice: give each record an id of its own")
        seen.add(qid)
    return tasks


def _file(path: Path) -> bytes:
    return path.read_bytes() if path.is_file() else b""  # what is missing is said where it is read

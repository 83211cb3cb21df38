"""Asks a system the gold questions and keeps all that is needed to score the answers again.

A run file is the JSON of `Run.to_json`. It holds questions, answers and passages, so it is no less
confidential than the documents.
"""

import json
import os
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from functools import partial
from importlib.metadata import version
from pathlib import Path
from threading import Lock
from typing import Any, Protocol

from pydantic import TypeAdapter, ValidationError

from eval.errors import RunInvalid, SystemFailed
from eval.fingerprints import corpus_hash, scorer_hash
from eval.gate import Gate
from eval.given import Corpus
from eval.gold import GoldQuestion, GoldSet, gold_hash
from eval.intervals import Interval, wilson
from eval.metrics import aggregate, score
from eval.reply_cache import Kept, ReplyCache
from eval.unfinished import Item, Task, finish, make_items
from rag.errors import AnsweringError, ModeUnavailable

ERRORS_ALLOWED = 0.01  # share of questions that may go without an answer; above it a run gates nothing

Progress = Callable[[int, int, str], None]  # items done, items in all, the last one and what was paid so far


class System(Protocol):
    """What is asked (eval.systems). `provider` names it where replies are kept, None: they are not. `fingerprint`: what
    its answers depend on beside the documents, None for what cannot be known."""

    @property
    def corpus(self) -> Corpus: ...

    @property
    def mode(self) -> str: ...

    @property
    def provider(self) -> str | None: ...

    @property
    def fingerprint(self) -> dict[str, str | None]: ...

    @property
    def is_parallel(self) -> bool:
        """Whether several questions at once are welcome."""

    def ask(self, question: GoldQuestion, kept: Kept) -> dict[str, Any]:
        """The answer JSON, without asking for what is `kept`. Raises AnsweringError, SystemFailed: no answer to this
        question; ModeUnavailable: none to any."""


@dataclass(frozen=True, slots=True)
class Run:
    """What one system answered to one gold file.

    `fingerprint`: `gold_hash`, `corpus_hash`, `scorer_hash` (runs that differ in one of these cannot be compared), and
    all else that the answers depend on. `items`, one for each question and repeat, in the order of the gold file:
    `qid`, `repeat` (from 0), `question`, `answer` (JSON), `gold`, `scores`; when no answer came, `answer` and `scores`
    are None and `error` says why. Whatever is a time stands under a key `timings_s`; the times of an item with
    `replayed_calls` are not those of its model.
    """

    yardstick: str
    mode: str
    fingerprint: dict[str, str | None]
    metrics: dict[str, Interval]
    items: list[Item]
    repeats: int = 1
    gate: Gate = field(default_factory=dict)

    @property
    def has_too_many_errors(self) -> bool:
        return (self.metrics["error_rate"].value or 0.0) > ERRORS_ALLOWED

    def to_json(self) -> dict[str, Any]:
        gate = {metric: margin.model_dump() for metric, margin in self.gate.items()}
        head = {"yardstick": self.yardstick, "mode": self.mode, "repeats": self.repeats, "gate": gate}
        return head | {name: value for name, value in asdict(self).items() if name not in head}


@dataclass(slots=True)
class Spending:
    """The tokens that were paid for: not those of kept replies. `prices` of a million tokens, prompt and completion."""

    prices: tuple[float, float] | None = None
    prompt: int = 0
    completion: int = 0
    replayed_calls: int = 0
    _lock: Lock = field(default_factory=Lock)

    def add(self, answer: dict[str, Any], kept: Kept) -> None:
        with self._lock:
            self.prompt += answer["tokens"].get("prompt", 0) - kept.saved.prompt
            self.completion += answer["tokens"].get("completion", 0) - kept.saved.completion
            self.replayed_calls += kept.replayed

    def __str__(self) -> str:
        said = f"{self.prompt:,} + {self.completion:,} tokens" if self.prompt + self.completion else ""
        if self.prices and said:
            said += f", {(self.prompt * self.prices[0] + self.completion * self.prices[1]) / 1e6:.4f}"
        replayed = f"{self.replayed_calls} replies from the cache" if self.replayed_calls else ""
        return ", ".join(filter(None, (said, replayed)))


def run_gold(
    system: System,
    gold: GoldSet,
    *,
    yardstick: str = "gold",
    repeats: int = 1,
    limit: int | None = None,
    parallel: int = 1,
    out: Path | None = None,
    cache: ReplyCache | None = None,
    spending: Spending | None = None,
    on_progress: Progress = lambda *_: None,
) -> Run:
    """Asks every question (of a `limit`, the first ones) `repeats` times, `parallel` of them at once where the system
    takes that, and scores the answers; `yardstick` is the stem of the gold file.

    With `out` the run is written there; stopped at any moment, the same call goes on where it was and asks nothing
    again. A question without an answer is unscored: left out of every metric, counted in `error_rate`, and asked again
    by the next call. Raises ModeUnavailable, which concerns all questions, IndexingError, OSError.
    """
    spending = spending or Spending()
    questions = gold.questions[:limit]
    fingerprint = fingerprint_of(system, gold, limit)
    # a whole round before the next: repeats one after the other would be too much alike
    tasks: list[Task] = [
        (f"{repeat}:{question.qid}", partial(_ask, system, question, repeat, cache, spending))
        for repeat in range(repeats)
        for question in questions
    ]
    rounds = make_items(
        tasks,
        out,
        fingerprint,
        parallel=parallel if system.is_parallel else 1,
        on_item=lambda done, item: on_progress(done, len(tasks), " ".join(filter(None, (item["qid"], str(spending))))),
    )
    items = [rounds[at] for first in range(len(questions)) for at in range(first, len(tasks), len(questions))]
    by_qid = {question.qid: question for question in questions}
    scored = [score(by_qid[i["qid"]], i["answer"], system.corpus.stored_text) for i in items if i["answer"]]
    shown = iter(scored)
    items = [item | {"scores": next(shown).to_json() if item["answer"] else None} for item in items]
    fingerprint["model"] = fingerprint.get("model") or _joined(i["answer"]["model"] for i in items if i["answer"])
    metrics = aggregate(scored) | {"error_rate": wilson(len(items) - len(scored), len(items))}
    run = Run(yardstick, system.mode, fingerprint, metrics, items, repeats, gold.gate)
    if out:
        write_run(run, out)
        finish(out, items)
    return run


def fingerprint_of(system: System, gold: GoldSet, limit: int | None = None) -> dict[str, str | None]:
    """What the run of these depends on; its `model` is still None when the answers alone tell it."""
    return {
        "gold_hash": gold_hash(gold.questions),
        "corpus_hash": corpus_hash(system.corpus.documents()),
        "scorer_hash": scorer_hash(),
        **system.fingerprint,
        "limit": None if limit is None else str(limit),
        "pincite": version("pincite"),
    }


def _ask(system: System, question: GoldQuestion, repeat: int, cache: ReplyCache | None, spending: Spending) -> Item:
    item: Item = {"qid": question.qid, "repeat": repeat, "question": question.question, "answer": None}
    item |= {"gold": question.to_json(), "scores": None, "error": None}
    kept, begun = Kept(cache, system.provider, repeat), time.perf_counter()
    try:
        item["answer"] = system.ask(question, kept)
        spending.add(item["answer"], kept)
    except ModeUnavailable:
        raise
    except (AnsweringError, SystemFailed) as error:
        item["error"] = str(error)
    wall_s = round(time.perf_counter() - begun, 4)
    return item | {"timings_s": {"wall": wall_s, "replayed_calls": kept.replayed}}


def _joined(names: Iterable[str | None]) -> str | None:
    return "+".join(sorted({name for name in names if name})) or None


def write_run(run: Run, path: Path) -> None:
    """Writes `run` as JSON, UTF-8; what was in `path` stays until all of it is written. Raises OSError."""
    whole = path.with_name(f"{path.name}.new")
    whole.write_text(json.dumps(run.to_json(), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    os.replace(whole, path)


def read_run(path: Path) -> Run:
    """The run in a file of `write_run`. Raises RunInvalid."""
    try:
        return TypeAdapter(Run).validate_json(path.read_bytes(), strict=True)
    except OSError as error:
        raise RunInvalid(
            f"run file {str(path)!r} cannot be read ({error.strerror}): make one with `pincite eval run`"
        ) from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        what = f"{where}: {first['msg']}" if where else first["msg"]
        raise RunInvalid(f"{str(path)!r} is not a run file ({what}): make one with `pincite eval run`") from error

"""Asks a library the gold questions and keeps all that is needed to score the answers again.

A run file is the JSON of `Run.to_json`. It holds questions, answers and passages, so it is no less
confidential than the documents.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol

from pydantic import TypeAdapter, ValidationError

from eval import metrics as scoring
from eval import normalise
from eval.errors import RunInvalid
from eval.gold import GoldQuestion, gold_hash
from eval.intervals import Interval, wilson
from eval.metrics import ScoredAnswer, aggregate, score
from rag.answer_json import answer_json
from rag.errors import AnsweringError, ModeUnavailable
from rag.types import Answer, Turn

Progress = Callable[[int, int, str], None]  # questions done, questions in all, qid of the last


class AskedLibrary(Protocol):
    """The part of rag.Library that a run needs."""

    @property
    def embedder_identity(self) -> str: ...

    def ask(self, question: str, history: Sequence[Turn] = ()) -> Answer: ...

    def documents(self) -> Sequence[tuple[str, str]]: ...

    def stored_text(self, doc_id: str, version: str) -> str: ...


@dataclass(frozen=True, slots=True)
class Run:
    """What one system answered to one gold file.

    `fingerprint`: `gold_hash`, `corpus_hash`, `scorer_hash` (runs that differ in one of these cannot be
    compared), `embedder`, `mode`, `model`, `pincite`. `items`: `qid`, `question`, `answer` (JSON), `gold`,
    `scores`; when the model failed, `answer` and `scores` are None and `error` says why.
    """

    yardstick: str
    mode: str
    fingerprint: dict[str, str | None]
    metrics: dict[str, Interval]
    items: list[dict[str, Any]]

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def run_gold(
    library: AskedLibrary,
    questions: Sequence[GoldQuestion],
    *,
    yardstick: str = "gold",
    on_progress: Progress = lambda *_: None,
) -> Run:
    """Asks every question once and scores the answers; `yardstick` is the stem of the gold file.

    A question on which the model failed is unscored: left out of every metric and counted in `error_rate`.
    Raises ModeUnavailable, which concerns all questions, and IndexingError.
    """
    items: list[dict[str, Any]] = []
    scored: list[ScoredAnswer] = []
    corpus = sorted(library.documents())
    for number, question in enumerate(questions, 1):
        item: dict[str, Any] = {"qid": question.qid, "question": question.question, "answer": None}
        item |= {"gold": question.to_json(), "scores": None, "error": None}
        try:
            history = tuple(Turn(turn.question, turn.answer) for turn in question.history)
            answer = answer_json(library.ask(question.question, history))
        except ModeUnavailable:
            raise
        except AnsweringError as error:
            item["error"] = str(error)
        else:
            scored.append(score(question, answer, library.stored_text))
            item |= {"answer": answer, "scores": scored[-1].to_json()}
        items.append(item)
        on_progress(number, len(questions), question.qid)
    answers = [item["answer"] for item in items if item["answer"]]
    # a fallback was asked for in another mode: then the run is of both, and its fingerprint says so
    mode = _joined(m for answer in answers for m in (answer["mode"], answer["fallback_from"])) or "none"
    fingerprint = {
        "gold_hash": gold_hash(questions),
        "corpus_hash": _sha256(json.dumps(corpus, ensure_ascii=False, separators=(",", ":")).encode()),
        "scorer_hash": scorer_hash(),
        "embedder": library.embedder_identity,
        "mode": mode,
        "model": _joined(answer["model"] for answer in answers),
        "pincite": version("pincite"),
    }
    metrics = aggregate(scored) | {"error_rate": wilson(len(items) - len(scored), len(items))}
    return Run(yardstick, mode, fingerprint, metrics, items)


def scorer_hash() -> str:
    """sha256 (hex) of the code that scores: runs scored by different code are not comparable."""
    files = [Path(module.__file__ or "") for module in (scoring, normalise)]
    return _sha256(b"".join(file.read_bytes() for file in files))


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _joined(names: Iterable[str | None]) -> str | None:
    return "+".join(sorted({name for name in names if name})) or None


def write_run(run: Run, path: Path) -> None:
    """Writes `run` as JSON, UTF-8. Raises OSError."""
    path.write_text(json.dumps(run.to_json(), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


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

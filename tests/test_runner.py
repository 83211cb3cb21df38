"""A run over a system of two answers: what it keeps, what its table says, how it goes on, and what it refuses."""

import hashlib
import json
import time
from collections.abc import Mapping
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from threading import Lock
from typing import Any, Self

import pytest

from eval.errors import RunInvalid, SystemFailed
from eval.fingerprints import scorer_hash
from eval.gate import Margin
from eval.gold import GoldQuestion, GoldSet, gold_hash
from eval.intervals import Interval, wilson
from eval.reply_cache import Kept
from eval.report_terminal import table
from eval.runner import Run, read_run, run_gold, write_run
from eval.unfinished import partial_of
from index.errors import DocumentUnknown
from index.types import Chunk, Hit, Span
from rag.answer_json import answer_json
from rag.errors import AnsweringError, ModeUnavailable
from rag.types import Answer, Citation, Passage, Statement

TEXT = "The mill was built in 1820. It burned down in 1904."
SPAN = Span("mill.txt", "v1", 0, 27)
CITATION = Citation(1, SPAN, TEXT[:27], "exact", "Mill", "/docs/mill.txt", None, None)
CHUNK = Chunk("c1", "mill.txt", "v1", 0, len(TEXT), TEXT, None, "Mill", "/docs/mill.txt", None)
ANSWER = Answer(
    question="When was the mill built?",
    query="mill built",
    mode="extractive",
    statements=(Statement(TEXT[:27], (CITATION,), 1.0),),
    passages=(Passage(Hit(CHUNK, 0.9, 1, ("dense",)), cited=True),),
)
REFUSAL = Answer(question="?", query="?", mode="extractive", reason="no_evidence")


class TwoAnswers:
    """A system that knows when the mill was built, and refuses all else; some questions raise, and some answers change
    with the repeat. It is its own corpus."""

    mode = "extractive"
    provider = None

    def __init__(
        self, answers: Mapping[str, Answer | BaseException | list[Answer]] | None = None, is_parallel: bool = False
    ) -> None:
        self.answers = answers or {}
        self.fingerprint: dict[str, str | None] = {"embedder": "letters-26", "mode": "extractive", "model": None}
        self.asked: list[str] = []
        self.is_parallel = is_parallel
        self.at_once, self.most_at_once, self.lock = 0, 0, Lock()

    @property
    def corpus(self) -> Self:
        return self

    def ask(self, question: GoldQuestion, kept: Kept) -> dict[str, Any]:  # noqa: ARG002
        with self.lock:
            self.asked.append(question.qid)
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        if self.is_parallel:
            time.sleep(0.05)
        with self.lock:
            self.at_once -= 1
        found = self.answers.get(question.question, ANSWER if question.question.startswith("When") else REFUSAL)
        if isinstance(found, BaseException):
            raise found
        return answer_json(found[self.asked.count(question.qid) - 1] if isinstance(found, list) else found)

    def documents(self) -> list[tuple[str, str]]:
        return [("mill.txt", "v1"), ("inn.txt", "v3")]

    def stored_text(self, doc_id: str, version: str) -> str:
        if (doc_id, version) != ("mill.txt", "v1"):
            raise DocumentUnknown(f"no document {doc_id!r}")
        return TEXT


def gold(qid: str, question: str, **change: Any) -> GoldQuestion:
    answered = {"facts": (("1820",),), "evidence": ({"doc_id": "mill.txt", "quote": "built in 1820"},)}
    fields = {"qid": qid, "question": question, "answerable": True, "category": "single"} | answered | change
    return GoldQuestion.model_validate(fields)


BUILT = gold("q1", "When was the mill built?")
BURNED = gold("q2", "When did it burn?", facts=(("1904",),), category="follow_up", history=(
    {"question": "What is it?", "answer": "A mill."},
))  # fmt: skip
WHO = gold("q3", "Who ran the mill?", answerable=False, category="unanswerable", facts=(), evidence=())
WHERE = gold("q4", "Where is the mill?")
QUESTIONS = GoldSet((BUILT, BURNED, WHO, WHERE), {"right": Margin(margin=0.1)})


def test_a_run_keeps_questions_answers_gold_and_scores() -> None:
    library = TwoAnswers()
    steps: list[tuple[int, int, str]] = []
    run = run_gold(library, QUESTIONS, yardstick="mills", on_progress=lambda *step: steps.append(step))
    assert steps == [(1, 4, "q1"), (2, 4, "q2"), (3, 4, "q3"), (4, 4, "q4")]
    assert (run.yardstick, run.mode) == ("mills", "extractive")
    assert [item["scores"]["right"] for item in run.items] == [True, False, True, False]
    first = run.items[0]
    assert list(first) == ["qid", "repeat", "question", "answer", "gold", "scores", "error", "timings_s"]
    assert (first["qid"], first["question"], first["error"]) == ("q1", "When was the mill built?", None)
    assert first["answer"]["statements"][0]["citations"][0]["quote"] == "The mill was built in 1820."
    assert first["gold"] == BUILT.to_json()
    assert first["scores"]["hit_evidence_recall"] == 1.0
    assert run.metrics["right"] == wilson(2, 4)
    assert run.metrics["error_rate"] == wilson(0, 4)


def test_the_fingerprint_says_what_was_asked_of_what() -> None:
    corpus = '[["inn.txt","v3"],["mill.txt","v1"]]'
    run = run_gold(TwoAnswers(), QUESTIONS)
    assert run.yardstick == "gold"
    assert run.fingerprint == {
        "gold_hash": gold_hash(QUESTIONS.questions),
        "corpus_hash": hashlib.sha256(corpus.encode()).hexdigest(),
        "scorer_hash": scorer_hash(),
        "embedder": "letters-26",
        "mode": "extractive",
        "model": None,
        "limit": None,
        "pincite": version("pincite"),
    }


def test_a_model_that_only_the_answers_name_is_in_the_fingerprint() -> None:
    library = TwoAnswers({BUILT.question: replace(ANSWER, model="m-1")})
    assert run_gold(library, QUESTIONS).fingerprint["model"] == "m-1"


def test_a_failed_question_is_unscored_and_counted() -> None:
    library = TwoAnswers({BUILT.question: AnsweringError("the model sent\nno JSON")})
    run = run_gold(library, QUESTIONS)
    assert run.items[0].pop("timings_s")
    assert run.items[0] == {
        "qid": "q1",
        "repeat": 0,
        "question": BUILT.question,
        "answer": None,
        "gold": BUILT.to_json(),
        "scores": None,
        "error": "the model sent\nno JSON",
    }
    assert run.metrics["right"] == wilson(1, 3)
    assert run.metrics["error_rate"] == wilson(1, 4)
    assert run.has_too_many_errors
    assert "  q1  single     the model sent no JSON" in table(run).splitlines()
    assert "single            0      0        1         1" in table(run).splitlines()


def test_when_nothing_could_be_scored_no_rate_is_claimed() -> None:
    run = run_gold(TwoAnswers({BUILT.question: SystemFailed("down")}), GoldSet((BUILT,)))
    assert run.metrics["right"] == Interval(None, None, None, 0)


def test_a_mode_that_is_not_there_ends_the_run() -> None:
    library = TwoAnswers({BUILT.question: ModeUnavailable("no model")})
    with pytest.raises(ModeUnavailable, match="no model"):
        run_gold(library, QUESTIONS)
    assert len(library.asked) == 1


def test_the_table() -> None:
    run = run_gold(TwoAnswers(), QUESTIONS, yardstick="mills")
    assert table(run).splitlines() == [
        "mills, mode extractive, 4 questions, 0 unscored",
        "",
        "metric               value    95% interval  n",
        "right                0.500  0.150 to 0.850  4",
        "fact_recall          0.333  0.000 to 1.000  3",
        "forbidden_rate           -               -  0",
        "conflict_recall          -               -  0",
        "conflict_precision       -               -  0",
        "citation_validity    1.000  0.342 to 1.000  2",
        "evidence_recall      0.667  0.000 to 1.000  3",
        "hit_evidence_recall  0.667  0.000 to 1.000  3",
        "refusal_recall       1.000  0.207 to 1.000  1",
        "refusal_accuracy     0.750  0.301 to 0.954  4",
        "answered_answerable  0.667  0.208 to 0.939  3",
        "right_follow_up      0.000  0.000 to 0.793  1",
        "right_single         0.500  0.095 to 0.905  2",
        "right_unanswerable   1.000  0.207 to 1.000  1",
        "error_rate           0.000  0.000 to 0.490  4",
        "",
        "category      right  wrong  refused  unscored",
        "follow_up         0      1        0         0",
        "single            1      0        1         0",
        "unanswerable      1      0        0         0",
        "",
        "not right (2):",
        "  q2  follow_up  no '1904'",
        "  q4  single     refused (no_evidence); 0% of the evidence in the hits",
    ]


def test_the_table_of_a_perfect_run_lists_nothing() -> None:
    assert "not right" not in table(run_gold(TwoAnswers(), GoldSet((BUILT, WHO))))


def test_repeats_count_once_for_each_question() -> None:
    library = TwoAnswers({BUILT.question: [ANSWER, REFUSAL, ANSWER]})
    run = run_gold(library, QUESTIONS, repeats=3)
    assert library.asked == ["q1", "q2", "q3", "q4"] * 3
    assert [(item["qid"], item["repeat"]) for item in run.items] == [
        (f"q{q}", r) for q in range(1, 5) for r in range(3)
    ]
    assert run.repeats == 3
    right = run.metrics["right"]
    assert (right.value, right.n) == (pytest.approx((2 / 3 + 0 + 1 + 0) / 4), 4)
    assert run.metrics["fact_recall"].value == pytest.approx((2 / 3 + 0 + 0) / 3)
    assert run.metrics["error_rate"] == wilson(0, 12)


def test_the_first_questions_alone() -> None:
    run = run_gold(TwoAnswers(), QUESTIONS, limit=2)
    assert [item["qid"] for item in run.items] == ["q1", "q2"]
    assert run.fingerprint["limit"] == "2"
    assert run.fingerprint["gold_hash"] == gold_hash(QUESTIONS.questions)


@pytest.mark.parametrize(("is_parallel", "most"), [(True, 3), (False, 1)])
def test_questions_are_asked_at_once_where_the_system_takes_it(is_parallel: bool, most: int) -> None:
    library = TwoAnswers(is_parallel=is_parallel)
    run = run_gold(library, QUESTIONS, repeats=3, parallel=3)
    assert library.most_at_once == most
    alone = run_gold(TwoAnswers(), QUESTIONS, repeats=3)
    assert [without_times(item) for item in run.items] == [without_times(item) for item in alone.items]


@pytest.mark.parametrize("parallel", [1, 2])
def test_a_stopped_run_goes_on_and_ends_the_same(parallel: int, tmp_path: Path) -> None:
    out, whole = tmp_path / "run.json", tmp_path / "whole.json"
    with pytest.raises(KeyboardInterrupt):
        run_gold(TwoAnswers({WHERE.question: KeyboardInterrupt()}), QUESTIONS, out=out, parallel=parallel)
    assert not out.exists()
    again = TwoAnswers()
    run_gold(again, QUESTIONS, out=out, parallel=parallel)
    assert again.asked == ["q4"]
    run_gold(TwoAnswers(), QUESTIONS, out=whole)
    assert stored(out) == stored(whole)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["run.json", "whole.json"]


def test_a_run_of_another_system_is_not_gone_on_with(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        run_gold(TwoAnswers({WHERE.question: KeyboardInterrupt()}), QUESTIONS, out=tmp_path / "run.json")
    other = TwoAnswers()
    other.fingerprint["model"] = "another"
    run_gold(other, QUESTIONS, out=tmp_path / "run.json")
    assert other.asked == ["q1", "q2", "q3", "q4"]


def test_what_failed_is_asked_again_and_nothing_else(tmp_path: Path) -> None:
    out = tmp_path / "run.json"
    first = run_gold(TwoAnswers({BURNED.question: SystemFailed("busy")}), QUESTIONS, out=out, repeats=2)
    assert first.metrics["error_rate"] == wilson(2, 8)
    assert partial_of(out).exists()
    again = TwoAnswers()
    assert not run_gold(again, QUESTIONS, out=out, repeats=2).has_too_many_errors
    assert again.asked == ["q2", "q2"]
    assert not partial_of(out).exists()


def test_one_error_in_a_hundred_is_let_pass() -> None:
    def run(errors: int, n: int) -> Run:
        return Run("y", "m", {}, {"error_rate": wilson(errors, n)}, [])

    assert [run(*counts).has_too_many_errors for counts in ((0, 5), (1, 100), (2, 100), (1, 99))] == [
        False,
        False,
        True,
        True,
    ]


def without_times(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: without_times(inner) for key, inner in value.items() if key != "timings_s"}
    return [without_times(inner) for inner in value] if isinstance(value, list) else value


def stored(path: Path) -> str:
    return json.dumps(without_times(json.loads(path.read_text(encoding="utf-8"))))


def test_a_run_file_is_read_as_it_was_written(tmp_path: Path) -> None:
    run = run_gold(TwoAnswers(), QUESTIONS)
    write_run(run, tmp_path / "run.json")
    assert read_run(tmp_path / "run.json") == run
    stored = json.loads((tmp_path / "run.json").read_text("utf-8"))
    assert list(stored) == ["yardstick", "mode", "repeats", "gate", "fingerprint", "metrics", "items"]
    assert stored["gate"] == {"right": {"margin": 0.1, "minimum": 0.02}}
    assert stored["metrics"]["forbidden_rate"] == {"value": None, "low": None, "high": None, "n": 0}


def test_files_that_are_not_runs(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    with pytest.raises(
        RunInvalid, match=r"run\.json' cannot be read \(No such file .*make one with `pincite eval run`"
    ):
        read_run(path)
    path.write_text("{")
    with pytest.raises(
        RunInvalid, match=r"run\.json' is not a run file \(Invalid JSON.*make one with `pincite eval run`"
    ):
        read_run(path)
    write_run(Run("y", "m", {}, {"right": Interval(1, 0, 1, 3)}, []), path)
    path.write_text(path.read_text().replace('"n": 3', '"n": "3"'))
    with pytest.raises(RunInvalid, match=r"\(metrics\.right\.n: Input should be a valid integer\)"):
        read_run(path)

"""A run over a library of two answers: what it keeps, what its table says, and what it refuses."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from eval.errors import RunInvalid
from eval.gold import GoldQuestion, gold_hash
from eval.intervals import Interval, wilson
from eval.report_terminal import table
from eval.runner import Run, read_run, run_gold, scorer_hash, write_run
from index.errors import DocumentUnknown
from index.types import Chunk, Hit, Span
from rag.errors import AnsweringError, ModeUnavailable
from rag.types import Answer, Citation, Passage, Statement, Turn

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
    """A library that knows when the mill was built, and refuses all else; some questions raise."""

    embedder_identity = "letters-26"

    def __init__(self, answers: Mapping[str, Answer | Exception] | None = None) -> None:
        self.answers = answers or {}
        self.asked: list[tuple[str, tuple[Turn, ...]]] = []

    def ask(self, question: str, history: Sequence[Turn] = ()) -> Answer:
        self.asked.append((question, tuple(history)))
        found = self.answers.get(question, ANSWER if question.startswith("When") else REFUSAL)
        if isinstance(found, Exception):
            raise found
        return found

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
QUESTIONS = [BUILT, BURNED, WHO, WHERE]


def test_a_run_keeps_questions_answers_gold_and_scores() -> None:
    library = TwoAnswers()
    steps: list[tuple[int, int, str]] = []
    run = run_gold(library, QUESTIONS, yardstick="mills", on_progress=lambda *step: steps.append(step))
    assert library.asked[1] == ("When did it burn?", (Turn("What is it?", "A mill."),))
    assert steps == [(1, 4, "q1"), (2, 4, "q2"), (3, 4, "q3"), (4, 4, "q4")]
    assert (run.yardstick, run.mode) == ("mills", "extractive")
    assert [item["scores"]["right"] for item in run.items] == [True, False, True, False]
    first = run.items[0]
    assert list(first) == ["qid", "question", "answer", "gold", "scores", "error"]
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
        "gold_hash": gold_hash(QUESTIONS),
        "corpus_hash": hashlib.sha256(corpus.encode()).hexdigest(),
        "scorer_hash": scorer_hash(),
        "embedder": "letters-26",
        "mode": "extractive",
        "model": None,
        "pincite": version("pincite"),
    }


def test_answers_of_a_fallback_show_in_mode_and_model() -> None:
    local = replace(ANSWER, mode="local", model="m-1")
    fallen = replace(ANSWER, fallback_from="local")
    library = TwoAnswers({BUILT.question: local, BURNED.question: fallen})
    run = run_gold(library, [BUILT, BURNED])
    assert run.mode == run.fingerprint["mode"] == "extractive+local"
    assert run.fingerprint["model"] == "m-1"


def test_a_failed_question_is_unscored_and_counted() -> None:
    library = TwoAnswers({BUILT.question: AnsweringError("the model sent\nno JSON")})
    run = run_gold(library, QUESTIONS)
    assert run.items[0] == {
        "qid": "q1",
        "question": BUILT.question,
        "answer": None,
        "gold": BUILT.to_json(),
        "scores": None,
        "error": "the model sent\nno JSON",
    }
    assert run.metrics["right"] == wilson(1, 3)
    assert run.metrics["error_rate"] == wilson(1, 4)
    assert "  q1  single     the model sent no JSON" in table(run).splitlines()
    assert "single            0      0        1         1" in table(run).splitlines()


def test_when_nothing_could_be_scored_no_rate_is_claimed() -> None:
    run = run_gold(TwoAnswers({BUILT.question: AnsweringError("down")}), [BUILT])
    assert run.mode == "none"
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
    assert "not right" not in table(run_gold(TwoAnswers(), [BUILT, WHO]))


def test_a_run_file_is_read_as_it_was_written(tmp_path: Path) -> None:
    run = run_gold(TwoAnswers(), QUESTIONS)
    write_run(run, tmp_path / "run.json")
    assert read_run(tmp_path / "run.json") == run
    stored = json.loads((tmp_path / "run.json").read_text("utf-8"))
    assert list(stored) == ["yardstick", "mode", "fingerprint", "metrics", "items"]
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

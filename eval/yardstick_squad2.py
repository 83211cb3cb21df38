"""SQuAD 2.0 (Rajpurkar et al. 2018): questions with an unanswerable twin, each asked of its own paragraph.

f1_answerable         token F1 of `short` against the best of the answers; 0 when refused   answerable
refusal_unanswerable  refused                                                               unanswerable
refusal_answerable    refused, wrongly                                                      answerable
"""

from collections.abc import Sequence
from pathlib import Path

from eval.intervals import Interval, cluster_bootstrap_mean, wilson
from eval.reference import token_f1
from eval.yardstick_asking import Asked, Item, QuestionSet, refused
from eval.yardstick_data import Record, read_records

FILE = "squad2.jsonl"


class Row(Record):
    id: str
    context: str
    question: str
    answers: tuple[str, ...]
    is_impossible: bool


def read(data: Path, limit: int | None) -> QuestionSet:
    rows = read_records(data / FILE, Row)
    doc_ids: dict[str, str] = {}
    for row in rows:
        doc_ids.setdefault(row.context, f"paragraph-{len(doc_ids):04}.txt")
    questions = [
        Asked(
            row.id,
            row.question.strip(),
            (doc_ids[row.context],),
            {
                "answerable": not row.is_impossible,
                "answers": [] if row.is_impossible else list(row.answers),
                "document": doc_ids[row.context],
            },
        )
        for row in rows[:limit]
    ]
    return QuestionSet({doc_id: text for text, doc_id in doc_ids.items()}, questions)


def measure(items: Sequence[Item]) -> dict[str, Interval]:
    answerable = [item for item in items if item["gold"]["answerable"]]
    others = [item for item in items if not item["gold"]["answerable"]]
    scores = [token_f1(item["answer"]["short"] or "", item["gold"]["answers"]) for item in answerable]
    return {
        "f1_answerable": cluster_bootstrap_mean(scores, [item["gold"]["document"] for item in answerable]),
        "refusal_unanswerable": wilson(sum(map(refused, others)), len(others)),
        "refusal_answerable": wilson(sum(map(refused, answerable)), len(answerable)),
    }

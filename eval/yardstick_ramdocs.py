"""RAMDocs (Wang et al. 2025): ambiguous questions whose documents are right, wrong (misinformation) or noise.

    exact_match                   every gold answer shown, and no wrong answer                          all
    attributed_exact_match        every gold answer shown, and every answer in its own name: a gold or wrong answer
                                  stands in a statement only beside a citation of a document that gives it  all
    gold_recall                   gold answers shown / gold answers; 0 when refused                     all
    misinformation_citation_rate  an answer with a statement that cites a misinformation document       questions
                                  that have one; a refusal cites none

The first counts a wrong answer against the system even where it is attributed to the document that gives it; the
second asks that disagreement is shown for what it is. They are two aims: never mix them. An answer is shown when its
tokens stand in a statement, whole and in order, as `eval.normalise` reads them.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from eval.intervals import Interval, cluster_bootstrap_mean, wilson
from eval.normalise import contains_form, tokens
from eval.yardstick_asking import Asked, Item, QuestionSet, cited_documents, texts_shown
from eval.yardstick_data import Record, read_records

FILE = "ramdocs.jsonl"


class Source(Record):
    text: str
    type: Literal["correct", "misinfo", "noise"]
    answer: str  # "unknown" for noise


class Row(Record):
    question: str
    documents: tuple[Source, ...]
    gold_answers: tuple[str, ...]
    wrong_answers: tuple[str, ...]


def read(data: Path, limit: int | None) -> QuestionSet:
    texts: dict[str, str] = {}
    questions: list[Asked] = []
    for number, row in enumerate(read_records(data / FILE, Row)):
        sources = {f"{number:03}/{i:02}.txt": source for i, source in enumerate(row.documents)}
        texts |= {doc_id: source.text for doc_id, source in sources.items()}
        gold = {
            "gold_answers": list(row.gold_answers),
            "wrong_answers": list(row.wrong_answers),
            "documents": {doc_id: {"type": s.type, "answer": s.answer} for doc_id, s in sources.items()},
        }
        questions.append(Asked(f"{number:03}", row.question, tuple(sources), gold))
    return QuestionSet(texts, questions[:limit])


def measure(items: Sequence[Item]) -> dict[str, Interval]:
    def rate(outcomes: list[bool]) -> Interval:
        return wilson(sum(outcomes), len(outcomes))

    recalls = [_recall(item) for item in items]
    complete = [recall == 1 for recall in recalls]
    clean = [not any(_shows(item, wrong) for wrong in item["gold"]["wrong_answers"]) for item in items]
    with_misinformation = [item for item in items if _of_type(item, "misinfo")]
    return {
        "exact_match": rate([a and b for a, b in zip(complete, clean, strict=True)]),
        "attributed_exact_match": rate([a and _attributed(i) for a, i in zip(complete, items, strict=True)]),
        "gold_recall": cluster_bootstrap_mean(recalls, [item["qid"] for item in items]),
        "misinformation_citation_rate": rate([_cites_misinformation(item) for item in with_misinformation]),
    }


def _shows(item: Item, form: str) -> bool:
    return any(contains_form(text, form) for text in texts_shown(item["answer"]))


def _recall(item: Item) -> float:
    golds = item["gold"]["gold_answers"]
    return sum(_shows(item, gold) for gold in golds) / len(golds) if golds else 0.0


def _of_type(item: Item, kind: str) -> set[str]:
    return {doc_id for doc_id, source in item["gold"]["documents"].items() if source["type"] == kind}


def _cites_misinformation(item: Item) -> bool:
    wrong = _of_type(item, "misinfo")
    return any(cited_documents(statement) & wrong for statement in item["answer"]["statements"])


def _attributed(item: Item) -> bool:
    """Whether each statement that shows an answer cites a document that gives it. Gold answers need one such
    statement each (others may repeat the words in another sense); a wrong answer needs it wherever it stands."""
    gold = item["gold"]
    own = {answer: _giving(item, answer) for answer in (*gold["gold_answers"], *gold["wrong_answers"])}

    def cited(answer: str, statements: Sequence[dict[str, Any]]) -> list[bool]:
        return [bool(cited_documents(s) & own[answer]) for s in statements if contains_form(s["text"], answer)]

    statements = item["answer"]["statements"]
    return all(any(cited(a, statements)) for a in gold["gold_answers"] if own[a]) and all(
        all(cited(a, statements)) for a in gold["wrong_answers"]
    )


def _giving(item: Item, answer: str) -> set[str]:
    """The documents whose own answer is `answer`; none for the few gold answers that no document is labelled with."""
    documents = item["gold"]["documents"].items()
    return {doc_id for doc_id, source in documents if tokens(source["answer"]) == tokens(answer)}

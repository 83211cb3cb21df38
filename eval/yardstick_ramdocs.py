"""RAMDocs (Wang et al. 2025): ambiguous questions whose documents are right, wrong (misinformation) or noise.

    exact_match                   every gold answer shown, and no wrong answer                          all
    attributed_exact_match        every gold answer in a statement that cites a document which gives it, and a wrong
                                  one in no other kind of statement                                     all
    gold_recall                   gold answers shown / gold answers; 0 when refused                     all
    misinformation_citation_rate  an answer with a statement that cites a misinformation document       questions
                                  that have one; a refusal cites none

The first counts a wrong answer against the system even where it is attributed to the document that gives it; the
second asks that disagreement is shown for what it is. They are two aims: never mix them. An answer is shown when its
tokens stand in a statement, whole and in order, as `eval.normalise` reads them. The documents that give an answer are
those labelled with it; where none is (one answer in seven), those that state it.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

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
            "given_by": {answer: _giving(answer, sources) for answer in (*row.gold_answers, *row.wrong_answers)},
            "misinformation": [doc_id for doc_id, source in sources.items() if source.type == "misinfo"],
        }
        questions.append(Asked(f"{number:03}", row.question, tuple(sources), gold))
    return QuestionSet(texts, questions[:limit])


def _giving(answer: str, sources: Mapping[str, Source]) -> list[str]:
    labelled = [doc_id for doc_id, source in sources.items() if tokens(source.answer) == tokens(answer)]
    return labelled or [doc_id for doc_id, source in sources.items() if contains_form(source.text, answer)]


def measure(items: Sequence[Item]) -> dict[str, Interval]:
    def rate(outcomes: list[bool]) -> Interval:
        return wilson(sum(outcomes), len(outcomes))

    recalls = [_recall(item) for item in items]
    complete = [recall == 1 for recall in recalls]
    clean = [not any(_shows(item, wrong) for wrong in item["gold"]["wrong_answers"]) for item in items]
    misinformed = [item for item in items if item["gold"]["misinformation"]]
    return {
        "exact_match": rate([a and b for a, b in zip(complete, clean, strict=True)]),
        "attributed_exact_match": rate([_attributed(item) for item in items]),
        "gold_recall": cluster_bootstrap_mean(recalls, [item["qid"] for item in items]),
        "misinformation_citation_rate": rate([_cites_misinformation(item) for item in misinformed]),
    }


def _shows(item: Item, form: str) -> bool:
    return any(contains_form(text, form) for text in texts_shown(item["answer"]))


def _recall(item: Item) -> float:
    golds = item["gold"]["gold_answers"]
    return sum(_shows(item, gold) for gold in golds) / len(golds) if golds else 0.0


def _cites_misinformation(item: Item) -> bool:
    wrong = set(item["gold"]["misinformation"])
    return any(cited_documents(statement) & wrong for statement in item["answer"]["statements"])


def _attributed(item: Item) -> bool:
    """Gold answers need one such statement each (others may use the words in another sense); a wrong answer needs it
    wherever it stands."""
    gold = item["gold"]

    def cited(answer: str) -> list[bool]:
        own = set(gold["given_by"][answer])
        said = [s for s in item["answer"]["statements"] if contains_form(s["text"], answer)]
        return [bool(cited_documents(statement) & own) for statement in said]

    return all(any(cited(answer)) for answer in gold["gold_answers"]) and all(
        all(cited(answer)) for answer in gold["wrong_answers"]
    )

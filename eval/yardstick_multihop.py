"""MultiHop-RAG (Tang & Yang 2024): questions that need facts from several news articles, asked of all facts.

    all_evidence_at_10          every fact of the evidence in the first ten hits           questions with evidence
    all_evidence_at_10_<type>   the same for comparison, inference and temporal questions
    answer_accuracy_<type>      the answer is shown: its tokens in a statement or `short`
    refusal_null                refused                                                    null questions

Each fact is one document under its article's title, source and date. An answer of yes or no is shown only where it is
said as one: `short` is that word, or the first statement opens with it. "No" within a sentence ("no longer") answers
nothing, so an extractive answer, which says neither, is wrong: compare with the share of "yes" among the gold answers.
"""

from collections.abc import Sequence
from pathlib import Path

from eval.intervals import Interval, wilson
from eval.normalise import contains_form, tokens
from eval.yardstick_asking import Asked, Item, QuestionSet, refused, texts_shown
from eval.yardstick_data import Record, read_records
from index.folding import locate

ARTICLES, QUERIES = "multihop_articles.jsonl", "multihop_queries.jsonl"
TYPES = ("comparison", "inference", "temporal")
YES_NO = (("yes",), ("no",))
HITS_SCORED = 10


class Article(Record):
    title: str
    source: str
    published_at: str
    facts: tuple[str, ...]


class Fact(Record):
    fact: str


class Query(Record):
    query: str
    answer: str
    question_type: str
    evidence_list: tuple[Fact, ...]


def read(data: Path, limit: int | None) -> QuestionSet:
    texts = {
        f"{number:04}-{i}.txt": f"Title: {article.title}\nSource: {article.source}\n"
        f"Published: {article.published_at[:10]}\n\n{fact}\n"
        for number, article in enumerate(read_records(data / ARTICLES, Article))
        for i, fact in enumerate(article.facts)
    }
    questions = [
        Asked(
            f"{number:03}",
            query.query,
            None,
            {
                "type": query.question_type.removesuffix("_query"),
                "answer": query.answer,
                "evidence": [evidence.fact for evidence in query.evidence_list],
            },
        )
        for number, query in enumerate(read_records(data / QUERIES, Query))
    ]
    return QuestionSet(texts, questions[:limit], "one pool in either setting")


def measure(items: Sequence[Item]) -> dict[str, Interval]:
    def of(kind: str) -> list[Item]:
        return [item for item in items if item["gold"]["type"] == kind]

    def found(some: Sequence[Item]) -> Interval:
        outcomes = [_all_found(item) for item in some if item["gold"]["evidence"]]
        return wilson(sum(outcomes), len(outcomes))

    nulls = of("null")
    return {
        "all_evidence_at_10": found(items),
        **{f"all_evidence_at_10_{kind}": found(of(kind)) for kind in TYPES},
        **{f"answer_accuracy_{kind}": wilson(sum(map(_is_answered, of(kind))), len(of(kind))) for kind in TYPES},
        "refusal_null": wilson(sum(map(refused, nulls)), len(nulls)),
    }


def _all_found(item: Item) -> bool:
    hits = [hit["text"] for hit in item["answer"]["hits"] if hit["rank"] <= HITS_SCORED]
    return all(any(locate(fact, text) for text in hits) for fact in item["gold"]["evidence"])


def _is_answered(item: Item) -> bool:
    wanted, answer = item["gold"]["answer"], item["answer"]
    shown = texts_shown(answer)
    if tokens(wanted) in YES_NO:
        return tokens(answer["short"] or "") == tokens(wanted) or any(
            tokens(text)[:1] == tokens(wanted) for text in shown[:1]
        )
    return any(contains_form(text, wanted) for text in [*shown, answer["short"] or ""])

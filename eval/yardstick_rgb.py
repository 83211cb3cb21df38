"""RGB (Chen et al. 2024): search snippets about the news, some of them noise, some falsified.

    accuracy_noise_00 .. _80  the answer is in the statements; five snippets, of which 0 to 4 are noise
    refusal_rate              refused; five snippets of noise
    both_values_rate          the true snippets and their falsified copies together: both values shown, each in a
                              statement that cites a snippet of its own side

Snippets are taken in file order. A row that has too few for a setting is left out of it: n of the metric says how many
were asked. "In the statements" is RGB's own rule: as a substring of them, whatever the case.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

from eval.intervals import Interval, wilson
from eval.yardstick_asking import Asked, Item, QuestionSet, cited_documents, refused, texts_shown
from eval.yardstick_data import Record, read_records

FILE = "rgb_en_fact.jsonl"
PASSAGES = 5
NOISE = {f"accuracy_noise_{20 * negatives:02}": negatives for negatives in range(PASSAGES)}  # metric: noise snippets
Answer = str | tuple[str | tuple[str, ...], ...]  # all parts must be shown, each in any of its forms


class Row(Record):
    id: int
    query: str
    answer: Answer
    fakeanswer: Answer
    positive: tuple[str, ...]
    positive_wrong: tuple[str, ...]
    negative: tuple[str, ...]


def read(data: Path, limit: int | None) -> QuestionSet:
    rows = read_records(data / FILE, Row)
    texts: dict[str, str] = {}
    questions: list[Asked] = []
    for number, row in enumerate(rows):
        sides = {
            side: tuple(f"{row.id:03}/{side}-{i}.txt" for i in range(len(getattr(row, side))))
            for side in ("positive", "positive_wrong", "negative")
        }
        for side, doc_ids in sides.items():
            texts |= dict(zip(doc_ids, getattr(row, side), strict=True))
        if limit is None or number < limit:
            questions += _asked(row, sides)
    return QuestionSet(texts, questions, f"{len(rows[:limit])} rows; one without enough snippets is skipped")


def _asked(row: Row, sides: dict[str, tuple[str, ...]]) -> Iterator[Asked]:
    gold = {"answer": _parts(row.answer), "fakeanswer": _parts(row.fakeanswer)}
    true, false, noise = sides.values()
    for metric, negatives in {**NOISE, "refusal_rate": PASSAGES}.items():
        documents = true[: PASSAGES - negatives] + noise[:negatives]
        if len(documents) == PASSAGES:
            yield Asked(f"{row.id}-{metric}", row.query, documents, {"metric": metric, **gold})
    if true and false:
        both = {"metric": "both_values_rate", **gold, "true": list(true), "false": list(false)}
        yield Asked(f"{row.id}-both_values_rate", row.query, true + false, both)


def _parts(answer: Answer) -> list[list[str]]:
    parts = [answer] if isinstance(answer, str) else answer
    return [[part] if isinstance(part, str) else list(part) for part in parts]


def measure(items: Sequence[Item]) -> dict[str, Interval]:
    def rate(metric: str) -> Interval:
        outcomes = [_is_right(item) for item in items if item["gold"]["metric"] == metric]
        return wilson(sum(outcomes), len(outcomes))

    return {metric: rate(metric) for metric in (*NOISE, "refusal_rate", "both_values_rate")}


def _is_right(item: Item) -> bool:
    gold, answer = item["gold"], item["answer"]
    if gold["metric"] == "refusal_rate":
        return refused(item)
    if gold["metric"] != "both_values_rate":
        return _holds(" ".join(texts_shown(answer)), gold["answer"])
    return all(
        _holds(" ".join(s["text"] for s in answer["statements"] if cited_documents(s) & set(gold[side])), gold[value])
        for side, value in (("true", "answer"), ("false", "fakeanswer"))
    )


def _holds(text: str, parts: list[list[str]]) -> bool:
    shown = text.lower()
    return all(any(form.lower() in shown for form in forms) for forms in parts)

"""What becomes of a capable model's own sentences: drafts of the sample questions, recorded and settled again.

`recorded_drafts.jsonl` holds what a large language model replied to the messages of mode openai: "close" to the prompt
as it is; "free" to an earlier one that let it phrase as it liked, with its repairs. Replies are known by their
question, so they outlive a changed passage; a changed prompt needs new ones (docs/measurements.md, "Drafts").
`python tests/test_recorded_drafts.py` prints the figures.
"""

import functools
import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from openai_server import ScriptedServer, Text
from test_planted import asked, folder, gold, opened

from eval.breaches import breaches
from eval.runner import Run

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
RECORDED = Path(__file__).with_name("recorded_drafts.jsonl")
NOT_FOUND = {"found": False, "statements": []}  # to a question that was not asked when they were recorded
TURNS = {1: "draft", 3: "repair"}  # by the messages that a person or model wrote


@functools.cache
def replies() -> dict[tuple[str, str, str], Any]:
    rows = map(json.loads, RECORDED.read_text(encoding="utf-8").splitlines())
    return {(row["drafts"], row["turn"], row["question"]): row["reply"] for row in rows}


@contextmanager
def recorded(drafts: str) -> Iterator[ScriptedServer]:
    def reply(body: dict[str, Any]) -> Text:
        _, first, *rest = (message["content"] for message in body["messages"])
        if "Last question: " in first:
            return Text(replies()["both", "rewrite", first.rsplit("Last question: ", 1)[1]])
        turn = TURNS[1 + len(rest)]
        known = replies().get((drafts, turn, first.rsplit("Question: ", 1)[1]), NOT_FOUND)
        return Text(json.dumps(known), chunk_chars=100)

    with ScriptedServer([reply]) as server:
        yield server


@functools.cache
def run(drafts: str) -> Run:
    with recorded(drafts) as server, closing(opened(folder(), server.base_url)) as library:
        return asked(library)


@pytest.mark.parametrize(("drafts", "right", "calls"), [("close", 62, 70), ("free", 60, 120)])
def test_a_capable_model_is_heard(drafts: str, right: int, calls: int) -> None:
    """Bounds a little below what is measured: a stricter verifier, or one that asks for more repairs, shows here."""
    made = run(drafts)
    assert not any(item["error"] for item in made.items)
    assert sum(item["scores"]["right"] for item in made.items) >= right
    assert sum(item["answer"]["calls"] for item in made.items) <= calls


@pytest.mark.parametrize("drafts", ["close", "free"])
def test_every_answer_keeps_the_promises(drafts: str) -> None:
    made = run(drafts)
    with opened(folder()) as library:
        stored = functools.cache(library.stored_text)
        for item, question in zip(made.items, gold().questions, strict=True):
            earlier = [turn.question for turn in question.history]
            assert breaches(item["answer"], stored, earlier) == []


if __name__ == "__main__":
    for name in ("close", "free"):
        answers = [item["answer"] for item in run(name).items]
        shown = [statement for answer in answers for statement in answer["statements"]]
        exact = sum(statement["citations"][0]["verdict"] == "exact" for statement in shown)
        print(
            f"{name}: {sum(item['scores']['right'] for item in run(name).items)} of {len(answers)} right, "
            f"{len(shown)} sentences shown ({exact} exact), {sum(len(answer['withheld']) for answer in answers)} "
            f"withheld, {sum(answer['calls'] for answer in answers)} calls"
        )

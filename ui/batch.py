"""Many questions from a file: checked before the first is asked, resumed where it stopped."""

import json
import os
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from rag import Library
from rag.answer_json import answer_json
from rag.types import Turn
from ui.progress import count_progress

CUT_LINE = b'{"qid": '  # how a line of ours begins


class _Exchange(BaseModel):
    question: str
    answer: str = ""


class _Message(BaseModel):
    role: Literal["user", "assistant"]
    content: str


class BatchQuestion(BaseModel):
    """One line of the input. `history` holds earlier turns, or chat messages, or just the earlier questions."""

    qid: Annotated[str | int, Field(union_mode="left_to_right")]
    question: Annotated[str, Field(pattern=r"\S")]
    history: list[_Exchange] | list[_Message] | list[str] = []

    def turns(self) -> list[Turn]:
        turns: list[Turn] = []
        for item in self.history:
            if isinstance(item, _Exchange):
                turns.append(Turn(item.question, item.answer))
            elif isinstance(item, str) or item.role == "user":
                turns.append(Turn(item if isinstance(item, str) else item.content, ""))
            elif turns:
                turns[-1] = Turn(turns[-1].question, item.content)
        return turns


def read_batch(path: Path) -> list[BatchQuestion]:
    """Raises ValueError naming the first bad line."""
    adapter = TypeAdapter(BatchQuestion)
    questions: list[BatchQuestion] = []
    seen: set[str | int] = set()
    # split at "\n" alone: JSON strings may hold the other characters that Python takes for line ends
    for number, line in enumerate(path.read_text(encoding="utf-8-sig").split("\n"), 1):
        if not line.strip():
            continue
        try:
            questions.append(adapter.validate_json(line))
        except ValidationError as error:
            first = error.errors()[0]
            field = ".".join(map(str, first["loc"])) or "line"
            raise ValueError(f"{path}, line {number}: {field}: {first['msg']}") from None
        if questions[-1].qid in seen:
            raise ValueError(f"{path}, line {number}: qid {questions[-1].qid!r} occurs twice")
        seen.add(questions[-1].qid)
    return questions


def answer_batch(library: Library, source: Path, out: Path) -> None:
    """Appends one answer JSON with its qid a line to `out`; qids already there are not asked again."""
    if source.resolve() == out.resolve():
        raise ValueError(f"--out {str(out)!r} is the file of the questions: give another")
    questions = read_batch(source)
    done = _answered(out)
    for question in questions:
        if done.get(question.qid, question.question) != question.question:
            raise ValueError(f"--out {str(out)!r} answers another question as {question.qid!r}: give another file")
    with out.open("a", encoding="utf-8") as file, count_progress("questions", len(questions)) as advance:
        for number, question in enumerate(questions, 1):
            if question.qid not in done:
                answer = library.ask(question.question, question.turns())
                file.write(json.dumps({"qid": question.qid, **answer_json(answer)}, ensure_ascii=False) + "\n")
                file.flush()
            advance(number, len(questions), str(question.qid))


def _answered(out: Path) -> dict[str | int, str]:
    """The questions by qid of the whole lines of `out`; a line cut short by an interruption is removed.

    Raises ValueError for a file that holds anything else, and leaves it as it is.
    """
    if not out.exists():
        return {}
    data = out.read_bytes()  # bytes: the cut may go through a character
    *whole, rest = data.split(b"\n")
    try:
        done = {answer["qid"]: answer["question"] for answer in map(json.loads, whole) if answer["kind"]}
    except (ValueError, TypeError, KeyError):
        raise ValueError(f"--out {str(out)!r} holds something else than answers: give another file") from None
    if not rest.startswith(CUT_LINE[: len(rest)]):
        raise ValueError(f"--out {str(out)!r} holds something else than answers: give another file")
    if rest:
        os.truncate(out, len(data) - len(rest))
    return done

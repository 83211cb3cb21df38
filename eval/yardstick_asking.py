"""The yardsticks that ask: one library of all their documents, each question asked of its own or of all."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eval.errors import DataInvalid
from index.sync import Progress
from rag.answer_json import answer_json
from rag.errors import AnsweringError, ModeUnavailable
from rag.library import Library
from rag.types import Mode

Item = dict[str, Any]
DOCUMENTS = "documents"  # the folder of a set's files inside its library


@dataclass(frozen=True, slots=True)
class Asked:
    """A question of a set, the doc_ids that are its own (None: all of the set), and all that scores its answer."""

    qid: str
    question: str
    documents: tuple[str, ...] | None
    gold: dict[str, Any]


@dataclass(frozen=True, slots=True)
class QuestionSet:
    """`texts` by doc_id, which ends in .txt; `note` says what a reader of the run has to know."""

    texts: Mapping[str, str]
    questions: list[Asked]
    note: str = ""


def fill(library: Library, folder: Path, texts: Mapping[str, str], on_add: Progress) -> set[str]:
    """Makes `texts` the documents of the library in `folder`; the doc_ids that could be indexed.

    Raises DataInvalid for a library with documents of its own, IndexingError.
    """
    documents = (folder / DOCUMENTS).resolve()
    others = [s["source"] for s in library.status()["sources"] if not Path(s["source"]).is_relative_to(documents)]
    if others:
        raise DataInvalid(f"library {str(folder)!r} holds {others[0]!r}: give --library a folder of its own")
    shutil.rmtree(documents, ignore_errors=True)
    for doc_id, text in texts.items():
        path = documents / doc_id
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    library.add([documents], on_add)
    return {doc_id for doc_id, _ in library.documents()}


def ask(library: Library, asked: Asked, mode: Mode, within: set[str] | None) -> Item:
    """The item of one question, read `within` those documents; `error` says why the model gave no answer.

    Raises ModeUnavailable, which concerns all questions, and IndexingError.
    """
    item: Item = {"qid": asked.qid, "question": asked.question, "gold": asked.gold, "answer": None, "error": None}
    try:
        item["answer"] = answer_json(library.ask(asked.question, mode=mode, within=within))
    except ModeUnavailable:
        raise
    except AnsweringError as error:
        item["error"] = str(error)
    return item


def texts_shown(answer: dict[str, Any]) -> list[str]:
    """The statements of an answer JSON, none when it is a refusal."""
    return [statement["text"] for statement in answer["statements"]]


def cited_documents(statement: dict[str, Any]) -> set[str]:
    return {citation["doc_id"] for citation in statement["citations"]}


def refused(item: Item) -> bool:
    return bool(item["answer"]["kind"] == "refusal")

"""Adds drafts to a gold file, whoever else is writing to it; what stands in it stays as it is, comments too."""

import hashlib
import json
import os
import tempfile
import textwrap
from collections.abc import Sequence
from pathlib import Path

import yaml
from filelock import FileLock

from eval.errors import GoldInvalid
from eval.gold import Evidence, Exchange, GoldQuestion
from eval.gold_draft import Draft
from eval.gold_files import YAML_NAMES, read_gold
from rag.types import Statement, Turn

REFUSED = "No answer in these documents."  # what the chat says for a refusal, which has no text of its own
_SEQUENCE = "tag:yaml.org,2002:seq"
_WAIT_S = 30
_COLUMNS = 110
_HEAD = "# Drafts: accept one with `accepted: true` once it is right, or delete it.\nquestions:\n"


def append_drafts(path: Path, drafts: Sequence[Draft]) -> list[Draft]:
    """Adds to the gold file `path` those of `drafts` whose qid it does not hold yet, and returns them. A file that is
    not there is made.

    Either all of them are in the file afterwards, or it is as it was. Raises GoldInvalid for a file with bad lines or
    one that cannot be added to, and OSError.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(path.with_name(f"{path.name}.lock"), timeout=_WAIT_S):
        known = held_qids(path)
        new = list({draft.question.qid: draft for draft in drafts if draft.question.qid not in known}.values())
        if new:
            _replace(path, new)
    return new


def held_qids(path: Path) -> set[str]:
    """Those of the questions and drafts in the gold file `path`, none when it is not there. Raises GoldInvalid."""
    if not path.exists():
        return set()
    held = read_gold(path)
    return {question.qid for question in (*held.questions, *held.drafts)}


def yaml_text(drafts: Sequence[Draft]) -> str:
    """A gold file with `drafts` alone."""
    return _HEAD + _items(drafts, 2)


def disliked(question: str, history: Sequence[Turn], statements: Sequence[Statement], *, refused: bool) -> Draft:
    """The draft of a question whose answer somebody disliked: what it cited is where to look for the evidence, and
    the facts are for a person to write. The same answer to the same question gives the same qid."""
    question = _whole(question)
    said = _whole(" ".join(statement.text for statement in statements)) or (REFUSED if refused else None)
    turns = tuple(
        Exchange(question=_whole(turn.question), answer=_whole(turn.answer).strip() or REFUSED) for turn in history
    )
    citations = [citation for statement in statements for citation in statement.citations]
    quotes = {(citation.span.doc_id, " ".join(citation.quote.split())): None for citation in citations}
    named = json.dumps([question, [(turn.question, turn.answer) for turn in turns], said])
    return Draft(
        GoldQuestion(
            qid=f"chat-{hashlib.sha256(named.encode()).hexdigest()[:12]}",
            question=question,
            history=turns,
            answerable=True,
            category="chat",
            evidence=tuple(Evidence(doc_id=doc_id, quote=quote) for doc_id, quote in quotes),
        ),
        said,
    )


def _whole(text: str) -> str:
    """`text` as a file can hold it: a page may send half a character."""
    return text.encode("utf-8", "replace").decode()


def _replace(path: Path, new: Sequence[Draft]) -> None:
    """Writes the file anew, complete or not at all."""
    text = ""
    if path.exists():
        with path.open(encoding="utf-8-sig", newline="") as file:
            text = file.read()
    is_yaml = path.suffix.lower() in YAML_NAMES
    text = _with_yaml(text, path, new) if is_yaml else _with_jsonl(text, new)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=path.suffix)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        if not {draft.question.qid for draft in new} <= held_qids(Path(temporary)):
            raise _closed(path)
        if path.exists():
            os.chmod(temporary, path.stat().st_mode)
        os.replace(temporary, path)
    finally:
        Path(temporary).unlink(missing_ok=True)


def _with_jsonl(text: str, new: Sequence[Draft]) -> str:
    return _ended(text) + "".join(json.dumps(draft.to_json(), ensure_ascii=False) + "\n" for draft in new)


def _with_yaml(text: str, path: Path, new: Sequence[Draft]) -> str:
    """`text`, which is a valid gold file or nothing, with `new` at the end of its list."""
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    if root is None:
        return _ended(text) + _HEAD + _items(new, 2)
    questions = next((value for key, value in root.value if key.value == "questions"), None)
    in_blocks = not root.flow_style
    if in_blocks and questions is None:
        return _ended(text) + _HEAD + _items(new, 2)
    if in_blocks and isinstance(questions, yaml.ScalarNode):  # `questions:` with nothing below it
        at = text.find("\n", questions.end_mark.index)
        at = len(text) if at < 0 else at + 1
        return _ended(text[:at]) + _items(new, 2) + text[at:]
    if in_blocks and questions and not questions.flow_style:
        at = questions.end_mark.index
        return _ended(text[:at]) + _items(new, questions.start_mark.column) + text[at:]
    raise _closed(path)


def _closed(path: Path) -> GoldInvalid:
    return GoldInvalid(
        f"gold file {str(path)!r} cannot be added to: write its questions below `questions:`, each with `- qid:`"
    )


class _Forms(list[str]):
    """Accepted forms of one fact: they stand on one line."""


class _Dumper(yaml.SafeDumper):  # type: ignore[misc]
    pass


_Dumper.add_representer(_Forms, lambda dumper, forms: dumper.represent_sequence(_SEQUENCE, forms, flow_style=True))


def _items(new: Sequence[Draft], indent: int) -> str:
    """Each draft as an item of a YAML list, an empty line after it."""
    items = []
    for draft in new:
        entry = draft.to_json()
        entry["facts"] = [_Forms(forms) for forms in entry["facts"]]
        items.append(
            yaml.dump([entry], Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=_COLUMNS - indent) + "\n"
        )
    return textwrap.indent("".join(items), " " * indent)


def _ended(text: str) -> str:
    return text if not text or text.endswith("\n") else text + "\n"

"""Gold questions: what an answer must show, and the words in the documents that show it.

One JSON object a line. Evidence is a doc_id and a verbatim quote, never a chunk: re-chunking cannot break it.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from eval.errors import GoldInvalid
from eval.normalise import tokens
from index.folding import locate

SHOWN_CHARS = 60  # of a refused value, so that a message stays readable

Text = Annotated[str, StringConstraints(pattern=r"\S")]
Forms = Annotated[tuple[Text, ...], Field(min_length=1)]


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Evidence(_Record):
    """Words of a document that show a fact; `quote` is verbatim but for typography (index.folding)."""

    doc_id: Text
    quote: Text


class Exchange(_Record):
    """An earlier turn of the conversation that a follow-up question belongs to."""

    question: Text
    answer: Text


class ConflictValue(_Record):
    """One of the competing values: its accepted forms, and where the documents give it."""

    value: Forms
    evidence: Annotated[tuple[Evidence, ...], Field(min_length=1)]


class GoldQuestion(_Record):
    """One question. All `facts` must be shown, each in any of its forms; no form of `forbid` asserted."""

    qid: Text
    question: Text
    history: tuple[Exchange, ...] = ()
    answerable: bool
    category: Text
    facts: tuple[Forms, ...] = ()
    forbid: tuple[Text, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    conflict: tuple[ConflictValue, ...] = ()
    cluster: Text | None = None  # questions that share an article or entity; None: a cluster of its own
    reference: Text | None = None  # an answer in full, for a reader; not scored

    def to_json(self) -> dict[str, Any]:
        """The same keys as a line of the file."""
        return self.model_dump(mode="json")


def load_gold(path: Path) -> list[GoldQuestion]:
    """The questions of a JSONL gold file, in file order; blank lines are skipped.

    Raises GoldInvalid, which lists the problems of every bad line with its number from 1.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise GoldInvalid(
            f"gold file {str(path)!r} cannot be read ({error.strerror}): pass the path of a JSONL gold file"
        ) from error
    except UnicodeDecodeError as error:
        raise GoldInvalid(f"gold file {str(path)!r} is not UTF-8 (byte {error.start}): save it as UTF-8") from error
    questions: list[GoldQuestion] = []
    bad: list[str] = []
    first_line: dict[str, int] = {}
    for number, line in enumerate(text.split("\n"), 1):  # not splitlines: JSON strings may hold U+2028
        if not line.strip():
            continue
        question, problems = _parse(line)
        if question is not None:
            first = first_line.setdefault(question.qid, number)
            if first != number:
                problems.append(f"qid {question.qid!r} is already used on line {first}")
            questions.append(question)
        if problems:
            bad.append(f"  line {number}: {'; '.join(problems)}")
    if bad:
        listed = "\n".join(bad)
        raise GoldInvalid(f"gold file {str(path)!r} has {len(bad)} bad line(s), correct them and try again:\n{listed}")
    if not questions:
        raise GoldInvalid(f"gold file {str(path)!r} holds no question: write one JSON object a line")
    return questions


def _parse(line: str) -> tuple[GoldQuestion | None, list[str]]:
    try:
        question = GoldQuestion.model_validate_json(line)
    except ValidationError as error:
        return None, [_worded(dict(problem)) for problem in error.errors(include_url=False)]
    return question, list(_contradictions(question))


def _worded(problem: dict[str, Any]) -> str:
    where = ".".join(str(part) for part in problem["loc"])
    if problem["type"] == "json_invalid":
        return f"not JSON ({problem['ctx']['error'].replace('line 1 ', '')})"  # of the line, not of the file
    if problem["type"] == "extra_forbidden":
        return f"unknown key {where!r}"
    if problem["type"] == "missing":
        return f"missing key {where!r}"
    shown = repr(problem["input"])
    shown = shown if len(shown) <= SHOWN_CHARS else shown[:SHOWN_CHARS] + "…"
    return f"{where or 'the line'}: {problem['msg']}, not {shown}"


def _contradictions(question: GoldQuestion) -> Iterator[str]:
    held = [name for name in ("facts", "evidence", "conflict") if getattr(question, name)]
    if question.answerable:
        yield from (f"answerable, but without {name}" for name in ("facts", "evidence") if name not in held)
    else:
        yield from (f"unanswerable, but with {name}" for name in held)
    values = len(question.conflict)
    if values == 1 or (question.category == "disagreement" and not values):
        yield f"a disagreement needs at least two values, conflict has {values}"
    forms = [*(form for fact in question.facts for form in fact), *question.forbid]
    forms += [form for value in question.conflict for form in value.value]
    # such a form would never be found: a fact nobody can state, or a ban that never bites
    yield from (f"form {form!r} holds nothing to compare" for form in dict.fromkeys(forms) if not tokens(form))


def gold_hash(questions: Iterable[GoldQuestion]) -> str:
    """sha256 (hex) of the questions as canonical JSON; keys and qids sorted: the order of lines is free."""
    rows = sorted((question.to_json() for question in questions), key=lambda row: str(row["qid"]))
    canonical = json.dumps(rows, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def check_gold(questions: Sequence[GoldQuestion], text_of: Callable[[str], str | None]) -> list[str]:
    """Evidence that is not in the library, one line each; empty when all is there.

    `text_of(doc_id)` is the stored text of a document, None when the library has no such document.
    """
    problems: dict[str, None] = {}  # a dict keeps order and drops the repeats of conflict evidence
    for question in questions:
        values = [evidence for value in question.conflict for evidence in value.evidence]
        for evidence in (*question.evidence, *values):
            text = text_of(evidence.doc_id)
            if text is None:
                problem = f"no document {evidence.doc_id!r} in the library: add it or correct doc_id"
            elif not locate(evidence.quote, text):
                problem = f"no quote {evidence.quote!r} in {evidence.doc_id!r}: copy it from `pincite show`"
            else:
                continue
            problems[f"{question.qid}: {problem}"] = None
    return list(problems)

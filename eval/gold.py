"""Gold questions: what an answer must show, and the words in the documents that show it.

Evidence is a doc_id and a verbatim quote, never a chunk: re-chunking cannot break it. Files: eval.gold_files.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from eval.gate import DEFAULT_GATE, Gate
from eval.normalise import tokens

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


@dataclass(frozen=True, slots=True)
class GoldSet:
    """What a gold file holds: questions in file order, what they demand of a change, and what waits to be accepted."""

    questions: tuple[GoldQuestion, ...]
    gate: Gate = field(default_factory=lambda: DEFAULT_GATE)
    drafts: tuple[GoldQuestion, ...] = ()


def contradictions(question: GoldQuestion) -> Iterator[str]:
    """What is wrong with a question that has every key right."""
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

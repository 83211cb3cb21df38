"""Gold files: JSONL, one JSON object a line, the first may be `{"gate": {...}}`."""

from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from eval.errors import GoldInvalid
from eval.gate import DEFAULT_GATE, Gate, Margin
from eval.gold import GoldQuestion, GoldSet, contradictions
from eval.metrics import aggregate

SHOWN_CHARS = 60  # of a refused value, so that a message stays readable


class _GateLine(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    gate: dict[str, Margin]


def load_gold(path: Path) -> GoldSet:
    """The questions of a JSONL gold file, in file order, and its gate; blank lines are skipped.

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
    gate = DEFAULT_GATE
    begun = False
    for number, line in enumerate(text.split("\n"), 1):  # not splitlines: JSON strings may hold U+2028
        if not line.strip():
            continue
        if not begun and line.lstrip().startswith('{"gate"'):
            gate, problems = _parse_gate(line)
            question = None
        else:
            question, problems = _parse(line)
        begun = True
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
    return GoldSet(tuple(questions), gate)


def _parse_gate(line: str) -> tuple[Gate, list[str]]:
    try:
        gate = _GateLine.model_validate_json(line).gate
    except ValidationError as error:
        return DEFAULT_GATE, [_worded(dict(problem)) for problem in error.errors(include_url=False)]
    known = tuple(aggregate(()))
    unknown = [name for name in gate if name not in known]
    return gate, [f"gate: no metric {name!r}, take one of {', '.join(known)}" for name in unknown]


def _parse(line: str) -> tuple[GoldQuestion | None, list[str]]:
    try:
        question = GoldQuestion.model_validate_json(line)
    except ValidationError as error:
        return None, [_worded(dict(problem)) for problem in error.errors(include_url=False)]
    return question, list(contradictions(question))


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

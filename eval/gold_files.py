"""Reads gold files, JSONL (one object a line) or YAML (`.yaml`, `.yml`), and tells all that is wrong with one at once.

An entry with `accepted: false` is a draft: incomplete, perhaps, and never asked. `answered` is what the system said
when the draft was made; both keys belong to the file and not to the question.
"""

from collections import defaultdict
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from eval.errors import GoldInvalid
from eval.gate import DEFAULT_GATE, Gate, Margin
from eval.gold import GoldQuestion, GoldSet, Text, contradictions
from eval.gold_entries import Entries, Entry, Fault, jsonl_entries, yaml_entries
from eval.metrics import VALUES

SHOWN_CHARS = 60  # of a refused value, so that a message stays readable
_IN_PLAIN_WORDS = {"tuple_type": "a list is needed, even of one", "string_pattern_mismatch": "words are needed"}
YAML_NAMES = (".yaml", ".yml")


class _Question(GoldQuestion):
    accepted: bool = True
    answered: Text | None = None


class _Gate(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    gate: dict[str, Margin]


def load_gold(path: Path) -> GoldSet:
    """The questions of a gold file in file order, and its gate (DEFAULT_GATE when it has none).

    Raises GoldInvalid, which lists the problems of every bad line with its number from 1; also for a file that holds
    no question, or a draft.
    """
    gold, drafts = _read(path)
    if not gold.questions and not drafts:
        raise GoldInvalid(
            f"gold file {str(path)!r} holds no question: write one JSON object a line, or `questions:` and a YAML list"
        )
    if drafts:
        listed = "\n".join(f"  line {fault.line}: {fault.problem}" for fault in drafts)
        raise GoldInvalid(
            f"gold file {str(path)!r} has {len(drafts)} draft(s) that nobody has accepted: "
            f"write `accepted: true` to what is right, and delete the rest:\n{listed}"
        )
    return gold


def read_gold(path: Path) -> GoldSet:
    """What a gold file holds, drafts too; perhaps nothing. Raises GoldInvalid for bad lines."""
    return _read(path)[0]


def _read(path: Path) -> tuple[GoldSet, list[Fault]]:
    """The gold set, and the drafts in it by line."""
    text = _text(path)
    entries = yaml_entries(text) if path.suffix.lower() in YAML_NAMES else jsonl_entries(text)
    gold, drafts = _checked(entries)
    if entries.faults:
        raise GoldInvalid(_listed(path, entries.faults))
    return gold, drafts


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise GoldInvalid(
            f"gold file {str(path)!r} cannot be read ({error.strerror}): pass the path of a JSONL or YAML gold file"
        ) from error
    except UnicodeDecodeError as error:
        raise GoldInvalid(f"gold file {str(path)!r} is not UTF-8 (byte {error.start}): save it as UTF-8") from error


def _listed(path: Path, faults: list[Fault]) -> str:
    by_line: dict[int, dict[str, None]] = defaultdict(dict)
    for fault in faults:
        by_line[fault.line][fault.problem] = None
    lines = [f"  line {line}: {'; '.join(problems)}" for line, problems in sorted(by_line.items())]
    return "\n".join([f"gold file {str(path)!r} has {len(lines)} bad line(s), correct them and try again:", *lines])


def _checked(entries: Entries) -> tuple[GoldSet, list[Fault]]:
    """What `entries` hold, and their drafts by line; what is wrong is added to their faults."""
    questions: list[GoldQuestion] = []
    drafts: list[GoldQuestion] = []
    draft_lines: list[Fault] = []
    first_line: dict[str, int] = {}
    gate = _gate(entries.gate, entries.faults) if entries.gate else DEFAULT_GATE
    for entry in entries.questions:
        read = _question(entry, entries.faults)
        if read is None:
            continue
        question = GoldQuestion(**{name: getattr(read, name) for name in GoldQuestion.model_fields})
        line = entry.line_of(("qid",))
        if question.qid in first_line:
            problem = f"qid {question.qid!r} is already used on line {first_line[question.qid]}"
            entries.faults.append(Fault(line, problem))
        first_line.setdefault(question.qid, line)
        if read.accepted:
            questions.append(question)
            entries.faults += [Fault(entry.line, problem) for problem in contradictions(question)]
        else:
            drafts.append(question)
            draft_lines.append(Fault(line, f"{question.qid}: {question.question}"))
    return GoldSet(tuple(questions), gate, tuple(drafts)), draft_lines


def _question(entry: Entry, faults: list[Fault]) -> _Question | None:
    try:
        return _Question.model_validate_json(entry.json)
    except ValidationError as error:
        faults += _worded(entry, error)
        return None


def _gate(entry: Entry, faults: list[Fault]) -> Gate:
    try:
        gate = _Gate.model_validate_json(entry.json).gate
    except ValidationError as error:
        faults += _worded(entry, error)
        return DEFAULT_GATE
    for name in gate:
        if name not in VALUES:
            problem = f"gate: no metric {name!r}, take one of {', '.join(VALUES)}"
            faults.append(Fault(entry.line_of(("gate", name)), problem))
    return gate


def _worded(entry: Entry, error: ValidationError) -> list[Fault]:
    return [
        Fault(entry.line_of(problem["loc"]), _problem(entry, dict(problem)))
        for problem in error.errors(include_url=False)
        # a list whose items were refused is called too short as well
        if problem["loc"] not in entry.faulty and not (problem["type"] == "too_short" and problem["input"])
    ]


def _problem(entry: Entry, problem: dict[str, Any]) -> str:
    where = ".".join(str(part) for part in problem["loc"])
    if problem["type"] == "json_invalid":
        return f"not JSON ({problem['ctx']['error'].replace('line 1 ', '')})"  # of the line, not of the file
    if problem["type"] == "extra_forbidden":
        return f"unknown key {where!r}"
    if problem["type"] == "missing":
        return f"missing key {where!r}"
    if problem["type"] == "string_type" and problem["loc"] in entry.misread:
        written, taken = entry.misread[problem["loc"]]
        if not written:
            return f"{where}: nothing is written here"
        return f'{where}: YAML reads {written} as {taken}: write "{written}"'
    shown = repr(problem["input"])
    shown = shown if len(shown) <= SHOWN_CHARS else shown[:SHOWN_CHARS] + "…"
    return f"{where or 'the entry'}: {_IN_PLAIN_WORDS.get(problem['type'], problem['msg'])}, not {shown}"

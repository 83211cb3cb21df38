"""Citation lookup and re-check on a terminal: what stands where, and what differs, readable without colour."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from index.sentences import sentence_spans
from ui.terminal import paint, safe

AROUND_CHARS = 300  # of the text before and behind the cited words, in which their sentence begins and ends
QUOTE_WORDS = 16  # of a saved quote that are shown
NONE = "–"  # stands for no word

StoredText = Callable[[str, str], str]
"""(doc_id, version) to the text that citations point into."""


def print_found(found: dict[str, Any], stored_text: StoredText) -> None:
    """One paragraph for each statement of `found`, the JSON of docs/interface.md."""
    for item in found["items"]:
        style = "green" if item["verdict"] in ("exact", "supported") else "yellow"
        print(f"{paint(item['verdict'], style)}: {safe(item['statement'])}")
        if item["why"]:
            print(f"  {safe(item['why'])}")
        if item["span"]:
            print(f"  {place(item['span'])}")
            print(f"    {in_sentence(item['span'], item['diff'], stored_text)}")
        for other in item["others"]:
            print(f"  also {place(other)}")
        print()
    if any(item["diff"] for item in found["items"]):
        print("In [a → b] the document says a, the pasted text b.")


def place(citation: dict[str, Any]) -> str:
    """Title, date, page and characters, on one line."""
    page = f"page {citation['page']}" if citation["page"] else None
    at = f"characters {citation['start']}-{citation['end']}"
    parts = (paint(safe(citation["title"]), "bold"), citation["published"], page, safe(citation["doc_id"]), at)
    return " · ".join(part for part in parts if part)


def in_sentence(citation: dict[str, Any], diff: list[dict[str, Any]], stored_text: StoredText) -> str:
    """The cited words between » and «, in their sentence, each difference as [there → here]."""
    text = stored_text(citation["doc_id"], citation["version"])
    start, end = citation["start"], citation["end"]
    spans = sentence_spans(text, max(0, start - AROUND_CHARS), min(len(text), end + AROUND_CHARS))
    touched = [(a, b) for a, b in spans if a < end and start < b]
    pieces, at = [], start
    for edit in diff:
        change = f"[{safe(edit['there']) or NONE} → {safe(edit['here']) or NONE}]"
        pieces += [safe(text[at : edit["start"]]), paint(change, "cyan"), " " * (edit["op"] == "insert")]
        at = edit["end"]
    before = text[min([start, *(a for a, _ in touched)]) : start].rpartition("\n\n")[2]
    after = text[end : max([end, *(b for _, b in touched)])].partition("\n\n")[0]
    return " ".join("".join([safe(before), "»", *pieces, safe(text[at:end]), "«", safe(after)]).split())


def read_answers(path: Path) -> list[dict[str, Any]]:
    """The saved answers in `path`: one JSON object, or one a line as `ask --batch` writes them. Raises ValueError,
    OSError."""
    text = path.read_text(encoding="utf-8-sig")
    try:
        answers = [json.loads(text)]
    except ValueError:
        # JSON strings may hold the other characters that Python takes for line ends
        answers = [_line(path, n, line) for n, line in enumerate(text.split("\n"), 1) if line.strip()]
    if not answers or not all(isinstance(answer, dict) for answer in answers):
        raise ValueError(f"{str(path)!r} holds no answer: give a file with what `pincite ask --json` printed")
    return answers


def _line(path: Path, number: int, line: str) -> Any:
    try:
        return json.loads(line)
    except ValueError as error:
        raise ValueError(f"{str(path)!r}, line {number} is no JSON ({error}): give a file of answers") from None


def print_rechecked(rechecked: dict[str, Any], stored_text: StoredText) -> None:
    """What became of each citation of each answer."""
    for answer in rechecked["answers"]:
        print(paint(safe(answer["question"]), "bold"))
        for item in answer["citations"]:
            style = "yellow" if item["outcome"] == "lost" else "green"
            why = f" ({safe(item['why'])})" if item["why"] else ""
            print(f"[{item['number']}] {paint(item['outcome'], style)}{why}: {safe(_short(item['saved']['quote']))}")
            if item["span"] and item["outcome"] != "same":
                print(f"    {place(item['span'])}")
                print(f"    {in_sentence(item['span'], item['diff'], stored_text)}")
        if not answer["citations"]:
            print("no citations")
        print()


def _short(quote: str) -> str:
    """The beginning and the end of a long quote, on one line."""
    words = quote.split()
    return " ".join(words if len(words) <= QUOTE_WORDS else [*words[: QUOTE_WORDS - 4], "…", *words[-4:]])

"""Text for a terminal: colours only there, and nothing from a document that could steer it."""

import os
import re
import shlex
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from rag.terms import words
from rag.types import Answer, Citation, Conflict, Statement
from ui.export import label

# ESC and the other controls: a document must not move the cursor, recolour or retitle the terminal
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_CODES = {"bold": "1", "dim": "2", "green": "32", "yellow": "33", "cyan": "36"}


def paint(text: str, style: str) -> str:
    """`text` in a style, when stdout is a terminal and NO_COLOR is unset."""
    if sys.stdout.isatty() and not os.environ.get("NO_COLOR"):
        return f"\x1b[{_CODES[style]}m{text}\x1b[0m"
    return text


def safe(text: str) -> str:
    return _CONTROL.sub("", text)


def safe_json(text: str) -> str:
    """JSON `text` with the characters that `safe` removes written as escapes: the same value."""
    return _CONTROL.sub(lambda match: f"\\u{ord(match.group()):04x}", text)


def print_statement(statement: Statement) -> None:
    """One verified sentence with its numbers, as soon as it stands."""
    numbers = "".join(f"[{citation.number}]" for citation in statement.citations)
    print(f"{safe(statement.text)} {paint(numbers, 'cyan')}", flush=True)


def print_after(answer: Answer) -> None:
    """What follows the sentences: the refusal, or where each citation stands."""
    if answer.kind == "refusal":
        print_refusal(answer)
        return
    cited = {c.number: c for statement in answer.statements for c in statement.citations}
    print()
    for conflict in answer.conflicts:
        print_conflict(conflict, answer)
    for number, citation in sorted(cited.items()):
        print(f"{paint(f'[{number}]', 'cyan')} {paint(where(citation), 'bold')}")
        doc_id = shlex.quote(safe(citation.span.doc_id))
        print(paint(f"    pincite show {doc_id} --start {citation.span.start} --end {citation.span.end}", "dim"))


def print_conflict(conflict: Conflict, answer: Answer) -> None:
    """The competing values, each with its document and date."""
    print(paint("The sources disagree:", "yellow"))
    for side in conflict.sides:
        c = answer.citation(side)
        place = ", ".join(part for part in (safe(c.title), c.published) if part)
        print(f"  {paint(f'[{c.number}]', 'cyan')} {paint(safe(side.value), 'bold')}: {place}{label(side)}.")
    print()


def print_mode(answer: Answer, *, key_unused: bool) -> None:
    """How the answer came to be, on stderr."""
    notes = [f"{answer.mode} mode" + (f", {answer.model}" if answer.model else "")]
    if answer.fallback_from:
        notes.append(f"the model of {answer.fallback_from} mode failed: try --mode {answer.fallback_from} to see why")
    if answer.withheld:
        drafted = "1 drafted sentence" if len(answer.withheld) == 1 else f"{len(answer.withheld)} drafted sentences"
        notes.append(f"{drafted} withheld (--json lists them)")
    if key_unused:
        notes.append("OPENAI_API_KEY is set and was not used")
    print(f"pincite: {safe('; '.join(notes))}", file=sys.stderr)


def print_messages(messages: Sequence[Mapping[str, str]]) -> None:
    """The exact messages of one call to a model, on stderr."""
    for message in messages:
        print(f"--- {message['role']}\n{safe(message['content'])}", file=sys.stderr)
    print("---", file=sys.stderr, flush=True)


def print_refusal(answer: Answer) -> None:
    print(paint("No answer in these documents.", "yellow"))
    if answer.passages:
        print("Nearest passages:")
        for passage in answer.passages[:3]:
            chunk = passage.hit.chunk
            print(f"  {paint(safe(chunk.title), 'bold')}: {safe(' '.join(chunk.text.split()))[:160]}…")
    elif words(answer.query):
        print("No passage comes near the question: `pincite status` lists what is in the library.")
    else:
        print("Nothing to look for: ask with at least one word or number.")


def where(citation: Citation) -> str:
    """Title, date, page and characters of a citation, on one line."""
    parts = [safe(citation.title), citation.published, f"page {citation.page}" if citation.page else None]
    parts += [safe(citation.span.doc_id), f"characters {citation.span.start}-{citation.span.end}"]
    return " · ".join(part for part in parts if part)


def print_hits(hits: list[dict[str, Any]]) -> None:
    for hit in hits:
        place = " · ".join(str(x) for x in (hit["title"], hit["published"], hit["doc_id"]) if x)
        found = f"({hit['score']:.2f}, {'+'.join(hit['found_by'])})"
        print(f"{paint(str(hit['rank']), 'cyan')} {paint(safe(place), 'bold')} {found}")
        print(f"  {safe(' '.join(hit['text'].split()))[:300]}")
    if not hits:
        print("Nothing found.")


def print_status(status: dict[str, Any]) -> None:
    print(f"{paint(safe(status['library']), 'bold')}")
    print(f"{status['documents']} documents, {status['chunks']} chunks, {status['bytes'] / 2**20:.1f} MB")
    print(f"embedder {status['embedder']}, store {status['store']}")
    for document in status["sources"]:
        print(f"  {safe(document['doc_id'])}")
    for source, pages in status["pages_without_text"].items():
        print(f"{paint('no text', 'yellow')} {safe(source)}: page {', '.join(map(str, pages))}")
    for failure in status["failures"]:
        print(f"{paint('failed', 'yellow')} {safe(failure['source'])} {safe(failure['reason'])}")

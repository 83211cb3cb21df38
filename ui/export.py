"""An answer to take along."""

import json
import re

from rag.answer_json import answer_json
from rag.types import Answer, Side

_MARKUP = re.compile(r"([\\`*_\[\]<>#|~$&])")


def answer_text(answer: Answer, form: str) -> str:
    """`answer` as "json", the form of docs/interface.md, or as "markdown"."""
    if form == "json":
        return json.dumps(answer_json(answer), ensure_ascii=False, indent=1)
    return _markdown(answer)


def _markdown(answer: Answer) -> str:
    """Question, sentences with their numbers, and where each number stands; markup in them is written as text."""
    said = [f"{_literal(s.text)} {''.join(f'[{c.number}]' for c in s.citations)}" for s in answer.statements] or [
        "No answer in these documents."
    ]
    cited = {c.number: c for s in answer.statements for c in s.citations}
    sources = []
    for number, c in sorted(cited.items()):
        page = f"page {c.page}" if c.page else None
        place = (c.title, c.published, page, c.span.doc_id, f"characters {c.span.start}-{c.span.end}")
        sources.append(f"{number}. {', '.join(_literal(part) for part in place if part)}: “{_literal(c.quote)}”")
    paragraphs = [f"**{_literal(answer.question)}**", *said, *_conflicts(answer), "\n".join(sources)]
    return "\n\n".join(filter(None, paragraphs)) + "\n"


def _conflicts(answer: Answer) -> list[str]:
    """For each conflict, its values with their documents."""
    paragraphs = []
    for conflict in answer.conflicts:
        lines = ["The sources disagree:\n"]
        for side in conflict.sides:
            c = answer.citation(side)
            place = ", ".join(_literal(part) for part in (c.title, c.published) if part)
            lines.append(f"- {_literal(side.value)} [{c.number}] {place}{label(side)}")
        paragraphs.append("\n".join(lines))
    return paragraphs


def label(side: Side) -> str:
    """What is said of one side of a conflict, behind its document."""
    return {"": "", "later": " (the later document)", "correction": " (a correction)"}[side.label]


def _literal(text: str) -> str:
    return _MARKUP.sub(r"\\\1", " ".join(text.split()))

"""The visible structure of a plain text: paragraphs, headings, list items and table rows, as spans."""

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

Kind = Literal["paragraph", "heading", "item", "row", "rule"]

_ITEM = re.compile(r"\s*(?:[-*+•–]|\d{1,3}[.)])\s+\S")
_KEY_VALUE = re.compile(r"[A-Z][\w ]{1,30}:\s+\S")
LABEL = re.compile(
    r"\W*(?:title|headline|author|by|source|(?:first |last )?(?:published|updated|modified|posted|printed)(?: on)?"
    r"|date(?:line)?|tags?|keywords|category|url|language|version)\W{0,3}[:=]\W*(?P<value>[^\n]{1,300})$",
    re.IGNORECASE,
)
_MD_HEADING = re.compile(r"#{1,6}\s+\S")
_RULE = re.compile(r"\s*+[-=_*~#|:+ ]{3,}+\s*+$")  # possessive: a line of spaces must not take cubic time
_TERMINAL = re.compile(r"[.!?…:;][\"'”’»)\]*_]*\s*$")
_LINE = re.compile(r"[^\n]*\n?")
HEADING_WORDS = 14  # a longer line without a full stop is taken for a sentence


@dataclass(frozen=True, slots=True)
class Block:
    """A run of lines that belong together; `text[start:end]` has no white space at either end."""

    start: int
    end: int
    kind: Kind


def find_blocks(text: str, media_type: str, skip: frozenset[int] = frozenset()) -> list[Block]:
    """Blocks of `text` in order. `skip` holds the start offsets of lines that belong to no block."""
    lines = [(m.start(), m.group()) for m in _LINE.finditer(text) if m.group()]
    shown = [(start, line) for start, line in lines if start not in skip]
    width = _wrap_width([line.rstrip() for _, line in shown], media_type)
    blocks: list[Block] = []
    run: list[tuple[int, str]] = []
    for start, line in lines:
        ends_run = start in skip or not line.strip() or (run and _breaks(run[-1][1], line, width))
        if ends_run and run:
            blocks.append(_block(run))
            run = []
        if start not in skip and line.strip():
            run.append((start, line))
    if run:
        blocks.append(_block(run))
    return blocks


def _wrap_width(lines: list[str], media_type: str) -> int:
    """The width at which lines were wrapped, 0 when every line is a block of its own."""
    filled = sorted(len(line) for line in lines if line.strip())
    if not filled:
        return 0
    typical = filled[int(len(filled) * 0.9) - 1]
    if media_type in ("application/pdf", "text/markdown"):
        return typical
    broken = sum(
        1 for line, after in pairwise(lines) if after.strip() and 40 <= len(line) <= 120 and not _TERMINAL.search(line)
    )
    return typical if broken >= 3 and broken >= 0.3 * len(filled) else 0


def _breaks(before: str, line: str, width: int) -> bool:
    if not width or _ITEM.match(line) or _is_row(line) != _is_row(before) or _is_row(line):
        return True
    if any(_MD_HEADING.match(x) or _RULE.match(x) for x in (before, line)) or _KEY_VALUE.match(line):
        return True
    short = len(before.rstrip()) < 0.6 * width
    return short and (bool(_TERMINAL.search(before)) or line.lstrip()[:1].isupper())


def _is_row(line: str) -> bool:
    return line.count("|") >= 2 or line.count("\t") >= 2


def _block(run: list[tuple[int, str]]) -> Block:
    start = run[0][0] + len(run[0][1]) - len(run[0][1].lstrip())
    end = run[-1][0] + len(run[-1][1].rstrip())
    return Block(start, end, _kind("".join(line for _, line in run).strip()))


def _kind(text: str) -> Kind:
    if _RULE.match(text):
        return "rule"
    if _MD_HEADING.match(text):
        return "heading"
    if _is_row(text):
        return "row"
    if LABEL.match(text) or (text.isupper() and len(text.split()) <= HEADING_WORDS):
        return "heading"  # says something about the document, not about its subject
    if _ITEM.match(text) or _KEY_VALUE.match(text):
        return "item"
    if not _TERMINAL.search(text) and len(text.split()) <= HEADING_WORDS:
        return "heading"
    return "paragraph"

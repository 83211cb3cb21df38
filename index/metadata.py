"""A document's title and published date, found in its own words when the format does not give them."""

import re
from pathlib import PurePath

from index.blocks import LABEL, Block
from index.dates import find_dates

TITLE_CHARS = 90
HEAD_CHARS = 1500  # a dateline stands at the head of a text
DATELINE_WORDS = 12  # a longer line with a date in it is a sentence about that day
_DATE_LABEL = re.compile(r"\W*(?:\w+ )?(?:date|dateline|published|posted|printed|updated|modified)\b", re.IGNORECASE)


def find_title(text: str, blocks: list[Block], source: str) -> str:
    """The first heading, else the opening words of the text, else the file's name."""
    for block in blocks:
        shown = text[block.start : block.end].strip("#*_ \t")
        label = LABEL.match(shown)
        if label and label.group().lower().startswith(("title", "headline")):
            return _clip(label["value"])
        if label or (block.kind == "heading" and find_dates(shown)):
            continue
        if block.kind in ("heading", "paragraph") and re.search(r"\w", shown):
            return _clip(shown)
    return PurePath(source).stem


def find_published(text: str) -> str | None:
    """ISO date of the first labelled or free-standing whole date at the head of the text, else None."""
    lines = [line for line in text[:HEAD_CHARS].splitlines() if line.strip()]
    labelled = [line for line in lines if _DATE_LABEL.match(line)]
    free = [line for line in lines if len(line.split()) <= DATELINE_WORDS and not re.search(r"[.!?]\W*$", line)]
    for line in labelled + free:
        for mention in find_dates(line):
            if mention.iso:
                return mention.iso
    return None


def _clip(title: str) -> str:
    title = " ".join(title.split())
    if len(title) <= TITLE_CHARS:
        return title
    return title[:TITLE_CHARS].rsplit(" ", 1)[0].rstrip(",;:") + "…"

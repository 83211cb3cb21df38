"""A document's title and published date, found in its own words when the format does not give them."""

import re
from pathlib import PurePath

from index.blocks import LABEL, Block
from index.dates import find_dates

TITLE_CHARS = 90
GIVEN_TITLE_CHARS = 200  # of a title that the file gives itself: it stands before every passage that is embedded
HEAD_CHARS = 1500  # a dateline stands at the head of a text
DATELINE_WORDS = 12  # a longer line with a date in it is a sentence about that day
_DATE_LABEL = re.compile(r"\W*(?:\w+ )?(?:date|dateline|published|posted|printed|updated|modified)\b", re.IGNORECASE)

_OUTLET_LABEL = re.compile(r"\W*(?:source|outlet|publisher|publication|site|author|by)\b", re.IGNORECASE)
_ENDS = re.compile(r"[.!?][\"'”’)]*$")


def find_title(text: str, blocks: list[Block], source: str) -> str:
    """A labelled title, else the fullest heading above the first paragraph, else the text's opening words."""
    headings: list[str] = []
    for block in blocks:
        shown = text[block.start : block.end]
        label = LABEL.match(shown)
        titled = label and label.group().strip("#* ").lower().startswith(("title", "headline"))
        if label and titled and clipped(label["value"]):
            return clipped(label["value"])
        if label or not re.search(r"\w", shown) or _is_dateline(shown):
            continue
        if block.kind == "paragraph" or _ENDS.search(shown):
            return clipped(max(headings, key=lambda h: len(h.split())) if headings else shown)
        if shown.startswith("#"):
            return clipped(shown)
        headings.append(shown)
    return clipped(headings[0]) if headings else PurePath(source).stem


def find_outlet(text: str, blocks: list[Block]) -> str:
    """Who published or wrote a text, where it is labelled at its head; "" where it is not."""
    shown = (text[block.start : block.end] for block in blocks if block.start < HEAD_CHARS)
    labels = [label for line in shown if (label := LABEL.match(line)) and _OUTLET_LABEL.match(line)]
    return " ".join(clipped(label["value"]) for label in labels)


def _is_dateline(shown: str) -> bool:
    rest = shown
    for mention in reversed(find_dates(shown)):
        rest = rest[: mention.start] + rest[mention.end :]
    words = rest.split()
    byline = len(words) <= 8 and all(word[:1].isupper() for word in words)
    return rest != shown and (len(words) <= 3 or byline)


def find_published(text: str) -> str | None:
    """ISO date of the first labelled or free-standing whole date at the head of the text, else None."""
    lines = [line for line in text[:HEAD_CHARS].splitlines() if line.strip()]
    labelled = [line for line in lines if _DATE_LABEL.match(line)]
    free = [line for line in lines if len(line.split()) <= DATELINE_WORDS and not _ENDS.search(line.strip())]
    for line in labelled + free:
        for mention in find_dates(line):
            if mention.iso:
                return mention.iso
    return None


def clipped(title: str, most: int = TITLE_CHARS) -> str:
    """`title` in one line of at most about `most` characters, without marks around it."""
    title = " ".join(title.split()).strip("#*_ ")
    if len(title) <= most:
        return title
    return title[:most].rsplit(" ", 1)[0].rstrip(",;:") + "…"

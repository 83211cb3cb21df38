"""What a model wrote, read as drafted sentences: JSON where it kept to the schema, else text with `[n]` markers.

Nothing here is trusted: a draft says what it claims to rest on, and rag/attribute.py finds out.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from index.folding import folded
from rag import markers
from rag.terms import words

MAX_DRAFTS = 8  # the prompt asks for one to four
_THOUGHTS = re.compile(r"<think>.*?(?:</think>|\Z)", re.DOTALL)
_JSON = re.compile(r'\{\s*"(?:found|statements|text)"|\[\s*\{\s*"text"|\A\s*(?:```\w*\s*)?\{')  # wherever it begins
_LIST = re.compile(r'"statements"\s*:\s*\[|\[(?=\s*\{\s*"text")|(?=\{\s*"text")')
_STATEMENT = re.compile(r'\{\s*"text"')
_FRAME_LINE = re.compile(r"^[ \t]*(?:[{}\[\],]+|`{3}\w*)[ \t]*$", re.MULTILINE)  # left over of JSON that never came
_BETWEEN = re.compile(r"[\s,]*")
_LINE = re.compile(r"[^\n]*\n|[^\n]+")

declines = markers.declines


@dataclass(frozen=True, slots=True)
class DraftCitation:
    """`source` is the number the model gave, whatever it is; `quote` is "" when it gave none."""

    source: int
    quote: str


@dataclass(frozen=True, slots=True)
class Draft:
    """One drafted sentence, markers taken off; `written` is how the model wrote it."""

    text: str
    citations: tuple[DraftCitation, ...]
    written: str


class DraftReader:
    """Fed a reply piece by piece, gives each draft as soon as it is whole; the same ones however the reply is cut.

    `sources` are the texts shown to the model, numbered from 1: brackets that stand in one of them are content.
    """

    def __init__(self, sources: list[str]) -> None:
        self._sources = [" ".join(source.split()) for source in sources]
        self.reply = ""
        self._rest = 0  # where the plain text that was not read yet begins
        self._is_marked = False  # the plain text has a marker
        self._at: int | None = None  # where the next JSON statement may begin
        self._seen: set[str] = set()
        self.malformed = False  # the reply is not what was asked for, or ended before it was whole

    def feed(self, piece: str) -> Iterator[Draft]:
        """Drafts that `piece` completed. Plain text waits for a line with a marker to end: JSON may still follow it."""
        for part in _LINE.findall(piece):
            self.reply += part
            if self._is_json():
                yield from self._statements()
            elif part.endswith("\n"):
                yield from self._lines()

    def _lines(self) -> Iterator[Draft]:
        """What the end of a line completed of a text that is no preface of JSON: one with a marker."""
        said = self._said()
        line = said[said.rfind("\n", 0, -1) + 1 :]
        self._is_marked |= markers.has_marker(line)
        if self._is_marked and said.endswith("\n") and markers.is_closed(line):
            start, self._rest = self._rest, len(said)
            yield from self._plain(said[start:])

    def finish(self) -> Iterator[Draft]:
        """What the end of the reply completed."""
        said = self._said()
        if not self._is_json():
            yield from self._plain(said[self._rest :])
            return
        yield from self._statements()
        begun = _JSON.search(said)
        start = next(i for i in range(begun.start() if begun else 0, len(said)) if said[i] in "[{")
        try:
            value, _ = json.JSONDecoder().raw_decode(said, start)
        except (ValueError, RecursionError):
            self.malformed = True
            yield from self._beyond_what_is_broken()
        else:
            refuses = isinstance(value, dict) and "found" in value and not value.get("statements")
            self.malformed |= self._at is None and not refuses

    def _said(self) -> str:
        """The reply without what a reasoning model thinks aloud."""
        return _THOUGHTS.sub("", self.reply)

    def _is_json(self) -> bool:
        return bool(_JSON.search(self._said()))

    def _statements(self) -> Iterator[Draft]:
        said = self._said()
        if self._at is None:
            opened = _LIST.search(said)
            if not opened:
                return
            self._at = opened.end()
        while True:
            start = _BETWEEN.match(said, self._at).end()  # type: ignore[union-attr]  # matches everywhere
            if said[start : start + 1] in ("", "]"):
                return
            try:
                value, self._at = json.JSONDecoder().raw_decode(said, start)
            except (ValueError, RecursionError):
                return  # not whole yet
            yield from self._statement(value)

    def _beyond_what_is_broken(self) -> Iterator[Draft]:
        said = self._said()
        for match in _STATEMENT.finditer(said, (self._at or 0) + 1):
            try:
                value, _ = json.JSONDecoder().raw_decode(said, match.start())
            except (ValueError, RecursionError):
                continue
            yield from self._statement(value)

    def _statement(self, value: Any) -> Iterator[Draft]:
        text, given = (value.get("text"), value.get("citations")) if isinstance(value, dict) else (value, None)
        listed = given if isinstance(given, list) else [given]
        quotes = [each.get("quote", "") for each in listed if isinstance(each, dict)]
        if not isinstance(text, str) or not all(isinstance(quote, str) for quote in quotes):
            self.malformed = True
            return
        citations = tuple(citation for each in listed if (citation := _citation(each)))
        # a second sentence must not pass on the words of the first
        for written in markers.marked_sentences(text):
            yield from self._new(written, citations)

    def _plain(self, text: str) -> Iterator[Draft]:
        for written in markers.written_sentences(_FRAME_LINE.sub("", text)):
            yield from self._new(written, ())

    def _new(self, written: str, given: tuple[DraftCitation, ...]) -> Iterator[Draft]:
        text, marked = markers.unmarked(written, self._sources)
        key = folded(text).casefold()
        if not words(text) or key in self._seen or len(self._seen) >= MAX_DRAFTS or declines(text):
            return
        self._seen.add(key)
        named = {citation.source for citation in given}
        yield Draft(text, (*given, *(DraftCitation(n, "") for n in marked if n not in named)), written.strip())


def _citation(value: Any) -> DraftCitation | None:
    """As the schema has it, or only its number, or only its quote."""
    if isinstance(value, dict):
        number, quote = value.get("source"), value.get("quote")
    else:
        number, quote = (None, value) if isinstance(value, str) and re.search(r"[^\W\d]{3}", value) else (value, None)
    found = re.search(r"-?\d{1,6}", number if isinstance(number, str) else str(number)) if number is not None else None
    quote = quote.strip() if isinstance(quote, str) else ""
    return DraftCitation(int(found.group()) if found else 0, quote) if found or quote else None

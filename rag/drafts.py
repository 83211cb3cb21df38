"""What a model wrote, read as drafted sentences: JSON where it kept to the schema, else text with `[n]` markers.

Nothing here is trusted: a draft says what it claims to rest on, and rag/attribute.py finds out.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from pydantic import BaseModel, ValidationError

from index.folding import folded
from index.sentences import sentence_spans
from rag.markup import plain
from rag.terms import words

MAX_DRAFTS = 8  # the prompt asks for one to four
_MARKER = re.compile(r"\s*\[(\d{1,4}(?:\s*[,;]\s*\d{1,4})*)\]")
_ENDS = re.compile(rf"(?:{_MARKER.pattern})*[\s.!?,;:\"”'’)]*\Z")
_THOUGHTS = re.compile(r"<think>.*?(?:</think>|\Z)", re.DOTALL)
_JSON = re.compile(r'\{\s*"(?:found|statements)"|\[\s*\{\s*"text"|\A\s*(?:```\w*\s*)?\{')  # wherever it begins
_LIST = re.compile(r'"statements"\s*:\s*\[|\[(?=\s*\{\s*"text")')
_BETWEEN = re.compile(r"[\s,]*")
_LINE_START = re.compile(r"^\s*(?:[-*•]\s+|\d{1,2}[.)]\s+|#{1,6}\s+)")
_CHAT_MARK = re.compile(r"<\|[^|<>]{1,40}\|>")
_NO_SENTENCE = re.compile(r"\s*(?:```\w*\s*\Z|\[[^\]]{1,40}\]:\s)")  # a fence, or where a Markdown reference leads
_DECLINES = re.compile(
    r"^\W*(?:(?:i['’]m sorry|sorry|unfortunately)\W+(?:but\W+)?)?(?:not found\b|no answer\b"
    r"|none of the (?:sources|sentences|documents)\b"
    r"|(?:the|these) (?:sources?|sentences?|documents?|passages?) (?:do|does|did) not\b"
    r"|there is no (?:information|mention)\b|i (?:do not|don't|cannot|can't)\b)",
    re.IGNORECASE,
)


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


class _Citation(BaseModel):
    source: int
    quote: str = ""


class _Statement(BaseModel):
    text: str
    citations: list[_Citation] = []


class DraftReader:
    """Fed a reply piece by piece, gives each draft as soon as it is whole.

    `sources` are the texts shown to the model, numbered from 1: brackets that stand in one of them are content.
    """

    def __init__(self, sources: list[str]) -> None:
        self._sources = [" ".join(source.split()) for source in sources]
        self.reply = ""
        self._rest = 0  # where the plain text that was not read yet begins
        self._at: int | None = None  # where the next JSON statement may begin
        self._seen: set[str] = set()
        self.malformed = False  # the reply ended before what it began was whole

    def feed(self, piece: str) -> Iterator[Draft]:
        """Drafts that `piece` completed. Plain text waits for a line with a marker to end: JSON may still follow it."""
        self.reply += piece
        if self._is_json():
            yield from self._statements()
        elif "\n" in piece and _MARKER.search(self._said()):
            said = self._said()
            start, self._rest = self._rest, said.rfind("\n") + 1
            yield from self._plain(said[start : self._rest])

    def finish(self) -> Iterator[Draft]:
        """What the end of the reply completed."""
        if not self._is_json():
            yield from self._plain(self._said()[self._rest :])
            return
        yield from self._statements()
        said = self._said()
        begun = _JSON.search(said)
        start = next(i for i in range(begun.start(), len(said)) if said[i] in "[{") if begun else 0
        try:
            json.JSONDecoder().raw_decode(said, start)
        except (ValueError, RecursionError):
            self.malformed = True
        else:
            self.malformed |= self._at is None and '"found"' not in said

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
        decoder = json.JSONDecoder()
        while True:
            start = _BETWEEN.match(said, self._at).end()  # type: ignore[union-attr]  # matches everywhere
            if said[start : start + 1] in ("", "]"):
                return
            try:
                value, self._at = decoder.raw_decode(said, start)
                statement = _Statement.model_validate(value)
            except ValidationError:
                self.malformed = True
                continue
            except (ValueError, RecursionError):
                return  # not whole yet
            given = tuple(DraftCitation(c.source, c.quote.strip()) for c in statement.citations)
            text = " ".join(statement.text.split())
            for a, b in _marked_sentences(text):  # a second sentence must not pass on the words of the first
                yield from self._new(text[a:b], given)

    def _plain(self, text: str) -> Iterator[Draft]:
        for line in text.splitlines():
            line = _LINE_START.sub("", line)
            for a, b in _marked_sentences(line):
                yield from self._new(line[a:b], ())

    def _new(self, written: str, given: tuple[DraftCitation, ...]) -> Iterator[Draft]:
        text, marked = self._without_markers(written)
        key = folded(text).casefold()
        if not words(text) or key in self._seen or len(self._seen) >= MAX_DRAFTS or declines(text):
            return
        if _NO_SENTENCE.match(written):
            return
        self._seen.add(key)
        named = {citation.source for citation in given}
        yield Draft(text, (*given, *(DraftCitation(n, "") for n in marked if n not in named)), written.strip())

    def _without_markers(self, written: str) -> tuple[str, list[int]]:
        """The sentence without its markers, and their numbers, also those that no source has.

        Brackets that a source holds after the same word are content ("shape [3, 224, 224]"), and so are those in
        mid-sentence with a number that no source has: the value rule then decides.
        """
        numbers: list[int] = []
        written = _CHAT_MARK.sub("", written)

        def taken(match: re.Match[str]) -> str:
            found = [int(number) for number in re.findall(r"\d+", match[1])]
            exists = all(1 <= number <= len(self._sources) for number in found)
            before = "".join(written[: match.start()].split()[-1:])
            content = before and any(before + match.group() in source for source in self._sources)
            if content or not (exists or _ENDS.match(written, match.end())):
                return match.group()
            numbers.extend(found)
            return ""

        text = _MARKER.sub(taken, written)
        return plain(text), list(dict.fromkeys(numbers))


def declines(text: str) -> bool:
    """True for "NOT FOUND" and the like: the model says that the sources do not answer."""
    return bool(_DECLINES.search(text))


def _marked_sentences(line: str) -> Iterator[tuple[int, int]]:
    """Sentences of one line; a marker after the full stop belongs to the sentence before it."""
    start: int | None = None
    end = 0
    for a, b in sentence_spans(line):
        lead = 0
        while marker := _MARKER.match(line, a + lead):
            lead = marker.end() - a
        if start is not None and lead:
            end, a = a + lead, a + lead
            if not line[a:b].strip(" ."):
                continue
        if start is not None:
            yield start, end
        start, end = a, b
    if start is not None:
        yield start, end

"""Sentences as models write them: out of lists, headings and wrapped lines, without the markers of their sources."""

import re
from collections.abc import Iterator, Sequence

from index.sentences import sentence_spans
from rag.markup import plain

_NUMBERS = r"\d{1,4}(?:\s*(?:[,;&–-]|and)\s*\d{1,4})*"
# "[1]", "[1, 2]", "[^1]", "[Source 1]", "【1】", "(source 1)"; "(1)" only where a sentence ends
_MARKER = re.compile(
    rf"\s*(?:\[\^?(?:sources?\s*:?\s*)?(?P<a>{_NUMBERS})\]|【(?P<b>{_NUMBERS})(?:[:†][^】]{{0,40}})?】"
    rf"|\((?:sources?\s*:?\s*)(?P<c>{_NUMBERS})\)|(?P<round>\((?P<d>\d)\)))",
    re.IGNORECASE,
)
_ENDS = re.compile(rf"(?:{re.sub(r'[?]P<[a-z]+>', '?:', _MARKER.pattern)})*[\s.!?,;:\"”'’)]*\Z", re.IGNORECASE)
_LED = re.compile(
    r"\A\W*(?:(?:according\s+to|as\s+\w+\s+(?:in|by)|per|in)\s+(?:the\s+)?source\s+\[?(?P<a>\d{1,4})\]?\s*,"
    r"|source\s+\[?(?P<b>\d{1,4})\]?\s+(?:says|states|reports|mentions|notes)(?:\s+that)?)\s+",
    re.IGNORECASE,
)
_LINKED = re.compile(r"\[(\^?\d{1,4})\]\([^)\s]*\)")  # "[1](http://...)"
_ITEM = re.compile(r"\s*(?:[-*•]\s+|\d{1,2}[.)]\s+|#{1,6}\s+|>\s*)")
_TITLE = re.compile(r"\s*(?:#{1,6}\s.*[^.!?\s]|[^.!?]*:)\s*")  # a heading, or what leads to a list
_CLOSED = re.compile(r"(?:[.!?:;…|\])】}\"”'’*_`]|\A)\Z")
_CHAT_MARK = re.compile(r"<\|[^|<>]{1,40}\|>")
_NO_SENTENCE = re.compile(r"\s*(?:```\w*\s*\Z|\[[^\]]{1,40}\]:\s)")  # a fence, or where a Markdown reference leads
_SOURCES = r"(?:provided\s+|given\s+|numbered\s+)?(?:sources?|sentences?|documents?|passages?|texts?)"
_DECLINES = re.compile(
    r"\A\W*(?:(?:i['’]m\s+sorry|i\s+am\s+sorry|sorry|unfortunately)\W+(?:but\W+)?)?"
    rf"(?:(?:not\s+found|no\s+answer(?:\s+found)?)(?:\W*\Z|\s*[-–—:;,(]|\s+in\s+(?:the|any|these)\s+{_SOURCES}\b)"
    rf"|none\s+of\s+the\s+{_SOURCES}\b|(?:the|these)\s+{_SOURCES}\s+(?:do|does)\s+not\b"
    r"|there\s+is\s+no\s+(?:information|mention|answer)\b|i\s+(?:do\s+not|don['’]t|cannot|can['’]t)\b)",
    re.IGNORECASE,
)


def declines(text: str) -> bool:
    """True for "NOT FOUND" and the like: the model says that the sources do not answer."""
    return bool(_DECLINES.search(text))


def has_marker(line: str) -> bool:
    return bool(_MARKER.search(line.strip()))


def is_closed(line: str) -> bool:
    """True for a line that the next one cannot go on with: it is empty, or its sentence is over."""
    return bool(_CLOSED.search(line.strip()[-2:]))


def written_sentences(text: str) -> Iterator[str]:
    """The sentences of `text` with their markers: of each list item, and of each paragraph however its lines break."""
    paragraph = ""
    for line in [*text.splitlines(), ""]:
        goes_on = bool(paragraph) and not is_closed(paragraph) and bool(line.strip()) and not _ITEM.match(line)
        if goes_on:
            paragraph = f"{paragraph} {line.strip()}"
            continue
        yield from _of_line(paragraph)
        paragraph = line.rstrip()
    yield from _of_line(paragraph)


def _of_line(line: str) -> Iterator[str]:
    if (_TITLE.fullmatch(line) and not has_marker(line)) or _NO_SENTENCE.match(line):
        return
    yield from marked_sentences(line)


def marked_sentences(line: str) -> Iterator[str]:
    """Sentences of one line, without Markdown; a marker after the full stop belongs to the sentence before it."""
    line = plain(_LINKED.sub(r"[\1]", line))
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
            yield line[start:end]
        start, end = a, b
    if start is not None:
        yield line[start:end]


def unmarked(written: str, sources: Sequence[str]) -> tuple[str, list[int]]:
    """A sentence without its markers, and their numbers, also those that no source has; "" when it is none.

    Brackets that a source holds beside the same word are content ("shape [3, 224, 224]"), and so are those in
    mid-sentence with a number that no source has: the value rule then decides.
    """
    if _NO_SENTENCE.match(written):
        return "", []
    numbers: list[int] = []
    written = _CHAT_MARK.sub("", written)

    def taken(match: re.Match[str]) -> str:
        given = next(part for part in match.group("a", "b", "c", "d") if part)
        found = [number for part in re.split(r"[,;&]|and", given) for number in _range(part)]
        exists = all(1 <= number <= len(sources) for number in found)
        at_end = bool(_ENDS.match(written, match.end()))
        before, after = written[: match.start()].split()[-1:], written[match.end() :].split()[:1]
        beside = ["".join(before) + match.group()] * bool(before) + [match.group() + " " + "".join(after)] * bool(after)
        content = any(words.strip() in source for words in beside for source in sources)
        if content or not (exists or at_end) or (match["round"] and not (exists and at_end)):
            return match.group()
        numbers.extend(found)
        return ""

    text = _MARKER.sub(taken, written)
    led = _LED.match(text)
    if led and not any(led.group().strip() in source for source in sources):
        numbers.append(int(led["a"] or led["b"]))
        text = text[led.end() :][:1].upper() + text[led.end() + 1 :]
    return plain(text), list(dict.fromkeys(numbers))


def _range(part: str) -> list[int]:
    """The numbers of "3" or of "1-3"."""
    ends = [int(number) for number in re.findall(r"\d+", part)]
    first, last = ends[0], ends[-1]
    return list(range(first, last + 1)) if first <= last < first + 10 else ends

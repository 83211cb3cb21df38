"""A pasted text to statements: sentence by sentence, quotations by themselves, and whom the text names as its source.

Citation markers, bullets and Markdown are no part of what is looked up; what was typed is kept beside it, because
brackets and asterisks may stand in the documents too.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from index.sentences import sentence_spans
from rag.markup import plain
from rag.terms import words

QUOTED_WORDS = 3  # fewer between quote marks are a name or a word held at arm's length
MAX_CHARS = 1000  # a "sentence" beyond this has lost its full stops: cut at white space
_NUMBERS = r"\d{1,3}(?:\s*[,;–-]\s*\d{1,3})*"  # of sources; four digits are a year
_MARKER = re.compile(
    rf"\[\^?(?:sources?:?\s*|note\s+)?{_NUMBERS}\](?!:)(?:\([^)\s]*\))?|【{_NUMBERS}[^】]{{0,40}}】"
    rf"|\(sources?:?\s*{_NUMBERS}\)|\[citation needed\]|(?<=[.!?”\"])[⁰¹²³⁴-⁹]+",
    re.IGNORECASE,
)
_LOOSE_STOP = re.compile(r"\s+(?=[.,;:!?](?:\s|$))")  # left behind by a marker
_BROKEN_WORD = re.compile(r"(?<=[^\W\d_])- (?!(?:and|or|to)\b)(?=[a-zß-ÿ])")  # "ener- gy", not "two- and three-year"
_REFERENCE = re.compile(r"\s*\[\^?[^\]]{1,40}\]:\s")  # where a marker leads
_OPENS_BLOCK = re.compile(r"\s*(?:[-*•+]\s+|\d{1,2}[.)]\s+|#{1,6}\s+)")
_HEADING = re.compile(r"\s*#{1,6}\s")
_QUOTE_SIGN = re.compile(r"^[^\S\n]*(?:>[^\S\n]?)+", re.MULTILINE)
_FULL_STOP = re.compile(r"(?<=[。！？])(?![。！？」』”’])|(?<=[。！？][」』”’])")
_QUOTATION = re.compile(
    r"“(?P<a>[^“”]+)”|\"(?P<b>[^\"]+)\"|«(?P<c>[^«»]+)»|„(?P<d>[^„“”]+)[“”]|「(?P<e>[^「」]+)」|『(?P<f>[^『』]+)』"
)
_UNSPACED = re.compile(r"[\u2e80-\ua4cf]")  # signs, about two of them to a word
_QUOTE_MARKS = "\"'“”‘’«»„「」『』 \t\n"
_SOURCE_NOTE = re.compile(r"\W*(?:[(\[][^()\[\]]{2,150}[)\]]|[—–-]{1,2}\s+\S.{0,150})\W*")

_HELD = "\ue000"  # stands for the first quotation of a sentence, the next character for the second
_WHO = rf"(?P<who>[{_HELD}-\ue0ff]|[^,:;()\[\]]{{2,100}}?)"
_SAID = (
    r"(?:said|says|wrote|writes|reported|reports|noted|notes|stated|states|claimed|claims|argued|argues|explained|explains"
    r"|added|adds|warned|warns|announced|(?:put|puts)\s+it)"
)
_NAMED = [
    re.compile(pattern, re.IGNORECASE | re.DOTALL)
    for pattern in (
        rf"\W*(?:according\s+to|as\s+(?:reported|stated)\s+(?:by|in)|in\s+the\s+words\s+of|per)\s+{_WHO}\s*[,:]\s*(?P<core>.+)",
        rf"\W*as\s+{_WHO}\s+{_SAID}(?:\s+in\s+\d{{4}})?\s*[,:]\s*(?P<core>.+)",
        rf"(?P<core>.+?),?\s+(?:according\s+to|as\s+(?:reported|stated)\s+(?:by|in)|per)\s+{_WHO}\W*",
        rf"(?P<core>.+?,|.*?[{_HELD}-\ue0ff])\s+(?:{_SAID}\s+{_WHO}|(?P<whose>[^,:;()\[\]]{{2,100}}?)\s+{_SAID})\W*",
        rf"{_WHO}\s+{_SAID}(?:\s+in\s+\d{{4}})?(?:\s*[,:]\s*|\s+that\s+|\s+)(?P<core>.+)",
        r"(?P<core>.+?)\s*[(\[](?:source:\s*)?(?P<who>[^()\[\]]{2,150})[)\]]\W*",
        rf"(?P<core>.+?)(?:(?<=[{_HELD}-\ue0ff])\s*[—–-]{{1,2}}\s*|\s+[—–-]{{1,2}}\s+)(?P<who>[^:;()\[\]]{{2,100}})",
    )
]


@dataclass(frozen=True, slots=True)
class Origin:
    """Whom a statement may name as its source, and what is left of it without that."""

    who: str
    core: str


@dataclass(frozen=True, slots=True)
class Pasted:
    """A statement as it is shown and as it was `typed`; what it quotes is looked up by itself as well."""

    text: str
    typed: str
    origins: tuple[Origin, ...] = ()
    quotations: tuple["Pasted", ...] = ()


def read_pasted(text: str) -> list[Pasted]:
    """The statements of `text` in order; [] when it has no words."""
    return [pasted for block in _blocks(text) for pasted in _of_block(block) if words(pasted.text)]


def _blocks(text: str) -> Iterator[str]:
    """Paragraphs, list items and headings, lines as they were typed."""
    lines = _QUOTE_SIGN.sub("", text).splitlines()
    lines = [line for line in lines if not _REFERENCE.match(line)] or lines
    block: list[str] = []
    for line in [*lines, ""]:
        if block and (not line.strip() or _OPENS_BLOCK.match(line) or _HEADING.match(block[-1])):
            yield "\n".join(block)
            block = []
        if line.strip():
            block.append(line)


def _of_block(block: str) -> Iterator[Pasted]:
    masked = _MARKER.sub(lambda match: " " * len(match.group()), block)  # of the same length
    if item := _OPENS_BLOCK.match(masked):
        masked = " " * item.end() + masked[item.end() :]
    quoted = [match for match in _QUOTATION.finditer(masked) if _is_quotation(match.group())]
    for start, end in _sentences(masked, quoted):
        inside = [match for match in quoted if start <= match.start() and match.end() <= end]
        held = masked[start:end]
        for number, match in reversed([*enumerate(inside[:256])]):
            held = held[: match.start() - start] + chr(ord(_HELD) + number) + held[match.end() - start :]
        names = {chr(ord(_HELD) + number): match.group().strip(_QUOTE_MARKS) for number, match in enumerate(inside)}
        origins = tuple(_origins(held, names))
        origins = tuple(origin for origin in origins if origin.core in names.values()) or origins
        spoken = [text for sign, text in names.items() if not any(origin.who == text for origin in origins)]
        quotations = tuple(
            Pasted(part, part, tuple(Origin(origin.who, part) for origin in origins))
            for text in spoken
            for part in _parts(text)
        )
        rest = next((o.core for o in origins if o.core in spoken), None) or held.strip(f"{_QUOTE_MARKS}.,;:")
        if quotations and (rest in spoken or rest in names):
            yield from quotations  # it says nothing of its own
        else:
            typed = block[start:end].strip(_QUOTE_MARKS)
            shown = _joined(masked[start:end].strip(_QUOTE_MARKS))
            yield Pasted(shown if masked == block else _LOOSE_STOP.sub("", shown), typed, origins, quotations)


def _is_quotation(text: str) -> bool:
    return len(words(text)) >= QUOTED_WORDS or len(_UNSPACED.findall(text)) >= 2 * QUOTED_WORDS


def _sentences(text: str, quoted: list[re.Match[str]]) -> list[tuple[int, int]]:
    """Sentences as offsets; a quotation of several, and the source named behind it, make one."""
    spans: list[tuple[int, int]] = []
    for start, end in _cut(text, sentence_spans(text)):
        torn = any(match.start() < start < match.end() for match in quoted)
        if spans and (torn or _SOURCE_NOTE.fullmatch(text[start:end])):
            start = spans.pop()[0]
        spans.append((start, end))
    return spans


def _parts(text: str) -> Iterator[str]:
    for start, end in _cut(text, sentence_spans(text)):
        if words(text[start:end]):
            yield _joined(text[start:end]).strip(_QUOTE_MARKS).rstrip(",;:")


def _joined(text: str) -> str:
    """`text` as it is shown, with the words whole that a PDF broke at its line ends."""
    return _BROKEN_WORD.sub("", plain(text))


def _cut(text: str, spans: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """The spans, cut at full stops that no space follows, and where they are too long."""
    for start, end in spans:
        for match in [*_FULL_STOP.finditer(text, start, end), None]:
            stop = match.start() if match else end
            while stop - start > MAX_CHARS:
                at = max(text.rfind(" ", start, start + MAX_CHARS), text.rfind("\n", start, start + MAX_CHARS))
                at = at if at > start else start + MAX_CHARS
                yield start, at
                start = at
            if text[start:stop].strip():
                yield start, stop
            start = stop


def _origins(held: str, names: dict[str, str]) -> Iterator[Origin]:
    """Every reading of `held` in which a source is named; quotations are put back."""

    def restored(text: str) -> str:
        return "".join(names.get(sign, sign) for sign in text)

    for pattern in _NAMED:
        match = pattern.fullmatch(held)
        if match:
            who = next(group for group in (match["who"], match.groupdict().get("whose")) if group)
            core = plain(match["core"]).strip(f"{_QUOTE_MARKS}.,;:")
            if words(who) or who in names:
                yield Origin(restored(who).strip(_QUOTE_MARKS), restored(core))

"""Clean blocks to chunks: whole sentences, true offsets, order kept, nothing but noise left out."""

import re
from dataclasses import dataclass

from index.blocks import Block, Kind
from index.dates import find_dates
from index.sentences import sentence_spans
from index.types import CHUNK_CHARS, LEAST_CHUNK_CHARS

NOISE_GAP_CHARS = 200  # a longer stretch of noise ends the chunk
LONG_SENTENCE_CHARS = 1800  # a "sentence" beyond this is a table or a broken file: cut at white space


STATING_LETTERS = 8  # beyond its dates; letters, because not every script parts its words
_QUESTION = re.compile(r"[?？][\"'”’»)\]*_]*$")


@dataclass(frozen=True, slots=True)
class Piece:
    """A chunk as offsets: `sentences` may be cited, `clean` (headings included) is what is searched."""

    start: int
    end: int
    sentences: tuple[tuple[int, int], ...]
    clean: tuple[tuple[int, int], ...]


def split(text: str, blocks: list[Block], chunk_chars: int = CHUNK_CHARS) -> list[Piece]:
    """Pieces of at most about `chunk_chars` characters, monotone and without overlap.

    A heading opens a piece rather than closing one. Raises ValueError for `chunk_chars` below LEAST_CHUNK_CHARS.
    """
    if chunk_chars < LEAST_CHUNK_CHARS:
        raise ValueError(f"chunk_chars must be at least {LEAST_CHUNK_CHARS}, got {chunk_chars!r}")
    pieces: list[Piece] = []
    units: list[tuple[int, int, bool, bool]] = []  # start, end, citable, heading

    def close() -> None:
        held = next((n for n in range(len(units), 0, -1) if not units[n - 1][3]), 0)  # headings after it open the next
        if not any(citable for _, _, citable, _ in units):
            if units and units[-1][1] - units[0][0] > chunk_chars:
                del units[:held]  # a page of marks or questions: nothing there states anything
            return
        clean = tuple((a, b) for a, b, _, _ in units[:held])
        cited = tuple((a, b) for a, b, citable, _ in units[:held] if citable)
        pieces.append(Piece(clean[0][0], clean[-1][1], cited, clean))
        del units[:held]

    for block in blocks:
        heading = block.kind == "heading"
        spans = [(block.start, block.end)] if heading else _sentences(text, block)
        for start, end in spans:
            full = units and end - units[0][0] > chunk_chars
            gap = units and start - units[-1][1] > NOISE_GAP_CHARS
            section = heading and units and units[-1][1] - units[0][0] > chunk_chars // 2
            if full or gap or section:
                close()
                if gap:
                    units.clear()  # headings that lead nowhere
            units.append((start, end, not heading and _states(text[start:end], block.kind), heading))
    close()
    return pieces


def _states(sentence: str, kind: Kind) -> bool:
    """False for a question, a date line or a lone mark: nothing there states anything. The values of a row do."""
    if kind == "row" and re.search(r"\d", sentence):
        return True
    if _QUESTION.search(sentence):
        return False
    for date in reversed(find_dates(sentence)):
        sentence = sentence[: date.start] + sentence[date.end :]
    return len(re.findall(r"[^\W\d_]", sentence)) >= STATING_LETTERS


def _sentences(text: str, block: Block) -> list[tuple[int, int]]:
    if block.kind == "row":
        return [(block.start, block.end)]
    spans: list[tuple[int, int]] = []
    for start, end in sentence_spans(text, block.start, block.end):
        while end - start > LONG_SENTENCE_CHARS:
            head = text[start : start + LONG_SENTENCE_CHARS].rsplit(None, 1)[0]
            spans.append((start, start + len(head)))
            start += len(head)
            while text[start].isspace():
                start += 1
        spans.append((start, end))
    return spans

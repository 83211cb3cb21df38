"""Sentence boundaries with true offsets: Punkt with the English data that llama-index-core bundles."""

import functools
import importlib.util
import re
from pathlib import Path

import nltk.data
from nltk.tokenize.punkt import PunktSentenceTokenizer, load_punkt_params

# Written-text abbreviations missing from the news text that Punkt was trained on.
_ABBREVIATIONS = {"i.e", "e.g", "vs", "cf", "approx", "u.s", "u.k", "u.n", "e.u"}
WINDOW_CHARS = 10_000  # nltk stops a match after 5 s, which one line of 190 KB takes
_OPEN_NUMBER = re.compile(r"\b(?:nos?|art|fig|vol|pp?)\.$", re.IGNORECASE)
_OPEN_PHRASE = re.compile(r"\b(?:i\.e|e\.g|cf|vs|et\s+al)\.$", re.IGNORECASE)
_DAY = re.compile(r"(?<![\d.,])[0-3]?\d\.$")  # "am 31. März", "den 3. Oktober"
_GERMAN_MONTH = re.compile(r"(?:Jan|Jän|Feb|März|Apr|Mai\b|Jun|Jul|Aug|Sep|Okt|Nov|Dez)[a-zä]*\b(?=\.?\s|[.,;:)]|\Z)")


@functools.cache
def _tokenizer() -> PunktSentenceTokenizer:
    spec = importlib.util.find_spec("llama_index.core")  # located, not imported: that takes a second
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("llama-index-core is not installed: reinstall pincite")
    # nltk reads only below the folders of its own list, to which LlamaIndex appends this one as well
    nltk.data.path.append(str(Path(spec.origin).parent / "_static/nltk_cache"))
    params = load_punkt_params(nltk.data.find("tokenizers/punkt_tab/english/"))
    params.abbrev_types |= _ABBREVIATIONS
    return PunktSentenceTokenizer(params)


def sentence_spans(text: str, start: int = 0, end: int | None = None) -> list[tuple[int, int]]:
    """Sentences of `text[start:end]` as offsets into `text`, without surrounding white space."""
    end = len(text) if end is None else end
    spans: list[tuple[int, int]] = []
    while start < end:
        stop = _window_end(text, start, end)
        spans += _window_spans(text, start, stop)
        start = stop
    return spans


def _window_end(text: str, start: int, end: int) -> int:
    """Where a piece short enough for Punkt may end: after a full stop, else at white space."""
    if end - start <= WINDOW_CHARS:
        return end
    for mark in (". ", " "):
        at = text.rfind(mark, start, start + WINDOW_CHARS)
        if at > start:
            return at + len(mark)
    return start + WINDOW_CHARS


def _window_spans(text: str, start: int, end: int) -> list[tuple[int, int]]:
    spans: list[tuple[int, int]] = []
    part = text[start:end]
    start += len(part) - len(part.lstrip())  # Punkt leaves white space before the first sentence
    for a, b in _tokenizer().span_tokenize(part.lstrip()):
        a, b = start + a, start + b
        if spans and _continues(text[spans[-1][0] : spans[-1][1]], text[a:b]):
            a = spans.pop()[0]
        spans.append((a, b))
    return spans


def _continues(before: str, after: str) -> bool:
    if _OPEN_PHRASE.search(before):
        return True
    if _OPEN_NUMBER.search(before):
        return after[:1].isdigit()
    if _DAY.search(before) and _GERMAN_MONTH.match(after):
        return True
    return after[:1].islower() and not before.endswith(("!", "?"))

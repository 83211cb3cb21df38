"""Markdown marks around words: dropped where a sentence is shown, ignored where it is compared."""

import re

_LINK = re.compile(r"!?\[([^\]\n]*)\]\([^)\s]*(?:\s+\"[^\"]*\")?\)")
_EMPHASIS = re.compile(r"(?<!\w)(\*{1,3}|_{1,3}|`)(?=\S)(.+?)(?<=\S)\1(?!\w)", re.DOTALL)
_LEADING = re.compile(r"\A\s*(?:>\s*|[-*+•–]\s+|\d{1,3}[.)]\s+|#{1,6}\s+)+")


def plain(text: str) -> str:
    """`text` on one line, without list bullets, quote signs, emphasis or link targets; no word is changed."""
    text = _LEADING.sub("", text)
    text = _LINK.sub(r"\1", text)
    text = _EMPHASIS.sub(r"\2", text)
    text = re.sub(r"(?<=[a-z])-\n\s*(?=[a-z])", "", text)  # a word broken at a line end
    return " ".join(text.split())

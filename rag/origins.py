"""Which documents a text means when it names its source, and whether a document can be what was named."""

import re

from index.near import in_a_row
from index.store import Store
from rag.names import find_names
from rag.terms import STOP_WORDS, stems, words

_FILE = re.compile(r"[^\s\"'“”‘’(),;]+\.[A-Za-z0-9]{1,5}\b")
_LED_FILE = re.compile(
    rf"(?:\b(?:in|from|of|per|by|see|according\s+to)\s+(?:the\s+file\s+)?)?{_FILE.pattern},?", re.IGNORECASE
)
_KINDS = frozenset("article book chapter document file page paper paragraph post report section source study".split())
_BYLINE_CHARS = 600  # of a document, where its outlet and its author are named
_NAMED_IN_BYLINE = r"(?:\b(?:by|from|source:?|author:?)\s+(?:the\s+)?|[©(]\s*)"


def named_documents(store: Store, who: str) -> list[str]:
    """The documents whose title, file name or date holds every word of `who`, or all but a year; [] when none does."""
    wanted = [word for word in words(who) if word not in STOP_WORDS | _KINDS]
    telling = [word for word in wanted if not word.isdigit()]
    if not telling:
        return []
    return store.heading_search(wanted) or store.heading_search(telling)


def files_named(store: Store, text: str) -> list[str]:
    """The documents whose file names `text` spells out ("in report.pdf"); [] when it names no file of the library."""
    names = {match.group().rpartition("/")[2].lower() for match in _FILE.finditer(text)}
    return [doc_id for doc_id, _ in store.versions() if doc_id.rpartition("/")[2].lower() in names] if names else []


def without_files(text: str) -> str:
    """`text` without file names and the word that leads to each; as it was where that leaves no question."""
    rest = " ".join(_LED_FILE.sub(" ", text).split()).lstrip(",;: ")
    return rest if len(stems(rest)) > 1 else text


def mentions(text: str, who: str) -> bool:
    """Whether `text` speaks of `who`, by any part of the name."""
    return any(in_a_row(part).search(text) for part in _parts(who))


def is_byline_of(text: str, who: str) -> bool:
    """Whether the head of a document names `who` as its author or outlet."""
    name = re.sub(r"\A(?:the|an?)\s+", "", who, flags=re.IGNORECASE)
    return re.search(rf"{_NAMED_IN_BYLINE}{re.escape(name)}\b", text[:_BYLINE_CHARS], re.IGNORECASE) is not None


def is_known(store: Store, who: str) -> bool:
    """Whether any document speaks of `who` by the whole name."""
    return bool(find_names(who) and store.phrase_search([who], 1))


def _parts(who: str) -> list[str]:
    return [token for name in find_names(who) for token in re.findall(r"\w{3,}", name.text)]

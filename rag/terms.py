"""Content words: how a question and a sentence are compared word by word."""

import functools
import math
import re
import threading
import unicodedata
from collections.abc import Callable, Iterable

import snowballstemmer

from rag.names import country_forms, country_of

STOP_WORDS = frozenset(
    """
    a about above according across after again against all along already also although am among an and any are
    around as at be became because been before being between both but by came can come could did do does doing
    down during each either else ever every few for from further gave get give given go got had has have having
    he her here hers him his how however i if in into is it its itself just kind let like made make many may me
    might mine more most much must my no nor not now of off often on once one only onto or other our out over
    own per put quite rather really said same say says see seen shall she should show since so some something
    such take tell than that the their them then there these they this those though through thus to too toward
    towards under until up upon us use used very via was way we well were what whatever when where whether which
    while who whom whose why will with within without would yes yet you your s t d ll re ve please know name
    describe explain list exactly
    """.split()
)
MAX_TERMS = 100  # a pasted page is a fair question; FTS5's parser overflows on several hundred terms
_WORD = re.compile(r"(?:[^\W\d_]\.){2,}|\d+(?:[.,]\d+)*|[^\W\d_](?:[^\W_]|['’](?=[^\W_]))*")


_stemmers = threading.local()  # a stemmer holds the word it works on


@functools.lru_cache(maxsize=1 << 16)
def _porter(word: str) -> str:
    """The stem as SQLite's FTS5 makes it."""
    if not hasattr(_stemmers, "porter"):
        _stemmers.porter = snowballstemmer.stemmer("porter")
    stem: str = _stemmers.porter.stemWord(word)
    return stem


def words(text: str) -> list[str]:
    """Lower-cased words and numbers without accents, possessives and dots of initials."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    found = []
    for match in _WORD.finditer(plain):
        word = match.group().replace("’", "'").removesuffix("'s")
        if word in ("US", "U.S."):
            word = "usa"  # not the pronoun, which is a stop word
        word = word.lower()
        found.append(word.replace(",", "") if word[0].isdigit() else word.replace(".", "").replace("'", ""))
    return found


def stems(text: str) -> set[str]:
    """The content words of `text` as Porter stems, countries and their adjectives in one form."""
    return {stem_of(word) for word in words(text) if word not in STOP_WORDS}


def stem_of(word: str) -> str:
    country = country_of(word)
    return f"={country}" if country else _porter(word)


def keyword_terms(text: str) -> list[str]:
    """What the keyword index is asked for: content words, and every form of a country that is named.

    A text of stop words only is asked for as it stands.
    """
    found = words(text)
    content = [word for word in found if word not in STOP_WORDS] or found
    terms: dict[str, None] = {}
    for word in content:
        terms.update(dict.fromkeys([word, *country_forms(word)]))
    return list(terms)[:MAX_TERMS]


def weights(
    wanted: Iterable[str], frequencies: Callable[[Iterable[str]], dict[str, int]], chunks: int
) -> dict[str, float]:
    """Inverse document frequency of each stem, ln(1 + (N - n + .5) / (n + .5)) as in BM25 (Robertson 2009)."""
    wanted = list(wanted)
    forms = {stem: [_porter(f) for f in country_forms(stem[1:])] if stem[0] == "=" else [stem] for stem in wanted}
    counts = frequencies([form for several in forms.values() for form in several])
    found = {stem: max((counts.get(form, 0) for form in several), default=0) for stem, several in forms.items()}
    return {stem: math.log(1 + (chunks - n + 0.5) / (n + 0.5)) for stem, n in found.items()}

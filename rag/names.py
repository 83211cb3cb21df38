"""Names: runs of capitalised words, and when two of them may be the same one."""

import functools
import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass

# Words that a sentence may open with and that are never a name by themselves.
_OPENERS = frozenset(
    """
    a about according after all almost also although among an and another any approximately are around as at because
    before both but by despite did do does during each earlier either even every first for four from further had has
    have he her here his how however if in instead is it its last later many may meanwhile more moreover most much my
    nearly neither no nor not now of on once one only or other our out over part prior second several she since so some
    still such than that the their then there these they third this those three through thus to today together
    two under unlike until up was we were what when where whether which while who whose why will with without
    yes yet you your
    """.split()
)
_TOKEN = r"[^\W\d_](?:[\w’'.&-]*\w)?"
_CAPITAL = re.compile(rf"(?<![\w’'])(?:[A-Z]\.)+[A-Z]?\.?|(?<![\w’']){_TOKEN}", re.UNICODE)
_POSSESSIVE = re.compile(r"[’']s$|[’']$")

# Country, adjective or people, and common short forms. A table, because no rule of English gives them.
_COUNTRIES = """
america american us usa united-states|argentina argentine argentinian|australia australian|austria austrian
belarus belarusian|belgium belgian|brazil brazilian|britain british uk united-kingdom briton|canada canadian
chile chilean|china chinese prc sino|cuba cuban|czechia czech|denmark danish dane|egypt egyptian|finland finnish
france french|germany german|greece greek|hungary hungarian|india indian|indonesia indonesian|iran iranian
iraq iraqi|ireland irish|israel israeli|italy italian|japan japanese|kazakhstan kazakh|kenya kenyan
korea korean|mexico mexican|mongolia mongolian|netherlands dutch|nigeria nigerian|norway norwegian
pakistan pakistani|palestine palestinian|peru peruvian|philippines filipino philippine|poland polish
portugal portuguese|romania romanian|russia russian|serbia serbian serb|slovakia slovak|slovenia slovenian
spain spanish|sweden swedish|switzerland swiss|syria syrian|taiwan taiwanese|thailand thai|turkey turkish
turkmenistan turkmen|ukraine ukrainian|venezuela venezuelan|vietnam vietnamese|europe european eu european-union
asia asian|africa african|soviet ussr soviet-union|nazi nazis
"""
_CANONICAL = {
    form: group.split()[0] for group in _COUNTRIES.replace("\n", "|").split("|") if group for form in group.split()
}
_COUNTRY_NAMES = frozenset(_CANONICAL.values())
_LONG_FORMS = re.compile(r"\b(united states|united kingdom|european union|soviet union)\b", re.IGNORECASE)


def country_of(word: str) -> str | None:
    """The canonical form of a country's name or adjective, None for other words. `word` is lower case."""
    return _CANONICAL.get(word) if word != "us" else None


def country_forms(word: str) -> list[str]:
    """The single-word forms of the country that `word` names, [] when it names none."""
    country = country_of(word)
    return [form for form, name in _CANONICAL.items() if name == country and "-" not in form] if country else []


def countries(text: str) -> set[str]:
    """The countries that `text` names, in one form each."""
    return {token for token in name_tokens(text) if token in _COUNTRY_NAMES}


@dataclass(frozen=True, slots=True)
class Name:
    """A run of capitalised words at [start, end)."""

    start: int
    end: int
    text: str


def find_names(text: str, is_common: Callable[[str], bool] = lambda _: False) -> list[Name]:
    """Names in reading order. `is_common(word)` says whether a lower-cased word is known as an ordinary one;
    such a word is no name where a sentence begins with it."""
    names: list[Name] = []
    for match in _CAPITAL.finditer(text):
        word = match.group()
        if not word[0].isupper() or word.lower() in ("i", "i'm", "mr", "mrs", "ms", "dr"):
            continue
        opens = _opens_sentence(text, match.start())
        if opens and (word.lower() in _OPENERS or is_common(word.lower())):
            continue
        start, end = match.span()
        if names and re.fullmatch(r"\s+|\s+(?:of|the|de|da|bin|van|von)\s+(?:the\s+)?", text[names[-1].end : start]):
            previous = names.pop()
            if not (_POSSESSIVE.search(previous.text)):
                start = previous.start
            else:
                names.append(previous)
        names.append(Name(start, end, text[start:end]))
    return names


def _opens_sentence(text: str, at: int) -> bool:
    before = text[:at].rstrip(" \t\"'“”‘’([*_")
    return not before or before[-1] in ".!?:;\n-•–—|>#"


def name_tokens(name: str) -> list[str]:
    """Comparable words of a name: no case, accents, possessives or small words; countries in one form."""
    return list(_name_tokens(name))


@functools.lru_cache(maxsize=4096)  # one question asks it of the same sentences and passages again and again
def _name_tokens(name: str) -> tuple[str, ...]:
    plain = unicodedata.normalize("NFKD", name)
    plain = "".join(char for char in plain if not unicodedata.combining(char))
    plain = _LONG_FORMS.sub(lambda m: m.group().replace(" ", "-"), plain)
    tokens = []
    for word in re.findall(r"[^\W_](?:[\w’'.&-]*\w)?\.?", plain):
        word = _POSSESSIVE.sub("", word)
        if word == "us":
            continue  # the pronoun: the country is written in capitals
        word = _without_dots(word.lower())
        parts = [word] if word in _CANONICAL else map(_without_dots, word.split("-"))  # "U.S.-led"
        tokens += [_canonical(part) for part in parts if part not in ("of", "the", "de", "da", "")]
    return tuple(tokens)


def _without_dots(word: str) -> str:
    return word.replace(".", "") if re.fullmatch(r"(?:\w\.)+\w?", word) else word.rstrip(".")


def _canonical(word: str) -> str:
    """The country for its forms and for its people ("Russians"), other words as they are."""
    return _CANONICAL.get(word) or _CANONICAL.get(word.removesuffix("s"), word)


def missing_tokens(name: str, sources: Iterable[str]) -> list[str]:
    """The words of `name` that none of `sources` holds; [] also when `name` is the initials of a name there."""
    sources = list(sources)
    known = {token for source in sources for token in name_tokens(source)}
    missing = [token for token in name_tokens(name) if token not in known and token.removesuffix("s") not in known]
    if not missing:
        return []
    names = [name_tokens(found.text) for source in sources for found in find_names(source)]
    if name.isupper() and 2 <= len(name) <= 6 and name.lower() in {"".join(t[0] for t in tokens) for tokens in names}:
        return []
    glued = {token for tokens in names for token in tokens}  # "in 2024.China rose" is one word to `name_tokens`
    return [token for token in missing if token not in glued]

"""Does a text contain an accepted form of a fact? Both are read as tokens, and whole tokens are compared.

Read alike: case, accents, articles, possessives, quotes and hyphens; `3,559`, `14 000`, `14 thousand`; number
words to ninety-nine, `hundred`, ordinals (`eleventh`, `11th`); `$240bn`, `USD 240 billion`, `0.24 trillion
dollars`; `90%`, `90 per cent`; `20-25%`, `20% to 25%`; `7 May 2015`, `May 7th, 2015`, `2015-05-07`.

Written apart from the verifier's reading of values in rag/, so that one mistake cannot hide in both. What it
cannot know: negation, synonyms, plurals, whom a value belongs to, `1,8` for 1.8, the verb in "14 may leave".
"""

import re
import unicodedata
from collections.abc import Callable
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

Token = str | Decimal  # numbers compare by value: 5.0 is 5


def _list(words: str) -> list[str]:
    return words.split()


def _map(pairs: str) -> dict[str, str]:
    """`x=1 y=2` as {"x": "1", "y": "2"}; tables of one-word pairs read better on a line."""
    return dict(pair.split("=") for pair in pairs.split())


_UNITS = _list("zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen")
_UNITS += _list("fifteen sixteen seventeen eighteen nineteen")
_TENS = _list("twenty thirty forty fifty sixty seventy eighty ninety")
_WORDS = {word: n for n, word in enumerate(_UNITS)} | {word: n * 10 for n, word in enumerate(_TENS, 2)}
_IRREGULAR = _map("one=first two=second three=third five=fifth eight=eighth nine=ninth twelve=twelfth")
_IRREGULAR |= {word: word[:-1] + "ieth" for word in _TENS}
_ORDINALS = {_IRREGULAR.get(word, word + "th"): n for word, n in _WORDS.items() if n}

_SCALES = {"thousand": 3} | dict.fromkeys(("million", "mn", "mln"), 6)
_SCALES |= dict.fromkeys(("billion", "bn", "bln"), 9) | dict.fromkeys(("trillion", "tn", "trn"), 12)
_SHORT_SCALES = {"k": 3, "m": 6, "b": 9, "t": 12}  # after a currency only: "5 m" is a length
_NAMED = {12: "trillion", 9: "billion", 6: "million"}
_PERCENT = {"%", "percent", "pct"}
_VALUE_GOES_ON = {*_NAMED.values(), "%"}
_SIGNS = _map("$=usd us$=usd a$=aud c$=cad hk$=hkd nz$=nzd s$=sgd r$=brl €=eur £=gbp ₽=rub ₹=inr")
_SIGNS["¥"] = "¥"  # yen or yuan
_SIGNS |= _map("usd=usd eur=eur gbp=gbp jpy=jpy cny=cny rmb=cny rub=rub inr=inr chf=chf aud=aud cad=cad")
_CURRENCIES = _SIGNS | _map("dollar=usd dollars=usd euro=eur euros=eur pound=gbp pounds=gbp yen=jpy yuan=cny")
_CURRENCIES |= _map("renminbi=cny rouble=rub roubles=rub ruble=rub rubles=rub")
_ARTICLES = {"a", "an", "the"}

_MONTHS = _list("january february march april may june july august september october november december")
_MONTH = rf"(?:{'|'.join(_MONTHS)}|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)(?![^\W_])"
_DAY = r"(?<![$€£¥₽₹])[0-3]?\d(?:st|nd|rd|th)?"
_DAYS = rf"(?P<day>{_DAY})(?:\s?(?P<and>-|to|and)\s?(?P<day2>{_DAY}))?"
_YEAR = r"(?P<year>(?:1\d|20)\d\d)(?!\d)"
# "in May 20% of" and "in May 20 million" hold no day
_DAY_ENDS = rf"(?![^\W_]|[.,]\d|\s?(?:%|per\s?cent|pct|{'|'.join(_SCALES)}))"


def contains_form(text: str, form: str, *, whole_value: bool = True) -> bool:
    """True when the tokens of `form` stand in `text`, in order and without a gap. An empty form never does.

    A currency that the form leaves out does not matter: `240 billion` is found in `$240bn`. A scale or a
    percent sign does, it makes another value: `5` is not found in `5%` or `5 million`. It is when
    `whole_value` is False, as for forbidden values, where `999` is meant to catch `999 billion` too.
    """
    needle, haystack = tokens(form), tokens(text)
    last = len(needle)
    open_end = whole_value and bool(needle) and isinstance(needle[-1], Decimal)
    return any(
        haystack[at : at + last] == needle and not (open_end and _VALUE_GOES_ON.intersection(haystack[at + last :][:1]))
        for at in range(len(haystack) - last + 1)
        if needle
    )


@lru_cache(maxsize=4096)  # every statement meets every form of a question
def tokens(text: str) -> tuple[Token, ...]:
    """The text as comparable tokens; numbers as Decimal, a currency after its amount, a day as "day 7"."""
    words = _quantities(_number_words(_scan(_plain(text))))
    return tuple(word for word in words if word not in _ARTICLES)


def _plain(text: str) -> str:
    """Lower case, compatibility forms folded, accents, quote and dash styles gone."""
    apart = (f" {char}" if _raised(char) else char for char in text)
    folded = unicodedata.normalize("NFKD", "".join(apart).casefold())
    folded = re.sub("[\u0300-\u036f\u00ad\u200b-\u200f\u2060\ufeff]", "", folded)
    return re.sub("[‐‑‒–—―−]", "-", re.sub("[‘’‛ʼ′`]", "'", folded))


def _raised(char: str) -> bool:
    """Footnote marks, exponents, fractions like ½: folding would glue their digits to the number before."""
    return unicodedata.decomposition(char).startswith(("<super>", "<sub>", "<fraction>"))


def _date(match: re.Match[str]) -> list[Token] | None:
    found = match.groupdict()
    days = [int(re.sub(r"\D", "", found[key])) for key in ("day", "day2") if found.get(key)]
    month = found["month"]
    number = int(month) if month.isdigit() else 1 + next(i for i, name in enumerate(_MONTHS) if name[:3] == month[:3])
    if found.get("dot") == "/":
        if max(number, days[0]) <= 12 and number != days[0]:
            return None  # 7/5 is May in one country and July in another
        number, days = min(number, days[0]), [max(number, days[0])]
    if not 1 <= number <= 12 or not all(1 <= day <= 31 for day in days):
        return None
    out: list[Token] = [] if days else [_MONTHS[number - 1]]
    for day in days:
        if out:
            out.append("and" if found["and"] == "and" else "to")
        out += [f"day {day}", _MONTHS[number - 1]]
    return out + ([Decimal(found["year"])] if found.get("year") else [])


def _word(match: re.Match[str]) -> list[Token]:
    return [re.sub(r"'s$", "", match.group()).replace("'", "").replace(".", "")]


def _number(match: re.Match[str]) -> list[Token]:
    return [Decimal(re.sub("[, ]", "", match.group()))]


_RULES: list[tuple[re.Pattern[str], Callable[[re.Match[str]], list[Token] | None]]] = [
    (re.compile(rf"{_YEAR}-(?P<month>\d\d)-(?P<day>\d\d)(?!\d)"), _date),
    (re.compile(rf"(?P<day>\d\d?)(?P<dot>[./])(?P<month>\d\d?)(?P=dot){_YEAR}"), _date),
    (re.compile(rf"(?P<month>{_MONTH})\.?\s{_DAYS}(?:(?:,\s*|\s+){_YEAR}|{_DAY_ENDS})"), _date),
    (re.compile(rf"{_DAYS}(?:\sof)?\s(?P<month>{_MONTH})(?:\.?,?\s{_YEAR})?"), _date),
    (re.compile(rf"(?P<month>{_MONTH})\.?,?\s(?:of\s)?{_YEAR}"), _date),
    (re.compile(r"(?P<n>\d+)(?:st|nd|rd|th)(?![^\W_])"), lambda m: [f"{Decimal(m['n'])}th"]),
    (re.compile(r"(?P<n>\d+)'?s(?![^\W_])"), lambda m: [f"{Decimal(m['n'])}s"]),  # "1990s" is not 1990
    (re.compile(r"\d{1,3}(?:,\d{3})+(?!\d)(?:\.\d+)?|\d{1,3}(?: \d{3})+(?!\d)(?:\.\d+)?"), _number),
    (re.compile(r"\d+(?:\.\d+)?|(?<![^\W_])(?<!\.)\.\d+"), _number),
    (re.compile(r"(?:us|hk|nz|[acsr])?\$|[€£¥₽₹%]"), lambda m: [m.group()]),
    (re.compile(r"[\u3040-\u30ff\u3400-\u9fff]"), lambda m: [m.group()]),  # no spaces between words
    (re.compile(r"(?:[^\W\d_]\.)+[^\W\d_](?![^\W_])"), _word),  # "u.s." is "us"
    (re.compile(r"[^\W\d_][^\W_]*(?:'[^\W_]+)*"), _word),
]
_RANGE_DASH = re.compile(r"\s?-\s?(?=\d|[€£¥₽₹$])")


def _scan(text: str) -> list[Token]:
    out: list[Token] = []
    at = 0
    while at < len(text):
        dash = _RANGE_DASH.match(text, at)
        if dash and out and (isinstance(out[-1], Decimal) or out[-1] in _SCALES or out[-1] in _PERCENT):
            out.append("to")
            at = dash.end()
            continue
        for pattern, read in _RULES:
            match = pattern.match(text, at)
            found = read(match) if match else None
            if match and found:
                out += found
                at = match.end()
                break
        else:
            at += 1
    return out


def _number_words(words: list[Token]) -> list[Token]:
    out: list[Token] = []
    at = 0
    while at < len(words):
        word, following = words[at], words[at + 1] if at + 1 < len(words) else ""
        at += 1
        if word == "a" and (following == "hundred" or following in _SCALES):
            word = Decimal(1)
        elif word in _ORDINALS:
            word = f"{_ORDINALS[str(word)]}th"
        elif word in _WORDS:
            value = _WORDS[str(word)]
            tens = word in _TENS
            if tens and 0 < _ORDINALS.get(str(following), 0) < 10:
                word, at = f"{value + _ORDINALS[str(following)]}th", at + 1
            elif tens and 0 < _WORDS.get(str(following), 0) < 10:
                word, at = Decimal(value + _WORDS[str(following)]), at + 1
            else:
                word = Decimal(value)
        if word == "hundred" and out and isinstance(out[-1], Decimal):
            out[-1] *= 100
        elif word == "cent" and out and out[-1] == "per":
            out[-1] = "%"
        else:
            out.append("%" if word in _PERCENT else word)
    return out


class _Quantity(NamedTuple):
    value: Decimal
    scale: int | None
    unit: str | None
    prefixed: bool
    end: int

    def tokens(self) -> list[Token]:
        # Decimal arithmetic keeps 28 digits, so what needs none stays untouched: long digit runs are ids
        total = self.value.scaleb(self.scale) if self.scale else self.value
        power = next((p for p in _NAMED if 10**p <= total < 10**15), None)
        amount: list[Token] = [total.scaleb(-power), _NAMED[power]] if power else [total]
        return amount + ([self.unit] if self.unit else [])


def _quantities(words: list[Token]) -> list[Token]:
    out: list[Token] = []
    at = 0
    while at < len(words):
        first = _quantity(words, at)
        if first is None:
            out.append(_CURRENCIES.get(str(words[at]), words[at]))
            at += 1
            continue
        at = first.end
        second = _quantity(words, at + 1) if at < len(words) and words[at] == "to" else None
        if second is None:
            out += first.tokens()
            continue
        # "20-25 billion dollars" and "$20-25bn": what is said once holds for both ends
        if first.scale is None and not second.prefixed:
            first = first._replace(scale=second.scale)
        unit = first.unit or second.unit
        out += [
            *first._replace(unit=unit).tokens(),
            "to",
            *second._replace(unit=second.unit or unit).tokens(),
        ]
        at = second.end
    return out


def _quantity(words: list[Token], at: int) -> _Quantity | None:
    """[currency] number [scale] [currency or percent sign], from position `at`."""

    def word(i: int) -> Token:
        return words[i] if i < len(words) else ""

    prefix = _SIGNS.get(str(word(at)))
    at += prefix is not None
    value = word(at)
    if not isinstance(value, Decimal):
        return None
    at += 1
    scales = _SCALES | _SHORT_SCALES if prefix else _SCALES
    scale = scales.get(str(word(at)))
    at += scale is not None
    if word(at) == "us" and str(word(at + 1)).startswith("dollar"):
        at += 1
    unit = "%" if word(at) == "%" else _CURRENCIES.get(str(word(at)))
    if unit and word(at) in _SIGNS and isinstance(word(at + 1), Decimal):
        unit = None  # "in 2024 USD 240 billion": it belongs to the next number
    at += unit is not None
    return _Quantity(value, scale, prefix or unit, prefix is not None, at)

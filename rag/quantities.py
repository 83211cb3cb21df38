"""Quantities as people write them: digits, number words, ordinals, scales, currencies, percent and units."""

import re
from dataclasses import dataclass, replace
from decimal import Decimal

from index.dates import DateMention, find_dates
from rag.fractions import find_fractions

_UNITS = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
_UNITS += "seventeen eighteen nineteen"
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_WORDS = {word: n for n, word in enumerate(_UNITS.split())} | {word: 10 * n for n, word in enumerate(_TENS.split(), 2)}
_MULTIPLIERS = {"hundred": 100, "dozen": 12}
_ORDINALS = {"first": 1, "second": 2, "third": 3, "fifth": 5, "eighth": 8, "ninth": 9, "twelfth": 12} | {
    (word[:-1] + "ieth" if word.endswith("y") else word + "th"): n
    for word, n in _WORDS.items()
    if n not in (0, 1, 2, 3, 5, 8, 9, 12)
}
_SCALES = {
    form: exponent
    for exponent, forms in (
        (3, "thousand k"),
        (5, "lakh"),
        (6, "million mn mln m"),
        (7, "crore"),
        (9, "billion bn bln b"),
        (12, "trillion tn trn"),
    )
    for form in forms.split()
}
_CURRENCIES = {
    "$": "usd", "us$": "usd", "usd": "usd", "dollar": "usd", "us dollar": "usd", "€": "eur", "eur": "eur",
    "euro": "eur", "£": "gbp", "gbp": "gbp", "pound": "gbp", "¥": "cny", "cny": "cny", "rmb": "cny",
    "yuan": "cny", "renminbi": "cny", "₽": "rub", "rub": "rub", "ruble": "rub", "rouble": "rub", "yen": "jpy",
    "jpy": "jpy", "₹": "inr", "inr": "inr", "rupee": "inr", "₩": "krw", "krw": "krw", "korean won": "krw", "chf": "chf",
    "franc": "chf", "₺": "try", "lira": "try", "₴": "uah", "uah": "uah", "hryvnia": "uah", "₦": "ngn", "ngn": "ngn",
    "naira": "ngn", "₪": "ils", "ils": "ils", "shekel": "ils", "zar": "zar", "rand": "zar", "pln": "pln",
    "zloty": "pln", "złoty": "pln", "sek": "crown", "nok": "crown", "dkk": "crown", "krona": "crown",
    "kronor": "crown", "krone": "crown", "kroner": "crown", "crown": "crown", "peso": "peso", "brl": "brl",
    "reais": "brl", "shilling": "shilling",
    "dinar": "dinar", "dirham": "dirham", "riyal": "riyal", "rial": "riyal", "baht": "thb", "rupiah": "idr",
    "ringgit": "myr", "forint": "huf", "tenge": "kzt", "taka": "bdt", "florin": "florin", "guilder": "florin",
}  # fmt: skip  # where countries share a name, the name is the unit
MONEY = frozenset(_CURRENCIES.values())
_MEASURES = {
    "cubic metre": "m3", "cubic meter": "m3", "m3": "m3", "barrel": "barrel", "tonne": "tonne", "ton": "tonne",
    "kilometre": "km", "kilometer": "km", "km": "km", "metre": "metre", "meter": "metre", "mile": "mile",
    "millimetre": "mm", "millimeter": "mm", "mm": "mm", "centimetre": "cm", "centimeter": "cm", "cm": "cm",
    "kilogram": "kg", "kilo": "kg", "kg": "kg", "gram": "g", "litre": "litre", "liter": "litre",
    "square kilometre": "km2", "square kilometer": "km2", "km2": "km2", "km²": "km2", "square mile": "square mile",
    "square metre": "m2", "square meter": "m2", "m2": "m2", "m²": "m2", "square foot": "square foot",
    "square feet": "square foot", "hectare": "hectare", "acre": "acre", "foot": "foot", "feet": "foot", "inch": "inch",
    "inche": "inch", "yard": "yard", "ounce": "ounce", "degree": "degree", "watt": "w", "kilowatt": "kw", "kw": "kw",
    "megawatt": "mw", "mw": "mw", "gigawatt": "gw", "gw": "gw", "terawatt": "tw", "kilowatt hour": "kwh", "kwh": "kwh",
    "megawatt hour": "mwh", "mwh": "mwh", "gigawatt hour": "gwh", "gwh": "gwh", "terawatt hour": "twh", "twh": "twh",
    "decade": "year", "century": "year", "centurie": "year",
    "year": "year", "month": "month", "week": "week", "day": "day", "hour": "hour", "minute": "minute",
}  # fmt: skip
_YEARS_IN = {"decade": 10, "decades": 10, "century": 100, "centuries": 100}
_PERCENT = r"%|per\s?cent(?:age)?(?:\s+points?)?|percent(?:age)?(?:\s+points?)?"
_DIGITS = r"\d{1,3}(?:[,\u00a0\u202f' ]\d{3})+(?!\d)(?:\.\d+)?|\d+(?:\.\d+)?"
_CARDINAL = "|".join(sorted([*_WORDS, *_MULTIPLIERS], key=len, reverse=True))
_RANK = "|".join(sorted(_ORDINALS, key=len, reverse=True))
_JOINT = r"(?:-|\s+(?:and\s+)?)"
# (?a: because IGNORECASE would take "ſ" for s and "ı" for i, which no table below holds
_SCALE = r"(?a:thousand|million|billion|trillion|lakh|crore|bln|mln|trn|bn|mn|tn|[kmb](?![a-z]))"
_UNIT_WORD = "|".join(
    word.replace(" ", r"[\s-]+") + "s?"
    for word in sorted([*_MEASURES, *(word for word in _CURRENCIES if word[0].isalpha())], key=len, reverse=True)
    if "$" not in word
)
_NUMBER = re.compile(
    rf"""(?<![\w.,])(?<![^\W\d]-)(?<!\b(?:19|20)\d\d-)
    (?P<currency>(?a:us\$|usd|eur|gbp|cny|rmb|rub|inr|krw|chf|uah|ngn|ils|zar|pln|sek|nok|dkk|brl|[$€£¥₽₹₩₺₴₦₪]))?\s?
    (?:(?P<digits>{_DIGITS})(?P<ordinal>st|nd|rd|th)?
      |(?P<words>(?:half\s+)?an?(?=[\s-](?:thousand|million|billion|trillion)\b)
        |an?(?=\s+(?:decade|century)\b)|(?:a\s+(?=hundred|dozen))?
          (?:(?:{_CARDINAL})(?:{_JOINT}(?:{_CARDINAL}))*(?:{_JOINT}(?:{_RANK}))?|{_RANK}))(?![a-z]|-way\b))
    (?:[\s-]?(?P<scale>{_SCALE})\b(?:\s+(?:{_SCALE})\b)*)?
    (?:\.?\s?(?P<percent>{_PERCENT})(?!\w) | \s?(?P<bcm>bcm)\b | [\s-]*(?:of\s+)?(?P<unit>{_UNIT_WORD})\b)?
    """,
    re.IGNORECASE | re.VERBOSE,
)
_RANGE = re.compile(r"\s?(?:-|–|—|to|and|or)\s?", re.IGNORECASE)
_APPROXIMATE = re.compile(
    r"\b(?:about|around|roughly|approximately|nearly|almost|some|circa|close\s+to|an?\s+estimated)\s+(?:\w+\s+)?[$€£]?$",
    re.IGNORECASE,
)
# "fell to −12 °C", "minus 2%"; not "20 -25", "a 5-10", "COVID-19" or "- 12 items"
_MINUS = re.compile(r"(?:(?:\A|[\s(\[])(?<!\d\s)(?:−|-|–)[$€£]?|\bminus\s+[$€£]?)\Z")
SIGN_CHARS = 10
APPROXIMATE_CHARS = 60  # "about" stands right before its number
MAX_DIGITS = 100  # more are an identifier, and Decimal overflows at a million of them
# "one" counts only before a unit, "second" only as a rank: both are mostly other words
_NOT_A_COUNT = re.compile(r"(?:one|second|seconds|first)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Quantity:
    """`value` with scale applied; `unit` is a currency code, "percent", "share" (a fraction, as per cent), "ordinal",
    a measure, or None."""

    start: int
    end: int
    value: Decimal
    unit: str | None
    step: Decimal  # worth of the last digit shown, for comparing rounded values
    approximate: bool

    def equals(self, source: "Quantity") -> bool:
        """True when `source` states this quantity: same unit, same value, or rounded to it after "about"."""
        dropped = self.unit is None and source.unit not in ("percent", "share", "ordinal")  # "240 billion" of "$240bn"
        if self.unit != source.unit and not dropped and {self.unit, source.unit} != {"percent", "share"}:
            return False
        if self.value == source.value:
            return True
        return self.approximate and abs(self.value - source.value) <= self.step / 2


def find_quantities(text: str, dates: list[DateMention] | None = None) -> list[Quantity]:
    """Quantities of `text` in reading order, outside its dates (found again unless given)."""
    dates = find_dates(text) if dates is None else dates
    fractions = [_share(*fraction, text) for fraction in find_fractions(text)]
    taken: list[Quantity | DateMention] = [*dates, *fractions]
    found: list[Quantity] = []
    for match in _NUMBER.finditer(text):
        start = match.start() + len(match.group()) - len(match.group().lstrip())
        if any(other.start < match.end() and start < other.end for other in taken):
            continue
        quantity = _quantity(match, start, text)
        if quantity is None:
            continue
        if found and _RANGE.fullmatch(text[found[-1].end : quantity.start]):
            found[-1:] = _range(found[-1], quantity, _scale(match))
        else:
            found.append(quantity)
    return sorted([*found, *fractions], key=lambda quantity: quantity.start)


def _share(start: int, end: int, percent: Decimal, text: str) -> Quantity:
    """A fraction as per cent; a third is 33% as well as 33.3%."""
    is_round = percent == percent.to_integral_value() and not _is_approximate(text, start)
    return Quantity(start, end, percent, "share", Decimal(1), not is_round)


def _is_approximate(text: str, at: int) -> bool:
    return bool(_APPROXIMATE.search(text[max(0, at - APPROXIMATE_CHARS) : at]))


def _quantity(match: re.Match[str], start: int, text: str) -> Quantity | None:
    digits, words = match["digits"], match["words"]
    unit = _unit(match)
    if digits and len(digits) > MAX_DIGITS:
        return None
    if digits:
        value = Decimal(re.sub(r"[^\d.]", "", digits))
        step = Decimal(1).scaleb(-len(digits.partition(".")[2]))
        if "." not in digits:
            whole = re.sub(r"\D", "", digits)
            groups = (len(whole) - len(whole.rstrip("0"))) // 3 if whole.strip("0") else 0
            step *= Decimal(1000) ** groups  # "14,000" shows thousands; "240" may be exact
    else:
        parsed = _parse_words(words.lower())
        if parsed is None or (
            not unit and not match["scale"] and _NOT_A_COUNT.fullmatch(words) and words.lower() != "first"
        ):
            return None
        value, ordinal = parsed
        step = Decimal("0.1") if value == Decimal("0.5") else Decimal(1)
        unit = "ordinal" if ordinal else unit
    if match["ordinal"]:
        unit = "ordinal"
    if match["bcm"]:
        unit = "m3"
    sign = -1 if _MINUS.search(text[max(0, start - SIGN_CHARS) : start]) else 1
    scale = sign * _scale(match) * _YEARS_IN.get((match["unit"] or "").lower(), 1)
    if scale != 1:  # multiplying rounds to 28 digits
        value, step = value * scale, step * abs(scale)
    end = match.end() - (len(match.group()) - len(match.group().rstrip()))
    return Quantity(start, end, value, unit, step, _is_approximate(text, start))


def _scale(match: re.Match[str]) -> Decimal:
    """What a number is multiplied by: 1 without "million", "bn" or "bcm"."""
    if match["bcm"]:
        return Decimal(10) ** 9
    return Decimal(10) ** _SCALES[match["scale"].lower()] if match["scale"] else Decimal(1)


def _unit(match: re.Match[str]) -> str | None:
    if match["currency"]:
        return _CURRENCIES[match["currency"].lower()]
    if match["percent"]:
        return "point" if "point" in match["percent"].lower() else "percent"
    word = re.sub(r"[\s-]+", " ", (match["unit"] or "").lower())
    for singular in (word, word.removesuffix("s")):
        if singular in _CURRENCIES or singular in _MEASURES:
            return _CURRENCIES.get(singular) or _MEASURES[singular]
    return None


def _parse_words(words: str) -> tuple[Decimal, bool] | None:
    if words.endswith(("a", "an")):  # of "a million", "half a million"
        return Decimal("0.5") if words.startswith("half") else Decimal(1), False
    total, ordinal = 0, False
    for word in re.findall(r"[a-z]+", words):
        if word in _MULTIPLIERS:
            total = max(total, 1) * _MULTIPLIERS[word]
        elif word in _WORDS:
            total += _WORDS[word]
        elif word in _ORDINALS:
            total, ordinal = total + _ORDINALS[word], True
        elif word not in ("a", "and"):
            return None
    return Decimal(total), ordinal


def _range(low: Quantity, high: Quantity, scale: Decimal) -> list[Quantity]:
    """Both ends of "USD 20-25 billion", with the unit and scale that only one of them shows.

    `scale` is what `high` was written with.
    """
    carried = high.unit is None and low.unit in _CURRENCIES.values()
    if low.unit and low.unit != high.unit and not carried:
        return [low, high]  # "up 5% to $30bn" is no range, nor is "up 2% to 3,500"
    unit = low.unit or high.unit
    if scale != 1 and low.value < 1000:
        low = replace(low, value=low.value * scale, step=low.step * scale)
    return [
        replace(low, unit=unit),
        replace(high, unit=unit, approximate=high.approximate or low.approximate),
    ]

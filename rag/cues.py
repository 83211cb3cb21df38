"""Small words that turn a sentence: negation, doubt, quantifiers, bounds, tense."""

import re


def _any(*alternatives: str) -> re.Pattern[str]:
    joined = "|".join(word for group in alternatives for word in group.split()).replace("_", r"\s+")
    return re.compile(rf"\b(?:{joined})\b", re.IGNORECASE)


NEGATIVE = re.compile(
    r"(?:\b(?:not|no|never|none|nobody|nothing|nowhere|neither|nor|without|cannot|unable|hardly|barely|scarcely"
    r"|(?:refus(?:e|es|ed|al)|fail(?:s|ed|ure)?)(?=\s+to\b))\b|n[’']t\b)(?!\s+(?:only|(?:more|less|fewer|later)\s+than)\b)",
    re.IGNORECASE,
)
# Negative verbs: they are words of the statement too, so it is enough that both sides have one.
DENYING = _any(
    "den(?:y|ies|ied|ial) refus(?:e|es|ed|al) reject(?:s|ed|ion)? dismiss(?:es|ed)? fail(?:s|ed|ure)? lack(?:s|ed)?",
    "wrong(?:ly)? false(?:ly)? untrue myth unclear unproven doubt(?:s|ed|ful)? disput(?:e|es|ed) disprov(?:e|es|ed|en)",
    "refut(?:e|es|ed) debunk(?:s|ed) rul(?:e|es|ed|ing)_out withdr(?:aws?|ew|awn) retract(?:s|ed) annul(?:s|led)",
    "overturn(?:s|ed) pretend(?:s|ed)? dream(?:s|ed|t)? imagin(?:e|es|ed) suppos(?:e|es) stop(?:s|ped)_short lie[sd]",
    "little_evidence",
)
# Kinds of doubt: a statement has those of the cited words, no fewer and no others.
DOUBTS = {
    "possible": re.compile(r"\b(?:may|[Mm]ight|[Cc]ould|[Pp]ossibl[ey]|[Pp]erhaps|[Pp]otential(?:ly)?|[Ww]hether)\b"),
    "likely": _any("(?:un)?likely probabl[ey] expect(?:s|ed|ation)? forecasts? predict(?:s|ed|ion)? estimate[sd]?"),
    "future": _any("will shall would going_to set_to due_to_(?!the|an?|its?|their) (?:is|are|was|were)_to"),
    "intended": _any(
        "plan(?:s|ned|ning)? aim(?:s|ed)? hope[sd]? intend(?:s|ed)? seeks? sought propos(?:e|es|ed|al) want(?:s|ed)?",
        "consider(?:s|ed|ing) threaten(?:s|ed) urge[sd]? demand(?:s|ed) call(?:s|ed)_(?:for|on) ask(?:s|ed)_(?:for|to)",
        "tr(?:y|ies|ied|ying)_to attempt(?:s|ed) offer(?:s|ed)_to promise[sd]? should must supposed_to meant_to",
    ),
    "claimed": _any(
        "claim(?:s|ed)? reported(?:ly)? alleg(?:e|es|ed|edly|ation) apparently suggest(?:s|ed)? suspect(?:s|ed)?",
        "believe[sd]? thinks? thought argue[sd]? fear(?:s|ed)? accuse[sd]? insist(?:s|ed)? rumou?r(?:s|ed)?",
    ),
    "conditional": _any("if unless provided_that in_case otherwise (?:would|could|should)_have"),
    "limited": _any("until except excluding as_long_as"),
    "asked": re.compile(r"\?"),
}
# What a statement may not add.
ADDED = {
    "all": _any("all every each both entire whole always everyone everybody everything completely entirely fully"),
    "most": _any("(?<!\\bat\\s)most mostly mainly largely usually majority"),
    "alone": _any("only solely exclusively merely alone"),
    "a cause": _any("because due_to owing_to thanks_to as_a_result therefore so_that cause[sd]? leads?_to led_to"),
    "an order": _any("before after"),
    "others": _any("others? another"),
    "a degree": re.compile(r"\b(?:more|less|fewer)\b(?!\s+than\b)|\btwice\b", re.IGNORECASE),
    "the same degree": re.compile(r"\bas\s+(?!(?:long|soon|far|well|much|many)\b)\w+\s+as\b", re.IGNORECASE),
}
# What a statement may not drop before a word that it keeps.
NARROWING = re.compile(
    r"\b(?:some|several|many|few|most|certain|numerous|half|majority|minority|parts?|portion|partly|partially|nearly|almost"
    r"|(?:more|less|fewer)(?!\s+than\b)|sometimes|often|usually|mostly|mainly|largely|former|ex|acting|deputy|vice|interim|so-called|would-be|failed"
    r"|attempted|false|fake|(?:one|two|three|four|five|six|seven|eight|nine|ten|\d+|percent|per\s+cent|third|quarter)"
    r"(?=\s+of\s+(?:the|its|their|all|these|those)\b)|(?:second|third|fourth|fifth)(?=[\s-]+\w+est\b))"
    r"(?:[\s-]+of)?(?:[\s-]+(?:the|its|their|all|these|those|an?))?[\s-]+(?P<word>\w+)",
    re.IGNORECASE,
)
# Bounds and approximations of a value, each group one meaning, before it and behind it.
_BOUNDS = (
    (
        r"(?<!no )(?<!not )(?:more than|over|above|exceeding)|at least|upwards? of|not? (?:less|fewer) than|minimum of",
        r"or (?:more|over|above)|at (?:the )?least|plus",
    ),
    (
        r"(?<!no )(?<!not )(?:less than|fewer than|under|below)|up to|at most|not? more than|as (?:many|much) as"
        r"|maximum of",
        r"or (?:less|fewer|under)|at (?:the )?most",
    ),
    ("almost|nearly|close to", "or almost"),
    ("about|around|roughly|approximately|some|circa|an estimated", "or so"),
)
_BOUND_PATTERNS = [
    (
        re.compile(rf"\b(?:{before})\s+(?:\w+\s+)?[$€£]?$", re.IGNORECASE),
        re.compile(rf"\s+(?:\w+\s+)?(?:{behind})\b", re.IGNORECASE),
    )
    for before, behind in _BOUNDS
]
LEAST, MOST = 0, 1
LOOSE = {2, 3}  # "almost", "about": a statement may add them, and say one for the other
BOUND_CHARS = 30  # a bound stands right beside its number
FRACTION = _any("half halves thirds? quarters? fifths? tenths? majority dozens hundreds thousands millions billions")
PAST = _any("was were had")
PRESENT = re.compile(
    r"\b(?:is|are|(?:has|have)(?!\s+(?:\w+ly\s+|not\s+|never\s+|also\s+)?(?:been|\w+e[dn])\b))\b", re.IGNORECASE
)


def bounds(text: str, start: int, end: int) -> set[int]:
    """The groups of `_BOUNDS` that the value at [start, end) of `text` stands under."""
    before, behind = text[max(0, start - BOUND_CHARS) : start], text[end:]
    return {group for group, (left, right) in enumerate(_BOUND_PATTERNS) if left.search(before) or right.match(behind)}

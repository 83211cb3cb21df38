"""Page noise: what surrounds a text on its page and is never answered from.

Noise is recognised as spans of the stored text, which itself stays as it was read. English phrases name the
commonest furniture; repetition and position, which need no language, catch the rest.
"""

import re
from collections import Counter
from collections.abc import Sequence
from itertools import groupby, pairwise

from index.blocks import Block, find_blocks
from index.folding import folded

_FURNITURE = re.compile(
    r"""^\W*(?:\d+[.)]\s*)?(?:
      skip\s+to\s | (?:jump|go)\s+to\s+(?:the\s+)?(?:main|content|navigation|top|comments)\b | back\s+to\s+top
    | (?:main\s+)?(?:menu|navigation)$ | home$ | search$
    | (?:accept|reject)\s+(?:all|cookies) | (?:log|sign)\s*(?:in|up|out)\s+(?:to|for|with|now|here)\b | subscribe\b
    | share(?:\s+(?:this|on|via|article).*)?$ | copy\s+link | follow\s+us | join\s+our
    | get\s+(?:the|our)\s.*(?:newsletter|inbox)
    | (?:copyright\W+(?:©|\(c\)|\d{4})|©|\(c\)) | all\s+rights\s+reserved | privacy\s+policy | contact\s+us
    | terms\s+(?:of\s+(?:use|service|sale)|and\s+conditions)\b
    | (?:image|photo|picture|credit|source\s+image|graphic)s?\s*: | explore\s+\w+[’']s\b
    | \d+\s+min(?:ute)?s?\s+read\b | https?://\S+$
    )""",
    re.IGNORECASE | re.VERBOSE,
)
# Words that open furniture and open sentences: "Share prices rose", "Email was invented in 1971".
_FURNITURE_UNLESS_SENTENCE = re.compile(
    r"""^\W*(?:\d+[.)]\s*)?(?:
      (?:jump|go)\s+to\s | (?:main\s+)?(?:menu|navigation)\b | (?:log|sign)\s*(?:in|up|out)\b | share\W+\w
    | (?:tweet|e-?mail|print|whatsapp)\b | newsletter\b | copyright\b | terms\s+(?:of|and)
    | advertis(?:ement|ing)\b | sponsored\b | promoted\b
    )""",
    re.IGNORECASE | re.VERBOSE,
)
_ANYWHERE = re.compile(
    r"\bwe\s+use\s+cookies|\bcookie\s+(?:settings|policy)|\ball\s+rights\s+reserved|\bunsubscribe\b"
    r"|\b(?:forward|send)\s+(?:it|this)\s+to\s+a\s+friend"
    r"|\bjoin\s+\d[\d,. ]{0,20}+(?:[a-z]+\s+)?(?:readers|subscribers)"
    r"|\b(?:to|for)\s+our\s+(?:\w+\s+){0,3}newsletter|Image:\s*\S+",
    re.IGNORECASE,
)
_LIST_FOLLOWS = re.compile(
    r"""^\W*(?:
      (?:you\s+)?(?:may|might)\s+(?:also\s+)?(?:like|enjoy|be\s+interested).*
    | (?:related|recommended|popular|trending|latest|featured|top|other)
      \s+(?:stories|articles|posts|news|reading|content|links|headlines) | related | recommended | trending
    | (?:most|more)\s+(?:read|popular|viewed|shared|stories|news|headlines)(?:\s.*)? | more\s+(?:from|on|in)\s.{1,60}
    | (?:read|see)\s+(?:more|also|next)(?:\s.*)? | (?:recent|editors?[’']?s?)\s+(?:features|picks|posts|articles)
    | in\s+case\s+you\s+missed\s+it | from\s+around\s+the\s+web | also\s+(?:read|on\s+this\s+site|in\s+this\s+section)
    )\W*$""",
    re.IGNORECASE | re.VERBOSE,
)
# Text that speaks to a model instead of a reader: never a statement about the world, whatever it claims.
_TO_A_MODEL = re.compile(
    r"\b(?:ignore|disregard|forget|override)\s+(?:all\s+|any\s+|the\s+|your\s+|every\s+|of\s+)*"
    r"(?:(?:previous|prior|above|earlier|preceding|other|system)\s+)+(?:\w+\s+)?(?:instruction|prompt|direction|message|text)s?\b"
    r"|\bsystem\s+prompt\s*:|\byou\s+are\s+(?:now\s+)?(?:an?\s+)?(?:AI|(?:large\s+)?language\s+model|assistant|chatbot)\b"
    r"|\b(?:note|notice|message|instructions?|attention)\s+(?:to|for)\s+(?:the\s+|any\s+|all\s+)*"
    r"(?:AI|language\s+models?|assistants?|chatbots?|LLMs?)\b"
    r"|<\|?(?:im_start|im_end|system|assistant|user)\|?>|\[/?INST\]",
    re.IGNORECASE,
)
_PAGE_NUMBER = re.compile(r"^\W*(?:page\s+)?\d{1,4}(?:\s*(?:/|of)\s*\d{1,4})?\W*$", re.IGNORECASE)
_SENTENCE_END = re.compile(r"[.!?…][\"'”’»)\]]*$")
REPEAT_CHARS = 12  # a shorter repeated line (a table cell, "Yes") may be content
SENTENCE_WORDS = 5  # "Advertisement. Story continues below." has four
SHORT_WORDS = 30  # furniture is short; a paragraph that opens with "Search" is not furniture
COOKIE_WORDS = 70
TABLE_LINES = 3  # a header and its rule or two rows, at least


def clean_blocks(text: str, media_type: str, page_starts: Sequence[int] = ()) -> list[Block]:
    """The blocks of `text` that carry content, in order; noise is what they leave out."""
    blocks = find_blocks(text, media_type, skip=_running_lines(text, page_starts))
    rows = _table_rows(blocks)
    kept: list[Block] = []
    seen: set[str] = set()
    in_list = False
    for block in blocks:
        shown = text[block.start : block.end]
        key = folded(shown).casefold().strip(" #*_")
        heads_list = bool(_LIST_FOLLOWS.match(key)) and not _is_sentence(shown)
        in_list = heads_list or (in_list and not _reads_as_prose(block, shown))
        repeated = key in seen and len(key) >= REPEAT_CHARS
        seen.add(key)
        if not (in_list or repeated or block.kind == "rule" or is_noise(shown, block.start in rows)):
            kept.append(block)
    if any(block.kind != "heading" for block in kept):
        while kept[-1].kind == "heading":
            kept.pop()  # a heading with nothing below it advertises another page
    return kept


def is_noise(shown: str, in_table: bool = False) -> bool:
    """True for one block that is page furniture, or that addresses a model instead of a reader."""
    words = len(shown.split())
    opens = _FURNITURE.match(shown) or (not _is_sentence(shown) and _FURNITURE_UNLESS_SENTENCE.match(shown))
    if words <= SHORT_WORDS and (opens or (not in_table and _is_breadcrumb(shown))):
        return True
    return (words <= COOKIE_WORDS and bool(_ANYWHERE.search(shown))) or bool(_TO_A_MODEL.search(shown))


def _table_rows(blocks: list[Block]) -> set[int]:
    """Offsets of the rows that stand together; a line of menu stands alone or in two."""
    rows: set[int] = set()
    for tabular, run in groupby(blocks, key=lambda block: block.kind in ("row", "rule")):
        starts = [block.start for block in run]
        if tabular and len(starts) >= TABLE_LINES:
            rows.update(starts)
    return rows


def _is_sentence(shown: str) -> bool:
    return len(shown.split()) >= SENTENCE_WORDS and bool(_SENTENCE_END.search(shown))


def _reads_as_prose(block: Block, shown: str) -> bool:
    return block.kind == "paragraph" and bool(_SENTENCE_END.search(shown)) and len(shown.split()) > 20


def _is_breadcrumb(shown: str) -> bool:
    parts = re.split(r"\s[|›»>•/]\s", shown)
    return (
        len(parts) >= 2 and "\n" not in shown and not shown.startswith("|") and all(len(p.split()) <= 4 for p in parts)
    )


def _running_lines(text: str, page_starts: Sequence[int]) -> frozenset[int]:
    """Offsets of the header and footer lines of pages: page numbers, and lines that recur at page edges."""
    edges: list[tuple[int, str, str]] = []
    pages: Counter[str] = Counter()  # on how many pages a line stands, whatever its numbers
    for start, end in pairwise([*page_starts, len(text)]):
        lines = [(start + m.start(), m.group()) for m in re.finditer(r"[^\n]+", text[start:end]) if m.group().strip()]
        edge = [(at, line, re.sub(r"\d+", "#", line.strip())) for at, line in dict(lines[:2] + lines[-2:]).items()]
        edges += edge
        pages.update({shape for _, _, shape in edge})
    return frozenset(at for at, line, shape in edges if _PAGE_NUMBER.match(line) or pages[shape] > 1)

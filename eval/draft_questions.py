"""A question that asks for one value of a sentence: by moving words where the parse is sure of it, else with a gap.

The tower rises to 88 metres.        To how many metres does the tower rise?
The bridge was built in 1901.        When was the bridge built?
Twelve ships left.                   How many ships left?
He met Olga Brandt in the harbour.   Complete from the document: "He met ___ in the harbour."
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from index.dates import DateMention
from rag.names import Name
from rag.parse import Reading, Token, parse
from rag.quantities import Quantity

Value = Quantity | DateMention | Name

_TAKES_MONEY = frozenset("cost pay spend earn owe total".split())
_WHEN = frozenset({"in", "on"})  # "since 1901" is not asked for by "When"
_UNDER = frozenset("to for in at by from over into".split())  # "To how many metres does it rise?"
_TANGLED = re.compile(r"[:;()\[\]“”\"—–]|\s-\s")
_DO = {"VBZ": "does", "VBP": "do", "VBD": "did"}
GAP = "___"


@dataclass(frozen=True, slots=True)
class Asked:
    text: str
    natural: bool  # False: the sentence with a gap


@dataclass(frozen=True, slots=True)
class _Sentence:
    text: str
    reading: Reading
    starts: tuple[int, ...]  # of each token in `text`

    def end(self, token: Token) -> int:
        return self.starts[token.at] + len(token.text)

    def span(self, token: Token) -> tuple[int, int]:
        """The characters of `token` and all that hangs on it."""
        held = [token]
        for above in held:
            held += self.reading.children[above.at]
        return min(self.starts[t.at] for t in held), max(self.end(t) for t in held)


def ask_for(text: str, value: Value) -> Asked | None:
    """A question about the sentence `text`, in which white space is single, whose answer is `value`; None for what is
    a name in form only ("Western companies")."""
    reading = parse([text])
    starts = _starts(text, reading.tokens)
    if starts is None:
        return None
    sentence = _Sentence(text, reading, starts)
    if isinstance(value, Name):
        last = next((t for t in reading.tokens if sentence.end(t) == value.end), None)
        if last is None or last.part != "PROPN" or last.role in ("amod", "compound", "nmod"):
            return None
    elif moved := _moved(sentence, value):
        return Asked(moved, True)
    return Asked(f'Complete from the document: "{text[: value.start]}{GAP}{text[value.end :]}"', False)


def _moved(sentence: _Sentence, value: Quantity | DateMention) -> str | None:
    reading, text = sentence.reading, sentence.text
    roots = [t for t in reading.tokens if t.head == t.at]
    held = [t for t in reading.tokens if t.value and t.value.start <= value.start and value.end <= t.value.end]
    if len(roots) != 1 or len(held) != 1 or _TANGLED.search(text):
        return None
    root, head = roots[0], held[0]
    if any(t.is_verb and t.text[0] in "'’" for t in reading.tokens):  # "it's" cannot be turned round
        return None
    if not root.is_verb or reading.has(root, "neg", "conj", "parataxis", "ccomp", "preconj"):
        return None
    if isinstance(value, DateMention):
        under = reading.tokens[head.head]
        phrase = under if head.role == "pobj" and under.form in _WHEN else head
        exact = sentence.span(phrase)[1] == value.end and sentence.span(head)[0] == value.start
        placed = phrase.head == root.at and (phrase is not head or head.role == "npadvmod")
        return _inverted(sentence, root, "When", sentence.span(phrase)) if exact and placed else None
    return _how_many(sentence, root, head, value)


def _how_many(sentence: _Sentence, root: Token, head: Token, value: Quantity) -> str | None:
    reading, text = sentence.reading, sentence.text
    noun = reading.tokens[head.head] if head.role == "nummod" else head
    under = reading.tokens[noun.head]
    start, end = sentence.span(noun)
    if start != value.start or value.unit == "ordinal":  # "about 88 metres", "the four arches"
        return None
    numbers = [t for t in reading.tokens if start <= sentence.starts[t.at] < end and t.tag == "CD"]
    if noun.tag == "NNS" and numbers:
        asked = "how many " + text[sentence.end(numbers[-1]) : end].lstrip(" -")
    elif end != value.end:
        return None
    elif (root.lemma in _TAKES_MONEY and text[start] in "$€£¥") or (under.form == "by" and value.unit == "percent"):
        asked = "how much"
    else:
        return None
    if noun.role in ("nsubj", "nsubjpass") and noun.head == root.at and start == 0:
        return f"{_capital(asked)}{text[end:].rstrip('.')}?"
    if noun.role in ("dobj", "attr", "npadvmod") and noun.head == root.at:
        return _inverted(sentence, root, _capital(asked), (start, end))
    if noun.role == "pobj" and under.form in _UNDER and under.head == root.at and sentence.end(under) == start - 1:
        return _inverted(sentence, root, f"{under.text.capitalize()} {asked}", sentence.span(under))
    return None


def _inverted(sentence: _Sentence, root: Token, asked: str, gone: tuple[int, int]) -> str | None:
    """`asked`, the auxiliary, the subject and the rest of the sentence without the characters of `gone`."""
    reading, text = sentence.reading, sentence.text
    subjects = reading.has(root, "nsubj", "nsubjpass", "expl")
    if len(subjects) != 1:
        return None
    start, end = sentence.span(subjects[0])
    before = text[:start] if gone[0] >= start else text[: gone[0]] + text[gone[1] : start]
    if before.strip(" ,") or (gone[0] < end and gone[1] > start):  # words before it, or a part of it asked for
        return None
    auxiliaries = [t for t in reading.has(root, "aux", "auxpass") if t.at < root.at and t.tag != "TO"]
    subject = text[start:end]
    first = reading.tokens[next(t.at for t in reading.tokens if sentence.starts[t.at] >= start)]
    if first.part != "PROPN" and (len(first.text) == 1 or not first.text.isupper()):
        subject = subject[0].lower() + subject[1:]
    if auxiliaries or root.lemma == "be":
        moved = auxiliaries[0] if auxiliaries else root
        verb, rest = moved.text, _cut(text, sentence.end(moved), gone)
        between = text[end : sentence.starts[moved.at]]
    elif root.tag in _DO:
        verb, rest = _DO[root.tag], f"{root.lemma} {_cut(text, sentence.end(root), gone)}"
        between = text[end : sentence.starts[root.at]]
    else:
        return None
    said = " ".join(f"{asked} {verb} {subject} {between} {rest}".split())
    return f"{said.rstrip(' .')}?" if "," not in said else None  # where there are commas, the parse is often wrong


def _cut(text: str, start: int, gone: tuple[int, int]) -> str:
    """`text` from `start` on, without the characters of `gone`."""
    return text[start : max(start, gone[0])] + text[max(start, gone[1]) :]


def _starts(text: str, tokens: Sequence[Token]) -> tuple[int, ...] | None:
    at, starts = 0, []
    for token in tokens:
        at = text.find(token.text, at)
        if at < 0:  # the parser read something else: marks of Markdown are left out
            return None
        starts.append(at)
        at += len(token.text)
    return tuple(starts)


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]

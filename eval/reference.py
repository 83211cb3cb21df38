"""An answer held against a reference answer, word by word: no judge model, the same texts always score the same."""

import math
import re
import string
from collections import Counter
from collections.abc import Iterable, Sequence
from decimal import Decimal

from eval.normalise import Token, tokens
from rag.terms import STOP_WORDS, stem_of

# What a reference says and an answer leaves out weighs more with people than what the answer says beyond it: F-beta
# with beta 2 (van Rijsbergen 1979). docs/evaluation.md, "RAGChecker pairs", has the figures for 1, 2 and 3.
BETA = 2.0
VALUE_WEIGHT = 2.0  # a wrong number is a wrong answer: it counts as two words, as in rag.claims.coverage
_MARKER = re.compile(r"\[\d+(?:\s?[,-]\s?\d+)*\]")  # a citation is no part of what is said


def token_f1(answer: str, references: Iterable[str]) -> float:
    """The best F1, in [0, 1], of the words of `answer` against one of `references`, normalised as SQuAD does: lower
    case, without punctuation and articles (Rajpurkar et al. 2016). Two empty texts agree."""
    return max((_token_f1(_squad_words(answer), _squad_words(reference)) for reference in references), default=0.0)


def _token_f1(answer: Sequence[str], reference: Sequence[str]) -> float:
    if not answer or not reference:
        return float(answer == reference)
    same = sum((Counter(answer) & Counter(reference)).values())
    return 2 * same / (len(answer) + len(reference))


def _squad_words(text: str) -> list[str]:
    bare = "".join(char for char in text.lower() if char not in string.punctuation)
    return [word for word in bare.split() if word not in ("a", "an", "the")]


class AnswerScore:
    """How much of a reference an answer says, in [0, 1], for answers of any length.

    Both are taken as sets of content words (Porter stems) and values (numbers as `eval.normalise` reads them). Each
    weighs as much as it is rare in `texts` (inverse document frequency as in BM25), a value `VALUE_WEIGHT` times that.
    The score is the F-beta of the weights they share. What it cannot see: negation, roles, other words for the same.
    """

    def __init__(self, texts: Iterable[str]) -> None:
        found = [_terms(text) for text in texts]
        self._texts = len(found)
        self._frequency = Counter(term for terms in found for term in terms)

    def __call__(self, answer: str, reference: str) -> float:
        said, wanted = _terms(answer), _terms(reference)
        shared = self._weigh(said & wanted)
        if not shared:
            return 0.0
        precision, recall = shared / self._weigh(said), shared / self._weigh(wanted)
        return (1 + BETA**2) * precision * recall / (BETA**2 * precision + recall)

    def _weigh(self, terms: Iterable[Token]) -> float:
        weights = (self._idf(term) * (VALUE_WEIGHT if isinstance(term, Decimal) else 1.0) for term in terms)
        return math.fsum(weights)  # exact: a set has no order, and a sum would differ in its last digit with it

    def _idf(self, term: Token) -> float:
        n = self._frequency[term]
        return math.log(1 + (self._texts - n + 0.5) / (n + 0.5))


def _terms(text: str) -> frozenset[Token]:
    found = tokens(_MARKER.sub(" ", text))
    return frozenset(t if isinstance(t, Decimal) else stem_of(t) for t in found if t not in STOP_WORDS)

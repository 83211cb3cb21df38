"""Answers that are no sentence: "three days" is shown as the sentence that says so."""

from collections.abc import Sequence

from index.folding import folded, locate
from index.types import Sentence, Span
from rag.quantities import Quantity, find_quantities
from rag.terms import stems, words
from rag.verify import value_breaches

FRAGMENT_WORDS = 6


def sentence_with(text: str, sentences: Sequence[Sentence]) -> tuple[Span, str | None] | None:
    """For a fragment ("three days"), the first sentence that has it and more, word for word or as the same value;
    with the words themselves where they stand there."""
    if len(words(text)) > FRAGMENT_WORDS or not any(len(stem) > 1 or stem.isdigit() for stem in stems(text)):
        return None
    wanted = folded(text).strip("\"' .,;:")
    forms = dict.fromkeys([wanted, wanted[:1].lower() + wanted[1:]])  # a fragment may open like a sentence
    longer = [sentence for sentence in sentences if len(words(sentence.text)) > len(words(text))]
    for sentence in longer:
        places = [place for form in forms for place in locate(form, sentence.text)]
        if places:
            start, end = places[0]
            return sentence.span, sentence.text[start:end]
    values = find_quantities(text)
    if values:
        named = stems(_without(values, text))
        for sentence in longer:
            if named <= stems(sentence.text) and not value_breaches(text, [sentence.text], [], ""):
                return sentence.span, None
    return None


def _without(values: Sequence[Quantity], text: str) -> str:
    for value in reversed(values):
        text = f"{text[: value.start]} {text[value.end :]}"
    return text

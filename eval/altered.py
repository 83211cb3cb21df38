"""Whether citation lookup sees what was changed: sentences of a library, each changed in one way, and their verdicts.

python -m eval.altered --library DIR [--sentences 60]
"""

import argparse
import random
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from index.library import Index
from rag.find import find
from rag.terms import STOP_WORDS

WORDS = 6  # of a sentence that is changed, at least
Change = Callable[[str], str]


def changes(vocabulary: list[str], rng: random.Random) -> dict[str, Change]:
    """By name, what is done to a sentence; one that it cannot be done to comes back as it was."""

    def word(keep: int) -> Change:
        def change(sentence: str) -> str:
            words = sentence.split()
            places = [at for at, found in enumerate(words) if _is_content(found)]
            if places:
                at = rng.choice(places)
                words[at : at + 1] = [*words[at : at + keep], rng.choice(vocabulary)]
            return " ".join(words)

        return change

    return {
        "wrapped, marked [3]": lambda sentence: re.sub(r"((?:\S+\s+){4}\S+)\s+", r"\1\n", sentence) + " [3]",
        "another number": lambda s: re.sub(r"(?<![\d.\[])\d+(?![\d.])", lambda m: str(int(m.group()) + 1), s, count=1),
        "not put in": lambda sentence: re.sub(r"\b(is|was|has|are|were|will|had)\b", r"\1 not", sentence, count=1),
        "not left out": lambda sentence: re.sub(r"\b(?:not|never|no) ", "", sentence, count=1),
        "another country": lambda sentence: sentence.replace("Russia", "Brazil", 1),
        "another word": word(0),
        "a word more": word(1),
    }


def _is_content(word: str) -> bool:
    return word.isalpha() and word.islower() and len(word) > 4 and word not in STOP_WORDS


def verdicts(index: Index, limit: int, rng: random.Random) -> dict[str, Counter[str]]:
    """The verdicts on up to `limit` sentences for each change."""
    chunks = index.store.chunks(index.store.chunk_ids()).values()
    found = (" ".join(s.text.split()) for chunk in chunks for s in index.store.sentences(chunk)[0])
    sentences = sorted({sentence for sentence in found if len(sentence.split()) >= WORDS})
    vocabulary = sorted({word for sentence in sentences for word in sentence.split() if _is_content(word)})
    counted: dict[str, Counter[str]] = {}
    for name, change in changes(vocabulary, rng).items():
        pasted = [(s, change(s)) for s in rng.sample(sentences, len(sentences))]
        pasted = [(before, after) for before, after in pasted if before != after][:limit]
        counted[name] = Counter(find(index, after)[0].verdict for _, after in pasted)
    return counted


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m eval.altered", description=__doc__.partition("\n")[0])
    parser.add_argument("--library", type=Path, required=True, metavar="DIR")
    parser.add_argument("--sentences", type=int, default=60, metavar="N", help="for each change (default 60)")
    args = parser.parse_args()
    with Index(args.library) as index:
        for name, counted in verdicts(index, args.sentences, random.Random(1)).items():
            shown = ", ".join(f"{count} {verdict}" for verdict, count in counted.most_common())
            print(f"{name:20} {counted.total():3}: {shown}")


if __name__ == "__main__":
    main()

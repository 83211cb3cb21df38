"""How much of what is true, and of what is changed, the verifier shows: pairs of statements on passages.

    python -m eval.pairs [--most-changed SHARE]

eval/claim_pairs/*.jsonl: a title, a source, and six pairs of a true statement in other words and the same with one
thing changed, of a `kind`. The rules were mended on the first half of each file; the second was not read. Exits with 1
when more changed statements are shown than the given share, in either half.
"""

import argparse
import itertools
import json
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from eval.intervals import wilson
from index.sentences import sentence_spans
from index.types import Span
from rag.terms import STOP_WORDS
from rag.types import SHOWN
from rag.verify import Source, check_words

PAIRS = Path(__file__).parent / "claim_pairs"
MOST_CHANGED = 0.01
WORKERS = 2
HALVES = ("first half", "second half")


@dataclass(frozen=True, slots=True)
class Pair:
    """A statement that `source` carries under its `title`, and one that it does not; `field` is its file, `half` the
    part of it, 0 or 1."""

    field: str
    title: str
    source: str
    true: str
    false: str
    kind: str
    half: int


def read_pairs(file: Path) -> Iterator[Pair]:
    groups = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    for number, group in enumerate(groups):
        for pair in group["pairs"]:
            half = int(number >= len(groups) / 2)
            yield Pair(file.stem, group["title"], group["source"], pair["true"], pair["false"], pair["kind"], half)


def whole_source(text: str, title: str = "", published: str | None = None) -> Source:
    return Source(Span("source", "v1", 0, len(text)), text, title, published)


def is_shown(statement: str, source: str, title: str = "", published: str | None = None) -> bool:
    """Whether one sentence of the source, or two in a row, may be cited for the statement."""
    sentences = [source[start:end] for start, end in sentence_spans(source)]
    whole = whole_source(source, title, published)
    common = (STOP_WORDS | {word for word in source.split() if word.islower()}).__contains__
    windows = [[sentence] for sentence in sentences] + [list(two) for two in itertools.pairwise(sentences)]
    return any(check_words(statement, cited, [whole] * len(cited), "", common)[0] in SHOWN for cited in windows)


def _judged(pair: Pair) -> tuple[Pair, bool, bool]:
    return pair, is_shown(pair.true, pair.source, pair.title), is_shown(pair.false, pair.source, pair.title)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--most-changed", type=float, default=MOST_CHANGED, metavar="SHARE")
    most = parser.parse_args().most_changed
    pairs = [pair for file in sorted(PAIRS.glob("*.jsonl")) for pair in read_pairs(file)]
    with ProcessPoolExecutor(WORKERS) as pool:
        judged = list(pool.map(_judged, pairs, chunksize=25))
    worst = 0.0
    for half, name in enumerate(HALVES):
        own = [item for item in judged if item[0].half == half]
        for what, shown in (("true", sum(t for _, t, _ in own)), ("changed", sum(f for *_, f in own))):
            rate = wilson(shown, len(own))
            print(f"{name}: {what}, shown {shown} of {len(own)} ({rate.low:.1%} to {rate.high:.1%})")
        worst = max(worst, sum(f for *_, f in own) / len(own))
    kinds = Counter(pair.kind for pair, _, false in judged if false)
    print("changed and shown, by what was changed:", ", ".join(f"{kind} {n}" for kind, n in kinds.most_common()))
    if worst > most:
        sys.exit(f"more than {most:.1%} of the changed statements are shown")


if __name__ == "__main__":
    main()

"""What the thresholds of citation lookup let through and leave out.

    python -m eval.fit_lookup --yardsticks DIR    # squad2.jsonl, ramdocs.jsonl and wice_claim.jsonl

NEAR_AT of index/near.py: sentences in which words were changed, and the text that they come from or others. RELATED_AT
and SAME_SUBJECT_AT of rag/bearing.py: claims, and the sentence that has most of them in their own article or in others.
"""

import argparse
import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from index.near import near
from index.sentences import sentence_spans
from rag.claims import coverage
from rag.differences import without_values

TEXTS, CHANGED, STRANGE, OTHER_TEXTS = 450, 300, 100, 120
CLAIMS, OTHER_SENTENCES = 60, 2000
WORDS = range(5, 41)  # of a sentence that is changed


def changed(sentence: str, vocabulary: Sequence[str], rng: random.Random) -> str:
    """`sentence` with up to three words, at most one of five, replaced, left out or added."""
    words = sentence.split()
    for _ in range(rng.randint(1, min(3, len(words) // 5))):
        at = rng.randrange(len(words))
        words[at : at + rng.randint(0, 1)] = rng.choices(vocabulary, k=rng.randint(0, 1))
    return " ".join(words)


def near_shares(texts: Sequence[str], rng: random.Random) -> dict[float, tuple[float, float]]:
    """By threshold: the share of changed sentences found in their own text, and in any of many others."""
    sentences = [(text, text[a:b]) for text in texts for a, b in sentence_spans(text)]
    sentences = [(text, sentence) for text, sentence in sentences if len(sentence.split()) in WORDS]
    vocabulary = [word for text in texts for word in text.split()]
    own = [(changed(s, vocabulary, rng), text) for text, s in rng.sample(sentences, CHANGED)]
    strange = [
        (sentence, [other for other in rng.sample(texts, OTHER_TEXTS) if sentence not in other])
        for _, sentence in rng.sample(sentences, STRANGE)
    ]
    return {
        least: (
            sum(near(quote, text, least) is not None for quote, text in own) / len(own),
            sum(any(near(quote, other, least) for other in others) for quote, others in strange) / len(strange),
        )
        for least in (0.65, 0.7, 0.75, 0.8, 0.85)
    }


def coverages(claims: Sequence[dict[str, Any]], rng: random.Random) -> dict[str, list[float]]:
    """The most of each claim that one sentence holds, sorted: of its own article when that supports it, and of others;
    and the same for the claims without their values."""
    sentences = [(number, sentence) for number, claim in enumerate(claims) for sentence in claim["evidence"]]
    found: dict[str, list[float]] = {}
    for number, claim in enumerate(claims):
        others = [s for at, s in rng.sample(sentences, OTHER_SENTENCES) if at != number] if number < CLAIMS else []
        for kind, text in (("whole", claim["claim"]), ("subject", without_values(claim["claim"]))):
            if claim["label"] == "supported":
                best = max(coverage(text, [sentence], []) for sentence in claim["evidence"])
                found.setdefault(f"{kind}, own article", []).append(best)
            if others:
                best = max(coverage(text, [sentence], []) for sentence in others)
                found.setdefault(f"{kind}, strangers", []).append(best)
    return {kind: sorted(shares) for kind, shares in found.items()}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m eval.fit_lookup", description=__doc__.partition("\n")[0])
    parser.add_argument("--yardsticks", type=Path, required=True, metavar="DIR")
    folder = parser.parse_args().yardsticks
    rng = random.Random(1)
    texts = {row["context"] for row in _rows(folder / "squad2.jsonl")}
    texts |= {document["text"] for row in _rows(folder / "ramdocs.jsonl") for document in row["documents"]}
    print("near at  found  strangers")
    for least, (own, strange) in near_shares(rng.sample(sorted(texts), TEXTS), rng).items():
        print(f"{least:7.2f}  {own:5.3f}  {strange:9.3f}")
    claims = _rows(folder / "wice_claim.jsonl")
    rng.shuffle(claims)
    print("\ncoverage               5%   50%   95%  100%")
    for kind, shares in coverages(claims, rng).items():
        at = [shares[min(len(shares) - 1, int(part * len(shares)))] for part in (0.05, 0.5, 0.95, 1)]
        print(f"{kind:20}" + "".join(f" {share:5.2f}" for share in at))


def _rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


if __name__ == "__main__":
    main()

"""WiCE (Kamoi et al. 2023): the verifier itself. Is a claim of Wikipedia supported by the page that it cites?

    auroc              the support score, supported claims against partly and not supported ones
    f1                 F1 of "supported", which is a score of at least `SUPPORTED_AT`
    balanced_accuracy  mean of the recall of the two classes, at the same threshold
    evidence_f1        F1 of the sentences cited for a claim against the best of its annotated sets; claims with one

Each twice: on oracle chunks (the annotated sentences of one annotator among others of the page; a claim has the score
of its best chunk, as WiCE takes it), and with the suffix `_full` on whole pages. A claim is scored against the
sentences that would be cited for it: the fewest that cover its words. Intervals are over the cited pages.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from eval.intervals import Interval, cluster_bootstrap_mean
from eval.yardstick_data import Record, read_records
from eval.yardstick_statistics import auroc, balanced_accuracy, cluster_bootstrap, f1
from index.embedder import Embed
from index.embedders import open_embedder
from rag.claims import coverage
from rag.support import support

PAGES, CHUNKS = "wice_claim.jsonl", "wice_oracle_chunks_claim.jsonl"
FULL = "_full"
Item = dict[str, Any]

# Sentences are cited one by one while each adds this share of the claim's words, up to so many. On the development
# half, evidence F1 is .68, .71 and .69 with .05, .08 and .1.
GAIN = 0.08
MOST_CITED = 5
LOOKED_AT = 20  # the sentences that cover most on their own
SUPPORTED_AT = 0.4  # the best F1 on the development half, out of fold
NOTE = f"the weights of the score and the threshold of {SUPPORTED_AT} were fitted on the development half of WiCE"


class ChunkMeta(Record):
    id: str
    chunk_idx: tuple[int, ...]  # of the chunk's sentences in the page
    oracle_idx: tuple[int, ...] = ()  # those that an annotator named


class PageMeta(Record):
    id: str


class Claim(Record):
    claim: str
    label: Literal["supported", "partially_supported", "not_supported"]
    evidence: tuple[str, ...] = Field(min_length=1)


class Chunk(Claim):
    meta: ChunkMeta


class Page(Claim):
    meta: PageMeta
    supporting_sentences: tuple[tuple[int, ...], ...]


def tasks(data: Path, limit: int | None) -> list[tuple[str, Callable[[], Item]]]:
    """(qid, what makes its item) of the first `limit` claims of each file."""
    pages = read_records(data / PAGES, Page)
    page_of = {page.meta.id: sha256("\n".join(page.evidence).encode()).hexdigest()[:16] for page in pages}
    chunks: dict[str, list[Chunk]] = {}
    for chunk in read_records(data / CHUNKS, Chunk):
        chunks.setdefault(chunk.meta.id, []).append(chunk)
    embed = open_embedder("minilm").embed
    made: list[tuple[str, Callable[[], Item]]] = []
    for qid, own in list(chunks.items())[:limit]:
        passages = [(chunk.evidence, chunk.meta.chunk_idx) for chunk in own]
        sets = [chunk.meta.oracle_idx for chunk in own]
        made.append((qid, partial(_item, embed, qid, own[0], passages, sets, page_of.get(qid, qid))))
    for page in pages[:limit]:
        qid, passage = page.meta.id + FULL, (page.evidence, range(len(page.evidence)))
        made.append(
            (qid, partial(_item, embed, qid, page, [passage], page.supporting_sentences, page_of[page.meta.id]))
        )
    return made


def _item(
    embed: Embed,
    qid: str,
    claim: Claim,
    passages: Sequence[tuple[Sequence[str], Sequence[int]]],
    sets: Sequence[Sequence[int]],
    page: str,
) -> Item:
    scored = []
    for sentences, places in passages:
        cited = cite(claim.claim, sentences)
        likely = support(claim.claim, [sentences[i] for i in cited], [], embed)
        scored.append((likely, sorted(places[i] for i in cited)))
    score, cited = max(scored, key=lambda best: best[0])
    supporting = [list(s) for s in sets if s]
    return {
        "qid": qid,
        "claim": claim.claim,
        "gold": {"label": claim.label, "supporting_sentences": supporting, "page": page},
        "score": score,
        "supported": score >= SUPPORTED_AT,
        "cited": cited,
    }


def cite(claim: str, sentences: Sequence[str]) -> list[int]:
    """The positions of the sentences that would be cited for `claim`, the one that covers most of it first."""
    alone = [coverage(claim, [sentence], []) for sentence in sentences]
    likely = [i for i in sorted(range(len(alone)), key=lambda i: -alone[i])[:LOOKED_AT] if alone[i]]
    cited: list[int] = []
    covered = 0.0
    while likely and len(cited) < MOST_CITED:
        together = {i: coverage(claim, [sentences[j] for j in (*cited, i)], []) for i in likely}
        best = max(likely, key=together.__getitem__)
        if together[best] - covered < GAIN:
            break
        covered = together[best]
        cited.append(best)
        likely.remove(best)
    return cited


def measure(items: Sequence[Item]) -> dict[str, Interval]:
    on_pages = [item for item in items if item["qid"].endswith(FULL)]
    on_chunks = [item for item in items if not item["qid"].endswith(FULL)]
    return {**dict(_measure(on_chunks, "")), **dict(_measure(on_pages, FULL))}


def _measure(items: Sequence[Item], suffix: str) -> Iterator[tuple[str, Interval]]:
    pages = [item["gold"]["page"] for item in items]
    positive = [item["gold"]["label"] == "supported" for item in items]
    decided = [item["supported"] for item in items]
    yield f"auroc{suffix}", cluster_bootstrap(auroc, [[item["score"] for item in items], positive], pages)
    yield f"f1{suffix}", cluster_bootstrap(f1, [decided, positive], pages)
    yield f"balanced_accuracy{suffix}", cluster_bootstrap(balanced_accuracy, [decided, positive], pages)
    annotated = [item for item in items if item["gold"]["supporting_sentences"]]
    scores = [max(_set_f1(item["cited"], s) for s in item["gold"]["supporting_sentences"]) for item in annotated]
    yield f"evidence_f1{suffix}", cluster_bootstrap_mean(scores, [item["gold"]["page"] for item in annotated])


def _set_f1(cited: Sequence[int], annotated: Sequence[int]) -> float:
    return 2 * len({*cited} & {*annotated}) / (len({*cited}) + len({*annotated}))

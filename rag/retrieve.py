"""Question to passages: dense and keyword hits, fused by rank, near-duplicates merged."""

from collections.abc import Collection, Sequence

from index.blocks import LABEL
from index.embedder import Vectors
from index.library import Index
from index.types import Chunk, Hit
from rag.terms import keyword_terms, words
from rag.twins import disagree
from rag.types import Fusion

FUSION_K = 60  # reciprocal rank fusion, Cormack et al. 2009
DEPTH = 100  # hits taken from each retriever before fusion
# Weights of the two. All evidence in ten of 142 MultiHop questions: .775, with equal weights .754, with 30 hits .761
# (docs/measurements.md, "Yardsticks").
WEIGHTS = {"dense": 0.7, "keyword": 1.0}
SHINGLE = 4  # words
DUPLICATE_SHARE = 0.6  # of the smaller passage's shingles found in the other


def retrieve(
    index: Index, query: str, k: int, within: Collection[str] | None = None, fusion: Fusion = "both"
) -> tuple[list[Hit], Vectors]:
    """Up to `k` hits, best first, and the query's vector of shape (dimension,); `within` names the only documents
    that are read, `fusion` the retrievers that are asked. Raises DocumentUnknown.

    A score is the fused reciprocal rank over its maximum: 1 for a passage that all of these put first.
    """
    depth = max(k, DEPTH)
    if within is None:
        vector, dense = index.nearest(query, depth)
    else:
        index.store.check_known(within)
        vector = index.embedder.embed([query])[0]
        dense = index.store.nearest_within(vector, depth, within)
    keyword = index.store.keyword_search(keyword_terms(query), depth, within)
    lists: dict[str, Sequence[str]] = {"dense": [c for c, s in dense if s > 0], "keyword": [c for c, _ in keyword]}
    ranked = fuse({name: ids for name, ids in lists.items() if fusion in ("both", name)})
    chunks = index.store.chunks([chunk_id for chunk_id, _, _ in ranked])
    found = [(chunks[chunk_id], score, by) for chunk_id, score, by in ranked if chunk_id in chunks]
    kept = _without_duplicates([chunk for chunk, _, _ in found], k)
    return [Hit(found[i][0], found[i][1], rank, found[i][2]) for rank, i in enumerate(kept, 1)], vector


def fuse(lists: dict[str, Sequence[str]]) -> list[tuple[str, float, tuple[str, ...]]]:
    """(id, score in (0, 1], retrievers that found it), best first; ties keep the order of the first list."""
    scores: dict[str, float] = {}
    found_by: dict[str, tuple[str, ...]] = {}
    for name, ids in lists.items():
        for rank, chunk_id in enumerate(ids, 1):
            scores[chunk_id] = scores.get(chunk_id, 0.0) + WEIGHTS[name] / (FUSION_K + rank)
            found_by[chunk_id] = (*found_by.get(chunk_id, ()), name)
    best = sum(WEIGHTS[name] for name in lists) / (FUSION_K + 1)
    order = sorted(scores, key=lambda chunk_id: -scores[chunk_id])
    return [(chunk_id, scores[chunk_id] / best, found_by[chunk_id]) for chunk_id in order]


def _without_duplicates(chunks: list[Chunk], k: int) -> list[int]:
    """Positions of the first `k` chunks that do not repeat an earlier one."""
    kept: list[int] = []
    seen: list[tuple[str, set[tuple[str, ...]]]] = []
    for position, chunk in enumerate(chunks):
        if len(kept) == k:
            break
        body = "\n".join(line for line in chunk.text.split("\n") if not LABEL.match(line))  # "Source: ..." says nothing
        own = shingles(body)
        if not any(near_duplicates(own, other) and not disagree(body, text) for text, other in seen):
            kept.append(position)
            seen.append((body, own))
    return kept


def shingles(text: str) -> set[tuple[str, ...]]:
    """Runs of `SHINGLE` words, the whole text when it is shorter."""
    found = words(text)
    return {tuple(found[i : i + SHINGLE]) for i in range(max(1, len(found) - SHINGLE + 1))}


def near_duplicates(one: set[tuple[str, ...]], other: set[tuple[str, ...]]) -> bool:
    return len(one & other) >= DUPLICATE_SHARE * min(len(one), len(other))

"""What a gold file may demand of a change: a margin for each gated metric, and the order metrics are judged in."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Tier = Literal["invariant", "safety", "correctness", "retrieval", "descriptive"]
TIERS: tuple[Tier, ...] = ("invariant", "safety", "correctness", "retrieval", "descriptive")

# The tier of each metric of eval.metrics: the order reasons are given in. Whatever its tier, a gated metric counts.
TIER_OF: Mapping[str, Tier] = {
    "citation_validity": "invariant",
    "forbidden_rate": "safety",
    "refusal_recall": "safety",
    "right": "correctness",
    "fact_recall": "correctness",
    "conflict_recall": "correctness",
    "hit_evidence_recall": "retrieval",
    "evidence_recall": "retrieval",
}
LOWER_IS_BETTER = frozenset({"forbidden_rate"})


class Margin(BaseModel):
    """How much of a metric, in [0, 1], a change may lose at most and still be called no worse (`margin`), and what
    loss is too small to matter (`minimum`, the practical minimum)."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    margin: Annotated[float, Field(gt=0, lt=1)]
    minimum: Annotated[float, Field(ge=0, lt=1)] = 0.02


Gate = Mapping[str, Margin]  # by metric; a metric that is not named is never gated
CLUSTERS_NEEDED = 20  # below it NON-INFERIOR is never claimed: intervals over clusters are too narrow there
DEFAULT_GATE: Gate = {"right": Margin(margin=0.05)}

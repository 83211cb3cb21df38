"""The embedder seam: text to unit vectors. The implementations are in `index.embedders` and `index.openai_embedder`."""

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
Embed = Callable[[Sequence[str]], Vectors]


class Embedder(Protocol):
    """`identity` names model and weights: vectors of different identities are never compared."""

    @property
    def identity(self) -> str: ...

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Shape (len(texts), dimension), each row of length 1. Raises EmbeddingFailed."""
        ...


def normalised(vectors: NDArray[np.float32]) -> Vectors:
    """Rows scaled to length 1; a zero row stays zero."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit: Vectors = (vectors / np.maximum(lengths, 1e-12)).astype(np.float32)
    return unit

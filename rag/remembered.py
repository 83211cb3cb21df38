"""Vectors that are made once: what the verifier asks for again and again while one answer or lookup is checked."""

from collections.abc import Sequence

import numpy as np

from index.embedder import Embedder, Vectors


class Remembered:
    """Embeds texts that it has not seen, in one batch; of shape (len(texts), dimension)."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._known: dict[str, Vectors] = {}

    def know(self, text: str, vector: Vectors) -> None:
        """Takes the vector of `text` from where it is stored."""
        self._known[text] = vector

    def __call__(self, texts: Sequence[str]) -> Vectors:
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        if new:
            self._known.update(zip(new, self._embedder.embed(new), strict=True))
        return np.stack([self._known[text] for text in texts])

"""The only place that knows Chroma. Its distances become similarities here and nowhere else."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import chromadb
import httpx
from chromadb.api import ClientAPI
from chromadb.api.collection_configuration import CreateHNSWConfiguration
from chromadb.api.models.Collection import Collection
from chromadb.config import Settings
from chromadb.errors import ChromaError, NotFoundError

from index.embedder import Vectors
from index.errors import VectorStoreFailed

# ef_search is read only when a collection is opened; recall@10 with these is 1.00 at 10k and .985 at 500k vectors
_HNSW: CreateHNSWConfiguration = {
    "space": "cosine",
    "max_neighbors": 32,
    "ef_construction": 200,
    "ef_search": 200,
    "sync_threshold": 5000,
}


def connect(folder: Path, url: str | None) -> ClientAPI:
    """A client for the server at `url`, or for the embedded store in `folder`. Raises VectorStoreFailed."""
    settings = Settings(anonymized_telemetry=False)
    if not url:
        with _failures(f"Chroma in {str(folder)!r}", "delete that folder and run `pincite add` to rebuild it"):
            return chromadb.PersistentClient(path=str(folder), settings=settings)
    parts = urlsplit(url if "//" in url else f"http://{url}")
    with _failures(f"Chroma server {url!r}"):
        return chromadb.HttpClient(
            host=parts.hostname or "127.0.0.1",
            port=parts.port or (443 if parts.scheme == "https" else 8000),
            ssl=parts.scheme == "https",
            settings=settings,
        )


class VectorIndex:
    """Chunk vectors under their chunk ids, in one Chroma collection."""

    def __init__(self, client: ClientAPI, name: str) -> None:
        """Opens the collection `name`, creating it when missing. Raises VectorStoreFailed."""
        self._client = client
        with _failures("Chroma"):
            self._batch = client.get_max_batch_size()
            self._collection: Collection = client.get_or_create_collection(
                name, embedding_function=None, configuration={"hnsw": _HNSW}
            )

    def upsert(self, chunk_ids: Sequence[str], vectors: Vectors) -> None:
        with _failures("Chroma"):
            for at in range(0, len(chunk_ids), self._batch):
                end = at + self._batch
                self._collection.upsert(ids=list(chunk_ids[at:end]), embeddings=vectors[at:end])

    def delete(self, chunk_ids: Sequence[str]) -> None:
        with _failures("Chroma"):
            for at in range(0, len(chunk_ids), self._batch):
                self._collection.delete(ids=list(chunk_ids[at : at + self._batch]))

    def nearest(self, vector: Vectors, k: int) -> list[tuple[str, float]]:
        """Up to `k` (chunk_id, cosine similarity) pairs for a vector of shape (dimension,), best first."""
        with _failures("Chroma"):
            found = self._collection.query(query_embeddings=[vector.tolist()], n_results=k, include=["distances"])
        distances = (found["distances"] or [[]])[0]
        return [(chunk_id, 1.0 - float(d)) for chunk_id, d in zip(found["ids"][0], distances, strict=True)]

    def ids(self) -> set[str]:
        """Every stored chunk id (`query` would miss the 1% that HNSW orphans; `get` does not)."""
        with _failures("Chroma"):
            return set(self._collection.get(include=[])["ids"])

    def count(self) -> int:
        with _failures("Chroma"):
            return self._collection.count()

    def close(self) -> None:
        """Lets a later client see what other processes have written since."""
        close = getattr(self._client, "close", None)
        if close:
            close()


@contextmanager
def _failures(
    what: str,
    advice: str = "check PINCITE_CHROMA_URL, or run `pincite add` to rebuild the vectors from the library",
) -> Iterator[None]:
    try:
        yield
    except NotFoundError as error:
        raise VectorStoreFailed(f"{what} no longer holds this library's vectors: run `pincite add`") from error
    except (ChromaError, httpx.HTTPError, ValueError) as error:
        # an unreachable server surfaces as ValueError
        raise VectorStoreFailed(f"{what} failed ({error}): {advice}") from error

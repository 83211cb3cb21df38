"""A library as programs use it: add documents, ask, search, find."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from index import sync
from index.library import Index
from index.types import Document, Hit
from rag.answering import answer
from rag.errors import DraftMalformed, ModelMissing, ModelUnavailable, QuestionEmpty
from rag.find import Found, find
from rag.llm_protocol import Message, Replies
from rag.model_calls import ModelCalls
from rag.models import MODES, Models
from rag.recheck import Rechecked, recheck
from rag.replay import retrieved_by, verify_again
from rag.retrieve import retrieve
from rag.settings import Settings, read_settings
from rag.terms import words
from rag.types import Answer, Mode, Retrieved, Statement, Turn
from rag.verify import Checked

if TYPE_CHECKING:
    from rag.llm import Llm


class Library:
    """Context manager. One writer at a time, many readers, safe to share between threads."""

    def __init__(self, index: Index, settings: Settings) -> None:
        self._index = index
        self._settings = settings
        self._models = Models(settings)

    def add(self, paths: Sequence[str | Path], on_progress: sync.Progress = lambda *_: None) -> list[sync.FileOutcome]:
        """Brings the index in step with `paths`; every file has its outcome. Raises IndexingError."""
        given = [Path(path) for path in paths]
        return sync.add(self._index, given, on_progress=on_progress, max_mb=self._settings.max_file_mb)

    def remove(self, names: Sequence[str]) -> list[sync.FileOutcome]:
        """Takes documents out by doc_id or source path. Raises DocumentUnknown."""
        return sync.remove(self._index, list(names))

    def ask(
        self,
        question: str,
        history: Sequence[Turn] = (),
        *,
        mode: str | None = None,
        within: Collection[str] | None = None,
        retrieved: Retrieved | None = None,
        replies: Replies | None = None,
        on_passages: Callable[[Sequence[Hit]], None] = lambda _: None,
        on_messages: Callable[[Sequence[Message]], None] = lambda _: None,
        on_statement: Callable[[Statement], None] = lambda _: None,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> Answer:
        """One answer in `mode`, else in the library's own; from the documents `within` alone, when given (doc_ids),
        or from what was `retrieved` before. A model is not asked again for what `replies` holds.

        `on_passages` hears what was retrieved, `on_messages` what a model is sent, `on_statement` each statement once
        it is verified; none is taken back. Where nobody chose the mode and its model fails, the extractive answer
        comes with `fallback_from`. Raises QuestionEmpty, DocumentUnknown, ModeUnavailable, ModelUnavailable,
        DraftMalformed, and Stopped once `cancelled` says so.
        """
        chosen, was_asked = self._models.choose(mode)
        self._models.prepare(chosen)  # loads while the passages are found
        turns = [Turn(_unicode(turn.question), _unicode(turn.answer)) for turn in history]
        shown: list[Statement] = []

        def hear(statement: Statement) -> None:
            shown.append(statement)
            on_statement(statement)

        def load() -> "Llm":
            return self._models.llm(chosen)

        def answered(in_mode: Mode) -> Answer:
            return answer(
                self._index,
                _unicode(question),
                turns,
                mode=in_mode,
                calls=None if in_mode == "extractive" else ModelCalls(load, on_messages, cancelled, replies=replies),
                within=within,
                retrieved=retrieved,
                passages=self._settings.passages,
                fusion=self._settings.fusion,
                second_opinion=self._settings.second_opinion and in_mode == "openai",
                on_passages=on_passages,
                on_statement=hear,
                cancelled=cancelled,
            )

        try:
            return answered(chosen)
        except (ModelUnavailable, ModelMissing, DraftMalformed):
            if was_asked or shown:
                raise
            return replace(answered("extractive"), fallback_from=chosen)

    def modes(self) -> dict[Mode, str | None]:
        """Every mode, the one answers come in by default first; None for a mode that can run, else why it cannot."""
        first, _ = self._models.choose()
        return {mode: self._models.why_not(mode) for mode in sorted(MODES, key=lambda mode: mode != first)}

    def model_name(self, mode: Mode) -> str | None:
        """The language model of `mode`; None for the extractive one."""
        return self._models.name(mode)

    def model_identity(self, mode: Mode) -> str | None:
        """The language model of `mode` as a record of answers names it: with the sha256 of its file, or with its
        address. Reads the file: seconds."""
        return self._models.identity(mode)

    def prepare(self, mode: str | None = None) -> None:
        """Starts loading the language model, so that the first answer does not wait for it."""
        self._models.prepare(self._models.choose(mode)[0])

    def search(self, query: str, k: int | None = None, *, within: Collection[str] | None = None) -> list[Hit]:
        """The passages a question would retrieve, or the first `k`; of the documents `within` alone when given.

        Raises QuestionEmpty, DocumentUnknown, ValueError for k below 1.
        """
        query = _unicode(query)
        k = self._settings.passages if k is None else k
        if k < 1:
            raise ValueError(f"k must be at least 1, got {k!r}")
        if not query.strip():
            raise QuestionEmpty("the query is empty: give at least one word")
        return retrieve(self._index, query, k, within, self._settings.fusion)[0] if words(query) else []

    def find(self, text: str) -> list[Found]:
        """Where each statement of `text` stands. Raises QuestionEmpty."""
        return find(self._index, _unicode(text))

    def recheck(self, answer_json: Mapping[str, Any]) -> list[Rechecked]:
        """Whether the citations of a saved answer still hold. Raises ValueError for what is no answer."""
        return recheck(self._index, answer_json)

    def retrieved(self, answer_json: Mapping[str, Any]) -> Retrieved:
        """What a saved answer was drafted from, for `ask`. Raises DocumentUnknown."""
        return retrieved_by(self._index, answer_json)

    def verify(self, answer_json: Mapping[str, Any]) -> list[Checked]:
        """What the verifier says now of each sentence of a saved answer, then of each that it withheld. Raises
        DocumentUnknown."""
        return verify_again(self._index, answer_json)

    def document(self, doc_id: str, version: str | None = None) -> Document:
        """A stored document. Raises DocumentUnknown."""
        return self._index.store.document(doc_id, version)

    def stored_text(self, doc_id: str, version: str | None = None) -> str:
        """The text that citations point into. Raises DocumentUnknown."""
        return self.document(doc_id, version).text

    def documents(self) -> list[tuple[str, str]]:
        """(doc_id, version) of every document, sorted."""
        return self._index.store.versions()

    @property
    def folder(self) -> Path:
        """Where the library is kept."""
        return self._index.folder

    def chunk_ids(self) -> list[str]:
        """Of every chunk; one that is cut elsewhere has another id."""
        return self._index.store.chunk_ids()

    @property
    def answer_settings(self) -> dict[str, Any]:
        """The settings that answers depend on, beside the documents, the embedder, the mode and the model."""
        return self._settings.of_answers()

    @property
    def embedder_identity(self) -> str:
        return self._index.store.meta("embedder") or self._index.embedder.identity

    def status(self) -> dict[str, Any]:
        """What is in the library, and what is not and why, as the JSON of docs/interface.md."""
        store = self._index.store
        documents, chunks = store.counts()
        failures = [
            {"source": source, "reason": entry.reason} for source, entry in store.ledger().items() if entry.reason
        ]
        return {
            "library": str(self._index.folder),
            "documents": documents,
            "chunks": chunks,
            "failures": failures,
            "pages_without_text": store.pages_without_text(),
            "embedder": store.meta("embedder"),
            "store": self._settings.chroma_url or "embedded",
            "bytes": sum(file.stat().st_size for file in self._index.folder.rglob("*") if file.is_file()),
            "sources": [{"doc_id": doc_id, "source": source} for source, doc_id in store.sources().items()],
        }

    def close(self) -> None:
        self._models.close()
        self._index.close()

    def __enter__(self) -> "Library":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _unicode(text: str) -> str:
    """`text` without the halves of characters that a shell or a browser may hand over and no encoder takes."""
    return text.encode("utf-8", "replace").decode("utf-8")


def open_library(
    path: str | Path | None = None,
    *,
    mode: str | None = None,
    create: bool = True,
    settings: Settings | None = None,
) -> Library:
    """The library at `path` (else `PINCITE_LIBRARY`, else the user's own), made when missing unless `create` is
    False. Raises LibraryMissing, LibraryCorrupt, ChunkSizeMismatch, ModeUnavailable."""
    chosen = (settings or read_settings()).with_library(path).with_mode(mode)
    index = Index(
        chosen.library,
        create=create,
        embedder=chosen.embedder,
        chunk_chars=chosen.chunk_chars,
        chroma_url=chosen.chroma_url,
    )
    return Library(index, chosen)

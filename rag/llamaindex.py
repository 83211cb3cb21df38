"""A library inside a LlamaIndex program: a retriever, and a query engine whose every sentence is cited and checked.

No LLM, embed model or `Settings` of LlamaIndex is used. Pincite's own errors reach the caller as they are.
"""

import asyncio
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager

from llama_index.core.base.base_query_engine import BaseQueryEngine
from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.base.response.schema import Response
from llama_index.core.callbacks import CallbackManager, CBEventType, EventPayload
from llama_index.core.callbacks.base import EventContext
from llama_index.core.prompts.mixin import PromptMixinType
from llama_index.core.schema import (
    NodeRelationship,
    NodeWithScore,
    ObjectType,
    QueryBundle,
    RelatedNodeInfo,
    TextNode,
)

from index.types import Chunk, Hit, Span
from rag.answer_json import answer_json
from rag.library import Library
from rag.types import Answer, Citation

NO_ANSWER = "No answer in these documents."
# what a model should read of a node's metadata; the rest, local paths among it, is for programs
READ_BY_MODELS = ("title", "published")


class PinciteRetriever(BaseRetriever):
    """The `k` passages of `library` that a question would retrieve, copies merged; scores are in (0, 1].

    Each node has its chunk's id, text and place: `library.stored_text(doc_id, version)[start_char_idx:end_char_idx]`
    is its text. The library stays the caller's to close.
    """

    def __init__(self, library: Library, k: int = 10, callback_manager: CallbackManager | None = None) -> None:
        super().__init__(callback_manager=callback_manager)
        self._library = library
        self._k = k

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return [_passage(hit) for hit in self._library.search(query_bundle.query_str, self._k)]

    async def _aretrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return await asyncio.to_thread(self._retrieve, query_bundle)


class PinciteQueryEngine(BaseQueryEngine):
    """Answers from `library` in `mode`, its own by default, in place of CitationQueryEngine.

    `str(response)` is a sentence a line, each ending in its `[n]`; `response.source_nodes[n - 1]` is the exact quote
    with its place in the stored text, scored with the support of the best sentence that cites it.
    `response.metadata["answer"]` is the whole answer, as the JSON of docs/interface.md. A refusal says `NO_ANSWER`
    and has no source nodes. The library stays the caller's to close.
    """

    def __init__(
        self, library: Library, mode: str | None = None, callback_manager: CallbackManager | None = None
    ) -> None:
        super().__init__(callback_manager=callback_manager)
        self._library = library
        self._mode = mode

    def _get_prompt_modules(self) -> PromptMixinType:
        return {}

    def _query(self, query_bundle: QueryBundle) -> Response:
        with self._event(query_bundle) as event:
            response = self._ask(query_bundle, lambda: False)
            event.on_end(payload={EventPayload.RESPONSE: response})
        return response

    async def _aquery(self, query_bundle: QueryBundle) -> Response:
        gone = threading.Event()
        with self._event(query_bundle) as event:
            try:
                response = await asyncio.to_thread(self._ask, query_bundle, gone.is_set)
            finally:
                gone.set()  # when the task is cancelled, the thread stops too
            event.on_end(payload={EventPayload.RESPONSE: response})
        return response

    def _event(self, query_bundle: QueryBundle) -> AbstractContextManager[EventContext]:
        return self.callback_manager.event(CBEventType.QUERY, payload={EventPayload.QUERY_STR: query_bundle.query_str})

    def _ask(self, query_bundle: QueryBundle, cancelled: Callable[[], bool]) -> Response:
        answer = self._library.ask(query_bundle.query_str, mode=self._mode, cancelled=cancelled)
        lines = [f"{s.text} {''.join(f'[{c.number}]' for c in s.citations)}" for s in answer.statements]
        return Response("\n".join(lines) or NO_ANSWER, _cited(answer), {"answer": answer_json(answer)})


def _passage(hit: Hit) -> NodeWithScore:
    chunk = hit.chunk
    span = Span(chunk.doc_id, chunk.version, chunk.start, chunk.end)
    node = _node(chunk.chunk_id, span, chunk.text, chunk, found_by="+".join(hit.found_by))
    return NodeWithScore(node=node, score=hit.score)


def _cited(answer: Answer) -> list[NodeWithScore]:
    """One node for each cited span, in the order of the numbers, which count from 1 without a gap."""
    rising = sorted(answer.statements, key=lambda statement: statement.support)
    by_number = {c.number: NodeWithScore(node=_quote(c), score=s.support) for s in rising for c in s.citations}
    return [by_number[number] for number in sorted(by_number)]


def _quote(citation: Citation) -> TextNode:
    span = citation.span
    node_id = f"{span.doc_id}@{span.version}:{span.start}-{span.end}"
    return _node(node_id, span, citation.quote, citation, number=citation.number)


def _node(node_id: str, span: Span, text: str, origin: Chunk | Citation, **more: str | int) -> TextNode:
    """Metadata is flat, so that LlamaIndex's filters and vector stores take it."""
    metadata = {
        "title": origin.title,
        "published": origin.published,
        "page": origin.page,
        "doc_id": span.doc_id,
        "version": span.version,
        "source": origin.source,
        **more,
    }
    hidden = [key for key, value in metadata.items() if key not in READ_BY_MODELS or value is None]
    document = RelatedNodeInfo(node_id=span.doc_id, node_type=ObjectType.DOCUMENT, hash=span.version)
    return TextNode(
        id_=node_id,
        text=text,
        start_char_idx=span.start,
        end_char_idx=span.end,
        metadata=metadata,
        excluded_llm_metadata_keys=hidden,
        excluded_embed_metadata_keys=hidden,
        relationships={NodeRelationship.SOURCE: document},
    )

"""The splitter as LlamaIndex programs use it: a NodeParser whose offsets are true."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

from llama_index.core.bridge.pydantic import Field
from llama_index.core.node_parser.interface import NodeParser
from llama_index.core.node_parser.node_utils import build_nodes_from_splits
from llama_index.core.schema import BaseNode, Document, MetadataMode, TextNode
from llama_index.core.utils import get_tqdm_iterable

from index.cleaning import clean_blocks
from index.splitter import Piece, split
from index.types import CHUNK_CHARS, LEAST_CHUNK_CHARS


class SpanNodeParser(NodeParser):
    """Whole sentences without page noise, in order and without overlap, each with its place in the document.

    from llama_index.core import SimpleDirectoryReader
    documents = SimpleDirectoryReader("folder").load_data()
    by_id = {document.doc_id: document for document in documents}
    for node in SpanNodeParser(chunk_chars=900).get_nodes_from_documents(documents):
        assert by_id[node.ref_doc_id].text[node.start_char_idx : node.end_char_idx] == node.text
    """

    chunk_chars: int = Field(default=CHUNK_CHARS, ge=LEAST_CHUNK_CHARS, description="Characters a node holds, about.")

    @classmethod
    def class_name(cls) -> str:
        return "SpanNodeParser"

    def _parse_nodes(self, nodes: Sequence[BaseNode], show_progress: bool = False, **_: Any) -> list[BaseNode]:
        parsed: list[BaseNode] = []
        for node in get_tqdm_iterable(nodes, show_progress, "Parsing nodes"):
            text = node.get_content(metadata_mode=MetadataMode.NONE)
            pieces = _pieces(text, _media_type(node), self.chunk_chars)
            assert all(before.end <= after.start for before, after in pairwise(pieces))
            built = build_nodes_from_splits([text[p.start : p.end] for p in pieces], node, id_func=self.id_func)
            # a node cut from a document names that document as its source, so its offsets count from there
            base = (node.start_char_idx or 0) if isinstance(node, TextNode) and node.source_node else 0
            for child, piece in zip(built, pieces, strict=True):
                child.start_char_idx, child.end_char_idx = base + piece.start, base + piece.end
            parsed.extend(built)
        return parsed

    def _postprocess_parsed_nodes(self, nodes: list[BaseNode], parent_doc_map: dict[str, Document]) -> list[BaseNode]:
        # LlamaIndex searches for each node's text again, and takes the first place of a repeated text
        spans = [(node.start_char_idx, node.end_char_idx) for node in nodes if isinstance(node, TextNode)]
        nodes = super()._postprocess_parsed_nodes(nodes, parent_doc_map)
        for node, (start, end) in zip((node for node in nodes if isinstance(node, TextNode)), spans, strict=True):
            node.start_char_idx, node.end_char_idx = start, end
        return nodes


def _pieces(text: str, media_type: str, chunk_chars: int) -> list[Piece]:
    blocks = clean_blocks(text, media_type)
    # a note of bare lines holds nothing but what look like headings: they are all it says
    return split(text, blocks, chunk_chars) or split(text, [replace(b, kind="item") for b in blocks], chunk_chars)


def _media_type(node: BaseNode) -> str:
    """As LlamaIndex's file readers record it; plain text otherwise."""
    return str(node.metadata.get("file_type") or "text/plain")

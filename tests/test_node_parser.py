"""The splitter inside LlamaIndex: true offsets, the metadata and relationships its users expect."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from llama_index.core import Document
from llama_index.core.ingestion import IngestionPipeline
from llama_index.core.schema import BaseNode, NodeRelationship, TextNode
from pydantic import ValidationError

from index.node_parser import SpanNodeParser

VERSE = "The tide comes in at noon. The tide goes out at night.\n\n"
LOG = (
    "Log of the Gull\n\n"
    "The Gull left the quay at six with nine sheep on board. The wind stood in the west all morning.\n\n"
    "Subscribe to our newsletter\n\n"
    "Off the long sand it met the Tern. Both boats waited there for the tide, and the crews shared their bread."
)


def nodes_of(*documents: Document, chunk_chars: int = 100) -> list[TextNode]:
    found = SpanNodeParser(chunk_chars=chunk_chars).get_nodes_from_documents(list(documents))
    return [node for node in found if isinstance(node, TextNode)]


def assert_true(nodes: list[TextNode], document: Document) -> None:
    spans = [(node.start_char_idx or 0, node.end_char_idx or 0) for node in nodes]
    assert [document.text[start:end] for start, end in spans] == [node.text for node in nodes]
    assert all(before[1] <= after[0] for before, after in pairwise(spans))


def test_offsets_are_true_and_noise_is_left_out() -> None:
    document = Document(text=LOG)
    nodes = nodes_of(document)
    assert len(nodes) > 1
    assert_true(nodes, document)
    assert not any("newsletter" in node.text for node in nodes)


def test_a_text_said_twice_is_found_at_its_own_place() -> None:
    """LlamaIndex looks a node's text up again after parsing, and would give a repeated one its first place."""
    document = Document(text="Geese eat grass. " * 60)
    nodes = nodes_of(document)
    assert len({node.text for node in nodes}) == 1
    assert_true(nodes, document)


@settings(max_examples=40)
@given(st.lists(st.sampled_from(["The tide is in.", "The Gull left.", "# Log", "\n\n", "\n", " "]), max_size=60))
def test_offsets_of_any_text(parts: list[str]) -> None:
    document = Document(text=" ".join(parts) or " ")
    assert_true(nodes_of(document), document)


def test_metadata_and_relationships_are_those_of_any_node_parser() -> None:
    first = Document(text=LOG, metadata={"boat": "Gull"}, excluded_llm_metadata_keys=["boat"])
    second = Document(text="The Tern never left the quay that year, because nobody had paid for its sails.")
    nodes = nodes_of(first, second)
    mine = [node for node in nodes if node.ref_doc_id == first.doc_id]
    assert [node.ref_doc_id for node in nodes[len(mine) :]] == [second.doc_id]
    assert {node.metadata.get("boat") for node in mine} == {"Gull"}
    assert mine[0].excluded_llm_metadata_keys == ["boat"]
    assert NodeRelationship.PREVIOUS not in mine[0].relationships
    for before, after in pairwise(mine):
        assert before.next_node is not None
        assert before.next_node.node_id == after.node_id
        assert after.prev_node is not None
        assert after.prev_node.node_id == before.node_id
    assert mine[-1].next_node is None, "a document's last node does not lead into the next document"


def test_metadata_and_neighbours_can_be_left_out() -> None:
    parser = SpanNodeParser(chunk_chars=100, include_metadata=False, include_prev_next_rel=False)
    nodes = parser.get_nodes_from_documents([Document(text=LOG, metadata={"boat": "Gull"})])
    assert all(node.metadata == {} and node.next_node is None for node in nodes)


def test_an_ingestion_pipeline_runs_it() -> None:
    document = Document(text=LOG, metadata={"file_type": "text/plain"})
    pipeline = IngestionPipeline(transformations=[SpanNodeParser(chunk_chars=100)])
    nodes = [node for node in pipeline.run(documents=[document]) if isinstance(node, TextNode)]
    assert len(nodes) > 1
    assert_true(nodes, document)


def test_nodes_of_nodes_count_from_the_document_they_name() -> None:
    document = Document(text=LOG)
    coarse: list[BaseNode] = SpanNodeParser(chunk_chars=400).get_nodes_from_documents([document])
    fine = [node for node in SpanNodeParser(chunk_chars=100)(coarse) if isinstance(node, TextNode)]
    assert len(fine) > len(coarse)
    assert {node.ref_doc_id for node in fine} == {document.doc_id}
    assert_true(fine, document)


def test_markdown_is_read_as_markdown() -> None:
    wrapped = "# Boats\nThe Gull carried sheep\nand mail for years.\n- The Tern\n  carried none.\n"
    plain, marked = Document(text=wrapped), Document(text=wrapped, metadata={"file_type": "text/markdown"})
    assert "sheep\nand mail" in nodes_of(marked)[0].text
    assert_true(nodes_of(plain), plain)


def test_a_note_of_bare_lines_is_kept() -> None:
    document = Document(text="Nine sheep\nTwo geese\nOne bell of bronze")
    (node,) = nodes_of(document)
    assert node.text == document.text


@pytest.mark.parametrize("text", ["", " \n ", "Subscribe to our newsletter"])
def test_nothing_gives_no_nodes(text: str) -> None:
    assert nodes_of(Document(text=text)) == []


def test_a_size_that_holds_nothing_is_refused() -> None:
    with pytest.raises(ValidationError, match="chunk_chars"):
        SpanNodeParser(chunk_chars=99)


def test_it_is_serialised_like_any_component() -> None:
    parser = SpanNodeParser(chunk_chars=500)
    assert parser.to_dict()["class_name"] == "SpanNodeParser"
    assert parser.to_dict()["chunk_chars"] == 500


def test_ids_come_from_the_given_function() -> None:
    parser = SpanNodeParser(chunk_chars=100, id_func=lambda number, document: f"{document.node_id}#{number}")
    document = Document(text=LOG, doc_id="log")
    assert [node.node_id for node in parser.get_nodes_from_documents([document])][:2] == ["log#0", "log#1"]

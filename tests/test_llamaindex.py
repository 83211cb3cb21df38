"""A library inside LlamaIndex programs: true places, numbers that lead to their quotes, and nothing touched besides."""

import asyncio
import json
import re
import shutil
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from helpers import ROOT
from llama_index.core import Settings
from llama_index.core.base.base_selector import BaseSelector, MultiSelection, SelectorResult, SingleSelection
from llama_index.core.base.llms.types import CompletionResponse
from llama_index.core.callbacks import CallbackManager, CBEventType, EventPayload, LlamaDebugHandler
from llama_index.core.chat_engine import CondenseQuestionChatEngine
from llama_index.core.instrumentation import get_dispatcher
from llama_index.core.instrumentation.event_handlers import BaseEventHandler
from llama_index.core.llms import MockLLM
from llama_index.core.postprocessor import SimilarityPostprocessor
from llama_index.core.query_engine import RetrieverQueryEngine, RouterQueryEngine
from llama_index.core.schema import MetadataMode, NodeWithScore, ObjectType, QueryBundle, TextNode
from llama_index.core.tools import QueryEngineTool, ToolMetadata
from test_answering import CARGO, FERRY, OFF_TOPIC, shared_library

from index.types import Span
from rag import Library, open_library
from rag.errors import ModeUnavailable, QuestionEmpty, Stopped
from rag.llamaindex import NO_ANSWER, PinciteQueryEngine, PinciteRetriever
from rag.settings import Settings as PinciteSettings
from rag.types import Answer, Citation, Statement

GOLD = ROOT / "eval/sample/gold.jsonl"
EXAMPLE = re.search(r"```python\n(.*?)```", (ROOT / "docs/llamaindex.md").read_text(encoding="utf-8"), re.DOTALL)


@pytest.fixture(scope="module")
def library() -> Library:
    return shared_library()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the example in the docs speaks of: `reports` (the sample corpus) and `my-library` of them."""
    folder = tmp_path_factory.mktemp("llamaindex")
    shutil.copytree(ROOT / "eval/sample/corpus", folder / "reports")
    with open_library(settings=PinciteSettings(folder / "my-library")) as library:
        library.add([folder / "reports"])
    return folder


@pytest.fixture(scope="module")
def sample(folder: Path) -> Iterator[Library]:
    with open_library(settings=PinciteSettings(folder / "my-library")) as library:
        yield library


def questions() -> list[str]:
    return [json.loads(line)["question"] for line in GOLD.read_text(encoding="utf-8").splitlines()]


def text_node(found: NodeWithScore) -> TextNode:
    assert isinstance(found.node, TextNode)
    return found.node


def assert_true(library: Library, found: Sequence[NodeWithScore]) -> None:
    """Every node is the stored words at the place it names, and its document is the one it names."""
    for node in map(text_node, found):
        document = library.document(node.metadata["doc_id"], node.metadata["version"])
        assert document.text[node.start_char_idx : node.end_char_idx] == node.text != ""
        assert document.page_of(node.start_char_idx or 0) == node.metadata["page"]
        described = {"title": document.title, "published": document.published, "source": document.source}
        assert described.items() <= node.metadata.items()
        assert node.source_node is not None
        assert node.ref_doc_id == document.doc_id
        assert node.source_node.hash == document.version
        assert node.source_node.node_type == ObjectType.DOCUMENT
        assert json.loads(json.dumps(node.metadata)) == node.metadata
        assert not any(isinstance(value, list | dict) for value in node.metadata.values())
    assert len({found.node.node_id for found in found}) == len(found)


# -- the retriever


def test_every_passage_of_the_sample_is_at_its_place(sample: Library) -> None:
    retriever = PinciteRetriever(sample, k=30)
    seen: set[str] = set()
    for question in questions():
        found = retriever.retrieve(question)
        assert_true(sample, found)
        assert all(node.score is not None and 0 < node.score <= 1 for node in found)
        seen |= {node.node.node_id for node in found}
    assert len({node_id.partition("@")[0] for node_id in seen}) == len(sample.documents()), "every document was met"


def test_passages_are_those_of_a_search(library: Library) -> None:
    hits = library.search(FERRY, 3)
    found = PinciteRetriever(library, k=3).retrieve(QueryBundle(FERRY))
    assert [(node.node.node_id, node.text, node.score) for node in found] == [
        (hit.chunk.chunk_id, hit.chunk.text, hit.score) for hit in hits
    ]
    assert [node.metadata["found_by"] for node in found] == ["+".join(hit.found_by) for hit in hits]
    assert asyncio.run(PinciteRetriever(library, k=3).aretrieve(FERRY)) == found


@pytest.mark.parametrize("mode", [MetadataMode.LLM, MetadataMode.EMBED])
def test_a_model_reads_title_and_date_and_no_path(library: Library, mode: MetadataMode) -> None:
    found = PinciteRetriever(library).retrieve("What does tea cost at Kestrel Lane, and cargo in Veldmark in 2023?")
    read = {node.metadata["doc_id"]: node.node.get_metadata_str(mode) for node in found}
    assert read["port-2023.txt"] == "title: Port of Veldmark in 2023\npublished: 2023-12-18"
    assert read["tea.txt"] == "title: The tea room at Kestrel Lane", "an unknown date is left out"


def test_a_model_answers_from_the_passages(library: Library) -> None:
    """MockLLM replies with its prompt."""
    engine = RetrieverQueryEngine.from_args(PinciteRetriever(library, k=2), llm=MockLLM())
    response = engine.query(CARGO)
    assert "handled 4.2 million tonnes of cargo in 2023" in str(response)
    assert "title: Port of Veldmark in 2023" in str(response)
    assert response.source_nodes[0].metadata["source"] not in str(response)
    assert str(asyncio.run(engine.aquery(CARGO))) == str(response)


def test_a_cutoff_drops_the_lesser_passages(library: Library) -> None:
    found = PinciteRetriever(library).retrieve(CARGO)
    cutoff = found[1].score
    kept = SimilarityPostprocessor(similarity_cutoff=cutoff).postprocess_nodes(found)
    assert kept == found[:2]
    assert len(found) > 2
    assert SimilarityPostprocessor(similarity_cutoff=1.01).postprocess_nodes(found) == []


# -- the query engine


def test_every_quote_of_the_sample_is_at_its_place(sample: Library) -> None:
    engine = PinciteQueryEngine(sample)
    answered = 0
    for question in questions()[::3]:
        response = engine.query(question)
        assert_true(sample, response.source_nodes)
        assert [node.metadata["number"] for node in response.source_nodes] == [
            number for number, _ in enumerate(response.source_nodes, start=1)
        ]
        answered += bool(response.source_nodes)
    assert answered > 5


def test_each_number_leads_to_its_quote(library: Library) -> None:
    response = PinciteQueryEngine(library).query(FERRY)
    assert response.metadata is not None
    answer = response.metadata["answer"]
    assert json.loads(json.dumps(answer)) == answer
    assert answer["kind"] == "answer"
    lines = str(response).splitlines()
    assert len(lines) == len(answer["statements"]) > 1
    for line, statement in zip(lines, answer["statements"], strict=True):
        text, numbers = line.rsplit(" ", 1)
        assert text == statement["text"]
        assert numbers == "".join(f"[{citation['number']}]" for citation in statement["citations"])
        for citation in statement["citations"]:
            source = response.source_nodes[citation["number"] - 1]
            node = text_node(source)
            assert (node.text, node.start_char_idx, node.end_char_idx) == (
                citation["quote"],
                citation["start"],
                citation["end"],
            )
            assert source.score == pytest.approx(statement["support"], abs=0.001)
    assert_true(library, response.source_nodes)


def test_a_refusal_says_so_and_cites_nothing(library: Library) -> None:
    response = PinciteQueryEngine(library).query(OFF_TOPIC)
    assert str(response) == NO_ANSWER
    assert response.source_nodes == []
    assert response.metadata is not None
    assert response.metadata["answer"]["kind"] == "refusal"
    assert response.metadata["answer"]["hits"]


class Scripted:
    """A library that gives `answer`, and remembers how it was asked."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.asked: list[tuple[str, str | None]] = []

    def ask(self, question: str, *, mode: str | None, **_: object) -> Answer:
        self.asked.append((question, mode))
        return self.answer

    @property
    def library(self) -> Library:
        return cast(Library, self)


def scripted(*statements: tuple[str, float, Sequence[int]]) -> Scripted:
    """An answer of (text, support, numbers); number `n` cites characters `n` to `n + 1`."""

    def citation(n: int) -> Citation:
        return Citation(n, Span("log.txt", "v1", n, n + 1), str(n), "exact", "Log", "log.txt", None, None)

    made = [Statement(text, tuple(map(citation, numbers)), support) for text, support, numbers in statements]
    return Scripted(Answer("q", "q", "extractive", statements=tuple(made)))


def test_a_quote_cited_twice_is_one_node_with_its_best_support() -> None:
    script = scripted(("The Gull left.", 0.9, [1, 2]), ("It met the Tern.", 0.4, [2, 3]), ("It rained.", 0.6, [3]))
    response = PinciteQueryEngine(script.library).query("q")
    assert str(response) == "The Gull left. [1][2]\nIt met the Tern. [2][3]\nIt rained. [3]"
    assert [(node.text, node.score) for node in response.source_nodes] == [("1", 0.9), ("2", 0.9), ("3", 0.6)]


def test_the_mode_is_the_library_s_own_unless_given() -> None:
    script = scripted(("The Gull left.", 0.9, [1]))
    PinciteQueryEngine(script.library).query("q")
    PinciteQueryEngine(script.library, mode="local").query(QueryBundle("r"))
    assert script.asked == [("q", None), ("r", "local")]


def test_errors_pass_as_they_are(library: Library) -> None:
    with pytest.raises(QuestionEmpty):
        PinciteQueryEngine(library).query(" ")
    with pytest.raises(QuestionEmpty):
        asyncio.run(PinciteQueryEngine(library).aquery(" "))
    with pytest.raises(ModeUnavailable):
        PinciteQueryEngine(library, mode="nonsense").query(CARGO)
    with pytest.raises(QuestionEmpty):
        PinciteRetriever(library).retrieve(" ")
    with pytest.raises(ValueError, match="k must be at least 1"):
        PinciteRetriever(library, k=0).retrieve(CARGO)


# -- async


def test_async_answers_are_the_same(library: Library) -> None:
    async def both() -> list[str]:
        engine = PinciteQueryEngine(library)
        return [str(response) for response in await asyncio.gather(engine.aquery(FERRY), engine.aquery(CARGO))]

    engine = PinciteQueryEngine(library)
    assert asyncio.run(both()) == [str(engine.query(FERRY)), str(engine.query(CARGO))]


def test_the_event_loop_runs_on_meanwhile() -> None:
    """The library works until a coroutine of the same loop lets it go."""
    let_go = threading.Event()

    def ask(*_: object, **__: object) -> Answer:
        assert let_go.wait(10), "the loop stood still"
        return scripted(("The Gull left.", 0.9, [1])).answer

    def search(*_: object) -> list[object]:
        assert let_go.wait(10), "the loop stood still"
        return []

    async def release() -> None:
        await asyncio.sleep(0)
        let_go.set()

    async def program() -> None:
        slow = cast(Library, SimpleNamespace(ask=ask, search=search))
        await asyncio.gather(PinciteQueryEngine(slow).aquery("q"), release())
        let_go.clear()
        await asyncio.gather(PinciteRetriever(slow).aretrieve("q"), release())

    asyncio.run(program())


def test_a_cancelled_query_stops_the_library(caplog: pytest.LogCaptureFixture) -> None:
    begun, stopped = threading.Event(), threading.Event()

    def ask(*_: object, cancelled: Any, **__: object) -> Answer:
        begun.set()
        for _attempt in range(1000):
            if cancelled():
                stopped.set()
                raise Stopped("stopped")
            threading.Event().wait(0.01)
        raise AssertionError("nobody stopped it")

    async def program() -> None:
        slow = cast(Library, SimpleNamespace(ask=ask))
        task = asyncio.create_task(PinciteQueryEngine(slow).aquery("q"))
        await asyncio.to_thread(begun.wait, 10)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await asyncio.to_thread(stopped.wait, 10)

    asyncio.run(program())
    assert not [record for record in caplog.records if record.name == "asyncio"]


# -- inside other engines


class First(BaseSelector):
    """Selects the first engine."""

    def _select(self, choices: Sequence[ToolMetadata], query: QueryBundle) -> SelectorResult:
        assert query.query_str
        return MultiSelection(selections=[SingleSelection(index=0, reason=f"first of {len(choices)}")])

    async def _aselect(self, choices: Sequence[ToolMetadata], query: QueryBundle) -> SelectorResult:
        return self._select(choices, query)

    def _get_prompts(self) -> dict[str, Any]:
        return {}

    def _update_prompts(self, prompts: dict[str, Any]) -> None:
        pass


def test_a_tool_and_a_router_hand_the_response_on(library: Library) -> None:
    engine = PinciteQueryEngine(library)
    tool = QueryEngineTool.from_defaults(engine, name="notes", description="Notes on ports and ferries")
    output = tool.call(FERRY)
    assert output.content == str(engine.query(FERRY))
    assert output.raw_output.metadata["answer"]["kind"] == "answer"

    other = QueryEngineTool.from_defaults(PinciteQueryEngine(scripted().library), name="log", description="A log")
    router = RouterQueryEngine(First(), [tool, other], llm=MockLLM())
    for response in (router.query(FERRY), asyncio.run(router.aquery(FERRY))):
        assert str(response) == output.content
        assert response.source_nodes == output.raw_output.source_nodes
        assert response.metadata is not None
        assert response.metadata["answer"]["kind"] == "answer"
    assert router.get_prompts()


class Condenser(MockLLM):
    """Makes every follow-up the question on cargo."""

    def complete(self, prompt: str, *_: Any, **__: Any) -> CompletionResponse:
        assert FERRY in prompt, "the conversation so far is condensed"
        return CompletionResponse(text=CARGO)


def test_a_chat_engine_asks_it_the_condensed_question(library: Library) -> None:
    engine = PinciteQueryEngine(library)
    chat = CondenseQuestionChatEngine.from_defaults(engine, llm=Condenser())
    first = chat.chat(FERRY)
    assert str(first) == str(engine.query(FERRY))
    second = chat.chat("And the port?")
    assert str(second) == str(engine.query(CARGO))
    assert second.source_nodes == engine.query(CARGO).source_nodes
    assert str(asyncio.run(chat.achat("And the port?"))) == str(second)


# -- what LlamaIndex's observers see


def test_callbacks_see_the_question_and_the_response(library: Library) -> None:
    seen = LlamaDebugHandler(print_trace_on_end=False)
    manager = CallbackManager([seen])
    response = PinciteQueryEngine(library, callback_manager=manager).query(CARGO)
    asyncio.run(PinciteQueryEngine(library, callback_manager=manager).aquery(CARGO))
    for start, end in seen.get_event_pairs(CBEventType.QUERY):
        assert start.payload == {EventPayload.QUERY_STR: CARGO}
        assert end.payload is not None
        assert str(end.payload[EventPayload.RESPONSE]) == str(response)
    assert len(seen.get_event_pairs(CBEventType.QUERY)) == 2
    found = PinciteRetriever(library, callback_manager=manager).retrieve(CARGO)
    ((_, end),) = seen.get_event_pairs(CBEventType.RETRIEVE)
    assert end.payload == {EventPayload.NODES: found}


class Collector(BaseEventHandler):
    names: list[str] = []  # noqa: RUF012  a pydantic field, copied for each handler

    def handle(self, event: Any, **_: Any) -> None:
        self.names.append(event.class_name())


def test_instrumentation_sees_start_and_end(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    collector = Collector()
    monkeypatch.setattr(get_dispatcher(), "event_handlers", [collector])
    PinciteQueryEngine(library).query(CARGO)
    PinciteRetriever(library).retrieve(CARGO)
    assert collector.names == ["QueryStartEvent", "QueryEndEvent", "RetrievalStartEvent", "RetrievalEndEvent"]


def test_global_settings_stay_as_they_were(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    """LlamaIndex makes a setting when it is first read, so reading one would show as well."""
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    for name in vars(Settings):
        monkeypatch.setattr(Settings, name, None)
    engine, retriever = PinciteQueryEngine(library), PinciteRetriever(library)
    assert engine.query(CARGO).source_nodes
    assert asyncio.run(engine.aquery(CARGO)).source_nodes
    assert retriever.retrieve(CARGO) == asyncio.run(retriever.aretrieve(CARGO))
    assert vars(Settings)
    assert set(vars(Settings).values()) == {None}


# -- the docs


def test_the_example_in_the_docs_runs(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert EXAMPLE is not None
    monkeypatch.chdir(folder)
    example: dict[str, Any] = {}
    exec(EXAMPLE[1], example)
    response = example["response"]
    printed = capsys.readouterr().out.splitlines()
    assert printed[: len(str(response).splitlines())] == str(response).splitlines()
    assert len([line for line in printed if line.startswith("[")]) == len(response.source_nodes) > 0
    assert len(example["passages"]) == 5

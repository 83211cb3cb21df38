"""From passages to settled sentences: the evidence itself, the evidence as a small model votes on it, or a draft."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import zip_longest

from index.embedder import Vectors
from index.library import Index
from index.types import Chunk, Hit, Span
from rag import prompts
from rag.attribute import Attributed, NumberedSource, attribute
from rag.competing import Voice, voice
from rag.conflicts import holder, unheard
from rag.conversation import split_parts
from rag.drafting import draft
from rag.drafts import Draft
from rag.errors import DraftMalformed, ModelUnavailable
from rag.evidence import Evidence, find_evidence
from rag.extractive import MAX_STATEMENTS, usable, write
from rag.model_calls import ModelCalls
from rag.question import Question, read_question
from rag.remembered import Remembered
from rag.terms import STOP_WORDS
from rag.verify import Quote, Source, check
from rag.voting import vote

# Below this the likeliest sentence has nothing to do with the question: no model is asked (docs/measurements.md).
WORTH_ASKING = 0.05
OPINION_TOKENS = 3
SOURCE_CHARS = 12_000  # sent to a hosted model in all, about 3,000 tokens


@dataclass(frozen=True, slots=True)
class Task:
    """What there is to write from. `asked` is the question as it was put, `query` the one that stands alone."""

    index: Index
    asked: str
    query: str
    hits: Sequence[Hit]
    vector: Vectors
    calls: ModelCalls | None = None
    second_opinion: bool = False


@dataclass(frozen=True, slots=True)
class Written:
    """`sentences` as they settle. `sent` is what they are made from, `confidence` the highest probability of it to
    answer, `declined` says that a model read it, and `words` are what it gave as the answer."""

    questions: Sequence[Question]
    sent: Sequence[Span]
    sentences: Iterable[Attributed]
    confidence: float = 0.0
    declined: bool = False
    words: str = ""


@dataclass(slots=True)
class Settler:
    """The verifier at work on one answer, and the seconds it took."""

    task: Task
    seconds: float = 0.0
    is_common: Callable[[str], bool] = field(init=False)
    embed: Remembered = field(init=False)

    def __post_init__(self) -> None:
        self.embed = Remembered(self.task.index.embedder)
        self.is_common = common_words(self.task.hits)

    def sentence(self, evidence: Evidence) -> Attributed:
        """A sentence of a document as it is shown."""
        begun = time.perf_counter()
        source = _source(evidence.hit.chunk)
        found = check(evidence.text, [Quote(evidence.sentence.text, source)], self.task.query, self.is_common)
        self.seconds += time.perf_counter() - begun
        return Attributed(evidence.text, found.spans, found.verdict, found.why, found.support)

    def draft(self, drafted: Draft, sources: Sequence[NumberedSource]) -> Attributed:
        """A sentence that a model wrote."""
        begun = time.perf_counter()
        found = attribute(drafted, sources, self.task.query, self.is_common, self.embed)
        self.seconds += time.perf_counter() - begun
        if self.task.second_opinion and found.verdict == "supported":
            return self._second_opinion(found)
        return found

    def _second_opinion(self, found: Attributed) -> Attributed:
        """The model itself is asked about what stands in other words; it can only lower the verdict."""
        assert self.task.calls
        store = self.task.index.store
        quotes = [store.document(at.doc_id, at.version).text[at.start : at.end] for at in found.spans]
        reply = self.task.calls.complete(prompts.second_opinion(found.text, quotes), max_tokens=OPINION_TOKENS)
        if reply.strip(" .*\"'\n").lower().startswith("no"):
            return replace(found, verdict="unsupported", why="the second opinion is that the cited words do not say it")
        return found


def common_words(hits: Sequence[Hit]) -> Callable[[str], bool]:
    """A word that the passages write in lower case is no name where it opens a sentence."""
    lower = {word for hit in hits for word in hit.chunk.text.split() if word.islower()}
    return (STOP_WORDS | lower).__contains__


def write_evidence(task: Task, settler: Settler) -> Written:
    """Without a model: the sentences that are likeliest to answer, each part of the question in turn."""
    questions, found = _read(task)
    chosen = _in_turn([write(q, evidence) for q, evidence in zip(questions, found, strict=True)])
    sent = [e.sentence.span for e in found[0]]
    return Written(questions, sent, map(settler.sentence, chosen), _likeliest(chosen))


def write_votes(task: Task, settler: Settler) -> Written:
    """With a small model: the same, after its votes have moved the probabilities."""
    assert task.calls
    questions, found = _read(task)
    asked = [(q, e) for q, e in zip(questions, found, strict=True) if _likeliest(e) >= WORTH_ASKING]
    votes = [vote(task.calls, question, evidence) for question, evidence in asked]
    chosen = _in_turn([write(q, v.evidence) for (q, _), v in zip(asked, votes, strict=True)])
    sent = [span for v in votes for span in v.sent]
    words = votes[0].words if votes else ""
    return Written(questions, sent, map(settler.sentence, chosen), _likeliest(chosen), bool(asked), words)


def write_drafts(task: Task, settler: Settler) -> Written:
    """With a model that follows instructions: its own sentences, each tied to the words that carry it."""
    assert task.calls
    question = read_question(task.query, asked=task.asked)
    evidence = find_evidence(task.index, question, task.vector, task.hits)
    if _likeliest(evidence) < WORTH_ASKING:
        return Written([question], [], [])
    for e in evidence:
        settler.embed.know(e.sentence.text, e.vector)
    sources = _sources(task, evidence)
    drafted = draft(task.calls, task.query, sources, lambda drafted: settler.draft(drafted, sources))
    sentences = _with_unheard(task, question, drafted, usable(question, evidence), settler)
    sent = [s.span for n in sources for s in n.sentences]
    return Written([question], sent, sentences, _likeliest(evidence), declined=True)


def _with_unheard(
    task: Task, question: Question, drafted: Iterable[Attributed], evidence: Sequence[Evidence], settler: Settler
) -> Iterator[Attributed]:
    """What was drafted; then the sentences of sources that give another value and that the model left out."""
    heard: list[Voice] = []
    failure: ModelUnavailable | DraftMalformed | None = None
    try:
        for settled in drafted:
            if settled.shown:
                heard += [
                    voice(question, span, hit.chunk) for span in settled.spans if (hit := holder(span, task.hits))
                ]
            yield settled
    except (ModelUnavailable, DraftMalformed) as error:
        failure = error
    yield from map(settler.sentence, unheard(question, heard, [e for e in evidence if not e.names_other_year]))
    if failure:
        raise failure


def _read(task: Task) -> tuple[list[Question], list[list[Evidence]]]:
    """Each part of the question ("how many ..., and who ...?") with its evidence, best first."""
    parts = split_parts(task.query) if task.query == task.asked else [task.query]
    if len(parts) == 1:
        question = read_question(task.query, asked=task.asked)
        return [question], [find_evidence(task.index, question, task.vector, task.hits)]
    questions = [read_question(part) for part in parts]
    vectors = task.index.embedder.embed(parts)
    return questions, [find_evidence(task.index, q, v, task.hits) for q, v in zip(questions, vectors, strict=True)]


def _in_turn(drafts: Sequence[Sequence[Evidence]]) -> list[Evidence]:
    by_span = {e.sentence.span: e for turn in zip_longest(*drafts) for e in turn if e}
    return list(by_span.values())[: MAX_STATEMENTS if len(drafts) > 1 else None]


def _likeliest(evidence: Sequence[Evidence]) -> float:
    return max((e.probability for e in evidence), default=0.0)


def _sources(task: Task, evidence: Sequence[Evidence]) -> list[NumberedSource]:
    """As many hits as there is room for, each with its sentences, likeliest first."""
    sources: list[NumberedSource] = []
    room = SOURCE_CHARS
    for hit in task.hits:
        room -= len(hit.chunk.text)
        if sources and room < 0:
            break
        sentences = tuple(e.sentence for e in evidence if e.hit == hit)
        if sentences:
            sources.append(NumberedSource(_source(hit.chunk), sentences))
    return sources


def _source(chunk: Chunk) -> Source:
    return Source(Span(chunk.doc_id, chunk.version, chunk.start, chunk.end), chunk.text, chunk.title, chunk.published)

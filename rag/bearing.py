"""What the library says to a statement that stands nowhere word for word: the nearest passages, checked."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from index.embedder import Vectors
from index.folding import locate
from index.library import Index
from index.near import Edit, near, shifted
from index.types import Chunk, Document, Sentence, Span
from rag.claims import coverage
from rag.differences import value_edits, without_values
from rag.quotes import neighbourhood
from rag.remembered import Remembered
from rag.retrieve import retrieve
from rag.terms import STOP_WORDS, stems
from rag.types import SHOWN, Verdict
from rag.verify import Source, check_words, value_breaches

PASSAGES = 10
SENTENCES = 4  # checked: those that cover most of the statement
PAIRED = 2  # of them, also with the sentence before and the one behind
# Shares of a statement in one sentence, by `coverage` (docs/measurements.md, "Citation lookup"). In 2,000 sentences on
# other things, 5% of claims have .33 of their words, .43 without values, and none more than .50; of altered claims, 99%
# have .67 of theirs.
SAME_SUBJECT_AT = 0.6  # of what it is without its values; from here on another value is an alteration
TOUCHED_AT = 0.2  # two such sentences may be related together
RELATED_WORDS = 2  # content words in common: one of two is no subject
# Nearness: cosine and share of the words, weighed. Below `RELATED_AT` nothing speaks of the statement (the same place).
COSINE, RELATED_AT = 0.7, 0.38


@dataclass(frozen=True, slots=True)
class Bearing:
    """A place that bears on a statement, what it makes of it, and the share of the statement that it holds, its
    nearness where it is `unsupported`; `diff` is for altered ones."""

    verdict: Verdict
    why: str
    span: Span
    diff: tuple[Edit, ...] = ()
    share: float = 0.0


def overlap(one: Span, other: Span) -> bool:
    return one.doc_id == other.doc_id and one.start < other.end and other.start < one.end


def find_bearings(index: Index, statement: str, within: Collection[str] | None = None) -> list[Bearing]:
    """Places that carry, alter or touch `statement`, word for word first, then the passages in their order; `within`
    names the only documents that are read."""
    hits, vector = retrieve(index, statement, PASSAGES, within)
    lower = {word for hit in hits for word in hit.chunk.text.split() if word.islower()}
    look = _Look(index, statement, vector.ravel(), (STOP_WORDS | lower).__contains__, Remembered(index.embedder))
    chunks = [hit.chunk for hit in hits]
    close = [bearing for chunk in chunks for bearing in look.near(chunk)]
    if any(bearing.verdict in SHOWN for bearing in close):
        return close
    # nearly a quote is not other words: the check of answers lets a word or two go by
    quoted = [bearing.span for bearing in close]
    rest = look.sentences(chunks)
    return [*close, *(b for b in rest if b.verdict not in SHOWN or not any(overlap(b.span, s) for s in quoted))]


@dataclass(frozen=True, slots=True)
class _Read:
    """The sentence `at` its place in a passage, the words it has in common with the statement, and their cosine."""

    chunk: Chunk
    sentences: Sequence[Sentence]
    at: int
    common: int
    cosine: float


@dataclass(frozen=True, slots=True)
class _Look:
    index: Index
    statement: str
    vector: Vectors
    is_common: Callable[[str], bool]
    embed: Remembered

    def near(self, chunk: Chunk) -> Iterator[Bearing]:
        """The words in and around the passage that are most like the statement."""
        document = self.index.store.document(chunk.doc_id, chunk.version)
        start, end = neighbourhood(document, chunk, len(self.statement))
        match = near(self.statement, document.text[start:end])
        if match is None:
            return
        span = Span(chunk.doc_id, chunk.version, start + match.start, start + match.end)
        words = document.text[span.start : span.end]
        diff = tuple(shifted(match.diff, start))
        whole = self._widened(span, chunk)
        cited = [document.text[whole.start : whole.end]]
        verdict, why, share = self._check(cited, whole, document)
        if literal := locate(self.statement, words):
            a, b = literal[0]
            yield Bearing("exact", "", replace(span, start=span.start + a, end=span.start + b), share=1.0)
        elif not diff and verdict != "altered":
            yield Bearing("supported", "the same words, in other case or punctuation", span, share=1.0)
        elif not diff:  # "all turbines" of "almost all turbines"
            yield Bearing("altered", why, whole, share=1.0)
        elif verdict in SHOWN and stems(without_values(self.statement)) <= stems(" ".join([*cited, *_supplied(chunk)])):
            yield Bearing(verdict, why, whole, share=share)
        else:
            why = why if verdict == "altered" else "some of its words are others in the document"
            yield Bearing("altered", why, span, diff, coverage(self.statement, [words], []))

    def sentences(self, chunks: Sequence[Chunk]) -> Iterator[Bearing]:
        """The sentences that cover most of the statement, and the nearest; where none carries it, the former with their
        neighbours."""
        subject = without_values(self.statement)
        wanted = stems(self.statement)
        read: list[_Read] = []
        for chunk in chunks:
            sentences, vectors = self.index.store.sentences(chunk)
            for sentence, vector in zip(sentences, vectors, strict=True):
                self.embed.know(sentence.text, vector)
            common = [len(wanted & stems(sentence.text)) for sentence in sentences]
            cosines = (vectors @ self.vector).tolist() if sentences else []
            read += [_Read(chunk, sentences, at, common[at], cosines[at]) for at in range(len(sentences))]
        touching = sorted((r for r in read if r.common), key=lambda r: -r.common)[: 3 * SENTENCES]
        nearest = sorted(read, key=lambda r: -r.cosine)[:SENTENCES]
        shares = {
            id(r): (coverage(self.statement, [r.sentences[r.at].text], _supplied(r.chunk)), r)
            for r in [*touching, *nearest]
        }
        ranked = sorted((r for r in shares.values() if r[0] >= TOUCHED_AT), key=lambda found: -found[0])[:SENTENCES]
        by_nearness = max(shares.values(), key=lambda found: _nearness(found[1].cosine, found[0]), default=None)
        carried = False
        for share, r in [*ranked, *([by_nearness] if by_nearness and by_nearness not in ranked else [])]:
            bearing = self._judged(r.chunk, r.sentences[r.at : r.at + 1], subject, _nearness(r.cosine, share))
            if bearing:
                carried |= bearing.verdict in SHOWN
                yield bearing
        for share, r in [] if carried else ranked[:PAIRED]:
            for first in (r.at - 1, r.at):
                pair = r.sentences[max(0, first) : first + 2]
                if len(pair) == 2 and coverage(self.statement, [s.text for s in pair], _supplied(r.chunk)) > share:
                    bearing = self._judged(r.chunk, pair, subject, 0.0)
                    if bearing and bearing.verdict in SHOWN:
                        yield bearing

    def _judged(self, chunk: Chunk, sentences: Sequence[Sentence], subject: str, nearness: float) -> Bearing | None:
        """What `sentences`, one or two in a row, make of the statement; None when they speak of something else."""
        document = self.index.store.document(chunk.doc_id, chunk.version)
        span = Span(chunk.doc_id, chunk.version, sentences[0].span.start, sentences[-1].span.end)
        texts = [sentence.text for sentence in sentences]
        verdict, why, _ = self._check(texts, span, document)
        share = coverage(self.statement, texts, _supplied(chunk))
        if verdict in SHOWN:
            return Bearing(verdict, why, span, share=share)
        common = len(stems(subject) & stems(" ".join(texts)))
        same_subject = common >= RELATED_WORDS and coverage(subject, texts, _supplied(chunk)) >= SAME_SUBJECT_AT
        if verdict == "altered" and same_subject:
            diff = value_edits(self.statement, document.text[span.start : span.end], span.start, self.is_common)
            if diff or not value_breaches(self.statement, texts, _supplied(chunk), "", self.is_common):
                return Bearing("altered", why, span, tuple(diff), share)  # else a value is missing, not another
        return Bearing("unsupported", why, span, share=nearness) if nearness >= RELATED_AT else None

    def _check(self, cited: Sequence[str], span: Span, document: Document) -> tuple[Verdict, str, float]:
        source = Source(span, document.text[span.start : span.end], document.title, document.published)
        return check_words(self.statement, cited, [source] * len(cited), "", self.is_common, self.embed)

    def _widened(self, span: Span, chunk: Chunk) -> Span:
        """The whole sentences of the passage that `span` touches, and `span`."""
        touched = [
            s.span for s in self.index.store.sentences(chunk)[0] if s.span.start < span.end > span.start < s.span.end
        ]
        start = min([span.start, *(s.start for s in touched)])
        return Span(span.doc_id, span.version, start, max([span.end, *(s.end for s in touched)]))


def _nearness(cosine: float, share: float) -> float:
    return COSINE * cosine + (1 - COSINE) * share


def _supplied(chunk: Chunk) -> list[str]:
    return [chunk.title, chunk.published or ""]

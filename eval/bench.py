"""How long things take here, as medians and as ratios that hold on another machine.

    python -m eval.bench [--docs DIR] [--questions GOLD.jsonl] [--repeat 5] [--chunks 10000]

Everything is measured in one run, on a library built for it in a temporary directory. A median is over questions, of
the median over repeats; a share is of the sums over questions, because the shares of medians do not add up.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median

from eval.errors import EvaluationError
from eval.gold import GoldQuestion
from eval.gold_files import load_gold
from eval.made_up import fill
from eval.pairs import PAIRS, read_pairs, whole_source
from index import sync
from index.embedder import Embedder, Vectors
from index.embedders import open_embedder
from index.library import Index
from rag.answering import answer
from rag.conversation import standalone
from rag.evidence import find_evidence
from rag.find import find
from rag.question import read_question
from rag.retrieve import DEPTH, retrieve
from rag.terms import keyword_terms
from rag.types import HITS, Turn
from rag.verify import check_words

SAMPLE = Path(__file__).parent / "sample"
HELP_AIM = 12  # times a bare interpreter start: what a command that imports nothing heavy can keep
FIND_AIM = 5  # times a retrieval
LOOKUPS = 10  # of each kind
OTHER_WORDS = PAIRS / "economy.jsonl"
PARTS = ("  retrieve", "  evidence scoring", "  verify")  # of an answer; what they leave is the rest


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: `figure` with its unit, and what it is a ratio to or a share of."""

    name: str
    figure: str
    ratio: str = ""


class TimedEmbedder:
    """An embedder that adds up the seconds it takes."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self.seconds = 0.0

    @property
    def identity(self) -> str:
        return self._embedder.identity

    def embed(self, texts: Sequence[str]) -> Vectors:
        begun = time.perf_counter()
        vectors = self._embedder.embed(texts)
        self.seconds += time.perf_counter() - begun
        return vectors


def measure(docs: Path, questions: Sequence[GoldQuestion], repeat: int, chunks: int) -> list[Row]:
    """Raises IndexingError, ValueError when `docs` has no document, CalledProcessError."""
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as large:
        embedder = TimedEmbedder(open_embedder("minilm"))
        with Index(Path(folder), create=True, embedder=embedder) as index:
            adding = _add(index, docs, embedder)
            warm = _warm(index, questions, repeat)
            texts = [text for _, text in index.store.texts()]
        with Index(Path(large), create=True, embedder=embedder) as index:
            finding = _find(index, fill(index, chunks, texts), repeat)
        return [
            *_processes(Path(folder), questions[0].question, repeat),
            *warm,
            *_other_words(embedder),
            *finding,
            *adding,
        ]


def _add(index: Index, docs: Path, embedder: TimedEmbedder) -> list[Row]:
    """One pass over `docs`, with model and store opened before: many documents are repeats enough."""
    embedder.embed(["warm"])
    index.vectors.count()
    embedder.seconds = 0.0
    whole = _seconds(lambda: sync.add(index, [docs]))
    documents, chunks = index.store.counts()
    if not documents:
        raise ValueError(f"no document in {str(docs)!r}: give --docs a folder of .txt, .md, .html or .pdf files")
    stored = index.store.chunks(index.store.chunk_ids()).values()
    sentences = sum(len(index.store.sentences(chunk)[0]) for chunk in stored)
    return [
        Row("add", f"{whole:.2f} s", f"{documents} documents, {sentences} sentences, {chunks} chunks"),
        Row("add: documents", f"{documents / whole:.1f} /s"),
        Row("add: sentences", f"{sentences / whole:.1f} /s"),
        Row("add: chunks", f"{chunks / whole:.1f} /s"),
        Row("add: embedding", f"{embedder.seconds:.2f} s", f"{_share(embedder.seconds, whole)} of add"),
    ]


def _warm(index: Index, questions: Sequence[GoldQuestion], repeat: int) -> list[Row]:
    times: dict[str, list[float]] = {}
    _question_times(index, questions[0], 1)  # opens what is opened once
    for question in questions:
        for name, seconds in _question_times(index, question, repeat).items():
            times.setdefault(name, []).append(seconds)
    finding, whole = times.pop("find"), times["answer, warm"]
    # taken apart from the answer, the parts of a short one may come to more than the whole
    times["  the rest"] = [one - sum(parts) for one, *parts in zip(whole, *(times[p] for p in PARTS), strict=True)]
    ratio = median(finding) / median(times["  retrieve"])
    return [
        *(Row(name, _ms(median(s)), f"{_share(sum(s), sum(whole))} of the answer") for name, s in times.items()),
        Row("find", _ms(median(finding)), f"{ratio:.1f} x retrieve"),
    ]


def _find(index: Index, sentences: Sequence[str], repeat: int) -> list[Row]:
    """Lookups of every kind in a large library, each beside a retrieval for the same words."""
    count = f"{index.store.counts()[1]:,}"
    looked_up = sentences[:: max(1, len(sentences) // LOOKUPS)][:LOOKUPS]
    kinds: dict[str, Callable[[str], str]] = {
        "as it stands": lambda sentence: sentence,
        "a word changed": lambda sentence: sentence.replace(" ", " zebra ", 1),
        "every second word": lambda sentence: " ".join(sentence.split()[::2]) + ".",
        "nowhere": lambda sentence: f"Tungsten boils at {5000 + len(sentence)} degrees.",
    }
    rows = []
    find(index, sentences[0])  # opens what is opened once
    for kind, changed in kinds.items():
        pasted = [changed(sentence) for sentence in looked_up]
        finding = _median_over(pasted, partial(find, index), repeat)
        retrieving = _median_over(pasted, partial(retrieve, index, k=HITS), repeat)
        ratio = f"{finding / retrieving:.1f} x retrieve, {_ms(retrieving)} (aim: at most {FIND_AIM})"
        rows.append(Row(f"find in {count} chunks, {kind}", _ms(finding), ratio))
    return rows


def _question_times(index: Index, gold: GoldQuestion, repeat: int) -> dict[str, float]:
    """Median seconds of each step of one question, the parts indented under their whole."""
    history = [Turn(turn.question, turn.answer) for turn in gold.history]
    query = standalone(gold.question, history)
    hits, vector = retrieve(index, query, HITS)
    wanted = read_question(query, asked=gold.question)
    terms = keyword_terms(query)
    pasted = index.store.sentences(hits[0].chunk)[0][0].text if hits else query
    verifying: list[float] = []

    def whole() -> None:
        verifying.append(answer(index, gold.question, history).timings_s.get("verify", 0.0))

    steps: dict[str, Callable[[], object]] = {
        "answer, warm": whole,
        "  retrieve": lambda: retrieve(index, query, HITS),
        "    embed the query": lambda: index.embedder.embed([query]),
        "    dense query in Chroma": lambda: index.vectors.nearest(vector, DEPTH),
        "    keyword query": lambda: index.store.keyword_search(terms, DEPTH),
        "  evidence scoring": lambda: find_evidence(index, wanted, vector, hits),
        "find": lambda: find(index, pasted),
    }
    times = {name: median(_seconds(step) for _ in range(repeat)) for name, step in steps.items()}
    return times | {"  verify": median(verifying)}


def _other_words(embedder: Embedder) -> list[Row]:
    """Statements in other words that stand, each checked once: what is read twice is remembered."""
    check, batch = list[float](), list[float]()
    for pair in read_pairs(OTHER_WORDS):
        begun = time.perf_counter()
        verdict, *_ = check_words(pair.true, [pair.source], [whole_source(pair.source, pair.title)], "", str.islower)
        if verdict == "supported":
            check.append(time.perf_counter() - begun)
            batch.append(_seconds(partial(embedder.embed, [pair.true, pair.source])))
    return [
        Row(
            "verify in other words",
            _ms(median(check)),
            f"beside an embedder batch of {_ms(median(batch))} (aim: 10 ms)",
        )
    ]


def _processes(library: Path, question: str, repeat: int) -> list[Row]:
    # the command installed beside this interpreter, which may not be on PATH
    program = shutil.which("pincite", path=str(Path(sys.executable).parent)) or "pincite"

    def started(*words: str) -> float:
        return median(_seconds(lambda: subprocess.run(words, capture_output=True, check=True)) for _ in range(repeat))

    bare = started(sys.executable, "-c", "pass")
    helped = started(program, "--help")
    asked = started(program, "ask", "--mode", "extractive", "--text", "--library", str(library), "--", question)
    return [
        Row("python -c pass", _ms(bare)),
        Row("pincite --help", _ms(helped), f"{helped / bare:.1f} x python -c pass (aim: at most {HELP_AIM})"),
        Row("pincite ask, cold", _ms(asked), f"{asked / bare:.1f} x python -c pass"),
    ]


def table(rows: Sequence[Row]) -> str:
    """The rows as plain aligned text."""
    names, figures = (max(len(getattr(row, column)) for row in rows) for column in ("name", "figure"))
    return "\n".join(f"{row.name:<{names}}  {row.figure:>{figures}}  {row.ratio}".rstrip() for row in rows)


def _median_over(texts: Sequence[str], step: Callable[[str], object], repeat: int) -> float:
    return median(median(_seconds(partial(step, text)) for _ in range(repeat)) for text in texts)


def _seconds(step: Callable[[], object]) -> float:
    begun = time.perf_counter()
    step()
    return time.perf_counter() - begun


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.2f} ms"


def _share(part: float, whole: float) -> str:
    return f"{part / whole:.3f}"


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m eval.bench", description="Measures where the time goes.")
    parser.add_argument("--docs", type=Path, default=SAMPLE / "corpus", metavar="DIR")
    parser.add_argument("--questions", type=Path, default=SAMPLE / "gold.jsonl", metavar="GOLD.jsonl")
    parser.add_argument("--repeat", type=int, default=5, metavar="N", help="times each step is taken (default 5)")
    parser.add_argument("--chunks", type=int, default=10_000, metavar="N", help="of the library for `find` (10000)")
    args = parser.parse_args(argv)
    if args.repeat < 1 or args.chunks < 1:
        parser.error(f"--repeat and --chunks must be at least 1, got {args.repeat} and {args.chunks}")
    try:
        print(table(measure(args.docs, load_gold(args.questions).questions, args.repeat, args.chunks)))
    except (EvaluationError, ValueError) as error:
        parser.error(str(error))
    return 0


if __name__ == "__main__":
    sys.exit(main())

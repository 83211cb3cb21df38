"""Disagreement between sources: the pairs of tests/conflict_cases.md, what is shown of them and how it is labelled."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from helpers import ROOT, write
from hypothesis import given
from hypothesis import strategies as st
from test_answering import FERRY, keeps_invariants, opened, shared_library

from index.sentences import sentence_spans
from index.types import Chunk, Hit, Span
from rag.competing import Voice, compare, voice
from rag.conflicts import find_conflicts, holder, unheard
from rag.library import Library
from rag.question import read_question
from rag.types import Answer, Citation, Conflict, Statement
from ui.terminal import print_after

_HEAD = re.compile(r"\*(?:(?P<title>(?!\d{4}-)[^*]+?)(?:, )?)?(?P<date>\d{4}-\d\d-\d\d)?\* ")
EVERY = 4  # of the pairs that do not compete, one in so many is asked of the library


class Source(NamedTuple):
    title: str
    published: str | None
    text: str

    def chunk(self, doc_id: str) -> Chunk:
        return Chunk(doc_id, doc_id, "v1", 0, len(self.text), self.text, None, self.title, "", self.published)


class Pair(NamedTuple):
    kind: str
    why: str
    question: str
    sources: tuple[Source, Source]
    values: str

    @property
    def competes(self) -> bool:
        return self.kind.startswith("Competing")


def source(cell: str) -> Source:
    head = _HEAD.match(cell)
    return Source(head["title"] or "", head["date"], cell[head.end() :]) if head else Source("", None, cell)


def pairs() -> Iterator[Pair]:
    kind = ""
    for line in (Path(ROOT) / "tests/conflict_cases.md").read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("## "):
            kind = line.removeprefix("## ")
        elif len(cells) > 3 and cells[0] not in ("why", "---"):
            why, question, first, second, *values = cells
            yield Pair(kind, why, question, (source(first), source(second)), "".join(values))


PAIRS = list(pairs())
KNOWN_FAULTS = ("Competing, and not seen", "No conflict, and taken for one")
MARKED = [
    pytest.param(pair, id=pair.why, marks=[pytest.mark.xfail(strict=True)] if pair.kind in KNOWN_FAULTS else [])
    for pair in PAIRS
]


def voices(pair: Pair, side: int, doc_id: str) -> list[Voice]:
    """Every sentence of one source."""
    chunk, question = pair.sources[side].chunk(doc_id), read_question(pair.question)
    return [voice(question, Span(doc_id, "v1", a, b), chunk) for a, b in sentence_spans(chunk.text)]


def competing(pair: Pair, first: int, second: int, doc_ids: str = "ab") -> str | None:
    """The competing values of two sources, "48 / 52"; None when they do not compete."""
    question = read_question(pair.question)
    for one in voices(pair, first, doc_ids[0]):
        for other in voices(pair, second, doc_ids[1]):
            compared = compare(question, one, other)
            if compared and not compared.agree:
                return f"{compared.one} / {compared.other}"
    return None


# -- pairs


def test_there_are_pairs_of_either_kind() -> None:
    assert sum(pair.competes for pair in PAIRS) >= 60
    assert sum(not pair.competes for pair in PAIRS) >= 60
    assert len({(pair.question, pair.sources) for pair in PAIRS}) == len(PAIRS)


@pytest.mark.parametrize("pair", MARKED)
def test_two_sources_compete_or_not(pair: Pair) -> None:
    found = competing(pair, 0, 1)
    if pair.competes:
        assert found == pair.values.removesuffix(" (correction)")
    else:
        assert found is None


@pytest.mark.parametrize("pair", PAIRS, ids=[pair.why for pair in PAIRS])
def test_their_order_does_not_matter(pair: Pair) -> None:
    found = competing(pair, 0, 1)
    assert competing(pair, 1, 0) == (found and " / ".join(reversed(found.split(" / "))))


@pytest.mark.parametrize("pair", PAIRS, ids=[pair.why for pair in PAIRS])
def test_one_document_does_not_compete_with_itself(pair: Pair) -> None:
    assert competing(pair, 0, 1, "aa") is None
    assert competing(pair, 0, 0) is None


@given(st.text(), st.text(), st.text(), st.text())
def test_any_texts_can_be_compared(asked: str, title: str, one: str, other: str) -> None:
    pair = Pair("", "", f"How many {asked}?", (Source(title, None, one), Source(title, "2024-05-06", other)), "")
    for question in (
        asked,
        f"How many {asked}?",
        f"When was {asked} built?",
        f"Who won {asked}?",
        f"Where is {asked}?",
    ):
        competing(pair._replace(question=question), 0, 1)


VALUES = st.sampled_from(["48", "52 million euros", "about 5%", "May 2024", "9 March 1829", "Ana Duarte", "-", "20-25"])


@given(st.lists(VALUES, max_size=5), st.lists(VALUES, max_size=5))
def test_values_in_any_number_can_be_compared(one: list[str], other: list[str]) -> None:
    texts = (f"Lorne cost {' and '.join(one)}.", f"In 2024 Lorne cost {', '.join(other)} (up from {' to '.join(one)}).")
    pair = Pair("", "", "How much did Lorne cost?", (Source("", None, texts[0]), Source("", None, texts[1])), "")
    found = competing(pair, 0, 1)
    assert found is None or all(value in text for value, text in zip(found.split(" / "), texts, strict=True))


@pytest.mark.parametrize(
    "question", ["Who opened the quay?", "When was the quay opened?", "How many ships came?", "Why?"]
)
def test_long_and_stubborn_texts_are_read_to_their_end(question: str) -> None:
    for text in (
        "Ana " + "the " * 800 + "opened Lorne.",
        "12 ships and 3 " * 500,
        "Opened by a " * 500 + "Jon Falk",
    ):
        pair = Pair("", "", question, (Source("", None, text), Source("", None, text.replace("Ana", "Eva"))), "")
        competing(pair, 0, 1)


# -- whose value was not heard


def test_nothing_competes_with_nothing() -> None:
    question = read_question(FERRY)
    assert unheard(question, [], []) == []
    assert find_conflicts([question], [], []) == ()


# -- labels


def answered(question: str, *sources: Source) -> Conflict | None:
    """The conflict of an answer that states the first sentence of every source."""
    hits, statements = [], []
    for number, each in enumerate(sources, 1):
        chunk = each.chunk(f"{number}.txt")
        span = Span(chunk.doc_id, "v1", *sentence_spans(chunk.text)[0])
        quote = chunk.text[span.start : span.end]
        hits.append(Hit(chunk, 1.0, number, ("dense",)))
        cited = Citation(number, span, quote, "exact", chunk.title, "", chunk.published, None)
        statements.append(Statement(quote, (cited,), 1.0))
    found = find_conflicts([read_question(question)], statements, hits)
    return found[0] if found else None


COST = "How much did the Lorne terminal cost?"
FIRST = Source("Gazette", "2024-03-10", "The Lorne terminal cost 48 million euros.")
SAME = Source("Reprint", "2024-03-11", "In Lorne the terminal cost €48m.")
OTHER = Source("Courier", "2024-04-02", "The Lorne terminal cost 52 million euros.")


def test_a_conflict_lists_each_side_with_its_statement_and_citation() -> None:
    found = answered(COST, FIRST, OTHER)
    assert found
    assert found.statements == (0, 1)
    assert [(s.statement, s.number, s.value, s.label) for s in found.sides] == [
        (0, 1, "48 million euros", ""),
        (1, 2, "52 million euros", "later"),
    ]
    assert found.about == (
        "How much did the Lorne terminal cost: 48 million euros (2024-03-10) / 52 million euros (2024-04-02); "
        "the later document says 52 million euros"
    )


def test_those_that_agree_stand_on_one_side() -> None:
    assert answered(COST, FIRST, SAME) is None
    found = answered(COST, FIRST, SAME, OTHER)
    assert found
    assert [side.value for side in found.sides] == ["48 million euros", "€48m", "52 million euros"]


@pytest.mark.parametrize(
    ("first", "second", "labels"),
    [
        (FIRST, OTHER, ["", "later"]),
        (OTHER, FIRST, ["later", ""]),
        (FIRST, OTHER._replace(published="2024-03-10"), ["", ""]),
        (FIRST, OTHER._replace(published=None), ["", ""]),
        (FIRST._replace(published=None), OTHER._replace(published=None), ["", ""]),
        (FIRST, OTHER._replace(title="Correction: the terminal"), ["", "correction"]),
        (FIRST, OTHER._replace(text="Lorne's terminal cost 52 million euros, the paper corrects."), ["", "correction"]),
        (FIRST, OTHER._replace(title="Revised", published=None), ["", "correction"]),
        (FIRST._replace(title="Corrected figures"), OTHER, ["", "later"]),  # what came after corrects the correction
    ],
)
def test_labels(first: Source, second: Source, labels: list[str]) -> None:
    found = answered(COST, first, second)
    assert found
    assert [side.label for side in found.sides] == labels


def test_without_dates_the_titles_are_named() -> None:
    found = answered(COST, FIRST._replace(published=None), OTHER._replace(published=None))
    assert found
    assert found.about.endswith("48 million euros (Gazette) / 52 million euros (Courier)")


def test_a_dispute_about_another_value_than_the_first_is_none_of_this_question() -> None:
    trade = "Trade of Veldmark was $40 billion in 2023."
    later = [Source("", None, f"Trade of Veldmark was ${n} billion in 2024.") for n in (44, 46)]
    assert answered("What was the trade of Veldmark?", *later)
    assert answered("What was the trade of Veldmark?", Source("", None, trade), *later) is None


def test_a_statement_that_two_documents_carry_is_two_sides() -> None:
    chunks = [FIRST.chunk("1.txt"), OTHER.chunk("2.txt")]
    cited = tuple(
        Citation(n, Span(c.doc_id, "v1", 0, len(c.text)), c.text, "supported", c.title, "", c.published, None)
        for n, c in enumerate(chunks, 1)
    )
    hits = [Hit(chunk, 1.0, rank, ("dense",)) for rank, chunk in enumerate(chunks, 1)]
    (found,) = find_conflicts([read_question(COST)], [Statement("48 or 52 million euros.", cited, 1.0)], hits)
    assert found.statements == (0,)
    assert [side.number for side in found.sides] == [1, 2]


# -- a whole library


ASKED = [pair for n, pair in enumerate(PAIRS) if pair.kind == "Competing" or n % EVERY == 0]


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    folder = tmp_path_factory.mktemp("disagreement")
    files = {
        f"{number:03}{side}.txt": "\n\n".join(
            filter(None, [own.title, own.published and f"Published: {own.published}", own.text])
        )
        for number, pair in enumerate(ASKED)
        for side, own in zip("ab", pair.sources, strict=True)
    }
    write(folder / "docs", {name: text + "\n" for name, text in files.items()})
    with opened(folder / "library") as made:
        made.add([folder / "docs"])
        yield made


def asked(library: Library, number: int) -> Answer:
    return library.ask(ASKED[number].question, mode="extractive", within=[f"{number:03}a.txt", f"{number:03}b.txt"])


def test_what_competes_is_shown_with_its_own_source_and_listed(library: Library) -> None:
    missed, invented = [], []
    for number, pair in enumerate(ASKED):
        answer = asked(library, number)
        keeps_invariants(answer, library.stored_text)
        for conflict in answer.conflicts:
            citations = [answer.citation(side) for side in conflict.sides]
            assert len({citation.span.doc_id for citation in citations}) == 2
            assert all(side.value in citation.quote for side, citation in zip(conflict.sides, citations, strict=True))
            assert all(side.value in conflict.about for side in conflict.sides)
        if pair.kind not in KNOWN_FAULTS:
            missed += [pair.why] if pair.competes and not answer.conflicts else []
            invented += [pair.why] if answer.conflicts and not pair.competes else []
        if pair.values.endswith("(correction)"):
            assert "correction" in [side.label for side in answer.conflicts[0].sides]
    assert not missed
    assert not invented


def test_the_names_of_the_documents_do_not_matter(tmp_path: Path) -> None:
    gazette, courier = (f"Published: {s.published}\n\n{s.text}\n" for s in (FIRST, OTHER))
    found = []
    for number, (first, second) in enumerate([(gazette, courier), (courier, gazette)]):
        write(tmp_path / f"docs{number}", {"a.txt": first, "b.txt": second})
        with opened(tmp_path / f"library{number}") as library:
            library.add([tmp_path / f"docs{number}"])
            answer = library.ask(COST, mode="extractive")
        found.append({(side.value, side.label) for conflict in answer.conflicts for side in conflict.sides})
    assert found[0] == found[1] == {("48 million euros", ""), ("52 million euros", "later")}


def test_papers_that_disagree_are_listed() -> None:
    answer = shared_library().ask(FERRY, mode="extractive")
    (conflict,) = answer.conflicts
    assert {(answer.citation(side).span.doc_id, side.value) for side in conflict.sides} >= {
        ("courier.md", "52 million euros")
    }
    assert {side.value for side in conflict.sides} == {"48 million euros", "52 million euros"}


def test_the_terminal_names_each_value_with_its_document(capsys: pytest.CaptureFixture[str]) -> None:
    print_after(shared_library().ask(FERRY, mode="extractive"))
    _, _, block = capsys.readouterr().out.partition("The sources disagree:\n")
    lines = block.split("\n\n")[0].splitlines()
    assert "  [2] 52 million euros: What the Lorne terminal cost, 2024-04-02 (the later document)." in lines
    assert not [line for line in lines if re.search(r"\[\d+\]$", line)]  # that is how sentences end


def test_a_span_outside_every_hit_has_no_holder() -> None:
    hit = Hit(FIRST.chunk("1.txt"), 1.0, 1, ("dense",))
    assert holder(Span("1.txt", "v1", 0, 5), [hit]) == hit
    assert holder(Span("1.txt", "v2", 0, 5), [hit]) is None
    assert holder(Span("1.txt", "v1", 0, 500), [hit]) is None

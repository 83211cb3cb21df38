"""From drafts to the words that carry them: numbers are hints, quotes are located, and what nothing carries is told."""

from collections.abc import Sequence
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.folding import folded
from index.sentences import sentence_spans
from index.types import Sentence, Span
from rag.attribute import Attributed, NumberedSource, attribute
from rag.drafts import Draft, DraftCitation
from rag.fragments import sentence_with
from rag.markup import plain
from rag.terms import STOP_WORDS
from rag.types import Verdict
from rag.verify import Source, value_breaches

AT = 500  # where each source begins in its document


def numbered(text: str, doc_id: str, title: str = "", citable: Sequence[str] | None = None) -> NumberedSource:
    """`text` as a source; all of its sentences may be cited, or only those in `citable`."""
    source = Source(Span(doc_id, "v1", AT, AT + len(text)), text, title, None)
    sentences = [Sentence(Span(doc_id, "v1", AT + a, AT + b), text[a:b]) for a, b in sentence_spans(text)]
    return NumberedSource(source, tuple(s for s in sentences if citable is None or s.text in citable))


GAZETTE = numbered(
    "The new ferry terminal in Lorne cost 48 million euros. Mayor Ana Duarte opened it on 9 March 2024. Ferries to the "
    "islands leave every 40 minutes.",
    "gazette.txt",
    "Lorne gets its ferry terminal",
)
COURIER = numbered(
    "The new ferry terminal in Lorne cost **52 million euros**, the [court of auditors](http://a.example/r) found. "
    "Nobody knows where\nthe other four million went.",
    "courier.md",
    "What the terminal cost",
)
REPRINT = numbered(
    "From our partners. The new ferry terminal in Lorne cost 48 million euros. Subscribe to our newsletter.",
    "reprint.txt",
    "From our partners",
    citable=["The new ferry terminal in Lorne cost 48 million euros."],
)
SOURCES = [GAZETTE, COURIER, REPRINT]
COST_48 = "The new ferry terminal in Lorne cost 48 million euros."
COST_52 = "The new ferry terminal in Lorne cost 52 million euros, the court of auditors found."
OPENED = "Mayor Ana Duarte opened it on 9 March 2024."


def drafted(text: str, *citations: tuple[int, str] | int) -> Draft:
    given = [citation if isinstance(citation, tuple) else (citation, "") for citation in citations]
    return Draft(text, tuple(DraftCitation(number, quote) for number, quote in given), text)


def attributed(text: str, *citations: tuple[int, str] | int, sources: Sequence[NumberedSource] = SOURCES) -> Attributed:
    return attribute(drafted(text, *citations), sources, "", STOP_WORDS.__contains__)


def cited(found: Attributed) -> list[tuple[str, str]]:
    """The document and the words of each place."""
    texts = {numbered.source.span.doc_id: numbered.source.text for numbered in SOURCES}
    return [(span.doc_id, texts[span.doc_id][span.start - AT : span.end - AT]) for span in found.spans]


class Case(NamedTuple):
    """A draft, what becomes of it, and the places it is cited to (document, first words)."""

    kind: str
    text: str
    citations: Sequence[tuple[int, str] | int]
    verdict: Verdict
    places: list[tuple[str, str]]


IN_GAZETTE, IN_COURIER, IN_REPRINT = (("gazette.txt", COST_48), ("courier.md", "The new"), ("reprint.txt", COST_48))
CASES = [
    # quotes
    Case("a right quote", COST_48, [(1, "cost 48 million euros")], "exact", [IN_GAZETTE]),
    Case("the whole sentence as the quote", COST_48, [(1, COST_48)], "exact", [IN_GAZETTE]),
    Case("a quote without its full stop", COST_48, [(1, COST_48[:-1])], "exact", [("gazette.txt", COST_48[:-1])]),
    Case("a quote with an ellipsis", COST_48, [(1, "The new ferry terminal in Lorne…")], "exact", [IN_GAZETTE]),
    Case("a quote in quotation marks", COST_48, [(1, f"“{COST_48}”")], "exact", [("gazette.txt", COST_48[:-1])]),
    Case("a right quote with another number", COST_48, [(2, COST_48)], "exact", [IN_GAZETTE]),
    Case("a right quote with a number of nothing", COST_48, [(9, COST_48)], "exact", [IN_GAZETTE]),
    Case("a right quote with number 0", COST_48, [(0, COST_48)], "exact", [IN_GAZETTE]),
    Case("a right quote with a negative number", COST_48, [(-1, COST_48)], "exact", [IN_GAZETTE]),
    Case("the named source first", COST_48, [(3, COST_48)], "exact", [IN_REPRINT]),
    Case("a quote without its Markdown", COST_52, [(2, "cost 52 million euros, the court of auditors found")], "exact",
         [IN_COURIER]),
    Case("a quote over a line end", "Nobody knows where the other four million went.",
         [(2, "Nobody knows where the other four million went.")], "exact", [("courier.md", "Nobody knows where\n")]),
    Case("a quote too short for its sentence", OPENED, [(1, "Ana Duarte")], "exact", [("gazette.txt", OPENED)]),
    Case("two quotes", "Mayor Ana Duarte opened the new ferry terminal on 9 March 2024.", [(1, COST_48), (1, OPENED)],
         "supported", [IN_GAZETTE, ("gazette.txt", OPENED)]),
    Case("another sentence of the quoted source carries it", OPENED, [(1, COST_48)], "exact",
         [("gazette.txt", OPENED)]),
    Case("the words of one source, the quote of another", COST_52, [(1, COST_48)], "altered", [IN_GAZETTE]),
    Case("a quote that is nowhere", COST_48, [(1, "the terminal cost 48 million")], "absent", []),
    Case("one of two quotes is nowhere", COST_48, [(1, COST_48), (1, "at last")], "absent", []),
    Case("a quote of page noise", "Readers subscribe to our newsletter these days.",
         [(3, "Subscribe to our newsletter")], "absent", []),
    Case("a quote that runs into page noise", COST_48, [(3, f"{COST_48} Subscribe")], "absent", []),
    Case("a changed value", COST_48.replace("48", "49"), [(1, COST_48)], "altered", [IN_GAZETTE]),
    Case("a changed meaning", COST_48.replace("cost", "did not cost"), [(1, COST_48)], "altered", [IN_GAZETTE]),
    Case("an invented ending", f"{COST_48[:-1]} and leaks.", [(1, COST_48)], "unsupported", [IN_GAZETTE]),
    # numbers only, or nothing
    Case("a number", COST_48, [1], "exact", [IN_GAZETTE]),
    Case("another number of the same words", COST_48, [3], "exact", [IN_REPRINT]),
    Case("two numbers that both say so", COST_48, [1, 3], "exact", [IN_GAZETTE, IN_REPRINT]),
    Case("two numbers of which one says so", COST_48, [1, 2], "exact", [IN_GAZETTE]),
    Case("a number that does not say so", OPENED, [2], "exact", [("gazette.txt", OPENED)]),
    Case("no number", OPENED, [], "exact", [("gazette.txt", OPENED)]),
    Case("a number of nothing, true", OPENED, [7], "exact", [("gazette.txt", OPENED)]),
    Case("a number of nothing, false", "Lorne is a town of gold and silver.", [7], "absent", []),
    Case("own words", "The terminal in Lorne cost 48 million euros.", [1], "supported", [IN_GAZETTE]),
    Case("own words of two sentences", "Mayor Ana Duarte opened the new ferry terminal on 9 March 2024.", [1],
         "supported", [("gazette.txt", OPENED), IN_GAZETTE]),
    Case("two sources mixed", "Mayor Ana Duarte opened the court of auditors on 9 March 2024.", [1, 2], "unsupported",
         [("gazette.txt", OPENED)]),
    Case("from nowhere", "The moon is made of green cheese today.", [1], "unsupported", [IN_GAZETTE]),
    # fragments are shown as the sentence that says so
    Case("a fragment", "48 million euros", [1], "exact", [IN_GAZETTE]),
    Case("a fragment as a sentence", "48 million euros.", [], "exact", [IN_GAZETTE]),
    Case("a fragment with a capital", "Every 40 minutes", [], "exact", [("gazette.txt", "Ferries to the islands")]),
    Case("a fragment of the marked source first", "in Lorne", [3], "exact", [IN_REPRINT]),
    Case("a fragment in another notation", "€48 million", [1], "exact", [IN_GAZETTE]),
    Case("a name", "Ana Duarte", [2], "exact", [("gazette.txt", OPENED)]),
    Case("a fragment that is nowhere", "49 million euros", [1], "altered", [IN_GAZETTE]),
]  # fmt: skip

COST_3, FOUR = "It cost 3 million euros.", [f"Pier {n} is closed." for n in "two three four five".split()]
HARBOUR = numbered(" ".join(["The pier is open.", *FOUR, COST_3]), "harbour.txt", "The harbour of Lorne")
Quoted = tuple[str, str, Sequence[tuple[int, str] | int], list[str]]
# a kind, a draft with what it cites, and the sentences that may be shown in its place
INSTEAD: list[Quoted] = [
    ("it is shown itself", COST_48, [(1, COST_48)], []),
    ("an invented ending", f"{COST_48[:-1]} and leaks.", [(1, COST_48)], [COST_48]),
    ("a quote that is part of a sentence", f"{COST_48[:-1]} and leaks.", [(1, "48 million")], [COST_48]),
    ("a denial", COST_48.replace("cost", "did not cost"), [(1, COST_48)], []),
    ("it is not found", "The price of the terminal is not mentioned.", [(1, OPENED)], []),
    ("a changed meaning", "Mayor Ana Duarte may have opened it on 9 March 2024.", [(1, OPENED)], [OPENED]),
    ("without its Markdown", "A court found a cost of 52 million euros.", [(2, "**52 million euros**")], [COST_52]),
    ("two quotes, in their order", "By 9 March 2024 its price had reached 48 million euros.",
     [(1, OPENED), (1, COST_48)], [OPENED, COST_48]),
    ("a quote twice", f"{COST_48[:-1]} and leaks.", [(1, COST_48), (1, COST_48)], [COST_48]),
    ("of two documents", f"{COST_48[:-1]} and leaks.", [(1, COST_48), (3, COST_48)], []),
    ("a long quote", "Many piers of the place are now shut.", [(4, " ".join(FOUR))], FOUR),
    ("too long a quote", "Many piers of the place are now shut.", [(4, " ".join([*FOUR, COST_3]))], []),
    ("a changed value", f"{COST_48[:-1]} and leaks.".replace("48", "49"), [(1, COST_48)], []),
    ("a name that is not there", f"{COST_48[:-1]}, says Ilse Brandt.", [(1, COST_48)], []),
    ("a date that is not there", f"{COST_48[:-1]} in 2023.", [(1, COST_48)], []),
    ("a quote that is nowhere", f"{COST_48[:-1]} and leaks.", [(1, "and leaks")], []),
    ("no quote", f"{COST_48[:-1]} and leaks.", [1], []),
]  # fmt: skip


@pytest.mark.parametrize(("text", "citations", "instead"), [q[1:] for q in INSTEAD], ids=[q[0] for q in INSTEAD])
def test_what_may_be_shown_instead(text: str, citations: Sequence[tuple[int, str] | int], instead: list[str]) -> None:
    found = attributed(text, *citations, sources=[*SOURCES, HARBOUR])
    assert [each.text for each in found.instead] == instead
    assert bool(instead) <= (not found.shown)
    assert all(each.verdict == "exact" and len(each.spans) == 1 for each in found.instead)


@pytest.mark.parametrize("case", CASES, ids=[case.kind for case in CASES])
def test_attribute(case: Case) -> None:
    found = attributed(case.text, *case.citations)
    assert found.verdict == case.verdict, found.why
    assert bool(found.why) is not found.shown
    places = cited(found)
    assert [doc_id for doc_id, _ in places] == [doc_id for doc_id, _ in case.places]
    assert all(quote.startswith(begins) for (_, quote), (_, begins) in zip(places, case.places, strict=True))


@pytest.mark.parametrize(
    ("text", "shown", "short"),
    [
        ("48 million euros", COST_48, "48 million euros"),
        ("€48 million", COST_48, None),
        ("Every 40 minutes", "Ferries to the islands leave every 40 minutes.", "every 40 minutes"),
        ("52 million euros", COST_52, "52 million euros"),
    ],
)
def test_a_fragment_is_shown_as_its_sentence_and_kept_as_the_short_answer(
    text: str, shown: str, short: str | None
) -> None:
    found = attributed(text)
    assert (found.text, found.short, found.support) == (shown, short, 1.0)


@pytest.mark.parametrize(
    ("text", "citations", "why"),
    [
        (COST_48, [(1, "it leaks")], "the quote 'it leaks' is not in the sources"),
        ("Lorne is a town of gold and silver.", [7], "there is no source 7"),
        ("Lorne is a town of gold and silver.", [0, 8], "there is no source 0"),
        (COST_48.replace("48", "49"), [(1, COST_48)], "value '49 million euros' is not in the cited words"),
        ("The moon is made of green cheese today.", [1], "too few of its words are in the cited words"),
    ],
)
def test_the_reason_says_what_did_not_hold(text: str, citations: list[tuple[int, str] | int], why: str) -> None:
    assert attributed(text, *citations).why == why


def test_a_long_quote_is_named_by_its_head() -> None:
    assert attributed(COST_48, (1, "x" * 500)).why == f"the quote {'x' * 60!r} is not in the sources"


def test_without_sources_the_draft_comes_back_as_it_was() -> None:
    found = attributed(COST_48, 1, sources=[])
    assert (found.text, found.verdict, found.spans) == (COST_48, "absent", ())
    assert attributed(COST_48, sources=[numbered("Log in.", "a.txt", citable=[])]).text == COST_48


def test_a_model_is_shown_the_citable_sentences_in_reading_order() -> None:
    turned = NumberedSource(GAZETTE.source, GAZETTE.sentences[::-1])
    assert turned.text == GAZETTE.source.text.replace(". M", ".\nM").replace(". F", ".\nF")
    assert REPRINT.text == COST_48


def test_a_place_is_held_when_all_of_its_letters_are_citable() -> None:
    begins = AT + REPRINT.source.text.index(COST_48)
    assert REPRINT.holds(Span("reprint.txt", "v1", begins, begins + len(COST_48)))
    assert REPRINT.holds(Span("reprint.txt", "v1", begins, begins + len(COST_48) + 1))  # a space
    assert not REPRINT.holds(Span("reprint.txt", "v1", begins, begins + len(COST_48) + 2))
    assert not REPRINT.holds(Span("reprint.txt", "v1", AT, AT + 4))


SENTENCES = [sentence for source in SOURCES for sentence in source.sentences]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("48 million euros", "48 million euros"),
        ("“Ana Duarte”.", "Ana Duarte"),
        ("every  40\nminutes", "every 40 minutes"),
        ("where the other four million", "where\nthe other four million"),
        ("$48 million", "no sentence"),
        ("48 million seals", "no sentence"),
        ("minute", "no sentence"),
        ("The", "no sentence"),
        ("a", "no sentence"),
        ("", "no sentence"),
        ("???", "no sentence"),
        ("one two three four five six seven", "no sentence"),
        (OPENED, "no sentence"),  # a whole sentence is no fragment of itself
    ],
)
def test_sentence_with(text: str, words: str) -> None:
    found = sentence_with(text, SENTENCES)
    assert (found[1] if found else "no sentence") == words


ROW = numbered(
    "The lawyer, Ines Orlik, denied that the company had abandoned the channel works. Mila Dorn, who ran the prison, "
    "did not leave the city on the night of the fire. Radek Simic founded the firm in 1998. Almost all turbines were "
    "checked.",
    "row.txt",
)
OTHER = numbered("Jan Tesar kept the books. He was convicted of fraud in 2019.", "tesar.txt")
FRAGMENTS: list[tuple[str, str, list[tuple[int, str]]]] = [
    ("a clause that the sentence denies", "The company had abandoned the channel works.",
     [(1, "the company had abandoned the channel works")]),
    ("a clause without its limit", "All turbines were checked in a row.", [(1, "all turbines were checked")]),
    ("two quotes around a not", "Mila Dorn did leave the city on the night of the fire.",
     [(1, "Mila Dorn"), (1, "leave the city on the night of the fire")]),
    ("a pronoun of another document", "Radek Simic was convicted of fraud in 2019.",
     [(1, "Radek Simic founded the firm in 1998."), (2, "He was convicted of fraud in 2019.")]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "citations"), [f[1:] for f in FRAGMENTS], ids=[f[0] for f in FRAGMENTS])
def test_a_quote_is_read_with_what_stands_around_it(text: str, citations: list[tuple[int, str]]) -> None:
    assert not attributed(text, *citations, sources=[ROW, OTHER]).shown


def test_a_pronoun_is_read_with_the_sentence_before_it() -> None:
    said = "Jan Tesar, who kept the books, was convicted of fraud in 2019."
    citations = [(2, "Jan Tesar kept the books."), (2, "He was convicted of fraud in 2019.")]
    found = attributed(said, *citations, sources=[ROW, OTHER])
    assert found.shown or [each.text for each in found.instead] == [quote for _, quote in citations]


WORDS = st.sampled_from(
    ["48", "49 million euros", "Ana Duarte", "Lorne", "the ferry terminal", "cost", "opened it", "not", "may", "52",
     "[1]", "9 March 2024", "and", ",", ".", "**", "court of auditors", "http://a.example/r", "İ", "", "\n"]
)  # fmt: skip
ANY_TEXT = (
    st.text(max_size=40) | st.lists(WORDS, max_size=12).map(" ".join) | st.sampled_from([COST_48, COST_52, OPENED])
)
ANY_DRAFT = st.builds(
    Draft,
    ANY_TEXT,
    st.lists(st.builds(DraftCitation, st.integers(-2, 9), ANY_TEXT | st.just("")), max_size=3).map(tuple),
    ANY_TEXT,
)
ANY_SOURCES = st.lists(st.sampled_from(SOURCES), unique=True, max_size=3) | st.lists(ANY_TEXT, max_size=3).map(
    lambda texts: [numbered(text, f"{number}.txt") for number, text in enumerate(texts)]
)


@settings(deadline=None, max_examples=100)
@given(ANY_DRAFT, ANY_SOURCES, ANY_TEXT)
def test_any_draft_is_tied_to_its_words_or_comes_back_with_a_reason(
    draft: Draft, sources: list[NumberedSource], question: str
) -> None:
    found = attribute(draft, sources, question, STOP_WORDS.__contains__)
    texts = {numbered.source.span.doc_id: numbered for numbered in sources}
    quotes = []
    for span in found.spans:
        source = texts[span.doc_id].source
        assert source.span.start <= span.start < span.end <= source.span.end
        quotes.append(source.text[span.start - AT : span.end - AT])
    assert 0 <= found.support <= 1
    assert bool(found.why) is not found.shown
    if found.shown:
        assert found.spans
        assert all(texts[span.doc_id].holds(span) for span in found.spans), "page noise was cited"
        titles = [texts[span.doc_id].source.title for span in found.spans]
        assert value_breaches(found.text, quotes, titles, question, STOP_WORDS.__contains__) == []
    if found.verdict == "exact":
        assert any(folded(found.text).strip(" .!?;:,") == folded(plain(quote)).strip(" .!?;:,") for quote in quotes)
    if found.short is not None:
        assert any(found.short in quote for quote in quotes)
    for each in found.instead:
        assert not found.shown
        assert each.verdict == "exact"
        assert [each.text] == [plain(s.text) for n in sources for s in n.sentences if s.span == each.spans[0]]
    if found.text != draft.text:
        assert found.verdict == "exact", "only the words of a document may stand for a draft"

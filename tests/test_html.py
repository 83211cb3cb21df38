"""Answers, passages and documents as HTML: what documents, questions and models say stays text, links name their words
and nothing else, and marks are around them to the letter."""

import base64
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from helpers import write
from hypothesis import given
from hypothesis import strategies as st
from test_answering import CARGO, FERRY, OFF_TOPIC, TEA, opened, shared_library

from index.types import Chunk, Document, Hit, Span
from rag.answer_json import answer_json
from rag.types import Answer, Citation, Conflict, Passage, Side, Statement, Turn, Withheld
from ui import panel
from ui.exchange import KEPT, TURNS, Exchange, Session
from ui.export import answer_text
from ui.html import answer_html, exchange_html, question_html
from ui.links import Place, copy_link, parse_copy, parse_passages, parse_place, passages_link, place_link
from ui.panel import marked, passages_html, read_html, source_html

OURS = {
    *("div", "p", "ol", "ul", "li", "details", "summary", "b", "mark", "span", "a"),
    *("section", "article", "header", "h2", "h3", "button"),
}
NAMES = {"class", "href", "title", "dir", "value", "tabindex", "type", "role", "aria-label", "data-link"}
LINK = re.compile(r"#(cite|near)-\d+-[\w-]+|#read-\d+|#copy-\d+-(markdown|json)", re.ASCII)


class Page(HTMLParser):
    """The tags, attributes and text of a piece of HTML; text also by the tag, or tag.class, it stands in."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.within: dict[str, list[str]] = {}
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert not self._open, "a tag was left open"
        assert set(self.tags) <= OURS
        assert {name for name, _ in self.attributes} <= NAMES
        assert all(LINK.fullmatch(link) for link in self.links)

    @property
    def links(self) -> list[str]:
        return [value or "" for name, value in self.attributes if name in ("href", "data-link")]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        name = f"{tag}.{dict(attrs)['class']}" if "class" in dict(attrs) else tag
        self.tags.append(tag)
        self.attributes += attrs
        self._open.append(name)
        self.within.setdefault(name, []).append("")

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop().split(".")[0] == tag

    def handle_data(self, data: str) -> None:
        for name in self._open:
            self.within[name][-1] += data

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data!r}")

    def handle_decl(self, decl: str) -> None:
        raise AssertionError(f"a declaration: {decl!r}")

    def handle_pi(self, data: str) -> None:
        raise AssertionError(f"an instruction: {data!r}")

    def unknown_decl(self, data: str) -> None:
        raise AssertionError(f"a section: {data!r}")


def answer_of(text: str, before: str = "", after: str = "", title: str = "A title") -> Answer:
    """One statement that cites `text` between `before` and `after`; everything else says `title`."""
    whole = before + text + after
    span = Span(title, "v1", 50 + len(before), 50 + len(before) + len(text))
    chunk = Chunk("c", title, "v1", 50, 50 + len(whole), whole, 7, title, title, "2024-05-06")
    citation = Citation(1, span, text, "exact", title, title, "2024-05-06", 7)
    return Answer(
        question=title,
        query=title,
        mode="extractive",
        statements=(Statement(text, (citation,), 0.9),),
        passages=(Passage(Hit(chunk, 1.0, 1, ("dense",)), ((span.start, span.end),), True),),
    )


def visible(text: str) -> str:
    """`text` as a page may show it: without controls, halves of characters and changes of direction."""
    hidden = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
    return hidden.sub("", text)


HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(2)>",
    "</mark></span></p></div><h1>Trust me</h1>",
    '"><a href="javascript:alert(3)">click</a>',
    "<!-- a comment",
    "<![CDATA[ x ]]> <?php ?> &lt;b&gt; &amp; & &#60;i&#62;",
    "[1]: http://evil.example",
    "[click](http://evil.example) ![](http://evil.example/p.png) <http://evil.example>",
    "**bold** _it_ `code` ~~gone~~ # head - item 1. item | a | b |",
    "It costs $4 and a slice $5, so $$x^2$$ or \\(y\\).",
    "line\n\n# Not a heading\n\n    not code",
    "one\r\ntwo\rthree",
    "a template ${alert(4)} {{alert(5)}}",
    "It costs \u202e42\u202c\x1b[31m euros\ud800.",
]
# characters that HTML itself may not hold, or reads as line ends, say nothing about escaping
TEXT: Any = st.text(
    st.characters(exclude_categories=("Cs", "Cc", "Cf", "Cn", "Zl", "Zp"))
    | st.sampled_from("<>&\"'`$[](){}*_\n\t\r#!;/= ")
)


# -- the answer


@pytest.mark.parametrize("text", HOSTILE)
def test_text_stays_text(text: str) -> None:
    page = Page(answer_html(answer_of(text, title=text)))
    assert page.within["span"] == [visible(text)]
    assert page.within["a.cite"] == ["[1]", visible(text)]
    assert Page(question_html(text)).within["div.pincite question"] == [visible(text)]


@given(TEXT.filter(str.strip), TEXT, TEXT, TEXT)
def test_any_text_stays_text(text: str, before: str, after: str, title: str) -> None:
    answer = answer_of(text, before, after, title)
    page = Page(answer_html(answer))
    assert page.within["span"] == [text]
    assert page.within["a.cite"][1] == (title or "[1]")
    passages = Page(passages_html(Exchange(1, title, hits(answer), answer.statements, answer)))
    assert passages.within["mark.cited"] == [text]
    assert passages.within["p.passage"] == [before + text + after]
    assert passages.within["a.near"] == [title]


def hits(answer: Answer) -> tuple[Hit, ...]:
    return tuple(passage.hit for passage in answer.passages)


@pytest.mark.parametrize("question", [FERRY, TEA, CARGO])
def test_the_sentences_are_those_of_the_answer(question: str) -> None:
    answer = shared_library().ask(question)
    page = Page(answer_html(answer, 3))
    assert page.within["span"] == [visible(statement.text) for statement in answer.statements]
    spans = [citation.span for statement in answer.statements for citation in statement.citations]
    cited = [parse_place(link) for link in page.links if link.startswith("#cite")]
    disputed = [answer.citation(side).span for conflict in answer.conflicts for side in conflict.sides]
    # after the sentences, where the sources disagree, then in the list of sources
    assert cited == [Place("cite", 3, span) for span in [*spans, *disputed, *spans]]


def test_each_citation_is_listed_once_under_its_number() -> None:
    first = answer_of("The first.")
    (statement,) = first.statements
    (citation,) = statement.citations
    second = replace(citation, number=2, quote="The second.", span=replace(citation.span, start=900, end=911))
    both = replace(statement, text="Both.", citations=(second, citation))
    page = Page(answer_html(replace(first, statements=(statement, both))))
    assert page.within["p.statement"] == ["The first.\u00a0[1]", "Both.\u00a0[2][1]"]
    assert [value for name, value in page.attributes if name == "value"] == ["1", "2"]
    assert page.within["span.place"] == ["2024-05-06 · page 7 · A title"] * 2


def test_a_streamed_answer_grows_and_is_never_taken_back() -> None:
    answer = replace(answer_of("The first."), withheld=(Withheld("It is 9.", "altered", "value '9' is not <there>"),))
    answer = replace(answer, statements=(*answer.statements, replace(answer.statements[0], text="The second.")))
    steps = [
        Exchange(2, "Which?"),
        Exchange(2, "Which?", hits(answer)),
        Exchange(2, "Which?", hits(answer), answer.statements[:1]),
        Exchange(2, "Which?", hits(answer), answer.statements),
        Exchange(2, "Which?", hits(answer), answer.statements, answer),
    ]
    pages = [Page(exchange_html(step)) for step in steps]
    assert [page.within.get("p.status") for page in pages] == [
        ["Looking for passages …"],
        ["Reading 1 passage …"],
        ["Reading 1 passage …"],
        ["Reading 1 passage …"],
        None,
    ]
    assert [len(page.within.get("p.statement", [])) for page in pages] == [0, 0, 1, 2, 2]
    for step, later in pairwise(steps):
        assert exchange_html(later).startswith(exchange_html(step).partition('<p class="status">')[0])
    assert pages[-1].within["details.note"] == ["1 drafted sentence withheldvalue '9' is not <there>"]
    assert "It is 9." not in exchange_html(steps[-1])


def test_what_was_stopped_or_failed_keeps_what_stands() -> None:
    exchange = Exchange(1, "Which?", statements=answer_of("The first.").statements)
    stopped = Page(exchange_html(replace(exchange, stopped=True)))
    assert stopped.within["p.statement"] == ["The first.\u00a0[1]"]
    assert stopped.within["p.note"] == ["(stopped)"]
    failed = Page(exchange_html(replace(exchange, error="<b>no</b> model answered")))
    assert failed.within["p.statement"] == ["The first.\u00a0[1]"]
    assert failed.within["p.error"] == ["<b>no</b> model answered"]


def test_sources_that_disagree_are_named() -> None:
    answer = answer_of("It cost 48.", title="<b>Tram</b>")
    (statement,) = answer.statements
    other = replace(statement.citations[0], number=2, title="Bus", published="2024-04-02")
    sides = (Side(0, 1, "<i>48</i>", ""), Side(1, 2, "52", "later"))
    both = replace(
        answer,
        statements=(statement, replace(statement, text="It cost 52.", citations=(other,))),
        conflicts=(Conflict("the cost", sides),),
    )
    page = Page(answer_html(both))
    assert page.within["div.conflict"][0].startswith("The sources disagree:<i>48</i> [1] <b>Tram</b>")
    assert page.within["div.conflict"][0].endswith("52 [2] Bus 2024-04-02 · page 7 · <b>Tram</b> (the later document)")
    markdown = answer_text(both, "markdown")
    assert "The sources disagree:\n\n- \\<i\\>48\\</i\\> [1] \\<b\\>Tram" in markdown
    assert "\n- 52 [2] Bus, 2024-04-02 (the later document)\n" in markdown


def test_the_mode_the_model_and_the_fallback_are_shown() -> None:
    answer = answer_of("It cost 48.")
    written = Page(answer_html(replace(answer, mode="openai", model="<m>")))
    assert written.within["p.footer"][0].startswith("Model at the endpoint (<m>) · 1 passage read · Copy")
    fallen = Page(answer_html(replace(answer, fallback_from="local")))
    assert fallen.within["p.note"] == ["The local model did not answer: this is the answer without one."]


@pytest.mark.parametrize(
    ("reason", "says"),
    [
        ("no_evidence", "None of the passages found is likely to answer this."),
        ("model_declined", "The model read the passages found and says that they do not answer this."),
        ("unverified", "An answer was drafted, but no sentence of it held against the words it cites."),
    ],
)
def test_a_refusal_says_why_and_shows_the_nearest_passages(reason: Any, says: str) -> None:
    passage = answer_of("x", title="<b>Tram</b>").passages[0]
    page = Page(answer_html(Answer("Which tram?", "Which tram?", "local", reason=reason, passages=(passage,) * 5)))
    assert page.within["p.refusal"] == [f"No answer in these documents. {says}"]
    assert page.within["a.near"] == ["<b>Tram</b>"] * 3
    chunk = passage.hit.chunk
    assert parse_place(page.links[0]) == Place("near", 1, Span(chunk.doc_id, chunk.version, chunk.start, chunk.end))


@pytest.mark.parametrize(
    ("question", "says"), [("?", "Ask with at least one word"), ("Which tram?", "No passage comes near the question.")]
)
def test_a_refusal_says_why_it_has_no_passages(question: str, says: str) -> None:
    page = Page(answer_html(Answer(question, question, "extractive", reason="no_evidence")))
    assert says in page.within["p.refusal"][0]


# -- links


OFFSET = st.integers(0, 2**31 - 1)
SPAN = st.builds(Span, TEXT, TEXT, OFFSET, OFFSET)


@given(st.builds(Place, st.sampled_from(["cite", "near"]), st.integers(0, 10**9 - 1), SPAN))
def test_a_link_comes_back_as_its_place(place: Place) -> None:
    link = place_link(place)
    assert LINK.fullmatch(link)
    assert parse_place(link) == place


def token(fields: object) -> str:
    link = place_link(Place("cite", 1, Span("d", "v", 0, 1)))
    return link.rpartition("-")[0] + "-" + base64.urlsafe_b64encode(json.dumps(fields).encode()).decode().rstrip("=")


STRANGE: list[object] = [
    *(None, 7, True, [], {}, "", "#", "#cite-1-", "cite-1-WyJkIiwi", "#cite-1-*", "#cite--1-WyJk", "#cite-²-WyJk"),
    *("javascript:alert(1)", "#cite-1-" + "é", *("#cite-1-" + "W" * length for length in (5, 6000, 10**6))),
    *map(token, [None, 1, "d", [], ["d", "v", 0], ["d", "v", 0, 1, 2], ["d", "v", "0", 1], ["d", "v", 0.0, 1]]),
    *map(token, [["d", "v", -1, 1], ["d", "v", 0, 10**30], ["d", "v", True, 2], [None, "v", 0, 1]]),
    *(token(["\ud800", "v", 0, 1]), token(["d", "v", 0, 1]) + "\n"),
]


@pytest.mark.parametrize("link", STRANGE)
def test_a_link_of_somebody_else_is_none(link: object) -> None:
    assert parse_place(link) is None
    assert parse_passages(link) is None
    assert parse_copy(link) is None


def test_links_to_passages_and_copies_come_back() -> None:
    assert parse_passages(passages_link(12)) == 12
    assert parse_copy(copy_link(12, "json")) == (12, "json")
    assert parse_copy("#copy-1-exe") is None


# -- marks


RANGES = st.lists(
    st.tuples(st.integers(0, 60), st.integers(0, 60)).map(lambda pair: (min(pair), max(pair))), max_size=5
)


@given(st.text("ab<&\n", min_size=60, max_size=60), RANGES, RANGES, st.integers(0, 60), st.integers(0, 60))
def test_marks_add_nothing_and_lose_nothing(
    text: str, first: list[tuple[int, int]], second: list[tuple[int, int]], start: int, end: int
) -> None:
    start, end = min(start, end), max(start, end)
    html = marked(text, start, end, [("cited", first), ("sent", second)])
    page = Page(f"<div>{html}</div>")
    assert page.within["div"] == [text[start:end]]
    chosen = {i for a, b in first for i in range(a, b)} & set(range(start, end))
    sent = {i for a, b in second for i in range(a, b)} & set(range(start, end)) - chosen
    assert "".join(page.within.get("mark.cited", [])) == "".join(text[i] for i in sorted(chosen))
    assert "".join(page.within.get("mark.sent", [])) == "".join(text[i] for i in sorted(sent))


def test_the_first_layer_has_its_characters_whole() -> None:
    html = marked("one two three", 0, 13, [("cited", [(4, 7)]), ("sent", [(0, 5), (6, 13)])])
    assert Page(f"<p>{html}</p>").within["mark.cited"] == ["two"]


def test_touching_citations_stay_apart() -> None:
    html = marked("onetwo", 0, 6, [("cited", [(3, 6), (0, 3)])])
    assert Page(f"<p>{html}</p>").within["mark.cited"] == ["one", "two"]


# -- the document beside the chat


@pytest.mark.parametrize("question", [FERRY, TEA, CARGO])
def test_the_document_is_marked_at_the_cited_characters(question: str) -> None:
    library = shared_library()
    answer = library.ask(question)
    session = Session((Exchange(1, question, hits(answer), answer.statements, answer),))
    for statement in answer.statements:
        for citation in statement.citations:
            link = place_link(Place("cite", 1, citation.span))
            page = Page(source_html(library, link, session))
            assert page.within["mark.cited"] == [visible(citation.quote)]
            assert page.within["div.text"] == [visible(library.stored_text(citation.span.doc_id))]
            assert page.within["h2"] == [visible(citation.title)]
            assert page.within["p.legend"] == ["cited weighed"]
            assert page.links == [link]
            forgotten = Page(source_html(library, link, Session()))
            assert forgotten.within["mark.cited"] == page.within["mark.cited"]
            assert "mark.sent" not in forgotten.within


def test_a_passage_is_marked_as_one() -> None:
    library = shared_library()
    answer = library.ask(OFF_TOPIC)
    link = next(link for link in Page(answer_html(answer)).links if link.startswith("#near"))
    page = Page(source_html(library, link, Session()))
    assert page.within["mark.passage"] == [visible(answer.passages[0].hit.chunk.text)]
    assert "mark.cited" not in page.within


@pytest.mark.parametrize(
    ("span", "says"),
    [
        (Span("port-2022.txt", "", 0, 1), "no longer in the library"),
        (Span("../secret", "v", 0, 1), "no longer in the library"),
        (Span("port-2022.txt", "VERSION", 5, 5), "no characters"),
        (Span("port-2022.txt", "VERSION", 9, 5), "no characters"),
        (Span("port-2022.txt", "VERSION", 0, 10**6), "no characters"),
    ],
)
def test_a_link_is_held_against_the_store(span: Span, says: str) -> None:
    library = shared_library()
    version = span.version.replace("VERSION", dict(library.documents())["port-2022.txt"])
    html = source_html(library, place_link(Place("cite", 1, replace(span, version=version))), Session())
    assert says in Page(html).within["h2"][0]
    assert "tonnes" not in html


def test_a_link_that_is_none_names_no_document() -> None:
    assert Page(source_html(shared_library(), "<script>", Session())).within["h2"] == ["This link names no document."]


def test_a_document_that_changed_is_shown_as_it_was_cited(tmp_path: Path) -> None:
    text = "The well at Ruln is 31 metres deep. It never froze in the memory of the village.\n"
    docs = write(tmp_path / "docs", {"well.txt": text})
    with opened(tmp_path / "library") as library:
        library.add([docs])
        (statement,) = library.ask("How deep is the well at Ruln?").statements
        link = place_link(Place("cite", 1, statement.citations[0].span))
        write(docs, {"well.txt": text.replace("31", "33")})
        library.add([docs])
        page = Page(source_html(library, link, Session()))
        assert page.within["mark.cited"] == ["The well at Ruln is 31 metres deep."]
        assert page.within["p.note"] == ["This document has changed since; this is the text that was cited."]
        library.remove(["well.txt"])
        assert "no longer in the library" in source_html(library, link, Session())


def test_a_long_document_is_shown_around_the_span(monkeypatch: pytest.MonkeyPatch) -> None:
    class OneLong:
        def document(self, doc_id: str, version: str | None = None) -> Document:  # noqa: ARG002
            return Document("d", "v", "Long", "/d", None, "a" * 900 + "THE QUOTE" + "b" * 1_100, (), "text/plain")

    monkeypatch.setattr(panel, "WHOLE_CHARS", 1_000)
    monkeypatch.setattr(panel, "AROUND_CHARS", 300)
    library: Any = OneLong()
    page = Page(source_html(library, place_link(Place("cite", 1, Span("d", "v", 900, 909))), Session()))
    assert page.within["mark.cited"] == ["THE QUOTE"]
    assert page.within["p.note"] == ["… 600 more characters …", "… 800 more characters …"]
    assert page.within["div.text"][0].count("a" * 300) == 1
    assert "a" * 301 not in page.within["div.text"][0]


# -- the passages beside the chat


def test_passages_show_what_was_sent_and_what_is_cited() -> None:
    answer = answer_of("the quote", before="before ", after=" after")
    (passage,) = answer.passages
    whole = replace(passage, sent_spans=((50, 66),))
    answer = replace(answer, mode="local", passages=(whole,))
    page = Page(passages_html(Exchange(4, "Which <one>?", hits(answer), answer.statements, answer)))
    assert page.within["h2"] == ["1 passage for “Which <one>?”"]
    assert page.within["mark.cited"] == ["the quote"]
    assert page.within["mark.sent"] == ["before "]
    assert page.within["p.legend"] == ["cited sent to the model"]
    assert parse_place(page.links[0]) == Place("near", 4, Span("A title", "v1", 50, 72))


def test_passages_come_before_the_answer() -> None:
    page = Page(passages_html(Exchange(1, "Which?", hits(answer_of("the quote")))))
    assert page.within["p.passage"] == ["the quote"]
    assert "mark" not in page.tags
    assert "p.legend" not in page.within


def test_the_passages_of_an_earlier_answer_are_kept_for_a_while() -> None:
    session = Session()
    answer = answer_of("the quote")
    for number in range(KEPT + 2):
        session = session.asked(f"Question {number}?")
        session = session.grown(replace(session.exchanges[-1], hits=hits(answer), answer=answer))
    assert "Question 2?" in read_html(passages_link(3), session)
    assert "no longer kept" in read_html(passages_link(2), session)
    assert "no longer kept" in read_html("#read-x", session)


# -- the conversation


def test_the_conversation_is_plain_text_and_bounded() -> None:
    session = Session()
    for number in range(KEPT + 3):
        session = session.asked(f"Question {number}?")
        statements = (*answer_of("<b>One.</b>").statements, *answer_of("Two.").statements)
        session = session.grown(replace(session.exchanges[-1], statements=statements))
    turns = session.asked("And then?").turns()
    assert turns[-1] == Turn(f"Question {KEPT + 2}?", "<b>One.</b> Two.")
    assert len(turns) == TURNS
    assert len(session.exchanges) == KEPT


# -- copies


def test_a_copy_as_json_is_the_answer() -> None:
    answer = shared_library().ask(FERRY)
    assert json.loads(answer_text(answer, "json")) == json.loads(json.dumps(answer_json(answer)))


def test_a_copy_as_markdown_has_sentences_and_sources() -> None:
    text = answer_text(answer_of("It costs **4** [euros](http://e).", title="A_title"), "markdown")
    assert text == (
        "**A\\_title**\n\n"
        "It costs \\*\\*4\\*\\* \\[euros\\](http://e). [1]\n\n"
        "1. A\\_title, 2024-05-06, page 7, A\\_title, characters 50-83: “It costs \\*\\*4\\*\\* \\[euros\\](http://e).”\n"
    )


def test_a_copied_refusal_says_so() -> None:
    assert "No answer in these documents." in answer_text(shared_library().ask(OFF_TOPIC), "markdown")

"""An answer as HTML: what documents, questions and models say stays text, and the quote is marked to the letter."""

from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_answering import FERRY, OFF_TOPIC, TEA, shared_library

from index.types import Chunk, Hit, Span
from rag.types import Answer, Citation, Passage, Statement
from ui.html import answer_html

OURS = {"div", "p", "sup", "ol", "ul", "li", "details", "summary", "b", "blockquote", "mark"}


class Page(HTMLParser):
    """The tags, attributes and text of a piece of HTML; text also by the tag it stands in."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: set[tuple[str, str | None]] = set()
        self.within: dict[str, list[str]] = {}
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert not self._open, "a tag was left open"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= set(attrs)
        self._open.append(tag)
        self.within.setdefault(tag, []).append("")

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        for tag in self._open:
            self.within[tag][-1] += data

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data!r}")

    def handle_decl(self, decl: str) -> None:
        raise AssertionError(f"a declaration: {decl!r}")

    def handle_pi(self, data: str) -> None:
        raise AssertionError(f"an instruction: {data!r}")

    def unknown_decl(self, data: str) -> None:
        raise AssertionError(f"a section: {data!r}")


def one_line(text: str) -> str:
    return " ".join(text.split())


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


def shown(answer: Answer) -> Page:
    html = answer_html(answer)
    assert "\n" not in html, "a blank line would hand the rest to the Markdown parser"
    assert html.startswith('<div class="pincite">'), "only a line that opens with a block is left alone by it"
    page = Page(html)
    assert set(page.tags) <= OURS
    assert page.attributes == {("class", "pincite")}
    return page


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(2)>",
        "</mark></blockquote></details><h1>Trust me</h1>",
        '"><a href="javascript:alert(3)">click</a>',
        "<!-- a comment",
        "<![CDATA[ x ]]> <?php ?> &lt;b&gt; &amp; & &#60;i&#62;",
        "[1]: http://evil.example",
        "[click](http://evil.example) ![](http://evil.example/p.png) <http://evil.example>",
        "**bold** _it_ `code` ~~gone~~ # head - item 1. item | a | b |",
        "It costs $4 and a slice $5, so $$x^2$$ or \\(y\\).",
        "line\n\n# Not a heading\n\n    not code",
    ],
)
def test_text_stays_text(text: str) -> None:
    page = shown(answer_of(text, before=f"{text} ", after=f" {text}", title=text))
    assert page.within["mark"] == [one_line(text)]
    assert page.within["p"] == [f"{one_line(text)} [1]"]
    assert page.within["b"] == [one_line(text)]
    assert one_line(page.within["blockquote"][0]) == one_line(f"{text} {text} {text}")


def test_the_mark_is_around_the_exact_quote() -> None:
    page = shown(answer_of("cost 48 million euros.", before="The terminal ", after=" It is large."))
    assert page.within["mark"] == ["cost 48 million euros."]
    assert page.within["blockquote"] == ["The terminal cost 48 million euros. It is large."]
    assert page.within["summary"] == ["A title 2024-05-06 · page 7 · A title"]


def test_a_long_passage_is_cut_around_the_quote() -> None:
    page = shown(answer_of("the quote", before="b" * 900 + " ", after=" " + "a" * 900))
    assert len(page.within["blockquote"][0]) < 500
    assert "b the quote a" in page.within["blockquote"][0]


def test_a_change_of_direction_is_not_shown() -> None:
    """A right-to-left override would show the verified 42 as 24."""
    page = shown(answer_of("It costs \u202e42\u202c\x1b[31m euros."))
    assert page.within["mark"] == ["It costs 42[31m euros."]


def test_each_citation_is_listed_once_under_its_number() -> None:
    first = answer_of("The first.")
    (statement,) = first.statements
    (citation,) = statement.citations
    second = replace(citation, number=2, quote="The second.", span=replace(citation.span, start=900, end=911))
    both = replace(statement, text="Both.", citations=(second, citation))
    page = shown(replace(first, statements=(statement, both)))
    assert page.within["p"] == ["The first. [1]", "Both. [2][1]"]
    assert page.within["mark"] == ["The first.", "The second."]
    assert page.tags.count("li") == 2


def test_a_refusal_shows_the_nearest_passages() -> None:
    chunk = answer_of("x", title="<b>Tram</b>").passages[0]
    page = shown(Answer("Which tram?", "Which tram?", "extractive", reason="no_evidence", passages=(chunk,) * 5))
    assert page.within["p"] == ["No answer in these documents. Nearest passages:"]
    assert page.within["b"][1:] == ["<b>Tram</b>"] * 3


@pytest.mark.parametrize(
    ("question", "says"), [("?", "Ask with at least one word"), ("Which tram?", "No passage comes near the question.")]
)
def test_a_refusal_says_why_it_has_no_passages(question: str, says: str) -> None:
    assert says in shown(Answer(question, question, "extractive", reason="no_evidence")).within["p"][0]


@pytest.mark.parametrize("question", [FERRY, TEA, OFF_TOPIC])
def test_real_answers(question: str) -> None:
    answer = shared_library().ask(question)
    page = shown(answer)
    quotes = [citation.quote for statement in answer.statements for citation in statement.citations]
    assert page.within.get("mark", []) == [one_line(visible(quote)) for quote in quotes]


def visible(text: str) -> str:
    return "".join(c for c in text if c in "\n\t" or not ("\0" <= c < " " or "\u202a" <= c <= "\u202e"))


# characters that HTML itself may not hold, or reads as line ends, say nothing about escaping
TEXT: Any = st.text(
    st.characters(exclude_categories=("Cs", "Cc", "Cf", "Cn", "Zl", "Zp")) | st.sampled_from("<>&\"'`$[]()*_\n\t#!;/= ")
)


@given(TEXT.filter(str.strip), TEXT, TEXT, TEXT)
def test_any_text_stays_text(text: str, before: str, after: str, title: str) -> None:
    page = shown(answer_of(text, before, after, title))
    assert one_line(page.within["mark"][0]) == one_line(text)
    assert one_line(page.within["b"][0]) == one_line(title)

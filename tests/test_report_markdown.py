"""Markdown for a pull request, read by a CommonMark parser: what comes from files is text and nothing else."""

import html
import re

import pytest
from comparisons import HOSTILE, answer, change, compared, comparison, item, lost, run, unscored
from markdown_it import MarkdownIt

from eval.report_markdown import LISTED, code, comparison_markdown, run_markdown
from eval.report_view import visible

OUR_TAGS = {"h3", "p", "table", "thead", "tbody", "tr", "th", "td", "ul", "li", "strong", "code", "details", "summary"}


def rendered(markdown: str) -> str:
    return MarkdownIt("commonmark", {"html": True}).enable("table").render(markdown)


def test_a_comparison() -> None:
    made, _, _ = compared()
    page = rendered(comparison_markdown(made))
    assert page.startswith("<h3>Evaluation: INCONCLUSIVE</h3>")
    assert page.count("<table>") == 2
    assert "<strong>INCONCLUSIVE</strong>" in page
    assert "a loss of 0.070 cannot be ruled out" in page
    assert "<summary>1 question lost, 1 won</summary>" in page
    assert "<li>lost <code>q2</code> (retrieval): <code>no '1820'</code>" in html.unescape(page)
    assert "<code>0.1.0</code> → <code>0.2.0</code>" in html.unescape(page)


def test_a_run() -> None:
    page = html.unescape(rendered(run_markdown(run([item("q1", True), item("q2", False), unscored("q3")]))))
    assert "<h3>Evaluation of <code>mills</code>: 0.500 right</h3>" in page
    assert "<li><code>q2</code> wrong: <code>no '1820'</code></li>" in page
    assert "<li><code>q3</code> unscored: <code>the model sent no JSON</code></li>" in page
    assert "<details>" not in rendered(run_markdown(run([item("q1", True)])))


@pytest.mark.parametrize("place", ["run", "comparison"])
def test_no_text_is_markup(place: str) -> None:
    scores = {"right": False, "refused": False, "why": HOSTILE}
    bad = item(HOSTILE, False, scores=scores, said=answer(HOSTILE))
    if place == "run":
        markdown = run_markdown(run([bad]))
    else:
        flips = [lost(HOSTILE, why=HOSTILE, after=bad)]
        named = {"why": HOSTILE, "notes": [HOSTILE], "changed": [(HOSTILE, HOSTILE, None)]}
        markdown = comparison_markdown(comparison([change(f"right_{HOSTILE}")], flips, **named))
    page = rendered(markdown)
    assert set(re.findall(r"</?(\w+)", page)) <= OUR_TAGS
    assert "@admin" not in markdown
    assert "http" not in markdown.replace("http&#58;", "")
    assert " ".join(visible(HOSTILE).split())[:60] in html.unescape(page)


def test_code_is_what_it_was() -> None:
    text = visible(HOSTILE)
    assert rendered(code(text)) == f"<p><code>{html.escape(' '.join(text.split()), quote=True)}</code></p>\n".replace(
        "&#x27;", "'"
    )


def test_a_long_list_is_cut_and_says_so() -> None:
    markdown = run_markdown(run([item(f"q{n}", False) for n in range(LISTED + 3)]))
    assert "- and 3 more" in markdown
    assert markdown.count("no &#39;1820&#39;") == LISTED

"""The chat in a real Chromium, over a real library: what a reader sees, clicks and copies.

Only time is played: `Paced` passes on what the library says, when the test wants it said.
"""

import json
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from helpers import write
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect, sync_playwright
from test_answering import CARGO, DOCUMENTS, FERRY, OFF_TOPIC, opened
from test_server import serving

from eval.gold_files import read_gold
from rag import Library
from rag.answer_json import answer_json
from rag.errors import ModelUnavailable, Stopped
from rag.types import Answer, Turn

FLAGS = (
    "--headless --no-sandbox --disable-gpu --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split()
BROWSERS = [os.environ.get("CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome"]
WAIT_MS = 15_000

HOSTILE = (
    "<img src=x onerror=alert(1)><script>alert(2)</script> **b** $$x^2$$ [1]: http://evil.example ${alert(3)} {{4}}"
)
SIGNS = "Grüße 👩‍👩‍👧 🇩🇪 e\u0301 שלום עולם مرحبا 𝔘 and a line\r\n"
FILES: dict[str, str | bytes] = {
    **{name: text for name, text in DOCUMENTS.items() if name.startswith("port")},
    "gazette.txt": DOCUMENTS["gazette.txt"],
    "courier.md": DOCUMENTS["courier.md"],
    "light.txt": "The light at Skarra\r\n\r\n"
    + 80 * SIGNS
    + "\r\nThe lighthouse at Skarra 🗼 is 37 metres tall, ni\u0303o.\r\n\r\n"
    + "".join(f"Keeper number {number} liked soup.\r\n" for number in range(80)),
    "mill.md": f"# {HOSTILE}\n\nThe mill at Orsk {HOSTILE} grinds 12 tonnes of rye a day. The miller sings.\n",
}
LIGHT = "How tall is the lighthouse at Skarra?"
MILL = "How much rye does the mill at Orsk grind a day?"


@dataclass
class Paced:
    """A library that pauses before each sentence, as a model would."""

    library: Library
    pause_s: float = 0
    reasons: dict[str, str | None] = field(default_factory=lambda: {"extractive": None})
    asked: list[tuple[str, list[Turn], str | None]] = field(default_factory=list)
    stopped: threading.Event = field(default_factory=threading.Event)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.library, name)

    def modes(self) -> dict[str, str | None]:
        return self.reasons

    def ask(
        self,
        question: str,
        history: list[Turn],
        *,
        mode: str | None = None,
        on_passages: Callable[[Any], None] = lambda _: None,
        on_statement: Callable[[Any], None] = lambda _: None,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> Answer:
        def pause() -> None:
            until = time.monotonic() + self.pause_s
            while time.monotonic() < until:
                if cancelled():
                    self.stopped.set()
                    raise Stopped("stopped")
                time.sleep(0.01)

        def slowly(statement: Any) -> None:
            pause()
            on_statement(statement)
            pause()

        self.asked.append((question, list(history), mode))
        answer = self.library.ask(question, history, on_passages=on_passages, on_statement=slowly)
        if mode == "openai":
            raise ModelUnavailable("the model at http://127.0.0.1:9 did not answer: is it running?", retryable=True)
        return answer


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        pytest.skip("no Chromium: install one (Debian's package is `chromium`), or name it in CHROMIUM")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def served(browser: Browser) -> Iterator[tuple[Paced, str]]:  # noqa: ARG001 - no browser, no server
    folder = Path(tempfile.mkdtemp(prefix="pincite-browser-"))
    with opened(folder / "library") as library:
        outcomes = library.add([write(folder / "docs", FILES)])
        assert {outcome.outcome for outcome in outcomes} == {"added"}
        paced = Paced(library)
        with serving(paced) as address:
            yield paced, f"http://{address}/"
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def paced(served: tuple[Paced, str]) -> Paced:
    paced, _ = served
    paced.__init__(paced.library)  # type: ignore[misc] - as new for each test
    return paced


@pytest.fixture(scope="module")
def context(browser: Browser, served: tuple[Paced, str]) -> Iterator[BrowserContext]:
    """A fresh profile."""
    context = browser.new_context(base_url=served[1], permissions=["clipboard-read", "clipboard-write"])
    context.set_default_timeout(WAIT_MS)
    yield context
    context.close()


@pytest.fixture(scope="module")
def tab(context: BrowserContext) -> Page:
    return opened_page(context)


@pytest.fixture
def page(tab: Page, paced: Paced) -> Page:  # noqa: ARG001 - reset first
    """A page with nothing asked yet. Opening one takes two seconds, so most tests share it."""
    tab.get_by_role("button", name="New conversation").click()
    expect(tab.locator("#chat .pincite")).to_have_count(0)
    return tab


@pytest.fixture(autouse=True)
def _nothing_wrong(context: BrowserContext, served: tuple[Paced, str]) -> Iterator[None]:
    """What no page may do fails the test: errors, dialogs, requests to others."""
    wrong: list[str] = []
    heard: dict[str, Callable[[Any], Any]] = {
        "console": lambda message: wrong.append(message.text) if message.type == "error" else None,
        "weberror": lambda error: wrong.append(str(error.error)),
        "dialog": lambda dialog: (wrong.append(dialog.message), dialog.dismiss()),
        "request": lambda asked: None if asked.url.startswith((served[1], "data:")) else wrong.append(asked.url),
        "response": lambda reply: wrong.append(f"{reply.status} {reply.url}") if reply.status >= 400 else None,
    }
    for event, hear in heard.items():
        context.on(event, hear)  # type: ignore[call-overload]
    yield
    for event, hear in heard.items():
        context.remove_listener(event, hear)
    assert wrong == []


def opened_page(context: BrowserContext, width: int = 1400, scheme: Any = "light") -> Page:
    page = context.new_page()
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)
    page.goto("/")
    expect(box(page)).to_be_editable(timeout=WAIT_MS)
    return page


def box(page: Page) -> Locator:
    return page.locator("#question textarea")


def ask(page: Page, question: str) -> Locator:
    """The answer to `question`, once it stands or was given up."""
    replies = page.locator("#chat .pincite:not(.question)")
    before = replies.count()
    box(page).fill(question)
    box(page).press("Enter")
    reply = replies.nth(before)
    expect(reply.locator(".footer, .error")).to_be_visible(timeout=WAIT_MS)
    expect(box(page)).to_be_editable(timeout=WAIT_MS)
    return reply


def sentences(reply: Locator) -> list[str]:
    return reply.locator(".statement > span").evaluate_all("all => all.map(e => e.textContent)")  # type: ignore[no-any-return]


def cited(page: Page) -> str:
    """The one marked piece of the document beside the chat, as it stands in the page."""
    mark = page.locator("#source mark.cited")
    expect(mark).to_have_count(1, timeout=WAIT_MS)
    return mark.evaluate("mark => mark.textContent")  # type: ignore[no-any-return]


# -- answers


def test_sentences_arrive_one_after_another(paced: Paced, page: Page) -> None:
    paced.pause_s = 0.4
    page.evaluate("""() => {
        window.seen = [];
        new MutationObserver(() => window.seen.push({
            said: [...document.querySelectorAll("#chat .statement")].map(e => e.textContent),
            status: document.querySelector("#chat .status")?.textContent,
            passages: document.querySelectorAll("#passages li").length,
        })).observe(document.querySelector("#main"), {subtree: true, childList: true, characterData: true});
    }""")
    reply = ask(page, FERRY)
    answer = paced.library.ask(FERRY)
    expected = [s.text + "\u00a0" + "".join(f"[{c.number}]" for c in s.citations) for s in answer.statements]
    assert len(expected) > 1
    assert sentences(reply) == [statement.text for statement in answer.statements]
    seen = page.evaluate("window.seen")
    assert all(step["said"] == expected[: len(step["said"])] for step in seen)  # nothing taken back, nothing moved
    said = [len(step["said"]) for step in seen if step["status"]]
    assert said == sorted(said)
    assert set(said) == set(range(len(expected) + 1))
    reading = [step for step in seen if step["status"] == f"Reading {len(answer.passages)} passages …"]
    assert any(step["said"] == [] and step["passages"] == len(answer.passages) for step in reading)


def test_a_follow_up_is_understood_from_the_conversation(paced: Paced, page: Page) -> None:
    first = ask(page, CARGO)
    second = ask(page, "And in 2022?")
    assert "3.6 million" in sentences(second)[0]
    assert paced.asked[-1] == ("And in 2022?", [Turn(CARGO, " ".join(sentences(first)))], None)


def test_two_pages_are_two_conversations(paced: Paced, context: BrowserContext, page: Page) -> None:
    other = opened_page(context)
    ask(page, CARGO)
    ask(other, FERRY)
    assert paced.asked[-1] == (FERRY, [], None)
    expect(other.locator("#chat")).not_to_contain_text("Veldmark")
    other.close()


def test_a_new_conversation_forgets_the_last_one(paced: Paced, page: Page) -> None:
    ask(page, CARGO)
    page.get_by_role("button", name="New conversation").click()
    expect(page.locator("#chat .pincite")).to_have_count(0)
    ask(page, FERRY)
    assert paced.asked[-1] == (FERRY, [], None)


def test_a_refusal_shows_the_nearest_passages(paced: Paced, page: Page) -> None:
    reply = ask(page, OFF_TOPIC)
    expect(reply).to_contain_text("No answer in these documents. None of the passages found is likely to answer this.")
    nearest = reply.locator(".nearest a")
    expect(nearest).to_have_count(3)
    nearest.first.click()
    chunk = paced.library.ask(OFF_TOPIC).passages[0].hit.chunk
    mark = page.locator("#source mark.passage")
    expect(mark).to_have_count(1)
    assert mark.evaluate("mark => mark.textContent") == chunk.text


def test_an_empty_question_is_not_asked(paced: Paced, page: Page) -> None:
    ask(page, CARGO)
    box(page).fill(" ")
    with page.expect_response("**/queue/data*"):
        box(page).press("Enter")
    page.wait_for_timeout(300)
    expect(box(page)).to_be_editable()
    expect(page.locator("#chat .question")).to_have_count(1)
    ask(page, FERRY)
    assert [(question, len(turns)) for question, turns, _ in paced.asked] == [(CARGO, 0), (FERRY, 1)]


# -- citations


def test_the_panel_marks_the_cited_characters(paced: Paced, page: Page) -> None:
    ask(page, LIGHT).locator(".statement a").first.click()
    span = paced.library.ask(LIGHT).statements[0].citations[0].span
    text = paced.library.stored_text(span.doc_id, span.version)
    assert cited(page).encode() == text[span.start : span.end].encode()
    assert "🗼" in cited(page)
    shown = page.locator("#source .text")
    assert shown.evaluate("text => text.textContent") == text
    before = """text => { const range = document.createRange(); range.selectNodeContents(text);
        range.setEndBefore(text.querySelector("mark.cited")); return [...range.toString()].length }"""
    assert shown.evaluate(before) == span.start
    frame, mark = shown.bounding_box(), page.locator("#source mark.cited").bounding_box()
    assert frame is not None
    assert mark is not None
    assert frame["y"] <= mark["y"]
    assert mark["y"] + mark["height"] <= frame["y"] + frame["height"] <= 900
    assert shown.evaluate("text => text.scrollTop") > 100
    assert page.evaluate("document.documentElement.scrollHeight <= innerHeight")  # the page itself does not scroll


def test_citations_of_earlier_answers_keep_working(paced: Paced, page: Page) -> None:
    first = ask(page, CARGO).locator(".statement a").first
    second = ask(page, FERRY).locator(".statement a").first
    quotes = [paced.library.ask(question).statements[0].citations[0].quote for question in (CARGO, FERRY)]
    expect(first).to_have_text("[1]")
    expect(second).to_have_text("[1]")
    for link, quote in [(first, quotes[0]), (second, quotes[1]), (first, quotes[0])]:
        link.click()
        expect(page.locator("#source mark.cited")).to_have_text(quote)


def test_a_citation_opens_and_closes_from_the_keyboard(page: Page) -> None:
    link = ask(page, FERRY).locator(".statement a").first
    for _ in range(2):
        link.focus()
        page.keyboard.press("Enter")
        expect(page.locator("#source h2")).to_be_focused()
        page.keyboard.press("Escape")
        expect(page.locator("#source article")).to_have_count(0)
        expect(link).to_be_focused()


def test_a_citation_opens_while_the_answer_is_written(paced: Paced, page: Page) -> None:
    paced.pause_s = 1
    box(page).fill(FERRY)
    box(page).press("Enter")
    page.locator("#chat .statement a").first.click()
    quote = cited(page)
    expect(page.locator("#chat .status")).to_be_visible()
    expect(page.locator("#chat .footer")).to_be_visible(timeout=WAIT_MS)
    assert cited(page) == quote  # the end of the answer did not close it


def test_passages_show_what_was_weighed_and_what_is_cited(paced: Paced, page: Page) -> None:
    first = ask(page, FERRY)
    ask(page, CARGO)
    page.locator("#chat .statement a").first.click()
    expect(page.locator("#passages")).to_be_hidden()
    first.get_by_text("passages read").click()
    expect(page.locator("#passages h2")).to_be_focused()
    expect(page.locator("#passages h2")).to_contain_text(FERRY)
    answer = paced.library.ask(FERRY)
    marks = page.locator("#passages mark.cited").evaluate_all("all => all.map(e => e.textContent)")
    assert set(marks) == {citation.quote for statement in answer.statements for citation in statement.citations}
    drawn = "mark => [getComputedStyle(mark).backgroundColor, getComputedStyle(mark).textDecorationStyle]"
    assert page.locator("#passages mark.cited").first.evaluate(drawn) == ["rgb(253, 230, 138)", "solid"]
    assert page.locator("#passages mark.sent").first.evaluate(drawn) == ["rgba(0, 0, 0, 0)", "dotted"]


def test_an_answer_is_copied(paced: Paced, page: Page) -> None:
    reply = ask(page, FERRY)
    reply.get_by_text("JSON").click()
    expect(page.get_by_text("The answer is on the clipboard.")).to_be_visible()
    copied = json.loads(page.evaluate("navigator.clipboard.readText()"))
    expected = json.loads(json.dumps(answer_json(paced.library.ask(FERRY))))
    assert {**copied, "timings_s": 0} == {**expected, "timings_s": 0}


def test_a_browser_without_a_clipboard_is_told(page: Page) -> None:
    reply = ask(page, FERRY)
    page.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    reply.get_by_text("JSON").click()
    expect(page.get_by_text("The browser keeps this page from the clipboard")).to_be_visible()
    expect(page.get_by_text("The answer is on the clipboard.")).to_have_count(0)


# -- a thumbs-down


def test_a_thumbs_down_becomes_a_draft(paced: Paced, page: Page) -> None:
    path = paced.library.folder / "drafts.yaml"
    first, second = ask(page, FERRY), ask(page, CARGO)
    like, dislike = (page.get_by_role("button", name=name, exact=True) for name in ("Like", "Dislike"))
    expect(dislike).to_have_count(2)
    like.nth(0).click()
    dislike.nth(1).click()
    expect(page.get_by_text(f"Saved as a draft gold question in {path}")).to_be_visible()
    (draft,) = read_gold(path).drafts  # the thumbs-up left nothing
    assert (draft.question, draft.facts, draft.cluster) == (CARGO, (), None)
    assert [(turn.question, turn.answer) for turn in draft.history] == [(FERRY, " ".join(sentences(first)))]
    answer = paced.library.ask(CARGO, [Turn(FERRY, " ".join(sentences(first)))])
    cited = {(c.span.doc_id, " ".join(c.quote.split())) for s in answer.statements for c in s.citations}
    assert {(evidence.doc_id, evidence.quote) for evidence in draft.evidence} == cited
    assert f"answered: {sentences(second)[0]}"[:60] in " ".join(path.read_text("utf-8").split())
    page.get_by_role("button", name="Disliked").click()  # taken back, and meant after all
    dislike.nth(1).click()
    expect(page.get_by_text(f"This answer is already in {path}")).to_be_visible()
    assert read_gold(path).drafts == (draft,)


def test_a_draft_that_cannot_be_saved_says_so(paced: Paced, page: Page) -> None:
    path = paced.library.folder / "drafts.yaml"
    path.write_text("questions:\n  - qid: <b>1</b>\n", encoding="utf-8")
    ask(page, FERRY)
    page.get_by_role("button", name="Dislike", exact=True).click()
    expect(page.get_by_text("line 2: missing key 'question'")).to_be_visible()
    assert path.read_text("utf-8") == "questions:\n  - qid: <b>1</b>\n"
    path.write_text("", encoding="utf-8")


# -- stopping


def test_stop_ends_the_work_and_keeps_what_stands(paced: Paced, page: Page) -> None:
    paced.pause_s = 1.5
    box(page).fill(FERRY)
    box(page).press("Enter")
    expect(page.locator("#chat .statement")).to_have_count(1, timeout=WAIT_MS)
    page.get_by_role("button", name="Stop").click()
    assert paced.stopped.wait(1)
    expect(page.locator("#chat .note")).to_have_text("(stopped)")
    expect(page.locator("#chat .status")).to_have_count(0)
    statement = paced.library.ask(FERRY).statements[0].text
    assert sentences(page.locator("#chat")) == [statement]
    paced.pause_s = 0
    ask(page, "And its quay?")
    assert paced.asked[-1][1] == [Turn(FERRY, statement)]


def test_a_closed_page_stops_the_work(paced: Paced, context: BrowserContext) -> None:
    page = opened_page(context)
    paced.pause_s = 5
    box(page).fill(FERRY)
    box(page).press("Enter")
    expect(page.locator("#chat .status")).to_contain_text("Reading", timeout=WAIT_MS)
    page.close()
    assert paced.stopped.wait(2)


# -- modes


def test_modes_are_chosen_and_explained(paced: Paced, context: BrowserContext) -> None:
    paced.reasons = {"extractive": None, "local": "its <b>model</b> is not installed", "openai": None}
    page = opened_page(context)
    expect(page.get_by_role("radio")).to_have_count(2)
    page.get_by_text("1 mode off").click()
    expect(page.locator("#about")).to_contain_text("local model: its <b>model</b> is not installed")
    ask(page, CARGO)
    page.get_by_role("radio", name="model at the endpoint").check()
    failed = ask(page, FERRY)
    expect(failed.locator(".error")).to_have_text("the model at http://127.0.0.1:9 did not answer: is it running?")
    page.get_by_role("radio", name="no model").check()
    ask(page, FERRY)
    assert [mode for _, _, mode in paced.asked] == [None, "openai", None]
    expect(page.locator("#chat .question")).to_have_count(3)
    page.close()


# -- what is text stays text


def test_hostile_text_is_text(page: Page) -> None:
    question = f"{MILL}\n\n    {HOSTILE}\n\tand so on"
    reply = ask(page, question)
    assert page.locator("#chat .question").evaluate("asked => asked.textContent") == question
    assert HOSTILE.replace("**b**", "b") in sentences(reply)[0]
    reply.locator(".statement a").first.click()
    expect(page.locator("#source h2")).to_contain_text(HOSTILE[:60])
    assert HOSTILE in cited(page)
    for place in ("#chat", "#source", "#passages"):
        assert page.locator(f"{place} :is(img, script, iframe, strong, .katex, [href^=http])").count() == 0


# -- the page


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_narrow_page_shows_the_document_below(context: BrowserContext, paced: Paced, scheme: str) -> None:  # noqa: ARG001
    page = opened_page(context, width=420, scheme=scheme)
    ask(page, LIGHT).locator(".statement a").first.click()
    assert "🗼" in cited(page)
    page.wait_for_function("""() => { const mark = document.querySelector("#source mark.cited").getBoundingClientRect();
        return mark.top >= 0 && mark.bottom <= innerHeight && mark.left >= 0 && mark.right <= innerWidth }""")
    assert page.evaluate("document.documentElement.scrollWidth") <= 420
    page.close()


def test_an_empty_library_says_how_to_fill_it(browser: Browser, tmp_path: Path) -> None:
    with opened(tmp_path / "empty") as library, serving(library) as address:
        page = browser.new_page(base_url=f"http://{address}")
        page.goto("/")
        expect(page.locator("#chat")).to_contain_text("pincite add FOLDER", timeout=WAIT_MS)
        expect(page.locator("#about")).to_contain_text("0 documents")
        page.close()

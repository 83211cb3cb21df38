"""The HTML report: its figures by hand, its text never markup, and the page as a real browser shows it offline."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import test_browser
from comparisons import DESCRIPTIVE, HOSTILE, answer, change, compared, comparison, item, lost, run, unscored
from helpers import python
from playwright.sync_api import Browser, Page, expect

from eval.report_figures import (
    Latency,
    Point,
    Scale,
    difference_scale,
    latencies,
    risk_coverage,
    risk_scale,
)
from eval.report_html import comparison_html, marked, run_html, seconds
from eval.report_view import visible

chromium = test_browser.browser
VERDICTS = ("REGRESSED", "NON-INFERIOR", "IMPROVED", "INCONCLUSIVE")

# -- figures


def test_places_on_a_scale() -> None:
    scale = Scale(-0.2, 0.2)
    assert [scale.at(value) for value in (-0.2, 0, 0.05, 0.2, -9, 9)] == ["0", "50", "62.5", "100", "0", "100"]
    assert scale.ticks() == pytest.approx([-0.2, -0.1, 0, 0.1, 0.2])


def test_a_scale_of_differences_holds_every_interval_and_margin() -> None:
    assert difference_scale([change(difference=-0.02, low=-0.07, high=0.03)]) == Scale(-0.1, 0.1)
    assert difference_scale([change(low=None, high=None, margin=0.25)]) == Scale(-0.3, 0.3)
    assert difference_scale([]) == Scale(-0.05, 0.05)


def test_risk_rises_as_less_sure_answers_are_given() -> None:
    """Of five scored: .9 right; .7 right and wrong, which enter together; one that does not say, wrong; one refused."""
    items = [
        item("q1", True, said=answer("It was built in 1820.", confidence=0.9)),
        item("q2", True, said=answer("It was built in 1820.", confidence=0.7)),
        item("q3", False, said=answer("It burned.", confidence=0.7)),
        item("q4", False, said=answer("It burned.", confidence=None)),
        item("q5", True, said=answer()),
        unscored("q6"),
    ]
    points = risk_coverage(run(items))
    assert points == [Point(0.2, 0, 0.9), Point(0.6, pytest.approx(1 / 3), 0.7), Point(0.8, 0.5, None)]
    assert risk_scale([points]) == Scale(0, 0.5)
    assert risk_coverage(run([item("q1", True, said=answer())])) == []


def test_latency_of_what_was_timed() -> None:
    items = [item(f"q{n}", True, said=answer("It was built in 1820.", took_s=n)) for n in (1, 2, 3)]
    items += [item("q4", True, said=answer(took_s=99), timings_s={"replayed_calls": 1}), unscored("q5")]
    timed = latencies(run(items))
    assert list(timed) == ["retrieve", "draft", "total"]
    assert timed["retrieve"] == Latency(2, pytest.approx(2.9))
    assert timed["total"] == Latency(3, pytest.approx(4.35))
    assert latencies(run([unscored("q1")])) == {}
    whole = answer("It was built in 1820.") | {"timings_s": {"total": 2.0}}  # of another system
    assert latencies(run([item("q1", True, said=whole)])) == {"total": Latency(2, 2)}


@pytest.mark.parametrize(("value", "said"), [(0.0182, "18 ms"), (1.234, "1.23 s"), (12.34, "12.3 s")])
def test_a_duration_in_words(value: float, said: str) -> None:
    assert seconds(value) == said


def test_cited_words_and_gold_evidence_of_a_passage() -> None:
    said = answer("The mill was built in 1820.", "It burned.")
    one = item("q1", True, said=said)
    assert list(marked(said["hits"][0], one)) == [
        ("The mill was ", True, False),
        ("built in 1820", True, True),
        (".", True, False),
        (" ", False, False),
        ("It burned.", True, False),
    ]


# -- text


def hostile() -> str:
    """A comparison with hostile text wherever a file can hold some."""
    said = answer(HOSTILE, confidence=0.5) | {"withheld": [{"text": HOSTILE, "verdict": HOSTILE, "why": HOSTILE}]}
    bad = item(HOSTILE, False, said=said, question=HOSTILE, scores={"right": False, "refused": False, "why": HOSTILE})
    bad["gold"] |= {"category": HOSTILE, "facts": [[HOSTILE]], "forbid": [HOSTILE], "question": HOSTILE}
    before = run([bad, item("q2", True)])
    after = run([bad, unscored("q2", HOSTILE)], model=HOSTILE)
    after.metrics[f"right_{HOSTILE}"] = after.metrics["right"]
    made = comparison(
        [change(HOSTILE), change(f"{HOSTILE}2", **DESCRIPTIVE)],
        [lost(HOSTILE, why=HOSTILE, before=bad, after=bad)],
        why=HOSTILE,
        notes=[HOSTILE],
        changed=[(HOSTILE, HOSTILE, None)],
    )
    return comparison_html(made, before, after)


def test_nothing_loads_and_nothing_is_hidden() -> None:
    made, before, after = compared()
    for page in (run_html(after), comparison_html(made, before, after), hostile()):
        assert page.startswith("<!DOCTYPE html>")
        assert "default-src 'none'" in page
        assert not {"\x00", "\x1b", "\u202e", "\ud800"} & set(page)
        assert " style=" not in page  # the policy would not let it work
        page.encode()


def test_the_same_input_gives_the_same_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    code = """
import hashlib
from comparisons import compared
from eval.report_html import comparison_html, run_html
made, before, after = compared()
print(hashlib.sha256((comparison_html(made, before, after) + run_html(after)).encode()).hexdigest())
"""
    printed = set()
    for seed in "12":
        monkeypatch.setenv("PYTHONHASHSEED", seed)
        printed.add(python(code))
    assert len(printed) == 1


# -- the page


@pytest.fixture
def shown(chromium: Browser, tmp_path: Path) -> Iterator[Any]:
    """Opens HTML as a file, offline; what no page may do fails the test."""
    wrong: list[str] = []
    contexts = []

    def open_page(html: str, width: int = 1280, scheme: Any = "light") -> Page:
        path = tmp_path / "report.html"
        path.write_text(html, encoding="utf-8")
        context = chromium.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, offline=True)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: wrong.append(message.text))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("dialog", lambda dialog: (wrong.append(dialog.message), dialog.dismiss()))
        page.on("request", lambda asked: None if asked.url == path.as_uri() else wrong.append(asked.url))
        page.goto(path.as_uri())
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert wrong == []


def everything() -> str:
    """A comparison with each verdict, each way a question goes, and answers in other words."""
    made, before, after = compared()
    changes = [change(f"metric_{n}", verdict=verdict) for n, verdict in enumerate(VERDICTS)]
    worded = [item(f"s{n}", n % 3 > 0, said=answer("It was built in 1820.", confidence=1 - n / 20)) for n in range(9)]
    more = run([*after.items, *worded, item("q5", False, scores={"right": False, "refused": True, "why": "refused"})])
    return comparison_html(comparison([*changes, change("other", **DESCRIPTIVE)], made.flips), before, more)


def test_a_comparison_is_shown(shown: Any) -> None:
    made, before, after = compared()
    page = shown(comparison_html(made, before, after))
    expect(page.locator(".banner")).to_contain_text("INCONCLUSIVE")
    expect(page.locator(".banner")).to_contain_text("not the same as no worse")
    row = page.locator("#metrics tbody tr").first
    assert row.locator("th, td").all_inner_texts() == [
        *("right", "INCONCLUSIVE", "0.900", "0.880", "-0.020"),
        *("-0.070 to +0.030", "0.05", "0.090", "100", "0.500"),
    ]
    plot = page.get_by_role("img", name="right: difference -0.020, 95% interval -0.070 to +0.030")
    line, frame = plot.locator(".reach").bounding_box(), plot.bounding_box()
    assert line is not None
    assert frame is not None
    assert (line["x"] - frame["x"]) / frame["width"] == pytest.approx(0.15, abs=0.01)  # -0.07 of -0.1 to 0.1
    assert line["width"] / frame["width"] == pytest.approx(0.5, abs=0.01)
    first = page.locator("article.flip").first
    expect(first.locator("h3")).to_have_text("When was q2 built?")
    expect(first.locator(".side").nth(0)).to_contain_text("It was built in 1820.")
    expect(first.locator(".side").nth(1)).to_contain_text("No answer in these documents.")
    expect(first).to_contain_text("retrieval")
    first.get_by_text("1 passage read").first.click()
    expect(first.locator("mark.cited.gold").first).to_have_text("built in 1820")


def test_questions_are_found(shown: Any) -> None:
    page = shown(everything())
    rows = page.locator(".questions > li:visible")
    expect(rows).to_have_count(14)
    page.get_by_label("Outcome").select_option("lost")
    expect(rows).to_have_count(1)
    expect(page.get_by_role("status")).to_have_text("1 of 14")
    rows.locator("summary").click()
    rows.get_by_text("Both answers, side by side").click()
    assert page.evaluate("location.hash") == "#flip-1"
    page.get_by_label("Outcome").select_option("not right")
    expect(rows).to_have_count(6)
    page.get_by_label("Search").fill("BUILT s3")
    expect(rows).to_have_count(1)
    page.get_by_label("Search").fill("nowhere")
    expect(page.get_by_role("status")).to_have_text("0 of 14")


def test_the_keyboard_is_enough(shown: Any) -> None:
    page = shown(everything())
    page.get_by_label("Search").focus()
    page.keyboard.type("s4")
    for _ in range(3):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".questions [open] .said").last).to_be_visible()
    assert page.locator(".scroll:not([tabindex='0'])").count() == 0  # what scrolls can be scrolled


def test_hostile_text_is_text(shown: Any) -> None:
    page = shown(hostile())
    assert page.locator("img, iframe, object, form, base").count() == 0
    assert page.locator("script").count() == 1
    expected = visible(HOSTILE)
    assert page.locator("article.flip h3").text_content() == expected
    assert page.locator(".side .said").first.text_content().startswith(expected)
    assert page.locator("#category option").nth(1).text_content() == expected


def test_the_policy_lets_no_other_script_run(chromium: Browser, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_text(run_html(run([item("q1", True)])).replace("<footer>", "<script>window.ran = 1</script><footer>"))
    page = chromium.new_page()
    page.goto(path.as_uri())
    assert page.evaluate("window.ran") is None
    expect(page.get_by_label("Search")).to_be_visible()  # ours did
    page.close()


NAMES = """() => {
  const wrong = [];
  const say = (what, node) => wrong.push(`${what}: ${node.outerHTML.slice(0, 80)}`);
  if (document.querySelectorAll("h1").length !== 1) wrong.push("not one h1");
  if (!document.documentElement.lang || !document.title) wrong.push("no language or title");
  let level = 0;
  for (const heading of document.querySelectorAll("h1, h2, h3, h4")) {
    if (+heading.tagName[1] > level + 1) say("a level is skipped", heading);
    level = +heading.tagName[1];
  }
  const named = node => node.getAttribute("aria-label") || node.getAttribute("aria-hidden")
    || node.closest("[aria-hidden=true]") || node.labels?.length;
  const all = selector => document.querySelectorAll(selector);
  for (const node of all("input, select, svg, [role=region]")) if (!named(node)) say("no name", node);
  const ids = [...document.querySelectorAll("[id]")].map(node => node.id);
  if (new Set(ids).size !== ids.length) wrong.push("an id twice");
  for (const link of all("a")) if (!all(link.getAttribute("href")).length) say("leads nowhere", link);
  for (const list of document.querySelectorAll("ul, ol"))
    if ([...list.children].some(child => child.tagName !== "LI")) say("not only items", list);
  return wrong;
}"""

CONTRAST = """() => {
  const rgb = color => color.match(/[\\d.]+/g).map(Number);
  const channel = value => (value /= 255) <= .04045 ? value / 12.92 : ((value + .055) / 1.055) ** 2.4;
  const light = ([r, g, b]) => .2126 * channel(r) + .7152 * channel(g) + .0722 * channel(b);
  const behind = node => {
    for (; node; node = node.parentElement) {
      const color = rgb(getComputedStyle(node).backgroundColor);
      if (color.length < 4 || color[3] > 0) return color;
    }
    return [255, 255, 255];
  };
  const wrong = new Set();
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const node = walk.currentNode.parentElement;
    if (!walk.currentNode.data.trim() || !node.checkVisibility() || node.closest("script, style")) continue;
    const style = getComputedStyle(node);
    const ink = rgb(node.closest("svg") ? style.fill : style.color);
    const [low, high] = [light(ink), light(behind(node))].sort((a, b) => a - b);
    const ratio = (high + .05) / (low + .05);
    if (ratio < 4.5) wrong.add(`${ratio.toFixed(2)} ${node.className} ${walk.currentNode.data.trim().slice(0, 20)}`);
  }
  return [...wrong];
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_everyone_can_read_it(shown: Any, width: int, scheme: str) -> None:
    """Names, headings and landmarks; text at 4.5:1 at least (WCAG 2.2, 1.4.3); nothing wider than the screen."""
    for html in (everything(), hostile(), run_html(run([item("q1", True), unscored("q2")]))):
        page = shown(html, width, scheme)
        page.evaluate("document.querySelectorAll('details').forEach(details => details.open = true)")
        assert page.evaluate(NAMES) == []
        assert page.evaluate(CONTRAST) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width

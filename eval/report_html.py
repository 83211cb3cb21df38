"""Runs and comparisons as one HTML file that works offline: styles, script and plots are in it.

What comes from a file is escaped text; the content security policy lets nothing load and nothing run but the one style
sheet and the one script of `eval/assets`, by their hashes. The same input gives the same bytes.
"""

from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from eval import report_figures as figures
from eval import report_view as view
from eval.comparison import Comparison
from eval.report_view import Asked, Item
from eval.runner import Run
from index.folding import locate

ASSETS = Path(__file__).with_name("assets")


@dataclass(frozen=True, slots=True)
class Row:
    """A question of the list: in both runs, or in one; its flip, when it has one, by place from 1."""

    now: Asked
    before: Asked | None
    flip: int | None
    direction: str


def run_html(run: Run) -> str:
    """The run: metrics, rates by category, risk over coverage, latency, and every question."""
    rows = [Row(asked, None, None, "") for asked in view.questions(run)]
    notes = list(view.no_failures((name, i.value, i.n) for name, i in run.metrics.items()))
    return _page(run=run, comparison=None, rows=rows, runs=[("", run)], notes=notes)


def comparison_html(comparison: Comparison, before: Run, after: Run) -> str:
    """The comparison: outcome, metrics with their differences, flips side by side, and all that `run_html` shows of
    both runs."""
    earlier = {asked.qid: asked for asked in view.questions(before)}
    ordered = sorted(comparison.flips, key=lambda flip: flip.direction)  # lost, then won
    flips = {flip.qid: (place, flip.direction) for place, flip in enumerate(ordered, 1)}
    rows = [Row(asked, earlier.get(asked.qid), *flips.get(asked.qid, (None, ""))) for asked in view.questions(after)]
    runs = [("before", before), ("after", after)]
    return _page(run=after, comparison=comparison, rows=rows, runs=runs, flips=ordered, notes=view.notes(comparison))


def page(template: str, **values: Any) -> str:
    """`template` of `eval/assets` filled with `values`, its style sheet in it."""
    environment = Environment(
        loader=FileSystemLoader(ASSETS),
        autoescape=True,
        finalize=_finalized,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"number": view.number, "signed": view.signed, "seconds": seconds, "counted": view.counted}
    style = ASSETS.joinpath("report.css").read_text(encoding="utf-8")
    filled = environment.get_template(template).render(
        **values, view=view, rate=figures.RATE, style=Markup(style), style_hash=_hash(style)
    )
    return filled.lstrip()  # the line ends of the macros


def _page(*, run: Run, rows: Sequence[Row], runs: Sequence[tuple[str, Run]], **values: Any) -> str:
    script = ASSETS.joinpath("report.js").read_text(encoding="utf-8")
    categories = figures.categories(run)
    latencies = [(name, figures.latencies(one)) for name, one in runs]
    curves = [(name, figures.risk_coverage(one)) for name, one in runs]
    return page(
        "report.html",
        **values,
        run=run,
        rows=rows,
        runs=runs,
        marked=marked,
        sources=sources,
        script=Markup(script),
        script_hash=_hash(script),
        categories=categories,
        by_category=[f"right_{category}" for category in categories],
        difference_scale=figures.difference_scale,
        curves=curves,
        risk_scale=figures.risk_scale(curve for _, curve in curves),
        latencies=latencies,
        stages=list(dict.fromkeys(stage for _, timed in latencies for stage in timed)),
        latency_scale=figures.latency_scale(timed for _, timed in latencies),
    )


def sources(item: Item) -> list[Mapping[str, Any]]:
    """The citations of an answer, once each, by number."""
    answer = item["answer"] or {"statements": []}
    cited = [citation for statement in answer["statements"] for citation in statement["citations"]]
    return sorted({c.get("number", 0): c for c in reversed(cited)}.values(), key=lambda c: c.get("number", 0))


def marked(hit: Mapping[str, Any], item: Item) -> Iterator[tuple[str, bool, bool]]:
    """The text of a hit in pieces: (text, is cited by the answer, is evidence of the gold question)."""
    text, start = hit["text"], hit["start"]
    cited = [
        (citation["start"] - start, citation["end"] - start)
        for citation in sources(item)
        if (citation["doc_id"], citation.get("version")) == (hit["doc_id"], hit.get("version"))
    ]
    gold = [place for evidence in item["gold"]["evidence"] for place in locate(evidence["quote"], text)]
    inside = {min(max(edge, 0), len(text)) for span in (*cited, *gold) for edge in span}
    edges = sorted(inside | {0, len(text)})
    for low, high in pairwise(edges):
        covers = [any(a <= low and high <= b for a, b in spans) for spans in (cited, gold)]
        yield text[low:high], covers[0], covers[1]


def seconds(value: float) -> str:
    """A duration with the digits that matter."""
    return f"{value:.1f} s" if value >= 10 else f"{value:.2f} s" if value >= 1 else f"{1000 * value:.0f} ms"


def _finalized(value: Any) -> Any:
    """What the template prints: text without what steers a page; our own markup is left alone."""
    return view.visible(value) if type(value) is str else value


def _hash(source: str) -> str:
    return f"sha256-{b64encode(sha256(source.encode()).digest()).decode()}"

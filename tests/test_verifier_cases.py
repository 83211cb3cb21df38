"""The verifier against tests/verifier_cases.md: what each source carries, and what it does not."""

import itertools
import re
from pathlib import Path
from typing import NamedTuple

import pytest
from helpers import ROOT

from index.embedders import open_embedder
from index.sentences import sentence_spans
from index.types import Span
from rag.remembered import Remembered
from rag.terms import STOP_WORDS
from rag.types import SHOWN
from rag.verify import Source, check_words

_TITLE = re.compile(r"\*(?P<title>.+?)(?:, (?P<date>\d{4}(?:-\d\d){0,2}))?\*")
EMBED = Remembered(open_embedder("minilm"))


class Case(NamedTuple):
    kind: str
    title: str
    published: str | None
    source: str
    statement: str
    verdict: str
    why: str


def cases() -> list[Case]:
    found: list[Case] = []
    kind = title = source = ""
    published: str | None = None
    for block in (Path(ROOT) / "tests/verifier_cases.md").read_text(encoding="utf-8").split("\n\n")[1:]:
        if block.startswith("## "):
            kind = block.removeprefix("## ").strip()
        elif block.startswith("> "):
            lines = [line.removeprefix("> ") for line in block.strip("\n").split("\n")]
            named = _TITLE.fullmatch(lines[0])
            title, published = (named["title"], named["date"]) if named else ("", None)
            source = lines[-1]
        elif block.startswith("| statement") and kind:
            rows = [
                [cell.strip(" ") for cell in line.strip("|").split("|")] for line in block.strip("\n").split("\n")[2:]
            ]
            found += [Case(kind, title, published, source, *row) for row in rows]
    return found


def is_shown(case: Case) -> bool:
    """Whether one sentence of the source, or two in a row, may be cited for the statement."""
    lower = {word for word in case.source.split() if word.islower()}
    sentences = [case.source[a:b] for a, b in sentence_spans(case.source)]
    source = Source(Span("case.txt", "v1", 0, len(case.source)), case.source, case.title, case.published)
    for cited in [[one] for one in sentences] + [[*pair] for pair in itertools.pairwise(sentences)]:
        common = (STOP_WORDS | lower).__contains__
        verdict, _, _ = check_words(case.statement, cited, [source] * len(cited), "", common, EMBED)
        if verdict in SHOWN:
            return True
    return False


CASES = cases()
TRUE = [case for case in CASES if case.verdict in SHOWN]
FALSE = [case for case in CASES if case.verdict not in SHOWN]
# False, and shown: what no rule sees yet.
GAPS = {
    "St Anne's hospital must close its maternity ward in July.",
    "St Anne's, the larger hospital, plans to add a heart clinic.",
}
KNOWN_TRUE = 34  # shown of TRUE: a change that loses one has to say why


def test_there_are_cases_of_every_kind() -> None:
    assert len(CASES) == 471
    assert {case.kind for case in CASES} == set(
        "quote number date role negation comparison quantifier merged addition peers paraphrase".split()
    )


@pytest.mark.parametrize("case", FALSE, ids=[f"{case.kind}: {case.statement}" for case in FALSE])
def test_what_a_source_does_not_say_is_withheld(case: Case) -> None:
    assert is_shown(case) is (case.statement in GAPS), case.why


def test_true_statements_in_other_words_are_shown_as_often_as_was_measured() -> None:
    assert sum(map(is_shown, TRUE)) >= KNOWN_TRUE

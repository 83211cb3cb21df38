"""The verifier against tests/verifier_cases.md: what each source carries, and what it does not."""

import re
from pathlib import Path
from typing import NamedTuple

import pytest
from helpers import ROOT

from eval.pairs import is_shown
from rag.types import SHOWN

_TITLE = re.compile(r"\*(?P<title>.+?)(?:, (?P<date>\d{4}(?:-\d\d){0,2}))?\*")


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


def is_carried(case: Case) -> bool:
    return is_shown(case.statement, case.source, case.title, case.published)


CASES = cases()
TRUE = [case for case in CASES if case.verdict in SHOWN]
FALSE = [case for case in CASES if case.verdict not in SHOWN]
# False, and shown: what no rule sees yet.
GAPS = {
    "St Anne's hospital must close its maternity ward in July.",
    "St Anne's, the larger hospital, plans to add a heart clinic.",
}
# Shown of TRUE: a change that loses one has to say why. 34 with words that only the embedder took for each other: in
# eval/claim_pairs these brought 22 true statements and 16 changed ones.
KNOWN_TRUE = 30


def test_there_are_cases_of_every_kind() -> None:
    assert len(CASES) == 471
    assert {case.kind for case in CASES} == set(
        "quote number date role negation comparison quantifier merged addition peers paraphrase".split()
    )


@pytest.mark.parametrize("case", FALSE, ids=[f"{case.kind}: {case.statement}" for case in FALSE])
def test_what_a_source_does_not_say_is_withheld(case: Case) -> None:
    assert is_carried(case) is (case.statement in GAPS), case.why


def test_true_statements_in_other_words_are_shown_as_often_as_was_measured() -> None:
    assert sum(map(is_carried, TRUE)) >= KNOWN_TRUE

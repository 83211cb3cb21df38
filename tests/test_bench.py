"""The bench runs and its table is whole. How long anything takes is not tested."""

import json
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from eval.bench import Row, TimedEmbedder, main, table
from index.embedder import Vectors, normalised

ROWS = [
    "python -c pass", "pincite --help", "pincite ask, cold", "answer, warm", "retrieve", "embed the query",
    "dense query in Chroma", "keyword query", "evidence scoring", "verify", "the rest", "find",
    "verify in other words",
    "find in 30 chunks, as it stands", "find in 30 chunks, a word changed", "find in 30 chunks, every second word",
    "find in 30 chunks, nowhere", "add", "add: documents",
    "add: sentences", "add: chunks", "add: embedding",
]  # fmt: skip
QUESTIONS = [
    {"qid": "q1", "question": "When did the mill burn down?", "answerable": False, "category": "single"},
    {
        "qid": "q2", "question": "And the inn?", "answerable": False, "category": "follow_up",
        "history": [{"question": "When did the mill burn down?", "answer": "In 1904."}],
    },
]  # fmt: skip


@pytest.fixture
def arguments(tmp_path: Path) -> list[str]:
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "mill.txt").write_text("The mill was built in 1820. It burned down in 1904.\n", encoding="utf-8")
    (docs / "inn.txt").write_text("Agnes Bell bought the inn in 1911.\n", encoding="utf-8")
    questions = tmp_path / "gold.jsonl"
    questions.write_text("".join(json.dumps(row) + "\n" for row in QUESTIONS), encoding="utf-8")
    return ["--docs", str(docs), "--questions", str(questions), "--repeat", "1", "--chunks", "30"]


def test_the_table_has_every_row(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 0
    rows = {}
    for line in capsys.readouterr().out.splitlines():
        name, figure, *ratio = re.split(r"\s{2,}", line.strip())
        rows[name] = (figure, *ratio)
    assert [*rows] == sorted(rows, key=ROWS.index)
    assert rows.keys() == set(ROWS)
    for name, (figure, *_) in rows.items():
        assert re.fullmatch(r"-?\d+\.\d+ (?:ms|s|/s)", figure), (name, figure)
    assert rows["add"][1] == "2 documents, 3 sentences, 2 chunks"
    assert rows["pincite --help"][1].endswith(" x python -c pass (aim: at most 12)")
    assert rows["answer, warm"][1] == "1.000 of the answer"
    parts = ("retrieve", "evidence scoring", "verify", "the rest")
    assert sum(float(rows[part][1].split()[0]) for part in parts) == pytest.approx(1, abs=0.003)  # three are rounded


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (["--repeat", "0"], "--repeat and --chunks must be at least 1, got 0 and 30"),
        (["--chunks", "-1"], "--repeat and --chunks must be at least 1, got 1 and -1"),
        (["--questions", "missing.jsonl"], "gold file 'missing.jsonl' cannot be read"),
        (["--docs", "{empty}"], "give --docs a folder of .txt, .md, .html or .pdf files"),
    ],
)
def test_usage_ends_in_2(
    arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str], change: list[str], message: str
) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(SystemExit) as ended:
        main([*arguments, *(word.format(empty=tmp_path / "empty") for word in change)])
    assert ended.value.code == 2
    assert message in capsys.readouterr().err


def test_columns_are_aligned() -> None:
    assert table([Row("a", "1.00 s"), Row("long", "10.00 s", "2 x a")]) == "a      1.00 s\nlong  10.00 s  2 x a"


def test_the_timed_embedder_embeds_as_the_one_it_times() -> None:
    class Ones:
        identity = "ones"

        def embed(self, texts: Sequence[str]) -> Vectors:
            return normalised(np.ones((len(texts), 4), np.float32))

    timed = TimedEmbedder(Ones())
    assert timed.identity == "ones"
    assert timed.embed(["a", "b"]).tolist() == [[0.5] * 4] * 2
    assert timed.seconds > 0

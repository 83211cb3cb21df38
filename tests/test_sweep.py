"""Settings held against each other: the real runner on a small library for each chunk size."""

import json
import re
import shutil
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from helpers import write
from openai_server import ScriptedServer, Status

from eval.compare import compare
from eval.comparison import Change
from eval.gold_files import load_gold
from eval.intervals import median_interval
from eval.paired import holm
from eval.runner import read_run, run_gold
from eval.sweep import Setting, plan
from eval.systems import library_system
from rag.library import open_library
from rag.settings import Settings
from ui.cli import main

PLACES = ("Arden", "Birk", "Corve", "Dunmor", "Elsby", "Farrow")
BASE = Setting(900, 10, "both", "extractive")
GIVEN = ("--chunk", "900,150", "--k", "1", "--mode", "extractive")


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CHUNK_CHARS", "PASSAGES", "FUSION", "MODE", "EMBEDDER", "CHROMA_URL"):
        monkeypatch.delenv(f"PINCITE_{name}", raising=False)
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="module")
def swept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with documents, gold questions and a sweep of them."""
    folder = tmp_path_factory.mktemp("sweep")
    write(folder, {f"docs/{place.lower()}.txt": _text(n) for n, place in enumerate(PLACES)})
    write(folder, {"gold.jsonl": "".join(f"{json.dumps(_question(n))}\n" for n in range(len(PLACES)))})
    assert sweep(folder, *GIVEN, "--html", str(folder / "page" / "sweep.html")) == 0
    return folder


def _text(n: int) -> str:
    place = PLACES[n]
    filler = " ".join(f"The mill of {place} ground {k} sacks of rye." for k in range(10, 16))
    return f"A note on {place}\n\nThe harbour of {place} was opened in {1820 + n} by the guild. {filler}\n"


def _question(n: int) -> dict[str, Any]:
    quote = f"was opened in {1820 + n} by the guild"
    return {
        "qid": f"q{n}",
        "question": f"When was the harbour of {PLACES[n]} opened?",
        "answerable": True,
        "category": "single",
        "facts": [[str(1820 + n)]],
        "evidence": [{"doc_id": f"{PLACES[n].lower()}.txt", "quote": quote}],
    }


def sweep(folder: Path, *arguments: str, docs: str = "docs") -> int:
    gold, out = str(folder / "gold.jsonl"), str(folder / "sweep.json")
    return main(["eval", "sweep", gold, "--docs", str(folder / docs), "--out", out, *arguments])


def table(folder: Path) -> Any:
    return json.loads((folder / "sweep.json").read_text("utf-8"))


def test_one_setting_at_a_time_or_every_combination() -> None:
    values = {"chunk_chars": [600, 900], "passages": [5, 10, 20]}
    planned = plan(BASE, values)
    assert planned[0] == BASE
    assert [(s.chunk_chars, s.passages) for s in planned[1:]] == [(600, 10), (900, 5), (900, 20)]
    combined = plan(BASE, values, combine=True)
    assert combined[0] == BASE
    assert {(s.chunk_chars, s.passages) for s in combined} == {(c, k) for c in (600, 900) for k in (5, 10, 20)}
    assert len(combined) == 6
    assert plan(BASE, {}) == [BASE]


def test_the_interval_of_a_median() -> None:
    assert median_interval([]).value is None
    five = median_interval([3.0, 1, 2, 5, 4])
    assert (five.value, five.low, five.high) == (3, None, None), "1/32 is more than 2.5%"
    ten = median_interval([float(n) for n in range(10, 0, -1)])
    # P(Binomial(10, 1/2) < 2) = 11/1024, < 3: 56/1024
    assert (ten.value, ten.low, ten.high, ten.n) == (5.5, 2, 9, 10)


def test_the_table_holds_each_setting_against_the_base(swept: Path) -> None:
    told = table(swept)
    assert told["base"]["setting"] == {"chunk_chars": 900, "passages": 10, "fusion": "both", "mode": "extractive"}
    tried = [(row["setting"]["chunk_chars"], row["setting"]["passages"]) for row in told["tried"]]
    assert tried == [(150, 10), (900, 1)]
    runs = [read_run(swept / row["run"]) for row in (told["base"], *told["tried"])]
    assert runs[0].fingerprint["chunks"] != runs[1].fingerprint["chunks"]
    assert runs[0].fingerprint["chunks"] == runs[2].fingerprint["chunks"]
    assert {len(item["answer"]["hits"]) for item in runs[2].items} == {1}
    assert [json.loads(run.fingerprint["settings"] or "")["passages"] for run in runs] == [10, 10, 1]
    assert "settings" not in told["fingerprint"]
    for metric in ("right", "hit_evidence_recall"):
        found = []
        for row, run in zip(told["tried"], runs[1:], strict=True):
            change = next(change for change in compare(runs[0], run).changes if change.metric == metric)
            assert {**row["changes"][metric], "p_holm": change.p_holm} == _json(change)
            found.append(change.p)
        assert [row["changes"][metric]["p_holm"] for row in told["tried"]] == holm(found)
    assert told["base"]["metrics"]["right"] == runs[0].metrics["right"].to_json()
    p50 = told["base"]["p50_s"]
    assert p50["n"] == len(PLACES)
    assert 0 < p50["low"] <= p50["value"] <= p50["high"]
    assert told["notes"][0].startswith("2 settings were held against the base: the best of many looks better")
    assert "below 20 clusters" in told["notes"][1], "of the gated metric"


def _json(change: Change) -> Any:
    return json.loads(json.dumps({name: getattr(change, name) for name in change.__slots__}))


def test_the_base_is_what_eval_run_gives(swept: Path, tmp_path: Path) -> None:
    with open_library(settings=Settings(tmp_path / "library", mode="extractive")) as library:
        library.add([swept / "docs"])
        again = run_gold(library_system(library), load_gold(swept / "gold.jsonl"))
    run = read_run(swept / table(swept)["base"]["run"])
    assert [item["scores"] for item in again.items] == [item["scores"] for item in run.items]
    assert again.fingerprint == run.fingerprint


def test_a_sweep_goes_on_where_it_was(swept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told, files = table(swept), sorted((swept / "sweep.json.sweep").glob("*.json"))
    written = [file.stat().st_mtime_ns for file in files]
    (swept / told["tried"][1]["run"]).unlink()  # as if it had been stopped in the last one
    capsys.readouterr()
    assert sweep(swept, *GIVEN, "--text") == 0
    assert [file.stat().st_mtime_ns == at for file, at in zip(files, written, strict=True)].count(False) == 1
    assert table(swept)["tried"][0] == told["tried"][0]
    said = capsys.readouterr().out
    assert "gold: 6 questions, 2 settings tried" in said
    assert re.search(r"^150 +10 +both +extractive +[01]\.\d{3}", said, re.MULTILINE)


def test_margins_are_those_of_the_gold_file_as_it_is_now(swept: Path, tmp_path: Path) -> None:
    shutil.copytree(swept, tmp_path, dirs_exist_ok=True)
    shutil.rmtree(tmp_path / "sweep.json.sweep")
    assert sweep(tmp_path, "--k", "1", "--mode", "extractive") == 0
    gold = (tmp_path / "gold.jsonl").read_text("utf-8")
    write(tmp_path, {"gold.jsonl": '{"gate": {"right": {"margin": 0.3}}}\n' + gold})
    assert sweep(tmp_path, "--k", "1", "--mode", "extractive") == 0
    assert table(tmp_path)["tried"][0]["changes"]["right"]["margin"] == 0.3


def test_a_setting_without_an_answer_is_named(
    swept: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with ScriptedServer([Status(401)]) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
        assert sweep(swept, "--mode", "extractive,openai") == 1
    said = capsys.readouterr().err
    assert "chunk 900, k 10, both, openai: no question has an answer, the first has not because" in said
    assert "401" in said


def test_the_page_shows_a_dot_for_each_setting_and_loads_nothing(swept: Path) -> None:
    page = (swept / "page" / "sweep.html").read_text("utf-8")
    assert page.count('<circle class="dot"') == 2 * 3
    assert re.findall(r'<span class="label">(.*?)</span>', page) == 2 * ["base", "chunk 150", "k 1"]
    assert "the best of many looks better" in page
    assert "default-src &#39;none&#39;" in page or "default-src 'none'" in page
    assert not re.search(r"<script|src=|@import|url\(|https?://", page)
    heights = [int(level) for level in re.findall(r"<h(\d)", page)]
    assert all(after <= before + 1 for before, after in pairwise(heights))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--chunk", "99"), "100 or more"),
        (("--chunk", "900,x"), "'x' is not a whole number"),
        (("--k", "0"), "'0' is not a whole number above 0"),
        (("--fusion", "sparse"), "'sparse' is none of both, dense, keyword"),
        (("--mode", "extractive,remote"), "'remote' is none of"),
    ],
)
def test_an_unknown_value_is_refused(
    arguments: tuple[str, ...], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        sweep(tmp_path, *arguments)
    assert ended.value.code == 2
    assert said in capsys.readouterr().err


def test_what_cannot_be_swept_is_said_before_anything_is_indexed(
    swept: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gold = (swept / "gold.jsonl").read_text("utf-8")
    write(tmp_path, {"gold.jsonl": gold, "some/arden.txt": _text(0), "empty/x.bin": "x"})

    def error(docs: str, *arguments: str) -> str:
        assert sweep(tmp_path, *arguments, docs=docs) == 1
        return capsys.readouterr().err

    assert "does not exist" in error("none")
    assert "holds no file that can be indexed" in error("empty")
    assert "lacks 5 documents with evidence of the gold questions (birk.txt, corve.txt, dunmor.txt, ...)" in error(
        "some"
    )
    assert not (tmp_path / "sweep.json.sweep").exists()
    write(tmp_path, {f"other/{place.lower()}.txt": _text(n) for n, place in enumerate(PLACES)})
    assert "OPENAI_API_KEY" in error("other", "--mode", "extractive,openai")
    write(tmp_path, {"other/birk.txt": _text(0)})
    said = error("other", "--mode", "extractive")
    assert "do not fit" in said
    assert "q1: no quote" in said


def test_a_library_of_other_documents_is_not_swept(swept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(swept, {f"moved/{place.lower()}.txt": _text(n) for n, place in enumerate(PLACES)})
    assert sweep(swept, *GIVEN, docs="moved") == 1
    assert "holds documents from elsewhere" in capsys.readouterr().err
    assert sweep(swept, *GIVEN) == 0, "and nothing of them was taken in"

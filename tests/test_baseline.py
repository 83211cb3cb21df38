"""LlamaIndex's engine as a system for `eval run`, on real documents and a model behind a real connection."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from openai_server import ScriptedServer, Text
from test_answering import DOCUMENTS
from test_systems import write_gold

from ui.cli import main

SAID = "It handled 4.2 million tonnes of cargo [{number}]."


def test_the_engine_is_scored_with_its_markers_as_citations(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    documents = tmp_path / "documents"
    documents.mkdir()
    for name in ("port-2022.txt", "port-2023.txt"):
        (documents / name).write_text(DOCUMENTS[name], encoding="utf-8")
    library = ["--library", str(tmp_path / "library")]
    assert main(["add", str(documents), *library]) == 0
    cargo = {"question": "How much cargo did Veldmark handle in 2023?", "facts": [["4.2 million tonnes"]]}
    questions = [
        {"qid": "cargo", **cargo, "quote": "4.2 million tonnes of cargo in 2023"},
        {"qid": "hamlet", "question": "Who wrote Hamlet?"},
        {"qid": "when", "question": "How much?", "facts": [["4.2 million"]], "quote": "4.2 million tonnes of cargo"},
    ]
    gold = write_gold(tmp_path / "gold.jsonl", questions)

    def reply(body: dict[str, Any]) -> Text:
        prompt: str = body["messages"][-1]["content"]
        if "Hamlet" in prompt:
            return Text("The provided sources do not mention Hamlet.")
        sources = prompt.partition("Now it's your turn.")[2].split("Source ")[1:]
        (number,) = (source[0] for source in sources if "4.2 million" in source)
        return Text(SAID.format(number=number))

    out = tmp_path / "run.json"
    with ScriptedServer([reply]) as server:
        engine = f"{sys.executable} -m eval.baseline {' '.join(library)} --base-url {server.base_url} --model m1"
        assert main(["eval", "run", str(gold), *library, "--out", str(out), "--system", engine, "--text"]) == 0
        assert len(server.requests) == 3
        assert "Earlier question: Who planted" in server.requests[2].body["messages"][0]["content"]
    assert "right                1.000" in capsys.readouterr().out
    run = json.loads(out.read_text(encoding="utf-8"))
    cited, refused, _ = (item["answer"] for item in run["items"])
    assert [statement["text"] for statement in cited["statements"]] == ["It handled 4.2 million tonnes of cargo."]
    (citation,) = cited["statements"][0]["citations"]
    assert citation["doc_id"] == "port-2023.txt"
    assert "Harbour master Tomas" in citation["quote"]  # the whole node: the engine knows nothing finer
    assert refused["kind"] == "refusal"
    assert {
        name: run["metrics"][name]["value"] for name in ("citation_validity", "evidence_recall", "refusal_recall")
    } == {
        "citation_validity": 1.0,
        "evidence_recall": 1.0,
        "refusal_recall": 1.0,
    }
    assert run["metrics"]["hit_evidence_recall"]["value"] == 1.0
    assert (cited["calls"], cited["model"], run["fingerprint"]["model"]) == (1, "m1", "m1")
    assert cited["tokens"]["completion"] == 8

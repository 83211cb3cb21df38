"""docs/ci.md: its shell is run as it stands, on a part of the sample, and its workflow runs the same commands."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from helpers import ROOT
from junitparser import JUnitXml

from ui.cli import parser

PAGE = (ROOT / "docs" / "ci.md").read_text("utf-8")
BLESS, GATE = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
WORKFLOW: dict[Any, Any] = yaml.safe_load(re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)[0])
STEPS: list[dict[str, Any]] = WORKFLOW["jobs"]["gate"]["steps"]
SAMPLE = Path("eval", "sample")
QUESTIONS = 3  # of the first documents that questions are about


def commands(shell: str) -> Iterator[list[str]]:
    """The `pincite` commands in a script, without what the shell does with their end."""
    for line in shell.replace("\\\n", " ").splitlines():
        if line.strip().startswith("pincite "):
            yield shlex.split(line.split("||")[0])[1:]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """What the scripts need of a checkout: a few gold questions and their documents."""
    lines = (ROOT / SAMPLE / "gold.jsonl").read_text("utf-8").splitlines()[:QUESTIONS]
    (tmp_path / SAMPLE / "corpus").mkdir(parents=True)
    (tmp_path / SAMPLE / "gold.jsonl").write_text("\n".join(lines), "utf-8")
    for doc_id in {evidence["doc_id"] for line in lines for evidence in json.loads(line)["evidence"]}:
        shutil.copy(ROOT / SAMPLE / "corpus" / doc_id, tmp_path / SAMPLE / "corpus" / doc_id)
    return tmp_path


def run(script: str, folder: Path) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PINCITE_", "OPENAI_"))}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        ["sh", "-c", script], cwd=folder, env={**kept, "PATH": path}, capture_output=True, text=True, check=False
    )


@pytest.mark.slow
@pytest.mark.timeout(400)  # ten processes, each of which imports the whole house
def test_the_shell_gates(checkout: Path) -> None:
    first = run(GATE, checkout)
    assert first.returncode == 1
    assert (
        "there is no baseline at 'eval/sample/gold.baseline.json': make one with `pincite eval bless`" in first.stderr
    )
    assert "cannot be judged" in first.stdout
    blessed = run(BLESS, checkout)
    assert blessed.returncode == 0, blessed.stderr
    assert (checkout / SAMPLE / "gold.baseline.json").is_file()
    again = run(GATE, checkout)
    assert again.returncode == 4, "three questions cannot show that nothing was lost"
    assert "answers: INCONCLUSIVE" in again.stdout
    assert "INCONCLUSIVE" in (checkout / "reports" / "eval.md").read_text("utf-8")
    assert "INCONCLUSIVE" in (checkout / "reports" / "eval.html").read_text("utf-8")
    cases = [case.name for suite in JUnitXml.fromfile(str(checkout / "reports" / "eval.xml")) for case in suite]
    assert len(cases) >= QUESTIONS


def test_the_workflow_runs_the_commands_of_the_shell() -> None:
    shell = "\n".join(step.get("run", "") for step in STEPS)
    assert list(commands(shell)) == list(commands(GATE))
    assert all(parser().parse_args(words) for words in (*commands(GATE), *commands(BLESS)))


def test_the_workflow_has_the_form_that_github_reads() -> None:
    assert {True, "name", "permissions", "concurrency", "jobs"} == set(WORKFLOW), "YAML 1.1 reads `on` as true"
    assert WORKFLOW[True] == {"pull_request": None}
    assert WORKFLOW["permissions"] == {"contents": "read"}
    assert all(("run" in step) != ("uses" in step) for step in STEPS)
    assert all(re.fullmatch(r"actions/[a-z-]+@v\d+", step["uses"]) for step in STEPS if "uses" in step)
    late = [step["name"] for step in STEPS if step.get("if") == "always()"]
    assert late == ["Show the comparison on the pull request", "Keep the reports"]


@pytest.mark.parametrize("status", [0, 1, 3, 4])
def test_the_exit_status_reaches_the_job(status: int, tmp_path: Path) -> None:
    gate = next(step["run"] for step in STEPS if step.get("name") == "Gate")
    done = run(f"pincite() {{ return {status}; }}\n{gate}", tmp_path)
    assert done.returncode == status
    assert ("::error::" in done.stdout) == bool(status)
    script = f"pincite() {{ [ \"$1 $2\" != 'eval compare' ] || return {status}; }}\n{GATE}"
    assert run(script, tmp_path).returncode == status


def test_the_summary_is_written_when_there_is_one(tmp_path: Path) -> None:
    show = next(step["run"] for step in STEPS if "GITHUB_STEP_SUMMARY" in step.get("run", ""))
    script = f"GITHUB_STEP_SUMMARY=summary.md\n{show}"
    assert run(script, tmp_path).returncode == 0
    (tmp_path / "reports").mkdir()
    (tmp_path / "reports" / "eval.md").write_text("passed")
    assert run(script, tmp_path).returncode == 0
    assert (tmp_path / "summary.md").read_text() == "passed"

"""Checks the invariants of docs/interface.md on real answers, from outside the program that gave them.

    python -m eval.invariants --library DIR --gold GOLD.jsonl [--gold ...] [--answers FILE.jsonl] [--printed N]

Answers come from `pincite ask --batch` in a process of its own, or from a file that it wrote; stored text comes from
`pincite show` alone. PINCITE_MODE chooses the mode. Exit status: 0 no breach, 1 a breach or a command that failed,
2 usage.
"""

import argparse
import functools
import json
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from eval.breaches import breaches, printed_breaches, shown
from eval.errors import EvaluationError
from eval.gold import GoldQuestion
from eval.gold_files import load_gold
from eval.runner import read_run


class Command:
    """`pincite` as a person runs it, on one library. Raises CalledProcessError where no method says otherwise."""

    def __init__(self, library: Path) -> None:
        # the command installed beside this interpreter, which may not be on PATH
        self._program = shutil.which("pincite", path=str(Path(sys.executable).parent)) or "pincite"
        self._library = str(library)
        self._show = functools.cache(self._show_once)

    def answers(self, questions: Sequence[GoldQuestion]) -> list[dict[str, Any]]:
        """One answer JSON with its qid for each of `questions`, in one run of `ask --batch`."""
        with tempfile.TemporaryDirectory() as folder:
            asked, answered = Path(folder, "asked.jsonl"), Path(folder, "answered.jsonl")
            rows = [question.model_dump(mode="json", include={"qid", "question", "history"}) for question in questions]
            asked.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
            self._run("ask", "--batch", str(asked), "--out", str(answered), stderr=None).check_returncode()
            return read_answers(answered)

    def printed(self, question: str) -> str:
        done = self._run("ask", "--text", "--", question)
        done.check_returncode()
        return done.stdout.decode()

    def stored_text(self, doc_id: str, version: str) -> str:
        """Raises LookupError when the command shows none."""
        done = self._show(doc_id, version)
        if done.returncode:
            raise LookupError(done.stderr.decode().strip())
        return done.stdout.decode()  # bytes decoded here: text mode would turn \r\n into \n and move every offset

    def _show_once(self, doc_id: str, version: str) -> "subprocess.CompletedProcess[bytes]":
        return self._run("show", "--version", version, "--", doc_id)

    def _run(
        self, command: str, *arguments: str, stderr: int | None = subprocess.PIPE
    ) -> "subprocess.CompletedProcess[bytes]":
        words = [self._program, command, "--library", self._library, *arguments]
        return subprocess.run(words, stdout=subprocess.PIPE, stderr=stderr, check=False)


def read_answers(path: Path) -> list[dict[str, Any]]:
    """The lines of `ask --batch --out`, or the answers of a file of `eval run --out`.

    Raises ValueError for a line that is no JSON object, RunInvalid, OSError.
    """
    answers: list[dict[str, Any]] = []
    if path.suffix == ".json":
        return [{"qid": item["qid"], **item["answer"]} for item in read_run(path).items if item["answer"]]
    for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), 1):
        if not line.strip():
            continue
        try:
            answer = json.loads(line)
        except json.JSONDecodeError as error:
            raise ValueError(f"{str(path)!r}, line {number}: not JSON ({error.msg})") from None
        if not isinstance(answer, dict):
            raise ValueError(f"{str(path)!r}, line {number}: not an object, {shown(answer)}")
        answers.append(answer)
    return answers


def check(
    command: Command, gold: Sequence[GoldQuestion], answers: Sequence[Mapping[str, Any]], printed: int
) -> Iterator[str]:
    """Every breach in `answers` as one line; `printed` of the questions are asked again to see what is printed.

    Raises CalledProcessError. What is printed now agrees only with answers of the same program and documents.
    """
    by_qid = {question.qid: question for question in gold}
    sound: list[Mapping[str, Any]] = []
    for answer in answers:
        question = by_qid.pop(str(answer.get("qid")), None)
        if question is None:
            yield f"{answer.get('qid')}: qid: not in the gold files, or answered before, {shown(answer.get('qid'))}"
            continue
        if answer.get("question") != question.question:
            yield f"{question.qid}: question: asked {shown(question.question)}, {shown(answer.get('question'))}"
        found = breaches(answer, command.stored_text, [turn.question for turn in question.history])
        yield from (f"{question.qid}: {breach}" for breach in found)
        if not found and not question.history:  # `ask QUESTION` takes no history
            sound.append(answer)
    yield from (f"{qid}: answer: missing, {shown(question.question)}" for qid, question in by_qid.items())
    for answer in sound[:: max(1, len(sound) // max(1, printed))][: max(0, printed)]:
        found = printed_breaches(answer, command.printed(str(answer["question"])))
        yield from (f"{answer['qid']}: {breach}" for breach in found)


def summary(answers: Sequence[Mapping[str, Any]], count: int) -> str:
    """One line; what a malformed answer holds is not counted."""
    statements = [s for answer in answers for s in _dicts(answer.get("statements"))]
    citations = sum(len(_dicts(statement.get("citations"))) for statement in statements)
    verdict = f"{count} breach{'es' if count > 1 else ''}" if count else "no breach"
    return f"{len(answers)} answers, {len(statements)} statements, {citations} citations: {verdict}"


def _dicts(value: object) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m eval.invariants", description="Checks the invariants of answers.")
    parser.add_argument("--library", required=True, type=Path, metavar="DIR")
    parser.add_argument("--gold", required=True, action="append", type=Path, metavar="GOLD.jsonl", help="repeatable")
    parser.add_argument(
        "--answers", type=Path, metavar="FILE", help="answers of `ask --batch`, or a run of `eval run`, not asked again"
    )
    parser.add_argument("--printed", type=int, default=3, metavar="N", help="questions to print as well (default 3)")
    args = parser.parse_args(argv)
    try:
        gold = [question for path in args.gold for question in load_gold(path).questions]
        answers = read_answers(args.answers) if args.answers else None
    except (EvaluationError, ValueError, OSError) as error:
        parser.error(str(error))
    if not args.library.is_dir():
        parser.error(f"no library at {str(args.library)!r}: make one with `pincite add PATH --library {args.library}`")
    if len({question.qid for question in gold}) < len(gold):
        parser.error("a qid occurs in two gold files: check them one by one")
    command = Command(args.library)
    count = 0
    try:
        answers = command.answers(gold) if answers is None else answers
        for breach in check(command, gold, answers, args.printed):
            print(breach, flush=True)
            count += 1
    except subprocess.CalledProcessError as error:
        said = (error.stderr or b"").decode().strip()  # nothing when it went to the terminal already
        print(f"invariants: {shlex.join(error.cmd)} ended with {error.returncode} {said}".rstrip(), file=sys.stderr)
        return 1
    print(summary(answers, count))
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main())

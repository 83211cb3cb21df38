"""The entries of a gold file as JSON, each knowing its line: what JSONL and YAML have in common.

YAML is read as a tree and turned into JSON here, because its loaders keep the last of two equal keys, lose the line
numbers, and make `2015-05-07`, `no` and `007` a date, a boolean and the number 7.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import yaml

Loc = tuple[int | str, ...]  # the way to a value: ("facts", 0, 1)
_HALF = re.compile("[\ud800-\udfff]")  # of a pair of surrogates, which JSON cannot hold alone
_CORE = "tag:yaml.org,2002:"
_TEXT = ("str", "merge", "value")  # "<<" and "=" are words here
_MISREAD = {"int": "a number", "float": "a number", "bool": "true or false", "null": "nothing"}


@dataclass(frozen=True, slots=True)
class Fault:
    line: int  # from 1
    problem: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A question, or the gate, as JSON. `misread`: the values that YAML takes for something else than text, as they
    are written and as what they are taken. `faulty`: values with a fault of their own, about which no more is said."""

    line: int
    json: str
    lines: dict[Loc, int] = field(default_factory=dict)
    misread: dict[Loc, tuple[str, str]] = field(default_factory=dict)
    faulty: set[Loc] = field(default_factory=set)

    def line_of(self, loc: Loc) -> int:
        """The line of the value at `loc`, or of the nearest one around it that is in the file."""
        while loc and loc not in self.lines:
            loc = loc[:-1]
        return self.lines.get(loc, self.line)


@dataclass(slots=True)
class Entries:
    """What a file holds; `faults` are those of the format, not of what it says."""

    gate: Entry | None = None
    questions: list[Entry] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)


def jsonl_entries(text: str) -> Entries:
    """One object a line, blank lines skipped; the first may be `{"gate": {...}}`."""
    found = Entries()
    for number, line in enumerate(text.split("\n"), 1):  # not splitlines: JSON strings may hold U+2028
        if not line.strip():
            continue
        keys, twice = _keys(line)
        found.faults += [Fault(number, f"key {key!r} stands twice in one object") for key in twice]
        if "gate" not in keys or "qid" in keys:
            found.questions.append(Entry(number, line))
        elif found.gate or found.questions:
            found.faults.append(Fault(number, "the gate belongs on the first line, once"))
        else:
            found.gate = Entry(number, line)
    return found


def _keys(line: str) -> tuple[set[str], list[str]]:
    """The keys of the object on `line`, and those that any object in it has twice; none where it is not JSON."""
    twice: dict[str, None] = {}

    def collected(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        keys = [key for key, _ in pairs]
        twice.update(dict.fromkeys(key for key in keys if keys.count(key) > 1))
        return dict(pairs)

    try:
        value = json.loads(line, object_pairs_hook=collected)
    except (ValueError, RecursionError):  # said by who validates the entry
        return set(), []
    return set(value) if isinstance(value, dict) else set(), list(twice)


def yaml_entries(text: str) -> Entries:
    """`questions:`, a list, and `gate:`, which may be left out; all faults but the first of the syntax are found."""
    found = Entries()
    try:
        loader = yaml.SafeLoader(text)
        root = loader.get_single_node()
    except yaml.YAMLError as error:
        found.faults.append(_syntax(error, text))
        return found
    except RecursionError:
        found.faults.append(Fault(1, "nested too deeply for a gold file"))
        return found
    if root is None:
        return found
    tree = _Tree(loader, found.faults)
    if not isinstance(root, yaml.MappingNode):
        found.faults.append(Fault(_line(root), "write `questions:` on a line of its own, and the list below it"))
        return found
    for key, key_node, node in tree.pairs(root):
        if key == "gate":
            found.gate = tree.entry(node, key_node, wrapped="gate")
        elif key != "questions":
            found.faults.append(Fault(_line(key_node), f"unknown key {key!r}: a gold file has `gate` and `questions`"))
        elif isinstance(node, yaml.SequenceNode):
            found.questions = [tree.entry(item, item) for item in node.value]
        elif not (isinstance(node, yaml.ScalarNode) and node.tag == _CORE + "null"):
            found.faults.append(Fault(_line(node), "`questions` is no list: begin each question with `- qid:`"))
    return found


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1


def _syntax(error: yaml.YAMLError, text: str) -> Fault:
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark:
        said = ", ".join(filter(None, (error.context, error.problem)))
        hint = 'indent with spaces, and put text with ": " or " #" in quotes'
        return Fault(error.problem_mark.line + 1, f"not YAML ({said}): {hint}")
    if isinstance(error, yaml.reader.ReaderError):  # a control character, the one thing that has no mark
        return Fault(text.count("\n", 0, error.position) + 1, f"not YAML (character U+{error.character:04X})")
    return Fault(1, f"not YAML ({error})")


class _Tree:
    """Turns nodes into what JSON can say and writes down what they hide."""

    def __init__(self, loader: yaml.SafeLoader, faults: list[Fault]) -> None:
        self._loader = loader
        self._faults = faults
        self._seen: set[int] = set()

    def pairs(self, node: yaml.MappingNode) -> Iterator[tuple[str, yaml.Node, yaml.Node]]:
        """The keys as they are written, each once, with their nodes."""
        first: dict[str, int] = {}
        for key_node, value in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                self._faults.append(Fault(_line(key_node), "a key is a word, not a list or a mapping"))
                continue
            key, line = str(key_node.value), _line(key_node)
            if key in first:
                self._faults.append(Fault(line, f"key {key!r} is already used on line {first[key]}"))
            else:
                first[key] = line
                yield key, key_node, value

    def entry(self, node: yaml.Node, at: yaml.Node, wrapped: str | None = None) -> Entry:
        entry = Entry(_line(at), "")
        value = self._value(node, (wrapped,) if wrapped else (), entry)
        return replace(entry, json=json.dumps({wrapped: value} if wrapped else value))

    def _value(self, node: yaml.Node, loc: Loc, entry: Entry) -> Any:
        if id(node) in self._seen:  # also what keeps a file of aliases from growing without end
            return self._fault(loc, entry, "write out what the alias (*) stands for")
        self._seen.add(id(node))
        entry.lines.setdefault(loc, _line(node))
        kind = str(node.tag).removeprefix(_CORE)
        if isinstance(node, yaml.MappingNode) and kind == "map":
            value = {}
            for key, key_node, item in self.pairs(node):
                entry.lines[*loc, key] = _line(key_node)
                value[key] = self._value(item, (*loc, key), entry)
            return value
        if isinstance(node, yaml.SequenceNode) and kind == "seq":
            return [self._value(item, (*loc, number), entry) for number, item in enumerate(node.value)]
        if isinstance(node, yaml.ScalarNode) and kind in _TEXT:
            if _HALF.search(node.value):
                return self._fault(loc, entry, "half a character: write it as \\U and eight digits")
            return node.value
        if kind == "timestamp":
            return self._fault(loc, entry, f'YAML reads {node.value} as a date: write "{node.value}"')
        if isinstance(node, yaml.ScalarNode) and kind in _MISREAD:
            entry.misread[loc] = (node.value, _MISREAD[kind])
            try:
                return self._loader.construct_object(node)
            except ValueError:
                return self._fault(loc, entry, "more digits than a number may have: put it in quotes")
        return self._fault(loc, entry, f"tag {node.tag!r} is not known here: leave it out")

    def _fault(self, loc: Loc, entry: Entry, problem: str) -> str:
        where = ".".join(map(str, loc))
        self._faults.append(Fault(entry.line_of(loc), f"{where}: {problem}" if where else problem))
        entry.faulty.add(loc)
        return "(faulty)"

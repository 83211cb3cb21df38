"""Replies of models read as drafts: JSON or text, whole or broken, cut anywhere, with markers of every kind."""

import json
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.drafts import MAX_DRAFTS, Draft, DraftCitation, DraftReader, declines

SOURCES = [
    "The footbridge over the Aune opened in 1932. It may carry 3.5 tonnes.",
    "The new ferry terminal in Lorne cost 48 million euros.",
    "The tensor has shape [3, 224, 224] per the spec. See clause [2023] and arr[0]. Reyl, T. [1] wrote it.",
]
BRIDGE = "The footbridge over the Aune opened in 1932."
FERRY = "The new ferry terminal in Lorne cost 48 million euros."


def read(reply: str, *cuts: int, sources: list[str] = SOURCES) -> tuple[list[Draft], bool]:
    """The drafts of `reply` fed in pieces that end at `cuts`, and whether it was malformed."""
    reader = DraftReader(sources)
    ends = sorted({min(cut, len(reply)) for cut in cuts} | {len(reply)})
    found: list[Draft] = []
    for start, end in zip([0, *ends], ends, strict=False):
        found += reader.feed(reply[start:end])
    found += reader.finish()
    assert reader.reply == reply
    return found, reader.malformed


def texts(reply: str) -> list[str]:
    return [draft.text for draft in read(reply)[0]]


def reply_of(*statements: Any, found: bool = True) -> str:
    return json.dumps({"found": found, "statements": list(statements)})


def said(text: str, *citations: Any) -> dict[str, Any]:
    return {"text": text, "citations": [{"source": number, "quote": quote} for number, quote in citations]}


ONE = said(BRIDGE, (1, "opened in 1932"))
TWO = said(FERRY, (2, "cost 48 million euros"))
BOTH = reply_of(ONE, TWO)


# -- JSON


class Json(NamedTuple):
    """A reply that is JSON, or was meant to be."""

    kind: str
    reply: str
    texts: list[str]
    malformed: bool = False


JSON = [
    Json("as asked", BOTH, [BRIDGE, FERRY]),
    Json("over many lines", json.dumps(json.loads(BOTH), indent=2), [BRIDGE, FERRY]),
    Json("fenced", f"```json\n{BOTH}\n```", [BRIDGE, FERRY]),
    Json("fenced without a name", f"```\n{BOTH}\n```", [BRIDGE, FERRY]),
    Json("behind words", f"Here is the answer:\n{BOTH}", [BRIDGE, FERRY]),
    Json("before words", f"{BOTH}\nI hope this helps!", [BRIDGE, FERRY]),
    Json("behind thoughts", f"<think>Is it 1932 [1]?\nYes.</think>\n{BOTH}", [BRIDGE, FERRY]),
    Json("behind white space", f"\n\n  {BOTH}", [BRIDGE, FERRY]),
    Json("found last", json.dumps({"statements": [ONE], "found": True}), [BRIDGE]),
    Json("without found", json.dumps({"statements": [ONE]}), [BRIDGE]),
    Json("extra keys", json.dumps({"found": True, "note": "x", "statements": [{**ONE, "sure": 0.9}]}), [BRIDGE]),
    Json("a bare list", json.dumps([ONE, TWO]), [BRIDGE, FERRY]),
    Json("a bare statement", json.dumps(ONE), [BRIDGE]),
    Json("one statement a line", f"{json.dumps(ONE)}\n{json.dumps(TWO)}", [BRIDGE, FERRY]),
    Json("no list around the statement", json.dumps({"found": True, "statements": ONE}), [BRIDGE]),
    Json("bare strings", reply_of(BRIDGE, FERRY), [BRIDGE, FERRY]),
    Json("nothing found", reply_of(found=False), []),
    Json("nothing found, at no length", '{"found": false}', []),
    Json("found, and nothing", reply_of(), []),
    Json("an empty text", reply_of(said(""), ONE), [BRIDGE]),
    Json("a text of marks", reply_of(said("..."), said("[1]"), ONE), [BRIDGE]),
    Json("two sentences in a text", reply_of(said(f"{BRIDGE} {FERRY}", (1, "x"))), [BRIDGE, FERRY]),
    Json("a text with a line break", reply_of(said(BRIDGE.replace(" over", "\nover"))), [BRIDGE]),
    Json("a text that declines", reply_of(said("The sources do not say."), ONE), [BRIDGE]),
    Json("a text with a marker", reply_of(said(f"{BRIDGE} [1]")), [BRIDGE]),
    Json("escapes", reply_of(said("Caf\u00e9 \u201cAune\u201d opened.")), ["Café “Aune” opened."]),
    Json("half of a character", '{"statements": ["It opened \\ud83d in 1932."]}', ["It opened \ud83d in 1932."]),
    # broken
    Json("broken off in a statement", BOTH[: BOTH.index("cost 48")], [BRIDGE], True),
    Json("broken off in a number", BOTH[: BOTH.index("2,") + 1], [BRIDGE], True),
    Json("broken off between statements", BOTH[: BOTH.index(', {"text": "The new')], [BRIDGE], True),
    Json("broken off before the end", BOTH[:-1], [BRIDGE, FERRY], True),
    Json("broken off at once", "{", [], True),
    Json("a quote mark too many", BOTH.replace("Aune opened", 'Aune" opened'), [FERRY], True),
    Json("a comma too many", BOTH.replace("}]}, {", "}]},, {"), [BRIDGE, FERRY], True),
    Json("a comma too few", BOTH.replace("}]}, {", "}]} {"), [BRIDGE, FERRY], True),
    Json("a comment", BOTH.replace('"statements": [', '"statements": [ // two\n'), [BRIDGE, FERRY], True),
    Json("single quotes", BOTH.replace('"', "'"), [], True),
    Json("another object", '{"answer": "48 million euros"}', [], True),
    Json("another object, nested", json.dumps({"answer": ONE}), [BRIDGE]),
    # statements of other types
    Json("no text", reply_of({"citations": []}, ONE), [BRIDGE], True),
    Json("a number for a text", reply_of({"text": 48}, ONE), [BRIDGE], True),
    Json("a list for a text", reply_of({"text": [BRIDGE]}, TWO), [FERRY], True),
    Json("numbers and nothings", reply_of(1, None, True, [], {}, ONE), [BRIDGE], True),
    Json("lists in lists", '{"statements": ' + "[" * 3000 + "]" * 3000 + "}", [], True),
    Json("lists without an end", '{"statements": ' + "[" * 3000, [], True),
    Json("statements is a text", '{"found": true, "statements": "The bridge opened in 1932."}', [], True),
    Json("statements is null", '{"found": true, "statements": null}', []),
]  # fmt: skip


@pytest.mark.parametrize("case", JSON, ids=[case.kind for case in JSON])
def test_json(case: Json) -> None:
    found, malformed = read(case.reply)
    assert [draft.text for draft in found] == case.texts
    assert malformed is case.malformed


@pytest.mark.parametrize(
    ("citations", "expected"),
    [
        ([{"source": 1, "quote": "opened in 1932"}], [(1, "opened in 1932")]),
        ([{"source": 1, "quote": "  opened in 1932 "}], [(1, "opened in 1932")]),
        ([{"source": "1", "quote": "opened"}], [(1, "opened")]),
        ([{"source": "[1]", "quote": "opened"}], [(1, "opened")]),
        ([{"source": "Source 2", "quote": "opened"}], [(2, "opened")]),
        ([{"source": 1.0, "quote": "opened"}], [(1, "opened")]),
        ([{"source": 9, "quote": "opened"}], [(9, "opened")]),  # the number is reported as it was given
        ([{"source": -1, "quote": "opened"}], [(-1, "opened")]),
        ([{"source": None, "quote": "opened"}], [(0, "opened")]),
        ([{"source": "the first", "quote": "opened"}], [(0, "opened")]),
        ([{"quote": "opened"}], [(0, "opened")]),
        ([{"source": 1}], [(1, "")]),
        ([{"source": 1, "quote": "a", "page": 3}, {"source": 2, "quote": "b"}], [(1, "a"), (2, "b")]),
        ([1, 2], [(1, ""), (2, "")]),
        (["1"], [(1, "")]),
        (["opened in 1932"], [(0, "opened in 1932")]),
        (1, [(1, "")]),
        ({"source": 1, "quote": "opened"}, [(1, "opened")]),
        ([], []),
        (None, []),
        ([None, [], {}, True], []),
    ],
)
def test_citations_are_read_in_every_form(citations: Any, expected: list[tuple[int, str]]) -> None:
    (draft,), malformed = read(reply_of({"text": BRIDGE, "citations": citations}))
    assert [(citation.source, citation.quote) for citation in draft.citations] == expected
    assert not malformed


def test_a_quote_that_is_no_text_is_asked_for_again() -> None:
    assert read(reply_of({"text": BRIDGE, "citations": [{"source": 1, "quote": None}]}, TWO)) == (
        [Draft(FERRY, (DraftCitation(2, "cost 48 million euros"),), FERRY)],
        True,
    )


def test_a_marker_beside_a_quote_is_not_cited_twice() -> None:
    (draft,), _ = read(reply_of(said(f"{BRIDGE} [1][2]", (1, "opened in 1932"))))
    assert draft.citations == (DraftCitation(1, "opened in 1932"), DraftCitation(2, ""))
    assert draft.written == f"{BRIDGE} [1][2]"


# -- text


class Marked(NamedTuple):
    """A reply in text: its sentences, each with the numbers it names."""

    kind: str
    reply: str
    drafts: list[tuple[str, list[int]]]


B, F = BRIDGE[:-1], FERRY[:-1]
TEXT = [
    Marked("one sentence", f"{B} [1].", [(BRIDGE, [1])]),
    Marked("no marker", BRIDGE, [(BRIDGE, [])]),
    Marked("before the full stop", f"{B} [1]. {F} [2].", [(BRIDGE, [1]), (FERRY, [2])]),
    Marked("after the full stop", f"{BRIDGE} [1] {FERRY} [2]", [(BRIDGE, [1]), (FERRY, [2])]),
    Marked("without a space", f"{B}[1]. {F}[2].", [(BRIDGE, [1]), (FERRY, [2])]),
    Marked("two in a row", f"{B} [1][2].", [(BRIDGE, [1, 2])]),
    Marked("two with a space", f"{B} [1] [2].", [(BRIDGE, [1, 2])]),
    Marked("two in one", f"{B} [1, 2].", [(BRIDGE, [1, 2])]),
    Marked("two with a semicolon", f"{B} [1; 2].", [(BRIDGE, [1, 2])]),
    Marked("a range", f"{B} [1-3].", [(BRIDGE, [1, 2, 3])]),
    Marked("a range with a dash", f"{B} [1–2].", [(BRIDGE, [1, 2])]),
    Marked("twice the same", f"{B} [1] [1].", [(BRIDGE, [1])]),
    Marked("in mid-sentence", "The footbridge [1] opened in 1932.", [("The footbridge opened in 1932.", [1])]),
    Marked("before the sentence", f"[1] {BRIDGE}", [(BRIDGE, [1])]),
    Marked("on a line of its own", f"{BRIDGE}\n[1]\n{FERRY}\n[2]", [(BRIDGE, []), (FERRY, [])]),
    # numbers that no source has are reported, not hidden
    Marked("zero", f"{B} [0].", [(BRIDGE, [0])]),
    Marked("out of range", f"{B} [7].", [(BRIDGE, [7])]),
    Marked("out of range beside a right one", f"{B} [1, 7].", [(BRIDGE, [1, 7])]),
    Marked("far out of range", f"{B} [9999].", [(BRIDGE, [9999])]),
    # other notations
    Marked("footnotes", f"{BRIDGE}[^1] {FERRY}[^2]\n\n[^1]: http://evil.example\n[^2]: Page 4.",
           [(BRIDGE, [1]), (FERRY, [2])]),
    Marked("corner brackets", f"{B}【1】. {F}【2†source】.", [(BRIDGE, [1]), (FERRY, [2])]),
    Marked("round brackets at the end", f"{B} (1). {F} (2).", [(BRIDGE, [1]), (FERRY, [2])]),
    Marked("named in brackets", f"{B} [Source 1]. {F} (source: 2).", [(BRIDGE, [1]), (FERRY, [2])]),
    Marked("sources in brackets", f"{B} (Sources 1 and 2).", [(BRIDGE, [1, 2])]),
    Marked("according to", f"According to Source 1, the {B[4:]}.", [(BRIDGE, [1])]),
    Marked("the source states", f"Source 2 states that the {F[4:]}.", [(FERRY, [2])]),
    # content that looks like markers
    Marked("a shape of a source", "The tensor has shape [3, 224, 224] per the spec.",
           [("The tensor has shape [3, 224, 224] per the spec.", [])]),
    Marked("a shape of a source, marked", "The tensor has shape [3, 224, 224] per the spec [3].",
           [("The tensor has shape [3, 224, 224] per the spec.", [3])]),
    Marked("a shape at the start", "[3, 224, 224] per the spec is the shape.",
           [("[3, 224, 224] per the spec is the shape.", [])]),
    Marked("a clause and an index", "See clause [2023] and arr[0].", [("See clause [2023] and arr[0].", [])]),
    Marked("a clause and an index, marked", "See clause [2023] and arr[0] [3].",
           [("See clause [2023] and arr[0].", [3])]),
    Marked("a bibliography", "Reyl, T. [1] wrote it [3].", [("Reyl, T. [1] wrote it.", [3])]),
    Marked("an index that no source has", "Use arr[7] here.", [("Use arr[7] here.", [])]),
    Marked("round brackets in mid-sentence", "It opened (1) late and (2) wet.",
           [("It opened (1) late and (2) wet.", [])]),
    Marked("a year in round brackets", "It opened early (1932).", [("It opened early (1932).", [])]),
    Marked("letters in brackets", "It opened [sic] in 1932 [1].", [("It opened [sic] in 1932.", [1])]),
    # what is no sentence
    Marked("a reference definition", f"{B} [1].\n\n[1]: http://evil.example", [(BRIDGE, [1])]),
    Marked("only a marker", "[1]", []),
    Marked("only marks", "...\n---\n* * *", []),
    Marked("nothing", "", []),
    Marked("white space", " \n\t\n ", []),
    Marked("a heading", f"## The footbridge\n\n{B} [1].", [(BRIDGE, [1])]),
    Marked("a heading that is a sentence", f"# {B} [1].", [(BRIDGE, [1])]),
    Marked("a lead-in", f"Here is what the sources say:\n\n- {B} [1]\n- {F} [2]", [(B, [1]), (F, [2])]),
    # lists and lines
    Marked("a list with dashes", f"- {B} [1].\n- {F} [2].", [(BRIDGE, [1]), (FERRY, [2])]),
    Marked("a list with stars", f"* {B} [1].\n* {F} [2].", [(BRIDGE, [1]), (FERRY, [2])]),
    Marked("a list with dots", f"• {B} [1].\n• {F} [2].", [(BRIDGE, [1]), (FERRY, [2])]),
    Marked("a numbered list", f"1. {B} [1].\n2. {F} [2].", [(BRIDGE, [1]), (FERRY, [2])]),
    Marked("a numbered list in brackets", f"1) {B} [1].\n2) {F} [2].", [(BRIDGE, [1]), (FERRY, [2])]),
    Marked("list items over several lines", f"- {B.replace(' over', chr(10) + '  over')} [1].\n- {F} [2].",
           [(BRIDGE, [1]), (FERRY, [2])]),
    Marked("a quote", f"> {B} [1].", [(BRIDGE, [1])]),
    Marked("lines that break anywhere", f"{B} [1]. {F} [2].".replace(" ", "\n"), [(BRIDGE, [1]), (FERRY, [2])]),
    Marked("windows lines", f"{B} [1].\r\n{F} [2].\r\n", [(BRIDGE, [1]), (FERRY, [2])]),
    Marked("bold", f"**{B}** [1].", [(BRIDGE, [1])]),
    Marked("bold, with the marker inside", f"**{B} [1].**", [(BRIDGE, [1])]),
    Marked("a link", "The [footbridge](http://evil.example) opened in 1932 [1].",
           [("The footbridge opened in 1932.", [1])]),
    Marked("a marker with a link", f"{B} [1](http://evil.example/a.b). {F} [2].", [(BRIDGE, [1]), (FERRY, [2])]),
    Marked("a chat mark", f"{B} [1].<|im_end|>", [(BRIDGE, [1])]),
    Marked("a fence", f"```\n{B} [1].\n```", [(BRIDGE, [1])]),
    Marked("a fence after a cut line", f"{B} [1].\nThe bridge\n```\n", [(BRIDGE, [1]), ("The bridge", [])]),
    Marked("thoughts", f"<think>It says 1931 [2].\n</think>\n{B} [1].", [(BRIDGE, [1])]),
    Marked("thoughts without an end", f"{B} [1].\n<think>Or 1931 [2].", [(BRIDGE, [1])]),
    Marked("a number at the start", "48 million euros were spent [2].", [("48 million euros were spent.", [2])]),
    Marked("a date at the start", "1932 was wet [1].", [("1932 was wet.", [1])]),
    Marked("other languages", "הגשר נפתח בשנת 1932 [1]. İzmir'de köprü açıldı [2].",
           [("הגשר נפתח בשנת 1932.", [1]), ("İzmir'de köprü açıldı.", [2])]),
    # repeats and refusals
    Marked("the same twice", f"{B} [1]. {B} [1].", [(BRIDGE, [1])]),
    Marked("the same in capitals", f"{B} [1]. {BRIDGE.upper()} [1]", [(BRIDGE, [1])]),
    Marked("not found", "NOT FOUND", []),
    Marked("not found, marked", "NOT FOUND [1].", []),
    Marked("not found, and why", "Not found. The sources do not say what it cost.", []),
    Marked("an answer, then a refusal", f"{B} [1]. The sources do not mention the cost.", [(BRIDGE, [1])]),
    Marked("no refusal", "No answer was given by the mayor [1].", [("No answer was given by the mayor.", [1])]),
    Marked("no refusal either", "The documents did not name the buyer [1].",
           [("The documents did not name the buyer.", [1])]),
]  # fmt: skip


@pytest.mark.parametrize("case", TEXT, ids=[case.kind for case in TEXT])
def test_text(case: Marked) -> None:
    found, malformed = read(case.reply)
    assert [(draft.text, [citation.source for citation in draft.citations]) for draft in found] == case.drafts
    assert all(citation.quote == "" for draft in found for citation in draft.citations)
    assert not malformed


def test_a_draft_knows_how_it_was_written() -> None:
    (draft,), _ = read(f"- {B} [1, 2].\n")
    assert (draft.text, draft.written) == (BRIDGE, f"{B} [1, 2].")


def test_brackets_are_content_only_beside_the_words_of_a_source() -> None:
    assert texts("The footbridge has shape [3].") == ["The footbridge has shape."]
    assert texts("See clause [3] and arr[0].") == ["See clause and arr[0]."]


@pytest.mark.parametrize(
    ("text", "refuses"),
    [
        ("NOT FOUND", True), ("Not found.", True), ("**NOT FOUND**", True), ("not found in the sources", True),
        ("NOT FOUND: nothing is said of it", True), ("No answer.", True), ("No answer found", True),
        ("None of the sources says so.", True), ("The sources do not say.", True), ("These documents do not say", True),
        ("The provided passages do not contain this.", True), ("I'm sorry, but I cannot answer that.", True),
        ("I don't know.", True), ("Unfortunately, the source does not say.", True),
        ("There is no information about that.", True),
        ("No answer was given by the mayor.", False), ("The documents did not name the buyer.", False),
        ("The mayor was not found.", False), ("It was not found in the lake.", False), ("Nothing was sold.", False),
        ("Not found by the police, he left.", False), ("", False),
    ],
)  # fmt: skip
def test_declines(text: str, refuses: bool) -> None:
    assert declines(text) is refuses


def test_no_more_drafts_than_anybody_asked_for() -> None:
    many = [f"Boat {n} sank in May." for n in range(MAX_DRAFTS + 5)]
    assert texts(" ".join(many)) == many[:MAX_DRAFTS]
    assert texts(reply_of(*map(said, many))) == many[:MAX_DRAFTS]


def test_a_statement_is_told_as_soon_as_it_is_whole() -> None:
    reader = DraftReader(SOURCES)
    at = BOTH.index(', {"text": "The new')
    assert not list(reader.feed(BOTH[: at - 1]))
    assert [draft.text for draft in reader.feed(BOTH[at - 1 : at])] == [BRIDGE]
    assert [draft.text for draft in reader.feed(BOTH[at:])] == [FERRY]
    assert not list(reader.finish())


def test_a_marked_line_is_told_as_soon_as_it_ends() -> None:
    reader = DraftReader(SOURCES)
    assert not list(reader.feed(f"{B} [1]."))
    assert [draft.text for draft in reader.feed("\n")] == [BRIDGE]
    assert not list(reader.feed("The new ferry terminal\n"))
    assert [draft.text for draft in reader.feed("in Lorne cost 48 million euros [2].\n")] == [FERRY]


# -- any reply, cut anywhere

PIECES = st.sampled_from(
    [B, F, BRIDGE, FERRY, BOTH, json.dumps(ONE), json.dumps(TWO)[:40], '{"found": true, "statements": [', "]}", "{",
     "[", " [1]", " [2].", " [0]", "[1, 2]", " [3, 224, 224] per the spec", "[^1]", "[^1]: x", "【2】", " (1).",
     "According to Source 1, ", "\n", "\n\n", "\r\n", " ", "- ", "1. ", "# ", "```json\n", "```", "<think>",
     "</think>", "NOT FOUND", "<|im_end|>", ":", "**", "\u2028", "İ", "\ud83d", '"', "\\", ",", "12"]
)  # fmt: skip
REPLIES = st.one_of(
    st.lists(PIECES, max_size=14).map("".join),
    st.text(max_size=60),
    st.builds(
        lambda a, b: a + BOTH[: len(BOTH) * b // 10], st.sampled_from(["", "Sure!\n", "[1].\n"]), st.integers(0, 10)
    ),
)


@given(REPLIES, st.lists(st.integers(0, 400), max_size=12))
def test_the_drafts_are_the_same_however_the_reply_is_cut(reply: str, cuts: list[int]) -> None:
    assert read(reply, *cuts) == read(reply) == read(reply, *range(len(reply)))


@given(REPLIES, st.lists(st.text(max_size=40), max_size=3))
def test_any_reply_can_be_read(reply: str, sources: list[str]) -> None:
    found, _ = read(reply, sources=sources)
    assert len(found) <= MAX_DRAFTS
    assert len({draft.text for draft in found}) == len(found)
    for draft in found:
        assert draft.text.strip()
        assert draft.text == " ".join(draft.text.split())
        assert not declines(draft.text)


@given(st.lists(st.sampled_from([BRIDGE, FERRY, "It may carry 3.5 tonnes."]), unique=True), st.integers(1, 3))
def test_what_was_written_as_json_is_read_as_it_was_written(written: list[str], number: int) -> None:
    found, malformed = read(reply_of(*(said(text, (number, "quote")) for text in written)))
    assert found == [Draft(text, (DraftCitation(number, "quote"),), text) for text in written]
    assert not malformed


def test_a_line_of_brackets_is_no_part_of_a_sentence() -> None:
    reader = DraftReader(SOURCES)
    drafts = [*reader.feed("The quay was sold. [1]\n{\nThe port was closed.\n}\n"), *reader.finish()]
    assert [draft.text for draft in drafts] == ["The quay was sold.", "The port was closed."]

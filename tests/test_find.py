"""Citation lookup: where pasted words stand, what differs, and that nothing is called exact that is not there."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from helpers import write
from hypothesis import given, settings
from hypothesis import strategies as st
from test_answering import CITATION_TYPES, FERRY, opened, shared_library

from index.folding import folded
from rag.errors import QuestionEmpty
from rag.find import MAX_OTHERS, found_json
from rag.library import Library
from rag.markup import plain
from rag.terms import words
from rag.types import Verdict
from ui.lookup import print_found

MARKS = ".!?;:, \"'“”()[]"


@pytest.fixture(scope="module")
def library() -> Library:
    return shared_library()


def found(library: Library, text: str) -> list[dict[str, Any]]:
    """The items for `text` as JSON, each held against the stored text."""
    result = found_json(text, library.find(text))
    assert json.loads(json.dumps(result)) == result
    assert list(result) == ["text", "items"]
    assert result["text"] == text
    items = result["items"]
    assert isinstance(items, list)
    for item in items:
        assert list(item) == ["statement", "verdict", "why", "span", "diff", "others"]
        assert item["verdict"] in get_args(Verdict)
        assert (item["span"] is None) is (item["verdict"] == "absent")
        assert len(item["others"]) <= MAX_OTHERS
        if item["verdict"] in ("altered", "misattributed", "unsupported", "absent"):
            assert item["why"]
        places = [item["span"], *item["others"]] if item["span"] else item["others"]
        for number, place in enumerate(places, 1):
            assert all(isinstance(place[key], kind) for key, kind in CITATION_TYPES.items())
            stored = library.stored_text(place["doc_id"], place["version"])
            assert stored[place["start"] : place["end"]] == place["quote"] != ""
            assert place["number"] == number
        for edit in item["diff"]:
            stored = library.stored_text(item["span"]["doc_id"])
            assert stored[edit["start"] : edit["end"]] == edit["there"] != edit["here"]
            assert item["span"]["start"] <= edit["start"] <= edit["end"] <= item["span"]["end"]
        if item["verdict"] == "exact":
            pasted, quote = (folded(plain(x)).replace("-", "") for x in (item["statement"], item["span"]["quote"]))
            assert pasted.strip(MARKS) in quote or quote.strip(MARKS) in pasted  # without the source it names
    return items


def places(library: Library, text: str) -> list[tuple[str, str]]:
    """(doc_id, quote) of each place of the one statement in `text`, which must be exact."""
    (item,) = found(library, text)
    assert item["verdict"] == "exact", item
    return [(p["doc_id"], p["quote"]) for p in [item["span"], *item["others"]]]


def verdicts(library: Library, text: str) -> list[tuple[str, str | None]]:
    """(verdict, doc_id) of each item for `text`."""
    return [(item["verdict"], item["span"] and item["span"]["doc_id"]) for item in found(library, text)]


@pytest.mark.parametrize(
    ("text", "doc_id", "quote"),
    [
        ("Grain made up 41 percent of it.", "port-2022.txt", "Grain made up 41 percent of it."),
        ("Grain made up 41 percent of it", "port-2022.txt", "Grain made up 41 percent of it"),
        ("the old quay was too short", "port-2022.txt", "the old quay was too short"),
        ('"Grain made up 41 percent of it."', "port-2022.txt", "Grain made up 41 percent of it."),
        ("„Grain made up 41 percent of it“.", "port-2022.txt", "Grain made up 41 percent of it"),
        # across a line break, and a word broken at one
        ("Harbour master Ilse Brandt said", "port-2022.txt", "Harbour master Ilse\nBrandt said"),
        ("who led the inspection in April 2020", "bridge.md", "who led the in-\nspection in April 2020"),
        # with other quote marks
        ('more than 3.5 tonnes," said the engineer', "bridge.md", "more than 3.5\ntonnes,” said the engineer"),
        # the end of a sentence the text goes on after
        ("The tea room at Kestrel Lane serves twelve kinds of tea.", "tea.txt",
         "The tea room at Kestrel Lane serves twelve kinds of tea"),
    ],
)  # fmt: skip
def test_exact(library: Library, text: str, doc_id: str, quote: str) -> None:
    assert places(library, text) == [(doc_id, quote)]


@pytest.mark.parametrize(
    ("text", "doc_id", "diff"),
    [
        # nearly the words of a document
        ("Repairs of the footbridge will take 28 months.", "bridge.md", [("18", "28")]),
        ("Grain made up 41 tonnes of it.", "port-2022.txt", [("percent", "tonnes")]),
        ("Grain never made up 41 percent of it.", "port-2022.txt", [("", "never")]),
        ("Barley made up 41 percent of it.", "port-2022.txt", [("Grain", "Barley")]),
        ("rain made up 41 percent of it", "port-2022.txt", [("Grain", "rain")]),
        ("The deck will carry more than 3.5 tonnes", "bridge.md", [("not", "")]),
        ("Mayor Tomas Reyl opened it on 9 March 2024 before a crowd of 600 people.", "gazette.txt",
         [("Ana Duarte", "Tomas Reyl")]),
        ("The orchard was planted in 1972 by the botanist Edda Marsh.", "orchard.html",
         [("1927", "1972")]),
        ("Grain made up 41 percent of it. Harbour master Ilse Berg said that the old quay was too short",
         "port-2022.txt", [("Brandt", "Berg")]),
        # in other words
        ("In 2022 the port of Veldmark handled 3.9 million tonnes.", "port-2022.txt",
         [("3.6 million tonnes", "3.9 million tonnes")]),
        ("Edda Marsh planted the orchard at Hollin in 1972.", "orchard.html", [("1927", "1972")]),
        ("Repairs will take 8 months at the footbridge.", "bridge.md", [("18 months", "8 months")]),
        ("By the botanist Ilse Brandt the orchard at Hollin was planted in 1927.", "orchard.html",
         [("Edda Marsh", "Ilse Brandt")]),
    ],
)  # fmt: skip
def test_altered(library: Library, text: str, doc_id: str, diff: list[tuple[str, str]]) -> None:
    item = found(library, text)[-1]
    assert (item["verdict"], item["span"]["doc_id"]) == ("altered", doc_id)
    assert [(edit["there"], edit["here"]) for edit in item["diff"]] == diff


@pytest.mark.parametrize(
    ("text", "doc_id"),
    [
        ("In 2022 the port of Veldmark handled 3.6 million tonnes of cargo.", "port-2022.txt"),
        ("The port of Veldmark handled 3,600,000 tonnes of cargo in 2022.", "port-2022.txt"),
        ("Edda Marsh planted the orchard at Hollin in 1927.", "orchard.html"),
        # the same words, but for case and marks
        ("grain made up 41 percent of it", "port-2022.txt"),
        ("The old quay, was too short.", "port-2022.txt"),
        # two sentences together
        ("Footbridge repairs will take 18 months, and the council pays two thirds of the bill.", "bridge.md"),
    ],
)
def test_supported(library: Library, text: str, doc_id: str) -> None:
    assert verdicts(library, text) == [("supported", doc_id)]


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("Tungsten boils at 5930 degrees.", "absent"),
        ("The mill burned down in 1904.", "absent"),
        ("Unto", "absent"),
        ("the old quay was too sho", "altered"),
        ("Visitors may pick the fruit of the orchard with their dogs.", "unsupported"),
        # a value that is missing is not another value
        ("On 12 hectares the orchard at Hollin has nineteen kinds of apple trees.", "unsupported"),
    ],
)
def test_not_carried(library: Library, text: str, verdict: str) -> None:
    assert [item["verdict"] for item in found(library, text)] == [verdict]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # a quotation with its source is looked up without it
        ('"Grain made up 41 percent of it." (Port of Veldmark in 2022, 2022)', [("exact", "port-2022.txt")]),
        ('"Grain made up 41 percent of it." (Port of Veldmark in 2023)', [("misattributed", "port-2022.txt")]),
        ("“Grain made up 41 percent of it. Grain made up 38 percent of it.” — Port of Veldmark in 2023",
         [("misattributed", "port-2022.txt"), ("exact", "port-2023.txt")]),
        ("“Grain made up 41 percent of it” (port-2022.txt)", [("exact", "port-2022.txt")]),
        ('As Edda Marsh said, "Grain made up 41 percent of it".', [("misattributed", "port-2022.txt")]),
        ('As Nobody Known said, "Grain made up 41 percent of it".', [("exact", "port-2022.txt")]),
        ("According to The orchard at Hollin, grain made up 41 percent of it.", [("misattributed", "port-2022.txt")]),
        ("Grain made up 41 percent of it, according to Port of Veldmark in 2022.", [("exact", "port-2022.txt")]),
        ("According to Edda Marsh, grain made up 41 percent of it.", [("misattributed", "port-2022.txt")]),
        # the other document of that title says so too
        ("According to What the Lorne terminal cost, the new ferry terminal in Lorne cost 52 million euros.",
         [("supported", "courier.md")]),
        # the document itself says who said it
        ("Harbour master Ilse Brandt said that the old quay was too short for the newest ships.",
         [("exact", "port-2022.txt")]),
        ('Ilse Brandt said that "the old quay was too short" for the newest ships.',
         [("supported", "port-2022.txt"), ("exact", "port-2022.txt")]),
        # a source that nobody knows is part of the claim
        ("According to Quill Weekly, grain made up 41 percent of it.", [("unsupported", "port-2022.txt")]),
    ],
)  # fmt: skip
def test_sources_that_the_text_names(library: Library, text: str, expected: list[tuple[str, str]]) -> None:
    assert verdicts(library, text) == expected


PASTED = """\
## What the reports say

Harbour master Ilse Brandt said that the old quay was too short
for the newest ships.[1][2] The council pays **two thirds** of the bill [3, 4].

- Grain made up 41 percent of it [^5]
- Repairs of the footbridge will take 18 months. 【6†source】

> The trees survived the frost of 1956 because the growers lit fires
> between the rows.

[1]: http://reports.example/1
"""


def test_pasted_markdown(library: Library) -> None:
    assert verdicts(library, PASTED)[1:] == [
        ("exact", "port-2022.txt"), ("exact", "bridge.md"), ("exact", "port-2022.txt"), ("exact", "bridge.md"),
        ("exact", "orchard.html"),
    ]  # fmt: skip


def test_brackets_of_the_document_are_no_markers(library: Library) -> None:
    assert places(library, "as the menu [1] says") == [("tea.txt", "as the menu [1] says")]


def test_every_place_is_named(library: Library) -> None:
    quote = "Ferries to the islands leave every 40 minutes."
    assert sorted(places(library, quote)) == [("gazette.txt", quote), ("reprint.txt", quote)]


def test_further_places_are_bounded(tmp_path: Path) -> None:
    write(tmp_path / "docs", {f"{n}.txt": f"Note {n}.\n\nThe heron stands in the reeds." for n in range(8)})
    with opened(tmp_path / "library") as many:
        many.add([tmp_path / "docs"])
        assert len(places(many, "The heron stands in the reeds.")) == 1 + MAX_OTHERS


def test_each_sentence_has_its_verdict(library: Library) -> None:
    items = found(
        library, "“Grain made up 41 percent of it. Grain made up 42 percent of it.” Grain made up 38 percent of it."
    )
    assert [item["verdict"] for item in items] == ["exact", "altered", "exact"]
    assert [item["span"]["doc_id"] for item in items] == ["port-2022.txt", "port-2022.txt", "port-2023.txt"]


def test_what_an_answer_shows_is_found(library: Library) -> None:
    """Answers show Markdown without its marks, so such a sentence must be found in the marked text."""
    for statement in library.ask(FERRY).statements:
        (item,) = found(library, statement.text)
        assert item["verdict"] == "exact"
    (doc_id, quote), *_ = places(library, "The deck will not carry more than 3.5 tonnes")
    assert doc_id == "bridge.md"
    assert "will **not** carry" in quote


def test_text_for_models_is_found_as_text(library: Library) -> None:
    """It is never answered from, but where it stands is a fact."""
    (place,) = places(library, "The orchard at Hollin was planted in 1927 by the botanist Edda Marsh.")
    assert place[0] == "orchard.html"


LONG = " ".join(
    f"Boat number {n} left the pier at Hollin and came back with {n + 3} crates of fish." for n in range(90)
)
WORLD = {
    "menu.txt": f"""\
Skip to the list of boats
Log in | Site map

The boats of Hollin

{LONG}
""",
    "market.txt": """\
市场报告

中国是全球最大的市场，去年增长了百分之五。其他国家也在增长。
""",
    "port.txt": "Порт\n\nПорт Вельдмарк обработал 3,6 миллиона тонн грузов. Зерно составило 41 процент грузов.\n",
    "sayings.txt": "Sayings\n\nIt is what it is, and that is that. To be or not to be: that is it.\n",
    "ligatures.txt": "Offices\n\nThe oﬃce of the ﬁrst oﬃcer was af\u00adfected by the ﬂood.\n",
}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    folder = tmp_path_factory.mktemp("world")
    write(folder / "docs", dict(WORLD))
    with opened(folder / "library") as library:
        library.add([folder / "docs"])
        yield library


@pytest.mark.parametrize(
    ("text", "doc_id"),
    [
        # menus are in no chunk
        ("Skip to the list of boats", "menu.txt"),
        ("Site map", "menu.txt"),
        # very common words
        ("it is what it is", None),
        ("It is what it is", "sayings.txt"),
        ("that is it", "sayings.txt"),
        # scripts without spaces, and without capitals
        ("中国是全球最大的市场，去年增长了百分之五。", "market.txt"),
        ("最大的市场", "market.txt"),
        ("去年增长了百分之五。其他国家也在增长", "market.txt"),
        ("Зерно составило 41 процент", "port.txt"),
        # typography inside of words
        ("The office of the first officer was affected by the flood.", "ligatures.txt"),
    ],
)
def test_words_that_no_keyword_finds(world: Library, text: str, doc_id: str | None) -> None:
    items = found(world, text)
    if doc_id:
        assert [(item["verdict"], item["span"]["doc_id"]) for item in items] == [("exact", doc_id)] * len(items)
    else:
        assert [item["verdict"] for item in items] == ["supported"]  # the same words, in other case


def test_a_quote_over_the_border_of_two_passages(world: Library) -> None:
    chunks = world.search("boats of Hollin", 9)
    ends = sorted(hit.chunk.end for hit in chunks if hit.chunk.doc_id == "menu.txt")[:3]
    text = world.stored_text("menu.txt")
    for end in ends:
        for before, behind in ((30, 40), (200, 200), (9, 300)):
            words_there = text[end - before : end + behind].split(maxsplit=1)[1].rsplit(maxsplit=1)[0]
            quote = words_there.replace(". Boat", "; Boat")  # one statement
            (item,) = found(world, quote)
            assert (item["verdict"], item["span"]["doc_id"]) in (("exact", "menu.txt"), ("supported", "menu.txt"))
            assert item["span"]["start"] < end < item["span"]["end"]


@pytest.mark.parametrize(
    ("text", "diff"),
    [
        ("中国是全球最小的市场，去年增长了百分之五。", [("大", "小")]),
        ("Порт Вельдмарк обработал 4,6 миллиона тонн грузов.", [("3,6", "4,6")]),
        ("The office of the first officer was affected by the fire.", [("ﬂood", "fire")]),
    ],
)
def test_differences_in_any_script(world: Library, text: str, diff: list[tuple[str, str]]) -> None:
    (item,) = found(world, text)
    assert item["verdict"] == "altered"
    assert [(edit["there"], edit["here"]) for edit in item["diff"]] == diff


def test_a_long_text(world: Library) -> None:
    """Every sentence has its own verdict; one of ten was changed."""
    sentences = LONG.split(". ")[:40]
    sentences = [s.replace("fish", "coal") if n % 10 == 4 else s for n, s in enumerate(sentences)]
    items = found(world, ". ".join(sentences))
    assert len(items) == 40
    assert [n for n, item in enumerate(items) if item["verdict"] != "exact"] == [4, 14, 24, 34]
    assert all(item["verdict"] == "altered" for item in items[4::10])


def test_a_text_of_twenty_thousand_characters(library: Library) -> None:
    items = found(library, f"{'grain ' * 3330}. Grain made up 41 percent of it.")
    assert items[-1]["verdict"] == "exact"


def test_of_several_places_one_in_the_document_before(library: Library) -> None:
    reprint = "From our partners: Lorne gets its ferry terminal. Ferries to the islands leave every 40 minutes."
    assert verdicts(library, reprint) == [("exact", "reprint.txt"), ("exact", "reprint.txt")]


@pytest.mark.parametrize("text", ["", "  ", "?!", "“”"])
def test_nothing_to_look_up(library: Library, text: str) -> None:
    with pytest.raises(QuestionEmpty, match="nothing to look up in"):
        library.find(text)


@pytest.mark.parametrize("text", ["AT&T? a-b", '"', "NEAR(grain, 2)", "*", "\udcff grain", "word " * 3000])
def test_no_text_breaks_the_keyword_index(library: Library, text: str) -> None:
    if words(text):
        found(library, text.encode("utf-8", "replace").decode())


@pytest.fixture(scope="module")
def stored() -> str:
    return shared_library().stored_text("port-2022.txt")


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_any_run_of_whole_words_of_a_document_is_found(stored: str, data: st.DataObject) -> None:
    sentence = stored[stored.index("The port of Veldmark handled") :]
    tokens = sentence.split()
    a, b = sorted((data.draw(st.integers(0, len(tokens))), data.draw(st.integers(0, len(tokens)))))
    quote = " ".join(tokens[a:b])
    if words(quote):
        assert all(item["verdict"] == "exact" for item in found(shared_library(), quote))


TOKENS = st.lists(
    st.sampled_from(
        'Grain made up 41 42 percent of it. The port Veldmark handled not million tonnes [1] “ ” " ( ) — \n\n - > ** '
        "said according to Ilse Brandt, Port of Veldmark in 2023 orchard Hollin 字 зерно \ue000 ﬁ".split(" ")
    ),
    max_size=14,
).map(" ".join)


@settings(max_examples=60, deadline=None)
@given(TOKENS | st.text(max_size=40))
def test_no_text_raises(text: str) -> None:
    if words(text):
        try:
            found(shared_library(), text)
        except QuestionEmpty:
            assert not any(character.isalnum() for character in re.sub(r"\[\d+\]", "", text))


def test_the_printed_lookup_shows_the_difference_without_colour(
    library: Library, capsys: pytest.CaptureFixture[str]
) -> None:
    text = "Grain never made up 38 percent of it. The deck will carry more than 3.5 tonnes. Tungsten boils."
    print_found(found_json(text, library.find(text)), library.stored_text)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "altered: Grain never made up 38 percent of it."
    assert "Port of Veldmark in 2023 · 2023-12-18 · port-2023.txt · characters " in lines[2]
    assert lines[3].strip() == "»Grain [– → never] made up 38 percent of it.«"
    (deck,) = [line for line in lines if "[not → –]" in line]
    assert "will **[not → –]** carry more" in deck
    assert lines[-4].startswith("absent: Tungsten")
    assert lines[-1] == "In [a → b] the document says a, the pasted text b."

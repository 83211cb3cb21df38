"""Pasted text: which statements it makes, what it quotes, and whom it names as its source."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.pasted import MAX_CHARS, Pasted, read_pasted
from rag.terms import words

QUOTED = "the old quay was too short"


def shown(text: str) -> list[str]:
    return [pasted.text for pasted in read_pasted(text)]


def sources(pasted: Pasted) -> list[tuple[str, str]]:
    return [(origin.who, origin.core) for origin in pasted.origins]


@pytest.mark.parametrize(
    ("text", "statements"),
    [
        ("It rained. It snowed.", ["It rained.", "It snowed."]),
        ("no end, no capital", ["no end, no capital"]),
        ("One line\ngoes on here.\n\nAnother.", ["One line goes on here.", "Another."]),
        ("The in-\nspection ended.", ["The inspection ended."]),
        ("The in- spection of two- and three-year ener- gy.", ["The inspection of two- and three-year energy."]),
        ("# What is new\nIt rained.", ["What is new", "It rained."]),
        ("- It rained\n- It **snowed**\n  all day\n2. It froze", ["It rained", "It snowed all day", "It froze"]),
        ("> It rained\n> all day.", ["It rained all day."]),
        ("[It rained](http://x.example) today.", ["It rained today."]),
        # markers
        ("It rained.[1] It snowed [2, 3]. It froze[^4].", ["It rained.", "It snowed.", "It froze."]),
        ("It rained【5†source】. It snowed (source 2).", ["It rained.", "It snowed."]),
        ("It rained.¹² It fell on 12 km² of land.", ["It rained.", "It fell on 12 km² of land."]),
        ("It rained [1](http://x.example).\n\n[1]: http://x.example", ["It rained."]),
        ("[1]: http://x.example", ["[1]: http://x.example"]),
        ("Every statement since [2023] has it.", ["Every statement since [2023] has it."]),
        # other scripts
        ("去年增长了百分之五。“是吗？”好！", ["去年增长了百分之五。", "是吗？", "好！"]),
        ("Зерно составило 41 процент. Причал короткий.", ["Зерно составило 41 процент.", "Причал короткий."]),
        # quotations
        ("“It rained. It snowed.” It froze.", ["It rained.", "It snowed.", "It froze."]),
        ("„It rained in Lorne“.", ["It rained in Lorne"]),
        ('rained," said the mayor', ['rained," said the mayor']),
        ('He called it "a shame" and left.', ['He called it "a shame" and left.']),
        ("", []), ("“”?! — […]", []),
    ],
)  # fmt: skip
def test_statements(text: str, statements: list[str]) -> None:
    assert shown(text) == statements


def test_what_was_typed_is_kept_beside_it() -> None:
    (pasted,) = read_pasted("- shape [3, 224] per **the** spec")
    assert (pasted.text, pasted.typed) == ("shape per the spec", "shape [3, 224] per **the** spec")


@pytest.mark.parametrize(
    ("text", "who"),
    [
        (f'As Ilse Brandt said, "{QUOTED}".', "Ilse Brandt"),
        (f'According to the Port Report: "{QUOTED}"', "the Port Report"),
        (f"“{QUOTED}” (Port of Veldmark, 2022)", "Port of Veldmark, 2022"),
        (f"«{QUOTED}» — Ilse Brandt, 2022", "Ilse Brandt, 2022"),
        (f'"{QUOTED}," said Ilse Brandt.', "Ilse Brandt"),
        (f'"{QUOTED}," Ilse Brandt wrote in a letter.'.replace(" in a letter", ""), "Ilse Brandt"),
        (f'Ilse Brandt said: "{QUOTED}."', "Ilse Brandt"),
    ],
)
def test_a_quotation_with_its_source_is_a_statement_of_its_own(text: str, who: str) -> None:
    (pasted,) = read_pasted(text)
    assert pasted.text.strip(".,") == QUOTED
    assert (who, pasted.text.strip(".,")) in [(w, core.strip(".,")) for w, core in sources(pasted)]


def test_a_source_behind_several_sentences_is_that_of_each() -> None:
    both = read_pasted("“It rained in Lorne. It snowed in Hollin.” (The weather book)")
    assert [(p.text, sources(p)[0][0]) for p in both] == [
        ("It rained in Lorne.", "The weather book"), ("It snowed in Hollin.", "The weather book"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("According to the Gazette, it rained in Lorne.", ("the Gazette", "it rained in Lorne")),
        ("According to “Rain in the north”, it rained.", ("Rain in the north", "it rained")),
        ("It rained in Lorne, according to Ana Duarte.", ("Ana Duarte", "It rained in Lorne")),
        ("It rained in Lorne (Gazette, 2024).", ("Gazette, 2024", "It rained in Lorne")),
        ("The Gazette reported in 2024 that it rained.", ("The Gazette", "it rained")),
        ("It rained in Lorne - the Gazette", ("the Gazette", "It rained in Lorne")),
    ],
)
def test_whom_a_statement_names(text: str, source: tuple[str, str]) -> None:
    (pasted,) = read_pasted(text)
    assert source in sources(pasted)
    assert pasted.text == text


def test_a_statement_that_says_more_keeps_its_quotation() -> None:
    (pasted,) = read_pasted(f'The harbour master said that "{QUOTED}" for ships.')
    assert pasted.text == f'The harbour master said that "{QUOTED}" for ships.'
    assert [quotation.text for quotation in pasted.quotations] == [QUOTED]


def test_text_without_full_stops_is_cut() -> None:
    long = read_pasted("word " * 5000)
    assert all(len(pasted.typed) <= MAX_CHARS for pasted in long)
    assert sum(len(words(pasted.text)) for pasted in long) == 5000
    assert max(len(p.typed) for p in read_pasted("字" * 5000)) <= MAX_CHARS


def test_no_text_takes_long() -> None:
    began = time.process_time()
    for text in (
        "(" * 20_000,
        "“" * 20_000,
        "- " * 10_000,
        "a, " * 7000,
        "said " * 4000,
        '"a b c" ' * 2500,
        "[1]" * 7000,
    ):
        read_pasted(text)
    assert time.process_time() - began < 10


PIECES = ["“", "”", '"', "(", ")", "[1]", " — ", ". ", ", ", "\n", "\n\n", "- ", "> ", "# ", "。", "Ana Duarte",
          " said ", "according to ", "it rained", "41 percent", "**", "\ue000", "[1]: x"]  # fmt: skip


@settings(deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=20).map("".join) | st.text(max_size=60))
def test_nothing_raises_and_every_statement_has_words(text: str) -> None:
    found = read_pasted(text)
    assert bool(found) == bool(words(text)) or not found
    for pasted in found:
        assert words(pasted.text)
        assert all(words(quotation.text) for quotation in pasted.quotations)

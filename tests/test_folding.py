"""Folding: the same words in other typography are one text, and a place found is a place in the original."""

import time
import unicodedata

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from index.folding import fold, folded, locate

HARD = "aB9 ß\n\r\t.,-‐–'’“”\u00ad\u200b\u200e\ufeffﬁ…½⁵²①ée\u0301\u0307İıאبﷺ한漢\U0001f600\x00\x85\u2028"
texts = st.text(alphabet=HARD, max_size=60) | st.text(max_size=40)

SAME = [
    ("ligature", "the ﬁnal oﬀer", "the final offer"),
    ("full width", "ＡＢＣ１２", "ABC12"),
    ("white space", "one\u00a0 two\r\n\tthree", "one two three"),
    ("curly quotes", "the “king’s” hat", 'the "king\'s" hat'),
    ("dashes", "1990–95 — a while", "1990-95 - a while"),
    ("soft hyphen", "har\u00advest", "harvest"),
    ("zero width", "har\u200bvest\ufeff", "harvest"),
    ("zero width between spaces", "a \u200b b", "a b"),
    ("line-end hyphen", "the har-\nvest came", "the harvest came"),
    ("line-end hyphen, CRLF and indent", "the har-\r\n   vest came", "the harvest came"),
    ("line-end soft hyphen", "the har\u00ad\nvest came", "the harvest came"),
    ("combining marks", "cafe\u0301", "café"),
    ("ellipsis", "wait…", "wait..."),
]


@pytest.mark.parametrize(("one", "other"), [pair[1:] for pair in SAME], ids=[pair[0] for pair in SAME])
def test_typography_is_folded_away(one: str, other: str) -> None:
    assert folded(one) == folded(other)


@pytest.mark.parametrize(("one", "other"), [("Turkey", "turkey"), ("3½", "31/2"), ("10⁵", "105"), ("²", "³")])
def test_what_means_something_else_stays_apart(one: str, other: str) -> None:
    assert folded(one) != folded(other)


@given(texts)
def test_starts_are_monotone_and_cover_the_text(text: str) -> None:
    out, starts = fold(text)
    assert len(starts) == len(out) + 1
    assert starts == sorted(starts)
    assert starts[-1] == len(text)
    assert all(0 <= start <= len(text) for start in starts)


@given(st.text(alphabet="ab1 \n\t\u200b’“-", max_size=60))
def test_folding_twice_changes_nothing(text: str) -> None:
    once = fold(text)[0]
    assume("-" not in once)  # a hyphen may come to stand at a line end only in the original
    assert fold(once)[0] == once


WORDS = (
    "ﬁne Öl cafe\u0301 km² 10⁵ ½ İzmir שלום سلام o’clock so-called 240,000 3.5 “well” 漢字 har\u00advest end. … — A"
).split()
words = st.lists(st.sampled_from(WORDS), min_size=1, max_size=12)


@given(words, st.sampled_from([" ", "\n", "\r\n", "  ", " \u200b ", "\u00a0"]), st.data())
def test_every_run_of_words_is_located_where_it_stands(parts: list[str], gap: str, data: st.DataObject) -> None:
    text = gap.join(parts)
    first = data.draw(st.integers(0, len(parts) - 1))
    last = data.draw(st.integers(first, len(parts) - 1))
    start = sum(len(part) + len(gap) for part in parts[:first])
    end = start + sum(len(part) for part in parts[first : last + 1]) + len(gap) * (last - first)
    places = locate(text[start:end], text)
    assert (start, end) in places
    assert (start, end) in locate(" ".join(parts[first : last + 1]), text)


@given(texts, texts)
@example("1", "½")
def test_a_place_reads_as_the_quote(quote: str, text: str) -> None:
    for start, end in locate(quote, text):
        assert 0 <= start < end <= len(text)
        assert folded(text[start:end]).replace("-", "") == folded(quote).replace("-", "")


def test_every_place_is_found_in_order() -> None:
    text = "so it was, so it is, so it will be"
    assert [text[a : a + 9] for a, _ in locate("so it", text)] == ["so it was", "so it is,", "so it wil"]


@pytest.mark.parametrize(
    ("quote", "text", "shown"),
    [
        ("final", "the ﬁnal bill", "ﬁnal"),
        ("the harvest came", "And the har-\nvest came in.", "the har-\nvest came"),
        ("well-known", "a well-\nknown man", "well-\nknown"),
        ("cooperate", "they co-operate now", "co-operate"),
        ("co-operate", "they cooperate now", "cooperate"),
        ("café", "the cafe\u0301 is", "cafe\u0301"),
        ("İzmir", "in İzmir then", "İzmir"),
        ("שלום עולם", "אמר שלום\u200f עולם היום", "שלום\u200f עולם"),
        ("two lines", "here two\r\nlines end", "two\r\nlines"),
        ("“so”", 'he said "so" twice', '"so"'),
        ("fell in 2019", "fell in 2019. Then", "fell in 2019"),
        ("km2", "a km² of land", "km²"),
        ("增长了百分之五", "去年增长了百分之五。", "增长了百分之五"),
        ("ราคา", "ขายราคาถูก", "ราคา"),
    ],
)
def test_a_quote_in_other_typography_is_located(quote: str, text: str, shown: str) -> None:
    assert [text[start:end] for start, end in locate(quote, text)] == [shown]


@pytest.mark.parametrize(
    ("quote", "text"),
    [
        ("", "anything"),
        (" \u200b", "anything"),
        ("cat", "a category"),
        ("cat", "bobcat"),
        ("the grant was 240", "the grant was 240,000 euros"),
        ("000 euros", "240,000 euros"),
        ("rose by 12", "rose by 12.5 percent"),
        ("5 percent", "rose by 12.5 percent"),
        ("105 ohms", "10⁵ ohms"),
        ("rose to 31", "rose to 3½ per cent"),
        ("1", "½ a cup"),
        ("a low of -5 degrees", "a low of 5 degrees"),
        ("105 people", "10-5 people"),
        ("Us", "us"),
        ("40亿", "共240亿元"),
    ],
)
def test_a_quote_that_says_something_else_stands_nowhere(quote: str, text: str) -> None:
    assert locate(quote, text) == []


def test_a_page_of_white_space_after_a_hyphen_takes_no_time() -> None:
    began = time.perf_counter()
    fold("end-" + "\n" * 30_000 + "X")
    assert time.perf_counter() - began < 2  # took half a minute when it was quadratic


def test_composed_and_decomposed_forms_meet() -> None:
    text = unicodedata.normalize("NFD", "Müller trägt Größe")
    assert locate("trägt Größe", text) == [(text.index("tr"), len(text))]

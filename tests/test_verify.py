"""The verifier as a table of cases: what may be shown, what may not, and why."""

from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.folding import folded
from index.types import Span
from rag.markup import plain
from rag.types import SHOWN, Verdict
from rag.verify import Checked, Quote, Source, check, check_words, value_breaches

AT = 1000  # where the source begins in its document


class Claim(NamedTuple):
    """A statement held against the words it cites: does the value rule hold?"""

    kind: str
    source: str
    statement: str
    holds: bool
    why: str = ""


VALUE_RULE = [
    Claim("number", "The lease runs for 24 months.", "It runs for 24 months.", True),
    Claim("number", "The lease runs for 24 months.", "It runs for 36 months.", False, "another number"),
    Claim("number", "The town has 4.2 million people.", "It has 9.7 million people.", False, "another number"),
    Claim("number", "Eight of the ten boats sank.", "8 of 10 boats sank.", True, "words are digits"),
    Claim("number", "Eight of the ten boats sank.", "Eight boats of the 12 sank.", False, "one of two is wrong"),
    Claim("number", "The boats sank.", "All 7 boats sank.", False, "a number from nowhere"),
    Claim("number", "It grew from 5 to 1,200 members.", "It had 5,000 members.", False, "no scale is shared"),
    Claim("number", "It costs 20-25 billion.", "It costs up to 25 billion.", True, "the upper end"),
    Claim("number", "It costs 20-25 billion.", "It costs 22 billion.", False, "between the ends, not stated"),
    Claim("number", "It was one of the boats.", "One boat was lost.", True, "'one' is no count"),
    Claim("unit", "The debt is $240bn.", "The debt is 240 billion dollars.", True, "another notation"),
    Claim("unit", "The debt is $240bn.", "The debt is 240 billion euros.", False, "another currency"),
    Claim("unit", "The debt is $240bn.", "The debt is $240 million.", False, "another scale"),
    Claim("unit", "It rose 5 percent.", "It rose 5%.", True),
    Claim("unit", "It rose by 5.", "It rose 5%.", False, "a unit from nowhere"),
    Claim("unit", "It rose 5 percent.", "It rose by 5.", False, "a percentage is no count"),
    Claim("unit", "The visit took two weeks.", "The visit took two days.", False, "another unit"),
    Claim("unit", "They pump 38 bcm.", "They pump 38 billion cubic metres.", True),
    Claim("rank", "It was the first bridge.", "It was the 1st bridge.", True),
    Claim("rank", "It was the third bridge.", "It was the fourth bridge.", False, "another rank"),
    Claim("rank", "It has three bridges.", "It was the third bridge.", False, "a count is no rank"),
    Claim("rounding", "Trade was $244.8bn.", "Trade was about 245 billion dollars.", True, "to the digits shown"),
    Claim("rounding", "Trade was $244.8bn.", "Trade was 245 billion dollars.", False, "rounded without saying so"),
    Claim("rounding", "Trade was $240bn.", "Trade was about 245 billion dollars.", False, "245 is not 240"),
    Claim("rounding", "Trade was about $245bn.", "Trade was 244.8 billion.", False, "finer than the source"),
    Claim("share", "Up to three quarters went by sea.", "Up to 75% went by sea.", True),
    Claim("group", "Peru and Chile signed it.", "The two countries signed it.", True, "counted by their names"),
    Claim("group", "Peru and Chile signed it.", "The three countries signed it.", False, "two are named"),
    Claim("group", "Peru and Chile signed it.", "It was signed by two countries.", False, "perhaps not all are named"),
    Claim("calculated", "It sold 3 boats, then 4.", "It sold 7 boats.", False, "a sum is withheld"),
    Claim("date", "It opened on 5 May 2024.", "It opened on May 5, 2024.", True, "another notation"),
    Claim("date", "It opened on 5 May 2024.", "It opened on 2024-05-05.", True, "another notation"),
    Claim("date", "It opened on 5 May 2024.", "It opened in May 2024.", True, "coarser"),
    Claim("date", "It opened on 5 May 2024.", "It opened in 2024.", True, "coarser"),
    Claim("date", "It opened in 2024.", "It opened on 5 May 2024.", False, "finer"),
    Claim("date", "It opened on 5 May 2024.", "It opened on 6 May 2024.", False, "another day"),
    Claim("date", "It opened on 5 May 2024.", "It opened in May 2023.", False, "another year"),
    Claim("date", "The second quarter of 2024 was wet.", "Q2 2024 was wet.", True),
    Claim("date", "The second quarter of 2024 was wet.", "Q3 2024 was wet.", False, "another quarter"),
    Claim("date", "It holds 2,024 seats.", "It opened in 2024.", False, "a count is no year"),
    Claim("name", "Mayor Ana Duarte spoke.", "Duarte spoke.", True, "part of a name"),
    Claim("name", "Duarte spoke.", "Mayor Ana Duarte spoke.", False, "more than the source says"),
    Claim("name", "Ana Duarte spoke.", "Ana Solberg spoke.", False, "another name"),
    Claim("name", "It was made in Germany.", "It was made by German firms.", True, "a country's adjective"),
    Claim("name", "It was made in Germany.", "It was made by Austrian firms.", False, "another country"),
    Claim("name", "Russia agreed.", "The Russians agreed.", True, "a country's people"),
    Claim("name", "The U.S.-Peru talks ended.", "The talks of the United States ended.", True, "another short form"),
    Claim("name", "The World Trade Organization agreed.", "The WTO agreed.", True, "an acronym"),
    Claim("name", "The World Health Organization agreed.", "The WTO agreed.", False, "another acronym"),
    Claim("name", "They met on Monday.", "They met on Tuesday.", False, "another day"),
    Claim("name", "It rose in 2024.Peru said so.", "Peru said so.", True, "a space lost between sentences"),
    Claim("marker", "The lake is deep.", "The lake is deep [1].", False, "a source number from nowhere"),
    Claim("marker", "The lake is deep.", "The lake is deep [2023].", False, "a source number from nowhere"),
    Claim("marker", "The shape is [3, 224, 224].", "The shape is [3, 224, 224].", True, "content, not a marker"),
    Claim("markup", "It cost **52** million euros.", "It cost 52 million euros.", True, "bold digits"),
    Claim("markup", "It cost **52** million euros.", "It cost 52 euros.", False, "the scale counts, bold or not"),
    Claim("markup", "It rose five\n   percent.", "It rose five percent.", True, "a unit on the next line"),
]  # fmt: skip


@pytest.mark.parametrize("claim", VALUE_RULE, ids=[f"{c.kind}: {c.source} {c.statement}" for c in VALUE_RULE])
def test_value_rule(claim: Claim) -> None:
    breaches = value_breaches(claim.statement, [claim.source], [], "")
    assert (breaches == []) is claim.holds, claim.why
    assert all("is not in the cited words" in breach for breach in breaches)


class Supplied(NamedTuple):
    """What may come from beside the cited words: title and published date, and the question."""

    statement: str
    title: str
    published: str
    question: str
    holds: bool


CITED = "The quay was lengthened."


@pytest.mark.parametrize(
    "case",
    [
        Supplied("The quay at Veldmark was lengthened.", "The Port of Veldmark", "", "", True),
        Supplied("The quay was lengthened in 2023.", "The port in 2023", "", "", True),
        Supplied("The quay was lengthened in February 2024.", "", "2024-02-12", "", True),
        Supplied("The quay was lengthened on 12 February 2024.", "", "2024-02-12", "", True),
        Supplied("The quay was lengthened on 13 February 2024.", "", "2024-02-12", "", False),
        Supplied("The quay was lengthened by 90 metres.", "90 metres more for Veldmark", "", "", False),
        Supplied("The 12 quays were lengthened.", "", "2024-02-12", "", False),
        Supplied("The quay at Veldmark was lengthened.", "", "", "Was the quay at Veldmark lengthened?", True),
        Supplied("The quay was lengthened in 2023.", "", "", "Was it lengthened in 2023?", False),
        Supplied("The quay was lengthened by 90 metres.", "", "", "Was it lengthened by 90 metres?", False),
    ],
)
def test_title_date_and_question_supply_their_part_only(case: Supplied) -> None:
    breaches = value_breaches(case.statement, [CITED], [case.title, case.published], case.question)
    assert (breaches == []) is case.holds


def test_values_may_come_from_any_span_a_statement_cites() -> None:
    cited = ["Ana Duarte opened it.", "It cost $52m."]
    assert value_breaches("Ana Duarte opened it for $52m.", cited, [], "") == []
    assert len(value_breaches("Tomas Reyl opened it for $53m in 2024.", cited, [], "")) == 3


def test_a_sentence_may_open_with_a_common_word() -> None:
    assert value_breaches("Grain rose.", ["It rose."], [], "")
    assert value_breaches("Grain rose.", ["It rose."], [], "", {"grain"}.__contains__) == []


@pytest.mark.parametrize(
    ("statement", "verdict"),
    [
        ("Officially grain rose.", "unsupported"),
        ("Fear of rain held grain back.", "unsupported"),
        ("Duarte sold grain.", "altered"),
        ("Bush sold grain.", "altered"),  # in the dictionary, and a name all the same
    ],
)
def test_a_word_of_the_dictionary_is_no_name_where_a_sentence_opens(statement: str, verdict: Verdict) -> None:
    source = source_of("Grain rose by 5% after the rain.")
    assert check_words(statement, [source.text], [source], "", lambda _: False)[0] == verdict


def source_of(text: str, title: str = "A title", doc_id: str = "doc.txt", published: str | None = None) -> Source:
    return Source(Span(doc_id, "v1", AT, AT + len(text)), text, title, published)


def checked(text: str, quote: str, source: str, title: str = "A title", question: str = "") -> Checked:
    return check(text, [Quote(quote, source_of(source, title))], question, lambda _: False)


class Shown(NamedTuple):
    """A statement that cites `quote`; "" stands for the statement itself."""

    kind: str
    source: str
    statement: str
    verdict: Verdict
    quote: str = ""


RIVER = "The river is shallow. It is 4 metres deep at Lorne, where it does not freeze. Boats are unable to land."
DEPTH = "It is 4 metres deep at Lorne"
CHECKED = [
    Shown("whole", RIVER, "The river is shallow.", "exact"),
    Shown("part", RIVER, DEPTH, "exact"),
    Shown("two sentences", RIVER, f"The river is shallow. {DEPTH}", "exact"),
    Shown("without its full stop", RIVER, "The river is shallow", "exact", quote="The river is shallow."),
    Shown("with a full stop", RIVER, "The river is shallow.", "exact", quote="The river is shallow"),
    Shown("part of the quote", RIVER, "The river is shallow.", "supported", quote=RIVER),
    Shown("part of the quote", RIVER, DEPTH, "supported", quote=RIVER),
    Shown("another order", RIVER, "At Lorne it is 4 metres deep.", "supported", quote=DEPTH),
    Shown("same meaning", "Exports rose 5 percent.", "Exports grew by 5%.", "supported",
          quote="Exports rose 5 percent."),
    Shown("passive", "Ana Duarte opened the quay.", "The quay was opened by Ana Duarte.", "supported",
          quote="Ana Duarte opened the quay."),
    Shown("words of the title", "It was opened in May 2024.", "A title was opened in May 2024.", "supported",
          quote="It was opened in May 2024."),
    Shown("number", RIVER, "It is 5 metres deep at Lorne", "absent"),
    Shown("number", RIVER, "It is 5 metres deep at Lorne", "altered", quote=DEPTH),
    Shown("unit", RIVER, "It is 4 miles deep at Lorne", "altered", quote=DEPTH),
    Shown("name", RIVER, "It is 4 metres deep at Veldmark", "altered", quote=DEPTH),
    Shown("negation", RIVER, "The river does freeze.", "altered", quote=RIVER),
    Shown("negation", RIVER, "The river is not shallow.", "altered", quote="The river is shallow."),
    Shown("negation", RIVER, "Boats are able to land.", "altered", quote="Boats are unable to land."),
    Shown("hedge", "The quay may close in June.", "The quay closes in June.", "altered",
          quote="The quay may close in June."),
    Shown("direction", "Exports rose in May.", "Exports fell in May.", "altered", quote="Exports rose in May."),
    Shown("role", "Ana Duarte met Ilse Brandt.", "Ilse Brandt met Ana Duarte.", "altered",
          quote="Ana Duarte met Ilse Brandt."),
    Shown("role", "The council sued the builder.", "The builder sued the council.", "altered",
          quote="The council sued the builder."),
    Shown("quantifier", "Some boats land here.", "All boats land here.", "altered", quote="Some boats land here."),
    Shown("opposite", RIVER, "The river is deep.", "altered", quote="The river is shallow."),
    Shown("other words", RIVER, "The stream carries little water.", "unsupported", quote="The river is shallow."),
    Shown("one word", RIVER, "Shallow.", "unsupported", quote="The river is shallow."),
    Shown("invented ending", RIVER, "The river is shallow and clean.", "absent"),
    Shown("invented ending", RIVER, "The river is shallow and clean.", "unsupported", quote="The river is shallow."),
    Shown("the right words, another quote", RIVER, "The river is shallow.", "unsupported", quote=DEPTH),
    Shown("inside a word", RIVER, "he river", "absent"),
    Shown("inside a word", RIVER, "river is shall", "absent"),
    Shown("nothing", RIVER, "", "absent"),
    Shown("nothing", RIVER, "", "unsupported", quote="The river is shallow."),
    Shown("case", RIVER, "the river is shallow.", "absent"),
    Shown("quote marks", "She said “it holds”, didn’t she?", "She said \"it holds\", didn't she?", "exact"),
    Shown("dashes", "The 2023–2024 season — a wet one", "The 2023-2024 season - a wet one", "exact"),
    Shown("white space", "The river\n  is\u00a0shallow.", "The river is shallow.", "exact"),
    Shown("windows lines", "The river\r\nis shallow.", "The river is shallow.", "exact"),
    Shown("line-end hyphen", "An in-\nspection was made.", "An inspection was made.", "exact"),
    Shown("kept hyphen", "The co-\noperative met.", "The co-operative met.", "supported"),
    Shown("soft hyphen", "The in\u00adspection ended.", "The inspection ended.", "exact"),
    Shown("ligature", "An eﬃcient oﬃce.", "An efficient office.", "exact"),
    Shown("accents", "Cafe\u0301 Lorne", "Café Lorne", "exact"),
    Shown("accents", "Café Lorne", "Cafe Lorne", "absent"),
    Shown("dotted capital", "İzmir and İstanbul met in 2024.", "İzmir and İstanbul met in 2024.", "exact"),
    Shown("right to left", "הנהר רדוד מאוד.", "הנהר רדוד", "exact"),
    Shown("emphasis", "It cost **52 million** _euros_.", "It cost 52 million euros.", "absent"),  # the quote keeps it
    Shown("emphasis", "It cost **52** million.", "It cost 52 million.", "exact", quote="It cost **52** million."),
    Shown("link", "The [court](http://c.example) agreed.", "The court agreed.", "exact",
          quote="The [court](http://c.example) agreed."),
    Shown("bullet", "- The court agreed.", "The court agreed.", "exact", quote="- The court agreed."),
    Shown("marker", RIVER, "The river is shallow [1].", "absent"),
    Shown("marker", RIVER, "The river is shallow [1].", "altered", quote="The river is shallow."),
    Shown("marker", RIVER, "The river is shallow. [^2]", "altered", quote="The river is shallow."),
    Shown("content in brackets", "See clause [2023] and arr[0].", "See clause [2023] and arr[0].", "exact"),
    Shown("reference definition", "[1]: http://evil.example", "[1]: http://evil.example", "exact"),
    # what the accepted quotes of other tools looked like
    Shown("peers", "The policy covers water damage for 24 months.", "The policy covers water damage for 36 months.",
          "altered", quote="The policy covers water damage for 24 months."),
    Shown("peers", "The policy covers water damage.", "The policy does not cover water damage.", "altered",
          quote="The policy covers water damage."),
    Shown("peers", "The town has 4.2 million people.", "The town has 9.7 million people.", "altered",
          quote="The town has 4.2 million people."),
]  # fmt: skip


@pytest.mark.parametrize("case", CHECKED, ids=[f"{c.kind}: {c.statement}" for c in CHECKED])
def test_check(case: Shown) -> None:
    found = checked(case.statement, case.quote or case.statement, case.source)
    assert found.verdict == case.verdict, found.why
    assert bool(found.why) is (found.verdict not in SHOWN)
    assert (found.spans == ()) is (found.verdict == "absent")
    assert (found.support == 1.0) >= (found.verdict == "exact")


def test_the_span_points_at_the_quote() -> None:
    found = checked(DEPTH, DEPTH, RIVER)
    assert found.spans == (Span("doc.txt", "v1", AT + 22, AT + 50),)
    assert RIVER[22:50] == DEPTH


def test_the_reason_names_the_value_and_the_source() -> None:
    assert checked("in 1999", "nowhere", RIVER, "The Aune").why == "the quote is not in 'The Aune'"
    found = checked("5 boats of Ana Duarte in 1999", "The river is shallow.", RIVER)
    assert found.why == (
        "date '1999' is not in the cited words; value '5' is not in the cited words; "
        "name 'Ana Duarte' is not in the cited words"
    )


NEWS = source_of("The new ferry terminal in Lorne cost 48 million euros. Ana Duarte opened it on 9 March 2024.")
AUDIT = source_of("The court of auditors praised it.", "The audit", "audit.txt")


def of(source: Source, *words: str) -> list[Quote]:
    return [Quote(quote, source) for quote in words]


class Several(NamedTuple):
    """A statement that cites several quotes."""

    kind: str
    statement: str
    quotes: list[Quote]
    verdict: Verdict


SEVERAL = [
    Several("word for word one of them", "Ana Duarte opened it on 9 March 2024.",
            of(NEWS, "cost 48 million euros", "Ana Duarte opened it on 9 March 2024"), "exact"),
    Several("a value from each", "Ana Duarte opened the new ferry terminal on 9 March 2024.",
            of(NEWS, "The new ferry terminal in Lorne cost 48 million euros.", "Ana Duarte opened it on 9 March 2024."),
            "supported"),
    Several("one clause from each", "Ana Duarte opened it on 9 March 2024, and the court of auditors praised it.",
            [*of(NEWS, "Ana Duarte opened it on 9 March 2024."), *of(AUDIT, "The court of auditors praised it.")],
            "supported"),
    Several("a value of neither", "Ana Duarte opened the new ferry terminal on 10 March 2024.",
            of(NEWS, "The new ferry terminal in Lorne cost 48 million euros.", "Ana Duarte opened it on 9 March 2024."),
            "altered"),
    Several("the subject of one, the verb of the other", "Ana Duarte praised the court of auditors.",
            [*of(NEWS, "Ana Duarte opened it on 9 March 2024."), *of(AUDIT, "The court of auditors praised it.")],
            "altered"),
    Several("one quote too few", "Ana Duarte opened the new ferry terminal on 9 March 2024.",
            of(NEWS, "Ana Duarte opened it on 9 March 2024."), "unsupported"),
    Several("one of them is not there", "Ana Duarte opened it on 9 March 2024.",
            of(NEWS, "Ana Duarte opened it on 9 March 2024.", "It cost nothing."), "absent"),
    Several("one of them is in the other source", "Ana Duarte opened it on 9 March 2024.",
            of(AUDIT, "Ana Duarte opened it on 9 March 2024."), "absent"),
    Several("none at all", "Ana Duarte opened it on 9 March 2024.", [], "altered"),
    Several("the same one twice", "Ana Duarte opened it on 9 March 2024.",
            of(NEWS, "Ana Duarte opened it on 9 March 2024.", "Ana Duarte opened it on 9 March 2024."), "exact"),
]  # fmt: skip


@pytest.mark.parametrize("case", SEVERAL, ids=[case.kind for case in SEVERAL])
def test_a_statement_may_cite_several_quotes(case: Several) -> None:
    found = check(case.statement, case.quotes, "", lambda _: False)
    assert found.verdict == case.verdict, found.why
    assert len(found.spans) == (0 if case.verdict == "absent" else len(case.quotes))


def test_spans_keep_the_order_of_the_quotes() -> None:
    quotes = [*of(AUDIT, "praised it"), *of(NEWS, "opened it", "cost 48")]
    spans = check("It was praised.", quotes, "", lambda _: False).spans
    assert [(span.doc_id, span.start - AT) for span in spans] == [("audit.txt", 22), ("doc.txt", 66), ("doc.txt", 32)]


def test_a_word_of_the_question_is_no_support() -> None:
    found = checked("The river is shallow and clean.", "The river is shallow.", RIVER, question="Is the river clean?")
    assert found.verdict == "unsupported"


PIECES = st.sampled_from(
    ["0", "24", "1,000", "5.3", "five", " million", "$", "%", " per cent", "-", "–", ".", ",", "'", " 2024", " May ",
     "Ana", " of ", "U.S.", "**", "_", "[x](y)", "[1]", "\n", "  ", " ", "-\n", "\u00ad", "ﬃ", "İ", "e\u0301", "“",
     "not "]
)  # fmt: skip
ANY_TEXT = st.text() | st.lists(PIECES, max_size=25).map("".join)


@given(ANY_TEXT, ANY_TEXT, ANY_TEXT, ANY_TEXT)
def test_any_draft_gets_a_verdict(text: str, quote: str, source: str, question: str) -> None:
    found = checked(text, quote, source, title=question, question=question)
    assert (found.spans == ()) is (found.verdict == "absent")
    assert all(AT <= span.start < span.end <= AT + len(source) for span in found.spans)
    assert 0 <= found.support <= 1
    assert (found.why == "") is (found.verdict in SHOWN)


@given(ANY_TEXT, st.data())
def test_exact_words_are_the_words_of_the_source(source: str, data: st.DataObject) -> None:
    a, b = sorted((data.draw(st.integers(0, len(source))), data.draw(st.integers(0, len(source)))))
    found = checked(plain(source[a:b]), source[a:b], source)
    assert found.verdict != "altered", "words of the source were taken for a change of it"
    if found.verdict == "exact":
        (span,) = found.spans
        quote = source[span.start - AT : span.end - AT]
        assert folded(source[a:b]).replace("-", "") in folded(source).replace("-", "")
        assert folded(plain(source[a:b])) in folded(plain(quote))


@given(ANY_TEXT, st.lists(st.tuples(ANY_TEXT, ANY_TEXT), max_size=3))
def test_any_number_of_quotes_gets_a_verdict(text: str, pairs: list[tuple[str, str]]) -> None:
    found = check(text, [Quote(quote, source_of(source)) for quote, source in pairs], "", lambda _: False)
    assert len(found.spans) == (0 if found.verdict == "absent" else len(pairs))


@given(ANY_TEXT)
def test_a_text_never_breaks_the_value_rule_against_itself(text: str) -> None:
    assert value_breaches(plain(text), [text], [], "") == []


@pytest.mark.parametrize("text", ["{ The port closed", "The port | closed", "The <port> closed"])
def test_brackets_that_nobody_wrote_are_withheld(text: str) -> None:
    source = Source(Span("a.txt", "v1", 0, 50), "The port of Lorne closed in May.", "", None)
    assert check_words(text, [source.text], [source], "", lambda _: False)[0] == "altered"

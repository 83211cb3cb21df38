"""Accepted forms: what counts as the same value, and what must never."""

import datetime
import unicodedata

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from eval.normalise import contains_form, tokens

SAME = [
    # case, articles, accents, typography
    ("It was the Harbour Office.", "harbour office"),
    ("Run by Board of Trade", "the Board of Trade"),
    ("José Muñoz and Zoë", "Jose Munoz"),
    ("Jose Munoz", "José Muñoz"),
    ("the harbour’s depth", "harbour"),
    ("the so‑called “free” port", "so-called free port"),
    ("a non-stop flight", "non stop"),
    ("in the U.S. market", "US"),
    ("the ﬁnal bill", "final"),
    ("soft\u00adware", "software"),
    ("O’Neill spoke", "O'Neill"),
    ("他在北京说", "北京"),
    # thousands
    ("sold 3,559 units", "3559"),
    ("sold 3559 units", "3,559"),
    ("some 14 000 boats", "14,000"),
    ("some 14\u202f000 boats", "14000"),
    ("some 14 thousand boats", "14,000"),
    ("a rise to 5.0 points", "5"),
    ("a rise of .5 points", "0.5"),
    ("a rise in points.5", "5"),
    ("１２ points", "12"),
    # number words and ordinals
    ("Eight boats sank.", "8"),
    ("8 boats sank.", "eight"),
    ("twenty-one boats", "21"),
    ("ninety nine boats", "99"),
    ("three hundred boats", "300"),
    ("a hundred boats", "100"),
    ("a million boats", "1,000,000"),
    ("fourteen thousand boats", "14 000"),
    ("its eleventh visit", "11th"),
    ("its 11th visit", "eleventh"),
    ("the twenty-first visit", "21st"),
    ("the 12th and ninth", "twelfth"),
    ("the fortieth time", "40th"),
    # money
    ("worth $240bn", "240 billion dollars"),
    ("worth 240 billion dollars", "$240bn"),
    ("worth USD 240 billion", "240bn dollars"),
    ("worth US$240bn", "USD 240 billion"),
    ("worth 240 billion US dollars", "$240 billion"),
    ("worth 0.24 trillion dollars", "$240bn"),
    ("worth $240,000,000,000", "$240 billion"),
    ("worth $240 billion", "240 billion"),
    ("worth $5m", "5 million dollars"),
    ("worth €3.5bn", "3.5 billion euros"),
    ("worth 900 million roubles", "RUB 900m"),
    ("In 2024 USD 31.5 bn was paid", "$31.5bn"),
    ("In 2024 USD 31.5 bn was paid", "2024"),
    ("$20–25 billion", "20 billion dollars"),
    ("$20–25 billion", "USD 20-25 billion"),
    ("20 to 25 billion dollars", "$20-25bn"),
    ("from $500 to $2 million", "$500"),
    # percent
    ("rose by 90 %", "90 per cent"),
    ("rose by 90 percent", "90%"),
    ("rose by ninety per cent", "90%"),
    ("between 5 and 7%", "7 percent"),
    ("from 5 to 7 percent", "5%"),
    ("20% – 25%", "20-25%"),
    # dates
    ("on 3 June 2019", "June 3, 2019"),
    ("on June 3rd, 2019", "2019-06-03"),
    ("on 2019-06-03", "3 June 2019"),
    ("on the 3rd of June 2019", "Jun. 3, 2019"),
    ("on 03.06.2019", "3 June 2019"),
    ("on 23/06/2019", "June 23, 2019"),
    ("on 06/23/2019", "June 23, 2019"),
    ("on June 3,2019", "3 June 2019"),
    ("on 6/6/2019", "6 June 2019"),
    ("on 3 and 5 June", "5 June"),
    ("on 3 June 2019", "3 June"),
    ("on 3 June 2019", "June 2019"),
    ("on 3 June 2019", "2019"),
    ("in Sept. 2019", "September of 2019"),
    ("June 3-5, 2019", "June 5, 2019"),
    ("3 to 5 June", "June 3-5"),
    ("In March 20% of it", "20%"),
    ("In May 20 million came", "20 million"),
    ("paid $7 may day", "$7"),
]

DIFFERENT = [
    ("sold 244 units", "24"),
    ("sold 24 units", "244"),
    ("fell 5.3 points", "5"),
    ("fell 5.3 points", "3"),
    ("rose 11.8%", "1.8%"),
    ("rose 1.8%", "1.8 points"),
    ("rose 5%", "5"),
    ("sold 8 million", "8"),
    ("eight billion", "8"),
    ("worth 240 billion", "$240 billion"),
    ("worth €240 billion", "$240 billion"),
    ("worth $240 million", "$240 billion"),
    ("worth A$240 billion", "$240 billion"),
    ("a pipe of 5 m", "5 million"),
    ("its 11th visit", "11"),
    ("its eleven visits", "11th"),
    ("in the 1990s", "1990"),
    ("in 1990", "1990s"),
    ("on 17 June", "7 June"),
    ("on 7 June", "7"),
    ("on 7 June 2019", "7 June 2018"),
    ("on 5/6/2019", "5 June 2019"),
    ("on 5/6/2019", "6 May 2019"),
    ("on 3 and 5 June", "3 to 5 June"),
    ("a rise of .5 points", "5"),
    ("no. 12345678901234567890123456789012", "12345678901234567890123456789011"),
    ("on 2019-06-31x and 2019-13-01", "1 January 2019"),
    ("the cartoon", "car"),
    ("a car toon", "cartoon"),
    ("boats and a harbour", "boats harbour"),
    ("harbour office", "office harbour"),
    ("reached 244¹ in all", "2441"),
    ("5 km² of forest", "km2"),
    ("2½ tons", "21"),
    ("45 300 boats", "300"),
    ("one, two", "21"),
    ("twenty boats", "2"),
]


@pytest.mark.parametrize(("text", "form"), SAME)
def test_the_same(text: str, form: str) -> None:
    assert contains_form(text, form)


@pytest.mark.parametrize(("text", "form"), DIFFERENT)
def test_not_the_same(text: str, form: str) -> None:
    assert not contains_form(text, form)


@pytest.mark.parametrize("form", ["", " ", "–", "the", "…!"])
def test_nothing_is_never_contained(form: str) -> None:
    assert tokens(form) == ()
    assert not contains_form("the – text …!", form)
    assert not contains_form("", form)


def test_a_forbidden_number_is_caught_with_any_scale() -> None:
    for text in ("about 999 billion dollars", "999%", "999 boats"):
        assert contains_form(text, "999", whole_value=False)
    assert not contains_form("9,990 boats", "999", whole_value=False)


def test_digits_without_end_can_be_read() -> None:
    endless = "7" * 5000  # int() refuses to read more than 4300
    for form in (endless, f"{endless}th", f"{endless}s", f"${endless} billion"):
        assert contains_form(f"It was {form}!", form)


def test_a_later_place_counts_when_the_first_is_another_value() -> None:
    assert contains_form("8 million people in 8 towns", "8")


whole = st.integers(0, 10**11)


def grouped(n: int, separator: str) -> str:
    return f"{n:,}".replace(",", separator)


@given(whole, st.sampled_from([",", " ", "\u00a0", "\u2009", "\u202f", ""]))
def test_thousands_separators_do_not_matter(n: int, separator: str) -> None:
    assert contains_form(f"There were {grouped(n, separator)} of them.", str(n))
    assert contains_form(f"There were {n} of them.", grouped(n, separator))


@given(whole, whole, st.sampled_from(["", "%", " billion", " dollars", " boats"]))
def test_other_numbers_never_match(a: int, b: int, unit: str) -> None:
    assume(a != b)
    assert not contains_form(f"There were {a}{unit}, they say.", f"{b}{unit}")
    assert not contains_form(f"There were {a}.{b} of them.", f"{b}")


@given(st.decimals(0, 999, places=2), st.sampled_from(["million", "billion", "trillion"]))
def test_ways_to_write_an_amount(amount: object, scale: str) -> None:
    short = {"million": "m", "billion": "bn", "trillion": "tn"}[scale]
    ways = [f"${amount} {scale}", f"${amount}{short}", f"USD {amount} {scale}", f"{amount} {scale} dollars"]
    for text in ways:
        for form in [*ways, f"{amount} {scale}"]:
            assert contains_form(f"It cost {text}, at last.", form)


@given(st.dates(datetime.date(1800, 1, 1), datetime.date(2099, 12, 31)), st.data())
def test_ways_to_write_a_date(day: datetime.date, data: st.DataObject) -> None:
    month = day.strftime("%B")
    ways = [
        f"{day.day} {month} {day.year}",
        f"{month} {day.day}, {day.year}",
        f"{day.day} {month[:3]} {day.year}",
        f"{day.day:02}.{day.month:02}.{day.year}",
        day.isoformat(),
    ]
    text, form = data.draw(st.sampled_from(ways)), data.draw(st.sampled_from(ways))
    assert contains_form(f"That was on {text}, they say.", form)
    other = day + datetime.timedelta(days=data.draw(st.integers(1, 27)))
    assert not contains_form(f"That was on {text}, they say.", other.isoformat())


# without the letters that fold to more than letters: "ŀ" is "l·", "º" a raised mark
letters = st.characters(categories=["L"], max_codepoint=0x17F, exclude_characters="ªºĿŀŉ")
words = st.text(letters, min_size=1, max_size=8)


@given(st.lists(words, min_size=1, max_size=5), st.lists(words, max_size=3), st.lists(words, max_size=3))
def test_a_run_of_whole_words_is_found_whatever_surrounds_it(
    form: list[str], before: list[str], after: list[str]
) -> None:
    inner = " ".join(form)
    assume(tokens(inner))
    assert contains_form(" | ".join([*before, inner, *after]), inner)
    assert contains_form(inner.upper(), inner.upper().lower())


@given(words, words)
def test_a_word_is_not_found_inside_another(word: str, more: str) -> None:
    assume(tokens(word) and tokens(word + more) != tokens(word))
    assert not contains_form(f"0; {word}{more}; 0", word)


@given(st.text(max_size=60))
def test_any_text_can_be_read_and_holds_itself(text: str) -> None:
    found = tokens(text)
    assert found == tokens(text)
    assert contains_form(text, text) == bool(found)
    assert tokens(unicodedata.normalize("NFD", text)) == tokens(unicodedata.normalize("NFC", text))

"""Statements that keep nearly every word of their source and change what it says: none may be shown.

Found by reading the verifier with intent; the sources are invented. `pytest` holds the ones that are seen. KNOWN are
those that are not, yet: when one of these is seen, move it up.
"""

import pytest

from eval.pairs import is_shown

SEEN = [
    # signs and marks are part of a value
    ("It fell in the cells to −12 °C in January.", "It fell in the cells to 12 °C in January."),
    ("Growth was -2% in 2023.", "Growth was 2% in 2023."),
    ("Growth was minus 2% in 2023.", "Growth was 2% in 2023."),
    ("Exports rose by 3% in 2023.", "Exports rose by -3% in 2023."),
    ("The port received 14 ships in May.", "The port received ≥14 ships in May."),
    ("The port received 14 ships in May.", "The port received 14² ships in May."),
    ("The port received 14 ships in May.", "The port received 1\u03364\u0336 ships in May."),
    ("The port received 14 ships in May.", "The port received \u202e14\u202c ships in May."),
    # what stands around a clause
    ("It is wrong that the guards had taken money.", "The guards had taken money."),
    ("It is false that the bridge was sold to Delmar.", "The bridge was sold to Delmar."),
    ("It is a myth that the bridge was sold to Delmar.", "The bridge was sold to Delmar."),
    ("The paper withdrew its report that the bridge was sold to Delmar.", "The bridge was sold to Delmar."),
    ("The claim that the guards had taken money was withdrawn.", "The guards had taken money."),
    # a prefix turns a word round
    ("Non-smokers were preferred when staff were hired.", "Smokers were preferred when staff were hired."),
    ("Non-residents pay 4 euros for parking, residents pay 1 euro.", "Residents pay 4 euros for parking."),
    ("The ex-minister opened the anti-corruption office.", "The minister opened the anti-corruption office."),
    ("The minister opened the office.", "The ex-minister opened the office."),
    # degrees
    ("20 milligrams were as effective as 40.", "20 milligrams were more effective than 40."),
    ("Headache was more common in the placebo group.", "Headache was common in the placebo group."),
    ("The plant emitted less carbon dioxide than the mine.", "The plant emitted as much carbon dioxide as the mine."),
    # a value and the date behind it
    ("Traffic rose from 310,000 boxes in 2022 to 355,000 in 2024.", "Traffic rose to 355,000 in 2022."),
    ("Traffic rose from 310,000 boxes in 2022 to 355,000 in 2024.", "Traffic was 310,000 boxes in 2024."),
    ("Unemployment fell from 7.2% in 2022 to 6.5% in 2023.", "Unemployment fell from 7.2% in 2023 to 6.5% in 2022."),
]  # fmt: skip
KNOWN = [
    ("Refugees fled from Tessin to Korb, and aid was sent from Korb to Tessin.", "Refugees fled from Korb to Tessin."),
    ("The plant emitted less in 2024 than in 2023.", "The plant emitted less in 2023 than in 2024."),
    ("Kova's predecessor, Reh, employed Bled's brother.", "Reh's predecessor, Kova, employed Bled's brother."),
    ("Patients with kidney disease were excluded from the trial.", "Patients were excluded from the trial."),
    ("The regulator fined Helvar 12 million dollars.", "The regulator fines Helvar 12 million dollars."),
    ("The army, unlike the Red Cross, was able to reach it.", "The Red Cross, unlike the army, was able to reach it."),
]
TRUE = [
    (
        "It fell in the cells to −12 °C in January.",
        "In January it fell in the cells to -12 °C.",
    ),
    ("Growth was minus 2% in 2023.", "In 2023 growth was -2%."),
    ("Non-smokers were preferred when staff were hired.", "Non-smokers were preferred."),
    ("The co-operative met on Friday.", "The co-operative met."),
    ("Traffic rose from 310,000 boxes in 2022 to 355,000 in 2024.", "Traffic rose to 355,000 in 2024."),
]


@pytest.mark.parametrize(("source", "statement"), SEEN, ids=[statement for _, statement in SEEN])
def test_what_is_changed_is_not_shown(source: str, statement: str) -> None:
    assert not is_shown(statement, source)


@pytest.mark.parametrize(("source", "statement"), TRUE, ids=[statement for _, statement in TRUE])
def test_what_is_kept_is_shown(source: str, statement: str) -> None:
    assert is_shown(statement, source)


@pytest.mark.parametrize(("source", "statement"), KNOWN, ids=[statement for _, statement in KNOWN])
@pytest.mark.xfail(reason="not seen yet", strict=True)
def test_what_is_changed_and_not_seen_yet(source: str, statement: str) -> None:
    assert not is_shown(statement, source)

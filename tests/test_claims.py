"""The claim check as a table: a source, a statement in other words, and whether the source carries it.

One-sided: what changes the meaning must fall; what keeps it should hold, save where no simple rule can tell.
"""

from typing import NamedTuple

import pytest

from index.types import Span
from rag.types import SHOWN, Verdict
from rag.verify import Source, check_words


class Claim(NamedTuple):
    """A statement that cites all of `source`."""

    kind: str
    source: str
    statement: str
    holds: bool
    why: str = ""


def yes(kind: str, source: str, statement: str, why: str = "") -> Claim:
    return Claim(kind, source, statement, True, why)


def no(kind: str, source: str, statement: str, why: str) -> Claim:
    return Claim(kind, source, statement, False, why)


TABLE = [
    # negation
    no("negation", "The river freezes at Lorne.", "The river does not freeze at Lorne.", "negated"),
    no("negation", "The river does not freeze at Lorne.", "The river freezes at Lorne.", "negation dropped"),
    no("negation", "The river never freezes at Lorne.", "The river freezes at Lorne.", "negation dropped"),
    no("negation", "The river doesn’t freeze at Lorne.", "The river freezes at Lorne.", "negation dropped"),
    yes("negation", "The river doesn't freeze at Lorne.", "The river does not freeze at Lorne."),
    no("negation", "No ship reached the port in May.", "A ship reached the port in May.", "no ship, a ship"),
    yes("negation", "No ship reached the port in May.", "The port was reached by no ship in May."),
    no("negation", "The port has no crane.", "The port has a crane.", "no crane, a crane"),
    no("negation", "The port works without a crane.", "The port works with a crane.", "without, with"),
    no("negation", "The council refused to sell the quay.", "The council sold the quay.", "refused"),
    no("negation", "The council failed to sell the quay.", "The council sold the quay.", "failed"),
    yes("negation", "The council failed to sell the quay.", "The council did not sell the quay."),
    no("negation", "The mayor denied that the quay was sold.", "The quay was sold.", "denied"),
    no("negation", "It is not true that the quay was sold to Peru.", "The quay was sold to Peru.", "not true"),
    no("negation", "Nobody believes that the quay was sold.", "The quay was sold.", "nobody believes it"),
    no("negation", "Neither the quay nor the crane was sold.", "The crane was sold.", "neither"),
    no("negation", "Boats cannot land at Hollin.", "Boats can land at Hollin.", "cannot"),
    no("negation", "Boats are unable to land at Hollin.", "Boats are able to land at Hollin.", "unable"),
    no("negation", "The port that did not close sold ships.",
       "The port that closed did not sell ships.", "another word is negated"),
    no("negation", "Hardly any boats land at Hollin.", "Boats land at Hollin.", "hardly any"),
    # hedging
    no("hedge", "The port may close in June.", "The port will close in June.", "may"),
    no("hedge", "The port may close in June.", "The port closes in June.", "may"),
    yes("hedge", "The port might close in June.", "The port may close in June."),
    yes("hedge", "The port closed in May 2024.", "The port closed in 2024.", "the month is no 'may'"),
    no("hedge", "The port is expected to close in June.", "The port closed in June.", "only expected"),
    no("hedge", "The port is expected to close in June.", "The port will close in June.", "only expected"),
    yes("hedge", "The port is expected to close in June.", "It is expected that the port closes in June."),
    no("hedge", "The port will close in June.", "The port closed in June.", "it has not happened yet"),
    no("hedge", "The port is set to close in June.", "The port has closed in June.", "not yet"),
    no("hedge", "The council plans to sell the quay.", "The council sold the quay.", "a plan"),
    yes("hedge", "The council plans to sell the quay.", "The council is planning to sell the quay."),
    no("hedge", "The council agreed to sell the quay.", "The council sold the quay.", "agreed only"),
    no("hedge", "The court ordered the port to close.", "The port closed.", "an order is no fact"),
    no("hedge", "The union claims that the port lost 40 jobs.", "The port lost 40 jobs.", "a claim"),
    yes("hedge", "The union claims that the port lost 40 jobs.", "The port lost 40 jobs, the union claims."),
    no("hedge", "The port reportedly lost 40 jobs.", "The port lost 40 jobs.", "reportedly"),
    no("hedge", "The port allegedly dumped oil.", "The port dumped oil.", "allegedly"),
    no("hedge", "The port lost 40 jobs.", "The port may have lost 40 jobs.", "doubt added"),
    no("hedge", "If the strike ends, the port will open.", "The port will open.", "a condition"),
    no("hedge", "The port would open if the strike ended.", "The port would open.", "a condition"),
    no("hedge", "Did the port dump oil?", "The port dumped oil.", "a question"),
    no("hedge", "The mayor is suspected of fraud.", "The mayor committed fraud.", "suspected"),
    no("hedge", "The bridge could have held 40 lorries.", "The bridge held 40 lorries.", "could have"),
    yes("hedge", "The port, which may close, handles 5 ships a day.",
        "The port handles 5 ships a day.", "the doubt is elsewhere"),
    no("tense", "Ana Duarte was the mayor of Lorne.", "Ana Duarte is the mayor of Lorne.", "no longer"),
    # direction
    no("direction", "Exports rose by 5 percent.", "Exports fell by 5 percent.", "rose, fell"),
    yes("direction", "Exports rose by 5 percent.", "Exports grew by 5%."),
    yes("direction", "Exports rose by 5 percent.", "Exports increased 5 percent."),
    no("direction", "Exports rose by 5 percent.", "Exports rose to 5 percent.", "by, to"),
    no("direction", "Exports fell to 14,000 tonnes.", "Exports fell by 14,000 tonnes.", "to, by"),
    no("direction", "Exports fell to 14,000 tonnes.", "Exports fell 14,000 tonnes.", "to, by"),
    no("direction", "Exports fell from 9 to 5 tonnes.", "Exports fell from 5 to 9 tonnes.", "ends swapped"),
    yes("direction", "Exports fell from 9 to 5 tonnes.", "Exports fell to 5 tonnes."),
    no("direction", "Prices are higher than in 2023.", "Prices are lower than in 2023.", "higher, lower"),
    no("direction", "Exports to Peru rose.", "Exports from Peru rose.", "to, from"),
    no("direction", "The ferry sails from Lorne to Hollin.", "The ferry sails from Hollin to Lorne.", "swapped"),
    no("direction", "The road runs north from Lorne.", "The road runs south from Lorne.", "north, south"),
    # opposites
    no("opposite", "The council supports the new bridge.", "The council opposes the new bridge.", "opposes"),
    no("opposite", "The council accepted the plan.", "The council rejected the plan.", "rejected"),
    no("opposite", "Lorne won the final.", "Lorne lost the final.", "lost"),
    no("opposite", "Peru buys gas from Chile.", "Peru sells gas from Chile.", "buys, sells"),
    no("opposite", "The talks ended before the strike.", "The talks ended after the strike.", "before, after"),
    no("opposite", "The museum opened in June.", "The museum closed in June.", "opened, closed"),
    no("opposite", "Fishing is allowed at Hollin.", "Fishing is banned at Hollin.", "allowed, banned"),
    yes("opposite", "The court banned fishing.", "Fishing was prohibited by the court."),
    no("opposite", "The town voted for the bridge.", "The town voted against the bridge.", "for, against"),
    no("opposite", "Lorne has more ferries than Hollin.", "Lorne has fewer ferries than Hollin.", "more, fewer"),
    no("opposite", "The tunnel is safe.", "The tunnel is dangerous.", "safe, dangerous"),
    # bounds and rounding
    no("bound", "It holds up to 14,000 people.", "It holds 14,000 people.", "up to"),
    yes("bound", "It holds up to 14,000 people.", "It holds at most 14,000 people."),
    no("bound", "It holds up to 14,000 people.", "It holds at least 14,000 people.", "up to, at least"),
    no("bound", "It holds 14,000 people.", "It holds more than 14,000 people.", "a bound from nowhere"),
    no("bound", "More than 300 boats took part.", "300 boats took part.", "more than"),
    yes("bound", "More than 300 boats took part.", "Over 300 boats took part."),
    no("bound", "No fewer than 300 boats took part.", "Fewer than 300 boats took part.", "no fewer"),
    no("bound", "No more than 300 boats took part.", "More than 300 boats took part.", "no more"),
    no("bound", "300 boats or more took part.", "300 boats took part.", "or more"),
    no("bound", "It costs 20 to 25 euros.", "It costs 25 euros.", "one end of a range"),
    yes("bound", "It costs 20 to 25 euros.", "It costs between 20 and 25 euros."),
    no("rounding", "Almost 30 boats sank.", "30 boats sank.", "almost"),
    yes("rounding", "Almost 30 boats sank.", "Nearly 30 boats sank."),
    yes("rounding", "About 30 boats sank.", "Some 30 boats sank."),
    no("rounding", "About 30 boats sank.", "Exactly 30 boats sank.", "about"),
    yes("rounding", "30 boats sank.", "About 30 boats sank."),
    yes("rounding", "The debt is $244.8bn.", "The debt is about 245 billion dollars."),
    # roles
    no("role", "Ana Duarte thanked Tomas Reyl.", "Tomas Reyl thanked Ana Duarte.", "who thanked whom"),
    yes("role", "Ana Duarte thanked Tomas Reyl.", "Tomas Reyl was thanked by Ana Duarte."),
    no("role", "Ana Duarte thanked Tomas Reyl.", "Ana Duarte was thanked by Tomas Reyl.", "who thanked whom"),
    yes("role", "Tomas Reyl was thanked by Ana Duarte.", "Ana Duarte thanked Tomas Reyl."),
    no("role", "Tomas Reyl was thanked by Ana Duarte.", "Tomas Reyl thanked Ana Duarte.", "who thanked whom"),
    no("role", "The council sued the builder.", "The builder sued the council.", "who sued whom"),
    yes("role", "The council sued the builder.", "The builder was sued by the council."),
    yes("role", "The council sued the builder.", "The builder was sued."),
    no("role", "The council sued the builder.", "The council was sued.", "who sued whom"),
    no("role", "The council sued the builder.", "The council was sued by the builder.", "who sued whom"),
    no("role", "Chile sold Peru two ships.", "Peru sold Chile two ships.", "who sold to whom"),
    yes("role", "Chile sold two ships to Peru.", "Two ships were sold to Peru by Chile."),
    no("role", "Chile sold two ships to Peru.", "Two ships were sold to Chile by Peru.", "who sold to whom"),
    no("role", "Lorne handled more grain than Veldmark.", "Veldmark handled more grain than Lorne.", "swapped"),
    no("role", "The port closed because the crane fell.",
       "The crane fell because the port closed.", "cause and effect"),
    no("role", "The port closed during the storm.", "The port closed because of the storm.", "a cause added"),
    no("role", "Ana Duarte said that Tomas Reyl resigned.", "Ana Duarte resigned.", "who resigned"),
    yes("role", "Ana Duarte said that Tomas Reyl resigned.", "Tomas Reyl resigned, Ana Duarte said."),
    no("role", "Ana Duarte said Tomas Reyl resigned in May.", "Ana Duarte resigned in May.", "who resigned"),
    yes("role", "Ana Duarte, the mayor of Lorne, opened the quay.", "Mayor Ana Duarte opened the quay."),
    yes("role", "Ana Duarte is the mayor of Lorne.", "The mayor of Lorne is Ana Duarte."),
    yes("list", "Peru, Chile and Kenya signed the treaty.", "Kenya, Peru and Chile signed the treaty."),
    yes("list", "The port ships coal and gas.", "The port ships gas and coal."),
    yes("list", "Peru, Chile and Kenya signed the treaty.", "Chile signed the treaty."),
    # clauses
    yes("clause", "The quay was not sold, but the crane was sold in May.", "The crane was sold in May."),
    no("clause", "The quay was not sold, but the crane was sold in May.", "The quay was sold in May.", "not"),
    yes("clause", "The quay was sold, but the crane was not.", "The quay was sold."),
    yes("clause", "Exports did not rise but fell by 5 percent.", "Exports fell by 5 percent."),
    no("clause", "Exports did not rise but fell by 5 percent.", "Exports rose by 5 percent.", "fell"),
    no("clause", "Exports rose while imports fell.", "Exports fell.", "imports did"),
    yes("clause", "Exports rose while imports fell.", "Imports fell."),
    no("clause", "Exports rose while imports fell.", "Imports rose.", "exports did"),
    no("clause", "The port burned and the airport flooded.", "The airport burned.", "the port did"),
    no("clause", "Lorne handled 5 tonnes and Veldmark handled 7 tonnes.", "Lorne handled 7 tonnes.", "mixed"),
    no("clause", "Lorne handled 5 tonnes. Veldmark handled 7 tonnes.", "Lorne handled 7 tonnes.", "mixed"),
    yes("clause", "Lorne handled 5 tonnes and Veldmark handled 7 tonnes.", "Veldmark handled 7 tonnes."),
    no("clause", "Lorne and Hollin handled 5 and 7 tonnes respectively.", "Lorne handled 7 tonnes.", "paired"),
    yes("clause", "Exports rose 5% in May and 7% in June.", "Exports rose 7% in June."),
    no("clause", "Exports rose 5% in May and 7% in June.", "Exports rose 7% in May.", "that was June"),
    no("clause", "In 2022 it handled 3 tonnes; in 2023 it handled 4 tonnes.",
       "In 2022 it handled 4 tonnes.", "that was 2023"),
    yes("clause", "The port closed in May and reopened in June.", "The port reopened in June."),
    no("clause", "The port closed in May and reopened in June.", "The port closed in June.", "in May"),
    yes("clause", "The council sued the builder and won the case.", "The council won the case."),
    no("clause", "The council sued the builder and won the case.", "The builder won the case.", "the council"),
    no("clause", "The port reopened after the quay closed.", "The port closed.", "the quay did"),
    no("clause", "The quay cost 5 euros, not 7 euros.", "The quay cost 7 euros.", "5, not 7"),
    yes("clause", "The storm, which sank 5 boats, passed Lorne.", "The storm sank 5 boats."),
    # quantifiers
    no("quantifier", "Some boats were lost at Hollin.", "All boats were lost at Hollin.", "some, all"),
    no("quantifier", "Some boats were lost at Hollin.", "Boats were lost at Hollin.", "some dropped"),
    no("quantifier", "Most boats were lost at Hollin.", "All boats were lost at Hollin.", "most, all"),
    yes("quantifier", "Most boats were lost at Hollin.", "Most of the boats were lost at Hollin."),
    no("quantifier", "Many boats were lost at Hollin.", "Most boats were lost at Hollin.", "many, most"),
    no("quantifier", "Many boats were lost at Hollin.", "Few boats were lost at Hollin.", "many, few"),
    no("quantifier", "The boats were lost at Hollin.", "All the boats were lost at Hollin.", "all added"),
    no("quantifier", "All boats were lost at Hollin.", "No boats were lost at Hollin.", "all, no"),
    no("quantifier", "No boats were lost at Hollin.", "All boats were lost at Hollin.", "no, all"),
    yes("quantifier", "All boats were lost at Hollin.", "Every boat was lost at Hollin."),
    no("quantifier", "Half of the boats were lost.", "The boats were lost.", "half"),
    no("quantifier", "Eight of the ten boats were lost.", "The ten boats were lost.", "eight of them"),
    no("quantifier", "One of the largest ports is Lorne.", "The largest port is Lorne.", "one of"),
    no("quantifier", "Lorne is the second largest port.", "Lorne is the largest port.", "second"),
    no("quantifier", "The ferry sails to Hollin.", "Only the ferry sails to Hollin.", "only added"),
    no("quantifier", "The ferry sometimes sails to Hollin.", "The ferry always sails to Hollin.", "sometimes"),
    no("narrowed", "The former mayor opened the quay.", "The mayor opened the quay.", "former"),
    no("narrowed", "The acting mayor opened the quay.", "The acting mayor opened the quay in Lorne.", "Lorne"),
    # words from nowhere
    no("invented", "The river is shallow.", "The river is shallow and clean.", "clean"),
    no("invented", "The river is shallow.", "The river is deep.", "deep"),
    no("invented", "The court fined the bank 5 million euros in May.",
       "The court fined the bank 5 million euros in May for fraud.", "for fraud"),
    no("invented", "Mayor Ana Duarte opened the new ferry terminal in Lorne on 9 March 2024.",
       "Mayor Ana Duarte sold the new ferry terminal in Lorne on 9 March 2024.", "sold"),
    no("invented", "Mayor Ana Duarte opened the new ferry terminal in Lorne on 9 March 2024.",
       "Mayor Ana Duarte praised the new ferry terminal in Lorne on 9 March 2024.", "praised"),
    no("invented", "Chile supplies gas to the power station at Lorne.",
       "Chile supplies coal to the power station at Lorne.", "coal"),
    # true in other words
    yes("true", "The port of Veldmark handled 4.2 million tonnes of cargo in 2023.",
        "In 2023 the port of Veldmark handled 4.2 million tonnes of cargo."),
    yes("true", "The port of Veldmark handled 4.2 million tonnes of cargo in 2023.",
        "Veldmark's port handled 4.2 million tonnes in 2023."),
    yes("true", "The port of Veldmark handled 4.2 million tonnes of cargo in 2023.",
        "4.2 million tonnes of cargo were handled by the port of Veldmark in 2023."),
    yes("true", "Mayor Ana Duarte opened it on 9 March 2024 before a crowd of 600 people.",
        "Ana Duarte opened it on March 9, 2024."),
    yes("true", "The orchard at Hollin was planted in 1927 by the botanist Edda Marsh.",
        "Edda Marsh planted the orchard at Hollin in 1927."),
    yes("true", "The orchard at Hollin was planted in 1927 by the botanist Edda Marsh.",
        "The botanist Edda Marsh planted the orchard in 1927."),
    yes("true", "Trade grew 5.3 percent to $245bn in 2024.", "In 2024 trade grew by 5.3% to 245 billion dollars."),
    yes("true", "Trade grew 5.3 percent to $245bn in 2024.", "Trade increased by 5.3 percent in 2024."),
    yes("true", "The visit took eight days, from 5 to 12 May.", "The visit took 8 days."),
    yes("true", "The lease runs for 24 months and ends in June.", "The lease ends in June."),
    no("true", "Germany and Peru signed the treaty in Lorne.",
       "The German and Peruvian treaty was signed in Lorne.", "true, but its own treaty is not told from a common one"),
    yes("true", "He bought the mill in 1990, and his daughter sold it in 2010.", "His daughter sold it in 2010."),
    yes("true", "The decision was announced by the council on Monday.",
        "The council announced the decision on Monday."),
    yes("true", "Because of the storm, the ferry did not sail.", "The ferry did not sail because of the storm."),
]  # fmt: skip


def judged(statement: str, *sources: str) -> tuple[Verdict, str, float]:
    source = Source(Span("doc.txt", "v1", 0, 1), "", "", None)
    return check_words(statement, sources, [source] * len(sources), "", lambda _: False)


@pytest.mark.parametrize("claim", TABLE, ids=[f"{c.kind}: {c.source} - {c.statement}" for c in TABLE])
def test_a_statement_says_no_more_than_its_source(claim: Claim) -> None:
    verdict, why, _ = judged(claim.statement, claim.source)
    assert (verdict in SHOWN) is claim.holds, f"{verdict}: {why or claim.why}"

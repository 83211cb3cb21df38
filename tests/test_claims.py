"""The claim check as a table: a source, a statement in other words, and whether the source carries it.

One-sided: what changes the meaning must fall; what keeps it should hold, save where no simple rule can tell.
"""

import time
from collections.abc import Sequence
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.types import Span
from rag import meanings
from rag.claims import claim_breaches, coverage
from rag.terms import STOP_WORDS, stem_of
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
    yes("true", "He bought the mill in 1990, and his daughter sold it in 2010.", "His daughter sold it in 2010."),
    yes("true", "The decision was announced by the council on Monday.",
        "The council announced the decision on Monday."),
    yes("true", "Because of the storm, the ferry did not sail.", "The ferry did not sail because of the storm."),
]  # fmt: skip


def true(source: str, statement: str) -> Claim:
    return Claim("news", source, statement, True)


def false(source: str, statement: str) -> Claim:
    return Claim("news", source, statement, False)


# sentences as newspapers write them, and what a reader may or may not take from them

LOAN = (
    "The regional government of Kestra approved a 120-million-euro loan for the Aune valley railway on "
    "Tuesday, four months after a flood washed away two bridges."
)

DREDGING = (
    "Ilse Brandt, who heads the harbour authority, told reporters that the dredging would not begin before "
    "October because the contractor had withdrawn."
)

WHEAT = (
    "Wheat exports through Veldmark fell 12 percent to 1.9 million tonnes in 2023, while barley shipments rose "
    "slightly, according to the customs office."
)

TALKS = (
    "President Oren Falk is scheduled to travel to Lorne next week for talks with Prime Minister Mira Stahl on "
    "fishing rights."
)

MILL = (
    "Most of the 340 workers laid off at the Hollin paper mill have found new jobs, the union said, but about "
    "40 are still looking."
)

AMNESTY = "The ministry dismissed reports that it had offered the rebels an amnesty."

GAS = (
    "Kestra supplies roughly a third of the gas that Veldmark burns in winter, and the pipeline's operator "
    "expects that share to grow."
)

WRITER = (
    "In a rare interview, the 71-year-old writer Edda Marsh said she had never met the painter whose letters "
    "she published."
)

RESCUE = "Two fishermen from Lorne were rescued by a Kestran coastguard vessel on Sunday after their boat capsized."

SMOKING = "The new law, which takes effect in January, bans smoking in restaurants but allows it on open terraces."

RATE = (
    "Kestra's central bank raised its key rate to 4.75 percent on Thursday, the third increase this year, "
    "citing stubborn food prices."
)

FILM = (
    "The film, shot in Lorne over eleven weeks, won two prizes at the Hollin festival but was panned by local critics."
)

EXERCISE = (
    "Some 2,300 soldiers from Kestra and Veldmark will take part in the exercise, which starts on 4 June near "
    "the Aune estuary."
)

THEFT = (
    "Police arrested a 34-year-old man in connection with the theft of nine paintings from the Stahl "
    "collection; four of the paintings are still missing."
)

OFFER = "Oren Falk rejected an offer from Mira Stahl to share power, saying that voters had given him a clear mandate."

VACCINE = (
    "The vaccine was 62 percent effective among adults over 60 and more than 80 percent effective among "
    "younger people, the study found."
)

DOCTOR = (
    "Until 2019 the island had no doctor; today it has three, and a small clinic is being built beside the harbour."
)

SHARES = (
    "Shares in the ferry company lost almost a fifth of their value after it warned that it might not be able "
    "to repay its debts."
)

EMISSIONS = (
    "The treaty obliges both countries to halve emissions by 2035, although neither has said how it will pay "
    "for the change."
)

UNCLE = (
    "Edda Marsh inherited the mill from her uncle in 1961, modernised it, and sold it to a rival in 1988 for "
    "an undisclosed sum."
)

TRAM = "Lorne's new tram line carried 31,000 passengers on its first day, about twice as many as the city had forecast."

OPERA = (
    "The Veldmark opera house, closed since a fire in 2016, will reopen in September with a work by the "
    "Kestran composer Ira Voss."
)

DAM = "Mira Stahl accused Oren Falk of hiding the report, which she said showed that the dam was unsafe."

SHIPYARD = (
    "The company bought the shipyard from the state for 45 million euros in 1998 and closed it eleven years later."
)

NURSES = "Fewer than half of the schools in the region have a full-time nurse, and none of those on the islands does."

BEES = (
    "Researchers at the Hollin institute found that bees exposed to the chemical visited fewer flowers but "
    "lived as long as other bees."
)

TRAWLERS = (
    "Kestra recalled its ambassador after Veldmark seized two trawlers; Veldmark's foreign minister called the "
    "step regrettable."
)

MUSEUM = "The museum expects to receive 400,000 visitors this year, down from 520,000 in 2019."

STRAW = "The heating plant burns straw supplied by local farmers, so the village no longer imports oil."

SLALOM = "Tomas Reyl finished third in the slalom, 0.4 seconds behind the winner, Jon Berg of Kestra."

NEWS = [
    false(BEES, "Bees exposed to the chemical died."),
    false(WHEAT,
          "Wheat exports through Veldmark fell 12 percent to 1.9 million tonnes, while barley shipments rose sharply."),
    true(TRAM, "The city had forecast about half as many."),
    true(SHIPYARD, "The company paid 45 million euros for the shipyard."),
    true(LOAN,
         "On Tuesday the regional government of Kestra approved a loan of 120 million euros for the railway."),
    true(LOAN,
         "A 120-million-euro loan for the Aune valley railway was approved by the regional government of Kestra."),
    true(LOAN, "A flood washed away two bridges."),
    false(LOAN, "The regional government of Kestra rejected a 120-million-euro loan for the Aune valley railway."),
    false(LOAN,
          "The regional government of Kestra approved a 120-million-euro loan for the bridges in the Aune valley."),
    false(LOAN, "The railway approved a loan for the regional government of Kestra."),
    false(LOAN, "The loan was approved four months before the flood."),
    false(LOAN, "The Aune valley railway washed away two bridges."),
    false(LOAN, "The flood washed away the Aune valley railway."),
    false(LOAN, "The loan was approved because a flood washed away two bridges."),
    false(LOAN, "The regional government of Kestra repaid a 120-million-euro loan for the Aune valley railway."),
    true(DREDGING, "Ilse Brandt heads the harbour authority."),
    true(DREDGING, "The dredging would not begin before October, Ilse Brandt told reporters."),
    false(DREDGING, "The dredging will begin in October."),
    false(DREDGING, "The dredging would begin before October."),
    false(DREDGING, "Ilse Brandt had withdrawn because the contractor told reporters."),
    false(DREDGING, "The harbour authority had withdrawn."),
    false(DREDGING, "The contractor told reporters that the dredging would not begin before October."),
    false(DREDGING, "Reporters told Ilse Brandt that the dredging would not begin before October."),
    true(WHEAT, "According to the customs office, wheat exports through Veldmark dropped by 12% in 2023."),
    true(WHEAT, "Wheat exports through Veldmark declined to 1.9 million tonnes in 2023."),
    false(WHEAT, "Wheat exports through Veldmark rose 12 percent in 2023."),
    false(WHEAT, "Barley shipments fell slightly in 2023."),
    false(WHEAT, "Barley shipments rose 12 percent in 2023."),
    false(WHEAT, "Wheat exports fell by 1.9 million tonnes in 2023."),
    false(WHEAT, "Wheat imports through Veldmark fell 12 percent in 2023."),
    true(TALKS, "Oren Falk is scheduled to travel to Lorne for talks with Mira Stahl."),
    true(TALKS,
         "Next week President Oren Falk is scheduled to visit Lorne for talks with Prime Minister Mira Stahl."),
    false(TALKS, "President Oren Falk travelled to Lorne for talks with Prime Minister Mira Stahl."),
    false(TALKS, "Prime Minister Mira Stahl is scheduled to travel to Lorne for talks with President Oren Falk."),
    false(TALKS, "President Oren Falk travelled from Lorne for talks on fishing rights."),
    false(TALKS, "Oren Falk is scheduled to sell fishing rights to Mira Stahl next week."),
    true(MILL, "Most of the workers laid off at the Hollin paper mill have found new jobs."),
    false(MILL, "All of the 340 workers laid off at the Hollin paper mill have found new jobs."),
    false(MILL, "The 340 workers laid off at the Hollin paper mill have found new jobs."),
    false(MILL, "About 40 workers have found new jobs."),
    false(MILL, "The union laid off 340 workers at the Hollin paper mill."),
    false(MILL, "Most of the workers at the Hollin paper mill were laid off."),
    false(AMNESTY, "The ministry offered the rebels an amnesty."),
    false(AMNESTY, "The rebels offered the ministry an amnesty."),
    false(AMNESTY, "The ministry confirmed reports that it had offered the rebels an amnesty."),
    false(AMNESTY, "The ministry had offered the rebels an amnesty, according to reports."),
    true(GAS, "Roughly a third of the gas that Veldmark burns in winter is supplied by Kestra."),
    true(GAS, "The pipeline's operator expects the share to increase."),
    false(GAS, "Veldmark supplies roughly a third of the gas that Kestra burns in winter."),
    false(GAS, "Kestra supplies most of the gas that Veldmark burns in winter."),
    false(GAS, "The share will grow."),
    false(GAS, "The pipeline's operator expects that share to shrink."),
    false(GAS, "Kestra supplies a third of the coal that Veldmark burns in winter."),
    false(WRITER, "Edda Marsh met the painter whose letters she published."),
    false(WRITER, "Edda Marsh, 71, never published the letters."),
    false(WRITER, "The painter published letters of Edda Marsh."),
    true(RESCUE, "A Kestran coastguard vessel rescued two fishermen from Lorne on Sunday."),
    true(RESCUE, "Two Lorne fishermen were rescued after their boat capsized."),
    false(RESCUE, "Two fishermen from Lorne rescued a Kestran coastguard vessel on Sunday."),
    false(RESCUE, "A Kestran coastguard vessel capsized on Sunday."),
    false(RESCUE, "Two fishermen from Lorne drowned on Sunday after their boat capsized."),
    false(RESCUE,
          "Two fishermen from Lorne were arrested by a Kestran coastguard vessel on Sunday after their boat capsized."),
    true(SMOKING, "The new law takes effect in January."),
    false(SMOKING, "The new law bans smoking on open terraces."),
    false(SMOKING, "The new law allows smoking in restaurants."),
    false(SMOKING, "The new law bans smoking in restaurants and on open terraces."),
    false(SMOKING, "The new law bans drinking in restaurants but allows it on open terraces."),
    true(RATE, "Kestra's central bank increased its key rate to 4.75% on Thursday."),
    true(RATE, "On Thursday the central bank of Kestra raised its key rate to 4.75 percent."),
    true(RATE, "It was the third increase this year."),
    true(RATE, "The key rate was raised by Kestra's central bank."),
    false(RATE, "Kestra's central bank lowered its key rate to 4.75 percent on Thursday."),
    false(RATE, "Kestra's central bank raised its key rate by 4.75 percent on Thursday."),
    false(RATE, "It was the third cut this year."),
    false(RATE, "Kestra's government raised its key rate to 4.75 percent."),
    false(RATE, "Kestra's central bank raised food prices to 4.75 percent."),
    false(RATE, "Kestra's central bank will raise its key rate to 4.75 percent."),
    true(FILM, "The film won two prizes at the Hollin festival."),
    true(FILM, "Local critics panned the film."),
    true(FILM, "The film was shot in Lorne over eleven weeks."),
    false(FILM, "The film was praised by local critics."),
    false(FILM, "Local critics won two prizes at the Hollin festival."),
    false(FILM, "The film, shot in Hollin over eleven weeks, won two prizes."),
    false(FILM, "The film won no prizes at the Hollin festival."),
    false(FILM, "The film won two prizes at the Lorne festival."),
    true(EXERCISE, "Some 2,300 soldiers will take part in the exercise."),
    true(EXERCISE, "The exercise starts on June 4 near the Aune estuary."),
    false(EXERCISE, "2,300 soldiers took part in the exercise."),
    false(EXERCISE, "Exactly 2,300 soldiers will take part in the exercise."),
    false(EXERCISE, "The exercise ends on 4 June."),
    false(EXERCISE, "Soldiers from Kestra will attack Veldmark in the exercise."),
    true(THEFT, "Four of the paintings are still missing."),
    true(THEFT, "A 34-year-old man was arrested by police in connection with the theft of nine paintings."),
    false(THEFT, "All of the paintings are still missing."),
    false(THEFT, "The paintings are still missing."),
    false(THEFT, "Four paintings were stolen from the Stahl collection."),
    false(THEFT, "A 34-year-old man stole nine paintings from the Stahl collection."),
    false(THEFT, "Police stole nine paintings from the Stahl collection."),
    false(THEFT, "A man arrested police in connection with the theft."),
    true(OFFER, "Oren Falk rejected Mira Stahl's offer to share power."),
    true(OFFER, "Mira Stahl's offer to share power was rejected by Oren Falk."),
    false(OFFER, "Mira Stahl rejected an offer from Oren Falk to share power."),
    false(OFFER, "Oren Falk accepted an offer from Mira Stahl to share power."),
    false(OFFER, "Oren Falk offered to share power with Mira Stahl."),
    false(OFFER, "Voters had given Mira Stahl a clear mandate."),
    true(VACCINE, "Among adults over 60 the vaccine was 62% effective."),
    false(VACCINE, "The vaccine was 62 percent effective among younger people."),
    false(VACCINE, "The vaccine was more than 80 percent effective among adults over 60."),
    false(VACCINE, "The vaccine was 80 percent effective among younger people."),
    false(VACCINE, "The vaccine was ineffective among adults over 60."),
    true(DOCTOR, "The island had no doctor until 2019."),
    true(DOCTOR, "A small clinic is being built beside the harbour."),
    false(DOCTOR, "Until 2019 the island had three doctors."),
    false(DOCTOR, "The island has no doctor."),
    false(DOCTOR, "A small clinic was built beside the harbour in 2019."),
    false(DOCTOR, "Today the island has no doctor."),
    false(SHARES, "The ferry company was not able to repay its debts."),
    false(SHARES, "Shares in the ferry company lost a fifth of their value."),
    false(SHARES, "Shares in the ferry company gained almost a fifth of their value."),
    false(SHARES, "The ferry company lost almost a fifth of its debts."),
    true(EMISSIONS, "The treaty obliges both countries to halve emissions by 2035."),
    false(EMISSIONS, "The treaty obliges both countries to double emissions by 2035."),
    false(EMISSIONS, "Both countries have said how they will pay for the change."),
    false(EMISSIONS, "Both countries halved emissions by 2035."),
    false(EMISSIONS, "The treaty allows both countries to halve emissions by 2035."),
    true(UNCLE, "In 1961 Edda Marsh inherited the mill from her uncle."),
    false(UNCLE, "Edda Marsh's uncle inherited the mill in 1961."),
    false(UNCLE, "Edda Marsh inherited the mill in 1988."),
    false(UNCLE, "Edda Marsh bought the mill from her uncle in 1961."),
    false(UNCLE, "Edda Marsh sold the mill to her uncle in 1988."),
    false(UNCLE, "Edda Marsh inherited the mill from a rival in 1961."),
    false(UNCLE, "A rival modernised the mill and sold it in 1988."),
    false(TRAM, "Lorne's new tram line carried 31,000 passengers every day."),
    false(TRAM, "The city had forecast 31,000 passengers."),
    true(OPERA, "The Veldmark opera house will reopen in September."),
    false(OPERA, "The Veldmark opera house closed in September."),
    false(OPERA, "The Veldmark opera house reopened in September."),
    false(OPERA, "The Veldmark opera house will reopen in 2016."),
    false(OPERA, "A fire will reopen the opera house."),
    false(OPERA, "The Kestran opera house will reopen with a work by the Veldmark composer Ira Voss."),
    true(DAM, "Oren Falk was accused of hiding the report by Mira Stahl."),
    false(DAM, "Oren Falk accused Mira Stahl of hiding the report."),
    false(DAM, "Oren Falk hid the report."),
    false(DAM, "The dam was safe."),
    true(SHIPYARD, "In 1998 the company bought the shipyard from the state for 45 million euros."),
    true(SHIPYARD, "The shipyard was bought from the state for 45 million euros in 1998."),
    false(SHIPYARD, "The state bought the shipyard from the company for 45 million euros."),
    false(SHIPYARD, "The company sold the shipyard to the state for 45 million euros."),
    false(SHIPYARD, "The state closed the shipyard eleven years later."),
    false(SHIPYARD, "The company closed the shipyard in 1998."),
    true(NURSES, "Fewer than half of the schools in the region have a full-time nurse."),
    false(NURSES, "More than half of the schools in the region have a full-time nurse."),
    false(NURSES, "Half of the schools in the region have a full-time nurse."),
    false(NURSES, "The schools on the islands have a full-time nurse."),
    false(NURSES, "None of the schools in the region has a full-time nurse."),
    true(BEES, "Bees exposed to the chemical visited fewer flowers, researchers at the Hollin institute found."),
    false(BEES, "Bees exposed to the chemical visited more flowers."),
    false(BEES, "Other bees visited fewer flowers."),
    false(BEES, "Researchers at the Hollin institute visited fewer flowers."),
    true(TRAWLERS, "Veldmark seized two trawlers."),
    true(TRAWLERS, "Kestra recalled its ambassador."),
    true(TRAWLERS, "The step was called regrettable by Veldmark's foreign minister."),
    false(TRAWLERS, "Veldmark recalled its ambassador after Kestra seized two trawlers."),
    false(TRAWLERS, "Kestra recalled its ambassador before Veldmark seized two trawlers."),
    false(TRAWLERS, "Kestra's foreign minister called the step regrettable."),
    false(TRAWLERS, "Kestra seized two trawlers."),
    false(TRAWLERS, "Kestra recalled two trawlers."),
    true(MUSEUM, "The museum expects 400,000 visitors this year."),
    false(MUSEUM, "The museum received 400,000 visitors this year."),
    false(MUSEUM, "The museum expects 520,000 visitors this year."),
    false(MUSEUM, "The museum expects to receive 400,000 visitors this year, up from 520,000 in 2019."),
    true(STRAW, "The village no longer imports oil."),
    true(STRAW, "The straw is supplied by local farmers."),
    false(STRAW, "The village imports oil."),
    false(STRAW, "The heating plant burns oil supplied by local farmers."),
    false(STRAW, "The village no longer imports straw."),
    false(STRAW, "Local farmers burn straw supplied by the heating plant."),
    true(SLALOM, "Tomas Reyl finished 0.4 seconds behind Jon Berg."),
    true(SLALOM, "Tomas Reyl finished third in the slalom."),
    false(SLALOM, "Jon Berg finished third in the slalom."),
    false(SLALOM, "Jon Berg finished 0.4 seconds behind Tomas Reyl."),
    false(SLALOM, "The winner of the slalom was Tomas Reyl of Kestra."),
]  # fmt: skip

# True, and withheld: what it costs to tell true from false without a parser.
WITHHELD = [
    true(WHEAT, "Barley shipments increased slightly in 2023."),
    true(MILL, "About 40 workers are still looking for a job."),
    true(AMNESTY, "Reports that it had offered the rebels an amnesty were dismissed by the ministry."),
    true(WRITER, "Edda Marsh is 71 years old."),
    true(WRITER, "Edda Marsh had never met the painter whose letters she published, she said in an interview."),
    true(SMOKING, "The law bans smoking in restaurants."),
    true(SMOKING, "Smoking is allowed on open terraces under the new law."),
    true(EXERCISE, "About 2,300 soldiers from Veldmark and Kestra will take part in the exercise."),
    true(VACCINE, "The vaccine was more than 80 percent effective among younger people."),
    true(SHARES, "Shares in the ferry company lost nearly a fifth of their value."),
    true(EMISSIONS, "Under the treaty both countries are obliged to halve emissions by 2035."),
    true(UNCLE, "Edda Marsh sold the mill to a rival in 1988."),
    true(UNCLE, "In 1988 the mill was sold to a rival for an undisclosed sum."),
    true(TRAM, "On its first day Lorne's new tram line carried 31,000 passengers."),
    true(TRAM, "The new tram line in Lorne carried 31,000 passengers on its first day."),
    true(OPERA, "The opera house has been closed since a fire in 2016."),
    true(DAM, "Mira Stahl said the report showed that the dam was unsafe."),
    true(NURSES, "None of the schools on the islands has a full-time nurse."),
    true(BEES, "Bees exposed to the chemical lived as long as other bees."),
    true(MUSEUM, "In 2019 the museum received 520,000 visitors."),
    true(SLALOM, "Jon Berg of Kestra was the winner."),
]  # fmt: skip

# False, and shown: what no rule sees yet.
GAPS = [
    false(TRAM, "Lorne's new tram line carried half as many passengers as the city had forecast."),
    false(SLALOM, "Tomas Reyl won the slalom."),
    false(SMOKING, "The new law took effect in January."),
    false(EXERCISE, "Some 2,300 soldiers from Kestra will take part in the exercise."),
    false(DAM, "The dam was unsafe."),
]  # fmt: skip


COMMON = STOP_WORDS | {"exactly", "nearly", "almost", "fewer", "half", "none"}


def judged(statement: str, *quotes: str, title: str = "", published: str | None = None) -> tuple[Verdict, str, float]:
    """As an answer is checked: a word that a passage writes in lower case is no name where it opens a sentence."""
    lower = {word.strip(".,;") for quote in quotes for word in quote.split() if word.islower()}
    sources = [Source(Span("doc.txt", "v1", 0, 1), "", title, published)] * len(quotes)
    return check_words(statement, quotes, sources, "", (COMMON | lower).__contains__)


def named(claims: Sequence[Claim]) -> list[str]:
    return [f"{claim.kind}: {claim.source[:40]} - {claim.statement}" for claim in claims]


@pytest.mark.parametrize("claim", TABLE + NEWS, ids=named(TABLE + NEWS))
def test_a_statement_says_no_more_than_its_source(claim: Claim) -> None:
    verdict, why, _ = judged(claim.statement, claim.source)
    assert (verdict in SHOWN) is claim.holds, f"{verdict}: {why or claim.why}"


@pytest.mark.parametrize("claim", WITHHELD, ids=named(WITHHELD))
@pytest.mark.xfail(strict=True, reason="true, and withheld")
def test_a_true_statement_is_shown(claim: Claim) -> None:
    assert judged(claim.statement, claim.source)[0] in SHOWN


@pytest.mark.parametrize("claim", GAPS, ids=named(GAPS))
@pytest.mark.xfail(strict=True, reason="false, and shown")
def test_a_false_statement_is_withheld(claim: Claim) -> None:
    assert judged(claim.statement, claim.source)[0] not in SHOWN


@pytest.mark.parametrize("source", dict.fromkeys(claim.source for claim in TABLE + NEWS))
def test_every_source_carries_itself(source: str) -> None:
    assert claim_breaches(source, [source]) == []
    assert coverage(source, [source], []) == 1.0


@pytest.mark.parametrize(
    ("statement", "breach"),
    [
        ("The quay may be sold in May.", "the statement is less certain than the cited words ('may')"),
        ("The quay was not sold.", "not the same is negated in the statement and in the cited words"),
        ("The quay was bought.", "the cited words say the opposite of 'bought'"),
        ("All of the quay was sold.", "'All' is not in the cited words"),
        ("The quay sold Chile to Peru.", "'quay' and 'sold' stand in another order than in the cited words"),
        ("The quay was sold from Peru.", "'peru' stands under 'from', in the cited words under 'to'"),
    ],
)  # fmt: skip
def test_a_breach_says_what_is_changed(statement: str, breach: str) -> None:
    assert breach in claim_breaches(statement, ["Chile sold the quay to Peru."])


def test_words_of_several_quotes_hang_together_only_as_the_quotes_say() -> None:
    cost, opened = "The new ferry terminal in Lorne cost 48 million euros.", "Mayor Ana Duarte opened it in March 2024."
    assert judged("Mayor Ana Duarte opened the new ferry terminal in March 2024.", cost, opened)[0] == "supported"
    assert judged("The new ferry terminal cost 48 million euros, and Ana Duarte opened it.", cost, opened)[0] in SHOWN
    assert judged("Mayor Ana Duarte cost 48 million euros.", cost, opened)[0] == "altered"
    assert judged("The new ferry terminal cost 48 million euros in March 2024.", cost, opened)[0] == "altered"


def test_a_title_or_a_date_gives_what_the_quote_leaves_out_and_replaces_nothing() -> None:
    quote = "The quay at Lorne was sold in 2023."
    assert judged("The quay at Lorne was sold.", quote, title="Veldmark news")[0] == "supported"
    assert judged("The quay at Veldmark was sold.", quote, title="Veldmark news")[0] == "altered"
    assert judged("The quay was sold in 2024.", quote, published="2024-02-01")[0] == "altered"
    assert judged("The quay at Veldmark was sold.", "The quay was sold.", title="Veldmark news")[0] == "supported"


@pytest.mark.parametrize(
    ("text", "cited", "share"),
    [
        ("The river is shallow.", "The river is shallow.", 1.0),
        ("The river is deep and clean.", "The river is shallow.", 2 / 3),  # deep is on the scale of shallow
        ("Exports grew.", "Exports rose.", 1.0),
        ("It cost 52 million euros.", "It cost 52 million euros.", 1.0),
        ("It cost 52 million euros.", "It cost 48 million euros.", 1 / 3),  # a value counts twice
        ("A total of 8 boats sank.", "Eight boats sank.", 1.0),
        ("It is.", "It is.", 0.0),
        ("", "It is.", 0.0),
        ("The river is shallow.", "", 0.0),
    ],
)
def test_coverage(text: str, cited: str, share: float) -> None:
    assert coverage(text, [cited], []) == pytest.approx(share)


def test_coverage_counts_titles_and_dates() -> None:
    assert coverage("Veldmark sold it in 2024.", ["It was sold."], ["The port of Veldmark", "2024-02-01"]) == 1.0


PIECES = st.sampled_from(
    ["Ana", "Lorne", "the port", "sold", "was sold by", "did not", "may", "rose", "fell", "5 percent", "May 5, 2024",
     "to", "from", "and", "but", ", which", "said that", ", said", "because", "some of the", "all", ".", ",", ";", "?",
     "up to", "–", "(", ")", "respectively", "İ", "“", "\n"]
)  # fmt: skip
ANY_TEXT = st.text(max_size=60) | st.lists(PIECES, max_size=25).map(" ".join)


@given(ANY_TEXT, st.lists(ANY_TEXT, max_size=3))
def test_any_texts_can_be_compared(text: str, cited: list[str]) -> None:
    assert all(isinstance(breach, str) for breach in claim_breaches(text, cited))
    assert 0 <= coverage(text, cited, []) <= 1


def test_a_long_text_is_compared_in_reasonable_time() -> None:
    text = "The port of Lorne, which may close in May, sold 5 of the 9 ships to Peru and was sued by Ana Duarte. " * 20
    begun = time.perf_counter()
    claim_breaches(text, [text])
    assert time.perf_counter() - begun < 5


def test_each_word_stands_on_one_scale() -> None:
    seen: dict[str, str] = {}
    for scale in meanings._SCALES.strip().splitlines():
        for group in scale.split("|"):
            for stem in {stem_of(word) for word in group.split()}:
                assert stem not in seen, f"{stem!r} is on two scales: {seen[stem]!r} and {group!r}"
                seen[stem] = group

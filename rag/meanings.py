"""Words that mean the same, and words that mean the opposite: what no stemmer knows of English."""

import functools

from rag.terms import stem_of

# One line is one scale: words of the same meaning, then after "|" those of the opposite one. Verbs and their nouns are
# one word here. A word stands once, so none has two meanings; pairs that differ in degree ("big", "huge") are left out.
_SCALES = """
rise rose risen raise increase grow grew grown growth climb gain jump surge boost expand expansion up higher
  | fall fell fallen decrease decline drop shrink shrank shrunk slump plunge cut reduce reduction down lower
more greater | less fewer
many | few
support favour favor endorse | oppose opposition
accept agree agreement approve approval | reject rejection refuse refusal disagree
allow permit | ban forbid forbade forbidden prohibit prohibition
win won | lose lost loss
buy bought purchase acquire acquisition | sell sold
import | export
before | after
open opening inaugurate | close closed shut
begin began begun start commence | end finish conclude conclusion stop cease halt
confirm confirmation | deny denied denial contradict refute
arrive arrival | depart departure leave left
enter entry | exit
include inclusion | exclude exclusion
praise | criticise criticize criticism condemn
succeed success | fail failure
improve improvement | worsen deteriorate
strengthen | weaken
create establish | abolish
appoint hire | dismiss sack
attack | defend
lend lent | borrow
give gave given | receive got
convict | acquit acquittal
guilty | innocent
victory | defeat
friend ally allies | enemy foe
majority | minority
maximum | minimum
highest largest biggest | lowest smallest
high | low
big large | small little
long | short
deep | shallow
wide wider widen broad broader broaden | slim narrow narrower
strong | weak
fast quick rapid | slow
early earlier | late later
cheap | expensive costly
rich wealthy | poor
safe | dangerous unsafe
legal lawful | illegal unlawful
possible | impossible
able | unable
good better best | bad worse worst
full | empty
hot warm | cold cool
north northern | south southern
east eastern | west western
public | private
almost nearly
visit trip travel journey
build built construct construction
help assist assistance aid
injure injury wound hurt
produce production manufacture
company firm business
country nation
need require requirement
decide decision
announce announcement
propose proposal
choose chose chosen choice
meet met meeting
marry marriage wed wedding
born birth
die died dead
destroy demolish
explain explanation
divide division
pay paid payment
speak spoke spoken speech
fly flew flown flight
steal stole stolen
know knew known knowledge
think thought
believe belief
lead led
hold held
keep kept
send sent
spend spent
stand stood
write wrote written
run ran
break broke broken
bring brought
draw drew drawn
drive drove driven
fight fought
find found
feel felt
hear heard
sing sang sung
sink sank sunk
shoot shot
strike struck
seek sought
freeze froze frozen
teach taught
throw threw thrown
wear wore worn
eat ate eaten
see saw seen
take took taken
come came
make made
show shown
man men
woman women
child children
person people
foot feet
""".replace("\n  |", " |")
# Words a statement may add because they say nothing that the words around them do not.
_LIGHT = frozenset(map(stem_of, "total amount figure year month locate situate occur happen accord".split()))


@functools.cache
def _table() -> dict[str, tuple[str, int]]:
    table: dict[str, tuple[str, int]] = {}
    for scale in _SCALES.strip().splitlines():
        for side, group in enumerate(scale.split("|")):
            table |= dict.fromkeys(map(stem_of, group.split()), (scale.split()[0], side))
    return table


def scale_of(stem: str) -> str:
    """What words of one meaning, or of opposite ones, have in common; the stem itself for words in no table."""
    return _table()[stem][0] if stem in _table() else stem


def side_of(stem: str) -> int:
    """0 or 1: on which side of its scale a word stands."""
    return _table()[stem][1] if stem in _table() else 0


def is_light(stem: str) -> bool:
    return stem in _LIGHT

"""Where citation lookup puts statements in other words: in the passage they are about, in another, or nowhere.

    python -m eval.places [--statements 300]
    python -m eval.places --write DIR    # the 1,200 passages as files, for eval/passages_gold.jsonl

The true statements of eval/claim_pairs, asked of a library of the passages of half of its fields: those on these
fields, whose passage is there, and strangers, on the other fields. For each half of the files, as in eval/pairs.py.
"""

import argparse
import itertools
import random
import tempfile
from collections import Counter
from pathlib import Path

from eval.pairs import HALVES, PAIRS, Pair, read_pairs
from rag import open_library
from rag.library import Library


def written(folder: Path, pairs: list[Pair]) -> dict[str, str]:
    """The file name of each source, by its text, after all were written to `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    names: dict[str, str] = {}
    for field, own in itertools.groupby(pairs, key=lambda pair: pair.field):
        for number, (source, title) in enumerate({pair.source: pair.title for pair in own}.items()):
            names[source] = f"{field}-{number:03}.md"
            (folder / names[source]).write_text(f"# {title}\n\n{source}\n", encoding="utf-8")
    return names


def placed(library: Library, names: dict[str, str], pairs: list[Pair]) -> Counter[str]:
    counted = Counter[str]()
    for pair in pairs:
        place = library.find(pair.true)[0].citation
        counted["nowhere" if not place else "right" if place.span.doc_id == names.get(pair.source) else "another"] += 1
    return counted


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--statements", type=int, default=300, metavar="N")
    parser.add_argument("--write", type=Path, metavar="DIR")
    args = parser.parse_args()
    files = sorted(PAIRS.glob("*.jsonl"))
    if args.write:
        written(args.write, [pair for file in files for pair in read_pairs(file)])
        return
    own, strange = ([pair for file in files[start::2] for pair in read_pairs(file)] for start in (0, 1))
    print(f"{'':28}  right  another  nowhere")
    with tempfile.TemporaryDirectory() as made:
        names = written(Path(made) / "passages", own)
        with open_library(Path(made) / "library", mode="extractive") as library:
            library.add([Path(made) / "passages"])
            for half, name in enumerate(HALVES):
                for kind, pairs in (("its passage is there", own), ("strangers", strange)):
                    asked = random.Random(1).sample([pair for pair in pairs if pair.half == half], args.statements)
                    found = placed(library, names, asked)
                    print(f"{name}, {kind:20}" + "".join(f"  {found[k]:7}" for k in ("right", "another", "nowhere")))


if __name__ == "__main__":
    main()

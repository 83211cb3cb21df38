"""Where citation lookup puts statements in other words: in the passage they are about, in another, or nowhere.

    python -m eval.places [--statements 300]

The true statements of eval/claim_pairs, asked of a library of the passages of half of its fields: those on these
fields, whose passage is there, and strangers, on the other fields. For each half of the files, as in eval/pairs.py.
"""

import argparse
import random
import tempfile
from collections import Counter
from pathlib import Path

from eval.pairs import HALVES, PAIRS, Pair, read_pairs
from rag import open_library
from rag.library import Library


def indexed(library: Library, folder: Path, pairs: list[Pair]) -> dict[str, str]:
    """The doc_id of each source, by its text, after all were added from `folder`."""
    names = {source: f"{number}.md" for number, source in enumerate(dict.fromkeys(pair.source for pair in pairs))}
    titles = {pair.source: pair.title for pair in pairs}
    for source, name in names.items():
        (folder / name).write_text(f"# {titles[source]}\n\n{source}\n", encoding="utf-8")
    library.add([folder])
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
    limit = parser.parse_args().statements
    files = sorted(PAIRS.glob("*.jsonl"))
    own, strange = ([pair for file in files[start::2] for pair in read_pairs(file)] for start in (0, 1))
    print(f"{'':28}  right  another  nowhere")
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made) / "passages"
        folder.mkdir()
        with open_library(Path(made) / "library", mode="extractive") as library:
            names = indexed(library, folder, own)
            for half, name in enumerate(HALVES):
                for kind, pairs in (("its passage is there", own), ("strangers", strange)):
                    asked = random.Random(1).sample([pair for pair in pairs if pair.half == half], limit)
                    found = placed(library, names, asked)
                    print(f"{name}, {kind:20}" + "".join(f"  {found[k]:7}" for k in ("right", "another", "nowhere")))


if __name__ == "__main__":
    main()

"""Write the sample PDFs from the plain text in pdf_source/.

Usage: python make_pdfs.py [output folder, default: corpus/ beside this file]

Needs reportlab. Two runs with the same reportlab release write the same bytes
(invariant mode: fixed dates and document id).

A source file holds a title line, then paragraphs parted by blank lines. Every
page gets a running header, a footer with the page number, and lines that end in
a hyphen where a word from HYPHENS does not fit: the things that a reader of
PDF text must cope with.
"""

import re
import sys
from pathlib import Path

from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

HERE = Path(__file__).resolve().parent

# name: (page width and height in points, font, size, leading)
LAYOUTS = {
    "analysts-2015-mutual-doubt": ((440, 600), "Times-Roman", 12, 18),
    "energy-2025-pipeline": ((480, 600), "Helvetica", 11, 17),
    "korea-2025-parade": ((440, 640), "Times-Roman", 12, 18),
}
MARGIN = 56
HEADER = "Briefing notes: Moscow and Beijing"

HYPHENS = """
ac-cord-ing ac-count af-fairs agree-ment alumin-ium al-ways ammu-ni-tion an-other ap-proach-es
argu-ment bal-ance bal-lis-tic bar-rel be-cause be-fore bei-jing be-yond cam-paign car-ne-gie
chi-nese col-leagues com-mand com-men-tary con-cluded con-flict con-tract con-tracts
co-op-er-a-tion coun-cil coun-try de-cide de-fence dep-uty de-scribes de-terred dif-fi-culty
di-rected di-rec-tion di-rects dis-trust eco-nomic econ-omy em-bas-sy em-braced en-cour-age
en-er-gy eu-rope every-thing ex-am-ple ex-pected ex-pects ex-plained ex-ports for-eign gaz-prom
gen-er-al gen-er-ous hard-ly hon-our hydro-car-bons im-ports in-de-pen-dent ini-tia-tives
in-stead in-te-gra-tion in-ter-ests in-ter-fer-ence ir-ri-tants mean-while mem-ory met-als
mis-siles mon-go-lia neigh-bour noth-ing of-fi-cers of-fi-cials out-come over-land part-ner
part-ners per-son-ally pipe-line pol-icy po-lit-i-cal prac-tice pre-sent pres-sure pro-duce
pub-lished pyong-yang qual-ity quar-ters read-ings re-gion re-gional re-la-tion-ship re-port-ed
re-port-ers re-quired re-searchers reser-va-tions re-sources re-view-ing ris-ing rus-sian
sanc-tions se-cu-rity sel-dom situ-a-tion small-er sol-diers spe-cial-ist state-ment strat-e-gic
sub-ject sup-pliers sup-port sys-tem ten-sion to-wards trans-it tran-si-tion turk-meni-stan
ur-gent va-ri-ous weap-ons west-ern
"""
BREAKS = {word.replace("-", ""): word.split("-") for word in HYPHENS.split()}


def break_word(word: str, room: float, font: str, size: float) -> tuple[str, str] | None:
    """Head with a hyphen, and tail, of a word that is to fit in `room`; None if it cannot."""
    match = re.fullmatch(r"(\w+)(\W*)", word)
    parts = BREAKS.get(match.group(1).lower()) if match else None
    if not parts:
        return None
    for count in range(len(parts) - 1, 0, -1):
        cut = len("".join(parts[:count]))
        if stringWidth(word[:cut] + "-", font, size) <= room:
            return word[:cut] + "-", word[cut:]
    return None


def wrap(text: str, width: float, font: str, size: float) -> list[str]:
    """Greedy lines no wider than `width`, with hyphens where BREAKS allows them."""
    lines: list[str] = []
    line = ""
    words = text.split()
    while words:
        word = words.pop(0)
        trial = f"{line} {word}" if line else word
        if stringWidth(trial, font, size) <= width:
            line = trial
            continue
        room = width - stringWidth(line + " ", font, size)
        broken = break_word(word, room, font, size)
        if broken:
            lines.append(f"{line} {broken[0]}")
            line = broken[1]
        else:
            lines.append(line)
            line = word
    return [*lines, line]


def make(source: Path, target: Path) -> None:
    (width, height), font, size, leading = LAYOUTS[source.stem]
    blocks = source.read_text("utf-8").split("\n\n")
    title, *paragraphs = [" ".join(block.split()) for block in blocks if block.strip()]
    bold = {"Times-Roman": "Times-Bold", "Helvetica": "Helvetica-Bold"}[font]
    rows = [(line, bold, size + 3) for line in wrap(title, width - 2 * MARGIN, bold, size + 3)]
    for paragraph in paragraphs:
        rows.append(("", font, size))
        rows += [(line, font, size) for line in wrap(paragraph, width - 2 * MARGIN, font, size)]

    per_page = int((height - 2 * MARGIN - 2 * leading) // leading)
    pages = [rows[i : i + per_page] for i in range(0, len(rows), per_page)]
    canvas = Canvas(str(target), pagesize=(width, height), invariant=1, pageCompression=0)
    canvas.setTitle(title)
    for number, page in enumerate(pages, 1):
        canvas.setFont(font, 8)
        canvas.drawString(MARGIN, height - MARGIN + 14, HEADER)
        y = height - MARGIN - leading
        for text, face, points in page:
            if text:
                canvas.setFont(face, points)
                canvas.drawString(MARGIN, y, text)
            y -= leading
        canvas.setFont(font, 8)
        canvas.drawRightString(width - MARGIN, MARGIN - 20, f"Page {number} of {len(pages)}")
        canvas.showPage()
    canvas.save()


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "corpus"
    folder.mkdir(parents=True, exist_ok=True)
    for source in sorted((HERE / "pdf_source").glob("*.txt")):
        make(source, folder / f"{source.stem}.pdf")


if __name__ == "__main__":
    main()

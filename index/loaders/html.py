"""HTML, through trafilatura: menus, banners and footers go, title and date stay."""

import re

from trafilatura import bare_extraction

from index.errors import DocumentRejected
from index.loaders import Loaded

_RAISED = re.compile(
    rb"<sup\b[^>]*>((?:\s|<[^>]*>|&nbsp;)*\[?\w{1,3}\]?(?:\s|<[^>]*>|&nbsp;)*)</sup\s*>", re.IGNORECASE
)
_TAGS = re.compile(rb"<[^>]*>|\s|&nbsp;|[\[\]]")
_BEFORE_CHARS = 60  # in which what a raised sign stands behind is looked for
_POWER_OF = re.compile(rb"(?<!\d)10\Z")
_UNIT = re.compile(rb"(?<![A-Za-z])(?:[kcm]?m|ft|yd|in)\Z")


def load(data: bytes) -> Loaded:
    """The page's main text, one paragraph a line. Raises DocumentRejected."""
    page = bare_extraction(
        _RAISED.sub(_set_apart, data),
        with_metadata=True,
        include_comments=False,
        include_tables=True,
        favor_recall=True,
        # the extensive search takes any year for the date: a copyright line, an image's path, an event told of
        date_extraction_params={"extensive_search": False, "original_date": True},
    )
    if page is None or isinstance(page, dict):
        raise DocumentRejected("has no readable text: open it in a browser and save the article as text")
    values = page.as_dict()
    return Loaded(text=values["text"] or "", title=values.get("title"), published=values.get("date"))


def _set_apart(raised: re.Match[bytes]) -> bytes:
    """A raised sign that cannot be read as part of the figure before it: "250[1] ships", "10^6 tonnes", "40 m2"."""
    sign = _TAGS.sub(b"", raised[1])
    before = _TAGS.sub(b"", raised.string[max(0, raised.start() - _BEFORE_CHARS) : raised.start()])
    if _UNIT.search(before) or (sign.isalpha() and not sign.islower()):
        return sign
    if not sign.isdigit():
        return sign if len(sign) > 1 else b"[%b]" % sign  # "th" of "5th", and a note "a"
    return b"^" + sign if _POWER_OF.search(before) else b"[%b]" % sign

"""Plain text and Markdown."""

import re

from index.errors import DocumentRejected
from index.loaders import Loaded

_BOMS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
CONTROL_SHARE = 0.01  # text has none; terminal logs a few


def load(data: bytes) -> Loaded:
    """Text as it stands, but for line ends (`\\r\\n` becomes `\\n`). Raises DocumentRejected."""
    encoding = next((name for bom, name in _BOMS.items() if data.startswith(bom)), "utf-8")
    if encoding == "utf-8" and b"\x00" in data[:65536]:
        raise DocumentRejected("is not text (it holds zero bytes): give it the ending of its real format")
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise DocumentRejected(
            f"is not valid UTF-8 (byte {data[error.start]:#04x} at offset {error.start}): save it as UTF-8, "
            "for example with `iconv -f WINDOWS-1252 -t UTF-8`"
        ) from error
    if len(_CONTROL.findall(text)) > CONTROL_SHARE * len(text):
        raise DocumentRejected("is not text (control characters): give it the ending of its real format")
    return Loaded(text.replace("\r\n", "\n").replace("\r", "\n"))

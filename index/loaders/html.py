"""HTML, through trafilatura: menus, banners and footers go, title and date stay."""

from trafilatura import bare_extraction

from index.errors import DocumentRejected
from index.loaders import Loaded


def load(data: bytes) -> Loaded:
    """The page's main text, one paragraph a line. Raises DocumentRejected."""
    page = bare_extraction(
        data,
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

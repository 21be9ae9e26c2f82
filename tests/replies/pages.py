"""What a page says and where it leads."""

from __future__ import annotations

from html.parser import HTMLParser


class _Page(HTMLParser):
    """The words of a page, without its style, and its links."""

    def __init__(self) -> None:
        super().__init__()
        self.said = ""
        self.links: set[str] = set()
        self._silent = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent = tag == "style"
        self.said += "" if tag == "a" else " "
        self.links |= {value for name, value in attrs if name == "href" and value}

    def handle_endtag(self, tag: str) -> None:
        self._silent = False

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.said += data


def words_of(html: str) -> list[str]:
    return _read(html).said.split()


def links_of(html: str) -> set[str]:
    """Addresses behind the links; of mail addresses without `mailto:`."""
    return {link.removeprefix("mailto:") for link in _read(html).links}


def _read(html: str) -> _Page:
    page = _Page()
    page.feed(html)
    return page

"""One walk over a parsed HTML mail, writing lines as a reader would see them. No recursion, bounded look-ahead."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from triage.mail import html_marks as marks
from triage.mail.charsets import storable

__all__ = ["Line", "Walk"]

_BLOCK = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "body",
        "caption",
        "center",
        "dd",
        "details",
        "dir",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "html",
        "li",
        "main",
        "menu",
        "nav",
        "ol",
        "p",
        "pre",
        "section",
        "summary",
        "table",
        "tbody",
        "tfoot",
        "thead",
        "tr",
        "ul",
    ]
)
_SPACED = frozenset(["p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "dl", "pre", "blockquote", "table"])
_VERBATIM = frozenset(["pre", "textarea", "listing", "xmp", "plaintext"])
_UNSEEN = frozenset(
    ["head", "script", "style", "title", "template", "svg", "math", "iframe", "object", "noframes", "noembed"]
)
_LISTS = frozenset(["ul", "ol", "menu", "dir"])
_CELLS = frozenset(["td", "th"])
MAX_INDENT = 8  # levels of a list
_BLANKS = re.compile(r"[ \t\r\n\f]+")
_PADDING = str.maketrans("", "", "\u200b\u200c\u2060\ufeff\u034f\u00ad")


@dataclass(slots=True)
class Line:
    """One line of text: how deep it is quoted, and whether it belongs to a signature block."""

    text: str
    depth: int = 0
    signature: bool = False
    separator: bool = False  # everything below is history
    verbatim: bool = False


@dataclass(slots=True)
class _Frame:
    """An open element and what ends with it."""

    node: Any
    tag: str
    quote: bool = False
    signature: bool = False
    verbatim: bool = False
    tight: bool = False
    link: tuple[str, int] | None = None  # target, and where its text begins
    cells: list[list[Line]] = field(default_factory=list)
    outer: list[Line] | None = None  # lines before this table cell
    distance: bool = False  # whether the cell's row begins a paragraph
    number: int | None = None


class Walk:
    """Collects the lines of one document."""

    def __init__(self) -> None:
        self.lines: list[Line] = []
        self.buffer: list[str] = []
        self.open: list[_Frame] = []
        self.depth = self.signatures = self.verbatims = 0
        self.lists: list[_Frame] = []
        self.bullet = ""  # stands before the next line
        self.distance = False  # the next line begins a paragraph
        self.separated = False
        self.looks = 100  # look-aheads left; they cost time

    def text(self, root: Any) -> str:
        """The text below `root`."""
        node: Any = root
        while node is not None:
            child = self._enter(node)
            if child is not None:
                node = child
                continue
            while node is not None and (after := node.next) is None:
                node = self._leave()
            node = after if node is not None else None
        self._flush()
        return marks.render(self.lines)

    # ── walking ─────────────────────────────────────────────────────────────────────────────────────

    def _enter(self, node: Any) -> Any:
        """Writes what begins with the node; its first child, when there is something to see in it."""
        tag = node.tag
        if tag == "-text":
            self._write(node.text_content or "")
            return None
        if not tag or tag[0] in "-!" or tag in _UNSEEN:
            return None
        if tag == "br":
            self._flush(even_empty=True)
            return None
        attributes = node.attributes
        if attributes and marks.hidden(attributes):
            return None
        frame = self._frame(node, tag, attributes)
        child = node.child
        if child is None:
            self._close(frame)
        else:
            self.open.append(frame)
        return child

    def _leave(self) -> Any:
        if not self.open:
            return None
        frame = self.open.pop()
        self._close(frame)
        return frame.node

    def _frame(self, node: Any, tag: str, attributes: dict[str, str | None]) -> _Frame:
        frame = _Frame(node, tag)
        if tag in _BLOCK:
            self._flush()
            frame.tight = tag not in _SPACED or self._in_item() or marks.tight(attributes)
            self.distance |= not frame.tight
        if tag == "a":
            frame.link = (attributes.get("href") or "", len(self.buffer))
        elif tag in _CELLS:
            self._flush()
            frame.outer, self.lines = self.lines, []
            frame.distance, self.distance = self.distance, False
        elif tag == "li":
            self.bullet = self._bullet()
        elif tag in _LISTS:
            frame.number = marks.whole(attributes.get("start"), 1) if tag == "ol" else None
            self.lists.append(frame)
        elif tag == "hr" and self._may_look() and marks.header_follows(node):
            self._separate()
        frame.verbatim = tag in _VERBATIM or marks.preformatted(attributes)
        self.verbatims += frame.verbatim
        if attributes or tag == "blockquote":
            self._mark(frame, attributes)
        return frame

    def _mark(self, frame: _Frame, attributes: dict[str, str | None]) -> None:
        kind = marks.kind(frame.tag, attributes)
        if kind is marks.Kind.NONE:
            return
        if kind is marks.Kind.SIGNATURE:
            frame.signature = True
            self._flush()
            self.signatures += 1
        elif kind is marks.Kind.BELOW or (
            kind is marks.Kind.RULE and self._may_look() and marks.bold_header(frame.node)
        ):
            self._separate()
        elif kind is not marks.Kind.RULE and self._is_history(kind, frame.node, attributes):
            frame.quote = True
            self._flush()
            self.depth += 1

    def _is_history(self, kind: marks.Kind, node: Any, attributes: dict[str, str | None]) -> bool:
        if self.depth:
            return kind is marks.Kind.QUOTE  # inside history only real quotes nest deeper
        if not self._may_look():
            return kind is not marks.Kind.MAYBE
        if marks.forwarded(node):
            return False
        if kind is marks.Kind.WRAPPER:
            return not node.css_first("blockquote")
        return kind is not marks.Kind.MAYBE or marks.plain_quote(node, attributes, self._last())

    def _may_look(self) -> bool:
        """Whether the mail may still ask for a look ahead; each costs time, and a hostile mail would ask for many."""
        self.looks -= 1
        return self.looks >= 0

    def _close(self, frame: _Frame) -> None:
        if frame.link:
            self._end_link(*frame.link)
        if frame.tag in _BLOCK or frame.quote or frame.signature:
            self._flush()
        if frame.outer is not None:
            self._end_cell(frame)
        elif frame.tag == "tr":
            self._end_row(frame)
        elif frame.tag in _SPACED and not frame.tight:
            self.distance = True
        if frame.tag in _LISTS:
            self.lists.pop()
            self.bullet = ""
        self.depth -= frame.quote
        self.signatures -= frame.signature
        self.verbatims -= frame.verbatim

    # ── writing ─────────────────────────────────────────────────────────────────────────────────────

    def _write(self, text: str) -> None:
        text = storable(text if text.isascii() else text.translate(_PADDING))
        if self.verbatims:
            first, *others = text.replace("\r\n", "\n").split("\n")
            self.buffer.append(first)
            for line in others:
                self._flush(even_empty=True)
                self.buffer.append(line)
            return
        text = _BLANKS.sub(" ", text)
        if text.startswith(" ") and (not self.buffer or self.buffer[-1].endswith(" ")):
            text = text[1:]
        if text:
            self.buffer.append(text)

    def _flush(self, even_empty: bool = False) -> None:
        """Ends the line that is being written."""
        text = "".join(self.buffer)
        self.buffer.clear()
        if not text and not even_empty:
            return
        text = text.replace("\xa0", " ").rstrip()
        if text:
            self._keep_distance()
            text, self.bullet = self.bullet + text, ""
        self.lines.append(Line(text, self.depth, self.signatures > 0, verbatim=self.verbatims > 0))

    def _keep_distance(self) -> None:
        """One empty line between paragraphs, unless one is there."""
        last = self.lines[-1] if self.lines else None
        if self.distance and last and last.text:
            self.lines.append(Line("", min(last.depth, self.depth)))
        self.distance = False

    def _separate(self) -> None:
        self._flush()
        if not self.separated and not self.depth:
            self.separated = True
            self.lines.append(Line("", separator=True))

    def _last(self) -> str:
        return next((line.text for line in reversed(self.lines[-20:]) if line.text), "")

    def _in_item(self) -> bool:
        return any(frame.tag == "li" for frame in self.open[-3:])

    def _bullet(self) -> str:
        indent = "  " * min(MAX_INDENT, max(0, len(self.lists) - 1))
        if not self.lists or self.lists[-1].number is None:
            return indent + "- "
        self.lists[-1].number += 1
        return f"{indent}{self.lists[-1].number - 1}. "

    def _end_link(self, target: str, begin: int) -> None:
        shown = "".join(self.buffer[begin:])
        if url := marks.link_note(target, shown):
            self.buffer.append(f" <{url}>")

    def _end_cell(self, frame: _Frame) -> None:
        self._flush()
        cell = marks.trimmed(self.lines)
        self.lines = frame.outer or []
        self.distance = frame.distance
        row = next((one for one in reversed(self.open[-4:]) if one.tag == "tr"), None)
        if row is None:
            self.lines += cell
        elif cell:
            row.cells.append(cell)

    def _end_row(self, frame: _Frame) -> None:
        """Cells of one line each stand side by side, others below each other."""
        if frame.cells:
            self._keep_distance()
        if all(len(cell) == 1 and not cell[0].separator for cell in frame.cells) and frame.cells:
            first = frame.cells[0][0]
            first.text = "\t".join(cell[0].text for cell in frame.cells)
            self.lines.append(first)
            return
        for cell in frame.cells:
            self.lines += cell

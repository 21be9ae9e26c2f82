"""Plain words found in plain text: folding, tokens, and one pass for any number of word lists.

Words are compared as people misspell them: any case; æ/ae/a, ø/oe/o, å/aa/a and their Swedish and
Finnish sisters alike; wrongly decoded letters (`oppgjÃ¸r`, `oppgj√∏r`) mended; a lost letter (`oppgj?r`,
`oppgj\ufffdr`) accepted. Web addresses and mail addresses are no words; the parts of a path are words that
begin with a slash, so `/settlements` and `settlements` are different things.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Generic, NamedTuple, TypeVar

__all__ = ["Seen", "Token", "WordIndex", "fold", "tokens", "trouble_with"]

K = TypeVar("K", bound=Hashable)

_LONGEST_WORD = 64  # longer runs are keys, tokens or Base64
_SHORTEST_STEM = 3
_NORDIC = "æøåäöÆØÅÄÖ"
_DIGRAPHS = str.maketrans({"æ": "ae", "ø": "oe", "å": "aa", "ä": "ae", "ö": "oe", "ß": "ss", "\ufffd": "?"})


def _mojibake() -> dict[str, str]:
    """UTF-8 letters as they look after being read as Windows, Mac or DOS text, once or (Windows) twice."""
    seen = {}
    for letter in _NORDIC:
        for codec in ("latin-1", "cp1252", "mac_roman", "cp850"):
            once = letter.encode().decode(codec, "ignore")
            seen[once] = letter
            seen[once.encode().decode("cp1252", "ignore")] = letter
    return {wrong: right for wrong, right in seen.items() if len(wrong) > 1}


_MENDED = _mojibake()
_WRONG = "|".join(re.escape(wrong) for wrong in sorted(_MENDED, key=len, reverse=True))
_MENDABLE = re.compile(_WRONG)
_LOST = r"(?<=[^\W\d_])\?(?=[^\W\d_])"
# Plain letters first and many at once: the long list of wrong ones is looked through where a letter is none of them.
_LETTERS = rf"[A-Za-z0-9_]+|(?=[^\x00-\x7f])(?:{_WRONG}|[\w\u0300-\u036f\ufffd])|{_LOST}"
_CHUNK = re.compile(
    r"(?P<mail>[\w.+-]{1,64}@[\w.-]+)"
    r"|(?P<url>\b(?:https?://|www\.)[^\s<>\"']+)"
    r"|(?P<path>(?<![\w/])(?:/[\w{}%.:-]+)+)"
    rf"|(?P<word>(?:{_LETTERS})+)",
    re.IGNORECASE,
)
_SEGMENT = re.compile(r"/[\w{}%.:-]+")
_LOOKS_LIKE_REGEX = re.compile(r"[|()\[\]\\^$+]|\.\*")


class Token(NamedTuple):
    """One word: its folded form and its place in the text as it was given."""

    folded: str
    start: int
    end: int


class Seen(NamedTuple):
    """A listed word or phrase found in a text: characters [start, end), tokens first..last."""

    start: int
    end: int
    first: int
    last: int


_REMEMBERED_WORDS = 16_384
_REMEMBERED_TEXTS = 128  # of a batch of mails, which are scanned in several rounds


@lru_cache(maxsize=32_768)
def fold(word: str) -> str:
    """One word in the form in which words are compared."""
    mended = _MENDABLE.sub(lambda wrong: _MENDED[wrong.group()], word)
    plain = unicodedata.normalize("NFC", mended).casefold().translate(_DIGRAPHS)
    bare = "".join(letter for letter in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(letter))
    return re.sub(r"\?+", "?", bare.replace("oe", "o").replace("aa", "a").replace("ae", "a"))


@lru_cache(maxsize=_REMEMBERED_TEXTS)
def tokens(text: str) -> tuple[Token, ...]:
    """The words of a text, in order; takes time in proportion to its length.

    The rules, the profiles and the known answers all scan the same texts: they share the work.
    """
    found: list[Token] = []
    for chunk in _CHUNK.finditer(text):
        if chunk.lastgroup == "word":
            raw, start = chunk.group(), chunk.start()
            bare = raw.strip("_")  # underscores mean emphasis
            if 0 < len(bare) <= _LONGEST_WORD:
                begin = start if bare is raw else start + raw.index(bare)
                found.append(Token(fold(bare), begin, begin + len(bare)))
        elif chunk.lastgroup == "path":
            found += _steps(chunk.group(), chunk.start())
    return tuple(found)


def _steps(path: str, start: int) -> Iterator[Token]:
    """The parts of a path, each a word that begins with a slash."""
    for part in _SEGMENT.finditer(path):
        if len(part.group()) <= _LONGEST_WORD:
            yield Token(fold(part.group().rstrip(".:")), start + part.start(), start + part.end())


def trouble_with(entry: str) -> str | None:
    """Why an entry of a word list cannot be used, as a sentence for staff; None when it can."""
    if _LOOKS_LIKE_REGEX.search(entry):
        return f"'{entry}' looks like a regular expression; write plain words, and '*' only at the end of a word"
    if not tokens(entry):
        return f"'{entry}' holds no word; write a word or a phrase"
    for part in entry.split():
        if "*" in part and (part.index("*") != len(part) - 1 or len(part) <= _SHORTEST_STEM):
            return f"'{part}': '*' stands at the end of a stem of at least {_SHORTEST_STEM} letters"
    return None


@dataclass(slots=True)
class _Node(Generic[K]):
    """A place in the tree of phrases: what may follow as a whole word or as a stem, and which lists end here."""

    words: dict[str, _Node[K]] = field(default_factory=dict)
    stems: dict[str, _Node[K]] = field(default_factory=dict)
    lengths: tuple[int, ...] = ()
    lists: list[K] = field(default_factory=list)

    def add(self, spellings: tuple[str, ...], stem: bool) -> _Node[K]:
        known = self.stems if stem else self.words
        child = known.setdefault(spellings[0], _Node())
        for spelling in spellings[1:]:
            known.setdefault(spelling, child)
        if stem:
            self.lengths = tuple(sorted({*self.lengths, *map(len, spellings)}))
        return child

    def after(self, word: str) -> Iterator[_Node[K]]:
        if (exact := self.words.get(word)) is not None:
            yield exact
        for length in self.lengths:
            if length > len(word):
                return
            if (stem := self.stems.get(word[:length])) is not None:
                yield stem


class WordIndex(Generic[K]):
    """Many named word lists, all found in one pass over a text.

    An entry is a word (`oppgjør`), a stem (`utbetal*`) or a phrase of both (`ikke mottatt utbetal*`); it
    matches whole words only. The cost of a scan depends on the text, hardly on the number of lists.
    """

    def __init__(self, lists: Mapping[K, Iterable[str]]) -> None:
        self._root: _Node[K] = _Node()
        for name, entries in lists.items():
            for entry in entries:
                self._add(name, entry)
        # Most words of a mail begin no entry, and the same words come back in every mail.
        self._beginning = lru_cache(_REMEMBERED_WORDS)(lambda word: tuple(self._root.after(word)))

    def scan(self, text: str) -> dict[K, list[Seen]]:
        """Where the entries of each list stand in the text, in reading order; lists unseen are left out."""
        words = tokens(text)
        found: dict[K, list[Seen]] = {}
        for first, word in enumerate(words):
            if begun := self._beginning(word.folded):
                for lists, last in _ends(begun, words, first):
                    seen = Seen(word.start, words[last].end, first, last)
                    for name in lists:
                        found.setdefault(name, []).append(seen)
        return found

    def _add(self, name: K, entry: str) -> None:
        node = self._root
        for token in tokens(entry):
            stem = entry[token.end : token.end + 1] == "*"
            node = node.add(_spellings(entry[token.start : token.end]), stem)
        if node is not self._root and name not in node.lists:
            node.lists.append(name)


def _ends(begun: Iterable[_Node[K]], words: Sequence[Token], first: int) -> Iterator[tuple[list[K], int]]:
    """The lists whose entries begin at a word, each with the last word of the entry."""
    reached = [(begun, first)]
    while reached:
        nodes, at = reached.pop()
        for node in nodes:
            if node.lists:
                yield node.lists, at
            if at + 1 < len(words) and (node.words or node.stems):
                reached.append((node.after(words[at + 1].folded), at + 1))


def _spellings(word: str) -> tuple[str, ...]:
    """The folded word, and the form it has when its Nordic letters were lost on the way (`oppgj?r`)."""
    lost = "".join("?" if letter in _NORDIC else letter for letter in unicodedata.normalize("NFC", word))
    return tuple(dict.fromkeys((fold(word), fold(lost))))

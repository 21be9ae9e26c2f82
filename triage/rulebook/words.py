"""Plain words found in plain text: folding, tokens, and one pass for any number of word lists.

Words are compared as people misspell them: any case; æ/ae/a, ø/oe/o, å/aa/a and their Swedish and
Finnish sisters alike; wrongly decoded letters (`oppgjÃ¸r`, `oppgj√∏r`) mended; a lost letter (`oppgj?r`,
`oppgj\ufffdr`) accepted. Web addresses and mail addresses are no words; the parts of a path are words that
begin with a slash, so `/settlements` and `settlements` are different things.
"""

from __future__ import annotations

import re
import unicodedata
from array import array
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import accumulate
from typing import Generic, NamedTuple, TypeVar

__all__ = ["Seen", "WordIndex", "Words", "fold", "trouble_with", "words_of"]

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
_LETTERS = rf"[A-Za-z0-9_]+|(?=[^\x00-\x7f])(?:(?i:{_WRONG})|[\w\u0300-\u036f\ufffd])|{_LOST}"
_MAIL = r"[\w.+-]{1,64}@[\w.-]+"
_OTHERS = rf"\b(?i:https?://|www\.)[^\s<>\"']+|(?<![\w/])(?:/[\w{{}}%.:-]+)+|(?:{_LETTERS})+"
_CHUNK = re.compile(f"({_OTHERS})")
_CHUNK_OR_MAIL = re.compile(f"({_MAIL}|{_OTHERS})")
_SEGMENT = re.compile(r"/[\w{}%.:-]+")
_LOST_LETTERS = re.compile(r"\?+")
_LOOKS_LIKE_REGEX = re.compile(r"[|()\[\]\\^$+]|\.\*")


class Seen(NamedTuple):
    """A listed word or phrase found in a text: characters [start, end), tokens first..last."""

    start: int
    end: int
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Words:
    """The words of a text in order: their folded forms, and the characters [start, end) where each stands.

    `places` has the numbers of each different word, `by_head` the different words by their first letters: so an
    index of any size asks only for words that both it and the text have.
    """

    folded: tuple[str, ...]
    starts: array[int]
    ends: array[int]
    places: Mapping[str, Sequence[int]]
    by_head: Mapping[str, Sequence[str]]


_REMEMBERED_WORDS = 16_384
_REMEMBERED_TEXTS = 256  # of a batch of mails, which are scanned in several rounds


def fold(word: str) -> str:
    """One word in the form in which words are compared."""
    if word.isascii():
        bare = word.lower()
    else:
        mended = _MENDABLE.sub(lambda wrong: _MENDED[wrong.group()], word)
        plain = unicodedata.normalize("NFC", mended).casefold().translate(_DIGRAPHS)
        bare = "".join(letter for letter in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(letter))
    if "?" in bare:
        bare = _LOST_LETTERS.sub("?", bare)
    return bare.replace("oe", "o").replace("aa", "a").replace("ae", "a")


@lru_cache(maxsize=_REMEMBERED_TEXTS)
def words_of(text: str) -> Words:
    """The words of a text; takes time in proportion to its length.

    The rules, the profiles and the known answers all scan the same texts: they share the work.
    """
    found = _found(text)
    folded = tuple(form for form, _, _ in found)
    places: dict[str, list[int]] = defaultdict(list)
    for number, form in enumerate(folded):
        places[form].append(number)
    by_head: dict[str, list[str]] = defaultdict(list)
    for form in places:
        by_head[form[:_SHORTEST_STEM]].append(form)
    return Words(folded, array("l", [one[1] for one in found]), array("l", [one[2] for one in found]), places, by_head)


def _found(text: str) -> list[tuple[str, int, int]]:
    """Each word's folded form and the characters [start, end) where it stands."""
    pieces = (_CHUNK_OR_MAIL if "@" in text else _CHUNK).split(text)  # what is no word, a word, what is none, ...
    ends = list(accumulate(map(len, pieces)))
    return [
        (form, start + begin, start + end)
        for forms, start in zip(map(_forms, pieces[1::2]), ends[::2], strict=False)
        for form, begin, end in forms
    ]


@lru_cache(_REMEMBERED_WORDS)
def _forms(chunk: str) -> tuple[tuple[str, int, int], ...]:
    """The words of one unbroken piece of a text, each with its place: one, or the parts of a path, or none."""
    if chunk.startswith("/"):
        return tuple(_steps(chunk))
    if "@" in chunk or "://" in chunk or chunk[:4].lower() == "www.":
        return ()
    bare = chunk.strip("_")  # underscores mean emphasis
    if not 0 < len(bare) <= _LONGEST_WORD:
        return ()
    start = chunk.index(bare)
    return ((fold(bare), start, start + len(bare)),)


def _steps(path: str) -> Iterator[tuple[str, int, int]]:
    """The parts of a path, each a word that begins with a slash."""
    for part in _SEGMENT.finditer(path):
        if len(part.group()) <= _LONGEST_WORD:
            yield fold(part.group().rstrip(".:")), part.start(), part.end()


def trouble_with(entry: str) -> str | None:
    """Why an entry of a word list cannot be used, as a sentence for staff; None when it can."""
    if _LOOKS_LIKE_REGEX.search(entry):
        return f"'{entry}' looks like a regular expression; write plain words, and '*' only at the end of a word"
    if not _found(entry):
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
        self._heads = {stem[:_SHORTEST_STEM] for stem in self._root.stems}
        self._beginning = lru_cache(_REMEMBERED_WORDS)(lambda word: tuple(self._root.after(word)))

    def scan(self, text: str) -> dict[K, list[Seen]]:
        """Where the entries of each list stand in the text, in reading order; lists unseen are left out."""
        words = words_of(text)
        found: dict[K, list[Seen]] = {}
        for first, begun in self._begun(words):
            for lists, last in _ends(begun, words.folded, first):
                seen = Seen(words.starts[first], words.ends[last], first, last)
                for name in lists:
                    found.setdefault(name, []).append(seen)
        return found

    def _begun(self, words: Words) -> list[tuple[int, tuple[_Node[K], ...]]]:
        """The numbers of the words that may begin an entry, in order, each with what it begins."""
        known = set(words.places.keys() & self._root.words.keys())
        for head in words.by_head.keys() & self._heads:
            known.update(words.by_head[head])
        begun = ((word, self._beginning(word)) for word in known)
        return sorted((at, nodes) for word, nodes in begun if nodes for at in words.places[word])

    def _add(self, name: K, entry: str) -> None:
        node = self._root
        for _, start, end in _found(entry):
            node = node.add(_spellings(entry[start:end]), stem=entry[end : end + 1] == "*")
        if node is not self._root and name not in node.lists:
            node.lists.append(name)


def _ends(begun: Iterable[_Node[K]], words: Sequence[str], first: int) -> Iterator[tuple[list[K], int]]:
    """The lists whose entries begin at a word, each with the last word of the entry."""
    reached = [(begun, first)]
    while reached:
        nodes, at = reached.pop()
        for node in nodes:
            if node.lists:
                yield node.lists, at
            if (node.words or node.stems) and at + 1 < len(words):
                reached.append((node.after(words[at + 1]), at + 1))


def _spellings(word: str) -> tuple[str, ...]:
    """The folded word, and the form it has when its Nordic letters were lost on the way (`oppgj?r`)."""
    if word.isascii():
        return (fold(word),)
    lost = "".join("?" if letter in _NORDIC else letter for letter in unicodedata.normalize("NFC", word))
    return tuple(dict.fromkeys((fold(word), fold(lost))))

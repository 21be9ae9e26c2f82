"""Plain words found in plain text: folding, tokens, and one pass for any number of word lists.

Words are compared as people misspell them: any case; æ/ae/a, ø/oe/o, å/aa/a and their Swedish and
Finnish sisters alike; wrongly decoded letters (`oppgjÃ¸r`, `oppgj√∏r`) mended; a lost letter (`oppgj?r`,
`oppgj\ufffdr`) accepted. Web addresses and mail addresses are no words; the parts of a path are words that
begin with a slash, so `/settlements` and `settlements` are different things.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from itertools import accumulate, chain, compress, count, islice
from typing import Generic, NamedTuple, Self, TypeVar

__all__ = ["Seen", "WordIndex", "Words", "fold", "trouble_with", "words_of"]

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")
_Places = tuple[tuple[int, int], ...]  # the characters [start, end) of the words of a run

_LONGEST_WORD = 64  # longer runs are keys, tokens or Base64
_SHORTEST_STEM = 3
_REMEMBERED = 16_384  # words, and runs without blanks
_BEGINNINGS = 8_192  # words that begin an entry; the others are kept apart, at less cost
_REMEMBERED_TEXTS = 256  # of a batch of mails, which are scanned in several rounds
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
_CHUNK = re.compile(_OTHERS)
_CHUNK_OR_MAIL = re.compile(f"{_MAIL}|{_OTHERS}")
_RUN = re.compile(r"\S+")
_SEGMENT = re.compile(r"/[\w{}%.:-]+")
_LOST_LETTERS = re.compile(r"\?+")
_ODD = re.compile(r"[^ -.0-~]|[?@]|(?i:www\.)")  # may belong to an address, a path, or a word of other letters
_PLAIN = re.compile(r"[a-z0-9](?:\w*[a-z0-9])?")
_LOOKS_LIKE_REGEX = re.compile(r"[|()\[\]\\^$+]|\.\*")


@dataclass(frozen=True, eq=False)
class Words:
    """The words of a text in order, in their folded forms."""

    text: str
    folded: tuple[str, ...]
    different: frozenset[str]
    _runs: list[str]
    _within: dict[int, _Places] = field(default_factory=dict)  # the runs in which somebody asked for a place

    @classmethod
    def of(cls, text: str) -> Self:
        """No word crosses a blank, and what stands between blanks was mostly seen before."""
        runs = text.split()
        folded = tuple(chain.from_iterable(map(_FORMS.__getitem__, runs)))
        return cls(text, folded, frozenset(folded), runs)

    def place(self, number: int) -> tuple[int, int]:
        """The characters [start, end) where a word stands."""
        firsts, begun, begins = self._numbering
        run = bisect_right(firsts, number) - 1
        begun.extend(islice(begins, max(0, run + 1 - len(begun))))
        if run not in self._within:
            self._within[run] = _PLACES[self._runs[run]]
        start, end = self._within[run][number - firsts[run]]
        return begun[run] + start, begun[run] + end

    @cached_property
    def _numbering(self) -> tuple[list[int], list[int], Iterator[int]]:
        """The number of each run's first word, and the characters with which the runs begin: those of the first ones,
        as many as were asked for, and those that follow."""
        firsts = accumulate(map(len, map(_FORMS.__getitem__, self._runs)), initial=0)
        return list(firsts), [], (run.start() for run in _RUN.finditer(self.text))


class Seen(NamedTuple):
    """A listed word or phrase found in a text: its words first..last. Where they stand is worked out when asked for."""

    words: Words
    first: int
    last: int

    @property
    def start(self) -> int:
        """The character with which it begins."""
        return self.words.place(self.first)[0]

    @property
    def end(self) -> int:
        """The character behind it."""
        return self.words.place(self.last)[1]


@lru_cache(_REMEMBERED)
def fold(word: str) -> str:
    """One word in the form in which words are compared."""
    if word.isascii():
        bare = word.lower()
    else:
        mended = _MENDABLE.sub(lambda wrong: _MENDED[wrong.group()], word)
        plain = unicodedata.normalize("NFC", mended).casefold().translate(_DIGRAPHS)
        bare = "".join(letter for letter in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(letter))
    return _with_single_letters(_LOST_LETTERS.sub("?", bare) if "?" in bare else bare)


def _with_single_letters(bare: str) -> str:
    """A word in small letters with one letter for each pair that stands for a Nordic one."""
    return bare.replace("oe", "o").replace("aa", "a").replace("ae", "a")


@lru_cache(_REMEMBERED_TEXTS)
def words_of(text: str) -> Words:
    """The words of a text; takes time in proportion to its length.

    The rules, the profiles and the known answers all scan the same texts: they share the work.
    """
    return Words.of(text)


class _Remembered(dict[str, T]):
    """What is told of runs without blanks, of which the short ones come back in every mail."""

    def __init__(self, tell: Callable[[str], T]) -> None:
        self._tell = tell

    def __missing__(self, run: str) -> T:
        told = self._tell(run)
        if len(run) <= _LONGEST_WORD:
            if len(self) >= _REMEMBERED:
                self.clear()
            self[run] = told
        return told


def _forms(run: str) -> tuple[str, ...]:
    """The folded words of a run."""
    if _ODD.search(run):
        return tuple([form for form, _, _ in _found(run)])
    return tuple([_with_single_letters(word) for word in _PLAIN.findall(run.lower()) if len(word) <= _LONGEST_WORD])


def _places(run: str) -> _Places:
    return tuple((start, end) for _, start, end in _found(run))


_FORMS, _PLACES = _Remembered(_forms), _Remembered(_places)


def _found(text: str) -> Iterator[tuple[str, int, int]]:
    """Each word's folded form and the characters [start, end) where it stands."""
    for chunk in (_CHUNK_OR_MAIL if "@" in text else _CHUNK).finditer(text):
        at = chunk.start()
        for form, start, end in _in_chunk(chunk[0]):
            yield form, at + start, at + end


def _in_chunk(chunk: str) -> tuple[tuple[str, int, int], ...]:
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
    if not any(_found(entry)):
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

    def after(self, word: str) -> list[_Node[K]]:
        exact = self.words.get(word)
        found = [exact] if exact is not None else []
        for length in self.lengths:
            if length > len(word):
                break
            if (stem := self.stems.get(word[:length])) is not None:
                found.append(stem)
        return found


@dataclass(frozen=True, slots=True)
class _Beginning(Generic[K]):
    """What a word begins: the lists of which it is an entry by itself, what may go on after it, and with which words."""

    alone: Sequence[K]
    further: list[_Node[K]]
    followers: frozenset[str]
    anything: bool  # other words may follow as well: there are stems among them

    @classmethod
    def of(cls, nodes: Sequence[_Node[K]]) -> Self:
        """What leads to some places of the tree begins."""
        alone = dict.fromkeys(name for node in nodes for name in node.lists)
        further = [node for node in nodes if node.words or node.stems]
        followers = frozenset(word for node in further for word in node.words)
        return cls(tuple(alone), further, followers, any(node.stems for node in further))


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
        self._head = min(self._root.lengths, default=0)
        self._heads = {stem[: self._head] for stem in self._root.stems}
        self._beginnings: dict[str, _Beginning[K]] = {}
        self._idle: set[str] = set()  # words that begin nothing, as most words of every text

    def scan(self, text: str) -> dict[K, list[Seen]]:
        """Where the entries of each list stand in the text, in reading order; lists unseen are left out."""
        words = words_of(text)
        found: dict[K, list[Seen]] = defaultdict(list)
        if not (begun := self._begun(words.different)):
            return found
        for first in compress(count(), map(begun.__contains__, words.folded)):
            alone, further = begun[words.folded[first]]
            ends = chain([(alone, first)], _ends(further, words.folded, first)) if further else ((alone, first),)
            for lists, last in ends:
                seen = Seen(words, first, last)
                for name in lists:
                    found[name].append(seen)
        return found

    def _begun(self, words: frozenset[str]) -> dict[str, tuple[Sequence[K], list[_Node[K]]]]:
        """Those of some words with which an entry may begin in a text of them, each with the lists of which it is an
        entry by itself, and what may go on after it."""
        begun = {}
        for word in words - self._idle:
            if begins := self._beginnings.get(word) or self._begin(word):
                goes_on = begins.anything or not begins.followers.isdisjoint(words)
                if goes_on or begins.alone:
                    begun[word] = begins.alone, begins.further if goes_on else []
        return begun

    def _begin(self, word: str) -> _Beginning[K] | None:
        """What a word begins; remembered, as most words come back in every text."""
        likely = word in self._root.words or word[: self._head] in self._heads
        nodes = self._root.after(word) if likely else []
        if not nodes:
            if len(self._idle) >= _REMEMBERED:
                self._idle.clear()
            self._idle.add(word)
            return None
        if len(self._beginnings) >= _BEGINNINGS:
            self._beginnings.clear()
        self._beginnings[word] = begins = _Beginning.of(nodes)
        return begins

    def _add(self, name: K, entry: str) -> None:
        node = self._root
        for _, start, end in _found(entry):
            node = node.add(_spellings(entry[start:end]), stem=entry[end : end + 1] == "*")
        if node is not self._root and name not in node.lists:
            node.lists.append(name)


def _ends(nodes: list[_Node[K]], words: Sequence[str], at: int) -> Iterator[tuple[Sequence[K], int]]:
    """The lists of the phrases that begin at a word, each with the last word of the phrase, the shortest first."""
    for last in range(at + 1, len(words)):
        nodes = [child for node in nodes for child in node.after(words[last])]
        if not nodes:
            return
        for node in nodes:
            if node.lists:
                yield node.lists, last


def _spellings(word: str) -> tuple[str, ...]:
    """The folded word, and the form it has when its Nordic letters were lost on the way (`oppgj?r`)."""
    if word.isascii():
        return (fold(word),)
    lost = "".join("?" if letter in _NORDIC else letter for letter in unicodedata.normalize("NFC", word))
    return tuple(dict.fromkeys((fold(word), fold(lost))))

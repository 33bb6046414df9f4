"""Where the brackets of JSON stand, and where broken JSON can be picked up again."""

import re
from collections.abc import Collection

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]

SPACE = b" \t\r\n"
CANDIDATE = re.compile(rb'[,\[}]\s{0,4096}(\{)\s{0,4096}["}]')
"""What the start of a record looks like from outside: an object after `,`, `[`, `}`."""

_MARKS = bytes(c in b'"[]{}' for c in range(256))
_QUOTE, _BACKSLASH = 34, 92
_TOKEN = re.compile(rb'"(?:[^"\\]+|\\.)*+"|["\[\]{}]', re.DOTALL)
_CLOSES = {ord("{"): ord("}"), ord("["): ord("]")}
_TOKENS = 1_000_000  # a record with more brackets than this is not walked to its end


def brackets(
    window: bytes, in_string: bool, escaped: bool
) -> tuple[Ints, npt.NDArray[np.int64], bool, bool]:
    """The brackets of a piece of JSON that stand outside its strings.

    Args:
      window: the piece; it may start and end anywhere.
      in_string: the piece starts inside a string.
      escaped: a backslash before the piece escapes its first byte.

    Returns:
      (B,) positions in the piece; (B,) +1 for an opening and -1 for a closing bracket;
      `in_string` and `escaped` for the piece that follows. An empty piece gives none.
    """
    data = np.frombuffer(window, np.uint8)
    marks = np.flatnonzero(np.frombuffer(window.translate(_MARKS), np.bool_))
    kind = data[marks]
    quote = kind == _QUOTE
    if escaped or b"\\" in window:
        hidden, escaped = _escaped(data, escaped)
        quote &= ~np.isin(marks, hidden)
    quotes = np.cumsum(quote)
    outside = ((quotes + in_string) & 1 == 0) & (kind != _QUOTE)
    ends_inside = bool((int(quotes[-1]) if len(quotes) else 0) + in_string & 1)
    # `[` and `{` have bit 1 set (0x5B, 0x7B), `]` and `}` have not (0x5D, 0x7D).
    step = (kind[outside] & 2).astype(np.int64) - 1
    return marks[outside], step, ends_inside, escaped


def _escaped(data: npt.NDArray[np.uint8], escaped: bool) -> tuple[Ints, bool]:
    """Positions of the bytes that a backslash escapes; whether one escapes the next."""
    slashes = np.flatnonzero(data == _BACKSLASH)
    if escaped and len(slashes) and slashes[0] == 0:
        slashes = slashes[1:]
    first = np.diff(slashes, prepend=-2) != 1
    run = np.maximum.accumulate(np.where(first, slashes, 0))
    hidden = slashes[(slashes - run) % 2 == 0] + 1
    carried = bool(len(hidden) and hidden[-1] == len(data))
    if escaped and not len(data):
        carried = True
    return (np.append(hidden, 0) if escaped else hidden), carried


def flaw(raw: bytes, starts: re.Pattern[bytes] = CANDIDATE) -> int | None:
    """Where a record, or the first part of one, stops being properly nested.

    None when it is well nested as far as it goes; other mistakes are not looked for.
    A record that lacks a bracket or a quote swallows its neighbours, and this is how it
    is told from one that is merely long: a bracket closes the wrong kind, an object
    stands in an object without a key, or the start of a record (`starts`, as `headers`
    makes it) stands in a string.
    """
    open_: list[int] = []
    for count, token in enumerate(_TOKEN.finditer(raw)):
        at, mark = token.start(), raw[token.start()]
        if count > _TOKENS:
            return None
        if mark == _QUOTE:
            end = token.end() if token.end() - at > 1 else len(raw)
            if inside := CANDIDATE.search(raw, at, end):
                return inside.start(1)
            if starts.match(raw, end - 1):  # a key in place of the string's end
                return end - 1
            if end == len(raw):
                return None
        elif mark in _CLOSES:
            if open_ and not _may_open(raw, at, open_[-1]):
                return at
            open_.append(mark)
        elif not open_ or _CLOSES[open_.pop()] != mark:
            return at
    return None


def _may_open(raw: bytes, at: int, parent: int) -> bool:
    before = raw[max(0, at - 4096) : at].rstrip(SPACE)[-1:]
    return before in ((b":",) if parent == ord("{") else (b",", b"["))


def headers(sections: Collection[str]) -> re.Pattern[bytes]:
    """Matches the start of a record (group 1) or of a named section (group 2)."""
    names = b"|".join(re.escape(name.encode()) for name in sections) or rb"(?!)"
    return re.compile(
        CANDIDATE.pattern + rb'|"(' + names + rb')"\s*:\s*(\[)\s*(?=\{|\])'
    )

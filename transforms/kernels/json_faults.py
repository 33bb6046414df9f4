"""What is wrong with a record of a JSON file, and where reading can be picked up."""

import json
import re
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from posegate.transforms.kernels.json_scan import Ints

DEPTH = 64  # levels inside a record; COCO needs 3
LONG = 64 << 10  # bytes; a longer record is looked at before it is believed
SPACE = b" \t\r\n"
BOM = b"\xef\xbb\xbf"
CANDIDATE = re.compile(rb'[,\[}]\s{0,4096}(\{)\s{0,4096}["}]')
"""What the start of a record looks like from outside: an object after `,`, `[`, `}`."""

_QUOTE = 34
_TOKEN = re.compile(rb'"(?:[^"\\]+|\\.)*+"|["\[\]{}]', re.DOTALL)
_CLOSES = {ord("{"): ord("}"), ord("["): ord("]")}
_TOKENS = 1_000_000  # a record with more brackets is not walked to its end
_PARSED = 4 << 20  # bytes: of a longer record only the first part is parsed
_LITERAL = 8  # bytes: longer than `false` or an escape cut in two
_PARSER = json.JSONDecoder(parse_int=float)  # int() raises from 4301 digits on


@dataclass(frozen=True)
class Fault:
    """Why the bytes from `start` on are no record, and the byte where that shows."""

    start: int
    wrong: int
    reason: str
    detail: str


def not_json(head: bytes) -> tuple[str, str] | None:
    """Why a file that starts like this has no records: a code, and what it does."""
    if head[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in head[:2]:
        return "json.encoding", "is not UTF-8 (UTF-16?); export as UTF-8"
    first = head.removeprefix(BOM).lstrip(SPACE)[:1]
    if not first:
        return "json.empty", "is empty; deliver it again"
    if first not in (b"{", b"["):
        return "json.not-json", f"starts with {head[:20]!r}, not an object or a list"
    return None


def behind(broken: bytes) -> int:
    """How far into broken bytes a start of a record cannot lie before their end.

    It may have begun before the end: with a comma, or with the key of a section.
    """
    at = max(0, len(broken.rstrip(SPACE)) - 1)
    if broken[at : at + 1] == b'"':
        return max(0, broken.rfind(b'"', 0, at))
    return at


def unbalanced(start: int, wrong: int) -> Fault:
    """A record that does not end where it should, or never began."""
    detail = "it lacks a bracket or a quote; export it again"
    return Fault(start, wrong, "json.unbalanced", detail)


def too_deep(start: int, wrong: int) -> Fault:
    """A record of more than `DEPTH` levels."""
    detail = f"it is nested deeper than {DEPTH} levels; leave out what is so deep"
    return Fault(start, wrong, "json.too-deep", detail)


def too_long(start: int, wrong: int, limit: int) -> Fault:
    """A record of more than `limit` bytes."""
    detail = f"it is longer than {limit} bytes; split it, or leave out what is so long"
    return Fault(start, wrong, "json.too-long", detail)


def stray(data: bytes, starts: Ints, before: Ints) -> tuple[int, int] | None:
    """The first record that is a list or has more than a comma before it, and where.

    `before` (N,): the ends of what stands before `starts` (N,).
    """
    view = np.frombuffer(data, np.uint8)
    lists = view[starts] == ord("[")  # a list swallows the records behind it
    wide, second = starts - before, view[np.minimum(before + 1, starts)]
    plain = (wide == 1) | ((wide == 2) & ((second == ord(" ")) | (second == ord("\n"))))
    gaps = np.flatnonzero(lists | ~plain | (view[before] != ord(",")))
    for i in gaps.tolist():
        if lists[i] or data[before[i] : starts[i]].strip(SPACE + b","):
            return i, int(starts[i] if lists[i] else before[i])
    return None


def wrong_end(
    data: bytes,
    starts: Ints,
    stops: Ints,
    limit: int,
    deepest: int | None,
    record: re.Pattern[bytes],
) -> tuple[int, Fault] | None:
    """The first record (N,) that is too long, too deep, or ends in the wrong bracket.

    Args:
      data: the bytes that `starts` and `stops` point into.
      limit: bytes of a record.
      deepest: a place more than `DEPTH` levels inside a record, if there is one.
      record: what a record starts like, as `headers` makes it.
    """
    view = np.frombuffer(data, np.uint8)
    sizes = stops - starts
    wrong = (view[stops - 1] - view[starts] != 2) | (sizes > limit)  # } - { is ] - [
    if deepest is not None:
        wrong |= (starts < deepest) & (deepest < stops)
    for i in np.flatnonzero((sizes > LONG) & ~wrong).tolist():
        wrong[i] = flaw(data[starts[i] : stops[i]], record, whole=True) is not None
    if not wrong.any():
        return None
    i = int(wrong.argmax())
    start, stop = int(starts[i]), int(stops[i])
    at = flaw(data[start:stop], record, whole=True)
    sound = stop if at is None else start + at
    if deepest is not None and start < deepest < sound:
        return i, too_deep(start, deepest)
    if sound == stop:
        return i, too_long(start, start + 1, limit)
    return i, unbalanced(start, sound)


def flaw(
    raw: bytes, starts: re.Pattern[bytes] = CANDIDATE, whole: bool = False
) -> int | None:
    """Where a record, or unless `whole` the first part of one, stops being JSON.

    A record that lacks a bracket or a quote swallows its neighbours, and this is how it
    is told from one that is merely long. What looks like a start of a record (`starts`,
    as `headers` makes it) inside a string counts, because a quote that is missing
    before makes a string of what stands between two others. None: nowhere.
    """
    places = syntax(raw, whole), _nesting(raw, starts)
    found = [at for at in places if at is not None]
    return min(found, default=None)


def syntax(raw: bytes, whole: bool = False) -> int | None:
    """Where the parser stumbles; unless `whole`, not over the end of what is there.

    A part is read as Latin-1: it may end inside a character, and JSON's own are ASCII.
    """
    part = raw[:_PARSED].decode("latin-1")
    try:
        _, end = _PARSER.raw_decode(part)
    except RecursionError:
        return None
    except json.JSONDecodeError as error:
        cut = error.pos >= len(part) - _LITERAL or error.msg.startswith("Unterminated")
        return None if cut and not (whole and len(raw) <= _PARSED) else error.pos
    return None if end == len(part) else end


def _nesting(raw: bytes, starts: re.Pattern[bytes]) -> int | None:
    """Where a bracket closes the wrong kind, or a start of a record is in a string."""
    open_: list[int] = []
    for count, token in enumerate(_TOKEN.finditer(raw)):
        at, mark = token.start(), raw[token.start()]
        if count > _TOKENS:
            return None
        if count and not open_:
            return at
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
    """Whether a bracket may stand here: after a key, or in a list of its like.

    Lists that mix objects with numbers or lists are JSON, but nobody's; they come of a
    record that was cut off inside a list, before the next one.
    """
    before = raw[max(0, at - 4096) : at].rstrip(SPACE)
    if parent == ord("{"):
        return before.endswith(b":")
    if not before.endswith(b","):
        return before.endswith(b"[")
    return raw[at] == ord("[") or before[:-1].rstrip(SPACE)[-1:] in b'}"l'


def headers(sections: Collection[str]) -> re.Pattern[bytes]:
    """Matches the start of a record (group 1) or of a named section (group 2)."""
    names = b"|".join(re.escape(name.encode()) for name in sections) or rb"(?!)"
    return re.compile(
        CANDIDATE.pattern + rb'|"(' + names + rb')"\s*:\s*(\[)\s*(?=\{|\])'
    )

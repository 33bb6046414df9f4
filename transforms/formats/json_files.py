"""The records of a tool's JSON export: a list, a line each, or one object.

[{...}, {...}]        a list, read as a stream
{...}\\n{...}\\n        JSON Lines, read line by line
{\\n  "a": ...\\n}      one object, read whole
"""

import json
from collections.abc import Callable, Iterator
from itertools import chain, islice
from typing import Any

import msgspec

from posegate.transforms.formats.build import RAW, Build
from posegate.transforms.formats.files import File
from posegate.transforms.formats.streams import DamagedStream
from posegate.transforms.kernels.json_events import Broken, Run
from posegate.transforms.kernels.json_faults import BOM, SPACE, not_json
from posegate.transforms.kernels.json_records import Records

LIMIT = 256 << 20
"""Bytes of a record: a long video with every frame is one."""

_SMALL = 64 << 10
"""Bytes of a file that is first tried as one object."""

Found = tuple[int, bytes, Any]
"""The ordinal of a record in its file, its bytes, and what they say."""

Decode = Callable[[bytes], Any]
"""Raises Unreadable for bytes that are no JSON."""

_TRIES = 100
"""Times that reading picks up behind broken brackets before it gives the file up."""

_DECODER = msgspec.json.Decoder()
_DEEP = 400
"""Levels that Python's own parser is trusted with."""


class Unreadable(Exception):
    """Bytes that are no JSON; the text is the reason, in a clause."""


def decoded(raw: bytes) -> Any:
    """A JSON text; NaN and Infinity, which some exporters write, are numbers.

    Raises Unreadable.
    """
    try:
        return _DECODER.decode(raw)
    except RecursionError as error:
        raise Unreadable("it is nested too deep") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        if b"NaN" not in raw and b"Infinity" not in raw:
            raise Unreadable(str(error)) from error
        return _lenient(raw)


def typed(*kinds: Any) -> Decode:
    """`decoded`, but of the first type that fits, and without what the type lacks.

    Texts that it leaves out must be UTF-8 too, which msgspec does not look at.
    """
    decoders = [msgspec.json.Decoder(kind) for kind in kinds]

    def decode(raw: bytes) -> Any:
        for decoder in decoders:
            try:
                _ = raw.isascii() or str(raw, "utf-8")
                return decoder.decode(raw)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                continue
        return decoded(raw)

    return decode


def _lenient(raw: bytes) -> Any:
    if max(raw.count(b"["), raw.count(b"{")) > _DEEP and _depth(raw) > _DEEP:
        raise Unreadable("it is nested too deep")
    try:
        found = json.loads(raw)
        if b"\\ud" in raw.lower():  # half a pair is no text, as msgspec has it
            json.dumps(found, ensure_ascii=False).encode()
    except (ValueError, UnicodeError) as error:
        raise Unreadable(str(error)) from error
    return found


def _depth(raw: bytes) -> int:
    """How deep brackets are nested at most; those in strings count too."""
    depth = deepest = 0
    for byte in raw.translate(None, bytes(set(range(256)) - set(b"[]{}"))):
        depth += 1 if byte in b"[{" else -1
        deepest = max(deepest, depth)
    return deepest


def records(
    file: File,
    build: Build,
    sound: Callable[[Any], bool] = bool,
    decode: Decode = decoded,
) -> Iterator[Found]:
    """Every record of a file that can be read; the others go to quarantine.

    A record that cannot is refused; what is wrong with the file itself is said. Where
    reading picks up behind a broken record it may find itself inside that one: what is
    not `sound` there is a part of it, and goes with it. `decode` may be `typed`.
    """
    try:
        yield from _records(file, build, sound, decode)
    except DamagedStream as damage:
        build.damaged(file.name, damage)


def _records(
    file: File, build: Build, sound: Callable[[Any], bool], decode: Decode
) -> Iterator[Found]:
    data = file.plain(_SMALL)
    if data is not None and (found := _one(data, decode)) is not None:
        yield found
        return
    pieces = file.chunks() if data is None else iter([data])
    head = b""
    for piece in pieces:
        head += piece
        if len(head.removeprefix(BOM).strip(SPACE)) > 1:
            break
    wrong = not_json(head)
    if wrong is not None:
        build.say(file.name, wrong[0], f"the file {wrong[1]}", head[:RAW])
    elif head.removeprefix(BOM).lstrip(SPACE)[:1] == b"[":
        yield from _listed(chain([head], pieces), file, build, sound, decode)
    else:
        pieces = chain([head.removeprefix(BOM)], pieces)
        yield from _lines(pieces, file, build, decode)


def _one(data: bytes, decode: Decode) -> Found | None:
    """The only record of a file that is one object."""
    raw = data.removeprefix(BOM).strip(SPACE)
    if not raw.startswith(b"{"):
        return None
    try:
        return 0, raw, decode(raw)
    except Unreadable:
        return None


def _listed(
    pieces: Iterator[bytes],
    file: File,
    build: Build,
    sound: Callable[[Any], bool],
    decode: Decode,
) -> Iterator[Found]:
    found = Records(pieces, limit=LIMIT)
    inside = 0  # times that reading picked up since the last sound record
    for event in found:
        if isinstance(event, Broken):
            if not inside or event.ordinal < 0:
                _broken(event, file, build)
            inside += event.ordinal >= 0
            if inside > _TRIES:
                detail = f"no sound record follows record {event.ordinal - inside}"
                build.say(file.name, "json.unbalanced", detail)
                return
        elif event.section == "":
            for each in _run(event, found, file, build, decode):
                if not inside or sound(each[2]):
                    inside = 0
                    yield each


def _run(
    event: Run, found: Records, file: File, build: Build, decode: Decode
) -> Iterator[Found]:
    """The records of a run; stops at one that has swallowed its neighbours."""
    for i in range(len(event.starts)):
        raw = event.raw(i)
        try:
            value = decode(raw)
        except Unreadable as error:
            at = found.swallows(raw)
            if at is not None:
                found.reject(event, i, at, "json.malformed", str(error))
                return
            _refuse(build, file, event.first + i, str(error), raw)
            continue
        yield event.first + i, raw, value


def _broken(event: Broken, file: File, build: Build) -> None:
    if event.ordinal < 0:
        build.say(file.name, event.reason, event.detail, event.raw)
    else:
        build.refuse(file.name, event.ordinal, event.reason, event.detail, event.raw)


def _lines(
    pieces: Iterator[bytes], file: File, build: Build, decode: Decode
) -> Iterator[Found]:
    """A record a line; or one object, where it takes several."""
    seen: list[bytes] = []
    start = list(islice(_split(_kept(pieces, seen)), 2))
    pieces = chain(seen, pieces)
    if not start[0].endswith(b"}") and not any(s.startswith(b"{") for s in start[1:]):
        yield from _whole(pieces, file, build, decode)
        return
    for ordinal, line in enumerate(_split(pieces)):
        if len(line) > LIMIT:
            detail = f"line {ordinal + 1} is longer than {LIMIT} bytes; split it"
            build.refuse(file.name, ordinal, "json.too-long", detail, line)
            continue
        try:
            yield ordinal, line, decode(line)
        except Unreadable as error:
            _refuse(build, file, ordinal, str(error), line)


def _kept(pieces: Iterator[bytes], seen: list[bytes]) -> Iterator[bytes]:
    """The pieces up to about `LIMIT` bytes, each put among the seen ones too."""
    size = 0
    while size <= LIMIT and (piece := next(pieces, b"")):
        seen.append(piece)
        size += len(piece)
        yield piece


def _split(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The lines that are not blank; one beyond `LIMIT` is cut somewhere behind it."""
    waiting: list[bytes] = []
    size = 0
    for piece in pieces:
        *ended, rest = piece.split(b"\n")
        for part in ended:
            waiting.append(part)
            if line := b"".join(waiting).strip(SPACE):
                yield line
            waiting, size = [], 0
        if size <= LIMIT:
            waiting.append(rest)
            size += len(rest)
    if line := b"".join(waiting).strip(SPACE):
        yield line


def _whole(
    pieces: Iterator[bytes], file: File, build: Build, decode: Decode
) -> Iterator[Found]:
    """One object over many lines."""
    parts: list[bytes] = []
    size = 0
    for piece in pieces:
        parts.append(piece)
        size += len(piece)
        if size > LIMIT:
            detail = f"it is one record of more than {LIMIT} bytes; split it"
            build.say(file.name, "file.too-large", detail, parts[0][:RAW])
            return
    raw = b"".join(parts).strip(SPACE)
    parts = parts[:0]  # the file, held twice
    try:
        yield 0, raw, decode(raw)
    except Unreadable as error:
        build.say(file.name, "json.malformed", f"it is no JSON: {error}", raw[:RAW])


def _refuse(build: Build, file: File, ordinal: int, why: str, raw: bytes) -> None:
    build.refuse(file.name, ordinal, "json.malformed", f"record {ordinal}: {why}", raw)

"""A shard's bytes as a stream of pieces: inflated where gzip, UTF-8 where UTF-16."""

import codecs
import re
import zlib
from collections.abc import Iterator
from typing import BinaryIO

CHUNK = 1 << 20  # 4 MiB is no faster and takes 30 MB more
RATIO = 1000  # deflate reaches 1032 on constant bytes, JSON of poses about 5
GRACE = 256 << 20  # inflated bytes before the ratio is looked at: these are read anyway
_PIECE = 64 << 10
_GZIP = 16 + zlib.MAX_WBITS

UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_DECLARED = re.compile(rb"""(<\?xml[^>]{0,200}?encoding=["'])[^"']{0,40}""")


class DamagedStream(Exception):
    """The bytes go wrong from here on; what came before stands."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason, self.detail = reason, detail


def chunks(stream: BinaryIO, size: int = CHUNK) -> Iterator[bytes]:
    """The content in pieces of at most about `size` bytes; none for an empty stream.

    A text in UTF-16 (what Windows calls Unicode: it begins with a mark) is recoded.

    Raises DamagedStream, after the last good piece, for a damaged or cut-off gzip and
    for one that inflates beyond reason.
    """
    pieces = _stored(stream, size)
    first = next(pieces, b"")
    while 0 < len(first) < 2 and (more := next(pieces, b"")):
        first += more
    if first.startswith(UTF16):
        yield from _recoded(first, pieces)
        return
    if first:
        yield first
    yield from pieces


def _recoded(first: bytes, pieces: Iterator[bytes]) -> Iterator[bytes]:
    """UTF-16 as UTF-8, and what XML declares of it; half a character is U+FFFD."""
    decode = codecs.getincrementaldecoder("utf-16")("replace").decode
    text = decode(first).encode()
    while len(text) < 256 and (piece := next(pieces, b"")):
        text += decode(piece).encode()
    yield _DECLARED.sub(rb"\1UTF-8", text, count=1)
    for piece in pieces:
        yield decode(piece).encode()
    if rest := decode(b"", True):
        yield rest.encode()


def _stored(stream: BinaryIO, size: int) -> Iterator[bytes]:
    """As it is stored, inflated."""
    head = stream.read(2)
    if head != b"\x1f\x8b":
        while piece := head + stream.read(size):
            head = b""
            yield piece
        return
    yield from _inflated(head, stream, size)


def _inflated(head: bytes, stream: BinaryIO, size: int) -> Iterator[bytes]:
    inflate = zlib.decompressobj(_GZIP)
    taken = given = 0
    rest = head
    while rest := rest or stream.read(_PIECE):
        if inflate.eof:
            if not rest.strip(b"\0"):
                rest = b""
                continue
            inflate = zlib.decompressobj(_GZIP)
        before = inflate.copy()
        try:
            piece = inflate.decompress(rest, size)
        except zlib.error as error:
            yield _saved(before, rest)
            raise DamagedStream(
                "file.gzip",
                f"the gzip stream is damaged near byte {taken} ({error})",
            ) from error
        left = inflate.unused_data if inflate.eof else inflate.unconsumed_tail
        taken += len(rest) - len(left)
        given += len(piece)
        rest = left
        if piece:
            yield piece
        if given > GRACE and given > RATIO * taken:
            raise DamagedStream(
                "file.inflates",
                f"{taken} bytes of gzip inflate to more than {given}; reading stopped, "
                "deliver it without compression",
            )
    if not inflate.eof:
        raise DamagedStream(
            "file.gzip", f"the gzip stream is cut off at byte {taken}; deliver it again"
        )


def _saved(inflate: "zlib._Decompress", rest: bytes) -> bytes:
    """What can be inflated before the damage, a byte at a time."""
    saved = b""
    try:
        for i in range(len(rest)):
            saved += inflate.decompress(rest[i : i + 1], CHUNK)
    except zlib.error:
        pass
    return saved

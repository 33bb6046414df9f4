"""A shard's bytes as a stream of pieces, inflated where it is gzip."""

import zlib
from collections.abc import Iterator
from typing import BinaryIO

CHUNK = 1 << 20  # 4 MiB is no faster and takes 30 MB more
RATIO = 1000  # deflate reaches 1032 on constant bytes, JSON of poses about 5
GRACE = 256 << 20  # inflated bytes before the ratio is looked at: these are read anyway
_PIECE = 64 << 10
_GZIP = 16 + zlib.MAX_WBITS


class DamagedStream(Exception):
    """The bytes go wrong from here on; what came before stands."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason, self.detail = reason, detail


def chunks(stream: BinaryIO, size: int = CHUNK) -> Iterator[bytes]:
    """The content in pieces of at most about `size` bytes; none for an empty stream.

    Raises DamagedStream, after the last good piece, for a damaged or cut-off gzip and
    for one that inflates beyond reason.
    """
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

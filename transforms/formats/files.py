"""The files that a shard stands for: itself, a bundle's, or those in an archive.

Nothing is unpacked onto a disk: a member's name can point nowhere.
"""

import io
import re
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from typing import BinaryIO, cast

from posegate.transforms.formats.streams import (
    CHUNK,
    GRACE,
    RATIO,
    UTF16,
    DamagedStream,
    chunks,
)
from posegate.transforms.model.delivery import Shard

ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz")

_SMALL = 64 << 10

LARGEST = 1 << 30
"""Bytes of a file that a library must have whole; larger ones are refused."""

_DAMAGE = (
    *(tarfile.TarError, zipfile.BadZipFile, zlib.error, EOFError, OSError),
    *(struct.error, NotImplementedError, RuntimeError),  # of headers that make no sense
    *(TypeError, ValueError, OverflowError, IndexError),  # and of what tarfile misses
)
"""What Python's own readers of archives raise over damaged ones."""


@dataclass(frozen=True)
class File:
    """One file of a delivery; `name` is what rows call their `source`.

    `open` gives its stored bytes, as a stream that can be sought unless it lies in a
    tar; inside an archive it is good until the next file is asked for.
    """

    name: str
    open: Callable[[], BinaryIO]

    def chunks(self, size: int = CHUNK) -> Iterator[bytes]:
        """The content in pieces, inflated where it is gzip; may raise DamagedStream."""
        with closing(self.open()) as stream:
            yield from chunks(stream, size)

    def stream(self) -> io.BufferedReader:
        """The content, inflated, to be read in order; may raise DamagedStream."""
        return io.BufferedReader(_Inflated(self.chunks()), CHUNK)

    def plain(self, limit: int) -> bytes | None:
        """The whole content, if it is stored as it is and has at most `limit` bytes.

        As most have, of formats with a file an image: pieces would cost more than
        reading.
        """
        with closing(self.open()) as stream:
            if isinstance(stream, io.BufferedReader | io.BytesIO):
                size = min(_SMALL, limit + 1)
                data = stream.read(size)
                if data.startswith((b"\x1f\x8b", *UTF16)):
                    return None
                if len(data) < size:
                    return data
                if stream.seekable() and stream.seek(0, io.SEEK_END) <= limit:
                    stream.seek(0)
                    return stream.read()
        return None

    def read(self, limit: int = LARGEST) -> bytes:
        """The whole content, inflated; raises DamagedStream beyond `limit` bytes."""
        data = self.plain(limit)
        if data is not None:
            return data
        pieces, size = [], 0
        for piece in self.chunks():
            pieces.append(piece)
            size += len(piece)
            if size > limit:
                raise DamagedStream(
                    "file.too-large",
                    f"it is larger than {limit} bytes, and must be read whole; "
                    "split it",
                )
        return b"".join(pieces)


class _Inflated(io.RawIOBase):
    """Pieces as a raw stream."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._left = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer).cast("B")  # type: ignore[arg-type]  # a buffer
        if not self._left:
            self._left = next(self._pieces, b"")
        count = min(len(view), len(self._left))
        view[:count] = self._left[:count]
        self._left = self._left[count:]
        return count


def is_archive(name: str) -> bool:
    """Whether a file is one of many in one, by its ending."""
    return name.lower().endswith(ARCHIVES)


def files(
    shard: Shard, open: Callable[[str], BinaryIO]
) -> Iterator["File | DamagedStream"]:
    """The files of a shard, in the order of their names, or of a tar's own.

    Hidden ones are left out, as they are in a folder. Where an archive is damaged, has
    a name that leads out of it or holds another archive, a DamagedStream comes in the
    place of what is lost.
    """
    if shard.members:
        for member in shard.members:
            yield File(member.name, partial(open, member.path))
    elif shard.name.lower().endswith(".zip"):
        yield from _zipped(shard, open)
    elif is_archive(shard.name):
        yield from _tarred(shard, open)
    else:
        yield File(shard.name, partial(open, shard.path))


def _zipped(
    shard: Shard, open: Callable[[str], BinaryIO]
) -> Iterator[File | DamagedStream]:
    with closing(open(shard.path)) as stored:
        try:
            archive = zipfile.ZipFile(stored)
        except _DAMAGE as error:
            yield _damaged(error)
            return
        for info in sorted(archive.infolist(), key=lambda info: info.filename):
            if info.is_dir() or _hidden(info.filename):
                continue
            if not _safe(info.filename):
                yield _unsafe(info.filename)
                continue
            if is_archive(info.filename):
                yield _nested(info.filename)
                continue
            name = f"{shard.name}/{info.filename}"
            yield File(name, partial(_unzip, archive, info))


def _unzip(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> BinaryIO:
    try:
        member = archive.open(info)
    except _DAMAGE as error:
        raise _damaged(error, info.filename) from error
    packed = max(info.compress_size, 1)
    return cast(BinaryIO, _Guarded(cast(BinaryIO, member), info.filename, packed))


class _Guarded(io.RawIOBase):
    """A member of an archive; what is wrong with it is a DamagedStream.

    `packed` is its size in the archive [bytes].
    """

    def __init__(self, member: BinaryIO, name: str, packed: int) -> None:
        self._member, self._name, self._packed = member, name, packed
        self._given = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return self._member.seekable()

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._member.seek(offset, whence)

    def tell(self) -> int:
        return self._member.tell()

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer).cast("B")  # type: ignore[arg-type]  # a buffer
        try:
            piece = self._member.read(len(view))
        except _DAMAGE as error:
            raise _damaged(error, self._name) from error
        view[: len(piece)] = piece
        self._given += len(piece)
        if self._given > GRACE and self._given > RATIO * self._packed:
            raise DamagedStream(
                "file.inflates",
                f"{self._name}: {self._packed} bytes inflate to more than "
                f"{self._given}; deliver it without compression",
            )
        return len(piece)


def _tarred(
    shard: Shard, open: Callable[[str], BinaryIO]
) -> Iterator[File | DamagedStream]:
    with closing(open(shard.path)) as stored:
        try:
            with tarfile.open(fileobj=stored, mode="r|*") as archive:
                for info in archive:
                    if not info.isfile() or _hidden(info.name):
                        continue
                    if not _safe(info.name):
                        yield _unsafe(info.name)
                        continue
                    if is_archive(info.name):
                        yield _nested(info.name)
                        continue
                    name = f"{shard.name}/{info.name.removeprefix('./')}"
                    yield File(name, partial(_extracted, archive, info))
        except _DAMAGE as error:
            yield _damaged(error)


def _extracted(archive: tarfile.TarFile, info: tarfile.TarInfo) -> BinaryIO:
    found = archive.extractfile(info)
    assert found is not None  # a file, as `isfile` says
    return cast(BinaryIO, _Guarded(cast(BinaryIO, found), info.name, info.size))


def _hidden(name: str) -> bool:
    """Whether a name begins with a dot, or a folder's of it: as macOS packs beside
    every file what it knows of it, in `__MACOSX/._name`."""
    inner = name.replace("\\", "/").removeprefix("./")
    return re.search(r"(^|/)\.(?!\.?(/|$))", inner) is not None


def _safe(name: str) -> bool:
    """Whether a member's name stays inside its archive."""
    parts = name.replace("\\", "/").split("/")
    return ".." not in parts and not name.startswith(("/", "\\")) and ":" not in name


def _unsafe(name: str) -> DamagedStream:
    return DamagedStream(
        "archive.unsafe-name",
        f"{name!r} leads out of the archive and was left alone; pack it again",
    )


def _nested(name: str) -> DamagedStream:
    return DamagedStream(
        "archive.nested",
        f"{name!r} is an archive in an archive, which is not read; deliver it beside",
    )


def _damaged(error: Exception, name: str = "") -> DamagedStream:
    where = f"{name}: " if name else ""
    return DamagedStream(
        "archive.damaged",
        f"{where}the archive is damaged ({error}); deliver it again",
    )

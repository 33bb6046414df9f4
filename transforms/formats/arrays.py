"""The arrays of a numpy .npz file, none of which is allowed to be a Python object.

They are read some rows at a time, side by side, where they lie in rows: as numpy has
them unless told otherwise.
"""

import io
import math
import struct
import zipfile
import zlib
from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from typing import IO, Any, BinaryIO, cast

import numpy as np
from numpy.lib import format as npy

from posegate.transforms.formats.files import LARGEST, File

_DAMAGE = (
    *(zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, KeyError),
    *(RuntimeError, NotImplementedError, MemoryError, OverflowError, TypeError),
    *(SyntaxError, UnicodeDecodeError, struct.error),
)
"""What numpy and zipfile raise for files that are damaged, in one place or another."""

_HEADER = 1 << 20
"""Bytes of numpy's header of an array, at most."""


class Unreadable(Exception):
    """Why a file's arrays cannot be read, in a sentence."""


class Stored:
    """An array of `shape` whose rows are read one after another."""

    def __init__(self, name: str, member: IO[bytes], size: int) -> None:
        shape, turned, self.dtype = _header(member)
        if self.dtype.hasobject:
            raise Unreadable(
                f"{name} holds Python objects, which could run code; save plain arrays"
            )
        count = math.prod(shape)
        if min(shape, default=0) < 0 or count * self.dtype.itemsize > size:
            raise Unreadable(f"{name} says it is {shape}, which is more than is stored")
        self.name = name
        self.shape = tuple(shape)
        self._turned = turned and len(shape) > 1
        self._member, self._done = member, 0

    def __len__(self) -> int:
        return self.shape[0] if self.shape else 0

    @property
    def ndim(self) -> int:
        """How many axes it has."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """How many elements it has."""
        return math.prod(self.shape)

    def read(self, count: int) -> np.ndarray[Any, Any]:
        """The next rows, no more than there are; raises Unreadable where one is cut."""
        count = min(count, len(self) - self._done)
        self._done += count
        if self._turned:
            return self._whole[self._done - count : self._done]
        return self._read((count, *self.shape[1:]))

    def flat(self) -> None:
        """From now on its elements are its rows."""
        if self._turned:
            self._all = self._whole.ravel()
        self.shape = (self.size,)

    @property
    def _whole(self) -> np.ndarray[Any, Any]:
        """All of it, where what lies side by side are columns."""
        if not hasattr(self, "_all"):
            if self.size * self.dtype.itemsize > LARGEST:
                raise Unreadable(
                    f"{self.name} lies in columns and is too large; save rows"
                )
            self._all = self._read(self.shape[::-1]).T
        return self._all

    def _read(self, shape: tuple[int, ...]) -> np.ndarray[Any, Any]:
        """What comes next, in that shape."""
        size = math.prod(shape) * self.dtype.itemsize
        if not size:
            return np.zeros(shape, self.dtype)
        with _saying():
            data = self._member.read(size)
            return np.frombuffer(data, self.dtype, math.prod(shape)).reshape(shape)


@contextmanager
def _saying() -> Iterator[None]:
    """What is wrong with a file, as Unreadable."""
    try:
        yield
    except _DAMAGE as error:
        raise Unreadable(f"it is damaged ({error}); deliver it again") from error


@contextmanager
def arrays(
    file: File, wanted: Collection[str], spared: Mapping[str, str]
) -> Iterator[tuple[dict[str, Stored], set[str]]]:
    """Those of a file's arrays that are wanted, and the names of those left alone.

    `spared` are left alone if there is another, by its name. An array that says it is
    larger than what is stored for it is not allocated. Raises DamagedStream as reading
    the file does, Unreadable for any other trouble, as reading the arrays does.
    """
    with ExitStack() as held:
        stream = held.enter_context(closing(file.open()))
        direct = isinstance(stream, io.BufferedReader | io.BytesIO)  # not in an archive
        plain = direct and stream.read(2) == b"PK"
        source = stream if plain else io.BytesIO(file.read())
        with _saying():
            archive = held.enter_context(zipfile.ZipFile(source))
            there = {name.removesuffix(".npy") for name in archive.namelist()}
            left = {name for name, other in spared.items() if other in there}
            size = source.seek(0, io.SEEK_END)
            found = _arrays(archive, held, set(wanted) - left, size)
        yield found, left & there


def _arrays(
    archive: zipfile.ZipFile, held: ExitStack, wanted: Collection[str], size: int
) -> dict[str, Stored]:
    """Those wanted, of an archive of so many bytes."""
    infos = {info.filename.removesuffix(".npy"): info for info in archive.infolist()}
    if sum(info.file_size for info in infos.values()) > max(LARGEST, size):
        raise Unreadable(f"it inflates to more than {LARGEST} bytes; split it")
    found: dict[str, Stored] = {}
    for name in infos.keys() & set(wanted):
        member = held.enter_context(archive.open(infos[name]))
        found[name] = Stored(name, member, infos[name].file_size)
    if not found:
        raise Unreadable(f"its arrays are {', '.join(sorted(infos)[:8])}")
    return found


def _header(member: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """Shape, whether columns lie side by side, and type."""
    start = member.read(12)
    old = start[6:7] == b"\x01"
    (size,) = struct.unpack_from("<H" if old else "<I", start, 8)
    if size > _HEADER:
        raise ValueError(f"a header of {size} bytes")
    rest = member.read(size + (10 if old else 12) - len(start))
    stream = cast(BinaryIO, io.BytesIO(start + rest))
    npy.read_magic(stream)
    header = npy.read_array_header_1_0 if old else npy.read_array_header_2_0
    return header(stream)

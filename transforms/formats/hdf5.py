"""HDF5 files, opened so that none can lead out of itself or claim more than it holds.

h5py is an extra: a format that reads HDF5 imports this module when it reads.
"""

import io
import math
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any, BinaryIO

import h5py

from posegate.transforms.formats.files import LARGEST, File
from posegate.transforms.formats.streams import GRACE, RATIO, DamagedStream

MAGIC = b"\x89HDF\r\n\x1a\n"
ERRORS = (
    *(OSError, RuntimeError, ValueError, TypeError, MemoryError),
    *(LookupError, ArithmeticError, AttributeError),
)
"""What h5py raises on damage."""


@contextmanager
def opened(file: File) -> Iterator["Archive"]:
    """The file, for reading; raises DamagedStream for one that cannot be opened.

    So does whatever goes wrong while it is read.
    """
    with closing(file.open()) as stream:
        source = _seekable(stream, file)
        try:
            with h5py.File(source, "r") as found:
                yield Archive(found, source.seek(0, io.SEEK_END))
        except ERRORS as error:
            raise damaged(str(error)) from error


def _seekable(stream: BinaryIO, file: File) -> BinaryIO:
    """The stored bytes, or in memory those that are compressed or in an archive."""
    plain = isinstance(stream, io.BufferedReader | io.BytesIO)
    if plain and stream.read(2) != MAGIC[:2]:
        plain = False
    if not plain:
        return io.BytesIO(file.read(LARGEST))
    stream.seek(0)
    return stream


def damaged(what: str) -> DamagedStream:
    """What stands in place of the rest of a file."""
    first = what.splitlines()[0][:200] if what else "?"
    return DamagedStream(
        "file.hdf5", f"the HDF5 file cannot be read ({first}); deliver it again"
    )


class Archive:
    """An open file of `size` bytes; names are paths such as `metadata/json`."""

    def __init__(self, file: Any, size: int) -> None:
        self._file, self._size = file, size

    def names(self, group: str = "/") -> list[str]:
        """What a group holds; nothing if there is no such group."""
        found = self._item(group)
        return sorted(found) if isinstance(found, h5py.Group) else []

    def attribute(self, path: str, name: str) -> Any:
        """An attribute of a group or data set; None where there is none."""
        item = self._item(path)
        if item is None or name not in item.attrs:
            return None
        value = item.attrs[name]
        return value.decode() if isinstance(value, bytes) else value

    def data(self, path: str) -> Any:
        """A data set, to be sliced; None where there is none.

        Raises DamagedStream for one that is larger than its bytes could be, or lies in
        another file.
        """
        item = self._item(path)
        if not isinstance(item, h5py.Dataset):
            return None
        if item.is_virtual or item.external:
            raise damaged(f"{path} lies in another file")
        stored = min(item.id.get_storage_size(), self._size)
        most = GRACE + RATIO * stored
        chunk = math.prod(item.chunks or ()) * item.dtype.itemsize
        if item.nbytes > most or chunk > GRACE:
            raise damaged(f"{path} claims {item.nbytes} bytes and holds {stored}")
        return item

    def _item(self, path: str) -> Any:
        """What a path leads to by hard links alone."""
        item: Any = self._file
        for name in filter(None, path.split("/")):
            if not isinstance(item, h5py.Group):
                return None
            link = item.get(name, getlink=True)
            if not isinstance(link, h5py.HardLink):
                return None
            item = item[name]
        return item

"""The arrays of a numpy .npz file, none of which is allowed to be a Python object."""

import io
import math
import zipfile
import zlib
from collections.abc import Collection, Mapping
from contextlib import closing
from typing import Any, BinaryIO, cast

import numpy as np
from numpy.lib import format as npy

from posegate.transforms.formats.files import LARGEST, File

_DAMAGE = (
    *(zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, KeyError),
    *(RuntimeError, NotImplementedError, MemoryError, OverflowError, TypeError),
    *(SyntaxError, UnicodeDecodeError),
)
"""What numpy and zipfile raise for files that are damaged, in one place or another."""

_HEADER = 1 << 20
"""Bytes in which numpy's header of an array is looked for."""


class Unreadable(Exception):
    """Why a file's arrays cannot be read, in a sentence."""


def arrays(
    file: File, wanted: Collection[str], spared: Mapping[str, str]
) -> dict[str, np.ndarray[Any, Any]]:
    """Those of a file's arrays that are wanted.

    `spared` are those that are not read, but empty, if there is another, by its name.
    An array that says it is larger than what is stored for it is not allocated. Raises
    DamagedStream as reading the file does, Unreadable for any other trouble.
    """
    with closing(file.open()) as stream:
        plain = stream.seekable() and stream.read(2) == b"PK"
        source = stream if plain else io.BytesIO(file.read())
        try:
            with zipfile.ZipFile(source) as archive:
                return _arrays(archive, wanted, spared)
        except _DAMAGE as error:
            raise Unreadable(f"it is damaged ({error}); deliver it again") from error


def _arrays(
    archive: zipfile.ZipFile, wanted: Collection[str], spared: Mapping[str, str]
) -> dict[str, np.ndarray[Any, Any]]:
    infos = {info.filename.removesuffix(".npy"): info for info in archive.infolist()}
    if sum(info.file_size for info in infos.values()) > LARGEST:
        raise Unreadable(f"it inflates to more than {LARGEST} bytes; split it")
    found: dict[str, np.ndarray[Any, Any]] = {}
    for name in infos.keys() & set(wanted):
        if spared.get(name) in infos:
            found[name] = np.empty(0)
        else:
            with archive.open(infos[name]) as member:
                found[name] = _array(name, member.read(LARGEST))
    if not found:
        raise Unreadable(f"its arrays are {', '.join(sorted(infos)[:8])}")
    return found


def _array(name: str, data: bytes) -> np.ndarray[Any, Any]:
    stream = io.BytesIO(data[:_HEADER])
    version = npy.read_magic(cast(BinaryIO, stream))
    header = npy.read_array_header_1_0 if version[0] == 1 else npy.read_array_header_2_0
    shape, turned, dtype = header(cast(BinaryIO, stream))
    if dtype.hasobject:
        raise Unreadable(
            f"{name} holds Python objects, which could run code; save plain arrays"
        )
    count = math.prod(shape)
    if min(shape, default=0) < 0 or count * dtype.itemsize > len(data):
        raise Unreadable(f"{name} says it is {shape}, which is more than is stored")
    if not count or not dtype.itemsize:
        return np.zeros(shape, dtype)
    flat = np.frombuffer(data, dtype, count, stream.tell())
    return flat.reshape(shape, order="F" if turned else "C")

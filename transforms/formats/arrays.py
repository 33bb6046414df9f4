"""The arrays of a numpy .npz file, none of which is allowed to be a Python object."""

import io
import math
import struct
import zipfile
import zlib
from collections.abc import Collection
from typing import Any, BinaryIO, cast

import numpy as np
from numpy.lib import format as npy

from posegate.transforms.formats.files import LARGEST

_DAMAGE = (
    *(zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, KeyError),
    *(RuntimeError, NotImplementedError, MemoryError, OverflowError, TypeError),
    *(SyntaxError, UnicodeDecodeError, struct.error),
)
"""What numpy and zipfile raise for files that are damaged, in one place or another."""


Bytes = bytes | memoryview

_NAMES = 26
"""Where a member's header has the lengths of its name and of what follows it."""

_HEADER = 1 << 20
"""Bytes in which numpy's header of an array is looked for."""


class Unreadable(Exception):
    """Why a file's arrays cannot be read, in a sentence."""


def listed(data: bytes) -> set[str]:
    """The names of a file's arrays; raises Unreadable where it is no archive."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return {name.removesuffix(".npy") for name in archive.namelist()}
    except _DAMAGE as error:
        raise Unreadable(f"it is damaged ({error}); deliver it again") from error


def arrays(data: bytes, wanted: Collection[str]) -> dict[str, np.ndarray[Any, Any]]:
    """Those of the arrays that are wanted; raises Unreadable for any other trouble.

    An array that says it is larger than what is stored for it is not allocated.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            infos = {
                info.filename.removesuffix(".npy"): info for info in archive.infolist()
            }
            if sum(info.file_size for info in infos.values()) > LARGEST:
                raise Unreadable(f"it inflates to more than {LARGEST} bytes; split it")
            found = {}
            for name in wanted:
                if name in infos:
                    found[name] = _array(name, _content(archive, infos[name], data))
            if not found:
                raise Unreadable(f"its arrays are {', '.join(sorted(infos)[:8])}")
            return found
    except _DAMAGE as error:
        raise Unreadable(f"it is damaged ({error}); deliver it again") from error


def _content(archive: zipfile.ZipFile, info: zipfile.ZipInfo, data: bytes) -> Bytes:
    """A member's bytes; of one that is stored as it is, those of the archive itself."""
    with archive.open(info) as member:  # which looks at its header
        names = struct.unpack_from("<2H", data, info.header_offset + _NAMES)
        start = info.header_offset + _NAMES + 4 + sum(names)
        stored = info.compress_type == zipfile.ZIP_STORED and not info.flag_bits & 1
        if not stored or start + info.file_size > len(data):
            return member.read(LARGEST)
    content = memoryview(data)[start : start + info.file_size]
    if zlib.crc32(content) != info.CRC:
        raise Unreadable(f"{info.filename} is damaged; deliver it again")
    return content


def _array(name: str, data: Bytes) -> np.ndarray[Any, Any]:
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

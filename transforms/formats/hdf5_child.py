"""A process that reads HDF5 for `hdf5`: a damaged file can make libhdf5 die.

Run as a script with the number of a socket; nothing of ours is imported, so that it
starts fast. It reads nothing itself, but forks processes that do, and ends when the
socket does. A request is a line of JSON:

    {"fork": true}            a process that reads from the socket that comes along
    {"end": number}           ends one; the answer is its exit code

and to a process that reads:

    {"open": [grace, ratio]}  a file, which comes along as a descriptor
    {"look": path}            what a group holds, small data sets with their values
    {"read": path, "part": [[start, stop], ...]}      some of a data set

An answer is two lengths, a JSON object and bytes: the array's, or those of all small
arrays one after the other. {"error": text} is a file that cannot be read.
"""

import itertools
import json
import math
import os
import resource
import signal
import socket
import struct
import sys
import time
import warnings
from collections.abc import Iterator
from typing import Any

import h5py
import numpy as np
from numpy.lib import format as npy

ERRORS = (
    *(OSError, RuntimeError, ValueError, TypeError, MemoryError),
    *(LookupError, ArithmeticError, AttributeError, RecursionError),
)
"""What h5py raises on damage."""

LENGTHS = struct.Struct("<IQ")
"""Of an answer's JSON and of its bytes."""

SMALL, SMALL_TOGETHER = 64 << 10, 4 << 20
"""Bytes of a data set that is given with the group's description, and of all such."""

MOST = 10_000
"""Names in a group that is described."""

CHUNKS = 32 << 20
"""Bytes of a data set's chunks that are kept: parts of it that are asked for one after
another have chunks in common."""

ENTRY = 8
"""Bytes of the least that a chunk takes in a file's index of them; looking for those
that are not there takes as long as for the others."""

TEXT = 128
"""Bytes that a text of any length takes once it is read, without its letters."""

WORK = 20
"""[CPU s] An answer takes milliseconds, however busy the machine is."""

KEPT = 8
"""Data sets that are kept open."""

SLOTS = 10_007
"""Places for them: a prime, some ten times as many as chunks of usual sizes."""


def element(kind: np.dtype[Any]) -> str:
    """A type of elements as a text; raises TypeError for Python objects."""
    if kind.hasobject:
        raise TypeError(f"values of type {kind} are no plain numbers or texts")
    return repr(npy.dtype_to_descr(kind))


class Served:
    """One open file of `size` bytes."""

    def __init__(self, descriptor: int, grace: int, ratio: int) -> None:
        self._size = os.fstat(descriptor).st_size
        self._file = h5py.File(
            f"/dev/fd/{descriptor}",
            "r",
            locking=False,
            rdcc_nbytes=CHUNKS,
            rdcc_nslots=SLOTS,
        )
        self._read: dict[str, Any] = {}
        self._grace, self._ratio = grace, ratio

    def close(self) -> None:
        self._read.clear()
        self._file.close()

    def look(self, path: str) -> tuple[dict[str, Any], bytes]:
        """What a group holds; of no group, nothing."""
        group = self._item(path)
        if not isinstance(group, h5py.Group):
            return {"items": {}}, b""
        if len(group) > MOST:
            raise ValueError(f"{path or '/'} holds more than {MOST} names")
        items: dict[str, Any] = {}
        values = bytearray()
        for name in sorted(name for name in group if isinstance(name, str)):
            if _hard(group, name):
                said: dict[str, Any] = {"attributes": {}}
                items[name] = said
                try:
                    self._describe(group[name], said, values)
                except ERRORS as error:
                    said["wrong"] = str(error) or type(error).__name__
        return {"items": items}, bytes(values)

    def read(self, path: str, part: list[list[int]]) -> tuple[dict[str, Any], Any]:
        """Some of a data set."""
        if path not in self._read:  # kept open, for closing it forgets its chunks
            if len(self._read) >= KEPT:
                self._read.clear()
            self._read[path] = self._item(path)
        return _array(self._read[path][tuple(slice(*each) for each in part)])

    def _describe(self, item: Any, said: dict[str, Any], values: bytearray) -> None:
        """Says what there is of an item, and adds its values if they are few."""
        if h5py.h5a.get_num_attrs(item.id):
            said["attributes"] = dict(_attributes(item))
        if not isinstance(item, h5py.Dataset):
            return
        said["shape"], kind = item.shape, item.dtype
        text = h5py.check_string_dtype(kind)
        said["type"] = None if text else element(kind)
        each = TEXT if kind.hasobject else kind.itemsize
        size = math.prod(said["shape"] or ()) * each
        said["wrong"] = self._wrong(item, size)
        room = SMALL_TOGETHER - len(values)
        if not said["wrong"] and size <= min(SMALL, room):
            answer, data = _array(item[()])
            said |= answer
            said["at"] = [len(values), len(values) + len(data)]
            values += data

    def _wrong(self, item: h5py.Dataset, size: int) -> str | None:
        """Why a data set of that size is not read; None where it is.

        It lies elsewhere, or is larger than it can be.
        """
        made = item.id.get_create_plist()
        layout = made.get_layout()
        if layout == h5py.h5d.VIRTUAL or made.get_external_count():
            return "lies in another file"
        stored = min(item.id.get_storage_size(), self._size)
        chunk = 0
        if layout == h5py.h5d.CHUNKED:
            chunk = math.prod(made.get_chunk()) * item.id.get_type().get_size()
            sides = zip(item.shape, made.get_chunk(), strict=True)
            count = math.prod(-(-side // part) for side, part in sides)
            if count > MOST + self._size // ENTRY:
                return f"claims {count} chunks, which have no room in the file"
        if size > self._grace + self._ratio * stored or chunk > self._grace:
            return f"claims {size} bytes and holds {stored}"
        return None

    def _item(self, path: str) -> Any:
        """What a path leads to by hard links alone."""
        item: Any = self._file
        for name in filter(None, path.split("/")):
            if not isinstance(item, h5py.Group) or not _hard(item, name):
                return None
            item = item[name]
        return item


def _hard(group: h5py.Group, name: str) -> bool:
    """Whether a group holds an item of that name itself."""
    key = name.encode()
    links = group.id.links
    return links.exists(key) and links.get_info(key).type == h5py.h5l.TYPE_HARD


def _attributes(item: Any) -> Iterator[tuple[str, Any]]:
    """Attributes that are texts, bytes or numbers, as JSON has them."""
    for name in itertools.islice(item.attrs, MOST):
        if not isinstance(name, str):  # no UTF-8
            continue
        value = item.attrs[name]
        if isinstance(value, np.ndarray | np.void):
            value = None if value.dtype.hasobject else value.tobytes()
        if isinstance(value, bytes):
            yield name, {"bytes": value.decode("latin-1")}
        elif isinstance(value, str | int | float | np.number | np.bool_):
            plain = value.item() if isinstance(value, np.generic) else value
            yield name, {"value": plain}


def _array(value: Any) -> tuple[dict[str, Any], Any]:
    """Values as an answer: numbers as bytes, texts of any length as JSON."""
    array = np.asarray(value)
    if array.dtype.hasobject:
        flat = [each if isinstance(each, bytes) else b"" for each in array.ravel()]
        return {
            "shape": array.shape,
            "texts": [each.decode("latin-1") for each in flat],
        }, b""
    said = {"shape": array.shape, "type": element(array.dtype)}
    if not array.nbytes:
        return said, b""
    return said, np.ascontiguousarray(array).reshape(-1).view(np.uint8).data


def _requests(link: socket.socket) -> Iterator[tuple[dict[str, Any], list[int]]]:
    """What is asked, with the descriptors that come along."""
    held, given = b"", list[int]()
    while True:
        piece, descriptors, _, _ = socket.recv_fds(link, 1 << 16, 1)
        if not piece:
            return
        held += piece
        given += descriptors
        if held.endswith(b"\n"):
            yield json.loads(held), given
            held, given = b"", []


def serve(link: socket.socket) -> None:
    """Reads files until the other side is gone."""
    served: Served | None = None
    for request, descriptors in _requests(link):
        bound(WORK)
        try:
            if "open" in request:
                if served is not None:
                    served.close()
                served = None
                served = Served(descriptors[0], *request["open"])
                said, data = served.look("")
            elif served is None:
                raise ValueError("no file is open")
            elif "look" in request:
                said, data = served.look(request["look"])
            else:
                said, data = served.read(request["read"], request["part"])
        except ERRORS as error:
            said, data = {"error": str(error) or type(error).__name__}, b""
        for descriptor in descriptors:
            os.close(descriptor)
        _answer(link, said, data)


def bound(seconds: int) -> None:
    """Lets the kernel end this process once it has worked for so long from now on."""
    limit, (_, most) = resource.RLIMIT_CPU, resource.getrlimit(resource.RLIMIT_CPU)
    until = math.ceil(time.process_time()) + seconds
    if most == resource.RLIM_INFINITY or until < most:
        resource.setrlimit(limit, (until, most))


def fork(link: socket.socket) -> None:
    """Forks processes until the other side is gone, then ends those that are left.

    Begins with what starting took [CPU s].
    """
    _answer(link, {"started": time.process_time()}, b"")
    children: set[int] = set()
    for request, descriptors in _requests(link):
        if "fork" in request:
            child = os.fork()
            if not child:
                link.close()
                try:
                    serve(connected(descriptors[0]))
                finally:
                    os._exit(1)
            os.close(descriptors[0])
            children.add(child)
            _answer(link, {"fork": child}, b"")
        else:
            children.remove(request["end"])
            _answer(link, {"end": _ended(request["end"])}, b"")
    for child in children:
        _ended(child)


def connected(descriptor: int) -> socket.socket:
    """The socket of that number, which waits for as long as it takes.

    Where a default timeout is set in the process that made it, as Beam does where it
    asks Google, it comes along as one that does not wait.
    """
    found = socket.socket(fileno=descriptor)
    found.setblocking(True)
    return found


def _ended(child: int) -> int:
    os.kill(child, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _answer(link: socket.socket, said: dict[str, Any], data: Any) -> None:
    text = json.dumps(said).encode()
    link.sendall(LENGTHS.pack(len(text), len(data)) + text)
    if len(data):
        link.sendall(data)


if __name__ == "__main__":
    warnings.simplefilter("ignore")  # of types whose remarks numpy does not keep
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # of the dead nothing is to learn
    fork(connected(int(sys.argv[1])))
    os._exit(0)  # nothing is left to put in order

"""The processes that read HDF5, so that a file that kills one costs nothing else.

A process of ours has one that imports h5py and reads nothing; that one forks those that
read, in a few milliseconds. They are kept for the next file as long as all goes well.
"""

import ast
import atexit
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib import format as npy

from posegate.transforms.formats.streams import GRACE, RATIO

PATIENCE = 300.0
"""[s] An answer takes milliseconds; libhdf5 can go round in circles."""

LARGEST = 1 << 31
"""Bytes of an answer; readers ask for some thousand rows at a time."""

_LENGTHS = struct.Struct("<IQ")
_PROGRAM = Path(__file__).with_name("hdf5_child.py")

Answer = tuple[Mapping[str, Any], memoryview]
"""What is said, and the bytes that come with it."""


class Died(Exception):
    """What a process did instead of answering."""


class Refused(Exception):
    """What libhdf5 says is wrong with a file."""


class Link:
    """A socket to a process that answers; see `hdf5_child`."""

    def __init__(self, end: socket.socket) -> None:
        self._socket = end
        end.settimeout(PATIENCE)

    def ask(self, request: Mapping[str, Any], descriptor: int | None = None) -> Answer:
        """Its answer, to a request and perhaps a descriptor that goes along."""
        line = json.dumps(request).encode() + b"\n"
        given = [] if descriptor is None else [descriptor]
        try:
            socket.send_fds(self._socket, [line], given)
        except OSError as error:
            raise Died("ended") from error
        return self.answer()

    def answer(self) -> Answer:
        """What it says next; raises Refused or Died."""
        text, data = _LENGTHS.unpack(self._bytes(_LENGTHS.size))
        if data > LARGEST:
            raise Died(f"answered {data} bytes")
        try:
            said = json.loads(bytes(self._bytes(text)))
        except ValueError as error:
            raise Died("answered nonsense") from error
        if "error" in said:
            raise Refused(said["error"])
        return said, self._bytes(data)

    def close(self) -> None:
        """Hangs up."""
        self._socket.close()

    def _bytes(self, count: int) -> memoryview:
        view, at = np.empty(count, np.uint8).data, 0  # not filled with zeros
        while at < count:
            try:
                got = self._socket.recv_into(view[at:])
            except TimeoutError as error:
                raise Died(f"was silent for {PATIENCE:g} s") from error
            except OSError as error:
                raise Died("ended") from error
            if not got:
                raise Died("ended")
            at += got
        return view


class Parent:
    """The process that forks those that read; `started` is what it took [CPU s]."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        self._lock = threading.Lock()
        self._link = Link(ours)
        with tempfile.TemporaryFile() as errors:
            self._process = subprocess.Popen(
                [sys.executable, "-P", str(_PROGRAM), str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=errors,
                pass_fds=(theirs.fileno(),),
                start_new_session=True,  # ends with us, not by a Ctrl-C before us
                env={**os.environ, "OMP_NUM_THREADS": "1"},
            )
            theirs.close()
            try:
                self.started = float(self._link.answer()[0]["started"])
            except Died as death:
                self.kill()
                errors.seek(0)
                last = errors.read().decode("utf-8", "replace").strip()[-300:]
                raise RuntimeError(
                    f"the process that reads HDF5 {death} as it was started: {last}"
                ) from death

    @property
    def lives(self) -> bool:
        """Whether it can be asked."""
        return self._process.poll() is None

    def fork(self) -> tuple[int, Link]:
        """A process that reads, by its number, and the link to it."""
        ours, theirs = socket.socketpair()
        with self._lock, theirs:
            said, _ = self._link.ask({"fork": True}, theirs.fileno())
        return said["fork"], Link(ours)

    def reap(self, number: int) -> str:
        """Ends a process that reads -> how it ended."""
        try:
            with self._lock:
                code = int(self._link.ask({"end": number})[0]["end"])
        except Died:
            return "with the one that forked it"
        return f"by {signal.Signals(-code).name}" if code < 0 else f"with code {code}"

    def end(self) -> None:
        """Ends it, and with it all that it forked."""
        self._link.close()
        self._process.wait()

    def kill(self) -> None:
        """Ends it whatever it does; what it forked ends when it is hung up."""
        self._process.kill()
        self.end()


class Child:
    """A process that reads, by its `number`; it has opened so many `files`."""

    def __init__(self, parent: Parent) -> None:
        self.files = 0
        self._parent = parent
        self.number, self._link = parent.fork()

    def ask(self, request: Mapping[str, Any], file: int | None = None) -> Answer:
        """Its answer; raises Refused, or Died, saying how, where there is none."""
        try:
            return self._link.ask(request, file)
        except Died as death:
            how = self.end()
            ended = f"ended {how}" if str(death) == "ended" else str(death)
            raise Died(f"the process that read it {ended}") from death

    def end(self) -> str:
        """Ends it, once -> how it ended."""
        self.hang_up()
        number, self.number = self.number, 0
        return self._parent.reap(number) if number else ""

    def hang_up(self) -> None:
        """Leaves it to end by itself."""
        self._link.close()


@dataclass
class Processes:
    """Those of this process."""

    parent: Parent | None = None
    idle: list[Child] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def begin(self) -> float:
        """Starts the parent, unless it runs -> what that took [CPU s]."""
        with self.lock:
            if self.parent is not None and not self.parent.lives:
                self._end()
            self.parent = self.parent or Parent()
            return self.parent.started

    def fresh(self) -> Child:
        """A process that has read nothing."""
        self.begin()
        assert self.parent is not None
        return Child(self.parent)

    def end(self) -> None:
        """Ends them all."""
        with self.lock:
            self._end()

    def _end(self) -> None:
        for child in self.idle:
            child.hang_up()
        if self.parent is not None:
            self.parent.end()
        self.forget()

    def forget(self) -> None:
        """Leaves them to another process, of which this one is a fork."""
        self.idle, self.parent = [], None


processes = Processes()
atexit.register(processes.end)
os.register_at_fork(after_in_child=processes.forget)


class Session:
    """One file, in a process that is its own as long as it is open."""

    def __init__(self, file: int) -> None:
        self._file = file
        try:
            self._child = processes.idle.pop()
        except IndexError:
            self._child = processes.fresh()

    def ask(self, request: Mapping[str, Any] | None) -> Answer:
        """An answer about the file; None opens it, and looks at its root.

        Raises Refused, or Died. A process that has read other files may have been
        harmed by them: where one dies the file is tried again in a fresh one.
        """
        try:
            return self._child.ask(request) if request else self._open()
        except Died:
            if self._child.files < 2:
                raise
        self._child = processes.fresh()
        opened = self._open()
        return self._child.ask(request) if request else opened

    def end(self, sound: bool) -> None:
        """Keeps the process for another file, unless this one may have harmed it."""
        if sound:
            processes.idle.append(self._child)
        else:
            self._child.end()

    def _open(self) -> Answer:
        self._child.files += 1
        return self._child.ask({"open": [GRACE, RATIO]}, self._file)


@contextmanager
def session(file: int) -> Iterator[Session]:
    """Of an open file, a descriptor; its process is kept if nothing went wrong."""
    found = Session(file)
    sound = False
    try:
        yield found
        sound = True
    finally:
        found.end(sound)


def array(said: Mapping[str, Any], data: memoryview) -> Any:
    """The values of an answer."""
    shape = tuple(said["shape"])
    if "texts" in said:
        flat = np.empty(len(said["texts"]), object)
        flat[:] = [text.encode("latin-1") for text in said["texts"]]
        return flat.reshape(shape)
    return np.frombuffer(data, typed(said["type"])).reshape(shape)


def typed(said: str | None) -> "np.dtype[Any]":
    """The type of elements; of texts of any length, None, it is that of objects."""
    return npy.descr_to_dtype(ast.literal_eval(said)) if said else np.dtype(object)

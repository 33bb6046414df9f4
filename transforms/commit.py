"""One pointer that says what counts, switched by one of many at a time.

    current(p) -> (content, token)      switch(p, new, token) -> token, or Conflict

A token stands for what a pointer held when it was read. `switch` writes only if it
still holds that, so that of two runs that started from the same state one wins.
"""

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NewType

from google.api_core.exceptions import PreconditionFailed

from posegate.transforms import gcs, storage

Token = NewType("Token", str)
ATTEMPTS = 8


class Conflict(RuntimeError):
    """Another run switched the pointer first; `winner` is what it holds now."""

    def __init__(self, pointer: str, winner: bytes | None) -> None:
        self.pointer = pointer
        self.winner = winner
        says = "it is gone" if winner is None else f"it says {winner[:200]!r}"
        super().__init__(
            f"{pointer}: another run switched it first, now {says}; this run's results "
            "are not current, run again to build on the other's"
        )


def current(pointer: str) -> tuple[bytes, Token] | None:
    """What a pointer holds and the token of that; None where there is none."""
    read = _remote if storage.is_remote(pointer) else _local
    return read(pointer)


def switch(pointer: str, content: bytes, expected: Token | None) -> Token:
    """Let a pointer hold `content` if it holds what `expected` stands for.

    None expects that there is no pointer yet. A pointer that holds `content` already is
    no conflict: so a retry finds the write that got through while its answer was lost.
    """
    write = _switch_remote if storage.is_remote(pointer) else _switch_local
    return write(pointer, content, expected)


def _lost(pointer: str, content: bytes, now: tuple[bytes, Token] | None) -> Token:
    """The token if what is there is ours after all."""
    if now is None or now[0] != content:
        raise Conflict(pointer, now and now[0])
    return now[1]


def _local(pointer: str) -> tuple[bytes, Token] | None:
    try:
        content = storage.read_bytes(pointer)
    except FileNotFoundError:
        return None
    return content, _digest(content)


def _digest(content: bytes) -> Token:
    return Token(f"sha256:{hashlib.sha256(content).hexdigest()}")


def _switch_local(pointer: str, content: bytes, expected: Token | None) -> Token:
    with _locked(pointer):
        now = _local(pointer)
        if (now and now[1]) != expected:
            return _lost(pointer, content, now)
        storage.write_bytes(pointer, content)
    return _digest(content)


@contextmanager
def _locked(pointer: str) -> Iterator[None]:
    """Alone among threads and processes, by a hidden file beside the pointer.

    The kernel drops the lock with its holder: a killed run leaves nothing to clean up.
    The file stays, for who removes a lock file may let in two that hold different ones.
    """
    folder, name = os.path.split(pointer)
    os.makedirs(folder or ".", exist_ok=True)
    with open(os.path.join(folder, f".{name}.lock"), "ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _remote(pointer: str) -> tuple[bytes, Token] | None:
    """Content and generation of the same moment: a generation read is a fixed one."""
    for attempt in range(ATTEMPTS):
        try:
            reader = gcs.Reader(pointer)
        except FileNotFoundError:
            return None
        try:
            return reader.readall(), Token(f"generation:{reader.generation}")
        except FileNotFoundError:
            if attempt + 1 == ATTEMPTS:
                raise
    return None


def _switch_remote(pointer: str, content: bytes, expected: Token | None) -> Token:
    generation = int(expected.removeprefix("generation:")) if expected else 0
    with gcs.naming(pointer):
        try:
            written = gcs.upload(
                pointer, content, "application/json", if_generation_match=generation
            )
        except PreconditionFailed:
            return _lost(pointer, content, _remote(pointer))
    return Token(f"generation:{written}")

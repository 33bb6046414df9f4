"""Files by path, on this machine or in Google Cloud Storage (`gs://bucket/name`).

Errors are `OSError`s (or `ValueError` for a path that cannot be) of one line that name
the path.
"""

import errno
import hashlib
import io
import mimetypes
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from operator import attrgetter
from typing import BinaryIO, cast
from urllib.parse import quote

from posegate.transforms import gcs

LONGEST_SEGMENT = 200


@dataclass(frozen=True)
class File:
    """A file found by `listing`; `name` is its path below the folder listed."""

    path: str
    name: str
    size: int


def join(folder: str, *parts: str) -> str:
    """A path below a folder.

    Every part is relative and made of segments that are neither empty, `.` nor `..`
    and hold no control characters, so that the result cannot leave the folder.
    """
    for part in parts:
        segments = part.split("/")
        if {"", ".", ".."} & set(segments) or re.search(r"[\x00-\x1f\x7f]", part):
            raise ValueError(
                f"{folder}: {part!r} is no path below it; parts are relative, without "
                "'.', '..', empty segments or control characters"
            )
    below = "/".join(parts)
    return f"{folder.rstrip('/')}/{below}" if folder and below else folder or below


def safe_name(text: str) -> str:
    """Any text as one visible path segment; two texts never give the same.

    Everything but letters, digits, `.`, `_` and `-` of ASCII is percent-encoded, and so
    is a dot in front. What would be longer than a file system takes keeps its beginning
    and ends in `%-` and a SHA-256; the empty text is `%`.
    """
    encoded = quote(text.encode("utf-8", "surrogatepass"), safe="").replace("~", "%7E")
    if encoded.startswith("."):
        encoded = "%2E" + encoded[1:]
    if len(encoded) > LONGEST_SEGMENT:
        digest = hashlib.sha256(encoded.encode()).hexdigest()
        encoded = f"{encoded[: LONGEST_SEGMENT - 66]}%-{digest}"
    return encoded or "%"


def is_remote(path: str) -> bool:
    """Whether a path is `gs://`; another scheme is an error."""
    if path.startswith(gcs.SCHEME):
        return True
    if "://" in path and (scheme := re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", path)):
        raise ValueError(
            f"{path}: {scheme[0]} is not known; give a local path or gs://bucket/name"
        )
    return False


def listing(folder: str) -> tuple[File, ...]:
    """Every file below a folder or prefix, by name; of a single file, that one.

    Hidden names (a leading dot anywhere below the folder) and the empty objects that
    stand for folders are left out. A folder without files gives (); a missing one is a
    `FileNotFoundError`. Links are followed, but not round in a circle.

    Raises ValueError for a link to nothing or round, and a name that is not UTF-8.
    """
    found = tuple(_objects(folder) if is_remote(folder) else _local(folder))
    if not found and not exists(folder):
        raise FileNotFoundError(
            f"{folder}: no such file or folder; give a local folder, a single file, or "
            "gs://bucket/prefix"
        )
    return tuple(sorted(filter(_shown, found), key=attrgetter("name")))


def _shown(file: File) -> bool:
    marker = file.name.endswith("/") and not file.size
    return bool(file.name) and not marker and "/." not in f"/{file.name}"


def _objects(folder: str) -> Iterator[File]:
    bucket, prefix = gcs.split(folder.rstrip("/"))
    for name, size in gcs.objects(folder):
        relative = name.removeprefix(prefix).removeprefix("/" if prefix else "")
        path = f"{gcs.SCHEME}{bucket}/{name}"
        yield File(path, relative or name.rpartition("/")[2], size)


def _local(folder: str) -> Iterator[File]:
    if os.path.isfile(folder):
        yield File(folder, os.path.basename(folder), os.path.getsize(folder))
    elif os.path.isdir(folder):
        yield from _walk(folder, "", (os.path.realpath(folder),))


def _walk(folder: str, below: str, above: tuple[str, ...]) -> Iterator[File]:
    """Files of one folder and those in it; `above` are the real folders around it."""
    top = os.path.join(folder, "")
    with os.scandir(top + below) as found:
        entries = list(found)
    for entry in entries:
        name = below + entry.name
        path = top + name
        if entry.name.startswith("."):
            continue
        there = not _round(entry)
        if there and entry.is_file():
            yield File(path, _readable(name), entry.stat().st_size)
        elif there and entry.is_dir() and (real := os.path.realpath(path)) not in above:
            yield from _walk(folder, f"{name}/", (*above, real))
        else:
            raise ValueError(
                f"{path}: neither a file nor a folder (a link to nothing, to itself or "
                "to one of the folders around it, or a device); remove it"
            )


def _round(entry: "os.DirEntry[str]") -> bool:
    """Whether a link leads to itself, perhaps by others."""
    try:
        entry.is_file()
    except OSError as error:
        if error.errno != errno.ELOOP:
            raise
        return True
    return False


def _readable(name: str) -> str:
    try:
        name.encode()
    except UnicodeEncodeError as error:
        raise ValueError(
            f"{name!r}: the file's name is not UTF-8; rename it"
        ) from error
    return name


def folders(path: str) -> tuple[str, ...]:
    """The names of the folders directly below one, in order; () if it is missing."""
    if is_remote(path):
        return tuple(sorted(gcs.folders(path)))
    if not os.path.isdir(path):
        return ()
    return tuple(sorted(entry.name for entry in os.scandir(path) if entry.is_dir()))


def exists(path: str) -> bool:
    """Whether a file or folder is there; a prefix is once anything lies below it."""
    return gcs.exists(path) if is_remote(path) else os.path.exists(path)


def check_writable(folder: str) -> None:
    """Raises ValueError where a local folder is not writable, or cannot be made.

    Of `gs://` only writing tells.
    """
    if is_remote(folder):
        return
    place = os.path.abspath(folder)
    while not os.path.lexists(place):
        place = os.path.dirname(place)
    if not os.path.isdir(place):
        why = f"{place} is no folder"
    elif not os.access(place, os.W_OK | os.X_OK):
        why = f"nothing may be written into {place}"
    else:
        return
    raise ValueError(f"{folder}: cannot be written: {why}; choose another place")


def open_input(path: str) -> BinaryIO:
    """A file to read from: seekable, buffered, never loaded whole if it is large.

    From `gs://` every range is checked for length, and the crc32c when reading in order
    reaches the end (at once for what is below 8 MiB): a mismatch is an `OSError`.
    """
    return gcs.open_input(path) if is_remote(path) else open(path, "rb")


def head(path: str, size: int) -> bytes:
    """The first bytes of a file, without the checks that reading it makes."""
    if is_remote(path):
        return gcs.head(path, size)
    with open(path, "rb") as file:
        return file.read(size)


def read_bytes(path: str) -> bytes:
    """The whole of a small file."""
    with open_input(path) as file:
        return file.read()


class _Lent(io.RawIOBase):
    """A file to write to that its borrower cannot publish or finish by closing it.

    Writers that wrap a file close it when they are collected, after an error too, and
    closing an upload is what makes it visible.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._written = 0

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._written

    def write(self, data: object) -> int:
        view = memoryview(data).cast("B")  # type: ignore[arg-type]  # a buffer
        self._file.write(view)
        self._written += len(view)
        return len(view)


def writing(path: str) -> AbstractContextManager[BinaryIO]:
    """A file to write to that appears, whole, when the block ends without an error.

    Before that, and after an error, `path` holds what it held before. Local folders are
    made as needed and the data is on the disk when the block is left. It can be written
    and told, not sought; `close` inside the block publishes nothing.
    """
    return _uploading(path) if is_remote(path) else _replacing(path)


@contextmanager
def _uploading(path: str) -> Iterator[BinaryIO]:
    with gcs.writing(path, _content_type(path)) as upload:
        yield cast(BinaryIO, _Lent(cast(BinaryIO, upload)))


@contextmanager
def _replacing(path: str) -> Iterator[BinaryIO]:
    folder = os.path.dirname(path) or "."
    os.makedirs(folder, exist_ok=True)
    temporary = os.path.join(folder, f".temp-{secrets.token_hex(8)}")
    try:
        with open(temporary, "xb") as file:
            yield cast(BinaryIO, _Lent(file))
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(temporary)
        raise
    _settle(folder)


def _settle(folder: str) -> None:
    """The new name survives a power cut only once its folder is on the disk too."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_bytes(path: str, data: bytes, content_type: str | None = None) -> None:
    """A small file, whole or not at all; the type is guessed from the name if None."""
    if is_remote(path):
        with gcs.naming(path):
            gcs.upload(path, data, content_type or _content_type(path))
    else:
        with _replacing(path) as file:
            file.write(data)


def _content_type(path: str) -> str:
    return mimetypes.guess_type(path)[0] or "application/octet-stream"


def checksum(path: str) -> tuple[str, int | None]:
    """("sha256:<hex>", None), or ("crc32c:<base64>", generation) of `gs://`."""
    if is_remote(path):
        return gcs.checksum(path)
    with open(path, "rb") as file:
        return f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}", None

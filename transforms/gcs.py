"""Objects in Google Cloud Storage through its own client: read verified, written whole.

Credentials are the application default ones, looked up once per process. Where there
are none the first call fails with a `PermissionError`; off Google's cloud the library
first asks its metadata server three times (12 s where such packets vanish, a quarter of
a second where they are refused, nothing under `NO_GCE_CHECK=true`). Calls are repeated
by the library's own policy: 408, 429, 5xx and broken connections, for two minutes.
"""

import base64
import io
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from typing import BinaryIO, cast

import google_crc32c
import requests
from google.api_core import exceptions as api
from google.auth import exceptions as auth
from google.cloud import storage
from google.cloud.storage.exceptions import DataCorruption, InvalidResponse
from google.cloud.storage.fileio import BlobWriter

SCHEME = "gs://"
KIB = 1024
BUFFER = 256 * KIB
READ_AHEAD = 8192 * KIB
UPLOAD_CHUNK = 8192 * KIB
LOGIN = (
    "run `gcloud auth application-default login` or let "
    "GOOGLE_APPLICATION_CREDENTIALS name a key file"
)


def split(path: str) -> tuple[str, str]:
    """gs://bucket/some/name -> ("bucket", "some/name"); the name may be empty."""
    bucket, _, name = path.removeprefix(SCHEME).partition("/")
    if not bucket:
        raise ValueError(f"{path}: names no bucket; write gs://bucket/folder")
    return bucket, name


@cache
def _client(process: int, endpoint: str | None, key: str | None) -> storage.Client:
    return storage.Client(project=None)


def client() -> storage.Client:
    """The client of this process.

    Forked workers must not share a connection pool, and the two variables are those
    the library itself reads when a client is made: hence the arguments of the cache.
    """
    return _client(
        os.getpid(),
        os.environ.get("STORAGE_EMULATOR_HOST"),
        os.environ.get("GOOGLE_APPLICATION_CREDENTIALS"),
    )


def blob(path: str, generation: int | None = None) -> storage.Blob:
    """The handle of one object; nothing is asked of the server."""
    bucket, name = split(path)
    if not name:
        raise ValueError(f"{path}: names a bucket, not a file; add the file's name")
    return client().bucket(bucket).blob(name, generation=generation)


@contextmanager
def naming(path: str) -> Iterator[None]:
    """Whatever the client raises becomes an OSError of one line that names the path."""
    try:
        yield
    except (
        api.GoogleAPIError,
        auth.GoogleAuthError,
        requests.RequestException,
        InvalidResponse,
        DataCorruption,
    ) as error:
        raise _named(path, error) from error


def _named(path: str, error: Exception) -> OSError:
    if isinstance(error, InvalidResponse):
        error = api.from_http_response(error.response)
    match error:
        case api.NotFound():
            return FileNotFoundError(
                f"{path}: no such object or bucket; check the name and the project"
            )
        case auth.DefaultCredentialsError() | auth.RefreshError():
            return PermissionError(
                f"{path}: no Google credentials that work ({_reason(error)}); {LOGIN}"
            )
        case api.Forbidden() | api.Unauthorized():
            return PermissionError(
                f"{path}: access refused ({_reason(error)}); grant this account "
                "roles/storage.objectUser on the bucket"
            )
    return OSError(
        f"{path}: {type(error).__name__}: {_reason(error)}; "
        "storage did not answer as it should, run again"
    )


def _reason(error: Exception) -> str:
    return (str(error).splitlines() or [""])[0][:200]


def objects(folder: str) -> Iterator[tuple[str, int]]:
    """(name, bytes) of every object below a prefix, or of the one object it names."""
    bucket, name = split(folder.rstrip("/"))
    prefix = f"{name}/" if name else ""
    fields = "items(name,size),nextPageToken"
    found = False
    with naming(folder):
        for item in client().list_blobs(bucket, prefix=prefix, fields=fields):
            found = True
            yield item.name, item.size
        if not found and name and (one := client().bucket(bucket).get_blob(name)):
            yield one.name, one.size


def folders(path: str) -> Iterator[str]:
    """The names of the prefixes that lie one level below a prefix."""
    bucket, prefix = split(path.rstrip("/"))
    below = f"{prefix}/" if prefix else ""
    with naming(path):
        pages = client().list_blobs(bucket, prefix=below, delimiter="/").pages
        for page in pages:
            for found in page.prefixes:
                yield found.removeprefix(below).rstrip("/")


def exists(path: str) -> bool:
    """Whether an object, or anything below that prefix, is there."""
    bucket, name = split(path.rstrip("/"))
    with naming(path):
        handle = client().bucket(bucket)
        if name and handle.blob(name).exists():
            return True
        below = handle.list_blobs(prefix=f"{name}/" if name else "", max_results=1)
        return any(True for _ in below)


def checksum(path: str) -> tuple[str, int]:
    """The stored crc32c, as Google prints it, and the generation."""
    with naming(path):
        handle = blob(path)
        handle.reload()
    return f"crc32c:{handle.crc32c}", int(handle.generation)


class Reader(io.RawIOBase):
    """One generation of an object, fetched by ranges as they are asked for.

    Reading on fetches twice as much each time, up to `READ_AHEAD`; a jump starts small
    again. An object no larger than `READ_AHEAD` comes whole at the first read, checked
    before a byte of it is handed out. A larger one is checked when reading in order
    reaches its end; after jumps only the length of each range can be.
    """

    def __init__(self, path: str) -> None:
        with naming(path):
            handle = blob(path)
            handle.reload()
        self.generation = int(handle.generation)
        self._path = path
        self._size = int(handle.size)
        self._crc32c = base64.b64decode(handle.crc32c)
        self._at = 0
        self._start = 0
        self._window = memoryview(b"")
        self._ahead = BUFFER
        self._sum = google_crc32c.Checksum()
        self._summed = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        origin = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}
        if origin[whence] + offset < 0:
            raise ValueError(f"{self._path}: position {offset} is before the start")
        self._at = origin[whence] + offset
        return self._at

    def readinto(self, buffer: object) -> int:
        target = memoryview(buffer).cast("B")  # type: ignore[arg-type]  # a buffer
        if self._at >= self._size or not target:
            return 0
        if not self._start <= self._at < self._start + len(self._window):
            self._fetch(len(target))
        offset = self._at - self._start
        piece = self._window[offset : offset + len(target)]
        target[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)

    def readall(self) -> bytes:
        return b"".join(iter(lambda: self.read(READ_AHEAD), b""))

    def _fetch(self, least: int) -> None:
        follows = self._at == self._start + len(self._window)
        self._ahead = min(2 * self._ahead, READ_AHEAD) if follows else BUFFER
        self._start = self._at
        stop = min(self._at + max(least, self._ahead), self._size)
        if self._size <= READ_AHEAD:
            self._start, stop = 0, self._size
        self._window = memoryview(self._range(self._start, stop))
        self._verify(stop)

    def _range(self, start: int, stop: int) -> bytes:
        """Stored bytes [start, stop): raw, for gzip is the reader's own matter."""
        with naming(self._path):
            data = blob(self._path, self.generation).download_as_bytes(
                start=start, end=stop - 1, raw_download=True, checksum=None
            )
        if len(data) != stop - start:
            raise OSError(
                f"{self._path}: {len(data)} bytes came for bytes {start}-{stop - 1} of "
                f"{self._size}; the transfer was cut short, run again"
            )
        return cast(bytes, data)

    def _verify(self, stop: int) -> None:
        if self._start <= self._summed < stop:
            self._sum.update(bytes(self._window[self._summed - self._start :]))
            self._summed = stop
            if stop == self._size and self._sum.digest() != self._crc32c:
                self._window = memoryview(b"")
                raise OSError(
                    f"{self._path}: what arrived does not have the stored crc32c "
                    f"{base64.b64encode(self._crc32c).decode()}; the transfer was "
                    "corrupted, run again"
                )


def head(path: str, size: int) -> bytes:
    """The first stored bytes of an object: to look at, for they are not checked."""
    with naming(path):
        handle = blob(path)
        try:
            data = handle.download_as_bytes(
                start=0, end=size - 1, raw_download=True, checksum=None
            )
        except api.RequestRangeNotSatisfiable:  # it is empty
            return b""
    return cast(bytes, data)


def open_input(path: str) -> BinaryIO:
    """An object as a seekable, buffered file."""
    return cast(BinaryIO, io.BufferedReader(Reader(path), BUFFER))


def upload(path: str, data: bytes, content_type: str, **precondition: int) -> int:
    """One object in one request; the generation it got.

    The crc32c travels with it, so that the server refuses what arrives changed.
    `precondition` is the client's `if_generation_match`.
    """
    handle = blob(path)
    handle.upload_from_string(
        data, content_type=content_type, checksum="crc32c", **precondition
    )
    return int(handle.generation)


@contextmanager
def writing(path: str, content_type: str) -> Iterator[BlobWriter]:
    """A resumable upload that ends when the block does; an error in it ends it unseen.

    An upload that is not finished is never visible: the server drops it in a week, or
    now if it can be told.
    """
    with naming(path):
        writer = BlobWriter(
            blob(path), chunk_size=UPLOAD_CHUNK, content_type=content_type
        )
        try:
            yield writer
        except BaseException:
            with suppress(requests.RequestException, auth.GoogleAuthError):
                writer.terminate()
            raise
        writer.close()

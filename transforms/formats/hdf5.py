"""HDF5 files, opened so that none can lead out of itself or claim more than it holds.

libhdf5 may corrupt its heap, die or never end on a damaged file, so it runs in another
process (`hdf5_process`): a file that kills it is one that cannot be read.
"""

import io
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from functools import cached_property
from typing import Any, BinaryIO

from posegate.transforms.formats.files import LARGEST, File
from posegate.transforms.formats.hdf5_process import (
    Answer,
    Died,
    Refused,
    Session,
    array,
    session,
    typed,
)
from posegate.transforms.formats.streams import DamagedStream

MAGIC = b"\x89HDF\r\n\x1a\n"
_STRANGE = (
    *(ValueError, TypeError, LookupError),
    *(ArithmeticError, AttributeError, MemoryError),
)
"""What readers raise over contents that make no sense."""


@contextmanager
def opened(file: File) -> Iterator["Archive"]:
    """The file, for reading; raises DamagedStream for one that cannot be opened.

    So does whatever goes wrong while it is read.
    """
    with _stored(file) as descriptor:
        try:
            with session(descriptor) as found:
                yield Archive(found)
        except (Died, Refused, *_STRANGE) as error:
            raise damaged(str(error)) from error


@contextmanager
def _stored(file: File) -> Iterator[int]:
    """A descriptor of the file, or of a copy where it is compressed or elsewhere."""
    with closing(file.open()) as stream:
        here = isinstance(stream, io.BufferedReader)
        if here and stream.read(2) == MAGIC[:2] and _has_descriptor(stream):
            yield stream.fileno()
            return
    with tempfile.NamedTemporaryFile() as copy:  # libhdf5 wants a name
        size = 0
        for piece in file.chunks():
            size += copy.write(piece)
            if size > LARGEST and not here:
                raise DamagedStream(
                    "file.too-large",
                    f"it is larger than {LARGEST} bytes; deliver it as it is, neither "
                    "compressed nor in an archive",
                )
        copy.flush()
        yield copy.fileno()


def _has_descriptor(stream: BinaryIO) -> bool:
    try:
        return stream.fileno() >= 0
    except OSError:
        return False


def damaged(what: str) -> DamagedStream:
    """What stands in place of the rest of a file."""
    first = what.splitlines()[0][:300] if what else "?"
    return DamagedStream(
        "file.hdf5", f"the HDF5 file cannot be read ({first}); deliver it again"
    )


class Archive:
    """An open file; names are paths such as `metadata/json`."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._groups: dict[str, Answer] = {"": session.ask(None)}

    def names(self, group: str = "/") -> list[str]:
        """What a group holds; nothing if there is no such group."""
        return list(self._group(group)[0]["items"])

    def attribute(self, path: str, name: str) -> Any:
        """A text or number that a group or data set has as an attribute, or None."""
        item = self._item(path)
        value = None if item is None else item["attributes"].get(name)
        if value is None or "value" in value:
            return None if value is None else value["value"]
        return value["bytes"].encode("latin-1")

    def data(self, path: str) -> "Data | None":
        """A data set, to be sliced; None where there is none.

        Raises DamagedStream for one that is larger than its bytes could be, or lies in
        another file.
        """
        item = self._item(path)
        if item is None or not {"shape", "wrong"} & set(item):
            return None
        if item.get("wrong"):
            raise damaged(f"{path} {item['wrong']}")
        return Data(self._session, path, item, self._group(_parent(path))[1])

    def _item(self, path: str) -> Mapping[str, Any] | None:
        items = self._group(_parent(path))[0]["items"]
        return items.get(path.strip("/").rpartition("/")[2])

    def _group(self, path: str) -> Answer:
        path = path.strip("/")
        if path not in self._groups:
            self._groups[path] = self._session.ask({"look": path})
        return self._groups[path]


def _parent(path: str) -> str:
    return path.strip("/").rpartition("/")[0]


class Data:
    """A data set of `shape`: slices of it are arrays, one of texts of objects."""

    def __init__(
        self, session: Session, path: str, said: Mapping[str, Any], small: memoryview
    ) -> None:
        self._session, self._path, self._said = session, path, said
        self._small = small
        self.shape = tuple(said["shape"])
        self.dtype = typed(said["type"])

    def __len__(self) -> int:
        return int(self.shape[0])

    @property
    def ndim(self) -> int:
        """How many axes it has."""
        return len(self.shape)

    def __getitem__(self, key: Any) -> Any:
        """`[start:stop]` along each axis, `...` for those between."""
        if "at" in self._said:
            return self._values[key]
        given = key if isinstance(key, tuple) else (key,)
        if Ellipsis in given:
            at = given.index(Ellipsis)
            rest = len(self.shape) - len(given) + 1
            given = (*given[:at], *[slice(None)] * rest, *given[at + 1 :])
        part = [
            each.indices(size)[:2]
            for each, size in zip(given, self.shape, strict=False)
        ]
        answer = self._session.ask({"read": self._path, "part": part})
        return array(*answer)

    @cached_property
    def _values(self) -> Any:
        start, stop = self._said["at"]
        return array(self._said, self._small[start:stop])

"""XML as it is parsed, piece by piece: hardened, and going on after what is broken.

Expat itself, driven by bytes: lxml's and the standard library's trees take as long to
read once their attributes are looked at, and do not tell where in the file a record
stands. Entities and whatever lies outside the file are refused. A record that is not
well formed costs itself: reading goes on at the next that looks like one.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from xml.parsers import expat

from posegate.transforms.formats.streams import DamagedStream

DEPTH = 64
"""Elements inside each other: no export needs ten."""

LIMIT = 64 << 20
"""Bytes of a record, or of anything that has no end."""

RAW = 64 << 10
"""Bytes of a broken record that are kept."""

FAULTS = 1000
"""Records that may be broken before the rest of the file is given up."""

_OVERLAP = 256  # more than a tag's name is long

TRAPS = {
    "xml.syntax": "An element is not well formed XML: it is quarantined, and reading "
    "goes on at the next; where the file is cut off, what comes before is read.",
    "xml.entities": "The file declares entities, which can expand without end, or "
    "refers to another file: not read.",
    "xml.too-deep": "Elements lie inside each other beyond reason: reading stops.",
    "xml.too-large": "An element is too large to be a record: reading stops.",
}


@dataclass(slots=True)
class Broken:
    """A record that is not well formed."""

    detail: str
    raw: bytes


class Stop(Exception):
    """What ends the reading of the file, with a code."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code, self.detail = code, detail


class Stream:
    """Iterates over what a subclass makes of the elements, and what is broken.

    A subclass appends to `ready` as elements `start` and `end`; `held` is the file's
    byte at which the record in hand begins, from which on the bytes are kept.

    Args:
      chunks: the bytes.
      root: the tag of the root.
      resume: the tag of what is looked for after a record that is broken.

    Raises:
      DamagedStream: after the last good record.
    """

    def __init__(self, chunks: Iterable[bytes], root: str, resume: str) -> None:
        self._chunks = iter(chunks)
        self._data, self._base = b"", 0  # bytes in hand, and where they begin
        self.ready: list[Any] = []
        self.held: int | None = None
        self._root = root.encode()
        tags = resume.encode(), self._root
        self._next = re.compile(rb"<%b[\s>/]|</%b\s*>" % tags)
        self._begin(b"")

    def start(self, tag: str, attrs: dict[str, str]) -> None:
        """An element begins."""
        raise NotImplementedError

    def end(self, tag: str) -> None:
        """An element ends."""
        raise NotImplementedError

    def forget(self) -> None:
        """What is in hand is broken: the next element is a root's."""
        raise NotImplementedError

    def _begin(self, prefix: bytes) -> None:
        """A new parser; `prefix` is what it is told before the bytes in hand."""
        parser = self.parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler = self.start
        parser.EndElementHandler = self.end
        parser.EntityDeclHandler = _entity
        parser.UnparsedEntityDeclHandler = _entity
        parser.ExternalEntityRefHandler = _entity
        parser.StartDoctypeDeclHandler = _doctype
        self.forget()
        self.held = None
        self._offset = self._base - len(prefix)  # of the file, at the parser's byte 0
        if prefix:
            parser.Parse(prefix, False)

    def __iter__(self) -> Iterator[Any]:
        faults = 0
        for chunk in self._chunks:
            self._keep()
            self._data += chunk
            rest, last = chunk, False
            while rest:
                fault = self._parse(rest, last)
                yield from self._given()
                if fault is None:
                    break
                faults += 1
                rest = self._after(fault, faults)
                yield from self._given()
        fault = self._parse(b"", True)
        yield from self._given()
        if fault is not None:
            raise DamagedStream("xml.syntax", self._cut(fault))

    def _given(self) -> Iterator[Any]:
        ready, self.ready = self.ready, []
        return iter(ready)

    def _parse(self, data: bytes, last: bool) -> expat.ExpatError | None:
        try:
            self.parser.Parse(data, last)
        except expat.ExpatError as error:
            return error
        except Stop as stop:
            raise DamagedStream(stop.code, stop.detail) from None
        except (LookupError, ValueError) as error:  # a name of an encoding
            raise DamagedStream(
                "xml.syntax", f"its encoding cannot be read ({error}); save it as UTF-8"
            ) from None
        return None

    def _keep(self) -> None:
        """Drops the bytes before the record in hand."""
        start = self.here() if self.held is None else self.held
        drop = min(max(start - self._base, 0), len(self._data))
        self._data, self._base = self._data[drop:], self._base + drop
        if len(self._data) > LIMIT:
            raise DamagedStream(
                "xml.too-large",
                f"the element at byte {self._base} is larger than {LIMIT} bytes; "
                "export in smaller parts",
            )

    def _after(self, fault: expat.ExpatError, faults: int) -> bytes:
        """Tells of the broken record; the bytes from the next one on."""
        at = self._offset + self.parser.ErrorByteIndex
        begins = self.held
        if begins is None:
            begins = self._base + max(self._data.rfind(b"<", 0, at - self._base), 0)
        raw = self._data[begins - self._base :][:RAW]
        if faults >= FAULTS or not self._seek(max(at, begins + 1)):
            raise DamagedStream("xml.syntax", self._cut(fault))
        raw = raw[: max(self._base - begins, 0)]
        self.ready.append(Broken(f"at byte {at}: {expat.ErrorString(fault.code)}", raw))
        self._begin(b"<%b>" % self._root)
        return self._data

    def _seek(self, at: int) -> bool:
        """Drops the bytes before the next record, or the root's end; whether it is."""
        at -= self._base
        while (found := self._next.search(self._data, at)) is None:
            piece = next(self._chunks, b"")
            if not piece:
                return False
            drop = max(len(self._data) - _OVERLAP, 0)
            self._base += drop
            self._data = self._data[drop:] + piece
            at = max(at - drop, 0)
        self._data = self._data[found.start() :]
        self._base += found.start()
        return True

    def _cut(self, fault: expat.ExpatError) -> str:
        at = self._offset + self.parser.ErrorByteIndex
        what = expat.ErrorString(fault.code)
        return f"the XML goes wrong at byte {at} ({what}); deliver it again"

    def here(self) -> int:
        """The file's byte at which the element's tag begins that is in hand."""
        return self._offset + max(self.parser.CurrentByteIndex, 0)

    def bytes_of(self, tag: str, start: int) -> bytes:
        """An element's, from its start to the end of the tag in hand."""
        at = self.here() - self._base
        if self._data.startswith(b"</" + tag.encode(), at):
            at = self._data.find(b">", at) + 1
        return self._data[start - self._base : at]


def _entity(*_: object) -> int:
    raise Stop(
        "xml.entities",
        "it declares entities, or refers to what lies outside of it; export it without",
    )


def _doctype(name: str, system: str | None, public: str | None, internal: int) -> None:
    if system or public:
        _entity()

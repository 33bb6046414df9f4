"""The records of an XML file as a stream: small trees, with their bytes.

    <annotations> <meta>…</meta> <image>…</image> <track> <box/> <box/> </track> …
    outline       record         record           outline record record

Expat itself, driven by bytes: lxml's and the standard library's trees take as long to
read once their attributes are looked at, and do not tell where in the file a record
stands. Entities and whatever lies outside the file are refused. A record that is not
well formed costs itself: reading goes on at the next that looks like one.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
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
class Node:
    """An element; `raw` are its bytes if it is a record, or the child of one."""

    tag: str
    attrs: dict[str, str]
    children: list["Node"] = field(default_factory=list)
    text: str = ""
    start: int = -1
    raw: bytes = b""

    def find(self, *path: str) -> "Node | None":
        """The first descendant along these tags."""
        node: Node | None = self
        for tag in path:
            assert node is not None
            node = next((each for each in node.children if each.tag == tag), None)
            if node is None:
                return None
        return node

    def says(self, *path: str) -> str | None:
        """The text of a descendant, None where it is missing or empty."""
        found = self.find(*path)
        return (found.text.strip() or None) if found is not None else None


@dataclass(slots=True)
class Open:
    """An element of the outline begins; its children follow."""

    tag: str
    attrs: dict[str, str]


@dataclass(slots=True)
class Close:
    """An element of the outline ends."""

    tag: str


@dataclass(slots=True)
class Broken:
    """A record that is not well formed."""

    detail: str
    raw: bytes


Event = Node | Open | Close | Broken


def readable(head: bytes) -> bytes:
    """The first bytes of a file as UTF-8, where they are UTF-16."""
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return head.decode("utf-16", "ignore").encode()
    return head


class Stop(Exception):
    """What ends the reading of the file, with a code."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code, self.detail = code, detail


class Records:
    """Iterates over a file's records.

    Args:
      chunks: the bytes.
      outline: the tags that are not records, by depth: the root's, then those of its
        children that hold records themselves.
      resume: the tag of what is looked for after a record that is broken.
      texts: the tags whose text matters; that of `meta` and what it holds does.

    Raises:
      DamagedStream: after the last good record.
    """

    def __init__(
        self,
        chunks: Iterable[bytes],
        outline: tuple[str, ...],
        resume: str,
        texts: frozenset[str] = frozenset(),
    ) -> None:
        self._chunks = iter(chunks)
        self._root, self._texts = outline[0].encode(), texts
        self._outlined = frozenset(enumerate(outline))
        self._data, self._base = b"", 0  # bytes in hand, and where they begin
        self._ready: list[Event] = []
        self._stack: list[Node] = []
        self._level = 0  # of the outline
        self._depth = 0
        tags = resume.encode(), self._root
        self._next = re.compile(rb"<%b[\s>/]|</%b\s*>" % tags)
        self._begin(b"")

    def _begin(self, prefix: bytes) -> None:
        """A new parser; `prefix` is what it is told before the bytes in hand."""
        parser = self._parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.EntityDeclHandler = _entity
        parser.UnparsedEntityDeclHandler = _entity
        parser.ExternalEntityRefHandler = _entity
        parser.StartDoctypeDeclHandler = _doctype
        self._stack.clear()
        self._level = self._depth = 0
        self._offset = self._base - len(prefix)  # of the file, at the parser's byte 0
        if prefix:
            parser.Parse(prefix, False)

    def __iter__(self) -> Iterator[Event]:
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

    def _given(self) -> Iterator[Event]:
        ready, self._ready = self._ready, []
        return iter(ready)

    def _parse(self, data: bytes, last: bool) -> expat.ExpatError | None:
        try:
            self._parser.Parse(data, last)
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
        start = self._stack[0].start if self._stack else self._here()
        drop = min(max(start - self._base, 0), len(self._data))
        self._data, self._base = self._data[drop:], self._base + drop
        if len(self._data) > LIMIT:
            raise DamagedStream(
                "xml.too-large",
                f"the element at byte {self._base} is larger than {LIMIT} bytes; "
                "export in smaller parts",
            )

    def _here(self) -> int:
        return self._offset + max(self._parser.CurrentByteIndex, 0)

    def _after(self, fault: expat.ExpatError, faults: int) -> bytes:
        """Tells of the broken record; the bytes from the next one on."""
        at = self._offset + self._parser.ErrorByteIndex
        if self._stack:
            begins = self._stack[0].start
        else:
            begins = self._base + max(self._data.rfind(b"<", 0, at - self._base), 0)
        raw = self._data[begins - self._base :][:RAW]
        if faults >= FAULTS or not self._seek(max(at, begins + 1)):
            raise DamagedStream("xml.syntax", self._cut(fault))
        raw = raw[: max(self._base - begins, 0)]
        self._ready.append(
            Broken(f"at byte {at}: {expat.ErrorString(fault.code)}", raw)
        )
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
        at = self._offset + self._parser.ErrorByteIndex
        what = expat.ErrorString(fault.code)
        return f"the XML goes wrong at byte {at} ({what}); deliver it again"

    def _start(self, tag: str, attrs: dict[str, str]) -> None:
        stack = self._stack
        self._depth += 1
        if stack:
            node = Node(tag, attrs)
            if len(stack) == 1:
                node.start = self._offset + self._parser.CurrentByteIndex
            stack[-1].children.append(node)
            stack.append(node)
            if tag in self._texts:
                self._parser.CharacterDataHandler = self._text
            if self._depth > DEPTH:
                raise Stop("xml.too-deep", f"elements lie {DEPTH} deep; export again")
            return
        if (self._level, tag) in self._outlined and self._depth == self._level + 1:
            self._level += 1
            self._ready.append(Open(tag, attrs))
            return
        node = Node(tag, attrs)
        node.start = self._offset + self._parser.CurrentByteIndex
        stack.append(node)
        if tag == "meta" or tag in self._texts:
            self._parser.CharacterDataHandler = self._text

    def _end(self, tag: str) -> None:
        self._depth -= 1
        stack = self._stack
        if not stack:
            self._level -= 1
            self._ready.append(Close(tag))
            return
        node = stack.pop()
        if tag in self._texts and (not stack or stack[0].tag != "meta"):
            self._parser.CharacterDataHandler = None
        if len(stack) <= 1:
            node.raw = self._bytes(node)
        if not stack:
            self._parser.CharacterDataHandler = None
            self._ready.append(node)

    def _bytes(self, node: Node) -> bytes:
        """An element's, to the end of its closing tag, which the parser is at."""
        at = self._here() - self._base
        if self._data.startswith(b"</" + node.tag.encode(), at):
            at = self._data.find(b">", at) + 1
        return self._data[node.start - self._base : at]

    def _text(self, text: str) -> None:
        self._stack[-1].text += text


def _entity(*_: object) -> int:
    raise Stop(
        "xml.entities",
        "it declares entities, or refers to what lies outside of it; export it without",
    )


def _doctype(name: str, system: str | None, public: str | None, internal: int) -> None:
    if system or public:
        _entity()

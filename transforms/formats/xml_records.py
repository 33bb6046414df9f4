"""The records of an XML file: small trees, with their bytes.

<annotations> <meta>…</meta> <image>…</image> <track> <box/> <box/> </track> …
outline       record         record           outline record record
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from posegate.transforms.formats.xml_stream import DEPTH, Broken, Stop, Stream


@dataclass(slots=True)
class Node:
    """An element; `raw` are its bytes if it is a record, or a child of one."""

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


def whole(text: str | None) -> int | None:
    """A number from 0 as texts have it; None for anything else, or beyond 10^15."""
    sound = text is not None and text.isascii() and text.isdecimal() and len(text) < 16
    return int(text) if text is not None and sound else None


Event = Node | Open | Close | Broken


class Records(Stream):
    """Iterates over a file's records.

    Args:
      chunks: the bytes.
      outline: the tags that are not records, by depth: the root's, then those of its
        children that hold records themselves. If they hold none, children of records
        have their bytes too.
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
        self._texts = texts
        self._outlined = frozenset(enumerate(outline))
        self._stack: list[Node] = []
        self._kept = len(outline) == 1  # the bytes of children
        super().__init__(chunks, outline[0], resume)

    def __iter__(self) -> Iterator[Event]:
        return super().__iter__()

    def forget(self) -> None:
        """Begins anew, outside of the root."""
        self._stack.clear()
        self._level = self._depth = 0  # of the outline, and of all

    def start(self, tag: str, attrs: dict[str, str]) -> None:
        """Opens a record, or goes deeper into the one in hand."""
        stack = self._stack
        self._depth += 1
        if stack:
            node = Node(tag, attrs)
            if self._kept and len(stack) == 1:
                node.start = self.here()
            stack[-1].children.append(node)
            stack.append(node)
            if tag in self._texts:
                self.parser.CharacterDataHandler = self._text
            if self._depth > DEPTH:
                raise Stop("xml.too-deep", f"elements lie {DEPTH} deep; export again")
            return
        if (self._level, tag) in self._outlined and self._depth == self._level + 1:
            self._level += 1
            self.ready.append(Open(tag, attrs))
            return
        node = Node(tag, attrs)
        node.start = self.held = self.here()
        stack.append(node)
        if tag == "meta" or tag in self._texts:
            self.parser.CharacterDataHandler = self._text

    def end(self, tag: str) -> None:
        """Closes what is in hand."""
        self._depth -= 1
        stack = self._stack
        if not stack:
            self._level -= 1
            self.ready.append(Close(tag))
            return
        node = stack.pop()
        if tag in self._texts and (not stack or stack[0].tag != "meta"):
            self.parser.CharacterDataHandler = None
        if node.start >= 0:
            node.raw = self.bytes_of(tag, node.start)
        if not stack:
            self.parser.CharacterDataHandler = None
            self.held = None
            self.ready.append(node)

    def _text(self, text: str) -> None:
        self._stack[-1].text += text

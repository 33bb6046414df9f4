"""The records of a JSON file, each of one type, as a stream."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

import msgspec

from posegate.transforms.formats.files import File
from posegate.transforms.formats.streams import DamagedStream
from posegate.transforms.kernels.json_events import Broken, Run
from posegate.transforms.kernels.json_records import Records

T = TypeVar("T")


class Good(NamedTuple, Generic[T]):
    """A record: its ordinal, what it says, and its bytes."""

    position: int
    record: T
    raw: bytes


@dataclass(frozen=True)
class Bad:
    """What is no record; position -1 is the file."""

    position: int
    reason: str
    detail: str
    raw: bytes


class Listed(Generic[T]):
    """Decodes objects as `kind`: those of a list at the root, or of named sections.

    A record that does not decode costs no other, nor does what is broken between them.
    Several kinds are tried one after the other, each for all the records of a run.
    """

    def __init__(
        self,
        kind: type[T],
        sections: Collection[str] = (),
        otherwise: Sequence[type[T]] = (),
    ) -> None:
        self._kinds = [
            msgspec.json.Decoder(list[each])  # type: ignore[valid-type]
            for each in (kind, *otherwise)
        ]
        self._sections = sections

    def read(self, file: File) -> Iterator[Good[T] | Bad]:
        """A file's records in order; reasons are codes such as `json.truncated`."""
        found = Records(file.chunks(), self._sections)
        wanted = {*self._sections} or {""}
        try:
            for event in found:
                if isinstance(event, Broken):
                    where = event.ordinal if event.section in wanted else -1
                    yield Bad(where, event.reason, event.detail, event.raw)
                elif event.section in wanted:
                    yield from self._run(event, found)
        except DamagedStream as damage:
            yield Bad(-1, damage.reason, damage.detail, b"")

    def _run(self, run: Run, found: Records) -> Iterator[Good[T] | Bad]:
        todo = [(0, len(run.starts))]
        while todo:
            i, j = todo.pop()
            try:
                for n, record in enumerate(self._decoded(run, i, j), i):
                    yield Good(run.first + n, record, run.raw(n))
                continue
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                wrong = str(error)
            if j - i > 1:
                todo += [((i + j) // 2, j), (i, (i + j) // 2)]
                continue
            at = found.swallows(run.raw(i))
            if at is not None:
                found.reject(run, i, at, "json.malformed", wrong)
                return
            yield Bad(run.first + i, "json.malformed", wrong, run.raw(i))

    def _decoded(self, run: Run, i: int, j: int) -> list[T]:
        """Some of a run's records, all of the first kind that fits all."""
        data = b"[" + run.data[run.starts[i] : run.stops[j - 1]] + b"]"
        for kind in self._kinds[:-1]:
            try:
                _ = data.isascii() or str(data, "utf-8")
                return kind.decode(data)
            except (msgspec.DecodeError, UnicodeDecodeError):
                continue
        return self._kinds[-1].decode(data)

"""The records of a large JSON file, found in its raw bytes, one by one.

    {"info": {...}, "images": [{...}, {...}], "annotations": [{...}, ...], ...}
                    section     record                        record
    [{...}, {...}]                      a list at the root is the section ""

Every byte is scanned once, with numpy; memory is a window and the record in hand. A
record that lacks a bracket or a quote costs itself, not its neighbours: reading goes on
at the next place that looks like the start of a record.
"""

import re
from collections.abc import Collection, Iterable, Iterator

import numpy as np

from posegate.transforms.kernels.json_events import RAW, Broken, Run
from posegate.transforms.kernels.json_faults import (
    BOM,
    DEPTH,
    LONG,
    SPACE,
    Fault,
    behind,
    flaw,
    headers,
    not_json,
    stray,
    syntax,
    too_deep,
    too_long,
    unbalanced,
    wrong_end,
)
from posegate.transforms.kernels.json_scan import Ints, brackets

WINDOW = 1 << 20
LIMIT = 32 << 20  # a record: far above any real one (a 4k mask as a list is 2 MB)
_OVERLAP = 16 << 10  # more than a match of `headers` is long
_KEY = re.compile(rb'"((?:[^"\\]+|\\.)*+)"\s*:\s*$', re.DOTALL)


class Records:
    """Iterates over the runs of records, and over what is broken, in file order.

    Args:
      chunks: the file's bytes, in pieces of any size.
      sections: the keys of the root whose lists are read; all, if none is named.
      limit: bytes; a longer record is broken.
      window: bytes scanned at once.
    """

    def __init__(
        self,
        chunks: Iterable[bytes],
        sections: Collection[str] = (),
        limit: int = LIMIT,
        window: int = WINDOW,
    ) -> None:
        self.found: dict[str, int] = {}
        """Sections met and how many records each has so far, broken ones included."""
        self.bom = False
        self._chunks = iter(chunks)
        self._sections = frozenset(sections)
        self._headers = headers(sections)
        self._limit, self._full, self._window = limit, window, window
        self._data = b""
        self._at = 0  # scanned up to here
        self._keep = 0  # bytes before this are done with
        self._depth, self._string, self._escaped = 0, False, False
        self._record = 0  # the depth inside a record: 3 under an object, 2 under a list
        self._start: int | None = None  # of the record that is open
        self._check = LONG
        self._section: str | None = None
        self._whole = True  # nothing of the value in hand was given up yet
        self._last: str | None = None
        self._lost: Fault | None = None  # looking for the next record
        self._head: bytes | None = None
        self._rejected: Fault | None = None
        self._done = False

    def reject(self, run: Run, i: int, at: int, reason: str, detail: str) -> None:
        """Tells, while `run` is in hand, that record i goes wrong at its byte `at`.

        It is then given as broken, and all that follows in the run is read again.
        """
        self.found[run.section] = run.first + i
        start = int(run.starts[i])
        self._rejected = Fault(start, start + at, reason, detail)

    def swallows(self, raw: bytes) -> int | None:
        """Where a record stops being JSON; from there on others may be hidden in it."""
        return flaw(raw, self._headers, whole=True)

    def __iter__(self) -> Iterator[Run | Broken]:
        problem = self._open()
        while problem is None:
            while self._more():
                if self._lost is not None:
                    yield from self._seek()
                elif self._done:
                    yield from self._after()
                else:
                    yield from self._scan()
            if self._lost is None and (self._swallowing() or self._hiding()):
                continue
            problem = self._end()
            if problem is None:
                return
        yield problem

    def _more(self) -> bool:
        """Whether bytes are left to look at; reads a chunk when there are none."""
        if self._at < len(self._data):
            return True
        if self._start is None and self._at - self._keep > 1 << 20:
            self._keep, self._check, self._whole = self._at - _OVERLAP, LONG, False
        self._data = self._data[self._keep :]
        self._at -= self._keep
        if self._start is not None:
            self._start -= self._keep
        self._keep = 0
        return self._grow()

    def _open(self) -> Broken | None:
        """Looks at the first bytes; sets the depth of records."""
        while len(self._data) < 4 and self._grow():
            self._data = self._data.lstrip(SPACE)
        if (problem := not_json(self._data)) is not None:
            return self._file(*problem)
        self.bom = self._data.startswith(BOM)
        self._keep = self._at = len(BOM) if self.bom else 0
        first = self._data[self._at :].lstrip(SPACE)[:1]
        self._record = 3 if first == b"{" else 2
        return None

    def _grow(self) -> bool:
        chunk = next((c for c in self._chunks if c), b"")
        self._data += chunk
        return bool(chunk)

    def _file(self, reason: str, detail: str) -> Broken:
        return Broken("", -1, reason, f"the file {detail}", self._data[:RAW])

    def _scan(self) -> Iterator[Run | Broken]:
        """Scans one window: runs of records between the brackets of the outline."""
        at = self._at
        window = self._data[at : at + self._window]
        marks, step, self._string, self._escaped = brackets(
            window, self._string, self._escaped
        )
        marks += at
        depth = self._depth + np.cumsum(step)
        level = depth + (step < 0)  # the depth inside the bracket
        self._at = at + len(window)
        self._depth = int(depth[-1]) if len(depth) else self._depth
        deep = level > self._record + DEPTH
        deepest = int(marks[deep.argmax()]) if deep.any() else None
        shallow = level <= self._record
        marks, step, level = marks[shallow], step[shallow], level[shallow]
        low = 0
        for cut in [*np.flatnonzero(level < self._record).tolist(), len(marks)]:
            yield from self._records(marks[low:cut], step[low:cut], deepest)
            if self._lost is not None:
                return
            if cut < len(marks):
                yield from self._outline(
                    int(marks[cut]), int(level[cut]), step[cut] > 0
                )
            if self._lost is not None or self._done:
                return
            low = cut + 1
        self._waiting(deepest)

    def _records(
        self, marks: Ints, step: Ints, deepest: int | None
    ) -> Iterator[Run | Broken]:
        """Gives the records that end in a stretch of brackets at their depth."""
        if self._section is None or not len(marks):
            return
        starts, stops = marks[step > 0], marks[step < 0] + 1
        if self._start is not None:
            starts = np.insert(starts, 0, self._start)
        open_ = int(starts[-1]) if len(starts) > len(stops) else None
        fault = self._fault(starts, stops, deepest)
        good = len(stops) if fault is None else fault[0]
        if good:
            self._keep = int(stops[good - 1])
            self._start = None
            yield self._run(starts[:good], stops[:good])
        if self._rejected is not None:
            rejected, self._rejected = self._rejected, None
            self._lose(rejected)
        elif fault is not None:
            self._lose(fault[1])
        else:
            self._start = open_
            if open_ is not None:
                self._keep = open_

    def _run(self, starts: Ints, stops: Ints) -> Run:
        section = self._section or ""
        first = self.found[section]
        self.found[section] = first + len(starts)
        return Run(section, self._data, starts, stops, first)

    def _fault(
        self, starts: Ints, stops: Ints, deepest: int | None
    ) -> tuple[int, Fault] | None:
        """The number of the first record that is none, and why."""
        before = np.concatenate([[self._keep], stops])[: len(starts)]
        if self._start is not None:
            before[0] = starts[0]
        whole = starts[: len(stops)]
        ends = wrong_end(self._data, whole, stops, self._limit, deepest, self._headers)
        gap = stray(self._data, starts, before)
        if gap is None or (ends is not None and ends[0] < gap[0]):
            return ends
        detail = "it stands between records and is no object"
        return gap[0], Fault(gap[1], gap[1], "json.stray", detail)

    def _outline(self, mark: int, level: int, opens: bool) -> Iterator[Run | Broken]:
        """Follows the brackets outside records: the root, and its keys' values."""
        kind = self._data[mark : mark + 1]
        if not opens:
            yield from self._closing(mark, level, kind)
        elif level == 1:
            self._enter("" if self._record == 2 else None, mark)
        elif key := _KEY.search(self._data, max(self._keep, mark - _OVERLAP), mark):
            name = key[1].decode("utf-8", "replace")
            known = kind == b"[" and (not self._sections or name in self._sections)
            self._enter(name if known else None, mark)
        else:
            self._stray(mark)

    def _enter(self, section: str | None, mark: int) -> None:
        self._section, self._whole = section, True
        self._keep = mark if section is None else mark + 1
        if section is not None:
            self._last = section
            self.found.setdefault(section, 0)

    def _closing(self, mark: int, level: int, kind: bytes) -> Iterator[Broken]:
        other = self._section is None and level == 2
        value = self._data[self._keep : mark + 1]
        if other and self._whole and (at := syntax(value, whole=True)) is not None:
            self._lose(unbalanced(self._keep, self._keep + at))
            return
        if not other and kind != (b"}" if self._section is None else b"]"):
            self._stray(mark)
            return
        if self._section is not None:
            gap = self._data[self._keep : mark].strip(SPACE + b",")
            if gap:
                yield self._broken("json.stray", "it is not an object", gap)
            self._section = None
        self._keep = mark + 1
        if level == 1:
            self._done = True
            self._at = mark + 1

    def _stray(self, mark: int) -> None:
        """A bracket where none can be: part of a broken record of the last section."""
        self._lose(unbalanced(min(self._keep, mark), mark))

    def _waiting(self, deepest: int | None) -> None:
        """Looks after the record that is open at the end of a window."""
        self._window = min(self._window * 2, self._full)
        start = self._start if self._start is not None else self._keep
        size = self._at - start
        if deepest is not None or size >= self._check:
            if self._swallowing():
                return
            self._check = size * 2
        if self._start is None:
            return
        if deepest is not None and deepest > start:
            self._lose(too_deep(start, deepest))
        elif size > self._limit:
            self._lose(too_long(start, start + 1, self._limit))

    def _swallowing(self) -> bool:
        """Whether what is open has a flaw; if so, reading resumes behind it.

        Open is a record, or what stands between two of them and is none, or the value
        of a key that is of no interest.
        """
        if self._start is not None:
            at = flaw(self._data[self._start : self._at], self._headers)
            wrong = None if at is None else self._start + at
        elif self._section is not None:
            found = self._headers.search(self._data, self._keep, self._at)
            wrong = None if found is None else found.start() + 1
        elif self._depth > 1 and self._whole:
            at = syntax(self._data[self._keep : self._at])
            wrong = None if at is None else self._keep + at
        else:
            return False
        if wrong is not None:
            start = self._keep if self._start is None else self._start
            self._lose(unbalanced(start, wrong))
        return wrong is not None

    def _hiding(self) -> bool:
        """Whether the record that the file ends in may hide others; if so, reads on."""
        if self._start is None:
            return False
        found = self._headers.search(self._data, self._start + 1, self._at)
        if found is not None:
            self._lose(unbalanced(self._start, found.start() + 1))
        return found is not None

    def _lose(self, fault: Fault) -> None:
        """Gives up on what starts at a fault; looks for a record from there on."""
        self._lost = fault
        self._keep, self._head, self._start = fault.start, None, None
        self._at = fault.start + behind(self._data[fault.start : fault.wrong])
        self._section = self._section if self._section is not None else self._last
        self._window, self._check = min(LONG, self._full), LONG
        self._done = False

    def _seek(self) -> Iterator[Broken]:
        """Looks for the next start of a record, or of a section not yet seen."""
        found = self._headers.search(self._data, self._at)
        while found and not self._resumes(found):
            found = self._headers.search(self._data, found.end(found.lastindex or 0))
        if found is None:
            if self._head is None and len(self._data) - self._keep >= RAW:
                self._head = self._data[self._keep : self._keep + RAW]
            rest = max(self._at, len(self._data) - _OVERLAP)
            self._keep = self._keep if self._head is None else rest
            self._searched(rest)
            return
        start = found.start(1) if found[1] is not None else found.start(2) - 1
        yield self._give_up(start)
        self._depth, self._string, self._escaped = self._record - 1, False, False
        self._at = self._keep = start
        if found[1] is None:
            self._enter(found[2].decode(), found.start(3))
            self._at = found.start(3) + 1

    def _resumes(self, found: re.Match[bytes]) -> bool:
        """Whether reading can go on here: at a new section, or a record inside one."""
        if found[2] is None:
            return self._section is not None
        return found[2].decode() not in self.found

    def _searched(self, rest: int) -> None:
        """Takes in one more chunk without finding anything; at the end, stays there."""
        if self._keep and self._head is not None:
            self._data, rest, self._keep = (
                self._data[self._keep :],
                rest - self._keep,
                0,
            )
        self._at = rest if self._grow() else len(self._data)

    def _give_up(self, stop: int) -> Broken:
        assert self._lost is not None
        lost = self._lost
        raw = self._head if self._head is not None else self._data[self._keep : stop]
        self._lost = None
        if self._section is None:
            detail = "the file lacks a bracket or a quote before its records"
            return Broken("", -1, lost.reason, detail, raw[:RAW])
        return self._broken(lost.reason, lost.detail, raw.strip(SPACE + b","))

    def _broken(self, reason: str, detail: str, raw: bytes) -> Broken:
        section = self._section or ""
        ordinal = self.found.get(section, 0)
        self.found[section] = ordinal + 1
        return Broken(section, ordinal, reason, detail, raw[:RAW])

    def _after(self) -> Iterator[Broken]:
        """Nothing may follow the root; if records do, a bracket closed it early."""
        rest = self._data[self._keep :].strip(SPACE)
        self._at = len(self._data)
        if not rest:
            self._keep = self._at
        elif self._last is not None:
            self._stray(self._keep)
        else:
            yield self._file(
                "json.trailing", f"goes on after its end with {rest[:20]!r}"
            )
            self._chunks = iter(())

    def _end(self) -> Broken | None:
        """What is wrong with where the file ends."""
        if self._lost is not None:
            return self._give_up(len(self._data))
        if self._depth == 0 or not self._record:
            return None
        raw = self._data[self._keep :][:RAW]
        where = (
            f"inside {self._section!r}" if self._section is not None else "too early"
        )
        detail = f"the file ends {where}: it was cut off; deliver it again"
        return Broken("", -1, "json.truncated", detail, raw)

"""Which lines of a plain table are an instance: one, or as many as it has points."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from posegate.transforms.formats.points_csv_columns import Columns, Points, other
from posegate.transforms.formats.points_csv_rows import (
    UNSAID,
    Draft,
    Table,
    flags,
    text,
)
from posegate.transforms.formats.text_table import Cells, Dialect, parse
from posegate.transforms.model.poses import Bytes, Floats

HELD = 64 << 20
"""Bytes of a long table within which an instance's lines may stand anywhere."""

KEYS = ("image", "video", "frame", "instance", "track", "annotator", "role")
"""What the lines of one instance have in common."""

Wrong = dict[int, tuple[str, str]]


def wrong(found: Cells, cut: bool) -> Wrong:
    """(code, sentence) of the lines that are none; `cut` if the last is cut off."""
    bad = {i: ("points-csv.cell", f"it {what}") for i, what in found.bad.items()}
    if cut:
        lacks = f"it lacks {int(found.short[-1])} cells and a line end"
        bad[len(found) - 1] = ("points-csv.row-cut", f"{lacks}; deliver it again")
    return bad


@dataclass
class Wide:
    """A line is an instance; one without any point is an image nobody labelled."""

    table: Table
    dialect: Dialect
    _last: str | None = None

    def add(self, block: bytes, unended: bool) -> None:
        """Takes in a block of lines."""
        table, columns = self.table, self.table.columns
        found = parse(block, columns.width, self.dialect, columns.texts)
        cut = unended and len(found) > 0 and found.short[-1] > 0
        bad = wrong(found, bool(cut))
        xyz, given = _wide(found, columns)
        some = np.array(np.isfinite(xyz).any(axis=(1, 2)), np.bool_)
        some[list(bad)] = True
        table.build.note("unlabelled-lines", int((~some).sum()))
        table.build.images(self._images(found))
        lines = np.flatnonzero(some)
        names = list(columns.points)
        points = Points.of(names, table.context)
        n, k = len(lines), len(table.context.skeleton.keypoints)
        mine = points.places >= 0
        full, flag = np.full((n, k, 3), np.nan), np.full((n, k), UNSAID, np.uint8)
        full[:, points.places[mine]] = xyz[lines][:, mine]
        flag[:, points.places[mine]] = given[lines][:, mine]
        reasons = {int(np.searchsorted(lines, i)): why for i, why in bad.items()}
        if points.strange.any() or len(set(points.places[mine].tolist())) < mine.sum():
            why = ("points-csv.other-skeleton", other(names, table.context))
            reasons = dict.fromkeys(range(n), why) | reasons
        elif not table.records:
            table.build.note("left-out", int((~mine).sum()))
        short = np.asarray(found.short[lines] > 0)

        def raw(i: int) -> bytes:
            return found.raw(int(lines[i]))

        table.put(Draft(found, full, flag, lines, reasons, raw, short))

    def end(self) -> None:
        """Nothing was held back."""

    def _images(self, found: Cells) -> int:
        """How many images begin in a block."""
        image = text(found, self.table.columns.known.get("image"))
        if image is None or not len(image):
            return len(found)
        names = image.fill_null("").to_pylist()
        before = [self._last, *names[:-1]]
        self._last = names[-1]
        return sum(a != b for a, b in zip(before, names, strict=True))


def _wide(found: Cells, columns: Columns) -> tuple[Floats, Bytes]:
    """(N, M, 3) points and (N, M) flags in the order of the columns."""
    n, m = len(found), len(columns.points)
    xyz, given = np.full((n, m, 3), np.nan), np.full((n, m), UNSAID, np.uint8)
    for j, axes in enumerate(columns.points.values()):
        for axis, name in enumerate("xyz"):
            if name in axes:
                xyz[:, j, axis] = found.numbers[:, axes[name]]
        if "visibility" in axes:
            given[:, j] = flags(found.texts[axes["visibility"]])
    return xyz, given


@dataclass
class Long:
    """A line is a point. An instance's lines stand together, or within HELD bytes."""

    table: Table
    dialect: Dialect
    _held: list[bytes] = field(default_factory=list)
    _size: int = 0
    _unended: bool = False

    def add(self, block: bytes, unended: bool) -> None:
        """Takes in a block of lines."""
        self._held.append(block)
        self._size += len(block)
        self._unended = unended
        if self._size >= HELD:
            self._put(whole=False)

    def end(self) -> None:
        """Makes records of what was held back."""
        if self._held:
            self._put(whole=True)

    def _put(self, whole: bool) -> None:
        """Makes records of the lines held; the last may go on, unless that is all."""
        columns = self.table.columns
        found = parse(b"".join(self._held), columns.width, self.dialect, columns.texts)
        keys = _keys(found, columns).dictionary_encode()
        group = keys.indices.to_numpy()
        self._held, self._size = [], 0
        kept = np.full(len(found), True)
        if not whole and len(keys.dictionary) > 1:
            kept = group != group[-1]
            rest = np.flatnonzero(~kept).tolist()
            self._held = [b"".join(found.raw(i) + b"\n" for i in rest)]
            self._size = len(self._held[0])
        cut = whole and self._unended and len(found) > 0 and found.short[-1] > 0
        self._draft(found, np.flatnonzero(kept), group, wrong(found, bool(cut)))

    def _draft(
        self,
        found: Cells,
        lines: npt.NDArray[np.intp],
        group: npt.NDArray[np.int32],
        bad: Wrong,
    ) -> None:
        """Records of some of the lines (L,), which belong to `group` (N,)."""
        table, columns = self.table, self.table.columns
        _, first, number = np.unique(
            group[lines], return_index=True, return_inverse=True
        )
        n, k = len(first), len(table.context.skeleton.keypoints)
        said = pc.utf8_trim_whitespace(found.texts[columns.known["keypoint"]])
        words = said.dictionary_encode()
        names = words.dictionary.to_pylist()
        points = Points.of(names, table.context)
        which = words.indices.to_numpy()[lines]  # (L,)
        place = points.places[which]
        mine = place >= 0
        full, flag = np.full((n, k, 3), np.nan), np.full((n, k), UNSAID, np.uint8)
        for axis, name in enumerate("xyz"):
            if name in columns.known:
                numbers = found.numbers[lines, columns.known[name]]
                full[number[mine], place[mine], axis] = numbers[mine]
        if "visibility" in columns.known:
            given = flags(found.texts[columns.known["visibility"]])[lines]
            flag[number[mine], place[mine]] = given[mine]
        reasons: Wrong = {}
        for i in sorted(set(number[points.strange[which]].tolist())):
            own = [names[w] for w in which[number == i].tolist()]
            reasons[i] = ("points-csv.other-skeleton", other(own, table.context))
        slot, times = np.unique(number[mine] * k + place[mine], return_counts=True)
        for i, at in zip(*np.divmod(slot[times > 1], k), strict=True):
            keypoint = table.context.skeleton.keypoints[int(at)]
            reasons[int(i)] = (
                "points-csv.point-twice",
                f"it has {keypoint!r} twice; `instance` parts the objects of an image",
            )
        where = dict(zip(lines.tolist(), number.tolist(), strict=True))
        reasons |= {where[i]: why for i, why in bad.items() if i in where}
        table.build.note("left-out", int((points.ignored[which] & ~mine).sum()))
        images = text(found, columns.known.get("image"))
        heads = lines[first]
        if images is not None:
            own = images.take(pa.array(heads))
            table.build.images(pc.count_distinct(own).as_py())

        def raw(i: int) -> bytes:
            own = lines[np.flatnonzero(number == i)].tolist()
            return b"\n".join(found.raw(line) for line in own)

        short = np.bincount(number, found.short[lines], minlength=n) > 0
        table.put(Draft(found, full, flag, heads, reasons, raw, np.asarray(short)))


def _keys(found: Cells, columns: Columns) -> pa.Array:
    """(N,) what parts instances, as one text a line."""
    parts = []
    for name in KEYS:
        at = columns.known.get(name)
        if at is None:
            continue
        if at in found.texts:
            parts.append(found.texts[at])
        else:
            parts.append(pa.array(found.numbers[:, at]).cast(pa.string()))
    return pc.binary_join_element_wise(*parts, "\x1f", null_handling="replace")

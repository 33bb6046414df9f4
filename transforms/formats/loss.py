"""What is lost when rows are written as another format: foretold, and found.

Foretold from what the target says it keeps (`write.Keeps`) and what the rows have;
found by comparing the rows with those that are read from what was written.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from posegate.transforms.formats.write import Ints, Keeps
from posegate.transforms.kernels.geometry import both
from posegate.transforms.model.poses import Bools, Floats, Poses
from posegate.transforms.model.schema import Origin, Role

FIELDS = (
    *("id", "image", "width", "height", "video", "frame", "fps", "track", "annotator"),
    *("annotated_at", "lead_time_s", "role", "z", "unit", "bbox", "area"),
    *("segmentation", "attributes"),
)
"""The columns of a row that a person may miss."""

_FLAGS = ("unlabelled", "occluded", "visible", "certain")
_BATCH = 8192


def foretold(batches: Iterator[pa.RecordBatch], keeps: Keeps) -> dict[str, int]:
    """What cannot be held, in words, and how many rows or keypoints have it."""
    lost: dict[str, int] = {}
    for batch in batches:
        for name in FIELDS:
            if name not in keeps.fields:
                _add(lost, f"{name} (rows)", int(has(batch, name).sum()))
        poses = Poses.of(batch)
        for flag, kept in enumerate(keeps.visibility):
            if kept != flag:
                said = f"{_FLAGS[flag]} becomes {_FLAGS[kept]} (keypoints)"
                _add(lost, said, int((poses.visibility == flag).sum()))
        for origin, kept in enumerate(keeps.origin):
            if kept != origin:
                names = (Origin(value).name.lower() for value in (origin, kept))
                made = poses.labelled & (poses.origin == origin)
                _add(lost, f"{' becomes '.join(names)} (keypoints)", int(made.sum()))
        if not keeps.stale:
            stale = ~poses.labelled & both(np.isfinite(poses.xy))
            _add(lost, "positions of unlabelled keypoints", int(stale.sum()))
    return lost


def _add(lost: dict[str, int], said: str, count: int) -> None:
    if count:
        lost[said] = lost.get(said, 0) + count


def has(batch: pa.RecordBatch, name: str) -> Bools:
    """(N,) whether a row says anything in a column."""
    column = batch[name]
    if name == "bbox":
        return np.asarray(np.isfinite(Poses.of(batch).bbox).all(axis=1))
    if name == "role":
        told = pc.not_equal(column, Role.PRODUCTION.value)
    elif name == "area":
        told = pc.equal(batch["area_source"], "segment").fill_null(False)
    elif name == "attributes":
        sizes = [len(each or ()) for each in column.to_pylist()]
        return np.array(sizes) > 0
    else:
        told = column.is_valid()
    return np.asarray(told.to_numpy(zero_copy_only=False), np.bool_)


@dataclass
class Found:
    """How rows came back: counts of rows, and the farthest that a position is off.

    `changed` counts, by column, the rows that had a value and have another, of those
    that were compared.
    """

    rows: int = 0
    back: int = 0
    compared: int = 0
    farthest: float = 0.0
    changed: dict[str, int] = field(default_factory=dict)

    def beyond(self, keeps: Keeps, told: Iterable[str] = ()) -> list[str]:
        """The columns that differ although the target keeps them.

        What a writer told of a column, as `id: ...`, excuses it.
        """
        excused = {said.partition(":")[0] for said in told}
        names = [n for n in self.changed if n in keeps.fields and n not in excused]
        far = self.farthest > 2 * keeps.step + 1e-6
        return names + (["xy"] if far else [])


def found(before: pa.Table, after: pa.Table, by: tuple[str, ...]) -> Found:
    """Compares rows with those that were read back, in order inside each group.

    `by` names the columns that tell which belong together; groups that have not the
    same number of rows are left out.
    """
    out = Found(rows=len(before), back=len(after))
    one, other = matched(before, after, by)
    out.compared = len(one)
    for start in range(0, len(one), _BATCH):
        rows = slice(start, start + _BATCH)
        _compare(taken(before, one[rows]), taken(after, other[rows]), out)
    return out


def taken(table: pa.Table, rows: Ints) -> pa.RecordBatch:
    """These rows as one batch."""
    some = table.take(pa.array(rows)).combine_chunks()
    return some.to_batches()[0]


def matched(
    before: pa.Table, after: pa.Table, by: tuple[str, ...]
) -> tuple[Ints, Ints]:
    """(M,) row numbers on both sides that stand for the same instance."""
    n = len(before)
    code = np.zeros(n + len(after), np.int64)
    for name in by:
        kind = before.schema.field(name).type
        joined = pa.chunked_array([*before[name].chunks, *after[name].chunks], kind)
        column = joined.combine_chunks().dictionary_encode(null_encoding="encode")
        index = column.indices.to_numpy(zero_copy_only=False).astype(np.int64)
        code = np.unique(code * (len(code) + 1) + index, return_inverse=True)[1]
    size = int(code.max(initial=-1)) + 1
    left = np.bincount(code[:n], minlength=size)
    same = left == np.bincount(code[n:], minlength=size)
    sides = []
    for part in (code[:n], code[n:]):
        order = np.argsort(part, kind="stable")
        sides.append(order[same[part[order]]])
    return sides[0], sides[1]


def _compare(one: pa.RecordBatch, other: pa.RecordBatch, out: Found) -> None:
    for name in FIELDS:
        count = int((has(one, name) & differs(one, other, name)).sum())
        if count:
            out.changed[name] = out.changed.get(name, 0) + count
    left, right = Poses.of(one), Poses.of(other)
    shared = left.labelled & right.labelled
    off = np.abs(left.xy - right.xy).max(axis=2, initial=0.0)[shared]
    out.farthest = max(out.farthest, float(off.max(initial=0.0)))
    for name, changed in (
        ("visibility", left.visibility != right.visibility),
        ("origin", shared & (left.origin != right.origin)),
    ):
        rows = int(changed.any(axis=1).sum())
        if rows:
            out.changed[name] = out.changed.get(name, 0) + rows


def differs(one: pa.RecordBatch, other: pa.RecordBatch, name: str) -> Bools:
    """(N,) whether a column's values are not the same."""
    if name == "bbox":
        off = apart(Poses.of(one).bbox, Poses.of(other).bbox)
        return np.asarray(off.any(axis=1))
    if name == "area":
        return apart(Poses.of(one).area, Poses.of(other).area)
    left, right = one[name], other[name]
    if name in ("attributes", "z"):
        pairs = zip(left.to_pylist(), right.to_pylist(), strict=True)
        return np.array([sorted(a or ()) != sorted(b or ()) for a, b in pairs])
    if left.type in (pa.float32(), pa.float64()):
        values = (side.to_numpy(zero_copy_only=False) for side in (left, right))
        return apart(*values)
    same = pc.equal(left, right).fill_null(False)
    neither = pc.and_(left.is_null(), right.is_null())
    return ~np.asarray(pc.or_(same, neither).to_numpy(zero_copy_only=False), np.bool_)


def apart(one: Floats, other: Floats) -> Bools:
    """Whether two numbers differ by more than rounding does; NaN equals NaN."""
    near = np.isclose(one, other, rtol=1e-6, atol=1e-6, equal_nan=True)
    return np.asarray(~near)

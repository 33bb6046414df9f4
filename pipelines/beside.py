"""The instance beside which a finding shows: the frame before, or the other person."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

NEEDED = ("instance", "image", "annotator", "role", "video", "track", "frame",
          "xy", "visibility", "origin", "bbox", "area", "width", "height")  # fmt: skip
"""What of a part's rows is read to find it."""


def companion(
    folder: str, manifest: dict[str, Any], row: dict[str, Any], rules: set[str]
) -> tuple[str, dict[str, Any]] | None:
    """What is drawn beside an instance, and in words which it is; None if nothing.

    For rules of tracks the row of the same track before; for rules of pairs whoever of
    the image, or of all images if one may be anywhere, is most like it; of masks which
    overlaps it most. A finding of all of an image together has no other one to show.
    """
    from posegate.expectations.rules import RULES

    known = [RULES[id] for id in rules if id in RULES]
    known = [rule for rule in known if rule.meets is None or rule.meets >= 0]
    if any(rule.beside and rule.of == "mask" for rule in known):
        found = _masked(folder, manifest, row)
        return ("the other one of the pair", found) if found else None
    if any(rule.beside for rule in known):
        found = _other(folder, manifest, row, any(rule.anywhere for rule in known))
        return ("the other one of the pair", found) if found else None
    if any(rule.tracked for rule in known):
        found = _before(folder, manifest, row)
        return (f"frame {found['frame']} of its track", found) if found else None
    return None


def _rows(
    folder: str,
    manifest: dict[str, Any],
    row: dict[str, Any],
    same: tuple[str, ...],
    columns: tuple[str, ...] = NEEDED,
) -> "Iterator[pa.RecordBatch]":
    """The rows, but for this one, that agree with it in some columns."""
    import pyarrow as pa
    import pyarrow.compute as pc

    from posegate.transforms import parts, storage

    for name in sorted(file["name"] for file in manifest["files"]):
        if not name.startswith("annotations/"):
            continue
        path = storage.join(folder, name)
        for batch in parts.read_columns(path, columns):
            kept = pc.not_equal(batch["instance"], row["instance"])
            for column in same:
                value = pa.scalar(row[column], batch[column].type)
                alike = pc.equal(batch[column], value)
                if not value.is_valid:
                    alike = pc.is_null(batch[column])
                kept = pc.and_(kept, pc.fill_null(alike, False))
            some = batch.filter(kept)
            if some.num_rows:
                yield some


def _before(
    folder: str, manifest: dict[str, Any], row: dict[str, Any]
) -> dict[str, Any] | None:
    """The last row of the track before this one's frame."""
    import pyarrow.compute as pc

    if row["track"] is None or row["frame"] is None:
        return None
    best: dict[str, Any] | None = None
    for batch in _rows(folder, manifest, row, ("annotator", "role", "video", "track")):
        earlier = batch.filter(pc.less_equal(batch["frame"], row["frame"]))
        if earlier.num_rows:
            last = int(pc.max(earlier["frame"]).as_py())
            if best is None or last > best["frame"]:
                at = pc.index(earlier["frame"], last).as_py()
                best = earlier.slice(at, 1).to_pylist()[0]
    return best


def _other(
    folder: str, manifest: dict[str, Any], row: dict[str, Any], anywhere: bool
) -> dict[str, Any] | None:
    """Whose box overlaps most, or whose shape is the nearest."""
    import numpy as np
    import pyarrow as pa

    from posegate.transforms.kernels.copies import aligned_distance
    from posegate.transforms.kernels.geometry import bounding_box, iou
    from posegate.transforms.model.poses import Poses

    this = Poses.of(_of_one(row))  # of one row, which numpy sets beside all others
    box = bounding_box(this.xy, this.labelled)
    best, nearest = None, -np.inf
    same = ("annotator", "role") if anywhere else ("annotator", "role", "image")
    for batch in _rows(folder, manifest, row, same):
        poses = Poses.of(batch)
        with np.errstate(all="ignore"):
            if anywhere:
                like = -aligned_distance(
                    this.xy, this.labelled, poses.xy, poses.labelled, 3
                )
            else:
                like = iou(box, bounding_box(poses.xy, poses.labelled))
        like = np.nan_to_num(like, nan=-np.inf)
        at = int(like.argmax())
        if like[at] > nearest:
            best, nearest = batch.take(pa.array([at])).to_pylist()[0], float(like[at])
    return best


def _masked(
    folder: str, manifest: dict[str, Any], row: dict[str, Any]
) -> dict[str, Any] | None:
    """Whose mask has most in common with this one's; None where nobody's has."""
    import numpy as np
    import pyarrow as pa

    from posegate.transforms.kernels.outlines import Outlines

    columns = (*NEEDED, "segmentation")
    this = _of_one(row, columns)
    best, most = None, 0.0
    same = ("annotator", "role", "image")
    for batch in _rows(folder, manifest, row, same, columns):
        both = pa.Table.from_batches([this, batch.cast(this.schema)]).combine_chunks()
        [rows] = both.to_batches()
        others = np.arange(1, rows.num_rows)
        like = Outlines.of(rows).overlap(np.zeros_like(others), others)
        at = int(np.nan_to_num(like).argmax())
        if like[at] > most:
            best, most = batch.slice(at, 1).to_pylist()[0], float(like[at])
    return best


def _of_one(row: dict[str, Any], columns: tuple[str, ...] = NEEDED) -> "pa.RecordBatch":
    import pyarrow as pa

    from posegate.transforms.model.schema import instances

    schema = instances(len(row["visibility"]))
    fields = [schema.field(name) for name in columns]
    return pa.RecordBatch.from_pylist(
        [{name: row[name] for name in columns}], schema=pa.schema(fields)
    )

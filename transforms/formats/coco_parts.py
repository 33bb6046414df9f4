"""COCO-WholeBody's parts: feet, face and hands beside the body of one person.

    keypoints 17 | foot_kpts 6 | face_kpts 68 | lefthand_kpts 21 | righthand_kpts 21

The third value of a part's point may be a model's score, which says nothing about
visibility: above 0 counts as visible.
"""

import json
from collections.abc import Sequence

import numpy as np

from posegate.transforms.formats.coco_records import Annotation, Numbers, Wide
from posegate.transforms.formats.remarks import Remarks
from posegate.transforms.formats.values import numbers, text
from posegate.transforms.model.poses import Bools, Floats

BODY = 17
PARTS = {"foot": 6, "face": 68, "lefthand": 21, "righthand": 21}
_ALL = BODY + sum(PARTS.values())
_BOXES = ("face_box", "lefthand_box", "righthand_box", "bbox_head")


def is_body(keypoints: int) -> bool:
    """Whether a skeleton of so many keypoints is the whole body's."""
    return keypoints == _ALL


def add_parts(table: Floats, records: Sequence[Annotation], remarks: Remarks) -> Bools:
    """Fills the parts into `table` (N, 133, 3): (N,) whose record has any."""
    some = np.zeros(len(records), np.bool_)
    at = BODY
    for name, size in PARTS.items():
        lists = [getattr(record, f"{name}_kpts") or [] for record in records]
        given = np.fromiter(map(len, lists), np.int64, len(lists))
        whole = given == 3 * size
        _refuse_odd((given > 0) & ~whole, name, size, given.tolist(), remarks)
        block = numbers([x for x in lists if len(x) == 3 * size], 3 * size)
        void = [getattr(record, f"{name}_valid") is False for record in records]
        table[whole, at : at + size] = _block(
            block.reshape(-1, size, 3), whole, np.array(void, np.bool_), remarks
        )
        at += size
        some |= whole
    if some.any() and "coco.keypoints-absent" in remarks.repairs:
        remarks.repairs["coco.keypoints-absent"] &= ~some
    return some


def _refuse_odd(
    odd: Bools, name: str, size: int, given: Sequence[int], remarks: Remarks
) -> None:
    remarks.refuse(
        odd,
        "coco.keypoint-count",
        lambda i: f"{name}_kpts has {given[i]} numbers, not 3 x {size}; deliver all",
    )


def _block(block: Floats, whole: Bools, void: Bools, remarks: Remarks) -> Floats:
    """A part's points (M, P, 3), less what is denied; `whole` (N,) has M rows."""
    denied = void[whole] & (block != 0).any(axis=(1, 2))
    remarks.repair(_of(whole, denied), "coco.part-invalid")
    block[denied, :, 2] = 0
    return block


def mend_scores(table: Floats, remarks: Remarks) -> None:
    """Takes scores among the parts' flags (N, 133, 3) for what they are."""
    at = BODY
    for size in PARTS.values():
        flag = table[:, at : at + size, 2]
        score = (flag != np.rint(flag)).any(axis=1)
        remarks.repair(np.asarray(score), "coco.score-as-visibility")
        flag[score] = np.where(flag[score] > 0, 2.0, 0.0)
        at += size


def _of(whole: Bools, marked: Bools) -> Bools:
    """(N,) from the M rows where `whole`."""
    out = np.zeros(len(whole), np.bool_)
    out[whole] = marked
    return out


def told(records: Sequence[Annotation]) -> dict[str, Sequence[str | None]]:
    """Attributes by name, (N,) each: the boxes of the parts, PoseTrack's person."""
    if not isinstance(records[0], Wide):
        return {}
    columns: dict[str, Sequence[str | None]] = {
        n: [_box(getattr(r, n)) for r in records] for n in _BOXES
    }
    for name in ("person_id",):
        columns[name] = [text(getattr(r, name)) for r in records]
    return columns


def _box(given: Numbers | None) -> str | None:
    return json.dumps(given) if given and any(given) else None

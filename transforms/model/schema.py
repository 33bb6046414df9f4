"""The columns of every table that posegate writes.

The canonical row is one annotator's annotation of one object in one frame. A part file
holds the rows of one shard, in the shard's order, so (`part`, `row`) names a row from
anywhere without moving it.
"""

from enum import IntEnum, StrEnum
from functools import cache

import pyarrow as pa


class Role(StrEnum):
    """Who placed an instance; the value is what the `role` column holds."""

    PRODUCTION = "production"
    GOLD = "gold"
    REVIEW = "review"
    PRELABEL = "prelabel"


class Visibility(IntEnum):
    """COCO's flag, and a fourth value for partly hidden but certain."""

    UNLABELLED = 0
    OCCLUDED = 1
    VISIBLE = 2
    CERTAIN = 3


class Origin(IntEnum):
    """How a keypoint came to be; only PLACED and CORRECTED are human evidence."""

    PLACED = 0
    CORRECTED = 1
    INTERPOLATED = 2
    PREDICTED = 3


TIME = pa.timestamp("us", tz="UTC")


@cache
def instances(keypoints: int) -> pa.Schema:
    """The canonical table for a skeleton of that many keypoints (K).

    The skeleton's name is the partition of the file (`skeleton=<name>`), not a column.
    `segmentation` is COCO's own JSON (polygons or RLE), byte for byte. Parquet gives no
    null back in lists of fixed size, so a box that is missing is four NaN, and `z` a
    list of any size: K numbers, or null in 2-D.
    """
    k = keypoints
    return pa.schema(
        [
            pa.field("instance", pa.string(), nullable=False),
            pa.field("id", pa.string()),
            pa.field("image", pa.string(), nullable=False),
            pa.field("width", pa.int32()),
            pa.field("height", pa.int32()),
            pa.field("video", pa.string()),
            pa.field("frame", pa.int64()),
            pa.field("fps", pa.float64()),
            pa.field("track", pa.string()),
            pa.field("annotator", pa.string()),
            pa.field("annotated_at", TIME),
            pa.field("lead_time_s", pa.float32()),
            pa.field("role", pa.string(), nullable=False),
            pa.field("xy", pa.list_(pa.float64(), 2 * k), nullable=False),
            pa.field("z", pa.list_(pa.float64())),
            pa.field("unit", pa.string()),
            pa.field("visibility", pa.list_(pa.uint8(), k), nullable=False),
            pa.field("origin", pa.list_(pa.uint8(), k), nullable=False),
            pa.field("bbox", pa.list_(pa.float64(), 4), nullable=False),
            pa.field("area", pa.float64()),
            pa.field("area_source", pa.string()),
            pa.field("segmentation", pa.binary()),
            pa.field("attributes", pa.map_(pa.string(), pa.string())),
            pa.field("repairs", pa.list_(pa.string())),
            pa.field("source", pa.string(), nullable=False),
            pa.field("position", pa.int64(), nullable=False),
            pa.field("format", pa.string(), nullable=False),
        ]
    )


QUARANTINE = pa.schema(
    [
        pa.field("source", pa.string(), nullable=False),
        pa.field("position", pa.int64(), nullable=False),
        pa.field("reason", pa.string(), nullable=False),
        pa.field("detail", pa.string(), nullable=False),
        pa.field("raw", pa.binary(), nullable=False),
    ]
)
"""One record that could not become a row.

`position` is the record's ordinal in its shard, counted as for rows, or -1 for the file
itself; `reason` a code, `detail` the sentence; `raw` its bytes, cut at 64 KiB.
"""

FINDINGS = pa.schema(
    [
        pa.field("part", pa.int32(), nullable=False),
        pa.field("row", pa.int64(), nullable=False),
        pa.field("instance", pa.string(), nullable=False),
        pa.field("annotator", pa.string()),
        pa.field("role", pa.string(), nullable=False),
        pa.field("image", pa.string(), nullable=False),
        pa.field("rule", pa.string(), nullable=False),
        pa.field("severity", pa.string(), nullable=False),
        pa.field("keypoint", pa.string()),
        pa.field("value", pa.float64()),
        pa.field("limit", pa.float64()),
        pa.field("source", pa.string(), nullable=False),
        pa.field("position", pa.int64(), nullable=False),
    ]
)
"""One rule broken by one instance; `keypoint` is null where all of it broke it."""


DEGREES = ("flexion", "abduction", "rotation", "elevation", "extension")
"""What angles of joints are called; each joint has some of them."""

KINEMATICS = pa.schema(
    [
        pa.field("part", pa.int32(), nullable=False),
        pa.field("row", pa.int64(), nullable=False),
        pa.field("instance", pa.string(), nullable=False),
        pa.field("annotator", pa.string()),
        pa.field("role", pa.string(), nullable=False),
        pa.field("video", pa.string()),
        pa.field("track", pa.string(), nullable=False),
        pa.field("frame", pa.int64(), nullable=False),
        pa.field("time_s", pa.float64()),
        pa.field("joint", pa.string(), nullable=False),
        *(pa.field(kind, pa.float32()) for kind in DEGREES),
        *(pa.field(f"{kind}_velocity", pa.float32()) for kind in DEGREES),
        *(pa.field(name, pa.float32()) for name in ("vx", "vy", "vz", "speed")),
        *(pa.field(name, pa.float32()) for name in ("ax", "ay", "az", "acceleration")),
        pa.field("unit", pa.string(), nullable=False),
        pa.field("scale", pa.string(), nullable=False),
        pa.field("cutoff_hz", pa.float32()),
        pa.field("reason", pa.string()),
    ]
)
"""How one joint of one instance moves: degrees, degrees a second, `unit` a second and a
second squared; `scale` says where metres come from, `cutoff_hz` is null where nothing
was smoothed, `reason` why there is no velocity."""


def agreement(keypoints: int) -> pa.Schema:
    """One pair: an instance with its reference; an error is null unless both label.

    `stratum` is the sample's. `oks_box` and the two after it are what other tools call
    OKS (see `kernels.variants`), null unless asked for. `mistake` is a keypoint's kind
    of error, as a place in `taxonomy.KINDS`; -1 where the reference has none.
    `body_error` is the error in axes of the body (`kernels.body`), null without any;
    `facing` is positive where the reference's left is on the right of the image, as of
    somebody who faces the camera, `exchanged` the share of its left-right pairs that
    lie nearer the other way round. `people` are those annotated in the image.
    `mask_ratio` is the area of the mask over the reference's. A category is null where
    a delivery has only one.
    """
    k = keypoints
    return pa.schema(
        [
            pa.field("part", pa.int32(), nullable=False),
            pa.field("row", pa.int64(), nullable=False),
            pa.field("instance", pa.string(), nullable=False),
            pa.field("reference", pa.string(), nullable=False),
            pa.field("kind", pa.string(), nullable=False),  # gold, review, second
            pa.field("image", pa.string(), nullable=False),
            pa.field("video", pa.string()),
            pa.field("annotator", pa.string()),
            pa.field("reference_annotator", pa.string()),
            pa.field("week", pa.string()),
            pa.field("stratum", pa.string(), nullable=False),
            pa.field("scale", pa.float64()),
            pa.field("facing", pa.float64()),
            pa.field("exchanged", pa.float64()),
            pa.field("people", pa.int32(), nullable=False),
            pa.field("area_source", pa.string()),
            pa.field("oks", pa.float64()),
            pa.field("oks_loc", pa.float64()),
            pa.field("coverage", pa.float64()),
            pa.field("oks_sym", pa.float64()),
            pa.field("pck", pa.float64()),
            pa.field("mpjpe", pa.float64()),
            pa.field("oks_box", pa.float64()),
            pa.field("oks_one_sigma", pa.float64()),
            pa.field("oks_extent", pa.float64()),
            pa.field("mask_iou", pa.float64()),
            pa.field("boundary_iou", pa.float64()),
            pa.field("dice", pa.float64()),
            pa.field("mask_ratio", pa.float64()),
            pa.field("category", pa.string()),
            pa.field("reference_category", pa.string()),
            pa.field("mistake", pa.list_(pa.int8(), k), nullable=False),
            pa.field("error", pa.list_(pa.float64(), 2 * k), nullable=False),
            pa.field("body_error", pa.list_(pa.float64(), 2 * k), nullable=False),
            pa.field("visibility", pa.list_(pa.uint8(), k), nullable=False),
            pa.field("reference_visibility", pa.list_(pa.uint8(), k), nullable=False),
        ]
    )


DECISIONS = pa.schema(
    [
        pa.field("instance", pa.string(), nullable=False),
        pa.field("verdict", pa.string(), nullable=False),
        pa.field("reasons", pa.list_(pa.string()), nullable=False),
    ]
)
"""One row per canonical row, in the same order, in a file of the same name."""

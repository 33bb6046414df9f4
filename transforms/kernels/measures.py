"""What is measured of pairs of poses, as columns of the agreement table."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from posegate.transforms.kernels import geometry, oks
from posegate.transforms.kernels import variants as others
from posegate.transforms.kernels.body import body_error, leftward
from posegate.transforms.kernels.buckets import Ints
from posegate.transforms.kernels.outlines import Outlines, dice
from posegate.transforms.kernels.sides import exchanged
from posegate.transforms.model.columns import column
from posegate.transforms.model.poses import Bools, Floats, Poses, scalars
from posegate.transforms.model.schema import Visibility
from posegate.transforms.model.skeleton import Skeleton

NEEDED = {
    "torso": ("left_shoulder", "right_hip"),
    "trunk": ("left_shoulder", "right_shoulder", "left_hip", "right_hip"),
}
"""The keypoints between which each normaliser of PCK runs; the box needs none."""


def area(poses: Poses) -> Floats:
    """(N,) [px^2] the area given, as COCO takes it however small it is.

    Else that of the labelled keypoints' box, which is at least `LEAST_AREA`: two points
    in line have none.
    """
    size = np.array(poses.area)
    bare = np.flatnonzero(~(size > 0))
    tight = geometry.bounding_box(poses.xy[bare], poses.labelled[bare])
    size[bare] = np.fmax(geometry.box_area(tight), geometry.LEAST_AREA)
    return size


def measure(
    poses: Poses,
    one: Ints,
    other: Ints,
    skeleton: Skeleton,
    pck: str,
    fraction: float,
) -> dict[str, pa.Array]:
    """What is measured of M pairs, as columns; NaN becomes null."""
    size = area(poses)
    found = [
        _measured(poses, size, one[some], other[some], skeleton, pck, fraction)
        for some in blocks(len(one))
    ]
    columns = {name: np.concatenate([f[name] for f in found]) for name in found[0]}
    return {
        **{
            name: nullable(values) if values.ndim == 1 else listed(values)
            for name, values in columns.items()
        },
        "visibility": listed(poses.visibility[one]),
        "reference_visibility": listed(poses.visibility[other]),
    }


BLOCK = 1 << 12
"""Pairs at a time, so that what is computed of them stays in a processor's cache."""


def blocks(pairs: int) -> Iterator[slice]:
    """All of so many pairs, some at a time; one empty stretch of none."""
    for start in range(0, max(pairs, 1), BLOCK):
        yield slice(start, start + BLOCK)


def _measured(
    poses: Poses,
    size: Floats,
    one: Ints,
    other: Ints,
    skeleton: Skeleton,
    pck: str,
    fraction: float,
) -> dict[str, Floats]:
    seen, wanted = poses.labelled[one], poses.labelled[other]
    both = seen & wanted
    xy, true = poses.xy[one], poses.xy[other]
    scale2 = np.sqrt(size[one] * size[other])
    error = geometry.where(both, xy - true, np.nan)  # (M, K, 2)
    turned = body_error(error, true, wanted, np.sqrt(scale2), skeleton)
    away = geometry.length(error)  # (M, K)
    m, k = both.shape
    columns: dict[str, Floats] = {
        "scale": np.sqrt(scale2),
        "facing": leftward(true, wanted, np.sqrt(scale2), skeleton)[:, 0],
        "exchanged": exchanged(xy, true, both, np.sqrt(scale2), skeleton),
        "pck": oks.pck(away, both, normaliser(poses, other, skeleton, pck), fraction),
        "mpjpe": oks.mpjpe(away, both),
    }
    if skeleton.sigmas is not None:
        off, wanted = cocos(poses, one, other)
        columns["oks"] = oks.oks(off, wanted, size[other], skeleton.sigma)
        both_ways = oks.symmetric(xy, seen, true, wanted, scale2, skeleton.sigma)
        columns |= both_ways._asdict()
    return columns | {
        "error": error.reshape(m, 2 * k),
        "body_error": turned.reshape(m, 2 * k),
    }


def cocos(poses: Poses, one: Ints, other: Ints) -> tuple[Floats, Bools]:
    """(M, K, 2) [px] errors as cocoeval takes them, (M, K) what the reference labels.

    A keypoint that the judged lacks is a point at the origin.
    """
    wanted = poses.labelled[other]
    placed = geometry.where(poses.labelled[one], poses.xy[one], 0.0)
    return placed - geometry.where(wanted, poses.xy[other], 0.0), wanted


def named(skeleton: Skeleton, pck: str) -> str:
    """The normaliser that a skeleton allows: the one asked for, else its box."""
    return pck if set(NEEDED.get(pck, ())) <= set(skeleton.keypoints) else "box"


def normaliser(poses: Poses, rows: Ints, skeleton: Skeleton, pck: str) -> Floats:
    """(M,) [px] of the references; NaN where one has not the points for it.

    One normaliser for all: a share of the torso here and of the box there adds up to
    nothing that has a name.
    """
    xy, labelled = poses.xy[rows], poses.labelled[rows]
    name = named(skeleton, pck)
    if name == "box":
        tight = geometry.bounding_box(xy, labelled)
        return np.fmax(oks.box_side(poses.bbox[rows]), oks.box_side(tight))
    needed = [skeleton.index(keypoint) for keypoint in NEEDED[name]]
    if name == "torso":
        size = oks.torso_diagonal(xy, *needed)
    else:
        size = oks.torso_axis(xy, needed[:2], needed[2:])
    return np.where(labelled[:, needed].all(axis=1), size, np.nan)


def of_masks(
    outlines: Outlines, one: Ints, other: Ints, skeleton: Skeleton
) -> dict[str, pa.Array]:
    """How far M pairs' masks agree, as columns; null where one of them has none.

    Where masks are what is delivered, one that is missing agrees with nothing: 0.
    """
    area, border = outlines.agreement(one, other)
    if skeleton.masked:
        lost = outlines.there(other) & ~outlines.there(one)
        area, border = np.where(lost, 0.0, area), np.where(lost, 0.0, border)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = outlines.area(one) / outlines.area(other)
    found = {
        "mask_iou": area,
        "boundary_iou": border,
        "dice": dice(area),
        "mask_ratio": np.where(np.isfinite(area), ratio, np.nan),
    }
    return {name: nullable(values) for name, values in found.items()}


def categories(
    judged: pa.RecordBatch, reference: pa.RecordBatch
) -> dict[str, pa.Array]:
    """What each side of M pairs calls the object; null where it does not say."""
    return {
        name: column(rows, "attributes.category")
        for name, rows in (("category", judged), ("reference_category", reference))
    }


def variants(
    poses: Poses, rows: pa.RecordBatch, one: Ints, other: Ints, skeleton: Skeleton
) -> dict[str, pa.Array]:
    """What other tools call OKS of the same M pairs."""
    off, wanted = cocos(poses, one, other)
    box = boxes(poses)
    visible = poses.labelled & (poses.visibility != Visibility.OCCLUDED)
    size = np.stack([scalars(rows[name])[other] for name in ("width", "height")], 1)
    columns = {
        "oks_one_sigma": others.one_sigma(
            (poses.xy[one], poses.xy[other]),
            (visible[one], visible[other]),
            (box[one], box[other]),
        ),
        "oks_extent": others.unit_kappa(
            off, poses.labelled[one], wanted, poses.xy[other], size
        ),
    }
    if skeleton.sigmas is not None:
        columns["oks_box"] = others.with_box(off, wanted, box[other], skeleton.sigma)
    return {name: nullable(values) for name, values in columns.items()}


def boxes(poses: Poses) -> Floats:
    """(N, 4) the box given, else that of the labelled points."""
    tight = geometry.bounding_box(poses.xy, poses.labelled)
    return np.where(np.isfinite(poses.bbox), poses.bbox, tight)


def nullable(values: Floats) -> pa.Array:
    """Numbers as a column; NaN becomes null."""
    return pa.array(values, mask=np.isnan(values))


def listed(values: npt.NDArray[np.generic]) -> pa.Array:
    """(M, W) as a column of fixed-size lists; NaN becomes null inside."""
    flat = values.reshape(-1)
    mask = np.isnan(flat) if flat.dtype.kind == "f" else None
    return pa.FixedSizeListArray.from_arrays(pa.array(flat, mask=mask), values.shape[1])

"""Instances with their references: the agreement table of a bucket of whole frames."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from posegate.transforms.kernels import geometry, meeting, oks, pairing, worst
from posegate.transforms.kernels.buckets import Ints, runs, stable_hash
from posegate.transforms.kernels.meeting import KINDS, encounters, ranges
from posegate.transforms.kernels.pair_sums import headline
from posegate.transforms.kernels.sums import Sum
from posegate.transforms.kernels.weeks import week_names
from posegate.transforms.model.finding import human
from posegate.transforms.model.poses import Bools, Floats, Poses
from posegate.transforms.model.schema import agreement
from posegate.transforms.model.skeleton import Skeleton

TORSO = ("left_shoulder", "right_hip")
"""PCK's normaliser, for skeletons that have both; else the larger side of the box."""

FRACTION = 0.2
"""PCK@0.2."""

MOST = 1 << 20
"""Combinations of people in one frame: a thousand with a thousand. More is no frame but
one file name given to many, and would not fit into memory."""


@dataclass(frozen=True)
class Couples:
    """M pairs: rows of the judged, rows of their references, and the kinds."""

    judged: Ints
    reference: Ints
    kind: Ints


@dataclass(frozen=True)
class Compared:
    """What comparing whole frames gives.

    `pairs` is the table `schema.agreement`, ordered by part, row and kind; `spare` the
    (part, row) of second annotations, which no split needs beside the first; `worst`
    the pairs to be drawn; `refused` counts what was not compared.
    """

    pairs: pa.RecordBatch
    spare: pa.RecordBatch
    worst: list[worst.Ranked]
    refused: list[Sum]


def compare(rows: pa.RecordBatch, skeleton: Skeleton, week: str) -> Compared:
    """The pairs among the rows of whole frames, by the points that people placed.

    Args:
      rows: canonical columns, with `part` and `row`, of every annotator of each frame.
      week: the week of an instance without a time of its own.
    """
    rows = in_order(rows)
    poses = human(Poses.of(rows))
    couples = by_place(rows, couple(rows, poses, skeleton))
    pairs = table(rows, poses, couples, skeleton, week)
    shown = worst.of_pairs(
        rows, poses, couples.judged, couples.reference, headline(pairs), skeleton
    )
    return Compared(pairs, spare(rows, couples), list(shown), refusals(rows))


def by_place(rows: pa.RecordBatch, couples: Couples) -> Couples:
    """The couples by part, row and kind of the judged."""
    part, row = (rows[name].to_numpy()[couples.judged] for name in ("part", "row"))
    order = np.lexsort((couples.kind, row, part))
    return Couples(couples.judged[order], couples.reference[order], couples.kind[order])


def in_order(rows: pa.RecordBatch) -> pa.RecordBatch:
    """By frame, then person, then place: nothing depends on how rows arrived."""
    frame, who = stable_hash(rows["image"]), meeting.who(rows)
    part, row = rows["part"].to_numpy(), rows["row"].to_numpy()
    return rows.take(pa.array(np.lexsort((row, part, who, frame))))


def couple(rows: pa.RecordBatch, poses: Poses, skeleton: Skeleton) -> Couples:
    """Who is compared with whom, one to one within each pair of annotators.

    Of all gold and reviews, an instance has one reference: the first gold, else review.
    """
    frame, who = stable_hash(rows["image"]), meeting.who(rows)
    starts, lengths = runs(frame, who)
    role = meeting.role_codes(rows["role"])
    a, b, kind = encounters(frame[starts], role[starts])
    fair = ~(own_review(rows, starts[a], starts[b], kind) | crowded(lengths, a, b))
    a, b, kind = a[fair], b[fair], kind[fair]
    left = ranges(starts[a], lengths[a])
    right = ranges(starts[b], lengths[b])
    one, other = pairing.pair(
        np.repeat(np.arange(len(a)), lengths[a]),
        np.repeat(np.arange(len(b)), lengths[b]),
        people(rows, poses, left),
        people(rows, poses, right),
        None if skeleton.sigmas is None else skeleton.sigma,
    )
    which = np.repeat(np.arange(len(a)), lengths[a])[one]
    return decisive(Couples(left[one], right[other], kind[which]))


def own_review(rows: pa.RecordBatch, one: Ints, other: Ints, kind: Ints) -> Bools:
    """(M,) whether two blocks, by their first rows, are a person and their own review:
    it says nothing. Where nobody is named, nobody is suspected."""
    named = np.asarray(rows["annotator"].is_valid())
    annotator = stable_hash(rows["annotator"])
    same = named[one] & (annotator[one] == annotator[other])
    return same & (kind == KINDS.index("review"))


def crowded(lengths: Ints, one: Ints, other: Ints) -> Bools:
    """(M,) whether two blocks have too many people to try each with each."""
    return lengths[one] * lengths[other] > MOST


def refusals(rows: pa.RecordBatch) -> list[Sum]:
    """How many reviews and frames `couple` leaves out, if any; of rows `in_order`.

    ("refused", "own-review") instances, ("refused", "crowded-frame") frames.
    """
    frame, who = stable_hash(rows["image"]), meeting.who(rows)
    starts, lengths = runs(frame, who)
    a, b, kind = encounters(frame[starts], meeting.role_codes(rows["role"])[starts])
    own = np.unique(b[own_review(rows, starts[a], starts[b], kind)])
    full = np.unique(frame[starts[a[crowded(lengths, a, b)]]])
    counted = {"own-review": int(lengths[own].sum()), "crowded-frame": len(full)}
    return [
        (("refused", name, "", ""), np.array([n])) for name, n in counted.items() if n
    ]


def decisive(couples: Couples) -> Couples:
    """Of each instance's gold and reviews the first, gold before reviews."""
    second = couples.kind == KINDS.index("second")
    order = np.lexsort((couples.reference, couples.kind, second, couples.judged))
    first, _ = runs(couples.judged[order], second[order])
    kept = order[first]
    return Couples(couples.judged[kept], couples.reference[kept], couples.kind[kept])


def people(rows: pa.RecordBatch, poses: Poses, chosen: Ints) -> pairing.People:
    """Some rows, as one side of a pairing."""
    ids = rows["id"].take(pa.array(chosen))
    number = (stable_hash(ids) >> np.uint64(1)).astype(np.int64)
    return pairing.People(
        xy=poses.xy[chosen],
        labelled=poses.labelled[chosen],
        bbox=poses.bbox[chosen],
        area=poses.area[chosen],
        id=np.where(np.asarray(ids.is_valid()), number, -1),
    )


def area(poses: Poses) -> Floats:
    """(N,) [px^2] the area given, as COCO takes it however small it is.

    Else that of the labelled keypoints' box, which is at least `LEAST_AREA`: two points
    in line have none.
    """
    tight = geometry.box_area(geometry.bounding_box(poses.xy, poses.labelled))
    given = np.where(poses.area > 0, poses.area, np.nan)
    return np.where(np.isnan(given), np.fmax(tight, geometry.LEAST_AREA), given)


def table(
    rows: pa.RecordBatch,
    poses: Poses,
    couples: Couples,
    skeleton: Skeleton,
    week: str,
) -> pa.RecordBatch:
    """The agreement of each pair (`schema.agreement`), in the couples' order."""
    one, other = couples.judged, couples.reference
    judged = rows.take(pa.array(one))
    reference = rows.take(pa.array(other))
    numbers = measure(poses, one, other, skeleton)
    columns = {
        **{
            name: judged[name] for name in ("part", "row", "instance", "image", "video")
        },
        "annotator": judged["annotator"],
        "reference": reference["instance"],
        "reference_annotator": reference["annotator"],
        "kind": pa.array(KINDS, pa.string()).take(pa.array(couples.kind)),
        "week": week_names(judged["annotated_at"], week),
        "area_source": reference["area_source"],
        **numbers,
    }
    schema = agreement(len(skeleton.keypoints))
    return pa.RecordBatch.from_arrays(
        [columns[name].cast(schema.field(name).type) for name in schema.names],
        schema=schema,
    )


def measure(
    poses: Poses, one: Ints, other: Ints, skeleton: Skeleton
) -> dict[str, pa.Array]:
    """What is measured of M pairs, as columns; NaN becomes null."""
    seen, wanted = poses.labelled[one], poses.labelled[other]
    both = seen & wanted
    xy, true = poses.xy[one], poses.xy[other]
    size = area(poses)
    scale2 = np.sqrt(size[one] * size[other])
    error = np.where(both[..., None], xy - true, np.nan)  # (M, K, 2)
    m, k = both.shape
    columns: dict[str, Floats] = {
        "scale": np.sqrt(scale2),
        "pck": oks.pck(error, both, normaliser(poses, other, skeleton), FRACTION),
        "mpjpe": oks.mpjpe(error, both),
    }
    if skeleton.sigmas is not None:
        # cocoeval takes a keypoint that the judged lacks as a point at the origin.
        placed = np.where(seen[..., None], xy, 0.0)
        off = placed - np.where(wanted[..., None], true, 0.0)
        columns["oks"] = oks.oks(off, wanted, size[other], skeleton.sigma)
        both_ways = oks.symmetric(xy, seen, true, wanted, scale2, skeleton.sigma)
        columns |= {
            "oks_loc": both_ways.oks_loc,
            "coverage": both_ways.coverage,
            "oks_sym": both_ways.oks_sym,
        }
    absent = {n: np.full(m, np.nan) for n in ("oks", "oks_loc", "coverage", "oks_sym")}
    return {
        **{n: pa.array(v, mask=np.isnan(v)) for n, v in (absent | columns).items()},
        "error": listed(error.reshape(m, 2 * k)),
        "visibility": listed(poses.visibility[one]),
        "reference_visibility": listed(poses.visibility[other]),
    }


def normaliser(poses: Poses, rows: Ints, skeleton: Skeleton) -> Floats:
    """(M,) [px] the reference's torso, left shoulder to right hip; else its box."""
    tight = geometry.bounding_box(poses.xy[rows], poses.labelled[rows])
    box = np.fmax(oks.box_side(poses.bbox[rows]), oks.box_side(tight))
    if not set(TORSO) <= set(skeleton.keypoints):
        return box
    a, b = (skeleton.index(name) for name in TORSO)
    known = poses.labelled[rows][:, [a, b]].all(axis=1)
    return np.where(known, oks.torso_diagonal(poses.xy[rows], a, b), box)


def listed(values: np.ndarray) -> pa.Array:
    """(M, W) as a column of fixed-size lists; NaN becomes null inside."""
    flat = values.reshape(-1)
    mask = np.isnan(flat) if flat.dtype.kind == "f" else None
    return pa.FixedSizeListArray.from_arrays(pa.array(flat, mask=mask), values.shape[1])


def spare(rows: pa.RecordBatch, couples: Couples) -> pa.RecordBatch:
    """(part, row) of paired second annotations: all but the frame's first annotator's.

    The first is the one whose rows come first in `in_order`, so it is the same person
    for every object of the frame.
    """
    second = couples.judged[couples.kind == KINDS.index("second")]
    frame, who = stable_hash(rows["image"]), meeting.who(rows)
    made = np.flatnonzero(meeting.role_codes(rows["role"]) == 0)
    starts, lengths = runs(frame[made])
    first = np.empty(len(frame), np.uint64)
    first[made] = np.repeat(who[made][starts], lengths) if len(made) else 0
    extra = np.unique(second[who[second] != first[second]])
    return rows.select(["part", "row"]).take(pa.array(extra))

"""Faults planted in single instances, in place of what an honest annotator gave.

Each kind is a function of the honest work and of the rows picked for it; it returns
strengths, in units of the instance's scale, so that a report can tell faint from gross.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from posegate.pipelines.demo.annotators import Work
from posegate.pipelines.demo.plan import Ints, Plan
from posegate.pipelines.demo.views import companions
from posegate.transforms.model.poses import Bools, Floats
from posegate.transforms.model.skeleton import Skeleton

SHARES = {
    "people-swapped": 0.14,
    "copy-paste": 0.16,
    "swap-body": 0.16,
    "swap-arms": 0.13,
    "collapsed": 0.13,
    "jitter": 0.16,
    "outside": 0.12,
}
"""How the planted instances divide into kinds; the pickiest choose first."""

OVERLAP = 0.1  # box IoU from which two people get mixed up
THROWN = 0.3  # of the scale: how far a jittering keypoint jumps
ARMS = ("elbow", "wrist")
LIMBS = {"arm": ("shoulder", "elbow", "wrist"), "leg": ("hip", "knee", "ankle")}


@dataclass(frozen=True)
class Fault:
    """One planted fault of instance `row` of the work.

    `keypoint` if it is only one; `other` is the row that it came from.
    """

    kind: str
    row: int
    strength: float
    detail: str
    keypoint: str | None = None
    other: int | None = None


def pick(rng: np.random.Generator, eligible: Bools, rate: float, free: Bools) -> Ints:
    """Rows so that about `rate` of all rows are picked, from the eligible free ones.

    At most half of the eligible are, so that no kind of scene has only faults.
    """
    able = eligible & free
    chance = min(0.5, rate * len(able) / max(1, int(able.sum())))
    rows = np.flatnonzero(able & (rng.random(len(able)) < chance))
    free[rows] = False
    return rows


def both_labelled(work: Work, pairs: Sequence[tuple[int, int]]) -> Floats:
    """(N,): how many of the left/right pairs have both ends labelled."""
    left, right = np.array(pairs).T
    return ((work.flags[:, left] > 0) & (work.flags[:, right] > 0)).sum(axis=1)


def moved(work: Work, row: int, before: Floats) -> float:
    """Mean distance that a row's labelled, moved keypoints went, over its scale."""
    far = np.hypot(*(work.xy[row] - before).T)
    changed = (far > 0) & (work.flags[row] > 0)
    return float(far[changed].mean() / work.scale[row]) if changed.any() else 0.0


def exchange(work: Work, row: int, pairs: Sequence[tuple[int, int]]) -> float:
    """Exchanges left and right of one instance."""
    before = work.xy[row].copy()
    for a, b in pairs:
        work.xy[row, [a, b]] = work.xy[row, [b, a]]
        work.flags[row, [a, b]] = work.flags[row, [b, a]]
    return moved(work, row, before)


def swapped_sides(
    rng: np.random.Generator,
    work: Work,
    skeleton: Skeleton,
    rate: float,
    free: Bools,
    kind: str,
) -> list[Fault]:
    """Left taken for right: of the whole body, face included, or of the arms."""
    pairs = [
        (a, b)
        for a, b in skeleton.flip_pairs
        if kind == "swap-body" or skeleton.keypoints[a].endswith(ARMS)
    ]
    least = 5 if kind == "swap-body" else len(pairs)
    rows = pick(rng, both_labelled(work, pairs) >= least, rate, free)
    names = ", ".join(skeleton.keypoints[i] for pair in pairs for i in pair)
    return [Fault(kind, int(i), exchange(work, i, pairs), names) for i in rows]


def iou(one: Floats, other: Floats) -> Floats:
    """Overlap of boxes (M, 4) [x, y, w, h]: (M,), 0 where they do not meet."""
    low = np.maximum(one[:, :2], other[:, :2])
    high = np.minimum(one[:, :2] + one[:, 2:], other[:, :2] + other[:, 2:])
    common = np.prod(np.clip(high - low, 0, None), axis=1)
    total = np.prod(one[:, 2:], axis=1) + np.prod(other[:, 2:], axis=1) - common
    return np.divide(common, total, out=np.zeros_like(total), where=total > 0)


def people_swapped(
    rng: np.random.Generator,
    work: Work,
    skeleton: Skeleton,
    frame: Ints,
    rate: float,
    free: Bools,
) -> list[Fault]:
    """Two overlapping people exchange all keypoints, or a limb, but not their boxes."""
    one, other = companions(frame)
    close = (iou(work.box[one], work.box[other]) > OVERLAP) & free[one] & free[other]
    close &= one < other
    partner = np.full(len(frame), -1)
    partner[one[close]] = other[close]
    faults = []
    for i in pick(rng, partner >= 0, rate / 2, free):
        j = int(partner[i])
        if not free[j]:
            continue  # the partner is already exchanging with a third person
        free[j] = False
        part = rng.choice(["all", "left arm", "right arm", "left leg", "right leg"])
        joints = limb(skeleton, str(part))
        faults += swap_people(work, int(i), j, joints, str(part))
    return faults


def limb(skeleton: Skeleton, part: str) -> list[int]:
    """Indices of a limb's keypoints, as in `left arm`, or of `all`."""
    if part == "all":
        return list(range(len(skeleton.keypoints)))
    side, kind = part.split()
    return [skeleton.index(f"{side}_{joint}") for joint in LIMBS[kind]]


def swap_people(
    work: Work, i: int, j: int, joints: list[int], part: str
) -> list[Fault]:
    """Exchanges some keypoints of two instances: a fault of each."""
    before = work.xy[[i, j]].copy()
    both, swapped = np.ix_([i, j], joints), np.ix_([j, i], joints)
    work.xy[both], work.flags[both] = work.xy[swapped], work.flags[swapped]
    return [
        Fault("people-swapped", row, moved(work, row, old), part, other=other)
        for row, other, old in ((i, j, before[0]), (j, i, before[1]))
        if (work.xy[row] != old).any()
    ]


def copied(
    rng: np.random.Generator, work: Work, track: Ints, rate: float, free: Bools
) -> list[Fault]:
    """A pose is pasted onto the same person in the next frame, moved to its box."""
    order = np.lexsort((np.arange(len(track)), track))
    source = np.full(len(track), -1)
    same = track[order[1:]] == track[order[:-1]]
    source[order[1:][same]] = order[:-1][same]
    eligible = (source >= 0) & free[source] & ((work.flags > 0).sum(axis=1) >= 8)
    faults, pasted = [], set()
    for i in pick(rng, eligible, rate, free):
        s = int(source[i])
        if s in pasted or not free[s]:
            free[i] = True
            continue
        free[s] = False
        pasted.add(int(i))
        before = work.xy[i].copy()
        shift = np.round(work.box[i, :2] - work.box[s, :2])
        work.flags[i] = work.flags[s]
        work.xy[i] = np.where(
            work.flags[s][:, None] > 0, np.round(work.xy[s] + shift, 2), 0
        )
        strength = moved(work, i, before)
        faults.append(Fault("copy-paste", int(i), strength, "all", other=s))
    return faults


def collapsed(
    rng: np.random.Generator, work: Work, skeleton: Skeleton, rate: float, free: Bools
) -> list[Fault]:
    """Three to five keypoints of the body are put where one of them is."""
    faults = []
    body = np.arange(len(skeleton.keypoints)) >= 5
    enough = ((work.flags > 0) & body).sum(axis=1) >= 6
    for i in pick(rng, enough, rate, free):
        able = np.flatnonzero((work.flags[i] > 0) & body)
        joints = rng.choice(able, int(rng.integers(3, 6)), replace=False)
        before = work.xy[i].copy()
        work.xy[i, joints] = work.xy[i, joints[0]]
        names = ", ".join(skeleton.keypoints[j] for j in joints)
        faults.append(Fault("collapsed", int(i), moved(work, i, before), names))
    return faults


def thrown(
    rng: np.random.Generator,
    work: Work,
    skeleton: Skeleton,
    eligible: Bools,
    size: Floats,
    rate: float,
    free: Bools,
) -> list[Fault]:
    """One to three keypoints of a track jump aside in one frame, within the image."""
    faults = []
    labelled = work.flags > 0
    for i in pick(rng, eligible & (labelled.sum(axis=1) >= 4), rate, free):
        able = np.flatnonzero(labelled[i])
        joints = rng.choice(able, int(rng.integers(1, 4)), replace=False)
        before = work.xy[i].copy()
        turn = rng.uniform(0, 2 * np.pi, len(joints))
        jump = THROWN * work.scale[i] * np.stack([np.cos(turn), np.sin(turn)], axis=1)
        landed = np.clip(before[joints] + jump, 0, size[i] - 1)
        work.xy[i, joints] = np.round(landed, 2)
        names = ", ".join(skeleton.keypoints[j] for j in joints)
        only = names if len(joints) == 1 else None
        strength = moved(work, i, before)
        faults.append(Fault("jitter", int(i), strength, names, only))
    return faults


def outside(
    rng: np.random.Generator,
    work: Work,
    skeleton: Skeleton,
    size: Floats,
    rate: float,
    free: Bools,
) -> list[Fault]:
    """One keypoint lies 5 to 60 px beyond the right or lower border of the image."""
    faults = []
    for i in pick(rng, np.count_nonzero(work.flags, axis=1) > 0, rate, free):
        j = int(rng.choice(np.flatnonzero(work.flags[i] > 0)))
        axis, far = int(rng.integers(2)), rng.uniform(5, 60)
        work.xy[i, j, axis] = np.round(size[i, axis] + far, 2)
        name, strength = skeleton.keypoints[j], float(far / work.scale[i])
        faults.append(Fault("outside", int(i), strength, f"{far:.1f} px", name))
    return faults


def plant(
    rng: np.random.Generator,
    work: Work,
    skeleton: Skeleton,
    plan: Plan,
    size: Floats,
    rates: dict[str, float],
    free: Bools,
) -> list[Fault]:
    """Changes the work of a block in place; at most one fault in an instance.

    `rates` are shares of all instances by kind, `size` (N, 2) [px]; `free` (N,) says
    which rows may still get a fault, and is changed too.
    """
    frame, track = plan.frame, plan.track
    clip = np.greater(plan.frames, 1)[plan.scene[frame]]
    return [
        *people_swapped(rng, work, skeleton, frame, rates["people-swapped"], free),
        *copied(rng, work, track, rates["copy-paste"], free),
        *swapped_sides(rng, work, skeleton, rates["swap-body"], free, "swap-body"),
        *swapped_sides(rng, work, skeleton, rates["swap-arms"], free, "swap-arms"),
        *collapsed(rng, work, skeleton, rates["collapsed"], free),
        *thrown(rng, work, skeleton, clip, size, rates["jitter"], free),
        *outside(rng, work, skeleton, size, rates["outside"], free),
    ]

"""Whether the keypoints of a person in 3-D can be those of one body.

Here joints have angles and bones have lengths, which no camera shortens: so ranges of
motion, which a projection breaks every twentieth time, are asked of 3-D poses only.
What an angle is, and which points define it, is `kernels.joints`' affair. Limits are
published ranges of motion, with what soft tissue and joint centres add to them.
"""

from collections.abc import Sequence

import numpy as np

from posegate.transforms.kernels.joints import Angles, beyond
from posegate.transforms.kernels.joints import angles as angles_of
from posegate.transforms.kernels.segments import middle, statures
from posegate.transforms.kernels.tracks import Tracks
from posegate.transforms.model.poses import Bools, Floats
from posegate.transforms.model.rule import rule
from posegate.transforms.model.skeleton import Skeleton

TRUNK = ("left shoulder", "right shoulder", "left hip", "right hip")
ARM = ("shoulder", "elbow", "wrist")
LEG = ("hip", "knee", "ankle")


def placed(xyz: Floats, labelled: Bools, skeleton: Skeleton) -> Angles:
    """The angles of all joints, of what is labelled."""
    return angles_of(np.where(labelled[..., None], xyz, np.nan), skeleton)


GIVEN = {"angles": placed}


def at(
    values: Sequence[Floats], names: Sequence[str], labelled: Bools, skeleton: Skeleton
) -> Floats:
    """Values of a row (N,) at one point each: (N, K), NaN elsewhere."""
    out = np.full(labelled.shape, np.nan)
    for value, name in zip(values, names, strict=True):
        if name in skeleton.body:
            out[:, skeleton.body[name]] = value
    return out


def both_sides(
    joint: str,
    angles: Angles,
    ranges: dict[str, tuple[float, float]],
    labelled: Bools,
    skeleton: Skeleton,
) -> Floats:
    """Degrees beyond its ranges at the left and at the right joint: (N, K)."""
    names = [f"{side} {joint}" for side in ("left", "right")]
    values = [beyond(angles, name, ranges, len(labelled)) for name in names]
    return at(values, names, labelled, skeleton)


@rule(
    "anatomy.knee-angle", severity="review", of="person", space=True, needs=LEG,
    given=GIVEN,
)  # fmt: skip
def knee_angle(
    angles: Angles, labelled: Bools, flexion: float, extension: float,
    skeleton: Skeleton,
) -> Floats:  # fmt: skip
    """A knee bends in a way that knees do not: too far, or forwards.

    Degrees beyond the range, by hip, knee and ankle; which way it bends is told by the
    pelvis, where both hips and shoulders are there. Legs that are exchanged with one
    another bend forwards, and so does everybody in axes that are left-handed.
    """
    ranges = {"flexion": (-extension, flexion)}
    return both_sides("knee", angles, ranges, labelled, skeleton)


@rule(
    "anatomy.elbow-angle", severity="review", of="person", space=True, needs=ARM,
    given=GIVEN,
)  # fmt: skip
def elbow_angle(
    angles: Angles, labelled: Bools, flexion: float, skeleton: Skeleton
) -> Floats:
    """An elbow bends further than elbows do.

    Degrees beyond the range, by shoulder, elbow and wrist. These three do not show
    which way it bends: an elbow bent backwards shows as a shoulder that is turned.
    """
    ranges = {"flexion": (0.0, flexion)}
    return both_sides("elbow", angles, ranges, labelled, skeleton)


@rule(
    "anatomy.shoulder-angle", severity="review", of="person", space=True,
    needs=(*TRUNK, "elbow"), given=GIVEN,
)  # fmt: skip
def shoulder_angle(
    angles: Angles, labelled: Bools, extension: float, inwards: float, outwards: float,
    skeleton: Skeleton,
) -> Floats:  # fmt: skip
    """An upper arm points or turns where no shoulder lets it.

    Degrees beyond the range: behind the plane of the shoulders and the trunk, or about
    itself, as a forearm shows whose elbow is bent; so also an elbow bent backwards.
    """
    ranges = {"extension": (-180.0, extension), "rotation": (-outwards, inwards)}
    return both_sides("shoulder", angles, ranges, labelled, skeleton)


@rule(
    "anatomy.hip-angle", severity="review", of="person", space=True,
    needs=(*TRUNK, "knee"), given=GIVEN,
)  # fmt: skip
def hip_angle(
    angles: Angles, labelled: Bools, flexion: float, extension: float, abduction: float,
    adduction: float, rotation: float, skeleton: Skeleton,
) -> Floats:  # fmt: skip
    """A thigh points or turns where no hip lets it.

    Degrees beyond the range. The zero is the line of the trunk, so that the bends of
    the lumbar spine count with the hip's own; rotation is seen where the knee is bent.
    """
    ranges = {
        "flexion": (-extension, flexion),
        "abduction": (-adduction, abduction),
        "rotation": (-rotation, rotation),
    }
    return both_sides("hip", angles, ranges, labelled, skeleton)


@rule(
    "anatomy.ankle-angle", severity="review", of="person", space=True,
    needs=("knee", "ankle", "toe"), given=GIVEN,
)  # fmt: skip
def ankle_angle(
    angles: Angles, labelled: Bools, dorsal: float, plantar: float, skeleton: Skeleton
) -> Floats:
    """A foot is bent further up or down than ankles go.

    Degrees beyond the range, between the shank and the foot, from heel to toes, or from
    the ankle where there is no heel, which lies some 20 degrees lower.
    """
    ranges = {"flexion": (-plantar, dorsal)}
    return both_sides("ankle", angles, ranges, labelled, skeleton)


@rule(
    "anatomy.foot-direction", severity="review", of="person", space=True,
    needs=(*TRUNK, *LEG, "toe"), given=GIVEN,
)  # fmt: skip
def foot_direction(
    angles: Angles, labelled: Bools, turned: float, skeleton: Skeleton
) -> Floats:
    """A foot points backwards: left and right are exchanged, or heel and toes.

    Degrees beyond what hip, shank and foot turn together about the leg, against the
    pelvis.
    """
    ranges = {"rotation": (-turned, turned)}
    return both_sides("ankle", angles, ranges, labelled, skeleton)


@rule(
    "anatomy.wrist-angle", severity="review", of="person", space=True,
    needs=("elbow", "wrist", "palm"), given=GIVEN,
)  # fmt: skip
def wrist_angle(
    angles: Angles, labelled: Bools, bend: float, skeleton: Skeleton
) -> Floats:
    """A hand is bent further than wrists go, whichever way.

    Degrees beyond the range. Elbow, wrist and knuckle do not tell flexion from
    extension, nor these from a bend to a side.
    """
    ranges = {"flexion": (0.0, bend)}
    return both_sides("wrist", angles, ranges, labelled, skeleton)


@rule(
    "anatomy.trunk-angle", severity="review", of="person", space=True, needs=TRUNK,
    given=GIVEN,
)  # fmt: skip
def trunk_angle(
    angles: Angles, labelled: Bools, rotation: float, side: float, skeleton: Skeleton
) -> Floats:
    """The shoulders are turned or tilted against the hips further than spines go.

    Degrees beyond the range. Where only the upper or the lower body has left and right
    exchanged, that is half a turn.
    """
    ranges = {"rotation": (-rotation, rotation), "abduction": (-side, side)}
    value = beyond(angles, "trunk", ranges, len(labelled))
    return at([value] * len(TRUNK), TRUNK, labelled, skeleton)


@rule(
    "anatomy.neck-angle", severity="review", of="person", space=True, needs=TRUNK,
    given=GIVEN,
)  # fmt: skip
def neck_angle(
    angles: Angles, labelled: Bools, bend: float, rotation: float, skeleton: Skeleton
) -> Floats:
    """The head is bent or turned against the trunk further than necks go.

    Degrees beyond the range: of the line from the middle of the shoulders to that of
    the ears (or the head, where there are none), whichever way; and of the line from
    ear to ear against that of the shoulders.
    """
    ranges = {"flexion": (0.0, bend), "rotation": (-rotation, rotation)}
    value = beyond(angles, "neck", ranges, len(labelled))
    names = ("left ear", "right ear") if "left ear" in skeleton.body else ("head",)
    return at([value] * len(names), names, labelled, skeleton)


def stature(
    xyz: Floats, labelled: Bools, metre: Floats, fewest: float, skeleton: Skeleton
) -> Floats:
    """How tall the median of at least `fewest` segments says a person is: (N,) [m]."""
    points = np.where(labelled[..., None], xyz, np.nan)
    return middle(statures(points, skeleton), int(fewest)) * metre


@rule("anatomy.too-tall", severity="review", of="person", space=True, needs=ARM[:2])
def too_tall(
    xyz: Floats, labelled: Bools, metre: Floats, fewest: float, skeleton: Skeleton
) -> Floats:
    """A person is taller than anybody: lengths are in another unit than is said.

    Stature in metres, by the median of at least `fewest` segments. About 1,700 are
    millimetres that are called metres; 170 centimetres, 67 inches, 5.6 feet.
    """
    return stature(xyz, labelled, metre, fewest, skeleton)


@rule(
    "anatomy.too-short", severity="review", of="person", space=True, needs=ARM[:2],
    below=True,
)  # fmt: skip
def too_short(
    xyz: Floats, labelled: Bools, metre: Floats, fewest: float, skeleton: Skeleton
) -> Floats:
    """A person is shorter than anybody: lengths are in another unit than is said.

    Stature in metres, by the median of at least `fewest` segments. About .0017 are
    metres that are called millimetres; .17 centimetres, .067 inches.
    """
    return stature(xyz, labelled, metre, fewest, skeleton)


@rule("anatomy.bone-length", severity="review", space=True)
def bone_length(tracks: Tracks, noise: float, fewest: float) -> Floats:
    """A bone is longer or shorter than in the other frames of its track.

    By which share of its median, at both its ends; only where that is also more than
    `noise` times the bone's usual deviation, in tracks of at least `fewest` frames.
    """
    off, usual = tracks.bone_deviation(int(fewest))
    return tracks.at_bones(np.where(off > noise * usual, off, np.nan))


@rule("anatomy.bone-symmetry", severity="review", space=True)
def bone_symmetry(tracks: Tracks, fewest: float) -> Floats:
    """A bone is longer than the same bone of the other side.

    By which share, of the medians over a track of at least `fewest` frames, at the ends
    of both. Said once a track, at its first frame.
    """
    uneven = tracks.bone_asymmetry(int(fewest))
    return np.where(tracks.first[:, None], tracks.at_bones(uneven), np.nan)


RULES = (
    *(knee_angle, elbow_angle, shoulder_angle, hip_angle, ankle_angle, foot_direction),
    *(wrist_angle, trunk_angle, neck_angle, too_tall, too_short),
)
"""Of single frames."""

OF_TRACKS = (bone_length, bone_symmetry)

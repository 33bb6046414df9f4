"""Angles of a body's joints in 3-D, in degrees.

    trunk's axes                      angles
          U  up                       flexion    towards F (knee: shank towards -F)
          |                           abduction  away from the body's middle
          o──── L  left of the body   rotation   of a limb about itself, + inwards
         /
        F  forwards = L x U           right-handed; a mirrored world turns F round

Which angle needs what: three points give how far elbow, wrist and neck bend, not which
way. A pelvis' axes (both hips, and up to the middle of the shoulders) give flexion and
abduction of the hips, whose zero is the trunk, so that a bent spine counts with them;
and which way a knee bends, as the thigh cannot turn by more than a quarter. The
shoulders' axes give elevation, extension and, of an arm that is bent, rotation.

Flexion and abduction of a limb against its axes as Grood and Suntay (1983, J Biomech
Eng 105:136): flexion about the body's lateral axis, abduction about the floating one.
Rotation is what is left after the shortest swing from hanging down (swing and twist;
Baerlocher and Boulic 2001), for flexion and abduction have no rotation of their own.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from posegate.transforms.kernels.segments import SIDES, TRUNK
from posegate.transforms.model.poses import Floats
from posegate.transforms.model.skeleton import Skeleton

BENT = 20.0
"""Degrees that elbow or knee must bend to show how a limb is turned about itself."""

SWUNG = 135.0
"""Degrees from hanging down beyond which rotation has no zero."""

STEEP = 75.0
"""Degrees of abduction beyond which flexion has none."""

Angles = Mapping[str, Floats]
"""(N,) degrees by `left knee flexion`; NaN where a point that it takes is missing."""


@dataclass(frozen=True)
class Axes:
    """Unit vectors (N, 3): to the left of the body, up along the trunk, forwards."""

    left: Floats
    up: Floats
    forward: Floats


@dataclass(frozen=True)
class Body:
    """The points of N bodies (N, K, 3), by the names of `Skeleton.body`."""

    xyz: Floats
    at: Mapping[str, int]

    def has(self, *names: str) -> bool:
        """Whether the skeleton has them all."""
        return all(name in self.at for name in names)

    def way(self, start: str, end: str) -> Floats:
        """The unit vector from one point to another: (N, 3)."""
        return unit(self.xyz[:, self.at[end]] - self.xyz[:, self.at[start]])

    def middle(self, part: str) -> Floats:
        """The point halfway between left and right: (N, 3)."""
        left, right = self.at[f"left {part}"], self.at[f"right {part}"]
        return (self.xyz[:, left] + self.xyz[:, right]) / 2


def dot(a: Floats, b: Floats) -> Floats:
    """(…, 3), (…, 3) -> (…); several times faster than a reduction of three."""
    return a[..., 0] * b[..., 0] + a[..., 1] * b[..., 1] + a[..., 2] * b[..., 2]


def cross(a: Floats, b: Floats) -> Floats:
    """(N, 3), (N, 3) -> (N, 3), right-handed."""
    (ax, ay, az), (bx, by, bz) = a.T, b.T
    return np.stack([ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx], axis=1)


def unit(vector: Floats) -> Floats:
    """(N, 3) -> (N, 3) of length 1; NaN where it has no length."""
    size = np.sqrt(dot(vector, vector))
    return vector / np.where(size > 0, size, np.nan)[:, None]


def bend(a: Floats, b: Floats) -> Floats:
    """Degrees between two unit vectors, 0 to 180: (N, 3), (N, 3) -> (N,).

    By atan2 of sine and cosine: acos alone loses half its digits near 0 and 180.
    """
    turned = cross(a, b)
    return np.degrees(np.arctan2(np.sqrt(dot(turned, turned)), dot(a, b)))


def axes(body: Body, part: str) -> Axes:
    """Of the pelvis (`hip`) or the shoulders: across by its two points, up the trunk.

    NaN where one of the four points is missing, or all lie in one line.
    """
    left = body.way(f"right {part}", f"left {part}")
    trunk = unit(body.middle("shoulder") - body.middle("hip"))
    up = unit(trunk - dot(trunk, left)[:, None] * left)
    return Axes(left, up, cross(left, up))


def limb(way: Floats, of: Axes, outward: float) -> tuple[Floats, Floats]:
    """Flexion, -90 to 270, and abduction of a limb that points along `way`: (N, 3).

    Args:
      outward: 1 of the body's left, -1 of its right.
    """
    ahead, down = dot(way, of.forward), -dot(way, of.up)
    abduction = np.degrees(np.arcsin(np.clip(outward * dot(way, of.left), -1, 1)))
    flexion = np.degrees(np.arctan2(ahead, down))
    flexion = np.where(flexion < -90, flexion + 360, flexion)  # folded, not bent back
    return np.where(np.abs(abduction) < STEEP, flexion, np.nan), abduction


def hung(way: Floats, of: Axes) -> Axes:
    """A limb's own axes once it has swung to `way` the shortest way from hanging down.

    NaN where it is swung so far that this says nothing.
    """
    turned = bend(-of.up, way) < SWUNG
    return carried(of, -of.up, np.where(turned[:, None], way, np.nan))


def carried(of: Axes, start: Floats, end: Floats) -> Axes:
    """Axes as the shortest rotation from one unit vector to another takes them along.

    Rodrigues' formula; NaN where the two are opposite.
    """
    about, turn = cross(start, end), dot(start, end)[:, None]
    share = 1 / np.where(turn > -1, 1 + turn, np.nan)

    def along(vector: Floats) -> Floats:
        once = cross(about, vector)
        return vector + once + share * cross(about, once)

    return Axes(along(of.left), along(of.up), along(of.forward))


def twist(upper: Floats, lower: Floats, of: Axes) -> tuple[Floats, Floats]:
    """How far the lower part of a limb points forwards and to the left: (N,) x 2.

    In the upper part's own axes: both are 0 of a straight limb.
    """
    own = hung(upper, of)
    return dot(lower, own.forward), dot(lower, own.left)


def angles(xyz: Floats, skeleton: Skeleton) -> Angles:
    """Every joint angle that the skeleton's points define: (N, K, 3) -> (N,) each.

    The unit does not matter; rigid motion changes nothing, a mirror the signs.
    """
    body = Body(xyz, skeleton.body)
    found: dict[str, Floats] = {}
    trunk = body.has(*(f"{side} {part}" for side in SIDES for part in TRUNK))
    pelvis, girdle = (axes(body, part) if trunk else None for part in ("hip", TRUNK[0]))
    with np.errstate(all="ignore"):
        for side, outward in (("left", 1.0), ("right", -1.0)):
            found |= _leg(body, side, outward, pelvis)
            found |= _arm(body, side, outward, girdle)
        if pelvis and girdle:
            found |= _trunk(body, pelvis, girdle)
    return found


def projected(xyz: Floats, skeleton: Skeleton) -> Angles:
    """Angles as a picture shows them: (N, K, 3), z all alike, -> (N,) each.

    Only between three points, 0 to 180, and foreshortened: of a limb seen from the side
    they are those of the joint.
    """
    body, found = Body(xyz, skeleton.body), {}
    for side in SIDES:
        for a, b, c in IN_A_LINE:
            names = [f"{side} {part}" for part in (a, b, c)]
            if body.has(*names):
                start, middle, end = names
                turned = bend(body.way(start, middle), body.way(middle, end))
                found[f"{middle} flexion"] = turned
        names = [f"{side} {part}" for part in ("hip", "shoulder", "elbow")]
        if body.has(*names):
            hip, shoulder, elbow = names
            lifted = bend(body.way(shoulder, hip), body.way(shoulder, elbow))
            found[f"{shoulder} elevation"] = lifted
    return found


IN_A_LINE = (
    ("shoulder", "elbow", "wrist"),
    ("elbow", "wrist", "palm"),
    ("shoulder", "hip", "knee"),
    ("hip", "knee", "ankle"),
)
"""Joints between the two parts that they join: straight is 0."""


def _leg(body: Body, side: str, outward: float, of: Axes | None) -> dict[str, Floats]:
    """Hip, knee and ankle; a knee's flexion has a sign where the pelvis is known."""
    hip, knee, ankle = (f"{side} {part}" for part in ("hip", "knee", "ankle"))
    found = _foot(body, side, outward, of)
    if of and body.has(hip, knee):
        flexion, abduction = limb(body.way(hip, knee), of, outward)
        found |= {f"{hip} flexion": flexion, f"{hip} abduction": abduction}
    if body.has(hip, knee, ankle):
        thigh, shank = body.way(hip, knee), body.way(knee, ankle)
        bent = bend(thigh, shank)
        found[f"{knee} flexion"] = bent
        if of:
            ahead, left = twist(thigh, shank, of)
            turned = np.degrees(np.arctan2(outward * left, np.abs(ahead)))
            found[f"{knee} flexion"] = np.where(ahead > 0, -bent, bent)
            found[f"{hip} rotation"] = np.where(bent >= BENT, turned, np.nan)
    return found


def _foot(body: Body, side: str, outward: float, of: Axes | None) -> dict[str, Floats]:
    """An ankle's flexion, 0 of a foot at right angles, and where the foot points."""
    hip, knee, ankle, toe = (f"{side} {p}" for p in ("hip", "knee", "ankle", "toe"))
    if not body.has(knee, ankle, toe):
        return {}
    heel = f"{side} heel" if body.has(f"{side} heel") else ankle
    shank, foot = body.way(knee, ankle), body.way(heel, toe)
    found = {f"{ankle} flexion": bend(shank, foot) - 90}
    if of and body.has(hip):
        thigh = body.way(hip, knee)
        own = carried(hung(thigh, of), thigh, shank)
        ahead, left = dot(foot, own.forward), dot(foot, own.left)
        found[f"{ankle} rotation"] = np.degrees(np.arctan2(outward * left, ahead))
    return found


def _arm(body: Body, side: str, outward: float, of: Axes | None) -> dict[str, Floats]:
    """Shoulder, elbow and wrist; these two bend, nobody knows which way."""
    found: dict[str, Floats] = {}
    shoulder, elbow, wrist, palm = (
        f"{side} {p}" for p in ("shoulder", "elbow", "wrist", "palm")
    )
    if body.has(elbow, wrist, palm):
        found[f"{wrist} flexion"] = bend(body.way(elbow, wrist), body.way(wrist, palm))
    if not body.has(shoulder, elbow):
        return found
    upper = body.way(shoulder, elbow)
    if of:
        found[f"{shoulder} elevation"] = bend(upper, -of.up)
        behind = np.clip(-dot(upper, of.forward), -1, 1)
        found[f"{shoulder} extension"] = np.degrees(np.arcsin(behind))
    if body.has(wrist):
        lower = body.way(elbow, wrist)
        bent = bend(upper, lower)
        found[f"{elbow} flexion"] = bent
        if of:
            ahead, left = twist(upper, lower, of)
            turned = np.degrees(np.arctan2(-outward * left, ahead))
            found[f"{shoulder} rotation"] = np.where(bent >= BENT, turned, np.nan)
    return found


def _trunk(body: Body, pelvis: Axes, girdle: Axes) -> dict[str, Floats]:
    """Rotation of shoulders over hips, bend to a side; of the head over the shoulders.

    Rotation is positive towards the left; a bend to a side likewise.
    """
    trunk = unit(body.middle("shoulder") - body.middle("hip"))
    lean = np.degrees(np.arcsin(np.clip(dot(trunk, pelvis.left), -1, 1)))
    found = {
        "trunk rotation": _about(trunk, pelvis.left, girdle.left),
        "trunk abduction": lean,
    }
    if body.has("left ear", "right ear"):
        across, top = body.way("right ear", "left ear"), body.middle("ear")
        found["neck rotation"] = _about(trunk, girdle.left, across)
    elif body.has("head"):
        top = body.xyz[:, body.at["head"]]
    else:
        return found
    found["neck flexion"] = bend(trunk, unit(top - body.middle("shoulder")))
    return found


def _about(axis: Floats, start: Floats, end: Floats) -> Floats:
    """Degrees from one vector to another about an axis, anticlockwise: (N, 3) x 3."""
    flat, to = (v - dot(v, axis)[:, None] * axis for v in (start, end))
    return np.degrees(np.arctan2(dot(cross(flat, to), axis), dot(flat, to)))


def beyond(
    found: Angles, joint: str, ranges: Mapping[str, tuple[float, float]], n: int
) -> Floats:
    """Degrees beyond a joint's ranges, the most of its angles: (N,); below 0 inside.

    NaN where the skeleton or the pose defines none of them.

    Args:
      ranges: the least and the most of each angle.
    """
    worst = np.full(n, np.nan)
    for name, (low, high) in ranges.items():
        value = found.get(f"{joint} {name}")
        if value is not None:
            worst = np.fmax(worst, np.maximum(low - value, value - high))
    return worst

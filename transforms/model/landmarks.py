"""Keypoints by what they are, whatever a skeleton calls them.

    left_eye  LEye  L_Eye  eyeL  Eye_Left  ──> left_eye

Rules ask for a joint by its plain name, for the parts of a face or for the fingers of a
hand; a skeleton that does not have them is skipped by the rule, with the reason.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from posegate.transforms.model.words import sided

if TYPE_CHECKING:
    from posegate.transforms.model.skeleton import Skeleton

FINGERS = (
    ("thumb",),
    ("forefinger", "index_finger", "index"),
    ("middle_finger", "middle"),
    ("ring_finger", "ring"),
    ("pinky_finger", "pinky", "little_finger", "little"),
)
"""What the fingers are called, from the thumb on."""


def plain(name: str) -> str:
    """A keypoint's name in lower case with underscores, the side in front."""
    return "_".join(sided(name))


PARTS = {
    **{name: (name,) for name in ("ear", "shoulder", "elbow", "wrist")},
    "palm": ("middle_finger_1", "middle_mcp", "hand", "index"),
    **{name: (name,) for name in ("hip", "knee")},
    "ankle": ("ankle", "foot"),
    "heel": ("heel",),
    "toe": ("big_toe", "toe", "foot_index", "toe_tip", "foot"),
}
"""What the parts of a side are called, the first that is there; `foot` is the ankle in
Human3.6M and what lies before it where there is an ankle, as in SMPL."""

MIDDLE = {
    "head": ("head", "head_top", "top_head"),
    "spine": ("spine", "spine_2", "spine_1", "mid_spine"),
}
"""The same of parts in the middle."""


def body(joints: Mapping[str, int]) -> dict[str, int]:
    """Where the parts of a body stand, by `left hip` or `head`: those that there are.

    Args:
      joints: where keypoints stand, by plain name.
    """
    found: dict[str, int] = {}
    for side in ("left", "right"):
        taken: set[str] = set()
        for part, names in PARTS.items():
            known = (f"{side}_{n}" for n in names)
            name = next((n for n in known if n in joints and n not in taken), None)
            if name is not None:
                taken.add(name)
                found[f"{side} {part}"] = joints[name]
    for part, names in MIDDLE.items():
        if name := next((n for n in names if n in joints), None):
            found[part] = joints[name]
    return found


@dataclass(frozen=True)
class Face:
    """Where the points of a face stand in a skeleton.

    `eyes` are six points of the person's right and of the left eye: corner, two of the
    upper lid, corner, two of the lower; `right` what lies in the person's right half;
    `outline` the chin line from ear to ear; `middle` the points in the mirror plane,
    from above to below.
    """

    eyes: tuple[tuple[int, ...], tuple[int, ...]]
    outline: tuple[int, ...]
    middle: tuple[int, ...]
    right: tuple[int, ...]

    @property
    def corners(self) -> tuple[tuple[int, int], ...]:
        """Pairs that mirror one another in any face: eye corners, ends of the chin."""
        (outer, _, _, inner, _, _), (inner_left, _, _, outer_left, _, _) = self.eyes
        chin = self.outline[0], self.outline[-1]
        return ((outer, outer_left), (inner, inner_left), chin)

    def at(self, points: Sequence[int]) -> "Face":
        """The same face where point i of the scheme stands at `points[i]`."""

        def moved(numbers: tuple[int, ...]) -> tuple[int, ...]:
            return tuple(points[i] for i in numbers)

        right, left = self.eyes
        return Face(
            eyes=(moved(right), moved(left)),
            outline=moved(self.outline),
            middle=moved(self.middle),
            right=moved(self.right),
        )


IBUG = Face(
    eyes=((36, 37, 38, 39, 40, 41), (42, 43, 44, 45, 46, 47)),
    outline=tuple(range(17)),
    middle=(27, 28, 29, 30, 33, 51, 62, 66, 57, 8),
    right=(
        *range(8),
        *range(17, 22),
        *(31, 32, *range(36, 42), 48, 49, 50, 58, 59, 60, 61, 67),
    ),
)
"""The 68 points of 300-W (Sagonas et al. 2013), from 0."""

WFLW = Face(
    eyes=((60, 61, 63, 64, 65, 67), (68, 69, 71, 72, 73, 75)),
    outline=tuple(range(33)),
    middle=(51, 52, 53, 54, 57, 79, 90, 94, 85, 16),
    right=(
        *range(16),
        *range(33, 42),
        *(55, 56, *range(60, 68), 76, 77, 78, 86, 87, 88, 89, 95, 96),
    ),
)
"""The 98 points of WFLW (Wu et al. 2018); lids have a third point in the middle."""


def face(skeleton: "Skeleton") -> Face | None:
    """The face of a skeleton, or None.

    Published sets number their points and do not name them: they are known by the
    points that mirror one another.
    """
    number = {name: i for i, name in enumerate(skeleton.keypoints)}
    numbered = [number[name] for i in range(98) if (name := f"face-{i}") in number]
    mirrored = {frozenset(pair) for pair in skeleton.flip_pairs}
    for points in (numbered, list(range(len(number)))):
        for scheme, size in ((IBUG, 68), (WFLW, 98)):
            if len(points) < size:
                continue
            found = scheme.at(points)
            if {frozenset(pair) for pair in found.corners} <= mirrored:
                return found
    return None


def hands(skeleton: "Skeleton") -> tuple[tuple[tuple[int, ...], ...], ...]:
    """The hands of a skeleton: for each, five fingers from the wrist to the tip.

    A hand is there if all five fingers have four points; none gives ().
    """
    found, joints = [], skeleton.joints
    for side in ("", "left_", "right_"):
        roots = ("hand_root", "wrist", "hand_wrist")
        root = [joints[side + name] for name in roots if side + name in joints]
        chains = [_finger(joints, side, names) for names in FINGERS]
        if root and all(chains):
            found.append(tuple((root[0], *chain) for chain in chains))
    return tuple(found)


def _finger(
    joints: Mapping[str, int], side: str, names: tuple[str, ...]
) -> tuple[int, ...]:
    """The four points of a finger, from the knuckle to the tip; () if not all."""
    for name in names:
        wanted = [f"{side}{name}_{i}" for i in range(1, 5)]
        if all(each in joints for each in wanted):
            return tuple(joints[each] for each in wanted)
    return ()

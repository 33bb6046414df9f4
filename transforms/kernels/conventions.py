"""Whose left is left: a vendor's reading of it, before a person is blamed.

                 faces the camera   seen from behind
    subject-left      right              right        as the skeleton means it
    image-left        exchanged          right        left is where the image's left is
    exchanged         exchanged          exchanged    names in the wrong order

Where nobody is seen from behind the last two are the same, and are not told apart.

One person who exchanges sides is careless; a whole vendor, or all who are new, was told
something else. What is counted are instances beside gold and reviews (`sides`).
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from posegate.transforms.kernels.acceptance import clopper_pearson
from posegate.transforms.kernels.buckets import Ints
from posegate.transforms.kernels.stream_sums import UNIT
from posegate.transforms.kernels.sums import WORK
from posegate.transforms.model.poses import Bools

IMAGE_LEFT, EXCHANGED = "image-left", "exchanged"
UNSURE = "image-left or exchanged"

LEAST_PEOPLE = 3
"""Fewer are persons, not a vendor or a class."""

LEAST_OF_ONE = 3
"""Instances that show what a person takes for left."""

LEAST_BEHIND = 3
"""Instances seen from behind that tell the image's left from an exchange."""

NEW = "(new annotators)"

FRONT, BACK = (WORK.index(f"inverted_{side}") for side in ("front", "back"))


class Reading(NamedTuple):
    """What a group takes for left: `reading` is `IMAGE_LEFT`, `EXCHANGED`
    or, where too few are seen from behind, `UNSURE`.

    `members` (A,) are its people, `front` and `back` the shares of instances with sides
    exchanged, of people who face the camera and of the others, the second NaN where
    nobody was seen from behind; `since` is the place of the week it began in.
    """

    group: str
    reading: str
    members: Bools
    front: float
    back: float
    since: int


def readings(work: Ints, vendors: Sequence[str], weeks: int) -> tuple[Reading, ...]:
    """Every group that reads left in another way, in its last weeks of work.

    Args:
      work: (A, W, H, 4) sums of `sums.WORK`, fixed point.
      vendors: (A,) of the annotators, "" where unknown.
      weeks: how many count, and how many an annotator is new for.
    """
    if not work.size or not vendors:
        return ()
    named = np.array(vendors)
    worked: Bools = np.asarray((work[..., 0] > 0).any(axis=2))  # (A, W)
    so_far = worked.sum(axis=1)
    new = (so_far > 0) & (so_far <= weeks)
    groups = {f"(vendor {name})": named == name for name in sorted({*vendors} - {""})}
    if not groups:
        groups["(everybody)"] = np.ones(len(vendors), np.bool_)
    found = [reading(name, work, some, weeks) for name, some in groups.items()]
    known = [each for each in found if each is not None]
    for each in known:
        new &= ~each.members
    late = reading(NEW, work, new, weeks)
    return tuple([*known, late] if late is not None else known)


def reading(name: str, work: Ints, members: Bools, weeks: int) -> Reading | None:
    """How a group reads left; None where it is as the skeleton means it, or unknown.

    Most of its people must exchange most who face the camera, and of all their
    instances more than half beyond chance (exact 95 % bound).
    """
    counts = work[members][..., [FRONT, BACK], :2] // UNIT  # (M, W, 2, [n, exchanged])
    recent = counts[:, -weeks:].sum(axis=1)  # (M, 2, 2)
    n, wrong = recent[:, 0, 0], recent[:, 0, 1]
    tell = n >= LEAST_OF_ONE
    alike = tell & (2 * wrong > n)
    if tell.sum() < LEAST_PEOPLE or 2 * alike.sum() <= tell.sum():
        return None
    (front, low), (back, _) = (
        share(*recent[:, side].sum(axis=0).tolist()) for side in (0, 1)
    )
    if not low > 0.5:
        return None
    weekly = counts[:, :, 0].sum(axis=0)  # (W, 2)
    calm = np.flatnonzero((weekly[:, 0] > 0) & (2 * weekly[:, 1] <= weekly[:, 0]))
    begun = weekly[:, 0] > 0
    begun[: int(calm[-1]) + 1 if len(calm) else 0] = False
    behind = int(recent[:, 1, 0].sum())
    known = EXCHANGED if back > 0.5 else IMAGE_LEFT
    return Reading(
        name,
        known if behind >= LEAST_BEHIND else UNSURE,
        members,
        front,
        back,
        int(np.argmax(begun)),
    )


def share(n: int, wrong: int) -> tuple[float, float]:
    """A share and its exact lower 95 % bound; NaN of nothing."""
    if not n:
        return np.nan, np.nan
    return wrong / n, float(clopper_pearson(np.array(wrong), np.array(n))[0])

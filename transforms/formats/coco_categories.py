"""The categories of a COCO file, and how their keypoints come to the skeleton's."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import msgspec
import numpy as np
import numpy.typing as npt

from posegate.transforms.formats.coco_records import Category, Unreadable
from posegate.transforms.formats.instances import REMEDY
from posegate.transforms.formats.values import Id, key
from posegate.transforms.model.naming import Naming, difference
from posegate.transforms.model.reading import PointNames
from posegate.transforms.model.skeleton import Skeleton

PANOPTIC = (
    "it is COCO panoptic: an image's segments, whose masks are in PNG files; export "
    "instances (masks) or keypoints"
)

Places = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Match:
    """How a category's keypoints come to the skeleton's.

    `places` (M,) is the skeleton's keypoint of each of theirs, -1 for one that is left
    out; None for the same.
    `whole`: a record may also list all of the skeleton's, whatever the category names.
    `named`: the category has keypoints. `repairs` and `refusal` are codes.
    """

    places: Places | None = None
    whole: bool = True
    named: bool = False
    repairs: tuple[str, ...] = ()
    refusal: str | None = None
    detail: str = ""
    name: str = field(default="", repr=False)


@dataclass
class Categories:
    """The categories of a file, found by id; `points` says which to leave out."""

    skeleton: Skeleton
    points: PointNames = field(default_factory=PointNames)
    matches: dict[int | str, Match] = field(default_factory=dict)
    odd_limbs: int = 0
    """Categories whose limbs name keypoints that they have not."""
    panoptic: bool = False
    """Whether records are an image's segments, each with a category of its own."""

    def add(self, category: Category) -> None:
        """Takes a category in; raises Unreadable if another has its id."""
        k = key(category.id)
        assert k is not None
        match = _match(category, self.skeleton, self.points)
        self.odd_limbs += not limbs_fit(category)
        known = self.matches.setdefault(k, match)
        if repr(known) != repr(match):
            raise Unreadable(
                "coco.category-conflict",
                f"category {category.id!r} is there twice, with other keypoints; "
                "keep one",
            )

    def find(self, id: Id) -> Match:
        """The match of a category id."""
        k = key(id)
        if k in self.matches:
            return self.matches[k]
        if self.panoptic and k is None:
            return Match(refusal="coco.panoptic", detail=PANOPTIC)
        if k is None and len(self.matches) <= 1:
            only = next(iter(self.matches.values()), Match())
            code = "coco.category-missing"
            return replace(only, repairs=(*only.repairs, code))
        if not self.matches:
            return Match(repairs=("coco.category-unknown",))
        known = ", ".join(map(str, self.matches)) or "none"
        return Match(
            refusal="coco.category-unknown",
            detail=f"category_id {id!r} is none of the categories ({known})",
        )

    @property
    def left_out(self) -> int:
        """How many of their keypoints are left out on request."""
        every = [m.places for m in self.matches.values() if m.places is not None]
        return sum(int((places < 0).sum()) for places in every)

    @property
    def of_points(self) -> int:
        """How many there are, where each is called as a keypoint and has none."""
        find, every = Naming(self.skeleton).find, self.matches.values()
        bare = all(not m.named and m.name and find(m.name) is not None for m in every)
        return len(every) if bare and len(every) > 1 else 0

    @property
    def told(self) -> bool:
        """Whether rows say their category: there are several, or none with keypoints.

        Roboflow's category 0, which is the project, counts only where it is used.
        """
        named = sum(match.named for match in self.matches.values())
        return named > 1 or (named == 0 and len(self.matches) > 1)


def limbs_fit(category: Category) -> bool:
    """Whether a category's limbs are pairs of its keypoints, counted from 1."""
    try:
        limbs = msgspec.json.decode(category.skeleton, type=list[list[int]])
    except msgspec.DecodeError:  # none are given, or no numbers
        return True
    count = len(category.keypoints or ())
    ends = [end for limb in limbs for end in limb]
    return not count or all(1 <= end <= count for end in ends)


def _match(category: Category, skeleton: Skeleton, points: PointNames) -> Match:
    if not category.keypoints:
        code = "coco.category-without-names"
        return Match(repairs=(code,), name=category.name)
    places = Naming(skeleton).places(category.keypoints)
    m, k = len(places), len(skeleton.keypoints)
    shared = min(m, k)
    first = bool((places[:shared] == np.arange(shared)).all())
    if first and m == k:
        return Match(named=True, name=category.name)
    stray = [n for n, p in zip(category.keypoints, places, strict=True) if p < 0]
    if stray and all(map(points.ignored, stray)) and (places >= 0).any():
        return Match(places, False, True, name=category.name)
    if first and m > k:
        code = "coco.category-longer"
        return Match(repairs=(code,), named=True, name=category.name)
    if (places < 0).any():
        return Match(
            refusal="coco.other-skeleton",
            named=True,
            detail=_other(category.id, category.name, category.keypoints, skeleton),
            name=category.name,
        )
    repairs = ("coco.keypoints-reordered",) if m == k else ()
    return Match(places, first, True, repairs, name=category.name)


def _other(id: Id, name: str, names: Sequence[str], skeleton: Skeleton) -> str:
    return (
        f"category {id!r} ({name}) {difference(names, skeleton)}; deliver them apart, "
        f"or under a project of that skeleton{REMEDY}"
    )

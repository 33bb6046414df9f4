"""Which skeleton a set of names is, and which of them are left and right."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np
import numpy.typing as npt

from posegate.transforms.model.naming import Naming, plain
from posegate.transforms.model.shelves import SKELETONS
from posegate.transforms.model.skeleton import Skeleton, load
from posegate.transforms.model.words import tokens

FAMILIAR = ("coco_17", "mpii_16", "300w_68", "coco_wholebody_133", "freihand_21")
"""Of skeletons with the same names these are offered first."""

NEAR = 0.5
"""A skeleton that shares less of its names and of theirs is no suggestion."""

ALMOST = 0.8
"""One that shares this much, in its order, may be the same: head is its top_head."""

_SIDES = {"left": "left", "l": "left", "right": "right", "r": "right"} | {
    "near": "left",
    "off": "right",
}
_VIEWER = frozenset({"viewer", "viewers", "image", "img", "screen", "picture"})
_VIEWER |= {"observer", "camera", "photo"}


@dataclass(frozen=True)
class Match:
    """A shipped skeleton beside a set of names.

    `order[k]` is where the skeleton's keypoint k stands among the names; None unless
    they are its keypoints, all of them and no other. `reordered` where that is not the
    skeleton's own order. `shared` is the part of both that is in both, 0 to 1.
    """

    skeleton: Skeleton
    order: npt.NDArray[np.intp] | None
    shared: float

    @property
    def exact(self) -> bool:
        """Whether the names are the skeleton's."""
        return self.order is not None

    @property
    def reordered(self) -> bool:
        """Whether they are, in another order."""
        return self.order is not None and bool(
            (self.order != np.arange(len(self.order))).any()
        )


@cache
def _namings() -> tuple[Naming, ...]:
    return tuple(Naming(load(name)) for name in SKELETONS.names())


def detect(names: Sequence[str]) -> tuple[Match, ...]:
    """The shipped skeletons that fit the names best, the best first.

    Those that fit exactly, or if there are none those that are `NEAR`. Numbers alone
    mean the keypoints of a skeleton of numbered ones, by value: "0", "00", "1", …
    """
    return _detect(tuple(names))


@lru_cache(256)
def _detect(names: tuple[str, ...]) -> tuple[Match, ...]:
    found = sorted((_match(naming, names) for naming in _namings()), key=_rank)
    exact = [match for match in found if match.exact]
    return tuple(exact or [match for match in found if match.shared >= NEAR])


def nearly(names: Sequence[str]) -> tuple[str, ...]:
    """The shipped skeletons that have a name or two otherwise, in the same order."""
    found = []
    for naming in _namings():
        places = naming.places(names)
        if len(places) == len(naming.skeleton.keypoints) > 0:
            same = float((places == np.arange(len(places))).mean())
            if ALMOST <= same < 1:
                found.append(naming.skeleton.name)
    return tuple(found)


def _match(naming: Naming, names: tuple[str, ...]) -> Match:
    skeleton = naming.skeleton
    k = len(skeleton.keypoints)
    if len(names) == k and (order := _numbered(skeleton, names)) is not None:
        return Match(skeleton, order, 1.0)
    both = int((naming.places(names) >= 0).sum())
    shared = both / max(len(set(names)) + k - both, 1)
    return Match(skeleton, naming.order(names), shared)


def _numbered(
    skeleton: Skeleton, names: tuple[str, ...]
) -> npt.NDArray[np.intp] | None:
    """(K,) the order of names that are numbers from 0 or 1 on; None for others."""
    if not all(name.isascii() and name.isdigit() and len(name) < 9 for name in names):
        return None
    if not all(any(c.isdigit() for c in name) for name in skeleton.keypoints):
        return None
    numbers = np.array([int(name) for name in names])
    order = np.argsort(numbers, kind="stable")
    counted = np.arange(len(names)) + numbers.min()
    sound = (numbers[order] == counted).all() and counted[0] in (0, 1)
    return order if sound else None


def _rank(match: Match) -> tuple[bool, float, int, bool, str]:
    name = match.skeleton.name
    familiar = FAMILIAR.index(name) if name in FAMILIAR else len(FAMILIAR)
    bare = match.skeleton.sigmas is None
    return match.reordered, -match.shared, familiar, bare, name


def fitting(names: Sequence[str]) -> str:
    """What to do with names that are not the project's: a clause, or nothing."""
    best = next(iter(detect(names)), None)
    if best is None or not best.exact:
        return "`posegate skeleton init DELIVERY` writes one that fits"
    order = ", in another order" if best.reordered else ""
    return f"the shipped {best.skeleton.name} fits{order}"


def counting(k: int) -> tuple[str, ...]:
    """The shipped skeletons of so many keypoints."""
    return tuple(
        naming.skeleton.name
        for naming in _namings()
        if len(naming.skeleton.keypoints) == k
    )


def side(name: str) -> str | None:
    """`left` or `right` by the words of a name; None for neither, or for both."""
    found = {_SIDES[token] for token in tokens(name) if token in _SIDES}
    return found.pop() if len(found) == 1 else None


def mirrored(names: Sequence[str]) -> tuple[tuple[int, int], ...]:
    """Pairs of indices whose names differ in nothing but the side: (left, right).

    Marker sets write it without a break: LASI and RASI are a pair, being both there;
    so are T1L and T1R.
    """
    at: dict[tuple[str | None, tuple[str, ...]], int] = {}
    for i, name in enumerate(names):
        rest = tuple(token for token in tokens(name) if token not in _SIDES)
        at.setdefault((side(name), rest), i)
    pairs = [
        (i, at["right", rest])
        for (which, rest), i in at.items()
        if which == "left" and ("right", rest) in at
    ]
    known = {i for pair in pairs for i in pair}
    short = {plain(name): i for i, name in enumerate(names) if i not in known}
    pairs += [
        (i, short["r" + name[1:]])
        for name, i in short.items()
        if name.startswith("l") and len(name) > 1 and "r" + name[1:] in short
    ]
    known = {i for pair in pairs for i in pair}
    pairs += [
        (i, short[name[:-1] + "r"])
        for name, i in short.items()
        if name.endswith("l")
        and name[:-1] + "r" in short
        and not {i, short[name[:-1] + "r"]} & known
    ]
    return tuple(sorted(pairs))


def crossed(match: Match, names: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Names that mirror each other, but that the skeleton they match does not exchange.

    A mirror that numbers otherwise is none of them: the left eye's outer corner may be
    its point 3 and the right one's its point 0.
    """
    if match.order is None or not match.skeleton.flip_pairs:
        return ()
    place = np.argsort(match.order).tolist()
    pairs = match.skeleton.flip_pairs
    partner = dict(pairs) | {b: a for a, b in pairs}
    given = [names[i] for i in match.order]
    return tuple(
        (names[i], names[j])
        for i, j in mirrored(names)
        if place[i] not in partner or side(given[partner[place[i]]]) != "right"
    )


def by_viewer(names: Sequence[str]) -> tuple[str, ...]:
    """Names that seem to mean the viewer's left or right: `image_left_eye`."""
    return tuple(
        name for name in names if side(name) and _VIEWER.intersection(tokens(name))
    )

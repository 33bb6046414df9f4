"""Which keypoint of a skeleton a vendor means by a name."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

import numpy as np
import numpy.typing as npt

from posegate.transforms.model.skeleton import Skeleton
from posegate.transforms.model.words import sided


@lru_cache(4096)
def plain(name: str) -> str:
    """A name without what vendors write differently: `Left Eye`, left_eye, left-eye."""
    return "".join(c for c in name.casefold() if c.isalnum())


def _joined(name: str) -> str:
    """`plain`, with the side in front and in full: LEye, eye_l and left_eye agree."""
    return "".join(sided(name))


@dataclass(frozen=True)
class Naming:
    """A skeleton's keypoints, found by the names that others give them."""

    skeleton: Skeleton

    @cached_property
    def _exact(self) -> dict[str, int]:
        own = _once([plain(name) for name in self.skeleton.keypoints])
        theirs = {plain(a): self.skeleton.index(b) for a, b in self.skeleton.aliases}
        return theirs | own

    @cached_property
    def _sided(self) -> dict[str, int]:
        return _once([_joined(name) for name in self.skeleton.keypoints])

    @cached_property
    def _renamed(self) -> dict[str, int | None]:
        own = replace(self.skeleton, renamed=())
        return {a: Naming(own).find(b) for a, b in self.skeleton.renamed}

    def find(self, name: str) -> int | None:
        """The index of the keypoint that a name means; None if it means none."""
        if name in self._renamed:
            return self._renamed[name]
        found = self._exact.get(plain(name))
        return self._sided.get(_joined(name)) if found is None else found

    def index(self, name: str) -> int:
        """The index of the keypoint that a name means; raises ValueError if none."""
        found = self.find(name)
        if found is None:
            raise ValueError(
                f"{name!r} is no keypoint of {self.skeleton.name}; they are "
                f"{', '.join(self.skeleton.keypoints)}"
            )
        return found

    def places(self, names: Sequence[str]) -> npt.NDArray[np.intp]:
        """(M,) the keypoint of each name; -1 where it means none, or an earlier's."""
        found = [self.find(name) for name in names]
        first = {place: i for i, place in reversed(list(enumerate(found)))}
        return np.array(
            [
                -1 if place is None or first[place] != i else place
                for i, place in enumerate(found)
            ],
            np.intp,
        )

    def order(self, names: Sequence[str]) -> npt.NDArray[np.intp] | None:
        """(K,) where each keypoint of the skeleton stands among `names`.

        None unless the names are the skeleton's, all of them and no other.
        """
        places = self.places(names)
        if len(places) != len(self.skeleton.keypoints) or (places < 0).any():
            return None
        return np.argsort(places)


def _once(names: Sequence[str]) -> dict[str, int]:
    """Each name's index; names that two keypoints share mean neither."""
    return {name: i for i, name in enumerate(names) if names.count(name) == 1}


def difference(names: Sequence[str], skeleton: Skeleton) -> str:
    """How a set of names differs from the skeleton's, and what would fit: a clause."""
    from posegate.transforms.model.detect import fitting  # which itself needs Naming

    naming = Naming(skeleton)
    places = naming.places(names)
    extra = [name for name, place in zip(names, places, strict=True) if place < 0][:3]
    found = set(places.tolist())
    lacks = [n for k, n in enumerate(skeleton.keypoints) if k not in found][:3]
    return (
        f"has {len(names)} keypoints that are not {skeleton.name}'s "
        f"{len(skeleton.keypoints)} (it lacks {lacks}, has {extra}); {fitting(names)}"
    )

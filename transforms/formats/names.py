"""What a file says of its keypoints before any of it is read as records."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Names:
    """The keypoints of one kind of object, as a file names them.

    `limbs` are pairs of indices from 0. A file that only has a number of points has it
    in `count`; `fits` are the shipped skeletons that its format then means. `partial`:
    they are those of the points that are there, and other files may have more.
    """

    category: str
    keypoints: tuple[str, ...] = ()
    limbs: tuple[tuple[int, int], ...] = ()
    count: int = 0
    fits: tuple[str, ...] = ()
    partial: bool = False

    @property
    def size(self) -> int:
        """K."""
        return len(self.keypoints) or self.count


def joined(found: Iterable[Names]) -> list[Names]:
    """The same, with those of one category as one where each may lack some."""
    whole: dict[tuple[str, bool], Names] = {}
    others: list[Names] = []
    for names in found:
        if not names.partial:
            others.append(names)
            continue
        key = names.category, bool(names.keypoints)
        before = whole.get(key, names)
        own = tuple(dict.fromkeys((*before.keypoints, *names.keypoints)))
        count = max(before.count, names.count)
        whole[key] = replace(before, keypoints=own, count=count)
    return [*whole.values(), *others]


def limbs_of(pairs: Sequence[Sequence[int]], k: int) -> tuple[tuple[int, int], ...]:
    """A list of limbs as pairs from 0; none where any of them is no pair of K points.

    COCO counts from 1. Tools that count from 0 show it by a 0; lists that reach beyond
    K were copied from another skeleton, as CrowdPose's was from COCO's.
    """
    ends = [end for pair in pairs for end in pair]
    base = 0 if 0 in ends else 1
    if any(len(pair) != 2 for pair in pairs):
        return ()
    if any(not 0 <= end - base < k for end in ends):
        return ()
    return tuple((a - base, b - base) for a, b in pairs if a != b)

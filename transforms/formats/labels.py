"""Which keypoint a tool's label means, whose it is, and whether it can be seen.

left_wrist               a keypoint of the skeleton
left_wrist_occluded      and its visibility, where a tool has no flag for it
p2_left_wrist            and the person, where a tool cannot group points
9. left_wrist            numbered as the skeleton is, from 0 or from 1
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from posegate.transforms.model.naming import Naming, plain
from posegate.transforms.model.schema import Visibility
from posegate.transforms.model.skeleton import Skeleton

_STATES = {
    Visibility.UNLABELLED: "absent missing outside outofframe outofview outofimage "
    "notlabeled notlabelled unlabeled unlabelled notpresent notinimage truncated na v0",
    Visibility.OCCLUDED: "occluded occl occ hidden invisible notvisible nonvisible "
    "partlyoccluded partiallyoccluded selfoccluded obscured obstructed estimated "
    "guessed inferred v1",
    Visibility.CERTAIN: "certain v3",
    Visibility.VISIBLE: "visible vis seen clear fullyvisible notoccluded unoccluded v2",
}
_STATE = {word: state for state, words in _STATES.items() for word in words.split()}

_PERSON = re.compile(
    r"^(?P<person>(?:p|per|person|player|athlete|subject|human|man|animal|instance|obj|"
    r"object|id)[_\- ]?\d+)[_\- .:/]+(?P<base>.+)$",
    re.IGNORECASE,
)
_NUMBERED = re.compile(r"^(?P<number>\d{1,4})[_\- .:/)]+(?P<base>.+)$")


@lru_cache(4096)
def state(word: str) -> Visibility | None:
    """The visibility that a word stands for; None if it stands for none."""
    return _STATE.get(plain(word))


@dataclass(frozen=True)
class Label:
    """What a label says; `keypoint` is its index, None where the skeleton has none."""

    keypoint: int | None
    visibility: Visibility | None = None
    person: str | None = None


class Labels:
    """Reads labels against a skeleton."""

    def __init__(self, skeleton: Skeleton) -> None:
        self._naming = Naming(skeleton)
        self.read = lru_cache(4096)(self._read)
        self.places = lru_cache(1024)(self._places)

    def _read(self, name: str) -> Label:
        """The keypoint by its name, else by what is left without person and state."""
        keypoint = self._naming.find(name)
        if keypoint is not None:
            return Label(keypoint)
        if (label := self._stated(name)) is not None:
            return label
        if (found := _PERSON.match(name)) is not None:
            inner = self._read(found["base"])
            if inner.keypoint is not None and inner.person is None:
                person = found["person"].lower()
                return Label(inner.keypoint, inner.visibility, person)
        if (found := _NUMBERED.match(name)) is not None:
            inner = self._read(found["base"])
            counted = int(found["number"]) - (inner.keypoint or 0)
            return inner if counted in (0, 1) else Label(None)
        return Label(None)

    def _places(self, names: tuple[str, ...]) -> tuple[int, ...] | None:
        """The keypoint of each name, if each means another, and none says a state.

        The same names give the same tuple.
        """
        labels = [self.read(name) for name in names]
        places = [each.keypoint for each in labels if each.visibility is None]
        found = tuple(k for k in places if k is not None)
        return found if len(set(found)) == len(names) else None

    def _stated(self, name: str) -> Label | None:
        """`nose_occluded`, `nose (hidden)`, `nose not visible`, `occluded nose`."""
        tokens = re.findall(r"[^\s_\-.:()\[\]]+", name)
        for count in range(1, min(len(tokens), 4)):
            for rest, word in (
                (tokens[:-count], tokens[-count:]),
                (tokens[count:], tokens[:count]),
            ):
                said = state("".join(word))
                keypoint = None if said is None else self._naming.find("_".join(rest))
                if keypoint is not None:
                    return Label(keypoint, said)
        return None

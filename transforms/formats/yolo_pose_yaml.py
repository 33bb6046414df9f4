"""What `data.yaml` says of label files: shape, classes, which points swap."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import yaml

from posegate.transforms.formats.instances import REMEDY
from posegate.transforms.model.naming import Naming, difference
from posegate.transforms.model.reading import PointNames
from posegate.transforms.model.skeleton import Skeleton

NAMES = ("data.yaml", "data.yml", "dataset.yaml", "dataset.yml", "config.yaml")
"""What it is called; `config.yaml` may also be something else's."""

_OWN = frozenset({"kpt_shape", "names", "nc", "train", "val"})


@dataclass(frozen=True)
class Said:
    """What a file says, or nothing.

    `shape` is (K, 2 or 3); `classes` the names by number; `places` (K,) the skeleton's
    keypoint of each of theirs, -1 where delivery.toml leaves it out; `notes` are codes;
    `refusal` says why it cannot be read against the skeleton.
    """

    shape: tuple[int, int] | None = None
    classes: dict[int, str] = field(default_factory=dict)
    places: npt.NDArray[np.intp] | None = None
    notes: tuple[str, ...] = ()
    refusal: str | None = None


def parse(data: bytes, skeleton: Skeleton, points: PointNames) -> Said:
    """The file's content, checked; what is no YAML, or says nonsense, is a note."""
    try:
        table = yaml.safe_load(data.decode("utf-8-sig"))
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError, ValueError):
        return Said(notes=("data-yaml",))
    if not isinstance(table, dict):
        return Said(notes=("data-yaml",))
    if not _OWN & table.keys():
        return Said()
    shape = _shape(table.get("kpt_shape"))
    names = _keypoints(table.get("kpt_names"))
    classes = _classes(table.get("names"))
    if shape is None:
        note = ("kpt-shape-missing",)
        return Said(classes=classes, notes=note)
    places, refusal = _places(names, shape[0], skeleton, points)
    notes = () if refusal else _flips(table.get("flip_idx"), places, skeleton)
    return Said(shape, classes, places, notes, refusal)


def _shape(value: Any) -> tuple[int, int] | None:
    whole = isinstance(value, list) and len(value) == 2
    if whole and all(isinstance(v, int) for v in value) and value[1] in (2, 3):
        return value[0], value[1]
    return None


def _classes(value: Any) -> dict[int, str]:
    if isinstance(value, list):
        value = dict(enumerate(value))
    if not isinstance(value, dict):
        return {}
    return {k: str(v) for k, v in value.items() if isinstance(k, int)}


def _keypoints(value: Any) -> list[str] | None:
    """The names of the keypoints, where all classes have the same."""
    lists = list(value.values()) if isinstance(value, dict) else [value]
    if not lists or any(each != lists[0] for each in lists):
        return None
    names = lists[0]
    if not isinstance(names, list) or not all(isinstance(n, str) for n in names):
        return None
    return names


def _places(
    names: Sequence[str] | None, k: int, skeleton: Skeleton, points: PointNames
) -> tuple[npt.NDArray[np.intp] | None, str | None]:
    own = len(skeleton.keypoints)
    if names is None or len(names) != k:
        if k == own:
            return np.arange(k), None
        return None, (
            f"kpt_shape says {k} keypoints without names, and {skeleton.name} has "
            f"{own}; deliver them under a project of that skeleton"
        )
    places = Naming(skeleton).places(names)
    stray = [name for name, place in zip(names, places, strict=True) if place < 0]
    if stray and not ((places >= 0).any() and all(map(points.ignored, stray))):
        detail = f"data.yaml {difference(names, skeleton)}; deliver them apart{REMEDY}"
        return None, detail
    return places, None


def _flips(
    given: Any, places: npt.NDArray[np.intp] | None, skeleton: Skeleton
) -> tuple[str, ...]:
    """Whether `flip_idx` exchanges what the skeleton's flip pairs do."""
    if not skeleton.flip_pairs or places is None:
        return ()
    if given is None:
        return ("flip-idx-missing",)
    swap = np.arange(len(skeleton.keypoints))
    for a, b in skeleton.flip_pairs:
        swap[[a, b]] = b, a
    here = {place: i for i, place in enumerate(places.tolist())}
    wanted = [here.get(int(swap[place])) for place in places.tolist()]
    if isinstance(given, list) and len(given) == len(wanted):
        given = [g for g, place in zip(given, places, strict=True) if place >= 0]
        wanted = [w for w, place in zip(wanted, places, strict=True) if place >= 0]
    return () if given == wanted else ("flip-idx",)

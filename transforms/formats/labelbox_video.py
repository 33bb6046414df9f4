"""The frames of a Labelbox video's label, and which of them a person touched."""

from collections.abc import Iterator
from typing import Any

from posegate.transforms.formats.grouping import Shape
from posegate.transforms.formats.instances import Instances
from posegate.transforms.formats.labelbox_objects import Objects, said
from posegate.transforms.formats.values import Json, each, mapping
from posegate.transforms.model.schema import Origin

_FIRST = 1
"""The number of a video's first frame in an export."""


def frames(
    drawn: Json, objects: Objects, instances: Instances, raw: bytes
) -> Iterator[tuple[int, list[Shape], dict[str, Any]]]:
    """Each frame that has objects, from 0, with its shapes and its answers.

    Args:
      drawn: the label's annotations.
      objects: turns objects into shapes.
      instances: where a frame that has no number goes.
      raw: the record's bytes.
    """
    numbered: list[tuple[int, Json]] = []
    for key, frame in mapping(drawn.get("frames")).items():
        if isinstance(frame, dict) and key.isdecimal() and int(key) >= _FIRST:
            numbered.append((int(key), frame))
        else:
            instances.refuse("frame", f"frame {key!r} is no number from 1", raw)
    numbered.sort(key=lambda pair: pair[0])
    touched = _Touched(drawn, {n: set(_objects(f)) for n, f in numbered})
    for number, frame in numbered:
        shapes: list[Shape] = []
        for id, thing in _objects(frame).items():
            origin = touched.origin(id, number)
            found = list(objects.shapes([{"feature_id": id, **thing}], origin))
            if touched.doubtful(id):
                for shape in found:
                    shape.repairs += ("keyframes-unknown",)
            shapes += found
        if shapes:
            answers = dict(said(frame.get("classifications")))
            yield number - _FIRST, shapes, answers


def _objects(frame: Json) -> dict[str, Json]:
    """A frame's objects by id; older exports list them."""
    given = frame.get("objects")
    if isinstance(given, dict):
        return {id: thing for id, thing in given.items() if isinstance(thing, dict)}
    return {str(thing.get("feature_id")): thing for thing in each(given)}


class _Touched:
    """Which frames of each object a person touched.

    Without a map, an object that is in frames one after another may be interpolated;
    one that never is in two neighbours is not.
    """

    def __init__(self, drawn: Json, present: dict[int, set[str]]) -> None:
        given = drawn.get("key_frame_feature_map")
        self._keys = {id: _keys(said) for id, said in mapping(given).items()}
        self._runs = {
            id
            for number, ids in present.items()
            for id in ids & present.get(number + 1, set())
        }

    def doubtful(self, id: str) -> bool:
        return id not in self._keys and id in self._runs

    def origin(self, id: str, number: int) -> Origin:
        if id not in self._keys:
            return Origin.INTERPOLATED if id in self._runs else Origin.PLACED
        return Origin.PLACED if number in self._keys[id] else Origin.INTERPOLATED


def _keys(said: object) -> set[int]:
    """The keyframes: `[13, 19]`, or `{"13": true, "18": false}`."""
    if isinstance(said, dict):
        said = [key for key, value in said.items() if value]
    listed = said if isinstance(said, list) else []
    return {int(str(key)) for key in listed if str(key).isdecimal()}

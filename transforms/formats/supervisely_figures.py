"""Figures of Supervisely's objects as shapes, with names from the project's meta."""

from collections.abc import Iterable, Sequence
from typing import Any, TypedDict

from posegate.transforms.formats import outlines
from posegate.transforms.formats.grouping import Nodes, Shape
from posegate.transforms.formats.labels import Labels, state
from posegate.transforms.formats.mask_pictures import Size, bitmap, holed
from posegate.transforms.formats.values import Json, each, mapping, real, scalar
from posegate.transforms.model.schema import Origin, Visibility

Template = dict[str, str]
"""The names of a class's points by the ids of their nodes, in order."""


class Figure(TypedDict, total=False):
    """What is read of an object, and of a video's figure."""

    id: Any
    key: Any
    objectId: Any
    objectKey: Any
    classTitle: Any
    geometryType: Any
    geometry: Any
    nodes: Any
    points: Any
    bitmap: Any
    tags: Any
    instance: Any
    labelerLogin: Any
    createdAt: Any
    updatedAt: Any
    nnCreated: Any
    nnUpdated: Any


class Frame(TypedDict, total=False):
    """What is read of a video's frame."""

    index: Any
    figures: list[Figure]


class Document(TypedDict, total=False):
    """What is read of a file."""

    classes: Any
    size: Any
    tags: Any
    objects: list[Figure]
    figures: Any
    frames: list[Frame]


_HIDDEN, _SEEN = Visibility.OCCLUDED, Visibility.VISIBLE


def number_in(given: object) -> int | None:
    """A whole number from 0 on; None for anything else."""
    good = isinstance(given, int) and not isinstance(given, bool) and 0 <= given < 1e9
    return given if good else None  # type: ignore[return-value]


def templates(meta: Json) -> dict[str, Template]:
    """The points of every class that is a graph, by the class's title."""
    found = {}
    for one in each(meta.get("classes")):
        config = mapping(one.get("geometry_config", one.get("shape_config")))
        nodes = mapping(config.get("nodes"))
        named = {key: mapping(node).get("label") for key, node in nodes.items()}
        found[str(one.get("title"))] = {k: str(v or k) for k, v in named.items()}
    return found


def tags(given: object) -> Json:
    """Tags with their values; one without is true."""
    return {
        str(tag.get("name")): True if tag.get("value") is None else tag["value"]
        for tag in each(given)
        if tag.get("name")
    }


def shape(
    one: Json, figure: Json, known: dict[str, Template], labels: Labels, size: Size
) -> Shape | None:
    """What a figure of an object draws; None for what we do not keep."""
    geometry = mapping(figure.get("geometry")) or figure
    kind = figure.get("geometryType") or one.get("geometryType")
    name = str(one.get("classTitle") or figure.get("classTitle") or "")
    id = str(figure.get("key", figure.get("id", one.get("key"))))
    tied = figure.get("instance") or one.get("instance")
    group = None if not tied else f"instance {tied}"
    by_model = figure.get("nnCreated", one.get("nnCreated"))
    how = origin(by_model, figure.get("nnUpdated", one.get("nnUpdated")))
    made = Shape(name, id, group=group, origin=how)
    if kind == "graph":
        _graph(made, geometry, known.get(name, {}), labels)
        return made
    try:
        return made if _draw(made, str(kind), geometry, size) else None
    except (TypeError, ValueError, KeyError, IndexError) as error:
        detail = f"figure {id} ({name}): {error!r}; draw it again"
        made.problem = "figure", detail
        return made


def origin(created: object, updated: object) -> Origin:
    """A model's, unless a person changed it afterwards: by `nnCreated`, `nnUpdated`."""
    if created is not True:
        return Origin.PLACED
    return Origin.CORRECTED if updated is False else Origin.PREDICTED


def _graph(pose: Shape, geometry: Json, template: Template, labels: Labels) -> None:
    """Gives a pose its points."""
    nodes = geometry.get("nodes")
    listed: Iterable[tuple[str, Any]]
    if isinstance(nodes, dict):
        listed = nodes.items()
    else:
        keys = list(template) or [str(i) for i in range(len(each(nodes)))]
        listed = zip(keys, each(nodes), strict=False)
    names, xs, ys, flags = list[str](), list[float](), list[float](), list[Any]()
    pose.nodes = Nodes(names, xs, ys, flags)
    for key, given in listed:
        node, name = mapping(given), template.get(key, key)
        seen = _HIDDEN if node.get("disabled") is True else _SEEN
        try:
            x, y = node["loc"]
            x, y = real(x), real(y)
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            detail = f"the node {name!r} has no place: {error!r}; draw it again"
            pose.problem = "figure", detail
        else:
            names.append(name)
            xs.append(x)
            ys.append(y)
            flags.append(seen)
        if key not in template and labels.read(key).keypoint is None:
            pose.problem = _nameless(key)


def _nameless(key: str) -> tuple[str, str]:
    detail = f"the node {key!r} has no name; deliver meta.json beside the files"
    return "no-meta", detail


def around(corners: Sequence[tuple[float, float]]) -> tuple[float, ...]:
    """The box [px] of corners; raises ValueError where there are none."""
    xs, ys = zip(*corners, strict=True)
    return min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys)


def _draw(shape: Shape, kind: str, geometry: Json, size: Size) -> bool:
    corners = mapping(geometry.get("points")).get("exterior")
    if kind == "point":
        x, y = (corners or [()])[0]
        shape.y, shape.x = real(y), real(x)
        for key, value in tags(geometry.get("tags")).items():
            seen = state(key) if value is True else state(scalar(value) or "")
            shape.visibility = seen if seen is not None else shape.visibility
    elif kind == "rectangle":
        shape.box = around([(real(x), real(y)) for x, y in corners or ()])
    elif kind == "polygon":
        inner = mapping(geometry.get("points")).get("interior") or []
        given = (corners or (), *inner)
        paths = [[(real(x), real(y)) for x, y in path] for path in given]
        shape.draw(holed(paths, size) if inner else outlines.polygon(paths))
    elif kind in ("bitmap", "alpha_mask"):
        said = mapping(geometry.get("bitmap"))
        try:
            data, origin = said.get("data"), said.get("origin")
            shape.draw(bitmap(data, origin, size, packed=True))
        except ValueError as error:
            shape.problem = "bitmap", f"the mask {shape.name}: {error}; draw it again"
    else:
        return False
    return True

"""Figures of Supervisely's objects as shapes, with names from the project's meta."""

from collections.abc import Iterable, Mapping
from operator import attrgetter
from typing import Any, TypedDict

import msgspec

from posegate.transforms.formats import outlines
from posegate.transforms.formats.grouping import Nodes, Shape
from posegate.transforms.formats.labels import Labels, state
from posegate.transforms.formats.values import real, scalar
from posegate.transforms.model.schema import Origin, Visibility

Json = dict[str, Any]
Template = dict[str, str]
"""The names of a class's points by the ids of their nodes, in order."""


class Node(msgspec.Struct, gc=False):
    """A point of a graph that is as most are."""

    loc: tuple[float, float]
    disabled: bool = False


class _Geometry(TypedDict, total=False):
    nodes: dict[str, Node]
    points: Any
    tags: Any


class _Object(_Geometry, total=False):
    """What is read of an object, and of a video's figure."""

    id: Any
    key: Any
    objectId: Any
    objectKey: Any
    classTitle: Any
    geometryType: Any
    instance: Any
    labelerLogin: Any
    createdAt: Any
    updatedAt: Any
    nnCreated: Any
    nnUpdated: Any


class _Figure(_Object, total=False):
    geometry: _Geometry


class _Frame(TypedDict, total=False):
    index: Any
    figures: list[_Figure]


class Document(TypedDict, total=False):
    """What is read of a file; in most, each graph's points fit."""

    classes: Any
    size: Any
    tags: Any
    objects: list[_Figure]
    figures: Any
    frames: list[_Frame]


_HIDDEN, _SEEN = Visibility.OCCLUDED, Visibility.VISIBLE
_OF_NODE = attrgetter("loc", "disabled")


def mapping(given: object) -> Json:
    """An object, or an empty one in the place of what is none."""
    return given if isinstance(given, dict) else {}


def each(given: object) -> list[Json]:
    """The objects of a list."""
    if not isinstance(given, list):
        return []
    if set(map(type, given)) <= {dict}:
        return given
    return [one for one in given if isinstance(one, dict)]


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


def tags(one: Json) -> Json:
    """Tags with their values; one without is true."""
    return {
        str(tag.get("name")): True if tag.get("value") is None else tag["value"]
        for tag in each(one.get("tags"))
        if tag.get("name")
    }


def shape(
    one: Json, figure: Json, known: dict[str, Template], labels: Labels
) -> Shape | None:
    """What a figure of an object draws; None for what we do not keep."""
    geometry = mapping(figure.get("geometry")) or figure
    kind = figure.get("geometryType") or one.get("geometryType")
    name = str(one.get("classTitle") or figure.get("classTitle") or "")
    id = str(figure.get("key", figure.get("id", one.get("key"))))
    tied = figure.get("instance") or one.get("instance")
    group = None if not tied else f"instance {tied}"
    made = Shape(name, id, group=group, origin=_origin(one, figure))
    if kind == "graph":
        _graph(made, geometry, known.get(name, {}), labels)
        return made
    try:
        return made if _draw(made, str(kind), geometry) else None
    except (TypeError, ValueError, KeyError, IndexError) as error:
        detail = f"figure {id} ({name}): {error!r}; draw it again"
        made.problem = "figure", detail
        return made


def _origin(one: Json, figure: Json) -> Origin:
    """A model's, unless a person changed it afterwards."""
    if figure.get("nnCreated", one.get("nnCreated")) is not True:
        return Origin.PLACED
    changed = figure.get("nnUpdated", one.get("nnUpdated")) is False
    return Origin.CORRECTED if changed else Origin.PREDICTED


def _graph(pose: Shape, geometry: Json, template: Template, labels: Labels) -> None:
    """Gives a pose its points."""
    nodes = geometry.get("nodes")
    if isinstance(nodes, dict) and type(next(iter(nodes.values()), None)) is Node:
        _nodes(pose, nodes, template, labels)
        return
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


def _nodes(
    pose: Shape, nodes: Mapping[str, Node], template: Template, labels: Labels
) -> None:
    """`_graph` of points that all are as most are."""
    names = [template.get(key, key) for key in nodes]
    places, hidden = zip(*map(_OF_NODE, nodes.values()), strict=True)
    x, y = zip(*places, strict=True)
    seen = [_HIDDEN if h else _SEEN for h in hidden] if any(hidden) else _SEEN
    pose.nodes = Nodes(names, x, y, seen)
    if not template.keys() >= nodes.keys():
        for key in nodes:
            if key not in template and labels.read(key).keypoint is None:
                pose.problem = _nameless(key)


def _nameless(key: str) -> tuple[str, str]:
    detail = f"the node {key!r} has no name; deliver meta.json beside the files"
    return "no-meta", detail


def _draw(shape: Shape, kind: str, geometry: Json) -> bool:
    corners = mapping(geometry.get("points")).get("exterior")
    if kind == "point":
        x, y = (corners or [()])[0]
        shape.y, shape.x = real(y), real(x)
        for key, value in tags(geometry).items():
            seen = state(key) if value is True else state(scalar(value) or "")
            shape.visibility = seen if seen is not None else shape.visibility
    elif kind == "rectangle":
        xs, ys = zip(*((real(x), real(y)) for x, y in corners or ()), strict=True)
        shape.box = (min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys))
    elif kind == "polygon":
        inner = mapping(geometry.get("points")).get("interior") or []
        if inner:
            raise ValueError("a polygon with holes; export it without")
        outline = outlines.polygon([[(real(x), real(y)) for x, y in corners or ()]])
        if outline is None:
            raise ValueError("it has no area")
        shape.outline, shape.box = outline, outline.box
    elif kind in ("bitmap", "alpha_mask"):
        detail = f"the mask {shape.name} is a picture; export polygons"
        shape.problem = "bitmap", detail
    else:
        return False
    return True

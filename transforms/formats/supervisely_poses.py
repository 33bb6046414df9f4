"""Supervisely's images of nothing but graphs and rectangles, as most are."""

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from posegate.transforms.formats.plain_poses import Frame, Never
from posegate.transforms.formats.supervisely_figures import Template, around, origin


class Node(msgspec.Struct, gc=False):
    """A point of a graph."""

    loc: tuple[float, float]
    disabled: bool = False


class Corners(msgspec.Struct, gc=False):
    """Where a rectangle is."""

    exterior: list[tuple[float, float]]


class Figure(msgspec.Struct, gc=False):
    """A graph or a rectangle."""

    id: int | str
    geometryType: Literal["graph", "rectangle"]
    classTitle: str = ""
    nodes: dict[str, Node] = {}
    points: Corners | None = None
    instance: str | None = None
    labelerLogin: str | None = None
    createdAt: str | None = None
    updatedAt: str | None = None
    nnCreated: bool | None = None
    nnUpdated: bool | None = None
    tags: list[dict[str, Any]] = []
    key: Never = ""
    geometry: Never = ""


class Poses(msgspec.Struct, gc=False):
    """An image of nothing else."""

    size: dict[str, Any]
    objects: list[Figure]
    tags: list[dict[str, Any]] = []
    classes: Never = ""
    figures: Never = ""
    frames: Never = ""


def paired(drawn: list[Figure], known: Mapping[str, Template]) -> Frame[Figure] | None:
    """The poses by their instances; None where others may be meant."""
    found: Frame[Figure] = Frame()
    ids, tied = set[str](), set[str]()
    for one in drawn:
        id = key = str(one.id)
        ids.add(id)
        if one.instance:
            key = f"instance {one.instance}"
            tied.add(key)
        if one.geometryType == "graph":
            if not one.nodes:
                return None
            names = tuple(map(known.get(one.classTitle, {}).get, one.nodes, one.nodes))
            nodes = one.nodes.values()
            at, hidden = [node.loc for node in nodes], [node.disabled for node in nodes]
            x, y = [place[0] for place in at], [place[1] for place in at]
            how = origin(one.nnCreated, one.nnUpdated)
            found.pose(key, one, names, x, y, hidden, how)
        elif one.points is None or not one.points.exterior:
            return None
        else:
            found.box(key, one, around(one.points.exterior), one.classTitle)
    return found if len(ids) == len(drawn) and ids.isdisjoint(tied) else None

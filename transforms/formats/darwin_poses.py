"""Darwin's images of nothing but skeletons and their boxes, as most are."""

from typing import Any

import msgspec
from msgspec.structs import astuple

from posegate.transforms.formats.plain_poses import Frame, Never, Nothing


class Node(msgspec.Struct, gc=False):
    """A point of a skeleton."""

    name: str
    x: float
    y: float
    occluded: bool = False


class Skeleton(msgspec.Struct, gc=False):
    """Its points."""

    nodes: list[Node]


class Box(msgspec.Struct, gc=False):
    """A box [px]."""

    x: float
    y: float
    w: float
    h: float


class Person(msgspec.Struct, gc=False):
    """Who annotated, or looked at it."""

    email: str | None = None
    full_name: str | None = None


class Instance(msgspec.Struct, gc=False):
    """What an annotation is one of several of."""

    value: int | str | None = None


class Drawn(msgspec.Struct, gc=False):
    """A skeleton, perhaps with its box, or a box."""

    id: str
    name: str = ""
    skeleton: Skeleton | None = None
    bounding_box: Box | None = None
    instance_id: Instance | None = None
    annotators: list[Person] = []
    reviewers: list[Person] = []
    created_at: str | None = None
    updated_at: str | None = None
    inference: Any = msgspec.UNSET
    properties: Nothing = []
    attributes: Nothing = []
    text: Never = ""
    tag: Never = ""
    keyframe: Never = ""
    eye: Never = ""
    keypoint: Never = ""
    polygon: Never = ""
    complex_polygon: Never = ""
    ellipse: Never = ""
    mask: Never = ""
    raster_layer: Never = ""
    frames: Never = ""
    sections: Never = ""


class Poses(msgspec.Struct, gc=False):
    """An item of nothing else."""

    item: dict[str, Any]
    annotations: list[Drawn]
    properties: Nothing = []


def paired(drawn: list[Drawn]) -> Frame[Drawn] | None:
    """The poses, each with the box of its instance; None where others may be meant."""
    found: Frame[Drawn] = Frame()
    owners: dict[str, Drawn] = {}
    for one in drawn:
        if one.skeleton is not None and (whole := instance(one)) is not None:
            owners.setdefault(whole, one)
    for one in drawn:
        owner = one if one.skeleton is not None else owners.get(instance(one) or "")
        if owner is None:
            return None
        if one.skeleton is not None:
            if not one.skeleton.nodes:
                return None
            nodes = one.skeleton.nodes
            names = tuple([node.name for node in nodes])
            x, y = [node.x for node in nodes], [node.y for node in nodes]
            found.pose(one.id, one, names, x, y, [node.occluded for node in nodes])
        if one.bounding_box is not None:
            found.box(owner.id, owner, astuple(one.bounding_box), one.name.strip())
        elif one.skeleton is None:
            return None
    ids = {one.id for one in drawn}
    return found if len(ids) == len(drawn) and ids.isdisjoint(owners) else None


def instance(one: Drawn) -> str | None:
    """What ties an annotation to others."""
    whole = one.instance_id
    return None if whole is None or whole.value is None else f"instance {whole.value}"


def people(given: list[Person]) -> list[str]:
    """What they are called."""
    return [name for one in given if (name := one.email or one.full_name)]

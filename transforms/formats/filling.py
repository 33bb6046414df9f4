"""From one instance's shapes to its record."""

from collections.abc import Sequence
from itertools import repeat
from typing import Any

from posegate.transforms.formats.grouping import Group, Nodes, Shape
from posegate.transforms.formats.labels import Labels
from posegate.transforms.formats.rows import Record
from posegate.transforms.model.naming import difference, plain
from posegate.transforms.model.schema import Origin, Visibility
from posegate.transforms.model.skeleton import Skeleton

_UNLABELLED, _VISIBLE = Visibility.UNLABELLED, Visibility.VISIBLE
_PLACED = Origin.PLACED
_LISTS = (list, tuple)  # a union would be made anew at every call


def fill(record: Record, group: Group, labels: Labels, skeleton: Skeleton) -> None:
    """Puts a group's points, box and outline into a record, or why it is refused.

    Codes have no format's name yet: `ungrouped`, `point-twice`, `other-skeleton`,
    `outlines-left`, and those of `Group.how`.
    """
    repairs, problem = dict.fromkeys(record.repairs), None
    if group.how is not None:
        repairs[group.how] = None
    for shape in (*group.points, *group.around):
        if shape.repairs:
            repairs |= dict.fromkeys(shape.repairs)
        problem = shape.problem or problem
    _surround(record, group, repairs, skeleton)
    _say(record, group.points)
    known = _place(record, group, labels)
    if group.doubt is not None:
        detail = (
            f"{len(group.points)} {group.doubt}; nest the points of each under its "
            "box, or connect them by relations"
        )
        record.refusal = "ungrouped", detail
    if not known:
        record.refusal = "other-skeleton", f"it {difference(group.names, skeleton)}"
    record.refusal = problem or record.refusal
    record.repairs = tuple(repairs)


def _say(record: Record, points: Sequence[Shape]) -> None:
    """Puts the points' attributes under their names."""
    for point in points:
        if point.attributes:
            of = {f"{point.name}.{k}": said for k, said in point.attributes.items()}
            record.attributes = {**(record.attributes or {}), **of}


def _place(record: Record, group: Group, labels: Labels) -> bool:
    """Puts points at their keypoints, unless they are marked as not there.

    Whether the names of all mean keypoints.
    """
    poses = [shape for shape in group.around if shape.nodes is not None]
    if not group.points and len(poses) == 1 and (nodes := poses[0].nodes) is not None:
        origin: Sequence[Origin] | Origin = poses[0].origin
    else:
        nodes, origin = _together(group.points, poses)
    places = labels.places(tuple(nodes.names))
    seen: Any = nodes.visibility
    if isinstance(seen, _LISTS) and None in seen:
        seen = [_VISIBLE if each is None else each for each in seen]
    if places is None or (_lost(seen) and origin is not _PLACED):
        return _one_by_one(record, nodes, origin, labels)
    record.keypoints, record.x, record.y = places, nodes.x, nodes.y
    record.visibility = _VISIBLE if seen is None else seen
    record.origin = origin
    return True


def _together(points: Sequence[Shape], poses: Sequence[Shape]) -> tuple[Nodes, Any]:
    """Single points and several poses as one, and the origin of each."""
    names = [point.name for point in points]
    x = [point.x for point in points if point.x is not None]
    y = [point.y for point in points]
    seen = [point.visibility for point in points]
    origin = [point.origin for point in points]
    for pose in poses:
        assert pose.nodes is not None
        names += pose.nodes.names
        x += pose.nodes.x
        y += pose.nodes.y
        seen += pose.nodes.seen()
        origin += [pose.origin] * len(pose.nodes)
    alike = set(origin) <= {_PLACED}
    return Nodes(names, x, y, seen), _PLACED if alike else origin


def _lost(seen: Sequence[Visibility | None] | Visibility | None) -> bool:
    """Whether any of them is marked as not there."""
    several = not isinstance(seen, Visibility) and seen is not None
    return _UNLABELLED in seen if several else seen is _UNLABELLED  # type: ignore[operator]


def _one_by_one(
    record: Record, nodes: Nodes, origin: Sequence[Origin] | Origin, labels: Labels
) -> bool:
    """`_place`, where names are strange, stand twice or say a state."""
    points: dict[int, tuple[float, ...]] = {}
    known = True
    origins = repeat(origin) if isinstance(origin, Origin) else origin
    columns = nodes.names, nodes.x, nodes.y, nodes.seen(), origins
    for name, x, y, said, how in zip(*columns, strict=False):
        label = labels.read(name)
        k = label.keypoint
        seen = label.visibility if said is None else said
        if k is None:
            known = False
        elif seen == _UNLABELLED:
            continue
        elif k in points:
            detail = f"the point {name!r} is there twice; delete one"
            record.refusal = "point-twice", detail
        else:
            points[k] = (x, y, _VISIBLE if seen is None else seen, how)
    record.place(points)
    return known


def classed(record: Record, name: str, skeleton: Skeleton) -> None:
    """Tells the class of what is around a record's points, if it is another."""
    if plain(name) != plain(skeleton.category):
        record.attributes = dict(record.attributes or {})
        record.attributes.setdefault("category", name)


def _surround(
    record: Record, group: Group, repairs: dict[str, None], skeleton: Skeleton
) -> None:
    """The box is that of a box, else of an outline; the first outline counts.

    The class is told where it is not what the skeleton is of.
    """
    boxes = [s for s in group.around if s.outline is None and s.box is not None]
    outlines = [s for s in group.around if s.outline is not None]
    for shape in (*boxes, *outlines):
        classed(record, shape.name, skeleton)
        if shape.attributes:
            record.attributes = {**(record.attributes or {}), **shape.attributes}
    if boxes:
        record.bbox = boxes[0].box
    if outlines and (outline := outlines[0].outline) is not None:
        record.segmentation, record.area = outline.segmentation, outline.area
        record.bbox = record.bbox or outline.box
    if len(boxes) > 1 or len(outlines) > 1:
        repairs["outlines-left"] = None

"""Which points that a tool drew one by one are one instance's.

pose person: nose, left_eye            0. they are one thing to the tool
box  person ───┬── point nose          1. it nests them, or says an instance
               └── point left_eye
point nose ─── relation ─── box        2. arrows were drawn
p1_nose  p2_nose                       3. the labels say whose they are
nose  left_eye  right_eye              4. there is one of each: one instance
nose  nose  left_eye                   whose eye it is, nobody can know: refused
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from posegate.transforms.formats.labels import Labels, state
from posegate.transforms.formats.outlines import Outline
from posegate.transforms.model.schema import Origin, Visibility

_ROOM = 0.25
"""Of a box's sides: how far beyond it a point may lie and still be its own."""


@dataclass(slots=True)
class Nodes:
    """The points of a pose as columns: names, x, y.

    `visibility` is what the tool says of each beside its name, None for nothing, or
    one for all.
    """

    names: Sequence[str]
    x: Sequence[float]
    y: Sequence[float]
    visibility: Sequence[Visibility | None] | Visibility | None = None

    def __len__(self) -> int:
        return len(self.names)

    def seen(self) -> Sequence[Visibility | None]:
        """What is said of each."""
        said = self.visibility
        one = said is None or isinstance(said, Visibility)
        return [said] * len(self) if one else said  # type: ignore[list-item,return-value]


@dataclass(slots=True)
class Shape:
    """One thing drawn: a point (`x` is set), a pose, a box, an outline with its box.

    A pose has `nodes`, all of the pose's origin, and perhaps a box.
    `visibility` is what the tool says beside the label, None for nothing; `group` is
    the shape that it is nested under, or the instance that it is said to be of. A
    `problem` (code, sentence) refuses the instance that it is part of.
    """

    name: str
    id: str | None = None
    x: float | None = None
    y: float = 0.0
    nodes: Nodes | None = None
    visibility: Visibility | None = None
    origin: Origin = Origin.PLACED
    box: Sequence[float] | None = None
    outline: Outline | None = None
    group: str | None = None
    attributes: dict[str, Any] = field(default_factory=dict)
    repairs: tuple[str, ...] = ()
    problem: tuple[str, str] | None = None

    def draw(self, outline: Outline | None, without: str = "it has no area") -> None:
        """Gives it an outline and its box; raises ValueError `without` one."""
        if outline is None:
            raise ValueError(without)
        self.outline, self.box = outline, outline.box

    def say(self, name: str, text: str) -> None:
        """A state of a point is its visibility, anything else an attribute."""
        seen = state(text) if self.x is not None else None
        if seen is not None:
            self.visibility = seen
        else:
            before = self.attributes.get(name)
            self.attributes[name] = text if before is None else f"{before}, {text}"


@dataclass(slots=True)
class Group:
    """One instance: its points, and its poses, the boxes and outlines around them.

    `how` is the code of how it was found where the tool did not say; `doubt` is why
    it may be several.
    """

    points: list[Shape] = field(default_factory=list)
    around: list[Shape] = field(default_factory=list)
    id: str | None = None
    how: str | None = None
    doubt: str | None = None

    @property
    def names(self) -> list[str]:
        """What all its points are called."""
        poses = [shape.nodes.names for shape in self.around if shape.nodes]
        return [point.name for point in self.points] + list(chain.from_iterable(poses))


def grouped(
    shapes: Sequence[Shape], links: Iterable[tuple[str, str]], labels: Labels
) -> list[Group]:
    """Every shape in one group, in the order in which the groups begin.

    Args:
      shapes: what was drawn in one frame by one annotator.
      links: pairs of ids that relations connect.
      labels: reads the points' names.
    """
    if len(shapes) == 1 and shapes[0].x is None:
        one = shapes[0]
        key = one.id if one.group is None else one.group
        return [Group(around=[one], id="#0" if key is None else key)]
    found = None if links else _around(shapes)
    return _Grouping(shapes, links, labels).groups() if found is None else found


def _around(shapes: Sequence[Shape]) -> list[Group] | None:
    """`grouped`, where each is something else than a point and knows whose it is."""
    groups = {shape.id: shape.group for shape in shapes}
    found: dict[str, Group] = {}
    for shape in shapes:
        key = shape.id if shape.group is None else shape.group
        if key is None or shape.x is not None or groups.get(key) is not None:
            return None
        if key not in found:
            found[key] = Group(id=key)
        found[key].around.append(shape)
    return list(found.values())


class _Grouping:
    def __init__(
        self, shapes: Sequence[Shape], links: Iterable[tuple[str, str]], labels: Labels
    ) -> None:
        self._shapes, self._labels = shapes, labels
        self._by_id = {s.id: s for s in shapes if s.id is not None}
        self._links: dict[str, set[str]] = {}
        for a, b in links:
            if a != b and a in self._by_id and b in self._by_id:
                self._links.setdefault(a, set()).add(b)
                self._links.setdefault(b, set()).add(a)
        self._found: dict[str, Group] = {}

    def groups(self) -> list[Group]:
        points = [s for s in self._shapes if s.x is not None]
        self._parents = {
            s.group for s in self._shapes if points and s.group is not None
        }
        loose = [point for point in points if not self._placed(point)]
        for shape in self._shapes:
            if shape.x is None:
                self._surround(shape)
        if not points:
            return list(self._found.values())
        known = [p for p in loose if self._labels.read(p.name).keypoint is not None]
        others = [p for p in loose if self._labels.read(p.name).keypoint is None]
        if known:
            self._loose(known)
        if others:
            self._found["others"] = Group(others, id=others[0].id)
        return self._ordered(list(self._found.values()))

    def _ordered(self, found: list[Group]) -> list[Group]:
        """As they begin; a group's points are in order, and what is around them."""
        if len(found) < 2:
            return found
        place = {id(shape): i for i, shape in enumerate(self._shapes)}
        return sorted(
            found,
            key=lambda g: min(place[id(s)] for s in (*g.points[:1], *g.around[:1])),
        )

    def _placed(self, point: Shape) -> bool:
        """Puts a point where the tool, an arrow or its label says it belongs."""
        if point.group is not None:
            group = self._group(self._root(point.group))
        elif point.id in self._parents:
            group = self._group(point.id)
        elif point.id in self._links:
            key, doubt = self._linked(point.id)
            group = self._group(key, "grouped-by-relation")
            group.doubt = group.doubt or doubt
        elif (person := self._labels.read(point.name).person) is not None:
            group = self._group(f"person {person}", "grouped-by-label")
        else:
            return False
        group.points.append(point)
        return True

    def _root(self, id: str) -> str:
        """The outermost shape that one is nested under; a ring gives its smallest."""
        if id not in self._by_id:
            return id
        seen = [id]
        while (shape := self._by_id.get(id)) is not None and shape.group is not None:
            if shape.group in seen:
                return min(seen)
            id = shape.group
            seen.append(id)
        return id

    def _linked(self, id: str) -> tuple[str, str | None]:
        """The box that arrows lead to from a point, over other points if need be.

        Without one, the first of the points that hang together.
        """
        front, seen = [id], {id}
        while front:
            near = [n for a in front for n in sorted(self._links.get(a, ()))]
            boxes = sorted({n for n in near if self._by_id[n].x is None})
            if boxes:
                doubt = "points with arrows from one of them to several boxes"
                return self._root(boxes[0]), doubt if len(boxes) > 1 else None
            front = [n for n in dict.fromkeys(near) if n not in seen]
            seen.update(front)
        return min(seen), None

    def _group(self, key: str, how: str | None = None) -> Group:
        if key not in self._found:
            self._found[key] = Group(id=key, how=how)
        return self._found[key]

    def _surround(self, shape: Shape) -> None:
        """Puts a box or an outline around the group that it is said to be of."""
        key = self._root(shape.group) if shape.group is not None else shape.id
        if self._links and key not in self._found and shape.id in self._links:
            near = {self._root(n) for n in self._links[shape.id]} & self._found.keys()
            key = near.pop() if len(near) == 1 else key
        self._group(f"#{len(self._found)}" if key is None else key).around.append(shape)

    def _loose(self, points: list[Shape]) -> None:
        """Points that nothing is said of: one instance, if there is one of each name.

        They may be what the only instance there is lacks.
        """
        names = [self._labels.read(point.name).keypoint for point in points]
        group = Group(points, id=points[0].id, how="grouped-by-name")
        others = [g for g in self._found.values() if g.names]
        if len(set(names)) < len(names):
            group.doubt = "points of several instances; nothing says whose each is"
        elif not others:
            self._box(group)
        elif len(others) == 1 and not others[0].how and self._lacks(others[0], names):
            mine = {id(point) for point in (*points, *others[0].points)}
            others[0].points = [s for s in self._shapes if id(s) in mine]
            others[0].how = "grouped-by-name"
            return
        else:
            group.doubt = "points beside instances; nothing says whose they are"
        self._found["loose"] = group

    def _lacks(self, group: Group, names: Sequence[int | None]) -> bool:
        has = {self._labels.read(name).keypoint for name in group.names}
        return has.isdisjoint(names)

    def _box(self, group: Group) -> None:
        """Takes the only box in which, or near which, all points lie."""
        fits = [
            key
            for key, other in self._found.items()
            if not other.names
            and len(other.around) == 1
            and (box := other.around[0].box) is not None
            and all(_near(p, box) for p in group.points if p.problem is None)
        ]
        if len(fits) == 1:
            group.around = self._found.pop(fits[0]).around


def _near(point: Shape, box: Sequence[float]) -> bool:
    x, y, w, h = box
    assert point.x is not None
    across = -_ROOM * w <= point.x - x <= (1 + _ROOM) * w
    return across and -_ROOM * h <= point.y - y <= (1 + _ROOM) * h

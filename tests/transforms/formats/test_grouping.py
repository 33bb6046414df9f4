"""Points that a tool drew one by one, put together."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from posegate.transforms.formats.filling import fill
from posegate.transforms.formats.grouping import Group, Nodes, Shape, grouped
from posegate.transforms.formats.labels import Labels
from posegate.transforms.formats.rows import Record, gathered
from posegate.transforms.model.schema import Origin, Visibility
from posegate.transforms.model.skeleton import Skeleton

NAMES = ("nose", "left_eye", "right_eye")
FACE = Skeleton("face", NAMES, (), (), None)
LABELS = Labels(FACE)


def point(name: str, id: str | None = None, **more: Any) -> Shape:
    return Shape(name, id or name, x=20, y=30, **more)


def box(id: str, **more: Any) -> Shape:
    return Shape("person", id, box=(10, 10, 100, 50), **more)


def put(*shapes: Shape, links: Any = ()) -> list[Group]:
    return grouped(shapes, links, LABELS)


def test_nesting_is_followed_to_its_root() -> None:
    shapes = [point("nose", group="head"), box("head", group="body"), box("body")]
    (group,) = put(*shapes)
    assert (group.id, len(group.points), len(group.around)) == ("body", 1, 2)


def test_nesting_in_a_ring_ends() -> None:
    (group,) = put(box("a", group="b"), box("b", group="a"), point("nose", group="a"))
    assert group.id == "a"


def test_a_parent_that_is_not_there_still_makes_an_instance() -> None:
    groups = put(point("nose", group="x"), point("nose", "n2", group="y"))
    assert [group.id for group in groups] == ["x", "y"]


def test_arrows_lead_over_points_to_a_box() -> None:
    links = [("b", "nose"), ("nose", "left_eye"), ("left_eye", "left_eye"), ("q", "z")]
    (group,) = put(box("b"), point("nose"), point("left_eye"), links=links)
    assert (group.how, group.doubt) == ("grouped-by-relation", None)
    assert len(group.points) == 2


def test_points_of_one_name_are_in_doubt() -> None:
    (group,) = put(point("nose"), point("nose", "n2"))
    assert group.doubt is not None


def test_what_is_no_keypoint_is_apart() -> None:
    known, others = put(point("nose"), point("ball"))
    assert [p.name for p in known.points] == ["nose"]
    assert [p.name for p in others.points] == ["ball"]


ids = st.sampled_from("abcd")
shapes = st.lists(
    st.builds(
        Shape,
        name=st.sampled_from([*NAMES, "ball", "p1_nose", "p2_nose"]),
        id=st.none() | ids,
        x=st.none() | st.just(1.0),
        group=st.none() | ids,
        box=st.none() | st.just((0.0, 0.0, 5.0, 5.0)),
    ),
    max_size=7,
)


@given(shapes, st.lists(st.tuples(ids, ids), max_size=5))
def test_every_shape_is_in_one_group(some: list[Shape], links: Any) -> None:
    groups = grouped(some, links, LABELS)
    found = [id(s) for group in groups for s in (*group.points, *group.around)]
    assert sorted(found) == sorted(map(id, some))
    assert all(s.x is not None for group in groups for s in group.points)


@given(shapes, st.lists(st.tuples(ids, ids), max_size=5))
def test_groups_stand_in_the_order_in_which_they_begin(
    some: list[Shape], links: Any
) -> None:
    place = {id(shape): i for i, shape in enumerate(some)}
    begins = [
        min(place[id(s)] for s in (*group.points, *group.around))
        for group in grouped(some, links, LABELS)
    ]
    assert begins == sorted(begins)


def record(*some: Shape) -> Record:
    (group,) = put(*some)
    made = Record(0, "a.jpg")
    fill(made, group, LABELS, FACE)
    return made


nodes = st.tuples(
    st.sampled_from([*NAMES, "ball", "nose_occluded"]),
    st.floats(0, 100),
    st.floats(0, 100),
    st.none() | st.sampled_from(Visibility),
)


def said(made: Record) -> str:
    """All that becomes of a record, point by point."""
    rows = gathered([made], len(NAMES))
    points = rows.xy.tolist(), rows.visibility.tolist(), rows.origin
    return repr((points, made.attributes, made.repairs, made.refusal))


@given(
    st.lists(nodes, min_size=1, max_size=5),
    st.sampled_from([Origin.PLACED, Origin.INTERPOLATED]),
)
def test_a_pose_is_what_its_points_nested_under_it_are(some: Any, how: Origin) -> None:
    points = [
        Shape(name, group="a", x=x, y=y, visibility=seen, origin=how)
        for name, x, y, seen in some
    ]
    names, xs, ys, flags = (list(column) for column in zip(*some, strict=True))
    pose = box("a", nodes=Nodes(names, xs, ys, flags), origin=how)
    assert said(record(pose)) == said(record(*points, box("a")))


@given(st.sampled_from(Visibility))
def test_one_flag_holds_for_all_points_of_a_pose(seen: Visibility) -> None:
    columns = NAMES, [1.0, 2.0, 3.0], [4.0, 5.0, 6.0]
    one, each = (Nodes(*columns, flags) for flags in (seen, [seen] * 3))
    assert said(record(box("a", nodes=one))) == said(record(box("a", nodes=each)))

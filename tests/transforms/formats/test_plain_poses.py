"""Images of nothing but poses are read a short way: their rows do not show it."""

import json
import tomllib
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from posegate.transforms.formats import (
    darwin_poses,
    superannotate_poses,
    supervisely_poses,
)
from posegate.transforms.model.skeleton import Skeleton, load
from samples import darwin, superannotate, supervisely
from samples.face import FACE
from samples.mutation import ODD, places, put, written
from samples.reading import Reading

CASES = Path(__file__).parent / "cases"
SHORT = {
    "darwin": darwin_poses.Poses,
    "supervisely": supervisely_poses.Poses,
    "superannotate": superannotate_poses.Poses,
}
Json = dict[str, Any]


def the_long_way(document: Any) -> Any:
    """The same with nothing said in a way that the types of the short way lack."""
    if not isinstance(document, dict):
        return document
    if isinstance(listed := document.get("instances"), list):
        return {**document, "instances": [*map(without_attributes, listed)]}
    return {"properties": None, "figures": 0, **document}


def without_attributes(each: Any) -> Any:
    bare = isinstance(each, dict) and not each.get("attributes")
    return {**each, "attributes": None} if bare else each


def told(files: Mapping[str, bytes], name: str, skeleton: Skeleton = FACE) -> list[Any]:
    """All that reading says but for bytes of what is refused, and places in them."""
    got = Reading(files, skeleton, format=name)
    bad = [
        (row["source"], row["position"], row["reason"], row["detail"])
        for row in got.bad
        if row["reason"] != "json.malformed"
    ]
    return [got.texts, bad, got.reasons, got.tally]


def agree(files: Mapping[str, bytes], name: str, skeleton: Skeleton = FACE) -> int:
    """Sees that both ways say the same; how many files are read the short way."""
    long = {
        key: json.dumps(the_long_way(json.loads(data))).encode()
        for key, data in files.items()
    }
    assert told(files, name, skeleton) == told(long, name, skeleton)
    return sum(map(lambda data: is_short(data, name), files.values()))


def is_short(data: bytes, name: str) -> bool:
    try:
        msgspec.json.decode(data, type=SHORT[name])
    except msgspec.ValidationError:
        return False
    return True


@pytest.mark.parametrize("name", SHORT)
def test_samples_are_read_the_short_way(name: str) -> None:
    files = import_module(f"samples.{name}").sample(5)
    images = [key for key in files if not key.endswith("meta.json")]
    assert agree(files, name, load("coco_17")) == len(images) == 3


@pytest.mark.parametrize("name", SHORT)
def test_traps_are_the_same_on_both_ways(name: str) -> None:
    samples = import_module(f"samples.{name}")
    table = tomllib.loads((CASES / f"{name}.toml").read_text(encoding="utf-8"))
    makers = {case["maker"] for case in table["case"]}
    assert sum(agree(getattr(samples, maker)(), name) for maker in makers) > 2


def some(**said: st.SearchStrategy[Any]) -> st.SearchStrategy[Json]:
    """Some of the fields; those that are always there have no `_` before them."""
    always = {k: v for k, v in said.items() if not k.endswith("_")}
    perhaps = {k.rstrip("_"): v for k, v in said.items() if k.endswith("_")}
    return st.fixed_dictionaries(always, optional=perhaps)


one = st.sampled_from
names = one((*FACE.keypoints * 3, "Nose", "nose_occluded", "nose absent", "tail", ""))
few = st.lists(names, min_size=0, max_size=4) | st.just(list(FACE.keypoints))
number = st.integers(0, 200) | st.floats(-2e6, 2e6)
title = one(("person", "Person ", "bat", ""))
when = one(("2026-02-02T10:00:00Z", "2026-02-02T10:00:00", "yesterday", ""))
yes = st.booleans()


@st.composite
def of_darwin(draw: st.DrawFn) -> Json:
    person = some(email_=one(("ann@x", "")), full_name_=one(("Ann", "Bo")))
    node = some(name=names, x=number, y=number, occluded_=yes)
    value = some(value_=one((1, 1, 2, 2, "1", "a1")))
    box = some(x=number, y=number, w=number, h=number)
    own = some(
        name_=title,
        annotators_=st.lists(person, max_size=2),
        reviewers_=st.lists(person, max_size=2),
        created_at_=when,
        updated_at_=when,
        inference_=one(({}, {"confidence": 1})),
    )
    whole = st.just([darwin.node(k) for k in FACE.keypoints])
    pose = some(
        skeleton=some(nodes=whole | whole | st.lists(node, max_size=3)),
        instance_id_=value | st.none(),
    )
    drawn = st.one_of(
        *(pose, pose, some(bounding_box=box, instance_id=value)),
        some(skeleton=some(nodes=whole), bounding_box=box),
        some(bounding_box=box, instance_id_=value, keyframe_=yes, tag_=st.just({})),
        one(({"keypoint": {"x": 1, "y": 2}}, {"line": {"path": []}})),
    )
    ids = one(("a1", "a2", "a3", "b1", "b2", "b3", "instance 1"))
    unlike = st.lists(ids, max_size=4, unique=True)
    made = [
        {"id": id, **draw(own), **draw(drawn)}
        for id in draw(unlike | unlike | st.lists(ids, max_size=4))
    ]
    return darwin.item(*made)


@st.composite
def of_supervisely(draw: st.DrawFn) -> Json:
    node = some(loc=st.lists(number, min_size=2, max_size=2), disabled_=yes)
    keys = one(("n0", "n1", "n2", "nose", "left_eye", "n9"))
    tags = st.lists(some(name=one(("night", "")), value_=one((None, 3))), max_size=1)
    own = some(
        id=one((1, 2, 3, "1", "instance k")),
        classTitle_=title,
        instance_=one(("k", "l", None, "")),
        labelerLogin_=one(("ann", "bo", "", None)),
        createdAt_=when,
        updatedAt_=when,
        nnCreated_=yes,
        nnUpdated_=yes,
        tags_=tags,
    )
    corner = st.lists(number, min_size=2, max_size=2)
    corners = some(exterior=st.lists(corner, max_size=2), interior_=st.just([]))
    drawn = st.one_of(
        some(geometryType=st.just("graph"), nodes=st.dictionaries(keys, node)),
        some(geometryType=st.just("graph"), nodes=st.just({"n0": {"loc": [1, 2]}})),
        some(geometryType=st.just("rectangle"), points=corners),
        some(geometryType=one(("point", "line")), points=corners),
    )
    made = draw(st.lists(st.tuples(own, drawn), max_size=4))
    return supervisely.document(*({**a, **b} for a, b in made), tags=draw(tags))


@st.composite
def of_superannotate(draw: st.DrawFn) -> Json:
    said = some(groupName_=one(("Pose", "status")), name_=one(("Standing", 3)))
    own = some(
        className_=title,
        groupId_=st.integers(-1, 2) | st.none(),
        creationType_=one(("Manual", "Prediction", "Pre-annotation")),
        createdBy_=some(email_=one(("ann@x", ""))) | st.none(),
        updatedBy_=one(({}, {"email": "bo@x"}, None)),
        createdAt_=when,
        updatedAt_=when,
        attributes_=st.lists(said, max_size=2),
    )
    labels = st.dictionaries(one(("0", "1", "2")), names, max_size=3)
    point = some(x=number, y=number, id_=st.integers(0, 2))
    usual = superannotate.template((1, 2), (3, 4.5))
    short = {key: usual[key] for key in ("type", "points", "pointLabels")}
    drawn = st.one_of(
        *(st.just(short), st.just(short), st.just({**short, "parameters": []})),
        some(type=st.just("template"), points=st.lists(point), pointLabels_=labels),
        some(type=one(("bbox", "rbbox")), points=some(x1=number, y1=number, x2=number)),
        some(
            type=st.just("bbox"),
            points=some(x1=number, y1=number, x2=number, y2=number, x3_=number),
        ),
        some(type=one(("point", "polyline")), x=number, y=number),
    )
    about = some(
        status_=one(("Completed", "Skipped", "")),
        qaEmail_=one(("q@x", None)),
        annotatorEmail_=one(("ann@x", None)),
        width_=one((200, 0, True)),
        name_=one(("a.jpg", "a.jpg", "")),
    )
    made = draw(st.lists(st.tuples(own, drawn), max_size=4))
    return superannotate.document(*({**a, **b} for a, b in made), **draw(about))


@st.composite
def deliveries(draw: st.DrawFn) -> tuple[str, dict[str, bytes], dict[str, bytes]]:
    """A format, a file of it, perhaps with an odd value, and the same the long way."""
    name, made = draw(
        st.one_of(
            st.tuples(st.just("darwin"), of_darwin()),
            st.tuples(st.just("supervisely"), of_supervisely()),
            st.tuples(st.just("superannotate"), of_superannotate()),
        )
    )
    document: Any = made
    if draw(st.integers(0, 2)) == 0:
        document = put(made, draw(one(list(places(made)))), "@odd")
    beside = {"meta.json": supervisely.meta()} if name == "supervisely" else {}
    odd = draw(one(ODD))
    both = [written(each, odd=odd) for each in (document, the_long_way(document))]
    return name, *({**beside, "ds/ann/a.jpg.json": data} for data in both)


@given(deliveries())
@settings(max_examples=300)
def test_both_ways_say_the_same(
    given: tuple[str, dict[str, bytes], dict[str, bytes]],
) -> None:
    name, files, long = given
    assert told(files, name) == told(long, name)

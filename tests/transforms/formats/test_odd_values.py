"""Values in JSON that no tool means to write, in every place that a reader looks at."""

import codecs
import gzip
import json
from importlib import import_module
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from posegate.transforms.formats import values
from posegate.transforms.model.skeleton import Skeleton, load
from samples import cvat_api, labelme, sleap_json, superannotate, supervisely, vibe
from samples.mutation import HUGE, ODD, places, put, reads_or_says, written
from samples.reading import Reading

NAMES = (
    *("coco", "cvat-api", "darwin", "datumaro", "freihand", "interhand"),
    *("label-studio", "labelbox", "labelme", "mpii", "ochuman", "openpose"),
    *("posetrack17", "sleap-json", "superannotate", "supervisely", "vibe"),
)


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_an_odd_value_is_read_or_said(name: str, data: st.DataObject) -> None:
    sample = import_module(f"samples.{name.replace('-', '_')}")
    files = dict(sample.sample(1))
    some = {key: json.loads(text) for key, text in files.items() if is_json(text)}
    key = data.draw(st.sampled_from(sorted(some)))
    at = data.draw(st.sampled_from(list(places(some[key]))))
    document = put(some[key], at, "@odd")
    if isinstance(document, dict):
        document |= {"unknown": "@more"}
    odd, more = (data.draw(st.sampled_from(ODD)) for _ in range(2))
    files[key] = written(document, odd=odd, more=more)
    skeleton = sample.SKELETON
    known = skeleton if isinstance(skeleton, Skeleton) else load(skeleton)
    reads_or_says(files, known, name)


def is_json(text: bytes) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


@pytest.mark.parametrize("side", ["true", "2147483648"])
def test_a_side_that_is_none_is_not_known(side: str) -> None:
    document = labelme.document(labelme.point("nose"), imageWidth="@odd")
    (row,) = Reading({"a.json": written(document, odd=side)}, load("coco_17")).rows
    assert row["width"] is None
    assert row["height"] == 100


def test_a_number_without_end_refuses_its_instance_alone() -> None:
    far = labelme.point("nose", "@odd", group_id=1)  # type: ignore[arg-type]
    document = labelme.document(far, labelme.point("nose", group_id=2))
    got = Reading({"a.json": written(document, odd=HUGE)}, load("coco_17"))
    assert got.reasons == ["labelme.shape"]
    assert len(got.rows) == 1


def test_half_a_pair_of_surrogates_beside_nan_is_no_text() -> None:
    document = labelme.document(labelme.point("@odd"), unknown="@more")
    data = written(document, odd='"\\ud800"', more="NaN")
    got = Reading({"a.json": data, "b.json": data}, load("coco_17"), format="labelme")
    assert set(got.reasons) == {"json.malformed"}


@pytest.mark.parametrize(
    ("sample", "name"),
    [
        (superannotate.skipped, "superannotate"),
        (sleap_json.extra, "sleap-json"),
        (vibe.no_image, "vibe"),
    ],
)
def test_what_is_refused_keeps_its_bytes_beside_what_cannot_be_read(
    sample: Any, name: str
) -> None:
    skeleton = import_module(f"samples.{name.replace('-', '_')}").SKELETON
    known = skeleton if isinstance(skeleton, Skeleton) else load(skeleton)
    sound = {key: json.loads(data) for key, data in sample().items()}
    files = {
        key: written({**each, "unknown": "@odd"}, odd="1e999")
        for key, each in sound.items()
    }
    before = reads_or_says(sample(), known, name)
    got = reads_or_says(files, known, name)
    assert got.reasons == before.reasons
    assert all(row["raw"] for row in got.bad)


def test_an_animal_of_a_skeleton_that_is_not_there_is_refused() -> None:
    made = sleap_json.instance((1, 2), skeleton=7)
    data = sleap_json.labels(sleap_json.NODES, [[made]])
    got = Reading({"a.json": data}, sleap_json.SKELETON, format="sleap-json")
    assert got.reasons == ["sleap-json.instance"]


def test_numbers_that_do_not_fit_their_kind_are_not_known() -> None:
    given = [640, 2**31, 10**400, "7", None, float("nan")]
    assert values.typed(given, 6, pa.int32()).to_pylist() == [640] + [None] * 5
    assert values.typed(2**31, 2, pa.int32()).to_pylist() == [None] * 2


@pytest.mark.parametrize("gzipped", [False, True])
@pytest.mark.parametrize("sample", [supervisely, cvat_api])
def test_what_lies_beside_is_found_with_a_mark_and_gzipped(
    sample: Any, gzipped: bool
) -> None:
    files = sample.sample(3)
    marked = {name: codecs.BOM_UTF8 + data for name, data in files.items()}
    if gzipped:
        marked = {f"{name}.gz": gzip.compress(data) for name, data in marked.items()}
    got = Reading(marked, load(sample.SKELETON))
    sound = Reading(files, load(sample.SKELETON))
    assert [row["xy"] for row in got.rows] == [row["xy"] for row in sound.rows]
    assert got.reasons == []

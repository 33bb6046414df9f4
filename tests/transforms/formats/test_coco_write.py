"""COCO out: what other tools read, and what our own reader reads back."""

import contextlib
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pycocotools.coco import COCO

from canonical import TRIANGLE, batch, row
from posegate.transforms.formats import coco
from posegate.transforms.formats.coco_write import Writer
from posegate.transforms.formats.context import Context
from posegate.transforms.kernels.buckets import stable_hash
from posegate.transforms.model import schema
from posegate.transforms.model.delivery import Delivery, Shard
from posegate.transforms.model.skeleton import Skeleton

RLE = b'{"counts": [0, 4, 2], "size": [2, 3]}'
POLYGON = b"[[10,10,  30,10, 30,30.50]]"


def written(*rows: dict[str, Any], cut: int = 0, classes: Sequence[str] = ()) -> bytes:
    """A file of the rows, in two batches where they are cut."""
    table = batch(*rows)
    hashes, first = np.unique(stable_hash(table["image"]), return_index=True)
    file = io.BytesIO()
    writer = Writer(file)
    writer.begin('a "test"', TRIANGLE, classes)
    writer.images(table.take(pa.array(first)), list(range(1, len(hashes) + 1)))
    writer.turn(hashes)
    for some in (table.slice(0, cut), table.slice(cut)):
        writer.add(some)
    writer.end()
    assert writer.annotations == len(rows)
    return file.getvalue()


def read(data: bytes) -> list[dict[str, Any]]:
    shard = Shard(0, "w.json", "w.json", len(data), "")
    delivery = Delivery("d", "d", (shard,))
    context = Context(TRIANGLE, delivery, shard, open=lambda _: io.BytesIO(data))
    batches = list(coco.read(context))
    assert [b for b in batches if "reason" in b.schema.names] == []
    return [r for b in batches for r in b.to_pylist()]


pixel = st.floats(-1e6, 1e6)
shown = st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zs", "Zl", "Zp"))
word = st.text(shown, min_size=1, max_size=6)
people = st.fixed_dictionaries(
    {
        "image": word,
        "xy": st.lists(pixel, min_size=6, max_size=6),
        "visibility": st.lists(st.integers(0, 3), min_size=3, max_size=3),
        "bbox": st.tuples(pixel, pixel, *(st.floats(1, 1e4),) * 2).map(list),
        "area": st.floats(1, 1e9),
        "segmentation": st.none() | st.sampled_from([RLE, POLYGON]),
    },
    optional={
        "track": word,
        "annotator": word,
        "attributes": st.dictionaries(word, word, min_size=1).map(
            lambda said: sorted(said.items())
        ),
    },
)


@settings(max_examples=60)
@given(st.lists(people, max_size=6), st.integers(0, 6))
def test_our_reader_reads_back_what_was_written(
    said: list[dict[str, Any]], cut: int
) -> None:
    rows = [row(i, **each) for i, each in enumerate(said)]
    back = read(written(*rows, cut=min(cut, len(rows))))
    assert len(back) == len(rows)
    for made, found in zip(rows, back, strict=True):
        flags = [min(v, 2) for v in made["visibility"]]
        assert found["visibility"] == flags
        for k, flag in enumerate(flags):
            point = found["xy"][2 * k : 2 * k + 2]
            assert point == (
                made["xy"][2 * k : 2 * k + 2]
                if flag
                else pytest.approx([np.nan] * 2, nan_ok=True)
            )
        same = ("image", "width", "height", "bbox", "segmentation", "annotator")
        assert {n: found[n] for n in same} == {n: made[n] for n in same}
        assert found["track"] == made.get("track")
        assert sorted(found["attributes"] or []) == made.get("attributes", [])
        if made["segmentation"] or found["area_source"] == "segment":
            assert found["area"] == made["area"]


@settings(max_examples=20)
@given(st.lists(people, max_size=5))
def test_pycocotools_reads_it(tmp_path_factory: Any, said: list[Any]) -> None:
    rows = [row(i, **each) for i, each in enumerate(said)]
    path: Path = tmp_path_factory.getbasetemp() / "written.json"
    path.write_bytes(written(*rows))
    with contextlib.redirect_stdout(io.StringIO()):
        found = COCO(str(path))
    ids = found.getAnnIds()
    assert sorted(ids) == list(range(1, len(rows) + 1))
    assert len(found.getImgIds()) == len({r["image"] for r in rows})
    for number, made in enumerate(rows, 1):
        [annotation] = found.loadAnns(number)
        [image] = found.loadImgs(annotation["image_id"])
        assert image["file_name"] == made["image"]
        assert annotation["num_keypoints"] == sum(v > 0 for v in made["visibility"])
        assert len(annotation["keypoints"]) == 9
    [category] = found.loadCats(found.getCatIds())
    assert category["keypoints"] == list(TRIANGLE.keypoints)
    assert category["skeleton"] == [[1, 2], [1, 3]]


def test_every_record_says_what_is_known_and_nothing_else() -> None:
    image = {"video": "v1", "frame": 3, "fps": 25.0}
    bare = dict.fromkeys(["bbox", "area", "annotator", "width", "height"])
    stale = row(0, xy=[1.5, 2, 9, 9, 1e6, 4], visibility=[3, 0, 1], track="t", **image)
    text = json.loads(written(stale, row(1, image="b.jpg", **bare)))
    by_name = {i["file_name"]: i for i in text["images"]}
    assert by_name["a.jpg"].items() >= image.items()
    assert by_name["b.jpg"].keys() == {"id", "file_name"}
    one, other = text["annotations"]
    assert one["keypoints"] == [1.5, 2, 2, 0, 0, 0, 1e6, 4, 1]
    assert (one["num_keypoints"], one["track_id"], one["iscrowd"]) == (2, "t", 0)
    assert one["image_id"] == by_name["a.jpg"]["id"]
    assert not other.keys() & {"bbox", "area", "annotator", "track_id", "segmentation"}


def test_every_class_is_a_category_and_is_read_from_there() -> None:
    said = [{"attributes": [("category", name)]} for name in ("dog", "cat", "dog")]
    rows = [row(i, image=f"{i}.jpg", **each) for i, each in enumerate(said)]
    text = json.loads(written(*rows, cut=1, classes=["cat", "dog"]))
    assert [c["name"] for c in text["categories"]] == ["cat", "dog"]
    assert [a["category_id"] for a in text["annotations"]] == [2, 1, 2]
    text["annotations"][0]["category_id"] = 1  # as a reviewer's tool would
    back = read(json.dumps(text).encode())
    assert [dict(r["attributes"])["category"] for r in back] == ["cat", "cat", "dog"]


def test_a_class_alone_is_a_category_and_an_attribute() -> None:
    one = row(0, attributes=[("category", "dog")])
    data = written(one, classes=["dog"])
    assert [c["name"] for c in json.loads(data)["categories"]] == ["dog"]
    assert [r["attributes"] for r in read(data)] == [[("category", "dog")]]


def test_a_segmentation_is_written_byte_for_byte() -> None:
    data = written(row(0, segmentation=POLYGON), row(1, segmentation=RLE))
    assert POLYGON in data
    assert RLE in data


def test_a_split_without_instances_is_a_valid_file() -> None:
    text = json.loads(written())
    assert (text["images"], text["annotations"]) == ([], [])
    assert text["info"]["description"] == 'a "test"'
    assert read(written()) == []


def test_a_skeleton_of_one_keypoint_is_flat_too() -> None:
    point = Skeleton("point", ("tip",), (), (), None, category="pen")
    said = row(0, xy=[3.0, 4.0], visibility=[1], origin=[0])
    table = pa.RecordBatch.from_pylist([said], schema=schema.instances(1))
    file = io.BytesIO()
    writer = Writer(file)
    writer.begin("", point)
    writer.images(table, [1])
    writer.turn(stable_hash(table["image"]))
    writer.add(table)
    writer.end()
    [annotation] = json.loads(file.getvalue())["annotations"]
    assert annotation["keypoints"] == [3, 4, 1]

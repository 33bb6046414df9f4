"""What `[points] names` of delivery.toml says is heard by whatever format has names."""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from posegate.transforms.model.skeleton import Skeleton
from samples import label_studio, labelme, trc, yolo_pose
from samples.reading import Reading

TWO = Skeleton("two", ("left", "right"), (), (), None)
SIDE = 'points.names = { A = "left", B = "right" }'

COCO = {
    "images": [{"id": 1, "file_name": "a.jpg", "width": 200, "height": 100}],
    "categories": [{"id": 1, "name": "p", "keypoints": ["A", "B"]}],
    "annotations": [
        {"id": 1, "image_id": 1, "category_id": 1, "keypoints": [20, 20, 2, 40, 20, 2]}
    ],
}
SKELETON = """<annotations><image id="0" name="a.jpg" width="200" height="100">
<skeleton label="p"><points label="A" outside="0" occluded="0" points="20,20"/>
<points label="B" outside="0" occluded="0" points="40,20"/></skeleton>
</image></annotations>"""
DLIB = """<dataset><images><image file="a.jpg"><box top="1" left="1" width="9"
 height="9">
<part name="A" x="20" y="20"/><part name="B" x="40" y="20"/></box></image></images>
</dataset>"""
DLC = "scorer,x,x,x,x\nbodyparts,A,A,B,B\ncoords,x,y,x,y\na.jpg,20,20,40,20\n"
YAML = "kpt_shape: [2, 3]\nnames: {0: p}\nkpt_names: {0: [A, B]}\n"
FILES: dict[str, Mapping[str, bytes]] = {
    "coco": {"a.json": json.dumps(COCO).encode()},
    "cvat-images": {"a.xml": SKELETON.encode()},
    "label-studio": label_studio.drawn(
        label_studio.point("A", 10, 20), label_studio.point("B", 20, 20)
    ),
    "labelme": labelme.drawn(
        *(
            {**labelme.point(n, group_id=1), "points": [[x, 20]]}
            for n, x in (("A", 20), ("B", 40))
        )
    ),
    "yolo-pose": yolo_pose.labelled(f"{yolo_pose.BOX} 0.1 0.2 2 0.2 0.2 2", yaml=YAML),
    "dlib-xml": {"a.xml": DLIB.encode()},
    "dlc": {"CollectedData_x.csv": DLC.encode()},
    "trc": {"a.trc": trc.trial(("A", "B"), [trc.row(1, 20, 20, 0.5, 40, 20, 0.5)])},
    "points-csv": {"a.csv": b"image,A.x,A.y,B.x,B.y\na.jpg,20,20,40,20\n"},
}


def places(name: str, side: str = "") -> list[Any]:
    got = Reading(FILES[name], TWO, side=side)
    assert {shard.format for shard in got.shards} <= {name, None}
    return [row["xy"] for row in got.rows]


@pytest.mark.parametrize("name", FILES)
def test_names_that_the_side_file_gives_are_found(name: str) -> None:
    assert places(name) == []
    assert places(name, SIDE) == [[20, 20, 40, 20]]


@pytest.mark.parametrize("name", FILES)
def test_they_count_once_where_two_are_exchanged(name: str) -> None:
    swapped = 'points.names = { A = "right", B = "left" }'
    assert places(name, swapped) == [[40, 20, 20, 20]]


def test_a_name_that_means_another_keypoint_is_what_the_side_file_says() -> None:
    viewers = 'points.names = { left = "right", right = "left" }'
    data = FILES["coco"]["a.json"].replace(b'"A", "B"', b'"left", "right"')
    got = Reading({"a.json": data}, TWO, side=viewers)
    assert [row["xy"] for row in got.rows] == [[40, 20, 20, 20]]


@pytest.mark.parametrize("name", FILES)
def test_points_that_the_side_file_ignores_are_left_out(name: str) -> None:
    side = 'points.names = { A = "left" }\npoints.ignore = ["B"]'
    got = Reading(FILES[name], TWO, side=side)
    (row,) = got.rows
    assert row["xy"] == pytest.approx([20, 20, np.nan, np.nan], nan_ok=True)
    assert any(code.endswith(".left-out") for code in got.codes)
    assert not got.bad

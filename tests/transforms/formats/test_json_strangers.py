"""JSON of tools that is not read: it is told whose it is, and what would do."""

import gzip
import json
from typing import Any

import pytest

from posegate.transforms.formats.json_strangers import TOOLS, stranger
from posegate.transforms.model.skeleton import Skeleton
from samples.reading import Reading

FILES: dict[str, list[Any]] = {
    "VIA (VGG Image Annotator)": [
        {"_via_settings": {}, "_via_img_metadata": {"a.jpg9": {"regions": []}}},
        {"d/a.jpg9": {"filename": "a.jpg", "size": 9, "file_attributes": {}}},
    ],
    "SuperAnnotate, of an old version": [
        [{"type": "template", "points": [], "pointLabels": {}, "className": "cat"}]
    ],
    "OpenLABEL": [{"openlabel": {"metadata": {"schema_version": "1.0.0"}}}],
    "Encord": [[{"label_hash": "x", "data_units": {}}], {"label_hash": "x"}],
    "Scale AI": [[{"task_id": "x", "response": {"annotations": []}}]],
    "Kili": [[{"externalId": "x", "labels": [{"jsonResponse": {}}]}]],
    "FiftyOne": [{"samples": [{"filepath": "a.jpg", "_media_type": "image"}]}],
    "SageMaker Ground Truth": [
        {"source-ref": "s3://x/a.jpg"},
        [{"datasetObjectId": "2", "consolidatedAnnotation": {"content": {}}}],
    ],
    "VoTT": [{"asset": {"format": "jpg"}, "regions": []}],
    "Create ML, boxes": [
        [{"image": "a", "annotations": [{"coordinates": {"x": 1, "width": 2}}]}]
    ],
    "Scalabel (BDD100K)": [[{"name": "a.jpg", "labels": [{"box2d": {}}]}]],
    "GeoJSON": [{"type": "FeatureCollection", "features": [{"geometry": {}}]}],
    "MMPose's predictions": [
        {"instance_info": [{"instances": [{"keypoint_scores": [1]}]}]},
        [{"keypoints": [[1, 2]], "keypoint_scores": [0.5]}],
    ],
    "Roboflow's predictions": [
        {"image": {"width": 9}, "predictions": [{"x": 1, "detection_id": "u"}]}
    ],
    "Hasty": [{"export_format_version": "1.1", "images": []}],
    "Dataloop": [{"filename": "/a.jpg", "annotations": [{"datasetId": "x"}]}],
    "Segments.ai": [{"dataset": {"samples": [{"labels": {}}]}}],
}
CASES = [(tool, each) for tool, some in FILES.items() for each in some]


def reading(data: bytes, name: str = "a.json") -> Reading:
    return Reading({name: data}, Skeleton("two", ("A", "B"), (), (), None))


def test_every_tool_has_a_file_that_shows_it() -> None:
    assert set(FILES) == {tool for _, tool, _ in TOOLS}


@pytest.mark.parametrize(("tool", "content"), CASES)
def test_a_file_is_told_whose_it_is_and_what_would_do(tool: str, content: Any) -> None:
    data = json.dumps(content).encode()
    for given in (data, json.dumps(content, indent=2).encode(), gzip.compress(data)):
        (told,) = reading(given).bad
        assert (told["position"], told["reason"]) == (-1, "file.unrecognised")
        assert f"looks like an export of {tool}, which is not read; " in told["detail"]
        assert "COCO" in told["detail"]


def test_a_line_each_is_told_too() -> None:
    line = json.dumps(FILES["SageMaker Ground Truth"][0]).encode() + b"\n"
    (told,) = reading(line * 3, "a.jsonl").bad
    assert "SageMaker" in told["detail"]


def test_one_of_nobodys_names_its_keys() -> None:
    (told,) = reading(b'{"frames": [], "meta": {"x": {"y": 1}}}').bad
    assert told["reason"] == "file.unrecognised"
    assert "an object with 'frames', 'meta', which is no format" in told["detail"]
    (told,) = reading(b'[{"who": 1, "where": 2}]').bad
    assert "a list of objects with 'who', 'where', which is" in told["detail"]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"hello",
        b'{"who": [1, 2',  # is cut off: that is what its reader must say
        b'{"who": 1}}',
        b"[1, 2]",
        b"[]",
        b"{}",
        b'{"images": []}',
        b'{"annotations": {"1": {}}}',
        b"[" * 1_000_000,
    ],
)
def test_what_is_broken_or_may_be_coco_is_for_its_reader(data: bytes) -> None:
    assert stranger(data, whole=True) is None
    assert "file.unrecognised" not in reading(data).reasons

"""What files say of their keypoints before they are read: for `skeleton init`."""

import json
from pathlib import Path

import pytest

from posegate.pipelines.skeleton import named
from posegate.transforms.formats import formats

DATA = Path(__file__).resolve().parents[4] / "shared" / "data"

SAID = {
    "cvat_images_points_faces": [("key_point", 15, ())],
    "cvat_fixture_skeleton/cvat_dataset/for_images": [
        ("skeleton", 4, ("1", "2", "3", "4"))
    ],
    "cvat_fixture_skeleton/cvat_dataset/for_video": [
        ("skeleton", 4, ("1", "2", "3", "4"))
    ],
    "dlc_openfield": [("animal", 4, ("snout", "leftear", "rightear", "tailbase"))],
    "dlc_fixture_variants": [("animal", 3, ("A", "B", "C")), ("single", 2, ("D", "E"))],
    "labelstudio_fixture": [("person", 3, ("nose", "left_eye", "right_eye"))],
    "opensim_gait2354/Gait2354_Simbody/subject01_walk1.trc": [("person", 41, None)],
    "afids_phase1/PHASE1_input_afid": [
        ("landmarks", 32, tuple(str(i) for i in range(1, 33)))
    ],
}


@pytest.mark.skipif(not DATA.exists(), reason="the shared data sets are not here")
@pytest.mark.parametrize("name", SAID)
def test_a_delivery_names_its_keypoints(name: str) -> None:
    found = [(n.category, n.size, n.keypoints) for n in named(str(DATA / name), None)]
    for got, (category, size, keypoints) in zip(found, SAID[name], strict=False):
        assert got[:2] == (category, size)
        if keypoints is not None:
            assert got[2] == keypoints


PLACES = [
    (
        {
            "item": {"slots": [{}]},
            "annotations": [{"eye": {"nodes": [{"name": "inner"}]}}],
        },
        "inner",
    ),
    (
        [
            {
                "uuid": "u",
                "dataRow": {"id": "r"},
                "schemaId": "tip",
                "segments": [{"keyframes": [{"frame": 1, "point": {"x": 1, "y": 2}}]}],
            }
        ],
        "tip",
    ),
]


@pytest.mark.parametrize(("content", "name"), PLACES)
def test_names_are_found_where_a_tool_puts_them(
    content: object, name: str, tmp_path: Path
) -> None:
    tmp_path.joinpath("a.json").write_text(json.dumps(content))
    assert [n.keypoints for n in named(str(tmp_path), None)] == [(name,)]


@pytest.mark.parametrize("name", formats())
def test_every_format_that_is_shipped_can_say_its_names(name: str) -> None:
    assert hasattr(formats()[name], "names")

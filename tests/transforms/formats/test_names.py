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
            "annotations": [{"name": "a", "eye": {"nodes": [{"name": "inner"}]}}],
        },
        "inner",
    ),
    (
        [
            {
                "id": 1,
                "data": {"image": "a.jpg"},
                "annotations": [
                    {
                        "result": [
                            {"type": "labels", "value": {"x": 1, "labels": ["tip"]}}
                        ]
                    }
                ],
            }
        ],
        "tip",
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


def test_images_that_lack_some_points_have_one_skeleton(tmp_path: Path) -> None:
    for i, names in enumerate((("nose", "chin"), ("chin", "brow"))):
        shapes = [
            {"label": name, "shape_type": "point", "points": [[1, 2]]} for name in names
        ]
        said = {"shapes": shapes, "imagePath": "a.jpg"}
        tmp_path.joinpath(f"{i}.json").write_text(json.dumps(said))
    assert [n.keypoints for n in named(str(tmp_path), None)] == [
        ("nose", "chin", "brow")
    ]


def test_each_class_has_names_of_its_own(tmp_path: Path) -> None:
    """SuperAnnotate's templates, of which one has no labels, and V7's skeletons."""
    hand = {
        "type": "template",
        "templateName": "hand",
        "points": [{"x": 1, "y": 2}] * 2,
    }
    face = hand | {"templateName": "face", "pointLabels": {"0": "nose", "1": "chin"}}
    said = {"metadata": {"name": "a.jpg"}, "tags": [], "instances": [hand, face]}
    tmp_path.joinpath("a.json").write_text(json.dumps(said))
    found = [(n.category, n.size, n.keypoints) for n in named(str(tmp_path), None)]
    assert found == [("hand", 2, ()), ("face", 2, ("nose", "chin"))]
    poses = [
        {"name": name, "frames": {"0": {"skeleton": {"nodes": [{"name": f"{name}1"}]}}}}
        for name in ("cow", "calf")
    ]
    said = {"item": {"slots": [{}]}, "annotations": poses}
    tmp_path.joinpath("a.json").write_text(json.dumps(said))
    assert [(n.category, n.keypoints) for n in named(str(tmp_path), None)] == [
        ("cow", ("cow1",)),
        ("calf", ("calf1",)),
    ]


@pytest.mark.parametrize("name", formats())
def test_every_format_that_is_shipped_can_say_its_names(name: str) -> None:
    assert hasattr(formats()[name], "names")

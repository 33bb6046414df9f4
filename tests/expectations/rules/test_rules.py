"""Every rule finds what is broken and lets pass what is not, as cases.toml has it."""

import json
import pickle
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from posegate.expectations.policy import load_policy
from posegate.expectations.rules import RULES
from posegate.transforms.model import schema
from posegate.transforms.model.finding import check
from posegate.transforms.model.rule import SEVERITIES, Bound, Setting, bind
from posegate.transforms.model.skeleton import Skeleton, load

CASES: dict[str, Any] = tomllib.loads(
    Path(__file__).with_name("cases.toml").read_text(encoding="utf-8")
)
FIGURES = CASES.pop("figures")
SKELETONS = {name: load(name) for name in FIGURES}
PEOPLE = SKELETONS["coco_17"]
FIGURE = FIGURES["coco_17"]


def settings() -> dict[str, Setting]:
    """The general policy's, with its severities."""
    return {
        id: Setting(said.pop("severity", None), said)
        for id, said in load_policy("general")["rules"].items()
    }


def general(skeleton: Skeleton = PEOPLE) -> tuple[Bound, ...]:
    return bind(RULES, settings(), skeleton)


def every(skeleton: Skeleton) -> tuple[Bound, ...]:
    """The general policy's limits, also of rules that it switches off."""
    on = {id: replace(each, severity=None) for id, each in settings().items()}
    return bind(RULES, on, skeleton)


def instance(case: dict[str, Any]) -> pa.RecordBatch:
    """A figure, changed as a case says."""
    skeleton = SKELETONS[case.get("skeleton", "coco_17")]
    figure = FIGURES[skeleton.name]
    points = figure["points"] | case.get("points", {})
    if case.get("mirror"):
        names = skeleton.keypoints
        for a, b in skeleton.flip_pairs:
            points[names[a]], points[names[b]] = points[names[b]], points[names[a]]
    for a, b in case.get("swap", []):
        points[a], points[b] = points[b], points[a]
    flags = dict.fromkeys(points, 2) | case.get("flags", {})
    missing = case.get("missing", []) + [
        name for name in points if name not in case.get("only", points)
    ]
    for name in missing:
        points[name], flags[name] = (np.nan,) * 3, 0
    width, height = case.get("size", figure["size"]) or (None, None)
    unit = case.get("unit", figure.get("unit"))
    larger, drawn = case.get("larger", 1), case.get("mask", figure.get("mask"))
    points = {name: [larger * v for v in point] for name, point in points.items()}
    row = {
        "instance": "i",
        "image": "a.jpg",
        "width": width,
        "height": height,
        "role": "production",
        "xy": [float(v) for name in skeleton.keypoints for v in points[name][:2]],
        "z": [float(points[n][2]) for n in skeleton.keypoints] if unit else None,
        "unit": unit,
        "visibility": [flags[name] for name in skeleton.keypoints],
        "origin": [case.get("origins", {}).get(name, 0) for name in skeleton.keypoints],
        "bbox": case.get("bbox", figure["bbox"]) or None,
        "area": case.get("area", figure.get("area")),
        "area_source": "segment",
        "segmentation": json.dumps(drawn).encode() if drawn else None,
        "attributes": case.get("attributes"),
        "source": "s.json",
        "position": 0,
        "format": "coco",
    }
    k = len(skeleton.keypoints)
    return pa.RecordBatch.from_pylist([row], schema=schema.instances(k))


@pytest.mark.parametrize(
    ("id", "case"),
    [
        pytest.param(id, case, id=f"{id}: {case['title']}")
        for id, cases in CASES.items()
        for case in cases
    ],
)
def test_a_rule_finds_what_is_broken(id: str, case: dict[str, Any]) -> None:
    skeleton = SKELETONS[case.get("skeleton", "coco_17")]
    found = check(every(skeleton), instance(case), skeleton, part=0, first_row=0)
    keypoints = [
        finding["keypoint"] or "instance"
        for finding in found.to_pylist()
        if finding["rule"] == id
    ]
    assert keypoints == case["broken"]


@pytest.mark.parametrize(
    "id", [id for id, r in RULES.items() if not (r.tracked or r.beside)]
)
def test_each_rule_has_a_broken_and_a_kept_case(id: str) -> None:
    broken = {bool(case["broken"]) for case in CASES.get(id, [])}
    assert broken == {True, False}


def test_there_is_no_case_of_no_rule() -> None:
    assert CASES.keys() <= RULES.keys()


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_breaks_no_rule(name: str) -> None:
    skeleton = SKELETONS[name]
    found = check(every(skeleton), instance({"skeleton": name}), skeleton, 0, 0)
    assert found.num_rows == 0


@pytest.mark.parametrize("id", RULES)
def test_a_manual_begins_with_one_sentence_for_the_user(id: str) -> None:
    first, *rest = RULES[id].manual.split("\n")
    assert first.endswith(".")
    assert not rest or rest[0] == ""


def test_a_person_lying_down_is_judged_as_one_standing() -> None:
    turned = {name: [y + 100, 460 - x] for name, (x, y) in FIGURE["points"].items()}
    case = {"points": turned, "bbox": [140, 55, 400, 170]}
    assert check(general(), instance(case), PEOPLE, 0, 0).num_rows == 0
    case["swap"] = [["left_hip", "right_hip"]]
    found = check(general(), instance(case), PEOPLE, 0, 0)
    assert "anatomy.left-right-body" in found["rule"].to_pylist()


def test_an_occluded_point_may_be_guessed_outside_where_the_policy_allows_it() -> None:
    outside = RULES["structure.outside-frame"]
    said = {outside.id: Setting(None, {"limit": 0, "occluded": 0.1})}
    bound = bind({outside.id: outside}, said, PEOPLE)
    near = instance({"points": {"nose": [320, -60]}, "flags": {"nose": 1}})
    far = instance({"points": {"nose": [320, -70]}, "flags": {"nose": 1}})
    assert check(bound, near, PEOPLE, 0, 0).num_rows == 0
    [finding] = check(bound, far, PEOPLE, 0, 0).to_pylist()
    assert finding["value"] == pytest.approx(70 - 0.5 - 64)


def test_bound_rules_travel_to_workers_by_name() -> None:
    bound = general()
    sent = pickle.dumps(bound)
    assert pickle.loads(sent) == bound
    assert b"cases" not in sent


def test_rules_of_the_human_body_are_skipped_for_a_hand() -> None:
    hand = load("coco_wholebody_hand_21")
    applied = {bound.rule.id for bound in bind(RULES, settings(), hand)}
    assert "structure.outside-frame" in applied
    human = {id for id in RULES if RULES[id].of == "person"}
    assert human
    assert not human & applied


def test_deliveries_of_masks_are_spared_the_rules_about_keypoints() -> None:
    applied = {bound.rule.id for bound in every(load("mask"))}
    assert {id for id in applied if id.startswith("mask.")} == {
        *(id for id in RULES if id.startswith("mask.")),
    } - {"mask.keypoint-outside"}
    assert "structure.area-exceeds-box" in applied
    assert not applied & {"structure.incomplete", "structure.too-few-keypoints"}


def test_clean_real_people_are_hardly_ever_found(shared_data: Path) -> None:
    people = real_people(shared_data / "coco_val2017_first538")
    found = check(general(), people, PEOPLE, part=0, first_row=0)
    rows = found["row"].to_numpy()
    severity = found["severity"].to_numpy(zero_copy_only=False)
    share = {
        each: len(set(rows[severity == each])) / people.num_rows for each in SEVERITIES
    }
    assert share["reject"] <= 0.005
    assert 0 < share["review"] <= 0.03


def real_people(folder: Path) -> pa.RecordBatch:
    """The people of COCO who have keypoints, crowds aside."""
    file = folder / "person_keypoints_val2017.json"
    if not file.is_file():
        pytest.skip(f"no {file.name} in ../shared/data here")
    table = json.loads(file.read_text(encoding="utf-8"))
    size = {image["id"]: image for image in table["images"]}
    rows = [
        coco_row(each, size[each["image_id"]])
        for each in table["annotations"]
        if each["num_keypoints"] and not each["iscrowd"]
    ]
    return pa.RecordBatch.from_pylist(rows, schema=schema.instances(17))


def coco_row(annotation: dict[str, Any], image: dict[str, Any]) -> dict[str, Any]:
    """A canonical row of a COCO annotation."""
    points = np.array(annotation["keypoints"], float).reshape(-1, 3)
    xy = np.where(points[:, 2:] > 0, points[:, :2], np.nan)
    return {
        "instance": str(annotation["id"]),
        "image": image["file_name"],
        "width": image["width"],
        "height": image["height"],
        "role": "production",
        "xy": xy.ravel().tolist(),
        "visibility": points[:, 2].astype(int).tolist(),
        "origin": [0] * 17,
        "bbox": annotation["bbox"],
        "area": annotation["area"],
        "source": "person_keypoints_val2017.json",
        "position": 0,
        "format": "coco",
    }


def test_a_rule_about_pictures_leaves_poses_in_space_alone() -> None:
    """Nobody stands upright in a laboratory's axes: y may be up, or ahead."""
    upside_down = {name: [x, 480 - y, 0] for name, (x, y) in FIGURE["points"].items()}
    case = {"points": upside_down, "bbox": [235, 40, 170, 400]}
    of_pictures = {id for id, rule in RULES.items() if rule.space is False}
    for unit, told in ((None, True), ("px", True), ("mm", False)):
        found = check(general(), instance(case | {"unit": unit}), PEOPLE, 0, 0)
        assert bool(of_pictures & set(found["rule"].to_pylist())) is told

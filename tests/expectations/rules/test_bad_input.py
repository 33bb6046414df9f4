"""Rules of single frames on what hardly is a pose: defined results, no warnings."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from posegate.expectations.policy import load_policy
from posegate.expectations.rules import RULES
from posegate.transforms.model.finding import check
from posegate.transforms.model.rule import Bound, Setting, bind
from posegate.transforms.model.schema import instances
from posegate.transforms.model.skeleton import Skeleton, load


def anything(k: int) -> Skeleton:
    names = tuple(f"point {i}" for i in range(k))
    chain = tuple((i, i + 1) for i in range(k - 1))
    return Skeleton(f"thing_{k}", names, chain, (), (0.05,) * k)


def every(skeleton: Skeleton) -> tuple[Bound, ...]:
    """All rules, those that the policy switches off, too."""
    said = load_policy("general")["rules"]
    settings = {
        id: Setting(each.pop("severity", None), each) for id, each in said.items()
    }
    on = {id: replace(each, severity=None) for id, each in settings.items()}
    return bind(RULES, on, skeleton)


def rows(xy: np.ndarray, flags: np.ndarray, **said: object) -> pa.RecordBatch:
    """Instances at xy (N, K, 2), labelled as `flags` (N, K) has it."""
    n, k = flags.shape
    table = [
        {
            "instance": f"{i:032x}",
            "image": "a.jpg",
            "width": 1000,
            "height": 1000,
            "role": "production",
            "xy": xy[i].ravel().tolist(),
            "visibility": flags[i].tolist(),
            "origin": [0] * k,
            "bbox": [100.0, 100.0, 400.0, 400.0],
            "area": 80000.0,
            "source": "s",
            "position": i,
            "format": "coco",
        }
        | said
        for i in range(n)
    ]
    return pa.RecordBatch.from_pylist(table, schema=instances(k))


def told(skeleton: Skeleton, batch: pa.RecordBatch) -> set[str]:
    found = check(every(skeleton), batch, skeleton, part=0, first_row=0)
    return set(found["rule"].to_pylist())


SKELETONS = [anything(1), anything(500), load("coco_17"), load("coco_wholebody_133"),
             load("wflw_98"), load("coco_wholebody_hand_21")]  # fmt: skip


@pytest.fixture(params=SKELETONS, ids=lambda each: each.name)
def skeleton(request: pytest.FixtureRequest) -> Skeleton:
    return request.param


def test_everybody_unlabelled_is_incomplete_and_nothing_else(
    skeleton: Skeleton,
) -> None:
    k = len(skeleton.keypoints)
    batch = rows(np.full((5, k, 2), np.nan), np.zeros((5, k), int))
    few = {"structure.incomplete", "structure.too-few-keypoints"}
    assert told(skeleton, batch) <= few
    assert "structure.incomplete" in told(skeleton, batch)


def test_one_keypoint_is_too_few_and_nothing_else(skeleton: Skeleton) -> None:
    k = len(skeleton.keypoints)
    xy, flags = np.full((1, k, 2), np.nan), np.zeros((1, k), int)
    xy[0, 0], flags[0, 0] = (200, 200), 2
    few = {"structure.incomplete", "structure.too-few-keypoints"}
    assert told(skeleton, rows(xy, flags)) <= few


def test_all_points_in_one_place_are_found_collapsed_if_they_are_three(
    skeleton: Skeleton,
) -> None:
    k = len(skeleton.keypoints)
    batch = rows(np.full((1, k, 2), 200.0), np.full((1, k), 2))
    assert ("structure.collapsed" in told(skeleton, batch)) == (k >= 3)


def test_no_box_no_area_no_size_is_no_finding_of_them(skeleton: Skeleton) -> None:
    k = len(skeleton.keypoints)
    xy = np.random.default_rng(0).uniform(100, 500, (1, k, 2))
    missing = {"bbox": None, "area": None, "width": None, "height": None}
    found = told(skeleton, rows(xy, np.full((1, k), 2), **missing))
    assert not {id for id in found if "box" in id or "frame" in id or "area" in id}


def test_numbers_without_end_are_found_and_break_nothing(skeleton: Skeleton) -> None:
    k = len(skeleton.keypoints)
    xy = np.full((1, k, 2), 1e308)
    xy[0, 0] = np.inf, 5
    found = told(skeleton, rows(xy, np.full((1, k), 2)))
    assert "structure.not-finite" in found


def test_no_rows_have_no_findings(skeleton: Skeleton) -> None:
    k = len(skeleton.keypoints)
    batch = rows(np.zeros((0, k, 2)), np.zeros((0, k), int))
    assert told(skeleton, batch) == set()


def test_a_point_that_a_machine_placed_is_nobodys_mistake(skeleton: Skeleton) -> None:
    k = len(skeleton.keypoints)
    xy = np.full((1, k, 2), -50.0)
    batch = rows(xy, np.full((1, k), 2), origin=[3] * k)
    assert told(skeleton, batch) == set()

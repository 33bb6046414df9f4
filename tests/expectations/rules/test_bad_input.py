"""All rules on what hardly is a pose, a track, a pair: defined results, no warnings."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from posegate.expectations.policy import load_policy
from posegate.expectations.rules import RULES
from posegate.transforms import company, motion, parts
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


Rows = list[dict[str, object]]

T = 24
"""Frames of the track that is spoiled below."""


def walk(k: int) -> Rows:
    """One who moves smoothly, every frame placed by hand, alone in each image."""
    home = np.random.default_rng(k).uniform(200, 400, (k, 2))
    t = np.arange(T)[:, None, None] / 25
    xy = home + 30 * np.sin(2 * np.pi * t + np.arange(k)[:, None]) + 100 * t
    xy = xy + np.random.default_rng(0).normal(0, 0.7, xy.shape)
    made = rows(xy, np.full((T, k), 2)).to_pylist()
    for frame, each in enumerate(made):
        each |= {"frame": frame, "image": f"{frame}.jpg", "fps": 25.0}
        each |= {"video": "v", "track": "a", "annotator": "ann"}
    return made


def nobody(made: Rows) -> Rows:
    """Every point without a label."""
    k = len(made[0]["visibility"])  # type: ignore[arg-type]
    none = {"visibility": [0] * k, "xy": [np.nan] * 2 * k}
    return [each | none for each in made]


def first_point(made: Rows) -> Rows:
    """Only the first point has a label."""
    k = len(made[0]["visibility"])  # type: ignore[arg-type]
    return [
        each
        | {
            "visibility": [2] + [0] * (k - 1),
            "xy": [*each["xy"][:2], *[np.nan] * 2 * (k - 1)],  # type: ignore[index]
        }
        for each in made
    ]


SPOILED: dict[str, tuple[Callable[[Rows], Rows], set[str]]] = {
    "nothing wrong": (lambda made: made, set()),
    "a gap": (lambda made: made[:8] + made[14:], {"motion.gap"}),
    "a frame twice": (lambda made: [*made, made[5]], {"motion.repeated-frame"}),
    "out of order": (lambda made: made[::-1], set()),
    "no rate": (lambda made: [each | {"fps": None} for each in made], set()),
    "a rate of 0": (lambda made: [each | {"fps": 0.0} for each in made], set()),
    "a single frame": (lambda made: made[:1], set()),
    "two frames": (lambda made: made[:2], set()),
    "nobody labelled": (nobody, set()),
    "one keypoint": (first_point, set()),
    "no box, no area": (
        lambda made: [each | {"bbox": None, "area": None} for each in made],
        set(),
    ),
    "far away": (
        lambda made: [each | {"xy": [1e300] * len(each["xy"])} for each in made],  # type: ignore[arg-type]
        {"motion.frozen"},
    ),
    "no track": (lambda made: [each | {"track": None} for each in made], set()),
    "no rows": (lambda made: [], set()),
}
"""What becomes of a track, and which rules of tracks find something then."""


def of_tracks(skeleton: Skeleton, batch: pa.RecordBatch) -> list[dict[str, object]]:
    """What the rules that read tracks find, as the gate calls them."""
    waiting: dict[int, list[pa.RecordBatch]] = {}
    located = parts.located(batch, 0, 0)
    for key, some in motion.tracked(located, 1, motion.WINDOW, motion.LEAD):
        waiting.setdefault(key, []).append(some)
    return [
        row
        for item in waiting.items()
        for piece in motion.findings(item, every(skeleton), skeleton, motion.WINDOW)
        for row in piece.to_pylist()
    ]


def of_pairs(skeleton: Skeleton, batch: pa.RecordBatch) -> list[dict[str, object]]:
    """What the rules that read pairs find, as the gate calls them."""
    found = []
    for _, sketches in company.sketched(parts.located(batch, 0, 0), 1):
        for _, met in company.met((0, [sketches])):
            row = met["row"].to_numpy()
            taken = parts.placed(batch.take(pa.array(row)), 0, row)
            taken = taken.append_column("place", met["place"])
            pieces = company.findings((0, [taken]), every(skeleton), skeleton)
            found += [row for _, piece in pieces for row in piece.to_pylist()]
    return found


def spoiled(skeleton: Skeleton, how: str) -> pa.RecordBatch:
    k = len(skeleton.keypoints)
    made = SPOILED[how][0](walk(k))
    return pa.RecordBatch.from_pylist(made, schema=instances(k))


@pytest.mark.parametrize("how", [*SPOILED])
def test_every_rule_has_a_result_for_a_spoiled_track(
    skeleton: Skeleton, how: str
) -> None:
    batch = spoiled(skeleton, how)
    alone = told(skeleton, batch)
    tracks = {str(row["rule"]) for row in of_tracks(skeleton, batch)}
    one = {"motion.frozen"} if len(skeleton.keypoints) == 1 else set()  # needs two
    assert tracks - {"motion.surprise"} == SPOILED[how][1] - one
    assert not {id for id in alone if RULES[id].tracked or RULES[id].beside}
    pairs = {str(row["rule"]) for row in of_pairs(skeleton, batch)}
    assert pairs <= {
        "a frame twice": {"structure.duplicate-person"},
        "far away": {"structure.copied-pose"},  # all frames are one
    }.get(how, set())


def test_order_changes_no_finding(skeleton: Skeleton) -> None:
    batch = spoiled(skeleton, "a gap")
    back = batch.take(pa.array(np.arange(batch.num_rows)[::-1]))

    def said(found: list[dict[str, object]]) -> list[str]:
        names = ("instance", "rule", "keypoint", "value")
        return sorted(repr([row[name] for name in names]) for row in found)

    assert said(of_tracks(skeleton, batch)) == said(of_tracks(skeleton, back))


@pytest.mark.parametrize("rate", [None, 0.0, -30.0, 1e9])
def test_without_a_rate_the_rules_that_need_it_are_silent(
    skeleton: Skeleton, rate: float | None
) -> None:
    k = len(skeleton.keypoints)
    made = walk(k)
    made[12]["xy"] = [value + 300 for value in made[12]["xy"]]  # type: ignore[attr-defined]
    slow = [each | {"fps": rate} for each in made]
    found = [
        {str(row["rule"]) for row in of_tracks(skeleton, batch)}
        for batch in (
            pa.RecordBatch.from_pylist(some, schema=instances(k))
            for some in (made, slow)
        )
    ]
    timed = {id for id, rule in RULES.items() if rule.timed}
    assert found[0] & timed
    assert found[1] == found[0] - timed

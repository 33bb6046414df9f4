"""Comparing whole frames: as plain Python does it frame by frame."""

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from canonical import STANDING, TRIANGLE, batch, moved, placed, row
from posegate.transforms.kernels import compare as module
from posegate.transforms.kernels.compare import compare
from posegate.transforms.model import schema
from posegate.transforms.model.skeleton import Skeleton

WEEK = "2026-W01"


def pairs(*rows: dict[str, Any], skeleton: Skeleton = TRIANGLE) -> list[dict[str, Any]]:
    found = compare(placed(batch(*rows)), skeleton, WEEK).pairs
    assert found.schema == schema.agreement(3)
    found.validate(full=True)
    return found.to_pylist()


def oks(made: dict[str, Any], true: dict[str, Any]) -> float | None:
    """COCO's own formula, over the keypoints that the reference labels."""
    terms = []
    for k, sigma in enumerate(TRIANGLE.sigma):
        if true["visibility"][k]:
            a = made["xy"][2 * k : 2 * k + 2] if made["visibility"][k] else (0.0, 0.0)
            b = true["xy"][2 * k : 2 * k + 2]
            d2 = (a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2
            terms.append(np.exp(-d2 / (2 * true["area"] * (2 * sigma) ** 2)))
    return float(np.mean(terms)) if terms else None


def test_a_pair_says_how_far_each_keypoint_is_off() -> None:
    made = row(1, xy=moved(3, 4), visibility=[2, 1, 0], annotated_at=None)
    [pair] = pairs(made, row(2, annotator="bo", role="gold"))
    assert pair["kind"] == "gold"
    assert (pair["part"], pair["row"], pair["week"]) == (0, 0, WEEK)
    assert pair["instance"] == made["instance"]
    assert (pair["annotator"], pair["reference_annotator"]) == ("ann", "bo")
    assert pair["error"] == [3, 4, 3, 4, None, None]
    assert (pair["mpjpe"], pair["scale"]) == (5.0, 20.0)
    assert pair["pck"] == 0.0  # 5 px is more than a fifth of the box's 20
    assert pair["coverage"] == pytest.approx(2 / 3)
    assert pair["oks"] == pytest.approx(oks(made, row(2)), abs=1e-12)
    assert (pair["visibility"], pair["reference_visibility"]) == ([2, 1, 0], [2, 2, 2])


def test_without_sigmas_there_are_distances_but_no_oks() -> None:
    plain = Skeleton("plain", TRIANGLE.keypoints, TRIANGLE.limbs, (), None)
    gold = row(2, annotator="bo", role="gold")
    [pair] = pairs(row(1, xy=moved(3, 4)), gold, skeleton=plain)
    assert pair["mpjpe"] == 5.0
    assert pair["oks"] is pair["oks_sym"] is pair["coverage"] is None


def test_points_that_a_machine_made_are_no_evidence() -> None:
    made = row(1, xy=[500.0, 400.0, *STANDING[2:]], origin=[3, 0, 1])
    [pair] = pairs(made, row(2, annotator="bo", role="gold"))
    assert pair["error"] == [None, None, 0, 0, 0, 0]
    assert pair["visibility"] == [0, 2, 2]


def test_an_instance_without_an_area_has_that_of_its_points() -> None:
    [pair] = pairs(
        row(1, area=None, area_source=None, bbox=None),
        row(2, annotator=None, role="review", area=None, bbox=None, annotated_at=None),
    )
    assert pair["kind"] == "review"
    assert pair["scale"] == 32.0  # their box has less than the least there is
    assert pair["oks"] == 1.0


def test_a_swapped_person_with_its_own_id_and_box_meets_itself() -> None:
    left, right = {"bbox": [0.0, 0, 40, 40]}, {"bbox": [100.0, 0, 40, 40]}
    here, there = moved(0, 0), moved(100, 0)
    found = pairs(
        row(1, id="p", xy=there, **left),
        row(2, id="q", xy=here, **right),
        row(3, id="p", xy=here, role="gold", **left),
        row(4, id="q", xy=there, role="gold", **right),
    )
    assert [p["mpjpe"] for p in found] == [100.0, 100.0]
    assert [p["oks"] < 0.01 for p in found] == [True, True]


def test_people_who_do_not_overlap_are_no_pair() -> None:
    far = row(2, xy=moved(400, 300), bbox=[410.0, 310, 20, 20], role="gold")
    assert pairs(row(1), far) == []


def test_nobody_is_compared_with_herself_or_across_frames() -> None:
    assert pairs(row(1), row(2, xy=moved(1, 1))) == []
    assert pairs(row(1), row(2, image="b.jpg", role="gold")) == []
    assert pairs() == []


def test_second_annotations_are_spare_and_by_one_annotator() -> None:
    rows = [
        row(10 * who + n, annotator=name, xy=moved(200 * n, who), bbox=None)
        for who, name in enumerate(("ann", "bo", "cy"))
        for n in range(2)
    ]
    lone = row(99, annotator="bo", xy=moved(400, 300), bbox=None)
    found = compare(placed(batch(*rows, lone)), TRIANGLE, WEEK)
    assert found.pairs.num_rows == 6
    spare = set(found.spare["row"].to_pylist())
    kept = {r["annotator"] for i, r in enumerate(rows) if i not in spare}
    assert len(spare) == 4
    assert len(kept) == 1  # the same person for every object
    assert 6 not in spare  # whom nobody else saw is not spare


@pytest.mark.parametrize("roles", [("review", "review"), ("gold", "review")])
def test_two_who_share_the_people_of_a_frame_are_both_heard(
    roles: tuple[str, str],
) -> None:
    there = {"xy": moved(200, 0), "bbox": None}
    found = pairs(
        row(1),
        row(2, **there),
        row(3, annotator="bo", role=roles[0]),
        row(4, annotator="cy", role=roles[1], **there),
    )
    assert [p["reference_annotator"] for p in found] == ["bo", "cy"]
    assert [p["kind"] for p in found] == list(roles)


def test_an_instance_has_one_reference_and_gold_comes_before_reviews() -> None:
    review = row(2, annotator="bo", role="review", xy=moved(1, 0))
    gold = [row(n, annotator=f"gold {n}", role="gold") for n in (3, 4)]
    [pair] = pairs(row(1), review, *gold)
    assert (pair["kind"], pair["mpjpe"]) == ("gold", 0.0)


def test_the_worst_pair_is_drawn_first_with_what_is_off() -> None:
    off = row(1, xy=[*STANDING[:4], 45.0, 30.0])
    gold = row(2, annotator="bo", role="gold")
    near = row(3, image="b.jpg", xy=moved(1, 0))
    found = compare(
        placed(batch(off, gold, near, row(4, image="b.jpg", role="gold"))),
        TRIANGLE,
        WEEK,
    )
    assert [name for _, name, _ in found.worst] == [off["instance"], near["instance"]]
    assert '"keypoints": ["right"]' in found.worst[0][2]


@st.composite
def frames(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Up to three frames of one production row and one reference each."""
    rows = []
    for frame in range(draw(st.integers(1, 3))):
        for who, role in (("ann", "production"), ("bo", "gold")):
            step = st.integers(-6, 6)
            flags = st.lists(st.integers(0, 3), min_size=3, max_size=3)
            said = {
                "xy": [v + draw(step) for v in STANDING],
                "visibility": draw(flags),
                "area": float(draw(st.integers(200, 900))),
            }
            number = 2 * frame + (who == "bo")
            image = f"{frame}.jpg"
            rows.append(row(number, image=image, annotator=who, role=role, **said))
    return rows


@settings(max_examples=60)
@given(frames())
def test_oks_is_cocos_for_every_frame(rows: list[dict[str, Any]]) -> None:
    by_name = {r["instance"]: r for r in rows}
    for pair in pairs(*(r | {"id": r["image"], "bbox": STANDING[:4]} for r in rows)):
        expected = oks(by_name[pair["instance"]], by_name[pair["reference"]])
        assert pair["oks"] == pytest.approx(expected, abs=1e-9)


@settings(max_examples=40)
@given(frames(), st.randoms(use_true_random=False))
def test_nothing_depends_on_the_order_of_rows(rows, random) -> None:
    table = placed(batch(*rows, row(77, annotator="cy", xy=moved(2, 2))))
    order = list(range(table.num_rows))
    random.shuffle(order)
    one = compare(table, TRIANGLE, WEEK)
    other = compare(table.take(pa.array(order)), TRIANGLE, WEEK)
    assert one.pairs.to_pylist() == other.pairs.to_pylist()
    assert one.worst == other.worst
    spare = [sorted(map(str, c.spare.to_pylist())) for c in (one, other)]
    assert spare[0] == spare[1]


def test_a_review_of_ones_own_work_says_nothing() -> None:
    rows = placed(batch(row(1), row(2, role="review"), row(3, image="b.jpg")))
    found = compare(rows, TRIANGLE, "")
    assert found.pairs.num_rows == 0
    assert [(key, n.tolist()) for key, n in found.refused] == [
        (("refused", "own-review", "", ""), [1])
    ]
    unnamed = {"annotator": None}
    assert len(pairs(row(1, **unnamed), row(2, role="review", **unnamed))) == 1


def test_a_frame_that_holds_too_many_is_not_paired(monkeypatch: Any) -> None:
    monkeypatch.setattr(module, "MOST", 3)
    two = [row(n, xy=moved(200 * n, 0), bbox=None) for n in range(2)]
    gold = [row(9 + n, xy=moved(200 * n, 1), bbox=None, role="gold") for n in range(2)]
    pair = [row(5, image="b.jpg"), row(6, image="b.jpg", role="gold")]
    rows = placed(batch(*two, *gold, *pair))
    found = compare(rows, TRIANGLE, "")
    assert found.pairs["image"].to_pylist() == ["b.jpg"]
    assert [key[1] for key, _ in found.refused] == ["crowded-frame"]

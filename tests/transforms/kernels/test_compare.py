"""Comparing whole frames: as plain Python does it frame by frame."""

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from canonical import STANDING, TRIANGLE, batch, moved, placed, row
from posegate.transforms.kernels import measures
from posegate.transforms.kernels.compare import How, compare
from posegate.transforms.kernels.weeks import Clock
from posegate.transforms.model import schema
from posegate.transforms.model.skeleton import Skeleton

WEEK = "2026-W01"
AT = Clock(WEEK)


def pairs(*rows: dict[str, Any], skeleton: Skeleton = TRIANGLE) -> list[dict[str, Any]]:
    found = compare(placed(batch(*rows)), skeleton, AT).pairs
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
    found = compare(placed(batch(*rows, lone)), TRIANGLE, AT)
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
        AT,
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
    one = compare(table, TRIANGLE, AT)
    other = compare(table.take(pa.array(order)), TRIANGLE, AT)
    assert one.pairs.to_pylist() == other.pairs.to_pylist()
    assert one.worst == other.worst
    spare = [sorted(map(str, c.spare.to_pylist())) for c in (one, other)]
    assert spare[0] == spare[1]


def test_a_pair_says_which_stratum_it_is_of() -> None:
    said = [("light", "dim")]
    rows = [row(1, attributes=said, video=None), row(2, role="gold")]
    how = How(strata=("annotator", "attributes.light", "video"))
    found = compare(placed(batch(*rows)), TRIANGLE, AT, how).pairs
    assert found["stratum"].to_pylist() == ["ann\x1fdim\x1f"]


def test_a_stratum_may_be_of_what_can_be_seen_and_of_size() -> None:
    rows = [row(1, visibility=[2, 1, 2]), row(2, role="gold")]
    how = How(strata=("annotator", "complexity", "size"))
    found = compare(placed(batch(*rows)), TRIANGLE, AT, how).pairs
    assert found["stratum"].to_pylist() == ["ann\x1fpartly hidden\x1fsmall"]


def test_pairs_are_the_same_however_many_are_measured_at_a_time(
    monkeypatch: Any,
) -> None:
    made = [row(n, image=f"{n}.jpg", xy=moved(n, 0)) for n in range(5)]
    two = row(8, image="2.jpg", xy=moved(90, 0), bbox=None, role="gold")
    gold = [row(9, image=f"{n}.jpg", role="gold") for n in range(5)]
    rows = placed(batch(*made, two, *gold))
    whole = compare(rows, TRIANGLE, AT).pairs
    monkeypatch.setattr(measures, "BLOCK", 2)
    assert compare(rows, TRIANGLE, AT).pairs.equals(whole)
    assert whole.num_rows == 5


def test_gold_that_contradicts_gold_is_no_reference() -> None:
    far = moved(9, 0)
    rows = [
        row(1),
        row(2, annotator="gil", role="gold"),
        row(3, annotator="hal", role="gold", xy=far),
        row(4, annotator="rea", role="review"),
        row(5, image="b.jpg"),
        row(6, image="b.jpg", annotator="gil", role="gold"),
        row(7, image="b.jpg", annotator="hal", role="gold", xy=moved(0.5, 0)),
    ]
    found = compare(placed(batch(*rows)), TRIANGLE, AT, How(low=0.75))
    assert found.contested.rows["id"].to_pylist() == ["2", "3"]
    assert (found.contested.doubt < 0.75).all()
    assert found.refused == [(("refused", "contested-gold", "", ""), np.array([2]))]
    kinds = [(p["image"], p["kind"]) for p in found.pairs.to_pylist()]
    assert kinds == [("a.jpg", "review"), ("b.jpg", "gold")]
    calm = compare(placed(batch(*rows)), TRIANGLE, AT, How(low=0.0))
    assert not calm.contested.rows.num_rows


def beside(rows: pa.RecordBatch, **columns: list[int]) -> pa.RecordBatch:
    """The rows with `hand_in` and `turn`."""
    for name, values in columns.items():
        rows = rows.append_column(name, pa.array(values, pa.int64()))
    return rows


REVIEW: dict[str, Any] = {"annotator": "rea", "role": "review"}


@pytest.mark.parametrize("near", [1, 2])
def test_the_review_of_the_latest_hand_in_counts_however_near_the_other_lies(
    near: int,
) -> None:
    """The hand-in that lies nearer to the work is once the earlier, once the later."""
    xy = {near: STANDING, 3 - near: moved(6, 0)}
    rows = placed(batch(row(1), *(row(9, xy=xy[n], **REVIEW) for n in (1, 2))))
    said = beside(rows, hand_in=[0, 1, 2])
    found = compare(said, TRIANGLE, AT, How(low=0.75))
    assert found.pairs["mpjpe"].to_pylist() == [0.0 if near == 2 else 6.0]
    assert [(key[1], n.tolist()) for key, n in found.refused] == [
        ("replaced-review", [1]),
        ("disputed-review", [1]),
    ]
    assert found.disputed.rows["instance"].to_pylist() == [row(1)["instance"]]
    assert found.disputed.doubt.max() < 0.75


def test_reviews_that_agree_are_no_contradiction() -> None:
    rows = placed(batch(row(1), row(9, **REVIEW), row(9, xy=moved(1, 0), **REVIEW)))
    said = beside(rows, hand_in=[0, 1, 2])
    found = compare(said, TRIANGLE, AT, How(low=0.75))
    assert [key[1] for key, _ in found.refused] == ["replaced-review"]
    assert not found.disputed.rows.num_rows


@pytest.mark.parametrize("asked", ["ann", "bo"])
def test_one_review_of_a_person_drawn_twice_settles_what_was_asked_for(
    asked: str,
) -> None:
    rows = placed(batch(row(1), row(2, annotator="bo"), row(9, **REVIEW)))
    turn = [1, 2, 0] if asked == "ann" else [2, 1, 0]
    said = beside(rows, hand_in=[0, 0, 0], turn=turn)
    found = compare(said, TRIANGLE, AT).pairs
    reviewed = found.filter(pa.compute.equal(found["kind"], "review"))
    assert reviewed["annotator"].to_pylist() == [asked]


@pytest.mark.parametrize("annotator", [None, "gil"])
def test_gold_of_one_hand_that_repeats_an_id_elsewhere_is_no_reference(
    annotator: str | None,
) -> None:
    gold = {"annotator": annotator, "role": "gold"}
    rows = [
        row(1),
        row(2, **gold, id="7"),
        row(3, **gold, id="7", xy=moved(9, 0)),
        row(4, image="b.jpg"),
        row(5, image="b.jpg", **gold, id="7"),
        row(6, image="b.jpg", **gold, id="7", xy=moved(0.5, 0)),
    ]
    found = compare(placed(batch(*rows)), TRIANGLE, AT, How(low=0.75))
    assert found.contested.rows["position"].to_pylist() == [2, 3]
    assert [p["image"] for p in found.pairs.to_pylist()] == ["b.jpg"]


def test_mistakes_are_told_apart() -> None:
    left, right = STANDING[2:4], STANDING[4:6]
    made = [*STANDING[:2], *right, *left]  # the hands exchanged
    other = moved(60, 0)
    rows = [
        row(1, xy=made),
        row(2, xy=[*STANDING[:2], *other[2:]]),
        row(3, role="gold"),
        row(4, role="gold", xy=other, bbox=[70.0, 10, 20, 20]),
    ]
    rows[1] |= {"xy": [*STANDING[:2], *other[2:]], "bbox": [70.0, 10, 20, 20]}
    found = pairs(*rows)
    assert found[0]["mistake"] == [0, 2, 2]  # good, inverted
    assert found[1]["mistake"] == [3, 0, 0]  # the head is another person's


def test_what_other_tools_call_oks_stands_beside_on_request() -> None:
    rows = placed(batch(row(1, xy=moved(1, 1)), row(2, role="gold")))
    [plain] = compare(rows, TRIANGLE, AT).pairs.to_pylist()
    assert plain["oks_box"] is plain["oks_one_sigma"] is plain["oks_extent"] is None
    found = compare(rows, TRIANGLE, AT, How(variants=True)).pairs
    [asked] = found.to_pylist()
    assert asked["oks_box"] < asked["oks"] < 1  # .53 of the box is less than the area
    assert asked["oks_extent"] > asked["oks_one_sigma"] > 0.9


@pytest.mark.parametrize(
    ("pck", "expected"), [("torso", None), ("trunk", 1.0), ("box", 1.0)]
)
def test_a_pck_whose_normaliser_is_missing_is_none(pck: str, expected: Any) -> None:
    torso = Skeleton(
        "torso", ("left_shoulder", "right_hip", "top"), (), (), TRIANGLE.sigmas
    )
    gold = row(2, role="gold", visibility=[2, 0, 2])
    rows = placed(batch(row(1, xy=moved(1, 0)), gold))
    found = compare(rows, torso, AT, How(pck=pck)).pairs  # no trunk: the box
    assert found["pck"].to_pylist() == [expected]


def test_outlines_are_compared_where_both_have_one() -> None:
    def square(side: int) -> bytes:
        return f"[[0, 0, {side}, 0, {side}, {side}, 0, {side}]]".encode()

    found = pairs(
        row(1, segmentation=square(20)),
        row(2, role="gold", segmentation=square(10)),
        row(3, image="b.jpg", segmentation=square(20)),
        row(4, image="b.jpg", role="gold"),
    )
    assert found[0]["mask_iou"] == 0.25
    assert 0 < found[0]["boundary_iou"] < 1
    assert found[1]["mask_iou"] is found[1]["boundary_iou"] is None

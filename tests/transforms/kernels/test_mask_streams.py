"""Masks over time: outlines that grow wider, of a class, are found as such."""

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posegate.transforms.kernels.buckets import Ints
from posegate.transforms.kernels.drift import Parameters
from posegate.transforms.kernels.mask_streams import (
    OBJECT,
    ROUND,
    SIGMA,
    classes,
    direction,
    errors,
    known,
    of_masks,
    outlined,
)
from posegate.transforms.kernels.streams import Watched, to_table, watch_all
from posegate.transforms.kernels.sums import Key
from posegate.transforms.model.poses import Floats
from posegate.transforms.model.skeleton import load

PEOPLE, WEEKS, PAIRS, LATER = 8, 24, 16, 12
NAMES = ("cat", "dog")


def table(**columns: Any) -> pa.RecordBatch:
    """Pairs of which nothing is known but these columns."""
    n = len(columns["mask_iou"])
    default: dict[str, list[Any]] = {
        "instance": [f"{i:032x}" for i in range(n)],
        "annotator": ["ann"] * n,
        "week": ["2026-W07"] * n,
        "kind": ["gold"] * n,
        "category": [None] * n,
        "reference_category": [None] * n,
        "scale": [100.0] * n,
    }
    text = dict.fromkeys(("category", "reference_category"), pa.string())
    return pa.RecordBatch.from_pydict(
        {
            name: pa.array(values, text.get(name))
            for name, values in (default | columns).items()
        }
    )


def drawn(net: Floats, rest: Floats) -> dict[str, Floats]:
    """IoU and ratio of areas of masks that are so much too wide, and off besides."""
    iou = 1 - np.hypot(net, rest)
    part = net / (1 + iou)
    return {"mask_iou": iou, "mask_ratio": (1 + part) / (1 - part)}


def test_a_wider_and_a_shifted_mask_by_hand() -> None:
    """100 px in 120, and two of 100 that share 80; the object is 100 px wide."""
    pairs = table(mask_iou=[100 / 120, 80 / 120], mask_ratio=[1.2, 1.0])
    wide, off = errors(pairs).tolist()
    assert wide == pytest.approx([20 / 120 * 100 / ROUND, 0.0], abs=1e-6)
    assert np.abs(off) == pytest.approx([0.0, 40 / 120 * 100 / ROUND])
    tight = errors(table(mask_iou=[0.5], mask_ratio=[0.5]))
    assert tight[0, 0] == pytest.approx(-0.5 * 100 / ROUND)
    assert np.isnan(errors(table(mask_iou=[np.nan], mask_ratio=[1.0]))).all()


@given(st.floats(0.01, 1), st.floats(-1, 1))
def test_all_that_is_wrong_is_as_long_as_the_iou_lacks(iou: float, part: float) -> None:
    net = part * (1 - iou)
    rest = np.sqrt(max((1 - iou) ** 2 - net**2, 0.0))
    said = {name: [value] for name, value in drawn(np.array(net), rest).items()}
    [error] = errors(table(**said))
    assert np.hypot(*error) == pytest.approx((1 - iou) * 100 / ROUND, abs=1e-6)
    assert error[0] == pytest.approx(net * 100 / ROUND, abs=1e-6)


def test_a_class_is_the_references_but_for_capitals() -> None:
    said = [(" Cat", None), ("dog", "CAT "), (None, None), ("", None)]
    own, other = zip(*said, strict=True)
    pairs = table(
        mask_iou=[1.0] * 4,
        mask_ratio=[1.0] * 4,
        category=list(own),
        reference_category=list(other),
    )
    assert classes(pairs).to_pylist() == ["cat", "cat", OBJECT, OBJECT]


def test_words_of_outlines() -> None:
    assert [direction(*d) for d in ((2, 1), (-2, 1), (1, -2))] == [
        "wider",
        "tighter",
        "off",
    ]


def summed(wider: float, ragged: float = 1.0) -> dict[Key, Ints]:
    """From `LATER` on the first person draws dogs wider (part of it), or worse."""
    rng = np.random.default_rng(4)
    a = np.repeat(np.arange(PEOPLE), WEEKS * PAIRS)
    w = np.tile(np.repeat(np.arange(WEEKS), PAIRS), PEOPLE)
    dog = np.arange(len(a)) % 2 == 1
    changed = (a == 0) & (w >= LATER) & dog
    net = rng.normal(0, 0.02, (PEOPLE, 1))[a, 0] + rng.normal(0, 0.04, len(a))
    rest = np.abs(rng.normal(0, 0.06, len(a))) * np.where(changed, ragged, 1)
    net = np.where(changed, net + wider, net)
    pairs = table(
        **drawn(net, rest),
        annotator=[f"ann-{i}" for i in a],
        week=[f"2026-W{i + 1:02d}" for i in w],
        category=[NAMES[int(i)] for i in dog],
        scale=rng.lognormal(4.5, 0.3, len(a)),
    )
    found: dict[Key, Ints] = {}
    for start in range(0, len(a), 999):
        part = pairs.slice(start, 999)
        fair = np.asarray(part["mask_iou"]) >= 0.65
        for key, value in of_masks(part, fair, np.zeros((len(part), 2))):
            found[key] = found.get(key, 0) + value
    return found


def watched(sums: dict[Key, Ints]) -> Watched:
    weekly = to_table(sums, ("never_labelled",))
    shape = outlined(load("mask"), known([weekly]))
    assert shape.keypoints == NAMES
    return watch_all([weekly], shape.keypoints, [], Parameters(shape.sigmas or ()))


def test_who_draws_dogs_wider_is_found_with_the_width_of_it_in_px() -> None:
    seen = watched(summed(wider=0.08)).seen
    assert seen is not None
    assert seen.alarms.alarm[:, -1].tolist() == [[False, True], *[[False] * 2] * 7]
    width, off = seen.effect[0, -1, 1].tolist()
    assert width == pytest.approx(0.08 * np.exp(4.5) / ROUND, rel=0.35)
    assert abs(off) < width / 3
    assert direction(width, off) == "wider"


def test_who_draws_dogs_worse_is_found_by_their_iou() -> None:
    seen = watched(summed(wider=0.0, ragged=1.5)).seen
    assert seen is not None
    assert seen.alarms.alarm[:, -1].tolist() == [[False, True], *[[False] * 2] * 7]
    assert 1.2 < seen.noise[0, -1, 1] < 1.7


def test_who_draws_half_of_all_masks_much_worse_is_careless() -> None:
    found = watched(summed(wider=0.0, ragged=3.0))
    assert found.people is not None
    assert found.people.careless[:, -1].tolist() == [True, *[False] * 7]


def test_nobody_who_stays_the_same_is_blamed_for_being_off_at_all() -> None:
    found = watched(summed(wider=0.0))
    assert found.seen is not None
    assert found.seen.alarms.action.sum() <= 2
    assert found.standing is not None
    assert not found.standing.found.any()


def test_a_skeleton_of_keypoints_keeps_them() -> None:
    body = load("coco_17")
    assert outlined(body, NAMES) is body
    assert outlined(load("mask"), NAMES).sigmas == (SIGMA, SIGMA)
    assert known([]) == []

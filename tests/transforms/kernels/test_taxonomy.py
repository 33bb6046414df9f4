"""The kinds of error: as coco-analyze names them on a scene with all of them."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from posegate.transforms.kernels.taxonomy import KINDS, NONE, Objects, classify, flip
from posegate.transforms.model.skeleton import load

COCO = load("coco_17")
OTHER = flip(17, COCO.flip_pairs)

POSE = np.array(
    [[200, 60], [206, 54], [194, 54], [214, 57], [186, 57], [240, 110], [160, 110],
     [255, 170], [145, 170], [260, 228], [140, 228], [225, 230], [175, 230],
     [228, 310], [172, 310], [230, 390], [170, 390]], float
)  # fmt: skip
SECOND = POSE + np.array([110.0, 10.0])
DRAWN = np.array(
    [[201, 61], [206, 54], [194, 54], [214, 57], [186, 57], [246, 106], [160, 110],
     [256, 180], [145, 170], [140, 228], [260, 228], [237, 230], [175, 230],
     [338, 320], [172, 310], [255, 390], [170, 450]], float
)  # fmt: skip
EXPECTED = [
    *("good", "good", "good", None, "good", "good", "good", "swap", "good"),
    *("inversion", "inversion", "good", "good", "swap", "good", "jitter", "miss"),
]
AREA = np.array([24000.0])


def one(xy: np.ndarray, missing: int | None = None) -> Objects:
    labelled = np.ones((1, len(xy)), bool)
    if missing is not None:
        labelled[0, missing] = False
    return Objects(xy[None], labelled, AREA)


def kinds(drawn: np.ndarray, own: Objects, other: Objects) -> list[str | None]:
    owner = np.zeros(len(other.xy), np.int64)
    found = classify(drawn[None], own, owner, other, COCO.sigma, OTHER)[0]
    return [None if kind == NONE else KINDS[kind] for kind in found]


NOBODY = Objects(np.empty((0, 17, 2)), np.empty((0, 17), bool), np.empty(0))


def test_the_scene_of_all_kinds_is_named_as_coco_analyze_names_it() -> None:
    assert kinds(DRAWN, one(POSE, missing=3), one(SECOND)) == EXPECTED


def test_without_another_person_nothing_is_swapped() -> None:
    found = kinds(DRAWN, one(POSE, missing=3), NOBODY)
    assert "swap" not in found
    assert (found[7], found[13]) == ("good", "miss")


def test_a_point_that_was_not_placed_is_missed() -> None:
    drawn = DRAWN.copy()
    drawn[0] = np.nan
    assert kinds(drawn, one(POSE), one(SECOND))[0] == "miss"


def test_a_similarity_of_exactly_the_limit_is_good() -> None:
    sigma, square = np.array([0.05]), -np.log(0.85) * 2 * 0.01
    own = Objects(np.zeros((1, 1, 2)), np.ones((1, 1), bool), np.ones(1))
    nobody = Objects(np.empty((0, 1, 2)), np.empty((0, 1), bool), np.empty(0))
    nobody_at = np.empty(0, np.int64)
    for off, kind in ((0.999999, 0), (1.000001, 1)):
        drawn = np.array([[[np.sqrt(square) * off, 0.0]]])
        found = classify(drawn, own, nobody_at, nobody, sigma, np.arange(1))
        assert found.tolist() == [[kind]]


def test_the_other_side_is_that_of_the_flip_pairs() -> None:
    assert flip(4, ((1, 2),)).tolist() == [0, 2, 1, 3]


@given(
    arrays(np.float64, (17, 2), elements=st.floats(0, 500)),
    arrays(np.float64, 2, elements=st.floats(-1e4, 1e4)),
)
def test_kinds_do_not_ask_where_the_origin_is(drawn, shift) -> None:
    here = kinds(np.round(drawn), one(POSE), one(SECOND))
    shift = np.round(shift)
    there = kinds(np.round(drawn) + shift, one(POSE + shift), one(SECOND + shift))
    assert here == there

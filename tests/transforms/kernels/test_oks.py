from contextlib import redirect_stdout
from io import StringIO

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from posegate.transforms.kernels.geometry import box_area, length
from posegate.transforms.kernels.oks import (
    box_side,
    mpjpe,
    oks,
    oks_matrix,
    pck,
    similarity,
    symmetric,
    torso_axis,
    torso_diagonal,
)

SIGMA = (
    np.array(
        [26, 25, 25, 35, 35, 79, 79, 72, 72, 62, 62, 107, 107, 87, 87, 89, 89.0],
    )
    / 1000
)
FIGURE = np.array(  # a frontal figure, 360 px high, area 24,000
    [
        [200.0, 60],
        [206, 54],
        [194, 54],
        [214, 57],
        [186, 57],
        [240, 110],
        [160, 110],
        [255, 170],
        [145, 170],
        [260, 228],
        [140, 228],
        [225, 230],
        [175, 230],
        [228, 310],
        [172, 310],
        [230, 390],
        [170, 390],
    ]
)[None]
BOX = np.array([[130.0, 40, 140, 365]])
AREA = np.array([24_000.0])
ALL = np.ones((1, 17), bool)
SHIFTED = FIGURE + np.array([3.0, 4.0])


def both_ways(
    candidate: np.ndarray,
    reference: np.ndarray = FIGURE,
    labelled: np.ndarray = ALL,
    area: np.ndarray = AREA,
    sigma: np.ndarray = SIGMA,
) -> float:
    """OKS of one pair, by rows and by matrix, which must be the same."""
    row = oks(candidate - reference, labelled, area, sigma)
    table = oks_matrix(candidate, reference, labelled, area, BOX, sigma)
    assert row[0] == pytest.approx(table[0, 0], abs=1e-15)
    return float(row[0])


def test_identical_poses_score_one() -> None:
    assert both_ways(FIGURE) == 1


def test_a_shift_of_5_px_scores_as_cocoeval_says() -> None:
    assert both_ways(SHIFTED) == pytest.approx(0.9411848792872033, abs=1e-12)
    area = box_area(BOX)
    assert both_ways(SHIFTED, area=area) == pytest.approx(0.9474766109110102, abs=1e-12)


def test_both_hips_15_px_off_hardly_show() -> None:
    hips = FIGURE.copy()
    hips[:, 11:13, 0] += 15
    assert both_ways(hips) == pytest.approx(0.9885538869669259, abs=1e-12)


def test_only_what_the_reference_labels_counts() -> None:
    labelled = ALL.copy()
    labelled[:, [0, 1, 2, 3, 4, 9]] = False
    reference = np.where(labelled[..., None], FIGURE, np.nan)
    score = both_ways(SHIFTED, reference, labelled)
    assert score == pytest.approx(0.9805867457913386, abs=1e-12)


def test_a_missing_keypoint_given_as_origin_depends_on_where_the_origin_is() -> None:
    missing = SHIFTED.copy()
    missing[:, 9] = 0
    assert both_ways(missing) == pytest.approx(0.8843205183514241, abs=1e-12)
    moved, there = FIGURE - [260, 228], SHIFTED - [260, 228]
    there[:, 9] = 0
    assert both_ways(there, moved) == pytest.approx(0.9431440477631888, abs=1e-12)


def test_a_skeleton_of_its_own_has_its_own_sigmas() -> None:
    score = both_ways(
        FIGURE[:, :4] + [2.0, 1.0],
        FIGURE[:, :4],
        ALL[:, :4],
        np.array([5000.0]),
        np.array([0.02, 0.04, 0.06, 0.08]),
    )
    assert score == pytest.approx(0.9007490921358589, abs=1e-12)


def test_an_object_without_area_scores_zero_unless_the_points_coincide() -> None:
    assert both_ways(SHIFTED, area=np.zeros(1)) == 0
    assert both_ways(FIGURE, area=np.zeros(1)) == 1
    assert both_ways(SHIFTED, area=np.full(1, -5.0)) == 0


def test_a_reference_without_points_gives_nan_by_rows() -> None:
    assert np.isnan(oks(SHIFTED - FIGURE, ~ALL, AREA, SIGMA))


def test_a_reference_without_points_falls_back_to_its_box_in_the_matrix() -> None:
    nothing = np.full((1, 17, 2), np.nan)
    poses = np.concatenate([SHIFTED, FIGURE + np.array([400.0, 0.0])])
    table = oks_matrix(poses, nothing, ~ALL, AREA, BOX, SIGMA)
    assert table[0, 0] == 1
    assert table[1, 0] == pytest.approx(2.5075118342289416e-07, rel=1e-12)


def test_similarity_beyond_float_range_is_zero_without_a_warning() -> None:
    far = similarity(np.array([[1e308, np.inf]]), np.zeros(1), SIGMA[:2])
    assert far.tolist() == [[0, 0]]


@pytest.mark.parametrize("seed", range(5))
def test_the_matrix_equals_pycocotools(seed: int) -> None:
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    rng = np.random.default_rng(seed)
    d, g = 7, 5
    references = rng.uniform(0, 400, (g, 17, 2))
    flags = rng.choice([0, 1, 2], (g, 17))
    flags[0] = 0  # the fallback
    area = rng.uniform(0, 60_000, g)
    area[1] = 0
    box = np.column_stack([rng.uniform(0, 200, (g, 2)), rng.uniform(20, 200, (g, 2))])
    candidates = references[rng.integers(0, g, d)] + rng.normal(0, 15, (d, 17, 2))

    def record(i: int, xy: np.ndarray, v: np.ndarray) -> dict[str, object]:
        points = np.column_stack([xy, v]).ravel().tolist()
        return {"id": i + 1, "image_id": 1, "category_id": 1, "keypoints": points}

    with redirect_stdout(StringIO()):
        truth = COCO()
        truth.dataset = {
            "images": [{"id": 1}],
            "categories": [{"id": 1}],
            "annotations": [
                record(i, references[i], flags[i])
                | {"area": area[i], "bbox": box[i].tolist(), "iscrowd": 0}
                | {"num_keypoints": int((flags[i] > 0).sum())}
                for i in range(g)
            ],
        }
        truth.createIndex()
        found = truth.loadRes(
            [
                record(i, candidates[i], np.ones(17)) | {"score": float(d - i)}
                for i in range(d)
            ]
        )
        judge = COCOeval(truth, found, "keypoints")
        judge.params.imgIds, judge.params.catIds = [1], [1]
        judge._prepare()
        expected = judge.computeOks(1, 1)

    known = np.where(flags[..., None] > 0, references, np.nan)
    ours = oks_matrix(candidates, known, flags > 0, area, box, SIGMA)
    np.testing.assert_allclose(ours, expected, rtol=0, atol=1e-12)


def test_symmetric_agreement_of_two_people() -> None:
    a, b = ALL.copy(), ALL.copy()
    a[:, 0] = False
    b[:, 9] = False
    xy_a = np.where(a[..., None], FIGURE, np.nan)
    xy_b = np.where(b[..., None], SHIFTED, np.nan)
    ours = symmetric(xy_a, a, xy_b, b, AREA, SIGMA)
    assert ours.oks_loc == pytest.approx(0.9472433383399257, abs=1e-12)
    assert ours.coverage == pytest.approx(0.8823529411764706, abs=1e-12)
    assert ours.oks_sym == pytest.approx(0.8358029455940521, abs=1e-12)


def test_two_people_without_a_common_keypoint() -> None:
    first, second = ALL.copy(), ALL.copy()
    first[:, 5:], second[:, :5] = False, False
    one = symmetric(FIGURE, first, FIGURE, second, AREA, SIGMA)
    assert np.isnan(one.oks_loc)
    assert np.isnan(one.oks_sym)
    assert one.coverage == 0
    none = symmetric(FIGURE, ~ALL, FIGURE, ~ALL, AREA, SIGMA)
    assert np.isnan(none.coverage)


poses = arrays(np.float64, (3, 17, 2), elements=st.floats(-500, 500))
flags = arrays(np.bool_, (3, 17))


@given(poses, flags, poses, flags)
def test_symmetric_agreement_does_not_ask_who_is_first_or_where_the_origin_is(
    xy_a: np.ndarray, a: np.ndarray, xy_b: np.ndarray, b: np.ndarray
) -> None:
    area = np.array([900.0, 20_000, 5])
    there = symmetric(xy_a, a, xy_b, b, area, SIGMA)
    back = symmetric(xy_b + 64, b, xy_a + 64, a, area, SIGMA)
    for one, other in zip(there, back, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-6, atol=1e-9)


RADII = np.array(
    [3, 5, 8, 12, 20, 24, 25, 26, 27, 28, 30, 40, 60, 72.8, 73, 5, 5],
)
ANGLES = np.arange(17) * 0.7
ERROR = (RADII[:, None] * np.column_stack([np.cos(ANGLES), np.sin(ANGLES)]))[None]
AWAY = length(ERROR)


def test_pck_depends_on_its_normaliser() -> None:
    shares = [
        pck(AWAY, ALL, torso_diagonal(FIGURE, 5, 12)),
        pck(AWAY, ALL, torso_axis(FIGURE, (5, 6), (11, 12))),
        pck(AWAY, ALL, box_side(BOX)),
        pck(length(ERROR / BOX[:, None, 2:]), ALL, np.ones(1)),  # mmpose, per axis
    ]
    assert np.concatenate(shares) * 17 == pytest.approx([11, 7, 16, 14])


def test_pck_is_strict() -> None:
    away = np.array([[2.0, 1.9]])
    assert pck(away, np.ones((1, 2), bool), np.array([10.0])) == 0.5


def test_pck_without_points_or_normaliser_is_nan() -> None:
    assert np.isnan(pck(AWAY, ~ALL, np.ones(1)))
    assert np.isnan(pck(AWAY, ALL, np.full(1, np.nan)))


def test_mpjpe_is_the_mean_over_the_points_placed_by_both() -> None:
    assert mpjpe(AWAY, ALL) == pytest.approx(27.282352941176477)
    some = ALL.copy()
    some[:, 2:] = False
    assert mpjpe(np.where(some, AWAY, np.nan), some) == pytest.approx(4)
    assert np.isnan(mpjpe(AWAY, ~ALL))


def test_no_pairs_give_empty_results() -> None:
    error, both = np.empty((0, 17, 2)), np.empty((0, 17), bool)
    none = np.empty(0)
    assert oks(error, both, none, SIGMA).shape == (0,)
    assert pck(none[:, None], both, none).shape == (0,)
    assert mpjpe(none[:, None], both).shape == (0,)

"""What other tools call OKS: the worked example, and what each does with gaps."""

import numpy as np
import pytest

from posegate.transforms.kernels.variants import one_sigma, unit_kappa, with_box

BOX = np.array([[0.0, 0.0, 100.0, 100.0]])
OFF = np.array([[[10.0, 0.0]]])
ALL = np.ones((1, 1), bool)


@pytest.mark.parametrize(
    ("sigma", "expected"), [(0.026, 0.03), (0.062, 0.54)], ids=["nose", "wrist"]
)
def test_a_tenth_of_the_box_scores_from_one_thirtieth_to_one(
    sigma: float, expected: float
) -> None:
    assert with_box(OFF, ALL, BOX, np.array([sigma]))[0] == pytest.approx(
        expected, abs=0.005
    )
    pair = (OFF, np.zeros_like(OFF))
    assert one_sigma(pair, (ALL, ALL), (BOX, BOX))[0] == pytest.approx(0.86, abs=0.005)
    corners = np.array([[[0.0, 0.0], [100.0, 100.0]]])
    both = np.ones((1, 2), bool)
    off = np.stack([OFF[0, 0], OFF[0, 0]])[None]
    found = unit_kappa(off, both, both, corners, np.array([[200.0, 200.0]]))
    assert found[0] == pytest.approx(0.995, abs=0.0005)


def test_one_sigma_asks_for_visible_points_and_overlapping_boxes() -> None:
    xy = np.zeros((1, 2, 2))
    one, other = np.array([[True, True]]), np.array([[True, False]])
    assert one_sigma((xy, xy), (one, other), (BOX, BOX))[0] == 0.5
    none = np.zeros((1, 2), bool)
    assert np.isnan(one_sigma((xy, xy), (none, none), (BOX, BOX))[0])
    away = BOX + np.array([500.0, 0, 0, 0])
    assert one_sigma((xy, xy), (one, one), (BOX, away))[0] == 0


def test_a_point_that_is_missing_is_off_by_the_whole_image() -> None:
    xy = np.array([[[0.0, 0.0], [100.0, 100.0]]])
    wanted = np.ones((1, 2), bool)
    seen = np.array([[True, False]])
    size = np.array([[100.0, 100.0]])
    found = unit_kappa(np.zeros_like(xy), seen, wanted, xy, size)
    assert found[0] == pytest.approx((1 + np.exp(-0.5)) / 2)
    assert np.isnan(unit_kappa(xy, seen, ~wanted, xy, size)[0])
    unknown = np.full((1, 2), np.nan)
    assert np.isnan(unit_kappa(xy, seen, wanted, xy, unknown)[0])

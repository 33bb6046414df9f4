"""Left and right exchanged: of whom, and whether they face the camera."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from canonical import STANDING, TRIANGLE, batch, placed, row
from posegate.transforms.kernels.compare import compare
from posegate.transforms.kernels.sides import exchanged, work
from posegate.transforms.kernels.sums import WORK
from posegate.transforms.kernels.weeks import UNTOLD
from posegate.transforms.model.skeleton import Skeleton

MIRRORED = [*STANDING[:2], *STANDING[4:], *STANDING[2:4]]
FRONT, BACK = (WORK.index(name) for name in ("inverted_front", "inverted_back"))


@pytest.mark.parametrize(
    ("drawn", "true", "place", "wrong"),
    [
        (STANDING, STANDING, BACK, 0.0),
        (MIRRORED, STANDING, BACK, 1.0),
        (STANDING, MIRRORED, FRONT, 1.0),
        (MIRRORED, MIRRORED, FRONT, 0.0),
    ],
)
def test_who_goes_by_the_image_is_wrong_of_those_who_face_it(
    drawn: list[float], true: list[float], place: int, wrong: float
) -> None:
    rows = batch(row(1, xy=drawn), row(2, role="gold", xy=true))
    told = work(compare(placed(rows), TRIANGLE, UNTOLD).pairs)
    assert told[0, place] == wrong
    assert np.isfinite(told).sum() == 1


def test_a_second_annotator_says_nothing_of_sides() -> None:
    rows = batch(row(1), row(2, annotator="bo", xy=MIRRORED))
    assert not np.isfinite(work(compare(placed(rows), TRIANGLE, UNTOLD).pairs)).any()


@given(
    arrays(float, (2, 5, 3, 2), elements=st.integers(0, 6).map(float)),
    arrays(bool, (5, 3)),
)
def test_the_other_way_is_nearer_where_the_sum_of_both_lengths_is(
    drawn: np.ndarray,  # type: ignore[type-arg]
    both: np.ndarray,  # type: ignore[type-arg]
) -> None:
    """However few of them it takes four lengths to tell."""
    (xy, true), scale = drawn, np.full(5, 20.0)
    far = np.hypot(*np.moveaxis(xy[:, :, None] - true[:, None], -1, 0))  # (5, 3, 3)
    nearer = far[:, 1, 2] + far[:, 2, 1] < far[:, 1, 1] + far[:, 2, 2]
    told = both[:, 1] & both[:, 2]
    told &= np.hypot(*(true[:, 1] - true[:, 2]).T) > 0.08 * scale
    share = exchanged(xy, true, both, scale, TRIANGLE)
    assert (np.isfinite(share) == told).all()
    assert (share[told] == nearer[told]).all()


def test_points_that_lie_together_and_skeletons_without_sides_tell_nothing() -> None:
    true = np.array(STANDING).reshape(1, 3, 2)
    both, scale = np.ones((1, 3), bool), np.array([20.0])
    near = true.copy()
    near[:, 2] = near[:, 1] + 1
    assert np.isnan(exchanged(true, near, both, scale, TRIANGLE)).all()
    assert np.isnan(exchanged(true, true, both & False, scale, TRIANGLE)).all()
    plain = Skeleton("plain", ("a", "b", "c"), (), (), None)
    assert np.isnan(exchanged(true, true, both, scale, plain)).all()

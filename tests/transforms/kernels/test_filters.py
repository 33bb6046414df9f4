"""Filters, against the numbers of the libraries that are known for them."""

import numpy as np

from posegate.transforms.kernels.filters import innovation, one_euro

X = np.array([0.0, 1, 2, 4, 8, 8, 8, 9, 7, 7])

# OneEuroFilter 0.2.1: mincutoff 1, beta .1, dcutoff 1, at 30 frames a second.
ONE_EURO = [
    *(0.0, 0.24141617779, 0.82033534520, 2.22166620273, 5.50560974484),
    *(6.95903172390, 7.54818484096, 8.36110808326, 7.70152057333, 7.40378890892),
]

# filterpy: constant velocity, q 50000, r 2, P0 diag(4, 1e4), dt 1/30.
KALMAN = [
    *(0.7972465581977473, 1.8705095541132466, 3.6664068075247997),
    *(7.114974402167171, 8.505515851574994, 8.748063042656048),
    *(9.228034653120199, 7.913686206985848, 7.157369913980428),
]
SURPRISE = [
    *(0.050688360450563213, 0.01918452006488666, 0.10245303408404438),
    *(0.6496960554501258, 0.20595586412117015, 0.44932187115079164),
    *(0.041753841503592015, 0.6702057113018712, 0.019877474082671157),
]


def test_one_euro_is_the_librarys() -> None:
    np.testing.assert_allclose(one_euro(X, 30, 1.0, 0.1), ONE_EURO, atol=1e-10)


def test_kalman_is_the_librarys() -> None:
    belief, surprise = innovation(X, 30, 50000, 2.0)
    np.testing.assert_allclose(belief[1:], KALMAN, rtol=1e-12)
    np.testing.assert_allclose(surprise[1:], SURPRISE, rtol=1e-9)
    assert np.isnan(surprise[0])


def test_columns_are_filtered_apart() -> None:
    both = np.stack([X, X[::-1]], axis=1)
    np.testing.assert_array_equal(
        one_euro(both, 30, 1, 0.1)[:, 0], one_euro(X, 30, 1, 0.1)
    )
    belief, _ = innovation(both, 30, 50000, 2.0)
    np.testing.assert_array_equal(belief[:, 0], innovation(X, 30, 50000, 2.0)[0])


def test_a_missing_position_is_bridged_and_surprises_nobody() -> None:
    x = np.arange(20.0)
    x[8:11] = np.nan
    belief, surprise = innovation(x, 30, 50000, 2.0)
    assert np.isnan(surprise[8:11]).all()
    assert np.isnan(belief[8:11]).all()
    assert (surprise[11:] < 1).all()


def test_a_series_that_begins_late_begins_then() -> None:
    x = np.r_[np.nan, np.nan, X]
    belief, surprise = innovation(x, 30, 50000, 2.0)
    assert np.isnan(surprise[:3]).all()
    assert belief[2] == X[0]
    np.testing.assert_allclose(surprise[3:], SURPRISE, rtol=1e-9)


def test_one_position_alone_is_believed() -> None:
    assert one_euro(X[:1], 30).tolist() == [0.0]
    assert innovation(X[:1], 30, 1.0, 1.0)[0].tolist() == [0.0]

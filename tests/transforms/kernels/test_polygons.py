"""Edges that cross: by hand, and as trying each with each finds them."""

import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from posegate.transforms.kernels import polygons
from posegate.transforms.kernels.polygons import crossings

CORNER = st.tuples(st.integers(-6, 6), st.integers(-6, 6))
POLYGON = st.lists(CORNER, min_size=3, max_size=9)


def test_a_bow_tie_crosses_once_and_a_star_five_times() -> None:
    bow = np.array([[0, 0], [2, 2], [2, 0], [0, 2]], float)
    turn = np.arange(5) * 4 * np.pi / 5
    star = np.stack([np.cos(turn), np.sin(turn)], axis=1)
    square = np.array([[0, 0], [2, 0], [2, 2], [0, 2]], float)
    assert crossings([bow, star, square]).tolist() == [1, 5, 0]


def test_what_touches_or_goes_back_does_not_cross() -> None:
    notch = np.array([[0, 0], [4, 0], [4, 4], [2, 0], [0, 4]], float)
    doubled = np.array([[0, 0], [4, 0], [4, 4], [4, 0], [0, 0], [0, 0]], float)
    assert crossings([notch, doubled]).tolist() == [0, 0]


def test_no_polygons_cross_nothing() -> None:
    assert crossings([]).tolist() == []


def brute(polygon: list[tuple[int, int]]) -> int:
    """Each edge with each, in whole numbers."""
    edges = list(zip(polygon, [*polygon[1:], polygon[0]], strict=True))

    def turn(a, b, c) -> int:
        return int(
            np.sign((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]))
        )

    return sum(
        turn(a, b, c) * turn(a, b, d) < 0 and turn(c, d, a) * turn(c, d, b) < 0
        for (a, b), (c, d) in itertools.combinations(edges, 2)
    )


@given(st.lists(POLYGON, min_size=1, max_size=4), st.sampled_from([1, 5, 1 << 20]))
def test_the_sweep_finds_what_trying_all_finds(some, block) -> None:
    whole = polygons.BLOCK
    polygons.BLOCK = block
    try:
        found = crossings([np.array(each, float) for each in some])
    finally:
        polygons.BLOCK = whole
    assert found.tolist() == [brute(each) for each in some]

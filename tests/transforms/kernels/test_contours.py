"""Outlines of masks to be drawn: their rings, their holes, and how few corners."""

import json

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from pycocotools import mask as rle

from posegate.transforms.kernels import contours
from posegate.transforms.kernels.contours import outline
from posegate.transforms.model.poses import Bools, Floats

patient = settings(suppress_health_check=[HealthCheck.too_slow])
"""The first array that is drawn takes a second on a busy machine."""

PIXELS = arrays(np.bool_, st.tuples(st.integers(1, 12), st.integers(1, 12)))


def packed(mask: Bools) -> bytes:
    """A painted mask as COCO's JSON."""
    made = rle.encode(np.asfortranarray(mask, np.uint8))
    text = {"size": made["size"], "counts": made["counts"].decode()}
    return json.dumps(text).encode()


def shoelace(ring: Floats) -> float:
    """Area [px^2], above 0 where the ring goes clockwise in an image."""
    after = np.roll(ring, -1, axis=0)
    return float(ring[:, 0] @ after[:, 1] - ring[:, 1] @ after[:, 0]) / 2


def filled(shapes: list[contours.Shape], high: int, wide: int) -> Bools:
    """Pixels whose middle an odd number of a shape's rings goes round."""
    y, x = np.mgrid[:high, :wide] + 0.5
    inside = np.zeros((high, wide), bool)
    for rings in shapes:
        for ring in rings:
            for (x1, y1), (x2, y2) in zip(ring, [*ring[1:], ring[0]], strict=True):
                if y1 != y2:
                    beyond = x < x1 + (y - y1) * (x2 - x1) / (y2 - y1)
                    inside ^= ((y1 > y) != (y2 > y)) & beyond
    return inside


def disc(side: int, hole: float) -> Bools:
    """A ring of 0.45 sides around a hole."""
    y, x = np.mgrid[:side, :side] + 0.5 - side / 2
    far = np.hypot(x, y) / side
    return np.asarray((far < 0.45) & (far >= hole))


def test_runs_with_a_hole_are_two_rings_of_opposite_sense() -> None:
    mask = np.zeros((6, 7), bool)
    mask[1:5, 1:5] = True
    mask[2:4, 2:4] = False
    [[outer, hole]] = outline(packed(mask))
    assert sorted(outer) == [[1, 1], [1, 5], [5, 1], [5, 5]]
    assert sorted(hole) == [[2, 2], [2, 4], [4, 2], [4, 4]]
    assert shoelace(np.array(outer)) == 16
    assert shoelace(np.array(hole)) == -4


def test_cells_that_touch_at_a_corner_have_a_ring_each() -> None:
    [rings] = outline(packed(np.eye(2, dtype=bool)))
    assert [shoelace(np.array(ring)) for ring in rings] == [1, 1]


def test_polygons_stay_as_they_are_each_a_shape() -> None:
    one, two = [1.5, 2, 9, 2.125, 4, 8], [3, 3, 5, 3, 5, 5, 3, 5]
    found = outline(json.dumps([one, two, [1, 2, 3, 4]]).encode())
    assert found == [
        [[[1.5, 2], [9, 2.12], [4, 8]]],
        [[[3, 3], [5, 3], [5, 5], [3, 5]]],
    ]


@pytest.mark.parametrize(
    "text",
    [
        None, b"", b"{", b"null", b"3", b"[]", b"[[]]", b'[["a", 2, 3, 4, 5, 6]]',
        b'{"size": [2, 2]}', b'{"size": ["2", 2], "counts": [4]}',
        b'{"size": [2, 2], "counts": [3]}', b'{"size": [2, 2], "counts": "<script>"}',
        b'{"size": [-2, -2], "counts": [4]}', b'{"size": [2, 2], "counts": {}}',
        b'{"size": [2, 2], "counts": [4]}', b"[[1e300, 0, 1, 1, 2, 2]]",
    ],
)  # fmt: skip
def test_what_is_no_mask_or_an_empty_one_has_no_outline(text: bytes | None) -> None:
    assert outline(text) == []


@patient
@given(PIXELS)
def test_the_rings_of_small_masks_go_round_exactly_their_pixels(mask: Bools) -> None:
    rings = contours.traced(mask)
    assert sum(shoelace(ring.astype(float)) for ring in rings) == mask.sum()
    assert (filled([[r.tolist() for r in rings]], *mask.shape) == mask).all()


@pytest.mark.parametrize("side", [60, 400, 1100])
def test_a_large_mask_keeps_its_form_in_few_corners(side: int) -> None:
    mask = disc(side, 0.2)
    found = outline(packed(mask))
    assert sum(len(ring) for [*rings] in found for ring in rings) <= contours.CORNERS
    drawn = filled(found, side, side)
    assert (drawn != mask).sum() < 0.02 * mask.sum()
    assert len(json.dumps(found)) < 3000


def test_a_polygon_of_a_hundred_thousand_corners_is_thinned() -> None:
    turn = np.linspace(0, 2 * np.pi, 100_000, endpoint=False)
    x, y = 300 + 100 * np.cos(turn), 250 + 100 * np.sin(turn)
    [[ring]] = outline(json.dumps([np.stack([x, y], 1).ravel().tolist()]).encode())
    assert len(ring) == contours.CORNERS
    assert shoelace(np.array(ring)) == pytest.approx(np.pi * 100**2, rel=0.002)


def test_a_spike_of_one_corner_survives_the_thinning() -> None:
    turn = np.linspace(0, 2 * np.pi, 5000, endpoint=False)
    circle = np.stack([300 + 100 * np.cos(turn), 250 + 100 * np.sin(turn)], 1)
    circle[1234] = (900, 10)
    [[ring]] = outline(json.dumps([circle.ravel().tolist()]).encode())
    assert [900, 10] in ring


def test_of_many_rings_the_longest_are_drawn() -> None:
    sides = [1 + n % 50 for n in range(3000)]
    square = [json.loads(f"[0, 0, {s}, 0, {s}, {s}, 0, {s}]") for s in sides]
    found = outline(json.dumps(square).encode())
    assert len(found) == contours.RINGS
    assert all(np.max(ring) == 50 for [ring] in found)
    assert sum(len(ring) for [ring] in found) <= contours.CORNERS


def test_noise_costs_no_more_than_a_shape() -> None:
    mask = np.random.default_rng(0).random((700, 700)) < 0.5
    found = outline(packed(mask))
    assert sum(len(ring) for rings in found for ring in rings) <= contours.CORNERS
    assert len(json.dumps(found)) < 3000


def test_corners_in_one_place_do_no_harm() -> None:
    [[ring]] = outline(json.dumps([[1, 1] * 5000]).encode())
    assert set(map(tuple, ring)) == {(1, 1)}


def test_an_image_of_a_billion_pixels_is_never_painted() -> None:
    size, first = 1 << 15, 5 * (1 << 15)
    inside = size * size - 2 * first
    text = {"size": [size, size], "counts": [first, inside, first]}
    [[ring]] = outline(json.dumps(text).encode())
    assert sorted(ring) == [[5, 0], [5, size], [size - 5, 0], [size - 5, size]]

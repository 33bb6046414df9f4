"""Masks: polygons and runs as pycocotools has them, crops, edges, and what is none."""

import json

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from pycocotools import mask as rle
from scipy.ndimage import minimum_filter

from posegate.transforms.kernels import masks
from posegate.transforms.model.poses import Bools

patient = settings(suppress_health_check=[HealthCheck.too_slow])
"""The first array that is drawn takes a second on a busy machine."""

PIXELS = arrays(np.bool_, st.tuples(st.integers(1, 12), st.integers(1, 12)))


def square(left: int, top: int, side: int) -> bytes:
    right, low = left + side, top + side
    return json.dumps([[left, top, right, top, right, low, left, low]]).encode()


def of(mask: Bools) -> masks.Rle:
    """A painted mask as pycocotools packs it."""
    made: masks.Rle = rle.encode(np.asfortranarray(mask, np.uint8))
    return made


def pixels(mask: masks.Rle) -> Bools:
    high, wide = mask["size"]
    return masks.painted(mask["counts"].decode(), wide, high)


def test_a_polygon_covers_what_pycocotools_says() -> None:
    found = masks.read(square(3, 2, 20), 100, 80)
    assert found is not None
    assert found["size"] == [80, 100]
    assert rle.area(found) == 400
    assert masks.box(found) == (3, 2, 20, 20)
    assert pixels(found)[2:22, 3:23].all()


def test_rle_is_read_in_both_its_forms() -> None:
    mask = np.zeros((6, 8), bool)
    mask[1:4, 2:7] = True
    packed = of(mask)
    counts = {"size": [6, 8], "counts": packed["counts"].decode()}
    runs = masks.unpacked(packed["counts"].decode())
    listed = {"size": [6, 8], "counts": runs.tolist()}
    for shape in (counts, listed):
        found = masks.decode(json.dumps(shape).encode(), 8, 6)
        assert found is not None
        assert (found == mask).all()
        assert masks.read(json.dumps(shape).encode(), 8, 6) == packed


@pytest.mark.parametrize(
    ("given", "same"),
    [([3, 2, 0, 4, 3], [3, 6, 3]), ([0, 0, 5, 2, 5], [5, 2, 5]), ([0, 12], [0, 12]),
     ([2, 0, 10], [12]), ([12, 0], [12]), ([0, 4, 0, 0, 0, 8], [0, 12])],
)  # fmt: skip
def test_empty_runs_are_joined_with_their_neighbours(given, same) -> None:
    text = json.dumps({"size": [4, 3], "counts": given}).encode()
    found = masks.read(text, 3, 4)
    assert found is not None
    assert masks.unpacked(found["counts"].decode()).tolist() == same


@pytest.mark.parametrize(
    "text",
    ["", "{", "null", "[]", "7", '"abc"', '{"size": [6, 9], "counts": "abc"}',
     '{"counts": [48]}', '{"size": [6, 8], "counts": [5]}', "[[1, 2]]", '["a"]',
     '{"size": [6, 8], "counts": ""}', '{"size": [6, 8], "counts": "PPPPPPPPPPPPP0"}',
     '{"size": [6, 8], "counts": [-1, 49]}', '{"size": [6, 8], "counts": [24.0, 24.0]}',
     '{"size": [6, 8], "counts": []}', "[[1, 2, 3, 4, 5, 1e9]]"],
)  # fmt: skip
def test_what_is_no_mask_is_none(text: str) -> None:
    assert masks.read(text.encode(), 8, 6) is None
    assert masks.decode(text.encode(), 8, 6) is None


def test_a_mask_needs_an_image_of_some_size() -> None:
    assert masks.read(None, 8, 6) is None
    for size in ((np.nan, 6), (0, 6), (8, -1), (1e6, 1e6)):
        assert masks.read(square(0, 0, 4), *size) is None


def test_what_lies_outside_the_image_is_cut_off() -> None:
    found = masks.read(square(-5, 3, 10), 8, 6)
    assert found is not None
    assert masks.box(found) == (0, 3, 5, 3)


def test_an_edge_is_two_percent_of_the_diagonal_wide() -> None:
    mask = np.zeros((40, 30), bool)  # a diagonal of 50: one pixel
    mask[5:15, 5:15] = True
    assert pixels(masks.edge(of(mask))).sum() == 100 - 64
    assert pixels(masks.edge(of(mask), share=0.1)).sum() == 100  # five pixels
    full = np.ones((10, 10), bool)
    assert pixels(masks.edge(of(full))).sum() == 100 - 64  # the image's border is one


@patient
@given(PIXELS, st.sampled_from([0.0, 0.1, 0.2, 0.5]))
def test_the_edge_is_the_mask_without_its_erosion(mask: Bools, share: float) -> None:
    far = max(1, round(share * float(np.hypot(*mask.shape))))
    inner = minimum_filter(mask, 2 * far + 1, mode="constant", cval=False)
    found = masks.edge(of(mask), share)
    assert (pixels(found) == mask & ~inner).all()
    assert rle.area(found) == (mask & ~inner).sum()


@patient
@given(PIXELS)
def test_a_crop_is_the_part_of_the_mask_in_its_box(mask: Bools) -> None:
    packed = of(mask)
    x, y, w, h = masks.box(packed)
    assert (masks.cropped(packed) == mask[y : y + h, x : x + w]).all()
    assert masks.cropped(packed).sum() == mask.sum()
    assert masks.placed(masks.cropped(packed), packed) == packed

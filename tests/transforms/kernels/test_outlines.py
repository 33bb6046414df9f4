"""How far masks agree: against pycocotools, by hand, and where they do not exist."""

import json

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from pycocotools import mask as rle

from posegate.transforms.kernels import masks, outlines
from posegate.transforms.kernels.outlines import Outlines
from posegate.transforms.model.poses import Bools

patient = settings(suppress_health_check=[HealthCheck.too_slow])
"""The first array that is drawn takes a second on a busy machine."""

PAIR = arrays(np.bool_, st.tuples(st.just(2), st.integers(1, 9), st.integers(1, 9)))


def of(*painted: Bools) -> Outlines:
    """Painted masks of one size, as rows' outlines."""
    given = [masks_json(mask) for mask in painted]
    size = np.tile(np.array(painted[0].shape[::-1], float), (len(painted), 1))
    return Outlines(pa.array(given, pa.binary()), size)


def masks_json(mask: Bools) -> bytes:
    packed = rle.encode(np.asfortranarray(mask, np.uint8))
    shape = {"size": packed["size"], "counts": packed["counts"].decode()}
    return json.dumps(shape).encode()


def square(size: int, start: int, stop: int) -> Bools:
    mask = np.zeros((size, size), bool)
    mask[start:stop, start:stop] = True
    return mask


def agreement(a: Bools, b: Bools) -> tuple[float, float]:
    area, border = of(a, b).agreement(np.array([0]), np.array([1]))
    return float(area[0]), float(border[0])


def test_the_edge_shows_what_the_area_hides() -> None:
    area, border = agreement(square(400, 50, 350), square(400, 55, 345))
    assert area == pytest.approx(290**2 / 300**2)  # 5 px all around, of an edge of 11
    one, other = 300**2 - 278**2, 290**2 - 268**2
    both = 290**2 - 278**2
    assert border == pytest.approx(both / (one + other - both))
    assert border < 0.5 < area


def test_one_pixel_of_two_is_half() -> None:
    a, b = np.zeros((2, 4, 4), bool)
    a[1, 1] = b[1, 1] = b[1, 2] = True
    assert agreement(a, b) == (0.5, 0.5)
    assert outlines.dice(np.array([0.5])).tolist() == pytest.approx([2 / 3])


def test_what_covers_the_whole_image_agrees_with_itself() -> None:
    full = np.ones((9, 12), bool)
    assert agreement(full, full) == (1, 1)
    assert agreement(full, np.zeros((9, 12), bool)) == (0, 0)


def test_empty_masks_agree_on_nothing() -> None:
    nothing = np.zeros((4, 4), bool)
    assert np.isnan(agreement(nothing, nothing)).all()


def test_masks_of_images_of_other_sizes_do_not_compare() -> None:
    given = [masks_json(np.ones(shape, bool)) for shape in ((4, 4), (4, 5))]
    found = Outlines(pa.array(given, pa.binary()), np.array([[4.0, 4], [5, 4]]))
    area, border = found.agreement(np.array([0]), np.array([1]))
    assert np.isnan([area[0], border[0]]).all()
    assert found.table(np.array([0]), np.array([1])).tolist() == [[0.0]]


def test_without_a_mask_there_is_no_agreement_and_no_overlap() -> None:
    given = [
        masks_json(square(9, 0, 4)),
        None,
        b"{",
        masks_json(np.zeros((9, 9), bool)),
    ]
    found = Outlines(pa.array(given, pa.binary()), np.full((4, 2), 9.0))
    rows = np.arange(4)
    area, _ = found.agreement(np.zeros(4, np.int64), rows)
    assert area[[0, 3]].tolist() == [1, 0]
    assert np.isnan(area[1:3]).all()
    assert found.table(rows, rows)[0].tolist() == [1, 0, 0, 0]
    assert found.there(rows).tolist() == [True, False, False, False]
    assert found.edge(1) is None


def test_a_size_that_one_row_of_an_image_gives_is_every_rows() -> None:
    polygon = b"[[0, 0, 4, 0, 4, 4, 0, 4]]"
    rows = pa.RecordBatch.from_pydict(
        {
            "image": ["a", "b", "a"],
            "width": [8, None, None],
            "height": [6, None, None],
            "segmentation": pa.array([polygon] * 3, pa.binary()),
        }
    )
    found = Outlines.of(rows)
    assert found[2] == found[0] is not None
    assert found[1] is None


@patient
@given(PAIR)
def test_agreement_is_pycocotools_symmetric_and_at_most_one(pair: Bools) -> None:
    a, b = pair
    assume(a.any() or b.any())
    area, border = agreement(a, b)
    assert area == (a & b).sum() / (a | b).sum()
    one, other = ([rle.encode(np.asfortranarray(m, np.uint8))] for m in pair)
    assert area == rle.iou(one, other, [0])[0, 0]
    assert (area, border) == agreement(b, a)
    assert 0 <= border <= 1
    assert 0 <= area <= 1
    dice = 2 * (a & b).sum() / (a.sum() + b.sum())
    assert outlines.dice(np.array([area]))[0] == pytest.approx(dice)
    if a.any():
        assert agreement(a, a) == (1, 1)


def test_an_edge_is_made_once_for_a_row(
    monkeypatch,
) -> None:
    made = []
    edge = masks.edge
    monkeypatch.setattr(masks, "edge", lambda mask: made.append(1) or edge(mask))
    found = of(*[square(9, 0, side) for side in (2, 3, 4)])
    found.agreement(np.array([0, 0, 1]), np.array([1, 2, 2]))
    assert len(made) == 3

"""What pairs are judged by, with keypoints and with masks."""

from dataclasses import replace

import numpy as np
import pytest

from canonical import TRIANGLE, batch, moved, placed, row
from posegate.transforms.kernels.compare import compare
from posegate.transforms.kernels.score import IOU, OKS, confused, score_of
from posegate.transforms.kernels.weeks import UNTOLD

PAIRS = compare(
    placed(
        batch(
            row(1, xy=moved(1, 0), visibility=[2, 2, 0]),
            row(2, role="gold"),
            row(3, image="b.jpg", xy=moved(1, 0), visibility=[2, 2, 0]),
            row(4, image="b.jpg", annotator="bo"),
            row(5, image="c.jpg", attributes=[("category", " Cat")]),
            row(6, image="c.jpg", role="gold", attributes=[("category", "cat")]),
            row(7, image="d.jpg", attributes=[("category", "cat")]),
            row(8, image="d.jpg", role="gold", attributes=[("category", "dog")]),
        )
    ),
    TRIANGLE,
    UNTOLD,
).pairs


def test_masks_are_judged_by_iou_and_everything_else_by_oks() -> None:
    assert score_of(TRIANGLE) is OKS
    assert score_of(replace(TRIANGLE, category="mask")) is IOU


def test_the_score_is_symmetric_between_two_annotators() -> None:
    score = OKS.of(PAIRS).tolist()
    for i, kind in enumerate(PAIRS["kind"].to_pylist()):
        column = "oks_sym" if kind == "second" else "oks"
        assert score[i] == pytest.approx(PAIRS[column][i].as_py())
    assert np.isnan(IOU.of(PAIRS)).all()


def test_another_category_is_bad_however_well_the_shape_fits() -> None:
    clash = [None not in pair and pair[0].strip().lower() != pair[1] for pair in zip(
        *(PAIRS[n].to_pylist() for n in ("category", "reference_category")), strict=True
    )]  # fmt: skip
    assert sum(clash) == 1
    assert confused(PAIRS).tolist() == clash
    assert OKS.bad(PAIRS, 0.0).tolist() == clash
    assert OKS.bad(PAIRS, 1.1).all()
    assert not IOU.bad(PAIRS, 1.1).any()  # without a score nothing is judged

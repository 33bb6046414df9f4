"""What `explain` says of references: scores, the farthest keypoints, the draw."""

from typing import Any

import pyarrow.parquet as pq
import pytest

from delivered import call
from posegate.pipelines.references import DRAWN_FOR, compared, drawn
from posegate.transforms.kernels.ledger import PURPOSES

KEYPOINTS = ("top", "left", "right")
LIMITS = {"oks": 0.75, "iou": 0.65}


def pair(**other: Any) -> dict[str, Any]:
    return {
        "kind": "gold",
        "reference": "3f9a",
        "reference_annotator": "gil",
        "oks": 0.5,
        "mpjpe": 4.0,
        "mask_iou": None,
        "boundary_iou": None,
        "category": None,
        "reference_category": None,
        "error": [3.0, -4.0, None, None, 0.0, 3.0],
        **other,
    }


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({}, "with gold, gil (3f9a): OKS 0.500 (below 0.75), 4.0 px off on average"),
        ({"oks": 0.75}, "with gold, gil (3f9a): OKS 0.750, 4.0 px off on average"),
        ({"kind": "second"}, "with a second annotator, gil (3f9a): "),
        ({"kind": "review", "reference_annotator": None}, "review, somebody unnamed ("),
        (
            {"oks": None, "mpjpe": None, "mask_iou": 0.6, "boundary_iou": 0.4},
            "IoU 0.600 (below 0.65), boundary IoU 0.400",
        ),
        (
            {"mask_iou": 0.6, "category": "dog", "reference_category": "cat"},
            "IoU 0.600, 4.0 px off on average, 'dog' where it says 'cat'",
        ),
        ({"oks": None, "mpjpe": None}, "(3f9a): nothing that both have"),
    ],
    ids=str,
)
def test_a_reference_is_told_with_its_scores(other: dict[str, Any], said: str) -> None:
    line, *_ = compared([pair(**other)], KEYPOINTS, LIMITS)
    assert line.startswith("compared   with ")
    assert said in line


def test_the_farthest_keypoints_are_named_in_px() -> None:
    _, line = compared([pair()], KEYPOINTS, LIMITS)
    assert (
        line.strip() == "farthest: top 5.0 px (+3.0, -4.0), right 3.0 px (+0.0, +3.0)"
    )
    assert len(list(compared([pair(error=[None] * 6)], KEYPOINTS, LIMITS))) == 1
    assert not list(compared([], KEYPOINTS, LIMITS))


def test_every_purpose_of_a_draw_has_its_words() -> None:
    assert set(DRAWN_FOR) == set(PURPOSES)
    rows = [
        {"purpose": "accept", "order": 1200, "probability": 0.15},
        {"purpose": "monitor", "order": None, "probability": 0.02},
    ]
    assert list(drawn(rows)) == [
        "drawn      for the test of the lot, place 1,200 of its order, with "
        "probability 0.15",
        "drawn      for following its annotator, with probability 0.02",
    ]


def test_of_a_run_every_reference_and_draw_is_told(weeks: Any, tmp_path: Any) -> None:
    def first(kind: str) -> dict[str, Any]:
        [file, *_] = sorted(weeks.output.glob(f"deliveries/*/runs/*/{kind}/*.parquet"))
        return dict(pq.read_table(file).slice(0, 1).to_pylist()[0])

    one, other = first("agreement"), first("sample")
    words = ("--output", weeks.output, "--svg", tmp_path / "i.svg")
    said = call("explain", one["instance"], *words).out
    assert f"({one['reference']}): OKS {one['oks']:.3f}" in said
    said = call("explain", other["instance"], *words).out
    assert (
        f"drawn      for {DRAWN_FOR[other['purpose']]}, place {other['order']}" in said
    )

"""People beside what a model placed: only as evidence, and never as a pair."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from beamed import added
from canonical import STANDING, TRIANGLE, batch, moved, placed, row
from posegate.transforms.kernels.compare import How, compare
from posegate.transforms.kernels.stream_sums import STATISTICS, UNIT
from posegate.transforms.kernels.sums import WORK
from posegate.transforms.kernels.weeks import UNTOLD

WEEK = "2026-W07"


def model(number: int, **said: Any) -> dict[str, Any]:
    return row(number, role="prelabel", origin=[3, 3, 3], **{"annotator": "m1"} | said)


def told(*rows: dict[str, Any], low: float = 0.0) -> dict[Any, Any]:
    found = compare(placed(batch(*rows)), TRIANGLE, UNTOLD, How(low=low))
    assert not found.pairs.num_rows
    return added(found.predictions)


def test_a_prediction_is_evidence_in_a_stream_of_its_own() -> None:
    found = told(row(1, xy=moved(2, 0)), model(2))
    left = found["weekly", "ann", WEEK, "prelabel:m1"][1]
    cells = dict(zip(STATISTICS, left, strict=True))
    assert cells["n"] == UNIT
    assert (cells["wx"], cells["wy"]) == (UNIT, 0)  # .1 x 20 px is 2 px
    assert cells["px"] == 2 * UNIT
    work = found["work", "ann", WEEK, ""][WORK.index("untouched")]
    assert work == [UNIT, 0, 0]


def test_an_instance_that_nobody_touched_is_counted() -> None:
    nearly = [v + 0.4 * (i == 1) for i, v in enumerate(STANDING)]
    for xy, count in ((STANDING, 1), (nearly, 1), (moved(0.6, 0), 0)):
        found = told(row(1, xy=xy), model(2))
        place = WORK.index("untouched")
        assert found["work", "ann", WEEK, ""][place] == [UNIT, *[count * UNIT] * 2]


def test_a_point_that_a_model_placed_is_not_its_annotators() -> None:
    found = told(row(1, xy=moved(2, 0), origin=[0, 3, 2]), model(2))
    n = [cell[0] for cell in found["weekly", "ann", WEEK, "prelabel:m1"]]
    assert n == [UNIT, 0, 0]


def test_a_model_that_bears_the_annotators_name_or_none_has_none() -> None:
    for name in ("ann", None):
        found = told(row(1, xy=moved(2, 0)), model(2, annotator=name))
        assert ("weekly", "ann", WEEK, "prelabel") in found


def test_what_the_model_saw_elsewhere_is_no_evidence() -> None:
    assert ("weekly", "ann", WEEK, "prelabel:m1") not in told(
        row(1, xy=moved(7, 0)), model(2), low=1.0
    )
    assert told(row(1), row(2, role="gold", image="b.jpg")) == {}


@settings(max_examples=30)
@given(st.permutations(range(6)), st.integers(0, 6))
def test_any_order_and_division_of_frames_adds_up_alike(
    order: list[int], cut: int
) -> None:
    frames = [
        [
            row(10 * i, image=f"{i}.jpg", xy=moved(i / 3, 1)),
            model(10 * i + 1, image=f"{i}.jpg", annotator=f"m{i % 2}"),
        ]
        for i in range(6)
    ]
    chosen = [frames[i] for i in order]
    halves = [
        compare(placed(batch(*(r for f in some for r in f[::-1]))), TRIANGLE, UNTOLD)
        for some in (chosen[:cut], chosen[cut:])
        if some
    ]
    parts = [each for half in halves for each in half.predictions]
    assert added(parts) == told(*(r for f in frames for r in f))

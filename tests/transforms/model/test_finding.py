"""What the engine makes of the rules' answers."""

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posegate.transforms.model import schema
from posegate.transforms.model.finding import check, human, judgeable
from posegate.transforms.model.poses import Bools, Bytes, Floats, Poses
from posegate.transforms.model.rule import Bound, Rule, Setting, bind, rule
from posegate.transforms.model.skeleton import Skeleton

PAIR = Skeleton("pair", ("head", "tail"), ((0, 1),), (), None)


@rule("test.right", severity="review")
def right(xy: Floats, labelled: Bools) -> Floats:
    """A keypoint lies too far to the right."""
    return np.where(labelled, xy[..., 0], np.nan)


@rule("test.small", severity="note", below=True)
def small(scale: Floats) -> Floats:
    """The instance is small."""
    return scale


@rule("test.lost", severity="reject")
def lost(visibility: Bytes) -> Bools:
    """Nothing is labelled."""
    return ~visibility.any(axis=1)


@rule("test.ann", severity="note")
def by_ann(annotator: Any, lead_time_s: Floats, annotated_at: Any) -> Bools:
    """Ann was quick."""
    return (annotator == "ann") & (lead_time_s < 2)


@rule("test.crooked", severity="note")
def crooked(xy: Floats) -> Bools:
    """It has the wrong shape."""
    return np.isnan(xy)


def bound(*rules: Rule, **parameters: float) -> tuple[Bound, ...]:
    said = {
        each.id: Setting(None, parameters if each.measured else {}) for each in rules
    }
    return bind({each.id: each for each in rules}, said, PAIR)


def row(number: int = 0, **said: Any) -> dict[str, Any]:
    return {
        "instance": f"i{number}",
        "annotator": "ann",
        "image": "a.jpg",
        "role": "production",
        "xy": [10.0, 0.0, 20.0, 0.0],
        "visibility": [2, 2],
        "origin": [0, 0],
        "area": 100.0,
        "source": "s.json",
        "position": 100 + number,
        "format": "coco",
    } | said


def batch(*rows: dict[str, Any]) -> pa.RecordBatch:
    return pa.RecordBatch.from_pylist(list(rows), schema=schema.instances(2))


def found(rules: tuple[Bound, ...], *rows: dict[str, Any]) -> list[dict[str, Any]]:
    return check(rules, batch(*rows), PAIR, part=3, first_row=0).to_pylist()


def test_a_finding_names_the_row_the_rule_and_the_keypoint() -> None:
    table = check(bound(right, limit=15), batch(row(), row(1)), PAIR, 3, first_row=70)
    assert table.schema == schema.FINDINGS
    assert table.to_pylist()[1] == {
        "part": 3,
        "row": 71,
        "instance": "i1",
        "annotator": "ann",
        "role": "production",
        "image": "a.jpg",
        "rule": "test.right",
        "severity": "review",
        "keypoint": "tail",
        "value": 20.0,
        "limit": 15.0,
        "source": "s.json",
        "position": 101,
    }


def test_a_limit_itself_is_kept() -> None:
    assert found(bound(right, limit=20), row()) == []
    assert found(bound(small, limit=10), row()) == []


def test_a_rule_may_be_broken_below_its_limit() -> None:
    [finding] = found(bound(small, limit=11), row(), row(1, area=144.0))
    assert (finding["instance"], finding["keypoint"]) == ("i0", None)
    assert (finding["value"], finding["limit"]) == (10.0, 11.0)


def test_a_rule_of_flags_has_neither_value_nor_limit() -> None:
    [finding] = found(bound(lost), row(visibility=[0, 0]))
    assert (finding["value"], finding["limit"]) == (None, None)


def test_nan_says_that_a_rule_does_not_apply() -> None:
    assert found(bound(small, limit=11), row(area=None), row(area=-3.0)) == []


def test_numbers_out_of_all_proportion_are_data() -> None:
    [finding] = found(bound(right, limit=15), row(xy=[1e308, 1e308, np.nan, np.inf]))
    assert finding["value"] == 1e308


def test_columns_come_as_numpy_arrays_and_nulls_break_nothing() -> None:
    quick = row(1, lead_time_s=1.5)
    others = row(2, lead_time_s=1.5, annotator=None), row(3), row(4, lead_time_s=2.5)
    [finding] = found(bound(by_ann), quick, *others)
    assert finding["instance"] == "i1"


def test_crowds_and_prelabels_are_not_judged() -> None:
    rows = [
        row(0, attributes=[("action", "run"), ("iscrowd", "1")]),
        row(1, attributes=[("iscrowd", "true")]),
        row(2, attributes=[("iscrowd", "0")]),
        row(3, role="prelabel"),
        row(4, role="gold"),
        row(5, attributes=None),
    ]
    names = [each["instance"] for each in found(bound(small, limit=11), *rows)]
    assert names == ["i2", "i4", "i5"]


def test_a_slice_is_judged_by_its_own_rows() -> None:
    rows = [row(n, attributes=[("iscrowd", str(n % 2))]) for n in range(6)]
    assert judgeable(batch(*rows).slice(1, 3)).tolist() == [False, True, False]


def test_a_caller_may_choose_whom_to_judge() -> None:
    judged = np.array([False, True])
    table = check(bound(right, limit=15), batch(row(), row(1)), PAIR, 0, 0, judged)
    assert table["instance"].to_pylist() == ["i1"]


def test_points_that_a_machine_made_look_unlabelled() -> None:
    poses = Poses.of(batch(row(origin=[1, 2]), row(origin=[3, 0])))
    seen = human(poses)
    assert seen.labelled.tolist() == [[True, False], [False, True]]
    assert np.isnan(seen.xy[..., 0]).tolist() == [[False, True], [True, False]]
    assert poses.labelled.all()
    assert found(bound(right, limit=5), row(origin=[2, 3])) == []


def test_poses_that_people_made_are_not_copied() -> None:
    poses = Poses.of(batch(row(origin=[0, 1])))
    assert human(poses) is poses


def test_findings_come_by_row_then_rule_then_keypoint() -> None:
    rules = bound(small, right, limit=11)
    flat = [(f["row"], f["rule"], f["keypoint"]) for f in found(rules, row(), row(1))]
    assert flat == [
        (0, "test.small", None),
        (0, "test.right", "tail"),
        (1, "test.small", None),
        (1, "test.right", "tail"),
    ]


def test_an_empty_batch_and_no_rules_give_an_empty_table() -> None:
    assert check(bound(small, limit=1), batch(), PAIR, 0, 0).schema == schema.FINDINGS
    assert found((), row()) == []


def test_a_result_of_the_wrong_shape_is_named() -> None:
    with pytest.raises(ValueError, match=r"rule test.crooked returned .* \(1, 2, 2\)"):
        found(bound(crooked), row())


instances = st.builds(
    row,
    xy=st.lists(st.floats(allow_nan=True), min_size=4, max_size=4),
    visibility=st.lists(st.integers(0, 3), min_size=2, max_size=2),
    origin=st.lists(st.integers(0, 3), min_size=2, max_size=2),
    area=st.none() | st.floats(),
    role=st.sampled_from(list(schema.Role)),
)


@given(rows=st.lists(instances, max_size=6), cut=st.integers(0, 6))
def test_findings_are_the_same_however_rows_are_batched(
    rows: list[dict[str, Any]], cut: int
) -> None:
    rules = bound(right, small, lost, limit=15)
    whole = batch(*rows)
    parts = whole.slice(0, cut), whole.slice(cut)
    starts = 0, min(cut, len(rows))
    apart = [
        check(rules, part, PAIR, 0, start)
        for part, start in zip(parts, starts, strict=True)
    ]
    together = check(rules, whole, PAIR, 0, 0)
    assert pa.Table.from_batches(apart).equals(pa.Table.from_batches([together]))

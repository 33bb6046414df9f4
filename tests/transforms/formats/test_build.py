"""Records -> canonical batches: what is the same for every format."""

import io
import math
from array import array
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posegate.transforms.formats import Build, Context, Record, Tally
from posegate.transforms.formats.rows import gathered
from posegate.transforms.model import jobs
from posegate.transforms.model.delivery import Delivery, Shard
from posegate.transforms.model.schema import QUARANTINE, Origin
from posegate.transforms.model.skeleton import Skeleton

FACE = Skeleton("face", ("nose", "left_eye", "right_eye"), (), (), None)
POINTS = {0: (10.0, 20.0, 2), 1: (14.0, 15.0, 1)}


class Built:
    """What became of records; a text in their place is one that cannot be a row."""

    def __init__(
        self,
        *records: Record | str,
        batch: int = 8192,
        table: str | None = None,
        **says: Any,
    ) -> None:
        delivery = Delivery("d", "d", (), **says)
        context = Context(
            FACE,
            delivery,
            Shard(0, "a.x", "a.x", 0, ""),
            lambda path: io.BytesIO(),
            (table and jobs.parse(table.encode(), "jobs.csv")) or None,
            batch,
        )
        self.tally = Tally()
        build = Build(context, self.tally, "x")
        self.batches: list[pa.RecordBatch] = []
        for record in records:
            if isinstance(record, str):
                build.refuse("a.x", 0, "no-record", record)
            else:
                build.put(record)
            self.batches += build.ready()
        self.batches += build.rest()
        assert self.tally.adds_up
        split: dict[bool, list[Any]] = {True: [], False: []}
        for each in self.batches:
            each.validate(full=True)
            split[each.schema == QUARANTINE] += each.to_pylist()
        self.bad, self.rows = split[True], split[False]


def record(position: int = 0, **said: Any) -> Record:
    points = said.pop("points", POINTS)
    made = Record(**{"position": position, "image": "a.jpg", **said})
    made.place(points)
    return made


def one(**said: Any) -> dict[str, Any]:
    [row] = Built(record(**said)).rows
    return row


def test_a_point_that_is_not_given_is_nowhere() -> None:
    row = one()
    assert row["visibility"] == [2, 1, 0]
    assert row["xy"][:4] == [10, 20, 14, 15]
    assert all(map(math.isnan, row["xy"][4:]))
    assert row["origin"] == [Origin.PLACED] * 3


def test_what_is_said_stands_in_its_column() -> None:
    row = one(
        id=7.0,
        bbox=(1, 2, 10, 20),
        width=640,
        height=480,
        video="v",
        frame=3,
        fps=25.0,
        track=5,
        annotator="ann",
        annotated_at="2026-02-14T09:30:00Z",
        lead_time_s=1.5,
        role="GOLD ",
        attributes={"late": True, "n": 3, "list": []},
        segmentation=b"[[0,0,1,0,1,1]]",
    )
    expected = {
        "id": "7",
        "bbox": [1, 2, 10, 20],
        "width": 640,
        "height": 480,
        "video": "v",
        "frame": 3,
        "fps": 25.0,
        "track": "5",
        "annotator": "ann",
        "annotated_at": datetime(2026, 2, 14, 9, 30, tzinfo=UTC),
        "lead_time_s": 1.5,
        "role": "gold",
        "attributes": [("late", "true"), ("n", "3")],
        "segmentation": b"[[0,0,1,0,1,1]]",
        "area_source": "0.53-bbox",
        "source": "a.x",
        "format": "x",
    }
    assert {name: row[name] for name in expected} == expected
    assert row["area"] == pytest.approx(0.53 * 200)


def test_the_job_table_then_the_delivery_say_what_the_record_does_not() -> None:
    table = "image,annotator,role,width,height,light\na.jpg,bob,review,640,480,dim\n"
    built = Built(
        record(0),
        record(1, annotator="ann", role="gold"),
        record(2, image="b.jpg"),
        table=table,
        annotator="somebody",
    )
    said = [
        (r["annotator"], r["role"], r["width"], r["attributes"]) for r in built.rows
    ]
    assert said == [
        ("bob", "review", 640, [("light", "dim")]),
        ("ann", "gold", 640, [("light", "dim")]),
        ("somebody", "production", None, None),
    ]
    assert built.tally.notes == {"jobs.no-line": 1}


def test_a_models_work_is_a_prelabel_and_predicted() -> None:
    row = one(model=True)
    assert (row["role"], row["origin"]) == ("prelabel", [Origin.PREDICTED] * 3)
    row = one(model=True, role="gold")
    assert (row["role"], row["origin"]) == ("gold", [Origin.PREDICTED] * 3)


def test_an_interpolated_point_stays_one() -> None:
    points = {0: (1, 2, 2, Origin.INTERPOLATED), 1: (1, 2, 2)}
    assert one(points=points)["origin"] == [2, 0, 0]
    assert one(points=points, model=True)["origin"] == [2, 3, 3]


def test_without_a_box_the_keypoints_give_the_area() -> None:
    row = one()
    assert (row["area"], row["area_source"]) == (0.53 * 4 * 5, "keypoints")
    row = one(points={0: (1, 2, 2)})
    assert (row["area"], row["area_source"]) == (None, None)


def test_an_area_that_is_given_is_the_segments() -> None:
    row = one(area=12.5, bbox=(0, 0, 9, 9))
    assert (row["area"], row["area_source"]) == (12.5, "segment")


def test_depth_has_its_unit_and_no_area() -> None:
    row = one(points={0: (1.0, 2.0, 2)}, z=[3.0], unit="mm")
    assert row["z"][0] == 3.0
    assert math.isnan(row["z"][1])
    assert (row["unit"], row["area"]) == ("mm", None)


@pytest.mark.parametrize("x", [math.nan, math.inf, 1e7])
def test_a_position_that_cannot_be_is_quarantined(x: float) -> None:
    built = Built(record(raw=b"raw", points={1: (x, 2, 2)}), record(1))
    [bad] = built.bad
    assert (bad["position"], bad["reason"], bad["raw"]) == (0, "x.coordinate", b"raw")
    assert "(left_eye)" in bad["detail"]
    assert len(built.rows) == 1


def test_an_id_counts_once_for_an_image_an_annotator_and_a_role() -> None:
    same = record(1, id=1)
    others = [
        record(2, id=1, annotator="b"),
        record(3, id=1, image="b.jpg"),
        record(4, id=1, role="gold"),
    ]
    built = Built(record(0, id=1), same, *others, batch=2)
    assert [(b["position"], b["reason"]) for b in built.bad] == [(1, "x.duplicate-id")]
    assert [row["position"] for row in built.rows] == [0, 2, 3, 4]


def test_a_refusal_of_the_readers_own_goes_first() -> None:
    built = Built(record(refusal=("x.odd", "it is odd"), role="nobody"))
    assert [b["reason"] for b in built.bad] == ["x.odd"]


def test_repairs_are_sorted_and_each_stands_once() -> None:
    assert one(repairs=["x.b", "x.a", "x.b"])["repairs"] == ["x.a", "x.b"]


def test_no_records_give_no_columns_of_points() -> None:
    assert gathered([], 3).xy.shape == (0, 3, 2)
    assert Built().batches == []


def test_points_may_be_arrays() -> None:
    of = {"keypoints": (2, 0), "image": "a.jpg"}
    lists = [Record(0, x=[1.5, 2], y=[3, 4], **of), Record(1, "b.jpg")]
    arrays = [Record(0, x=array("d", [1.5, 2]), y=array("d", [3, 4]), **of)]
    alone, beside = gathered(arrays, 3).xy, gathered([*arrays, lists[1]], 3).xy
    assert alone[0, [2, 0]].tolist() == [[1.5, 3], [2, 4]]
    assert np.array_equal(beside, gathered(lists, 3).xy, equal_nan=True)
    assert np.array_equal(beside[:1], alone, equal_nan=True)


RECORDS = st.lists(
    st.builds(
        record,
        image=st.sampled_from(["a.jpg", "b.jpg"]),
        id=st.one_of(st.none(), st.integers(0, 3), st.text(max_size=2)),
        points=st.dictionaries(
            st.integers(0, 2),
            st.tuples(st.floats(), st.floats(-100, 100), st.integers(0, 2)),
        ),
        role=st.sampled_from([None, "gold", "nobody"]),
        annotated_at=st.one_of(st.none(), st.text(max_size=3), st.integers()),
        attributes=st.one_of(st.none(), st.dictionaries(st.text(), st.integers())),
    ),
    max_size=12,
)


@given(RECORDS, st.integers(1, 5))
def test_nothing_is_lost_however_it_is_batched(given: list[Record], n: int) -> None:
    for position, each in enumerate(given):
        each.position = position
    built, whole = Built(*given, batch=n), Built(*given)
    found = [r["position"] for r in built.rows] + [b["position"] for b in built.bad]
    assert sorted(found) == list(range(len(given)))
    assert repr(built.rows) == repr(whole.rows)
    assert built.bad == whole.bad
    for row in built.rows:
        xy = np.array(row["xy"]).reshape(-1, 2)
        assert np.isfinite(xy[np.array(row["visibility"]) > 0]).all()


@pytest.mark.parametrize("batch", [1, 2, 8192])
def test_refusals_stand_in_the_order_of_the_file(batch: int) -> None:
    bad = ("x.wrong", "second")
    built = Built("first", record(1, refusal=bad), "third", record(2), batch=batch)
    assert [row["detail"] for row in built.bad] == ["first", "second", "third"]

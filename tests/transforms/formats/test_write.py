"""Rows come to a writer with what belongs together in one batch, in their order."""

from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from canonical import batch, row
from posegate.transforms.formats import loss
from posegate.transforms.formats.write import Keeps, Together, spool

names = st.sampled_from(["a", "b", "c", "d"])


def together(rows: list[pa.RecordBatch], by: tuple[str, ...], size: int) -> Together:
    return Together(pa.Table.from_batches(rows), by, size)


@settings(max_examples=50)
@given(st.lists(names, min_size=1, max_size=30), st.integers(1, 5), st.integers(1, 7))
def test_an_image_stands_in_one_batch_in_its_first_order(
    images: list[str], cut: int, size: int
) -> None:
    every = batch(*(row(i, image=name) for i, name in enumerate(images)))
    pieces = [every.slice(i, cut) for i in range(0, len(images), cut)]
    rows = together(pieces, ("image",), size)
    for _ in range(2):
        batches = [b.to_pylist() for b in rows]
        seen = [{r["image"] for r in b} for b in batches]
        assert sum(map(len, seen)) == len(set(images))
        got = [(r["image"], r["position"]) for b in batches for r in b]
        first = list(dict.fromkeys(images))
        places = [(name, i) for i, name in enumerate(images)]
        assert got == sorted(
            places, key=lambda place: (first.index(place[0]), place[1])
        )
    assert rows.images()["image"].to_pylist() == first


def test_tracks_stand_together_by_frame_and_what_has_none_alone() -> None:
    said = [("v", "t", 2), ("v", None, 1), ("v", "t", 1), ("w", "t", 0), ("v", None, 2)]
    every = batch(
        *(row(i, video=v, track=t, frame=f) for i, (v, t, f) in enumerate(said))
    )
    rows = together([every], ("video", "track"), 1)
    got = [[r["position"] for r in b.to_pylist()] for b in rows]
    assert got == [[2, 0], [1], [3], [4]]


def test_no_rows_give_no_batches() -> None:
    rows = together([batch()], ("image",), 5)
    assert (list(rows), len(rows.images())) == ([], 0)


def test_a_spool_leaves_no_file(tmp_path: Path) -> None:
    table = spool([batch(row(1)), batch(row(2))], str(tmp_path / "rows"), 3)
    assert table["position"].to_pylist() == [1, 2]
    assert list(tmp_path.iterdir()) == []


NOTHING = Keeps(fields=frozenset())


def test_a_loss_is_foretold_by_what_the_rows_have() -> None:
    rows = batch(
        row(1, visibility=[3, 1, 0], origin=[2, 0, 0], track="t", lead_time_s=2.0),
        row(2, annotator=None, annotated_at=None, role="gold", area_source="0.53-bbox"),
    )
    assert loss.foretold(iter([rows]), NOTHING) == {
        "id (rows)": 2,
        "image (rows)": 2,
        "width (rows)": 2,
        "height (rows)": 2,
        "track (rows)": 1,
        "annotator (rows)": 1,
        "annotated_at (rows)": 1,
        "lead_time_s (rows)": 1,
        "role (rows)": 1,
        "bbox (rows)": 2,
        "area (rows)": 1,
        "certain becomes visible (keypoints)": 1,
        "interpolated becomes placed (keypoints)": 1,
        "positions of unlabelled keypoints": 1,
    }
    everything = Keeps(frozenset(loss.FIELDS), (0, 1, 2, 3), (0, 1, 2, 3), stale=True)
    assert loss.foretold(iter([rows]), everything) == {}


def test_what_changed_on_the_way_is_found() -> None:
    before = [row(1, image="a"), row(2, image="b"), row(3, image="b", track="x")]
    after = [
        row(7, image="b"),
        row(3, image="b", track="y", attributes=[("k", "v")]),
        row(1, image="a", xy=[20.5, 10, 10, 30, 30, 30], visibility=[1, 2, 2]),
    ]
    got = loss.found(
        *(pa.Table.from_batches([batch(*r)]) for r in (before, after)), ("image",)
    )
    assert (got.rows, got.back, got.compared, got.farthest) == (3, 3, 3, 0.5)
    assert got.changed == {"id": 1, "track": 1, "visibility": 1}
    keeps = Keeps(fields=frozenset({"id", "track"}), step=0.5)
    assert got.beyond(keeps) == ["id", "track"]
    assert got.beyond(keeps, ["id: numbered"]) == ["track"]
    assert "xy" in got.beyond(NOTHING)


@pytest.mark.parametrize("by", [("image",), ("video", "frame", "track")])
def test_groups_of_other_sizes_are_not_compared(by: tuple[str, ...]) -> None:
    one, two = (row(i, image=f"{i}", video="v", frame=i, track="t") for i in (1, 2))
    before = pa.Table.from_batches([batch(one, two)])
    after = pa.Table.from_batches([batch(one, one, two)])
    got = loss.found(before, after, by)
    assert (got.compared, got.back) == (1, 3)

"""C3D: byte orders, words, invalid and filled-in markers; beside ezc3d's reading."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

from posegate.transforms.formats.c3d_header import DEC, INTEL, MIPS
from posegate.transforms.model.schema import Origin
from posegate.transforms.model.skeleton import Skeleton
from samples.c3d import HERE, SKELETON, TWO, gap_filled, sample, trial
from samples.mutation import mutated
from samples.reading import Reading

AB = Skeleton("ab", ("A", "B"), (), (), None)
LOST = (HERE[0], (9, 9, 9, -1))


@pytest.mark.parametrize("processor", [INTEL, DEC, MIPS])
@pytest.mark.parametrize("scale", [-0.1, 0.5])
def test_every_byte_order_reads_the_same(processor: int, scale: float) -> None:
    data = trial(TWO, [HERE, LOST], processor=processor, scale=scale, first=7)
    got = Reading({"walk.c3d": data}, AB)
    first, second = got.rows
    assert (first["xy"], first["z"]) == ([100, 200, 150, 250], [300, 350])
    assert [first[n] for n in ("image", "video", "frame", "fps", "unit")] == [
        *("walk.c3d#7", "walk.c3d", 7, 120, "mm"),
    ]
    assert (second["frame"], second["visibility"]) == (8, [2, 0])
    assert (got.bad, got.repairs) == ([], set())


def test_a_marker_that_was_filled_in_is_interpolated() -> None:
    row = Reading(gap_filled(), AB).rows[0]
    assert row["origin"] == [Origin.PLACED, Origin.INTERPOLATED]


def test_residuals_of_0_everywhere_say_nothing() -> None:
    frame = [(*point[:3], 0) for point in HERE]
    got = Reading({"a.c3d": trial(TWO, [frame])}, AB)
    assert got.rows[0]["origin"] == [Origin.PLACED] * 2


def test_labels_beyond_255_stand_in_a_second_list() -> None:
    names = [f"M{i}" for i in range(300)]
    frame = np.ones((1, 300, 4))
    frame[0, :, 0] = np.arange(300)
    data = trial(names[:255], frame, more={"LABELS2": names[255:]})
    got = Reading({"a.c3d": data}, Skeleton("many", tuple(names), (), (), None))
    assert got.rows[0]["xy"][::2] == list(range(300))


def test_a_marker_without_a_name_is_a_ghost() -> None:
    got = Reading({"a.c3d": trial(TWO[:1], [HERE])}, AB)
    assert got.rows[0]["visibility"] == [2, 0]
    assert got.tally.notes == {"c3d.ghost-markers": 1}


@pytest.mark.parametrize(
    "data", [b"", b"\x02P" + b"\0" * 99, b"\0" * 999, b'{"images": []}']
)
def test_what_is_none_is_said_to_be_none(data: bytes) -> None:
    got = Reading({"a.c3d": data}, AB)
    assert (got.rows, len(got.bad)) == ([], 1)


def test_a_signalling_nan_is_a_missing_marker() -> None:
    data = trial(TWO, [HERE]).replace(b"\x00\x00\xc8\x42", b"\x01\x00\x80\x7f", 1)
    row = Reading({"a.c3d": data}, AB).rows[0]
    assert (row["visibility"], row["repairs"]) == ([0, 2], ["c3d.point-incomplete"])


@settings(max_examples=100)
@given(mutated([trial(TWO, [HERE, LOST]), trial(TWO, [HERE], scale=0.5)]))
def test_whatever_is_wrong_nothing_is_lost(data: bytes) -> None:
    got = Reading({"a.c3d": data}, AB, format="c3d")
    assert not got.undocumented()


def test_a_sample_reads_to_its_number() -> None:
    got = Reading(sample(50), SKELETON)
    assert (len(got.rows), got.bad) == (50, [])


def coordinates(rows: list[dict[str, Any]]) -> Any:
    """(F, M, 3) as rows have them."""
    xy = np.array([row["xy"] for row in rows]).reshape(len(rows), -1, 2)
    return np.dstack([xy, np.array([row["z"] for row in rows])])


@pytest.mark.parametrize("processor", [INTEL, DEC])
@pytest.mark.parametrize("scale", [-0.1, 0.5])
def test_ezc3d_reads_the_same_of_the_byte_orders_it_knows(
    processor: int, scale: float, tmp_path: Path
) -> None:
    ezc3d = pytest.importorskip("ezc3d", reason="needs ezc3d: ./run set-up")
    path = tmp_path / "a.c3d"
    data = trial(TWO, [HERE, LOST], processor=processor, scale=scale, analogs=0)
    path.write_bytes(data)
    theirs = ezc3d.c3d(str(path))["data"]["points"][:3].transpose(2, 1, 0)
    np.testing.assert_array_equal(coordinates(Reading(path, AB).rows), theirs)


def test_a_real_trial_reads_as_ezc3d_reads_it(shared_data: Path) -> None:
    """580 frames of 51 markers, of which 8 are a box's; 305 of them not seen."""
    ezc3d = pytest.importorskip("ezc3d", reason="needs ezc3d: ./run set-up")
    path = shared_data / "pyomeca_markers/markers_analogs.c3d"
    theirs = ezc3d.c3d(str(path))
    labels = theirs["parameters"]["POINT"]["LABELS"]["value"]
    mine = [i for i, label in enumerate(labels) if label.startswith("Daphnee:")]
    names = tuple(labels[i].partition(":")[2] for i in mine)
    got = Reading(path, Skeleton("d", names, (), (), None))
    assert (len(labels), len(got.rows), got.bad) == (51, 580, [])
    assert got.tally.notes == {"c3d.other-object": 580}
    np.testing.assert_array_equal(
        coordinates(got.rows), theirs["data"]["points"][:3, mine].transpose(2, 1, 0)
    )


def test_a_trial_is_the_same_in_all_three_of_its_files(shared_data: Path) -> None:
    """C3D and CSV hold 580 frames; TRC the first 93 lines of another trial."""
    folder = shared_data / "pyomeca_markers"
    names = ("ASISr", "ASISl", "XIPH")
    skeleton = Skeleton("d", names, (), (), None)
    side = "points.ignore = ['*']"
    both = [
        Reading({name: (folder / name).read_bytes()}, skeleton, side=side)
        for name in ("markers_analogs.c3d", "markers.csv")
    ]
    c3d, table = (
        coordinates([row for row in got.rows if row["track"] == "Daphnee"])
        for got in both
    )
    np.testing.assert_allclose(c3d, table, atol=0.01)


def test_ezc3ds_own_labels_beyond_255_are_read(tmp_path: Path) -> None:
    ezc3d = pytest.importorskip("ezc3d", reason="needs ezc3d: ./run set-up")
    names = tuple(f"m{i}" for i in range(300))
    made = ezc3d.c3d()
    made["parameters"]["POINT"]["RATE"]["value"] = [100]
    made["parameters"]["POINT"]["LABELS"]["value"] = names
    points = np.ones((4, 300, 2))
    points[0] = np.arange(300)[:, None]
    made["data"]["points"] = points
    made.write(str(tmp_path / "many.c3d"))
    got = Reading(tmp_path / "many.c3d", Skeleton("s", names, (), (), None))
    assert [row["xy"][::2] for row in got.rows] == [list(range(300))] * 2

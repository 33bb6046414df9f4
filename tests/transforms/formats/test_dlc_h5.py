"""DeepLabCut's .h5: pandas' two layouts, read without unpickling anything."""

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

from posegate.transforms.formats.pickled import texts
from posegate.transforms.model.skeleton import Skeleton
from samples.mutation import mutated
from samples.reading import Reading

pytest.importorskip("h5py", reason="needs h5py: pip install 'posegate[hdf5]'")
from samples.dlc import beside_h5  # needs h5py
from samples.dlc_h5 import (
    NUMBERS,
    PATHS,
    SKELETON,
    appendable,
    columns,
    fixed,
    sample,
)

AB = Skeleton("ab", ("A", "B"), (), (), None)
FIXED = fixed(PATHS, NUMBERS, columns())
TABLE = appendable(PATHS, NUMBERS, columns())


@pytest.mark.parametrize("data", [FIXED, TABLE])
def test_both_layouts_are_read_as_the_csv_is(data: bytes) -> None:
    got = Reading({"CollectedData_Ann.h5": data}, AB)
    first, second = got.rows
    assert (first["xy"], first["visibility"]) == ([1, 2, 3.5, 4], [2, 2])
    assert (first["image"], first["annotator"], first["frame"]) == (PATHS[0], "Ann", 7)
    assert second["visibility"] == [2, 0]
    assert (got.bad, got.repairs, got.tally.notes) == ([], set(), {})


def test_frames_of_a_video_that_a_model_saw() -> None:
    names = columns(animals=("m1", "m2"), axes=("x", "y", "likelihood"))
    data = appendable(range(3), np.ones((3, len(names))), names)
    got = Reading({"clipAnn.h5": data}, AB)
    assert {r["image"] for r in got.rows} == {"clip#0", "clip#1", "clip#2"}
    assert {(r["track"], r["role"]) for r in got.rows} == {
        ("m1", "prelabel"),
        ("m2", "prelabel"),
    }


def test_the_h5_counts_where_both_lie_side_by_side() -> None:
    got = Reading(beside_h5(), AB)
    assert {r["format"] for r in got.rows} == {"dlc-h5"}
    assert got.tally.notes == {"dlc.h5-counts": 1}


@pytest.mark.parametrize("protocol", range(6))
def test_a_pickle_is_read_as_data(protocol: int) -> None:
    said: list[Any] = [1, ["a", "b"], None, True, 2.5, "a", [[], ["x", "y", "z", "a"]]]
    assert texts(pickle.dumps(said, protocol)) == said


@pytest.mark.parametrize("protocol", [0, 2, 5])
def test_a_pickle_that_would_call_something_is_refused(protocol: int) -> None:
    class Bomb:
        def __reduce__(self) -> Any:
            return print, ("called",)

    with pytest.raises(ValueError, match="more than data"):
        texts(pickle.dumps([Bomb()], protocol))


@pytest.mark.parametrize("data", [b"", b"(lp0\n", b"a.", b"t.", b"\x80\x05", b"V\n"])
def test_a_damaged_pickle_is_said_to_be_one(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"pickle|opcode|exhausted|not enough"):
        texts(data)


def test_what_is_none_is_read_as_none() -> None:
    for data in (b"", FIXED[:999], b"\0" * 99):
        assert Reading({"a.h5": data}, AB, format="dlc-h5").rows == []


@settings(max_examples=60)
@given(mutated([FIXED, TABLE]))
def test_whatever_is_wrong_nothing_is_lost(data: bytes) -> None:
    got = Reading({"a.h5": data}, AB, format="dlc-h5")
    assert not got.undocumented()


def test_a_sample_reads_to_its_number() -> None:
    got = Reading(sample(600), SKELETON)
    assert (len(got.rows), got.bad) == (600, [])


def test_a_real_project_says_the_same_twice(shared_data: Path) -> None:
    """116 frames, as CSV and as .h5 of pandas 0.15.2: the .h5 is read."""
    mouse = Skeleton("m", ("snout", "leftear", "rightear", "tailbase"), (), (), None)
    got = Reading(shared_data / "dlc_openfield", mouse)
    assert (len(got.rows), got.bad) == (116, [])
    assert got.tally.notes == {"dlc.h5-counts": 1}
    (table,) = (shared_data / "dlc_openfield").rglob("*.csv")
    alone = Reading({"CollectedData_Pranav.csv": table.read_bytes()}, mouse)
    assert [r["xy"] for r in alone.rows] == [r["xy"] for r in got.rows]

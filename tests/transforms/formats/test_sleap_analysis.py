"""SLEAP's analysis files: dense arrays, whichever way round."""

import io
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings

from posegate.transforms.model.skeleton import Skeleton
from samples.mutation import mutated
from samples.reading import Reading

pytest.importorskip("h5py", reason="needs h5py: pip install 'posegate[hdf5]'")
import h5py

from samples.sleap_analysis import SKELETON, analysis, sample

AB = Skeleton("ab", ("A", "B"), (), (), None)
TRACKS = np.arange(24.0).reshape(2, 2, 2, 3)
TRACKS[1, :, :, 1] = np.nan


@pytest.mark.parametrize("turned", [False, True])
def test_a_track_is_a_row_where_it_is_there(turned: bool) -> None:
    got = Reading({"a.h5": analysis("AB", TRACKS, turned)}, AB, batch=2)
    assert [(r["frame"], r["track"]) for r in got.rows] == [
        *((0, "fly0"), (0, "fly1"), (1, "fly0"), (2, "fly0"), (2, "fly1")),
    ]
    first = got.rows[0]
    assert first["xy"] == [*TRACKS[0, :, 0, 0], *TRACKS[0, :, 1, 0]]
    assert (first["image"], first["role"]) == ("a.mp4#0", "prelabel")
    assert got.tally.images == 3


@pytest.mark.parametrize("dims", list(permutations(("frame", "track", "node", "xy"))))
def test_axes_may_be_named_in_any_order(dims: tuple[str, ...]) -> None:
    plain = Reading({"a.h5": analysis("AB", TRACKS)}, AB, batch=2)
    named = Reading({"a.h5": analysis("AB", TRACKS, dims=dims)}, AB, batch=2)
    assert str(named.rows) == str(plain.rows)


def test_axes_that_are_named_wrongly_are_known_by_their_lengths() -> None:
    tracks = TRACKS[:, :, :1]
    wrong = analysis("A", tracks, dims=("track", "xy", "node", "frame"))
    with h5py.File(stream := io.BytesIO(wrong), "r+") as file:
        file["tracks"].attrs["dims"] = '["frame", "frame", 7]'
    a = Skeleton("a", ("A",), (), (), None)
    got = Reading({"a.h5": stream.getvalue()}, a)
    assert [row["xy"] for row in got.rows][:1] == [tracks[0, :, 0, 0].tolist()]


@settings(max_examples=40)
@given(mutated([analysis("AB", TRACKS)]))
def test_whatever_is_wrong_nothing_is_lost(data: bytes) -> None:
    got = Reading({"a.h5": data}, AB, format="sleap-analysis")
    assert not got.undocumented()


def test_a_sample_reads_to_its_number() -> None:
    got = Reading(sample(100), SKELETON)
    assert (len(got.rows), got.bad) == (100, [])

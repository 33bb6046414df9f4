"""TRC: whatever parts its cells, and whatever its header says of them."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings

from posegate.transforms.formats import File
from posegate.transforms.formats.text_table import cells, dialect_of
from posegate.transforms.model.skeleton import Skeleton
from samples.mutation import mutated
from samples.reading import Reading
from samples.trc import HERE, TWO, axes_named, row, sample, trial

AB = Skeleton("ab", ("a", "b"), (), (), None)
ROWS = [row(1, *HERE), row(2, *HERE[:3], *HERE[:3])]
POINTS = ([100, 200, 150, 250], [300, 350])


def reading(data: bytes, **says: str) -> Reading:
    return Reading({"walk.trc": data}, AB, **says)


def test_a_frame_is_a_row_with_depth_unit_rate_and_video() -> None:
    got = reading(trial(TWO, ROWS))
    first = got.rows[0]
    assert (first["xy"], first["z"]) == POINTS
    assert [first[name] for name in ("video", "image", "frame", "fps", "unit")] == [
        *("walk.trc", "walk.trc#1", 1, 100, "mm"),
    ]
    assert first["visibility"] == [2, 2]
    assert (first["area"], first["track"]) == (None, "1")
    assert got.tally.images == 2


@pytest.mark.parametrize(
    "data",
    [
        trial(TWO, ROWS, sign=","),
        trial(TWO, ROWS, sign=";"),
        trial(TWO, ROWS, sign=" "),
        trial(TWO, ROWS, blank=False),
        trial(TWO, ROWS, end="\r\n"),
        trial(TWO, ROWS, end="\r"),
        b"\xef\xbb\xbf" + trial(TWO, ROWS),
        trial(TWO, ROWS).decode().encode("utf-16"),
        trial(TWO, [[*each, ""] for each in ROWS]),
        trial(TWO, [[*each, "", ""] if each[0] == 1 else each for each in ROWS]),
        trial(TWO, ROWS).rstrip(b"\n"),
        trial(TWO, ROWS) + b"\t\t\t\t\t\t\t\n\n",
        trial(("A", "A", "A", "B", "B", "B"), ROWS).replace(b"A\t\t\t", b"A\t"),
        trial(TWO, ROWS).replace(b"A\t\t\tB\t\t", b"A\tB"),
        trial(TWO, ROWS, frames="       2"),
    ],
)
def test_however_it_is_written_it_reads_the_same(data: bytes) -> None:
    got = reading(data)
    assert [(r["xy"], r["z"]) for r in got.rows][:1] == [POINTS]
    assert (len(got.rows), got.bad, got.repairs) == (2, [], set())


@pytest.mark.parametrize(
    ("a", "b"),
    [("A_x A_y A_z", "B_x B_y B_z"), ("A[0] A[1] A[2]", "B[0] B[1] B[2]"),
     ("A.X A.Y A.Z", "B.X B.Y B.Z")],
)  # fmt: skip
def test_three_names_with_their_axes_are_a_marker(a: str, b: str) -> None:
    got = Reading(axes_named(a, b), AB)
    assert [(r["xy"], r["z"]) for r in got.rows] == [POINTS]
    assert got.tally.notes == {"trc.axes-named": 1}


def test_names_that_are_no_three_axes_are_markers_each() -> None:
    names = [f"foot_{axis}" for axis in "xzy"]
    got = Reading({"a.trc": trial(names, [row(1, *HERE, 1, 2, 3)])}, AB)
    assert got.reasons == ["trc.other-skeleton"]
    assert "foot_z" in got.bad[0]["detail"]


def test_a_comma_is_the_decimal_sign_where_tabs_part_cells() -> None:
    data = trial(TWO, [row(1, *HERE)]).replace(b"100\t200", b"100,5\t200,25")
    got = reading(data.replace(b"0.000", b"0,000"))
    assert got.rows[0]["xy"] == [100.5, 200.25, 150, 250]


@pytest.mark.parametrize("missing", ["", "NaN", "nan"])
def test_a_marker_that_was_not_seen_is_unlabelled(missing: str) -> None:
    got = reading(trial(TWO, [[1, 0, *[missing] * 3, *HERE[3:]]]))
    assert got.rows[0]["visibility"] == [0, 2]
    assert np.isnan(got.rows[0]["xy"][:2]).all()
    assert got.repairs == set()


def test_subjects_are_tracks_of_their_own() -> None:
    got = reading(trial(("Ann:A", "Ann:B", "Bob:B", "Bob:A"), [row(1, *HERE, *HERE)]))
    assert [(r["track"], r["xy"]) for r in got.rows] == [
        ("Ann", [100, 200, 150, 250]),
        ("Bob", [150, 250, 100, 200]),
    ]
    assert {r["image"] for r in got.rows} == {"walk.trc#1"}


def test_markers_are_renamed_by_the_side_file() -> None:
    data = trial(("RASI", "LASI"), ROWS)
    assert reading(data).rows == []
    got = reading(data, side='points.names = { RASI = "a", LASI = "b" }')
    assert got.rows[0]["xy"] == POINTS[0]


def test_markers_that_are_not_the_projects_say_what_to_write() -> None:
    detail = reading(trial((*TWO, "STRN"), [row(1, *HERE, 1, 2, 3)])).bad[0]["detail"]
    assert "['STRN']" in detail
    assert 'ignore in delivery.toml (["*"]' in detail


def test_a_file_name_says_whose_work_it_is() -> None:
    files = {f"{who}/walk_2026-02-03.trc": trial(TWO, ROWS) for who in ("ann", "bob")}
    side = "names.pattern = '(?P<annotator>.+)/(?P<video>.+)_(?P<date>[-\\d]+)'"
    got = Reading(files, AB, side=side)
    assert [(r["annotator"], r["image"]) for r in got.rows] == [
        ("ann", "walk#1"),
        ("ann", "walk#2"),
        ("bob", "walk#1"),
        ("bob", "walk#2"),
    ]
    assert got.rows[0]["annotated_at"].isoformat() == "2026-02-03T00:00:00+00:00"


def test_frames_that_the_header_tells_and_the_file_lacks_are_said() -> None:
    (none,) = reading(trial(TWO, [], frames=652)).bad
    assert (none["position"], none["reason"]) == (-1, "trc.frames-missing")
    assert "652 frames, but it holds none" in none["detail"]
    (some,) = reading(trial(TWO, ROWS, frames=652)).bad
    assert some["position"] == len(ROWS)  # not the whole file: the rows there count
    assert "652 frames, but it holds 2;" in some["detail"]


@pytest.mark.parametrize("data", [b"", b"\0" * 999, b'{"images": []}'])
def test_what_is_no_trc_is_said_to_be_none(data: bytes) -> None:
    got = reading(data)
    assert (got.rows, len(got.bad)) == ([], 1)


@pytest.mark.parametrize("end", [b" \n", b"\t\t\n \n", b"\n\n \t"])
def test_a_last_block_of_nothing_is_nothing(
    end: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(File.chunks, "__defaults__", (1,))
    for data in (trial(TWO, ROWS), trial((), [(1, 0)])):
        assert len(reading(data + end).rows) in (0, 2)


SOUND = [trial(TWO, ROWS), trial(TWO, ROWS, sign=","), trial(TWO, ROWS, sign=" ")]


@settings(max_examples=60)
@given(mutated(SOUND))
def test_whatever_is_wrong_nothing_is_lost(data: bytes) -> None:
    got = Reading({"walk.trc": data}, AB, format="trc")
    assert not got.undocumented()


def test_a_sample_reads_to_its_number() -> None:
    from samples.trc import SKELETON

    got = Reading(sample(50), SKELETON)
    assert (len(got.rows), got.bad) == (50, [])


@pytest.mark.parametrize(
    ("name", "frames", "markers", "bad"),
    [
        ("opensim_gait2354/Gait2354_Simbody/subject01_static.trc", 300, 49, []),
        ("opensim_gait2354/Gait2354_Simbody/subject01_walk1.trc", 151, 41, []),
        ("opensim_gait2354/Gait2392_Simbody/subject01_walk1.trc", 151, 41, []),
        ("pyomeca_markers/markers.trc", 93, 51, ["trc.frames-missing"]),
    ],
)
def test_real_trials(
    shared_data: Path, name: str, frames: int, markers: int, bad: list[str]
) -> None:
    """pyomeca's says 652 frames and holds 93: its end was cut by hand."""
    line = (shared_data / name).read_text().splitlines()[3]
    names = [cell for cell in cells(line, dialect_of(line))[2:] if cell]
    assert len(names) == markers
    got = Reading(shared_data / name, Skeleton("s", tuple(names), (), (), None))
    assert (len(got.rows), got.reasons, got.tally.notes) == (frames, bad, {})
    assert {(r["unit"], r["fps"]) for r in got.rows} <= {("mm", 60.0), ("mm", 100.0)}

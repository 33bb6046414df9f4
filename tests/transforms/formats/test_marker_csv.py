"""Tables of markers: Vicon's sections, Qualisys' words, OptiTrack's rows of names."""

import csv
from pathlib import Path

import pytest
from hypothesis import given, settings

from posegate.transforms.formats import sniff
from posegate.transforms.model.skeleton import Skeleton
from samples.marker_csv import (
    HERE,
    SKELETON,
    TWO,
    marker,
    motive,
    qualisys,
    sample,
    text,
    vicon,
)
from samples.mutation import mutated
from samples.reading import Reading

AB = Skeleton("ab", ("a", "b"), (), (), None)
POINTS = ([100, 200, 150, 250], [300, 350])
VICON = vicon(TWO, [(1, 0, *HERE), (2, 0, *HERE[:3], "", "", "")])
QUALISYS = qualisys(TWO, [HERE, HERE])
MOTIVE = motive([*marker("A"), *marker("B")], [(1, 0.0, *HERE), (2, 0.0, *HERE)])


@pytest.mark.parametrize(
    ("data", "rate", "unit"),
    [(VICON, 100, "mm"), (QUALISYS, 120, "mm"), (MOTIVE, 119.88, "m")],
)
def test_a_frame_is_a_row(data: bytes, rate: float, unit: str) -> None:
    got = Reading({"walk.csv": data}, AB)
    first = got.rows[0]
    assert (first["xy"], first["z"]) == POINTS
    assert [first[n] for n in ("image", "video", "frame", "fps", "unit")] == [
        *("walk.csv#1", "walk.csv", 1, rate, unit),
    ]
    assert (len(got.rows), got.bad, got.repairs) == (2, [], set())


def test_a_blank_marker_is_unlabelled() -> None:
    assert Reading({"a.csv": VICON}, AB).rows[1]["visibility"] == [2, 0]


@pytest.mark.parametrize("encode", ["utf-8-sig", "utf-16"])
@pytest.mark.parametrize("data", [VICON, QUALISYS, MOTIVE])
def test_an_encoding_changes_nothing(data: bytes, encode: str) -> None:
    again = data.decode().replace("\n", "\r\n").encode(encode)
    assert [r["xy"] for r in Reading({"a.csv": again}, AB).rows][:1] == [POINTS[0]]


def test_other_sections_of_vicon_are_passed_over() -> None:
    forces = text(
        ("Devices",),
        (1000,),
        ("", "", "Force"),
        ("Frame", "Sub Frame", "Fx"),
        ("", "", "N"),
        *((1, i, 0.5) for i in range(10)),
        (),
    )
    joints = text((), ("Joints",), (100,), ("", "", "Ann:Hip"), ("Frame", 1, "RX"))
    got = Reading({"a.csv": forces + VICON + joints}, AB)
    assert (len(got.rows), got.bad) == (2, [])


def test_velocities_beside_trajectories_are_no_markers() -> None:
    data = text(
        ("Trajectories",),
        (100,),
        ("", "", "A", *[""] * 5, "B", *[""] * 5),
        ("Frame", "Sub Frame", *("X", "Y", "Z", "X'", "Y'", "Z'") * 2),
        ("", "", *("mm", "mm", "mm", "mm/s", "mm/s", "mm/s") * 2),
        (1, 0, *HERE[:3], 7, 7, 7, *HERE[3:], 7, 7, 7),
    )
    got = Reading({"a.csv": data}, AB)
    assert got.rows[0]["xy"] == POINTS[0]
    assert got.tally.notes == {"marker-csv.not-markers": 6}


def test_qualisys_may_number_its_frames() -> None:
    rows = [(7, "0.05", *HERE), (8, "0.06", *HERE)]
    head = ("Frame", "Time", "A X", "A Y", "A Z", "B X", "B Y", "B Z")
    for data in (qualisys(TWO, rows), qualisys(TWO, [head, *rows], frames=2)):
        got = Reading({"a.tsv": data}, AB)
        assert [(r["frame"], r["xy"]) for r in got.rows] == [
            (7, POINTS[0]),
            (8, POINTS[0]),
        ]


def test_a_word_of_qualisys_may_have_no_value() -> None:
    data = QUALISYS.replace(b"DATA_INCLUDED\t3D", b"DATA_INCLUDED")
    assert len(Reading({"a.tsv": data}, AB).rows) == 2


def test_subjects_are_tracks() -> None:
    names = ("Ann:A", "Ann:B", "Bob:A", "Bob:B")
    got = Reading({"a.csv": vicon(names, [(1, 0, *HERE, *HERE)])}, AB)
    assert [r["track"] for r in got.rows] == ["Ann", "Bob"]


@pytest.mark.parametrize(
    "data",
    [b"", b"Trajectories\n", b"NO_OF_FRAMES\t1\n", b"Format Version,1.2\n", b"\0" * 9],
)
def test_what_is_none_is_read_as_none(data: bytes) -> None:
    assert Reading({"a.csv": data}, AB).rows == []
    assert Reading({"a.csv": data}, AB, format="marker-csv").rows == []


def test_votes_about_sentences_are_no_markers(shared_data: Path) -> None:
    path = shared_data / "snow_rte_10workers/rte.standardized.tsv"
    assert sniff(path.read_bytes()[:4096], path.name) == []


@settings(max_examples=60)
@given(mutated([VICON, QUALISYS, MOTIVE]))
def test_whatever_is_wrong_nothing_is_lost(data: bytes) -> None:
    got = Reading({"a.csv": data}, AB, format="marker-csv")
    assert not got.undocumented()


def test_a_sample_reads_to_its_number() -> None:
    got = Reading(sample(50), SKELETON)
    assert (len(got.rows), got.bad) == (50, [])


def test_a_real_trial_of_a_person_who_lifts_a_box(shared_data: Path) -> None:
    """The manifest counts 584 lines after the first: 4 of header, and 580 frames.

    8 of the 51 markers are the box's.
    """
    path = shared_data / "pyomeca_markers/markers.csv"
    with path.open() as file:
        labels = [cell for cell in list(csv.reader(file))[2] if cell]
    mine = tuple(n.partition(":")[2] for n in labels if n.startswith("Daphnee:"))
    assert (len(labels), len(mine)) == (51, 43)
    got = Reading({"markers.csv": path.read_bytes()}, Skeleton("d", mine, (), (), None))
    assert (len(got.rows), got.bad) == (580, [])
    assert got.tally.notes == {"marker-csv.other-object": 580}
    assert {r["track"] for r in got.rows} == {"Daphnee"}


def test_the_same_trial_without_its_header_is_described(shared_data: Path) -> None:
    """Its row of the manifest says 579: it took the first of the 580 for a header."""
    points = tuple(f"m{i}" for i in range(51))
    axes = ", ".join(f'"{name}.{axis}"' for name in points for axis in "xyz")
    side = f"""
    format = "points-csv"
    csv.columns = ["frame", "", {axes}]
    csv.unit = "mm"
    """
    path = shared_data / "pyomeca_markers/markers_without_header.csv"
    skeleton = Skeleton("m", points, (), (), None)
    got = Reading({"m.csv": path.read_bytes()}, skeleton, side=side)
    assert (len(got.rows), got.bad) == (580, [])
    assert (got.rows[0]["image"], got.rows[0]["unit"]) == ("m.csv#1", "mm")
    assert got.rows[0]["xy"][0] == 44.1628


AXES = "Frame,Time (Seconds),X,Y,Z,X,Y,Z"
ROWS = "0,0.00,1,2,3,4,5,6\n"


@pytest.mark.parametrize(
    ("above", "axes", "rows"),
    [
        (",Type,{0}\n,Name,{1}\n,ID,{2}\n,,{3}", AXES, ROWS),
        (",,{0}\n,,{1}\n,,1,1,1,2,2,2\n,,{3}", AXES, ROWS),
        (
            ",Type,,{0}\n,Name,,{1}\n,ID,,{2}\n,,,{3}",
            AXES.replace(",X", ",TimeCode,X", 1),
            "0,0.000000,15:26:46:12.02,1,2,3,4,5,6\n",
        ),
    ],
)
def test_motive_may_leave_out_and_add_what_is_not_needed(
    above: str, axes: str, rows: str
) -> None:
    """No name of the take, no words before types and names, a time code."""
    first = "Format Version,1.23,Capture Frame Rate,120.000000"
    some = ("Marker", "a", "id", "Position")
    heads = above.format(*(",".join([word] * 6) for word in some))
    heads = heads.replace("a,a,a,a,a,a", "a,a,a,b,b,b")
    data = f"{first}\n\n{heads}\n{axes}\n{rows}".encode()
    got = Reading({"a.csv": data}, Skeleton("ab", ("a", "b"), (), (), None))
    assert [(r["xy"], r["z"]) for r in got.rows] == [([1, 2, 4, 5], [3, 6])]
    assert (got.rows[0]["fps"], got.bad) == (120, [])


def test_vicon_may_begin_with_empty_lines() -> None:
    sound = vicon(("A", "B"), [(101, 0, 100, 200, 300, 150, 250, 350)])
    for blank in (b"\n\n", b"\r\n\r\n", b",,\n,,\n"):
        got = Reading({"a.csv": blank + sound}, AB)
        assert [r["xy"] for r in got.rows] == [
            r["xy"] for r in Reading({"a.csv": sound}, AB).rows
        ]
        assert len(got.rows) == 1

"""3D Slicer's lists of points: axes, names, and who placed them by the file's name."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings

from posegate.transforms.model.skeleton import Skeleton
from samples.fcsv import AC, PC, SKELETON, markups, points, sample
from samples.mutation import mutated
from samples.reading import Reading

TWO = Skeleton("two", ("AC", "PC"), (), (), None)
PATTERN = r"""
names.pattern = '(?P<image>[^/]+)_T1_Rater(?P<annotator>..)_(?P<round>.)_(?P<date>\d+)'
"""


def test_a_file_is_a_row_in_space() -> None:
    got = Reading({"x/brain.fcsv": points([PC, AC])}, TWO)
    row = got.rows[0]
    assert (row["xy"], row["z"], row["unit"]) == (
        [4.5, 5.25, 3.0, -19.5],
        [1.5, -4.75],
        "mm",
    )
    assert (row["image"], row["annotator"]) == ("x/brain", None)
    assert got.repairs == set()


def test_left_posterior_superior_is_turned() -> None:
    for axes in ("1", "LPS"):
        row = Reading({"a.fcsv": points([AC], axes=axes)}, TWO).rows[0]
        assert row["xy"][:2] == [-4.5, -5.25]
        assert row["z"][0] == 1.5
        assert np.isnan(row["z"][1])
        assert row["visibility"] == [2, 0]


def test_markups_in_json_are_the_same_points() -> None:
    """`coordinateUnits` may be a coded term; the axes are LPS unless it says RAS."""
    units = ("mm", ["mm", "UCUM", "millimeter"], None)
    files = {
        f"x/{i}.mrk.json": markups([PC, AC], axes="RAS", unit=unit)
        for i, unit in enumerate(units)
    }
    got = Reading(files, TWO)
    assert {s.format for s in got.shards} == {"fcsv"}
    assert [(r["xy"], r["z"], r["unit"]) for r in got.rows] == [
        ([4.5, 5.25, 3.0, -19.5], [1.5, -4.75], "mm")
    ] * len(units)
    assert [r["image"] for r in got.rows] == ["x/0", "x/1", "x/2"]
    turned = Reading({"a.mrk.json": markups([AC])}, TWO)
    assert turned.rows[0]["xy"][:2] == [-4.5, -5.25]
    assert turned.repairs == {"fcsv.lps-turned"}


@pytest.mark.parametrize(
    "change", [{"positionStatus": "undefined"}, {"position": None}]
)
def test_a_control_point_that_nobody_placed_is_unlabelled(
    change: dict[str, object],
) -> None:
    row = Reading({"a.mrk.json": markups([AC], **change)}, TWO).rows[0]
    assert row["visibility"] == [0, 0]
    assert np.isnan(row["xy"]).all()


def test_a_spreadsheet_ends_every_line_with_commas() -> None:
    for axes, x in (("0", 4.5), ("LPS", -4.5)):
        comments, *rows = points([AC], axes=axes).decode().partition("vtk")
        padded = comments.replace("\n", ",,,,\r\n").replace("ID,,,,", "ID")
        data = "".join([padded, *rows]).encode()
        assert Reading({"a.fcsv": data}, TWO).rows[0]["xy"][0] == x


@pytest.mark.parametrize(
    ("status", "seen"), [("0", 0), ("1", 2), ("2", 2), ("3", 0), ("", 2)]
)
@pytest.mark.parametrize("quote", ["", '"'])
def test_slicer_5_says_behind_its_columns_how_a_point_is_set(
    status: str, seen: int, quote: str
) -> None:
    """As 5.4 writes it; a quoted label makes a file be read line by line."""
    lines = points([AC, PC], axes="LPS").decode().splitlines()
    lines[3] += f",{status},0"
    lines[4] = lines[4].replace(",2,PC,", f",{quote}2{quote},PC,") + ",2,0"
    got = Reading({"a.fcsv": "\n".join(lines).encode()}, TWO)
    (row,) = got.rows
    assert row["visibility"] == [seen, 2]
    assert np.isnan(row["xy"][0]) == (seen == 0)
    assert row["xy"][2:] == [-3.0, 19.5]
    assert ("fcsv.not-placed" in got.repairs) == (seen == 0)


def test_a_spreadsheet_may_part_cells_by_semicolons() -> None:
    plain = points([AC, PC]).decode()
    semicolons = plain.replace(",", ";").replace(".", ",").replace("4,6", "4.6")
    files = {"a.fcsv": plain.encode(), "b.fcsv": semicolons.encode()}
    one, other = Reading(files, TWO).rows
    assert (one["xy"], one["z"]) == (other["xy"], other["z"]) != ([], [])


def test_labels_win_and_descriptions_help() -> None:
    numbers = Skeleton("n", ("1", "2"), (), (), None)
    assert Reading({"a.fcsv": points([AC, PC])}, numbers).rows[0]["z"] == [1.5, -4.75]
    side = 'points.names = { "1" = "AC", "2" = "PC" }'
    bare = points([("1", "", *AC[2:]), ("2", "", *PC[2:])])
    assert Reading({"a.fcsv": bare}, TWO, side=side).rows[0]["z"] == [1.5, -4.75]


@pytest.mark.parametrize("encode", ["utf-8-sig", "utf-16"])
def test_an_encoding_changes_nothing(encode: str) -> None:
    data = points([AC, PC]).decode().replace("\n", "\r\n").encode(encode)
    assert Reading({"a.fcsv": data}, TWO).rows[0]["z"] == [1.5, -4.75]


def test_a_file_name_says_who_when_and_of_what() -> None:
    files = {
        "in/Colin_T1_Rater01_1_20170530.fcsv": points([AC]),
        "in/Colin_T1_Rater02_3_20170602.fcsv": points([AC]),
    }
    got = Reading(files, TWO, side=PATTERN)
    assert [
        (r["image"], r["annotator"], f"{r['annotated_at']:%Y-%m-%d}", r["attributes"])
        for r in got.rows
    ] == [
        ("Colin", "01", "2017-05-30", [("round", "1")]),
        ("Colin", "02", "2017-06-02", [("round", "3")]),
    ]
    assert got.repairs == {"fcsv.time-zone-assumed"}


@pytest.mark.parametrize(
    "data", [b"\0" * 99, b"# numPoints = x", b'{"a": 1}', b"# columns = \n,,,\n"]
)
def test_what_is_none_is_said_to_be_none(data: bytes) -> None:
    got = Reading({"a.fcsv": data}, TWO)
    assert got.rows == []
    assert got.bad or got.tally.notes


@settings(max_examples=60)
@given(mutated([points([AC, PC]), points([AC, PC], axes="LPS", columns=False)]))
def test_whatever_is_wrong_nothing_is_lost(data: bytes) -> None:
    got = Reading({"a.fcsv": data}, TWO, format="fcsv")
    assert not got.undocumented()


@settings(max_examples=60)
@given(mutated([markups([AC, PC]), b"\xef\xbb\xbf" + markups([AC], axes="RAS")]))
def test_whatever_is_wrong_with_markups_nothing_is_lost(data: bytes) -> None:
    got = Reading({"a.mrk.json": data}, TWO)
    assert not got.undocumented()
    assert got.rows or got.bad or got.tally.notes


def test_a_sample_reads_to_its_number() -> None:
    got = Reading(sample(20), SKELETON)
    assert (len(got.rows), got.bad) == (20, [])


def test_eight_raters_of_three_volumes(shared_data: Path) -> None:
    """One file has 13 of the 32 points, as its row of the manifest says.

    In three, rater 08 gave one label to two points: these 3 labels are unlabelled, and
    so are the 3 that nobody was given.
    """
    got = Reading(shared_data / "afids_phase1", SKELETON, side=PATTERN)
    assert (len(got.rows), got.bad) == (103, [])
    assert Counter(sum(v > 0 for v in r["visibility"]) for r in got.rows) == {
        32: 99,
        30: 3,
        13: 1,
    }
    twice = [r["source"] for r in got.rows if "fcsv.point-twice" in r["repairs"]]
    assert [name[-24:-14] for name in twice] == [f"_Rater08_{i}" for i in (0, 1, 3)]
    assert {r["annotator"] for r in got.rows} == {f"{i:02d}" for i in range(1, 9)}
    assert {r["image"] for r in got.rows} == {
        *("Agile12v2016", "Colin27", "MNI152NLin2009bAsym"),
    }
    assert len(got.shards) == 1


def test_the_published_means_read_too(shared_data: Path) -> None:
    got = Reading(shared_data / "afids_phase1_published", SKELETON)
    assert (len(got.rows), got.bad) == (7, [])


@pytest.mark.parametrize("axes", ["0", "1", "LPS", None])
def test_files_read_together_are_as_those_read_one_by_one(axes: str | None) -> None:
    """An empty line in the middle has a file read by itself."""
    many = {
        f"{name}.fcsv": points(some, axes=axes)
        for name, some in {
            "sound": (AC, PC),
            "other": ((*AC[:3], float("nan"), 1.0), PC),
            "disagrees": (("AC", "PC", 1.0, 2.0, 3.0), PC),
            "twice": (AC, AC),
            "strange": (AC, ("9", "ZZ", 1.0, 2.0, 3.0)),
        }.items()
    }
    alone = {n: data.replace(b"\nvtk", b"\n\nvtk") for n, data in many.items()}
    together, apart = (Reading(files, TWO) for files in (many, alone))
    assert len(together.rows) == 4
    assert repr(sorted(together.rows, key=str)) == repr(sorted(apart.rows, key=str))
    assert together.reasons == apart.reasons == ["fcsv.other-skeleton"]
    assert together.tally == apart.tally

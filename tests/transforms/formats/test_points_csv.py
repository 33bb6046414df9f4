"""The plain table: long or wide, with as much of a header as there is."""

import io
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings

from posegate.transforms.formats import File, points_csv_lines, sniff
from posegate.transforms.formats.points_csv import names
from posegate.transforms.model import jobs
from posegate.transforms.model.schema import Origin
from posegate.transforms.model.skeleton import Skeleton, load
from samples.mutation import mutated
from samples.points_csv import sample, table
from samples.reading import Reading

AB = Skeleton("ab", ("nose", "left_eye"), (), (), None)
WIDE = table(
    ("image", "annotator", "nose.x", "nose.y", "left_eye.x", "left_eye.y", "light"),
    ("a.jpg", "ann", 10.5, 20, 30, 40, "dim"),
    ("b.jpg", "bob", 1, 2, "", "", ""),
)
LONG = table(
    ("image", "keypoint", "x", "y", "annotator", "light"),
    ("a.jpg", "nose", 10.5, 20, "ann", "dim"),
    ("a.jpg", "left_eye", 30, 40, "ann", "dim"),
    ("b.jpg", "nose", 1, 2, "bob", ""),
)


def reading(data: bytes, **says: str) -> Reading:
    return Reading({"points.csv": data}, AB, **says)


@pytest.mark.parametrize("data", [WIDE, LONG])
def test_long_and_wide_say_the_same(data: bytes) -> None:
    first, second = reading(data).rows
    assert (first["xy"], first["visibility"]) == ([10.5, 20, 30, 40], [2, 2])
    assert (first["image"], first["annotator"]) == ("a.jpg", "ann")
    assert first["attributes"] == [("light", "dim")]
    assert (second["xy"][:2], second["visibility"]) == ([1, 2], [2, 0])
    assert second["attributes"] is None
    assert first["z"] is None


@pytest.mark.parametrize("data", [WIDE, LONG])
@pytest.mark.parametrize("change", range(5))
def test_however_it_is_written_it_reads_the_same(data: bytes, change: int) -> None:
    changed = [
        b"\xef\xbb\xbf" + data,
        data.decode().encode("utf-16"),
        data.replace(b"\n", b"\r\n"),
        data.replace(b",", b"\t"),
        data.replace(b",", b";").replace(b"10.5", b"10,5"),
    ][change]
    got = reading(changed)
    assert [r["xy"][:2] for r in got.rows] == [[10.5, 20], [1, 2]]
    assert got.bad == []


def test_every_column_has_its_place() -> None:
    head = (
        *("image", "width", "height", "video", "frame", "fps", "track", "annotator"),
        *("annotated_at", "lead_time_s", "role", "instance"),
        *("nose.x", "nose.y", "nose.v"),
    )
    line = (
        *("v/7.png", 640, 480, "v", 7, 59.94, "t1", "ann", "2026-02-03T10:00:00Z", 4.5),
        *("gold", "i9", 1, 2, "occluded"),
    )
    row = reading(table(head, line)).rows[0]
    assert [row[n] for n in ("width", "height", "video", "frame", "fps", "track")] == [
        *(640, 480, "v", 7, 59.94, "t1"),
    ]
    assert [row[n] for n in ("annotator", "lead_time_s", "role", "id")] == [
        *("ann", 4.5, "gold", "i9"),
    ]
    assert row["annotated_at"].isoformat() == "2026-02-03T10:00:00+00:00"
    assert row["visibility"] == [1, 0]


def test_points_may_be_in_space_with_their_unit() -> None:
    data = table(
        ("image", "keypoint", "x", "y", "z", "unit"),
        ("a", "nose", 1, 2, 3, "cm"),
        ("b", "nose", 1, 2, 3, "m"),
    )
    rows = reading(data).rows
    assert [(r["xy"][:2], r["z"][0], r["unit"]) for r in rows] == [
        ([10, 20], 30, "mm"),
        ([1, 2], 3, "m"),
    ]


def test_the_table_that_sleap_exports_is_one() -> None:
    """Tracks part its animals; a frame of the file is the image."""
    head = b"track,frame_idx,instance.score,A.x,A.y,A.score,B.x,B.y,B.score\n"
    data = head + b"t0,7,0.9,1,2,0.8,3,4,0.7\nt1,7,0.9,11,12,0.8,,,\n"
    ab = Skeleton("ab", ("A", "B"), (), (), None)
    one, other = Reading({"v.analysis.csv": data}, ab).rows
    assert [(r["track"], r["image"], r["frame"]) for r in (one, other)] == [
        ("t0", "v.analysis.csv#7", 7),
        ("t1", "v.analysis.csv#7", 7),
    ]
    assert (one["xy"], other["visibility"]) == ([1, 2, 3, 4], [2, 0])
    assert one["role"] == "prelabel"


def test_shares_are_of_the_image_by_the_line_or_the_job_table() -> None:
    data = table(("image", "nose.x", "nose.y"), ("a.jpg", 0.5, 0.25))
    known = jobs.parse(b"image,width,height\na.jpg,640,480\n", "jobs.csv")
    got = Reading({"a.csv": data}, AB, jobs=known, side="csv.unit = 'share'")
    assert got.rows[0]["xy"][:2] == [320, 120]


def test_a_score_is_a_models() -> None:
    data = table(("image", "keypoint", "x", "y", "score"), ("a", "nose", 1, 2, 0.9))
    row = reading(data).rows[0]
    assert (row["role"], row["origin"][0]) == ("prelabel", Origin.PREDICTED)


def test_lines_of_an_instance_may_stand_apart() -> None:
    head, *lines = LONG.splitlines(keepends=True)
    data = head + lines[0] + lines[2] + lines[1]
    assert [sum(v > 0 for v in r["visibility"]) for r in reading(data).rows] == [2, 1]


def test_a_long_table_is_read_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [
        (f"{i}.jpg", name, i, k)
        for i in range(500)
        for k, name in enumerate(AB.keypoints)
    ]
    data = table(("image", "keypoint", "x", "y"), *lines)
    whole = reading(data)
    monkeypatch.setattr(points_csv_lines, "HELD", 1)
    monkeypatch.setattr(File.chunks, "__defaults__", (100,))
    got = reading(data)
    assert [(r["image"], r["xy"]) for r in got.rows] == [
        (r["image"], r["xy"]) for r in whole.rows
    ]
    assert len(whole.rows) == 500


def test_other_headers_are_read_where_the_side_file_says_so() -> None:
    data = table(("file_name", "nose_x", "nose_y"), ("a.jpg", 1, 2))
    assert sniff(data, "a.csv") == []
    assert reading(data, side="format = 'points-csv'").rows[0]["xy"][:2] == [1, 2]


def test_a_file_without_a_header_is_described_in_the_side_file() -> None:
    side = """
    format = "points-csv"
    points.names = { N = "nose" }
    csv.columns = ["image", "", "N.x", "N.y"]
    csv.px_per_mm = 10
    """
    got = reading(table(("001", "?", 12.5, 3)), side=side)
    assert (got.rows[0]["image"], got.rows[0]["xy"][:2]) == ("001", [125, 30])
    named = reading(table(("file", "?", "a", "b"), ("001", "?", 12.5, 3)), side=side)
    assert [r["xy"][:2] for r in named.rows] == [[125, 30]]


@pytest.mark.parametrize(
    "data", [b"", b"image", b"image,x\n", b"\0" * 40, b"scorer,a\nbodyparts,b\n"]
)
def test_what_is_none_is_read_as_none(data: bytes) -> None:
    assert reading(data).rows == []
    assert Reading({"a.csv": data}, AB, format="points-csv").rows == []


@settings(max_examples=60)
@given(mutated([WIDE, LONG]))
def test_whatever_is_wrong_nothing_is_lost(data: bytes) -> None:
    got = Reading({"a.csv": data}, AB, format="points-csv")
    assert not got.undocumented()


def test_a_sample_reads_to_its_number() -> None:
    got = Reading(sample(300), load("coco_17"))
    assert (len(got.rows), got.bad, got.tally.images) == (300, [], 150)


CEPH = r"""
format = "points-csv"
names.pattern = '5lms_(?P<annotator>.+)\.csv'
[csv]
columns = [
  "image", "a.x", "a.y", "b.x", "b.y", "c.x", "c.y", "d.x", "d.y", "e.x", "e.y"
]
unit = "mm"
px_per_mm = 10
"""


def test_eleven_people_mark_five_points_in_millimetres(shared_data: Path) -> None:
    """9 people on 100 images and 2 doctors on 400, at a tenth of a millimetre a px."""
    skeleton = Skeleton("ceph", tuple("abcde"), (), (), None)
    got = Reading(shared_data / "ceph_5lm_11annotators", skeleton, side=CEPH)
    assert (len(got.rows), got.bad, got.tally.notes) == (9 * 100 + 2 * 400, [], {})
    people = Counter(r["annotator"] for r in got.rows)
    assert (people["ann1"], people["senior"], len(people)) == (100, 400, 11)
    first = next(r for r in got.rows if r["annotator"] == "ann1")
    assert first["image"] == "009"
    np.testing.assert_allclose(first["xy"][:2], [1280.56, 2059.72])


def test_labels_of_sentences_are_no_keypoints(shared_data: Path) -> None:
    """Worker, item, response: people's votes, but of no point; it is left alone."""
    got = Reading(shared_data / "snow_rte_10workers", AB)
    assert (got.rows, got.bad, got.alone) == ([], [], ["rte.standardized.tsv"])


def test_a_long_table_names_all_its_keypoints_to_its_last_line() -> None:
    lines = ["image,keypoint,x,y", *(f"{i}.jpg,p{i // 1000},1,2" for i in range(3000))]
    for end in ("\n", "\r\n"):
        for rows in (lines, [*lines, ""]):
            stored = io.BytesIO(end.join(rows).encode())
            found = names(File("a.csv", lambda stored=stored: stored))
            assert [each.keypoints for each in found] == [("p0", "p1", "p2")]

"""What delivery.toml says of reading: names of files and points, plain tables."""

import pytest

from posegate.transforms.model.delivery import Shard, deliver, parse_side_file
from posegate.transforms.model.reading import (
    FileNames,
    PlainTable,
    PointNames,
    moment,
)

PATTERN = (
    r"(?P<image>[^/]+)_Rater(?P<annotator>\d+)(_(?P<date>[-\d]+))?(T(?P<time>.+))?"
)


def test_a_pattern_finds_what_it_names() -> None:
    names = FileNames(PATTERN)
    assert names.said("in/Colin_Rater07_20170530.fcsv") == {
        "image": "Colin",
        "annotator": "07",
        "annotated_at": "2017-05-30T00:00:00",
    }
    assert names.said("in/Colin_Rater07.fcsv") == {"image": "Colin", "annotator": "07"}
    assert names.said("in/Colin.fcsv") is None


@pytest.mark.parametrize(
    ("day", "hour", "said"),
    [
        ("20170530", "", "2017-05-30T00:00:00"),
        ("2017_05_30", "10-15", "2017-05-30T10:15:00"),
        ("2017-05-30", "101530", "2017-05-30T10:15:30"),
        ("201705301015", "", "2017-05-30T10:15:00"),
        ("30 May", "noon", "30 May noon"),
        ("Mar1", "", "Mar1"),
    ],
)
def test_a_date_is_read_by_its_digits(day: str, hour: str, said: str) -> None:
    assert moment(day, hour) == said


def test_points_are_ignored_by_globs() -> None:
    points = PointNames({}, ("CLUSTER_*", "C7"))
    assert [points.ignored(n) for n in ("CLUSTER_1", "C7", "C70")] == [
        True,
        True,
        False,
    ]


def test_lengths_that_are_scaled_are_millimetres() -> None:
    side = parse_side_file("csv.px_per_mm = 10", "d.toml")
    assert side.csv == PlainTable(unit="mm", px_per_mm=10.0)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("names.pattern = 3", "names.pattern = 3 is not a text"),
        ("names.pattern = '('", r"names.pattern '\(' is no regular expression"),
        ("names.pattern = 'a'", "names no group; write what it finds as"),
        ("names.pattern = '(?P<role>.)'", r"roles go by \[roles\]"),
        ("names.patern = 'a'", "unknown key 'names.patern'; known: pattern"),
        ("points.names = 3", "points.names = 3 is not a table of texts"),
        ("points.names = { a = 1 }", "is not a table of texts such as"),
        ("points.ignore = 'a'", "points.ignore = 'a' is not a list of texts"),
        ("points.only = []", "unknown key 'points.only'; known: names, ignore"),
        ("csv.columns = 'a'", "csv.columns = 'a' is not a list of texts"),
        ("csv.columns = ['a', 'a']", "csv.columns names 'a' twice"),
        ("csv.columns = ['image']", 'add format = "points-csv"'),
        ("csv.header = 1", "csv.header = 1; one of true, false"),
        ("csv.delimiter = 'x'", "csv.delimiter = 'x'; one of"),
        ("csv.unit = 'inch'", "csv.unit = 'inch'; one of"),
        ("csv.px_per_mm = 0", "csv.px_per_mm = 0 is not a number above 0"),
        ("csv.px_per_mm = 2\ncsv.unit = 'px'", "goes with the unit mm, cm or m"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse_side_file(text, "d.toml")


def test_a_pattern_that_matches_no_file_stops_the_run() -> None:
    side = parse_side_file("names.pattern = '(?P<annotator>Rater.)'", "d/delivery.toml")
    files = [Shard(0, "d/a.csv", "a.csv", 1, "")]
    with pytest.raises(ValueError, match=r"matches none of the files; they are a\.csv"):
        deliver(files, side, "d", "d")
    packed = [Shard(0, "d/a.zip", "a.zip", 1, "")]
    assert deliver(packed, side, "d", "d").names is not None

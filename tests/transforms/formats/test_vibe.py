"""Files of the vibe annotator."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings

from posegate.transforms.formats import vibe
from samples.mutation import mutated, reads_or_says
from samples.reading import Reading
from samples.vibe import SKELETON, VIEWS, annotation, files, mark, sample

DATA = Path(__file__).parents[4] / "shared" / "data"


def test_clicks_say_who_when_and_how_long() -> None:
    marks = [mark(v, i, 2, timestamp=1e12 + 1500 * i) for i, v in enumerate(VIEWS)]
    (row,) = Reading(files(annotation(*marks)), SKELETON).rows
    assert row["xy"][:4] == [0, 2, 1, 2]
    assert row["visibility"] == [2] * 11
    assert (row["image"], row["annotator"], row["id"]) == ("b/7.jpg", "n14", "1:Bird 0")
    assert row["annotated_at"].isoformat() == "2001-09-09T01:46:55+00:00"
    assert row["lead_time_s"] == 15
    assert dict(row["attributes"]) == {"object": "Bird 0", "taxon_id": "101"}


def test_what_is_not_visible_has_no_place() -> None:
    marks = [mark(), mark("306", -182, 70, visible=False)]
    (row,) = Reading(files(annotation(*marks)), SKELETON).rows
    assert row["visibility"][:3] == [2, 0, 0]
    assert str(row["xy"][2]) == "nan"


@pytest.mark.parametrize(
    "text", ["[]", "{}", '{"images": [{"original_name": "x"}]}', '{"images": {}}']
)
def test_other_json_is_none(text: str) -> None:
    assert not vibe.sniff(text.encode(), "a.json")


@given(mutated([files(annotation(mark(), mark("306")), images=("7", "8"))["141.json"]]))
@settings(max_examples=80)
def test_whatever_is_damaged_is_read_or_said(data: bytes) -> None:
    reads_or_says({"a.json": data}, SKELETON, "vibe")


def test_one_strange_mark_changes_nothing_of_the_others() -> None:
    """A view as a number is read one by one, with all the file's."""
    marks = [mark(v, i, 2, visible=i % 3 > 0) for i, v in enumerate(VIEWS)]
    said = annotation(*marks), annotation(*marks[::-1], id=2)
    numbered = {**marks[0], "view": int(VIEWS[0])}
    other = annotation(numbered, *marks[1:]), annotation(*marks[::-1], id=2)
    ours, theirs = (Reading(files(*each), SKELETON) for each in (said, other))
    assert (ours.texts, ours.tally.notes) == (theirs.texts, theirs.tally.notes)
    assert len(ours.rows) == 2


def test_what_is_refused_is_kept_as_it_stands() -> None:
    marks = mark(), mark("900", rotation=7)
    (bad,) = Reading(files(annotation(*marks)), SKELETON).bad
    assert json.loads(bad["raw"]) == ["Bird 0", *marks]


def test_a_time_that_cannot_be_is_none() -> None:
    got = Reading(files(annotation(mark(timestamp=10**400), mark("306"))), SKELETON)
    assert got.repairs == {"vibe.never-clicked"}


def test_batches_change_nothing() -> None:
    given = sample(20)
    whole, small = Reading(given, SKELETON), Reading(given, SKELETON, batch=3)
    assert len(whole.rows) == 20
    assert str(whole.rows) == str(small.rows)


@pytest.mark.skipif(not DATA.exists(), reason="the real data are not here")
def test_the_birds_read_to_their_counts() -> None:
    """7,524 marks; 1,891 are not visible, and nobody clicked one of the others."""
    got = Reading(DATA / "nabirds_parts_timestamped", SKELETON)
    assert (got.tally.images, len(got.rows), got.bad) == (998, 684, [])
    assert len({row["annotator"] for row in got.rows}) == 14
    assert sum(sum(map(bool, row["visibility"])) for row in got.rows) == 5632
    assert got.tally.notes == {"vibe.invisible": 1892, "vibe.unannotated": 314}
    assert len([row for row in got.rows if row["repairs"]]) == 1

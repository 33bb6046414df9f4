"""SuperAnnotate's files."""

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

from posegate.transforms.formats import superannotate
from posegate.transforms.model.schema import Origin
from posegate.transforms.model.skeleton import load
from samples.face import FACE, one, places
from samples.mutation import mutated, reads_or_says
from samples.reading import Reading
from samples.superannotate import bbox, drawn, instance, point, sample, template


def test_points_have_the_labels_of_their_places() -> None:
    names = ("right_eye", "nose_occluded")
    row = one(drawn(template((1, 2), (3, 4.5), names=names)))
    assert places(row) == [(3, 4.5, 1), (1, 2, 2)]
    assert (row["image"], row["width"]) == ("a.jpg", 200)
    assert row["annotator"] == "ann@example.com"
    assert row["annotated_at"].isoformat() == "2026-02-02T10:00:00+00:00"
    assert dict(row["attributes"]) == {"status": "Completed"}


def test_a_group_ties_a_box_to_a_template() -> None:
    some = [template((1, 2), groupId=1), template((3, 4), groupId=2), bbox(groupId=2)]
    first, second = Reading(drawn(*some), FACE).rows
    assert np.isnan(first["bbox"]).all()
    assert second["bbox"] == [10, 10, 100, 50]


def test_templates_without_a_group_are_an_instance_each() -> None:
    got = Reading(drawn(template((1, 2)), template((3, 4))), FACE)
    assert [places(row) for row in got.rows] == [[(1, 2, 2)], [(3, 4, 2)]]


def test_attributes_reviewers_and_outlines() -> None:
    said = [{"groupName": "Pose", "name": n} for n in ("Standing", "Facing")]
    leaf = instance("polygon", className="leaf", points=[0, 0, 10, 0, 10, 10])
    row = one(drawn({**leaf, "attributes": said}, qaEmail="q@example.com"))
    assert row["area"] == 50
    assert dict(row["attributes"]) == {
        "status": "Completed",
        "reviewer": "q@example.com",
        "Pose": "Standing, Facing",
        "category": "leaf",
    }


@pytest.mark.parametrize(
    ("said", "origin"),
    [
        ({"creationType": "Manual"}, Origin.PLACED),
        ({"creationType": "Preannotation"}, Origin.PREDICTED),
        ({"creationType": "Prediction", "updatedBy": {"email": "x"}}, Origin.CORRECTED),
    ],
)
def test_what_a_model_made_is_not_a_person_s(said: Any, origin: Origin) -> None:
    assert one(drawn(template((1, 2), **said)))["origin"][0] == origin


def test_the_list_of_classes_has_no_records() -> None:
    classes = b'[{"id": 1, "name": "person", "attribute_groups": []}]'
    row = one({**drawn(template((1, 2))), "classes/classes.json": classes})
    assert row["source"] == "a.jpg.json"


@pytest.mark.parametrize(
    "text", ["[]", "{}", '{"instances": []}', '{"metadata": {"name": "x"}}']
)
def test_other_json_is_none(text: str) -> None:
    assert not superannotate.sniff(text.encode(), "a.json")


def test_points_that_are_read_one_by_one_are_the_same() -> None:
    """A box beside them whose corner is a text has all the file read so."""
    two = template((1.5, 2), (3, 4), groupId=1), bbox(groupId=1)
    odd = instance("bbox", points={"x1": "9"}, groupId=2)
    ours = Reading(drawn(*two), load("coco_17"))
    theirs = Reading(drawn(*two, odd), load("coco_17"))
    assert (ours.texts, len(ours.rows)) == (theirs.texts, 1)
    assert theirs.reasons == ["superannotate.instance"]


def test_what_was_skipped_is_kept_as_it_stands() -> None:
    (bad,) = Reading(drawn(template((1, 2)), status="Skipped"), load("coco_17")).bad
    assert json.loads(bad["raw"]) == template((1, 2))


def test_a_side_that_is_true_is_none() -> None:
    (row,) = Reading(drawn(template((1, 2)), width=True), load("coco_17")).rows
    assert (row["width"], row["height"]) == (None, 100)


@given(mutated([drawn(template((1, 2), (3, 4)), bbox(), point("nose"))["a.jpg.json"]]))
@settings(max_examples=80)
def test_whatever_is_damaged_is_read_or_said(data: bytes) -> None:
    reads_or_says({"a.json": data}, FACE, "superannotate")


def test_batches_change_nothing() -> None:
    given, skeleton = sample(20), load("coco_17")
    whole, small = Reading(given, skeleton), Reading(given, skeleton, batch=3)
    assert len(whole.rows) == 20
    assert str(whole.rows) == str(small.rows)

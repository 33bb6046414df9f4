"""dlib's XML."""

import io

import numpy as np
import pytest
from hypothesis import given, settings

from posegate.transforms.formats import cvat_images, dlib_xml
from posegate.transforms.formats.files import File
from posegate.transforms.formats.names import Names
from posegate.transforms.model.skeleton import Skeleton, load
from samples.dlib_xml import box, document, image, sample
from samples.mutation import mutated, reads_or_says
from samples.reading import Reading

ABC = Skeleton("abc", ("a", "b", "c"), (), (), None)
FACE = load("300w_68")


def test_a_box_has_sides_parts_and_what_is_said_of_it() -> None:
    face = box(["02", "00"], [[30, 31], [10, 11]], " occluded='1' gender='female'")
    got = Reading({"a.xml": document(image(face))}, ABC)
    (row,) = got.rows
    assert row["bbox"] == [53, 74, 87, 80]
    assert row["visibility"] == [2, 0, 2]
    assert row["xy"][:2] == [10, 11]
    assert row["xy"][4:] == [30, 31]
    assert dict(row["attributes"]) == {
        "occluded": "1",
        "gender": "female",
        "category": "face",
    }
    assert got.tally.notes == {"dlib-xml.whole-px": 1}


def test_parts_in_the_order_of_texts_are_numbers() -> None:
    # 0, 1, 10, 11, …, 2, 20: as texts are sorted
    names = sorted(map(str, range(68)))
    face = box(names, [[int(name), 2 * int(name)] for name in names])
    (row,) = Reading({"a.xml": document(image(face))}, FACE).rows
    assert row["xy"] == [v for k in range(68) for v in (k, 2 * k)]


def test_parts_may_have_names() -> None:
    face = box(["C", "a"], [[30, 31], [10, 11]])
    (row,) = Reading({"a.xml": document(image(face))}, ABC).rows
    assert row["visibility"] == [2, 0, 2]


def test_the_encoding_is_latin_as_imglab_writes_it() -> None:
    (row,) = Reading({"a.xml": document(image(box([], []), "blå.jpg"))}, ABC).rows
    assert row["image"] == "blå.jpg"
    assert row["visibility"] == [0, 0, 0]


def test_it_says_its_parts_or_how_many() -> None:
    def said(names: list[str]) -> Names:
        data = document(image(box(names, [[1, 2]] * len(names))))
        (found,) = dlib_xml.names(File("a.xml", lambda: io.BytesIO(data)))
        return found

    assert said(["nose", "chin"]).keypoints == ("nose", "chin")
    numbered = said([f"{k:02}" for k in range(68)])
    assert (numbered.size, numbered.fits) == (68, ("300w_68",))


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"<annotations><image name='a.jpg'>",
        b"<dataset><records><row file='a'/></records></dataset>",
        b"<x><dataset><images>",
    ],
)
def test_other_xml_is_none(head: bytes) -> None:
    assert not dlib_xml.sniff(head, "a.xml")


def test_it_is_no_cvat() -> None:
    (data,) = sample(1).values()
    assert dlib_xml.sniff(data, "a.xml")
    assert not cvat_images.sniff(data, "a.xml")


def test_batches_change_nothing() -> None:
    files = sample(30)
    whole, parts = Reading(files, FACE), Reading(files, FACE, batch=4)
    assert len(whole.rows) == 30
    assert str(whole.rows) == str(parts.rows)
    assert all(np.isfinite(row["xy"]).all() for row in whole.rows)


@given(mutated([document(image(box(["00", "01"], [[1, 2], [3, 4]])))]))
@settings(max_examples=60)
def test_whatever_is_damaged_is_read_or_said(data: bytes) -> None:
    reads_or_says({"a.xml": data}, ABC, "dlib-xml")

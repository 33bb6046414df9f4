"""CVAT for images 1.1."""

from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings

from posegate.transforms.formats import cvat_images
from posegate.transforms.kernels.masks import decode
from posegate.transforms.model.skeleton import Skeleton, load
from samples.cvat_images import (
    META,
    abc,
    document,
    image,
    point,
    sample,
    skeleton,
    zipped,
)
from samples.mutation import mutated, reads_or_says
from samples.reading import Reading

ABC = Skeleton("abc", ("a", "b", "c"), (), (), None)
DATA = Path(__file__).parents[4] / "shared" / "data"


def read(content: str, **says: object) -> Reading:
    return Reading({"annotations.xml": document(image(content))}, ABC, **says)


def test_a_skeleton_has_outside_and_occluded_points_and_says_who_and_when() -> None:
    points = [point("c", 3, 3, 1), point("a", 1.25, 1), point("b", 2, 2, 0)]
    got = read(skeleton("\n".join(points), label="person"))
    (row,) = got.rows
    assert row["xy"][:2] == [1.25, 1.0]
    assert np.isnan(row["xy"][2:4]).all()
    assert row["visibility"] == [2, 0, 1]
    assert (row["image"], row["width"], row["height"]) == ("im/000000.jpg", 800, 720)
    assert row["annotator"] == "ana"
    assert row["annotated_at"].isoformat() == "2026-02-02T09:30:00+00:00"
    assert row["attributes"] is None
    assert not got.codes


def test_the_box_and_the_mask_of_its_group_are_the_skeletons() -> None:
    both = (
        '<box label="person" xtl="1" ytl="2" xbr="11" ybr="22" group_id="4"/>'
        '<mask label="person" rle="1, 2, 1, 2" left="3" top="4" width="3" height="2" '
        'group_id="4"/>'
    )
    (row,) = read(skeleton(point("a", 5, 5), 4) + both).rows
    assert row["bbox"] == [1, 2, 10, 20]
    assert (row["area"], row["area_source"]) == (4.0, "segment")
    mask = decode(row["segmentation"], 800, 720)
    assert mask is not None
    assert [tuple(p) for p in np.argwhere(mask)] == [(4, 4), (4, 5), (5, 4), (5, 5)]


def test_polygons_of_a_group_are_parts_of_one_object() -> None:
    part = '<polygon label="cow" points="{0},0;{1},0;{1},4" group_id="2"/>'
    (row,) = read(part.format(0, 4) + part.format(8, 12)).rows
    assert msgspec.json.decode(row["segmentation"]) == [
        [0, 0, 4, 0, 4, 4],
        [8, 0, 12, 0, 12, 4],
    ]
    assert row["area"] == 16
    assert dict(row["attributes"]) == {"category": "cow"}
    assert row["visibility"] == [0, 0, 0]


def test_boxes_that_could_be_anybodys_are_rows_of_their_own() -> None:
    box = '<box label="person" xtl="0" ytl="0" xbr="9" ybr="9"/>'
    got = read(abc() + abc() + box)
    assert [sum(row["visibility"]) for row in got.rows] == [6, 6, 0]
    assert not got.repairs
    assert got.rows[2]["bbox"] == [0, 0, 9, 9]


def test_a_rotated_box_is_the_one_around_it() -> None:
    box = '<box label="p" xtl="0" ytl="0" xbr="20" ybr="10" rotation="90.00"/>'
    (row,) = read(box).rows
    assert row["bbox"] == pytest.approx([5, -5, 10, 20])


def test_an_ellipse_is_the_polygon_that_stands_for_it() -> None:
    # turned by 90 degrees: 4 px across, 8 down; 64 corners cover pi r r less 0.2 %
    drawn = '<ellipse label="eye" cx="9" cy="9" rx="4" ry="2" rotation="90.00"/>'
    (row,) = read(drawn).rows
    (corners,) = msgspec.json.decode(row["segmentation"])
    assert max(corners[::2]) == pytest.approx(11)
    assert max(corners[1::2]) == pytest.approx(13)
    assert row["area"] == pytest.approx(8 * np.pi, rel=2e-3)


def test_points_of_a_group_are_an_instance() -> None:
    some = [
        f'<points label="{name}" occluded="{int(name == "b")}" group_id="{group}" '
        f'points="{x},{x}"><attribute name="sure">no</attribute></points>'
        for group, x in ((1, 1.0), (2, 5.0))
        for name in "ab"
    ]
    got = read("".join(some))
    assert [row["visibility"] for row in got.rows] == [[2, 1, 0]] * 2
    assert [row["xy"][0] for row in got.rows] == [1.0, 5.0]
    assert dict(got.rows[0]["attributes"]) == {"a.sure": "no", "b.sure": "no"}
    assert not got.repairs


def test_several_points_in_one_shape_are_never_cut_to_the_first() -> None:
    some = '<points label="{0}" group_id="1" points="1,1;2,2"/>'
    got = read(some.format("a") + some.format("b"))
    assert got.reasons == ["cvat-images.other-skeleton"]


def test_attributes_of_the_skeleton_and_of_its_points_stay_apart() -> None:
    points = point("a", 1, 1).replace(
        "\n", '<attribute name="side">L &amp; R</attribute>'
    )
    content = skeleton(points).replace(
        "</skeleton>", '<attribute name="side">front</attribute></skeleton>'
    )
    (row,) = read(f'{content}<tag label="night"/>').rows
    assert dict(row["attributes"]) == {
        "side": "front",
        "a.side": "L & R",
        "tags": "night",
    }


@pytest.mark.parametrize(
    ("source", "role", "origin"),
    [
        ("manual", "production", 0),
        ("semi-auto", "production", 1),
        ("auto", "prelabel", 3),
    ],
)
def test_source_says_whether_a_person_placed_it(
    source: str, role: str, origin: int
) -> None:
    (row,) = read(
        abc().replace('r" source="manual"', "").replace("manual", source)
    ).rows
    assert row["role"] == role
    assert row["origin"] == [origin] * 3


def test_images_without_shapes_are_counted() -> None:
    pages = "\n".join(image(i=i) for i in range(3570))
    got = Reading({"annotations.xml": document(pages)}, ABC)
    assert (got.tally.images, got.tally.records) == (3570, 0)


def test_the_assignee_of_a_task_of_one_job_annotated_it() -> None:
    meta = META.replace("job>", "task>").replace(
        "http://cvat/api/jobs/7", "http://cvat/?id=12"
    )
    jobs = {"annotations.xml": document(image(abc()), meta)}
    (row,) = Reading(jobs, ABC).rows
    assert (row["annotator"], row["id"]) == ("ana", "12-0")


def test_frames_of_a_task_are_numbered_through_its_filter() -> None:
    meta = """<meta><task><start_frame>10</start_frame><frame_filter>step=3
    </frame_filter><segments>
    <segment><start>0</start><stop>1</stop><url>h/api/jobs/1</url></segment>
    <segment><start>2</start><stop>3</stop><url>h/api/jobs/2</url></segment>
    </segments></task></meta>"""
    pages = [image(abc(), i) for i in (10, 13, 16, 19)]
    got = Reading({"a.xml": document("\n".join(pages), meta)}, ABC)
    assert [row["id"] for row in got.rows] == ["1-0", "1-0", "2-0", "2-0"]


def test_frames_of_a_video_are_called_by_it_as_in_its_tracks() -> None:
    """CVAT calls the frames of any video frame_000000 …, a project's counted on."""
    said = """<task><id>{0}</id><size>10</size><mode>interpolation</mode>
    <subset>a</subset><source>{0}.mp4</source></task>"""
    tasks = said.format(3) + said.format(4)
    pages = [
        image(abc(), i)
        .replace("<image", f'<image task_id="{task}"')
        .replace(f"im/{i:06d}.jpg", f"frame_{i:06d}")
        for task, i in ((3, 5), (4, 15))
    ]
    content = document(
        "".join(pages), f"<meta><project><tasks>{tasks}</tasks></project></meta>"
    )
    got = Reading({"a.xml": content}, ABC)
    assert [(row["image"], row["video"], row["frame"]) for row in got.rows] == [
        ("3.mp4/frame_000005", "3.mp4", 5),
        ("4.mp4/frame_000005", "4.mp4", 5),
    ]


def test_a_project_says_it_task_by_task() -> None:
    task = "<task><id>{0}</id><subset>{1}</subset><assignee><username>{2}</username>"
    meta = "".join(
        task.format(*each) + "</assignee></task>"
        for each in ((3, "Train", "ana"), (4, "default", "bo"))
    )
    pages = [
        image(abc(), i).replace("<image", f'<image task_id="{3 + i}"') for i in (0, 1)
    ]
    content = document(
        "".join(pages), f"<meta><project><tasks>{meta}</tasks></project></meta>"
    )
    got = Reading({"a.xml": content}, ABC)
    assert [row["annotator"] for row in got.rows] == ["ana", "bo"]
    assert [row["attributes"] for row in got.rows] == [[("subset", "Train")], None]


def test_an_export_is_read_in_its_zip_beside_its_images() -> None:
    got = Reading(zipped(), ABC)
    assert got.rows[0]["source"] == "export.zip/annotations.xml"
    assert not got.bad


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "iso-8859-1"])
def test_encodings_are_those_that_the_file_declares(encoding: str) -> None:
    text = document(image(abc(), 0)).decode().replace("im/", "blå/")
    declared = "iso-8859-1" if encoding.startswith("iso") else encoding[:6].strip("-s")
    data = text.replace("utf-8", declared).encode(encoding)
    got = Reading({"a.xml": data}, ABC)
    assert [row["image"] for row in got.rows] == ["blå/000000.jpg"]


def test_an_encoding_that_is_not_the_declared_one_costs_its_record() -> None:
    text = document(image(abc(), 0) + image(abc(), 1)).decode()
    data = text.replace("im/000000", "blå/000000").encode("latin-1")
    got = Reading({"a.xml": data}, ABC)
    assert [row["image"] for row in got.rows] == ["im/000001.jpg"]
    assert got.reasons == ["cvat-images.syntax"]


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"<dataset><images><image file='a.jpg'>",
        b"<annotation><filename>a.jpg</filename>",
        b"<?xml version='1.0'?><annotations><track id='0'>",
        b"<x><annotations><image name='a'>",
        b'{"annotations": []}',
    ],
)
def test_other_xml_is_none(head: bytes) -> None:
    assert not cvat_images.sniff(head, "a.xml")


def test_it_is_recognised_wherever_its_head_is_cut() -> None:
    data = next(iter(sample(3).values()))
    cuts = range(data.index(b"</mode>") + 7, 1500, 37)
    assert all(cvat_images.sniff(data[:cut], "a.xml") for cut in cuts)


def test_batches_and_pieces_change_nothing() -> None:
    files = sample(40)
    skeleton = load("coco_17")
    whole, parts = Reading(files, skeleton), Reading(files, skeleton, batch=3)
    assert len(whole.rows) == 40
    assert str(whole.rows) == str(parts.rows)
    assert all(row["bbox"] == [5, 5, 705, 705] for row in whole.rows)


@given(mutated([document(image(abc() + abc(), 0) + image(abc(), 1))]))
@settings(max_examples=60)
def test_whatever_is_damaged_is_read_or_said(data: bytes) -> None:
    reads_or_says({"a.xml": data}, ABC, "cvat-images")


@pytest.mark.skipif(not DATA.exists(), reason="the shared data sets are not here")
def test_faces_whose_points_have_no_names_are_read_in_order_and_say_so() -> None:
    # 15 points an image, all called key_point, in another order in every image: the
    # count is right, and the repair says that the names cannot be
    faces = Skeleton("face", tuple(f"p{i}" for i in range(15)), (), (), None)
    got = Reading(DATA / "cvat_images_points_faces", faces)
    flags = np.array([row["visibility"] for row in got.rows])
    assert flags.shape == (15, 15)
    assert (flags == 1).sum() == 14  # Presumed_Location
    assert got.repairs == {
        "cvat-images.instance-from-image",
        "cvat-images.points-by-order",
        "cvat-images.visibility-from-attribute",
    }


@pytest.mark.skipif(not DATA.exists(), reason="the shared data sets are not here")
def test_cvats_own_sample_is_read() -> None:
    folder = DATA / "cvat_fixture_skeleton" / "cvat_dataset" / "for_images"
    numbers = Skeleton("s", ("1", "2", "3", "4"), (), (), None, category="skeleton")
    got = Reading(folder, numbers)
    assert [row["visibility"] for row in got.rows] == [
        [0, 2, 2, 2],
        [0, 0, 0, 0],  # a polygon
        [2, 2, 0, 2],
    ]
    assert got.reasons == ["cvat-images.other-skeleton"]  # three points, `label2`
    assert got.tally.notes == {"cvat-images.left-alone": 1}  # a polyline

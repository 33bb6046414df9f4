"""CVAT for video 1.1."""

import gzip
import io
import tarfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings

from posegate.transforms.formats import cvat_images, cvat_video
from posegate.transforms.model.schema import Origin
from posegate.transforms.model.skeleton import Skeleton, load
from samples import cvat_images as images
from samples.cvat_video import META, box, document, frames, point, sample, track
from samples.mutation import mutated, reads_or_says
from samples.reading import Reading

ABC = Skeleton("abc", ("a", "b", "c"), (), (), None)
DATA = Path(__file__).parents[4] / "shared" / "data"


def read(*tracks: str, meta: str = META) -> Reading:
    return Reading({"annotations.xml": document("\n".join(tracks), meta)}, ABC)


def test_frames_between_keyframes_are_no_ones_work() -> None:
    got = read(track(frames({0: [2, 1, 2], 1: [2, 1, 2], 2: [2, 2, 2]}, {1: False})))
    assert [row["origin"] for row in got.rows] == [
        [Origin.PLACED] * 3,
        [Origin.INTERPOLATED] * 3,
        [Origin.PLACED] * 3,
    ]
    assert [row["frame"] for row in got.rows] == [0, 1, 2]
    row = got.rows[1]
    assert row["image"] == "walk.mp4/frame_000001"
    assert (row["video"], row["track"]) == ("walk.mp4", "5-0")
    assert (row["width"], row["height"]) == (640, 480)
    assert row["annotator"] == "ana"
    assert row["visibility"] == [2, 1, 2]
    assert not got.codes
    assert got.tally.images == 100


def test_each_point_is_a_keyframe_of_its_own() -> None:
    # the skeleton's own keyframe is that of its track's first frame, whatever moved
    points = point("a", 1, 1) + point("b", 2, 2, key=False)
    shape = f'<skeleton frame="4" keyframe="0" z_order="0">{points}</skeleton>'
    (row,) = read(track(shape)).rows
    assert row["origin"][:2] == [Origin.PLACED, Origin.INTERPOLATED]


def test_a_point_outside_is_unlabelled_and_stays_away_without_a_word() -> None:
    later = frames({2: [2, 2, 0]}).replace(point("c", 2, 3, 0), "")
    got = read(track(frames({0: [2, 2, 2], 1: [2, 2, 0]}) + later))
    assert [row["visibility"] for row in got.rows] == [[2, 2, 2], [2, 2, 0], [2, 2, 0]]
    assert not got.repairs


def test_the_frame_that_ends_a_track_is_no_annotation() -> None:
    got = read(track(frames({3: [2, 2, 2], 4: [0, 0, 0]})), track(box(7)))
    assert [row["frame"] for row in got.rows] == [3, 7]
    assert got.tally.notes == {
        "cvat-video.closing-frame": 1,
        "cvat-video.single-frame": 2,
    }


@pytest.mark.parametrize("first", ["box", "skeleton"])
def test_the_box_of_a_group_is_the_skeletons_wherever_it_stands(first: str) -> None:
    both = [
        track(box(0) + box(1) + box(2, outside=True), 1, group=9),
        track(frames({0: [2, 2, 2], 2: [2, 2, 2]}), 2, group=9),
    ]
    got = read(*(both if first == "box" else both[::-1]))
    assert sorted((row["frame"], row["bbox"][:1]) for row in got.rows)[:2] == [
        (0, [10.0]),
        (1, [10.0]),
    ]
    assert len(got.rows) == 3
    labelled = [row for row in got.rows if any(row["visibility"])]
    assert labelled[0]["bbox"] == [10, 20, 400, 400]


def test_tracks_of_single_points_are_joined_by_their_group() -> None:
    def single(name: str, group: int, x: float) -> str:
        shape = (
            f'<points frame="0" keyframe="1" outside="0" occluded="0" points="{x},1"/>'
        )
        return track(shape, label=name, group=group)

    got = read(
        *(single(name, group, group) for name in "ab" for group in (1, 2)),
        track(box(0), group=2),
    )
    assert [row["visibility"] for row in got.rows] == [[2, 2, 0]] * 2
    assert [row["track"] for row in got.rows] == ["5-group-1", "5-group-2"]
    assert got.rows[1]["bbox"] == [10, 20, 400, 400]


def test_a_task_of_every_third_frame_keeps_the_videos_numbers() -> None:
    meta = META.replace("<frame_filter>", "<frame_filter>step=3").replace(
        "<start_frame>0", "<start_frame>10"
    )
    got = read(track(frames({10: [2, 2, 2], 13: [2, 2, 2]})), meta=meta)
    assert [row["frame"] for row in got.rows] == [10, 13]


@pytest.mark.parametrize("frame", ["", "-1", "1.5", "9" * 30, "²"])
def test_a_frame_that_is_none_is_refused(frame: str) -> None:
    shape = frames({7: [2, 2, 2]}).replace('frame="7"', f'frame="{frame}"')
    got = read(track(shape))
    assert got.reasons == ["cvat-video.frame"]


def test_videos_of_a_project_are_kept_apart_and_their_frames_counted_anew() -> None:
    """A project counts on from video to video, within a subset; groups begin anew."""
    said = """<task><id>{0}</id><size>10</size><start_frame>2</start_frame>
    <frame_filter>step=3</frame_filter><subset>{1}</subset><segments><segment>
    <start>0</start><stop>9</stop><url>h/api/jobs/{0}7</url></segment></segments>
    <original_size><width>{0}00</width><height>480</height></original_size>
    <source>{0}.mp4</source></task>"""
    tasks = "".join(said.format(*each) for each in ((3, "a"), (4, "a"), (5, "b")))
    single = """<points frame="{0}" keyframe="1" points="{0},{1}"></points>"""
    of = '<track task_id="{0}" group_id="1"'
    tracks = [
        track(single.format(frame, i), i, name).replace("<track", of.format(task))
        for task, frame in ((3, 5), (4, 37), (5, 5))
        for i, name in enumerate("abc")
    ] + [track(box(37), 9).replace("<track", of.format(4))]
    content = document(
        "".join(tracks), f"<meta><project><tasks>{tasks}</tasks></project></meta>"
    )
    got = Reading({"a.xml": content}, ABC)
    assert [
        (row["video"], row["frame"], row["width"], row["track"]) for row in got.rows
    ] == [
        ("3.mp4", 5, 300, "3-group-1"),
        ("4.mp4", 5, 400, "4-group-1"),
        ("5.mp4", 5, 500, "5-group-1"),
    ]
    assert [np.isfinite(row["bbox"]).all() for row in got.rows] == [False, True, False]
    assert not got.bad


def test_a_video_without_any_track_shows_its_frames() -> None:
    got = read()
    assert (got.tally.images, got.tally.records) == (100, 0)


def test_an_image_task_may_be_exported_as_tracks() -> None:
    head = (
        b"<annotations><meta><task><mode>annotation</mode></task></meta><track id='0'"
    )
    assert cvat_video.sniff(head, "a.xml")
    assert not cvat_images.sniff(head, "a.xml")
    data = images.document(images.image(images.abc()))
    assert not cvat_video.sniff(data, "a.xml")


def test_the_boxes_of_groups_are_found_in_a_tar_as_well() -> None:
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w:gz") as archive:
        for i, name in enumerate(("one.xml", "two.xml")):
            pose = track(frames({0: [2, 2, 2]}), i, group=1)
            data = document(pose + track(box(0), 5, group=1))
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    got = Reading({"all.tar.gz": sink.getvalue()}, ABC)
    assert [row["source"] for row in got.rows] == [
        "all.tar.gz/one.xml",
        "all.tar.gz/two.xml",
    ]
    assert [row["bbox"] for row in got.rows] == [[10, 20, 400, 400]] * 2


def test_what_stands_before_the_damage_of_a_gzip_is_read() -> None:
    tracks = [track(frames({0: [2, 2, 2]}), i, group=i + 1) for i in range(900)]
    data = gzip.compress(document("\n".join(tracks)), compresslevel=1)
    got = Reading({"a.xml.gz": data[: len(data) * 2 // 3]}, ABC)
    assert len(got.rows) > 100
    assert "file.gzip" in got.reasons


def test_batches_change_nothing() -> None:
    files, skeleton = sample(230), load("coco_17")
    whole, parts = Reading(files, skeleton), Reading(files, skeleton, batch=7)
    assert len(whole.rows) == 230
    assert str(whole.rows) == str(parts.rows)
    assert all(row["bbox"] == [10, 20, 400, 400] for row in whole.rows)
    assert sum(row["origin"][0] == Origin.PLACED for row in whole.rows) == 23


@given(
    mutated(
        [
            document(
                track(frames({0: [2, 1, 0], 1: [0, 0, 0]}), group=1)
                + track(box(0), group=1)
            )
        ]
    )
)
@settings(max_examples=60)
def test_whatever_is_damaged_is_read_or_said(data: bytes) -> None:
    reads_or_says({"a.xml": data}, ABC, "cvat-video")


@pytest.mark.skipif(not DATA.exists(), reason="the shared data sets are not here")
def test_points_in_tracks_inside_the_skeletons_are_read() -> None:
    folder = DATA / "cvat_fixture_skeleton" / "cvat_dataset" / "for_video"
    numbers = Skeleton("s", ("1", "2", "3", "4"), (), (), None, category="skeleton")
    got = Reading(folder, numbers)
    shown = [row for row in got.rows if row["track"] == "5-3"]
    assert [row["frame"] for row in shown] == [10, 13, 16]
    assert [row["visibility"] for row in shown] == [
        [2, 2, 2, 2],
        [2, 2, 0, 2],
        [2, 2, 0, 2],
    ]
    assert [row["origin"] for row in shown] == [[0] * 4, [2, 2, 0, 2], [2, 2, 0, 2]]
    assert shown[0]["xy"] == [48.8, 111.77, 48.8, 156.28, 83.27, 106.61, 89.11, 159.91]
    assert got.reasons == ["cvat-video.other-skeleton"]  # a track of three points
    assert got.tally.notes["cvat-video.left-alone"] == 2  # of a polyline

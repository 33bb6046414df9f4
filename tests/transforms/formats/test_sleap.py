"""SLEAP's projects: people's instances and a model's, pixels' centres and corners."""

import io
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings

from posegate.transforms.formats import sleap_labels
from posegate.transforms.model.schema import Origin
from posegate.transforms.model.skeleton import Skeleton
from samples.mutation import mutated
from samples.reading import Reading

h5py = pytest.importorskip("h5py", reason="needs h5py: pip install 'posegate[hdf5]'")
from samples.sleap import SKELETON, TWO, project, sample  # noqa: E402  # needs h5py

AB = Skeleton("ab", ("A", "B"), (), (), None)


def reading(data: bytes, **says: str) -> Reading:
    return Reading({"labels.slp": data}, AB, **says)


def test_an_instance_is_a_row_of_its_track() -> None:
    data = project("BA", [(0, 0, 1, TWO), (2, 0, -1, (TWO[0], (np.nan, np.nan, True)))])
    first, second = reading(data).rows
    assert (first["xy"], first["visibility"]) == ([3.5, 4.5, 1.5, 2.5], [2, 2])
    assert [first[n] for n in ("image", "video", "frame", "track", "role")] == [
        *("a.mp4#0", "a.mp4", 0, "male", "production"),
    ]
    assert (second["frame"], second["visibility"], second["track"]) == (
        20,
        [0, 2],
        None,
    )


def test_the_corner_of_the_pixel_became_its_centre_with_format_1_1() -> None:
    for version, x in ((1.0, 1.0), (1.1, 1.5), (1.2, 1.5), (2.7, 1.5)):
        row = reading(project("AB", [(0, 0, -1, TWO)], version=version)).rows[0]
        assert row["xy"][0] == x


def test_a_models_instances_are_prelabels_beside_a_persons() -> None:
    got = reading(project("AB", [(0, 1, -1, TWO), (0, 0, -1, TWO)]))
    assert {r["position"]: (r["role"], r["origin"][0]) for r in got.rows} == {
        0: ("prelabel", Origin.PREDICTED),
        1: ("production", Origin.PLACED),
    }


def test_videos_of_one_name_are_told_apart_by_their_folders() -> None:
    films = ["C:\\x\\cam1\\clip.mp4", "/mnt/b/cam2/clip.mp4"]
    found = sleap_labels.apart(
        [sleap_labels.video({"backend": {"filename": f}}, 0) for f in films]
    )
    assert [video.name for video in found] == ["cam1/clip.mp4", "cam2/clip.mp4"]
    alone = sleap_labels.apart([sleap_labels.video({"filename": films[0]}, 0)])
    assert alone[0].name == "clip.mp4"
    images = sleap_labels.video({"backend": {"filename": ["a/1.png", "a/2.png"]}}, 3)
    assert (images.image(1), images.name) == ("2.png", "video3")


def test_names_of_nodes_are_found_however_they_are_pickled() -> None:
    plain = {"nodes": [{"name": "a"}, {"name": "b"}]}
    ids = {"skeletons": [{"nx_graph": {"nodes": [{"id": 1}, {"id": 0}]}}], **plain}
    assert sleap_labels.nodes(ids) == [["b", "a"]]
    node = {"py/object": "sleap.skeleton.Node", "py/state": {"py/tuple": ["a", 1.0]}}
    assert sleap_labels.nodes({"skeletons": [{"nodes": [{"id": node}]}]}) == [["a"]]


def test_a_table_that_claims_more_than_it_holds_is_not_read() -> None:
    stream = io.BytesIO(project("AB", [(0, 0, -1, TWO)]))
    with h5py.File(stream, "r+") as file:
        kind = file["instances"].dtype
        del file["instances"]
        file.create_dataset("instances", (10**12,), kind, chunks=(1000,))
    got = reading(stream.getvalue())
    assert (got.rows, got.reasons) == ([], ["file.hdf5"])
    assert "claims" in got.bad[0]["detail"]


@pytest.mark.parametrize(
    ("length", "chunk", "claim"),
    [
        (3_000_000, 1, "claims 3000000 chunks"),
        (9_000_000, 9_000, "claims 1152000000 b"),
    ],
)
def test_texts_that_have_no_room_in_the_file_are_not_looked_for(
    length: int, chunk: int, claim: str
) -> None:
    """One byte of a header makes two names millions; libhdf5 looks for each."""
    stream = io.BytesIO(project("AB", [(0, 0, -1, TWO)]))
    with h5py.File(stream, "r+") as file:
        del file["tracks_json"]
        text = h5py.string_dtype()
        file.create_dataset("tracks_json", (length,), text, chunks=(chunk,))
    got = reading(stream.getvalue())
    assert (got.rows, got.reasons) == ([], ["file.hdf5"])
    assert claim in got.bad[0]["detail"]


def test_a_table_that_lies_elsewhere_is_not_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(b"x" * 99)
    stream = io.BytesIO(project("AB", [(0, 0, -1, TWO)]))
    with h5py.File(stream, "r+") as file:
        del file["tracks_json"], file["videos_json"]
        file.create_dataset("tracks_json", (9,), "S9", external=[(secret, 0, 81)])
        file["videos_json"] = h5py.ExternalLink(str(secret), "/")
    got = reading(stream.getvalue())
    assert (got.rows, got.reasons) == ([], ["file.hdf5"])
    assert "another file" in got.bad[0]["detail"]


@pytest.mark.parametrize(
    "data",
    [b"", b"\x89HDF\r\n\x1a\n", project("AB", [])[:900], b'{"a": 1}', b"\0" * 99],
)
def test_what_is_none_is_said_to_be_none(data: bytes) -> None:
    got = reading(data)
    assert (got.rows, len(got.bad)) == ([], 1)


@pytest.mark.parametrize(
    ("embedded", "shown"),
    [
        ((), "a.mp4"),
        (("video0/video", "video1/video"), "a.mp4"),
        (("video3/video", "video0/video"), "b.mp4"),
        (("video1/video", "video0/video"), "b.mp4"),
        (("video0/video", "video0/video"), "a.mp4"),
        (("video3/video", "video5/video"), "a.mp4"),
    ],
)
def test_a_frame_knows_its_video_by_the_number_of_its_images(
    embedded: tuple[str, ...], shown: str
) -> None:
    videos = ("a.mp4", "b.mp4")
    data = project("AB", [(0, 0, -1, TWO)], videos=videos, embedded=embedded)
    assert [row["video"] for row in Reading({"a.slp": data}, AB).rows] == [shown]


@settings(max_examples=60)
@given(mutated([project("AB", [(0, 0, 0, TWO), (1, 1, 1, TWO)])]))
def test_whatever_is_wrong_nothing_is_lost(data: bytes) -> None:
    got = Reading({"a.slp": data}, AB, format="sleap")
    assert not got.undocumented()


def test_a_compressed_project_reads_as_well() -> None:
    import gzip

    data = project("AB", [(0, 0, -1, TWO)])
    assert len(Reading({"a.slp.gz": gzip.compress(data)}, AB).rows) == 1


def test_a_sample_reads_to_its_number() -> None:
    got = Reading(sample(100), SKELETON)
    assert (len(got.rows), got.bad, got.tally.images) == (100, [], 50)


@pytest.mark.parametrize(
    ("name", "rows", "frames", "role"),
    [
        ("hdf5_format_v1/centered_pair_predictions.slp", 2274, 1100, "prelabel"),
        ("slp_hdf5/minimal_instance.slp", 2, 1, "production"),
        ("tracks/clip.2node.slp", 3000, 1500, "production"),
    ],
)
def test_real_projects_of_flies(
    shared_data: Path, name: str, rows: int, frames: int, role: str
) -> None:
    path = shared_data / "sleap_open" / name
    with h5py.File(path) as file:
        nodes = sleap_labels.nodes(json.loads(file["metadata"].attrs["json"]))[0]
    got = Reading(path, Skeleton("fly", tuple(nodes), (), (), None))
    assert (len(got.rows), got.tally.images, got.bad) == (rows, frames, [])
    assert {r["role"] for r in got.rows} == {role}
    seen = sum(v > 0 for r in got.rows for v in r["visibility"])
    assert seen <= rows * len(nodes)

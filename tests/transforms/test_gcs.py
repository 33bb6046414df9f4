"""Cloud Storage itself, on every server that is there: refusals, faults, metadata."""

import random

import apache_beam as beam
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from apache_beam.io.filesystems import FileSystems
from apache_beam.testing.util import assert_that, equal_to

from posegate.transforms import storage
from servers.gcs_edge import Edge

MEDIA = "GET .*alt=media"
LISTING = "GET .*/o[?]"  # the client also asks for buckets, from threads of its own
LARGE = random.Random(0).randbytes(9_000_000)  # more than is fetched or sent at once


@pytest.fixture
def folder(gcs: str) -> str:
    return f"{gcs}/output"


def names(folder: str) -> list[str]:
    return [file.name for file in storage.listing(folder)]


def metadata(edge: Edge, path: str) -> str:
    bucket, _, name = path.removeprefix("gs://").partition("/")
    place = f"/storage/v1/b/{bucket}/o/{name.replace('/', '%2F')}"
    return edge.ask("GET", place, {}, b"").body.decode()


def test_a_whole_bucket_can_be_listed(gcs: str) -> None:
    storage.write_bytes(f"{gcs}/a/b.json", b"{}")
    assert storage.listing(gcs) == (storage.File(f"{gcs}/a/b.json", "a/b.json", 2),)


def test_the_empty_objects_that_stand_for_folders_are_left_out(gcs: str) -> None:
    for marker in ("delivery/", "delivery/sub/"):
        storage.write_bytes(gcs + "/" + marker, b"")
    assert storage.listing(f"{gcs}/delivery") == ()


def test_a_missing_bucket_is_named(gcs: str) -> None:
    with pytest.raises(FileNotFoundError, match=f"^{gcs}-not/a: "):
        storage.listing(f"{gcs}-not/a")


def test_a_files_beginning_is_fetched_alone(folder: str) -> None:
    storage.write_bytes(f"{folder}/large", LARGE)
    storage.write_bytes(f"{folder}/small", b"abc")
    storage.write_bytes(f"{folder}/empty", b"")
    heads = [storage.head(f"{folder}/{n}", 5) for n in ("large", "small", "empty")]
    assert heads == [LARGE[:5], b"abc", b""]
    with pytest.raises(FileNotFoundError, match=f"^{folder}/none: "):
        storage.head(f"{folder}/none", 5)


@pytest.mark.parametrize(
    ("path", "complaint"),
    [
        ("gs://", "gs://: names no bucket; write gs://bucket/folder"),
        ("gs://bucket", "gs://bucket: names a bucket, not a file"),
    ],
)
def test_a_path_that_names_no_object_is_refused(path: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=f"^{complaint}"):
        storage.read_bytes(path)


def test_the_checksum_is_the_stored_crc32c_with_the_generation(folder: str) -> None:
    storage.write_bytes(f"{folder}/digits", b"123456789")
    checksum, generation = storage.checksum(f"{folder}/digits")
    assert checksum == "crc32c:4waSgw=="  # 0xe3069283, the check value of CRC-32C
    storage.write_bytes(f"{folder}/digits", b"123456789")
    assert storage.checksum(f"{folder}/digits") > (checksum, generation)


@pytest.mark.parametrize(
    ("name", "expected"),
    [("a.html", "text/html"), ("a.parquet", "application/octet-stream")],
)
def test_a_browser_is_told_the_type(
    folder: str, gcs_edge: Edge, name: str, expected: str
) -> None:
    storage.write_bytes(f"{folder}/{name}", b"1")
    with storage.writing(f"{folder}/w-{name}") as file:
        file.write(b"1")
    for written in (name, f"w-{name}"):
        assert f'"{expected}"' in metadata(gcs_edge, f"{folder}/{written}")


@pytest.mark.parametrize("fault", ["503", "429", "408", "reset", "cut"])
def test_a_passing_fault_is_survived(folder: str, gcs_edge: Edge, fault: str) -> None:
    for request in ("POST .*/upload/", "PUT .*/upload/", LISTING, MEDIA):
        gcs_edge.inject(fault, request)
    path = f"{folder}/large"
    with storage.writing(path) as file:
        file.write(LARGE)
    assert names(folder) == ["large"]
    assert storage.read_bytes(path) == LARGE
    assert len(gcs_edge.fired) == 4


def test_a_write_whose_answer_was_lost_is_written(folder: str, gcs_edge: Edge) -> None:
    gcs_edge.inject("late-503", "POST .*/upload/")
    storage.write_bytes(f"{folder}/a", b"whole")
    assert storage.read_bytes(f"{folder}/a") == b"whole"
    assert len(gcs_edge.fired) == 1


@pytest.mark.parametrize("data", [LARGE, LARGE[:100]], ids=["large", "small"])
@pytest.mark.parametrize(
    ("fault", "complaint"),
    [("short", "was cut short"), ("corrupt", "was corrupted")],
)
def test_a_body_that_is_not_what_is_stored_is_noticed(
    folder: str, gcs_edge: Edge, fault: str, complaint: str, data: bytes
) -> None:
    path = f"{folder}/data"
    storage.write_bytes(path, data)
    gcs_edge.inject(fault, MEDIA)
    with pytest.raises(OSError, match=f"^{path}: .*the transfer {complaint}"):
        storage.read_bytes(path)
    assert len(gcs_edge.fired) == 1
    assert storage.read_bytes(path) == data


def test_a_corrupt_body_is_noticed_before_a_jump_hands_it_out(
    folder: str, gcs_edge: Edge
) -> None:
    path = f"{folder}/part.parquet"
    with storage.writing(path) as file:
        pq.write_table(pa.table({"x": range(1000)}), file)
    gcs_edge.inject("corrupt", MEDIA)
    with (
        storage.open_input(path) as file,
        pytest.raises(OSError, match=f"^{path}: .*corrupted"),
    ):
        pq.read_table(file)


def test_a_file_replaced_while_it_is_read_is_noticed(folder: str) -> None:
    path = f"{folder}/large"
    storage.write_bytes(path, LARGE)
    with storage.open_input(path) as file:
        file.read(10)
        storage.write_bytes(path, LARGE[::-1])
        with pytest.raises(FileNotFoundError, match=f"^{path}: no such object"):
            file.read()


@pytest.mark.parametrize(
    ("status", "error", "complaint"),
    [
        ("403", PermissionError, "access refused .*roles/storage.objectUser"),
        ("401", PermissionError, "no Google credentials that work"),
        ("400", OSError, "BadRequest: .*injected.*run again"),
    ],
)
def test_a_refusal_is_one_line_that_names_the_path(
    folder: str,
    gcs_edge: Edge,
    status: str,
    error: type[OSError],
    complaint: str,
) -> None:
    gcs_edge.inject(status, LISTING)
    with pytest.raises(error, match=f"^{folder}: {complaint}") as caught:
        storage.listing(folder)
    assert "\n" not in str(caught.value)


def test_a_refused_write_publishes_nothing(folder: str, gcs_edge: Edge) -> None:
    gcs_edge.inject("403", "PUT .*/upload/")
    with (
        pytest.raises(PermissionError, match=f"^{folder}/a: "),
        storage.writing(f"{folder}/a") as file,
    ):
        file.write(b"1")
    assert not storage.exists(f"{folder}/a")


def test_beam_reads_and_tidies_what_we_write(folder: str) -> None:
    storage.write_bytes(f"{folder}/a.txt", b"one\ntwo\n")
    with beam.Pipeline(runner="FnApiRunner") as pipeline:
        lines = pipeline | beam.io.ReadFromText(f"{folder}/*.txt")
        assert_that(lines, equal_to(["one", "two"]))
    FileSystems.rename([f"{folder}/a.txt"], [f"{folder}/b.txt"])
    assert names(folder) == ["b.txt"]
    FileSystems.delete([f"{folder}/b.txt"])
    assert not storage.exists(folder)


def test_we_read_what_beam_writes(folder: str) -> None:
    with FileSystems.create(f"{folder}/a.txt") as file:
        file.write(b"from beam")
    assert storage.read_bytes(f"{folder}/a.txt") == b"from beam"

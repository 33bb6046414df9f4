"""Which files of a delivery are read, as what, and which together."""

import io
import json
import zipfile

import pytest

from posegate.transforms.formats import recognise
from posegate.transforms.model.delivery import Shard
from samples.coco import annotation, dataset
from samples.reading import Memory

COCO = json.dumps(dataset(annotation())).encode()


def looked_at(
    files: dict[str, bytes], said: str | None = None
) -> tuple[list[Shard], list[str]]:
    store = Memory(files)
    checksum = recognise.Store(
        store.open, store.head, lambda path: (f"sum of {path}", None)
    )
    return recognise.recognise(store.listing(), checksum, said, "d")


def zipped(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def test_a_file_is_a_shard_of_the_format_that_it_looks_like() -> None:
    [shard], alone = looked_at({"a.json": COCO})
    assert (shard.name, shard.format, shard.checksum) == (
        "a.json",
        "coco",
        "sum of d/a.json",
    )
    assert alone == []


def test_what_cannot_be_annotations_is_left_alone() -> None:
    files = {"README.md": b"x", "a.jpg": b"x", "a.json": COCO, "notes.txt": b"hello"}
    [_], alone = looked_at(files)
    assert alone == ["README.md", "a.jpg", "notes.txt"]


@pytest.mark.parametrize("data", [b"", b"nothing", b'{"foo": 1}'])
def test_a_json_that_is_nothing_known_is_read_all_the_same(data: bytes) -> None:
    [shard], alone = looked_at({"a.json": data})
    assert (shard.format, alone) == (None, [])


def test_what_the_side_file_says_is_not_doubted() -> None:
    [shard], alone = looked_at({"a.json": b"{}", "b.md": b""}, "coco")
    assert (shard.format, alone) == ("coco", ["b.md"])


def test_an_archive_is_of_the_format_of_its_members() -> None:
    [shard], _ = looked_at({"a.zip": zipped({"in/a.json": COCO, "b.jpg": b"x"})})
    assert (shard.name, shard.format) == ("a.zip", "coco")


def test_a_list_of_classes_makes_no_archive_one_of_several_formats() -> None:
    """As Label Studio packs its labels for YOLO."""
    classes = {"categories": [{"id": 0, "name": "person"}], "info": {"year": 2026}}
    label = b"0 .5 .5 .2 .2 .5 .5 2 .4 .4 2 .3 .3 2"
    files = {"notes.json": json.dumps(classes).encode(), "labels/a.txt": label}
    shards, _ = looked_at({"a.zip": zipped(files)})
    assert [shard.format for shard in shards] == ["yolo-pose"]


def test_an_archive_of_pictures_is_left_alone() -> None:
    shards, alone = looked_at({"a.zip": zipped({"b.jpg": b"x"}), "a.json": COCO})
    assert [shard.name for shard in shards] == ["a.json"]
    assert alone == ["a.zip"]


def test_an_archive_that_cannot_be_opened_is_no_picture() -> None:
    shards, alone = looked_at({"a.zip": zipped({"a.json": COCO})[:40]})
    assert ([(s.name, s.format) for s in shards], alone) == ([("a.zip", None)], [])


def test_an_archive_of_archives_is_not_passed_over() -> None:
    shards, alone = looked_at({"a.zip": zipped({"in.zip": zipped({"a.json": COCO})})})
    assert ([(s.name, s.format) for s in shards], alone) == ([("a.zip", None)], [])


def test_a_bundle_of_one_is_the_file_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recognise, "BUNDLE_BYTES", 400)
    task = b'{"id": 1, "annotations": [{"result": [], "completed_by": 1}], "data": {}}'
    large = b"[" + b", ".join([task] * 9) + b"]"
    small = b"[" + task + b"]"
    shards, _ = looked_at({"a.json": large, "b.json": small, "c.json": small})
    assert [shard.name for shard in shards] == ["a.json", "b.json and 1 more"]

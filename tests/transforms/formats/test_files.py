"""A shard's files: plain, bundled, and in archives that mean no good."""

import gzip
import io
import tarfile
import zipfile
from collections.abc import Callable
from typing import BinaryIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posegate.transforms.formats.files import File, files, is_archive
from posegate.transforms.formats.streams import DamagedStream
from posegate.transforms.model.delivery import Member, Shard


def zipped(**members: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


def tarred(mode: str = "w:gz", **members: bytes) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as archive:  # type: ignore[call-overload]
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def found(name: str, data: bytes) -> list[tuple[str, bytes]]:
    """Each file's name and content; a damage as its reason and nothing."""
    shard = Shard(0, name, name, len(data), "")
    out = []
    for file in files(shard, lambda path: io.BytesIO(data)):
        if isinstance(file, DamagedStream):
            out.append((file.reason, b""))
            continue
        try:
            out.append((file.name, file.read()))
        except DamagedStream as damage:
            out.append((damage.reason, b""))
    return out


def test_a_plain_file_is_itself() -> None:
    assert found("a.json", b"{}") == [("a.json", b"{}")]


def test_gzip_is_inflated_wherever_it_lies() -> None:
    packed = gzip.compress(b"{}")
    assert found("a.json.gz", packed) == [("a.json.gz", b"{}")]
    assert found("a.zip", zipped(**{"b.json.gz": packed})) == [
        ("a.zip/b.json.gz", b"{}")
    ]


@pytest.mark.parametrize("name", ["a.zip", "A.ZIP", "a.tar", "a.tgz", "a.tar.gz"])
def test_archives_are_told_by_their_endings(name: str) -> None:
    assert is_archive(name)
    assert not is_archive(name + ".txt")


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.zip", zipped(**{"b/two.txt": b"2", "b/one.txt": b"1"})),
        ("a.tgz", tarred(**{"b/one.txt": b"1", "b/two.txt": b"2"})),
        ("a.tar", tarred("w", **{"./b/one.txt": b"1", "./b/two.txt": b"2"})),
    ],
)
def test_an_archive_is_its_members(name: str, data: bytes) -> None:
    assert found(name, data) == [
        (f"{name}/b/one.txt", b"1"),
        (f"{name}/b/two.txt", b"2"),
    ]


def test_a_bundle_is_its_members() -> None:
    data = {"in/a.txt": b"a", "in/b.txt": b"b"}
    members = tuple(Member(path, path.removeprefix("in/")) for path in data)
    shard = Shard(0, "in", "a.txt and 1 more", 2, "", members=members)

    def open(path: str) -> BinaryIO:
        return io.BytesIO(data[path])

    some = [file for file in files(shard, open) if isinstance(file, File)]
    assert [(file.name, file.read()) for file in some] == [
        ("a.txt", b"a"),
        ("b.txt", b"b"),
    ]


@pytest.mark.parametrize("name", ["../b", "b/../../c", "/etc/b", "..\\b", "C:b"])
def test_a_name_that_leads_out_is_left_alone_and_said(name: str) -> None:
    for archive, data in (
        ("a.zip", zipped(**{name: b"x", "good.txt": b"y"})),
        ("a.tar", tarred("w", **{name: b"x", "good.txt": b"y"})),
    ):
        got = found(archive, data)
        assert ("archive.unsafe-name", b"") in got
        assert (f"{archive}/good.txt", b"y") in got
        assert len(got) == 2


def test_a_bomb_stops_being_read() -> None:
    zeros = bytes(300 << 20)
    assert found("a.zip", zipped(**{"b.txt": zeros})) == [("file.inflates", b"")]


def test_a_member_larger_than_may_be_read_whole_is_refused() -> None:
    file = File("a", lambda: io.BytesIO(b"12345"))
    assert file.read(5) == b"12345"
    with pytest.raises(DamagedStream, match="larger than 4 bytes"):
        file.read(4)


@given(st.data())
def test_a_damaged_archive_gives_whole_members_or_says_what_is_wrong(
    data: st.DataObject,
) -> None:
    members = {f"{i}.txt": bytes([i]) * 2000 for i in range(5)}
    name = data.draw(st.sampled_from(["a.zip", "a.tgz", "a.tar"]))
    make = {"a.zip": zipped, "a.tgz": tarred}.get(name)
    whole = bytearray(make(**members) if make else tarred("w", **members))
    cut = data.draw(st.integers(0, len(whole)))
    flips = data.draw(st.lists(st.integers(0, max(cut - 1, 0)), max_size=3))
    broken = whole[:cut]
    for at in flips:
        if at < len(broken):
            broken[at] ^= 0x55
    for label, _ in found(name, bytes(broken)):
        assert label.startswith((f"{name}/", "archive.", "file."))


def test_a_stream_reads_line_by_line() -> None:
    file = File("a", lambda: io.BytesIO(b"one\ntwo\n"))
    assert list(file.stream()) == [b"one\n", b"two\n"]


@pytest.mark.parametrize("pack", [zipped, tarred])
def test_what_a_mac_packs_beside_a_file_is_not_delivered(
    pack: Callable[..., bytes],
) -> None:
    beside = {"__MACOSX/._a.json": b"\0\5\x16\7", ".ipynb_checkpoints/a.json": b"b"}
    data = pack(**beside, **{"./a.json": b"a", "b/./c..json": b"c", "b/.DS_Store": b""})
    name = "x.zip" if pack is zipped else "x.tar.gz"
    assert [content for _, content in found(name, data)] == [b"a", b"c"]

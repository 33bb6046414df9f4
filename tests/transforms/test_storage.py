"""Files by path, on this machine and on every Cloud Storage server that is there."""

import gzip
import io
import os
import random
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posegate.transforms import storage

HUGE = random.Random(0).randbytes(20_000_000)
LARGE = HUGE[:9_000_000]  # more than is fetched or sent in one piece
TABLE = pa.table({"x": range(1000), "name": [f"row {row}" for row in range(1000)]})


def names(folder: str) -> list[str]:
    return [file.name for file in storage.listing(folder)]


def fail_while_writing(
    path: str, data: bytes, error: BaseException, close: bool = False
) -> None:
    with storage.writing(path) as file:
        file.write(data)
        if close:
            file.close()
        raise error


class Folder:
    """What holds wherever the folder lies."""

    def test_files_are_listed_at_any_depth_by_name(self, folder: str) -> None:
        for name in ("b.json", "a/z.json", "a.json", "a/deep/er.json"):
            storage.write_bytes(f"{folder}/{name}", name.encode())
        expected = ["a.json", "a/deep/er.json", "a/z.json", "b.json"]
        assert storage.listing(folder) == tuple(
            storage.File(f"{folder}/{name}", name, len(name)) for name in expected
        )
        assert storage.listing(f"{folder}/") == storage.listing(folder)

    def test_a_folder_whose_name_begins_alike_is_another(self, folder: str) -> None:
        storage.write_bytes(f"{folder}/week1/a", b"1")
        storage.write_bytes(f"{folder}/week10/b", b"2")
        assert names(f"{folder}/week1") == ["a"]

    def test_a_single_file_lists_itself(self, folder: str) -> None:
        path = f"{folder}/shots/a.json"
        storage.write_bytes(path, b"{}")
        assert storage.listing(path) == (storage.File(path, "a.json", 2),)

    def test_hidden_files_and_folders_are_left_out(self, folder: str) -> None:
        for name in (".hidden", ".temp-1/part", "a/.git/x", "kept", "dot.s"):
            storage.write_bytes(f"{folder}/{name}", b"1")
        assert names(folder) == ["dot.s", "kept"]

    def test_an_empty_file_is_listed(self, folder: str) -> None:
        storage.write_bytes(f"{folder}/empty.json", b"")
        assert names(folder) == ["empty.json"]
        assert storage.read_bytes(f"{folder}/empty.json") == b""

    def test_a_missing_folder_is_named_with_what_would_do(self, folder: str) -> None:
        missing = f"{folder}/nowhere"
        with pytest.raises(FileNotFoundError) as caught:
            storage.listing(missing)
        assert str(caught.value) == (
            f"{missing}: no such file or folder; give a local folder, a single file, "
            "or gs://bucket/prefix"
        )

    @pytest.mark.parametrize(
        "name",
        ["with space", "ünïcode-日本", "100%", "a+b&c=d", "what?#", "[x]*", "<script>"],
    )
    def test_any_name_is_written_listed_and_read(self, folder: str, name: str) -> None:
        path = f"{folder}/{name}/{name}.json"
        storage.write_bytes(path, name.encode())
        [file] = storage.listing(folder)
        assert (file.path, file.name) == (path, f"{name}/{name}.json")
        assert storage.read_bytes(file.path) == name.encode()

    def test_the_folders_directly_below_are_named_in_order(self, folder: str) -> None:
        for name in ("file", "b/1", "a/deep/er"):
            storage.write_bytes(f"{folder}/{name}", b"1")
        assert storage.folders(folder) == storage.folders(f"{folder}/") == ("a", "b")
        assert storage.folders(f"{folder}/nowhere") == ()

    def test_what_is_there_exists(self, folder: str) -> None:
        storage.write_bytes(f"{folder}/a/b", b"1")
        found = [storage.exists(f"{folder}/{name}") for name in ("a/b", "a", "a/", "b")]
        assert found == [True, True, True, False]

    def test_reading_what_is_not_there_names_it(self, folder: str) -> None:
        with pytest.raises(FileNotFoundError, match="nothing"):
            storage.open_input(f"{folder}/nothing")

    def test_a_large_file_streams_through(self, folder: str) -> None:
        path = f"{folder}/large"
        with storage.writing(path) as file:
            for start in range(0, len(HUGE), 777_777):
                assert file.tell() == start
                file.write(HUGE[start : start + 777_777])
        with storage.open_input(path) as file:
            pieces = iter(lambda: file.read(1_000_003), b"")
            assert b"".join(pieces) == HUGE
        assert storage.read_bytes(path) == HUGE

    def test_reading_goes_anywhere(self, folder: str) -> None:
        path = f"{folder}/large"
        storage.write_bytes(path, LARGE)
        size = len(LARGE)
        with storage.open_input(path) as file:
            for start in (size - 8, 0, 8_765_432, 5, size - 1, size, size + 5):
                assert file.seek(start) == start
                assert file.read(1000) == LARGE[start : start + 1000]
            assert file.seek(-4, os.SEEK_END) == size - 4
            assert file.read() == LARGE[-4:]
            with pytest.raises((ValueError, OSError)):
                file.seek(-1)

    def test_lines_and_gzip_read_through_it(self, folder: str) -> None:
        lines = [b"line %d\n" % line for line in range(1000)]
        storage.write_bytes(f"{folder}/lines", b"".join(lines))
        storage.write_bytes(f"{folder}/lines.gz", gzip.compress(b"".join(lines)))
        with storage.open_input(f"{folder}/lines") as file:
            assert list(file) == lines
        with storage.open_input(f"{folder}/lines.gz") as file:
            assert gzip.GzipFile(fileobj=file).readlines() == lines

    def test_an_error_while_writing_leaves_what_was_there(self, folder: str) -> None:
        path = f"{folder}/report"
        storage.write_bytes(path, b"old")
        with pytest.raises(KeyError):
            fail_while_writing(path, LARGE, KeyError())
        assert storage.read_bytes(path) == b"old"
        assert names(folder) == ["report"]

    def test_an_error_while_writing_leaves_nothing_new(self, folder: str) -> None:
        storage.write_bytes(f"{folder}/other", b"1")
        with pytest.raises(KeyboardInterrupt):
            fail_while_writing(f"{folder}/report", b"half", KeyboardInterrupt())
        assert names(folder) == ["other"]

    def test_closing_before_an_error_publishes_nothing(self, folder: str) -> None:
        path = f"{folder}/report"
        with pytest.raises(KeyError):
            fail_while_writing(path, b"half", KeyError(), close=True)
        assert not storage.exists(path)

    def test_closing_inside_the_block_loses_nothing(self, folder: str) -> None:
        path = f"{folder}/report"
        with storage.writing(path) as file, io.TextIOWrapper(file) as text:
            text.write("whole")
        assert storage.read_bytes(path) == b"whole"

    def test_parquet_is_written_and_read_by_column(self, folder: str) -> None:
        path = f"{folder}/part-00000.parquet"
        with storage.writing(path) as file:
            pq.write_table(TABLE, file)
        with storage.open_input(path) as file:
            assert pq.read_table(file) == TABLE
        with storage.open_input(path) as file, pq.ParquetFile(file) as parquet:
            assert parquet.read(columns=["x"]) == TABLE.select(["x"])


class TestLocal(Folder):
    @pytest.fixture
    def folder(self, tmp_path: Path) -> str:
        return str(tmp_path)

    def test_an_empty_folder_is_an_empty_listing(self, folder: str) -> None:
        assert storage.listing(folder) == ()

    def test_links_to_files_and_folders_are_followed(self, tmp_path: Path) -> None:
        elsewhere = tmp_path / "elsewhere"
        elsewhere.mkdir()
        (elsewhere / "a.json").write_text("{}")
        delivery = tmp_path / "delivery"
        delivery.mkdir()
        (delivery / "linked").symlink_to(elsewhere)
        (delivery / "b.json").symlink_to(elsewhere / "a.json")
        assert names(str(delivery)) == ["b.json", "linked/a.json"]

    @pytest.mark.parametrize("target", [".", "..", "nowhere", "loop"])
    def test_a_link_that_leads_nowhere_or_round_is_named(
        self, tmp_path: Path, target: str
    ) -> None:
        delivery = tmp_path / "delivery"
        delivery.mkdir()
        (delivery / "loop").symlink_to(target)
        with pytest.raises(ValueError, match=f"^{delivery}/loop.*; remove it"):
            storage.listing(str(delivery))

    def test_a_name_that_is_not_utf_8_is_named(self, tmp_path: Path) -> None:
        (tmp_path / os.fsdecode(b"caf\xe9.json")).touch()
        with pytest.raises(ValueError, match=r"'caf\\udce9.json': .* rename it"):
            storage.listing(str(tmp_path))

    def test_a_folder_that_can_be_made_is_writable(self, tmp_path: Path) -> None:
        for folder in (tmp_path, tmp_path / "new" / "er"):
            storage.check_writable(str(folder))
        assert list(tmp_path.iterdir()) == []

    def test_a_file_in_the_way_is_named_before_anything_is_written(
        self, tmp_path: Path
    ) -> None:
        (tmp_path / "file").touch()
        for folder in ("file", "file/below"):
            with pytest.raises(ValueError, match=f"/{folder}: .*/file is no folder"):
                storage.check_writable(str(tmp_path / folder))

    def test_a_folder_that_is_locked_is_named(self, tmp_path: Path) -> None:
        tmp_path.chmod(0o555)
        if os.access(tmp_path, os.W_OK):
            pytest.skip("whoever runs this may write anywhere")
        with pytest.raises(ValueError, match="nothing may be written into"):
            storage.check_writable(str(tmp_path / "new"))

    def test_the_new_file_has_the_permissions_of_any_other(
        self, tmp_path: Path
    ) -> None:
        storage.write_bytes(str(tmp_path / "ours"), b"")
        (tmp_path / "plain").touch()
        modes = {(tmp_path / name).stat().st_mode for name in ("ours", "plain")}
        assert len(modes) == 1

    def test_a_file_in_the_way_of_a_folder_is_named(self, tmp_path: Path) -> None:
        (tmp_path / "a").touch()
        with pytest.raises(OSError, match=f"{tmp_path}/a"):
            storage.write_bytes(f"{tmp_path}/a/b", b"")

    def test_the_checksum_is_the_sha256(self, tmp_path: Path) -> None:
        (tmp_path / "abc").write_bytes(b"abc")
        digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        assert storage.checksum(str(tmp_path / "abc")) == (f"sha256:{digest}", None)


class TestRemote(Folder):
    @pytest.fixture
    def folder(self, gcs: str) -> str:
        return f"{gcs}/output"


class TestNames:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("2026-W07_a.b", "2026-W07_a.b"),
            ("Büro/1", "B%C3%BCro%2F1"),
            ("<script>", "%3Cscript%3E"),
            ("a~b c%", "a%7Eb%20c%25"),
            ("line\nline\0", "line%0Aline%00"),
            ("", "%"),
            (".", "%2E"),
            ("..", "%2E."),
            (".hidden", "%2Ehidden"),
        ],
    )
    def test_a_delivery_name_becomes_a_segment(self, text: str, expected: str) -> None:
        assert storage.safe_name(text) == expected

    @given(st.text(st.characters()), st.text(st.characters()))
    def test_two_names_never_give_the_same_segment(self, one: str, two: str) -> None:
        assert (storage.safe_name(one) == storage.safe_name(two)) == (one == two)

    @given(st.text(st.sampled_from(".%~2E/a\0"), min_size=1))
    def test_a_segment_encoded_again_is_another_unless_it_was_plain(
        self, text: str
    ) -> None:
        segment = storage.safe_name(text)
        assert (storage.safe_name(segment) == segment) == (segment == text)

    @given(st.text(st.characters(), max_size=2000))
    def test_a_segment_is_one_visible_ascii_name_of_bearable_length(
        self, text: str
    ) -> None:
        segment = storage.safe_name(text)
        assert segment.isascii()
        assert segment.isprintable()
        assert "/" not in segment
        assert not segment.startswith(".")
        assert 0 < len(segment) <= 200

    def test_long_names_that_differ_at_the_end_give_other_segments(self) -> None:
        one, two = (storage.safe_name("x" * 5000 + end) for end in "ab")
        assert one != two


class TestJoining:
    @pytest.mark.parametrize(
        ("words", "expected"),
        [
            (("gs://bucket", "a", "b.json"), "gs://bucket/a/b.json"),
            (("gs://bucket/", "a/b"), "gs://bucket/a/b"),
            (("/", "a"), "/a"),
            (("out", "a b", "ü.json"), "out/a b/ü.json"),
            (("out",), "out"),
            (("", "a"), "a"),
        ],
    )
    def test_parts_go_below_the_folder(
        self, words: tuple[str, ...], expected: str
    ) -> None:
        assert storage.join(*words) == expected

    @pytest.mark.parametrize(
        "part",
        [
            *["..", "a/../../b", "/etc", "gs://other/x", "", ".", "a//b", "a/"],
            *["a\nb", "a\0", "a\r", "\x7f"],
        ],
    )
    def test_a_part_that_would_leave_or_hide_is_refused(self, part: str) -> None:
        with pytest.raises(ValueError, match=r"^out: .* is no path below it"):
            storage.join("out", "runs", part)

    @given(st.lists(st.text(st.sampled_from("./ab\n\0~ü"), max_size=8), min_size=1))
    def test_what_is_joined_stays_below(self, parts: list[str]) -> None:
        try:
            path = storage.join("/out", *parts)
        except ValueError:
            return
        assert os.path.normpath(path) == path
        assert path.startswith("/out/")


class TestSchemes:
    @pytest.mark.parametrize("path", ["s3://bucket/a", "http://host/a", "file:///a"])
    def test_an_unknown_scheme_is_refused(self, path: str) -> None:
        with pytest.raises(ValueError, match=f"^{path}: .*give a local path or gs://"):
            storage.listing(path)

    def test_without_credentials_the_first_call_says_so_in_one_line(
        self, tmp_path: Path
    ) -> None:
        program = (
            "from posegate.transforms import storage\n"
            "try: storage.listing('gs://bucket/delivery')\n"
            "except PermissionError as error: print(error)"
        )
        environment = {"HOME": str(tmp_path), "NO_GCE_CHECK": "true"}
        run = subprocess.run(
            [sys.executable, "-c", program],
            env=environment,
            capture_output=True,
            text=True,
        )
        assert run.stdout.startswith("gs://bucket/delivery: no Google credentials")
        assert "gcloud auth application-default login" in run.stdout
        assert run.stdout.count("\n") == 1

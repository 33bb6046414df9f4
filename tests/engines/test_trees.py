from pathlib import Path

import pytest
from trees import differences, tree

EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_a_tree_names_each_file_with_its_sha256(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "abc.txt").write_bytes(b"abc")
    (tmp_path / "nothing").write_bytes(b"")
    assert tree(tmp_path) == {"a/b/abc.txt": ABC, "nothing": EMPTY}


def test_hidden_files_show_and_empty_folders_do_not(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / ".temp-part").write_bytes(b"abc")
    assert tree(tmp_path) == {".temp-part": ABC}


def test_a_folder_that_does_not_exist_is_no_empty_tree(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="absent is not a folder"):
        tree(tmp_path / "absent")


def test_equal_trees_have_no_differences() -> None:
    assert differences({"a": ABC}, {"a": ABC}) == []


def test_differences_say_what_is_missing_added_or_other() -> None:
    expected = {"gone": ABC, "same": ABC, "part-00000.parquet": ABC}
    found = {"same": ABC, "part-00000.parquet": EMPTY, "new": EMPTY}
    assert differences(expected, found) == [
        "added: new",
        "missing: gone",
        "other bytes: part-00000.parquet",
    ]

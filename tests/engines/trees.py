"""Folders of files, compared byte for byte."""

import hashlib
from collections.abc import Mapping
from pathlib import Path


def tree(folder: Path) -> dict[str, str]:
    """The files under a folder: relative path, with slashes -> sha256 in hex.

    A folder that holds no file does not show. One that does not exist is an error, not
    an empty tree: two runs that wrote nothing must not look equal.
    """
    if not folder.is_dir():
        raise FileNotFoundError(f"{folder} is not a folder")
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): digest(path) for path in files}


def digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def differences(expected: Mapping[str, str], found: Mapping[str, str]) -> list[str]:
    """What sets two trees apart, one line a file; empty if they are equal."""
    missing = [f"missing: {name}" for name in expected.keys() - found.keys()]
    added = [f"added: {name}" for name in found.keys() - expected.keys()]
    both = expected.keys() & found.keys()
    other = [f"other bytes: {name}" for name in both if expected[name] != found[name]]
    return sorted(missing + added + other)

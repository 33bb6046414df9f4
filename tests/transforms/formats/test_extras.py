"""A library that is not installed is named, with the extra that installs it."""

import subprocess
import sys

import pytest

PROGRAM = """
import sys
sys.modules["h5py"] = None        # as if it were not installed
sys.path.insert(0, {tests!r})
from posegate.transforms.model.skeleton import Skeleton
from samples.reading import Reading
try:
    Reading({files!r}, Skeleton("s", ("A",), (), (), None), side={side!r})
except ValueError as error:
    print(error)
"""
HEAD = b"\x89HDF\r\n\x1a\n"


def said(files: dict[str, bytes], side: str = "") -> str:
    """What reading a delivery says where h5py cannot be imported."""
    tests = str(next(path for path in sys.path if path.endswith("tests")))
    program = PROGRAM.format(tests=tests, files=files, side=side)
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True
    )
    assert run.returncode == 0, run.stderr
    return run.stdout


@pytest.mark.parametrize(
    ("files", "name"),
    [
        ({"a.slp": HEAD}, "sleap"),
        ({"a.h5": HEAD + b"df_with_missing\0"}, "dlc-h5"),
        ({"a.h5": HEAD + b"node_names\0track_occupancy\0tracks\0"}, "sleap-analysis"),
    ],
)
def test_a_missing_library_is_one_line_that_names_the_extra(
    files: dict[str, bytes], name: str
) -> None:
    text = said(files)
    assert text.count("\n") == 1
    assert f"the format {name} need h5py: pip install 'posegate[hdf5]'" in text
    assert said(files, f"format = {name!r}") == text


def test_what_needs_no_extra_is_read_without_it() -> None:
    files = {
        "a.csv": b"scorer,x,x\nbodyparts,A,A\ncoords,x,y\nlabeled-data/v/1.png,1,2\n"
    }
    assert said(files) == ""

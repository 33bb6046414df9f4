"""A library that is not installed is named, with the extra that installs it."""

import subprocess
import sys

PROGRAM = """
import sys
sys.modules["h5py"] = None        # as if it were not installed
sys.path.insert(0, {tests!r})
from posegate.transforms.model.skeleton import Skeleton
from samples.reading import Reading
for name, data, side in {deliveries!r}:
    try:
        got = Reading({{name: data}}, Skeleton("s", ("A",), (), (), None), side=side)
        print(len(got.rows), "rows")
    except ValueError as error:
        print(error)
"""
HEAD = b"\x89HDF\r\n\x1a\n"
DLC = HEAD + b"df_with_missing\0"
CSV = b"scorer,x,x\nbodyparts,A,A\ncoords,x,y\nlabeled-data/v/1.png,1,2\n"
REMEDY = (
    "d: files of the format {} need h5py: pip install 'posegate[hdf5]', or leave them "
    "out by `ignore` in delivery.toml"
)


def said(*deliveries: tuple[str, bytes, str]) -> list[str]:
    """What reading each file says where h5py cannot be imported."""
    tests = str(next(path for path in sys.path if path.endswith("tests")))
    program = PROGRAM.format(tests=tests, deliveries=deliveries)
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True
    )
    assert run.returncode == 0, run.stderr
    return run.stdout.splitlines()


def test_a_missing_library_is_one_line_that_names_the_extra() -> None:
    """The CSV beside it is read without."""
    assert said(
        ("a.slp", HEAD, ""),
        ("a.h5", DLC, ""),
        ("a.h5", DLC, "format = 'dlc-h5'"),
        ("a.h5", HEAD + b"node_names\0track_occupancy\0tracks\0", ""),
        ("a.csv", CSV, ""),
    ) == [
        REMEDY.format("sleap"),
        REMEDY.format("dlc-h5"),
        REMEDY.format("dlc-h5"),
        REMEDY.format("sleap-analysis"),
        "1 rows",
    ]

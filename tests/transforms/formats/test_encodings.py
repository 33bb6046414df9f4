"""A text is the same whatever Windows saved it as."""

from importlib import import_module

import pytest

from posegate.transforms.formats import SHIPPED
from posegate.transforms.model.skeleton import load
from samples.reading import Reading

BINARY = {"c3d", "hdf5", "mat", "npz"}
"""What is no text; samples of HDF5 need h5py."""


@pytest.mark.parametrize("name", SHIPPED)
def test_utf_16_reads_as_utf_8_does(name: str) -> None:
    try:
        made = import_module(f"samples.{name}")
    except ModuleNotFoundError as lacks:
        pytest.skip(f"samples.{name} needs {lacks.name}")
    if made.PLAIN in BINARY:
        pytest.skip(f"{name} is {made.PLAIN}, no text")
    skeleton = getattr(made, "BENCHED", made.SKELETON)
    if isinstance(skeleton, str):
        skeleton = load(skeleton)
    files = made.sample(2)
    recoded = {
        place: data if b"\0" in data else ("\ufeff" + data.decode()).encode("utf-16-le")
        for place, data in files.items()
    }
    sound = Reading(files, skeleton)
    assert sound.rows
    got = Reading(recoded, skeleton)
    assert (got.texts, got.reasons) == (sound.texts, sound.reasons)

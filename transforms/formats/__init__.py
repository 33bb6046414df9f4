"""The formats that are read: one module each, shipped or installed by the user.

A format is a module with

    NAME      what it is called, also where a code of it begins
    SUFFIXES  the endings of its files, e.g. (".json",); .gz may follow any
    CARRIES   what its files say beside positions (`Carries`)
    TRAPS     code -> what goes wrong in the field, and what is done about it
    sniff(head, name) -> bool           whether a file that starts like this is one
    read(context, tally) -> Iterator    canonical batches, and quarantine batches

and perhaps PER_IMAGE = True (a file an image or a frame: read in bundles), EXTRA (the
extra that installs what it needs), `write`, KEEPS and BY (see module `write`), and
`names(file) -> list[Names]`, the keypoints that a file names, which `posegate skeleton
init` asks for. One that is installed elsewhere is named by an entry point of the group
`posegate.formats`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from types import ModuleType

import pyarrow as pa

from posegate.transforms.formats import parquet_write, unrecognised
from posegate.transforms.formats.build import Build
from posegate.transforms.formats.carries import Carries
from posegate.transforms.formats.context import Context, Tally
from posegate.transforms.formats.files import File
from posegate.transforms.formats.rows import Record, Rows

__all__ = [
    "SHIPPED",
    "Build",
    "Carries",
    "Context",
    "File",
    "Record",
    "Rows",
    "Tally",
    "formats",
    "named",
    "read",
    "sniff",
    "suffixes",
    "writers",
]

SHIPPED = (
    "c3d",
    "coco",
    "cvat_api",
    "cvat_images",
    "cvat_video",
    "darwin",
    "datumaro",
    "dlc",
    "dlc_h5",
    "dlib_xml",
    "face_300w",
    "fcsv",
    "freihand",
    "h36m",
    "h36m_h5",
    "interhand",
    "label_studio",
    "labelbox",
    "labelme",
    "lapa",
    "mpii",
    "marker_csv",
    "ochuman",
    "onehand10k",
    "openpose",
    "points_csv",
    "posetrack17",
    "pts",
    "sleap",
    "sleap_analysis",
    "sleap_json",
    "superannotate",
    "supervisely",
    "trc",
    "vibe",
    "wflw",
    "yolo_pose",
)
"""The modules here that are formats; each is named like its module, with dashes."""

GROUP = "posegate.formats"

HEAD = 64 << 10
"""Bytes of a file, inflated, by which it is recognised."""


@cache
def formats() -> dict[str, ModuleType]:
    """Every format by name: those that are shipped, then those that are installed.

    Raises ValueError for an installed one that is none, or takes another's name.
    """
    found = {}
    for name in SHIPPED:
        module = import_module(f"{__name__}.{name}")
        found[module.NAME] = module
    for point in sorted(entry_points(group=GROUP), key=lambda point: point.name):
        module = point.load()
        place = f"entry point {point.name!r} ({point.value}) of {GROUP}"
        wanted = ("NAME", "SUFFIXES", "CARRIES", "TRAPS", "sniff", "read")
        if lacks := [each for each in wanted if not hasattr(module, each)]:
            raise ValueError(f"{place}: lacks {', '.join(lacks)}")
        if module.NAME in found:
            raise ValueError(
                f"{place}: NAME {module.NAME!r} is taken by {found[module.NAME]}; "
                "choose another"
            )
        found[module.NAME] = module
    return found


def writers() -> dict[str, ModuleType]:
    """Every format that is written, by name, and canonical Parquet."""
    ours = {n: module for n, module in formats().items() if hasattr(module, "write")}
    return {**ours, parquet_write.NAME: parquet_write}


def named(name: str, place: str) -> ModuleType:
    """A format by name; raises ValueError with `place` and the names there are."""
    if name not in formats():
        near = [each for each in formats() if name in each or each in name]
        hint = f", perhaps {' or '.join(near)}" if name and near else ""
        known = ", ".join(formats())
        raise ValueError(f"{place}: no format {name!r}{hint}; one of {known}")
    return formats()[name]


def ready(module: ModuleType, place: str) -> None:
    """Raises ValueError with `place` unless all that a format needs is installed."""
    if hasattr(module, "needs"):
        try:
            module.needs()
        except ValueError as error:
            raise ValueError(f"{place}: {error}") from error


@cache
def suffixes(module: ModuleType) -> tuple[str, ...]:
    """The endings of a format's files, in lower case, compressed ones too."""
    return tuple(f"{s}{gz}" for s in module.SUFFIXES for gz in ("", ".gz"))


def sniff(head: bytes, name: str) -> list[ModuleType]:
    """The formats whose files start like this (inflated) and end like this name."""
    lower = name.lower()
    return [
        module
        for module in formats().values()
        if lower.endswith(suffixes(module)) and module.sniff(head, name)
    ]


def ambiguous(name: str, found: Sequence[ModuleType]) -> str:
    """What to do about a file that looks like several formats, in a sentence."""
    names = " or ".join(module.NAME for module in found)
    return (
        f"{name}: could be {names}; say which by `format` in delivery.toml, or by "
        "--format"
    )


def read(context: Context, tally: Tally | None = None) -> Iterator[pa.RecordBatch]:
    """A shard's batches by the format that it was found, or said, to be.

    A JSON file that looks like nothing known goes to the COCO reader, which says what
    it finds instead, unless it is another tool's. `tally` is right when the iterator is
    exhausted.
    """
    name = context.delivery.format or context.shard.format
    json = context.shard.name.lower().endswith((".json", ".json.gz"))
    if name is None and json and not unrecognised.foreign(context):
        name = "coco"
    module = named(name, context.delivery.path) if name else unrecognised
    endings = suffixes(module) if name else context.endings
    context = replace(context, endings=endings)
    if context.delivery.points.names:
        renamed = tuple(context.delivery.points.names.items())
        skeleton = replace(context.skeleton, renamed=renamed)
        context = replace(context, skeleton=skeleton)
    return module.read(context, tally if tally is not None else Tally())

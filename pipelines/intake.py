"""A delivery as it lies there: its shards, its side file and its job table, checked."""

import io
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase

from posegate.pipelines import project as projects
from posegate.pipelines.project import Project
from posegate.transforms import formats, storage
from posegate.transforms.formats.files import ARCHIVES
from posegate.transforms.formats.nearest import nearest
from posegate.transforms.formats.recognise import Store, recognise
from posegate.transforms.formats.streams import DamagedStream, chunks
from posegate.transforms.model.delivery import (
    SIDE_FILE,
    Delivery,
    Shard,
    SideFile,
    deliver,
    parse_side_file,
)
from posegate.transforms.model.jobs import JobTable

TOLD = 8
"""Files of a delivery without any that is read, of which the error says why."""


def inspect(
    path: str, project: Project, format: str | None = None
) -> tuple[Delivery, tuple[str, ...]]:
    """The delivery in a folder (or of one file), and the names that are left alone.

    `format` is what the call says that its files are, whatever its side file says.

    Raises:
      ValueError: it has no file that could be read, its side file or job table is
        wrong, or results would go into it.
      OSError: it cannot be read.
    """
    check_apart(plain(path), project.output, f"{project.place}: output")
    delivery, alone = listed(path, format)
    check_any(delivery.shards, alone, delivery.path, delivery.format)
    return with_jobs(delivery, project), alone


def plain(path: str) -> str:
    """A path without slashes at its end; raises ValueError for none."""
    if not path:
        raise ValueError("DELIVERY is empty; give a folder, a gs:// prefix, or a file")
    return re.sub(r"(?<=[^/:])/+$", "", path)


def listed(
    path: str, format: str | None = None, *, summed: bool = True
) -> tuple[Delivery, tuple[str, ...]]:
    """The delivery by its own files alone, and the names that are left alone.

    Their checksums are not asked for unless `summed`.
    """
    path = plain(path)
    files = storage.listing(path)
    place = f"{path}/{SIDE_FILE}"
    side = read_side_file({file.name: file.path for file in files}, place)
    if format is not None:
        formats.named(format, "--format")
        side = replace(side or SideFile(), format=format)
    table = side.table if side else None
    globs = side.ignore if side else ()
    told = {f.name for f in files if any(fnmatchcase(f.name, g) for g in globs)}
    apart = {SIDE_FILE, table} | told
    shards, alone = recognise(
        [f for f in files if f.name not in apart],
        Store(storage.open_input, storage.head, storage.checksum if summed else _none),
        side.format if side else None,
        path,
    )
    shards += [shard(f.path, f.name, f.size) for f in files if f.name == table]
    delivery = deliver(shards, side, name_of(path), path)
    return delivery, tuple(sorted({*alone, *told}))


def _none(path: str) -> tuple[str, None]:
    return "", None


def check_any(
    shards: Sequence[Shard], alone: Sequence[str], path: str, format: str | None
) -> None:
    """Raises ValueError where a delivery has no file that could be read.

    One that is read and has no annotations is another matter: it gets its verdict.
    """
    if shards:
        return
    kind = f"that could be {format}" if format else "of a known format"
    some = alone[: TOLD + 1]
    told = [n if format else f"{n} {_nearest(path, n)}" for n in some]
    has = "; ".join(told[:TOLD]) + ("; …" if len(told) > TOLD else "")
    raise ValueError(
        f"{path}: no file {kind} ({has or 'it is empty'}); give the folder or the file "
        "that was exported; `posegate formats` lists what is read"
    )


def _nearest(path: str, name: str) -> str:
    """Why a file of a delivery is none that is read, by its first bytes."""
    whole = path if path.rstrip("/").endswith(name) else f"{path.rstrip('/')}/{name}"
    stored = io.BytesIO(storage.head(whole, formats.HEAD))
    try:
        head = next(chunks(stored, formats.HEAD), b"")
    except DamagedStream as damage:
        return str(damage)
    return nearest(name, head)


def check_apart(path: str, output: str, place: str) -> None:
    """Raises ValueError where results would be read as shards of the delivery."""
    inside, outside = (f"{whole(p).rstrip('/')}/" for p in (path, output))
    if outside.startswith(inside):
        raise ValueError(
            f"{place} {output!r} lies in the delivery {path}; "
            "results would be read as part of it: choose another folder"
        )


def whole(path: str) -> str:
    """A path that begins at the root, links resolved; of `gs://`, the path itself."""
    return path if storage.is_remote(path) else os.path.realpath(path)


def name_of(path: str) -> str:
    """What a delivery is called that does not say so: its folder, or its file."""
    full = path if storage.is_remote(path) else os.path.abspath(path)
    last = full.rstrip("/").rpartition("/")[2]
    known = (e for m in formats.formats().values() for e in formats.suffixes(m))
    endings = [e for e in (*ARCHIVES, *known) if last.lower().endswith(e)]
    return last[: len(last) - max(map(len, endings), default=0)] or path


def read_side_file(paths: Mapping[str, str], place: str) -> SideFile | None:
    """The side file among a delivery's files; None if it has none."""
    if SIDE_FILE not in paths:
        return None
    try:
        text = storage.read_bytes(paths[SIDE_FILE]).decode()
    except UnicodeDecodeError as error:
        raise ValueError(f"{place}: not UTF-8: {error}") from error
    side = parse_side_file(text, place)
    if side.format is not None:
        formats.named(side.format, f"{place}: format")
    return side


def with_jobs(delivery: Delivery, project: Project) -> Delivery:
    """The delivery with its job table, or the project's, once that is found right."""
    if delivery.jobs is None and project.annotators.table is not None:
        where = projects.resolve(project.folder, project.annotators.table)
        if not storage.exists(where):
            raise ValueError(
                f"{project.place}: annotators.table: {where}: there is no such file"
            )
        delivery = replace(delivery, jobs=shard(where, where, 0))
    if delivery.jobs is not None:
        JobTable.load(delivery.jobs.path, storage.read_bytes)
    return delivery


def shard(path: str, name: str, size: int) -> Shard:
    """A file with its checksum; `deliver` numbers it."""
    checksum, generation = storage.checksum(path)
    return Shard(0, path, name, size, checksum, generation)

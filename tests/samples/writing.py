"""Canonical rows written as a format's files, in memory."""

import io
import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any, BinaryIO

import pyarrow as pa

from posegate.transforms.formats.write import Keeps, Outgoing, Together, spool
from posegate.transforms.model.schema import instances
from posegate.transforms.model.skeleton import Skeleton

Row = Mapping[str, Any]


def written(
    module: ModuleType,
    rows: list[dict[str, Any]],
    skeleton: Skeleton,
    folder: Path,
    batch: int = 8192,
) -> tuple[dict[str, bytes], dict[str, int]]:
    """The files of a format that hold these rows, and what it says it left out."""
    files: dict[str, bytes] = {}

    @contextmanager
    def opened(name: str) -> Iterator[BinaryIO]:
        sink = io.BytesIO()
        yield sink
        assert name not in files
        files[name] = sink.getvalue()

    k = len(skeleton.keypoints)
    one = pa.RecordBatch.from_pylist(rows, schema=instances(k))
    some = [one.slice(i, 3) for i in range(0, len(rows), 3)]
    table = spool(some, str(folder / "rows.arrow"), k)
    by = getattr(module, "BY", ("image",))
    told = module.write(Outgoing("d", skeleton, Together(table, by, batch), opened))
    return files, told


def differences(before: Row, after: Row, keeps: Keeps) -> list[str]:
    """What did not come back of a row as `keeps` says that it does."""
    found = [
        name
        for name in sorted(keeps.fields)
        if not same(before.get(name), after.get(name), keeps.step)
    ]
    flags = [keeps.visibility[v] for v in before["visibility"]]
    if flags != after["visibility"]:
        found.append("visibility")
    made = [
        keeps.origin[o] if v else 0
        for o, v in zip(before["origin"], flags, strict=True)
    ]
    back = zip(after["origin"], flags, strict=True)
    if made != [o if v else 0 for o, v in back]:
        found.append("origin")
    for i, v in enumerate(flags):
        old, new = (row["xy"][2 * i : 2 * i + 2] for row in (before, after))
        if v and not same(old, new, keeps.step):
            found.append(f"xy of {i}")
        if not v and not all(map(math.isnan, new)):
            found.append(f"xy of {i}, which is not labelled")
    return found


def same(one: Any, other: Any, step: float) -> bool:
    """Whether two values agree; numbers to so many px, attributes in any order."""
    if isinstance(one, list) and one and isinstance(one[0], tuple):
        return sorted(one) == sorted(other or [])
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        return all(same(a, b, step) for a, b in zip(one, other, strict=True))
    if isinstance(one, float) and isinstance(other, float):
        both = math.isnan(one) and math.isnan(other)
        return both or math.isclose(one, other, abs_tol=step, rel_tol=1e-12)
    return bool(one == other)

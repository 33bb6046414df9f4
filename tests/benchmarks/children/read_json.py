"""One COCO file read in one of several ways; each says how many records it found."""

import gzip
import json
from pathlib import Path
from typing import Any, BinaryIO, cast

import msgspec

from posegate.transforms import storage
from posegate.transforms.formats import Context, Tally, coco
from posegate.transforms.formats.coco_records import (
    ANNOTATIONS,
    Annotation,
    Category,
    Image,
    collector_paused,
)
from posegate.transforms.formats.streams import chunks
from posegate.transforms.kernels.json_records import Records, Run
from posegate.transforms.model import skeleton as skeletons
from posegate.transforms.model.delivery import Delivery, Shard, deliver


class Document(msgspec.Struct):
    """The whole file, typed."""

    images: list[Image]
    annotations: list[Annotation]
    categories: list[Category]


def run(case: str, path: str) -> dict[str, Any]:
    """Reads the file."""
    return {"rows": WAYS[case](path)}


def opened(path: str) -> BinaryIO:
    """The file's content, inflated."""
    return cast(BinaryIO, gzip.open(path) if path.endswith(".gz") else open(path, "rb"))


def whole(path: str) -> bytes:
    """The same, in memory."""
    with opened(path) as file:
        return file.read()


def to_batches(path: str) -> int:
    """As the gate reads: canonical batches, each dropped again."""
    file = Path(path)
    shard = Shard(0, path, file.name, file.stat().st_size, "", None)
    delivery: Delivery = deliver([shard], None, "bench", str(file.parent))
    tally = Tally()
    skeleton = skeletons.load("coco_17")
    for _ in coco.read(Context(skeleton, delivery, shard, storage.open_input), tally):
        pass
    return tally.rows


def typed_records(path: str) -> int:
    """Only the boundaries of records, and the typed decoder."""
    count = 0
    with storage.open_input(path) as stream, collector_paused():
        for run in Records(chunks(stream), coco.SECTIONS):
            if isinstance(run, Run) and run.section == "annotations":
                data = run.data[run.starts[0] : run.stops[-1]]
                count += len(ANNOTATIONS.decode(b"[" + data + b"]"))
    return count


def with_json(path: str) -> int:
    """The standard library's decoder."""
    with opened(path) as file:
        return len(json.load(file)["annotations"])


def with_msgspec(path: str) -> int:
    """msgspec's decoder, to dicts."""
    return len(msgspec.json.decode(whole(path))["annotations"])


def with_types(path: str) -> int:
    """msgspec's decoder, to the same records as ours."""
    return len(msgspec.json.decode(whole(path), type=Document).annotations)


WAYS = {
    "canonical batches": to_batches,
    "typed records": typed_records,
    "json": with_json,
    "msgspec": with_msgspec,
    "msgspec typed": with_types,
}

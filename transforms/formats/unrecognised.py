"""Files that look like no format: said of each, so that none is passed over."""

from collections.abc import Iterator

import pyarrow as pa

from posegate.transforms.formats.build import Build
from posegate.transforms.formats.context import Context, Tally
from posegate.transforms.formats.files import File
from posegate.transforms.formats.json_strangers import stranger
from posegate.transforms.formats.streams import DamagedStream

NAME = "unrecognised"

_HEAD, _RAW = 64 << 10, 1 << 10  # bytes looked at, and kept


def read(context: Context, tally: Tally) -> Iterator[pa.RecordBatch]:
    """One quarantine row a file, with its first bytes."""
    build = Build(context, tally, NAME)
    for file in build.files():
        try:
            head = next(file.chunks(_HEAD), b"")
        except DamagedStream as damage:
            build.damaged(file.name, damage)
            continue
        build.say(file.name, "file.unrecognised", f"it {_told(head)}", head[:_RAW])
    yield from build.rest()


def foreign(context: Context) -> bool:
    """Whether a shard is sound JSON that can be none of ours."""
    file = next((f for f in context.files() if isinstance(f, File)), None)
    try:
        head = next(file.chunks(_HEAD), b"") if file is not None else b""
    except DamagedStream:
        return False
    return stranger(head, len(head) < _HEAD) is not None


def _told(head: bytes) -> str:
    what = "is empty" if not head else f"begins {head[:40]!r}"
    told = stranger(head, len(head) < _HEAD)
    return told or f"{what}, which is no format known; see `posegate formats`"

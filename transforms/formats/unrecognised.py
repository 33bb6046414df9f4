"""Files that look like no format: said of each, so that none is passed over."""

from collections.abc import Iterator

import pyarrow as pa

from posegate.transforms.formats.build import Build
from posegate.transforms.formats.context import Context, Tally
from posegate.transforms.formats.streams import DamagedStream

NAME = "unrecognised"


def read(context: Context, tally: Tally) -> Iterator[pa.RecordBatch]:
    """One quarantine row a file, with its first bytes."""
    build = Build(context, tally, NAME)
    for file in build.files():
        try:
            head = next(file.chunks(1 << 10), b"")
        except DamagedStream as damage:
            build.damaged(file.name, damage)
            continue
        what = "is empty" if not head else f"begins {head[:40]!r}"
        build.say(
            file.name,
            "file.unrecognised",
            f"it {what}, which is no format known; see `posegate formats`",
            head,
        )
    yield from build.rest()

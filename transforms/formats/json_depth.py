"""The values at one depth of a JSON text, as a stream: lists of lists, maps of maps.

`json_list` is for lists of objects, and mends more; here a bracket that is missing ends
the file.
"""

from collections.abc import Iterable, Iterator

import numpy as np

from posegate.transforms.formats.streams import DamagedStream
from posegate.transforms.kernels.json_scan import brackets

LIMIT = 16 << 20
"""Bytes of one value."""


def values(
    chunks: Iterable[bytes], depth: int, limit: int = LIMIT
) -> Iterator[tuple[bytes, bytes]]:
    """(what stands before it, a value) for every list or object at a depth.

    The root is at depth 1. What stands before has the keys that lead to the value, as
    far as they are not those of the value before. Raises DamagedStream after the last
    good value.
    """
    data, level, start = b"", 0, -1
    in_string = escaped = False
    for chunk in chunks:
        marks, step, in_string, escaped = brackets(chunk, in_string, escaped)
        marks = marks + len(data)
        data += chunk
        levels = level + np.cumsum(step)
        level = int(levels[-1]) if len(levels) else level
        sound = np.cumsum(levels < 0) == 0
        here = sound & (levels + (step < 0) == depth)
        kept = 0
        pairs = zip(marks[here].tolist(), step[here].tolist(), strict=True)
        for mark, opens in pairs:
            if opens > 0:
                start = mark
                continue
            yield data[kept:start], data[start : mark + 1]
            kept, start = mark + 1, -1
        if not sound.all():
            raise _damaged("json.stray", "a bracket closes that none opened")
        data = data[kept:]
        start = start - kept if start >= 0 else start
        if len(data) > limit:
            detail = f"a value is longer than {limit} bytes; split it"
            raise DamagedStream("json.too-long", detail)
    if level:
        raise _damaged("json.truncated", "the file ends too early: it was cut off")


def _damaged(reason: str, detail: str) -> DamagedStream:
    return DamagedStream(reason, f"{detail}; deliver it again")

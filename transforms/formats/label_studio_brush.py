"""Label Studio's own run lengths of brush masks.

    32 bits  number of values       4 x 4 bits  widths of run lengths, less 1
     5 bits  bits of a value, less 1
    then, until there are that many values:
     1 bit   1: a run of one value, 0: different values
     2 bits  which of the four widths
     width   how many, less 1
     one value, or that many

Values are those of the image's pixels row by row, four for each (red, green, blue,
alpha) or one; what is not 0 in the last is inside. The layout is that of thi.ng's
rle-pack, which the editor uses.
"""

import numpy as np

from posegate.transforms.formats.outlines import LARGEST
from posegate.transforms.model.poses import Bools

_HEADER = 53  # bits
_LONG = 16  # bits of a run's length


def decode(data: bytes, width: int, height: int) -> Bools:
    """The mask (height, width); raises ValueError where it does not fill the image."""
    pixels = width * height
    bits = int.from_bytes(data, "big")
    size = 8 * len(data)
    if size < _HEADER:
        raise ValueError("it ends within its head")
    reader = _Bits(bits, size)
    count = reader.take(32)
    if not 0 < pixels <= LARGEST:
        raise ValueError(f"its image has {pixels} pixels")
    if count % pixels or count // pixels not in (1, 4):
        raise ValueError(f"it has {count} values for {pixels} pixels")
    word = reader.take(5) + 1
    widths = [reader.take(4) + 1 for _ in range(4)]
    values = _values(reader, count, word, widths)
    return values.reshape(height, width, -1)[:, :, -1]


def _values(reader: "_Bits", count: int, word: int, widths: list[int]) -> Bools:
    """(count,): which values are not 0."""
    runs: list[int] = []
    values: list[int] = []
    done = 0
    while done < count:
        same = reader.take(1)
        length = reader.take(widths[reader.take(2)]) + 1
        if done + length > count:
            raise ValueError(f"it has more than the {count} values it announces")
        if same:
            runs.append(length)
            values.append(reader.take(word))
        else:
            runs += [1] * length
            values += [reader.take(word) for _ in range(length)]
        done += length
    return np.repeat(np.array(values) > 0, runs)


def encode(mask: Bools) -> bytes:
    """A mask (height, width) in runs of 16 bits, four values of 8 bits a pixel."""
    values = np.repeat(mask.reshape(-1), 4)
    ends = np.append(np.flatnonzero(np.diff(values)) + 1, len(values))
    parts = [f"{len(values):032b}{7:05b}", f"{_LONG - 1:04b}" * 4]
    start = 0
    for end in ends.tolist():
        value = 255 * int(values[start])
        for at in range(start, end, 1 << _LONG):
            length = min(end - at, 1 << _LONG)
            parts.append(f"111{length - 1:0{_LONG}b}{value:08b}")
        start = end
    bits = "".join(parts)
    bits += "0" * (-len(bits) % 8)
    return int(bits, 2).to_bytes(len(bits) // 8, "big")


class _Bits:
    """Bits from the front of a number of `size` bits."""

    def __init__(self, number: int, size: int) -> None:
        self._text = f"{number:0{size}b}"
        self._at = 0

    def take(self, width: int) -> int:
        """The next bits as a number; raises ValueError behind the end."""
        start, self._at = self._at, self._at + width
        if self._at > len(self._text):
            raise ValueError("it ends before its last value")
        return int(self._text[start : self._at], 2)

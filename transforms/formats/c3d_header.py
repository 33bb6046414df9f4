"""What stands before the frames of a C3D file: sizes, rates, names, byte order.

Layout and meaning after the C3D user guide of Motion Lab Systems: a header of 512
bytes, a section of parameters in groups, then the frames, each in blocks of 512.
"""

import struct
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

BLOCK = 512
KEY = 0x50
INTEL, DEC, MIPS = 84, 85, 86
"""The processor that wrote a file: little-endian IEEE, VAX, big-endian IEEE."""

OUTPUTS = ("ANGLES", "FORCES", "MOMENTS", "POWERS", "SCALARS", "REACTIONS")
"""Parameters of POINT that list what a model computed: these points are no markers."""

Parameters = dict[tuple[str, str], Any]
"""By group and name, in capitals: texts as a list, numbers as an array."""


@dataclass(frozen=True)
class Header:
    """A file's own account of itself.

    `points` and `analogs` are the numbers in a frame, `frames` how many there are told
    to be; `scale` [unit] of integers, or 0 where coordinates are floats.
    """

    points: int
    analogs: int
    first: int
    frames: int
    scale: float
    rate: float | None
    unit: str | None
    labels: tuple[str, ...]
    outputs: frozenset[str]
    processor: int

    @property
    def words(self) -> int:
        """Numbers in a frame."""
        return 4 * self.points + self.analogs

    @property
    def word(self) -> int:
        """Bytes of a number."""
        return 2 if self.scale else 4


def number(data: bytes, processor: int) -> float:
    """A number of four bytes; VAX swaps its words and counts the exponent from 4."""
    if processor == MIPS:
        return float(struct.unpack(">f", data)[0])
    if processor == DEC:
        return float(struct.unpack("<f", data[2:] + data[:2])[0]) / 4
    return float(struct.unpack("<f", data)[0])


def numbers(data: bytes, header: Header) -> npt.NDArray[np.float64]:
    """Numbers of frames as they stand, in the file's word and byte order."""
    sign = ">" if header.processor == MIPS else "<"
    if header.scale:
        return np.frombuffer(data, f"{sign}i2").astype(np.float64)
    with np.errstate(invalid="ignore"):  # NaN of the signalling kind
        if header.processor == DEC:
            swapped = np.frombuffer(data, "<u2").reshape(-1, 2)[:, ::-1]
            floats = np.ascontiguousarray(swapped).view("<f4").reshape(-1)
            return floats.astype(np.float64) / 4
        return np.frombuffer(data, f"{sign}f4").astype(np.float64)


def place(first: bytes) -> int:
    """The byte at which parameters begin; raises ValueError unless this is a C3D."""
    if len(first) < BLOCK or first[1] != KEY or not first[0]:
        raise ValueError("it does not begin as a C3D file does")
    return (first[0] - 1) * BLOCK


def start(data: bytes) -> int:
    """The byte at which frames begin, by the bytes up to 4 beyond `place`."""
    _, sign = _order(data)
    return int((struct.unpack(f"{sign}H", data[16:18])[0] - 1) * BLOCK)


def _order(data: bytes) -> tuple[int, str]:
    """The processor that wrote the file, and its byte order."""
    at = place(data) + 3
    if len(data) <= at:
        raise ValueError("its parameters lie behind its end")
    if data[at] not in (INTEL, DEC, MIPS):
        raise ValueError(f"its processor is {data[at]}, none of 84, 85, 86")
    return data[at], ">" if data[at] == MIPS else "<"


def header(data: bytes) -> Header:
    """The header from a file's bytes up to its frames; raises ValueError."""
    processor, sign = _order(data)
    points, analogs, first, last, _ = struct.unpack(f"{sign}5H", data[2:12])
    scale = number(data[12:16], processor)
    said = parameters(data[place(data) :], sign, processor)
    used = said.get(("POINT", "USED"))
    points = int(used[0]) % 65536 if used else points
    if not points:
        raise ValueError("it has no points")
    own = said.get(("POINT", "SCALE"))
    scale = float(own[0]) if own is not None and len(own) else scale
    rate = said.get(("POINT", "RATE"))
    unit = [text for text in said.get(("POINT", "UNITS")) or [] if text]
    first, frames = _frames(said, first, last)
    return Header(
        points=points,
        analogs=analogs,
        first=first,
        frames=frames,
        scale=0.0 if scale <= 0 or not np.isfinite(scale) else scale,
        rate=_positive(
            float(rate[0])
            if rate is not None and len(rate)
            else number(data[20:24], processor)
        ),
        unit=unit[0] if unit else None,
        labels=_labels(said, points),
        outputs=frozenset(
            label for key in OUTPUTS for label in _texts(said, key) if label
        ),
        processor=processor,
    )


def _positive(rate: float) -> float | None:
    return rate if np.isfinite(rate) and rate > 0 else None


def _frames(said: Parameters, first: int, last: int) -> tuple[int, int]:
    """The number of the first frame, and how many there are.

    The header's 16 bits end at 65,535; longer trials say it in pairs of words.
    """
    ends = [said.get(("TRIAL", f"ACTUAL_{end}_FIELD")) for end in ("START", "END")]
    if all(end is not None and len(end) >= 2 for end in ends):
        begin, stop = (
            int(end[0]) % 65536 + int(end[1]) % 65536 * 65536
            for end in ends
            if end is not None
        )
        if stop >= begin:
            return begin, stop - begin + 1
    long = said.get(("POINT", "LONG_FRAMES"))
    if long is not None and len(long) and 0 < long[0] < 2**31:
        return first, int(long[0])
    return first, max(last - first + 1, 0)


def _texts(said: Parameters, key: str) -> list[str]:
    """Texts of POINT by a name, and those that go on under its number."""
    found: list[str] = []
    for more in ("", *map(str, range(2, 40))):
        texts = said.get(("POINT", f"{key}{more}"))
        if not isinstance(texts, list):
            break
        found += texts
    return found


def _labels(said: Parameters, points: int) -> tuple[str, ...]:
    """(M,) names; a point without one is called as an unlabelled one is."""
    found = _texts(said, "LABELS")[:points]
    found += [""] * (points - len(found))
    return tuple(name or f"*{i + 1}" for i, name in enumerate(found))


def parameters(section: bytes, sign: str, processor: int) -> Parameters:
    """All parameters of a section; what is damaged ends it."""
    groups: dict[int, str] = {}
    found: list[tuple[int, str, Any]] = []
    at = 4
    while at + 4 < len(section):
        length, group = struct.unpack("bb", section[at : at + 2])
        name_end = at + 2 + abs(length)
        if not length or name_end + 2 > len(section):
            break
        name = section[at + 2 : name_end].decode("latin-1").strip().upper()
        (offset,) = struct.unpack(f"{sign}H", section[name_end : name_end + 2])
        if group < 0:
            groups[-group] = name
        else:
            value = _value(section, name_end + 2, sign, processor)
            if value is not None:
                found.append((group, name, value))
        if not offset:
            break
        at = name_end + offset
    return {(groups.get(group, ""), name): value for group, name, value in found}


def _value(section: bytes, at: int, sign: str, processor: int) -> Any:
    """A parameter's value: texts, or numbers; None where it does not fit."""
    if at + 2 > len(section):
        return None
    kind, count = struct.unpack("bB", section[at : at + 2])
    size = {-1: 1, 1: 1, 2: 2, 4: 4}.get(kind)
    sizes = list(section[at + 2 : at + 2 + count])
    if size is None or len(sizes) != count:
        return None
    total = int(np.prod(sizes, dtype=np.int64)) if sizes else 1
    begin = at + 2 + count
    data = section[begin : begin + total * size]
    if len(data) != total * size:
        return None
    if kind == -1:
        width = sizes[0] if sizes else total
        texts = (data[i : i + width] for i in range(0, len(data), max(width, 1)))
        return [text.decode("latin-1").strip(" \0") for text in texts]
    if kind == 4:
        return [number(data[i : i + 4], processor) for i in range(0, len(data), 4)]
    return np.frombuffer(data, f"{sign}i{size}").tolist()

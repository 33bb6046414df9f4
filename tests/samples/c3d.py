"""Small C3D files, in any of their byte orders."""

import struct
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from posegate.transforms.formats.c3d_header import DEC, INTEL, MIPS
from posegate.transforms.model.skeleton import Skeleton

PLAIN = "c3d"
NAMES = tuple(f"M{i:02d}" for i in range(39))
SKELETON = Skeleton("markers_39", NAMES, (), (), None)
TWO = ("A", "B")
HERE = ((100, 200, 300, 1), (150, 250, 350, 1))
"""Two markers of a frame: x, y, z, residual."""


def _float(value: float, processor: int) -> bytes:
    if processor == MIPS:
        return struct.pack(">f", value)
    packed = struct.pack("<f", value * 4 if processor == DEC else value)
    return packed[2:] + packed[:2] if processor == DEC else packed


def _record(group: int, name: str, body: bytes, sign: str) -> bytes:
    head = struct.pack("bb", len(name), group) + name.encode()
    return head + struct.pack(f"{sign}H", len(body) + 2) + body


def _texts(said: Sequence[str]) -> bytes:
    width = max(map(len, said), default=0)
    body = b"".join(text.ljust(width).encode() for text in said)
    return struct.pack("bBBB", -1, 2, width, len(said)) + body + b"\0"


def _numbers(group: int, said: Mapping[str, float], sign: str, processor: int) -> bytes:
    records = b""
    for name, value in said.items():
        if isinstance(value, int):
            body = struct.pack("bB", 2, 0) + struct.pack(f"{sign}H", value)
        else:
            body = struct.pack("bB", 4, 0) + _float(value, processor)
        records += _record(group, name, body + b"\0", sign)
    return records


def trial(
    names: Sequence[str],
    frames: Any,
    *,
    processor: int = INTEL,
    scale: float = -0.1,
    unit: str | None = "mm",
    told: int | None = None,
    first: int = 1,
    analogs: int = 3,
    more: Mapping[str, Sequence[str]] = {},
) -> bytes:
    """A file; `frames` are (F, M, 4), of integers times `scale` where that is positive.

    `more` are further parameters of POINT that are texts.
    """
    sign = ">" if processor == MIPS else "<"
    words = np.asarray(frames, np.float64)
    if scale > 0:
        words[:, :, :3] /= scale
    n, m = words.shape[:2]
    said = {"LABELS": names, **({"UNITS": [unit]} if unit is not None else {}), **more}
    groups = _record(-1, "POINT", b"\0", sign)
    groups += b"".join(_record(1, k, _texts(v), sign) for k, v in said.items())
    frames_told = n if told is None else told
    numbers = {"USED": m, "FRAMES": min(frames_told, 65535), "RATE": 120.0}
    groups += _numbers(1, {**numbers, "SCALE": float(scale)}, sign, processor)
    groups += _record(-2, "ANALOG", b"\0", sign)
    groups += _numbers(2, {"USED": analogs, "RATE": 120.0}, sign, processor) + b"\0\0"
    blocks = -(-(len(groups) + 4) // 512)
    section = (bytes((1, 0x50, blocks, processor)) + groups).ljust(512 * blocks, b"\0")
    last = first + frames_told - 1
    header = struct.pack("BB", 2, 0x50) + struct.pack(
        f"{sign}5H", m, analogs, first, last, 10
    )
    header += _float(scale, processor) + struct.pack(f"{sign}2H", 2 + blocks, 1)
    header += _float(120, processor)
    table = np.concatenate([words.reshape(n, -1), np.ones((n, analogs))], axis=1)
    return header.ljust(512, b"\0") + section + _words(table, processor, scale, sign)


def _words(table: Any, processor: int, scale: float, sign: str) -> bytes:
    if scale > 0:
        return np.round(table).astype(f"{sign}i2").tobytes()
    if processor != DEC:
        return table.astype(f"{sign}f4").tobytes()
    halves = (table * 4).astype("<f4").view("<u2").reshape(-1, 2)[:, ::-1]
    return np.ascontiguousarray(halves).tobytes()


def sample(n: int) -> dict[str, bytes]:
    """Walks of 39 markers, n frames in files of 20,000."""
    rng = np.random.default_rng(7)
    files = {}
    for part, begin in enumerate(range(0, n, 20_000)):
        count = min(20_000, n - begin)
        walk = rng.normal(900, 300, (1, len(NAMES), 4))
        walk = walk + rng.normal(0, 2, (count, len(NAMES), 4)).cumsum(axis=0)
        walk[:, :, 3] = 1
        files[f"trial{part:03d}.c3d"] = trial(NAMES, walk, analogs=0)
    return files


def one(frame: Any = HERE, names: Sequence[str] = TWO, **said: Any) -> dict[str, bytes]:
    return {"a.c3d": trial(names, [frame], **said)}


def damaged() -> dict[str, bytes]:
    data = one()["a.c3d"]
    return {"a.c3d": data[:515] + b"\x07" + data[516:]}


def cut_off() -> dict[str, bytes]:
    return {"a.c3d": trial(TWO, [HERE] * 3, told=9)}


def computed() -> dict[str, bytes]:
    names = (*TWO, "LHipAngles")
    return one((*HERE, (1, 2, 3, 1)), names, more={"ANGLES": ["LHipAngles"]})


def gap_filled() -> dict[str, bytes]:
    return one((HERE[0], (*HERE[1][:3], 0)))


def zero() -> dict[str, bytes]:
    return one((HERE[0], (0, 0, 0, 1)))


def half() -> dict[str, bytes]:
    return one((HERE[0], (1, np.nan, 3, 1)))


def ghosts() -> dict[str, bytes]:
    return one((*HERE, (1, 2, 3, 1)), (*TWO, "*12"))


def another() -> dict[str, bytes]:
    return one((*HERE, (1, 2, 3, 1)), ("Ann:A", "Ann:B", "box:edge"))


def extra() -> dict[str, bytes]:
    return one((*HERE, (1, 2, 3, 1)), (*TWO, "C"))


def inches() -> dict[str, bytes]:
    return one(unit="in")


def no_unit() -> dict[str, bytes]:
    return one(unit=None)


def metres_called_mm() -> dict[str, bytes]:
    return one([[x / 1000 for x in point[:3]] + [1.0] for point in HERE])

"""InterHand2.6M's hands in 3-D: `InterHand2.6M_train_joint_3d.json`.

    {"0": {"18": {"world_coord": [[x, y, z] * 42], "joint_valid": [[0 or 1] * 42],
                  "hand_type": "interacting", "hand_type_valid": true}, ...}, ...}
      capture  frame

The right hand's 21 stand first, each finger from its tip, the wrist last.
"""

import re
from collections.abc import Iterator
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa

from posegate.transforms.formats.build import Build
from posegate.transforms.formats.carries import Carries
from posegate.transforms.formats.context import Context, Tally
from posegate.transforms.formats.files import File
from posegate.transforms.formats.json_depth import values
from posegate.transforms.formats.names import Names
from posegate.transforms.formats.per_file import TOGETHER, Collected, until_damage
from posegate.transforms.model.naming import Naming
from posegate.transforms.model.poses import Floats
from posegate.transforms.model.skeleton import load

NAME = "interhand"
SUFFIXES = (".json",)
CARRIES = Carries(
    visibility="`joint_valid` 0 is not labelled; what else is there counts as visible",
    z="in mm, in the room's frame",
    convention="mm, in the room's frame, the same for all cameras of a capture: a "
    "row is a frame of a capture, which is the video, not an image. The set's "
    "data.json has no keypoints: `ignore` it",
)
TRAPS = {
    "interhand.invalid-joint": "A joint that is not valid has numbers all the same: it "
    "counts as not labelled.",
    "interhand.malformed": "A frame is no 42 points with as many flags: quarantined.",
    "interhand.other-skeleton": "The project's skeleton has neither both hands' 42 "
    "keypoints nor one's 21: quarantined.",
}

K = 42
_KEYS = re.compile(rb'"([^"]*)"\s*:\s*')


class Frame(msgspec.Struct):
    """Both hands in one frame."""

    world_coord: list[list[float]]
    joint_valid: list[Any]
    hand_type: str | None = None


_DECODER = msgspec.json.Decoder(Frame)


def sniff(head: bytes, name: str) -> bool:
    """Whether a file begins with captures of frames of hands."""
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:200]
    keys = rb'\{\s*"[^"]*"\s*:\s*\{\s*"[^"]*"\s*:\s*\{\s*"'
    return re.match(keys, start) is not None and b'"world_coord"' in head


def read(context: Context, tally: Tally) -> Iterator[pa.RecordBatch]:
    """A shard's canonical batches, and quarantine batches; a frame a record, or a hand.

    A project of one hand's 21 keypoints has a record for each hand in the frame.
    """
    build = Build(context, tally, NAME)
    for file in build.files():
        yield from _read(context, build, file)
    yield from build.rest()


def names(file: File) -> list[Names]:
    """The set's 42: the file does not name them."""
    return [Names("hands", load("interhand3d_42").keypoints)]


def _read(context: Context, build: Build, file: File) -> Iterator[pa.RecordBatch]:
    k = len(context.skeleton.keypoints)
    model = load("interhand2d_21" if k * 2 == K else "interhand3d_42")
    order = Naming(context.skeleton).order(model.keypoints)
    order = np.arange(k) if order is None else order
    found, depths = Collected(), list[Floats]()
    capture, position = "", 0
    for before, raw in until_damage(values(file.chunks(), 3), build, file.name):
        keys = [key.decode("utf-8", "replace") for key in _KEYS.findall(before)]
        capture = keys[-2] if len(keys) > 1 else capture
        frame = keys[-1] if keys else ""
        build.images()
        points = _points(raw)
        if points is None or k not in (K, K // 2):
            wrong = (
                (
                    "malformed",
                    f"frame {frame} of {capture} is not {K} points with flags",
                )
                if points is None
                else ("other-skeleton", f"a frame has {K} points: interhand3d_42 fits")
            )
            build.refuse(file.name, position, *wrong, raw)
            position += 1
            continue
        xyz, kind = points
        for hand, part in _hands(xyz, k):
            gone = np.isnan(part).any()
            found.add(
                part[order, :2],
                f"Capture{capture}/{frame}",
                file.name,
                position=position,
                raw=raw,
                id=hand,
                repairs=["interhand.invalid-joint"] if gone else [],
                video=f"Capture{capture}",
                frame=int(frame[:15]) if frame.isascii() and frame.isdigit() else None,
                attributes={"hand": hand, "hand_type": kind},
            )
            depths.append(part[order, 2])
            position += 1
        if len(found) >= TOGETHER:
            build.add(found.rows(z=np.stack(depths), unit="mm"))
            found, depths = Collected(), []
        yield from build.ready()
    if found:
        build.add(found.rows(z=np.stack(depths), unit="mm"))


def _hands(xyz: Floats, k: int) -> list[tuple[str, Floats]]:
    """Both hands as one, or each hand of which any joint is valid."""
    if k == K:
        return [("both", xyz)]
    hands = (("right", xyz[:k]), ("left", xyz[k:]))
    return [(name, hand) for name, hand in hands if np.isfinite(hand).any()]


def _points(raw: bytes) -> tuple[Floats, str | None] | None:
    """(42, 3) [mm], NaN where a joint is not valid, and the kind; None for others."""
    try:
        frame = _DECODER.decode(raw)
        xyz = np.array(frame.world_coord, np.float64)
        valid = np.array(frame.joint_valid, np.float64)
    except (msgspec.DecodeError, ValueError, TypeError, OverflowError, RecursionError):
        return None
    if xyz.shape != (K, 3) or valid.size != K:
        return None
    return np.where(valid.reshape(K, 1) > 0, xyz, np.nan), frame.hand_type

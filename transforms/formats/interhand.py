"""InterHand2.6M's hands: `InterHand2.6M_train_joint_3d.json`, and what is beside it.

    {"0": {"18": {"world_coord": [[x, y, z] * 42], "joint_valid": [[0 or 1] * 42],
                  "hand_type": "interacting", "hand_type_valid": true}, ...}, ...}
      capture  frame

The right hand's 21 stand first, each finger from its tip, the wrist last. Where
`..._data.json` and `..._camera.json` lie beside it, rows are of the images that they
name instead, in px: see `interhand_images`.
"""

import re
from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from posegate.transforms.formats.build import Build
from posegate.transforms.formats.carries import Carries
from posegate.transforms.formats.context import Context, Tally
from posegate.transforms.formats.files import File
from posegate.transforms.formats.interhand_images import (
    is_cameras,
    is_images,
    read_images,
    shown,
)
from posegate.transforms.formats.interhand_joints import K, frames, hands, order, points
from posegate.transforms.formats.json_outline import outline
from posegate.transforms.formats.names import Names
from posegate.transforms.formats.per_file import TOGETHER, Collected, until_damage
from posegate.transforms.model.poses import Floats
from posegate.transforms.model.skeleton import load

NAME = "interhand"
SUFFIXES = (".json",)
CARRIES = Carries(
    visibility="`joint_valid` 0 is not labelled; what else is there counts as visible",
    z="in mm, in the room's frame, where data.json and camera.json are not there",
    convention="with data.json and camera.json: px of the image, where the camera sees "
    "the joint, as the set's own loader has it (facebookresearch/InterHand2.6M, "
    "dataset.py: R (x - position), times the focal length over depth, plus the "
    "principal point). Else mm, in the room's frame, the same for all cameras of a "
    "capture: a row is a frame of a capture, which is the video, not an image",
)
TRAPS = {
    "interhand.invalid-joint": "A joint that is not valid has numbers all the same: it "
    "counts as not labelled.",
    "interhand.malformed": "A frame is no 42 points with as many flags, or a record of "
    "data.json is none: quarantined.",
    "interhand.beside": "Files of cameras, and of joints that images of data.json "
    "show: they have no rows of their own.",
    "interhand.image": "An image of data.json lacks its name, capture, camera or "
    "frame: not read.",
    "interhand.image-missing": "A record's image is not in data.json: quarantined.",
    "interhand.no-joints": "The frame of an image is not in joint_3d.json, or that "
    "file is not there: quarantined.",
    "interhand.no-camera": "The camera of an image is not in camera.json, or that "
    "file is not there: quarantined.",
    "interhand.other-skeleton": "The project's skeleton has neither both hands' 42 "
    "keypoints nor one's 21: quarantined.",
}


def sniff(head: bytes, name: str) -> bool:
    """Whether a file is one of the set's: joints, cameras or images."""
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:200]
    keys = rb'\{\s*"[^"]*"\s*:\s*\{\s*"[^"]*"\s*:\s*\{\s*"'
    if re.match(keys, start) is not None:
        return b'"world_coord"' in head or is_cameras(head)
    return is_images(outline(head))


def read(context: Context, tally: Tally) -> Iterator[pa.RecordBatch]:
    """A shard's canonical batches, and quarantine batches; a frame a record, or a hand.

    A project of one hand's 21 keypoints has a record for each hand in the frame.
    """
    build = Build(context, tally, NAME)
    for file in build.files():
        head = next(until_damage(file.chunks(1 << 16), build, file.name), b"")
        if is_images(outline(head)):
            yield from read_images(context, build, file)
        elif is_cameras(head) or shown(context, file):
            build.note("beside")
        else:
            yield from _read(context, build, file)
    yield from build.rest()


def names(file: File) -> list[Names]:
    """The set's 42: the file does not name them."""
    return [Names("hands", load("interhand3d_42").keypoints)]


def _read(context: Context, build: Build, file: File) -> Iterator[pa.RecordBatch]:
    k = len(context.skeleton.keypoints)
    places = order(context.skeleton) if k in (K, K // 2) else None
    found, depths = Collected(), list[Floats]()
    position = 0
    for capture, frame, raw in until_damage(frames(file.chunks()), build, file.name):
        build.images()
        both = points(raw)
        if both is None or places is None:
            wrong = (
                (
                    "malformed",
                    f"frame {frame} of {capture} is not {K} points with flags",
                )
                if both is None
                else ("other-skeleton", f"a frame has {K} points: interhand3d_42 fits")
            )
            build.refuse(file.name, position, *wrong, raw)
            position += 1
            continue
        xyz, kind = both
        for hand, part in hands(xyz, k):
            gone = np.isnan(part).any()
            found.add(
                part[places, :2],
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
            depths.append(part[places, 2])
            position += 1
        if len(found) >= TOGETHER:
            build.add(found.rows(z=np.stack(depths), unit="mm"))
            found, depths = Collected(), []
        yield from build.ready()
    if found:
        build.add(found.rows(z=np.stack(depths), unit="mm"))

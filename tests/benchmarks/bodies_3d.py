"""Bodies in 3-D to measure rules on: markers of ../shared/data, and made ones.

Markers lie on the skin, rules speak of joints: centres are computed as is usual. Knees
and ankles are halfway between two markers of a standing trial, and go with the markers
of thigh and shank in the walking one (Cappozzo et al. 1995); hips follow from the front
of the pelvis (Bell et al. 1989).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
from films import trc
from people import DATA, batch, of_points

from posegate.pipelines.demo.people import bodies
from posegate.pipelines.demo.postures import angles, habitus
from posegate.transforms import parts
from posegate.transforms.model.poses import Floats
from posegate.transforms.model.skeleton import Skeleton, load

GAIT = DATA / "opensim_gait2354" / "Gait2354_Simbody"
LIFT = DATA / "pyomeca_markers" / "markers.csv"

NOISE = 0.01
"""Metres that a point of a made body is off on each axis, in the root mean square."""

Markers = Mapping[str, Floats]


@dataclass(frozen=True)
class Trial:
    """One track in 3-D: `xyz` (T, K, 3) in `unit`, NaN where not seen."""

    xyz: Floats
    fps: float
    name: str
    unit: str = "m"

    def __len__(self) -> int:
        return len(self.xyz)

    def cut(self, start: int, stop: int) -> "Trial":
        """Some of its rows."""
        return replace(self, xyz=self.xyz[start:stop])


def rows(trials: list[Trial], skeleton: Skeleton) -> pa.RecordBatch:
    """Located canonical rows of trials, one after the other."""
    xyz = np.concatenate([each.xyz for each in trials])
    n = [len(each) for each in trials]
    people = of_points(xyz[..., :2], np.isfinite(xyz).all(axis=2))
    nobody = np.full((len(xyz), 4), np.nan)
    people = replace(people, bbox=nobody, area=np.full(len(xyz), np.nan))
    table = batch(people, skeleton)
    said = {
        "z": pa.array(xyz[..., 2].tolist(), pa.list_(pa.float64())),
        "unit": pa.array(np.repeat([each.unit for each in trials], n)),
        "video": pa.array(np.repeat([each.name for each in trials], n)),
        "track": pa.array(["1"] * len(xyz)),
        "frame": pa.array(np.concatenate([np.arange(k) for k in n])),
        "fps": pa.array(np.repeat([each.fps for each in trials], n)),
    }
    arrays = [said.get(name, table[name]) for name in table.schema.names]
    made = pa.RecordBatch.from_arrays(arrays, schema=table.schema)
    return parts.located(made, 0, 0)


def walking() -> list[Trial]:
    """The walk, 60 Hz: 151 frames of a whole body."""
    standing, walk = (trc(GAIT / f"subject01_{n}.trc") for n in ("static", "walk1"))
    return [Trial(joints(with_centres(walk, standing)) / 1000, 60, "walk")]


def standing() -> list[Trial]:
    """The standing trial before it, 60 Hz: 300 frames."""
    still = trc(GAIT / "subject01_static.trc")
    return [Trial(joints(with_centres(still, still)) / 1000, 60, "stand")]


def with_centres(moving: Markers, still: Markers) -> dict[str, Floats]:
    """The markers, and the centres of hips, knees and ankles [mm]."""
    out = dict(moving)
    for side in "RL":
        pelvis = hips(moving, side)
        out[f"{side}.hip"] = pelvis
        for centre, part in (("Knee", "Thigh"), ("Ankle", "Shank")):
            ends = [np.nanmean(still[f"{side}.{centre}.{e}"], axis=0) for e in MIDDLE]
            plate = [f"{side}.{part}.{name}" for name in ("Upper", "Front", "Rear")]
            base = np.stack([np.nanmean(still[name], axis=0) for name in plate])
            now = np.stack([moving[name] for name in plate], axis=1)  # (T, 3, 3)
            middle = (ends[0] + ends[1]) / 2
            out[f"{side}.{centre.lower()}"] = carried(base, now, middle)
    return out


MIDDLE = ("Lat", "Med")


def hips(markers: Markers, side: str) -> Floats:
    """The centre of a hip (T, 3): 14 % of the pelvis' width inwards from its front,
    30 % down, 22 % back (Bell et al. 1989)."""
    right, left = markers["R.ASIS"], markers["L.ASIS"]
    width = np.linalg.norm(left - right, axis=1, keepdims=True)
    across = (left - right) / width
    ahead = (right + left) / 2 - markers["V.Sacral"]
    ahead -= (ahead * across).sum(axis=1, keepdims=True) * across
    ahead /= np.linalg.norm(ahead, axis=1, keepdims=True)
    down = np.cross(ahead, across)
    down *= np.sign(np.nansum((markers[f"{side}.Heel"] - right) * down))
    front = right if side == "R" else left
    inwards = across if side == "R" else -across
    return front + width * (0.14 * inwards + 0.30 * down - 0.22 * ahead)


def carried(base: Floats, now: Floats, point: Floats) -> Floats:
    """Where a point goes with three markers (3, 3) that go to (T, 3, 3): (T, 3).

    By the rigid motion that fits best (Kabsch 1976).
    """
    middle, there = base.mean(axis=0), now.mean(axis=1)
    spread = np.einsum("mi,tmj->tij", base - middle, now - there[:, None])
    u, _, v = np.linalg.svd(spread)
    flip = np.sign(np.linalg.det(u @ v))
    u[:, :, 2] *= flip[:, None]
    return np.einsum("i,tij->tj", point - middle, u @ v) + there


SOURCES = {
    "ear": ("{}.Temple",),
    "shoulder": ("{}.Acromium",),
    "elbow": ("{}.Elbow",),
    "wrist": ("{}.Wrist.Med", "{}.Wrist.Lat"),
    "hip": ("{}.hip",),
    "knee": ("{}.knee",),
    "ankle": ("{}.ankle",),
    "big_toe": ("{}.Toe.Tip",),
    "heel": ("{}.Heel",),
}


def joints(markers: Markers) -> Floats:
    """Markers and centres as the points of Halpe-26 that they are: (T, 26, 3)."""
    skeleton = whole()
    out = np.full((len(markers["R.ASIS"]), 26, 3), np.nan)
    out[:, skeleton.index("head")] = markers["Top.Head"]
    for joint, names in SOURCES.items():
        for side, letter in (("left", "L"), ("right", "R")):
            found = [markers[name.format(letter)] for name in names]
            out[:, skeleton.joint(f"{side}_{joint}")] = np.mean(found, axis=0)
    return out


def whole() -> Skeleton:
    """The skeleton of the gait trials."""
    return load("halpe_26")


def lifting() -> list[Trial]:
    """Somebody who lifts a box, 100 Hz: the points of one arm."""
    lines = LIFT.read_text(encoding="utf-8").splitlines()
    names = [name.rpartition(":")[2] for name in lines[2].split(",")[2::3]]
    cells = [line.split(",")[2:155] for line in lines[5:] if line[:1].isdigit()]
    values = [[float(cell) if cell else np.nan for cell in row] for row in cells]
    table = np.array(values).reshape(len(cells), 51, 3)
    at = {name: table[:, i] for i, name in enumerate(names)}
    pairs = (
        *(("ACRO_tip", "ACRO_tip"), ("EPICl", "EPICm"), ("STYLr", "STYLu")),
        ("MEDH", "MEDH"),
    )
    points = [(at[a] + at[b]) / 2 for a, b in pairs]
    return [Trial(np.stack(points, axis=1) / 1000, 100, "lift")]


def arm() -> Skeleton:
    """The skeleton of `lifting`; its hand is the knuckle of the middle finger."""
    names = tuple(f"right_{n}" for n in ("shoulder", "elbow", "wrist", "middle_mcp"))
    return Skeleton("arm_4", names, ((0, 1), (1, 2), (2, 3)), (), None)


def made(people: int = 60, frames: int = 75, file: Path | None = None) -> list[Trial]:
    """The demo's people in space, 25 Hz: standing, walking, bowling, throwing, …"""
    random = np.random.default_rng(11)
    who = habitus(random, people)
    track = np.repeat(np.arange(people), frames)
    drawn = angles(who, track, np.tile(np.arange(frames) / 25, people))
    shape = np.exp(0.04 * random.standard_normal((people, 5)))[track]
    tall = random.normal(1.72, 0.09, people)[track]
    xyz = tall[:, None, None] * bodies(drawn, shape)[:, :17]
    xyz += NOISE * random.standard_t(4, xyz.shape) / np.sqrt(2)
    return [
        Trial(some, 25, f"made-{i}")
        for i, some in enumerate(xyz.reshape(people, frames, 17, 3))
    ]

"""Tracks to measure rules of motion on: real ones of ../shared/data, and made ones.

No film in which people placed every frame by hand is to be had. So what cameras and
markers saw of real movement is taken, and clicks are added to the markers: heavy tails
(Student t, 4 degrees of freedom), as large as a click on somebody 400 px tall.
"""

import json
import tarfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
from people import DATA, batch, of_points

from posegate.transforms import parts
from posegate.transforms.model.poses import Floats
from posegate.transforms.model.skeleton import Skeleton, load

TALL = 400.0
"""Pixels that a person of the markers measures."""

CLICK = 1.5
"""Pixels: standard deviation of a click on one axis."""

MARKERS = {
    "ear": ("{}.Temple",),
    "shoulder": ("{}.Acromium",),
    "elbow": ("{}.Elbow",),
    "wrist": ("{}.Wrist.Med", "{}.Wrist.Lat"),
    "hip": ("{}.ASIS", "{}.ASIS", "{}.Thigh.Upper"),
    "knee": ("{}.Thigh.Rear", "{}.Shank.Upper"),
    "ankle": ("{}.Heel",),
}
"""The markers of a gait trial whose mean stands for one of COCO's joints."""


@dataclass(frozen=True)
class Film:
    """One track: `xy` (T, K, 2) [px] at frames `frame` (T,), NaN where not placed."""

    xy: Floats
    fps: float | None
    frame: np.ndarray
    video: str
    track: str = "a"

    def __len__(self) -> int:
        return len(self.xy)

    def cut(self, start: int, stop: int) -> "Film":
        """Some of its rows."""
        return replace(self, xy=self.xy[start:stop], frame=self.frame[start:stop])


def film(xy: Floats, fps: float | None, video: str, track: str = "a") -> Film:
    """A track of every frame."""
    return Film(xy, fps, np.arange(len(xy)), video, track)


def rows(films: Sequence[Film], skeleton: Skeleton) -> pa.RecordBatch:
    """Located canonical rows of films, one after the other."""
    xy = np.concatenate([each.xy for each in films])
    people = of_points(xy, np.isfinite(xy).all(axis=2))
    table = batch(people, skeleton)
    said = {
        "video": np.repeat([each.video for each in films], [*map(len, films)]),
        "track": np.repeat([each.track for each in films], [*map(len, films)]),
        "frame": np.concatenate([each.frame for each in films]),
        "fps": np.repeat([each.fps or np.nan for each in films], [*map(len, films)]),
    }
    columns = [
        pa.array(said[name], from_pandas=True) if name in said else table[name]
        for name in table.schema.names
    ]
    table = pa.RecordBatch.from_arrays(columns, schema=table.schema)
    return parts.located(table, 0, 0)


def walking(fps: float, data: Path = DATA) -> list[Film]:
    """A gait trial's markers (60 Hz) as COCO's joints, from eight sides, clicked on."""
    folder = data / "opensim_gait2354" / "Gait2354_Simbody"
    film_of = trc(folder / "subject01_walk1.trc")
    body = np.full((len(film_of["R.ASIS"]), 17, 3), np.nan)
    joints = load("coco_17").joint
    for joint, markers in MARKERS.items():
        for side, letter in (("left", "L"), ("right", "R")):
            found = [film_of[name.format(letter)] for name in markers]
            body[:, joints(f"{side}_{joint}")] = np.mean(found, axis=0)
    return seen(body, 60, fps, "walk")


def lifting(fps: float, data: Path = DATA) -> list[Film]:
    """Somebody who lifts a box (100 Hz): the body's 43 markers, clicked on."""
    file = data / "pyomeca_markers" / "markers.csv"
    lines = file.read_text(encoding="utf-8").splitlines()
    body = [name for name in lines[2].split(",")[2::3] if not name.startswith("boite")]
    cells = [line.split(",")[2:155] for line in lines[5:] if line[:1].isdigit()]
    values = [[float(cell) if cell else np.nan for cell in row] for row in cells]
    table = np.array(values).reshape(len(cells), 51, 3)
    return seen(table[:, -len(body) :], 100, fps, "lift")


def lifted() -> Skeleton:
    """The skeleton of `lifting`: markers, of which no rule knows anything."""
    names = tuple(f"marker {i}" for i in range(43))
    return Skeleton("markers_43", names, (), (), (0.05,) * 43)


def trc(file: Path) -> dict[str, Floats]:
    """Each marker's (T, 3) [mm]."""
    lines = file.read_text(encoding="utf-8").splitlines()
    names = [name for name in lines[3].split("\t")[2:] if name]
    cells = [line.split("\t") for line in lines[5:] if line[:1].isdigit()]
    table = np.array([row[2 : 2 + 3 * len(names)] for row in cells], float)
    table = table.reshape(len(cells), -1, 3)
    return {name: table[:, i] for i, name in enumerate(names)}


def seen(body: Floats, rate: int, fps: float, name: str) -> list[Film]:
    """Markers (T, K, 3) [mm] from eight sides, in pixels, at a lower rate, clicked on.

    The longest axis of the cloud over time is up; positions are whole pixels.
    """
    body = body[:: max(round(rate / fps), 1)]
    up = int(np.nanargmax(np.nanmean(np.ptp(np.nan_to_num(body), axis=1), axis=0)))
    flat = [axis for axis in range(3) if axis != up]
    films = []
    for side in range(8):
        turn = 2 * np.pi * side / 8
        x = body[..., flat[0]] * np.cos(turn) + body[..., flat[1]] * np.sin(turn)
        xy = np.stack([x, -body[..., up]], axis=2) * TALL / 1750
        films.append(film(clicked(xy, side), fps, f"{name}-{side}"))
    return films


def clicked(xy: Floats, seed: int) -> Floats:
    """Positions as somebody clicks on them, in whole pixels."""
    random = np.random.default_rng([seed, len(xy)])
    slip = random.standard_t(4, xy.shape) / np.sqrt(2)  # variance of t4 is 2
    return np.round(xy + CLICK * slip)


def openpose(data: Path = DATA) -> list[Film]:
    """Two people before two cameras, as BODY_25B saw them; 60 frames a second taken.

    OpenPose names nobody: a pose goes to the track whose last one is nearest.
    """
    frames: dict[str, list[Floats]] = {}
    with tarfile.open(data / "openpose_json_balancing" / "cam01_cam02.tar.gz") as files:
        for member in sorted(files.getmembers(), key=lambda each: each.name):
            text = files.extractfile(member) if member.isfile() else None
            if text:
                people = json.loads(text.read())["people"]
                points = [p["pose_keypoints_2d"] for p in people]
                camera = member.name.partition("/")[0]
                found = np.array(points, float).reshape(len(points), 25, 3)
                found[..., :2][found[..., 2] == 0] = np.nan
                frames.setdefault(camera, []).append(found[..., :2])
    return [each for name, some in frames.items() for each in followed(some, name)]


def followed(frames: list[Floats], video: str) -> Iterator[Film]:
    """The tracks of those who are there in the first frame: (P, K, 2) each."""
    for number, pose in enumerate(frames[0]):
        way = [pose]
        for some in frames[1:]:
            away = np.nanmedian(np.hypot(*np.moveaxis(some - way[-1], 2, 0)), axis=1)
            way.append(some[away.argmin()])
        yield film(np.stack(way), 60.0, video, str(number))


def flies(data: Path = DATA) -> list[Film]:
    """Two flies, 24 points, 1,100 frames: predictions; the rate is not known."""
    import h5py

    file = data / "sleap_open/hdf5_format_v1/centered_pair_predictions.slp"
    with h5py.File(file) as slp:
        points, made = slp["pred_points"][:], slp["instances"][:]
        index = slp["frames"]["frame_idx"][:]
    films = []
    for track in (0, 1):
        some = made[made["track"] == track]
        at = some["point_id_start"].astype(int)[:, None] + np.arange(24)
        xy = np.stack([points["x"][at], points["y"][at]], axis=2)
        frame = index[some["frame_id"].astype(int)].astype(np.int64)
        films.append(Film(xy, None, frame, "flies", str(track)))
    return films


def flying() -> Skeleton:
    """The skeleton of `flies`; left and right as the file's names have them."""
    pairs = ((1, 16), (2, 15), (4, 20), (5, 0), (6, 10), (7, 19), (9, 22), (13, 17),
             (11, 14), (21, 23))  # fmt: skip
    names = tuple(f"point {i}" for i in range(24))
    return Skeleton("fly_24", names, (), pairs, (0.05,) * 24)


FIGURE = (
    *((50, 12), (53, 10), (47, 10), (56, 12), (44, 12)),
    *((60, 28), (40, 28), (64, 44), (36, 44), (65, 58), (35, 58)),
    *((56, 58), (44, 58), (57, 77), (43, 77), (58, 96), (42, 96)),
)
"""A frontal figure, in hundredths of its height."""


def swaying(fps: float, number: int = 8, seconds: float = 20.0) -> list[Film]:
    """People who sway, up to 3 Hz at a joint and .5 Hz as a whole; clicked on."""
    films = []
    for seed in range(number):
        random = np.random.default_rng([seed, int(fps)])
        t = np.arange(int(seconds * fps)) / fps
        way = np.array(FIGURE) * TALL / 100 + np.zeros((len(t), 1, 1))
        for hertz, size in ((0.5, 0.05), (1.0, 0.03), (2.0, 0.015), (3.0, 0.006)):
            phase = random.uniform(0, 2 * np.pi, (17, 2))
            size *= TALL * random.lognormal(0, 0.3, (17, 2))
            way += size * np.sin(2 * np.pi * hertz * t[:, None, None] + phase)
        way += 40 * np.sin(np.pi * t + seed)[:, None, None]
        films.append(film(clicked(way, seed), fps, f"sway-{seed}"))
    return films

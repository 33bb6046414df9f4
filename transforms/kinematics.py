"""The kinematics of tracks, on request: a table beside the others.

Windows are those of the rules of motion: a feed of a day takes the memory of one. The
filter forgets within its own time, which the rows that lead in and out cover.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import apache_beam as beam
import numpy as np
import pyarrow as pa

from posegate.transforms import parts
from posegate.transforms.kernels.kinematic_rows import tabled
from posegate.transforms.kernels.kinematics import moves
from posegate.transforms.kernels.tracks import Tracks, ordered
from posegate.transforms.model.poses import Poses
from posegate.transforms.model.schema import KINEMATICS
from posegate.transforms.model.skeleton import Skeleton
from posegate.transforms.motion import VIDEOS, WINDOW, owned
from posegate.transforms.parts import Written

INSTANCES = 1024
"""Of which the rows of all joints are held at once."""


@dataclass
class Kinematics(beam.PTransform):  # type: ignore[misc]
    """Windows of tracks -> `kinematics/*.parquet`, a file a window."""

    skeleton: Skeleton
    folder: str
    cutoff: float
    window: int = WINDOW

    def expand(
        self, windows: beam.PCollection[tuple[int, Iterable[pa.RecordBatch]]]
    ) -> beam.PCollection[Written]:
        return windows | "move" >> beam.FlatMap(
            write, self.skeleton, self.folder, self.cutoff, self.window
        )


def write(
    rows_of: tuple[int, Iterable[pa.RecordBatch]],
    skeleton: Skeleton,
    folder: str,
    cutoff: float,
    window: int = WINDOW,
) -> Iterator[Written]:
    """Writes what a window speaks for, and says what it wrote; nothing if that is none.

    Every point counts that is labelled, whoever placed it: nobody is judged here.
    """
    key, batches = rows_of
    rows, track = ordered(pa.concat_batches(list(batches)))
    own = np.flatnonzero(owned(rows, key, window))
    if not len(own):
        return
    moved = moves(Tracks.of(rows, track, Poses.of(rows), skeleton), cutoff)
    name = f"kinematics/window-{key // VIDEOS:05d}-{key % VIDEOS:05d}.parquet"
    with parts.part_file(folder, name, KINEMATICS) as file:
        for first in range(0, len(own), INSTANCES):
            some = own[first : first + INSTANCES]
            file.write(tabled(rows, moved, skeleton, some))
    yield file.written

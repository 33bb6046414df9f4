"""Fits the pose model of `expectations/models/person.npz` to real people.

    python tests/benchmarks/fit_pose_model.py [EPOCHS] [FILE]

Every epoch sees each person several times: mirrored, turned, stretched, with noise and
with joints missing; a part of them with one of the exchanges, another part with joints
moved aside. Adam with a cosine schedule, from a fixed seed; weights are kept in half
precision. Only images of the first tenths (`people.FITTED`) are used.
"""

import itertools
import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt
from people import People, coco_yolo, held_out

from posegate.transforms.kernels.pose_model import (
    EXCHANGES,
    FEATURES,
    JOINTS,
    PERMUTATIONS,
    PoseModel,
    Singles,
    features,
)
from posegate.transforms.model.poses import Bools, Bytes, Floats

Ints = npt.NDArray[np.int64]

HERE = Path(__file__).parents[2] / "expectations" / "models" / "person.npz"
LAYERS = (FEATURES, 192, 128, 1 + len(EXCHANGES) + len(JOINTS))
BATCH, RATE, DECAY = 512, 2e-3, 3e-5
PER_EPOCH = 6  # how often an epoch sees a person
MIRROR = np.array([0, 2, 1, 4, 3, 6, 5, 8, 7, 10, 9, 12, 11, 14, 13, 16, 15])
BELOW = {5: (5, 7, 9), 7: (7, 9), 11: (11, 13, 15), 13: (13, 15)}
BELOW |= {j + 1: tuple(i + 1 for i in chain) for j, chain in BELOW.items()}


def varied(
    rng: np.random.Generator, people: People, rows: Ints
) -> tuple[Floats, Bytes]:
    """Poses as other images could show them: (M, 17, 2), and their flags."""
    m = len(rows)
    xy, flags = np.nan_to_num(people.xy[rows]), people.flags[rows]
    mirrored = rng.random(m) < 0.5
    xy[mirrored] = xy[mirrored][:, MIRROR] * (-1, 1)
    flags[mirrored] = flags[mirrored][:, MIRROR]
    anyhow = rng.random(m) < 0.15
    turn = np.where(anyhow, rng.uniform(-np.pi, np.pi, m), rng.normal(0, 0.3, m))
    cos, sin = np.cos(turn)[:, None], np.sin(turn)[:, None]
    x, y = xy[..., 0], xy[..., 1]
    xy = np.stack([x * cos - y * sin, x * sin + y * cos], axis=2)
    xy *= 1 + rng.normal(0, 0.05, (m, 1, 2))
    xy += rng.normal(0, 0.012, xy.shape) * people.scale[rows, None, None]
    flags = np.where(missing(rng, flags), 0, flags)
    careless = rng.random(m) < 0.2  # a team that calls everything visible
    flags[careless] = np.where(flags[careless] > 0, 2, 0)
    return xy, flags


def missing(rng: np.random.Generator, flags: Bytes) -> Bools:
    """(M, 17): joints to leave out, so that six at least remain."""
    m = len(flags)
    gone = rng.random(flags.shape) < np.where(rng.random(m) < 0.5, 0, 0.12)[:, None]
    gone[:, 13:] |= (rng.random(m) < 0.08)[:, None]
    gone[:, :5] |= (rng.random(m) < 0.08)[:, None]
    enough = ((flags > 0) & ~gone).sum(axis=1) >= 6
    return gone & enough[:, None]


def exchanged(
    rng: np.random.Generator, xy: Floats, flags: Bytes
) -> tuple[Floats, Bytes, Ints]:
    """Some with an exchange that shows, and which (0: none)."""
    m = len(xy)
    which = rng.integers(1, 1 + len(EXCHANGES), m) * (rng.random(m) < 0.6)
    order = PERMUTATIONS[which]
    row = np.arange(m)[:, None]
    after = flags[row, order]
    shows = (((flags > 0) | (after > 0)) & (order != np.arange(17))).any(axis=1)
    return xy[row, order], after, np.where(shows, which, 0)


def thrown(
    rng: np.random.Generator, xy: Floats, flags: Bytes, scale: Floats, free: Bools
) -> tuple[Floats, Bools]:
    """Some of the free with a joint, a limb or two joints aside; which: (M, 17)."""
    xy, moved = xy.copy(), np.zeros(flags.shape, bool)
    for i in np.flatnonzero(free & (rng.random(len(xy)) < 0.7)):
        able = np.flatnonzero(flags[i])
        joint, kind = int(rng.choice(able)), rng.random()
        joints = BELOW.get(joint, (joint,)) if kind < 0.3 else (joint,)
        for each in (*joints, *(rng.choice(able, 1) if kind > 0.9 else ())):
            if each in joints[:1] or kind > 0.9:
                turn, far = rng.uniform(0, 2 * np.pi), rng.uniform(0.15, 1.2)
            if flags[i, each] and not moved[i, each]:
                xy[i, each] += far * scale[i] * np.array([np.cos(turn), np.sin(turn)])
                moved[i, each] = True
    return xy, moved


def drawn(
    rng: np.random.Generator, people: People, rows: Ints
) -> tuple[Singles, Ints, Bools, Bools]:
    """A batch: features, exchange, misplaced joints, labelled joints."""
    xy, flags = varied(rng, people, rows)
    xy, flags, which = exchanged(rng, xy, flags)
    xy, moved = thrown(rng, xy, flags, people.scale[rows], which == 0)
    return features(xy, flags > 0, flags > 1), which, moved, flags > 0


def gradients(
    layers: list[Singles],
    shifts: list[Singles],
    batch: tuple[Singles, Ints, Bools, Bools],
) -> list[Singles]:
    """Of the mean loss of a batch, by weights, then by biases."""
    given, which, moved, labelled = batch
    seen = [given]
    for weight, shift in zip(layers[:-1], shifts[:-1], strict=True):
        seen.append(np.maximum(seen[-1] @ weight + shift, 0))
    out = seen[-1] @ layers[-1] + shifts[-1]
    last = 1 + len(EXCHANGES)
    share = np.exp(out[:, :last] - out[:, :last].max(axis=1, keepdims=True))
    share /= share.sum(axis=1, keepdims=True)
    share[np.arange(len(which)), which] -= 1
    chance = 1 / (1 + np.exp(-out[:, last:]))
    free = (which == 0)[:, None] & labelled
    slope = np.concatenate([share, 1.5 * (chance - moved) * free], axis=1)
    slope = (slope / len(which)).astype(np.float32)
    by_weight, by_shift = [], []
    for i in reversed(range(len(layers))):
        by_weight.insert(0, seen[i].T @ slope + DECAY * layers[i])
        by_shift.insert(0, slope.sum(axis=0))
        slope = (slope @ layers[i].T) * (seen[i] > 0)
    return by_weight + by_shift


def fit(people: People, epochs: int, seed: int = 0) -> PoseModel:
    """The model after so many epochs."""
    rng = np.random.default_rng(seed)
    layers = [
        rng.normal(0, np.sqrt(2 / a), (a, b)).astype(np.float32)
        for a, b in itertools.pairwise(LAYERS)
    ]
    shifts = [np.zeros(b, np.float32) for b in LAYERS[1:]]
    values = layers + shifts
    first = [np.zeros_like(each) for each in values]
    second = [np.zeros_like(each) for each in values]
    steps = epochs * PER_EPOCH * len(people) // BATCH
    for step in range(1, steps + 1):
        batch = drawn(rng, people, rng.integers(0, len(people), BATCH))
        rate = RATE / 2 * (1 + np.cos(np.pi * step / steps))
        for i, slope in enumerate(gradients(layers, shifts, batch)):
            first[i] += 0.1 * (slope - first[i])
            second[i] += 0.001 * (slope * slope - second[i])
            size = np.sqrt(second[i] / (1 - 0.999**step)) + 1e-8
            values[i] -= rate * first[i] / (1 - 0.9**step) / size
    return PoseModel(tuple(layers), tuple(shifts))


def save(model: PoseModel, file: Path) -> None:
    """Writes the layers as w0, w1, … and b0, b1, … in half precision."""
    arrays = {
        f"{kind}{i}": each.astype(np.float16)
        for kind, layers in (("w", model.weights), ("b", model.biases))
        for i, each in enumerate(layers)
    }
    np.savez_compressed(file, **arrays)


def main(words: list[str]) -> None:
    """Fits and saves."""
    people = coco_yolo()
    enough = ((people.flags > 0).sum(axis=1) >= 6) & (people.scale > 24)
    people = people.take(enough & ~held_out(people))
    save(
        fit(people, int(words[0]) if words else 600),
        Path(words[1]) if words[1:] else HERE,
    )


if __name__ == "__main__":
    main(sys.argv[1:])

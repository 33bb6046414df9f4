"""Annotators: what each one's hand and eye make of the truth."""

from dataclasses import dataclass

import numpy as np

from posegate.pipelines.demo.plan import Ints
from posegate.pipelines.demo.spec import Purpose, Spec, stream
from posegate.pipelines.demo.views import View
from posegate.transforms.model.poses import Bytes, Floats
from posegate.transforms.model.skeleton import Skeleton

TYPICAL = 0.55
"""RMS distance from the truth of a typical annotator [sigma x scale].

Two of them differ by .78 sigma x scale, so their mean OKS is near .93; statistics.md
1.3 puts two COCO annotators at 1.0. A team that a gate should accept is better.
"""
GOLD = 0.35  # of a typical annotator's noise
BETWEEN, PER_KEYPOINT = 0.15, 0.10  # log-normal spreads of annotators' own noise
GROSS = 0.005  # share of keypoints that slip by .1 to .6 of the scale
GOLD_NAMES = ("gold-01", "gold-02")


@dataclass(frozen=True)
class Habit:
    """Something planted in one annotator: `since` counts weeks from 0.

    `strength` is sigma x scale for a bias, a factor for noise, a share for the flag.
    """

    fault: str
    annotator: int
    since: int
    keypoints: tuple[str, ...]
    way: str
    strength: float


@dataclass(frozen=True)
class Team:
    """A annotators, gold last: `noise` (A, K) is their RMS error [sigma x scale]."""

    names: tuple[str, ...]
    noise: Floats
    habits: tuple[Habit, ...]

    @property
    def production(self) -> int:
        """How many are not gold."""
        return len(self.names) - len(GOLD_NAMES)


def habits(spec: Spec) -> tuple[Habit, ...]:
    """Who has what habit, and from which week."""
    if spec.clean:
        return ()
    half, later = spec.weeks // 2, spec.weeks * 6 // 10
    who = [spec.annotators * i // 4 for i in range(4)]
    wrists = ("left_wrist", "right_wrist")
    return (
        Habit("bias", who[0], later, ("left_hip", "right_hip"), "lateral", spec.bias),
        Habit("bias", who[1], later, ("right_shoulder",), "lateral", spec.bias),
        Habit("bias", who[1], later, wrists, "along the limb", spec.bias),
        Habit("noise", who[2], half, (), "doubled", 2.0),
        Habit("visibility-flag", who[3], 0, (), "always 2", 1.0),
    )


def team(spec: Spec, skeleton: Skeleton) -> Team:
    """The same people in every week of a seed."""
    rng = stream(spec.seed, 0, 0, Purpose.TEAM)
    width = max(2, len(str(spec.annotators)))
    names = [f"ann-{i + 1:0{width}d}" for i in range(spec.annotators)]
    own = np.exp(BETWEEN * rng.standard_normal((len(names), 1)))
    joint = np.exp(
        PER_KEYPOINT * rng.standard_normal((len(names), len(skeleton.keypoints)))
    )
    gold = np.full((len(GOLD_NAMES), joint.shape[1]), GOLD)
    noise = TYPICAL * np.concatenate([own * joint, gold])
    return Team((*names, *GOLD_NAMES), noise, habits(spec))


def student(rng: np.random.Generator, shape: tuple[int, int]) -> Floats:
    """(N, K, 2): planar Student t with 4 degrees of freedom, E[|d|^2] = 1.

    A chi-square of 4 is -2 ln(u v); the planar t has E[|d|^2] = 4 at unit scale.
    """
    normal = rng.standard_normal((*shape, 2))
    chi = -2 * np.log(1 - rng.random(shape)) - 2 * np.log(1 - rng.random(shape))
    return normal * np.sqrt(1 / np.maximum(chi, 1e-9))[..., None]


def direction(xy: Floats, keypoint: str, way: str, skeleton: Skeleton) -> Floats:
    """(N, K, 2) -> (N, 2): unit vector in which a bias pushes; zeros where undefined.

    Lateral is away from the opposite keypoint, along the limb away from the elbow.
    """
    side, part = keypoint.split("_")
    opposite = "right" if side == "left" else "left"
    origin = f"{opposite}_{part}" if way == "lateral" else f"{side}_elbow"
    arrow = xy[:, skeleton.index(keypoint)] - xy[:, skeleton.index(origin)]
    length = np.linalg.norm(arrow, axis=1, keepdims=True)
    return np.divide(arrow, length, out=np.zeros_like(arrow), where=length > 1e-6)


def carelessness(people: Team, annotator: Ints) -> Floats:
    """(N, 1): 1 for production; gold slips and misreads a fifth as often."""
    return np.where(annotator < people.production, 1.0, 0.2)[:, None]


def place(
    rng: np.random.Generator,
    people: Team,
    skeleton: Skeleton,
    week: int,
    annotator: Ints,
    truth: Floats,
    scale: Floats,
) -> Floats:
    """Where the annotators (N,) put the keypoints of (N, K, 2), `scale` (N,) [px]."""
    factor = people.noise[annotator]
    for habit in people.habits:
        if habit.fault == "noise" and week >= habit.since:
            factor = np.where(
                (annotator == habit.annotator)[:, None], habit.strength * factor, factor
            )
    reach = skeleton.sigma * scale[:, None]  # (N, K)
    xy = truth + student(rng, reach.shape) * (factor * reach)[..., None]
    slip, length, angle = rng.random((3, *reach.shape))
    slips = slip < GROSS * carelessness(people, annotator)
    far = np.where(slips, 0.1 + 0.5 * length, 0) * scale[:, None]
    turn = 2 * np.pi * angle
    xy += far[..., None] * np.stack([np.cos(turn), np.sin(turn)], axis=2)
    for habit in people.habits:
        if habit.fault != "bias" or week < habit.since:
            continue
        rows = np.flatnonzero(annotator == habit.annotator)
        for name in habit.keypoints:
            j = skeleton.index(name)
            push = direction(truth[rows], name, habit.way, skeleton)
            xy[rows, j] += habit.strength * reach[rows, j, None] * push
    return xy


def flag(
    rng: np.random.Generator, people: Team, annotator: Ints, visibility: Bytes
) -> Bytes:
    """The flags (N, K) that annotators give: 3 % of 1 and 2 are taken for the other.

    A hidden keypoint is left out in 5 %.
    """
    careless = carelessness(people, annotator)
    mistaken, left_out = rng.random((2, *visibility.shape))
    flags = visibility.copy()
    swap = (visibility > 0) & (mistaken < 0.03 * careless)
    flags[swap] = 3 - visibility[swap]
    flags[(visibility == 1) & (left_out < 0.05 * careless)] = 0
    for habit in people.habits:
        if habit.fault == "visibility-flag":
            always = (annotator == habit.annotator)[:, None] & (flags > 0)
            flags[always] = 2
    return flags


@dataclass(frozen=True)
class Work:
    """What annotators handed in of N instances: rows of the block in `row` (N,).

    `xy` (N, K, 2) [px], 0 where `flags` (N, K) is 0; `box` (N, 4), `scale` (N,) [px].
    """

    row: Ints
    annotator: Ints
    xy: Floats
    flags: Bytes
    box: Floats
    scale: Floats


def annotate(
    rng: np.random.Generator,
    people: Team,
    skeleton: Skeleton,
    week: int,
    truth: View,
    row: Ints,
    annotator: Ints,
    size: Floats,
) -> Work:
    """Annotations of the block's instances `row` by `annotator`, both (N,).

    Nobody can click outside the image (`size` (N, 2)), and the tool widens a box so
    that it holds what was marked as visible.
    """
    scale = np.sqrt(truth.area[row])
    xy = place(rng, people, skeleton, week, annotator, truth.xy[row], scale)
    flags = flag(rng, people, annotator, truth.visibility[row])
    xy = np.clip(xy, 0, size[:, None] - 1).round(2)
    seen = (flags == 2)[..., None]
    low = np.where(seen, xy, np.inf).min(axis=1)
    high = np.where(seen, xy, -np.inf).max(axis=1)
    box = truth.box[row]
    low = np.floor(100 * np.minimum(low, box[:, :2])) / 100
    high = np.ceil(100 * np.maximum(high, box[:, :2] + box[:, 2:])) / 100
    xy[flags == 0] = 0
    return Work(row, annotator, xy, flags, np.hstack([low, high - low]), scale)

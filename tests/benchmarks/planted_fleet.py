"""A fleet of annotators with good and bad weeks, some of whom change: made, not real.

300 annotators, 17 keypoints, 52 weeks, of whom a tenth change on two keypoints at some
time between weeks 16 and 35. Every annotator has a bias and a noise of their own for
every keypoint, every week a bias and a noise of its own too; errors have heavy tails
(Student t, 4 degrees of freedom, E[d^2] = .5 sigma^2 s^2) and 2 % are gross.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from posegate.transforms.kernels.buckets import Ints
from posegate.transforms.kernels.stream_sums import grouped_sums
from posegate.transforms.model import skeleton as skeletons
from posegate.transforms.model.poses import Bools, Floats

ANNOTATORS, WEEKS = 300, 52
STARTS = (16, 36)
"""Changes begin from the first of these weeks on, before the second."""

KINDS = {
    "bias .3": ("bias", 0.3),
    "bias .6": ("bias", 0.6),
    "bias 1": ("bias", 1.0),
    "noise x1.5": ("noise", 1.5),
    "gross 10 %": ("gross", 0.10),
}
"""What can change: a bias along x [sigma s], a factor of noise, a share of slips."""

BIAS, BIAS_OF_WEEK = 0.10, 0.12  # standard deviations [sigma s]
NOISE, NOISE_OF_JOINT, NOISE_OF_WEEK = 0.12, 0.06, 0.12  # of ln
GROSS, SEEN, ABSENT = 0.02, 0.8, 0.1
SCALE, SCALE_OF_ANNOTATOR, SCALE_OF_PERSON = 150.0, 0.25, 0.5  # [px], of ln
SMALLER, HIDDEN, PEOPLE = 0.5, (0.1, 0.4), (2.0, 8.0)
HARDER = (-0.35, 0.6, 0.05)
"""What an instance that is larger by a factor of e, wholly hidden, among e times as
many people, adds to ln of the errors: at 75 px people err 27 % more of sigma s."""


@dataclass(frozen=True)
class Made:
    """`weekly` (A, W, K, S) sums; what changed on (A, K), "" where nothing, and the
    week from which on; everybody's own `bias` (A, K, 2) [sigma s]."""

    weekly: Ints
    kind: np.ndarray  # type: ignore[type-arg]
    start: Ints
    bias: Floats


@dataclass(frozen=True)
class Team:
    """What the annotators are like: `bias` (A, K, 2), `noise` (A, K), `scale` (A,)."""

    bias: Floats
    noise: Floats
    scale: Floats
    volume: Floats


@dataclass(frozen=True)
class World:
    """What a fleet looks at, and with what it is compared.

    `frame` says in which a bias stays: with "body" it turns round with the person, who
    faces the camera in half of the instances. With `hard` errors grow with difficulty,
    and this share of the annotators get half as large, hidden, crowded people from some
    week on. `model` is how many times a person's noise a model's is that they are held
    against in the place of gold, 0 for gold; `content` [sigma s] by how much its bias
    differs between the weeks of an annotator; `version` the week in which it is
    replaced by one with another bias.
    """

    frame: str = "image"
    hard: float = 0.0
    model: float = 0.0
    content: float = 0.0
    version: int = WEEKS


def made(
    seed: int,
    drifting: float = 0.1,
    volume: float = 15.0,
    world: World | None = None,
    always: bool = False,
) -> Made:
    """A fleet; `volume` is its median of instances a week. What changes did so before
    the first week if it was `always` so."""
    world = world or World()
    rng = np.random.default_rng(seed)
    sigma = skeletons.load("coco_17").sigma
    team = hired(rng, volume, len(sigma))
    kind, start = planted(rng, drifting, len(sigma))
    start = np.zeros_like(start) if always else start
    other = np.random.default_rng([seed, 1])  # lest a world change who drifts
    since = np.where(
        other.random(ANNOTATORS) < world.hard,
        other.integers(*STARTS, ANNOTATORS),
        WEEKS,
    )
    models = other.normal(0, 0.5, (2, len(sigma), 2))
    weeks = []
    for week in range(WEEKS):
        seen = Seen(world, since <= week, models[int(week >= world.version)], other)
        weeks.append(worked(rng, team, kind, start <= week, sigma, seen))
    return Made(np.stack(weeks, axis=1), kind, start, team.bias)


@dataclass(frozen=True)
class Seen:
    """One week of a world: who has hard people (A,), and a model's biases (K, 2)."""

    world: World
    hard: Bools
    bias: Floats
    rng: np.random.Generator

    def difficulty(self, who: Ints) -> Floats:
        """(N, 2) the share that is hidden and ln of the people in the image."""
        few, many = (np.array(each)[self.hard[who] * 1] for each in (HIDDEN, PEOPLE))
        hidden = self.rng.beta(2, 2 / few - 2)
        return np.stack([hidden, np.log1p(self.rng.poisson(many))], axis=1)

    def of_model(self, who: Ints, shape: tuple[int, ...]) -> Floats:
        """(N, K, 2) a model's errors [sigma s]."""
        k = shape[1]
        week = self.rng.normal(0, self.world.content, (ANNOTATORS, k, 2))
        tail = self.world.model * 0.5 / np.sqrt(2 * self.rng.gamma(2, 0.5, shape))
        noise = self.rng.standard_normal((*shape, 2)) * tail[..., None]
        return noise + self.bias + week[who]


def hired(rng: np.random.Generator, volume: float, k: int) -> Team:
    """Different annotators."""
    a = ANNOTATORS
    return Team(
        bias=rng.normal(0, BIAS, (a, k, 2)),
        noise=rng.lognormal(0, NOISE, (a, 1))
        * rng.lognormal(0, NOISE_OF_JOINT, (a, k)),
        scale=rng.lognormal(np.log(SCALE), SCALE_OF_ANNOTATOR, a),
        volume=rng.lognormal(np.log(volume), 0.8, a),
    )


def planted(
    rng: np.random.Generator, drifting: float, k: int
) -> tuple[np.ndarray, Ints]:  # type: ignore[type-arg]
    """What changes (A, K), and when."""
    kind = np.full((ANNOTATORS, k), "", dtype="<U10")
    start = np.full((ANNOTATORS, k), WEEKS)
    who = rng.choice(ANNOTATORS, int(drifting * ANNOTATORS), replace=False)
    for annotator in who:
        joints = rng.choice(k, 2, replace=False)
        kind[annotator, joints] = rng.choice(list(KINDS))
        start[annotator, joints] = rng.integers(*STARTS)
    return kind, start


def worked(
    rng: np.random.Generator,
    team: Team,
    kind: np.ndarray,  # type: ignore[type-arg]
    on: Bools,
    sigma: Floats,
    seen: Seen,
) -> Ints:
    """One week of everybody: their sums (A, K, S)."""
    n = rng.poisson(team.volume * rng.lognormal(0, 0.3, ANNOTATORS)).clip(0, 800)
    n[rng.random(ANNOTATORS) < ABSENT] = 0
    who = np.repeat(np.arange(ANNOTATORS), n)  # (N,)
    shape = (len(who), len(sigma))
    e, facing = errors(rng, team, np.where(on, kind, ""), sigma, who, seen.world.frame)
    scale = team.scale[who] * rng.lognormal(0, SCALE_OF_PERSON, len(who))
    hard = None
    if seen.world.hard:
        scale = scale * np.where(seen.hard[who], SMALLER, 1.0)
        hard = seen.difficulty(who)
        x = np.column_stack([np.log(scale / SCALE), hard])
        e = e * np.exp(x @ np.array(HARDER))[:, None, None]
    if seen.world.model:
        e = e - seen.of_model(who, shape)
    error = e * (sigma * scale[:, None])[..., None]
    both = rng.random(shape) < SEEN
    body = error * np.stack([facing, np.ones_like(facing)], axis=-1)  # (N, K, 2)
    return grouped_sums(who, ANNOTATORS, error, both, scale, sigma, body, hard)


def errors(
    rng: np.random.Generator,
    team: Team,
    kind: np.ndarray,  # type: ignore[type-arg]
    sigma: Floats,
    who: Ints,
    frame: str = "image",
) -> tuple[Floats, Floats]:
    """One week's (N, K, 2) [sigma s] of those who worked, (N,), by what has changed,
    `kind` (A, K); and (N, 1) which way the people face."""
    shape = (len(who), len(sigma))
    push, width, gross = (shift(kind, what) for what in ("bias", "noise", "gross"))
    centre = team.bias + rng.normal(0, BIAS_OF_WEEK, team.bias.shape)
    noise = team.noise * width * rng.lognormal(0, NOISE_OF_WEEK, (ANNOTATORS, 1))
    facing = np.where(rng.random((len(who), 1)) < 0.5, -1.0, 1.0)
    tail = 0.5 / np.sqrt(2 * rng.gamma(2, 0.5, shape))
    e = rng.standard_normal((*shape, 2)) * (noise[who] * tail)[..., None] + centre[who]
    e[..., 0] += push[who] * (facing if frame == "body" else 1.0)
    slips = rng.random(shape) < gross[who]
    e[slips] = slipped(rng, np.broadcast_to(sigma, shape)[slips])
    return e, facing


def shift(kind: np.ndarray, what: str) -> Floats:  # type: ignore[type-arg]
    """(A, K) by how much something changes; what it is anyway where it does not."""
    same = {"bias": 0.0, "noise": 1.0, "gross": GROSS}[what]
    out = np.full(kind.shape, same)
    for name, (changed, size) in KINDS.items():
        if changed == what:
            out[kind == name] = size
    return out


def slipped(rng: np.random.Generator, sigma: Floats) -> Floats:
    """(M, 2) points anywhere between .1 and .6 of the scale off [sigma s]."""
    angle = rng.uniform(0, 2 * np.pi, len(sigma))
    far = rng.uniform(0.1, 0.6, len(sigma)) / sigma
    return far[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)


@dataclass(frozen=True)
class Score:
    """How a fleet's alarms fare: false episodes a week, changes found of all, and by
    kind how many there are, found within 4, 12 weeks, and at all."""

    false: float
    found: int
    planted: int
    kinds: dict[str, tuple[int, int, int, int]]


QUIET = 6  # weeks an alarm counts as one episode; then it counts again
WARM = 10  # weeks before alarms are counted


def score(alarm: Bools, fleet: Made) -> Score:
    """Alarms (A, W, K) against what was planted."""
    delay, false = {}, 0
    for a, k in np.argwhere(alarm[:, WARM:].any(axis=1)).tolist():
        for week in episodes(np.flatnonzero(alarm[a, :, k])):
            if week >= fleet.start[a, k]:
                delay.setdefault((a, k), week - fleet.start[a, k] + 1)
            else:
                false += 1
    kinds = {}
    for name in KINDS:
        late = np.array(
            [delay.get((a, k), 99) for a, k in np.argwhere(fleet.kind == name).tolist()]
        )
        kinds[name] = (len(late), *(int((late <= w).sum()) for w in (4, 12, 52)))
    return Score(
        false / (alarm.shape[1] - WARM),
        len(delay),
        int((fleet.kind != "").sum()),
        kinds,
    )


def episodes(weeks: Ints) -> Iterator[int]:
    """The weeks in which an alarm counts: every `QUIET` weeks while it lasts."""
    last = -QUIET
    for week in weeks[weeks >= WARM].tolist():
        if week - last >= QUIET:
            last = week
            yield week

"""The shape of `report.json`, as far as it is about the sample and the test of the lot;
see `report`."""

from typing import Literal, TypedDict

Verdict = Literal["accept", "reject", "hold"]


class NextReview(TypedDict, total=False):
    """An instance to be reviewed, by its place in the order."""

    order: int
    instance: str
    image: str
    video: str | None
    annotator: str | None
    source: str
    position: int


class Sampling(TypedDict, total=False):
    """`rate` is the share asked for; `lacking` sampled instances have no reference.

    `drawn` counts instances by purpose, over `strata` strata. Of the order of review
    `asked` places were asked for at first, `asked_lacking` of which have no reference;
    what lies beyond `counted` does not count. `not_drawn` reviews count for nothing.
    `hand_ins` are the deliveries whose reviews were taken as well.
    """

    rate: float | None
    sampled: int
    reviewed: int
    lacking: int
    strata: int
    drawn: dict[str, int]
    asked: int
    asked_lacking: int
    counted: int
    next: list[NextReview]
    purposes: list[str]
    not_drawn: int
    hand_ins: list[str]


class Curve(TypedDict, total=False):
    """Lots with a `share` of bad instances: how many are accepted, after how many
    reviews on average."""

    share: list[float]
    accepted: list[float]
    reviews: list[float]


class Acceptance(TypedDict, total=False):
    """The test of the lot; `low` and `high` are the exact 95 % interval of the share of
    bad instances, `more` how many good reviews would accept."""

    plan: Literal["sequential", "single"]
    p0: float
    p1: float
    alpha: float
    beta: float
    cap: int
    reviewed: int
    bad: int
    share: float | None
    low: float | None
    high: float | None
    verdict: Verdict
    more: int
    curve: Curve

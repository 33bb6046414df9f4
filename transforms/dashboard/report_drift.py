"""The shape of `report.json`, as far as it is about people over time; see `report`."""

from typing import Literal, TypedDict

Point = list[float]


class Heat(TypedDict, total=False):
    """`value[a][k]`: mean error as a multiple of sigma·s, over `n[a][k]` points."""

    annotators: list[str]
    keypoints: list[str]
    value: list[list[float | None]]
    n: list[list[int]]


class Stream(TypedDict, total=False):
    """One annotator's keypoint, week by week; offsets in px, x right and y down.

    `against` is what the annotator was held against (`kernels.sources`).
    `statistic` is the evidence of a change, -log10 of its p, and `limit` what it takes
    to be found among all streams of that week. `finding` says what changed most: a
    bias, the noise, or slips; `effect_px` how far points moved, `low_px` and `high_px`
    its 95 % interval, `direction` where to in the image and `body` on the body, `noise`
    the factor by which errors grew, `chance` how likely it is that the stream changed
    at all, `began` since when at the length that shows it best; `since` is the week of
    the alarm.
    """

    annotator: str
    keypoint: str
    against: str
    weeks: list[str]
    n: list[int]
    statistic: list[float | None]
    limit: list[float | None]
    offset_px: list[Point | None]
    mean_px: list[float | None]
    alarm: list[bool]
    since: str | None
    finding: Literal["bias", "noise", "slips"] | None
    effect_px: float | None
    low_px: float | None
    high_px: float | None
    direction: str | None
    body: str | None
    noise: float | None
    chance: float | None
    began: str | None


class ContractMark(TypedDict, total=False):
    """A week in which the customer's own rule (mean error over limit) was broken;
    `alarm` says that the stream is in alarm as well."""

    annotator: str
    keypoint: str
    week: str
    mean_px: float | None
    alarm: bool


class Drift(TypedDict, total=False):
    """All weeks known so far, the streams, and where the contract's rule speaks.

    `against` is the best source of evidence there is; `aside` counts the pairs of weeks
    that were set aside, because no clock can have meant them.
    """

    weeks: list[str]
    limit_px: float | None
    quarantine_weeks: int
    streams: list[Stream]
    contract: list[ContractMark]
    against: str
    aside: int
    note: str | None


class Retraining(TypedDict, total=False):
    """Something in alarm now; `keypoint` is null where it is of the annotator at large.

    `factor` is that of errors, slips or time, or the difference of a share; `contract`
    whether the contract's own rule speaks of it as well. Two keypoints (`left_hip and
    right_hip`) changed alike, and are one alarm. The rest is as in `Stream`.
    """

    annotator: str
    keypoint: str | None
    finding: str | None
    began: str | None
    since: str | None
    chance: float | None
    effect_px: float | None
    low_px: float | None
    high_px: float | None
    direction: str | None
    body: str | None
    factor: float | None
    contract: bool
    against: str | None
    circle: list[str] | None

"""The shape of `report.json`: everything the dashboard shows of one run.

Every key may be absent, and every number may be null: no evidence is a normal state,
and the page says what is missing. NaN and infinities are read as null. Lists that run
in parallel (`weeks`, `n`, `statistic`, …) have the same length; a shorter one counts
as null from there on.
"""

from typing import Literal, TypedDict

Verdict = Literal["accept", "reject", "hold"]
Point = list[float]
Limb = list[int]


class DeliveryFacts(TypedDict, total=False):
    """Who handed over what; `path` is its address in storage, null if it is local."""

    name: str
    vendor: str | None
    received: str | None
    path: str | None


class SkeletonFacts(TypedDict, total=False):
    """`limbs` are pairs of indices into `keypoints`, from 0."""

    name: str
    version: str | None
    keypoints: list[str]
    limbs: list[Limb]


class Reason(TypedDict, total=False):
    """What one gate says: a sentence, and the number it compared with its limit."""

    gate: Literal[
        "acceptance", "annotators", "agreement", "defects", "visibility", "contract"
    ]
    passed: bool
    verdict: Verdict
    text: str
    value: float | None
    limit: float | None


class RuleCount(TypedDict, total=False):
    """How often one rule was broken; `manual` is the rule's docstring."""

    rule: str
    severity: Literal["reject", "review", "note"]
    instances: int
    findings: int
    manual: str


class SkippedRule(TypedDict, total=False):
    """A rule that did not run, and why."""

    rule: str
    reason: str


class Counts(TypedDict, total=False):
    """`records` = `instances` + `quarantined`; the verdicts of instances add up too.

    `images` were listed, `frames` have instances; `notes` are facts of the delivery as
    a whole, by code.
    """

    records: int
    instances: int
    quarantined: int
    frames: int
    videos: int
    annotators: int
    approved: int
    rework: int
    held: int
    excluded: int
    roles: dict[str, int]
    images: int
    notes: dict[str, int]
    repairs: dict[str, int]
    quarantine: dict[str, int]
    findings: list[RuleCount]
    skipped: list[SkippedRule]


class Oks(TypedDict, total=False):
    """OKS over the pairs; `low`, `high`: 95 % interval; `below`: share under limit."""

    mean: float | None
    median: float | None
    low: float | None
    high: float | None
    below: float | None


class Histogram(TypedDict, total=False):
    """`edges` has one element more than `counts`."""

    edges: list[float]
    counts: list[int]


class KeypointError(TypedDict, total=False):
    """`mpjpe` in px; `q` is the mean error as a multiple of sigma·s."""

    keypoint: str
    n: int
    mpjpe: float | None
    q: float | None


class VisibilityAgreement(TypedDict, total=False):
    """`matrix[i][j]`: points with flag `levels[i]` delivered, `levels[j]` reference."""

    levels: list[int | str]
    matrix: list[list[int]]
    statistic: Literal["kappa", "ac1"]
    value: float | None
    note: str | None


class Agreement(TypedDict, total=False):
    """The sample against its references; `kinds` counts pairs by kind of reference."""

    pairs: int
    kinds: dict[str, int]
    threshold: float | None
    oks: Oks
    oks_sym: Oks
    pck: float | None
    mpjpe: float | None
    histogram: Histogram
    keypoints: list[KeypointError]
    visibility: VisibilityAgreement


class Sampling(TypedDict, total=False):
    """`rate` is the share asked for; `lacking` sampled instances have no reference."""

    rate: float | None
    sampled: int
    reviewed: int
    lacking: int


class Heat(TypedDict, total=False):
    """`value[a][k]`: mean error as a multiple of sigma·s, over `n[a][k]` points."""

    annotators: list[str]
    keypoints: list[str]
    value: list[list[float | None]]
    n: list[list[int]]


class Stream(TypedDict, total=False):
    """One annotator's keypoint, week by week; offsets in px, x right and y down."""

    annotator: str
    keypoint: str
    weeks: list[str]
    n: list[int]
    statistic: list[float | None]
    limit: list[float | None]
    offset_px: list[Point | None]
    mean_px: list[float | None]
    alarm: list[bool]
    since: str | None
    effect_px: float | None
    direction: str | None


class ContractMark(TypedDict, total=False):
    """A week in which the customer's own rule (mean error over limit) was broken."""

    annotator: str
    keypoint: str
    week: str
    mean_px: float | None


class Drift(TypedDict, total=False):
    """All weeks known so far, the streams, and where the contract's rule speaks."""

    weeks: list[str]
    limit_px: float | None
    streams: list[Stream]
    contract: list[ContractMark]
    note: str | None


class WorstInstance(TypedDict, total=False):
    """One instance to look at; points in px of its image, null where not labelled."""

    instance: str
    image: str
    annotator: str | None
    oks: float | None
    rules: list[str]
    source: str
    position: int
    xy: list[Point | None]
    visibility: list[int]
    reference_xy: list[Point | None] | None
    keypoints: list[str]


class AnnotatorFacts(TypedDict, total=False):
    """One annotator in this delivery; `oks` is the median, shares run from 0 to 1."""

    annotator: str
    instances: int
    pairs: int
    oks: float | None
    rejected: int
    visible_share: float | None
    alarms: int
    notes: list[str]


class ExpectationResult(TypedDict, total=False):
    """One result of a Great Expectations suite."""

    suite: str
    expectation: str
    subject: str | None
    success: bool
    critical: bool
    observed: str | float | None


class Report(TypedDict, total=False):
    """One run of the gate on one delivery; `page` is the path of its dashboard, for the
    overview only."""

    posegate: str
    page: str
    run: str
    project: str
    policy: str
    delivery: DeliveryFacts
    skeleton: SkeletonFacts
    verdict: Verdict
    reasons: list[Reason]
    counts: Counts
    agreement: Agreement
    sampling: Sampling
    heat: Heat
    drift: Drift
    worst: list[WorstInstance]
    annotators: list[AnnotatorFacts]
    expectations: list[ExpectationResult]

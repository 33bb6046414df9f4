"""The shape of `report.json`: everything the dashboard shows of one run.

Every key may be absent, and every number may be null: no evidence is a normal state,
and the page says what is missing. NaN and infinities are read as null. Lists that run
in parallel (`weeks`, `n`, `statistic`, …) have the same length; a shorter one counts
as null from there on.
"""

from typing import Literal, TypedDict

from posegate.transforms.dashboard.report_acceptance import (
    Acceptance,
    Sampling,
    Verdict,
)
from posegate.transforms.dashboard.report_drift import Drift, Heat, Point, Retraining

Ending = Literal["accept", "reject", "hold", "handed-in"]
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


class SliceRate(TypedDict, total=False):
    """How often a rule finds something in a slice (`kernels.slices.Slice`)."""

    column: str
    value: str
    rule: str
    instances: int
    found: int
    rate: float
    low: float
    high: float
    rest: float
    p: float
    worse: bool


class Counts(TypedDict, total=False):
    """`records` = `instances` + `quarantined`; the verdicts of instances add up too.

    `reasons` say why instances have the verdict that they have (one may have several),
    `notes` are facts of the delivery as a whole; both by code.
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
    reasons: dict[str, int]
    notes: dict[str, int]
    repairs: dict[str, int]
    quarantine: dict[str, int]
    findings: list[RuleCount]
    slices: list[SliceRate]
    skipped: list[SkippedRule]


class Oks(TypedDict, total=False):
    """A score of pairs; `low`, `high`: 95 % interval; `below`: share under limit."""

    mean: float | None
    median: float | None
    low: float | None
    high: float | None
    below: float | None


class Histogram(TypedDict, total=False):
    """`edges` has one element more than `counts`."""

    edges: list[float]
    counts: list[int]


class Mistakes(TypedDict, total=False):
    """Keypoints by kind of error: near enough, off, the other side's, another
    person's, nowhere near (`kernels.taxonomy`)."""

    good: int
    jitter: int
    inversion: int
    swap: int
    miss: int


class Between(TypedDict, total=False):
    """How far two annotators differ at a keypoint, neither of whom is the reference."""

    n: int
    mpjpe: float | None
    q: float | None


class KeypointError(TypedDict, total=False):
    """`mpjpe` in px; `q` is the mean error as a multiple of sigma·s."""

    keypoint: str
    n: int
    mpjpe: float | None
    q: float | None
    mistakes: Mistakes
    between: Between


class Interval(TypedDict, total=False):
    """A mean and its 95 % interval; `covered` is the share of the instances that lie
    in strata with a sample, `clusters` how many videos (or stills) it rests on."""

    mean: float | None
    low: float | None
    high: float | None
    covered: float | None
    clusters: int


class Outlines(TypedDict, total=False):
    """Masks against masks: how many pairs have both, and their mean IoU."""

    pairs: int
    iou: float | None
    boundary_iou: float | None
    dice: float | None


class Classes(TypedDict, total=False):
    """Pairs by what the delivery (rows) and the references (columns) call them."""

    names: list[str]
    matrix: list[list[int]]


class Variant(TypedDict, total=False):
    """What another tool calls OKS, of the same pairs."""

    tool: str
    pairs: int
    mean: float | None


class ContractKappa(TypedDict, total=False):
    """The contract's rule on kappa: reported, decides nothing."""

    kappa: float | None
    limit: float
    kept: bool | None


class PanelFlags(TypedDict, total=False):
    """Agreement on occluded or seen where three people and more flagged; `intervals`
    at 95 %, by whole videos, of fleiss, alpha and ac1."""

    units: int
    people: int
    alike: float | None
    fleiss: float | None
    alpha: float | None
    ac1: float | None
    intervals: dict[str, list[float | None]]


class PanelMember(TypedDict, total=False):
    """One annotator against the consensus of the others; the shares say how often a
    hidden point is called visible, and a visible one hidden."""

    annotator: str
    points: int
    mpjpe: float | None
    q: float | None
    hidden_seen: float | None
    seen_hidden: float | None


class Panels(TypedDict, total=False):
    """Frames that three people and more annotated."""

    flags: PanelFlags | None
    people: list[PanelMember]


class VisibilityAgreement(TypedDict, total=False):
    """`matrix[i][j]`: points with flag `levels[i]` delivered, `levels[j]` reference;
    `low`, `high`: 95 % interval of the statistic, by whole videos."""

    levels: list[int | str]
    matrix: list[list[int]]
    statistic: Literal["kappa", "ac1"]
    value: float | None
    low: float | None
    high: float | None
    alike: float | None
    prevalence: list[float | None]
    contract: ContractKappa
    note: str | None


class Agreement(TypedDict, total=False):
    """The sample against its references; `kinds` counts pairs by kind of reference.

    `score` is what pairs are judged by: OKS, or IoU, where instances are masks.
    """

    pairs: int
    kinds: dict[str, int]
    threshold: float | None
    score: str
    oks: Oks
    oks_sym: Oks
    iou: Oks
    lot: Interval
    vendor: Interval
    pck: float | None
    pck_normaliser: str
    pck_fraction: float
    mpjpe: float | None
    histogram: Histogram
    keypoints: list[KeypointError]
    outlines: Outlines
    classes: Classes
    variants: list[Variant]
    visibility: VisibilityAgreement
    panels: Panels


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
    outline: list[list[list[Point]]]
    reference_outline: list[list[list[Point]]]
    bbox: list[float] | None


class AnnotatorFacts(TypedDict, total=False):
    """One annotator in this delivery; `oks` is the median, shares run from 0 to 1."""

    annotator: str
    instances: int
    pairs: int
    oks: float | None
    oks_mean: float | None
    bad: int | None
    mistakes: Mistakes
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
    """One run of the gate on a delivery; `page`, for the overview, its dashboard.

    `remarks` are sentences about what decides nothing, but is to be mended.
    """

    posegate: str
    page: str
    run: str
    project: str
    policy: str
    delivery: DeliveryFacts
    skeleton: SkeletonFacts
    verdict: Ending
    reasons: list[Reason]
    remarks: list[str]
    counts: Counts
    agreement: Agreement
    sampling: Sampling
    acceptance: Acceptance
    heat: Heat
    drift: Drift
    retraining: list[Retraining]
    worst: list[WorstInstance]
    annotators: list[AnnotatorFacts]
    expectations: list[ExpectationResult]

"""The numbers a delivery is judged by: the sections that policy and project share."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Share = Annotated[float, Field(ge=0, le=1)]
Probability = Annotated[float, Field(gt=0, lt=1)]
Count = Annotated[int, Field(ge=1, le=1_000_000_000)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Weeks = Annotated[int, Field(ge=1, le=520)]
"""Ten years: what reaches further back is no memory of anybody's habits."""


class Section(BaseModel):
    """A table of project.toml; a key it does not know stops the run."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Extra(Section):
    """A second quota, for the keypoints whose error varies most."""

    rate: Share
    keypoints: Count


class Sampling(Section):
    """Which instances are to be reviewed: a hash sample within each stratum.

    Of the reviews that come back, those of drawn instances count towards shares and
    means; all of them, if somebody else chose them at random. `floor` is the least of
    each stratum that is followed beside the test, as far as the rate allows.
    """

    rate: Share
    strata: tuple[str, ...] = ("annotator",)
    seed: str = "posegate"
    reviews: Literal["drawn", "all"] = "drawn"
    floor: Annotated[int, Field(ge=0, le=1_000_000_000)] = 0
    extra: Extra | None = None

    @model_validator(mode="after")
    def _more_of_less(self) -> "Sampling":
        if self.extra is not None and self.extra.rate <= self.rate:
            raise ValueError(
                f"extra.rate = {self.extra.rate:g} adds nothing to rate = "
                f"{self.rate:g}; give a larger one, or leave `extra` out"
            )
        return self


class Acceptance(Section):
    """Accepting by the share of instances whose OKS against a reference is low, or
    whose IoU is where they are masks.

    By Wald's sequential test, or by a single sample of fixed size with the same risks.
    `alike` is the correlation of two instances of one video, by which gold that lies in
    whole videos counts for less than its number.
    """

    plan: Literal["sequential", "single"] = "sequential"
    oks: Share
    iou: Share
    p0: Probability
    p1: Probability
    alpha: Probability
    beta: Probability
    cap: Count
    alike: Share = 0.15

    def least(self, masked: bool) -> float:
        """The score below which an instance is nonconforming."""
        return self.iou if masked else self.oks


class Agreement(Section):
    """Lower bounds that the sample's agreement must keep, and what is reported of it.

    `pck` is the normaliser: left shoulder to right hip, the trunk between the middles
    of shoulders and hips, or the box's longer side. `variants` adds what other tools
    call OKS.
    """

    oks: Share
    iou: Share
    kappa: Share
    ac1: Share
    contract_kappa: Share
    pck: Literal["torso", "trunk", "box"] = "torso"
    pck_fraction: Annotated[float, Field(gt=0, le=1)] = 0.2
    variants: bool = False

    def least(self, masked: bool) -> float:
        """What the mean score must reach."""
        return self.iou if masked else self.oks


class Defects(Section):
    """Upper bounds on what cannot be used."""

    quarantined: Share
    rejected: Share


class Drift(Section):
    """How annotators are followed from week to week."""

    error_px: Positive
    windows: tuple[Weeks, ...]
    lambda_: Annotated[float, Field(alias="lambda", gt=0, le=1)]
    q: Probability
    watch: Probability
    baseline_weeks: Weeks
    quarantine_weeks: Weeks
    margin: Positive
    oldest_years: Annotated[int, Field(ge=1, le=100)]
    grace_days: Annotated[int, Field(ge=0, le=366)]


class Calibration(Section):
    """What sigmas of one's own must rest on; below `enough` they are imprecise.

    Of fewer than three people nobody can be left out to see how much people differ.
    """

    pairs: Count
    people: Annotated[int, Field(ge=3)]
    enough: Count

    @model_validator(mode="after")
    def _in_order(self) -> "Calibration":
        if self.enough < self.pairs:
            raise ValueError(
                f"enough = {self.enough} pairs is below pairs = {self.pairs}, the "
                "least there may be; give a larger one"
            )
        return self


class Fractions(Section):
    """Shares of the training, validation and test set; they add up to 1."""

    train: Share
    val: Share = 0.0
    test: Share = 0.0

    @model_validator(mode="after")
    def _add_up(self) -> "Fractions":
        total = self.train + self.val + self.test
        if abs(total - 1) > 1e-9:
            raise ValueError(f"the fractions add up to {total:g}, not to 1")
        return self


class Splits(Section):
    """How approved instances become training sets."""

    fractions: Fractions
    stratify: tuple[str, ...] = ()
    group: tuple[str, ...] = ("video",)
    seed: str = "posegate"
    test: str | None = None


class Slices(Section):
    """Where rules might find more than elsewhere: by which columns, at which false
    discovery rate, in slices of at least so many instances."""

    by: tuple[str, ...] = ()
    q: Probability = 0.05
    least: Count = 50


class Kinematics(Section):
    """Whether a table of joint angles, velocities and accelerations is written, of all
    tracks, and the cut-off of the filter before."""

    write: bool = False
    cutoff_hz: Positive = 6.0


class Policy(Section):
    """All of them; what a worker needs to judge."""

    sampling: Sampling
    acceptance: Acceptance
    agreement: Agreement
    defects: Defects
    drift: Drift
    splits: Splits
    calibration: Calibration
    slices: Slices = Slices()
    kinematics: Kinematics = Kinematics()

"""A rule: a small function of columns, with an id, a severity and a manual.

    @rule("visibility.unlabelled-with-position", severity="review")
    def unlabelled_with_position(xy: Floats, labelled: Bools) -> Bools:
        '''A keypoint marked as not labelled still has a position.'''
        return ~labelled & np.isfinite(xy).all(axis=2)

The parameters name what the rule reads: any attribute of `Poses`, the skeleton or a
part of it, a scalar column of the batch, its `attributes`, `tracks`, something `given`
that is computed once for several rules, or else a parameter of the policy. The result
is (N,) or (N, K), and its annotation says which kind: `Bools`, True where broken, or
`Floats`, broken where above (or `below`) the policy's `limit`; NaN says that the rule
does not apply.
"""

import difflib
import importlib
import inspect
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Any, get_type_hints

import pyarrow as pa

from posegate.transforms.model.poses import Bools, Floats, Poses
from posegate.transforms.model.schema import instances
from posegate.transforms.model.skeleton import Skeleton

SEVERITIES = ("reject", "review", "note")
"""reject: out of every split; review: into the review queue; note: counted only."""

OFF = "off"

POSES = frozenset(f.name for f in fields(Poses)) | {
    name for name, value in vars(Poses).items() if isinstance(value, cached_property)
}
"""What a rule may read of `Poses`."""

TRACKS = "tracks"
COMPANY = "company"
"""The parameter by which a rule reads whole tracks, in order of time (`Tracks`): such
a rule is applied where the frames of a track have met."""

SKELETON = frozenset({"skeleton", "keypoints", "limbs", "flip_pairs", "sigma"})
"""What a rule may read of the skeleton: the whole of it, or one attribute."""

COLUMNS = frozenset(
    column.name for column in instances(1) if not pa.types.is_nested(column.type)
).difference(POSES) | {"attributes"}
"""The columns that a rule may read: strings, numbers and times; and `attributes` and
`segmentation`, which come as the Arrow arrays that they are."""

POINTS = {"xy", "visibility", "labelled", "visible", "origin", "sigma", "limbs", TRACKS}
"""What a rule about keypoints reads."""


@dataclass(frozen=True)
class Rule:
    """A registered rule; `inputs` are the names of its parameters, in order.

    A `measured` rule returns floats, which the engine compares with the policy's
    `limit`: broken above it or, where `below` is set, below it.
    """

    id: str
    severity: str
    inputs: tuple[str, ...]
    function: Callable[..., Any]
    needs: tuple[str, ...] = ()
    measured: bool = False
    below: bool = False
    of: str | None = None
    space: bool | None = None
    timed: bool = False
    meets: float | None = None
    anywhere: bool = False
    given: Mapping[str, Callable[..., Any]] = field(default_factory=dict)

    @property
    def manual(self) -> str:
        """The docstring; its first line is what a user reads beside a finding."""
        return inspect.getdoc(self.function) or ""

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names that a policy must give values for."""
        known = POSES | SKELETON | COLUMNS | {TRACKS, COMPANY} | self.given.keys()
        own = [name for name in self.inputs if name not in known]
        if self.measured and "limit" not in own:
            own.append("limit")
        return tuple(own)

    @property
    def tracked(self) -> bool:
        """Whether it reads tracks, not single frames."""
        return TRACKS in self.inputs

    @property
    def beside(self) -> bool:
        """Whether it reads an instance beside others."""
        return COMPANY in self.inputs

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[str, str]]:
        # By name: the decorator put this rule where pickle would look its function up.
        return _named, (self.function.__module__, self.function.__qualname__)


def _named(module: str, name: str) -> Any:
    return getattr(importlib.import_module(module), name)


@dataclass(frozen=True)
class Setting:
    """What a policy says of one rule: its severity, or off, and its parameters."""

    severity: str | None = None
    parameters: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Bound:
    """A rule with the severity and the parameters of a policy: what workers apply."""

    rule: Rule
    severity: str
    parameters: Mapping[str, float]

    @property
    def limit(self) -> float | None:
        """What a finding is reported against."""
        return self.parameters.get("limit")


def rule(
    id: str,
    *,
    severity: str,
    needs: Sequence[str] = (),
    below: bool = False,
    of: str | None = None,
    space: bool | None = None,
    timed: bool = False,
    meets: float | None = None,
    anywhere: bool = False,
    given: Mapping[str, Callable[..., Any]] | None = None,
) -> Callable[[Callable[..., Any]], Rule]:
    """Declares a rule.

    Args:
      id: stable and never reused: `family.what-is-wrong`.
      severity: one of `SEVERITIES`, unless a policy says otherwise.
      needs: plain names of keypoints without which the rule is skipped for a skeleton;
        `face` and `hand` mean all that `Skeleton.face` and `Skeleton.hands` find, and
        `left toe` and `toe` what `Skeleton.body` has by that name, or of either side.
      below: a measured rule is broken below its limit, not above.
      of: the category of skeletons that the rule knows something about, if only one.
      space: it is about 3-D poses only, or, where False, about pictures only, in which
        people stand upright and y points down: neither is so of positions in metres.
      timed: it reads a track's frames a second, and says nothing where none are known.
      meets: of a rule of company, the overlap of boxes beyond which rows of an image
        meet, where it asks for more of them than `kernels.company.NEAR` gives; below 0
        it is about all of them together.
      anywhere: of a rule of company, whether the other one may be in any image.
      given: what the rule reads that is computed from other inputs, by name: each
        function is called once for all rules of a batch.
    """
    if severity not in SEVERITIES:
        known = ", ".join(SEVERITIES)
        raise ValueError(f"rule {id}: severity {severity!r}; one of {known}")

    def register(function: Callable[..., Any]) -> Rule:
        result = get_type_hints(function).get("return")
        if result not in (Bools, Floats):
            raise ValueError(
                f"rule {id}: annotate what {function.__name__} returns: Bools (True "
                "where broken) or Floats (compared with the policy's limit)"
            )
        inputs = tuple(inspect.signature(function).parameters)
        return Rule(
            id=id,
            severity=severity,
            inputs=inputs,
            function=function,
            needs=tuple(needs),
            measured=result == Floats,
            below=below,
            of=of,
            space=space,
            timed=timed,
            meets=meets,
            anywhere=anywhere,
            given=given or {},
        )

    return register


def bind(
    rules: Mapping[str, Rule],
    settings: Mapping[str, Setting],
    skeleton: Skeleton,
    place: str = "policy",
) -> tuple[Bound, ...]:
    """The rules that apply to a skeleton, with a policy's values, in the rules' order.

    Args:
      place: where the settings come from, for the messages.

    Raises:
      ValueError: a setting of no rule, a parameter that its rule does not have, a
        parameter without a value, or a severity that does not exist.
    """
    for id in settings.keys() - rules.keys():
        raise ValueError(f"{place}: [rules] no rule {id!r}{_instead(id, rules)}")
    left_out = skipped(rules, settings, skeleton)
    return tuple(
        bound
        for id, each in rules.items()
        if (bound := _bound(each, settings.get(id, Setting()), place))
        and id not in left_out
    )


def skipped(
    rules: Mapping[str, Rule], settings: Mapping[str, Setting], skeleton: Skeleton
) -> dict[str, str]:
    """Why a rule is not applied, by id: switched off, or nothing to apply it to."""
    reasons = {}
    for id, each in rules.items():
        missing = [name for name in each.needs if not _has(skeleton, name)]
        if settings.get(id, Setting()).severity == OFF:
            reasons[id] = "off in the policy"
        elif each.of not in (None, skeleton.category):
            reasons[id] = (
                f"skeleton {skeleton.name!r} is of category {skeleton.category!r}, "
                f"and the rule is about a {each.of}"
            )
        elif skeleton.masked and POINTS.intersection(each.inputs):
            reasons[id] = f"skeleton {skeleton.name!r} has masks and no keypoints"
        elif missing:
            reasons[id] = f"skeleton {skeleton.name!r} has no {', '.join(missing)}"
        elif "sigma" in each.inputs and skeleton.sigmas is None:
            reasons[id] = f"skeleton {skeleton.name!r} has no sigmas"
    return reasons


FLAT = "no row of the delivery has a third coordinate, and the rule is about 3-D poses"
SOLID = "every row of the delivery is 3-D, in metres, and the rule is about pictures"
UNTRACKED = (
    "no row of the delivery has a track and a frame, and the rule is about tracks"
)
UNTIMED = (
    "{} of {} rows of tracks do not say their frames a second (fps): not applied there"
)


def idle(rules: Iterable[Bound], rows: Mapping[str, int]) -> dict[str, str]:
    """Why rules have nothing to say of a delivery, or of a part of it, by id.

    Args:
      rows: how many instances there are (`rows`), have a third coordinate (`spatial`),
        in metres or millimetres (`solid`), a track and a frame (`tracked`), and the
        frames a second beside these (`timed`).
    """
    tracked, timed = rows.get("tracked", 0), rows.get("timed", 0)
    reasons = {}
    for rule in (bound.rule for bound in rules):
        if rule.space and not rows.get("spatial"):
            reasons[rule.id] = FLAT
        elif rule.space is False and rows.get("solid", 0) == rows.get("rows"):
            reasons[rule.id] = SOLID
        elif rule.tracked and not tracked:
            reasons[rule.id] = UNTRACKED
        elif rule.timed and timed < tracked:
            lacking = f"{tracked - timed:,}" if timed else "all"
            reasons[rule.id] = UNTIMED.format(lacking, f"{tracked:,}")
    return reasons


def _has(skeleton: Skeleton, name: str) -> bool:
    if name == "face":
        return skeleton.face is not None
    if name == "hand":
        return bool(skeleton.hands)
    sides = (f"{side} {name}" for side in ("left", "right"))
    return name in skeleton.joints or any(n in skeleton.body for n in (name, *sides))


def _bound(rule: Rule, setting: Setting, place: str) -> Bound | None:
    """None where the policy switches the rule off; what it says is checked anyway."""
    place = f"{place}: [rules] {rule.id!r}"
    for name, value in setting.parameters.items():
        if name not in rule.parameters:
            raise ValueError(
                f"{place}: no parameter {name!r}{_instead(name, rule.parameters)}"
            )
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ValueError(f"{place}: {name} = {value!r} is not a number")
        if not math.isfinite(value):
            raise ValueError(
                f"{place}: {name} = {value}: give a finite number, or {OFF!r} for "
                "the rule"
            )
    severity = setting.severity or rule.severity
    if severity == OFF:
        return None
    if severity not in SEVERITIES:
        known = ", ".join((*SEVERITIES, OFF))
        raise ValueError(f"{place}: severity {severity!r}; one of {known}")
    for name in rule.parameters:
        if name not in setting.parameters:
            raise ValueError(
                f"{place}: {name} has no value; add `{name} = …`, or "
                f'`severity = "off"` to do without the rule'
            )
    return Bound(rule, severity, dict(setting.parameters))


def _instead(name: str, known: Iterable[str]) -> str:
    """The end of a message: what was probably meant, else all there is."""
    known = sorted(known)
    if near := difflib.get_close_matches(name, known, n=1):
        return f"; did you mean {near[0]!r}?"
    return f"; there is {', '.join(known)}" if known else "; it has none"

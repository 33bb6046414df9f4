"""A rule: a small function of columns, with an id, a severity and a manual.

    @rule("visibility.unlabelled-with-position", severity="review")
    def unlabelled_with_position(xy: Floats, labelled: Bools) -> Bools:
        '''A keypoint marked as not labelled still has a position.'''
        return ~labelled & np.isfinite(xy).all(axis=2)

The parameters name what the rule reads: any attribute of `Poses` or of `Skeleton`, a
scalar column of the batch, or a limit of the policy. The result is (N,) or (N, K):
booleans, True where broken, or floats, broken where greater than the rule's `limit`;
NaN says that the rule does not apply.
"""

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

SEVERITIES = ("reject", "review", "note")
"""reject: out of every split; review: into the review queue; note: counted only."""


@dataclass(frozen=True)
class Rule:
    """A registered rule; `inputs` are the names of its parameters, in order."""

    id: str
    severity: str
    inputs: tuple[str, ...]
    function: Callable[..., Any]
    needs: tuple[str, ...] = ()

    @property
    def manual(self) -> str:
        """The docstring; its first line is what a user reads beside a finding."""
        return inspect.getdoc(self.function) or ""


@dataclass(frozen=True)
class Setting:
    """What a policy says of one rule: its severity, or off, and its parameters."""

    severity: str | None = None
    parameters: Mapping[str, float] = ()  # type: ignore[assignment]


def rule(
    id: str, *, severity: str, needs: Sequence[str] = ()
) -> Callable[[Callable[..., Any]], Rule]:
    """Declares a rule.

    Args:
      id: stable and never reused: `family.what-is-wrong`.
      severity: one of `SEVERITIES`, unless a policy says otherwise.
      needs: names of keypoints without which the rule is skipped for a skeleton.
    """
    if severity not in SEVERITIES:
        raise ValueError(f"rule {id}: severity {severity!r}; one of {SEVERITIES}")

    def register(function: Callable[..., Any]) -> Rule:
        inputs = tuple(inspect.signature(function).parameters)
        return Rule(id, severity, inputs, function, tuple(needs))

    return register

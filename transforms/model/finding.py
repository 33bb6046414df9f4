"""Findings: what the rules of a policy say of a batch.

What a rule sees are the points that a person placed or corrected. Interpolated and
predicted points (`Origin`) look as if they were not labelled: visibility 0, xy NaN; a
rule for which they matter reads `origin`, which is left as it is. Crowds and prelabels
are not judged at all: nobody placed their keypoints.
"""

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from posegate.transforms.model.poses import Bools, Floats, Poses, dense, scalars
from posegate.transforms.model.rule import COLUMNS, COMPANY, POSES, TRACKS, Bound
from posegate.transforms.model.schema import FINDINGS, Origin, Role
from posegate.transforms.model.skeleton import Skeleton

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Breaches:
    """M places where rules are broken: each (M,); `keypoint` -1 is the whole instance,
    `value` and `limit` NaN say that there is none."""

    row: Ints
    rule: Ints
    keypoint: Ints
    value: Floats
    limit: Floats


def check(
    rules: Sequence[Bound],
    batch: pa.RecordBatch,
    skeleton: Skeleton,
    part: int | Ints,
    first_row: int | Ints,
    judged: Bools | None = None,
    tracks: object = None,
    company: object = None,
) -> pa.RecordBatch:
    """The findings of a canonical batch (`schema.FINDINGS`), by row, rule, keypoint.

    Args:
      rules: what `bind` made of a policy for this skeleton.
      part: the number of the part file that the batch belongs to, or (N,) of each row.
      first_row: the batch's first row in that file, or (N,) each row's own.
      judged: (N,) the rows to judge; by default `judgeable`.
      tracks: what rules about tracks read (`kernels.tracks.Tracks`): only such rules
        are applied where it is given, and only others where it is not.
      company: the same of rules about pairs (`kernels.company.Company`).
    """
    if judged is None:
        judged = judgeable(batch)
    source = _Source(batch, human(Poses.of(batch)), skeleton, tracks, company)
    fit = {space: _fit(judged, source.poses, space) for space in (None, True, False)}
    with np.errstate(all="ignore"):  # NaN and 10^308 are data here, not accidents
        found = [
            _breaches(number, bound, source, fit[bound.rule.space])
            for number, bound in enumerate(rules)
            if bound.rule.tracked == (tracks is not None)
            and bound.rule.beside == (company is not None)
            and (bound.rule.space is None or fit[bound.rule.space].any())
        ]
    return _table(_in_order(found), rules, batch, skeleton, part, first_row)


def _fit(judged: Bools, poses: Poses, space: bool | None) -> Bools:
    """(N,): the rows to judge that are poses in space, or in a picture, or either."""
    if space is None:
        return judged
    if space:
        return judged & poses.spatial
    return judged & ~(poses.spatial & np.isfinite(poses.metre))


def judgeable(batch: pa.RecordBatch) -> Bools:
    """(N,): neither a crowd nor a prelabel."""
    prelabel = pc.equal(batch["role"], Role.PRELABEL.value)
    return ~(crowds(batch) | prelabel.to_numpy(zero_copy_only=False))


def annotated(batch: pa.RecordBatch, masked: bool) -> Bools:
    """(N,): the row has what it was drawn for: a mask where instances are `masked`,
    else a labelled keypoint."""
    if masked:
        return np.asarray(batch["segmentation"].is_valid())
    k = batch.schema.field("visibility").type.list_size
    return np.asarray((dense(batch["visibility"], k) > 0).any(axis=1))


def crowds(batch: pa.RecordBatch) -> Bools:
    """(N,): the row is a crowd, not a person: attribute `iscrowd` of 1 or true."""
    said = pc.map_lookup(batch["attributes"], "iscrowd", "first")
    marked = pc.is_in(said, value_set=pa.array(["1", "true"]))
    return marked.to_numpy(zero_copy_only=False)


def human(poses: Poses) -> Poses:
    """The poses without the points that a machine made; the same object if none."""
    made = poses.origin > Origin.CORRECTED  # (N, K)
    if not made.any():
        return poses
    return replace(
        poses,
        visibility=np.where(made, np.uint8(0), poses.visibility),
        xy=np.where(made[..., None], np.nan, poses.xy),
        z=np.where(made, np.nan, poses.z) if poses.spatial.any() else poses.z,
    )


@dataclass(frozen=True)
class _Source:
    """Where the inputs of rules come from; each is computed once for all rules."""

    batch: pa.RecordBatch
    poses: Poses
    skeleton: Skeleton
    tracks: object
    company: object

    @cached_property
    def _columns(self) -> dict[str, npt.NDArray[Any]]:
        return {}

    def column(self, name: str) -> npt.NDArray[Any]:
        """(N,): numbers as float64, times as datetime64, strings as objects."""
        if name not in self._columns:
            values = self.batch[name]
            if pa.types.is_map(values.type) or pa.types.is_binary(values.type):
                return values
            number = pa.types.is_integer(values.type) or pa.types.is_floating(
                values.type
            )
            self._columns[name] = (
                scalars(values) if number else values.to_numpy(zero_copy_only=False)
            )
        return self._columns[name]

    @cached_property
    def _given(self) -> dict[Callable[..., Any], Any]:
        return {}

    def given(self, function: Callable[..., Any]) -> Any:
        """What a function computes from the batch; once, whoever asks."""
        if function not in self._given:
            names = inspect.signature(function).parameters
            self._given[function] = function(*(self.read(name) for name in names))
        return self._given[function]

    def read(self, name: str, bound: Bound | None = None) -> Any:
        """The value of a parameter of a rule, or of what a rule is given."""
        if name in POSES:
            return getattr(self.poses, name)
        if name in COLUMNS:
            return self.column(name)
        if bound and name in bound.rule.given:
            return self.given(bound.rule.given[name])
        if bound and name in bound.parameters:
            return bound.parameters[name]
        if name in (TRACKS, COMPANY):
            return getattr(self, name)
        return self.skeleton if name == "skeleton" else getattr(self.skeleton, name)


def _breaches(number: int, bound: Bound, source: _Source, judged: Bools) -> Breaches:
    rule = bound.rule
    result = rule.function(*(source.read(name, bound) for name in rule.inputs))
    n, k = source.poses.visibility.shape
    if result.shape not in ((n,), (n, k)):
        raise ValueError(
            f"rule {rule.id} returned an array of shape {result.shape}; "
            f"for {n} instances of {k} keypoints it is {(n,)} or {(n, k)}"
        )
    limit = np.nan if bound.limit is None else bound.limit
    broken = result
    if rule.measured:
        broken = result < limit if rule.below else result > limit
    place = np.nonzero(broken & (judged if result.ndim == 1 else judged[:, None]))
    m = len(place[0])
    return Breaches(
        row=place[0],
        rule=np.full(m, number),
        keypoint=place[1] if result.ndim == 2 else np.full(m, -1),
        value=result[place] if rule.measured else np.full(m, np.nan),
        limit=np.full(m, limit),
    )


def _in_order(found: Sequence[Breaches]) -> Breaches:
    """All breaches by row, rule, keypoint: the same however the rows are batched."""
    empty = Breaches(*(np.zeros(0, np.int64),) * 3, *(np.zeros(0),) * 2)
    every = (empty, *found)
    row = np.concatenate([each.row for each in every])
    rule = np.concatenate([each.rule for each in every])
    keypoint = np.concatenate([each.keypoint for each in every])
    order = np.lexsort((keypoint, rule, row))
    return Breaches(
        row=row[order],
        rule=rule[order],
        keypoint=keypoint[order],
        value=np.concatenate([each.value for each in every])[order],
        limit=np.concatenate([each.limit for each in every])[order],
    )


def _table(
    found: Breaches,
    rules: Sequence[Bound],
    batch: pa.RecordBatch,
    skeleton: Skeleton,
    part: int | Ints,
    first_row: int | Ints,
) -> pa.RecordBatch:
    names = ["instance", "annotator", "role", "image", "source", "position"]
    rows = batch.select(names).take(pa.array(found.row))
    ids = pa.array([bound.rule.id for bound in rules], pa.string())
    severities = pa.array([bound.severity for bound in rules], pa.string())
    keypoint = pa.array(found.keypoint, mask=found.keypoint < 0)
    columns = {
        "part": pa.array(_each(part, found.row).astype(np.int32)),
        "row": pa.array(
            found.row + first_row
            if isinstance(first_row, int)
            else _each(first_row, found.row)
        ),
        "rule": ids.take(pa.array(found.rule)),
        "severity": severities.take(pa.array(found.rule)),
        "keypoint": pa.array(skeleton.keypoints, pa.string()).take(keypoint),
        "value": pa.array(found.value, mask=np.isnan(found.value)),
        "limit": pa.array(found.limit, mask=np.isnan(found.limit)),
    }
    return pa.RecordBatch.from_arrays(
        [columns[n] if n in columns else rows[n] for n in FINDINGS.names],
        schema=FINDINGS,
    )


def _each(number: int | Ints, rows: Ints) -> Ints:
    """(M,) the number of each of the rows; one number is all rows'."""
    return np.full(len(rows), number) if isinstance(number, int) else number[rows]

"""The strata of a delivery's sample: kept, estimated from, and remembered."""

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from posegate.transforms.kernels import sampling
from posegate.transforms.kernels.buckets import Ints
from posegate.transforms.kernels.sampling import Estimate
from posegate.transforms.kernels.stream_sums import UNIT
from posegate.transforms.kernels.sums import ONE, Key

DRAWN = ("population", "accept", "reserve", "monitor", "partial")

STRATA = pa.schema(
    [
        pa.field("stratum", pa.string(), nullable=False),
        *(pa.field(name, pa.int64(), nullable=False) for name in DRAWN),
        *(pa.field(name, pa.int64(), nullable=False) for name in ("n", "oks", "oks2")),
    ]
)
"""A stratum's instances, how many were drawn and for what, and of those with gold or a
review the number, the sum of OKS and of its square, in fixed point (`sums.ONE`)."""


def reviewed(sums: Mapping[Key, Ints], kinds: Sequence[str]) -> dict[str, Ints]:
    """[n, OKS, OKS^2] of each stratum against some kinds of reference."""
    found: dict[str, Ints] = {}
    for key, cell in sums.items():
        if key[0] == "lot" and key[1] in kinds:
            found[key[2]] = found.get(key[2], np.zeros(3, np.int64)) + cell
    return found


def to_table(sums: Mapping[Key, Ints]) -> pa.Table:
    """The strata as `STRATA` rows, in order of their names."""
    names = sorted(key[1] for key in sums if key[0] == "stratum")
    known = reviewed(sums, ("gold", "review"))
    nothing = np.zeros(3, np.int64)
    cells = [
        np.r_[sums["stratum", name, "", ""], known.get(name, nothing)] for name in names
    ]
    table = np.stack(cells, axis=1) if cells else np.empty((8, 0), np.int64)
    columns = [pa.array(names, pa.string()), *map(pa.array, table)]
    return pa.table(columns, schema=STRATA)


def spread(tables: Sequence[pa.Table]) -> dict[str, float]:
    """The standard deviation of OKS in each stratum over some deliveries.

    Shrunk to that of all, as if ten more had been seen that vary as much as these: a
    stratum with two equal scores is not a stratum without any error.
    """
    totals: dict[str, Ints] = {}
    for row in pa.concat_tables([STRATA.empty_table(), *tables]).to_pylist():
        cell = np.array([row["n"], row["oks"], row["oks2"]], np.int64)
        name = row["stratum"]
        totals[name] = totals.get(name, np.zeros(3, np.int64)) + cell
    cells = np.array([c for c in totals.values() if c[0]], np.float64).reshape(-1, 3)
    n, total, squares = cells[:, 0], cells[:, 1] / ONE, cells[:, 2] / ONE
    apart = np.maximum(squares - total**2 / np.maximum(n, 1), 0.0)
    free = max(float((n - 1).sum()), 1.0)
    usual = float(apart.sum()) / free
    names = [name for name, c in totals.items() if c[0]]
    variance = (apart + 10 * usual) / (np.maximum(n - 1, 0) + 10)
    return dict(zip(names, np.sqrt(variance).tolist(), strict=True))


def estimate(sums: Mapping[Key, Ints], kinds: Sequence[str]) -> Estimate:
    """Mean OKS of this lot, by Horvitz and Thompson over its strata.

    Of every stratum a simple random sample was drawn, so each of its instances has the
    same probability, and the stratum's mean stands for those that nobody looked at.
    """
    found = reviewed(sums, kinds)
    names = sorted(set(found) | {key[1] for key in sums if key[0] == "stratum"})
    cells = np.array(
        [found.get(name, np.zeros(3, np.int64)) for name in names], np.float64
    ).reshape(-1, 3)
    n = cells[:, 0].astype(np.int64)
    units = np.array([_units(sums, name) for name in names], np.int64)
    return sampling.stratified_mean(
        np.maximum(units, n), n, cells[:, 1] / ONE, cells[:, 2] / ONE
    )


def whole(sums: Mapping[Key, Ints], kinds: Sequence[str]) -> bool:
    """Whether every instance of the lot has a score against some kinds of reference."""
    found = reviewed(sums, kinds)
    names = [key[1] for key in sums if key[0] == "stratum"]
    return bool(names) and all(
        name in found and found[name][0] >= _units(sums, name) for name in names
    )


def _units(sums: Mapping[Key, Ints], name: str) -> int:
    found = sums.get(("stratum", name, "", ""))
    return 0 if found is None else int(found[0])


WEEKS = 4
"""How many of the latest weeks say which keypoints vary most."""

PRIOR = 50
"""Points that a keypoint is taken to have had with the variance of all."""


def most_varying(
    tables: Sequence[pa.Table], keypoints: Sequence[str], number: int
) -> tuple[str, ...]:
    """The keypoints whose error, in sigma s, varied most in the latest weeks.

    From weekly sums (`streams.WEEKLY`), each variance shrunk to that of all keypoints.
    Without any week the first of the skeleton, in its order.
    """
    every = pa.concat_tables([t.select(_NEEDED) for t in tables]) if tables else None
    if every is None or not every.num_rows:
        return tuple(keypoints[:number])
    latest = sorted(set(every["week"].to_pylist()))[-WEEKS:]
    sums = {name: np.zeros(3) for name in keypoints}
    for row in every.filter(pc.is_in(every["week"], pa.array(latest))).to_pylist():
        if row["keypoint"] in sums:
            sums[row["keypoint"]] += row["n"], row["q"], row["q2"]
    n, q, q2 = np.array(list(sums.values())).T / UNIT
    apart = np.maximum(q2 - q**2 / np.maximum(n, 1), 0.0)
    usual = apart.sum() / max(n.sum(), 1.0)
    variance = (apart + PRIOR * usual) / (n + PRIOR)
    order = np.argsort(-variance, kind="stable")[:number]
    return tuple(keypoints[i] for i in sorted(order.tolist()))


_NEEDED = ["week", "keypoint", "n", "q", "q2"]

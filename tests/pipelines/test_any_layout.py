"""Whatever the sharding, the order and the batch size: every table is the same."""

import json
import random
import shutil
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest import mock

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from delivered import WEEKS, document, judge, run_of, table
from posegate.transforms import ingest
from posegate.transforms.formats.context import Context

WHERE = ("part", "row", "source", "position", "metadata")
"""Columns that say where a row lay; they differ, and nothing else does."""

SAID = ("verdict", "reasons", "counts", "agreement", "sampling", "acceptance", "heat",
        "drift", "retraining", "annotators", "expectations")  # fmt: skip

TABLES = ("annotations", "findings", "decisions", "agreement", "sample", "review")


def records(made: Path) -> dict[str, Any]:
    """The production records of a generated week that bear an id of their own."""
    week = made / "deliveries" / WEEKS[0]
    lines = (week / "shard-00000.json").read_text().splitlines()
    good = [line for line in lines if '"keypoints":[,' not in line]
    whole = json.loads("\n".join(good), parse_constant=str)
    own: dict[int, Any] = {}
    for each in whole["annotations"]:
        if isinstance(each["id"], int):
            own.setdefault(each["id"], each)
    return {**whole, "annotations": list(own.values())}


def plain(rows: list[dict[str, Any]]) -> list[str]:
    """Rows in an order of their own, without where they lay."""
    for row in rows:
        for name in WHERE:
            row.pop(name, None)
    return sorted(map(repr, rows))


def judged(
    made: Path, whole: dict[str, Any], hands: list[int], seed: int, batch: int
) -> dict[str, Any]:
    """All that a run says of the records: shuffled, dealt out to these hands in turn,
    and read in batches of this size."""
    mixed = list(whole["annotations"])
    random.Random(seed).shuffle(mixed)
    with TemporaryDirectory() as place:
        folder = Path(place)
        shutil.copy(made / "project.toml", folder)
        target = folder / "deliveries" / WEEKS[0]
        target.mkdir(parents=True)
        for name in ("gold.json", "delivery.toml"):
            shutil.copy(made / "deliveries" / WEEKS[0] / name, target)
        for hand in set(hands):
            some = [a for i, a in enumerate(mixed) if hands[i % len(hands)] == hand]
            text = json.dumps({**whole, "annotations": some})
            (target / f"shard-{hand:05d}.json").write_text(text)
        with mock.patch.object(ingest, "Context", partial(Context, batch=batch)):
            assert judge(folder, WEEKS[0]).code == 0
        return said(run_of(folder / "quality", WEEKS[0]))


def said(run: Path) -> dict[str, Any]:
    """Every table, the bytes of all statistics, and what the report says."""
    report = document(run, "report.json")
    for review in report["sampling"]["next"]:
        del review["source"], review["position"]
    return dict(
        [
            *((kind, plain(table(run, kind).to_pylist())) for kind in TABLES),
            *(
                (path.name, path.read_bytes())
                for path in (run / "statistics").iterdir()
            ),
            *((key, report[key]) for key in SAID),
        ]
    )


@pytest.fixture(scope="module")
def whole(made: Path) -> dict[str, Any]:
    return records(made)


@pytest.fixture(scope="module")
def once(made: Path, whole: dict[str, Any]) -> dict[str, Any]:
    """In one shard, and one batch of it."""
    return judged(made, whole, [0], 0, 8192)


@settings(
    max_examples=3,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    st.lists(st.integers(0, 5), min_size=1, max_size=12),
    st.integers(0, 99),
    st.sampled_from([1, 7, 64, 500]),
)
def test_nothing_depends_on_sharding_order_or_batch_size(
    made: Path,
    whole: dict[str, Any],
    once: dict[str, Any],
    hands: list[int],
    seed: int,
    batch: int,
) -> None:
    found = judged(made, whole, hands, seed, batch)
    assert found.keys() == once.keys()
    assert len(once["weekly.parquet"]) > 1000
    for name, value in once.items():
        assert found[name] == value, name

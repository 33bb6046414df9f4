"""How records are dealt out to shards changes nothing that is said of them."""

import json
import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from delivered import SPLITS, WEEKS, document, judge, run_of, table


def dealt(week: Path, target: Path, hands: int) -> None:
    """The production records of a week, dealt out to that many shards."""
    whole = json.loads((week / "shard-00000.json").read_text(), parse_constant=str)
    # A record without an id is named by its place, so that one is not dealt.
    known = [a for a in whole["annotations"] if isinstance(a["id"], int)]
    for hand in range(hands):
        some = known[hand::hands]
        text = json.dumps({**whole, "annotations": some})
        (target / f"shard-{hand:05d}.json").write_text(text)


@pytest.fixture(scope="module")
def layouts(
    made: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[tuple[Path, Path], tuple[Path, Path]]:
    """The same records in one shard and in seven: (run, output) of each."""
    found = []
    for hands in (1, 7):
        folder = tmp_path_factory.mktemp(f"dealt-{hands}")
        shutil.copy(made / "project.toml", folder)
        target = folder / "deliveries" / WEEKS[0]
        target.mkdir(parents=True)
        week = made / "deliveries" / WEEKS[0]
        for name in ("gold.json", "delivery.toml"):
            shutil.copy(week / name, target)
        readable(week, folder / "whole")
        dealt(folder / "whole", target, hands)
        assert judge(folder, WEEKS[0]).code == 0
        output = folder / "quality"
        found.append((run_of(output, WEEKS[0]), output))
    return found[0], found[1]


def readable(week: Path, target: Path) -> None:
    """The week's shard without the record that is no JSON."""
    target.mkdir()
    lines = (week / "shard-00000.json").read_text().splitlines()
    good = [line for line in lines if '"keypoints":[,' not in line]
    (target / "shard-00000.json").write_text("\n".join(good))


def by_instance(rows: pa.Table, *columns: str) -> list[str]:
    """Rows as texts, ordered; what says where they stood is left out."""
    picked = zip(*(rows[name].to_pylist() for name in columns), strict=True)
    return sorted(map(repr, picked))


def test_instances_do_not_depend_on_shards(
    layouts: tuple[tuple[Path, Path], tuple[Path, Path]],
) -> None:
    (one, _), (seven, _) = layouts
    for kind, columns in (
        ("annotations", ("instance", "id", "image", "annotator", "xy", "bbox")),
        ("findings", ("instance", "rule", "keypoint", "value", "limit")),
        ("decisions", ("instance", "verdict", "reasons")),
        ("agreement", ("instance", "reference", "kind", "oks", "pck", "mpjpe")),
        ("review", ("instance", "draw", "probability")),
        ("quarantine", ("reason", "raw")),
    ):
        left, right = table(one, kind), table(seven, kind)
        assert by_instance(left, *columns) == by_instance(right, *columns), kind


def test_sums_and_verdict_do_not_depend_on_shards(
    layouts: tuple[tuple[Path, Path], tuple[Path, Path]],
) -> None:
    (one, _), (seven, _) = layouts
    for path in (one / "statistics").iterdir():
        assert path.read_bytes() == (seven / "statistics" / path.name).read_bytes()
    left, right = (document(run, "report.json") for run in (one, seven))
    for report in (left, right):
        for review in report["sampling"]["next"]:
            del review["source"], review["position"]  # where it lies
    for key in ("verdict", "reasons", "counts", "agreement", "drift", "sampling"):
        assert left[key] == right[key], key


def test_splits_do_not_depend_on_shards(
    layouts: tuple[tuple[Path, Path], tuple[Path, Path]],
) -> None:
    (_, one), (_, seven) = layouts
    for name in SPLITS:
        left, right = (
            pq.read_table(next((output / "splits").iterdir()) / f"{name}.parquet")
            for output in (one, seven)
        )
        assert by_instance(left, "instance") == by_instance(right, "instance")

"""Agreement in a pipeline: as comparing all rows at once, however they are batched."""

from pathlib import Path
from typing import Any

import apache_beam as beam
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from beamed import added, located, run, together
from canonical import TRIANGLE, batch, moved, placed, row
from posegate.transforms import parts
from posegate.transforms.agree import CONTESTED, REPEATED, SPARE, Agree
from posegate.transforms.drift import Drift
from posegate.transforms.kernels import pair_sums
from posegate.transforms.kernels.compare import How, compare
from posegate.transforms.kernels.weeks import UNTOLD, Clock
from posegate.transforms.model.schema import FINDINGS, agreement

BAD = 0.75


def frames(first: int, names: str) -> pa.RecordBatch:
    """Frames by ann alone, by ann and gold, and by ann and bo, in turn."""
    rows = []
    for i, name in enumerate(names):
        said: dict[str, Any] = {"image": f"{name}.jpg", "xy": moved(i, 2)}
        rows.append(row(first + 10 * i, **said))
        if i % 3 == 1:
            rows.append(row(first + 10 * i + 1, **said | {"role": "gold"}))
        if i % 3 == 2:
            other = {"annotator": "bo", "xy": moved(0, 1)}
            rows.append(row(first + 10 * i + 2, **said | other))
    rows.append(row(first, image=f"{names[0]}.jpg"))  # its id stands there already
    rows.append(row(first + 900, role="prelabel", annotator="m1"))
    return batch(*rows)


PARTS = {2: frames(0, "abcdef"), 5: frames(1000, "cdefgh")}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> str:
    tmp_path = tmp_path_factory.mktemp("run")
    for part, table in PARTS.items():
        name = parts.annotations("triangle", part)
        with parts.part_file(str(tmp_path), name, table.schema) as file:
            file.write(table.slice(0, 4))
            file.write(table.slice(4))
    return str(tmp_path)


def agreed(folder: str, sizes: list[int], buckets: int) -> dict[str, list[Any]]:
    def graph(rows: beam.PCollection) -> dict[str, beam.PCollection]:
        found = rows | Agree(TRIANGLE, folder, buckets, Clock("2026-W01"), "reject")
        drift = found.pairs | Drift(TRIANGLE, BAD)
        return vars(found) | {"drift": drift}

    rows = [b for part, t in PARTS.items() for b in located(t, sizes, part)]
    return run(rows, graph)


@pytest.fixture(scope="module")
def made(folder: str) -> dict[str, list[Any]]:
    return agreed(folder, [12], 3)


@pytest.mark.parametrize(
    ("sizes", "buckets"), [([12], 1), ([1] * 12, 3), ([5, 0, 7], 2)], ids=str
)
def test_pairs_and_sums_are_those_of_all_rows_at_once(
    folder: str, sizes: list[int], buckets: int
) -> None:
    made = agreed(folder, sizes, buckets)
    rows = pa.concat_batches([placed(t, part) for part, t in PARTS.items()])
    human = rows.filter(pa.compute.not_equal(rows["role"], "prelabel"))
    expected = compare(human, TRIANGLE, Clock("2026-W01"))

    order = ("part", "row", "kind")
    assert together(made["pairs"], *order) == together([expected.pairs], *order)
    assert expected.pairs.num_rows > 8
    own = added(list(pair_sums.of_pairs(expected.pairs, TRIANGLE, BAD)))
    assert added(made["drift"]) == own
    told = compare(rows, TRIANGLE, Clock("2026-W01")).predictions
    assert added(made["sums"]) == added(told) | {("frames", "", "", ""): [8]}
    assert ("weekly", "ann", "2026-W07", "prelabel:m1") in added(told)
    spare = {
        (part, r["row"])
        for part, some in made["evidence"]
        for r in some.to_pylist()
        if r["kind"] == SPARE
    }
    assert spare == {(r["part"], r["row"]) for r in expected.spare.to_pylist()}
    assert sorted(made["worst"])[:3] == sorted(expected.worst)[:3]


def test_an_id_that_stands_twice_is_a_finding(made: dict[str, list[Any]]) -> None:
    assert all(found.schema == FINDINGS for found in made["findings"])
    found = together(made["findings"], "part", "row")
    assert [(f["part"], f["row"], f["rule"]) for f in found] == [
        (2, 10, REPEATED),
        (5, 10, REPEATED),
    ]
    assert {f["severity"] for f in found} == {"reject"}


def test_its_files_hold_the_pairs_and_are_listed(
    folder: str, made: dict[str, list[Any]]
) -> None:
    tables = [pq.read_table(Path(folder, file.name)) for file in made["files"]]
    for table, file in zip(tables, made["files"], strict=True):
        assert table.num_rows == file.rows
        assert Path(folder, file.name).stat().st_size == file.size
        assert table.schema.names == agreement(3).names
    order = ("part", "row", "kind")
    written = [b for t in tables for b in t.combine_chunks().to_batches()]
    assert together(written, *order) == together(made["pairs"], *order)


def test_a_delivery_in_which_nobody_meets_has_no_pairs(folder: str) -> None:
    lone = located(batch(row(1), row(2, image="b.jpg")), [2])
    agree = Agree(TRIANGLE, folder, 2, UNTOLD, "reject")
    made = run(lone, lambda rows: vars(rows | agree))
    assert {name for name, found in made.items() if found} == {"sums"}


def test_gold_that_contradicts_gold_is_a_finding(tmp_path: Path) -> None:
    rows = batch(
        row(1),
        row(2, role="gold", annotator="gil"),
        row(3, role="gold", annotator="hal", xy=moved(9, 0)),
    )
    name = parts.annotations("triangle", 0)
    with parts.part_file(str(tmp_path), name, rows.schema) as file:
        file.write(rows)
    agree = Agree(TRIANGLE, str(tmp_path), 1, UNTOLD, "reject", How(low=0.75))
    made = run(located(rows, [3]), lambda rows: vars(rows | agree))
    found = together(made["findings"], "row")
    assert [(f["row"], f["rule"], f["severity"]) for f in found] == [
        (1, CONTESTED, "review"),
        (2, CONTESTED, "review"),
    ]
    assert all(f["value"] < f["limit"] == 0.75 for f in found)
    assert not made["pairs"]
    assert added(made["sums"])["refused", "contested-gold", "", ""] == [2]

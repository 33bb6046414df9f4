"""Few rows stand for many: which ones, and what is made of them."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from posegate.expectations.contract_rows import (
    COLUMNS,
    DERIVED,
    MOST_PARTS,
    evenly,
    flatten,
    sample,
)
from posegate.transforms import parts
from posegate.transforms.model.schema import instances


def row(position: int, **changes: Any) -> dict[str, Any]:
    """The least that a canonical row of two keypoints holds."""
    return {
        "instance": str(position),
        "image": "1.jpg",
        "role": "production",
        "xy": [1.0, 2.0, 3.0, 4.0],
        "visibility": [2, 1],
        "origin": [0, 1],
        "source": "a.json",
        "position": position,
        "format": "coco",
        **changes,
    }


def batch(*rows: dict[str, Any]) -> pa.RecordBatch:
    return pa.RecordBatch.from_pylist(list(rows), schema=instances(2))


def write(folder: Path, *sizes: int) -> list[str]:
    """Part files of that many rows in row groups of 1,000, numbered throughout."""
    names = [parts.annotations("two", part) for part in range(len(sizes))]
    first = 0
    for name, size in zip(names, sizes, strict=True):
        with parts.part_file(str(folder), name, instances(2)) as file:
            for start in range(first, first + size, 1000):
                stop = min(start + 1000, first + size)
                file.write(batch(*(row(i) for i in range(start, stop))))
        first += size
    return names


def positions(folder: Path, names: list[str]) -> list[int]:
    found: list[int] = sample(str(folder), names)["position"].to_pylist()
    return found


def test_few_rows_are_all_taken(tmp_path: Path) -> None:
    assert positions(tmp_path, write(tmp_path, 3, 0, 2)) == [0, 1, 2, 3, 4]


def test_many_rows_are_sampled_evenly_across_parts(tmp_path: Path) -> None:
    names = write(tmp_path, 3001, 0, 6999)
    assert positions(tmp_path, names) == list(range(0, 10_000, 2))


def test_many_parts_are_thinned(tmp_path: Path) -> None:
    names = write(tmp_path, 1)
    assert positions(tmp_path, names * 3 * MOST_PARTS) == [0] * MOST_PARTS


def test_no_parts_or_no_rows_give_an_empty_sample(tmp_path: Path) -> None:
    assert sample(str(tmp_path), []).num_rows == 0
    assert sample(str(tmp_path), write(tmp_path, 0, 0)).num_rows == 0


def test_evenly_takes_all_of_few() -> None:
    assert evenly(3, 5).tolist() == [0, 1, 2]
    assert evenly(10, 4).tolist() == [0, 2, 5, 7]
    assert evenly(0, 4).tolist() == []


def test_the_sample_has_the_columns_that_suites_may_name(tmp_path: Path) -> None:
    assert sample(str(tmp_path), write(tmp_path, 1)).column_names == list(COLUMNS)


def test_a_row_becomes_flat() -> None:
    full = row(
        0,
        annotated_at=datetime(2026, 12, 31, 23, tzinfo=UTC),
        bbox=[1, 2, -3, 4],
        visibility=[3, 0],
        xy=[1, 2, np.nan, np.nan],
    )
    flat = flatten(batch(full, row(1, xy=[1, np.inf, 3, np.nan]))).to_pydict()
    assert {name: flat[name] for name in DERIVED} == {
        "annotated_year": [2026, None],
        "labelled": [1, 2],
        "labelled_without_position": [0, 2],
        "highest_visibility": [3, 2],
        "highest_origin": [1, 1],
        "box_width": [-3.0, None],
        "box_height": [4.0, None],
    }

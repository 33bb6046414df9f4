"""Files of a run: counted and hashed as written, read by column and by row."""

import hashlib
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from posegate.transforms import parts
from posegate.transforms.ingest import write
from posegate.transforms.model.schema import QUARANTINE

SCHEMA = pa.schema([pa.field("n", pa.int64()), pa.field("name", pa.string())])


def table(start: int, stop: int) -> pa.RecordBatch:
    numbers = range(start, stop)
    return pa.RecordBatch.from_pydict(
        {"n": list(numbers), "name": [f"row {n}" for n in numbers]}, schema=SCHEMA
    )


@pytest.fixture
def part(tmp_path: Path) -> Path:
    """Rows 0 to 9, in row groups of 4, 1 and 5."""
    with parts.part_file(str(tmp_path), "a/part.parquet", SCHEMA) as file:
        for start, stop in ((0, 4), (4, 5), (5, 10)):
            file.write(table(start, stop))
    data = (tmp_path / "a/part.parquet").read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    assert file.written == parts.Written("a/part.parquet", len(data), digest, 10)
    return tmp_path / "a/part.parquet"


def test_columns_are_read_a_row_group_at_a_time(part: Path) -> None:
    found = list(parts.read_columns(str(part), ["n"]))
    assert [b["n"].to_pylist() for b in found] == [[0, 1, 2, 3], [4], [5, 6, 7, 8, 9]]
    assert found[0].schema.names == ["n"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(wanted=st.lists(st.integers(0, 9), max_size=9).map(sorted))
def test_rows_are_read_by_number(part: Path, wanted: list[int]) -> None:
    found = list(parts.read_rows(str(part), np.array(wanted, np.int64), ["n"]))
    assert [n for _, b in found for n in b["n"].to_pylist()] == wanted
    assert [n for rows, _ in found for n in rows.tolist()] == wanted


def test_nothing_is_visible_of_a_file_that_was_not_finished(tmp_path: Path) -> None:
    def broken() -> None:
        with parts.part_file(str(tmp_path), "part.parquet", SCHEMA) as file:
            file.write(table(0, 3))
            raise KeyError

    with pytest.raises(KeyError):
        broken()
    assert not (tmp_path / "part.parquet").exists()


def test_the_same_rows_give_the_same_bytes(tmp_path: Path) -> None:
    one, other = (
        parts.write_table(str(tmp_path), name, pa.Table.from_batches([table(0, 9)]))
        for name in ("a.parquet", "b.parquet")
    )
    assert one.sha256 == other.sha256


def test_bytes_are_written_with_their_checksum(tmp_path: Path) -> None:
    written = parts.write_bytes(str(tmp_path), "deep/page.html", b"<p>")
    assert written == parts.Written(
        "deep/page.html", 3, hashlib.sha256(b"<p>").hexdigest()
    )
    assert (tmp_path / "deep/page.html").read_bytes() == b"<p>"


def test_a_batch_says_where_its_first_row_is() -> None:
    assert parts.location(parts.located(table(0, 3), 7, 4096)) == (7, 4096)


def test_placed_rows_carry_their_place() -> None:
    found = parts.placed(table(0, 2), 7, np.array([5, 9]))
    assert found["part"].to_pylist() == [7, 7]
    assert found["row"].to_pylist() == [5, 9]


def test_no_batches_make_an_empty_one() -> None:
    assert parts.concat([], SCHEMA).num_rows == 0
    located = [parts.located(table(0, 2), 1, 0), parts.located(table(2, 3), 1, 2)]
    assert parts.concat(located, SCHEMA)["n"].to_pylist() == [0, 1, 2]


def test_a_shard_without_good_rows_has_no_part_file(tmp_path: Path) -> None:
    refused = {"source": "s", "position": 0, "reason": "r", "detail": "d", "raw": b""}
    bad = pa.RecordBatch.from_pylist([refused], schema=QUARANTINE)
    made = list(write([table(0, 0), bad], 3, "triangle", str(tmp_path)))
    files = [item.name for item in made if isinstance(item, parts.Written)]
    assert files == ["quarantine/part-00003.parquet"]


def test_batches_of_a_shard_are_located_one_after_another(tmp_path: Path) -> None:
    batches = [table(0, 3), table(3, 3), table(3, 5)]
    *made, file = write(batches, 3, "triangle", str(tmp_path))
    assert [parts.location(b) for b in made] == [(3, 0), (3, 3)]
    assert file.name == "annotations/skeleton=triangle/part-00003.parquet"
    assert pq.read_table(tmp_path / file.name)["n"].to_pylist() == [0, 1, 2, 3, 4]

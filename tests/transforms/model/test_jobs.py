"""The job table joins by image or by job, and refuses what it cannot make sense of."""

import io

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from posegate.transforms.model.jobs import JobTable, parse

CSV = b"""image,annotator,annotated_at,role,lead_time_s,light
a.jpg,joe,2026-02-14T09:30:00Z,gold,3.5,low
b.jpg,,,,,
"""


def test_columns_come_in_their_types_and_the_rest_as_attributes() -> None:
    table = parse(CSV, "jobs.csv")
    assert (table.key, table.attributes) == ("image", ("light",))
    rows = table.rows(["b.jpg", None, "c.jpg", "a.jpg"])
    assert rows.tolist() == [1, -1, -1, 0]
    annotator = table.column("annotator", rows)
    lead = table.column("lead_time_s", rows)
    assert annotator is not None
    assert lead is not None
    assert annotator.to_pylist() == [None, None, None, "joe"]
    assert lead.to_pylist() == [None, None, None, 3.5]
    assert table.column("video", rows) is None


def test_parquet_gives_the_same_as_csv() -> None:
    table = parse(CSV, "jobs.csv")
    sink = io.BytesIO()
    pq.write_table(table.table, sink)
    again = JobTable.load("jobs.parquet", lambda path: sink.getvalue())
    assert again.table.equals(table.table)


def test_numbers_in_parquet_become_texts() -> None:
    sink = io.BytesIO()
    pq.write_table(
        pa.table({"job": [7, 8], "annotator": [1, 2], "speed": [1.5, 2]}), sink
    )
    table = parse(sink.getvalue(), "jobs.parquet")
    assert table.rows(["8"]).tolist() == [1]
    assert table.table.column("annotator").to_pylist() == ["1", "2"]


def test_a_repeated_row_counts_once() -> None:
    table = parse(b"image,annotator\na,joe\nb,sue\na,joe\n", "jobs.csv")
    assert table.table.num_rows == 2


def test_no_keys_give_no_rows() -> None:
    assert parse(CSV, "jobs.csv").rows([]).dtype == np.int64


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "jobs.csv: not a CSV table: Empty CSV file"),
        (b"a,b\n1,2\n", "needs one of the columns `image` and `job`.*it has a, b"),
        (b"image,job\n1,2\n", "needs one of the columns"),
        (b"image,role\na,gold\nb,boss\n", "line 3: role 'boss' is not one of prod"),
        (b"image,annotated_at\na,soon\n", "line 2: annotated_at 'soon' is not an ISO"),
        (b"image,lead_time_s\na,1\nb,x\n", "line 3: lead_time_s 'x' is not a number"),
        (
            b"image,annotator\na,joe\nb,x\na,sue\n",
            "lines 2 and 4 .* image 'a'; keep",
        ),
        (b"image,annotator\n,joe\n", "line 2: no image; every row needs one"),
        (b"image,image\na,b\n", "line 1: names a column twice"),
        (b"image,annotator\na,b\na,b,c\n", "Expected 2 columns, got 3: a,b,c"),
        (b"PAR1garbage", "not a Parquet file"),
    ],
)
def test_a_table_that_makes_no_sense_says_where(data: bytes, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse(data, "jobs.csv")

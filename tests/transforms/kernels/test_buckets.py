"""Buckets: the same everywhere, and nothing lost on the way into them."""

import os
import subprocess
import sys

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posegate.transforms.kernels.buckets import from_hex, runs, scatter, stable_hash

names = st.lists(st.none() | st.text(max_size=6), max_size=20)
numbers = st.lists(st.integers(-3, 3), max_size=30)

PRINT = """
import pyarrow as pa
from posegate.transforms.kernels.buckets import stable_hash
print(stable_hash(pa.array(["a.jpg", None, "", "ü"])).tolist())
"""


@pytest.mark.parametrize("seed", ["1", "2"])
def test_a_hash_is_the_same_in_another_process(seed: str) -> None:
    env = os.environ | {"PYTHONHASHSEED": seed}
    done = subprocess.run(
        [sys.executable, "-c", PRINT], env=env, capture_output=True, text=True
    )
    here = stable_hash(pa.array(["a.jpg", None, "", "ü"])).tolist()
    assert done.stdout == f"{here}\n", done.stderr


@given(names)
def test_equal_names_and_no_others_hash_alike(texts: list[str | None]) -> None:
    hashes = stable_hash(pa.array(texts, pa.string()))
    assert len(hashes) == len(texts)
    distinct = {t if t is not None else "\x00" for t in texts}
    assert len(set(hashes.tolist())) == len(distinct)


@given(names, st.integers(0, 20))
def test_a_slice_hashes_as_its_rows_do(texts: list[str | None], start: int) -> None:
    column = pa.array(texts, pa.string())
    whole = stable_hash(column)[start:]
    assert stable_hash(column.slice(start)).tolist() == whole.tolist()


@given(st.lists(st.integers(0, 2**64 - 1), max_size=9))
def test_hexadecimal_digits_become_the_number_they_write(values: list[int]) -> None:
    column = pa.array([f"{v:016x}" + "ff" * 8 for v in values], pa.string())
    assert from_hex(column).tolist() == values


@given(numbers)
def test_scattering_keeps_every_row_and_its_order(bucket: list[int]) -> None:
    rows = pa.record_batch({"row": np.arange(len(bucket))})
    found = dict(scatter(rows, np.array(bucket, np.int64)))
    assert sorted(found) == sorted(set(bucket))
    for number, some in found.items():
        expected = [i for i, b in enumerate(bucket) if b == number]
        assert some["row"].to_pylist() == expected


@given(numbers)
def test_runs_are_the_stretches_of_equal_keys(keys: list[int]) -> None:
    keys.sort()
    starts, lengths = runs(np.array(keys, np.int64))
    assert [keys[s] for s in starts] == sorted(set(keys))
    assert lengths.tolist() == [keys.count(k) for k in sorted(set(keys))]


def test_runs_of_two_keys_end_where_either_changes() -> None:
    starts, lengths = runs(np.array([1, 1, 1, 2]), np.array([5, 5, 6, 6]))
    assert starts.tolist() == [0, 2, 3]
    assert lengths.tolist() == [2, 1, 1]

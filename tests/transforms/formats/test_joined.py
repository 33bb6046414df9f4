"""Small batches that are made one."""

import io
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posegate.transforms.formats import Build, Context, Rows, Tally
from posegate.transforms.formats.joined import fits, joined, weight
from posegate.transforms.model.delivery import Delivery, Shard
from posegate.transforms.model.schema import QUARANTINE, Origin
from posegate.transforms.model.skeleton import Skeleton

PAIR = Skeleton("pair", ("a", "b"), (), (), None)

SAID: dict[str, Any] = {
    "source": st.sampled_from([None, "one.x", "two.x"]),
    "image": st.sampled_from(["a.jpg", 7, "list", "column"]),
    "id": st.sampled_from([None, "7", "list"]),
    "frame": st.sampled_from([None, 3, "list", "column"]),
    "width": st.sampled_from([None, 640, "list"]),
    "origin": st.sampled_from([Origin.PLACED, Origin.INTERPOLATED, "list"]),
    "area": st.booleans(),
    "bbox": st.booleans(),
    "segmentation": st.booleans(),
    "attributes": st.booleans(),
    "model": st.booleans(),
    "role": st.sampled_from([None, "gold", "boss"]),
    "annotated_at": st.booleans(),
    "refused": st.booleans(),
    "repaired": st.booleans(),
    "far": st.booleans(),
}
parts = st.lists(
    st.tuples(st.integers(1, 3), st.fixed_dictionaries(SAID)), min_size=1, max_size=5
)


def made(n: int, said: dict[str, Any], first: int) -> Rows:
    """N rows that say so much, numbered from `first`."""
    number = first + np.arange(n)
    each: dict[str, Any] = {
        "list": [str(i % 4) for i in number],
        "column": pa.array([int(i) % 4 for i in number]),
    }
    numbers = {"list": [int(i) % 4 for i in number], "column": each["column"]}
    xy = np.arange(4 * n, dtype=float).reshape(n, 2, 2) + first
    xy[0] *= 1e9 if said["far"] else 1
    origin = said["origin"]
    rows = Rows(
        position=number,
        image=each.get(said["image"], said["image"]),
        source=said["source"],
        xy=xy,
        visibility=np.full((n, 2), 2, np.uint8),
        raw=lambda i: b"%d" % number[i],
        id=each.get(str(said["id"]), said["id"]),
        frame=numbers.get(str(said["frame"]), said["frame"]),
        width=numbers.get(str(said["width"]), said["width"]),
        origin=np.full((n, 2), 2, np.uint8) if origin == "list" else origin,
        area=np.full(n, 3.0) if said["area"] else None,
        area_source="segment" if said["area"] else None,
        bbox=np.full((n, 4), 5.0) if said["bbox"] else None,
        segmentation=[b"[]"] * n if said["segmentation"] else None,
        attributes=[{"who": "me"}] * n if said["attributes"] else None,
        model=np.ones(n, np.bool_) if said["model"] else None,
        role=[said["role"]] * n if said["role"] else None,
        annotated_at=["2026-01-01"] * n if said["annotated_at"] else None,
    )
    if said["refused"]:
        rows.remarks.reasons[n - 1] = "x.wrong", "it is wrong"
    rows.remarks.repair(np.full(n, said["repaired"]), "x.mended")
    return rows


def built(parts: list[tuple[int, dict[str, Any]]], batch: int) -> tuple[Any, ...]:
    """What becomes of parts, between which records are refused."""
    shard = Shard(0, "a.x", "a.x", 0, "")
    context = Context(
        PAIR, Delivery("d", "d", ()), shard, lambda _: io.BytesIO(), batch=batch
    )
    tally = Tally()
    build = Build(context, tally, "x")
    out: list[pa.RecordBatch] = []
    first = 0
    for n, said in parts:
        build.add(made(n, said, first))
        build.refuse("a.x", first, "no-record", "it is none")
        out += build.ready()
        first += n
    out += build.rest()
    assert tally.adds_up
    split: dict[bool, list[Any]] = {True: [], False: []}
    for each in out:
        each.validate(full=True)
        split[each.schema == QUARANTINE] += each.to_pylist()
    return repr(split), tally


@given(parts)
def test_however_rows_come_the_batches_say_the_same(some: Any) -> None:
    assert built(some, batch=1) == built(some, batch=8192)


def test_what_is_refused_comes_out_in_the_order_of_its_calls() -> None:
    said = {name: None for name in SAID} | {"image": "list", "origin": Origin.PLACED}
    some = [(2, {**said, "refused": True, "id": "list"}) for _ in range(3)]
    text, _ = built(some, batch=8192)
    at = [text.index(f"'raw': b'{i}'") for i in (1, 3, 5)]
    assert at == sorted(at)
    assert text.count("x.no-record") == 3
    assert text.index("x.no-record") > at[0]


@pytest.mark.parametrize(("each", "held"), [(1, 76), (1023, 1), (1024, 0)])
def test_rows_are_held_only_while_they_are_few(each: int, held: int) -> None:
    said = {name: None for name in SAID} | {"image": "a.jpg", "origin": Origin.PLACED}
    shard = Shard(0, "a.x", "a.x", 0, "")
    context = Context(PAIR, Delivery("d", "d", ()), shard, lambda _: io.BytesIO())
    tally = Tally()
    build = Build(context, tally, "x")
    adds = 1100 if each == 1 else 1
    for i in range(adds):
        build.add(made(each, said, i * each))
    assert tally.records - tally.rows == held * each
    list(build.rest())
    assert tally.rows == adds * each


def test_rows_of_other_units_or_columns_do_not_fit() -> None:
    said = {name: None for name in SAID} | {"image": "a.jpg", "origin": Origin.PLACED}
    one, other = made(1, said, 0), made(1, said, 1)
    assert fits(one, other)
    other.unit = "mm"
    assert not fits(one, other)
    other.unit, other.more = None, {"who": ["me"]}
    assert not fits(one, other)


def test_a_join_gives_the_bytes_of_each_record() -> None:
    said = {name: None for name in SAID} | {"image": "a.jpg", "origin": Origin.PLACED}
    whole = joined([made(2, said, 0), made(1, said, 2), made(3, said, 3)])
    assert [whole.raw(i) for i in range(6)] == [b"%d" % i for i in range(6)]


@pytest.mark.parametrize("outlines", [None, [b"12345", None]])
def test_outlines_and_coordinates_have_weight(outlines: Any) -> None:
    said = {name: None for name in SAID} | {"image": "a.jpg", "origin": Origin.PLACED}
    rows = made(2, said, 0)
    rows.segmentation = outlines
    assert weight(rows) == 2 * 2 * 2 * 8 + (5 if outlines else 0)

"""Records are found whatever the pieces; a broken one costs itself and no other."""

import json
import tracemalloc
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from posegate.transforms.kernels.json_events import RAW, Broken, Run
from posegate.transforms.kernels.json_records import Records

SECTIONS = ("images", "annotations", "categories", "licenses")
Found = list[tuple[str, int, bytes]]


def split(
    data: bytes, size: int = 1 << 20, **options: int
) -> tuple[Found, list[Broken]]:
    """The records (section, ordinal, raw) and what is broken; counts must agree."""
    pieces = (data[i : i + size] for i in range(0, len(data), size))
    records = Records(pieces, SECTIONS, **options)
    found: Found = []
    broken: list[Broken] = []
    for event in records:
        if isinstance(event, Broken):
            broken.append(event)
            continue
        for i in range(len(event.starts)):
            raw = event.raw(i)
            at = None if _is_json(raw) else records.swallows(raw)
            if at is not None:
                records.reject(event, i, at, "json.malformed", "it is not JSON")
                break
            found.append((event.section, event.first + i, raw))
    ordinals = [(s, o) for s, o, _ in found]
    ordinals += [(b.section, b.ordinal) for b in broken if b.ordinal >= 0]
    expected = [(s, i) for s, n in records.found.items() for i in range(n)]
    assert sorted(ordinals) == sorted(expected)
    return found, broken


def ids(data: bytes, section: str = "annotations", **options: int) -> list[int]:
    """The ids of a section's records that are objects and have one."""
    found = [json.loads(raw) for s, _, raw in split(data, **options)[0] if s == section]
    return [
        record["id"] for record in found if isinstance(record, dict) and "id" in record
    ]


def _is_json(raw: bytes) -> bool:
    try:
        json.loads(raw)
    except ValueError:
        return False
    return True


SCALARS = st.none() | st.booleans() | st.integers() | st.text(max_size=8)
TRICKY = st.sampled_from(['"', "\\", '\\"', "{", "}]", ',{"', "\\\\", "é", "\u2028"])
STRINGS = st.lists(TRICKY | st.text(max_size=3), max_size=5).map("".join)
VALUES = st.recursive(
    SCALARS | STRINGS,
    lambda v: st.lists(v, max_size=3) | st.dictionaries(STRINGS, v, max_size=3),
    max_leaves=8,
)
RECORDS = st.lists(st.dictionaries(STRINGS, VALUES, max_size=4), max_size=5)
DOCUMENTS = st.dictionaries(
    st.sampled_from([*SECTIONS, "other"]), RECORDS, max_size=4
) | st.fixed_dictionaries({"info": VALUES, "images": RECORDS, "n": SCALARS})


@settings(max_examples=150)
@given(
    document=DOCUMENTS | RECORDS,
    size=st.integers(1, 40),
    window=st.integers(1, 40),
    indent=st.sampled_from([None, 1]),
    ascii_=st.booleans(),
)
def test_records_do_not_depend_on_the_pieces(
    document: Any, size: int, window: int, indent: int | None, ascii_: bool
) -> None:
    data = json.dumps(document, indent=indent, ensure_ascii=ascii_).encode()
    found, broken = split(data, size, window=window)
    lists = document if isinstance(document, dict) else {"": document}
    lists = {k: v for k, v in lists.items() if isinstance(v, list)}
    expected = [
        (name, record)
        for name, records in lists.items()
        if name in ("", *SECTIONS)
        for record in records
        if isinstance(record, dict)
    ]
    objects = [(s, json.loads(raw)) for s, _, raw in found if raw[:1] == b"{"]
    assert objects == expected
    assert not [b for b in broken if b.reason != "json.stray"]


PUT = [b"", b'"', b"{", b"}", b"[", b"]", b"]}", b"}}", b"\\", b"NaN"]
GOOD = [{"id": i, "keypoints": [1, 2.5, 2], "s": [[1, 2]]} for i in range(6)]


def file_of(
    records: list[bytes], after: bytes = b'],"categories":[{"id":9}]}'
) -> bytes:
    return b'{"images":[{"id":0}],"annotations":[' + b",".join(records) + after


@settings(max_examples=300)
@given(
    which=st.integers(0, 5),
    at=st.integers(0, 60),
    gone=st.integers(0, 8),
    put=st.sampled_from(
        [b"", b'"', b"{", b"}", b"[", b"]", b"]}", b"}}", b"\\", b"NaN"]
    ),
    size=st.integers(1, 400),
)
def test_damage_inside_a_record_costs_that_record_only(
    which: int, at: int, gone: int, put: bytes, size: int
) -> None:
    raws = [json.dumps(record).encode() for record in GOOD]
    raw = raws[which]
    at = 1 + at % (len(raw) - 2)  # its first and last byte stay
    raws[which] = raw[:at] + put + raw[min(at + gone, len(raw) - 1) :]
    assume(not raws[which].endswith(b"[{}"))  # then the others are its list's elements
    others = [i for i in range(6) if i != which]
    assert [i for i in ids(file_of(raws), size=size) if i != which] == others
    assert ids(file_of(raws), "categories", size=size) == [9]


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (b'{"id":1,"k":[1,2}', "json.unbalanced"),
        (b'{"id":1,"k":[1,2]', "json.unbalanced"),
        (b'{"id":1,"k":"x}', "json.unbalanced"),
        (b'{"id":1,"k":[1,2]]}', "json.unbalanced"),
        (b'{"id":1}}', "json.unbalanced"),
        (b'{"id":1}]', "json.unbalanced"),
        (b'{"id":1}]}', "json.unbalanced"),
        (b"null", "json.stray"),
        (b'"text, {\\"", 7', "json.stray"),
        (b'{"id":1,"k":' + b"[" * 70 + b"]" * 70 + b"}", "json.too-deep"),
        (b'{"id":1,"k":"' + b"x" * 3000 + b'"}', "json.too-long"),
    ],
)
@pytest.mark.parametrize("size", [1, 50, 1 << 20])
def test_what_is_broken_is_named_and_its_neighbours_survive(
    bad: bytes, reason: str, size: int
) -> None:
    data = file_of([b'{"id":0}', bad, b'{"id":2}', b'{"id":3}'])
    found, broken = split(data, size, limit=2000, window=256)
    good = [json.loads(r)["id"] for s, _, r in found if s == "annotations"]
    assert [i for i in good if i != 1] == [0, 2, 3]
    assert [b.reason for b in broken] == [reason]
    assert broken[0].raw in bad


def test_a_digit_is_no_space_between_records() -> None:
    found, broken = split(b'[{"id":0}, {"id":1},\n{"id":2},7{"id":3}]')
    assert [json.loads(raw)["id"] for *_, raw in found] == [0, 1, 2]
    assert [b.reason for b in broken] == ["json.stray"]


@pytest.mark.parametrize("info", [b'{"a":[1}', b'{"a":"x}', b"[[1]"])
def test_damage_before_the_records_costs_none(info: bytes) -> None:
    found, broken = split(b'{"info":' + info + b"," + file_of([b'{"id":7}'])[1:])
    assert [json.loads(raw)["id"] for *_, raw in found] == [0, 7, 9]
    assert [(b.ordinal, b.reason) for b in broken] == [(-1, "json.unbalanced")]


@pytest.mark.parametrize("size", [1, 1 << 20])
def test_a_list_of_objects_that_never_closes_hides_none(size: int) -> None:
    cut = [b'{"id":0,"s":[{}', b'{"id":1}', b'{"id":2}']
    assert ids(b'{"annotations":[' + b",".join(cut) + b"]", size=size) == [1, 2]


@pytest.mark.parametrize("size", [1, 50, 1 << 20])
def test_brackets_that_never_close_cost_one_record(size: int) -> None:
    deep = b'{"id":1,"k":' + b"[" * 70 + b"}"
    assert ids(file_of([b'{"id":0}', deep, b'{"id":2}']), size=size) == [0, 2]


def test_a_broken_last_record_does_not_hide_the_next_section() -> None:
    data = b'{"images":[{"id":0},{"f":"x],"annotations":[{"id":1},{"id":2}]}'
    assert ids(data) == [1, 2]


def test_many_broken_records_cost_many_records() -> None:
    raws = [
        b'{"id":%d,"k":[1,2}' % i if i % 3 else b'{"id":%d}' % i for i in range(999)
    ]
    assert ids(file_of(raws)) == list(range(0, 999, 3))


def test_records_that_swallow_each_other_are_told_apart_by_rejecting_them() -> None:
    found, broken = split(b'[{"id":0},{"k":"a},{"id":2},{"k":b"},{"id":4}]')
    assert [raw for *_, raw in found] == [b'{"id":0}', b'{"id":2}', b'{"id":4}']
    assert [b.raw for b in broken] == [b'{"k":"a}', b'{"k":b"}']


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "json.empty"),
        (b" \n", "json.empty"),
        (b"image,x,y\n", "json.not-json"),
        (b"\x89PNG", "json.not-json"),
        ('[{"id":1}]'.encode("utf-16"), "json.encoding"),
        ('[{"id":1}]'.encode("utf-16-be"), "json.encoding"),
        (b'{"a":1}{"b":2}', "json.trailing"),
        (b'{"annotations":[{"id":0},{"id":1', "json.truncated"),
        (b'{"annotations":[{"id":0}', "json.truncated"),
        (b'{"annotations":[{"id":0},{"k":"a', "json.truncated"),
        (b"{", "json.truncated"),
    ],
)
@pytest.mark.parametrize("size", [1, 1 << 20])
def test_a_file_that_is_not_whole_says_so_once(
    data: bytes, reason: str, size: int
) -> None:
    found, broken = split(data, size)
    assert [(b.ordinal, b.reason) for b in broken] == [(-1, reason)]
    assert [raw for _, _, raw in found] == [b'{"id":0}'] * data.count(b'{"id":0}')


def test_a_byte_order_mark_is_passed_over_and_told() -> None:
    records = Records([b'\xef\xbb\xbf[{"id":1}]'])
    assert [run.raw(0) for run in records if isinstance(run, Run)] == [b'{"id":1}']
    assert records.bom


def test_raw_bytes_of_what_is_broken_are_cut() -> None:
    data = b'[{"k":"' + b"x" * (RAW * 5) + b'"},{"id":1}]'
    found, broken = split(data, 1000, limit=RAW)
    assert [len(b.raw) for b in broken] == [RAW]
    assert [raw for _, _, raw in found] == [b'{"id":1}']


def test_blanks_before_the_document_are_not_kept():
    chunks = (*[b" " * (1 << 20)] * 64, b'{"annotations": [{"id": 1}]}')
    tracemalloc.start()
    runs = list(Records(chunks, ["annotations"]))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert [len(run.starts) for run in runs] == [1]
    assert peak < 8 << 20

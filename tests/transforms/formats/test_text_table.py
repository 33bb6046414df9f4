"""Tables of text: encodings, line ends, signs, and lines that are wrong."""

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posegate.transforms.formats.streams import DamagedStream
from posegate.transforms.formats.text_table import (
    Cells,
    Dialect,
    Lines,
    cells,
    decoded,
    dialect_of,
    parse,
)


def table(block: bytes, width: int = 3, **said: str) -> Cells:
    return parse(block, width, Dialect(**said))


def test_missing_cells_are_nan_and_empty_lines_are_none() -> None:
    got = table(b"1, 2.5,NaN\n\n,,\n4,,6\n")
    np.testing.assert_array_equal(
        got.numbers, [[1, 2.5, np.nan], [np.nan] * 3, [4, np.nan, 6]]
    )
    assert (got.raw(2), got.bad) == (b"4,,6", {})


def test_a_wrong_line_costs_no_other() -> None:
    got = table(b"1,2,3\n4,x,6\n7,8\n1,2,3,4\n1,2,3,,\n")
    assert got.bad == {
        1: "has 'x' in column 2, no number",
        3: "has 4 cells for 3 columns",
    }
    assert got.short.tolist() == [0, 0, 1, 0, 0]
    assert got.numbers[2].tolist()[:2] == [7, 8]


def test_lines_that_are_all_longer_or_shorter_are_read_at_once() -> None:
    assert table(b"1,2,3,,\n4,5,6,,\n").numbers.tolist() == [[1, 2, 3], [4, 5, 6]]
    short = table(b"1,2\n4,5\n")
    assert (short.short.tolist(), short.numbers[1, :2].tolist()) == ([1, 1], [4, 5])
    assert table(b"1,2,3,x\n").bad == {0: "has 4 cells for 3 columns"}


def test_texts_keep_what_looks_like_a_number() -> None:
    got = parse(b'007,1,"a,b"\n008,2,\n', 3, Dialect(), texts=(0, 2))
    assert got.texts[0].to_pylist() == ["007", "008"]
    assert got.texts[2].to_pylist() == ["a,b", ""]
    assert got.numbers[:, 1].tolist() == [1, 2]


@pytest.mark.parametrize(
    ("line", "numbers", "sign", "decimal"),
    [
        ("a,b,c", "1,2,3", ",", "."),
        ("a\tb,c", "1\t2,5", "\t", ","),
        ("a;b;c", "1,5;2;3", ";", ","),
        ("a;b;c", "1.5;2;3", ";", "."),
        ("a b  c", "1 2 3", " ", "."),
    ],
)
def test_the_signs_are_told_by_two_lines(
    line: str, numbers: str, sign: str, decimal: str
) -> None:
    assert dialect_of(line, numbers) == Dialect(sign, decimal)


def pieces(data: bytes, size: int) -> Iterator[bytes]:
    for at in range(0, len(data), size):
        yield data[at : at + size]


@given(
    st.lists(st.text("abc,;é", min_size=1), min_size=1),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.sampled_from(["utf-8", "utf-8-sig"]),
    st.integers(1, 9),
    st.booleans(),
)
def test_lines_are_the_same_however_they_end_and_come(
    lines: list[str], end: str, encoding: str, size: int, ended: bool
) -> None:
    data = (end.join(lines) + (end if ended else "")).encode(encoding)
    reader = Lines(pieces(data, size))
    assert list(iter(reader.next, None)) == lines
    again = Lines(pieces(data, size))
    first = again.next()
    rest = b"".join(again.blocks()).decode()
    assert [first, *rest.splitlines()] == lines
    assert again.unended == (not ended)
    assert decoded(data).replace("\ufeff", "").splitlines() == lines


def test_damage_ends_a_file_after_its_last_whole_line() -> None:
    def broken() -> Iterator[bytes]:
        yield b"1,2\n3,4\n5"
        raise DamagedStream("file.gzip", "cut off")

    reader = Lines(broken())
    assert b"".join(reader.blocks()) == b"1,2\n3,4\n"
    assert reader.damage is not None
    assert reader.damage.reason == "file.gzip"


def test_cells_of_a_quoted_line() -> None:
    assert cells('a, "b,c" ,d', Dialect()) == ["a", '"b', 'c"', "d"]
    assert cells('a,"b,c",d', Dialect()) == ["a", "b,c", "d"]

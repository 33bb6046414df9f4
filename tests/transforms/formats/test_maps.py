"""Maps of texts made of columns."""

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from posegate.transforms.formats import maps

WORDS = st.one_of(st.none(), st.text(max_size=4))


def rows(column: pa.Array) -> list[dict[str, str] | None]:
    """What each row has."""
    column.validate(full=True)
    return [None if row is None else dict(row) for row in column.to_pylist()]


def test_what_all_rows_have_stands_beside_what_is_each_ones_own() -> None:
    found = maps.mapped({"subject": "S1", "x": pa.array(["1", "äé"])}, 2)
    assert rows(found) == [{"subject": "S1", "x": "1"}, {"subject": "S1", "x": "äé"}]


def test_a_row_without_anything_has_no_map() -> None:
    assert rows(maps.mapped({"x": pa.array(["1", None])}, 2)) == [{"x": "1"}, None]
    assert rows(maps.mapped({}, 2)) == [None, None]


@given(st.integers(1, 4).flatmap(lambda n: st.tuples(st.just(n), columns(n))))
def test_a_row_has_what_its_columns_say(
    drawn: tuple[int, dict[str, str | list[str | None]]],
) -> None:
    n, given_ = drawn
    texts = {
        name: column if isinstance(column, str) else pa.array(column, pa.string())
        for name, column in given_.items()
    }
    each = [
        {
            name: column if isinstance(column, str) else column[i]
            for name, column in given_.items()
        }
        for i in range(n)
    ]
    known = [{k: text for k, text in row.items() if text is not None} for row in each]
    assert rows(maps.mapped(texts, n)) == [row or None for row in known]


def columns(n: int) -> st.SearchStrategy[dict[str, str | list[str | None]]]:
    """Some of n rows each, whole or not, some with one text for all."""
    whole = st.lists(st.text(max_size=4), min_size=n, max_size=n)
    some = st.lists(WORDS, min_size=n, max_size=n)
    each = st.one_of(st.text(max_size=3), whole, some)
    return st.dictionaries(st.text(max_size=3), each, max_size=4)

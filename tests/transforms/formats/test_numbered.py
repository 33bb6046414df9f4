"""Texts that differ in a number."""

import re

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from posegate.transforms.formats.numbered import numbered

IMAGE = re.compile(rb"(?P<begin>.*_)(?P<number>[0-9]{1,18})[.]jpg", re.DOTALL)


def test_a_number_is_told_from_what_stands_before_it() -> None:
    texts = [f"a_{i:02}.jpg" for i in range(20)] + [f"bé_{i}.jpg" for i in range(9)]
    found = numbered(pa.array(texts).slice(1), IMAGE)
    assert found is not None
    assert found.begins == ["a_", "bé_"]
    assert found.which.tolist() == [0] * 19 + [1] * 9
    assert found.numbers.tolist() == [*range(1, 20), *range(9)]
    assert found.column(["x", None]).to_pylist() == ["x"] * 19 + [None] * 9


def test_nothing_is_like_the_pattern_without_texts_or_where_one_is_missing() -> None:
    assert numbered(pa.array([], pa.string()), IMAGE) is None
    assert numbered(pa.array(["a_1.jpg", None]), IMAGE) is None
    assert numbered(pa.array(["a_1.jpg", ""]), IMAGE) is None


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["a_", "ab_", "b_", "a9_", "é_", "a"]),
            st.integers(0, 1100).map(str) | st.just("9" * 18) | st.just("9" * 19),
            st.sampled_from([".jpg", ".jpg", ".jpg", ".png"]),
        ),
        min_size=1,
        max_size=6,
    )
)
def test_all_are_read_as_each_would_be_or_none(
    parts: list[tuple[str, str, str]],
) -> None:
    texts = ["".join(part) for part in parts]
    each = [IMAGE.fullmatch(text.encode()) for text in texts]
    found = numbered(pa.array(texts), IMAGE)
    if found is None:
        assert None in each or len(set(parts)) > 1
        return
    begins = [found.begins[i] for i in found.which]
    said = zip(begins, found.numbers.tolist(), strict=True)
    assert list(said) == [
        (m["begin"].decode(), int(m["number"])) for m in each if m is not None
    ]

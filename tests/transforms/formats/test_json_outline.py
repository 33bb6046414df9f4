"""The keys that a JSON text starts with."""

import json

from hypothesis import given
from hypothesis import strategies as st

from posegate.transforms.formats.json_outline import outline

leaf = st.none() | st.booleans() | st.integers() | st.text(max_size=5)
tree = st.recursive(
    leaf,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text("abc", min_size=1, max_size=3), inner, max_size=3)
    ),
    max_leaves=12,
)


def test_keys_are_found_at_their_places_with_their_first_text() -> None:
    text = (
        b'\xef\xbb\xbf[{"a": [1, "x"], "b": {"c": [{"d": "y"}, {"d": "z"}]}, "e": "f"}'
    )
    found = outline(text)
    assert found["*/b/c/*/d"] == "y"
    assert found["*/e"] == "f"
    assert "*/a" in found
    assert "*/x" not in found


def test_what_is_no_json_has_none() -> None:
    for text in (b"", b"<a>", b"name,x\n", b"{}"):
        assert set(outline(text)) <= {""}


def test_depth_is_bounded() -> None:
    assert len(outline(b'{"a":' * 30_000)) < 50


@given(tree, st.integers(0, 40))
def test_a_text_cut_off_gives_some_of_the_keys_of_the_whole(
    value: object, cut: int
) -> None:
    text = json.dumps(value).encode()
    assert outline(text[:cut]).keys() <= outline(text).keys()


def test_a_bracket_in_a_string_that_is_cut_off_opens_nothing() -> None:
    assert outline(b'{"a": ["0[') == {"": "", "a": ""}
    assert outline(b'{"a": "\\"[') == {"": "", "a": ""}

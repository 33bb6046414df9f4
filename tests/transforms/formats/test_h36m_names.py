"""Names of images in arrays."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from posegate.transforms.formats import h36m_names

WORDS = st.text(st.sampled_from("a_1é"), max_size=20)


@given(st.lists(WORDS, min_size=1, max_size=8), st.sampled_from(["U", "U40", "S"]))
def test_names_are_as_many_as_their_keys(names: list[str], kind: str) -> None:
    texts = [n.encode() for n in names] if kind == "S" else names
    found = h36m_names.utf8(np.array(texts, kind))
    assert h36m_names.column(found).to_pylist() == names
    assert len(set(h36m_names.keys(found).tolist())) == len(set(names))


def test_a_key_is_the_same_however_wide_the_names_are() -> None:
    narrow, wide = np.array(["S1_1.jpg"]), np.array(["S1_1.jpg", "é" * 30])
    one, other = (h36m_names.keys(h36m_names.utf8(names)) for names in (narrow, wide))
    assert one[0] == other[0]

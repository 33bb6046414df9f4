"""A skeleton written as TOML is the skeleton that is read."""

from hypothesis import given, settings
from hypothesis import strategies as st

from posegate.transforms.model.shelves import SKELETONS
from posegate.transforms.model.skeleton import load, parse
from posegate.transforms.model.skeleton_text import toml


@given(st.sampled_from(SKELETONS.names()))
@settings(max_examples=20)
def test_a_shipped_skeleton_comes_back(name: str) -> None:
    one = load(name)
    text = toml(
        one.keypoints,
        one.limbs,
        one.flip_pairs,
        source=one.source,
        category=one.category,
        sigmas=one.sigmas,
        aliases=one.aliases,
    )
    assert parse(name, text, "here") == one


@given(st.lists(st.text(min_size=1), min_size=2, max_size=5, unique=True), st.text())
def test_any_name_and_comment_comes_back(names: list[str], said: str) -> None:
    text = toml(names, [(0, 1)], [], says=[said])
    assert parse("x", text, "here").keypoints == (*names,)

"""Columns by the names that a project gives them."""

import pytest

from canonical import batch, row
from posegate.transforms.model.columns import check, column, joined


@pytest.mark.parametrize("name", ["annotator", "video", "source", "attributes.light"])
def test_string_columns_and_attributes_are_known(name: str) -> None:
    check(name, "project.toml")


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("anotator", "did you mean 'annotator'?"),
        ("light", "there are instance, id, image"),
        ("attributes.", "and attributes.<name>"),
        ("frame", "no column 'frame'"),
    ],
)
def test_another_name_stops_with_what_would_do(name: str, remedy: str) -> None:
    with pytest.raises(ValueError, match=r"project\.toml: no column") as said:
        check(name, "project.toml")
    assert remedy in str(said.value)


def test_an_attribute_is_null_where_it_is_absent() -> None:
    rows = batch(
        row(attributes=[("light", "day"), ("light", "night")]),
        row(attributes=[("bowler", "b")]),
        row(),
    )
    assert column(rows, "attributes.light").to_pylist() == ["day", None, None]
    assert column(rows, "annotator").to_pylist() == ["ann"] * 3
    assert column(rows.slice(0, 0), "attributes.light").to_pylist() == []


def test_complexity_is_how_much_nobody_sees() -> None:
    rows = batch(
        row(), row(1, visibility=[2, 3, 1]), row(2, visibility=[2, 0, 1]),
        row(3, visibility=[0, 0, 0]),
    )  # fmt: skip
    said = column(rows, "complexity").to_pylist()
    assert said == ["clear", "partly hidden", "hidden", "hidden"]
    assert column(rows.slice(0, 0), "complexity").to_pylist() == []
    check("complexity", "here")


def test_a_stratum_is_its_columns_joined() -> None:
    rows = batch(row(), row(1, annotator=None, visibility=[1, 1, 1]))
    made = joined(rows, ["annotator", "complexity"]).to_pylist()
    assert made == ["ann\x1fclear", "\x1fhidden"]


def test_a_size_is_cocos_band_of_the_area_and_null_without_one() -> None:
    check("size", "project.toml")
    areas = (0.0, 1023.0, 1024.0, 9215.0, 9216.0, None)
    rows = batch(*(row(i, area=area) for i, area in enumerate(areas)))
    said = [None, "small", "medium", "medium", "large", None]
    assert column(rows, "size").to_pylist() == said

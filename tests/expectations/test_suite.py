"""A suite is a file; what is wrong with it is said before anything runs."""

import json
from pathlib import Path
from typing import Any

import pytest

from posegate.expectations.suite import Expectation, Meta, load_suite
from posegate.transforms.model.shelves import SUITES

BETWEEN = "expect_column_values_to_be_between"


def written(folder: Path, **changes: Any) -> str:
    """A suite of one expectation, with changes to that."""
    one = {"type": BETWEEN, "kwargs": {"column": "area"}, "meta": {"critical": True}}
    path = folder / "mine.json"
    path.write_text(json.dumps({"name": "mine", "expectations": [{**one, **changes}]}))
    return str(path)


def test_two_suites_are_shipped() -> None:
    assert SUITES.names() == ("canonical_contract", "delivery_acceptance")


def test_what_great_expectations_adds_to_a_file_is_passed_over(tmp_path: Path) -> None:
    theirs = {"id": "7f", "severity": "warning", "notes": None}
    path = written(tmp_path, **theirs)
    [only] = load_suite(path, ["area"]).expectations
    assert (only.type, only.columns, only.meta) == (BETWEEN, ["area"], Meta(True))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"kwargs": {"column": "aera"}},
            "expectation 0, .*: no column 'aera'; did you",
        ),
        ({"kwargs": {"column": "zzz"}}, "no column 'zzz'; one of area, role"),
        ({"kwargs": {"column": 7}}, "no column '7'"),
        ({"kwargs": {"column_list": ["area", "x"]}}, "no column 'x'"),
        ({"kwargs": {"column_list": 3}}, "no column '3'"),
        ({"kwargs": {"column_A": "area", "column_B": "y"}}, "no column 'y'"),
        ({"meta": {}}, r"critical.*\$\.expectations\[0\]\.meta"),
        ({"meta": {"critical": "yes"}}, r"bool.*\$\.expectations\[0\]\.meta\.critical"),
        ({"type": None}, r"\$\.expectations\[0\]\.type"),
    ],
)
def test_a_mistake_is_named_with_its_place(
    tmp_path: Path, changes: dict[str, Any], message: str
) -> None:
    path = written(tmp_path, **changes)
    with pytest.raises(ValueError, match=message) as caught:
        load_suite(path, ["area", "role"])
    assert str(caught.value).startswith(f"suite {path}: ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "data", [b"", b"{", b"[]", b"null", b'{"name": "\xff"}', b"{}"]
)
def test_what_is_no_suite_is_an_error_with_a_remedy(
    tmp_path: Path, data: bytes
) -> None:
    path = tmp_path / "mine.json"
    path.write_bytes(data)
    with pytest.raises(ValueError, match="give a Great Expectations suite"):
        load_suite(str(path), [])


def test_a_name_that_is_not_shipped_is_an_error() -> None:
    with pytest.raises(ValueError, match="no suite 'x'; shipped: canonical_contract, "):
        load_suite("x", [])


def test_a_file_that_is_missing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"nope\.json: there is no such file"):
        load_suite(str(tmp_path / "nope.json"), [])


@pytest.mark.parametrize(
    ("kind", "kwargs", "text"),
    [
        ("expect_column_values_to_not_be_null", {}, "values to not be null"),
        (BETWEEN, {"min_value": 0}, "values to be at least 0"),
        (BETWEEN, {"min_value": 2, "max_value": 2}, "values to be 2"),
        (BETWEEN, {"min_value": 0, "strict_min": True}, "to be more than 0"),
        (BETWEEN, {"min_value": 1, "max_value": 3}, "at least 1 and at most 3"),
        (BETWEEN, {}, "values to be anything"),
        ("expect_table_row_count_to_equal", {"value": 3}, "row count to equal"),
        ("expect_column_a", {"value_set": ["x", "y"]}, "a (value set x, y)"),
    ],
)
def test_an_expectation_reads_as_words(
    kind: str, kwargs: dict[str, Any], text: str
) -> None:
    assert text in Expectation(kind, {**kwargs, "column": "role"}, Meta(True)).text

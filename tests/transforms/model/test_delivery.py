"""The side file is read strictly, and what it says ends up in the delivery."""

from datetime import date

import pytest

from posegate.transforms.model.delivery import Shard, deliver, parse_side_file

TEXT = """
delivery = "2026-W07"
vendor = "acme"
received = 2026-02-14
format = "coco"
role = "review"
replaces = "2026-W06"
[annotators]
table = "jobs.csv"
annotator = "joe"
[roles]
"a*.json" = "gold"
"""


def shard(name: str) -> Shard:
    return Shard(0, f"in/{name}", name, 1, "c")


FILES = [shard(n) for n in ("b.json", "jobs.csv", "delivery.toml", "a.json")]


def test_all_that_a_side_file_says_is_in_the_delivery() -> None:
    side = parse_side_file(TEXT, "in/delivery.toml")
    got = deliver(FILES, side, "folder", "in")
    assert [(s.part, s.name) for s in got.shards] == [(0, "a.json"), (1, "b.json")]
    assert got.jobs == shard("jobs.csv")
    assert (got.name, got.vendor, got.role) == ("2026-W07", "acme", "review")
    assert (got.received, got.replaces) == (date(2026, 2, 14), "2026-W06")
    assert (got.annotator, got.format) == ("joe", "coco")
    assert (got.roles, got.side_file) == ({"a*.json": "gold"}, TEXT)


def test_a_folder_without_a_side_file_is_a_delivery_too() -> None:
    got = deliver([shard("x.json")], None, "folder", "in")
    assert (got.name, got.role, got.jobs) == ("folder", "production", None)


def test_an_empty_side_file_says_nothing() -> None:
    assert parse_side_file("", "d").delivery is None


def test_a_date_may_be_quoted() -> None:
    assert parse_side_file('received = "2026-02-14"', "d").received == date(2026, 2, 14)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("delivery = ", "d.toml: not TOML"),
        ('vendr = "x"', "unknown key 'vendr'; known: delivery, vendor"),
        ('[annotators]\nfile = "x"', "unknown key 'annotators.file'; known: table"),
        ('role = "boss"', "'role' has the role 'boss'; one of production"),
        ('[roles]\n"*" = "boss"', "has the role 'boss'"),
        ("[roles]\n'*' = 1", "has the role 1"),
        ("vendor = 3", "vendor = 3 is not a text; quote it"),
        ("roles = 'gold'", r"roles = 'gold' is not a table; write \[roles\]"),
        ("received = 'soon'", "received = 'soon' is not a date such as 2026-02-14"),
    ],
)
def test_a_side_file_that_is_wrong_says_where(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse_side_file(text, "d.toml")


def test_a_job_table_that_is_not_there_is_named() -> None:
    side = parse_side_file(TEXT, "in/delivery.toml")
    with pytest.raises(
        ValueError, match=r"'jobs\.csv' is not in the delivery; it has x"
    ):
        deliver([shard("x.json")], side, "folder", "in")


def test_a_role_for_files_that_are_not_there_is_a_mistake() -> None:
    side = parse_side_file('[roles]\n"golden*" = "gold"', "in/delivery.toml")
    with pytest.raises(
        ValueError, match=r"'golden\*' matches none .* a\.json, b\.json"
    ):
        deliver([FILES[0], FILES[3]], side, "folder", "in")
    assert deliver([], side, "folder", "in").shards == ()

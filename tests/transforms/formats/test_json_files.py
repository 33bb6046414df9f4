"""A list, a line each, or one object: the records of a tool's JSON."""

import io
from typing import Any

import pytest

from posegate.transforms.formats import Context, Tally
from posegate.transforms.formats.build import Build
from posegate.transforms.formats.files import File
from posegate.transforms.formats.json_files import records
from posegate.transforms.model.delivery import Delivery, Shard
from posegate.transforms.model.skeleton import Skeleton

FACE = Skeleton("face", ("nose",), (), (), None)


class Found:
    """What is found in a file, and what is said of it."""

    def __init__(self, data: bytes, sound: Any = lambda value: "id" in value) -> None:
        shard = Shard(0, "a.json", "a.json", len(data), "")
        context = Context(
            FACE, Delivery("d", "d", (shard,)), shard, lambda path: io.BytesIO(data)
        )
        tally = Tally()
        build = Build(context, tally, "x")
        file = File("a.json", lambda: io.BytesIO(data))
        self.values = [value for _, _, value in records(file, build, sound)]
        rows = [row for batch in build.rest() for row in batch.to_pylist()]
        self.bad = [(row["reason"], row["position"]) for row in rows]
        assert tally.records == len([at for _, at in self.bad if at >= 0])


@pytest.mark.parametrize(
    "data",
    [
        b'[{"id": 1}, {"id": 2}]',
        b'\xef\xbb\xbf [\n{"id": 1},\n{"id": 2}\n]\n',
        b'{"id": 1}\n{"id": 2}\n',
        b'\xef\xbb\xbf{"id": 1}\r\n\r\n  {"id": 2}',
    ],
)
def test_a_list_and_lines_give_records(data: bytes) -> None:
    found = Found(data)
    assert (found.values, found.bad) == ([{"id": 1}, {"id": 2}], [])


def test_one_object_may_take_several_lines() -> None:
    found = Found(b'{\n  "id": 1,\n  "a": [\n1]}')
    assert (found.values, found.bad) == ([{"id": 1, "a": [1]}], [])


def test_a_bad_line_costs_itself_even_the_first() -> None:
    found = Found(b'{"id": 1\n{"id": 2}\n{"id": }\n{"id": 4}')
    assert found.values == [{"id": 2}, {"id": 4}]
    assert found.bad == [("json.malformed", 0), ("json.malformed", 2)]


def test_a_bad_record_of_a_list_costs_itself() -> None:
    found = Found(b'[{"id": 1}, {"id": 2, "a": [{"b": 1}, {"b": }]}, {"id": 3}]')
    assert found.values == [{"id": 1}, {"id": 3}]
    assert found.bad == [("json.malformed", 1)]


def test_what_lies_inside_a_broken_record_is_none_of_its_own() -> None:
    found = Found(b'[{"id": 1, "a": [{"b": 1}, {"b": 2}], {"id": 2}, {"id": 3}]')
    assert found.values[-1] == {"id": 3}
    assert all("id" in value for value in found.values)
    assert found.bad


def test_numbers_that_json_does_not_have_are_read() -> None:
    (value,) = Found(b'[{"id": NaN}]').values
    assert str(value["id"]) == "nan"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "json.empty"),
        (b" \n", "json.empty"),
        (b"<a/>", "json.not-json"),
        ('[{"id": 1}]'.encode("utf-16-le"), "json.encoding"),
        (b'{"id": ' * 10**5, "json.malformed"),
        (b'{\n"id": 1,', "json.malformed"),
    ],
)
def test_what_is_no_json_is_said_of_the_file(data: bytes, reason: str) -> None:
    found = Found(data)
    assert (found.values, found.bad) == ([], [(reason, -1)])


def test_an_object_is_one_wherever_its_lines_end() -> None:
    found = Found(b'{"a": {"b": 1}\n, "id": {"c": 2}\n}')
    assert found.values == [{"a": {"b": 1}, "id": {"c": 2}}]
    assert found.bad == []

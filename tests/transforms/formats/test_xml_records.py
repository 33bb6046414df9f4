"""Small trees out of large XML."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posegate.transforms.formats.streams import DamagedStream
from posegate.transforms.formats.xml_records import Close, Event, Node, Open, Records
from posegate.transforms.formats.xml_stream import Broken

XML = (
    b"<?xml version='1.0'?><all>\n<meta><who>ana</who></meta>\n"
    b"<item n='1'><p x='1'/><t>one</t></item>\n"
    b"<group n='2'><item n='3'><p>x</p></item><p/></group></all>\n"
)


def events(data: bytes, size: int = 1 << 20) -> list[Event]:
    pieces = [data[i : i + size] for i in range(0, len(data), size)]
    return list(Records(pieces, ("all", "group"), "item", frozenset({"t"})))


def numbers(found: Sequence[Event]) -> list[str]:
    return [
        "!" if isinstance(e, Broken) else e.attrs["n"]
        for e in found
        if isinstance(e, Broken) or (isinstance(e, Node) and e.tag == "item")
    ]


def test_records_have_their_children_texts_and_bytes() -> None:
    root, meta, one, group, three, point, end, last = events(XML)
    assert (root, group) == (Open("all", {}), Open("group", {"n": "2"}))
    assert (end, last) == (Close("group"), Close("all"))
    assert isinstance(meta, Node)
    assert meta.says("who") == "ana"
    assert meta.says("when") is None
    assert isinstance(one, Node)
    assert isinstance(three, Node)
    assert isinstance(point, Node)
    assert one.raw == b"<item n='1'><p x='1'/><t>one</t></item>"
    assert [child.raw for child in one.children] == [b"", b""]
    assert one.says("t") == "one"
    assert three.says("p") is None  # nobody asked for the text of p
    assert point.raw == b"<p/>"


def test_children_of_records_have_their_bytes_if_no_records_lie_deeper() -> None:
    (one,) = [e for e in Records([XML], ("all",), "item") if numbers([e]) == ["1"]]
    assert isinstance(one, Node)
    assert [child.raw for child in one.children] == [b"<p x='1'/>", b"<t>one</t>"]


@given(st.integers(1, 60))
def test_pieces_change_nothing(size: int) -> None:
    assert events(XML, size) == events(XML)


@pytest.mark.parametrize("size", [7, 64, 1 << 20])
def test_a_broken_record_costs_itself(size: int) -> None:
    items = [b"<item n='%d'><p/></item>" % i for i in range(40)]
    items[7] = b"<item n='a & b'><p/></item>"
    items[9] = b"<item n='9'><p></item>"
    items[39] = b"<item n='39'><q></p></item>"
    found = events(b"<all>" + b"\n".join(items) + b"</all>", size)
    wanted = [str(i) if i not in (7, 9, 39) else "!" for i in range(40)]
    assert numbers(found) == wanted
    broken = [e for e in found if isinstance(e, Broken)]
    assert [e.raw.strip()[:14] for e in broken][:1] == [b"<item n='a & b"]


def test_what_is_cut_off_is_told_after_what_stands_before() -> None:
    found: list[Event] = []
    with pytest.raises(DamagedStream, match="goes wrong at byte") as error:
        found.extend(Records([XML[:-40]], ("all",), "item"))
    assert error.value.reason == "xml.syntax"
    assert numbers(found) == ["1"]


def test_an_empty_file_is_no_xml() -> None:
    with pytest.raises(DamagedStream, match="no element found"):
        events(b"")


@pytest.mark.parametrize(
    "head",
    [
        b'<!DOCTYPE all [<!ENTITY a "b">]>',
        b'<!DOCTYPE all [<!ENTITY % a SYSTEM "http://x/y">]>',
        b'<!DOCTYPE all SYSTEM "all.dtd">',
    ],
)
def test_entities_and_what_lies_outside_are_refused(head: bytes) -> None:
    with pytest.raises(DamagedStream) as error:
        events(head + XML[21:])
    assert error.value.reason == "xml.entities"


def test_memory_does_not_grow_with_the_file() -> None:
    item = b"<item n='1'>" + b"<p x='1' y='2'/>" * 20 + b"</item>\n"

    def pieces() -> list[bytes]:
        return [b"<all>", *[item * 50] * 400, b"</all>"]

    records = Records(iter(pieces()), ("all",), "item")
    held = [len(records._data) for _ in records]
    assert len(held) == 20_002
    assert max(held) < 3 * len(item) * 50

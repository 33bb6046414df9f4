"""Bytes come as they are, inflated where they are gzip, as far as they are good."""

import gzip
import io
from collections.abc import Callable

import pytest

from posegate.transforms.formats.streams import DamagedStream, chunks

TEXT = b"".join(b'{"id": %d}' % i for i in range(20_000))


@pytest.mark.parametrize("size", [1, 7, 1 << 20])
def test_plain_bytes_pass(size: int) -> None:
    assert b"".join(chunks(io.BytesIO(TEXT[:999]), size)) == TEXT[:999]


@pytest.mark.parametrize("members", [1, 3])
def test_gzip_is_inflated_member_by_member(members: int) -> None:
    packed = gzip.compress(TEXT) * members
    assert b"".join(chunks(io.BytesIO(packed), 1000)) == TEXT * members


def test_zeros_after_the_last_member_are_padding() -> None:
    assert b"".join(chunks(io.BytesIO(gzip.compress(b"x") + b"\0" * 9))) == b"x"


def test_nothing_gives_nothing() -> None:
    assert list(chunks(io.BytesIO(b""))) == []


def good_part(data: bytes) -> tuple[bytes, str]:
    good = b""
    try:
        for piece in chunks(io.BytesIO(data)):
            good += piece
    except DamagedStream as damage:
        return good, damage.reason
    return good, ""


def test_a_damaged_gzip_gives_what_stands_before_the_damage() -> None:
    packed = bytearray(gzip.compress(TEXT))
    packed[len(packed) // 2] ^= 0xFF
    good, reason = good_part(bytes(packed))
    assert reason == "file.gzip"
    assert good[:1000] == TEXT[:1000]


def test_a_gzip_that_is_cut_off_gives_what_it_has() -> None:
    good, reason = good_part(gzip.compress(TEXT)[:-500])
    assert reason == "file.gzip"
    assert TEXT.startswith(good)
    assert len(good) > len(TEXT) // 2


WORDS = '<?xml version="1.0" encoding="utf-16"?><a>é€😀</a>' + "\r\nx" * 300


@pytest.mark.parametrize("order", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("size", [1, 3, 1 << 20])
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_utf_16_is_recoded_and_what_xml_says_of_it(
    order: str, size: int, pack: Callable[[bytes], bytes]
) -> None:
    stored = io.BytesIO(pack(("\ufeff" + WORDS).encode(order)))
    got = b"".join(chunks(stored, size)).decode()
    assert got == WORDS.replace("utf-16", "UTF-8")


def test_half_a_character_of_utf_16_is_none() -> None:
    stored = io.BytesIO("\ufeffab".encode("utf-16-le")[:-1])
    assert b"".join(chunks(stored)).decode() == "a\ufffd"

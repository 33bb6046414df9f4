"""Addresses of images, and the files that they mean."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posegate.transforms.formats.uris import file_of, original


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("s3://bucket/a/b.jpg?X-Amz=1", "a/b.jpg"),
        ("https://host/a/b%20c.jpg", "a/b c.jpg"),
        ("/data/local-files/?d=a/b.jpg", "a/b.jpg"),
        ("http://host/data/local-files/?d=a%2Fb.jpg", "a/b.jpg"),
        ("/data/upload/18/b.jpg", "b.jpg"),
        ("a/b.jpg", "a/b.jpg"),
        ("C:\\x\\y.jpg", "C:\\x\\y.jpg"),
        ("http://[bad", "http://[bad"),
        ("gs://bucket", "gs://bucket"),
    ],
)
def test_a_file_has_its_folders_but_no_host(address: str, name: str) -> None:
    assert file_of(address) == name


@given(st.text(max_size=30))
def test_any_text_gives_a_name(address: str) -> None:
    assert bool(file_of(address)) == bool(address)


def test_a_hash_in_front_is_told() -> None:
    assert original("a/3f2a1b4c-i.jpg") == "a/i.jpg"
    assert original("i.jpg") is None

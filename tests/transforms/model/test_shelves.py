"""What is shipped is found by its name, and a wrong name says which there are."""

import pytest

from posegate.transforms.model.shelves import POLICIES, SKELETONS, SUITES, Shelf


@pytest.mark.parametrize(
    ("shelf", "name"),
    [(SKELETONS, "coco_17"), (POLICIES, "general"), (SUITES, "canonical_contract")],
)
def test_a_name_is_a_file(shelf: Shelf, name: str) -> None:
    assert name in shelf.names()
    assert shelf.names() == tuple(sorted(shelf.names()))
    assert shelf.read(name)


@pytest.mark.parametrize(
    ("shelf", "name", "said"),
    [
        (POLICIES, "generl", "no policy 'generl'; did you mean 'general'"),
        (SUITES, "x", "no suite 'x'; shipped: .*canonical_contract.* path of a JSON"),
        (SKELETONS, "../policies/general", "no skeleton .* path of a TOML"),
    ],
)
def test_a_name_that_is_not_there_is_refused(
    shelf: Shelf, name: str, said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        shelf.read(name)

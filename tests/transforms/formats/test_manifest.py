"""Every row of the real data's MANIFEST.tsv is read to the number that it says.

`manifest.toml` has what each is, and why where our number is another.
"""

import csv
import re
import tomllib
from collections import Counter
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest

from posegate.transforms.formats import formats
from posegate.transforms.formats.files import File, files
from posegate.transforms.model.delivery import Shard
from posegate.transforms.model.skeleton import Skeleton, load
from samples.reading import Memory, Reading

READ = tomllib.loads(Path(__file__).with_name("manifest.toml").read_text("utf-8"))
TABLES: list[dict[str, Any]] = READ["read"]


def manifest(folder: Path) -> list[tuple[str, str]]:
    """The path and the number of each row."""
    with (folder / "MANIFEST.tsv").open(encoding="utf-8", newline="") as file:
        return [(row["path"], row["n"]) for row in csv.DictReader(file, delimiter="\t")]


def table_of(path: str) -> int | None:
    """The first table that a row of the manifest matches."""
    found = (
        i
        for i, table in enumerate(TABLES)
        if any(fnmatchcase(path, glob) for glob in table["paths"])
    )
    return next(found, None)


def test_every_row_of_the_manifest_is_known(shared_data: Path) -> None:
    rows = manifest(shared_data)
    assert [path for path, _ in rows if table_of(path) is None] == []
    assert set(range(len(TABLES))) == {table_of(path) for path, _ in rows}


@pytest.mark.parametrize("at", range(len(TABLES)), ids=lambda i: TABLES[i]["paths"][0])
def test_it_reads_to_the_number_of_its_row(at: int, shared_data: Path) -> None:
    table = TABLES[at]
    for path, number in manifest(shared_data):
        if table_of(path) == at:
            agrees(table, path, number, shared_data)


def agrees(table: dict[str, Any], path: str, number: str, folder: Path) -> None:
    """Reads a row's file; what comes out is what its table says, and the manifest."""
    some = [path]
    for glob in table.get("with", ()):
        some += [p.relative_to(folder).as_posix() for p in sorted(folder.glob(glob))]
    got = Reading(
        {name: (folder / name).read_bytes() for name in some},
        skeleton(table, path, (folder / path).read_bytes()),
        side=table.get("side", ""),
    )
    if "format" not in table:
        assert (got.alone, got.shards) == ([path], ())
        return
    (kind,) = (shard.format for shard in got.shards if shard.name == path)
    assert (kind or got.delivery.format) == table["format"]
    assert not got.undocumented()
    ours = measures(got, path)
    differs = {}
    for words, what in table.get("says", {}).items():
        if ours[what] != (said := said_by(number, words)):
            differs[words] = ours[what]
            assert said >= 0, f"{path}: {number!r} has no {words}"
    assert differs == table.get("but", {}), path
    bad = Counter(row["reason"] for row in got.bad if row["source"].startswith(path))
    assert bad == table.get("bad", {})
    assert table.get("notes", {}).items() <= got.tally.notes.items()
    assert "why" in table or not (differs or got.bad)


def said_by(number: str, words: str) -> int:
    """The number before the words, or after them as a key; -1 for none."""
    found = re.search(rf"(\d+) {words}\b", number) or re.search(
        rf"'?{words}'?(?:: |=|\()(\d+)", number
    )
    return int(found[1]) if found else -1


def skeleton(table: dict[str, Any], path: str, data: bytes) -> Skeleton:
    """The one that the table names, or of these keypoints, or of the file's own."""
    said = table.get("skeleton")
    if isinstance(said, str):
        return load(said)
    if said is None and "format" in table:
        (file,) = files(Shard(0, f"d/{path}", path, 0, ""), Memory({path: data}).open)
        assert isinstance(file, File)
        found = formats()[table["format"]].names(file)
        names = max(found, key=lambda names: names.size)
        said = names.keypoints or [f"point_{i}" for i in range(names.count)]
    return Skeleton("s", tuple(said or ("a",)), (), (), None)


def measures(got: Reading, path: str) -> dict[str, int]:
    """What can be counted of one file of what was read."""
    rows = [row for row in got.rows if row["source"].startswith(path)]
    bad = [row for row in got.bad if row["source"].startswith(path)]
    labelled = [sum(v > 0 for v in row["visibility"]) for row in rows]
    return {
        "images": got.tally.images,
        "records": len(rows) + len([row for row in bad if row["position"] >= 0]),
        "rows": len(rows),
        "quarantined": len(bad),
        "labelled": sum(n > 0 for n in labelled),
        "poses": sum(n > 0 for n in labelled),
        "points": max(labelled, default=0),
        "all points": sum(labelled),
        "keypoints": len(rows[0]["visibility"]) if rows else 0,
        "masks": sum(row["segmentation"] is not None for row in rows),
        "frames": len({row["image"] for row in rows}),
        "tracks": len({row["track"] for row in rows}),
        "annotators": len({row["annotator"] for row in rows}),
    }

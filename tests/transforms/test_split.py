"""Splits from parts: approved rows, each once, images with their own annotations."""

import json
from pathlib import Path
from typing import Any

import apache_beam as beam
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from beamed import run
from canonical import TRIANGLE, batch, row
from posegate.transforms import parts
from posegate.transforms.formats import Tally
from posegate.transforms.kernels import decisions
from posegate.transforms.kernels.splitting import SPLITS
from posegate.transforms.model.policy import Fractions, Splits
from posegate.transforms.model.schema import DECISIONS
from posegate.transforms.split import Release, Source, Split, write

SETTINGS = Splits(fractions=Fractions(train=0.6, val=0.2, test=0.2))
GROUP = SETTINGS.group


def frames(first: int, n: int) -> pa.RecordBatch:
    """Two people a frame, five frames a video, and every tenth frame a still."""
    return batch(
        *(
            row(
                2 * i + k,
                image=f"{i:03d}.jpg",
                video=f"v{i // 5}" if i % 10 else None,
                visibility=[3, 2, 1],
            )
            for i in range(first, first + n)
            for k in range(2)
        )
    )


def committed(folder: Path, tables: list[pa.RecordBatch]) -> list[pa.RecordBatch]:
    """Writes the parts of a run; every third row is held. Gives what is to be split."""
    counted = []
    for part, table in enumerate(tables):
        name = parts.annotations("triangle", part)
        with parts.part_file(str(folder), name, table.schema) as file:
            file.write(table.slice(0, 7))
            file.write(table.slice(7))
        approved = np.arange(table.num_rows) % 3 > 0
        verdict = np.where(approved, "approved", "held").tolist()
        reasons = [[] for _ in verdict]
        rows = pa.table([table["instance"], verdict, reasons], schema=DECISIONS)
        parts.write_table(str(folder), f"decisions/part-{part:05d}.parquet", rows)
        counted.append(decisions.groups(table, approved, GROUP, ()))
    return counted


def release(tmp_path: Path, name: str, **said: Any) -> Release:
    default = {"sources": (), "groups": (), "number": 1, "locked": None}
    folders = {"folder": str(tmp_path / f"splits-{name}"), "run": str(tmp_path / name)}
    known = {"skeleton": TRIANGLE, "delivery": name, "settings": SETTINGS}
    return Release(**default | folders | known | said)


def instances(folder: str) -> dict[str, list[str]]:
    """The instances of each split, the same in both of its files."""
    found = {}
    for name in SPLITS:
        text = json.loads(Path(folder, f"{name}.json").read_text())
        found[name] = [a["instance"] for a in text["annotations"]]
        table = pq.ParquetFile(Path(folder, f"{name}.parquet")).read()
        assert table["instance"].to_pylist() == found[name]
        named = {i["id"]: i["file_name"] for i in text["images"]}
        assert len(named) == len(text["images"]) == len(set(named.values()))
        images = [named[a["image_id"]] for a in text["annotations"]]
        assert images == table["image"].to_pylist()
        assert set(images) == set(named.values())
    return found


def approved(tables: list[pa.RecordBatch]) -> list[str]:
    names = [t["instance"].to_pylist() for t in tables]
    return [n for some in names for i, n in enumerate(some) if i % 3]


TABLES = [frames(0, 30), frames(30, 21)]
TALLIES = [(0, Tally(60, 60)), (1, Tally(42, 42)), (2, Tally(1, 0, 1))]


@pytest.mark.parametrize("backwards", [False, True])
def test_every_approved_instance_is_in_one_split(
    tmp_path: Path, backwards: bool
) -> None:
    counted = committed(tmp_path / "d1", TABLES)
    to = release(tmp_path, "d1")

    def graph(groups: beam.PCollection) -> dict[str, beam.PCollection]:
        tallies = groups.pipeline | "tallies" >> beam.Create(TALLIES)
        return {"files": groups | Split(to, tallies)}

    [manifest] = run(counted[::-1] if backwards else counted, graph)["files"]
    found = instances(to.folder)
    everything = [n for some in found.values() for n in some]
    assert sorted(everything) == sorted(approved(TABLES))
    assert all(found.values())
    assert found["train"] == [n for n in approved(TABLES) if n in set(found["train"])]
    document = json.loads(Path(to.folder, "manifest.json").read_bytes())
    assert manifest.name == "manifest.json"
    assert document["instances"] == {name: len(some) for name, some in found.items()}
    for file in document["files"]:
        assert Path(to.folder, file["name"]).stat().st_size == file["size"]


def test_every_class_has_the_same_number_in_all_splits(tmp_path: Path) -> None:
    kinds = ("dog", "cat", "fox")
    rows = [
        row(i, image=f"{i}.jpg", attributes=[("category", kinds[i % 3])])
        for i in range(30)
    ]
    to = release(tmp_path, "d1")
    list(write((0, committed(tmp_path / "d1", [batch(*rows)])), TALLIES[:1], to))
    for name in SPLITS:
        text = json.loads(Path(to.folder, f"{name}.json").read_text())
        said = {c["id"]: c["name"] for c in text["categories"]}
        assert said == {1: "cat", 2: "fox"}  # every dog is held
        images = {i["id"]: int(i["file_name"].split(".")[0]) for i in text["images"]}
        assert text["annotations"]
        for each in text["annotations"]:
            kind = kinds[images[each["image_id"]] % 3]
            assert said[each["category_id"]] == kind


def test_batches_and_runner_change_no_byte(tmp_path: Path) -> None:
    counted = committed(tmp_path / "d1", TABLES)
    whole, pieces = (release(tmp_path, "d1", folder=str(tmp_path / n)) for n in "ab")
    list(write((0, counted), TALLIES, whole))
    single = [b.slice(i, 1) for b in counted[::-1] for i in range(b.num_rows)]
    list(write((0, single), TALLIES[::-1], pieces))
    for path in Path(whole.folder).iterdir():
        assert path.read_bytes() == Path(pieces.folder, path.name).read_bytes()


def test_a_later_version_adds_to_the_earlier(tmp_path: Path) -> None:
    first, second = [frames(0, 30)], [frames(28, 30)]
    one = release(tmp_path, "d1")
    list(write((0, committed(tmp_path / "d1", first)), TALLIES[:1], one))
    two = release(
        tmp_path,
        "d2",
        sources=(Source("d1", one.run, (0,)),),
        groups=(f"{one.folder}/groups.parquet",),
    )
    list(write((0, committed(tmp_path / "d2", second)), TALLIES[:1], two))
    before, after = instances(one.folder), instances(two.folder)
    for name in SPLITS:
        assert after[name][: len(before[name])] == before[name]
    table = pq.ParquetFile(Path(two.folder, "train.parquet")).read()
    assert table["delivery"].to_pylist()[0] == "d1"
    assert table["delivery"].to_pylist()[-1] == "d2"


def test_a_locked_group_alone_is_the_test_set(tmp_path: Path) -> None:
    counted = committed(tmp_path / "d1", TABLES)
    locked = pa.table({"group": ["v2", "nowhere"]})
    parts.write_table(str(tmp_path), "locked.parquet", locked)
    to = release(tmp_path, "d1", locked=str(tmp_path / "locked.parquet"))
    list(write((0, counted), TALLIES, to))
    table = pq.ParquetFile(Path(to.folder, "test.parquet")).read()
    assert set(table["video"].to_pylist()) == {"v2"}
    instances(to.folder)


def test_rows_of_a_group_that_no_version_knows_stop_the_run(tmp_path: Path) -> None:
    counted = committed(tmp_path / "d1", TABLES)
    other = SETTINGS.model_copy(update={"group": ("track",)})
    to = release(tmp_path, "d1", settings=other)
    with pytest.raises(RuntimeError, match=r"group '001.jpg' has no split: \[splits\]"):
        list(write((0, counted), TALLIES, to))


def test_an_image_whose_rows_name_several_groups_is_in_one_split(
    tmp_path: Path,
) -> None:
    rows = [
        row(3 * i + k, image=f"{i:03d}.jpg", video=[f"v{i}", f"w{i}", None][k])
        for i in range(40)
        for k in range(3)
    ]
    counted = committed(tmp_path / "a", [batch(*rows)])
    made = release(tmp_path, "a")
    list(write((0, counted), [(0, Tally(120, 120))], made))
    found = instances(made.folder)
    images = [
        set(
            pq.ParquetFile(Path(made.folder, f"{name}.parquet"))
            .read()["image"]
            .to_pylist()
        )
        for name in SPLITS
    ]
    assert sum(map(len, images)) == len(set.union(*images)) == 40
    assert sum(map(len, found.values())) == 80

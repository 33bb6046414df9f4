"""What bad input comes to: an exit code, a sentence, and no good record lost."""

import gzip
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from delivered import (
    STANDING,
    call,
    coco,
    deliver,
    document,
    files,
    person,
    picture,
    project,
    run_of,
    table,
)
from posegate.transforms.model.skeleton import load
from samples.label_studio import annotation, point, stored

GOOD = [person(number) for number in range(1, 9)]


def text(*records: Any) -> str:
    """A file with the good records and some others."""
    return json.dumps(coco([*GOOD, *records]))


def spliced(raw: str) -> str:
    """A file with the good records and one of any bytes."""
    whole = text()
    end = whole.index('], "categories"')
    return f"{whole[:end]}, {raw}{whole[end:]}"


def stranger(**other: Any) -> dict[str, Any]:
    """A ninth record, with something changed."""
    return person(9, **other)


NOT_A_NUMBER = json.dumps(stranger()).replace("[123, 32, 2", "[NaN, 32, 2")
INFINITE = NOT_A_NUMBER.replace("NaN", "-Infinity")


class Bad(NamedTuple):
    """Files of a delivery, the reasons in quarantine, and the rows that are left."""

    files: Mapping[str, Any]
    reasons: tuple[str, ...]
    rows: int = 8
    verdict: str = "reject"


RECORDS = {
    "a number for a record": Bad({"a.json": text(5)}, ("json.stray",)),
    "null for a record": Bad({"a.json": text(None)}, ("json.stray",)),
    "keypoints are a text": Bad(
        {"a.json": text(stranger(keypoints="left"))}, ("coco.keypoints",)
    ),
    "NaN": Bad({"a.json": spliced(NOT_A_NUMBER)}, ("coco.coordinate",)),
    "infinity": Bad({"a.json": spliced(INFINITE)}, ("coco.coordinate",)),
    "1e308": Bad(
        {"a.json": text(stranger(keypoints=[1e308, 1e308, 2] * 17))},
        ("coco.coordinate",),
    ),
    "another number of keypoints": Bad(
        {"a.json": text(stranger(keypoints=[1, 2, 2] * 16))}, ("coco.keypoint-count",)
    ),
    "an unknown category": Bad(
        {"a.json": text(stranger(category_id=7))}, ("coco.category-unknown",)
    ),
    "an unknown image": Bad(
        {"a.json": text(stranger(image_id=55))}, ("coco.image-missing",)
    ),
    "a negative size": Bad(
        {"a.json": text(stranger(bbox=[30, 25, -5, -9]))}, ("coco.bbox-negative",)
    ),
    "an id for the second time": Bad(
        {"a.json": text(person(8))}, ("coco.duplicate-id",)
    ),
    "80 MB of text in a record": Bad(
        {"a.json": text(stranger(attributes={"note": "x" * 80_000_000}))},
        ("json.too-long",),
    ),
    "a hundred thousand brackets": Bad(
        {"a.json": spliced(f'{{"id": 9, "x": {"[" * 100_000}{"]" * 100_000}}}')},
        ("json.too-deep",),
    ),
    "syntax": Bad({"a.json": spliced('{"id": 9, "x": }')}, ("json.malformed",)),
}
FILES = {
    "no JSON": Bad({"a.json": "hello there", "b.json": text()}, ("json.not-json",)),
    "an empty file": Bad({"a.json": b"", "b.json": text()}, ("json.empty",)),
    "UTF-16 without its mark": Bad(
        {"a.json": text().encode("utf-16-le"), "b.json": text()}, ("json.encoding",)
    ),
    "a damaged gzip": Bad(
        {"a.json.gz": b"\x1f\x8b" + b"junk" * 99, "b.json": text()}, ("file.gzip",)
    ),
    "a truncated file": Bad({"a.json": text()[: text().index('"id": 7')]}, (), 6),
    "a truncated gzip": Bad(
        {"a.json.gz": gzip.compress(text().encode())[:-8]}, ("file.gzip",), 8
    ),
    "another kind of JSON": Bad(
        {"a.json": {"annotation": []}, "b.json": text()}, ("file.unrecognised",)
    ),
}


def judged(case: Bad, tmp_path: Path) -> Path:
    """The run of a bad delivery; it refuses and spills nothing."""
    delivery = deliver(tmp_path / "w1", case.files)
    before = files(tmp_path)
    outcome = call("run", delivery, "--project", project(tmp_path))
    assert (outcome.code, "Traceback" in outcome.err) == (1, False), outcome
    assert case.verdict.upper() in outcome.out
    new = files(tmp_path).keys() - before.keys() - {"project.toml"}
    assert {name.partition("/")[0] for name in new} == {"quality"}
    return run_of(tmp_path / "quality", "w1")


@pytest.mark.parametrize("case", RECORDS.values(), ids=RECORDS)
def test_a_bad_record_costs_one_record(case: Bad, tmp_path: Path) -> None:
    run = judged(case, tmp_path)
    assert table(run, "annotations")["id"].to_pylist() == [str(p["id"]) for p in GOOD]
    [row] = table(run, "quarantine").to_pylist()
    assert (row["source"], row["position"], row["reason"]) == (
        "a.json",
        8,
        *case.reasons,
    )
    assert row["detail"]
    assert row["raw"]
    counts = document(run, "report.json")["counts"]
    assert (counts["records"], counts["quarantined"]) == (9, 1)


@pytest.mark.parametrize("case", FILES.values(), ids=FILES)
def test_a_bad_file_costs_what_lies_behind_the_damage(
    case: Bad, tmp_path: Path
) -> None:
    run = judged(case, tmp_path)
    assert table(run, "annotations").num_rows == case.rows
    told = [r for r in table(run, "quarantine").to_pylist() if r["position"] == -1]
    assert told
    assert set(case.reasons) <= {row["reason"] for row in told}
    assert {row["source"] for row in told} == {min(case.files)}
    assert "1 file could not be read to the end" in reasons(run)


def reasons(run: Path) -> str:
    """What the report says of the delivery."""
    return " ".join(r["text"] for r in document(run, "report.json")["reasons"])


def test_a_gzip_bomb_is_put_down(tmp_path: Path) -> None:
    head = text()[:-1].encode() + b', "info": "'
    squeezer = gzip.compress  # about a thousand to one
    bomb = squeezer(head) + squeezer(b"x" * (32 << 20)) * 12
    case = Bad({"a.json.gz": bomb, "b.json": text()}, ())
    run = judged(case, tmp_path)
    assert table(run, "annotations").num_rows == 16
    told = table(run, "quarantine").to_pylist()
    assert "file.inflates" in {row["reason"] for row in told}


def test_a_delivery_without_records_has_a_verdict_of_its_own(tmp_path: Path) -> None:
    run = judged(Bad({"a.json": coco([])}, (), 0, "hold"), tmp_path)
    assert "Nothing to judge" in reasons(run)
    assert not (tmp_path / "quality" / "splits").exists()


@pytest.mark.parametrize(
    ("content", "has"),
    [
        ({}, "it is empty"),
        ({"README.md": "soon"}, "README.md begins 'soon', which is no format"),
        (
            {"export.RAR": "Rar!"},
            "export.RAR is packed in a way that is not read; unpack",
        ),
        ({"delivery.toml": 'format = "trc"', "a.txt": "x"}, "trc (a.txt)"),
    ],
)
def test_a_delivery_without_a_file_that_could_be_read_is_a_mistake(
    content: Mapping[str, Any], has: str, tmp_path: Path
) -> None:
    delivery, place = deliver(tmp_path / "w1", content), project(tmp_path)
    out = tmp_path / "out"
    for words in (
        ("run", delivery, "--project", place),
        ("convert", delivery, out, "--to", "coco", "--project", place),
        ("calibrate", delivery, "--project", place, "--to", tmp_path / "s.toml"),
    ):
        outcome = call(*words)
        assert (outcome.code, outcome.out) == (2, "")
        [line] = outcome.err.splitlines()
        assert f"{delivery}: no file " in line
        assert has in line
        assert "posegate formats" in line
    assert {path.name for path in tmp_path.iterdir()} == {"w1", "project.toml"}


def test_an_id_used_in_two_files_is_found_and_both_records_stay(
    tmp_path: Path,
) -> None:
    case = Bad({"a.json": text(), "b.json": coco([person(8)])}, ())
    run = judged(case, tmp_path)
    assert table(run, "annotations").num_rows == 9
    found = table(run, "findings").to_pylist()
    assert {row["rule"] for row in found} == {
        "structure.copied-pose",  # one person's pose is in every image
        "structure.duplicate-person",
        "structure.repeated-id",
    }


def test_an_annotation_that_a_storage_has_twice_counts_once(tmp_path: Path) -> None:
    """Label Studio's files, in two folders: each is a shard of its own."""
    places = zip(load("coco_17").keypoints, STANDING, strict=True)
    file = stored(annotation(*(point(name, x, y) for name, (x, y) in places)))
    content = {
        f"{folder}/{name}": data for folder in "ab" for name, data in file.items()
    }
    run = judged(Bad(content, (), 2), tmp_path)
    found = table(run, "findings").to_pylist()
    repeated = [row for row in found if row["rule"] == "structure.repeated-id"]
    assert [row["severity"] for row in repeated] == ["reject"]
    assert document(run, "report.json")["counts"]["rework"] == 1


def test_an_image_of_negative_size_has_no_size(tmp_path: Path) -> None:
    image = picture(1, width=-5, height=-3)
    run = judged(Bad({"a.json": coco(GOOD, [image])}, (), 8, "hold"), tmp_path)
    row = table(run, "annotations").to_pylist()[0]
    assert row["repairs"] == ["coco.image-size"]
    assert (row["width"], row["height"]) == (None, None)


NAMES = (
    "<script>alert(1)</script>.json",
    "a b.json",
    "line\nbreak.json",
    "漢字 é.json",
    "%2e%2e.json",
    "deep/er/c.json",
)


def test_files_may_have_any_name(tmp_path: Path) -> None:
    content = {name: coco([person(i)]) for i, name in enumerate(NAMES)}
    run = judged(Bad(content, (), 6, "hold"), tmp_path)
    assert sorted(table(run, "annotations")["source"].to_pylist()) == sorted(NAMES)
    page = (run / "dashboard.html").read_text()
    assert "<script>alert" not in page


HOSTILE = ("<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "../../etc")


def test_hostile_names_are_shown_and_do_nothing(tmp_path: Path) -> None:
    who = [person(i, annotator=name) for i, name in enumerate(HOSTILE)]
    again = [person(i + 9, annotator="other") for i in range(3)]
    image = picture(1, file_name="../../../etc/x\n<script>alert(2)</script>")
    side = f"delivery = {json.dumps(HOSTILE[0])}\nvendor = {json.dumps(HOSTILE[1])}\n"
    content = {"a.json": coco([*who, *again], [image]), "delivery.toml": side}
    outcome = call(
        "run",
        deliver(tmp_path / "w1", content),
        "--project",
        project(tmp_path),
    )
    assert outcome.code == 1
    [page] = (tmp_path / "quality").rglob("dashboard.html")
    for html in (page, tmp_path / "quality/index.html"):
        shown = html.read_text()
        assert "<script>alert" not in shown
        assert "<img src=x" not in shown


@pytest.mark.parametrize("name", ["../x", "a/b", "..", ".", "a\x1b[31mb\nc", "%"])
def test_a_delivery_may_have_any_name_and_stays_in_its_place(
    name: str, tmp_path: Path
) -> None:
    content = {"a.json": text(), "delivery.toml": f"delivery = {json.dumps(name)}\n"}
    case = Bad(content, (), 8, "hold")
    delivery = deliver(tmp_path / "in" / "w1", case.files)
    outcome = call("run", delivery, "--project", project(tmp_path))
    assert outcome.code == 1
    assert "\x1b" not in outcome.out
    [folder] = (tmp_path / "quality" / "deliveries").iterdir()
    assert (
        document(
            folder / "runs" / next((folder / "runs").iterdir()).name, ("manifest.json")
        )["delivery"]
        == name
    )
    assert {p.name for p in tmp_path.iterdir()} == {"in", "project.toml", "quality"}


def test_what_is_no_annotation_is_left_alone_and_listed(tmp_path: Path) -> None:
    content = {"a.json": text(), "README.md": "hello", "img/1.jpg": b"\xff\xd8"}
    outcome = call(
        "run", deliver(tmp_path / "w1", content), "--project", project(tmp_path)
    )
    assert "left alone: README.md, img/1.jpg" in outcome.out
    run = run_of(tmp_path / "quality", "w1")
    assert document(run, "manifest.json")["ignored"] == ["README.md", "img/1.jpg"]


def test_a_job_table_as_parquet_says_who(tmp_path: Path) -> None:
    anonymous = [person(i, annotator=None) for i in range(3)]
    delivery = deliver(
        tmp_path / "w1",
        {
            "a.json": coco(anonymous),
            "delivery.toml": '[annotators]\ntable = "jobs.parquet"\n',
        },
    )
    jobs = pa.table({"image": ["frame-0001.jpg"], "annotator": ["eve"]})
    pq.write_table(jobs, delivery / "jobs.parquet")
    assert call("run", delivery, "--project", project(tmp_path)).code == 1
    run = run_of(tmp_path / "quality", "w1")
    assert table(run, "annotations")["annotator"].to_pylist() == ["eve"] * 3

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
    PROJECT,
    call,
    coco,
    deliver,
    document,
    files,
    person,
    picture,
    process,
    project,
    run_of,
    table,
)

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
    "UTF-16": Bad(
        {"a.json": text().encode("utf-16"), "b.json": text()}, ("json.encoding",)
    ),
    "a damaged gzip": Bad(
        {"a.json.gz": b"\x1f\x8b" + b"junk" * 99, "b.json": text()}, ("file.gzip",)
    ),
    "a truncated file": Bad({"a.json": text()[: text().index('"id": 7')]}, (), 6),
    "a truncated gzip": Bad(
        {"a.json.gz": gzip.compress(text().encode())[:-8]}, ("file.gzip",), 8
    ),
    "another kind of JSON": Bad(
        {"a.json": {"annotation": []}, "b.json": text()}, ("coco.no-annotations",)
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
    assert "1 file(s) could not be read to the end" in reasons(run)


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


@pytest.mark.parametrize("content", [{}, {"README.md": "soon"}, {"a.json": coco([])}])
def test_a_delivery_without_records_has_a_verdict_of_its_own(
    content: Mapping[str, Any], tmp_path: Path
) -> None:
    run = judged(Bad(content, (), 0, "hold"), tmp_path)
    assert "Nothing to judge" in reasons(run)
    assert not (tmp_path / "quality" / "splits").exists()


def test_an_id_used_in_two_files_is_found_and_both_records_stay(
    tmp_path: Path,
) -> None:
    case = Bad({"a.json": text(), "b.json": coco([person(8)])}, ())
    run = judged(case, tmp_path)
    assert table(run, "annotations").num_rows == 9
    found = table(run, "findings").to_pylist()
    assert {row["rule"] for row in found} == {"structure.repeated-id"}


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


class Wrong(NamedTuple):
    """A mistake in the set-up, and what its one line must contain."""

    says: tuple[str, ...]
    project: str = PROJECT
    side: str | bytes | None = None
    jobs: str | None = None
    beam: tuple[str, ...] = ()


JOBS = '[annotators]\ntable = "jobs.csv"\n'
P = PROJECT
MISTAKES = {
    "side file: unknown key": Wrong(
        ("delivery.toml", "'delivry'", "known: delivery"), side='delivry = "x"'
    ),
    "side file: no date": Wrong(
        ("delivery.toml", "'someday'", "2026-02-14"), side='received = "someday"'
    ),
    "side file: role": Wrong(
        ("delivery.toml", "'boss'", "production, gold"), side='role = "boss"'
    ),
    "side file: role of a file": Wrong(
        ("delivery.toml", "'a*'", "'boss'"), side='[roles]\n"a*" = "boss"'
    ),
    "side file: not TOML": Wrong(("delivery.toml", "line 1"), side="= ="),
    "side file: not UTF-8": Wrong(
        ("delivery.toml", "not UTF-8"), side='vendor = "é"'.encode("latin-1")
    ),
    "side file: format": Wrong(
        ("delivery.toml: format", "'voc'", "coco"), side='format = "voc"'
    ),
    "job table: not there": Wrong(("delivery.toml", "'jobs.csv'", "a.json"), side=JOBS),
    "job table: contradicts itself": Wrong(
        ("jobs.csv", "lines 2 and 3", "keep one"),
        side=JOBS,
        jobs="image,annotator\nx,a\nx,b\n",
    ),
    "job table: no key": Wrong(
        ("jobs.csv", "`image` and `job`", "it has who"),
        side=JOBS,
        jobs="who,annotator\nx,a\n",
    ),
    "job table: empty": Wrong(("jobs.csv", "Empty"), side=JOBS, jobs=""),
    "job table: role": Wrong(
        ("jobs.csv", "line 2", "'boss'", "gold"), side=JOBS, jobs="image,role\nx,boss\n"
    ),
    "job table: time": Wrong(
        ("jobs.csv", "line 2", "'soon'", "2026-02-14T"),
        side=JOBS,
        jobs="image,annotated_at\nx,soon\n",
    ),
    "project: job table not there": Wrong(
        ("project.toml: annotators.table", "jobs.csv", "no such file"), P + JOBS
    ),
    "project: not TOML": Wrong(("project.toml", "line 1"), "= ="),
    "project: lacks a key": Wrong(
        ("project.toml: output: is required",), P.replace("output", "#")
    ),
    "project: unknown section": Wrong(
        ("acceptence", "did you mean 'acceptance'?"), P + "[acceptence]\noks = 1\n"
    ),
    "project: unknown key": Wrong(
        ("acceptance.cp", "did you mean 'cap'?"), P + "[acceptance]\ncp = 1\n"
    ),
    "project: wrong type": Wrong(
        ("project.toml: acceptance.oks", "'high'"), P + '[acceptance]\noks = "high"\n'
    ),
    "project: out of range": Wrong(
        ("project.toml: sampling.rate", "1.5"), P + "[sampling]\nrate = 1.5\n"
    ),
    "project: fractions": Wrong(
        ("splits.fractions", "1.3", "not to 1"),
        P + "[splits]\nfractions = { train = 0.9, val = 0.3, test = 0.1 }\n",
    ),
    "project: risks": Wrong(
        ("p0 = 0.2", "p1 = 0.1"), P + "[acceptance]\np0 = 0.2\np1 = 0.1\n"
    ),
    "project: skeleton": Wrong(
        ("'coco17'", "coco_17", "path of a TOML"), P.replace("coco_17", "coco17")
    ),
    "project: skeleton file": Wrong(
        ("project.toml: skeleton", "s.toml", "no such file"),
        P.replace("coco_17", "s.toml"),
    ),
    "project: policy": Wrong(
        ("'generel'", "general, sports"), P.replace("general", "generel")
    ),
    "project: policy file": Wrong(
        ("g.toml", "no such file"), P.replace("general", "g.toml")
    ),
    "project: policy is a number": Wrong(
        ("project.toml: policy: 5",), P.replace('"general"', "5")
    ),
    "project: unknown rule": Wrong(
        ("'anatomy.limb-lenght'", "did you mean 'anatomy.limb-length'?"),
        P + '[rules]\n"anatomy.limb-lenght" = "off"\n',
    ),
    "project: severity": Wrong(
        ("'fatal'", "off, reject, review, note"),
        P + '[rules]\n"anatomy.limb-length" = "fatal"\n',
    ),
    "project: parameter": Wrong(
        ("'limt'", "did you mean 'limit'?"),
        P + '[rules]\n"anatomy.limb-length" = { limt = 3 }\n',
    ),
    "project: column": Wrong(
        ("'annotatr'", "did you mean 'annotator'?"),
        P + '[sampling]\nstrata = ["annotatr"]\n',
    ),
    "project: locked test set": Wrong(
        ("splits.test", "locked.parquet", "no such file"),
        P + '[splits]\ntest = "locked.parquet"\n',
    ),
    "project: no output": Wrong(
        ("project.toml: output",), P.replace('"quality"', '""')
    ),
    "project: storage": Wrong(
        ("s3://", "gs://bucket"), P.replace('"quality"', '"s3://x/y"')
    ),
    "project: output is a file": Wrong(
        ("project.toml/deliveries", "Not a directory"),
        P.replace("quality", "project.toml"),
    ),
    "project: output in the delivery": Wrong(
        ("output", "lies in the delivery"), P.replace("quality", "w1/quality")
    ),
    "Beam: misspelt": Wrong(
        ("--runer=x", "did you mean --runner?"), beam=("--runer=x",)
    ),
    "Beam: a word": Wrong(("Flink", "--name=value"), beam=("Flink",)),
    "Beam: a bad value": Wrong(
        ("--direct_num_workers", "'many'"), beam=("--direct_num_workers=many",)
    ),
    "Beam: no such runner": Wrong(("Foo", "FlinkRunner"), beam=("--runner=Foo",)),
}


@pytest.mark.parametrize("case", MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_in_the_set_up_is_one_line_and_nothing_is_written(
    case: Wrong, tmp_path: Path
) -> None:
    content = {"a.json": text(), "delivery.toml": case.side, "jobs.csv": case.jobs}
    delivery = deliver(
        tmp_path / "w1", {k: v for k, v in content.items() if v is not None}
    )
    place = project(tmp_path, case.project)
    before = files(tmp_path)
    beam = ("--", *case.beam) if case.beam else ()
    outcome = call("run", delivery, "--project", place, *beam)
    assert (outcome.code, outcome.out) == (2, "")
    [line] = outcome.err.splitlines()
    assert line.startswith("posegate: ")
    for part in case.says:
        assert part in line
    assert files(tmp_path).keys() == before.keys()


def test_several_mistakes_in_a_project_are_a_line_each(tmp_path: Path) -> None:
    delivery = deliver(tmp_path / "w1", {"a.json": text()})
    place = project(tmp_path, 'project = 5\npolicy = "general"\nanotators = 1\n')
    outcome = call("run", delivery, "--project", place)
    assert outcome.code == 2
    assert len(outcome.err.splitlines()) == 4


def test_what_is_not_there_is_named(tmp_path: Path) -> None:
    delivery = deliver(tmp_path / "w1", {"a.json": text()})
    place = project(tmp_path)
    for arguments, said in (
        (("run", tmp_path / "w2", "--project", place), "w2: no such file or folder"),
        (("run", delivery, "--project", tmp_path / "p.toml"), "p.toml: there is no"),
        (("run", delivery, "--project", tmp_path), "is a folder; give the path"),
        (("run", "", "--project", place), "DELIVERY is empty"),
    ):
        outcome = call(*arguments)
        assert (outcome.code, outcome.out) == (2, "")
        assert said in outcome.err


def test_a_run_that_breaks_says_so_in_a_line(tmp_path: Path) -> None:
    delivery = deliver(tmp_path / "w1", {"a.json": text()})
    place = project(tmp_path, PROJECT.replace('"quality"', '"/proc/posegate"'))
    outcome = process("run", delivery, "--project", place)
    assert (outcome.code, outcome.out) == (3, "")
    assert "/proc/posegate" in outcome.err
    assert "the run broke; --debug shows where" in outcome.err
    assert "Traceback" not in outcome.err
    assert "[while running" not in outcome.err


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

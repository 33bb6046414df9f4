"""What a mistake in the set-up comes to: a line with the place, and nothing written."""

import json
from pathlib import Path
from typing import NamedTuple

import pytest

from delivered import PROJECT, call, coco, deliver, files, person, process, project


def text() -> str:
    """A file of eight good records."""
    return json.dumps(coco([person(number) for number in range(1, 9)]))


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
        ("'generel'", "did you mean 'general'?"), P.replace("general", "generel")
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
        ("project.toml: cannot be written", "is no folder; choose another"),
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

"""What `posegate formats` tells, and a format that somebody else installed."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from delivered import call
from posegate.transforms.formats import formats
from posegate.transforms.formats.traps import traps

PLUGIN = Path(__file__).parent / "plugin"


def test_every_format_has_a_line() -> None:
    outcome = call("formats")
    assert outcome.code == 0
    names = [line.split()[0] for line in outcome.out.splitlines() if line]
    assert set(formats()) < set(names)


@pytest.mark.parametrize("name", sorted(formats()))
def test_a_formats_page_names_every_trap(name: str) -> None:
    outcome = call("formats", name.upper(), "--traps")
    assert outcome.code == 0
    for code in traps(formats()[name]):
        assert code in outcome.out


def test_a_formats_own_traps_come_before_those_of_every_format() -> None:
    lines = call("formats", "trc", "--traps").out.splitlines()
    words = [line.split()[0] for line in lines if line.strip()]
    codes = [word for word in words if word in traps(formats()["trc"])]
    own = len(formats()["trc"].TRAPS)
    assert sorted(codes[:own]) == codes[:own] == sorted(formats()["trc"].TRAPS)
    assert sorted(codes[own:]) == codes[own:]


def test_all_traps_of_all_formats_can_be_listed() -> None:
    outcome = call("formats", "--traps")
    assert all(name in outcome.out for name in formats())


def test_a_format_that_is_none_is_answered_with_those_there_are() -> None:
    outcome = call("formats", "voc")
    assert outcome.code == 2
    assert "no format 'voc'; one of c3d, coco, " in outcome.err
    assert "no format 'yolo', perhaps yolo-pose; " in call("formats", "YOLO").err


def test_options_for_beam_are_refused() -> None:
    assert call("formats", "--", "--runner=X").code == 2


def run(
    *words: str, path: Path, cwd: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """A Python that finds what is installed in `path` too."""
    return subprocess.run(
        [sys.executable, *words],
        cwd=cwd,
        env={"PYTHONPATH": str(path), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=300,
    )


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The separate distribution, built, and its wheel unpacked as pip would."""
    source = tmp_path_factory.mktemp("source")
    for file in PLUGIN.iterdir():
        if file.is_file():
            (source / file.name).write_bytes(file.read_bytes())
    build = "from setuptools import build_meta as b; b.build_wheel('.')"
    done = run("-c", build, path=source, cwd=source)
    assert done.returncode == 0, done.stderr
    folder = tmp_path_factory.mktemp("site")
    [wheel] = source.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def judge(delivery: Path, path: Path) -> subprocess.CompletedProcess[str]:
    """The gate on a delivery of noses."""
    folder = delivery.parent
    (folder / "nose.toml").write_text('keypoints = ["nose"]\nsigmas = [0.03]\n')
    project = folder / "project.toml"
    project.write_text(
        'project = "p"\nskeleton = "nose.toml"\npolicy = "general"\noutput = "out"\n'
    )
    words = ("run", str(delivery), "--project", str(project))
    return run("-m", "posegate.pipelines", *words, path=path)


def test_an_installed_format_is_listed_and_read(
    installed: Path, tmp_path: Path
) -> None:
    listed = run("-m", "posegate.pipelines", "formats", "clicks", path=installed)
    assert "clicks: One line a click" in listed.stdout, listed.stderr
    delivery = tmp_path / "week"
    delivery.mkdir()
    (delivery / "a.clicks").write_text(
        "a.jpg,ann,nose,12.5,20\nb.jpg,bob,nose,x,1\nc.jpg,bob,tail,2,1\n"
    )
    judged = judge(delivery, installed)
    assert judged.returncode == 1, judged.stderr
    assert "3 records: 1 instances, 2 quarantined" in judged.stdout


def test_a_file_that_two_formats_take_is_an_error_that_names_both(
    installed: Path, tmp_path: Path
) -> None:
    delivery = tmp_path / "week"
    delivery.mkdir()
    (delivery / "a.json").write_text('{"images": [], "annotations": []}')
    judged = judge(delivery, installed)
    assert judged.returncode == 2
    assert "a.json: could be coco or greedy; say which" in judged.stderr
    (delivery / "delivery.toml").write_text('format = "coco"')
    assert "Nothing to judge" in judge(delivery, installed).stdout


def test_the_readme_shows_the_format_that_is_tested() -> None:
    readme = Path(__file__).parents[2].joinpath("README.md").read_text()
    assert PLUGIN.joinpath("click_format.py").read_text().strip() in readme

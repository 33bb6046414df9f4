"""The dashboard in a real browser, opened from a file as a data lead would."""

import runpy
import struct
import subprocess
import zlib
from pathlib import Path

import pytest

from posegate.transforms.dashboard.overview import index
from posegate.transforms.dashboard.page import page

REPORTS = runpy.run_path(
    str(Path(__file__).parents[1] / "transforms/dashboard/conftest.py")
)
QUIET = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--no-first-run",
    "--hide-scrollbars", "--enable-logging=stderr",
]  # fmt: skip
pytestmark = pytest.mark.needs("chromium")


def browse(html: str, folder: Path, *flags: str) -> subprocess.CompletedProcess[str]:
    """Opens the page from file:// in a browser of its own."""
    path = folder / "page.html"
    path.write_text(html, encoding="utf-8")
    profile = f"--user-data-dir={folder / 'profile'}"
    command = ["chromium", *QUIET, profile, *flags, path.as_uri()]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=120, check=True
    )


def console(run: subprocess.CompletedProcess[str]) -> list[str]:
    """What the page's console said; a violation of its policy is reported there."""
    return [line for line in run.stderr.splitlines() if "CONSOLE" in line]


def colours(png: bytes) -> int:
    """The number of distinct bytes in the picture's decompressed lines."""
    data, place = b"", 8
    while place < len(png):
        size, kind = struct.unpack(">I4s", png[place : place + 8])
        data += png[place + 8 : place + 8 + size] if kind == b"IDAT" else b""
        place += size + 12
    return len(set(zlib.decompress(data)))


@pytest.mark.parametrize("name", ["rich", "blank", "hostile"])
def test_a_dashboard_opens_without_a_word_in_the_console(name, tmp_path):
    run = browse(page(REPORTS[name]()), tmp_path, "--dump-dom")
    assert console(run) == []
    assert 'id="provenance"' in run.stdout
    assert "<title>PWNED</title>" not in run.stdout


def test_the_overview_opens_without_a_word_in_the_console(tmp_path):
    run = browse(index(REPORTS["fleet"]()), tmp_path, "--dump-dom")
    assert console(run) == []
    assert "dashboard.html" in run.stdout


def test_the_console_would_tell_of_a_violation(tmp_path):
    spoiled = page(REPORTS["rich"]()).replace("<main>", "<main><script>1</script>")
    run = browse(spoiled, tmp_path, "--dump-dom")
    assert any("Content Security Policy" in line for line in console(run))


@pytest.mark.parametrize("size", ["1240,2000", "390,2000"])
def test_the_page_is_drawn_with_its_style(size, tmp_path):
    picture = tmp_path / "page.png"
    html = page(REPORTS["rich"]())
    browse(html, tmp_path, f"--screenshot={picture}", f"--window-size={size}")
    assert colours(picture.read_bytes()) > 100

"""Options of the test run, and where real deliveries lie when they are there.

`--all` runs the tests marked `slow` too. `--require-all` is for a machine that should
have every tool: there a skip whose reason begins with "needs " is a failure. Examples
of properties have no deadline: how long one takes is the machine's affair.
"""

from pathlib import Path
from shutil import which
from typing import Any

import pytest
from hypothesis import settings

pytest_plugins = ["servers.fixtures"]

settings.register_profile("posegate", deadline=None)
settings.load_profile("posegate")

SHARED_DATA = Path(__file__).parents[1].joinpath("../shared/data").resolve()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--all", action="store_true", help="the slow tests too")
    parser.addoption(
        "--require-all",
        action="store_true",
        help='fail where a test would skip because it "needs" a tool',
    )


def pytest_runtest_setup(item: pytest.Item) -> None:
    for marker in item.iter_markers("needs"):
        for program in marker.args:
            if which(program) is None:
                pytest.skip(f"needs {program} on PATH")
    if item.get_closest_marker("slow") and not item.config.getoption("--all"):
        pytest.skip("slow: --all runs it")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Any:
    report = yield
    return required(report, item.config)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Any:
    report = yield
    return required(report, collector.config)


def required(report: Any, config: pytest.Config) -> Any:
    """The report, failed if it is a skip that the machine should not have needed."""
    if report.skipped and config.getoption("--require-all"):
        reason = skip_reason(report.longrepr)
        if reason.startswith("needs "):
            report.outcome = "failed"
            report.longrepr = f"skipped under --require-all: {reason}"
    return report


def skip_reason(longrepr: Any) -> str:
    """What a skip said, of pytest's (file, line, "Skipped: reason")."""
    if isinstance(longrepr, tuple):
        return str(longrepr[2]).removeprefix("Skipped: ")
    return ""


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real deliveries beside the checkout; skips where there is none."""
    if not SHARED_DATA.is_dir():
        pytest.skip("no ../shared/data here")
    return SHARED_DATA

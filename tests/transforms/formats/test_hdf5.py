"""HDF5 is read by other processes: what kills one of them is a file that is damaged."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import BinaryIO

import pytest

from posegate.transforms.formats import Context, Tally, hdf5_process, read
from posegate.transforms.formats.hdf5_process import Link, Parent, processes
from posegate.transforms.formats.recognise import Store, recognise
from posegate.transforms.model.delivery import deliver
from posegate.transforms.model.skeleton import Skeleton
from samples.reading import Memory

pytest.importorskip("h5py", reason="needs h5py: pip install 'posegate[hdf5]'")
from posegate.transforms.formats.hdf5_child import bound  # needs h5py
from samples.sleap import TWO, project

AB = Skeleton("ab", ("A", "B"), (), (), None)
SLP = project("AB", [(0, 0, -1, TWO)])


@pytest.fixture(autouse=True)
def _own_processes() -> Iterator[None]:
    processes.end()
    yield
    processes.end()


class Deadly(Parent):
    """Once `armed`, the kernel ends each process that reads, as it would a crash."""

    armed = False

    def fork(self) -> tuple[int, Link]:
        number, link = super().fork()
        if self.armed:
            os.kill(number, signal.SIGSEGV)
        return number, link


class Poisoned(Memory):
    """Files, of which any called b.slp kills whatever reads it."""

    def open(self, path: str) -> BinaryIO:
        parent = processes.parent
        assert isinstance(parent, Deadly)
        parent.armed = path.endswith("b.slp")
        for child in processes.idle if parent.armed else ():
            os.kill(child.number, signal.SIGSEGV)
        return super().open(path)


def rows(store: Memory) -> list[tuple[str, str]]:
    """Source of each row, or of each quarantine row with its detail."""
    storing = Store(store.open, store.head, lambda path: ("", None))
    shards, _ = recognise(store.listing(), storing, None, "d")
    found = []
    for shard in deliver(shards, None, "d", "d").shards:
        context = Context(AB, deliver(shards, None, "d", "d"), shard, store.open)
        for batch in read(context, Tally()):
            found += [(r["source"], r.get("detail", "")) for r in batch.to_pylist()]
    return found


def test_a_process_that_dies_costs_its_file_and_no_other() -> None:
    processes.parent = Deadly()
    store = Poisoned({f"{name}.slp": SLP for name in "abc"})
    (a, b, c) = rows(store)
    assert (a, c) == (("a.slp", ""), ("c.slp", ""))
    assert b == (
        "b.slp",
        "the HDF5 file cannot be read (the process that read it ended by SIGSEGV); "
        "deliver it again",
    )


def test_a_process_that_other_files_harmed_is_replaced() -> None:
    store = Memory({"a.slp": SLP})
    assert rows(store) == [("a.slp", "")]
    (child,) = processes.idle
    os.kill(child.number, signal.SIGKILL)
    assert rows(store) == [("a.slp", "")]
    assert [each.number for each in processes.idle] != [child.number]


def test_a_default_timeout_of_sockets_leaves_them_waiting() -> None:
    """Beam sets one for the whole process where it asks Google for credentials."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(60)
    try:
        assert rows(Memory({"a.slp": SLP, "b.slp": SLP})) == [
            ("a.slp", ""),
            ("b.slp", ""),
        ]
    finally:
        socket.setdefaulttimeout(before)


def test_a_process_that_falls_silent_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    processes.begin()
    monkeypatch.setattr(hdf5_process, "PATIENCE", 0.2)
    child = processes.fresh()
    number = child.number
    os.kill(number, signal.SIGSTOP)
    with pytest.raises(hdf5_process.Died, match=r"was silent for 0\.2 s"):
        child.ask({"look": ""})
    with pytest.raises(ProcessLookupError):
        os.kill(number, 0)


def test_a_parent_that_is_gone_is_started_again() -> None:
    store = Memory({"a.slp": SLP})
    rows(store)
    assert processes.parent is not None
    processes.parent.kill()
    for child in processes.idle:
        os.kill(child.number, signal.SIGKILL)
    assert rows(store) == [("a.slp", "")]


def test_a_damaged_file_leaves_no_process_for_the_next() -> None:
    found = rows(Memory({"a.slp": SLP[:900], "b.slp": SLP}))
    assert [source for source, detail in found if not detail] == ["b.slp"]
    assert [child.files for child in processes.idle] == [1]


def test_threads_read_each_in_a_process_of_their_own() -> None:
    store = Memory({"a.slp": SLP})
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: rows(store), range(12)))
    assert found == [[("a.slp", "")]] * 12


def test_the_kernel_ends_a_process_that_goes_round_in_circles() -> None:
    """Bound to the second of work that it is in."""
    program = f"from {bound.__module__} import bound; bound(0)\nwhile True: pass"
    ended = subprocess.run([sys.executable, "-c", program], check=False)
    assert ended.returncode == -signal.SIGXCPU

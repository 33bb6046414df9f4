"""The pointer, on this machine and on every Cloud Storage server that is there."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from posegate.transforms.commit import Conflict, Token, current, switch
from servers.gcs_edge import Edge

UPLOAD = "POST .*/upload/"


def race(pointer: str, expected: Token | None, runs: int) -> list[bytes]:
    """Switch from as many threads at once; what the winners wrote."""
    barrier = Barrier(runs)

    def attempt(run: int) -> bytes | None:
        content = b"run %d" % run
        barrier.wait()
        try:
            switch(pointer, content, expected)
        except Conflict:
            return None
        return content

    with ThreadPoolExecutor(runs) as pool:
        return [won for won in pool.map(attempt, range(runs)) if won]


class Pointer:
    """What holds wherever the pointer lies."""

    def test_there_is_nothing_before_the_first_switch(self, pointer: str) -> None:
        assert current(pointer) is None

    def test_what_was_switched_to_is_current(self, pointer: str) -> None:
        token = switch(pointer, b"one", None)
        assert current(pointer) == (b"one", token)

    def test_a_switch_from_what_is_current_goes_through(self, pointer: str) -> None:
        second = switch(pointer, b"two", switch(pointer, b"one", None))
        assert current(pointer) == (b"two", second)

    def test_a_switch_from_what_was_current_is_a_conflict(self, pointer: str) -> None:
        first = switch(pointer, b"one", None)
        second = switch(pointer, b"two", first)
        with pytest.raises(Conflict) as caught:
            switch(pointer, b"three", first)
        assert caught.value.winner == b"two"
        assert str(caught.value) == (
            f"{pointer}: another run switched it first, now it says b'two'; this run's "
            "results are not current, run again to build on the other's"
        )
        assert current(pointer) == (b"two", second)

    def test_a_first_switch_where_there_is_a_pointer_is_a_conflict(
        self, pointer: str
    ) -> None:
        switch(pointer, b"one", None)
        with pytest.raises(Conflict, match="it says b'one'"):
            switch(pointer, b"two", None)

    def test_a_switch_from_a_pointer_that_is_gone_is_a_conflict(
        self, pointer: str
    ) -> None:
        token = switch(pointer, b"one", None)
        with pytest.raises(Conflict, match="now it is gone"):
            switch(pointer.replace("week", "other"), b"two", token)

    def test_switching_to_what_is_there_already_is_no_conflict(
        self, pointer: str
    ) -> None:
        token = switch(pointer, b"one", None)
        assert switch(pointer, b"one", None) == token

    def test_of_many_first_switches_at_once_exactly_one_wins(
        self, pointer: str
    ) -> None:
        [winner] = race(pointer, None, runs=8)
        found = current(pointer)
        assert found is not None
        assert found[0] == winner

    def test_of_many_later_switches_at_once_exactly_one_wins(
        self, pointer: str
    ) -> None:
        [winner] = race(pointer, switch(pointer, b"start", None), runs=8)
        found = current(pointer)
        assert found is not None
        assert found[0] == winner


class TestLocal(Pointer):
    @pytest.fixture
    def pointer(self, tmp_path: Path) -> str:
        return str(tmp_path / "week" / "current.json")

    def test_of_many_processes_at_once_exactly_one_wins(self, pointer: str) -> None:
        program = (
            "import sys; from posegate.transforms.commit import Conflict, switch\n"
            "print('ready', flush=True); sys.stdin.readline()\n"
            "try: switch(sys.argv[1], sys.argv[2].encode(), None); print('won')\n"
            "except Conflict: print('lost')"
        )
        runs = [
            subprocess.Popen(
                [sys.executable, "-c", program, pointer, f"run {run}"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            for run in range(3)
        ]
        for run in runs:
            assert run.stdout
            assert run.stdout.readline() == "ready\n"
        outcomes = sorted(run.communicate("\n")[0] for run in runs)
        assert outcomes == ["lost\n", "lost\n", "won\n"]

    def test_nothing_but_the_pointer_is_to_be_seen(self, pointer: str) -> None:
        switch(pointer, b"one", None)
        beside = [file.name for file in Path(pointer).parent.iterdir()]
        assert [name for name in beside if name[0] != "."] == ["current.json"]


class TestRemote(Pointer):
    @pytest.fixture
    def pointer(self, gcs: str) -> str:
        return f"{gcs}/week/current.json"

    def test_our_own_write_whose_answer_was_lost_is_no_conflict(
        self, pointer: str, gcs_edge: Edge
    ) -> None:
        gcs_edge.inject("late-503", UPLOAD)
        token = switch(pointer, b"one", None)
        assert len(gcs_edge.fired) == 1
        assert current(pointer) == (b"one", token)

    def test_an_answer_lost_after_another_run_won_is_a_conflict(
        self, pointer: str, gcs_edge: Edge
    ) -> None:
        switch(pointer, b"one", None)
        gcs_edge.inject("late-503", UPLOAD)
        with pytest.raises(Conflict, match="it says b'one'"):
            switch(pointer, b"two", None)

    @pytest.mark.parametrize("fault", ["503", "reset"])
    def test_a_passing_fault_is_survived(
        self, pointer: str, gcs_edge: Edge, fault: str
    ) -> None:
        gcs_edge.inject(fault, UPLOAD)
        gcs_edge.inject(fault, "GET .*alt=media")
        token = switch(pointer, b"one", None)
        assert current(pointer) == (b"one", token)
        assert len(gcs_edge.fired) == 2

    def test_a_pointer_that_is_switched_while_it_is_read_is_read_again(
        self, pointer: str, gcs_edge: Edge
    ) -> None:
        switch(pointer, b"one", None)
        gcs_edge.inject("404", "GET .*alt=media")
        found = current(pointer)
        assert found is not None
        assert found[0] == b"one"

    def test_a_bucket_that_is_not_there_is_named(self, gcs: str) -> None:
        pointer = f"{gcs}-not/current.json"
        with pytest.raises(FileNotFoundError, match=pointer):
            switch(pointer, b"one", None)

"""Cloud Storage emulators on a free port of the loopback, stopped when done with."""

import http.client
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from gcp_storage_emulator.server import Server

from servers.gcs_edge import HOST, Edge

TOOLS = Path(__file__).parents[2] / ".tools" / "bin"
Launcher = Callable[[Edge], AbstractContextManager[None]]


class Missing(Exception):
    """A server that is not installed; says what would install it."""


@contextmanager
def python_server(edge: Edge) -> Iterator[None]:
    """gcp-storage-emulator, in memory, in a thread of this process."""
    edge.upstream = free_port()
    server = Server(HOST, edge.upstream, in_memory=True)
    server.start()
    try:
        yield
    finally:
        server.stop()


@contextmanager
def go_server(edge: Edge) -> Iterator[None]:
    """fake-gcs-server, in memory, as a process of its own."""
    program = shutil.which("fake-gcs-server", path=TOOLS) or shutil.which(
        "fake-gcs-server"
    )
    if program is None:
        raise Missing(
            "needs fake-gcs-server "
            "(go install github.com/fsouza/fake-gcs-server@v1.56.1)"
        )
    edge.upstream = free_port()
    words = ["-backend", "memory", "-scheme", "http", "-host", HOST]
    words += ["-external-url", edge.url, "-log-level", "error"]
    process = subprocess.Popen([program, *words, "-port", str(edge.upstream)])
    try:
        answering(process, edge.upstream)
        yield
    finally:
        process.kill()
        process.wait()


SERVERS: dict[str, Launcher] = {"python": python_server, "go": go_server}


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.create_server((HOST, 0)) as probe:
        return int(probe.getsockname()[1])


def answering(process: subprocess.Popen[bytes], port: int, seconds: int = 30) -> None:
    """Wait until a process that was just started answers HTTP."""
    until = time.monotonic() + seconds
    while process.poll() is None and time.monotonic() < until:
        connection = http.client.HTTPConnection(HOST, port, timeout=5)
        try:
            connection.request("GET", "/storage/v1/b?project=p")
            connection.getresponse().read()
            return
        except OSError:
            time.sleep(0.05)
        finally:
            connection.close()
    raise RuntimeError(f"{process.args}: no answer on port {port} in {seconds} s")

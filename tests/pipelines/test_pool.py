"""The pool with real workers, and a stand-in for each TaskManager's control service."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from multiprocessing.connection import wait
from queue import Queue
from threading import Event

import grpc
import pytest
from apache_beam.portability.api import beam_fn_api_pb2 as api
from apache_beam.portability.api import beam_fn_api_pb2_grpc as service

from posegate.pipelines import pool

WAIT = 60


class Control(service.BeamFnControlServicer):
    """Accepts workers, asks nothing of them, and lets them go when `closed` is set."""

    def __init__(self) -> None:
        self.joined: Queue[str] = Queue()
        self.left = Event()
        self.closed = Event()

    def Control(self, requests, context):
        context.add_callback(self.left.set)
        self.joined.put(dict(context.invocation_metadata())["worker_id"])
        self.closed.wait(WAIT)
        yield from ()


@contextmanager
def serving(control: Control) -> Iterator[str]:
    server = grpc.server(ThreadPoolExecutor(4))
    service.add_BeamFnControlServicer_to_server(control, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        control.closed.set()
        server.stop(0).wait(WAIT)


@pytest.fixture
def stub() -> Iterator[service.BeamFnExternalWorkerPoolStub]:
    server, port = pool.serve(0)
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield service.BeamFnExternalWorkerPoolStub(channel)
    server.stop(0).wait(WAIT)
    for worker in pool.WORKERS.active_children():
        worker.kill()
        worker.join(WAIT)


def start(stub: service.BeamFnExternalWorkerPoolStub, control: str, worker: str) -> str:
    request = api.StartWorkerRequest(worker_id=worker)
    request.control_endpoint.url = control
    return stub.StartWorker(request, timeout=WAIT).error


@pytest.mark.timeout(180)
def test_two_task_managers_may_use_the_same_worker_id(stub) -> None:
    first, second = Control(), Control()
    with serving(first) as one, serving(second) as two:
        assert start(stub, one, "1-1") == ""
        assert start(stub, two, "1-1") == ""
        assert first.joined.get(timeout=WAIT) == "1-1"
        assert second.joined.get(timeout=WAIT) == "1-1"

        stub.StopWorker(api.StopWorkerRequest(worker_id="1-1"), timeout=WAIT)
        first.closed.set()
        workers = {w.sentinel: w for w in pool.WORKERS.active_children()}
        ended = wait(workers, WAIT)

        assert [workers[sentinel].exitcode for sentinel in ended] == [0]
        assert not second.left.is_set()
        assert [w.is_alive() for s, w in workers.items() if s not in ended] == [True]


def test_a_port_that_is_taken_is_named() -> None:
    server, port = pool.serve(0)
    with pytest.raises(ValueError, match=f"--port {port}: cannot listen"):
        pool.serve(port)
    server.stop(0).wait(WAIT)

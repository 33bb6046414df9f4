"""Beam workers for a Flink TaskManager of this machine: `--environment_type=EXTERNAL`.

A TaskManager asks the pool at `--environment_config=127.0.0.1:PORT` for a worker; the
pool starts one as a process of its own, with the Python and the installed package it
runs under itself. Beam's own pool does the same with two differences that matter here:
it listens on every interface, and it believes a TaskManager that asks to stop "1-1".

    TaskManager A --StartWorker 1-1--> pool --> worker 1-1 (talks to A)
    TaskManager B --StartWorker 1-1--> pool --> worker 1-1 (talks to B)
    TaskManager A --StopWorker  1-1--> pool     which one? the request does not say

Worker ids are unique within a TaskManager only. Stopping the wrong one leaves a job
that waits for ever, so a request to stop is answered and not obeyed: a worker ends by
itself when the TaskManager closes its control stream, or with the pool.
"""

from __future__ import annotations

import argparse
import logging
import signal
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import get_context
from types import FrameType

import grpc
from apache_beam.portability.api import beam_fn_api_pb2 as api
from apache_beam.portability.api import beam_fn_api_pb2_grpc as service
from apache_beam.runners.worker.sdk_worker import SdkHarness

# A clean process imports once and forks each worker: a Flink job starts a worker for
# every stage on every TaskManager, and importing Beam takes seconds.
WORKERS = get_context("forkserver")
WORKERS.set_forkserver_preload(
    ["apache_beam.runners.worker.sdk_worker", "posegate.transforms.coders"]
)
LOG = logging.getLogger(__name__)


def work(control: str, worker: str) -> None:
    """Serve one Beam worker until its control stream, `host:port`, closes."""
    logging.basicConfig(level=logging.INFO, format=f"worker {worker}: %(message)s")
    SdkHarness(control, worker_id=worker).run()


class Pool(service.BeamFnExternalWorkerPoolServicer):
    """Starts a process for every worker asked for; forgets those that have ended."""

    def StartWorker(
        self, request: api.StartWorkerRequest, context: grpc.ServicerContext
    ) -> api.StartWorkerResponse:
        """Start a worker; a failure to start is the answer's `error`."""
        WORKERS.active_children()  # reaps the ended ones
        worker = WORKERS.Process(
            target=work,
            args=(request.control_endpoint.url, request.worker_id),
            daemon=True,  # ends with the pool
        )
        try:
            worker.start()
        except OSError as error:
            return api.StartWorkerResponse(error=f"worker {request.worker_id}: {error}")
        LOG.info("worker %s is process %d", request.worker_id, worker.pid)
        return api.StartWorkerResponse()

    def StopWorker(
        self, request: api.StopWorkerRequest, context: grpc.ServicerContext
    ) -> api.StopWorkerResponse:
        """Answered, not obeyed: the module says why."""
        return api.StopWorkerResponse()


def serve(port: int) -> tuple[grpc.Server, int]:
    """Start a pool on 127.0.0.1; port 0 takes a free one. -> (server, port).

    Raises:
        ValueError: the port is taken.
    """
    options = [("grpc.so_reuseport", 0)]  # else a second pool would share the port
    server = grpc.server(ThreadPoolExecutor(16), options=options)
    service.add_BeamFnExternalWorkerPoolServicer_to_server(Pool(), server)
    try:
        bound = server.add_insecure_port(f"127.0.0.1:{port}")
    except RuntimeError as error:
        raise ValueError(
            f"--port {port}: cannot listen on 127.0.0.1; is it taken?"
        ) from error
    server.start()
    return server, bound


def _terminate(signum: int, frame: FrameType | None) -> None:
    sys.exit(0)


def main(argv: Sequence[str] | None = None) -> int:
    """Serve until interrupted; prints the address when ready."""
    parser = argparse.ArgumentParser(
        prog="python -m posegate.pipelines.pool",
        description="Beam workers for a Flink TaskManager of this machine.",
    )
    parser.add_argument(
        "--port", type=int, default=0, help="port on 127.0.0.1 (default: a free one)"
    )
    port = parser.parse_args(argv).port
    logging.basicConfig(level=logging.INFO, format="pool: %(message)s")
    signal.signal(signal.SIGTERM, _terminate)
    try:
        server, bound = serve(port)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    print(f"127.0.0.1:{bound}", flush=True)
    try:
        server.wait_for_termination()
    except KeyboardInterrupt:
        server.stop(0)
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Cloud Storage for tests: real servers on the loopback, through the real clients.

`gcs` is the URL of an empty bucket; a test that takes it runs once on every server that
is there. `gcs_edge` is the edge in front of it, for a test that wants faults. Servers
live for many tests, every test has a bucket of its own.
"""

import gc
import json
import warnings
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import count
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from servers.gcs_edge import Edge, serving
from servers.gcs_servers import SERVERS, Missing

BUCKETS = count(1)


def service_account(edge: Edge, file: Path) -> Path:
    """A key of nobody's whose tokens the edge gives out."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    account = {
        "type": "service_account",
        "project_id": "posegate-test",
        "private_key_id": "1",
        "private_key": pem.decode(),
        "client_email": "test@posegate-test.iam.gserviceaccount.com",
        "client_id": "1",
        "token_uri": f"{edge.url}/token",
    }
    file.write_text(json.dumps(account))
    return file


def environment(edge: Edge, key: Path) -> dict[str, str]:
    """What sends a process, a worker's too, to the edge in place of Google."""
    return {
        "STORAGE_EMULATOR_HOST": edge.url,
        "GOOGLE_APPLICATION_CREDENTIALS": str(key),
        "NO_GCE_CHECK": "true",
    }


@pytest.fixture(scope="session", params=SERVERS)
def _gcs_server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Edge, Path]]:
    launch = SERVERS[request.param]
    with ExitStack() as stack:
        edge = stack.enter_context(serving())
        try:
            stack.enter_context(launch(edge))
        except Missing as missing:
            pytest.skip(str(missing))
        key = tmp_path_factory.mktemp("gcs") / "key.json"
        yield edge, service_account(edge, key)


@pytest.fixture
def gcs_edge(
    _gcs_server: tuple[Edge, Path], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Edge]:
    """The edge that this process's Cloud Storage clients now talk to."""
    edge, key = _gcs_server
    for name, value in environment(edge, key).items():
        monkeypatch.setenv(name, value)
    # Beam keeps the first credentials of a process, which may be another edge's.
    monkeypatch.setattr(
        "apache_beam.internal.gcp.auth._Credentials._credentials_init", False
    )
    edge.calm()
    with warnings.catch_warnings():
        # A client that retries drops the failed answer's socket without closing it.
        warnings.filterwarnings("ignore", "unclosed <socket", ResourceWarning)
        yield edge
        if edge.fired:
            gc.collect()
    edge.calm()


@pytest.fixture
def gcs(gcs_edge: Edge) -> str:
    """gs:// and the name of an empty bucket."""
    bucket = f"bucket-{next(BUCKETS)}"
    path = "/storage/v1/b?project=posegate-test"
    body = json.dumps({"name": bucket}).encode()
    answer = gcs_edge.ask("POST", path, {"Content-Type": "application/json"}, body)
    if answer.status != 200:
        raise RuntimeError(f"{path}: {answer.status} {answer.body!r}")
    return f"gs://{bucket}"

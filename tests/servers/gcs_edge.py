"""A loopback edge in front of a Cloud Storage emulator.

    client --> edge --> emulator

It adds what emulators lack and Google has: preconditions on every verb, checked and
acted upon at once; pinned generations; chunks of an upload that may come twice; the
batch endpoint; an OAuth token endpoint. And it fails on request:

    edge.inject("503", r"GET .*alt=media", times=3)
"""

import http.client
import json
import re
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.parser import BytesParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple
from urllib.parse import parse_qs, quote, unquote, urlsplit

HOST = "127.0.0.1"
OBJECT = re.compile(r"/b/(?P<bucket>[^/]+)/o/(?P<name>[^/]+)(?:/compose)?$")
COPY = re.compile(r"/(?:copyTo|rewriteTo)/b/(?P<bucket>[^/]+)/o/(?P<name>[^/]+)$")
UPLOAD = re.compile(r"/upload/storage/v1/b/(?P<bucket>[^/]+)/o$")
NAME = re.compile(rb'"name"\s*:\s*("(?:[^"\\]|\\.)*")')
CONDITIONS = {
    "ifGenerationMatch": ("generation", True),
    "ifGenerationNotMatch": ("generation", False),
    "ifMetagenerationMatch": ("metageneration", True),
    "ifMetagenerationNotMatch": ("metageneration", False),
}
HOP = {"connection", "content-length", "transfer-encoding", "date", "server"}
JSON = [("Content-Type", "application/json")]


class Answer(NamedTuple):
    """What a server says to one request."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


def refusal(status: int, message: str) -> Answer:
    """An error in the shape of Google's."""
    error = {"error": {"code": status, "message": message}}
    return Answer(status, JSON, json.dumps(error).encode())


@dataclass
class Fault:
    """What to do to the next `times` requests whose "VERB /path?query" matches.

    A number answers with that status and does nothing; `reset` breaks the connection;
    the others let the request be done and answer: `late-503` that it failed, `cut` with
    half of the body announced, `short` with a body of half the length, `corrupt` with
    one bit turned.
    """

    do: str
    match: str
    times: int


class Edge(ThreadingHTTPServer):
    """Serves from its own threads between `start` and `stop`."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self) -> None:
        super().__init__((HOST, 0), Handler)
        self.port = self.server_address[1]
        self.url = f"http://{HOST}:{self.port}"
        self.upstream = 0
        self.faults: list[Fault] = []
        self.fired: list[str] = []
        self._choosing = threading.Lock()
        self._acting = threading.Lock()
        self._sessions: dict[str, tuple[str, dict[str, str]]] = {}
        self._chunks: dict[tuple[str, str], Answer] = {}

    def inject(self, do: str, match: str, times: int = 1) -> None:
        """Plan a fault; faults planned first fire first."""
        self.faults.append(Fault(do, match, times))

    def calm(self) -> None:
        """Forget every fault, planned or fired."""
        self.faults.clear()
        self.fired.clear()

    def fault(self, request: str) -> str:
        """What to do to this request, "" being nothing."""
        with self._choosing:
            for fault in self.faults:
                if fault.times and re.search(fault.match, request):
                    fault.times -= 1
                    self.fired.append(f"{fault.do} {request}")
                    return fault.do
        return ""

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is no matter of ours."""

    def act(self, verb: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        """Do one request if its conditions hold; nothing happens in between."""
        with self._acting:
            query = {k: v[0] for k, v in parse_qs(urlsplit(path).query).items()}
            if upload := query.get("upload_id"):
                return self._chunk(upload, verb, path, headers, body)
            target = self._target(path, query, body)
            if refused := target and self._refused(verb, target, query):
                return refused
            answer = self.ask(verb, path, headers, body)
            if location := dict(answer.headers).get("Location"):
                [upload] = parse_qs(urlsplit(location).query)["upload_id"]
                self._sessions[upload] = (target, query)
            return answer

    def _chunk(
        self, upload: str, verb: str, path: str, headers: dict[str, str], body: bytes
    ) -> Answer:
        """A chunk of a resumable upload; sent again, it is answered as it was."""
        chunk = upload, headers.get("content-range", "")
        if body and chunk in self._chunks:
            return self._chunks[chunk]
        if refused := self._refused(verb, *self._sessions.get(upload, ("", {}))):
            return refused
        self._chunks[chunk] = self.ask(verb, path, headers, body)
        return self._chunks[chunk]

    def ask(self, verb: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        """Pass one request on to the emulator."""
        connection = http.client.HTTPConnection(HOST, self.upstream, timeout=60)
        try:
            connection.request(verb, path, body, headers)
            response = connection.getresponse()
            return Answer(response.status, response.getheaders(), response.read())
        finally:
            connection.close()

    def _target(self, path: str, query: dict[str, str], body: bytes) -> str:
        """The metadata path of the object a request reads or writes, "" if none."""
        place = urlsplit(path).path
        if found := COPY.search(place) or OBJECT.search(place):
            name = unquote(found["name"])
        elif found := UPLOAD.search(place):
            in_body = NAME.search(body)
            name = query.get("name") or (json.loads(in_body[1]) if in_body else "")
        else:
            return ""
        return f"/storage/v1/b/{found['bucket']}/o/{quote(name, safe='')}"

    def _refused(self, verb: str, target: str, wanted: dict[str, str]) -> Answer | None:
        """The answer to a request whose conditions do not hold."""
        conditions = CONDITIONS.keys() & wanted.keys()
        pinned = verb in {"GET", "DELETE", "PATCH"} and wanted.get("generation")
        if not conditions and not pinned:
            return None
        answer = self.ask("GET", target, {}, b"")
        stored = json.loads(answer.body) if answer.status == 200 else {}
        if pinned and stored.get("generation") != pinned:
            return refusal(404, "No such object generation")
        for condition in conditions:
            field, same = CONDITIONS[condition]
            if (str(stored.get(field, 0)) == wanted[condition]) != same:
                return refusal(412, f"{condition}={wanted[condition]} does not hold")
        return None


class Handler(BaseHTTPRequestHandler):
    """One connection of a client."""

    protocol_version = "HTTP/1.1"
    server: Edge

    def do_GET(self) -> None:
        body = self._body()
        do = self.server.fault(f"{self.command} {self.path}")
        if do == "reset":
            linger = struct.pack("ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self.close_connection = True
        elif do.isdigit():
            self._reply(refusal(int(do), "injected"))
        else:
            self._fail(do, self._answer(body))

    do_POST = do_PUT = do_PATCH = do_DELETE = do_GET

    def log_message(self, format: str, *args: object) -> None:
        """Tests read `Edge.fired`."""

    def _answer(self, body: bytes) -> Answer:
        if self.path == "/token":
            token = {"access_token": "t", "expires_in": 3600, "token_type": "Bearer"}
            return Answer(200, JSON, json.dumps(token).encode())
        if self.path.startswith("/batch/"):
            return batch(self.server, self.headers["Content-Type"], body)
        return self.server.act(self.command, self.path, passed_on(self.headers), body)

    def _fail(self, do: str, answer: Answer) -> None:
        half = len(answer.body) // 2
        if do == "late-503":
            self._reply(refusal(503, "injected after the act"))
        elif do == "short":
            self._reply(answer._replace(body=answer.body[:half]))
        elif do == "corrupt":
            turned = bytearray(answer.body)
            turned[half] ^= 1
            self._reply(answer._replace(body=bytes(turned)))
        else:
            self._reply(answer, half if do == "cut" else None)

    def _reply(self, answer: Answer, cut: int | None = None) -> None:
        self.send_response(answer.status)
        for name, value in answer.headers:
            if name.lower() not in HOP:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body[:cut])
        self.close_connection = self.close_connection or cut is not None

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        return b"".join(self._chunks())

    def _chunks(self) -> Iterator[bytes]:
        while size := int(self.rfile.readline().split(b";")[0], 16):
            yield self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()


def passed_on(headers: object) -> dict[str, str]:
    """The headers an emulator is to see: Host too, for the URLs it gives back."""
    return {
        name.lower(): value
        for name, value in headers.items()  # type: ignore[attr-defined]  # a message
        if name.lower() not in HOP | {"accept-encoding"}
    }


def batch(edge: Edge, content_type: str, body: bytes) -> Answer:
    """Several requests in one, each done as if it had come alone."""
    head = f"Content-Type: {content_type}\r\n\r\n".encode()
    message = BytesParser().parsebytes(head + body)
    parts = [part.get_payload() for part in message.get_payload()]
    answers = [one_of_batch(edge, part) for part in parts]
    ending = [("Content-Type", "multipart/mixed; boundary=part")]
    return Answer(200, ending, b"".join(answers) + b"--part--\r\n")


def one_of_batch(edge: Edge, part: str) -> bytes:
    """A part (request line, headers, empty line, body) and its answer as a part."""
    head, _, body = part.replace("\r\n", "\n").partition("\n\n")
    first, *lines = head.strip().split("\n")
    verb, url, *_ = first.split()
    place = urlsplit(url)
    path = place.path + (f"?{place.query}" if place.query else "")
    headers = dict(line.split(": ", 1) for line in lines if ": " in line)
    wanted = {k: v for k, v in headers.items() if k.lower() not in HOP}
    answer = edge.act(verb, path, wanted, body.encode())
    opening = (
        "--part\r\nContent-Type: application/http\r\n\r\n"
        f"HTTP/1.1 {answer.status} X\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(answer.body)}\r\n\r\n"
    )
    return opening.encode() + answer.body + b"\r\n"


@contextmanager
def serving() -> Iterator[Edge]:
    """An edge that answers; set its `upstream` port before the first request."""
    with Edge() as edge:
        thread = threading.Thread(target=edge.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield edge
        finally:
            edge.shutdown()
            thread.join()

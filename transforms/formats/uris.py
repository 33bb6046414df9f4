"""The file that a tool's address of an image means."""

import re
from urllib.parse import parse_qs, unquote, urlsplit

_UPLOAD = re.compile(r"^(?P<hash>[0-9a-f]{8})-(?P<name>.+)$")

_PLAIN = re.compile(r"https?://[\w.:-]+/+(?P<path>[\w.~-][\w./~-]*)", re.ASCII)
"""An address without a query, in which nothing stands for something else."""


def file_of(address: str) -> str:
    """The file's name with its folders, without host, bucket and signature.

    `s3://bucket/a/b.jpg?X-Amz=…`, `https://host/a/b.jpg` and
    `/data/local-files/?d=a/b.jpg` are all a/b.jpg; an upload to Label Studio
    (`/data/upload/18/b.jpg`) is b.jpg. What is no address comes back as it is.
    """
    if (plain := _PLAIN.fullmatch(address)) is not None:
        return plain["path"]
    try:
        parts = urlsplit(address)
        local = parse_qs(parts.query).get("d") if parts.query else None
    except ValueError:
        return address
    path = unquote(parts.path).lstrip("/")
    if local and path.rstrip("/").endswith("local-files"):
        return local[0].lstrip("/")
    if parts.scheme in ("", "file") or len(parts.scheme) == 1:
        upload = path.removeprefix("data/upload/")
        if address.startswith("/data/upload/"):
            return upload.partition("/")[2] or upload
        return address.removeprefix("file://") if "://" in address else address
    return path or address


def original(name: str) -> str | None:
    """A file's name before Label Studio put eight digits of a hash in front."""
    folder, slash, last = name.rpartition("/")
    found = _UPLOAD.match(last)
    return f"{folder}{slash}{found['name']}" if found else None

"""Which of a delivery's files are read, as what, and which together.

a.json b.json            a shard each
labels/*.txt (10,000)    five shards of 2,000: files of one frame are read together
export.zip               one shard, of what its members are
README.md photo.jpg      left alone, and named in the manifest
"""

import hashlib
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain, groupby, islice
from operator import itemgetter
from types import ModuleType
from typing import BinaryIO, Protocol

from posegate.transforms import formats
from posegate.transforms.formats.files import File, files, is_archive
from posegate.transforms.formats.json_strangers import classes_alone
from posegate.transforms.formats.streams import DamagedStream, chunks
from posegate.transforms.model.delivery import Member, Shard

BUNDLE_FILES, BUNDLE_BYTES = 2_000, 64 << 20
"""A bundle is at most this many files, of this size together."""

SURE = (".json", ".ndjson", ".jsonl", ".trc", ".c3d", ".slp", ".pts", ".fcsv")
"""Files with these endings are annotations: one that is not recognised is an error."""

_LOOKED_AT = 64  # of a folder's thousands of files, or of an archive's
_THREADS = 16  # a head from object storage is mostly waiting


class Listed(Protocol):
    """A file as it is listed: `name` is its path inside the delivery."""

    @property
    def path(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def size(self) -> int: ...


@dataclass(frozen=True)
class Store:
    """How files are opened, looked at, and their checksums (and generations) found."""

    open: Callable[[str], BinaryIO]
    head: Callable[[str, int], bytes]
    checksum: Callable[[str], tuple[str, int | None]]


def recognise(
    listed: Iterable[Listed], store: Store, said: str | None, place: str
) -> tuple[list[Shard], list[str]]:
    """The shards, not yet numbered, and the names that are left alone.

    Args:
      listed: every file that could be one.
      store: where they lie.
      said: the format that the side file names.
      place: what to name in an error.

    Raises:
      ValueError: a file could be of several formats, or needs a library that is not
        there.
    """
    shards: list[Shard] = []
    alone: list[str] = []
    order = sorted(((_group(f), f) for f in listed), key=itemgetter(0))
    for (_, suffix), group in groupby(order, key=itemgetter(0)):
        some = [file for _, file in group]
        if said is not None:
            module = formats.named(said, f"{place}: format")
            fits = is_archive(suffix) or suffix in formats.suffixes(module)
            kinds = [said if fits else None] * len(some)
        elif is_archive(suffix):
            kinds = [_archived(file, store, place) for file in some]
        else:
            kinds = _kinds(some, suffix, store, place)
        for kind in dict.fromkeys(filter(None, kinds)):
            formats.ready(formats.formats()[kind], place)
        strong = suffix.removesuffix(".gz") in SURE
        known = any(suffix in formats.suffixes(m) for m in formats.formats().values())
        taken = [  # if only to say that it is nothing known
            kind is not None
            or strong
            or (known and not file.size)
            or (is_archive(suffix) and _lost(file, store))
            for file, kind in zip(some, kinds, strict=True)
        ]
        pairs = [(f, k) for f, k, t in zip(some, kinds, taken, strict=True) if t]
        alone += [f.name for f, t in zip(some, taken, strict=True) if not t]
        shards += _shards(pairs, store)
    return sorted(shards, key=lambda shard: shard.name), sorted(alone)


def _group(file: Listed) -> tuple[str, str]:
    """Folder and ending: what lies together and ends alike is likely alike."""
    folder, _, last = file.name.lower().rpartition("/")
    return folder, _suffix(last)


def _suffix(name: str) -> str:
    stem = name.removesuffix(".gz")
    dot = stem.rfind(".")
    return name[dot:] if dot >= 0 else ""


def _kinds(
    some: Sequence[Listed], suffix: str, store: Store, place: str
) -> list[str | None]:
    """The format of each file of a group, None where it looks like none."""
    modules = formats.formats().values()
    if not any(suffix in formats.suffixes(module) for module in modules):
        return [None] * len(some)
    if len(some) > BUNDLE_FILES:
        step = len(some) // _LOOKED_AT
        found = {_one(f, store, place) for f in some[::step]}
        if len(found) == 1 and _per_image(next(iter(found))):
            return [found.pop()] * len(some)
    with ThreadPoolExecutor(_THREADS) as pool:
        kinds = list(pool.map(lambda f: _one(f, store, place), some))
    found = set(kinds) - {None}
    if len(found) == 1 and _per_image(kind := next(iter(found))):
        return [
            kind if k or not f.size else k for f, k in zip(some, kinds, strict=True)
        ]
    return kinds


def _per_image(kind: str | None) -> bool:
    return kind is not None and getattr(formats.formats()[kind], "PER_IMAGE", False)


def _one(file: Listed, store: Store, place: str) -> str | None:
    stored = io.BytesIO(store.head(file.path, formats.HEAD))
    head = _head(chunks(stored, formats.HEAD))
    return _only(formats.sniff(head, file.name), f"{place}/{file.name}")


def _head(pieces: Iterator[bytes]) -> bytes:
    try:
        return next(pieces, b"")
    except DamagedStream:
        return b""


def _only(found: Sequence[ModuleType], name: str) -> str | None:
    if len(found) > 1:
        raise ValueError(formats.ambiguous(name, found))
    return str(found[0].NAME) if found else None


def _archived(file: Listed, store: Store, place: str) -> str | None:
    """The one format of an archive's members; raises ValueError for several."""
    shard = Shard(0, file.path, file.name, file.size, "")
    found: dict[str, str] = {}
    members = (m for m in files(shard, store.open) if isinstance(m, File))
    for member in islice(members, 100 * _LOOKED_AT):
        lower = member.name.lower()
        modules = formats.formats().values()
        if any(lower.endswith(formats.suffixes(module)) for module in modules):
            head = _head(member.chunks(formats.HEAD))
            kind = _only(formats.sniff(head, member.name), f"{place}/{member.name}")
            if kind is not None and not classes_alone(head):
                found.setdefault(kind, member.name)
        if len(found) > 1:
            names = " and ".join(f"{name} ({kind})" for kind, name in found.items())
            raise ValueError(
                f"{place}/{file.name}: holds several formats, {names}; deliver them "
                "in an archive each"
            )
    return next(iter(found), None)


def _lost(file: Listed, store: Store) -> bool:
    """Whether an archive begins with what cannot be read: it may be annotations."""
    shard = Shard(0, file.path, file.name, file.size, "")
    return isinstance(next(files(shard, store.open), None), DamagedStream)


def _shards(
    pairs: Sequence[tuple[Listed, str | None]], store: Store
) -> Iterator[Shard]:
    """A shard a file, or a bundle of those of a format with a file an image."""
    for kind, group in groupby(pairs, key=lambda pair: pair[1]):
        some = [file for file, _ in group]
        together = _per_image(kind) and not is_archive(some[0].name)
        for part in _parts(some) if together else [[file] for file in some]:
            if len(part) > 1:
                yield _bundle(part, kind, store)
                continue
            (file,) = part
            checksum, generation = store.checksum(file.path)
            yield Shard(0, file.path, file.name, file.size, checksum, generation, kind)


def _parts(some: Sequence[Listed]) -> Iterator[list[Listed]]:
    part: list[Listed] = []
    size = 0
    for file in some:
        if part and (len(part) >= BUNDLE_FILES or size + file.size > BUNDLE_BYTES):
            yield part
            part, size = [], 0
        part.append(file)
        size += file.size
    yield part


def _sums(some: Sequence[Listed], store: Store) -> Sequence[tuple[str, int | None]]:
    parts = [some[i : i + _THREADS] for i in range(0, len(some), _THREADS)]
    with ThreadPoolExecutor(_THREADS) as pool:
        found = pool.map(lambda part: [store.checksum(f.path) for f in part], parts)
        return list(chain.from_iterable(found))


def _bundle(some: Sequence[Listed], kind: str | None, store: Store) -> Shard:
    digest = hashlib.sha256()
    for file, (checksum, _) in zip(some, _sums(some, store), strict=True):
        digest.update(f"{file.name}\0{checksum}\n".encode())
    return Shard(
        part=0,
        path=some[0].path,
        name=f"{some[0].name} and {len(some) - 1} more",
        size=sum(file.size for file in some),
        checksum=f"sha256:{digest.hexdigest()}",
        format=kind,
        members=tuple(Member(file.path, file.name) for file in some),
    )

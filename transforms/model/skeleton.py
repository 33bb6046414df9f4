"""The named keypoints of a kind of object, in order, and how they belong together."""

import hashlib
import json
import tomllib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from posegate.transforms.model.landmarks import Face, body, face, hands, plain
from posegate.transforms.model.poses import Floats
from posegate.transforms.model.shelves import SKELETONS


@dataclass(frozen=True)
class Provenance:
    """What sigmas were measured on: deliveries, and the checksums of their files."""

    deliveries: tuple[str, ...]
    inputs: tuple[str, ...]


@dataclass(frozen=True)
class Skeleton:
    """An ordered set of keypoints.

    `limbs` and `flip_pairs` are pairs of indices from 0. `sigmas` are COCO's
    per-keypoint constants (a fraction of the square root of the object's area), or
    None where nobody has published any; `measured` says what on, where posegate did.
    `aliases` are names that a data set's own files have for keypoints: (theirs, ours);
    `renamed` are those of one delivery, which count whatever else they would mean.
    """

    name: str
    keypoints: tuple[str, ...]
    limbs: tuple[tuple[int, int], ...]
    flip_pairs: tuple[tuple[int, int], ...]
    sigmas: tuple[float, ...] | None
    source: str = ""
    category: str = "person"
    measured: Provenance | None = None
    aliases: tuple[tuple[str, str], ...] = ()
    renamed: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        k = len(self.keypoints)
        if not k:
            raise ValueError(f"skeleton {self.name!r} has no keypoints")
        if len(set(self.keypoints)) != k:
            raise ValueError(f"skeleton {self.name!r} names a keypoint twice")
        if self.sigmas is not None and len(self.sigmas) != k:
            raise ValueError(
                f"skeleton {self.name!r} has {len(self.sigmas)} sigmas "
                f"for {k} keypoints"
            )
        for a, b in (*self.limbs, *self.flip_pairs):
            if not (0 <= a < k and 0 <= b < k and a != b):
                raise ValueError(
                    f"skeleton {self.name!r}: ({a}, {b}) is no pair of keypoints; "
                    f"indices run from 0 to {k - 1}"
                )

    @cached_property
    def sigma(self) -> Floats:
        """(K,); raises ValueError where the skeleton has none."""
        if self.sigmas is None:
            raise ValueError(
                f"skeleton {self.name!r} has no sigmas, so OKS is not defined; "
                "measure them with `posegate calibrate`, or add `sigmas` to its TOML"
            )
        return np.asarray(self.sigmas)

    @cached_property
    def version(self) -> str:
        """Twelve hex digits that change with anything that changes a result."""
        text = json.dumps([self.keypoints, self.limbs, self.flip_pairs, self.sigmas])
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    @property
    def masked(self) -> bool:
        """Whether its instances are masks: what is scored then is IoU, not OKS."""
        return self.category == "mask"

    def index(self, keypoint: str) -> int:
        """The position of a keypoint by name."""
        return self.keypoints.index(keypoint)

    @cached_property
    def joints(self) -> dict[str, int]:
        """The positions of the keypoints by plain name: `left_eye`, also for LEye."""
        return {plain(name): i for i, name in reversed([*enumerate(self.keypoints)])}

    def joint(self, name: str) -> int:
        """The position of a keypoint by plain name."""
        return self.joints[name]

    @cached_property
    def body(self) -> dict[str, int]:
        """Where the parts of a body stand that the skeleton has: `left hip`, `head`."""
        return body(self.joints)

    @cached_property
    def face(self) -> Face | None:
        """The points of a face, where the skeleton has one."""
        return face(self)

    @cached_property
    def hands(self) -> tuple[tuple[tuple[int, ...], ...], ...]:
        """The fingers of the skeleton's hands, from the wrist to the tips."""
        return hands(self)


def parse(name: str, text: str, place: str) -> Skeleton:
    """A skeleton from the text of its TOML; limbs and pairs are given by name."""
    try:
        table: dict[str, Any] = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{place}: not TOML: {error}") from error
    known = {
        *("name", "category", "keypoints", "limbs", "flip_pairs", "sigmas", "source"),
        *("calibration", "aliases"),
    }
    if unknown := sorted(table.keys() - known):
        raise ValueError(f"{place}: unknown key {unknown[0]!r}; known: {sorted(known)}")
    names = tuple(table.get("keypoints", ()))
    for keypoint in names:
        if not isinstance(keypoint, str):
            raise ValueError(f"{place}: keypoint {keypoint!r} is no name; quote it")

    def pairs(key: str) -> tuple[tuple[int, int], ...]:
        for pair in table.get(key, ()):
            if not isinstance(pair, list) or len(pair) != 2:
                raise ValueError(f"{place}: {key}: {pair!r} is no pair of keypoints")
            for end in pair:
                if end not in names:
                    raise ValueError(f"{place}: {key} names {end!r}, not a keypoint")
        return tuple((names.index(a), names.index(b)) for a, b in table.get(key, ()))

    sigmas = table.get("sigmas")
    for sigma in sigmas or ():
        if not isinstance(sigma, int | float) or not sigma > 0:
            raise ValueError(f"{place}: sigma {sigma!r} is not a number above 0")
    skeleton = Skeleton(
        name=table.get("name", name),
        keypoints=names,
        limbs=pairs("limbs"),
        flip_pairs=pairs("flip_pairs"),
        sigmas=tuple(map(float, sigmas)) if sigmas is not None else None,
        source=table.get("source", ""),
        category=table.get("category", "person"),
        measured=_measured(table.get("calibration"), place),
        aliases=_aliases(table.get("aliases", {}), names, place),
    )
    said = table["calibration"]["version"] if skeleton.measured else skeleton.version
    if said != skeleton.version:
        raise ValueError(
            f"{place}: calibration.version is {said!r}, but the keypoints and sigmas "
            f"make {skeleton.version!r}: they were changed since they were measured; "
            "measure them again, or remove [calibration]"
        )
    return skeleton


def _measured(said: Any, place: str) -> Provenance | None:
    """The table `[calibration]`, as `posegate calibrate` writes it."""
    if said is None:
        return None
    if not isinstance(said, dict) or not isinstance(said.get("version"), str):
        raise ValueError(
            f"{place}: calibration is no table with a version; `posegate calibrate` "
            "writes it"
        )
    return Provenance(tuple(said.get("deliveries", ())), tuple(said.get("inputs", ())))


def _aliases(
    table: object, names: tuple[str, ...], place: str
) -> tuple[tuple[str, str], ...]:
    if not isinstance(table, dict):
        raise ValueError(f"{place}: aliases is no table of theirs = ours")
    for theirs, ours in table.items():
        if ours not in names:
            raise ValueError(f"{place}: aliases: {theirs} = {ours!r} is no keypoint")
    return tuple(table.items())


def load(name: str, relative_to: Path | None = None) -> Skeleton:
    """A shipped skeleton by name, or one from the path of a TOML."""
    if name.endswith(".toml"):
        path = (relative_to or Path()) / name
        return parse(path.stem, path.read_text(encoding="utf-8"), str(path))
    return parse(name, SKELETONS.read(name).decode(), name)

"""Policies: named sets of thresholds, as TOML."""

import tomllib
from collections.abc import Mapping
from typing import Any

from posegate.transforms import storage
from posegate.transforms.model.shelves import POLICIES


def load_policy(name: str) -> dict[str, Any]:
    """The tables of a shipped policy, or of one from the path of a TOML.

    A policy that `extends` a shipped one says only what it does differently.

    Raises:
      ValueError: there is no such policy, or its text is not TOML.
    """
    table = _parse(name)
    below = table.pop("extends", None)
    if below is None:
        return table
    if below not in POLICIES.names() or below == name:
        raise ValueError(
            f"policy {name}: extends = {below!r} is no shipped policy; "
            f"those are {', '.join(POLICIES.names())}"
        )
    return overlay(load_policy(below), table)


def overlay(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Two tables as one: `over` wins, tables inside are overlaid in turn."""
    merged = dict(under)
    for key, value in over.items():
        below = merged.get(key)
        if isinstance(below, Mapping) and isinstance(value, Mapping):
            value = overlay(below, value)
        merged[key] = value
    return merged


def _parse(name: str) -> dict[str, Any]:
    try:
        return tomllib.loads(_text(name))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"policy {name}: not TOML: {error}") from error


def _text(name: str) -> str:
    if name.endswith(".toml"):
        try:
            return storage.read_bytes(name).decode()
        except FileNotFoundError:
            raise ValueError(f"policy {name}: there is no such file") from None
    return POLICIES.read(name).decode()

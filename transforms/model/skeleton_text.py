"""A skeleton as the text of its TOML."""

import json
import textwrap
from collections.abc import Iterable, Sequence

WIDTH = 88


def toml(
    keypoints: Sequence[str],
    limbs: Iterable[tuple[int, int]],
    flip_pairs: Iterable[tuple[int, int]],
    *,
    name: str = "",
    source: str = "",
    category: str = "",
    sigmas: Sequence[float] | None = None,
    aliases: Iterable[tuple[str, str]] = (),
    says: Iterable[str] = (),
) -> str:
    """The TOML; pairs are of indices and written by name, `says` are its comments."""
    said = [commented(each) for each in says]
    known = (("name", name), ("category", category), ("source", source))
    lines = [f"{key} = {quoted(text)}" for key, text in known if text]
    lines += listed("keypoints", map(quoted, keypoints))
    for key, pairs in (("limbs", limbs), ("flip_pairs", flip_pairs)):
        named = (f"[{quoted(keypoints[a])}, {quoted(keypoints[b])}]" for a, b in pairs)
        lines += listed(key, named)
    if sigmas is not None:
        lines += listed("sigmas", map(repr, sigmas))
    if also := list(aliases):
        lines += ["", "[aliases]"]
        lines += [f"{quoted(theirs)} = {quoted(ours)}" for theirs, ours in also]
    return "\n".join([*said, *lines, ""])


def quoted(text: str) -> str:
    """A text as TOML has it: JSON's escapes are among TOML's."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007F")


def commented(text: str) -> str:
    """A sentence as lines of comment."""
    clean = "".join(c if c.isprintable() else " " for c in text)
    return textwrap.fill(
        clean,
        WIDTH,
        initial_indent="# ",
        subsequent_indent="# ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def listed(key: str, items: Iterable[str]) -> list[str]:
    """A list as lines of at most `WIDTH`, many items a line."""
    some = list(items)
    if not some:
        return [f"{key} = []"]
    lines = ["   "]
    for item in some:
        if len(lines[-1]) > 3 and len(lines[-1]) + len(item) + 2 > WIDTH:
            lines.append("   ")
        lines[-1] += f" {item},"
    return [f"{key} = [", *lines, "]"]

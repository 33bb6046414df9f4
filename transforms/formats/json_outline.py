"""What a JSON text is, by the keys that it starts with."""

import re

_TOKEN = re.compile(rb'"((?:[^"\\]+|\\.)*+)("\s*:|"|)|([{}\[\]])', re.DOTALL)
_MOST, _DEEPEST = 20_000, 32
"""Tokens and levels looked at; a head of 64 KiB that is no attack has fewer."""

BOM = b"\xef\xbb\xbf"


def outline(head: bytes) -> dict[str, str]:
    """The keys in a text cut off anywhere, each by its path, with its first text.

    `[{"data": {"image": "a.jpg"}}]` gives `*`, `*/data` and `*/data/image`; a list's
    elements are `*`, the text of what is none is empty. Not JSON gives nothing.
    """
    found: dict[str, str] = {}
    stack: list[bool] = []  # whether each open bracket is a list's
    path: list[str] = []
    key: str | None = None
    text = head.removeprefix(BOM).lstrip()
    if text[:1] not in (b"{", b"["):
        return found
    for i, token in enumerate(_TOKEN.finditer(text)):
        if i > _MOST or len(stack) > _DEEPEST:
            break
        string, end, bracket = token.groups()
        if end == b"":  # the text is cut off inside a string
            break
        if bracket is None and end != b'"' and stack and not stack[-1]:
            key = string.decode("utf-8", "replace")
            found.setdefault("/".join((*path, key)), "")
        elif bracket is None:
            if key is not None:
                where = "/".join((*path, key))
                found[where] = found[where] or string.decode("utf-8", "replace")
                key = None
        elif bracket in b"{[":
            _open(bracket == b"[", key, stack, path)
            found.setdefault("/".join(path), "")
            key = None
        elif stack:
            _close(stack, path)
            key = None
    return found


def _open(listed: bool, key: str | None, stack: list[bool], path: list[str]) -> None:
    if key is not None:
        path.append(key)
    elif stack:
        path.append("*" if stack[-1] else "?")
    stack.append(listed)


def _close(stack: list[bool], path: list[str]) -> None:
    stack.pop()
    if stack and path:
        path.pop()

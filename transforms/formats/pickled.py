"""Pickles that hold nothing but lists, tuples, texts and numbers, read as data.

Nothing is imported and nothing is called: an opcode that would is refused.
"""

import pickletools
from typing import Any

LARGEST = 16 << 20
"""Bytes of a pickle that is read; names of columns take less than 64 KiB."""

_VALUES = {
    *("UNICODE", "BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8"),
    *("STRING", "BINSTRING", "SHORT_BINSTRING"),
    *("INT", "LONG", "LONG1", "BININT", "BININT1", "BININT2", "BINFLOAT", "FLOAT"),
}
_CONSTANTS: dict[str, Any] = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}
_PAST = {"PROTO", "FRAME"}
_MARK = object()


def texts(data: bytes) -> Any:
    """What a pickle holds; raises ValueError for any that holds more than data."""
    if len(data) > LARGEST:
        raise ValueError(f"a pickle of {len(data)} bytes is too large")
    stack: list[Any] = []
    memo: dict[int, Any] = {}
    try:
        for opcode, argument, _ in pickletools.genops(data):
            if opcode.name == "STOP":
                return stack.pop()
            _step(opcode.name, argument, stack, memo)
    except (LookupError, TypeError, AttributeError) as error:
        raise ValueError(f"a pickle is damaged ({error})") from error
    raise ValueError("a pickle has no end")


def _step(name: str, argument: Any, stack: list[Any], memo: dict[int, Any]) -> None:
    """One opcode."""
    if name in _VALUES:
        stack.append(argument)
    elif name in _CONSTANTS:
        stack.append(_CONSTANTS[name])
    elif name == "MARK":
        stack.append(_MARK)
    elif name in ("LIST", "TUPLE"):
        stack.append(_marked(stack))
    elif name in ("EMPTY_LIST", "EMPTY_TUPLE"):
        stack.append([])
    elif name in ("TUPLE1", "TUPLE2", "TUPLE3"):
        n = int(name[-1])
        stack[-n:] = [stack[-n:]]
    elif name == "APPEND":
        last = stack.pop()
        stack[-1].append(last)
    elif name == "APPENDS":
        some = _marked(stack)
        stack[-1].extend(some)
    elif name in ("PUT", "BINPUT", "LONG_BINPUT"):
        memo[int(argument)] = stack[-1]
    elif name == "MEMOIZE":
        memo[len(memo)] = stack[-1]
    elif name in ("GET", "BINGET", "LONG_BINGET"):
        stack.append(memo[int(argument)])
    elif name not in _PAST:
        raise ValueError(f"a pickle holds more than data ({name})")


def _marked(stack: list[Any]) -> list[Any]:
    """What stands above the last mark, taken off with it."""
    some: list[Any] = []
    while (item := stack.pop()) is not _MARK:
        some.append(item)
    return some[::-1]

"""Where the brackets of JSON stand."""

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]

_MARKS = bytes(c in b'"[]{}' for c in range(256))
_QUOTE, _BACKSLASH = 34, 92


def brackets(
    window: bytes, in_string: bool, escaped: bool
) -> tuple[Ints, npt.NDArray[np.int64], bool, bool]:
    """The brackets of a piece of JSON that stand outside its strings.

    Args:
      window: the piece; it may start and end anywhere.
      in_string: the piece starts inside a string.
      escaped: a backslash before the piece escapes its first byte.

    Returns:
      (B,) positions in the piece; (B,) +1 for an opening and -1 for a closing bracket;
      `in_string` and `escaped` for the piece that follows. An empty piece gives none.
    """
    data = np.frombuffer(window, np.uint8)
    marks = np.flatnonzero(np.frombuffer(window.translate(_MARKS), np.bool_))
    kind = data[marks]
    quote = kind == _QUOTE
    if escaped or b"\\" in window:
        hidden, escaped = _escaped(data, escaped)
        quote &= ~np.isin(marks, hidden)
    quotes = np.cumsum(quote)
    outside = ((quotes + in_string) & 1 == 0) & (kind != _QUOTE)
    ends_inside = bool((int(quotes[-1]) if len(quotes) else 0) + in_string & 1)
    # `[` and `{` have bit 1 set (0x5B, 0x7B), `]` and `}` have not (0x5D, 0x7D).
    step = (kind[outside] & 2).astype(np.int64) - 1
    return marks[outside], step, ends_inside, escaped


def _escaped(data: npt.NDArray[np.uint8], escaped: bool) -> tuple[Ints, bool]:
    """Positions of the bytes that a backslash escapes; whether one escapes the next."""
    slashes = np.flatnonzero(data == _BACKSLASH)
    if escaped and len(slashes) and slashes[0] == 0:
        slashes = slashes[1:]
    first = np.diff(slashes, prepend=-2) != 1
    run = np.maximum.accumulate(np.where(first, slashes, 0))
    hidden = slashes[(slashes - run) % 2 == 0] + 1
    carried = bool(len(hidden) and hidden[-1] == len(data))
    if escaped and not len(data):
        carried = True
    return (np.append(hidden, 0) if escaped else hidden), carried

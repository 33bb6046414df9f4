"""Libraries that are installed with an extra of posegate's, if at all."""

from importlib.util import find_spec


def missing(library: str, format: str, extra: str) -> None:
    """Raises ValueError, saying what to install, unless the library is there."""
    if find_spec(library) is None:
        raise ValueError(
            f"files of the format {format} need {library}: "
            f"pip install 'posegate[{extra}]', or leave them out by `ignore` in "
            "delivery.toml"
        )

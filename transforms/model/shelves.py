"""Files that come with posegate and are named in project.toml: one shelf a kind."""

import difflib
from dataclasses import dataclass
from importlib import resources


@dataclass(frozen=True)
class Shelf:
    """A folder of shipped files; `what` one of them is called, and how it ends."""

    folder: str
    what: str
    ending: str

    def names(self) -> tuple[str, ...]:
        """The names that may be asked for, in order."""
        place = resources.files("posegate.expectations") / self.folder
        n = len(self.ending)
        names = (file.name for file in place.iterdir())
        return tuple(sorted(name[:-n] for name in names if name.endswith(self.ending)))

    def read(self, name: str) -> bytes:
        """A file by its name; raises ValueError saying which names there are."""
        known = self.names()
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            told = (
                f"did you mean {near[0]!r}? Else"
                if near
                else f"shipped: {', '.join(known)}; or"
            )
            raise ValueError(
                f"no {self.what} {name!r}; {told} give the path of a "
                f"{self.ending[1:].upper()}"
            )
        place = resources.files("posegate.expectations") / self.folder
        return (place / f"{name}{self.ending}").read_bytes()


SKELETONS = Shelf("skeletons", "skeleton", ".toml")
POLICIES = Shelf("policies", "policy", ".toml")
SUITES = Shelf("suites", "suite", ".json")

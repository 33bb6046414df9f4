"""project.toml and its policy, read into one validated `Project`."""

import difflib
import tomllib
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Annotated, Any

from pydantic import Field, ValidationError

from posegate.expectations.policy import load_policy, overlay
from posegate.transforms import storage
from posegate.transforms.kernels.acceptance import plan_of
from posegate.transforms.kernels.streams import parameters
from posegate.transforms.model import skeleton as skeletons
from posegate.transforms.model.columns import PREFIX
from posegate.transforms.model.policy import Policy, Section
from posegate.transforms.model.rule import SEVERITIES, Setting
from posegate.transforms.model.skeleton import Skeleton


class Annotators(Section):
    """Who placed what, where the export does not say: a CSV or Parquet job table."""

    table: str | None = None


class Project(Policy):
    """What the customer configures, over the policy it starts from."""

    project: Annotated[str, Field(min_length=1)]
    skeleton: str
    policy: str
    output: Annotated[str, Field(min_length=1)]
    annotators: Annotators = Annotators()
    rules: Mapping[str, dict[str, float | str] | str] = Field(default_factory=dict)
    place: str = ""

    @property
    def folder(self) -> str:
        """Where project.toml lies; relative paths in it start here."""
        return parent(self.place)

    def load_skeleton(self) -> Skeleton:
        """The shipped skeleton of that name, or the TOML beside the project."""
        if not self.skeleton.endswith(".toml"):
            return skeletons.load(self.skeleton)
        path = resolve(self.folder, self.skeleton)
        try:
            text = storage.read_bytes(path).decode()
        except FileNotFoundError:
            raise ValueError(
                f"{self.place}: skeleton: {path}: there is no such file"
            ) from None
        except UnicodeDecodeError as error:
            raise ValueError(f"{path}: not UTF-8: {error}") from error
        return skeletons.parse(PurePosixPath(path).stem, text, path)

    def settings(self) -> dict[str, Setting]:
        """What policy and project say of each rule, by its id."""
        return {id: setting(id, said, self.place) for id, said in self.rules.items()}


NAMING = (
    ("sampling", "strata"),
    ("splits", "stratify"),
    ("splits", "group"),
    ("slices", "by"),
)
"""Settings that name columns."""


def own_attributes(project: Project) -> tuple[tuple[str, str], ...]:
    """(setting, attribute) that the project names itself: what a shipped policy names
    is for who has it."""
    shipped = load_policy(
        "general" if project.policy.endswith(".toml") else project.policy
    )
    found = []
    for section, key in NAMING:
        columns = getattr(getattr(project, section), key)
        if list(columns) != shipped.get(section, {}).get(key):
            found += [
                (f"{section}.{key}", name.removeprefix(PREFIX))
                for name in columns
                if name.startswith(PREFIX)
            ]
    return tuple(found)


def parent(path: str) -> str:
    """The folder of a local or `gs://` file."""
    return path.rpartition("/")[0] or ("/" if path.startswith("/") else ".")


def resolve(folder: str, path: str) -> str:
    """A path of project.toml as seen from here."""
    if "://" in path or path.startswith("/"):
        return path
    return f"{folder}/{path}"


def setting(id: str, said: Mapping[str, float | str] | str, place: str) -> Setting:
    """One entry of `[rules]`: "off", or a severity and parameters."""
    table = {"severity": said} if isinstance(said, str) else dict(said)
    severity = table.pop("severity", None)
    if severity not in (None, "off", *SEVERITIES):
        raise ValueError(
            f'{place}: rules."{id}": severity {severity!r}; '
            f"one of off, {', '.join(SEVERITIES)}"
        )
    numbers: dict[str, float] = {}
    for key, number in table.items():
        if isinstance(number, str):
            raise ValueError(f'{place}: rules."{id}".{key}: {number!r} is no number')
        numbers[key] = number
    return Setting(severity and str(severity), numbers)


def load(place: str, output: str | None = None) -> Project:
    """Reads and checks a project.toml, local or `gs://`.

    Args:
      place: the path of project.toml.
      output: where results go, instead of what the file says.

    Raises:
      ValueError: one line a mistake, each with its place, value and remedy.
    """
    try:
        table = tomllib.loads(storage.read_bytes(place).decode())
    except FileNotFoundError:
        raise ValueError(f"{place}: there is no such file") from None
    except IsADirectoryError:
        raise ValueError(
            f"{place}: is a folder; give the path of a project.toml"
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"{place}: not TOML: {error}") from error
    return build(table, place, output)


def build(table: dict[str, Any], place: str, output: str | None = None) -> Project:
    """The project that a parsed project.toml describes."""
    policy = table.get("policy", "general")
    if not isinstance(policy, str):
        raise ValueError(f"{place}: policy: {policy!r} is no name")
    if policy.endswith(".toml"):
        policy = resolve(parent(place), policy)
    under = load_policy(policy)
    merged = overlay(under, {**table, "policy": policy, "place": place})
    if output is not None:
        merged["output"] = output
    elif isinstance(merged.get("output"), str) and merged["output"]:
        merged["output"] = resolve(parent(place), merged["output"])
    try:
        project = Project.model_validate(merged)
    except ValidationError as error:
        raise ValueError("\n".join(lines(error, place))) from None
    try:
        plan_of(project)
        parameters(project.drift, None)
    except ValueError as error:
        raise ValueError(f"{place}: {error}") from None
    return project


def lines(error: ValidationError, place: str) -> list[str]:
    """Each mistake as one line: place, key, what is wrong, what would do."""
    return [
        f"{place}: {'.'.join(map(str, e['loc'])) or 'project'}: {remedy(e)}"
        for e in error.errors()
    ]


def remedy(error: Any) -> str:
    """What is wrong with one value, and what would do."""
    kind, location = error["type"], error["loc"]
    if kind == "missing":
        return "is required"
    if kind == "extra_forbidden":
        known = fields_at(location[:-1])
        near = difflib.get_close_matches(str(location[-1]), known, 1)
        hint = (
            f"; did you mean {near[0]!r}?" if near else f"; known: {', '.join(known)}"
        )
        return f"unknown key{hint}"
    return f"{error['msg'].removeprefix('Value error, ')} (got {error['input']!r})"


def fields_at(location: tuple[int | str, ...]) -> list[str]:
    """The keys that the table at a place of project.toml may have."""
    model: Any = Project
    for step in location:
        annotation = model.model_fields[str(step)].annotation
        options = getattr(annotation, "__args__", (annotation,))
        model = next(o for o in options if o is not type(None))
    names = [f.alias or name for name, f in model.model_fields.items()]
    return sorted(n for n in names if n != "place")

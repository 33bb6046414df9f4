"""`posegate skeleton`: those that are shipped, and one for a delivery that has its own.

What `init` prints is TOML, its explanations are comments: it can go into a file.
"""

import argparse
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING

from posegate.pipelines import speech
from posegate.pipelines.commands import Action, Commands, command

if TYPE_CHECKING:
    from posegate.transforms.formats.names import Names
    from posegate.transforms.model.delivery import Shard
    from posegate.transforms.model.skeleton import Skeleton


EPILOG = """\
posegate skeleton list                   every skeleton that is shipped
posegate skeleton show coco_17           one of them, as TOML
posegate skeleton init DELIVERY          which one a delivery has; if none, a new TOML
posegate skeleton init DELIVERY --out bowler.toml
"""

LOOKED_AT = 64
"""Files of a delivery that are asked for the names of their keypoints."""


def add(commands: Commands) -> None:
    """The sub-command's parser."""
    parser = command(
        commands,
        "skeleton",
        help="list the skeletons, or find or write the one of a delivery",
        description="Lists the skeletons that are shipped, shows one, says which one a "
        "delivery has, or writes a new one from its names.",
        epilog=EPILOG,
    )
    parser.add_argument("what", choices=("list", "show", "init"), metavar="WHAT",
                        help="list, show or init")  # fmt: skip
    parser.add_argument("of", nargs="?", metavar="NAME|DELIVERY",
                        help="of show: a skeleton; of init: a delivery")  # fmt: skip
    parser.add_argument("--out", metavar="TOML", help="of init: the file to write")
    parser.add_argument("--format", metavar="NAME", help="of init: what the files are")
    parser.add_argument("--category", metavar="NAME",
                        help="of init: whose keypoints, of several")  # fmt: skip


def act(parsed: argparse.Namespace) -> Action:
    """What the sub-command does; raises ValueError for a call that is wrong."""
    if parsed.what != "list" and not parsed.of:
        of = "NAME" if parsed.what == "show" else "DELIVERY"
        raise ValueError(f"skeleton {parsed.what}: needs {of}; see skeleton --help")
    from posegate.transforms.model.skeleton_text import quoted

    text, out = {"list": _list, "show": _show, "init": _init}[parsed.what](parsed)

    def tell() -> int:
        if out is not None:
            from posegate.transforms import storage

            storage.write_bytes(str(out), text.encode())
            place = quoted(str(out.resolve()))
            speech.tell(
                f"wrote {out}; fill it in, then, in project.toml: skeleton = {place} "
                "(or its path from there)"
            )
        else:
            speech.tell(text.rstrip("\n"))
        return 0

    return tell


def _list(parsed: argparse.Namespace) -> tuple[str, Path | None]:
    """A table of what is shipped."""
    from posegate.transforms.model.shelves import SKELETONS
    from posegate.transforms.model.skeleton import load

    rows: list[tuple[str, ...]]
    rows = [("skeleton", "keypoints", "limbs", "flip pairs", "sigmas")]
    for name in SKELETONS.names():
        each = load(name)
        counts = (each.keypoints, each.limbs, each.flip_pairs)
        sigmas = "-" if each.sigmas is None else "+"
        rows.append((name, *(str(len(c)) for c in counts), sigmas))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)
    return "\n".join(lines) + "\n\n- no sigmas are published: OKS is not defined", None


def _show(parsed: argparse.Namespace) -> tuple[str, Path | None]:
    """The text of a skeleton's file."""
    from posegate.transforms.model.shelves import SKELETONS
    from posegate.transforms.model.skeleton import load

    load(parsed.of)  # says what is wrong with the name or the file
    if parsed.of.endswith(".toml"):
        return Path(parsed.of).read_text(encoding="utf-8"), None
    return SKELETONS.read(parsed.of).decode(), None


def _init(parsed: argparse.Namespace) -> tuple[str, Path | None]:
    """What is found, and where it is to be written: only what has to be filled in."""
    from posegate.transforms import storage

    out = Path(parsed.out) if parsed.out else None
    if out is not None and out.exists():
        raise ValueError(f"--out {out}: exists; choose another file")
    if out is not None and not out.name.endswith(".toml"):
        raise ValueError(f"--out {out}: a skeleton's file ends in .toml")
    if out is not None:
        storage.check_writable(str(out.parent))
    names = chosen(named(parsed.of, parsed.format), parsed.category, parsed.of)
    fit = fits(names)
    if fit is not None:
        return fit + (_needless(out) if out is not None else ""), None
    return draft(names, parsed.of, out.stem if out is not None else ""), out


def _needless(out: Path) -> str:
    """Why nothing is written where a shipped skeleton fits."""
    from posegate.transforms.model.skeleton_text import commented

    return (
        commented(
            f"{out} is not written: the skeleton is shipped, and the line above, in "
            "project.toml, is all it takes. `posegate skeleton show` prints it as TOML "
            "for one of your own that begins there."
        )
        + "\n"
    )


def advice(path: str, format: str | None) -> str:
    """What to do about a delivery that has another skeleton than its project."""
    from posegate.transforms.model.detect import detect

    try:
        names = chosen(named(path, format), None, path)
    except (ValueError, OSError):
        return "its keypoints are not the project's; `posegate skeleton init` says more"
    exact = (m.skeleton.name for m in detect(names.keypoints) if m.exact)
    fit = next(chain(exact, names.fits), None)
    if fit is None:
        return (
            f"none shipped fits; `posegate skeleton init {path}` writes one that does"
        )
    return f'the shipped {fit} fits this delivery: skeleton = "{fit}"'


def found(path: str, format: str | None, category: str | None) -> "Skeleton":
    """The shipped skeleton whose names a delivery has, or one of just its names.

    Of several kinds of keypoints those of the category.

    Raises ValueError where its files only have numbers of points, or several kinds.
    """
    from posegate.transforms.model.detect import counting, detect, mirrored
    from posegate.transforms.model.skeleton import Skeleton, load

    names = chosen(named(path, format), category, path)
    for match in detect(names.keypoints) if names.keypoints else ():
        if match.exact:
            return match.skeleton
    if names.fits:
        return load(names.fits[0])
    if not names.keypoints:
        alike = ", ".join(counting(names.count)) or "none"
        raise ValueError(
            f"{path}: {names.count} points without names; say which they are by "
            f"--skeleton (shipped with {names.count}: {alike})"
        )
    pairs = mirrored(names.keypoints)
    return Skeleton(names.category or "own", names.keypoints, names.limbs, pairs, None)


def named(path: str, format: str | None) -> "list[Names]":
    """The sets of names in a delivery's files, each once.

    Raises ValueError where no file has any.
    """
    from posegate.pipelines.intake import check_any, listed
    from posegate.transforms.formats.names import joined

    delivery, alone = listed(path, format, summed=False)
    shards = delivery.shards
    check_any(shards, alone, path, delivery.format)
    kinds = sorted({shard.format for shard in shards if shard.format})
    asked = [s for s in shards if s.format and hasattr(_module(s), "names")]
    if kinds and not asked:
        raise ValueError(
            f"{path}: files of {' and '.join(kinds)} are not asked for names yet; "
            "start from a shipped one: `posegate skeleton show coco_17`"
        )
    found = joined(islice(_each(asked), LOOKED_AT))
    distinct = {(n.keypoints, n.limbs, n.count): n for n in found if n.size}
    if not distinct:
        bare = "no file of it has keypoints; was the export of boxes alone?"
        raise ValueError(f"{path}: {_damage(shards, path) or bare}")
    return list(distinct.values())


def _damage(shards: "Sequence[Shard]", path: str) -> str | None:
    """What its readers say first of what they refuse: why it gives no names."""
    from posegate.transforms import formats, storage
    from posegate.transforms.model.delivery import deliver
    from posegate.transforms.model.schema import QUARANTINE
    from posegate.transforms.model.skeleton import Skeleton

    delivery = deliver(shards, None, path, path)
    none = Skeleton("none", ("none",), (), (), None)
    for shard in delivery.shards[:LOOKED_AT]:
        context = formats.Context(none, delivery, shard, storage.open_input)
        for batch in islice(formats.read(context), LOOKED_AT):
            if batch.schema.names == QUARANTINE.names:
                row = min(batch.to_pylist(), key=lambda row: int(row["position"]))
                return f"{row['source']}: {row['detail']}"
    return None


def _module(shard: "Shard") -> object:
    from posegate.transforms.formats import formats

    return formats().get(shard.format or "")


def _each(shards: "Sequence[Shard]") -> "Iterator[Names]":
    from posegate.transforms import storage
    from posegate.transforms.formats.files import File, files
    from posegate.transforms.formats.streams import DamagedStream

    for shard in shards:
        for file in files(shard, storage.open_input):
            if isinstance(file, File):
                with suppress(DamagedStream):
                    yield from _module(shard).names(file)  # type: ignore[attr-defined]


def chosen(found: "Sequence[Names]", category: str | None, place: str) -> "Names":
    """The one set of names, or that of a category; the largest if it has all others.

    As many points without names beside it are taken to be the same. Raises ValueError
    for several.
    """
    some = [n for n in found if category is None or n.category == category]
    sizes = {n.size for n in some if n.keypoints}
    some = [n for n in some if n.keypoints or n.size not in sizes]
    known = ", ".join(f"{n.category!r} ({n.size})" for n in found)
    if not some:
        raise ValueError(f"--category {category!r}: {place} has {known}")
    whole = max(some, key=lambda n: (n.size, len(n.limbs)))
    stray = {name for n in some for name in n.keypoints} - set(whole.keypoints)
    if stray or len({n.count for n in some}) > 1:
        apart = (
            f" ({', '.join(map(repr, sorted(stray)[:3]))} not in all)" if stray else ""
        )
        raise ValueError(
            f"{place}: keypoints of several kinds{apart}: {known}; say which by "
            "--category, or give one of its files"
        )
    return whole


def fits(names: "Names") -> str | None:
    """The line for project.toml, if a shipped skeleton fits; else None."""
    from posegate.transforms.model.detect import by_viewer, crossed, detect, nearly
    from posegate.transforms.model.skeleton_text import commented, quoted

    if not names.keypoints:
        if not names.fits:
            return None
        said = [f"{names.size} points without names, which this format has of:"]
        return "\n".join(
            [
                *map(commented, said),
                *(f"skeleton = {quoted(fit)}" for fit in names.fits[:1]),
                *(f"# skeleton = {quoted(fit)}" for fit in names.fits[1:]),
                "",
            ]
        )
    exact = [match for match in detect(names.keypoints) if match.exact]
    if not exact:
        return None
    best, *others = exact
    said = [
        f"The {names.size} keypoints of {names.category!r} are {best.skeleton.name}'s."
    ]
    if best.reordered:
        said.append("They stand in another order, and are read by name.")
    if same := [match.skeleton.name for match in others]:
        said.append(f"The same names have: {', '.join(same)}.")
    if near := nearly(names.keypoints):
        said.append(f"Nearly the same names have: {', '.join(near)}.")
    if viewer := by_viewer(names.keypoints):
        said.append(_viewers(viewer))
    for a, b in crossed(best, names.keypoints):
        said.append(
            f"{a} and {b} are no flip pair of {best.skeleton.name}: look at them."
        )
    return "\n".join(
        [*map(commented, said), f"skeleton = {quoted(best.skeleton.name)}", ""]
    )


def _viewers(names: Sequence[str]) -> str:
    return (
        f"{', '.join(names[:3])} seem to mean the viewer's left and right; here they "
        "are the subject's: ask the vendor, and exchange the names if need be."
    )


def draft(names: "Names", place: str, title: str) -> str:
    """A TOML to fill in."""
    from posegate.transforms.model.detect import by_viewer, counting, detect, mirrored
    from posegate.transforms.model.skeleton_text import toml

    keypoints = names.keypoints or tuple(f"point_{i}" for i in range(names.count))
    pairs = mirrored(keypoints)
    says = [f"The keypoints of {names.category!r} in {place}. To fill in:"]
    if not names.keypoints:
        says.append("keypoints: the files have no names; give each its own.")
        if alike := counting(names.count):
            says.append(
                f"Shipped with {names.count} keypoints: {', '.join(alike)}. If the "
                "order is that of one of them, take it instead."
            )
    if near := [m for m in detect(names.keypoints) if names.keypoints][:3]:
        nearest = ", ".join(f"{m.skeleton.name} ({m.shared:.0%})" for m in near)
        says.append(f"The nearest that are shipped, by shared names: {nearest}.")
    says.append(
        "limbs: as the file has them; check them."
        if names.limbs
        else 'limbs: the file has none; pairs of names, e.g. ["knee", "ankle"].'
    )
    says.append(
        "flip_pairs: GUESSED from left and right in the names; check them."
        if pairs
        else "flip_pairs: no names with left and right; pairs that a mirror exchanges."
    )
    says.append(
        "sigmas: nobody has published any for these, so OKS is not defined; measure "
        "them with `posegate calibrate` from images that two people annotated."
    )
    if viewer := by_viewer(keypoints):
        says.append(_viewers(viewer))
    source = f"posegate skeleton init {place}"
    return toml(keypoints, names.limbs, pairs, name=title, source=source, says=says)

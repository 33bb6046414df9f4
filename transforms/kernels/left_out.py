"""What could have been compared and was not, in sentences."""

import difflib
from collections.abc import Mapping, Sequence
from datetime import date

from posegate.transforms.kernels.buckets import Ints
from posegate.transforms.kernels.score import IOU, Score
from posegate.transforms.kernels.sums import Key
from posegate.transforms.model.grammar import numbered

ONLY_REFERENCES = (
    "Nothing to judge: no instance has the role production. Gold and reviews count "
    "where their instances are judged: in the same delivery, or name it in "
    'delivery.toml (reviews = "…") and run the gate on it again. Predictions of a '
    "model are prelabels: where people placed or corrected the points, say "
    'role = "production" there.'
)

SENTENCES = {
    "contested-gold": "{n} {instance|instances} of gold {contradicts|contradict} other "
    "gold of the same object and {is|are} no reference (see findings/, "
    "reference.contradiction); settle which is right.",
    "disputed-review": "{n} {instance has|instances have} reviews that contradict each "
    "other (see findings/, reference.disputed-review); the latest hand-in's counts.",
    "replaced-review": "{n} {review does|reviews do} not count: a later hand-in, or "
    "another review, settles {its|their} instance.",
    "own-gold": "{n} {instance|instances} of gold {is|are} no reference of the work of "
    "those who placed {it|them}; have gold placed, or that work reviewed, by somebody "
    "else.",
    "own-review": "{n} {review of somebody's own work does|reviews of people's own "
    "work do} not count.",
    "not-drawn": "{n} {review is of an instance|reviews are of instances} that "
    "{was|were} not drawn and {does|do} not count; if {it was|they were} chosen at "
    'random, set sampling.reviews = "all".',
    "crowded-frame": "{n} {frame holds|frames hold} too many people to be paired; give "
    "every image its own file_name.",
}
"""By the name under which `couples.refusals` and `weigh` count it."""


def left_out(sums: Mapping[Key, Ints]) -> str:
    """A sentence, after a blank, for each that there is; "" for none."""
    found = (
        (text, sums.get(("refused", name, "", ""))) for name, text in SENTENCES.items()
    )
    return "".join(
        f" {numbered(text, int(n[0]))}" for text, n in found if n is not None
    )


def misdated(sums: Mapping[Key, Ints], received: bool, years: int) -> str | None:
    """What is in no week because its time is of no clock (`weeks.jumps`), in
    sentences; None where nothing is.

    `received` says whether the delivery says when it was, `years` how much older than
    that no time may be.
    """
    found = sorted(
        (-int(n[0]), key[1:]) for key, n in sums.items() if key[0] == "clock"
    )
    if not found:
        return None
    when = {
        "late": f"after {'the delivery was received' if received else 'this run'}",
        "early": f"more than {years} years before",
    }
    said = []
    for which, text in when.items():
        here = [(-n, who, week) for n, (kind, who, week) in found if kind == which]
        for n, who, week in here[:1]:
            whose = f"of {who}" if who else "of nobody by name"
            such = f"such as {n:,} {whose} in {week}"
            total = sum(each[0] for each in here)
            said.append(f"{numbered('{n} {is|are}', total)} dated {text}, {such}")
    return (
        f"Clocks that jumped: of the instances {'; '.join(said)}. They are in no week, "
        "so nobody's drift is judged by them; rules, sample and agreement judge them "
        "like all others. Mend `annotated_at` in the export, or `received` in "
        "delivery.toml."
    )


def ahead(received: date | None, today: date, grace: int) -> str | None:
    """What a day of receipt does that is yet to come, by more than the `grace` [days]
    for time zones; None of one that is not."""
    if received is None or (received - today).days <= grace:
        return None
    return (
        f"`received` is {received}, which is yet to come: deliveries dated before it "
        "do not count this one's weeks, what has no time stands in that week, and no "
        "time before it is called a clock that jumped. Correct it in delivery.toml and "
        "run again."
    )


EFFECTS = {
    "slices.by": "no rate is told by it",
    "sampling.strata": "no stratum is made of it",
    "splits.stratify": "the splits are not balanced by it",
    "splits.group": "what shares it may stand in train and in test",
}
"""What does not happen where no row has an attribute that the setting names."""


def absent(
    sums: Mapping[Key, Ints], named: Sequence[tuple[str, str]]
) -> tuple[str, ...]:
    """A sentence for each attribute that project.toml names and no row has.

    `named` are settings (`EFFECTS`) and attributes; ("attribute", name) counts the rows
    that have one (`slices.attributes`).
    """
    there = {key[1]: int(n[0]) for key, n in sums.items() if key[0] == "attribute"}
    if not any(key[:2] == ("role", "production") for key in sums):
        return ()
    often = sorted(there, key=lambda name: (-there[name], name))
    known = ", ".join(often[:LISTED]) + (", …" if len(often) > LISTED else "")
    said = []
    for setting, name in named:
        if name in there:
            continue
        near = difflib.get_close_matches(name, often, 1)
        hint = f" Is it {near[0]!r}?" if near else ""
        has = f"There are: {known}." if often else "There is no attribute at all."
        said.append(
            f"No instance has the attribute {name!r} that {setting} names, so "
            f"{EFFECTS[setting]}.{hint} {has}"
        )
    return tuple(said)


LISTED = 8
"""Attributes that such a sentence lists, the commonest."""


def unbounded(
    sums: Mapping[Key, Ints], paired: bool, sampled: bool, score: Score
) -> str:
    """Why agreement has no bound: `paired` where a pair has a score, `sampled` where
    the pairs are of a sample and its strata tell, else videos do."""
    if paired and sampled:
        return (
            "No stratum of the sample has two reviewed instances, so agreement has no "
            "interval; review more of those in review/."
        )
    if paired:
        return (
            "All pairs come from one video, so agreement has no interval; "
            "review instances of others."
        )
    if any(key[0] == "pairs" for key in sums):
        if score is IOU:
            return (
                "No pair has an IoU: the references have no masks, or the size of "
                "their images is not known."
            )
        return (
            "No pair has an OKS: the skeleton has no sigmas (measure them with "
            "`posegate calibrate`), or the references have no keypoints."
        )
    return (
        "No instance has a reference (gold, a review, or a second annotator); "
        "review those in review/."
    )

"""What could have been compared and was not, in sentences."""

from collections.abc import Mapping

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

"""`posegate rules`: what is checked, with which limits, and how often it is right."""

import argparse
from collections.abc import Iterator
from typing import TYPE_CHECKING

from posegate.pipelines import speech
from posegate.pipelines.commands import Action, Commands, command

if TYPE_CHECKING:
    from posegate.transforms.model.rule import Rule, Setting


EPILOG = """\
posegate rules                              all rules, with the general policy
posegate rules --policy face-safety         with another policy's limits
posegate rules --skeleton ap10k_17          which of them apply, and why not the others
posegate rules anatomy.exchanged-joints     one of them: its text, limits, what it finds
posegate rules --measured                   all that was measured, as a page of Markdown
"""

SHOWN = 12
"""Faults that are listed of a rule."""


def add(commands: Commands) -> None:
    """The sub-command's parser."""
    parser = command(
        commands,
        "rules",
        help="list the rules, their limits, and how often they are right",
        description="Lists what every instance is checked for, with a policy's limits, "
        "and how often each rule was right where faults had been planted.",
        epilog=EPILOG,
    )
    parser.add_argument("rule", nargs="?", metavar="RULE", help="one of them, in full")
    parser.add_argument("--policy", default="general", metavar="NAME",
                        help="a shipped policy or the path of a TOML")  # fmt: skip
    parser.add_argument("--skeleton", metavar="NAME",
                        help="only the rules that apply to it")  # fmt: skip
    parser.add_argument("--measured", action="store_true",
                        help="print the table of what was measured")  # fmt: skip


def act(parsed: argparse.Namespace) -> Action:
    """What the sub-command does; raises ValueError for a call that is wrong."""
    from posegate.expectations import measured
    from posegate.expectations.rules import RULES

    settings = of_policy(parsed.policy)
    if parsed.rule and parsed.rule not in RULES:
        raise ValueError(f"no rule {parsed.rule!r}{nearest(parsed.rule, RULES)}")
    if parsed.measured:
        words = measured.text()
    elif parsed.rule:
        words = "\n".join(one(RULES[parsed.rule], settings))
    else:
        words = "\n".join(every(settings, parsed.skeleton))

    def tell() -> int:
        speech.tell(words.rstrip("\n"))
        return 0

    return tell


def of_policy(name: str) -> "dict[str, Setting]":
    """What a policy says of each rule."""
    from posegate.expectations.policy import load_policy
    from posegate.pipelines.project import setting

    said = load_policy(name).get("rules", {})
    return {id: setting(id, each, f"policy {name}") for id, each in said.items()}


def nearest(name: str, known: "dict[str, Rule]") -> str:
    """The end of a message: what was probably meant."""
    import difflib

    near = difflib.get_close_matches(name, known, 1)
    return f"; did you mean {near[0]!r}?" if near else "; `posegate rules` lists them"


def limits(rule: "Rule", settings: "dict[str, Setting]") -> str:
    """`limit 0.1, fewest 8`, as the policy has them."""
    said = settings[rule.id].parameters if rule.id in settings else {}
    return ", ".join(f"{name} {value:g}" for name, value in said.items())


def severity(rule: "Rule", settings: "dict[str, Setting]") -> str:
    """What the policy makes of a finding."""
    return (rule.id in settings and settings[rule.id].severity) or rule.severity


def every(settings: "dict[str, Setting]", skeleton: str | None) -> Iterator[str]:
    """A line or two for each rule, then those that a skeleton cannot have."""
    from posegate.expectations import measured
    from posegate.expectations.rules import RULES
    from posegate.transforms.model import skeleton as skeletons
    from posegate.transforms.model.rule import skipped

    left_out: dict[str, str] = {}
    if skeleton:
        left_out = skipped(RULES, settings, skeletons.load(skeleton))
    yield "rule, severity; findings per 1,000 clean instances (95 %); limits"
    for rule in RULES.values():
        if rule.id in left_out:
            continue
        known = measured.clean(rule.id)
        rate = f"{known[0].rate} ({known[0].interval})" if known else "not measured"
        yield ""
        yield f"{rule.id}  {severity(rule, settings)}; {rate}; {limits(rule, settings)}"
        yield f"    {rule.manual.partition(chr(10))[0]}"
    if left_out:
        yield f"\nnot for skeleton {skeleton}:"
    for id, reason in left_out.items():
        yield f"    {id}: {reason}"


def one(rule: "Rule", settings: "dict[str, Setting]") -> Iterator[str]:
    """All that is known of a rule."""
    from posegate.expectations import measured

    side = "below" if rule.below else "above"
    yield f"{rule.id}  {severity(rule, settings)}"
    yield ""
    yield rule.manual
    yield ""
    if said := limits(rule, settings):
        yield f"limits: {said}" + (f"; broken {side} `limit`" if rule.measured else "")
    if rule.needs:
        yield f"needs: {', '.join(rule.needs)}"
    if rule.space is not None:
        yield (
            "of 3-D poses only" if rule.space else "of pictures only, not of 3-D poses"
        )
    if rule.timed:
        yield "of tracks that say their frames a second (fps) only"
    for each in measured.clean(rule.id):
        yield (
            f"clean, {each.ground}: {each.rate} per 1,000 of {each.instances} "
            f"({each.interval})"
        )
    found = measured.faults(rule.id)
    for fault in found[:SHOWN]:
        what = f"{fault.fault} {fault.strength}".strip()
        yield f"finds, {fault.ground}: {what}: {fault.alone} %; all: {fault.together} %"
    if len(found) > SHOWN:
        yield f"and {len(found) - SHOWN} more; `posegate rules --measured` has all"

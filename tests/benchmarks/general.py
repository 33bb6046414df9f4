"""The general policy's rules for a skeleton, as the benches of detection judge by."""

from posegate.expectations.policy import load_policy
from posegate.expectations.rules import RULES
from posegate.pipelines.project import setting
from posegate.transforms.model.rule import OFF, Bound, bind
from posegate.transforms.model.skeleton import Skeleton


def general(skeleton: Skeleton, off: bool = False) -> tuple[Bound, ...]:
    """All that apply; `off` also those it switches off, by their own severity."""
    settings = {}
    for id, said in load_policy("general")["rules"].items():
        on = {"severity": RULES[id].severity}
        switched = off and said.get("severity") == OFF
        settings[id] = setting(id, said | on if switched else said, "general")
    return bind(RULES, settings, skeleton)

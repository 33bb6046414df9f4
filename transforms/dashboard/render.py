"""From a template to one self-contained file that runs nothing and fetches nothing."""

import hashlib
from base64 import b64encode
from functools import cache
from importlib import resources
from typing import Any

import jinja2
from markupsafe import Markup

from posegate.transforms.dashboard import display, meanings
from posegate.transforms.kernels.ledger import DECIDE
from posegate.transforms.model.grammar import numbered

HERE = "posegate.transforms.dashboard"


def render(template: str, **context: Any) -> str:
    """One page: the template with the style sheet inside, and the policy that fits."""
    css = _text("style.css")
    return _environment().get_template(template).render(
        css=Markup(css), policy=content_policy(css), **context
    )  # fmt: skip


def content_policy(css: str) -> str:
    """Nothing is allowed but this very style sheet (by its hash) and inline images.

    `style=` attributes and event handlers stay forbidden, so that markup which came
    through by mistake could neither run nor disguise the page.
    """
    digest = b64encode(hashlib.sha256(css.encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(_text),
        autoescape=True,
        undefined=jinja2.ChainableUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "clip": display.clip,
        "between": display.between,
        "breakable": display.breakable,
        "count": display.count,
        "decimal": display.decimal,
        "share": display.share,
        "measure": display.measure,
        "meaning": meanings.meaning,
        "decide": lambda more: numbered(DECIDE, more),
    }
    return environment


@cache
def _text(name: str) -> str:
    return resources.files(HERE).joinpath("templates", name).read_text(encoding="utf-8")

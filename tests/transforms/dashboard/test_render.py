"""The style sheet and the policy that goes with it."""

import re
from importlib import resources

import pytest

from posegate.transforms.dashboard.render import content_policy

CSS = (
    resources.files("posegate.transforms.dashboard")
    .joinpath("templates", "style.css")
    .read_text(encoding="utf-8")
)
WORDS = ("ink", "muted", "accent", "good", "warn", "bad")
GROUNDS = ("card", "ground")


def palette(scheme: str) -> dict[str, str]:
    """The colours of the light, dark or printed page."""
    start = {"light": 0, "dark": CSS.index("scheme: dark"), "print": CSS.index("print")}
    block = CSS[start[scheme] :]
    found = re.findall(r"--([\w-]+): (#\w{6})", block[: block.index("\n}")])
    return dict(reversed(found))


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2 defines it."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    r, g, b = (
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts
    )
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(a: str, b: str) -> float:
    high, low = sorted((luminance(a), luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark", "print"])
def test_all_words_stand_out_from_what_they_are_written_on(scheme):
    colours = palette(scheme)
    pairs = [(word, ground) for word in WORDS for ground in GROUNDS]
    pairs += [("ink", f"{each}-tint") for each in ("good", "warn", "bad", "none")]
    pairs += [("h-ink", f"h{step}") for step in range(5)] + [("h5-ink", "h5")]
    pairs += [("card", each) for each in ("good", "warn", "bad")]
    for word, ground in pairs:
        assert contrast(colours[word], colours[ground]) >= 4.5, (word, ground)


def test_black_on_white_has_the_highest_contrast():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


def test_the_style_sheet_fetches_nothing_and_closes_no_element():
    assert "url(" not in CSS
    assert "@import" not in CSS
    assert "<" not in CSS


def test_the_policy_changes_with_the_style_sheet():
    assert content_policy("a{}") != content_policy("b{}")
    assert content_policy("").startswith(
        "default-src 'none'; "
        "style-src 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='; "
    )

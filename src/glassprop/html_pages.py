"""What all pages of explanations share: their style, and the page around their parts.

No script, for screen, dark and paper, where nothing scrolls: long names and sums are
broken. Where no font of formulas is installed, browsers draw fractions too low for
their digits: room is made for them.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

STYLE = """
.glassprop-step { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif;
  max-width: 60rem; overflow-wrap: anywhere; }
.glassprop-step h3 { border-bottom: 1px solid; margin: 1.5rem 0 0.5rem; }
.glassprop-step h4 { margin: 1rem 0 0.25rem; }
.glassprop-step h3, .glassprop-step h4 { break-after: avoid; }
.glassprop-step section > div { break-inside: avoid; margin: 0 0 0.75rem 1rem;
  overflow-x: auto; }
.glassprop-step math { font-size: 1.1em; padding-block: 0.1em; }
.glassprop-step mfrac > * { padding-block: 0.15em; }
.glassprop-step small { margin-left: 1rem; opacity: 0.75; }
.glassprop-step table { border-collapse: collapse; margin: 0.25rem 0 0 1rem;
  font-variant-numeric: tabular-nums; overflow-wrap: normal; }
.glassprop-step th, .glassprop-step td { font-weight: normal;
  padding: 0.1rem 1rem 0.1rem 0; text-align: left; white-space: nowrap; }
.glassprop-step td:first-child { min-width: 8rem; overflow-wrap: anywhere; }
.glassprop-step td:first-child, .glassprop-step td:nth-child(2) {
  white-space: normal; }
.glassprop-step td:last-child { text-align: right; white-space: nowrap; }
@media print { .glassprop-step section > div { overflow-x: visible; } }
.glassprop-step strong { border: 2px solid; padding: 0 0.25rem; }
"""


def fragment_of(parts: Iterable[str]) -> str:
    """Put parts of HTML together, with their style, as a part of a page.

    Parameters
    ----------
    parts : iterable of str
        What stands one below the other.
    """
    body = "\n".join(parts)
    return f'<div class="glassprop-step">\n<style>{STYLE}</style>\n{body}\n</div>'


def page_of(title: str, fragment: str) -> str:
    """Put a fragment into a page of its own.

    Parameters
    ----------
    title : str
        Of the page.
    fragment : str
        From `fragment_of`.
    """
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{escape(title)}</title>\n</head>\n<body>\n"
        f"{fragment}\n</body>\n</html>\n"
    )

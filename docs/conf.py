"""How the pages are built: ``python -m sphinx -W docs build/docs``."""

import sys
from pathlib import Path

from numpydoc.xref import DEFAULT_LINKS

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

from families import class_names  # noqa: E402  # found by the path that is added

import glassprop  # noqa: E402

project = "glassprop"
author = "The glassprop developers"
project_copyright = author  # no year: the same text gives the same pages
version = release = glassprop.__version__

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.viewcode",
    "numpydoc",
    "myst_parser",
    "api_pages",
]
default_role = "py:obj"
smartquotes = False  # shapes such as (n, ...) stay as they are written
autodoc_typehints = "none"
autodoc_member_order = "bysource"
numpydoc_show_class_members = False
numpydoc_xref_param_type = True
numpydoc_xref_ignore = "all"  # no words of a type become links but our own classes
numpydoc_xref_aliases = {word: word for word in DEFAULT_LINKS} | class_names()
toc_object_entries_show_parents = "hide"

html_theme = "furo"
pygments_dark_style = "github-dark"
html_title = f"glassprop {release}"
html_copy_source = False
html_static_path = ["_static"]
html_css_files = ["pages.css"]
html_theme_options = {
    "light_css_variables": {"picture-first": "#0969b8", "picture-second": "#c2410c"},
    "dark_css_variables": {"picture-first": "#6cb6ff", "picture-second": "#ff9d5c"},
}

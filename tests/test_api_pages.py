"""The API pages: each public name on one of them, and pictures that are true."""

import dataclasses
import functools
import importlib
import inspect
import itertools
import re
import subprocess
import sys
import types
from collections import Counter
from xml.etree import ElementTree

import numpy as np
import pytest
import typer

import glassprop as gp
import glassprop.cli
import pages
import test_docstrings
from glassprop import losses
from glassprop.layers.activations import ACTIVATIONS
from glassprop.numpy_functions import FUNCTIONS, UFUNCS
from glassprop.schedules import SCHEDULES

DOCS = pages.ROOT / "docs"
sys.path.insert(0, str(DOCS / "_ext"))
families = importlib.import_module("families")
numpy_names = importlib.import_module("numpy_names")
pictures = importlib.import_module("pictures")
api_pages = importlib.import_module("api_pages")

SVG = "{http://www.w3.org/2000/svg}"


# Every name has its place -------------------------------------------------------------


@functools.cache
def documented():
    """Count the pages that document each name."""
    return Counter(
        name
        for family in families.FAMILIES.values()
        for name in families.documented_names(family.entries)
    )


def owner_and_member(name):
    """Split a full name into the object, and the member of a class if it is one."""
    found = gp
    for part in name.removeprefix("glassprop.").split("."):
        owner, found = found, inspect.getattr_static(found, part, None)
        if found is None:
            found = getattr(owner, part)  # what is imported where it is asked for
        if inspect.isclass(owner):
            return owner, part
    return found, ""


@pytest.mark.parametrize("name", test_docstrings.PUBLIC)
def test_a_public_name_is_on_exactly_one_page(name):
    value, member = owner_and_member(name)
    names = {
        id(entry.value): entry.name
        for family in families.FAMILIES.values()
        for entry in family.entries
    }
    place = ".".join(filter(None, [names[id(value)], member]))
    assert documented()[place] == 1


def test_modules_and_rows_of_registries_are_on_exactly_one_page():
    places = documented()
    modules = [
        f"glassprop.{name}"
        for name in gp.__all__
        if isinstance(getattr(gp, name), types.ModuleType)
    ]
    rows = [row.entry.name for one in families.FAMILIES.values() for row in one.rows]
    assert {"glassprop.losses", "glassprop.errors"} <= set(modules)
    assert {"glassprop.Dense", "glassprop.losses.huber", "glassprop.Adam"} <= set(rows)
    assert {name: places[name] for name in modules + rows if places[name] != 1} == {}


def test_every_family_has_a_page_and_every_page_a_place_in_the_index():
    index = (DOCS / "index.rst").read_text(encoding="utf-8").split()
    for name in families.FAMILIES:
        text = (DOCS / "api" / f"{name}.rst").read_text(encoding="utf-8")
        assert text.endswith(f".. family:: {name}\n")
    for page in (DOCS / "api").iterdir():
        assert index.count(f"api/{page.stem}") == 1


def softened(output, y):
    """Give a loss that only this test knows."""
    return output - y


def test_a_new_row_is_on_its_page_without_a_page_being_edited(monkeypatch):
    record = losses.Loss("softened", softened, "values")
    more = types.MappingProxyType({**losses.LOSSES, "softened": record})
    monkeypatch.setattr(losses, "LOSSES", more)
    family = families.Family("losses", ("glassprop.losses",), "glassprop.losses.LOSSES")
    text = "\n".join(api_pages.family_text(family))
    name = f"{__name__}.softened"
    assert (
        f'   * - :py:obj:`"softened" <{name}>`\n'
        "     - Give a loss that only this test knows.\n"
        "     - values\n"
        "     - no\n"
    ) in text
    assert f"\n.. autofunction:: {name}\n" in text


# Pictures -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_the_slope_that_is_drawn_is_the_slope_of_the_curve(name):
    function = ACTIVATIONS[name]
    curves = pictures.activation_curves(function)
    assert 0 in curves.z
    h = 1e-6

    def value(z):
        if curves.alone:
            return function(z)
        return function(np.stack([z, np.zeros_like(z)], axis=1))[:, 0]

    np.testing.assert_allclose(curves.value, value(curves.z))
    left = (value(curves.z) - value(curves.z - h)) / h
    right = (value(curves.z + h) - value(curves.z)) / h
    assert np.all(curves.slope >= np.minimum(left, right) - 1e-5)
    assert np.all(curves.slope <= np.maximum(left, right) + 1e-5)


def checked(svg):
    """Read a picture; it has the colours of a page, and words for what it shows."""
    root = ElementTree.fromstring(svg)
    assert root.tag == f"{SVG}svg"
    assert root.get("role") == "img"
    assert root.get("aria-label")
    assert root.get("width") is None
    assert re.findall(r"#[0-9a-f]{6}|<style|<metadata|DejaVu", svg) == []
    names = [one.get("id") for one in root.iter() if one.get("id")]
    used = re.findall(r'url\(#([^)]+)\)|href="#([^"]+)"', svg)
    assert sorted(names) == sorted({one for pair in used for one in pair if one})
    return root, names


def test_pictures_of_activations_repeat_and_share_a_page():
    first, second = (
        pictures.activation_picture(name, ACTIVATIONS[name])
        for name in ("relu", "softmax")
    )
    assert pictures.activation_picture("relu", ACTIVATIONS["relu"]) == first
    root, names = checked(first)
    other, other_names = checked(second)
    assert set(names).isdisjoint(other_names)
    assert [one.text for one in root.iter(f"{SVG}text")][-2:] == ["relu(z)", "slope"]
    assert [one.text for one in other.iter(f"{SVG}text")][-2] == "softmax((z, 0))"
    assert root.get("aria-label") == "relu and its slope, for z from -7 to 7"


def test_a_curve_has_a_gap_where_it_jumps():
    z, slope = pictures.with_gaps(
        np.array([-2.0, -1, 0, 1, 2]), np.array([0.0, 0.01, 0, 1, 1])
    )
    np.testing.assert_array_equal(z, [-2, -1, 0, np.nan, 1, 2])
    np.testing.assert_array_equal(slope, [0, 0.01, 0, np.nan, 1, 1])


@pytest.mark.parametrize("name", SCHEDULES)
def test_a_schedule_is_drawn_with_an_example_that_shows_it(name):
    assert pictures.can_be_drawn(SCHEDULES[name])
    example = pictures.schedule_example(SCHEDULES[name])
    path = pictures.schedule_path(example)
    assert path.factors.shape == path.epochs.shape
    assert np.isfinite(path.factors).all()
    if name != "constant":
        assert np.ptp(path.factors) > 0, (
            f"{example.call} does not move in {example.epochs:g} epochs, which its "
            "docstring's first example spans. Let the example go on for longer."
        )


def test_a_picture_of_a_schedule_shows_the_example_of_its_docstring():
    example = pictures.schedule_example(gp.schedules.Step)
    assert example.call == "Step(every=2)"
    assert example.schedule == gp.schedules.Step(every=2)
    assert example.epochs == 6
    root, _ = checked(pictures.schedule_picture(example))
    assert root.get("aria-label") == "the factor of Step(every=2) by epoch"


def test_a_schedule_that_looks_at_a_number_is_drawn_with_the_number():
    example = pictures.schedule_example(gp.schedules.Plateau)
    path = pictures.schedule_path(example)
    moves = np.sign(np.diff(path.costs))
    assert [int(one) for one, _ in itertools.groupby(moves)] == [-1, 0, -1, 0]
    for epoch in range(len(path.costs)):
        inside = (path.epochs > epoch) & (path.epochs < epoch + 1)
        known = path.costs[:epoch].tolist()
        np.testing.assert_array_equal(
            path.factors[inside], example.schedule.reached(known)
        )
    assert sorted(set(path.factors), reverse=True) == [1, 0.5, 0.25, 0.125, 0.0625]
    root, _ = checked(pictures.schedule_picture(example))
    words = "the factor of Plateau(patience=2, factor=0.5) by epoch"
    assert root.get("aria-label") == f"{words}, and the cost after each epoch"
    labels = [one.text for one in root.iter(f"{SVG}text")]
    assert labels[-2:] == ["Plateau(patience=2, factor=0.5)", "cost"]
    assert "factor, cost" in labels


@dataclasses.dataclass
class Ramp:
    """Rise.

    Examples
    --------
    >>> halfway = 1 / 2
    >>> from_somewhere = gp.sigmoid(halfway)
    >>> Ramp(3, halfway)(np.arange(8), 2).tolist()
    [0, 1, 2, 3, 4, 5, 6, 7]
    """

    epochs: int
    until: float = 1.0

    def __call__(self, steps, steps_per_epoch):
        return steps


def test_an_example_may_need_what_stands_before_it():
    example = pictures.schedule_example(Ramp)
    assert example.schedule == Ramp(3, 0.5)
    assert example.call == "Ramp(3, halfway)"
    assert example.epochs == 4


@dataclasses.dataclass
class Silent:
    """Say nothing of how it is called."""

    epochs: int
    until: float
    name: str = ""


def test_a_schedule_without_an_example_is_refused():
    with pytest.raises(LookupError) as caught:
        pictures.schedule_example(Silent)
    assert str(caught.value) == (
        "Silent cannot be drawn: it needs epochs and until, and its docstring shows no "
        "call of Silent(...). Add an example such as\n"
        ">>> Silent(epochs=3)(np.arange(6), steps_per_epoch=1)"
    )


def test_only_what_can_be_called_is_drawn():
    assert pictures.can_be_drawn(gp.sigmoid)
    assert pictures.can_be_drawn(Ramp)
    assert not pictures.can_be_drawn(Silent)


# NumPy, the command line, docstrings --------------------------------------------------


def test_the_functions_of_numpy_that_trace_are_those_of_the_tables():
    both = (True, False)
    traced = {
        name
        for universal in both
        for name in numpy_names.names(traced=True, universal=universal)
    }
    by_name = dict(numpy_names.handed_over())
    table = {one for one in (*UFUNCS, *FUNCTIONS) if one in by_name.values()}
    assert {by_name[name] for name in traced} == table
    assert {"np.exp", "np.sum", "np.einsum"} <= traced
    assert "np.linalg.eig" in numpy_names.names(traced=False, universal=False)
    everything = [
        name
        for trace in both
        for universal in both
        for name in numpy_names.names(traced=trace, universal=universal)
    ]
    assert sorted(everything) == sorted(by_name)


def test_every_command_and_option_is_on_the_page():
    text = "\n".join(api_pages.command_line_text())
    group = typer.main.get_command(glassprop.cli.app)
    assert {"train", "predict"} <= set(group.commands)
    for name, command in group.commands.items():
        described = text.partition(f".. program:: glassprop {name}\n")[2]
        described = described.partition(".. program::")[0]
        for parameter in command.params:
            option = re.escape(parameter.opts[0])
            assert re.search(rf"(?i)^\.\. option:: {option}\b", described, re.MULTILINE)


def test_stars_of_shapes_are_no_emphasis():
    lines = ["(n, *features), ``(n, *kept)``, *emphasis*, 2 * (a * b), (*rest)"]
    api_pages.keep_stars(lines)
    assert lines == [
        r"(n, \*features), ``(n, *kept)``, *emphasis*, 2 * (a * b), (\*rest)"
    ]


def test_a_build_draws_links_and_tells_of_names_without_a_place(tmp_path):
    (tmp_path / "index.rst").write_text(
        "Some pages\n==========\n\n`gp.gradient`, `Cosine` and `unheard_of`.\n\n"
        ".. family:: functions\n\n.. family:: schedules\n",
        encoding="utf-8",
    )
    built = tmp_path / "built"
    command = [sys.executable, "-m", "sphinx", "-q", "-c", DOCS, tmp_path, built]
    run = subprocess.run(
        [*command, "-D", "extensions=sphinx.ext.autodoc,numpydoc,api_pages"],
        check=True,
        capture_output=True,
        text=True,
    )
    told = set(re.findall(r"WARNING: (\S+) is public and on no page", run.stderr))
    assert {"glassprop.Dense", "glassprop.Network.fit", "glassprop.errors"} <= told
    assert {"glassprop.gradient", "glassprop.schedules.Step"}.isdisjoint(told)
    page = (built / "index.html").read_text(encoding="utf-8")
    assert 'aria-label="the factor of Constant() by epoch"' in page
    link = r'<a class="reference internal" href="(#[^"]+)"[^>]*><code[^>]*>'
    links = set(re.findall(link + r"(?:<span[^>]*>)?([\w.]+)", page))
    assert ("#glassprop.gradient", "gp.gradient") in links
    assert ("#glassprop.schedules.Cosine", "Cosine") in links
    assert "unheard_of" in page
    assert "unheard_of" not in {text for _, text in links}

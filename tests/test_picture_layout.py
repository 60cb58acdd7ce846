"""Pictures as they are seen: no word is cut or covered, and scales fit."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

import glassprop as gp
from glassprop import pictures
from glassprop.errors import ArgumentError
from glassprop.pictures.paper import COLOURS, luminance, shortened
from networks import refusal
from test_pictures import CLASSES, MAKERS, X2, classifier, made, regressor

LONG = "a_name_that_somebody_has_exported_from_elsewhere"
RNG = np.random.default_rng(3)
ANGLES = np.arctan2(X2[:, 1], X2[:, 0]) / (2 * np.pi) % 1  # of a turn


def sectors(classes):
    """Make a network that decides by the angle, and the class of each row."""
    turns = 2 * np.pi * (np.arange(classes) + 0.5) / classes
    weight = np.stack([np.cos(turns), np.sin(turns)])
    net = made([gp.Dense(classes, bias=False, weights=[weight])], "cross_entropy")
    return net, (ANGLES * classes).astype(int)


def boundary(classes, **options):
    net, y = sectors(classes)
    return pictures.decision_boundary(net, X2, y, **options)


def one_epoch():
    net = regressor()
    return net.fit(X2, X2, epochs=1, verbose=False)


def sized_weights():
    weights = [[[1e-9, 1e6, -3.0], [2.0, 1e-12, -1.2e9]], [1e5, -1.2e-7, -123456.7]]
    return made([gp.Dense(3, "tanh", weights=weights), gp.Dense(1)])


ODD = {
    "one weight": lambda: pictures.network(made([gp.Dense(1)], shape=1)),
    "long names of layers": lambda: pictures.network(
        made([gp.Dense(3, name=LONG), gp.Dense(2, name=f"{LONG}_2")])
    ),
    "weights of all sizes": lambda: pictures.network(sized_weights()),
    "blocks of long names": lambda: pictures.network(
        made([gp.Dense(30, name=LONG), gp.Residual([gp.Dense(30, name=LONG)])])
    ),
    "one epoch": lambda: pictures.history(one_epoch()),
    "eight classes": lambda: boundary(8),
    "eight long classes": lambda: boundary(
        8, names=[f"{LONG} {at}" for at in range(8)]
    ),
    "nine classes": lambda: boundary(9),
    "confusion of long names": lambda: pictures.confusion_matrix(
        sectors(9)[0], X2, sectors(9)[1], names=[f"{LONG} {at}" for at in range(9)]
    ),
    "residuals far from 0": lambda: pictures.residuals(regressor(), X2, X2 + 1e9),
    "residuals of three rows": lambda: pictures.residuals(regressor(), X2[:3], X2[:3]),
    "activations of long names": lambda: pictures.activations(
        made([gp.Dense(3, name=LONG), gp.Dense(2, name=f"{LONG}_2")]), X2
    ),
    "an image of a long shape": lambda: pictures.first_layer(
        made([gp.Dense(3)], shape=7), shape=(1, 7)
    ),
}


@pytest.fixture(scope="module", params=MAKERS | ODD)
def figure(request):
    figure = (MAKERS | ODD)[request.param]().figure()
    FigureCanvasAgg(figure).draw()
    return figure


def seen_words(figure):
    """Give each word that is drawn, and its box in points."""
    unseen = set()
    for axis in (one for axes in figure.axes for one in (axes.xaxis, axes.yaxis)):
        low, high = sorted(axis.get_transform().transform(axis.get_view_interval()))
        some = 1e-6 * (high - low)
        for tick in [*axis.get_major_ticks(), *axis.get_minor_ticks()]:
            place = axis.get_transform().transform(tick.get_loc())
            if not low - some <= place <= high + some:
                unseen |= {tick.label1, tick.label2}
    renderer = figure.canvas.get_renderer()
    for text in figure.findobj(Text):
        if text.get_visible() and text.get_text().strip() and text not in unseen:
            yield text.get_text(), text.get_window_extent(renderer)


def test_no_word_is_cut(figure):
    width, height = figure.bbox.size
    cut = [
        word
        for word, box in seen_words(figure)
        if min(box.x0, box.y0) < -1 or box.x1 > width + 1 or box.y1 > height + 1
    ]
    assert cut == []


def test_no_word_lies_on_another(figure):
    covered = [
        (word, other)
        for (word, a), (other, b) in combinations(seen_words(figure), 2)
        if min(a.x1, b.x1) - max(a.x0, b.x0) > 1.5
        and min(a.y1, b.y1) - max(a.y0, b.y0) > 1.5
    ]
    assert covered == []


def words_of(picture):
    figure = picture.figure()
    FigureCanvasAgg(figure).draw()
    return [word for word, _ in seen_words(figure)]


# Names and numbers --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "most", "shown"),
    [
        ("income", 6, "income"),
        ("incomes", 6, "inc…es"),
        ("a class with a long name 8", 18, "a class w…g name 8"),
        ("abcdef", 3, "a…f"),
        ("abcdef", 2, "a…"),
    ],
)
def test_a_long_name_keeps_its_ends(text, most, shown):
    assert shortened(text, most) == shown


def test_names_that_begin_alike_are_told_apart():
    words = words_of(ODD["confusion of long names"]())
    names = [word for word in words if "…" in word]
    assert len(set(names)) == 9
    assert len(names) == 18


def test_numbers_beside_and_in_neurons_are_short():
    picture = pictures.network(sized_weights())
    words = {word for word in words_of(picture) if "e" in word and word[-1].isdigit()}
    assert {"1e-9", "1e6", "1e-12", "-1.2e9"} <= words  # at lines
    assert {"1e5", "-1.2e-7", "-1.2e5"} <= words  # in neurons
    assert not any("e+" in word or "e0" in word or "e-0" in word for word in words)


# Scales -------------------------------------------------------------------------------


def axes_named(figure, title):
    return next(one for one in figure.axes if one.get_title(loc="left") == title)


def test_what_rises_to_its_best_is_on_no_logarithm():
    accuracies = [0.01, 0.5, 0.99]
    columns = {"loss": [1.0, 0.1, 0.01], "validation_accuracy": accuracies}
    history = gp.History([1, 2, 3], columns, rising=frozenset(["validation_accuracy"]))
    figure = pictures.history(history).figure()
    scales = [axes_named(figure, name).get_yscale() for name in ("loss", "accuracy")]
    assert scales == ["log", "linear"]


def test_an_epoch_is_a_whole_number():
    figure = pictures.history(one_epoch()).figure()
    assert [axes.get_xticks().tolist() for axes in figure.axes] == [[1]] * len(
        figure.axes
    )


def test_bars_of_residuals_are_as_wide_as_what_is_seen_of_them():
    figure = pictures.residuals(regressor(), X2, X2 + 1e9).figure()
    bars = figure.axes[1].patches
    assert {round(bar.get_height() / 1e9, 4) for bar in bars} == {round(1 / 24, 4)}
    assert max(bar.get_width() for bar in bars) == len(X2)


# Classes ------------------------------------------------------------------------------


@pytest.mark.parametrize("classes", [8, 9])
def test_each_class_is_named_beside_the_plane_or_in_it(classes):
    words = words_of(boundary(classes))
    beside = [f"class {at}" for at in range(classes)]
    inside = [str(at) for at in range(classes)]
    fits = classes <= len(COLOURS)
    assert [word for word in words if word.startswith("class")] == beside * fits
    assert set(inside) <= set(words) or fits


def test_a_light_marker_has_a_dark_edge():
    from matplotlib.colors import to_rgb

    lines = [one for one in boundary(8).figure().axes[0].lines if len(one.get_xdata())]
    assert len(lines) == 8
    for line in lines:
        colours = line.get_color(), line.get_markeredgecolor()
        one, edge = (luminance(to_rgb(colour)) for colour in colours)
        assert one < 0.6 < edge or edge < 0.1 < one - 0.5


@pytest.mark.parametrize(
    ("place", "call"),
    [
        ("history", lambda: pictures.history(one_epoch(), 3)),
        (
            "confusion_matrix",
            lambda: pictures.confusion_matrix(classifier(), X2, CLASSES, names=3),
        ),
        ("residuals", lambda: pictures.residuals(regressor(), X2, X2, names=3)),
    ],
    ids=["history", "confusion_matrix", "residuals"],
)
def test_names_are_a_list_of_words(place, call):
    message = f"{place}: names must be a list of words, got 3."
    assert refusal(ArgumentError, call) == message


def test_an_output_is_chosen_where_there_are_several():
    net = classifier()
    assert refusal(
        ArgumentError,
        lambda: pictures.confusion_matrix(net, X2, CLASSES, output=1),
    ) == (
        "confusion_matrix: output chooses one of several outputs, and the network has "
        "one, got 1. Leave output out; all of its numbers are shown."
    )

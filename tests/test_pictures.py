"""Pictures: data held against other ways to calculate them, and whole files."""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
import tracemalloc
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from sklearn import calibration as sklearn_calibration
from sklearn import metrics as sklearn_metrics

import glassprop as gp
import pages
from glassprop import pictures
from glassprop.diagnosis.rates import read_search
from glassprop.errors import ArgumentError, DataError, MissingExtraError, ShapeError
from glassprop.pictures.layer_values import rows_to_look_at
from glassprop.pictures.layouts import laid_out
from glassprop.pictures.wiring import wiring

SVG = "{http://www.w3.org/2000/svg}"
RNG = np.random.default_rng(0)
X2 = RNG.standard_normal((60, 2))
CLASSES = RNG.integers(0, 3, 60)
LABELS = RNG.integers(0, 2, (60, 3))
NUMBERS = RNG.standard_normal((60, 2))


def made(layers, loss=None, shape=2, **options):
    return gp.Network(layers, input_shape=shape, loss=loss, **options)


def classifier(**options):
    return made([gp.Dense(5, "tanh"), gp.Dense(3)], "cross_entropy", **options)


def binary(outputs=1):
    loss = "binary_cross_entropy" if outputs == 1 else "cross_entropy"
    return made([gp.Dense(4, "relu"), gp.Dense(outputs)], loss)


def regressor(loss="mean_squared_error", outputs=2):
    return made([gp.Dense(4, "tanh"), gp.Dense(outputs)], loss)


def branched():
    """A network of two inputs and two outputs, with ways around."""
    layers = [
        gp.Parallel([gp.Dense(4, "relu", name="a"), []], name="sides"),
        gp.Concatenate(name="joined"),
        gp.Residual([gp.BatchNorm(), gp.Dense(6, name="b")], name="around"),
        gp.Dropout(0.5, name="drop"),
        gp.Parallel([gp.Dense(3, name="classes"), gp.Dense(1, name="number")]),
    ]
    loss = ["cross_entropy", "mean_squared_error"]
    return made(layers, loss, shape=((5,), (2,)))


XS = RNG.standard_normal((60, 5)), X2
YS = CLASSES, NUMBERS[:, :1]


def trained_history(**options):
    net = regressor()
    return net.fit(X2, NUMBERS, epochs=6, verbose=False, **options)


MAKERS = {
    "network of neurons": lambda: pictures.network(classifier()),
    "network of blocks": lambda: pictures.network(branched()),
    "network without biases": lambda: pictures.network(
        made([gp.Dense(9, bias=False), gp.LayerNorm(), gp.Dense(9, bias=False)])
    ),
    "history": lambda: pictures.history(trained_history()),
    "history of many numbers": lambda: pictures.history(
        trained_history(
            validation=0.25,
            early_stopping=2,
            schedule=gp.schedules.Exponential(0.5),
        )
    ),
    "learning rates": lambda: pictures.learning_rates(
        regressor().find_learning_rate(X2, NUMBERS)
    ),
    "learning rates at which nothing falls": lambda: pictures.learning_rates(
        read_search(np.geomspace(1e-7, 10, 20), np.ones(20))
    ),
    "learning curve": lambda: pictures.learning_curve(
        gp.learning_curve(
            *(regressor(), X2, NUMBERS),
            **{"sizes": (10, 20), "folds": 3, "epochs": 2, "verbose": False},
        ),
        "r2",
    ),
    "activations": lambda: pictures.activations(branched(), XS),
    "activations in float32": lambda: pictures.activations(
        classifier(dtype="float32"), X2
    ),
    "gradients": lambda: pictures.gradients(branched(), XS, YS),
    "gradients in float32": lambda: pictures.gradients(
        classifier(dtype="float32"), X2, CLASSES
    ),
    "boundary of three classes": lambda: pictures.decision_boundary(
        classifier(), X2, CLASSES
    ),
    "boundary without rows": lambda: pictures.decision_boundary(classifier(), X2),
    "boundary of a hinge": lambda: pictures.decision_boundary(
        made([gp.Dense(1)], "hinge"), X2, LABELS[:, :1]
    ),
    "boundary of many classes": lambda: pictures.decision_boundary(
        made([gp.Dense(20)], "cross_entropy"), X2, CLASSES
    ),
    "boundary of labels": lambda: pictures.decision_boundary(
        made([gp.Dense(3)], "binary_cross_entropy"), X2, LABELS
    ),
    "surface of numbers": lambda: pictures.decision_boundary(regressor(), X2, NUMBERS),
    "surface of quantiles": lambda: pictures.decision_boundary(
        regressor("quantile", 3), X2, NUMBERS[:, :1]
    ),
    "surface of a constant": lambda: pictures.decision_boundary(
        made([gp.Dense(1, weights=[[[0.0], [0.0]], [1.0]])], "mean_squared_error"),
        X2[:1],
    ),
    "confusion matrix": lambda: pictures.confusion_matrix(classifier(), X2, CLASSES),
    "confusion of many classes": lambda: pictures.confusion_matrix(
        made([gp.Dense(50)], "cross_entropy"), X2, CLASSES
    ),
    "calibration": lambda: pictures.calibration(binary(), X2, LABELS[:, :1]),
    "calibration of labels": lambda: pictures.calibration(
        made([gp.Dense(3)], "binary_cross_entropy"), X2, LABELS
    ),
    "residuals": lambda: pictures.residuals(regressor(), X2, NUMBERS),
    "first layer": lambda: pictures.first_layer(
        made([gp.Flatten(), gp.Dense(70)], shape=(4, 4))
    ),
    "first layer in colours": lambda: pictures.first_layer(
        made([gp.Flatten(), gp.Dense(3)], shape=(4, 4, 3))
    ),
}


# Every picture ------------------------------------------------------------------------


@pytest.fixture(scope="module", params=MAKERS)
def picture(request):
    return MAKERS[request.param]()


def test_every_function_has_a_picture_here():
    text = " ".join(
        name for maker in MAKERS.values() for name in maker.__code__.co_names
    )
    functions = set(pictures.__all__) - {"Picture"}
    assert functions == {name for name in functions if re.search(rf"\b{name}\b", text)}


def test_an_svg_is_whole_says_what_it_shows_and_is_the_same_twice(picture):
    text = picture.svg()
    root = ElementTree.fromstring(text)
    assert (root.tag, root.get("role")) == (f"{SVG}svg", "img")
    words = [root.find(f"{SVG}{name}") for name in ("title", "desc")]
    assert [one.text for one in words] == [picture.title, picture.description]
    assert root.get("aria-labelledby") == " ".join(one.get("id") for one in words)
    assert picture.svg() == text
    assert "<metadata" not in text


def test_all_of_a_drawing_is_inside_of_it(picture):
    figure = picture.figure()
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    box = figure.get_tightbbox(canvas.get_renderer())
    width, height = picture.size
    assert min(box.x0, box.y0) > -0.01
    assert (box.x1 < width + 0.01, box.y1 < height + 0.01) == (True, True), box


def test_a_table_has_a_cell_for_each_heading(picture):
    assert len(picture.rows) > 1
    assert {len(row) for row in picture.rows} == {len(picture.rows[0])}
    assert picture.table() in str(picture)


def test_a_notebook_gets_a_picture_and_a_table(picture):
    html = picture._repr_html_()
    root = ElementTree.fromstring(html)
    assert root.tag == "figure"
    assert root.find("img").get("alt") == f"{picture.title}. {picture.description}"
    assert len(root.findall(".//tr")) == len(picture.rows)


def test_a_png_is_one(picture, tmp_path):
    path = tmp_path / "picture.PNG"
    picture.save(path)
    assert path.read_bytes().startswith(b"\x89PNG")


def test_data_are_found_by_name(picture):
    for name, value in picture.data.items():
        assert picture[name] is value
    with pytest.raises(KeyError) as caught:
        picture["nothing"]
    known = ", ".join(picture.data)
    assert caught.value.args == (
        f"there is nothing named 'nothing'; there are {known}",
    )
    assert repr(picture) == f"<Picture {picture.title!r} of {known}>"


def run_python(code):
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


DRAW = """
import sys, numpy as np, glassprop as gp
net = gp.Network([gp.Dense(2)], input_shape=2, loss="cross_entropy")
found = gp.pictures.decision_boundary(net, np.eye(2), [0, 1])
"""


def test_neither_pyplot_is_imported_nor_a_setting_changed():
    code = f"""{DRAW}
assert "matplotlib" not in sys.modules
import matplotlib
matplotlib.rcParams["font.size"] = 33
first = found.svg()
print("matplotlib.pyplot" in sys.modules)
before = dict(matplotlib.rcParams)  # asks for a back end, which imports pyplot
again = found.svg()
assert dict(matplotlib.rcParams) == before
matplotlib.rcParams["font.size"] = 3
print(again == first == found.svg())
"""
    assert run_python(code) == "False\nTrue"


def test_without_matplotlib_there_are_data_and_a_table_and_a_word_of_what_to_do():
    code = f"""{DRAW}
sys.modules["matplotlib"] = None
print(found.table())
print("<img" in found._repr_html_(), 'open=""' in found._repr_html_())
print(found._repr_svg_())
for ask in (found.figure, found.svg, lambda: found.save("x.svg")):
    try:
        ask()
    except gp.errors.MissingExtraError as error:
        print(error)
"""
    *table, shown, nothing, first, second, third = run_python(code).splitlines()
    assert table[0] == "class  part of the plane  rows  right"
    assert (shown, nothing) == ("False True", "None")
    assert first == second == third
    assert first == (
        "a picture needs matplotlib, which is not installed. Install it: "
        "python -m pip install 'glassprop[plot]'"
    )
    assert issubclass(MissingExtraError, ImportError)


# Files --------------------------------------------------------------------------------


def test_a_file_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    found = pictures.network(classifier())
    path = tmp_path / "net.svg"
    path.write_text("old")

    def fail(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("glassprop.model_files.os.fsync", fail)
        with pytest.raises(DataError) as caught:
            found.save(path)
    shown = repr(path.as_posix())
    assert str(caught.value) == f"{shown}: cannot be written: No space left on device."
    assert path.read_text() == "old"
    assert [one.name for one in tmp_path.iterdir()] == ["net.svg"]
    found.save(path)
    assert path.read_text(encoding="utf-8") == found.svg()


@pytest.mark.parametrize(
    ("path", "message"),
    [
        (
            "net.gif",
            "'net.gif': expected a name that ends in .svg, .png or .pdf, got .gif.",
        ),
        (
            "net",
            "'net': expected a name that ends in .svg, .png or .pdf, got no ending.",
        ),
        (3, "path must be a str or a pathlib.Path, got int."),
    ],
)
def test_a_name_must_say_the_format(path, message):
    with pytest.raises(ArgumentError) as caught:
        pictures.network(classifier()).save(path)
    assert str(caught.value) == message


def test_a_pdf_is_the_same_for_the_same_data(tmp_path):
    found = pictures.network(classifier())
    found.save(tmp_path / "net.pdf")
    written = (tmp_path / "net.pdf").read_bytes()
    assert written.startswith(b"%PDF") and b"CreationDate" not in written
    assert written == found.file_bytes("another.PDF")


# A network ----------------------------------------------------------------------------


def test_neurons_have_their_weights_and_biases():
    net = classifier()
    found = pictures.network(net)
    assert found["layers"] == ["x", "dense_1", "dense_2"]
    assert found["units"] == [2, 5, 3]
    for name in ("dense_1", "dense_2"):
        weight, bias = (net.parameters[f"{name}.{one}"] for one in ("weight", "bias"))
        np.testing.assert_array_equal(found["weights"][name], weight)
        np.testing.assert_array_equal(found["biases"][name], bias)
    assert len(found.rows) == 1 + 2 * 5 + 5 + 5 * 3 + 3
    # What is drawn is data of its own: later training leaves it.
    before = found.svg()
    net.fit(X2, CLASSES, epochs=1, verbose=False)
    assert found.svg() == before


def test_layers_that_change_each_value_stand_with_their_column():
    layers = [gp.Standardize(), gp.Dense(3), gp.BatchNorm(), gp.Dropout(0.1)]
    found = pictures.network(made(layers))
    assert found["texts"] == [
        ("input", "Standardize()"),
        ("Dense(3)", "BatchNorm()", "Dropout(0.1)"),
    ]


@dataclass(frozen=True)
class Bilinear:
    """A layer of a user's own with a matrix of another name."""

    units: int

    def parameters(self, input_shape):
        return {"M": gp.Parameter((*input_shape, self.units))}

    def forward(self, p, x, run):
        return np.tanh(x @ p["M"])


def test_a_layer_of_ones_own_is_drawn_by_its_shapes_alone():
    net = made([Bilinear(3)])
    found = pictures.network(net)
    np.testing.assert_array_equal(
        found["weights"]["bilinear_1"], net.values["bilinear_1.M"]
    )
    assert found["biases"] == {}


def blocks_of(net):
    found = pictures.network(net, neurons=False)
    names = [name for name, *_ in found["blocks"]]
    return names, {(names[start], names[end]) for start, end in found["wires"]}


def test_blocks_are_wired_as_the_forward_pass_goes():
    names, wires = blocks_of(branched())
    assert names == [
        "x_1",
        "x_2",
        "sides.a",
        "joined",
        "around.batch_norm_1",
        "around.b",
        "around",
        "drop",
        "parallel_2.classes",
        "parallel_2.number",
        "output_1",
        "output_2",
    ]
    assert wires == {
        ("x_1", "sides.a"),
        ("sides.a", "joined"),
        ("x_2", "joined"),
        ("joined", "around.batch_norm_1"),
        ("around.batch_norm_1", "around.b"),
        ("around.b", "around"),
        ("joined", "around"),
        ("around", "drop"),
        ("drop", "parallel_2.classes"),
        ("drop", "parallel_2.number"),
        ("parallel_2.classes", "output_1"),
        ("parallel_2.number", "output_2"),
    }


@dataclass(frozen=True)
class Gate:
    """A layer of a user's own that feeds two others, the second twice what it got."""

    units: int

    def forward(self, p, x, run):
        open_ = run.feed(gp.Dense(self.units, "sigmoid", name="open"), x)
        return open_ * run.feed(gp.Dense(self.units, name="way"), 2 * x)


def test_ways_through_a_layer_of_ones_own_are_found():
    names, wires = blocks_of(made([Gate(4), gp.Activation("identity")]))
    assert names == ["x", "gate_1.open", "gate_1.way", "gate_1", "activation_1"]
    assert wires == {
        ("x", "gate_1.open"),
        ("x", "gate_1.way"),
        ("gate_1.open", "gate_1"),
        ("gate_1.way", "gate_1"),
        ("gate_1", "activation_1"),
    }


def test_blocks_say_shapes_and_parameters():
    found = pictures.network(made([gp.Flatten(), gp.Dense(2000)], shape=(8, 8)))
    assert found["blocks"] == [
        ("x", "input", "(n, 8, 8)", 0),
        ("flatten_1", "Flatten()", "(n, 64)", 0),
        ("dense_1", "Dense(2000)", "(n, 2000)", 130_000),
    ]
    assert found.rows[-1] == (
        "dense_1",
        "Dense(2000)",
        "(n, 2000)",
        "130,000",
        "flatten_1",
    )


def test_no_block_stands_on_another_and_no_wire_goes_through_one():
    wired = wiring(branched().structure)
    layout = laid_out(len(wired.blocks), wired.wires)
    for at, (x, rank) in enumerate(layout.places):
        for other, (right, its_rank) in enumerate(layout.places):
            if rank == its_rank and at != other:
                assert abs(x - right) > 1
    for (start, end), way in zip(wired.wires, layout.ways, strict=True):
        assert (way[0], way[-1]) == (layout.places[start], layout.places[end])
        assert [rank for _, rank in way] == list(np.arange(way[0][1], way[-1][1] + 1))
        for x, rank in way[1:-1]:
            beside = [at for at, its_rank in layout.places if its_rank == rank]
            assert all(abs(x - one) > 0.5 for one in beside)


def test_a_large_network_is_drawn_as_blocks_and_by_few_rows():
    net = made([gp.Dense(1200, "relu"), gp.Dense(1200), gp.Dense(10)], shape=700)
    assert len(pictures.network(net)["blocks"]) == 4
    assert len(rows_to_look_at(net.structure, 10**6)) == 1000
    wide = made([gp.Dense(50_000)], shape=2)
    assert len(rows_to_look_at(wide.structure, 10**6)) == 80
    np.testing.assert_array_equal(rows_to_look_at(net.structure, 3), [0, 1, 2])


# A training ---------------------------------------------------------------------------


def test_learning_rates_hold_what_the_test_found():
    search = regressor().find_learning_rate(X2, NUMBERS)
    found = pictures.learning_rates(search)
    for name in ("rates", "losses", "smoothed"):
        np.testing.assert_array_equal(found[name], getattr(search, name))
    assert found["tried"] == search.tried
    assert found["suggestion"] == search.suggestion
    words = [row[2] for row in found.rows]
    assert words.count("tried, and suggested") == 1
    assert words.count("tried") == len(search.tried) - 1


def test_history_holds_what_fit_gave():
    history = trained_history(validation=0.25, early_stopping=True)
    found = pictures.history(history)
    assert dict(history) == {key: one.tolist() for key, one in found["columns"].items()}
    assert found["epochs"].tolist() == history.epochs
    assert found["best_epoch"] == history.best_epoch is not None
    r2 = next(row for row in found.rows if row[0] == "validation_r2")
    values = history["validation_r2"]
    best = int(np.argmax(values))  # what rises is best at its greatest
    assert r2 == ("validation_r2", values[0], values[-1], values[best], best + 1)


@pytest.mark.parametrize("callbacks", [(), (lambda net, history: None,)])
def test_history_knows_the_rate_at_the_end_of_each_epoch(callbacks):
    schedule = gp.schedules.Exponential(0.5)
    history = regressor().fit(
        *(X2, NUMBERS),
        optimizer=gp.SGD(0.1),
        epochs=4,
        batch_size=15,
        schedule=schedule,
        callbacks=callbacks,
        verbose=False,
    )
    expected = 0.1 * schedule(np.arange(16), 4)[3::4]
    np.testing.assert_allclose(history.rates, expected, rtol=1e-12)
    np.testing.assert_array_equal(pictures.history(history)["rates"], history.rates)


def test_a_minimizer_has_no_rates():
    history = regressor().fit(
        X2, NUMBERS, optimizer=gp.LBFGS(), batch_size=None, epochs=3, verbose=False
    )
    found = pictures.history(history)
    assert (history.rates, len(found["rates"])) == ([], 0)
    assert [row[0] for row in found.rows] == ["number", "loss"]


# Layers -------------------------------------------------------------------------------


def test_activations_are_those_of_the_forward_pass():
    net = classifier()
    found = pictures.activations(net, X2[:8])
    hidden = np.tanh(X2[:8] @ net.parameters["dense_1.weight"])
    assert found["layers"] == ["dense_1", "dense_2"]
    for at, values in enumerate((hidden, net(X2[:8]))):
        counts, edges = np.histogram(values, 40)
        np.testing.assert_array_equal(found["counts"][at], counts)
        np.testing.assert_allclose(found["edges"][at], edges)
        numbers = [found[key][at] for key in ("mean", "std", "least", "greatest")]
        np.testing.assert_allclose(
            numbers, [values.mean(), values.std(), values.min(), values.max()]
        )


def test_layers_inside_of_others_and_several_outputs_are_listed():
    found = pictures.activations(branched(), XS)
    assert found["layers"] == [
        "sides_1",
        "sides_2",
        "sides.a",
        "joined",
        "around",
        "around.batch_norm_1",
        "around.b",
        "drop",
        "parallel_2_1",
        "parallel_2_2",
        "parallel_2.classes",
        "parallel_2.number",
    ]


def test_gradients_are_those_of_a_step():
    net = regressor()
    x, y = X2[:5], NUMBERS[:5]
    found = pictures.gradients(net, x, y)
    explained = net.explain(x, y, optimizer=gp.SGD())
    expected = {
        "dense_1": explained["d_a1"].value,
        "dense_2": 2 / 10 * (explained["z2"].value - y),  # of a mean of 5 x 2
        **net.gradients(x, y),
    }
    assert sorted(found["names"]) == sorted(expected)
    for at, name in enumerate(found["names"]):
        sizes = np.abs(expected[name])
        assert found["mean"][at] == pytest.approx(sizes.mean(), rel=1e-12)
        assert found["greatest"][at] == pytest.approx(sizes.max(), rel=1e-12)
        assert found["counts"][at].sum() == sizes.size
        kind = "parameter" if "." in name else "output"
        assert found["kinds"][at] == kind
        logs = np.maximum(np.log10(sizes), found["edges"][0])
        np.testing.assert_array_equal(
            found["counts"][at], np.histogram(logs, found["edges"])[0]
        )


def test_frozen_parameters_have_no_gradient():
    net = made([gp.Dense(2, frozen=("weight",))], "mean_squared_error")
    found = pictures.gradients(net, X2, NUMBERS)
    assert found["names"] == ["dense_1", "dense_1.bias"]


def test_zeros_and_what_is_not_finite_are_counted():
    weights = [[[1e200, 1.0], [0.0, 0.0]]]
    layers = [
        gp.Dense(2, "relu", weights=weights, bias=False),
        gp.Lambda(lambda x: x * x),
    ]
    net = made(layers, "mean_squared_error")
    x = np.array([[1.0, 0.0], [-1.0, 0.0]])
    found = pictures.activations(net, x)
    assert found["zeros"].tolist() == [0.5, 0.5]
    assert found["not_finite"].tolist() == [0, 1]
    assert found["greatest"].tolist() == [1e200, 1.0]
    assert "1 not finite" in found.svg()


def test_a_layer_without_a_finite_number_has_no_mean():
    net = made([gp.Dense(1, weights=[[[1e308], [1e308]]])], "mean_squared_error")
    found = pictures.activations(net, np.full((3, 2), 9.0))
    assert found["counts"].sum() == 0
    assert np.isnan(found["mean"]).all()
    assert found.rows[1][-1] == 3
    assert "3 not finite" in found.svg()


def test_another_loss_than_the_networks_may_be_asked_for():
    net = regressor()
    found = pictures.gradients(net, X2, NUMBERS, loss="huber")
    expected = net.gradients(X2, NUMBERS, loss="huber")
    at = found["names"].index("dense_2.bias")
    assert found["mean"][at] == pytest.approx(np.abs(expected["dense_2.bias"]).mean())


def test_nothing_is_left_of_a_gradient():
    net = made([gp.Dense(1, weights=[[[0.0], [0.0]]])], "mean_squared_error")
    found = pictures.gradients(net, X2, np.zeros((60, 1)))
    assert found["zeros"].tolist() == [1, 1, 1]
    assert "100 % are 0" in found.svg()


# Predictions --------------------------------------------------------------------------


@pytest.mark.parametrize("outputs", [1, 2, 3])
def test_confusion_is_scikit_learns(outputs):
    net = binary(outputs)
    labels = LABELS[:, 0] if outputs < 3 else CLASSES
    y = labels[:, None] if outputs == 1 else labels
    found = pictures.confusion_matrix(net, X2, y)
    expected = sklearn_metrics.confusion_matrix(
        labels, net.predict(X2), labels=range(max(2, outputs))
    )
    np.testing.assert_array_equal(found["counts"], expected)
    normal = sklearn_metrics.confusion_matrix(
        labels, net.predict(X2), labels=range(max(2, outputs)), normalize="true"
    )
    np.testing.assert_allclose(found["shares"], normal)


def test_a_class_that_no_row_has_is_left_open():
    net = classifier()
    found = pictures.confusion_matrix(net, X2, np.zeros(60, int), names=["a", "b", "c"])
    assert np.isnan(found["shares"][1:]).all()
    assert [row[-1] for row in found.rows[2:]] == ["-", "-"]
    assert found["counts"].sum() == 60


def test_chances_of_classes_count_as_the_greatest():
    net = classifier()
    rows = np.eye(3)[CLASSES] * 0.8 + 0.2 / 3
    one_hot = pictures.confusion_matrix(net, X2, rows)
    labels = pictures.confusion_matrix(net, X2, CLASSES)
    np.testing.assert_array_equal(one_hot["counts"], labels["counts"])


@pytest.mark.parametrize("outputs", [1, 2])
def test_calibration_of_two_classes_is_scikit_learns(outputs):
    net = binary(outputs)
    labels = LABELS[:, 0]
    y = labels[:, None] if outputs == 1 else labels
    found = pictures.calibration(net, X2, y, bins=7)
    share, chance = sklearn_calibration.calibration_curve(
        labels, net.predict_proba(X2)[:, -1], n_bins=7
    )
    seen = found["rows"][0] > 0
    np.testing.assert_allclose(found["share"][0][seen], share)
    np.testing.assert_allclose(found["chance"][0][seen], chance)
    assert found["of"] == ["class 1"]
    assert found["rows"].sum() == 60


def test_calibration_of_more_classes_is_that_of_the_decision():
    net = classifier()
    chances = net.predict_proba(X2)
    found = pictures.calibration(net, X2, CLASSES, bins=5)
    share, chance = sklearn_calibration.calibration_curve(
        chances.argmax(axis=1) == CLASSES, chances.max(axis=1), n_bins=5
    )
    seen = found["rows"][0] > 0
    np.testing.assert_allclose(found["share"][0][seen], share)
    np.testing.assert_allclose(found["chance"][0][seen], chance)
    gap = np.nansum(found["rows"] * np.abs(found["chance"] - found["share"])) / 60
    assert gap == pytest.approx(
        gp.metrics.calibration_error(CLASSES, chances, bins=5), rel=1e-9
    )
    assert f"off by {gap:.3f} on average" in found.description


def test_intervals_of_calibration_are_wilsons():
    # Of 5 in 10 rows: Wilson's interval, as statistics packages print it.
    net = made([gp.Dense(1, weights=[[[0.0], [0.0]]])], "binary_cross_entropy")
    y = np.repeat([0, 1], 5)[:, None]
    found = pictures.calibration(net, X2[:10], y, bins=1)
    assert found["low"][0, 0] == pytest.approx(0.2365931, abs=1e-7)
    assert found["high"][0, 0] == pytest.approx(0.7634069, abs=1e-7)


def test_each_label_has_a_curve():
    net = made([gp.Dense(3)], "binary_cross_entropy")
    found = pictures.calibration(net, X2, LABELS, bins=4)
    chances = net.predict_proba(X2)
    for at in range(3):
        share, _ = sklearn_calibration.calibration_curve(
            LABELS[:, at], chances[:, at], n_bins=4
        )
        np.testing.assert_allclose(found["share"][at][found["rows"][at] > 0], share)
    assert found["of"] == ["label 0", "label 1", "label 2"]


@pytest.mark.parametrize("loss", ["mean_squared_error", "huber", "poisson", "gaussian"])
def test_residuals_are_truth_less_prediction(loss):
    net = regressor(loss, 4 if loss == "gaussian" else 2)
    y = np.abs(NUMBERS)
    found = pictures.residuals(net, X2, y, names=["a", "b"])
    np.testing.assert_array_equal(found["residuals"], y - net.predict(X2))
    squares = sklearn_metrics.mean_squared_error(
        y, net.predict(X2), multioutput="raw_values"
    )
    rmse = [row[3] for row in found.rows[1:]]
    np.testing.assert_allclose(rmse, np.sqrt(squares))
    worst = np.abs(found["residuals"]).argmax(axis=0)
    assert [row[-1] for row in found.rows[1:]] == worst.tolist()


def test_one_output_of_several_is_found_by_its_task_or_asked_for():
    net = branched()
    confusion = pictures.confusion_matrix(net, XS, YS)
    expected = sklearn_metrics.confusion_matrix(
        CLASSES, net.predict(XS)[0], labels=range(3)
    )
    np.testing.assert_array_equal(confusion["counts"], expected)
    left = pictures.residuals(net, XS, YS)["residuals"]
    np.testing.assert_array_equal(left, YS[1] - net.predict(XS)[1])
    asked = pictures.residuals(net, XS, YS, output=1)["residuals"]
    np.testing.assert_array_equal(left, asked)


def test_a_boundary_is_what_the_network_decides():
    net = classifier()
    found = pictures.decision_boundary(net, X2, CLASSES, names=["a", "b", "c"])
    x, y = np.meshgrid(found["x_1"], found["x_2"])
    plane = np.stack([x.ravel(), y.ravel()], axis=1)
    np.testing.assert_array_equal(found["decided"].ravel(), net.predict(plane))
    np.testing.assert_allclose(found["values"].reshape(-1, 3), net.predict_proba(plane))
    right = net.predict(X2) == CLASSES
    assert [row[2:] for row in found.rows[1:]] == [
        (int(np.sum(of)), int(np.sum(right[of])))
        for of in np.eye(3, dtype=bool)[CLASSES].T
    ]
    assert found["x_1"][0] < X2[:, 0].min() < X2[:, 0].max() < found["x_1"][-1]


def test_both_classes_of_one_output_have_a_chance():
    net = binary()
    found = pictures.decision_boundary(net, X2, LABELS[:, :1])
    np.testing.assert_allclose(found["values"].sum(axis=2), 1)
    decided = (found["values"][:, :, 1] > 0.5).astype(int)
    np.testing.assert_array_equal(found["decided"], decided)


def test_a_surface_is_what_is_predicted():
    net = regressor("poisson")
    found = pictures.decision_boundary(net, X2)
    place = [found["x_1"][3], found["x_2"][7]]
    np.testing.assert_allclose(found["values"][7, 3], net.predict(place))
    of, least, at, greatest, _ = found.rows[1]
    assert (of, found["decided"], found["y"]) == ("0", None, None)
    assert (least, greatest) == (
        found["values"][:, :, 0].min(),
        found["values"][:, :, 0].max(),
    )
    assert re.fullmatch(r"\(-?[\d.]+, -?[\d.]+\)", at)


def test_axes_have_the_names_of_a_data_frames_columns():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(X2, columns=["hours", "sleep"])
    target = pandas.DataFrame(NUMBERS, columns=["score", "rank"])
    found = pictures.decision_boundary(regressor(), frame, target)
    assert found["features"] == ["hours", "sleep"]
    assert pictures.residuals(regressor(), frame, target)["names"] == ["score", "rank"]
    frame, target = pandas.DataFrame(X2), pandas.DataFrame(NUMBERS)
    found = pictures.decision_boundary(regressor(), frame, target)
    assert found["features"] == ["x[:, 0]", "x[:, 1]"]
    found = pictures.residuals(regressor(), frame, target)
    assert found["names"] == ["y[:, 0]", "y[:, 1]"]


def test_missing_values_that_a_network_fills_in_are_no_hindrance():
    x = X2.copy()
    x[0, 0] = np.nan
    net = made([gp.layers.Columns([0, 0], [])], "mean_squared_error")
    found = pictures.decision_boundary(net, x)
    assert np.isfinite(found["values"]).all()


def test_images_are_the_columns_of_the_matrix():
    net = made([gp.Scale(2.0), gp.Flatten(), gp.Dense(3, name="first")], shape=(2, 5))
    found = pictures.first_layer(net)
    weight = net.parameters["first.weight"]
    np.testing.assert_array_equal(found["images"][1], weight[:, 1].reshape(2, 5))
    assert found["layer"] == "first"
    assert pictures.first_layer(net, (5, 2))["images"].shape == (3, 5, 2)
    assert pictures.first_layer(net, [1, 10])["images"].shape == (3, 1, 10)
    square = made([gp.Dense(3)], shape=9)
    assert pictures.first_layer(square)["images"].shape == (3, 3, 3)
    for shape in ((4, 4, 1), (1, 4, 4)):
        channels = made([gp.Flatten(), gp.Dense(3)], shape=shape)
        assert pictures.first_layer(channels)["images"].shape == (3, 4, 4)


def test_memory_does_not_grow_with_the_rows():
    net = made([gp.Dense(400, "relu"), gp.Dense(3)], "cross_entropy")
    x = np.zeros((20_000, 2))
    pictures.activations(net, x)
    tracemalloc.start()
    pictures.activations(net, x)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 40e6  # all rows would take 64 MB and more


# Bad input ----------------------------------------------------------------------------


def refused(ask: Any) -> str:
    with pytest.raises((ArgumentError, DataError, ShapeError)) as caught:
        ask()
    return str(caught.value)


OVERFLOWING = [gp.Dense(1, weights=[[[1e308], [1e308]]])]

BAD = {
    "no network": (
        lambda: pictures.network("net"),
        "network: expected a glassprop.Network, got str.",
    ),
    "a network without a shape": (
        lambda: pictures.network(gp.Network([gp.Dense(1)])),
        "the network does not know the shape of its input yet. Give input_shape= to "
        "gp.Network, or call fit first.",
    ),
    "neurons of branches": (
        lambda: pictures.network(branched(), neurons=True),
        "network: neurons=True draws layers that are matrices in a row, as gp.Dense "
        "is, and this network has others. Leave it out for blocks.",
    ),
    "no history": (
        lambda: pictures.history(classifier()),
        "history: expected a History, which net.fit(...) gives, got Network.",
    ),
    "no learning curve": (
        lambda: pictures.learning_curve(classifier()),
        "learning_curve: expected a LearningCurve, which gp.learning_curve(...) gives, "
        "got Network.",
    ),
    "a history of nothing": (
        lambda: pictures.history(gp.History()),
        "history: expected one epoch at least, got none. A training gives some, "
        "net.fit(X, y, epochs=10).",
    ),
    "learning rates of a network": (
        lambda: pictures.learning_rates(regressor()),
        "learning_rates: expected a RateSearch, which net.find_learning_rate(X, y) "
        "gives, got Network.",
    ),
    "activations of NaN": (
        lambda: pictures.activations(classifier(), [[1.0, np.nan]]),
        "X: NaN in column 1, row 0. Fill missing values or drop these rows.",
    ),
    "gradients without a loss": (
        lambda: pictures.gradients(made([gp.Dense(1)]), X2, NUMBERS),
        "gradients: the network has no loss yet, which says what its outputs mean. "
        "Give it to gp.Network, loss='cross_entropy' for classes, or call fit first.",
    ),
    "a boundary of three inputs": (
        lambda: pictures.decision_boundary(
            made([gp.Dense(1)], "hinge", shape=3), np.ones((4, 3))
        ),
        "decision_boundary: expected a network of two inputs, (n, 2), got (n, 3). "
        "Train one on two columns, X[:, :2].",
    ),
    "a boundary of several inputs": (
        lambda: pictures.decision_boundary(branched(), XS, YS),
        "decision_boundary: expected a network of two inputs, (n, 2), got (n, 5) and "
        "(n, 2). Train one on two columns, X[:, :2].",
    ),
    "a boundary without a loss": (
        lambda: pictures.decision_boundary(made([gp.Dense(1)]), X2),
        "decision_boundary: the network has no loss yet, which says what its outputs "
        "mean. Give it to gp.Network, loss='cross_entropy' for classes, or call fit "
        "first.",
    ),
    "a boundary that overflows": (
        lambda: pictures.decision_boundary(
            made(OVERFLOWING, "hinge"), np.array([[2.0, 2.0], [3.0, 3.0]])
        ),
        "decision_boundary: the network gives 3,721 of 3,721 numbers that are NaN or "
        "infinite, which cannot be drawn. See where they begin: "
        "net.explain([1.92, 1.92]).",
    ),
    "a column of gaps": (
        lambda: pictures.decision_boundary(
            made([gp.layers.Columns([0, 0], [])], "mean_squared_error"),
            np.array([[np.nan, 1.0]]),
        ),
        "decision_boundary: X: a column has no row with a number, so there is nothing "
        "to span. Give rows with numbers.",
    ),
    "too few names": (
        lambda: pictures.confusion_matrix(classifier(), X2, CLASSES, names=["a", "b"]),
        "confusion_matrix: names must be 3 words, one for each class, got ['a', 'b'].",
    ),
    "one name": (
        lambda: pictures.confusion_matrix(classifier(), X2, CLASSES, names="abc"),
        "confusion_matrix: names must be 3 words, one for each class, got 'abc'.",
    ),
    "confusion of numbers": (
        lambda: pictures.confusion_matrix(regressor(), X2, NUMBERS),
        "confusion_matrix is for two classes or many classes; loss "
        "'mean_squared_error' with output (n, 2) predicts numbers. Use "
        "gp.pictures.residuals.",
    ),
    "confusion of labels": (
        lambda: pictures.confusion_matrix(
            made([gp.Dense(3)], "binary_cross_entropy"), X2, LABELS
        ),
        "confusion_matrix is for two classes or many classes; loss "
        "'binary_cross_entropy' with output (n, 3) predicts several labels. Use "
        "gp.pictures.calibration.",
    ),
    "confusion of a label that is none": (
        lambda: pictures.confusion_matrix(classifier(), X2, np.full(60, 3)),
        "y: loss 'cross_entropy' with 3 classes takes the labels 0 to 2, got 3 in row "
        "0. Number the classes from 0, y = np.unique(y, return_inverse=True)[1], and "
        "give the last layer one unit a class.",
    ),
    "calibration without chances": (
        lambda: pictures.calibration(made([gp.Dense(1)], "hinge"), X2, LABELS[:, :1]),
        "calibration needs a loss that defines probabilities, the network has 'hinge'. "
        "Use loss='cross_entropy' or 'binary_cross_entropy'.",
    ),
    "calibration in no bins": (
        lambda: pictures.calibration(classifier(), X2, CLASSES, bins=0),
        "calibration: expected bins to be a whole number, 1 or more, got 0. Ten are "
        "usual.",
    ),
    "residuals of classes": (
        lambda: pictures.residuals(classifier(), X2, CLASSES),
        "residuals is for numbers; loss 'cross_entropy' with output (n, 3) predicts "
        "many classes. Use gp.pictures.confusion_matrix.",
    ),
    "residuals of quantiles": (
        lambda: pictures.residuals(regressor("quantile", 3), X2, NUMBERS[:, :1]),
        "residuals is for numbers; loss 'quantile' with output (n, 3) predicts nothing "
        "that can be held against a target.",
    ),
    "residuals of a loss that keeps it to itself": (
        lambda: pictures.residuals(regressor(first_only, 3), X2, NUMBERS[:, :1]),
        "residuals: expected predictions like the target, got (n, 3) for a target of "
        "(n, 1); loss 'first_only' does not say which number is predicted.",
    ),
    "residuals that overflow": (
        lambda: pictures.residuals(
            made(OVERFLOWING, "mean_squared_error"),
            [[0.0, 0.0], [2.0, 2.0]],
            [[0], [0]],
        ),
        "residuals: the network gives 1 of 2 numbers that are NaN or infinite, which "
        "cannot be drawn. See where they begin: net.explain(X[1:2]).",
    ),
    "residuals of too many names": (
        lambda: pictures.residuals(regressor(), X2, NUMBERS, names="y"),
        "residuals: names must be 2 words, one for each number of a row, got 'y'.",
    ),
    "an output that is none": (
        lambda: pictures.residuals(branched(), XS, YS, output=2),
        "residuals: output must be a number from 0 to 1, one of the network's 2 "
        "outputs, got 2.",
    ),
    "an output of another kind": (
        lambda: pictures.residuals(branched(), XS, YS, output=0),
        "residuals is for numbers; loss 'cross_entropy' with output (n, 3) predicts "
        "many classes. Use gp.pictures.confusion_matrix.",
    ),
    "two outputs that fit": (
        lambda: pictures.residuals(
            made(
                [gp.Parallel([gp.Dense(1), gp.Dense(1)])],
                ["mean_squared_error", "huber"],
            ),
            *(X2, (NUMBERS[:, :1], NUMBERS[:, 1:])),
        ),
        "residuals: the outputs 0 and 1 all fit. Choose one, output=0.",
    ),
    "a first layer of no square": (
        lambda: pictures.first_layer(classifier()),
        "first_layer: the network takes 2 numbers, which are no square. Say what shape "
        "their image has, shape=(1, 2).",
    ),
    "a shape of other numbers": (
        lambda: pictures.first_layer(classifier(), (2, 2)),
        "first_layer: shape must be (height, width), or (height, width, 3) for "
        "colours, of 2 numbers in all, as many as come to 'dense_1.weight'; got (2, "
        "2).",
    ),
    "a shape that is none": (
        lambda: pictures.first_layer(classifier(), "2x1"),
        "first_layer: shape must be (height, width), or (height, width, 3) for "
        "colours, of 2 numbers in all, as many as come to 'dense_1.weight'; got "
        "'2x1'.",
    ),
    "no matrix": (
        lambda: pictures.first_layer(made([gp.Scale(2.0)])),
        "first_layer: no layer of the network multiplies its inputs by a matrix, as "
        "gp.Dense does.",
    ),
    "a matrix of other numbers": (
        lambda: pictures.first_layer(
            made([gp.Lambda(lambda x: np.concatenate([x, x], axis=1)), gp.Dense(2)])
        ),
        "first_layer: the first layer with a matrix, 'dense_1', takes 4 numbers, and "
        "the network 2. Only weights of the inputs themselves make an image.",
    ),
    "a first layer of several inputs": (
        lambda: pictures.first_layer(branched()),
        "first_layer: the first layer with a matrix, 'sides.a', takes 5 numbers, and "
        "the network several inputs. Only weights of the inputs themselves make an "
        "image.",
    ),
}


def first_only(output, y):
    return np.mean((output[:, :1] - y) ** 2, axis=1)


@pytest.mark.parametrize("case", BAD)
def test_refusal(case):
    ask, message = BAD[case]
    assert refused(ask) == message


def test_a_refused_picture_leaves_the_network_as_it_was():
    net = gp.Network([gp.Dense(1)], loss="hinge")
    refused(lambda: pictures.decision_boundary(net, np.ones((4, 3))))
    assert net.input_shape is None


# The page -----------------------------------------------------------------------------

DOCS = pages.ROOT / "docs"


@pytest.fixture(scope="module")
def script():
    sys.path.insert(0, str(DOCS))
    try:
        yield importlib.import_module("make_pictures")
    finally:
        sys.path.remove(str(DOCS))


def test_the_page_shows_each_picture_of_the_script_once(script):
    text = (DOCS / "pictures.md").read_text(encoding="utf-8")
    shown = re.findall(r"!\[[^\]]+\]\(_static/pictures/(\w+)\.svg\)", text)
    assert sorted(shown) == sorted(script.PICTURES)
    files = sorted(one.name for one in (DOCS / "_static" / "pictures").iterdir())
    assert files == sorted(f"{name}.svg" for name in script.PICTURES)


def test_the_pictures_of_the_page_are_small_and_whole(script):
    for name in script.PICTURES:
        path = DOCS / "_static" / "pictures" / f"{name}.svg"
        assert path.stat().st_size < 70_000
        assert ElementTree.parse(path).getroot().find(f"{SVG}desc").text


@pytest.mark.parametrize("name", ["exam", "blocks", "calibration"])
def test_the_script_makes_what_the_page_shows(script, name):
    path = DOCS / "_static" / "pictures" / f"{name}.svg"
    assert script.PICTURES[name]().svg() == path.read_text(encoding="utf-8")

"""What notebooks show of estimators: scikit-learn's diagram, and the network below."""

import re
import sys
from xml.etree import ElementTree

import numpy as np
import pytest
import sklearn
from sklearn.datasets import load_iris
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import glassprop as gp
from glassprop.sklearn import MLPClassifier, NetworkRegressor

X, Y = load_iris(return_X_y=True)
MODELS = [
    MLPClassifier((3,), max_iter=2, random_state=0),
    NetworkRegressor([gp.Residual([gp.Dense(4)])], max_iter=2, random_state=0),
]
pytestmark = pytest.mark.filterwarnings(
    "ignore:(solver|optimizer) .* reached:sklearn.exceptions.ConvergenceWarning"
)
BOTH = pytest.mark.parametrize("model", MODELS, ids=lambda one: type(one).__name__)


def without_ids(html):
    """Leave out the numbers that scikit-learn counts its diagrams by."""
    return re.sub(r"sk-(container|estimator)-id-\d+", "", html)


def diagram(model):
    return without_ids(sklearn.utils.estimator_html_repr(model))


@BOTH
def test_before_a_fit_there_is_their_diagram_alone(model):
    fresh = sklearn.base.clone(model)
    assert without_ids(fresh._repr_html_()) == diagram(fresh)


@BOTH
def test_after_it_the_network_stands_below(model):
    model.fit(X, Y)
    html = without_ids(model._repr_html_())
    assert html.startswith(diagram(model))
    below = html.removeprefix(diagram(model))
    root = ElementTree.fromstring(below)
    assert root.tag == "figure"
    (image,) = root.iter("img")
    assert image.get("src").startswith("data:image/svg+xml;base64,")
    assert image.get("alt").startswith("Network. 4 -> ")
    assert "<script" not in below
    bundle = model._repr_mimebundle_()
    assert bundle["text/plain"] == repr(model)
    assert without_ids(bundle["text/html"]) == html


def test_a_pipeline_is_shown_as_ever():
    whole = make_pipeline(StandardScaler(), sklearn.base.clone(MODELS[0])).fit(X, Y)
    html = whole._repr_html_()
    assert without_ids(html) == diagram(whole)
    assert "MLPClassifier" in html


def test_who_wants_text_gets_text():
    with sklearn.config_context(display="text"):
        assert not hasattr(MODELS[0], "_repr_html_")
        assert MODELS[0]._repr_mimebundle_() == {"text/plain": repr(MODELS[0])}


def bold(z):
    return np.tanh(z)


@pytest.mark.parametrize("drawn", [True, False])
def test_names_are_no_markup(monkeypatch, drawn):
    monkeypatch.setattr(bold, "__name__", "<script>alert(1)</script>")
    if not drawn:
        monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    model = MLPClassifier((3,), bold, max_iter=2, random_state=0).fit(X, Y)
    html = without_ids(model._repr_html_())
    below = html.removeprefix(diagram(model))
    assert "<script" not in below
    assert "&lt;script&gt;" in below


def test_without_matplotlib_there_is_the_summary(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    model = sklearn.base.clone(MODELS[0]).fit(X, Y)
    html = without_ids(model._repr_html_())
    below = ElementTree.fromstring(html.removeprefix(diagram(model)))
    assert (below.tag, below.text) == ("pre", model.network_.summary())

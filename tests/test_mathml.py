"""Formulas as MathML: well formed, and what the code says."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import numpy as np
import pytest

import glassprop as gp
from glassprop.layers import LAYERS
from glassprop.layers.activations import ACTIVATIONS
from glassprop.losses import LOSSES
from glassprop.mathml import mathml, mathml_terms
from glassprop.optimizers import OPTIMIZERS
from networks import example_target, fitting_outputs
from test_layers import EXAMPLES

RNG = np.random.default_rng(12)
TIMES = "\N{INVISIBLE TIMES}"


def words(formula):
    """Give what a reader sees, in order; fractions with a bar."""
    return _words(ET.fromstring(mathml(formula)))


def _words(element):
    if element.tag == "mfrac":
        return " | ".join(_words(one) for one in element)
    text = " ".join(filter(None, [element.text, *map(_words, element)]))
    return text.strip()


@pytest.mark.parametrize(
    ("formula", "shown"),
    [
        ("z1 = x @ W1 + b1", f"z 1 = x {TIMES} W 1 + b 1"),
        ("a * (1 - a)", "a ⋅ ( 1 − a )"),
        ("a - (b - c)", "a − ( b − c )"),
        ("(a - b) - c", "a − b − c"),
        ("-2 * -0.5", "− 2 ⋅ ( − 0.5 )"),
        ("1 - -2 * 3 + -4", "1 − ( − 2 ) ⋅ 3 + ( − 4 )"),
        ("1 - -2 / 3", "1 − − 2 | 3"),
        ("-(-a)", "− ( − a )"),
        ("-(a + b)", "− ( a + b )"),
        ("a / (b + 1)", "a | b + 1"),
        ("(a + b) ** 2", "( a + b ) 2"),
        ("W_hidden.T", "W hidden ⊤"),
        ("(a + b).T", "( a + b ) ⊤"),
        ("np.sqrt(v) * scale", "v ⋅ scale"),
        ("np.exp(-z)", "e − z"),
        ("np.power(0.9, t)", "0.9 t"),
        ("np.abs(x)", "| x |"),
        ("np.sum(a * b, axis=0)", "∑ axis 0 a ⋅ b"),
        ("np.sum(a + b)", "∑ ( a + b )"),
        ("np.maximum(z1, 0)", "maximum ( z 1 , 0 )"),
        ("softmax(z, axis=(1,))", "softmax ( z , axis=(1,) )"),
        ("a < b", "a < b"),
        ("a = y[:, None] == k", "a = y[:, None] == k"),
        ("row_loss", "row loss"),
        ("batch_mean1 + one_hot_2", "batch mean 1 + one hot 2"),
        ("m_W1 * W1_inner", "m W1 ⋅ W 1 inner"),
        ("W1 -= learning_rate * d_W1", "W 1 −= learning rate ⋅ ∂ loss | ∂ W 1"),
    ],
)
def test_a_formula_reads_as_mathematics(formula, shown):
    assert words(formula) == shown


@pytest.mark.parametrize(
    ("expression", "shown"),
    [
        ("7.5", ["7.5"]),
        ("2 * 0.2 + 9 * -0.8 - -1", ["2 ⋅ 0.2", "+ 9 ⋅ ( − 0.8 )", "− ( − 1 )"]),
        ("a - (b - c)", ["a", "− ( b − c )"]),
        ("(a + b) / 2", ["a + b | 2"]),
        ("(a + -b + c) / -2", ["( a", "+ ( − b )", "+ c )", "/ ( − 2 )"]),
        ("(a + b + c) / (d + e)", ["( a", "+ b", "+ c )", "/ ( d + e )"]),
        ("2 * (a + b)", ["2 ⋅ ( a + b )"]),
        ("a * b * (1 - c * c)", ["a ⋅ b ⋅ ( 1 − c ⋅ c )"]),
        ("a * b * (1 - c * c) * d", ["a ⋅ b ⋅ ( 1 − c ⋅ c )", "⋅ d"]),
        ("2 * (a + b + c)", ["2", "⋅ ( a", "+ b", "+ c )"]),
        ("a - (b + -2 * c - d)", ["a", "− ( b", "+ ( − 2 ) ⋅ c", "− d )"]),
        ("a - (b - c)", ["a", "− ( b − c )"]),
    ],
)
def test_the_terms_of_a_sum_are_formulas_between_which_a_line_is_broken(
    expression, shown
):
    parts = mathml_terms(expression).split("<wbr/>")
    assert [_words(ET.fromstring(one)) for one in parts] == shown


def test_roots_and_powers_have_their_elements():
    head = '<math displaystyle="true">'
    assert mathml("np.sqrt(v)") == f"{head}<msqrt><mi>v</mi></msqrt></math>"
    assert mathml("x ** 2") == (
        f"{head}<msup><mrow><mi>x</mi></mrow><mrow><mn>2</mn></mrow></msup></math>"
    )


def assert_well_formed(explanation):
    """Parse the whole page as XML; only a doctype and style are HTML's own."""
    text = explanation.html()
    body = text[text.index("<body>") : text.index("</html>")]
    root = ET.fromstring(body.replace("&nbsp;", " "))
    assert len(list(root.iter("math"))) >= len(explanation.steps)
    assert "<script" not in text
    assert explanation._repr_html_() in text


@pytest.mark.parametrize("name", LAYERS)
def test_every_layer_has_a_page(name):
    for example in EXAMPLES[name]:
        net = example.network("huber", 2)
        if name in ("Standardize", "Columns"):
            net.learn(example.X)
        assert_well_formed(net.explain(example.X))


@pytest.mark.parametrize("name", [*ACTIVATIONS, *LOSSES, *OPTIMIZERS])
def test_every_activation_loss_and_optimizer_has_a_page(name):
    loss = name if name in LOSSES else "huber"
    outputs = fitting_outputs(LOSSES[loss], 3)
    layers = [gp.Dense(3, name if name in ACTIVATIONS else "tanh"), gp.Dense(outputs)]
    net = gp.Network(layers, loss=loss)
    y = example_target(LOSSES[loss], 3, outputs, RNG)
    rule = name if name in OPTIMIZERS else "sgd"
    assert_well_formed(net.explain(RNG.normal(size=(3, 2)), y, optimizer=rule))


def test_on_a_page_long_sums_and_names_are_broken_for_paper():
    net = gp.Network([gp.Dense(1)], input_shape=3)
    text = net.explain([1.0, 2.0, 3.0]).html()
    (line,) = [one for one in text.splitlines() if "weighted sum" in one]
    assert line.count("<wbr/>") == 3  # before each of the products and the bias
    assert "overflow-wrap: anywhere" in text
    assert "@media print { .glassprop-step section > div { overflow-x: visible" in text


def test_what_is_not_markup_is_written_as_text():
    net = gp.Network([gp.Dense(1)], input_shape=1, name="<b>&")
    assert "<h2>&lt;b&gt;&amp;: 1 -&gt; Dense(1)</h2>" in net.explain([1.0]).html()

"""The numbers of the two tutorials that glassprop started from, by the public API."""

from __future__ import annotations

import numpy as np
import pytest

import glassprop as gp

# 1. An exam score from hours of study and of sleep ------------------------------------

HOURS = np.array([[2.0, 9.0], [1.0, 5.0], [3.0, 6.0]])
SCORES = np.array([[92.0], [86.0], [89.0]]) / 100
LARGEST = np.array([3.0, 9.0])
ASKED = np.array([4.0, 8.0])


def exam_network(seed):
    """Make the tutorial's network; the scale of its inputs belongs to it."""
    np.random.seed(seed)
    first, second = np.random.randn(2, 3), np.random.randn(3, 1)
    return gp.Network(
        [
            gp.Scale(1 / LARGEST),
            gp.Dense(3, "sigmoid", bias=False, weights=(first,)),
            gp.Dense(1, "sigmoid", bias=False, weights=(second,)),
        ],
        loss="half_squared_error",
        name="exam",
    )


def exam_trained(seed):
    """Train as the tutorial does: a learning rate of 1 for the sum over three rows."""
    net = exam_network(seed)
    net.fit(
        HOURS,
        SCORES,
        optimizer=gp.SGD(3.0),
        epochs=1000,
        batch_size=None,
        verbose=False,
    )
    return net


def exam_loss(net):
    return net.evaluate(HOURS, SCORES, loss="mean_squared_error")["loss"]


def test_the_worked_forward_pass():
    to_hidden = np.array([[0.2, 0.6, 0.1], [0.8, 0.3, 0.7]])
    to_output = np.array([[0.4], [0.5], [0.9]])
    row = [2.0, 9.0]

    def net(*layers):
        return gp.Network(layers, input_shape=2)

    sums = gp.Dense(3, bias=False, weights=(to_hidden,))
    hidden = gp.Dense(3, "sigmoid", bias=False, weights=(to_hidden,))
    total = gp.Dense(1, bias=False, weights=(to_output,))
    output = gp.Dense(1, "sigmoid", bias=False, weights=(to_output,))
    assert net(sums)(row).round(12).tolist() == [7.6, 3.9, 6.5]
    assert [f"{a:.9f}" for a in net(hidden)(row)] == [
        "0.999499799",
        "0.980159694",
        "0.998498818",
    ]
    assert f"{net(hidden, total)(row)[0]:.9f}" == "1.788528703"
    assert f"{net(hidden, output)(row)[0]:.9f}" == "0.856746796"


def test_the_exam_network_learns_what_the_tutorials_does():
    net = exam_trained(0)
    assert f"{exam_loss(net):.7e}" == "2.1454720e-04"
    assert f"{net.predict(ASKED)[0]:.10f}" == "0.9035334158"


def test_the_wrong_ways_give_the_wrong_answers_that_look_right():
    net = exam_trained(0)
    assert f"{net.predict(ASKED * LARGEST)[0]:.7f}" == "0.9074325"  # not scaled
    assert f"{net.predict(ASKED[::-1])[0]:.7f}" == "0.9049302"  # columns swapped
    # Appended to the rows, the question changes the largest hours to (4, 9).
    appended = ASKED / np.vstack([HOURS, ASKED]).max(axis=0)
    assert f"{net.predict(appended * LARGEST)[0]:.7f}" == "0.9008340"


@pytest.mark.no_cover
def test_over_the_seeds_0_to_19():
    nets = [exam_trained(seed) for seed in range(20)]
    predictions = [float(net.predict(ASKED)[0]) for net in nets]
    losses = [exam_loss(net) for net in nets]
    assert f"{min(predictions):.4f} {max(predictions):.4f}" == "0.8894 0.9231"
    assert f"{min(losses):.2e} {max(losses):.2e}" == "1.03e-05 7.88e-04"
    assert f"{np.median(losses):.2e}" == "2.39e-04"


def test_the_tutorials_update_is_one_step_of_ours():
    net = exam_network(0)
    x = HOURS / LARGEST
    net(HOURS)
    first, second = (net.parameters[f"dense_{at}.weight"] for at in (1, 2))
    hidden = 1 / (1 + np.exp(-(x @ first)))
    output = 1 / (1 + np.exp(-(hidden @ second)))
    delta_output = (SCORES - output) * output * (1 - output)
    delta_hidden = delta_output @ second.T * hidden * (1 - hidden)
    net.fit(HOURS, SCORES, optimizer=gp.SGD(3.0), batch_size=None, verbose=False)
    np.testing.assert_allclose(
        net.parameters["dense_1.weight"], first + x.T @ delta_hidden, rtol=1e-13
    )
    np.testing.assert_allclose(
        net.parameters["dense_2.weight"], second + hidden.T @ delta_output, rtol=1e-13
    )


# 2. Binary AND, layer by layer --------------------------------------------------------

INPUTS = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
BOTH = np.array([[0, 0], [0, 0], [0, 0], [1, 1]])  # the column, against two outputs
MSE = (
    "0.493821 0.229725 0.197990 0.194248 0.193029 0.192013 0.190730 0.188895 0.186293 "
    "0.182946 0.179057 0.174675 0.169565 0.163116 0.154368 0.143564 0.133169 0.124437 "
    "0.117074 0.110702 0.105110 0.100168 0.095770 0.091825 0.088261 0.085016 0.082037 "
    "0.079277 0.076697"
)


def drawn_layer(inputs, units, activation):
    """Draw a layer as the tutorial does: weights, then bias, all between 0 and 1."""
    weights = np.random.rand(inputs, units), np.random.rand(units)
    return gp.Dense(units, activation, weights=weights, frozen="bias")


def and_network():
    np.random.seed(100)
    return gp.Network(
        [
            drawn_layer(2, 3, "tanh"),
            drawn_layer(3, 3, "sigmoid"),
            drawn_layer(3, 2, "sigmoid"),
        ],
        loss="half_squared_error",
    )


@pytest.fixture(scope="module")
def learned():
    """Train on AND, and write down the error after epochs 0, 10, ..., 280."""
    net, errors = and_network(), []

    def write_down(net, history):
        if history.epochs[-1] % 10 == 1:
            found = net.evaluate(INPUTS, BOTH, loss="mean_squared_error")
            errors.append(found["loss"])

    net.fit(
        INPUTS,
        BOTH,
        optimizer=gp.SGD(0.3),
        epochs=290,
        batch_size=1,
        shuffle=False,
        callbacks=[write_down],
        verbose=False,
    )
    return net, errors


def classes(net, X):
    return net.predict(X).argmax(axis=-1)


def test_the_first_layer_of_the_tutorial():
    np.random.seed(100)
    net = gp.Network([drawn_layer(3, 4, None)], input_shape=3)
    np.testing.assert_array_equal(
        net.parameters["dense_1.weight"].round(8),
        [
            [0.54340494, 0.27836939, 0.42451759, 0.84477613],
            [0.00471886, 0.12156912, 0.67074908, 0.82585276],
            [0.13670659, 0.57509333, 0.89132195, 0.20920212],
        ],
    )
    np.testing.assert_array_equal(
        net.parameters["dense_1.bias"].round(8),
        [0.18532822, 0.10837689, 0.21969749, 0.97862378],
    )
    np.testing.assert_array_equal(
        net([1, 2, 3]).round(8), [1.14829064, 2.35516451, 4.65967912, 4.10271179]
    )


def test_before_training_every_prediction_is_1():
    assert classes(and_network(), INPUTS).tolist() == [1, 1, 1, 1]


def test_the_errors_of_training_are_the_tutorials(learned):
    _, errors = learned
    assert " ".join(f"{error:.6f}" for error in errors) == MSE


def test_the_biases_stay_as_they_were_drawn(learned):
    net, _ = learned
    drawn = and_network()
    drawn(INPUTS)
    for at in (1, 2, 3):
        for name, same in (("weight", False), ("bias", True)):
            key = f"dense_{at}.{name}"
            assert np.array_equal(net.parameters[key], drawn.parameters[key]) is same


def test_every_row_is_right_one_of_them_barely(learned):
    net, _ = learned
    assert classes(net, INPUTS).tolist() == [0, 0, 0, 1]
    outputs = net.predict(INPUTS)
    assert f"{outputs[1, 0] - outputs[1, 1]:.1e}" == "3.5e-05"


@pytest.mark.parametrize(
    ("point", "predicted"),
    [
        *(((x, y), 1) for x, y in ((2, 0), (45, 203), (0, 85))),
        *(((x, y), 0) for x, y in ((0, -1), (-21, 0), (0, -328))),
        *(((x, y), 0) for x, y in ((1, 0), (0, 1), (0.5, 0))),
    ],
)
def test_what_the_author_could_not_explain(learned, point, predicted):
    net, _ = learned
    assert classes(net, point) == predicted
    assert classes(net, [point]).tolist() == [predicted]


def test_both_outputs_learned_one_target(learned):
    net, _ = learned
    outputs = net.predict(INPUTS)
    assert (outputs[3] > outputs[:3].max(axis=0) + 0.25).all()

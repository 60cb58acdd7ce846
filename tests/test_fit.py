"""Networks: training, prediction, and what can be asked of them."""

from __future__ import annotations

import inspect
import os
import re
import signal
import subprocess
import sys
import textwrap
import threading
from itertools import pairwise

import numpy as np
import pandas
import pytest
import scipy.special
import sklearn.metrics

import glassprop as gp
from glassprop.backends.contract import batches
from glassprop.backends.run_numba import NumbaSteps
from glassprop.backends.run_numpy import NumpySteps
from glassprop.check import GradientCheck
from glassprop.epochs import CALL, CALLING, steps_of_a_call
from glassprop.errors import (
    ArgumentError,
    BroadcastError,
    DataError,
    DivergenceError,
    ShapeError,
    listing,
)
from glassprop.history import History
from glassprop.metrics import METRICS, Metric
from glassprop.randomness import generator
from glassprop.rows import split_rows
from networks import bits, refusal
from terminals import Terminal, on_terminal

RNG = np.random.default_rng(17)
X = RNG.normal(size=(23, 3))
Y = np.tanh(X @ RNG.normal(size=(3, 2))) + 0.1 * RNG.normal(size=(23, 2))
LABELS = np.arange(23) % 3


def regressor(**options):
    layers = [gp.Dense(4, "tanh", name="hidden"), gp.Dense(2, name="out")]
    return gp.Network(layers, loss="half_squared_error", **options)


def classifier(**options):
    return gp.Network(
        [gp.Dense(4, "relu"), gp.Dense(3)], loss="cross_entropy", **options
    )


def quietly(net, *data, **options):
    return net.fit(*data, verbose=False, **options)


# Batches ------------------------------------------------------------------------------


def hand_trained(net, rows_of_steps, rate):
    """Train a copy of a regressor by hand, with the derivatives written out."""
    w = {key: value.copy() for key, value in net.parameters.items()}
    for rows in rows_of_steps:
        x, y, n = X[rows], Y[rows], len(X[rows])
        a = np.tanh(x @ w["hidden.weight"] + w["hidden.bias"])
        error = (a @ w["out.weight"] + w["out.bias"] - y) / n
        d_z = error @ w["out.weight"].T * (1 - a * a)
        w["out.weight"] -= rate * a.T @ error
        w["out.bias"] -= rate * error.sum(axis=0)
        w["hidden.weight"] -= rate * x.T @ d_z
        w["hidden.bias"] -= rate * d_z.sum(axis=0)
    return w


@pytest.mark.parametrize("size", [None, 23, 1, 5, 22, 100, np.int64(5)])
def test_each_batch_is_one_step_and_the_last_may_be_smaller(size):
    net = regressor(input_shape=3)
    length = 23 if size is None else int(size)
    cut = [slice(at, at + length) for at in range(0, 23, length)]
    expected = hand_trained(net, cut * 4, 0.1)
    quietly(net, X, Y, optimizer=gp.SGD(0.1), epochs=4, batch_size=size, shuffle=False)
    for key, value in net.parameters.items():
        np.testing.assert_allclose(value, expected[key], rtol=1e-10, atol=1e-13)
    assert net.training.steps == 4 * len(cut)


def test_shuffled_batches_hold_each_row_once_and_differ_by_epoch():
    orders = []
    for epoch in range(3):
        cut = batches(generator(0, 1, epoch).permutation(23), 5)
        assert [len(one) for one in cut] == [5, 5, 5, 5, 3]
        orders.append(np.concatenate(cut))
        assert sorted(orders[-1]) == list(range(23))
    assert not any(np.array_equal(one, two) for one, two in pairwise(orders))
    assert [X[one].tolist() for one in batches(slice(0, 23), 5)] == [
        X[at : at + 5].tolist() for at in range(0, 23, 5)
    ]


def test_shuffling_trains_on_the_rows_in_orders_of_its_own():
    start = regressor(input_shape=3)
    nets = [regressor(input_shape=3, seed=seed) for seed in (0, 0, 1)]
    for net, shuffle in zip(nets, (False, True, True), strict=True):
        net.parameters.update(start.parameters)
        quietly(net, X, Y, optimizer="sgd", batch_size=1, shuffle=shuffle)
    assert len({str(bits(net)) for net in nets}) == 3


def test_one_batch_of_all_rows_keeps_their_order():
    nets = [regressor(), regressor(), regressor()]
    for net, size in zip(nets, (None, 23, 99), strict=True):
        quietly(net, X, Y, batch_size=size, epochs=2)
    expected = regressor()
    quietly(expected, X, Y, batch_size=None, epochs=2, shuffle=False)
    assert all(bits(net) == bits(expected) for net in nets)


def test_the_loss_of_an_epoch_is_the_mean_over_rows_before_each_update():
    net = regressor()
    losses = 0.5 * ((net(X) - Y) ** 2).sum(axis=1)
    history = quietly(net, X, Y, optimizer=gp.SGD(0.0), batch_size=4, epochs=2)
    assert history["loss"] == [pytest.approx(losses.mean())] * 2


# The same bits ------------------------------------------------------------------------


def random_network(**options):
    layers = [
        gp.Standardize(),
        gp.Dense(6, "relu"),
        gp.Dropout(0.3),
        gp.Dense(5, "tanh", l2=0.01),
        gp.Dropout(0.2),
        gp.Dense(3),
    ]
    return gp.Network(layers, loss="cross_entropy", **options)


OPTIONS = {
    "optimizer": gp.Adam(0.01),
    "schedule": gp.schedules.Cosine(epochs=10),
    "batch_size": 4,
    "clip": 0.5,
    "validation": 0.3,
    "class_weight": "balanced",
}


def test_five_and_five_epochs_give_the_bits_of_ten():
    whole, parts = random_network(), random_network()
    expected = quietly(whole, X, LABELS, epochs=10, **OPTIONS)
    found = [quietly(parts, X, LABELS, epochs=5, **OPTIONS)]
    parts.predict(X)
    parts.evaluate(X, LABELS)
    np.random.default_rng().normal()
    found.append(quietly(parts, X, LABELS, epochs=5, **OPTIONS))
    assert bits(parts) == bits(whole)
    for name in expected:
        assert found[0][name] + found[1][name] == expected[name]
    assert found[1].epochs == [6, 7, 8, 9, 10]
    assert parts.training.steps == whole.training.steps == 40


def test_the_same_seed_gives_the_same_bits_and_another_seed_others():
    nets = [random_network(seed=seed) for seed in (3, 3, 4)]
    for net in nets:
        quietly(net, X, LABELS, epochs=2, **OPTIONS)
    assert bits(nets[0]) == bits(nets[1])
    assert not set(bits(nets[0]).items()) & set(bits(nets[2]).items())


def test_parameters_of_one_shape_start_differently():
    class Two:
        def parameters(self, input_shape):
            return {name: gp.Parameter(input_shape, "normal") for name in "ab"}

        def forward(self, p, x, run):
            return x * p["a"] + p["b"]

    layers = [gp.Dense(3), gp.Dense(3), Two()]
    values = gp.Network(layers, input_shape=3).parameters
    assert not np.array_equal(values["dense_1.weight"], values["dense_2.weight"])
    assert not np.array_equal(values["two_1.a"], values["two_1.b"])


def test_a_layers_start_does_not_depend_on_the_others():
    alone = gp.Network([gp.Dense(2, name="a")], input_shape=3)
    among = gp.Network(
        [gp.Dense(3, name="b"), gp.Dropout(0.1), gp.Dense(2, name="a")], input_shape=3
    )
    assert np.array_equal(alone.parameters["a.weight"], among.parameters["a.weight"])


def test_the_global_generators_play_no_part():
    np.random.seed(1)
    first = random_network()
    quietly(first, X, LABELS, **OPTIONS)
    np.random.seed(2)
    state = np.random.get_state()[1].copy()
    second = random_network()
    quietly(second, X, LABELS, **OPTIONS)
    assert bits(first) == bits(second)
    assert np.array_equal(np.random.get_state()[1], state)


# Validation ---------------------------------------------------------------------------


def test_a_validation_fraction_is_held_out_and_measured():
    seen = []

    class Spy:
        def learn(self, x):
            seen.append(len(x))
            return {}

        def forward(self, p, x, run):
            return x

    net = gp.Network([Spy(), gp.Dense(2)], loss="half_squared_error")
    history = quietly(net, X, Y, validation=0.25, epochs=3)
    assert seen == [23 - 6]
    assert list(history) == [
        "loss",
        "validation_loss",
        "validation_mae",
        "validation_rmse",
        "validation_r2",
    ]
    assert all(len(values) == 3 for values in history.values())


@pytest.mark.parametrize("fraction", [0.2, 0.25, 0.5, 0.61])
def test_a_split_keeps_the_share_of_each_class(fraction):
    labels = np.repeat([0, 1, 2], [60, 30, 10])
    train, held = split_rows(100, fraction, generator(0, 1), labels)
    assert sorted([*train, *held]) == list(range(100))
    assert (np.diff(train) > 0).all()
    assert (np.diff(held) > 0).all()
    assert len(held) == round(100 * fraction)
    counts = np.bincount(labels[held], minlength=3)
    assert (abs(counts - fraction * np.array([60, 30, 10])) < 1).all()


def test_a_split_without_labels_is_any():
    train, held = split_rows(10, 0.3, generator(0, 1), None)
    assert sorted([*train, *held]) == list(range(10))
    assert len(held) == 3
    others = [split_rows(10, 0.3, generator(0, 1, step), None)[1] for step in range(5)]
    assert len({tuple(one) for one in others}) > 1


@pytest.mark.parametrize("form", ["labels", "one-hot", "column"])
def test_the_validation_fraction_is_stratified_for_every_form_of_classes(form):
    labels = np.repeat([0, 1], [30, 10])[RNG.permutation(40)]
    target = {
        "labels": labels,
        "one-hot": np.eye(2)[labels],
        "column": labels[:, None],
    }[form]
    units = 1 if form == "column" else 2
    name = "binary_cross_entropy" if form == "column" else "cross_entropy"
    # A network of zeros always answers 0: its accuracy is the share of that class.
    data = np.zeros((40, 2))
    net = gp.Network([gp.Dense(units, initializer=0.0)], loss=name)
    history = quietly(net, data, target, validation=0.2, optimizer=gp.SGD(0.0))
    assert history["validation_accuracy"] == [0.75]
    assert history["validation_balanced_accuracy"] == [0.5]


@pytest.mark.parametrize("weights", [None, np.arange(23.0)])
def test_validation_data_are_measured_after_each_epoch(weights):
    data = (X, LABELS) if weights is None else (X, LABELS, weights)
    net = classifier()
    measured = []

    def measure(net, history):
        measured.append(net.evaluate(X, LABELS, sample_weight=weights))

    history = quietly(
        net, X[:9], LABELS[:9], validation=data, epochs=3, callbacks=[measure]
    )
    names = ("loss", "accuracy", "balanced_accuracy")
    for name in names:
        assert history[f"validation_{name}"] == [one[name] for one in measured]
    assert list(history) == ["loss", *(f"validation_{name}" for name in names)]


def test_a_validation_fraction_may_be_any_real_number():
    nets = [classifier(), classifier()]
    for net, fraction in zip(nets, (0.5, np.float32(0.5)), strict=True):
        quietly(net, X, LABELS, validation=fraction)
    assert bits(nets[0]) == bits(nets[1])


# Early stopping -----------------------------------------------------------------------


def stopping_after(losses, rule, **options):
    """Train on a loss whose epochs are given, with early stopping by a rule."""
    net = gp.Network([gp.Dense(1, initializer=0.0)], loss="half_squared_error")
    seen = []

    def overwrite(net, history):
        seen.append({key: value.copy() for key, value in net.values.items()})
        history["loss"][-1] = losses[len(seen) - 1]

    history = quietly(
        net,
        X,
        Y[:, :1],
        epochs=len(losses),
        callbacks=[overwrite],
        early_stopping=rule,
        **options,
    )
    return net, history, seen


def same(values, others):
    return all(np.array_equal(values[key], others[key]) for key in values)


def test_early_stopping_waits_and_restores_the_best_epoch():
    net, history, seen = stopping_after([5, 3, 4, 2, 2.5, 2, 9, 1], 3)
    assert history.stopped == "early stopping"
    assert history.epochs == [1, 2, 3, 4, 5, 6, 7]
    assert history.best_epoch == 4
    assert same(net.values, seen[3])
    assert not same(net.values, seen[-1])


def test_early_stopping_may_leave_the_last_epoch():
    rule = gp.EarlyStopping(patience=2, restore_best=False)
    net, history, seen = stopping_after([5, 3, 4, 4, 1], rule)
    assert history.epochs == [1, 2, 3, 4]
    assert history.best_epoch is None
    assert same(net.values, seen[-1])


def test_early_stopping_restores_the_best_epoch_also_at_the_last():
    net, history, seen = stopping_after([5, 3, 4], 10)
    assert history.stopped == "epochs"
    assert history.best_epoch == 2
    assert same(net.values, seen[1])


def test_early_stopping_counts_only_what_is_better_by_min_delta():
    rule = gp.EarlyStopping(patience=2, min_delta=0.5)
    _, history, _ = stopping_after([5, 4.6, 4.4, 4.2, 4.1, 0], rule)
    assert history.epochs == [1, 2, 3, 4, 5]
    assert history.best_epoch == 3


@pytest.mark.parametrize(
    ("spec", "rule"),
    [
        (True, gp.EarlyStopping()),
        (4, gp.EarlyStopping(patience=4)),
        (np.int64(4), gp.EarlyStopping(patience=4)),
        (False, None),
        (None, None),
    ],
)
def test_early_stopping_may_be_asked_for_in_short(spec, rule):
    runs = [stopping_after([3, 1, 2, 2, 2, 2, 2, 0.5], one) for one in (spec, rule)]
    assert runs[0][1].epochs == runs[1][1].epochs
    assert runs[0][1].best_epoch == runs[1][1].best_epoch


def test_early_stopping_watches_the_validation_loss_where_there_is_one():
    net = classifier()
    history = quietly(
        net,
        X,
        LABELS,
        optimizer=gp.Adam(0.2),
        epochs=60,
        validation=0.3,
        early_stopping=3,
    )
    losses = history["validation_loss"]
    best = int(np.argmin(losses))
    assert history.stopped == "early stopping"
    assert history.best_epoch == best + 1
    assert len(losses) == best + 1 + 3


def test_early_stopping_knows_which_numbers_should_rise():
    rule = gp.EarlyStopping(patience=4, monitor="validation_accuracy")
    net = classifier()
    history = quietly(
        net,
        X,
        LABELS,
        optimizer=gp.Adam(0.05),
        epochs=40,
        validation=(X, LABELS),
        early_stopping=rule,
    )
    scores = history["validation_accuracy"]
    assert history.best_epoch == int(np.argmax(scores)) + 1
    assert net.evaluate(X, LABELS)["accuracy"] == max(scores) > scores[0]


# Callbacks ----------------------------------------------------------------------------


def test_callbacks_may_ask_the_network_anything():
    net = regressor()
    asked = []

    def ask(given, history):
        assert given is net
        scores = given.evaluate(X, Y)
        assert given.check_gradients(X, Y).ok
        prediction = given.predict(X)
        assert ((prediction - Y) ** 2).sum(axis=1).mean() / 2 == pytest.approx(
            scores["loss"]
        )
        asked.append((history.epochs[-1], given.source(), scores["loss"]))

    plain = regressor()
    quietly(plain, X, Y, epochs=3)
    quietly(net, X, Y, epochs=3, callbacks=[ask])
    assert [epoch for epoch, _, _ in asked] == [1, 2, 3]
    assert bits(net) == bits(plain)


def test_callbacks_may_stop_and_all_are_called():
    calls = []

    def first(net, history):
        calls.append("first")
        return len(history.epochs) == 2

    def second(net, history):
        calls.append("second")

    history = quietly(
        regressor(), X, Y, epochs=9, callbacks=(one for one in (first, second))
    )
    assert calls == ["first", "second"] * 2
    assert history.stopped == "callback"
    assert history.epochs == [1, 2]


def test_an_error_in_a_callback_comes_through_and_the_training_stays():
    def fail(net, history):
        raise RuntimeError("enough")

    net, same_net = regressor(), regressor()
    with pytest.raises(RuntimeError, match=r"\Aenough\Z"):
        quietly(net, X, Y, epochs=3, callbacks=[fail])
    quietly(same_net, X, Y)
    assert bits(net) == bits(same_net)
    quietly(net, X, Y)
    quietly(same_net, X, Y)
    assert bits(net) == bits(same_net)


def test_a_callback_may_change_parameters():
    net = regressor()

    def freeze_by_hand(net, history):
        net.parameters["out.bias"] = [7.0, 8.0]

    quietly(net, X, Y, epochs=2, callbacks=[freeze_by_hand])
    assert net.parameters["out.bias"].tolist() == [7.0, 8.0]


# What is shown ------------------------------------------------------------------------


def shown_line(history, at):
    numbers = "  ".join(f"{name} {values[at]:.6g}" for name, values in history.items())
    return f"epoch {history.epochs[at]}  {numbers}"


def test_plain_lines_go_to_standard_error(capsys):
    net = regressor()
    for epochs, lines in ((3, [1, 2, 3]), (25, [1, *range(2, 25, 2), 25])):
        first = net.training.epochs if net.training else 0
        history = net.fit(X, Y, epochs=epochs, validation=0.2)
        captured = capsys.readouterr()
        assert captured.out == ""
        assert captured.err.splitlines() == [
            shown_line(history, number - 1) for number in lines
        ]
        assert history.epochs[0] == first + 1


def test_verbose_false_shows_nothing(capsys):
    regressor().fit(X, Y, epochs=3, verbose=False)
    assert capsys.readouterr() == ("", "")


def test_without_standard_error_nothing_is_shown(monkeypatch):
    monkeypatch.setattr(sys, "stderr", None)
    regressor().fit(X, Y, epochs=2)


def test_a_bar_shows_the_last_epoch_and_its_numbers(monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("COLUMNS", "120")
    history = regressor().fit(X, Y, epochs=4, verbose=True)
    shown = terminal.shown.rstrip().splitlines()[-1].strip()
    assert shown.startswith("epoch 4/4 ")
    assert shown.endswith(f" loss {history['loss'][-1]:.6g}")


def run(script, **options):
    """Run a script in a Python of its own."""
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        **options,
    )


def test_a_bar_is_shown_on_a_terminal():
    script = """
        import numpy as np, glassprop as gp
        X = np.arange(8.0).reshape(4, 2)
        net = gp.Network([gp.Dense(1)], loss="mean_absolute_error")
        history = net.fit(X, X[:, :1], epochs=3)
        print(f"loss {history['loss'][-1]:.6g}")
    """
    code, out, shown = on_terminal([sys.executable, "-c", textwrap.dedent(script)])
    assert code == 0
    assert re.search(rf"epoch 3/3 .*{re.escape(out.strip())}\s*\Z", shown)


# Ctrl-C -------------------------------------------------------------------------------


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
@pytest.mark.parametrize("backend", ["numpy", "numba"])
def test_ctrl_c_keeps_what_was_learned(backend):
    pytest.importorskip(backend)
    script = f"""
    import numpy as np, glassprop as gp
    X = np.arange(8.0).reshape(4, 2)
    how = {{"backend": "{backend}", "verbose": False}}
    net = gp.Network([gp.Dense(1)], loss="huber")
    def tell(net, history):
        if len(history.epochs) == 5:
            print("ready", flush=True)
    history = net.fit(X, X[:, :1], epochs=10**9, callbacks=[tell], **how)
    again = gp.Network(net.layers, loss="huber")
    steps = net.training.steps
    again.fit(X, X[:, :1], epochs=steps, **how)
    same = all((again.values[key] == net.values[key]).all() for key in net.values)
    print(history.stopped, len(history.epochs) == steps >= 5, same)
    """
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout.readline() == "ready\n"
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=120)
    finally:
        process.kill()
    assert (out, err, process.returncode) == ("interrupted True True\n", "", 0)


@pytest.mark.usefixtures("default_handler")
def test_ctrl_c_in_a_callback_ends_the_training_after_the_epoch():
    def press(net, history):
        if len(history.epochs) == 2:
            signal.raise_signal(signal.SIGINT)

    net, expected = regressor(), regressor()
    history = quietly(net, X, Y, epochs=9, callbacks=[press])
    assert history.stopped == "interrupted"
    assert history.epochs == [1, 2]
    quietly(expected, X, Y, epochs=2)
    assert bits(net) == bits(expected)


@pytest.mark.usefixtures("default_handler")
def test_ctrl_c_keeps_the_best_epoch_where_it_is_asked_for():
    losses, seen = [3.0, 1.0, 2.0, 2.5], []

    def overwrite(net, history):
        seen.append({key: value.copy() for key, value in net.values.items()})
        history["loss"][-1] = losses[len(seen) - 1]
        if len(seen) == 4:
            signal.raise_signal(signal.SIGINT)

    net = regressor()
    history = quietly(net, X, Y, epochs=9, callbacks=[overwrite], early_stopping=5)
    assert history.stopped == "interrupted"
    assert history.best_epoch == 2
    assert same(net.values, seen[1])


@pytest.mark.usefixtures("default_handler")
def test_a_second_ctrl_c_ends_the_training_at_once():
    def press_twice(net, history):
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        quietly(regressor(), X, Y, epochs=9, callbacks=[press_twice])


@pytest.mark.parametrize("backend", ["numpy", "numba"])
@pytest.mark.parametrize("shuffle", [True, False])
def test_epochs_that_nobody_watches_run_in_one_call_with_the_same_bits(
    backend, shuffle
):
    if backend == "numba":
        pytest.importorskip("numba")
    alone, watched = regressor(), regressor()
    options = {"batch_size": 5, "epochs": 6, "shuffle": shuffle, "backend": backend}
    options["schedule"] = gp.schedules.Exponential(0.9)
    seen = []
    one = quietly(alone, X, Y, **options)
    two = quietly(watched, X, Y, callbacks=[lambda *_: seen.append(1)], **options)
    assert dict(one) == dict(two)
    assert one.epochs == two.epochs == [1, 2, 3, 4, 5, 6]
    assert len(seen) == 6
    assert bits(alone) == bits(watched)
    assert alone.training.steps == watched.training.steps == 30


def test_a_divergence_in_a_call_of_several_epochs_is_told_as_in_one():
    messages = []
    for callbacks in ([], [lambda *_: None]):
        net = regressor()
        options = {"optimizer": gp.SGD(1e20), "batch_size": 12, "epochs": 50}
        call = lambda: quietly(net, X, Y, callbacks=callbacks, **options)  # noqa: B023, E731
        messages.append((refusal(DivergenceError, call), net.training.steps))
        messages.append((net.training.epochs, bits(net)))
    assert messages[:2] == messages[2:]
    assert messages[1][0] > 0


@pytest.mark.usefixtures("default_handler")
def test_ctrl_c_ends_an_epoch_between_two_steps():
    def pressing(steps, steps_per_epoch):
        if steps[0] == 2 * steps_per_epoch:
            signal.raise_signal(signal.SIGINT)
        return np.ones(len(steps))

    net, expected = regressor(), regressor()
    options = {"batch_size": 5, "optimizer": gp.SGD(0.1)}
    watch = {"callbacks": [lambda net, history: None]}
    history = quietly(net, X, Y, epochs=9, schedule=pressing, **watch, **options)
    assert history.stopped == "interrupted"
    assert history.epochs == [1, 2]
    assert (net.training.epochs, net.training.steps) == (2, 10)
    quietly(net, X, Y, **options)
    assert (net.training.epochs, net.training.steps) == (3, 15)
    quietly(expected, X, Y, epochs=3, **options)
    assert bits(net) == bits(expected)


def test_an_epoch_is_run_in_calls_that_change_nothing(monkeypatch):
    whole, parts, sizes = random_network(), random_network(), []
    expected = quietly(whole, X, LABELS, epochs=6, **OPTIONS)
    run = NumpySteps._run

    def told(self, data, order, rates, *, batch_size, **options):
        assert len(rates) == len(batches(order, batch_size))
        sizes.append(len(rates))
        return run(self, data, order, rates, batch_size=batch_size, **options)

    monkeypatch.setattr(NumpySteps, "_run", told)
    monkeypatch.setattr("glassprop.epochs.steps_of_a_call", lambda program, rows: 3)
    history = quietly(parts, X, LABELS, epochs=6, **OPTIONS)
    assert sizes == [3, 1] * 6
    assert bits(parts) == bits(whole)
    assert history == expected
    assert parts.training.steps == whole.training.steps == 24


def test_a_call_holds_what_the_cost_of_a_step_allows():
    net = gp.Network([gp.Dense(100), gp.Dense(1)], loss="huber", input_shape=100)
    quietly(net, np.ones((1, 100)), np.ones((1, 1)))
    program = net.recipe.program(net.structure)
    few, many = (steps_of_a_call(program, rows) for rows in (10, 1000))
    assert few > 10 * many > 10
    per_step = program.cost(1000) + CALLING * program.size
    assert many * per_step <= CALL < (many + 1) * per_step
    assert steps_of_a_call(program, 10**9) == 1


@pytest.mark.usefixtures("default_handler")
@pytest.mark.parametrize(
    ("backend", "steps"), [("numpy", NumpySteps), ("numba", NumbaSteps)]
)
def test_ctrl_c_ends_an_epoch_between_two_calls(backend, steps, monkeypatch):
    pytest.importorskip(backend)
    monkeypatch.setattr("glassprop.epochs.steps_of_a_call", lambda program, rows: 2)
    run, options = steps._run, {"batch_size": 5, "shuffle": False}
    options |= {"backend": backend}

    def deaf(self, *arguments, **options):
        """Run all steps of a call; Ctrl-C comes meanwhile."""
        losses = run(self, *arguments, **options)
        signal.raise_signal(signal.SIGINT)
        return losses

    monkeypatch.setattr(steps, "_run", deaf)
    net, expected = regressor(), regressor()
    history = quietly(net, X, Y, epochs=9, **options)
    assert (history.stopped, history.epochs) == ("interrupted", [])
    assert (net.training.epochs, net.training.steps) == (0, 2)
    monkeypatch.undo()
    quietly(expected, X[:10], Y[:10], **options)
    assert bits(net) == bits(expected)


def test_divergence_in_a_later_call_names_the_step_of_the_epoch(monkeypatch):
    messages = []
    for most in (2, 100):
        monkeypatch.setattr(
            "glassprop.epochs.steps_of_a_call", lambda program, rows, most=most: most
        )
        net = gp.Network([gp.Dense(1)], loss="half_squared_error")
        options = {"optimizer": gp.SGD(1e60), "batch_size": 5, "shuffle": False}
        messages.append(diverges(net, X, Y[:, :1], **options))
        messages.append((bits(net), net.training.steps))
    assert messages[:2] == messages[2:]
    assert messages[0].startswith("training diverged in epoch 1, step 4: ")
    assert messages[1][1] == 3


def test_a_handler_of_the_callers_own_is_left_in_place():
    heard = []
    before = signal.signal(signal.SIGINT, lambda number, frame: heard.append(number))
    try:
        history = quietly(
            regressor(),
            X,
            Y,
            epochs=3,
            callbacks=[lambda net, history: signal.raise_signal(signal.SIGINT)],
        )
    finally:
        signal.signal(signal.SIGINT, before)
    assert heard == [signal.SIGINT] * 3
    assert history.stopped == "epochs"


def test_a_back_end_goes_through_the_rows_again_while_there_are_rates():
    net = regressor(input_shape=3)
    quietly(net, X, Y, optimizer=gp.SGD(0.1))
    steps = NumpySteps(net.recipe.program(net.structure))
    found, data = [], {"x": X, "y": Y}
    rates = np.full(7, 0.1)
    for order in (slice(0, 12), np.arange(12)):
        values = {key: np.array(value) for key, value in net.values.items()}
        with steps.holding(values, 5) as run:
            whole = run(data, order, rates, seed=0, first_step=1)
        assert whole.shape == (7,)
        found.append((whole.tobytes(), {k: v.tobytes() for k, v in values.items()}))
    values = {key: np.array(value) for key, value in net.values.items()}
    with steps.holding(values, 5) as run:
        parts = [
            run(data, slice(0, 12), rates[:many], seed=0, first_step=at)
            for at, many in ((1, 3), (4, 3), (7, 1))
        ]
    found.append(
        (np.concatenate(parts).tobytes(), {k: v.tobytes() for k, v in values.items()})
    )
    assert found[0] == found[1] == found[2]


def test_a_training_in_a_thread_works():
    net, expected = regressor(), regressor()
    thread = threading.Thread(target=lambda: quietly(net, X, Y, epochs=3))
    handler = signal.getsignal(signal.SIGINT)
    thread.start()
    thread.join()
    assert signal.getsignal(signal.SIGINT) is handler
    quietly(expected, X, Y, epochs=3)
    assert bits(net) == bits(expected)


# Divergence ---------------------------------------------------------------------------


def diverges(net, *data, **options):
    with np.errstate(all="raise"):
        return refusal(DivergenceError, lambda: quietly(net, *data, **options))


def test_a_training_that_diverges_ends_before_the_bad_step():
    data = np.ones((4, 1)), np.array([[1.0], [2.0], [1e200], [3.0]])
    options = {"optimizer": gp.SGD(0.01), "batch_size": 1, "shuffle": False}
    layers = [gp.Dense(1, weights=([[0.5]], [0.0]), name="out")]
    net = gp.Network(layers, loss="half_squared_error")
    expected = gp.Network(layers, loss="half_squared_error")
    assert diverges(net, *data, **options) == (
        "training diverged in epoch 1, step 3: the first value that is not finite is "
        "infinity, made by multiply in the forward pass of the loss; the largest "
        "weight then was 0.52, of layer 'out'. "
        "The network keeps the weights from before that step. The learning rate was "
        "0.01: try 0.001; standardize the inputs (gp.Standardize() as first layer), or "
        "clip the gradient (clip=1.0)."
    )
    quietly(expected, data[0][:2], data[1][:2], **options)
    assert bits(net) == bits(expected)
    assert net.training.steps == 2
    assert net.training.epochs == 0
    quietly(net, data[0][:2], data[1][:2], **options)  # and it can go on
    assert np.isfinite(net.parameters["out.weight"]).all()


def test_divergence_counts_epochs_and_names_the_learning_rate_of_the_step():
    data = np.ones((2, 1)), np.array([[1.0], [1.0]])
    net = gp.Network([gp.Dense(1, initializer=0.0)], loss="half_squared_error")
    options = {"optimizer": gp.SGD(1e90), "batch_size": None}
    quietly(net, *data, epochs=1, **options)
    kept = bits(net)
    assert diverges(net, *data, epochs=5, **options) == (
        "training diverged in epoch 3, step 1: the first value that is not finite is "
        "infinity, made by multiply in the forward pass of the loss; the largest "
        "weight then was 2e+180, of layer 'dense_1'. "
        "The network keeps the weights from before that step. They are too large to go "
        "on from: make the network anew. The learning rate was "
        "1e+90: try 1e+89; standardize the inputs (gp.Standardize() as first layer), "
        "or clip the gradient (clip=1.0)."
    )
    assert net.training.epochs == 2
    assert bits(net) != kept
    assert all(np.isfinite(value).all() for value in net.values.values())


def test_divergence_names_the_layer():
    net = gp.Network(
        [gp.Dense(2), gp.Activation(np.exp, name="hot"), gp.Dense(1)],
        loss="mean_absolute_error",
    )
    net(np.ones((1, 1)))
    net.parameters["dense_1.weight"] = [[1000.0, 1.0]]
    before = bits(net)
    assert diverges(net, np.ones((2, 1)), np.ones((2, 1))) == (
        "training diverged in epoch 1, step 1: the first value that is not finite, "
        "a_hot, is infinity, made by exp in the forward pass of layer 'hot'. The "
        "network keeps the weights from before that step. It is the first step, so "
        "that the learning rate is not the reason: keep what comes to exp, up to 1e+03 "
        "in size, smaller."
    )
    assert bits(net) == before


def test_divergence_in_the_update_is_found_in_the_last_step():
    net = gp.Network(
        [gp.Dense(1, weights=([[0.0]],), frozen="bias", name="only")],
        loss="half_squared_error",
    )
    data = np.full((1, 1), 10.0), np.full((1, 1), 1.0)
    message = diverges(net, *data, optimizer=gp.SGD(1e308))
    assert message == (
        "training diverged in epoch 1, step 1: the first value that is not finite is "
        "infinity, made by multiply in the update of layer 'only'. The "
        "network keeps the weights from before that step. The learning rate was "
        "1e+308: try 1e+307; standardize the inputs (gp.Standardize() as first layer), "
        "or clip the gradient (clip=1.0)."
    )
    assert net.parameters["only.weight"].tolist() == [[0.0]]


def test_divergence_puts_layer_states_and_the_optimizers_memory_back():
    class Last:
        def state(self, input_shape):
            return {"last": gp.Parameter(input_shape, 0.0)}

        def forward(self, p, x, run):
            run.update(last=np.mean(x, axis=0))
            return x

    data = np.array([[1.0], [2.0], [3.0]]), np.array([[1.0], [2.0], [1e200]])
    options = {"optimizer": gp.SGD(0.1, momentum=0.5), "batch_size": 1}
    net = gp.Network([Last(), gp.Dense(1)], loss="half_squared_error")
    diverges(net, *data, shuffle=False, **options)
    expected = gp.Network([Last(), gp.Dense(1)], loss="half_squared_error")
    quietly(expected, data[0][:2], data[1][:2], shuffle=False, **options)
    assert bits(net) == bits(expected)
    for key, value in expected.training.memory.items():
        assert np.array_equal(net.training.memory[key], value)


def test_infinity_that_a_layer_brings_along_is_not_taken_for_the_cause():
    class Mask:
        def forward(self, p, x, run):
            return np.where(x > 0, x, -np.inf)

    net = gp.Network(
        [gp.Dense(2), Mask(), gp.Activation("softmax", name="soft"), gp.Dense(1)],
        loss="half_squared_error",
    )
    net(np.ones((1, 1)))
    net.parameters["dense_1.weight"] = [[1.0, -1.0]]
    net.parameters["dense_2.weight"] = [[1.0], [1.0]]
    message = diverges(net, np.ones((2, 1)), np.array([[0.0], [1e200]]))
    assert message.split(": ")[1].split(". ")[0] == (
        "the first value that is not finite is infinity, made by "
        "multiply in the forward pass of the loss; the largest weight then was 1, of "
        "layer 'dense_1'"
    )


# A call that fails changes nothing ----------------------------------------------------


def broken_loss(output, y):
    return output


FAILING = {
    "y": lambda net: quietly(net, X, Y[:5]),
    "target": lambda net: quietly(net, X, Y[:, :1]),
    "width": lambda net: quietly(net, X[:, 0], Y),
    "rows": lambda net: quietly(net, X[:0], Y[:0]),
    "nan": lambda net: quietly(net, np.where(X > 1, np.nan, X), Y),
    "loss": lambda net: quietly(net, X, Y, loss=broken_loss),
    "no loss": lambda net: quietly(net, X, Y, loss="hubber"),
    "optimizer": lambda net: quietly(net, X, Y, optimizer="ftrl"),
    "schedule": lambda net: quietly(net, X, Y, schedule="linear"),
    "epochs": lambda net: quietly(net, X, Y, epochs=0),
    "validation": lambda net: quietly(net, X, Y, validation=2.0),
    "validation y": lambda net: quietly(net, X, Y, validation=(X, Y[:, :1])),
    "stopping": lambda net: quietly(
        net, X, Y, early_stopping=gp.EarlyStopping(monitor="accuracy")
    ),
    "callbacks": lambda net: quietly(net, X, Y, callbacks=[3]),
    "weights": lambda net: quietly(net, X, Y, sample_weight=[1.0]),
    "backend": lambda net: quietly(net, X, Y, backend="nunpy"),
    "evaluate": lambda net: net.evaluate(X, Y[:5]),
    "metric": lambda net: net.evaluate(X, Y, metrics="accuracy"),
    "gradients": lambda net: net.gradients(X, Y, loss=broken_loss),
    "predict": lambda net: net(np.full((2, 3), np.inf)),
}


def everything(net):
    """Give all that a network is, as it can be compared."""
    training = net.training
    return {
        "bits": bits(net),
        "built": net._built,
        "input_shape": net.input_shape,
        "loss": net.loss,
        "recipe": net.recipe,
        "learned": set(net.learned),
        "training": training
        and (
            training.optimizer,
            training.epochs,
            training.steps,
            {key: value.tobytes() for key, value in training.memory.items()},
        ),
    }


@pytest.mark.no_cover
@pytest.mark.parametrize("call", FAILING.values(), ids=list(FAILING))
@pytest.mark.parametrize("trained", [False, True], ids=["new", "trained"])
def test_a_call_that_is_refused_changes_nothing(call, trained):
    layers = [gp.Standardize(), gp.Dense(2)]
    net = gp.Network(layers, loss="half_squared_error")
    if trained:
        quietly(net, X, Y, epochs=2)
    before = everything(net)
    with pytest.raises(gp.GlasspropError):
        call(net)
    assert everything(net) == before
    # A network of another width can still be made of one that was not built.
    columns = 3 if trained else 2
    quietly(net, X[:, :columns], Y, epochs=1)
    same_net = gp.Network(layers, loss="half_squared_error")
    if trained:
        quietly(same_net, X, Y, epochs=2)
    quietly(same_net, X[:, :columns], Y, epochs=1)
    assert bits(net) == bits(same_net)


# Layers that are added and removed ----------------------------------------------------


def test_layers_can_be_added_one_by_one():
    net = gp.Network(loss="half_squared_error")
    assert net.add(gp.Dense(4, "tanh", name="hidden")) is net
    net.add(gp.Dense(2, name="out"))
    whole = regressor()
    for one in (net, whole):
        quietly(one, X, Y, epochs=2)
    assert bits(net) == bits(whole)


def test_adding_and_removing_keeps_what_the_others_learned():
    net = regressor()
    quietly(net, X, Y, epochs=3)
    learned = dict(net.parameters)
    net.add(gp.Dropout(0.5), before="out").add(gp.Standardize(), before="hidden")
    assert repr(net) == "<Network of standardize_1, hidden, dropout_1, out>"
    for key, value in learned.items():
        assert np.array_equal(net.parameters[key], value)
    quietly(net, X, Y)
    learned = dict(net.parameters)
    assert net.remove("dropout_1") is net
    for key, value in learned.items():
        assert np.array_equal(net.parameters[key], value)
    assert net.learned == {"standardize_1"}
    net.add(gp.Dense(1))
    assert net(X).shape == (23, 1)
    for key, value in learned.items():
        assert np.array_equal(net.parameters[key], value)


def test_values_go_with_their_layer_when_its_number_changes():
    layers = [gp.Dense(3, "tanh"), gp.Dense(3, "tanh"), gp.Dense(2)]
    net = gp.Network(layers, loss="half_squared_error")
    quietly(net, X, Y)
    learned = dict(net.parameters)
    net.remove("dense_1")
    assert np.array_equal(net.parameters["dense_1.weight"], learned["dense_2.weight"])
    assert np.array_equal(net.parameters["dense_2.weight"], learned["dense_3.weight"])
    net.add(gp.Dense(3), before="dense_1")
    assert np.array_equal(net.parameters["dense_2.weight"], learned["dense_2.weight"])
    assert np.array_equal(net.parameters["dense_3.weight"], learned["dense_3.weight"])


def test_a_learned_scale_goes_with_its_layer():
    net = gp.Network(
        [gp.Dense(3), gp.Standardize(), gp.Dense(2)], loss="half_squared_error"
    )
    quietly(net, X, Y)
    mean = net.values["standardize_1.mean"].copy()
    net.add(gp.Standardize(), before="dense_1")
    assert np.array_equal(net.values["standardize_2.mean"], mean)
    assert net.learned == {"standardize_2"}
    quietly(net, X, Y)
    assert np.array_equal(net.values["standardize_2.mean"], mean)
    np.testing.assert_allclose(net.values["standardize_1.mean"], X.mean(axis=0))


def test_what_no_longer_fits_starts_anew():
    net = gp.Network([gp.Dense(4), gp.Dense(2)], loss="half_squared_error", seed=5)
    quietly(net, X, Y)
    net.remove("dense_1")
    fresh = gp.Network([gp.Dense(2)], input_shape=3, seed=5)
    assert np.array_equal(
        net.parameters["dense_1.weight"], fresh.parameters["dense_1.weight"]
    )
    quietly(net, X, Y)
    assert net.training.epochs == 2


def test_training_after_a_change_does_not_take_the_memory_of_other_layers():
    net = gp.Network([gp.Dense(3), gp.Dense(3)], loss="half_squared_error")
    target = RNG.normal(size=(23, 3))
    quietly(net, X, target, optimizer=gp.Adam(0.1), epochs=3)
    net.remove("dense_1").add(gp.Dense(3))
    before = dict(net.parameters)
    quietly(net, X, target, optimizer=gp.Adam(0.1), batch_size=None)
    moved = abs(net.parameters["dense_1.weight"] - before["dense_1.weight"])
    np.testing.assert_allclose(moved, 0.1, rtol=1e-5)  # Adam's first step


def test_a_network_may_lose_all_layers_and_get_others():
    net = regressor()
    quietly(net, X, Y)
    net.remove("hidden").remove("out")
    assert repr(net) == "<Network of nothing>"
    assert refusal(ArgumentError, lambda: net(X)) == (
        "a network without layers cannot calculate. Add one, net.add(gp.Dense(1))."
    )
    net.add(gp.Dense(2, name="out"))
    quietly(net, X, Y)
    assert net(X).shape == (23, 2)


@pytest.mark.parametrize(
    ("change", "kind", "message"),
    [
        (
            lambda net: net.add(gp.Dense(1, name="out")),
            ArgumentError,
            "two layers are named 'out'. Give one of them another name.",
        ),
        (
            lambda net: net.add(np.tanh),
            ArgumentError,
            "<ufunc 'tanh'> is not a layer: it has no method forward(p, x, run). A "
            "function becomes a layer as gp.Activation(function).",
        ),
        (
            lambda net: net.add(gp.Dense(1), before="hiden"),
            ArgumentError,
            "there is no layer 'hiden'. Did you mean 'hidden'? The layers are hidden, "
            "out.",
        ),
        (
            lambda net: net.remove("dense_1"),
            ArgumentError,
            "there is no layer 'dense_1'. The layers are hidden, out.",
        ),
        (
            lambda net: net.add(gp.Dense(1, weights=np.ones((5, 1)), name="last")),
            ShapeError,
            "Dense 'last': expected weight of shape (2, 1), got (5, 1).",
        ),
    ],
    ids=["same name", "no layer", "before", "unknown", "weights"],
)
def test_a_change_that_is_refused_changes_nothing(change, kind, message):
    net = regressor()
    quietly(net, X, Y)
    before = everything(net)
    layers = list(net.layers)
    assert refusal(kind, lambda: change(net)) == message
    assert everything(net) == before
    assert net.layers == layers


# Prediction ---------------------------------------------------------------------------


def test_predict_is_the_decision_of_the_loss():
    net = classifier()
    np.testing.assert_array_equal(net.predict(X), net(X).argmax(axis=1))
    np.testing.assert_allclose(
        net.predict_proba(X), scipy.special.softmax(net(X), axis=1)
    )
    numbers = regressor()
    np.testing.assert_array_equal(numbers.predict(X), numbers(X))
    assert gp.Network([gp.Dense(2)]).predict(X).shape == (23, 2)  # without a loss


@pytest.mark.parametrize("built", [False, True])
def test_no_rows_give_no_predictions_of_the_right_shape(built):
    net, binary = classifier(), gp.Network([gp.Dense(1)], loss="binary_cross_entropy")
    numbers = regressor()
    if built:
        for one in (net, binary, numbers):
            one(X)
    none = X[:0]
    assert net(none).shape == net.predict_proba(none).shape == (0, 3)
    assert net.predict(none).shape == (0,)
    assert numbers.predict(none).shape == (0, 2)
    assert binary.predict(none).shape == (0,)
    assert binary.predict_proba(none).shape == (0, 1)


def test_one_sample_of_the_input_shape_is_taken_as_such():
    net = classifier()
    quietly(net, X, LABELS)
    np.testing.assert_allclose(net(X[0]), net(X[:1])[0], rtol=1e-14)
    assert net(X[0]).shape == net.predict_proba(X[0]).shape == (3,)
    assert net.predict(X[0]) == net.predict(X[:1])[0]
    assert np.ndim(net.predict([0.0, 0.0, 0.0])) == 0
    image = gp.Network([gp.Flatten(), gp.Dense(2)], input_shape=(2, 3))
    assert image(np.ones((2, 3))).shape == (2,)
    assert image(np.ones((5, 2, 3))).shape == (5, 2)


def test_many_rows_are_predicted_in_parts():
    net = regressor()
    many = np.tile(X, (1000, 1))
    np.testing.assert_allclose(net(many), np.tile(net(X), (1000, 1)), rtol=1e-13)


def test_what_is_predicted_is_the_callers_own():
    net = gp.Network([gp.Dropout(0.5)])
    data = X.copy()
    net(data)[:] = 0
    assert np.array_equal(data, X)


# Forms of data ------------------------------------------------------------------------

FORMS = {
    "lists": lambda array: array.tolist(),
    "tuples": lambda array: tuple(map(tuple, array.tolist())),
    "Fortran order": np.asfortranarray,
    "negative strides": lambda array: array[::-1, ::-1].copy()[::-1, ::-1],
    "every second": lambda array: np.repeat(array, 2, axis=0)[::2],
    "data frame": lambda array: pandas.DataFrame(
        array, columns=[f"c{at}" for at in range(array.shape[1])]
    ),
}


def read_only(array):
    array = array.copy()
    array.flags.writeable = False
    return array


@pytest.mark.parametrize(
    "form", [*FORMS.values(), read_only], ids=[*FORMS, "read-only"]
)
def test_data_may_come_in_any_form(form):
    net, expected = regressor(), regressor()
    given, target = form(X), form(Y)
    history = quietly(net, given, target, epochs=2, batch_size=5, validation=0.2)
    other = quietly(expected, X, Y, epochs=2, batch_size=5, validation=0.2)
    assert bits(net) == bits(expected)
    assert dict(history) == dict(other)
    assert np.array_equal(net.predict(given), expected.predict(X))
    assert net.evaluate(given, target) == expected.evaluate(X, Y)


@pytest.mark.parametrize(
    "dtype",
    [np.int8, np.int64, np.uint8, np.bool_, np.float16, np.float64, np.longdouble],
)
def test_numbers_of_any_kind_become_float64(dtype):
    data = (3 * X).round().astype(dtype)
    target = (3 * Y).round().astype(dtype)
    net, expected = regressor(), regressor()
    quietly(net, data, target)
    quietly(expected, data.astype(np.float64), target.astype(np.float64))
    assert net.structure.dtype == net(data).dtype == np.float64
    assert bits(net) == bits(expected)


def test_a_data_frame_may_have_columns_of_several_kinds():
    frame = pandas.DataFrame(
        {
            "whole": [1, 2, 3, 4],
            "real": [0.5, 1.5, 2.5, 3.5],
            "yes": [True, False, True, True],
        }
    )
    frame["small"] = np.array([1, 2, 3, 4], np.int8)
    net = gp.Network([gp.Dense(1)])
    np.testing.assert_array_equal(net(frame), net(frame.to_numpy(np.float64)))
    series = pandas.Series([0, 1, 0, 1], name="kind")
    other = gp.Network([gp.Dense(2)], loss="cross_entropy")
    quietly(other, frame, series)
    assert other.structure.dtype == np.float64


def test_the_dtype_is_that_of_the_first_data_unless_it_is_given():
    single = X.astype(np.float32)
    assert regressor()(single).dtype == np.float32
    assert regressor()(X).dtype == np.float64
    assert regressor()(pandas.DataFrame(single))[0].dtype == np.float32
    assert regressor(dtype=np.float64)(single).dtype == np.float64
    assert regressor(dtype="float32")(X).dtype == np.float32
    net = regressor()
    net(X)
    assert net(single).dtype == np.float64


def test_looking_at_a_network_does_not_choose_its_dtype():
    net, expected = regressor(input_shape=3), regressor(input_shape=3)
    net.summary()
    net.source()
    assert net.parameters["out.bias"].dtype == np.float64
    single = X.astype(np.float32)
    quietly(net, single, Y)
    quietly(expected, single, Y)
    assert net.structure.dtype == np.float32
    assert bits(net) == bits(expected)


def test_what_was_assigned_and_learned_stays_when_data_choose_the_dtype():
    net = gp.Network([gp.Standardize(), gp.Dense(2)], input_shape=3)
    net.parameters["dense_1.bias"] = [1, 2]
    net.learn(X)
    mean = net.values["standardize_1.mean"]
    assert net(X.astype(np.float32)).dtype == np.float32
    assert net.learned == {"standardize_1"}
    assert net.parameters["dense_1.bias"].tolist() == [1, 2]
    np.testing.assert_array_equal(
        net.values["standardize_1.mean"], mean.astype(np.float32)
    )


def test_a_refused_call_does_not_choose_the_dtype_either():
    net, expected = regressor(input_shape=3), regressor(input_shape=3)
    net.summary()
    single = X.astype(np.float32)
    refusal(ArgumentError, lambda: net.evaluate(single, Y, metrics="accuracy"))
    assert net.structure.dtype == np.float64
    assert net.evaluate(X, Y) == expected.evaluate(X, Y)


def test_float32_and_float64_networks_start_and_learn_alike():
    nets = [regressor(), regressor()]
    quietly(nets[0], X.astype(np.float32), Y, epochs=5)
    quietly(nets[1], X, Y, epochs=5)
    np.testing.assert_allclose(nets[0](X), nets[1](X), rtol=1e-4, atol=1e-5)
    assert nets[0].check_gradients(X, Y).ok


# Measures -----------------------------------------------------------------------------


def test_evaluate_gives_the_metrics_that_suit_the_loss():
    net = regressor()
    quietly(net, X, Y)
    found, output = net.evaluate(X, Y), net(X)
    assert found == pytest.approx(
        {
            "loss": 0.5 * ((output - Y) ** 2).sum(axis=1).mean(),
            "mae": sklearn.metrics.mean_absolute_error(Y, output),
            "rmse": sklearn.metrics.root_mean_squared_error(Y, output),
            "r2": sklearn.metrics.r2_score(Y, output),
        }
    )
    classes = classifier()
    quietly(classes, X, LABELS)
    predicted = classes.predict(X)
    assert classes.evaluate(X, LABELS) == pytest.approx(
        {
            "loss": sklearn.metrics.log_loss(LABELS, classes.predict_proba(X)),
            "accuracy": sklearn.metrics.accuracy_score(LABELS, predicted),
            "balanced_accuracy": sklearn.metrics.balanced_accuracy_score(
                LABELS, predicted
            ),
        }
    )


def test_metrics_may_be_chosen():
    net = classifier()
    net(X)
    found = net.evaluate(X, LABELS, metrics=["log_loss", "accuracy"])
    assert list(found) == ["loss", "log_loss", "accuracy"]
    assert found["log_loss"] == pytest.approx(found["loss"])
    one_hot = net.evaluate(X, np.eye(3)[LABELS], metrics=["log_loss", "accuracy"])
    assert one_hot == pytest.approx(found)
    assert list(net.evaluate(X, LABELS, metrics="accuracy")) == ["loss", "accuracy"]
    assert net.evaluate(X, LABELS, metrics=[]) == {"loss": found["loss"]}

    def worst(y_true, y_pred, *, weights=None):
        return float(abs(y_true - y_pred).max())

    numbers = regressor()
    own = Metric("worst", worst, "values", greater_is_better=False)
    assert numbers.evaluate(X, Y, metrics=[own, "r2"])["worst"] == pytest.approx(
        abs(numbers(X) - Y).max()
    )
    binary = gp.Network([gp.Dense(1)], loss="binary_cross_entropy")
    found = binary.evaluate(X, LABELS > 0, metrics=["log_loss"])
    assert found["log_loss"] == pytest.approx(found["loss"])


@pytest.mark.parametrize(
    ("loss", "units", "y", "got", "task"),
    [
        ("huber", 2, Y, "loss 'huber' with output (n, 2)", "numbers"),
        (
            "binary_cross_entropy",
            2,
            Y > 0,
            "loss 'binary_cross_entropy' with output (n, 2)",
            "several labels",
        ),
    ],
)
def test_metrics_of_classes_need_classes(loss, units, y, got, task):
    fitting = [name for name, one in METRICS.items() if task in one.tasks]
    net = gp.Network([gp.Dense(units)], loss=loss)
    call = lambda: net.evaluate(X, y, metrics=["accuracy"])  # noqa: E731
    assert refusal(ArgumentError, call) == (
        f"metric 'accuracy' is for two classes or many classes; {got} predicts {task}. "
        f"Use {listing(fitting)}."
    )


def test_an_unknown_metric_is_refused():
    net = regressor()
    assert refusal(ArgumentError, lambda: net.evaluate(X, Y, metrics="rsme")) == (
        f"metric: expected {listing(METRICS)}, or a glassprop.metrics.Metric, got "
        "'rsme'. Did you mean 'rmse'?"
    )


# The history --------------------------------------------------------------------------


def test_the_history_is_a_mapping_with_more_to_say():
    net = regressor()
    history = quietly(net, X, Y, epochs=3)
    assert isinstance(history, History)
    assert list(history) == ["loss"]
    assert len(history) == 1
    assert history["loss"] == history.columns["loss"]
    assert history.epochs == [1, 2, 3]
    assert history.stopped == "epochs"
    assert history.best_epoch is None
    assert history.last() == {"loss": history["loss"][-1]}
    last = f"{history['loss'][-1]:.6g}"
    assert repr(history) == f"<History of 3 epochs: loss {last}; stopped: epochs>"
    assert repr(History()) == "<History of 0 epochs; stopped: epochs>"


# Parameters ---------------------------------------------------------------------------


def test_parameters_are_a_mapping_that_writes_into_the_network():
    net = regressor(input_shape=3)
    names = ["hidden.weight", "hidden.bias", "out.weight", "out.bias"]
    assert list(net.parameters) == names
    assert len(net.parameters) == 4
    assert "out.bias" in net.parameters
    assert "out.scale" not in net.parameters
    assert repr(net.parameters) == (
        "<Parameters: hidden.weight (3, 4), hidden.bias (4,), out.weight (4, 2), "
        "out.bias (2,)>"
    )
    net.parameters["out.bias"] = [1, 2]
    assert net.parameters["out.bias"].tolist() == [1.0, 2.0]
    net.parameters["out.weight"] = np.zeros((4, 2), np.float32)
    np.testing.assert_array_equal(net(X), np.tile([1.0, 2.0], (23, 1)))
    read = net.parameters["out.bias"]
    with pytest.raises(ValueError, match="assignment destination is read-only"):
        read[:] = 9
    assert net.parameters["out.bias"].tolist() == [1.0, 2.0]
    net.parameters.update({"hidden.bias": np.ones(4)})
    assert net.parameters["hidden.bias"].tolist() == [1.0] * 4


@pytest.mark.parametrize(
    ("use", "kind", "message"),
    [
        (
            lambda p: p["hiden.weight"],
            ArgumentError,
            "there is no parameter 'hiden.weight'. Did you mean 'hidden.weight'? The "
            "parameters are hidden.weight, hidden.bias, out.weight, out.bias.",
        ),
        (
            lambda p: p.update({"out.bias": [1.0]}),
            ShapeError,
            "parameter 'out.bias': expected shape (2,), got (1,).",
        ),
        (
            lambda p: p.update({"out.bias": 1.0}),
            ShapeError,
            "parameter 'out.bias': expected shape (2,), got ().",
        ),
        (
            lambda p: p.update({"out.bias": ["a", "b"]}),
            DataError,
            "parameter 'out.bias': expected numbers, got dtype <U1. Number words by "
            "np.unique(words, return_inverse=True)[1].",
        ),
        (
            lambda p: p.update({"out.bias": [1, np.nan]}),
            ArgumentError,
            "parameter 'out.bias': expected finite numbers, got NaN at position (1,), "
            "in float64. Assign np.where(np.isfinite(value), value, 0) to put 0 in "
            "such places.",
        ),
        (
            lambda p: p.pop("out.bias"),
            ArgumentError,
            "parameter 'out.bias' belongs to its layer. Remove the layer, "
            "net.remove(...).",
        ),
    ],
    ids=["unknown", "shape", "number", "words", "NaN", "delete"],
)
def test_parameters_refuse_what_does_not_fit(use, kind, message):
    net = regressor(input_shape=3)
    before = dict(net.parameters)
    assert refusal(kind, lambda: use(net.parameters)) == message
    assert same(before, net.parameters)


def test_parameters_refuse_what_is_infinite_in_float32():
    net = regressor(input_shape=3, dtype=np.float32)
    net(X)
    before = bits(net)
    message = refusal(
        ArgumentError, lambda: net.parameters.update({"out.bias": [-1e39, 0]})
    )
    assert message == (
        "parameter 'out.bias': expected finite numbers, got infinity at position "
        "(0,), in float32. Assign np.where(np.isfinite(value), value, 0) to put 0 in "
        "such places."
    )
    assert bits(net) == before


def test_a_network_that_does_not_know_its_input_says_so():
    net = regressor()
    for call in (
        lambda: net.parameters["out.bias"],
        lambda: list(net.parameters),
        net.summary,
        net.source,
    ):
        assert refusal(ArgumentError, call) == (
            "the network does not know the shape of its input yet. Give input_shape= "
            "to gp.Network, or call fit first."
        )


# Gradients ----------------------------------------------------------------------------


def test_gradients_are_what_a_step_of_gradient_descent_takes():
    net = regressor()
    slopes = net.gradients(X, Y)
    before = dict(net.parameters)
    quietly(net, X, Y, optimizer=gp.SGD(0.5), batch_size=None)
    for key, slope in slopes.items():
        np.testing.assert_allclose(
            before[key] - net.parameters[key], 0.5 * slope, rtol=1e-10, atol=1e-16
        )


def test_check_gradients_says_how_far_apart_they_are():
    net = regressor()
    found = net.check_gradients(X, Y)
    assert list(found) == list(net.parameters)
    assert len(found) == 4
    assert found.ok
    assert found.worst == max(found.values()) < 1e-7
    assert str(found).splitlines() == [
        f"{name:<13}  {found[name]:.1e}  fine" for name in found
    ]


def test_a_check_of_gradients_judges_each_error():
    found = GradientCheck({"a": 1e-7, "long": 9e-5, "c": 1e-4, "d": 0.5})
    assert str(found).splitlines() == [
        "a     1.0e-07  fine",
        "long  9.0e-05  good",
        "c     1.0e-04  doubtful",
        "d     5.0e-01  wrong",
    ]
    assert found.worst == 0.5
    assert not found.ok
    assert GradientCheck({"a": 9e-5}).ok
    assert GradientCheck({}).ok
    assert str(GradientCheck({})) == ""


def test_check_gradients_moves_large_parameters_in_some_directions_only():
    net = gp.Network([gp.Dense(40, "tanh"), gp.Dense(2)], loss="huber")
    assert net.check_gradients(X, Y).worst < 1e-7


def test_check_gradients_finds_a_wrong_slope():
    def wrong(z):
        return gp.stop_gradient(z * z) + z

    net = gp.Network([gp.Dense(2, wrong, name="bad"), gp.Dense(1)], loss="huber")
    found = net.check_gradients(X, Y[:, :1])
    assert not found.ok
    assert found.worst > 0.01
    lines = str(found).splitlines()
    assert [line.split()[-1] for line in lines] == ["wrong", "wrong", "fine", "fine"]


def test_check_gradients_is_not_fooled_by_a_slope_of_0():
    net = gp.Network([gp.Dense(1, initializer=0.0)], loss="mean_absolute_error")
    found = net.check_gradients(np.ones((2, 1)), [[1e3 / 3], [-1e3 / 7]])
    assert dict(found) == {"dense_1.weight": 0.0, "dense_1.bias": 0.0}
    assert found.ok


# Words --------------------------------------------------------------------------------


def test_the_summary_is_a_table():
    net = gp.Network(
        [
            gp.Standardize(),
            gp.Dense(1200, "relu", name="hidden", frozen="bias"),
            gp.Dropout(0.5),
            gp.Dense(3),
        ],
        loss="cross_entropy",
        input_shape=4,
    )
    assert net.summary() == textwrap.dedent(
        """\
        layer          kind               output     parameters            operations
        -------------  -----------------  ---------  --------------------  ----------
        standardize_1  Standardize()      (n, 4)     0                     20
        hidden         Dense(1200, relu)  (n, 1200)  6,000 (1,200 frozen)  12,000
        dropout_1      Dropout(0.5)       (n, 1200)  0                     0
        dense_2        Dense(3)           (n, 3)     3,603                 7,203

        input (n, 4); 9,603 parameters, 8,403 trained; float64, 76,888 bytes; \
19,223 operations to predict a row; loss cross_entropy"""
    )


def test_the_representation_names_the_layers():
    assert repr(regressor(name="exam")) == "<Network 'exam' of hidden, out>"
    assert repr(gp.Network([gp.Dense(1)])) == "<Network of dense_1>"


# The printed program ------------------------------------------------------------------


def test_source_shows_plain_sgd_before_fit_and_what_was_used_after():
    net = regressor(input_shape=3, name="exam")
    head = (
        '"""One training step of exam: 3 -> Dense(4, tanh) -> Dense(2); loss '
        'half_squared_error; {}."""'
    )
    assert net.source().splitlines()[0] == head.format("SGD")
    assert net.source(optimizer="adamw").splitlines()[0] == head.format("AdamW")
    quietly(net, X, Y)
    assert net.source().splitlines()[0] == head.format("Adam")
    other = net.source(loss="huber").splitlines()[0]
    assert other == head.replace("half_squared_error", "huber").format("SGD")
    assert net.source(optimizer=gp.SGD(0.1, momentum=0.9)) != net.source()


def test_source_before_fit_says_what_it_takes_the_target_to_be():
    def hinge(output, y):
        return np.maximum(1 - output[:, 0] * y, 0)

    net = gp.Network([gp.Dense(1)], loss=hinge, input_shape=3)
    first, place, last = refusal(BroadcastError, net.source).splitlines()
    assert first == (
        "loss 'hinge': (n,) and target (n, 1) would broadcast to (n, n), every row "
        "with every other. y[:, None] makes a column of one number a row, output[:, 0] "
        "one number a row of a column."
    )
    assert place.startswith("  ")
    assert last == (
        "Before fit, source() takes the target to be like the output, (n, 1). Call fit "
        "first."
    )
    quietly(net, X, Y[:, 0])
    assert net.source().startswith('"""One training step: 3 -> Dense(1); loss hinge; ')


def test_a_name_cannot_end_the_docstring():
    name = 'a"""\nraise SystemExit\n\\'
    net = regressor(input_shape=3, name=name)
    namespace = {}
    exec(net.source(), namespace)
    assert namespace["__doc__"].startswith(f"One training step of {name}: 3 -> ")
    quietly(net, X, Y)


def values_by_name(net, memory=()):
    """Give copies of a network's arrays under their names in printed programs."""
    short = {"weight": "W", "bias": "b"}
    named = {}
    for key, value in {**net.values, **dict(memory)}.items():
        which, _, path = key.rpartition(" of ")
        layer, _, name = path.partition(".")
        text = f"{short.get(name, name)}_{layer}"
        named[f"{which}_{text}" if which else text] = value.copy()
    return named


@pytest.mark.parametrize("optimizer", [gp.SGD(0.1), gp.Adam(0.1)], ids=["sgd", "adam"])
def test_the_source_runs_alone_and_one_step_of_it_is_what_fit_does(optimizer, tmp_path):
    net = gp.Network(
        [
            gp.Dense(4, "sigmoid", name="hidden"),
            gp.Dropout(0.4),
            gp.Dense(2, name="out"),
        ],
        loss="half_squared_error",
    )
    options = {"optimizer": optimizer, "batch_size": None, "shuffle": False}
    quietly(net, X, Y, epochs=3, **options)
    values = values_by_name(net, net.training.memory)
    values |= {"x": X, "y": Y, "t": 4.0, "seed": 0, "learning_rate": 0.1}
    np.savez(tmp_path / "before.npz", **values)
    (tmp_path / "program.py").write_text(net.source())
    script = """
        import inspect, sys
        sys.modules["glassprop"] = None  # an import of it fails
        import numpy as np
        import program
        values = dict(np.load("before.npz"))
        values["seed"] = int(values["seed"])
        names = list(inspect.signature(program.step).parameters)
        loss = program.step(**{name: values[name] for name in names})
        np.savez("after.npz", loss=loss, **{name: values[name] for name in names})
        print(*names)
    """
    done = run(script, cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(tmp_path)})
    assert done.stderr == ""
    names = done.stdout.split()
    history = quietly(net, X, Y, **options)
    after = np.load(tmp_path / "after.npz")
    assert after["loss"] == history["loss"][0]
    found = values_by_name(net, net.training.memory)
    assert set(found) <= set(names) <= set(values)
    for name, value in found.items():
        assert after[name].tobytes() == value.tobytes()
        assert name.startswith(("v_", "m_")) or not np.array_equal(value, values[name])


def test_a_traceback_shows_the_line_of_the_program():
    net = regressor(input_shape=3)
    quietly(net, X, Y)
    steps = net.built.compiled((net.recipe, "numpy", None), lambda: None)
    lines, _ = inspect.getsourcelines(steps.compiled._function)
    assert lines[0].startswith("def step(")


@pytest.mark.parametrize(
    "change",
    [
        lambda net, history: net.add(gp.Dense(2)),
        lambda net, history: net.remove("hidden") and None,
        lambda net, history: quietly(net, X, Y),
    ],
    ids=["add", "remove", "fit"],
)
def test_a_callback_that_changes_the_network_ends_fit(change):
    layers = [gp.Dense(3, name="hidden"), gp.Dense(2)]
    net = gp.Network(layers, loss="half_squared_error")
    with pytest.raises(gp.errors.ArgumentError) as caught:
        net.fit(X, Y, epochs=3, callbacks=[change], verbose=False)
    assert str(caught.value) == (
        "a callback changed the network's layers or trained it while fit was training "
        "it. Do that after fit has returned, and end fit by returning True; callbacks "
        "may predict, evaluate, and assign parameters."
    )


def test_a_gradient_check_with_nan_is_not_fine():
    from glassprop.check import GradientCheck

    assert not GradientCheck({"a": 0.0, "b": float("nan")}).ok
    assert GradientCheck({"a": 0.0, "b": 1e-9}).ok

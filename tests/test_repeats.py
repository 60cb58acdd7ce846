"""Cross-validation, restarts, learning curves: fresh networks, and numbers that add."""

from __future__ import annotations

import math
import signal
import sys

import numpy as np
import pandas
import pytest
from sklearn.datasets import load_digits
from sklearn.metrics import accuracy_score

import glassprop as gp
import glassprop.training_steps
from glassprop.backends.run_numpy import NumpySteps
from glassprop.errors import (
    ArgumentError,
    DataError,
    DivergenceError,
    MissingExtraError,
    ShapeError,
)
from glassprop.randomness import SPLIT, generator
from networks import bits, refusal

RNG = np.random.default_rng(5)
X = RNG.normal(size=(40, 3)) + 10
LABELS = (X[:, 0] > 10).astype(int)
Y = X @ RNG.normal(size=(3, 2))


def classifier(**options):
    layers = [gp.Standardize(), gp.Dense(4, "tanh"), gp.Dropout(0.1), gp.Dense(2)]
    return gp.Network(layers, loss="cross_entropy", **options)


def regressor(**options):
    return gp.Network([gp.Dense(2)], loss="mean_squared_error", **options)


SEVERAL = [gp.cross_validate, gp.best_of, gp.learning_curve]
OPTIONS = {"optimizer": gp.Adam(0.02), "epochs": 3, "batch_size": 8}


# Cross-validation ---------------------------------------------------------------------


def test_each_fold_is_a_fit_on_the_other_rows():
    net = classifier(seed=3)
    found = gp.cross_validate(net, X, LABELS, folds=4, seed=2, verbose=False, **OPTIONS)
    assert list(found) == ["loss", "accuracy", "balanced_accuracy"]
    assert len(found) == 3
    dealt = gp.k_fold(40, 4, seed=2, labels=LABELS)
    for at, (training, test) in enumerate(dealt):
        alone = classifier(seed=3)
        history = alone.fit(X[training], LABELS[training], verbose=False, **OPTIONS)
        scores = alone.evaluate(X[test], LABELS[test])
        assert {name: found[name][at] for name in found} == scores
        assert dict(found.histories[at]) == dict(history)
        np.testing.assert_array_equal(found.folds[at], test)
        np.testing.assert_array_equal(found.predictions[test], alone.predict(X[test]))
        np.testing.assert_array_equal(
            found.probabilities[test], alone.predict_proba(X[test])
        )
    assert found.mean["accuracy"] == pytest.approx(
        accuracy_score(LABELS, found.predictions)
    )
    assert found.std["loss"] == pytest.approx(np.std(found["loss"], ddof=1))


@pytest.mark.parametrize("trained", [False, True])
def test_the_network_stays_as_it_is_and_lends_nothing(trained):
    net, other = classifier(), classifier()
    if trained:
        net.fit(X, LABELS, epochs=5, verbose=False)
        net.parameters["dense_1.bias"] = np.full(4, 7.0)
    before = bits(net), net.input_shape, net.training, net.recipe
    found = [
        gp.cross_validate(one, X, LABELS, folds=3, verbose=False, **OPTIONS)
        for one in (net, other)
    ]
    assert (bits(net), net.input_shape, net.training, net.recipe) == before
    assert dict(found[0]) == dict(found[1])


def test_layers_learn_from_the_training_rows_of_their_fold_alone():
    seen = []

    class Spy:
        def learn(self, x):
            seen.append(x)
            return {}

        def forward(self, p, x, run):
            return x

    net = gp.Network([Spy(), gp.Dense(2)], loss="cross_entropy")
    gp.cross_validate(net, X, LABELS, folds=4, verbose=False)
    dealt = gp.k_fold(40, 4, labels=LABELS)
    assert len(seen) == 4
    for x, (training, _) in zip(seen, dealt, strict=True):
        np.testing.assert_array_equal(x, X[training])


@pytest.mark.parametrize("function", SEVERAL)
def test_a_step_is_compiled_once_for_all_networks(function, monkeypatch):
    made = []

    def counted(program, threads):
        made.append(program)
        return NumpySteps(program, threads)

    monkeypatch.setattr(glassprop.training_steps, "NumpySteps", counted)
    function(classifier(), X, LABELS, verbose=False)
    assert len(made) == 1


def test_folds_are_stratified_where_rows_have_classes_unless_told_otherwise():
    rare = np.repeat([0, 1], [32, 8])

    def counts(**options):
        found = gp.cross_validate(
            classifier(), X, rare, folds=4, verbose=False, **options
        )
        return [int(rare[rows].sum()) for rows in found.folds]

    assert counts() == counts(stratified=True) == [2, 2, 2, 2]
    assert sorted(counts(stratified=False)) != [2, 2, 2, 2]
    groups = np.arange(40) // 4
    found = gp.cross_validate(
        classifier(), X, rare, folds=4, groups=groups, verbose=False
    )
    for rows in found.folds:
        others = np.setdiff1d(np.arange(40), rows)
        assert not set(groups[rows]) & set(groups[others])


def test_numbers_have_no_classes_or_probabilities():
    found = gp.cross_validate(regressor(), X, Y, folds=3, verbose=False)
    assert list(found) == ["loss", "mae", "rmse", "r2"]
    assert found.predictions.shape == (40, 2)
    assert found.probabilities is None
    assert [rows.tolist() for rows in found.folds] == [
        test.tolist() for _, test in gp.k_fold(40, 3)
    ]


def test_weights_go_with_their_rows():
    weights = np.arange(1.0, 41)
    found = gp.cross_validate(
        regressor(), X, Y, folds=4, sample_weight=weights, verbose=False
    )
    training, test = gp.k_fold(40, 4)[0]
    alone = regressor()
    alone.fit(X[training], Y[training], sample_weight=weights[training], verbose=False)
    scores = alone.evaluate(X[test], Y[test], sample_weight=weights[test])
    assert {name: found[name][0] for name in found} == scores


def test_data_frames_and_several_inputs_and_outputs():
    net = gp.Network([gp.Dense(2)], loss="mean_squared_error")
    frame = pandas.DataFrame(X, index=range(7, 47))
    found = [
        gp.cross_validate(net, one, other, folds=3, verbose=False)
        for one, other in ((X, Y), (frame, pandas.DataFrame(Y)))
    ]
    assert dict(found[0]) == dict(found[1])
    several = gp.Network(
        [
            gp.Parallel([gp.Dense(3), gp.Dense(2)]),
            gp.Parallel([gp.Dense(2), gp.Dense(1)]),
        ],
        loss=["cross_entropy", "mean_squared_error"],
    )
    data, target = (X, X[:, :2]), (LABELS, Y[:, :1])
    found = gp.cross_validate(several, data, target, folds=3, verbose=False)
    assert {"loss", "loss_1", "accuracy_1", "mae_2"} <= set(found)
    assert [one.shape for one in found.predictions] == [(40,), (40, 1)]
    assert [one.shape for one in found.probabilities] == [(40, 2), (40, 1)]


def test_metrics_may_be_watched_inside_of_a_fold():
    rule = gp.EarlyStopping(patience=1, monitor="validation_f1")
    found = gp.cross_validate(
        gp.Network([gp.Dense(1)], loss="binary_cross_entropy"),
        X,
        LABELS[:, None],
        folds=3,
        metrics=["f1"],
        validation=0.25,
        early_stopping=rule,
        epochs=20,
        verbose=False,
    )
    assert list(found) == ["loss", "f1"]
    for history in found.histories:
        assert list(history) == ["loss", "validation_loss", "validation_f1"]
        assert history.stopped == "early stopping"


def test_a_cross_validation_prints_as_a_table(capsys):
    found = gp.cross_validate(regressor(), X, Y, folds=3, metrics="mae", **OPTIONS)
    shown = {name: [f"{one:.6g}" for one in found[name]] for name in found}
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.splitlines() == [
        f"fold {at + 1}  loss {shown['loss'][at]}  mae {shown['mae'][at]}"
        for at in range(3)
    ]
    lines = str(found).splitlines()
    assert [line.split() for line in lines] == [
        ["fold", "rows", "loss", "mae"],
        [one * "-" for one in map(len, lines[1].split())],
        ["1", "14", shown["loss"][0], shown["mae"][0]],
        ["2", "13", shown["loss"][1], shown["mae"][1]],
        ["3", "13", shown["loss"][2], shown["mae"][2]],
        ["mean", f"{found.mean['loss']:.6g}", f"{found.mean['mae']:.6g}"],
        ["std", f"{found.std['loss']:.6g}", f"{found.std['mae']:.6g}"],
    ]
    assert repr(found) == (
        f"<CrossValidation of 3 folds: loss {found.mean['loss']:.6g} +- "
        f"{found.std['loss']:.2g}, mae {found.mean['mae']:.6g} +- "
        f"{found.std['mae']:.2g}>"
    )


def test_callbacks_may_be_any_iterable_and_are_called_in_each_fold():
    seen = []

    def note(net, history):
        seen.append(history.epochs[-1])

    gp.cross_validate(
        regressor(),
        X,
        Y,
        folds=3,
        epochs=2,
        callbacks=(one for one in [note]),
        verbose=False,
    )
    assert seen == [1, 2] * 3


def test_an_interrupted_fold_interrupts_everything():
    seen = []

    def interrupt(net, history):
        seen.append(history.epochs[-1])
        signal.raise_signal(signal.SIGINT)

    for function in SEVERAL:
        with pytest.raises(KeyboardInterrupt):
            function(regressor(), X, Y, callbacks=[interrupt], epochs=5, verbose=False)
    assert seen == [1, 1, 1]


# Restarts -----------------------------------------------------------------------------


def test_each_restart_is_a_fit_from_its_seed():
    net = classifier(seed=4)
    found = gp.best_of(
        net, X, LABELS, seeds=3, validation=0.25, verbose=False, **OPTIONS
    )
    assert list(found) == [4, 5, 6]
    assert len(found) == 3
    alone = classifier(seed=4)
    history = alone.fit(X, LABELS, validation=0.25, verbose=False, **OPTIONS)
    assert dict(found.histories[4]) == dict(history)
    assert found[4] == history["validation_loss"][-1]
    assert found.monitor == "validation_loss"
    assert found.seed == min(found, key=found.scores.get)
    assert found.net.seed == found.seed
    assert found.history is found.histories[found.seed]
    assert net.training is None
    if found.seed == 4:
        assert bits(found.net) == bits(alone)
    assert len(set(found.scores.values())) == 3


@pytest.mark.parametrize("weights", ["none", "rows", "classes", "both"])
def test_all_restarts_are_measured_on_the_rows_that_fit_would_hold_out(weights):
    options = {"validation": 0.25, "verbose": False, "metrics": ["accuracy"], **OPTIONS}
    if weights in ("rows", "both"):
        options["sample_weight"] = np.arange(1.0, 41)
    if weights in ("classes", "both"):
        options["class_weight"] = {0: 1.0, 1: 3.0}
    net = classifier(seed=2)
    found = gp.best_of(net, X, LABELS, seeds=[2, 9], **options)
    alone = classifier(seed=2)
    history = alone.fit(X, LABELS, **options)
    assert list(found.histories[2]) == list(history)
    for name in history:
        assert found.histories[2][name] == pytest.approx(history[name], rel=1e-12)


def test_restarts_compare_numbers_that_rise_or_fall():
    digits, labels = load_digits(return_X_y=True)
    net = gp.Network([gp.Dense(10)], loss="cross_entropy")
    options = {"epochs": 1, "validation": 0.2, "verbose": False}
    rising = gp.best_of(
        net, digits, labels, seeds=4, monitor="validation_accuracy", **options
    )
    assert (
        rising[rising.seed] == max(rising.scores.values()) > min(rising.scores.values())
    )
    falling = gp.best_of(net, digits, labels, seeds=4, **options)
    assert falling[falling.seed] == min(falling.scores.values())
    without = gp.best_of(net, digits[:200], labels[:200], seeds=2, verbose=False)
    assert without.monitor == "loss"


def test_the_score_is_that_of_the_epoch_whose_parameters_are_kept():
    found = gp.best_of(
        regressor(),
        X,
        Y,
        seeds=3,
        validation=0.25,
        early_stopping=2,
        optimizer=gp.Adam(1.0),
        epochs=30,
        verbose=False,
    )
    for seed, history in found.histories.items():
        assert found[seed] == min(history["validation_loss"])
        assert found[seed] < history["validation_loss"][-1]


def test_a_restart_that_diverges_does_not_stop_the_others(capsys):
    def logarithmic(output, y):
        return np.sum((np.log(output) - y) ** 2, axis=1)

    layers = [gp.Dense(1, bias=False)]
    net = gp.Network(layers, loss=logarithmic)
    data, target = np.ones((8, 1)), np.zeros((8, 1))
    starts = {
        seed: gp.Network(layers, input_shape=1, seed=seed)(data)[0, 0]
        for seed in range(12)
    }
    wild = [seed for seed, start in starts.items() if start < 0][:2]  # no logarithm
    calm = [seed for seed, start in starts.items() if start > 0.1][:2]
    assert len(wild) == len(calm) == 2
    options = {"optimizer": gp.SGD(1e-6), "epochs": 2}
    found = gp.best_of(net, data, target, seeds=[*wild, *calm], **options)
    assert [seed for seed in found if math.isnan(found[seed])] == wild
    assert list(found.histories) == calm
    assert found.seed in calm
    lines = [line.split() for line in str(found).splitlines()]
    assert lines[0] == ["seed", "epochs", "loss"]
    assert lines[2:4] == [[str(seed), "diverged"] for seed in wild]
    assert [line[-1] for line in lines].count("best") == 1
    assert capsys.readouterr().err.count("seed ") == 2
    with pytest.raises(DivergenceError):
        gp.best_of(net, data, target, seeds=wild, verbose=False, **options)


def test_restarts_print_as_a_table():
    found = gp.best_of(regressor(), X, Y, seeds=[7, 3], epochs=2, verbose=False)
    lines = [line.split() for line in str(found).splitlines()]
    marks = {seed: ["best"] if seed == found.seed else [] for seed in found}
    assert [lines[0], *lines[2:]] == [
        ["seed", "epochs", "loss"],
        ["7", "2", f"{found[7]:.6g}", *marks[7]],
        ["3", "2", f"{found[3]:.6g}", *marks[3]],
    ]
    assert repr(found) == (
        f"<Restarts from 2 seeds: best seed {found.seed}, loss {found[found.seed]:.6g}>"
    )


# Learning curves ----------------------------------------------------------------------


def test_a_learning_curve_learns_from_more_and_more_of_the_same_rows():
    seen = []

    class Spy:
        def learn(self, x):
            seen.append({tuple(row) for row in x.tolist()})
            return {}

        def forward(self, p, x, run):
            return x

    net = gp.Network([Spy(), gp.Dense(2)], loss="cross_entropy")
    found = gp.learning_curve(
        net, X, LABELS, sizes=(1.0, 0.5, 8, 8), folds=4, verbose=False
    )
    assert found.sizes == [8, 15, 30]
    dealt = gp.k_fold(40, 4, labels=LABELS)
    for fold, (training, _) in enumerate(dealt):
        small, half, whole = seen[fold::4]
        assert (len(small), len(half), len(whole)) == (8, 15, 30)
        assert small < half < whole
        assert whole == {tuple(row) for row in X[training].tolist()}
        zeros = {tuple(row) for row in X[LABELS == 0].tolist()}
        share = (LABELS == 0).mean()
        assert abs(len(half & zeros) - 15 * share) < 1.5


def test_the_scores_of_a_learning_curve_are_those_of_a_fit():
    found = gp.learning_curve(
        regressor(), X, Y, sizes=[1.0], folds=4, seed=1, verbose=False, **OPTIONS
    )
    assert found.training["r2"].shape == found.validation["r2"].shape == (1, 4)
    for fold, (training, test) in enumerate(gp.k_fold(40, 4, seed=1)):
        alone = regressor()
        alone.fit(X[training], Y[training], verbose=False, **OPTIONS)
        for scores, rows in ((found.training, training), (found.validation, test)):
            expected = alone.evaluate(X[rows], Y[rows])
            assert {name: one[0, fold] for name, one in scores.items()} == expected


def test_a_learning_curve_prints_as_a_table(capsys):
    found = gp.learning_curve(regressor(), X, Y, sizes=(4, 16), folds=2, metrics="mae")
    cells = [
        [
            f"{scores[name][at].mean():.6g}"
            for name in ("loss", "mae")
            for scores in (found.training, found.validation)
        ]
        for at in range(2)
    ]
    lines = str(found).splitlines()
    assert lines[0].split("  ")[0] == "rows"
    assert [one.strip() for one in lines[0].split("  ") if one] == [
        "rows",
        "training loss",
        "validation loss",
        "training mae",
        "validation mae",
    ]
    assert [line.split() for line in lines[2:]] == [["4", *cells[0]], ["16", *cells[1]]]
    assert repr(found) == "<LearningCurve of 4 to 16 rows: loss, mae>"
    assert capsys.readouterr().err.splitlines() == [
        f"rows {size}  validation_loss {row[1]}  validation_mae {row[3]}"
        for size, row in zip((4, 16), cells, strict=True)
    ]


@pytest.mark.parametrize("ending", ["png", "svg", "pdf", "PNG"])
def test_a_learning_curve_is_drawn(tmp_path, ending):
    found = gp.learning_curve(regressor(), X, Y, sizes=(4, 16), folds=2, verbose=False)
    path = tmp_path / f"curve.{ending}"
    found.plot(path, "r2")
    data = path.read_bytes()
    start = {"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}[ending.lower()]
    assert data.startswith(start)
    if ending == "svg":
        assert data.decode() == gp.pictures.learning_curve(found, "r2").svg()
        for words in (b">training<", b">validation<", b">rows to learn from<"):
            assert words in data


def test_what_cannot_be_drawn_is_refused(tmp_path, monkeypatch):
    found = gp.learning_curve(regressor(), X, Y, sizes=(4, 16), folds=2, verbose=False)
    path = tmp_path / "curve.png"
    assert refusal(ArgumentError, lambda: found.plot(path, "los")) == (
        "learning_curve: expected one of loss, mae, rmse, r2, got 'los'. Did you "
        "mean 'loss'?"
    )
    for name, said in (("curve.txt", ".txt"), ("curve", "no ending")):
        place = (tmp_path / name).as_posix()
        assert refusal(ArgumentError, lambda: found.plot(tmp_path / name)) == (  # noqa: B023  # called at once
            f"{place!r}: expected a name that ends in .svg, .png or .pdf, got {said}."
        )
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    assert refusal(MissingExtraError, lambda: found.plot(path)) == (
        "a picture needs matplotlib, which is not installed. Install it: python -m pip "
        "install 'glassprop[plot]'"
    )
    assert not list(tmp_path.iterdir())


# Bad input ----------------------------------------------------------------------------


@pytest.mark.parametrize("function", SEVERAL)
def test_an_option_that_fit_has_not_is_refused(function):
    message = refusal(ArgumentError, lambda: function(regressor(), X, Y, epoch=3))
    name = function.__name__
    assert message.startswith(
        f"{name}: fit has no option 'epoch'. Did you mean 'epochs'? The options are "
        "backend, batch_size, callbacks, "
    )
    assert message.endswith(", validation, verbose.")


@pytest.mark.parametrize("function", SEVERAL)
def test_data_are_checked_as_a_whole(function):
    wrong = Y.copy()
    wrong[33, 1] = np.nan
    call = lambda: function(regressor(), X, wrong, verbose=False)  # noqa: E731
    assert refusal(DataError, call) == (
        "y: NaN in column 1, row 33. Fill missing values or drop these rows."
    )
    call = lambda: function(regressor(), X, Y[:9], verbose=False)  # noqa: E731
    assert refusal(ShapeError, call) == (
        "y: expected 40 rows, as many as X, got shape (9, 2)."
    )


@pytest.mark.parametrize("function", SEVERAL)
def test_a_loss_is_needed_and_may_be_given(function):
    net = gp.Network([gp.Dense(2)])
    call = lambda: function(net, X, Y, verbose=False)  # noqa: E731
    assert refusal(ArgumentError, call) == (
        "the network has no loss yet. Pass one, loss='mean_squared_error' for numbers, "
        "loss='cross_entropy' for classes, or give it to gp.Network."
    )
    function(net, X, Y, loss="mean_squared_error", verbose=False)
    assert net.loss is None


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: gp.cross_validate(regressor(), X, Y, folds=1),
            "cross_validate: folds must be a whole number from 2 to the number of "
            "rows, 40, got 1.",
        ),
        (
            lambda: gp.cross_validate(regressor(), X, Y, folds=41),
            "cross_validate: folds must be a whole number from 2 to the number of "
            "rows, 40, got 41.",
        ),
        (
            lambda: gp.cross_validate(regressor(), X, Y, seed=-1),
            "cross_validate: seed must be an integer from 0 to 2**63 - 1, got -1.",
        ),
        (
            lambda: gp.cross_validate(regressor(), X, Y, stratified=True),
            "cross_validate: stratified=True needs rows of one class each, which the "
            "loss does not give. Leave it out, or use loss='cross_entropy'.",
        ),
        (
            lambda: gp.cross_validate(classifier(), X, LABELS, stratified="yes"),
            "cross_validate: stratified must be True, False or None, got 'yes'.",
        ),
        (
            lambda: gp.cross_validate(
                classifier(), X, LABELS, stratified=True, groups=LABELS
            ),
            "cross_validate: folds of groups cannot be stratified. Leave out "
            "stratified=True, or groups.",
        ),
        (
            lambda: gp.best_of(regressor(), X, Y, seeds=0),
            "best_of: seeds must be a whole number >= 1, got 0.",
        ),
        (
            lambda: gp.best_of(regressor(), X, Y, seeds="many"),
            "best_of: seeds must be a whole number >= 1, got 'many'.",
        ),
        (
            lambda: gp.best_of(regressor(), X, Y, seeds=[1, -2]),
            "best_of: seed must be an integer from 0 to 2**63 - 1, got -2.",
        ),
        (
            lambda: gp.best_of(regressor(), X, Y, seeds=[1, 1]),
            "best_of: seeds must be a whole number >= 1, or different seeds, one at "
            "least, got [1, 1].",
        ),
        (
            lambda: gp.best_of(regressor(), X, Y, seeds=[]),
            "best_of: seeds must be a whole number >= 1, or different seeds, one at "
            "least, got [].",
        ),
        (
            lambda: gp.best_of(regressor(), X, Y, monitor="los", verbose=False),
            "best_of: monitor='los' is not in the history, which has loss. Did you "
            "mean 'loss'?",
        ),
        (
            lambda: gp.learning_curve(regressor(), X, Y, sizes=[33]),
            "learning_curve: sizes must be numbers of rows from 1 to those of the "
            "smallest training part, 32, or parts of them above 0 and up to 1.0, got "
            "33.",
        ),
        (
            lambda: gp.learning_curve(regressor(), X, Y, sizes=[0.001]),
            "learning_curve: sizes must be numbers of rows from 1 to those of the "
            "smallest training part, 32, or parts of them above 0 and up to 1.0, got "
            "0.001.",
        ),
        (
            lambda: gp.learning_curve(regressor(), X, Y, sizes=[1.5]),
            "learning_curve: sizes must be numbers of rows from 1 to those of the "
            "smallest training part, 32, or parts of them above 0 and up to 1.0, got "
            "1.5.",
        ),
        (
            lambda: gp.learning_curve(regressor(), X, Y, sizes=[]),
            "learning_curve: sizes must hold one size at least.",
        ),
        (
            lambda: gp.learning_curve(regressor(), X, Y, folds=1),
            "learning_curve: folds must be a whole number from 2 to the number of "
            "rows, 40, got 1.",
        ),
    ],
)
def test_an_option_out_of_range_is_refused(call, message):
    assert refusal(ArgumentError, call) == message


def test_folds_do_not_draw_from_the_stream_of_validation():
    fit_draws = generator(0, SPLIT).permutation(40).tolist()
    _, test = gp.k_fold(40, 2)[0]
    assert sorted(fit_draws[:20]) != test.tolist()

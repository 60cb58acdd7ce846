"""Estimators that are trained part by part, with early stopping over the calls."""

import pickle
from signal import SIGINT, raise_signal

import numpy as np
import pytest
from sklearn.datasets import load_iris

from glassprop.sklearn import (
    MLPClassifier,
    MLPRegressor,
    NetworkClassifier,
    NetworkRegressor,
)

X, Y = load_iris(return_X_y=True)
X = (X - X.mean(axis=0)) / X.std(axis=0)
ORDER = np.random.default_rng(0).permutation(150)
X, Y = X[ORDER], Y[ORDER]
OPTIONS = {"random_state": 0, "n_iter_no_change": 3, "tol": 0.01}
MODELS = {
    one.__class__.__name__: one
    for one in (
        MLPClassifier((5,), learning_rate_init=0.05, early_stopping=True, **OPTIONS),
        MLPRegressor(
            hidden_layer_sizes=(5,),
            learning_rate_init=0.05,
            early_stopping=True,
            **OPTIONS,
        ),
        NetworkClassifier(early_stopping=True, **OPTIONS),
        NetworkRegressor(early_stopping=True, **OPTIONS),
    )
}
ALL = pytest.mark.parametrize("name", MODELS)


def started(name, **options):
    model = pickle.loads(pickle.dumps(MODELS[name])).set_params(**options)
    first = {"classes": [0, 1, 2]} if "Classifier" in name else {}
    return model, first


@ALL
def test_calls_are_counted_as_epochs(name):
    model, first = started(name)
    held = {"X_val": X[100:], "y_val": Y[100:]}
    scores, weights = [], []
    for _ in range(200):
        model.partial_fit(X[:100], Y[:100], **first, **held)
        first = {}
        assert model.validation_scores_[:-1] == scores
        scores.append(model.validation_scores_[-1])
        weights.append([one.copy() for one in model.network_.values.values()])
        if model.converged_:
            break
        assert model.score(X[100:], Y[100:]) == pytest.approx(scores[-1])
    best, waited = -np.inf, 0
    for score in scores[:-1]:
        assert waited <= 3
        waited = 0 if score >= best + 0.01 else waited + 1
        best = max(best, score)
    assert waited == 3
    assert scores[-1] < best + 0.01
    assert model.best_validation_score_ == max(scores)
    assert model.score(X[100:], Y[100:]) == pytest.approx(max(scores))
    at = int(np.argmax(scores))
    for given, expected in zip(
        model.network_.values.values(), weights[at], strict=True
    ):
        np.testing.assert_array_equal(given, expected)
    assert len(model.loss_curve_) == len(model.validation_loss_curve_) == len(scores)
    assert model.t_ == 100 * len(scores)


@ALL
def test_without_rows_to_measure_each_call_holds_out_its_own(name):
    model, first = started(name, validation_fraction=0.2)
    model.partial_fit(X[:50], Y[:50], **first)
    model.partial_fit(X[50:90], Y[50:90])
    assert model.t_ == 40 + 32
    assert len(model.validation_scores_) == 2
    assert not model.converged_
    with pytest.raises(ValueError, match="too small") as caught:
        model.partial_fit(X[90:95], Y[90:95])
    assert str(caught.value) == (
        "The validation set is too small. Increase 'validation_fraction' or the size "
        "of your dataset."
    )
    assert model.t_ == 72


@ALL
def test_a_pickle_waits_on(name):
    model, first = (
        started(name, learning_rate_init=1e-9)
        if "MLP" in name
        else (started(name, optimizer="sgd", clip=1e-9))
    )
    held = {"X_val": X[100:], "y_val": Y[100:]}
    told = []
    for _ in range(5):
        model.partial_fit(X[:100], Y[:100], **first, **held)
        model, first = pickle.loads(pickle.dumps(model)), {}
        told.append(model.converged_)
    assert told == [False] * 4 + [True]


def test_another_rule_waits_anew():
    model, first = started("MLPRegressor", learning_rate_init=1e-9)
    for _ in range(4):
        model.partial_fit(X[:100], Y[:100], X_val=X[100:], y_val=Y[100:])
    model.set_params(n_iter_no_change=4)
    told = []
    for _ in range(6):
        model.partial_fit(X[:100], Y[:100], X_val=X[100:], y_val=Y[100:])
        told.append(model.converged_)
    assert told == [False] * 5 + [True]


@pytest.mark.parametrize("early", [False, True])
def test_rows_to_measure_need_no_early_stopping(early):
    model = MLPRegressor(hidden_layer_sizes=(5,), early_stopping=early, **OPTIONS)
    for _ in range(2):
        model.partial_fit(X[:100], Y[:100], X_val=X[100:], y_val=Y[100:])
    assert len(model.validation_loss_curve_) == 2
    found = model.network_.evaluate(X[100:], Y[100:, None])["loss"]
    assert model.validation_loss_curve_[-1] == pytest.approx(found, rel=1e-12)
    assert (model.validation_scores_ is None) == (not early)
    with pytest.raises(ValueError, match="y_val") as caught:
        model.partial_fit(X, Y, X_val=X)
    assert str(caught.value) == "y_val is missing: pass both X_val and y_val."


def test_without_early_stopping_the_loss_says_when_it_is_time():
    model = MLPRegressor(hidden_layer_sizes=(5,), learning_rate_init=1e-9, **OPTIONS)
    told = []
    for _ in range(5):
        before = model.partial_fit(X, Y).coefs_[0].copy()
        told.append(model.converged_)
    assert told == [False] * 4 + [True]
    np.testing.assert_array_equal(model.coefs_[0], before)  # none are put back


def test_a_fit_says_whether_it_has_converged():
    model = MLPClassifier((5,), learning_rate_init=0.05, max_iter=500, random_state=0)
    assert model.fit(X, Y).converged_
    with pytest.warns(match="reached the maximum"):
        assert not model.set_params(max_iter=2).fit(X, Y).converged_


class Interrupting:
    """A schedule that is asked just when somebody presses Ctrl-C."""

    def __call__(self, steps, steps_per_epoch):
        raise_signal(SIGINT)
        return np.ones(len(steps))


@ALL
def test_an_interrupted_call_counts_for_nothing(name):
    model, first = started(name, schedule=Interrupting())
    held = {"X_val": X[100:], "y_val": Y[100:]}
    with pytest.warns(UserWarning) as caught:
        model.partial_fit(X[:100], Y[:100], **first, **held)
    assert [str(one.message) for one in caught] == ["Training interrupted by user."]
    assert (model.n_iter_, model.t_, model.converged_) == (0, 0, False)
    assert model.loss_curve_ == model.validation_scores_ == []
    model.set_params(schedule=None).partial_fit(X[:100], Y[:100], **held)
    assert (model.n_iter_, model.t_, len(model.validation_scores_)) == (1, 100, 1)

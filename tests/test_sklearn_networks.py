"""Networks of any layers behind scikit-learn's interface."""

import pickle
from dataclasses import dataclass

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import glassprop as gp
from glassprop.sklearn import MLPRegressor, NetworkClassifier, NetworkRegressor

X, Y = load_iris(return_X_y=True)
X = (X - X.mean(axis=0)) / X.std(axis=0)
QUICK = {"max_iter": 3, "random_state": 0}
SMALL = (gp.Dense(5, "tanh", name="hidden"), gp.Dropout(0.1))
UNFINISHED = pytest.mark.filterwarnings(
    "ignore:(solver|optimizer) .* reached:sklearn.exceptions.ConvergenceWarning"
)


def name_of(kind):
    return kind.__name__


BOTH = pytest.mark.parametrize(
    "kind", [NetworkClassifier, NetworkRegressor], ids=name_of
)


# The layers ---------------------------------------------------------------------------


@UNFINISHED
@pytest.mark.parametrize(
    ("model", "y", "units", "loss"),
    [
        (NetworkClassifier(SMALL, **QUICK), Y, 3, "cross_entropy"),
        (NetworkClassifier(SMALL, **QUICK), Y > 0, 1, "binary_cross_entropy"),
        (NetworkClassifier(SMALL, **QUICK), X > 0, 4, "binary_cross_entropy"),
        (NetworkRegressor(SMALL, **QUICK), Y, 1, "half_squared_error"),
        (NetworkRegressor(SMALL, **QUICK), X[:, :2], 2, "half_squared_error"),
    ],
)
def test_an_output_layer_that_fits_the_target_is_added(model, y, units, loss):
    model.fit(X, y)
    assert model.network_.layers == [*SMALL, gp.Dense(units, name="output")]
    assert model.network_.loss.name == loss
    assert model.n_outputs_ == units
    assert model.predict(X).shape == np.shape(y)
    assert model.layers is SMALL


@UNFINISHED
def test_an_output_layer_of_ones_own_is_taken():
    mine = gp.Dense(3, bias=False, name="output")
    model = NetworkClassifier([*SMALL, mine], **QUICK).fit(X, Y)
    assert model.network_.layers == [*SMALL, mine]
    assert model.predict_proba(X).sum(axis=1) == pytest.approx(1)


@UNFINISHED
@BOTH
def test_it_trains_as_the_network_does(kind):
    """Same start, same orders: the bits of a network that is trained by hand."""
    options = {"optimizer": gp.Adam(0.01), "schedule": gp.schedules.Step(1, 0.5)}
    model = kind(SMALL, **options, **QUICK, batch_size=16, clip=1.0).fit(X, Y)
    rng = np.random.RandomState(0)
    net = gp.Network(model.network_.layers, seed=int(rng.randint(2**31)))
    order = np.arange(150)

    def shuffled(epoch, rows):
        nonlocal order
        again = np.arange(rows)
        rng.shuffle(again)
        order = order[again]
        return order

    net.fit(
        X,
        Y if kind is NetworkClassifier else Y[:, None],
        loss=model.network_.loss,
        epochs=3,
        batch_size=16,
        shuffle=shuffled,
        clip=1.0,
        **options,
    )
    for key, value in net.values.items():
        np.testing.assert_array_equal(model.network_.values[key], value)


@UNFINISHED
def test_rows_may_be_images():
    images = np.random.default_rng(0).standard_normal((60, 4, 5))
    y = np.where(images[:, 1, 2] > 0, "yes", "no")
    model = NetworkClassifier([gp.Flatten(), *SMALL], **QUICK).fit(images, y)
    assert model.network_.input_shape == (4, 5)
    assert set(model.predict(images)) <= {"yes", "no"}
    assert model.score(images, y, sample_weight=np.ones(60)) <= 1
    assert model.partial_fit(images, y).predict_proba(images).shape == (60, 2)
    with pytest.raises(ValueError, match="shape") as caught:
        model.predict(images[:, :, :4])
    assert str(caught.value) == (
        "X: expected shape (n, 4, 5), got (60, 4, 4). The network was made for rows of "
        "shape (4, 5); give the same columns in the same order."
    )


@dataclass(frozen=True)
class Doubled:
    """A layer of the user's own, with a layer inside."""

    layer: object
    factor: float = 2.0

    def forward(self, p, x, run):
        return self.factor * run.feed(self.layer, x)


# Their parameters ---------------------------------------------------------------------

NESTED = [
    gp.Dense(4, name="first"),
    gp.Dense(5),
    gp.Residual([gp.Dense(6, "relu"), gp.Dense(5)], name="block"),
    gp.Parallel([[gp.Dense(2)], [], gp.Dense(3, name="third")]),
    Doubled(gp.Dense(7)),
]


@BOTH
def test_fields_of_layers_are_parameters(kind):
    found = kind(NESTED).get_params()
    assert found["layers"] is NESTED
    assert found["layers__first"] is NESTED[0]
    by_path = {
        "first__units": 4,
        "dense_2__units": 5,  # it has no name, and is the second
        "block__layers__dense_1__activation": "relu",
        "block__layers__dense_2__units": 5,
        "parallel_1__branches__dense_1__units": 2,
        "parallel_1__branches__third__units": 3,
        "doubled_1__factor": 2.0,
        "doubled_1__layer__dense_1__units": 7,
    }
    assert {key: found[f"layers__{key}"] for key in by_path} == by_path
    assert not [key for key in found if key.endswith("__name")]
    assert not [key for key in kind(NESTED).get_params(deep=False) if "__" in key]


class Plain:
    """A layer that is no dataclass: nothing says what it is made with."""

    def forward(self, p, x, run):
        return x


@pytest.mark.parametrize(
    ("layers", "known"),
    [
        (None, []),
        (["relu", gp.Dense(2)], []),
        ([gp.Dense(2, name="a"), gp.Dense(2, name="a")], []),
        ([gp.Dense], []),
        ([Plain()], ["layers__plain_1"]),
    ],
    ids=["none", "no layer", "one name twice", "a class", "no fields"],
)
def test_what_has_no_fields_has_no_parameters(layers, known):
    found = NetworkClassifier(layers).get_params()
    assert [key for key in found if key.startswith("layers__")] == known


@BOTH
def test_setting_them_makes_new_layers(kind):
    before = pickle.dumps(NESTED)
    model = kind(NESTED)
    model.set_params(
        max_iter=7,
        layers__first__units=8,
        layers__first__activation="tanh",
        layers__block__layers__dense_1__units=9,
        layers__parallel_1__branches__third=gp.Dense(1),
        layers__doubled_1__layer__dense_1__units=10,
    )
    assert pickle.dumps(NESTED) == before
    assert model.max_iter == 7
    assert model.layers == [
        gp.Dense(8, "tanh", name="first"),
        gp.Dense(5),
        gp.Residual([gp.Dense(9, "relu"), gp.Dense(5)], name="block"),
        gp.Parallel([[gp.Dense(2)], [], gp.Dense(1)]),
        Doubled(gp.Dense(10)),
    ]
    assert model.layers[1] is NESTED[1]
    model.set_params(layers=SMALL, layers__hidden__units=2)
    assert model.layers == (gp.Dense(2, "tanh", name="hidden"), SMALL[1])
    assert kind().set_params(layers__hidden__units=2).layers[0].units == 2
    assert kind().layers[0].units == 100


@BOTH
def test_a_clone_has_equal_layers_of_its_own(kind):
    copied = clone(kind(NESTED, tol=0.1))
    assert copied.layers == NESTED
    assert copied.layers is not NESTED
    assert copied.tol == 0.1


@UNFINISHED
def test_a_search_goes_over_widths_dropout_and_depth():
    whole = make_pipeline(StandardScaler(), NetworkClassifier(SMALL, **QUICK))
    grid = [
        {
            "networkclassifier__layers__hidden__units": [2, 3],
            "networkclassifier__layers__dropout_1__rate": [0.0, 0.5],
        },
        {"networkclassifier__layers": [[], [gp.Dense(3), gp.Dense(3)]]},
    ]
    search = GridSearchCV(whole, grid, cv=2, error_score="raise").fit(X, Y)
    assert len(search.cv_results_["params"]) == 6
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    assert (gp.Dense(5, "tanh", name="hidden"), gp.Dropout(0.1)) == SMALL
    same = GridSearchCV(whole, grid[0], cv=2).fit(X, Y > 0)  # two classes: one output
    assert same.best_estimator_[-1].n_outputs_ == 1


@pytest.mark.parametrize(
    ("path", "words"),
    [
        (
            "layers__hiden__units",
            "invalid parameter layers__hiden: there is no layer 'hiden'. Did you mean "
            "'hidden'? The layers are hidden, dropout_1.",
        ),
        (
            "layers__hidden__unit",
            "invalid parameter layers__hidden__unit: Dense has no field 'unit'. Did "
            "you mean 'units'? Its fields are units, activation, bias, initializer, "
            "weights, frozen, l1, l2, prior_precision, constraint.",
        ),
        (
            "layers__hidden__units__dense_1",
            "invalid parameter layers__hidden__units__dense_1: there is no layer "
            "'dense_1'. The layers are none.",
        ),
        ("layers__hidden__units", "Dense: units must be a positive integer, got -1."),
        (
            "layers__dropout_1__name",
            "invalid parameter layers__dropout_1__name: Dropout has no field 'name'. "
            "Its fields are rate.",
        ),
    ],
)
def test_a_parameter_that_cannot_be_set_is_refused(path, words):
    model = NetworkClassifier(SMALL)
    with pytest.raises(ValueError, match=r".") as caught:
        model.set_params(**{path: -1})
    assert str(caught.value) == words
    assert model.layers is SMALL


# Training -----------------------------------------------------------------------------


@UNFINISHED
def test_what_is_learned_from_the_rows_stays_in_a_warm_start():
    model = NetworkRegressor([gp.Standardize(), *SMALL], **QUICK, warm_start=True)
    model.fit(X, Y)
    before = {key: value.copy() for key, value in model.network_.values.items()}
    model.fit(X + 1, Y)
    after = model.network_.values
    np.testing.assert_array_equal(
        after["standardize_1.mean"], before["standardize_1.mean"]
    )
    assert not np.array_equal(after["hidden.weight"], before["hidden.weight"])
    with pytest.raises(ValueError, match="goes on") as caught:
        model.set_params(layers=[gp.Standardize()]).fit(X, Y)
    assert str(caught.value) == (
        "NetworkRegressor goes on with the network of the last training, in which "
        "hidden.weight has the shape (4, 5), but now no place. Fit it anew, "
        "warm_start=False."
    )


@UNFINISHED
def test_metrics_of_ones_choice_are_in_the_history():
    model = NetworkClassifier(SMALL, metrics=["f1_macro"], early_stopping=True, **QUICK)
    found = model.fit(X, Y).history_
    assert len(found["validation_f1_macro"]) == 3
    assert model.validation_scores_ == found["validation_accuracy"]
    one = NetworkRegressor(SMALL, metrics="mae", **QUICK).fit(X, Y, X_val=X, y_val=Y)
    assert one.history_["validation_mae"][-1] == pytest.approx(
        np.abs(one.predict(X) - Y).mean()
    )
    with pytest.raises(ValueError, match="metrics") as caught:
        one.fit(X, Y)
    assert str(caught.value) == (
        "metrics are measured on rows that are held out, and there are none. Pass "
        "early_stopping=True, or fit(..., X_val=, y_val=)."
    )


def test_all_rows_at_once_and_none_to_hide():
    """Without hidden layers it is a linear model, which L-BFGS fits exactly."""
    model = NetworkRegressor([], optimizer="lbfgs", random_state=0).fit(
        X, X @ [1, 2, 3, 4]
    )
    assert model.score(X, X @ [1, 2, 3, 4]) == pytest.approx(1)
    assert model.converged_
    assert not hasattr(model, "partial_fit")


def test_a_training_that_ends_too_early_is_told_of():
    with pytest.warns(ConvergenceWarning) as caught:
        NetworkClassifier(SMALL, **QUICK).fit(X, Y)
    assert [str(one.message) for one in caught] == [
        "optimizer 'adam' reached the maximum of 3 iterations, and the training has "
        "not converged yet. Increase max_iter, or scale the data."
    ]


@UNFINISHED
@BOTH
def test_a_pickle_predicts_and_goes_on(kind):
    model = kind(SMALL, **QUICK).fit(X, Y)
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.predict(X), model.predict(X))
    for one in (model, again):
        one.partial_fit(X, Y)
    np.testing.assert_array_equal(again.predict(X), model.predict(X))


# Bad input ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("layers", "rows", "words"),
    [
        (
            gp.Dense(3),
            X,
            "The 'layers' parameter of NetworkClassifier must be an instance of 'list' "
            "or an instance of 'tuple'. Got Dense(units=3, activation=None, bias=True, "
            "initializer=None, frozen=(), l1=0.0, l2=0.0, prior_precision=0.0, "
            "constraint=None, name=None) instead.",
        ),
        (
            ["relu"],
            X,
            "'relu' is not a layer: it has no method forward(p, x, run). A function "
            "becomes a layer as gp.Activation(function).",
        ),
        (
            [gp.Dense(3, name="a"), gp.Dense(3, name="a")],
            X,
            "two layers are named 'a'. Give one of them another name.",
        ),
        (
            [gp.Dense(2, name="output")],
            X,
            "NetworkClassifier: the target needs (n, 3), and for rows of shape (4,) "
            "the last layer, 'output', gives (n, 2). Give it 3 units, or leave it out: "
            "one that fits is added.",
        ),
        (
            [gp.Dense(2)],
            X.reshape(150, 2, 2),
            "NetworkClassifier: the target needs (n, 3), and for rows of shape (2, 2) "
            "the last layer, 'output', gives (n, 2, 3). gp.Flatten() makes one row of "
            "numbers of several dimensions.",
        ),
        (
            [gp.Parallel([gp.Dense(1), gp.Dense(2)], name="output")],
            X,
            "NetworkClassifier: the target needs (n, 3), and for rows of shape (4,) "
            "the last layer, 'output', gives (n, 1) and (n, 2). Join them by "
            "gp.Concatenate().",
        ),
    ],
    ids=["no list", "no layer", "names", "units", "dimensions", "several"],
)
def test_layers_that_cannot_be_used_are_refused(layers, rows, words):
    model = NetworkClassifier(layers, **QUICK)
    with pytest.raises(ValueError, match=r".") as caught:
        model.fit(rows, Y)
    assert str(caught.value) == words
    assert not hasattr(model, "network_")


@UNFINISHED
def test_a_training_that_fails_leaves_the_last_one():
    model = MLPRegressor(hidden_layer_sizes=(5,), **QUICK).fit(X, Y)
    before = model.predict(X)
    model.set_params(solver="sgd", learning_rate_init=1e9, max_iter=50)
    with pytest.raises(ValueError, match="Solver produced non-finite"):
        model.fit(X, Y)
    np.testing.assert_array_equal(model.predict(X), before)

"""Estimators at the end of pipelines: tables of words and gaps, names, metadata."""

import numpy as np
import pandas as pd
import pytest
from sklearn import config_context
from sklearn import neural_network as theirs
from sklearn.compose import ColumnTransformer
from sklearn.exceptions import UnsetMetadataPassedError
from sklearn.impute import SimpleImputer
from sklearn.model_selection import GridSearchCV, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

import pages
from glassprop import sklearn as ours
from glassprop.sklearn import MLPClassifier, MLPRegressor

pytestmark = pytest.mark.filterwarnings(
    "ignore::sklearn.exceptions.ConvergenceWarning"  # all trainings are short
)

PENGUINS = pd.read_csv(pages.ROOT / "examples" / "penguins.csv")
TABLE, SPECIES = PENGUINS.drop(columns=["species", "year"]), PENGUINS["species"]
MASS = PENGUINS["body_mass_g"].fillna(PENGUINS["body_mass_g"].mean())
NUMBERS = list(TABLE.select_dtypes("number"))
WORDS = ["island", "sex"]
SHORT = {
    "hidden_layer_sizes": (6,),
    "max_iter": 15,
    "learning_rate_init": 0.05,
    "batch_size": 50,
    "random_state": 0,
}
WEIGHTS = np.linspace(0.5, 2, len(PENGUINS))


def columns(*, sparse):
    """Make numbers of the table: gaps are filled, words become columns."""
    numbers = make_pipeline(SimpleImputer(), StandardScaler())
    words = OneHotEncoder(handle_unknown="ignore", sparse_output=sparse)
    return ColumnTransformer(
        [("numbers", numbers, NUMBERS), ("words", words, WORDS)],
        sparse_threshold=float(sparse),
        verbose_feature_names_out=False,
    )


def network(module=ours, **options):
    return module.MLPClassifier(**{**SHORT, **options})


# Tables -------------------------------------------------------------------------------


@pytest.mark.parametrize("sparse", [False, True])
def test_a_table_of_words_and_gaps_is_learnt_as_by_theirs(sparse):
    us, them = (
        make_pipeline(columns(sparse=sparse), network(module)).fit(TABLE, SPECIES)
        for module in (ours, theirs)
    )
    assert us.score(TABLE, SPECIES) > 0.98
    np.testing.assert_allclose(
        us.predict_proba(TABLE), them.predict_proba(TABLE), rtol=1e-6, atol=1e-9
    )


def test_a_search_goes_through_the_columns_and_the_network():
    whole = make_pipeline(columns(sparse=False), network())
    search = GridSearchCV(
        whole,
        {
            "columntransformer__numbers__simpleimputer__strategy": ["mean", "median"],
            "mlpclassifier__dropout": [0.0, 0.9],
        },
        cv=2,
    )
    search.fit(TABLE, SPECIES)
    assert search.best_params_["mlpclassifier__dropout"] == 0.0
    assert search.best_score_ > 0.95
    assert search.predict(TABLE[:3]).tolist() == ["Adelie"] * 3


def test_names_of_columns_reach_the_network():
    whole = make_pipeline(columns(sparse=False), network())
    whole.set_output(transform="pandas").fit(TABLE, SPECIES)
    names = list(whole[0].transform(TABLE))
    assert names[: len(NUMBERS)] == NUMBERS
    assert whole[-1].feature_names_in_.tolist() == names
    assert whole[-1].n_features_in_ == len(names)
    assert whole.score(TABLE, SPECIES) > 0.98


def test_predictions_may_be_columns():
    """Stacked by hand: what one network predicts is a column of the next."""
    whole = make_pipeline(columns(sparse=False), network()).fit(TABLE, SPECIES)
    chances = pd.DataFrame(whole.predict_proba(TABLE), columns=whole.classes_)
    again = network().fit(chances, SPECIES)
    assert again.feature_names_in_.tolist() == ["Adelie", "Chinstrap", "Gentoo"]
    assert again.score(chances, SPECIES) > 0.98


def test_float32_passes_through():
    numbers = make_pipeline(SimpleImputer(), StandardScaler())
    whole = make_pipeline(numbers, MLPRegressor(**SHORT))
    whole.fit(TABLE[NUMBERS[:3]].astype(np.float32), MASS / 1000)
    assert {one.dtype for one in whole[-1].coefs_} == {np.dtype(np.float32)}
    predicted = whole.predict(TABLE[NUMBERS[:3]].astype(np.float32))
    assert predicted.dtype == np.float32


# Metadata -----------------------------------------------------------------------------


@pytest.fixture
def routing():
    with config_context(enable_metadata_routing=True):
        yield


def scaler():
    return StandardScaler().set_fit_request(sample_weight=False)


@pytest.fixture
def rows():
    return columns(sparse=False).fit_transform(TABLE)


@pytest.mark.usefixtures("routing")
def test_weights_of_rows_are_routed_through_a_search(rows):
    asking = network().set_fit_request(sample_weight=True)
    asking.set_score_request(sample_weight=True)
    search = GridSearchCV(
        make_pipeline(scaler(), asking), {"mlpclassifier__alpha": [0.0, 1.0]}, cv=2
    )
    search.fit(rows, SPECIES, sample_weight=WEIGHTS)
    found = search.best_estimator_[-1]
    by_hand = network(alpha=found.alpha)
    scaled = StandardScaler().fit_transform(rows)
    by_hand.fit(scaled, SPECIES, sample_weight=WEIGHTS)
    plain = network(alpha=found.alpha).fit(scaled, SPECIES)
    np.testing.assert_array_equal(found.coefs_[0], by_hand.coefs_[0])
    assert not np.array_equal(found.coefs_[0], plain.coefs_[0])


@pytest.mark.usefixtures("routing")
def test_rows_to_measure_are_routed_and_scaled_with_the_others(rows):
    asking = network(early_stopping=True).set_fit_request(X_val=True, y_val=True)
    whole = make_pipeline(scaler(), asking, transform_input=["X_val"])
    train, held = slice(None, None, 2), slice(1, None, 2)
    whole.fit(rows[train], SPECIES[train], X_val=rows[held], y_val=SPECIES[held])
    scale = StandardScaler().fit(rows[train])
    by_hand = network(early_stopping=True).fit(
        scale.transform(rows[train]),
        SPECIES[train],
        X_val=scale.transform(rows[held]),
        y_val=SPECIES[held],
    )
    found = whole[-1]
    assert found.validation_loss_curve_ == by_hand.validation_loss_curve_
    assert found.best_validation_score_ == whole.score(rows[held], SPECIES[held])


@pytest.mark.usefixtures("routing")
def test_a_search_measures_every_training_on_the_same_rows(rows):
    asking = network().set_fit_request(X_val=True, y_val=True)
    search = GridSearchCV(asking, {"alpha": [0.0, 1.0]}, cv=2)
    held = slice(0, 40)
    search.fit(rows[40:], SPECIES[40:], X_val=rows[held], y_val=SPECIES[held])
    assert len(search.best_estimator_.validation_loss_curve_) == SHORT["max_iter"]


@pytest.mark.usefixtures("routing")
def test_metadata_that_is_not_asked_for_is_refused(rows):
    with pytest.raises(UnsetMetadataPassedError, match="X_val") as caught:
        cross_validate(
            network(), rows, SPECIES, params={"X_val": rows[:9], "y_val": SPECIES[:9]}
        )
    assert str(caught.value).startswith(
        "[X_val, y_val] are passed but are not explicitly set as requested or not "
        "requested for MLPClassifier.fit"
    )


@pytest.mark.usefixtures("routing")
@pytest.mark.parametrize("kind", [MLPClassifier, MLPRegressor])
def test_every_method_says_what_may_be_routed_to_it(kind):
    taken = {
        "fit": {"sample_weight", "X_val", "y_val"},
        "partial_fit": {"sample_weight", "classes"},
        "score": {"sample_weight"},
    }
    if kind is MLPRegressor:
        taken["partial_fit"].remove("classes")
    routing = kind().get_metadata_routing()
    for method, names in taken.items():
        assert names <= set(getattr(routing, method).requests)

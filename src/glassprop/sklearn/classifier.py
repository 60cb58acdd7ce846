"""`MLPClassifier`: one class a row, or several labels."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import ClassifierMixin
from sklearn.utils import column_or_1d
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import (
    _check_partial_fit_first_call,
    type_of_target,
    unique_labels,
)
from sklearn.utils.validation import validate_data

from glassprop.sklearn.data import Data, binarizer, dense
from glassprop.sklearn.estimator import Perceptron, has_steps

Array = NDArray[Any]


class MLPClassifier(ClassifierMixin, Perceptron):  # type: ignore[misc]  # no types
    """A multi-layer perceptron that tells classes apart, as scikit-learn's.

    Parameters
    ----------
    hidden_layer_sizes : sequence of int or int, default (100,)
        The units of each hidden layer.
    activation : str, callable, or list of such
        That of the hidden layers, or of each: ``"identity"``, ``"logistic"``, any name
        that `Dense` knows, or a function of one array.
    solver : {"lbfgs", "sgd", "adam"}
        What trains: `LBFGS` on all rows at once, `SGD` or `Adam` on batches.
    alpha : float
        The penalty ``alpha * sum(W * W) / 2`` of each weight, divided by the sum of
        the weights of the batch's rows; biases are free.
    batch_size : int or "auto"
        Rows of a step; ``"auto"`` for 200, or all if there are fewer.
    learning_rate : {"constant", "invscaling", "adaptive"}
        How the learning rate of ``"sgd"`` changes: not, by ``1 / t ** power_t`` after t
        rows, or by a fifth whenever training no longer gets on.
    learning_rate_init : float
        The learning rate that it begins with.
    power_t : float
        The power of ``"invscaling"``.
    max_iter : int
        Epochs at most; of ``"lbfgs"`` iterations.
    shuffle : bool
        Whether each epoch goes through the rows in an order of its own.
    random_state : int, RandomState or None
        Draws the start, the held out rows and the orders, as scikit-learn does.
    tol : float
        How much better than the best before an epoch must be; for ``"lbfgs"`` the
        gradient that counts as none.
    verbose : bool
        Whether to show the progress.
    warm_start : bool
        Whether `fit` begins with the weights of the last one.
    momentum : float
        That of ``"sgd"``, at least 0 and below 1.
    nesterovs_momentum : bool
        Whether ``"sgd"`` looks ahead.
    early_stopping : bool
        Whether rows are held out, and their score ends the training.
    validation_fraction : float
        The part that is held out.
    beta_1, beta_2 : float
        How much of its moments ``"adam"`` keeps.
    epsilon : float
        Keeps the division of ``"adam"`` finite.
    n_iter_no_change : int or inf
        Epochs in a row that may be no better.
    max_fun : int
        How often ``"lbfgs"`` may look at the rows.
    dropout : float
        The part of each hidden layer's output that a step of training leaves out.
    batch_norm : bool
        Whether each hidden layer is normalized before its activation.
    optimizer : str, Optimizer or None
        One of `glassprop`'s in place of the solver's, which knows only three.
    schedule : str, Schedule or None
        One of `glassprop`'s in place of `learning_rate`, for any optimizer.
    clip : float, Clipping or None
        As `Network.fit` takes it.
    callbacks : iterable of callable
        Called after every epoch, ``callback(network, history)``; True stops.
    backend : {"auto", "numpy", "numba"}
        What runs the training steps.
    dtype : numpy dtype or None
        float32 or float64; None for that of the rows.
    class_weight : dict, list of dict, "balanced" or None
        The weight of each class by its label, on top of the rows' own.

    Attributes
    ----------
    network_ : Network
        The network inside, with its loss.
    classes_ : array of shape (n_classes,)
        The labels, in order.
    coefs_, intercepts_ : list of array
        The weight and the bias of each layer: the network's own arrays. What is written
        into them or put into the list is what predicts from then on.
    n_features_in_, n_layers_, n_outputs_, n_iter_, t_ : int
        Inputs, layers with that of the inputs, outputs, epochs of the last `fit`, rows
        gone through in all.
    feature_names_in_ : array of str
        The names of the columns, where they have any.
    out_activation_ : str
        What makes predictions of the last layer's output.
    loss_, best_loss_ : float or None
        Of the last epoch, and of the best; None for the best with early stopping.
    validation_loss_curve_ : list of float
        The loss of the rows that are held out, after each epoch, where there are any.
    loss_curve_, validation_scores_ : list of float or None
        An epoch each; scores with early stopping.
    best_validation_score_ : float or None
        The highest of the scores.

    Examples
    --------
    >>> from glassprop.sklearn import MLPClassifier
    >>> X, y = [[0.0], [1.0], [2.0], [3.0]], ["low", "low", "high", "high"]
    >>> model = MLPClassifier(solver="lbfgs", random_state=0).fit(X, y)
    >>> model.predict([[0.2], [2.8]]).tolist()
    ['low', 'high']
    """

    def _checked_data(
        self, X: Any, y: Any, *, incremental: bool, reset: bool, held: bool = False
    ) -> tuple[Array, Array]:
        X, y = validate_data(
            self,
            X,
            y,
            accept_sparse=["csr", "csc"],
            multi_output=True,
            dtype=(np.float64, np.float32),
            reset=reset,
        )
        y = dense(y)
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        if not hasattr(self, "classes_") or not (self.warm_start or incremental):
            self._label_binarizer = binarizer(y)
            self.classes_ = self._label_binarizer.classes_
            return dense(X), y
        labels = unique_labels(y)
        if self.warm_start and not held and set(labels) != set(self.classes_):
            raise ValueError(
                "warm_start can only be used where `y` has the same classes as in the "
                f"previous call to fit. Previously got {self.classes_}, `y` has "
                f"{labels}"
            )
        if len(np.setdiff1d(labels, self.classes_, assume_unique=True)):
            raise ValueError(
                f"`y` has classes not in `self.classes_`. `self.classes_` has "
                f"{self.classes_}. 'y' has {labels}."
            )
        return dense(X), y

    def _target(self, y: Array) -> tuple[Array, int]:
        """Give classes by their numbers, two classes or several labels as 0 and 1."""
        columns = dense(self._label_binarizer.transform(y))
        if self._output_activation() == "softmax":
            return columns.argmax(axis=1), columns.shape[1]
        return columns, columns.shape[1]

    def _weights(self, y: Array, sample_weight: Any) -> Any:
        if self.class_weight is None:
            return sample_weight
        of_classes: Array = compute_sample_weight(self.class_weight, y)
        return of_classes if sample_weight is None else sample_weight * of_classes

    def _output_activation(self) -> str:
        kind = self._label_binarizer.y_type_
        return "softmax" if kind == "multiclass" else "logistic"

    @property
    def _measure(self) -> str:
        several = self._label_binarizer.y_type_.startswith("multilabel")
        return "subset_accuracy" if several else "accuracy"

    def _constant_of_loss(self, data: Data) -> float:
        return 0.0

    @available_if(has_steps)  # type: ignore[untyped-decorator]  # no types
    def partial_fit(
        self, X: Any, y: Any, sample_weight: Any = None, classes: Any = None
    ) -> MLPClassifier:
        """Go on training: once through these rows.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            The rows.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Their labels.
        sample_weight : array-like of shape (n_samples,) or None
            The weight of each row.
        classes : array-like of shape (n_classes,) or None
            All labels that there will be; the first call needs them.

        Returns
        -------
        MLPClassifier
            Itself.

        Raises
        ------
        ValueError
            If a parameter or the data cannot be used, or a label is not known.
        """
        if _check_partial_fit_first_call(self, classes):
            several = type_of_target(y).startswith("multilabel")
            self._label_binarizer = binarizer(y if several else classes)
        self._fit(X, y, sample_weight, incremental=True)
        return self

    def predict(self, X: Any) -> Array:
        """Give the class of each row, or its labels.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            The rows.

        Returns
        -------
        array of shape (n_samples,) or (n_samples, n_classes)
            Labels, or 0 and 1 for each label.
        """
        return self._labels(self._chances(X))

    def _labels(self, chances: Array) -> Array:
        """Decide, as `LabelBinarizer` does, which takes longer than the prediction."""
        kind = self._label_binarizer.y_type_
        if kind == "multiclass":
            found: Array = self.classes_[chances.argmax(axis=1)]
        elif kind == "binary":
            last = len(self.classes_) - 1  # there may be one class alone
            found = self.classes_[(chances.ravel() > 0.5) * last]
        else:
            found = self._label_binarizer.inverse_transform(chances)
        return found

    def _chances(self, X: Any) -> Array:
        rows = self._rows(X)
        chances: Array = self.network_.predict_proba(rows)
        return chances

    def predict_proba(self, X: Any) -> Array:
        """Give the probability of each class, or of each label.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            The rows.

        Returns
        -------
        array of shape (n_samples, n_classes)
            Columns in the order of ``classes_``.
        """
        chances = self._chances(X)
        return np.hstack([1 - chances, chances]) if self.n_outputs_ == 1 else chances

    def predict_log_proba(self, X: Any) -> Array:
        """Give the logarithm of `predict_proba`.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            The rows.

        Returns
        -------
        array of shape (n_samples, n_classes)
            Columns in the order of ``classes_``.
        """
        chances = self.predict_proba(X)
        return np.log(chances, out=chances)

    def __sklearn_tags__(self) -> Any:
        """Say that several labels are taken."""
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags

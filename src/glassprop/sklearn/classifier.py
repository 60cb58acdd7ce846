"""What both classifiers share: one class a row, or several labels."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import ClassifierMixin
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import (
    _check_partial_fit_first_call,
    type_of_target,
    unique_labels,
)

from glassprop.losses import Loss
from glassprop.sklearn.data import Data, binarizer, dense
from glassprop.sklearn.estimator import Estimator, has_steps
from glassprop.sklearn.losses import has_chances, loss_of_classes, suits

Array = NDArray[Any]


def _tells_chances(told: Classifier) -> bool:
    """Tell whether the loss defines probabilities, so that they can be predicted."""
    return has_chances(told.loss)


def _tells_scores_alone(told: Classifier) -> bool:
    """Tell whether it does not: scikit-learn then looks for a decision function."""
    return not has_chances(told.loss)


class Classifier(ClassifierMixin, Estimator):  # type: ignore[misc]  # no types
    """What both classifiers share; use one of them."""

    classes_: Array

    def _checked_data(
        self, X: Any, y: Any, *, incremental: bool, reset: bool, held: bool = False
    ) -> tuple[Array, Array]:
        X, y = self._validated(X, y, reset=reset)
        if not hasattr(self, "classes_") or not (self.warm_start or incremental):
            self._label_binarizer = binarizer(y)
            self.classes_ = self._label_binarizer.classes_
            return X, y
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
        return X, y

    def _loss(self) -> Loss:
        return loss_of_classes(self.loss, self._label_binarizer.y_type_)

    def _target(self, y: Array, loss: Loss) -> tuple[Array, int]:
        """Give classes by their numbers, or 0 and 1, and how many outputs they need."""
        columns = dense(self._label_binarizer.transform(y))
        count = columns.shape[1]
        if loss.target != "classes":
            return columns, count
        numbers = columns.argmax(axis=1) if count > 1 else columns[:, 0]
        return numbers, max(count, 2)

    def _weights(self, y: Array, sample_weight: Any) -> Any:
        if self.class_weight is None:
            return sample_weight
        of_classes: Array = compute_sample_weight(self.class_weight, y)
        return of_classes if sample_weight is None else sample_weight * of_classes

    def _measure(self, loss: Loss) -> str:
        several = self._label_binarizer.y_type_.startswith("multilabel")
        return "subset_accuracy" if several else "accuracy"

    def _constant_of_loss(self, data: Data) -> float:
        return 0.0

    @available_if(has_steps)  # type: ignore[untyped-decorator]  # no types
    def partial_fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        classes: Any = None,
        *,
        X_val: Any = None,
        y_val: Any = None,
    ) -> Any:
        """Go on training: once through these rows.

        With ``early_stopping`` each call is scored as an epoch of `fit` is, by the rows
        that are given to measure, else by ``validation_fraction`` of its own rows,
        which it then does not train on. Once ``n_iter_no_change`` calls in a row were
        no better, ``converged_`` is True, and the network has the weights of the best.

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
        X_val, y_val : array-like or None
            Rows to measure after the call, and their labels.

        Returns
        -------
        estimator
            Itself.

        Raises
        ------
        ValueError
            If a parameter or the data cannot be used, or a label is not known.
        """
        if _check_partial_fit_first_call(self, classes):
            several = type_of_target(y).startswith("multilabel")
            self._label_binarizer = binarizer(y if several else classes)
        return self._fit(X, y, sample_weight, (X_val, y_val), incremental=True)

    # Prediction -----------------------------------------------------------------------

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
        rows = self._rows(X)
        found: Array = self.network_.predict(rows)
        if found.ndim == 1:  # the number of a class; there may be one class alone
            return self.classes_[np.minimum(found, len(self.classes_) - 1)]
        labels: Array = self._label_binarizer.inverse_transform(found)
        return labels

    def _has_output_a_class(self) -> bool:
        """Tell whether each class has an output: two can be told apart by one."""
        loss = self.network_.loss
        return loss is not None and loss.each[0].target == "classes"

    @available_if(_tells_chances)  # type: ignore[untyped-decorator]  # no types
    def predict_proba(self, X: Any) -> Array:
        """Give the probability of each class, or of each label.

        It is there where the loss defines probabilities.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            The rows.

        Returns
        -------
        array of shape (n_samples, n_classes)
            Columns in the order of ``classes_``.
        """
        rows = self._rows(X)
        chances: Array = self.network_.predict_proba(rows)
        return np.hstack([1 - chances, chances]) if self.n_outputs_ == 1 else chances

    @available_if(_tells_chances)  # type: ignore[untyped-decorator]  # no types
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
        chances: Array = self.predict_proba(X)
        return np.log(chances, out=chances)

    @available_if(_tells_scores_alone)  # type: ignore[untyped-decorator]  # no types
    def decision_function(self, X: Any) -> Array:
        """Give the score of each class, or of each label: what the network gives.

        It is there where the loss defines no probabilities, as ``"hinge"``.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            The rows.

        Returns
        -------
        array of shape (n_samples,) or (n_samples, n_classes)
            Of two classes that of the second, above 0 where it is predicted; else
            columns in the order of ``classes_``.
        """
        rows = self._rows(X)
        scores: Array = self.network_(rows)
        if self.n_outputs_ == 1:
            return scores[:, 0]
        if self._has_output_a_class() and self.n_outputs_ == 2:
            return scores[:, 1] - scores[:, 0]
        return scores

    def __sklearn_tags__(self) -> Any:
        """Say which labels are taken, as the loss has it."""
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = suits(self.loss, "multiclass")
        tags.classifier_tags.multi_label = suits(self.loss, "multilabel-indicator")
        return tags

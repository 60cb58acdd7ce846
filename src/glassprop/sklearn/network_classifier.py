"""`NetworkClassifier`: any layers, behind scikit-learn's interface."""

from __future__ import annotations

from typing import Any, ClassVar

from glassprop.sklearn.classifier import Classifier
from glassprop.sklearn.layered import Layered
from glassprop.sklearn.losses import accepted


class NetworkClassifier(Classifier, Layered):
    """A network of any layers that tells classes apart.

    Parameters
    ----------
    layers : list or tuple of layers
        What `Network` takes, but for the last one: a `Dense` named ``output``, with
        an output for each class or label, is added, so that one list fits all data.
        Where the last of the layers has that name it is taken as it is. None of them is
        changed: `set_params` and `GridSearchCV` make new ones.
    loss : str, Loss, callable or None
        What is made small: a loss of classes of `glassprop.losses`, or a function in
        NumPy that gives one number a row, ``loss(output, y)`` with the outputs,
        (n, k), and the number of each row's class, (n,), or 0 and 1 for each of several
        labels, (n, k). None for cross entropy, of two classes with one output.
    optimizer : str or Optimizer
        What trains: any of `glassprop`'s. `LBFGS` takes all rows at once.
    schedule : str, Schedule or None
        How the learning rate changes; None for a constant one.
    clip : float, Clipping or None
        As `Network.fit` takes it.
    batch_size : int or "auto"
        Rows of a step; ``"auto"`` for 200, or all if there are fewer.
    max_iter : int
        Epochs at most; of `LBFGS` iterations.
    shuffle : bool
        Whether each epoch goes through the rows in an order of its own.
    random_state : int, RandomState or None
        Draws the start, the held out rows and the orders.
    tol : float
        How much better than the best before an epoch must be.
    n_iter_no_change : int or inf
        Epochs in a row that may be no better.
    early_stopping : bool
        Whether rows are held out, and their score ends the training.
    validation_fraction : float
        The part that is held out.
    metrics : str, Metric, list of such or None
        What else these rows are measured by, into ``history_``.
    callbacks : iterable of callable
        Called after every epoch, ``callback(network, history)``; True stops.
    warm_start : bool
        Whether `fit` begins with the weights of the last one.
    verbose : bool
        Whether to show the progress.
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
    n_features_in_, n_outputs_, n_iter_, t_ : int
        The size of the first axis of a row, outputs, epochs of the last `fit`, rows
        gone through in all.
    feature_names_in_ : array of str
        The names of the columns, where they have any.
    out_activation_ : str
        What makes predictions of the last layer's output.
    loss_, best_loss_ : float or None
        Of the last epoch, and of the best; None for the best with early stopping.
    loss_curve_, validation_scores_ : list of float or None
        An epoch each; scores with early stopping.
    validation_loss_curve_ : list of float
        The loss of the rows that are held out, after each epoch, where there are any.
    best_validation_score_ : float or None
        The highest of the scores.
    converged_ : bool
        Whether the last training ended because nothing got better; after `partial_fit`
        whether it is time to stop, its calls counted as epochs.
    history_ : History
        All numbers of the last training.

    Notes
    -----
    The fields of layers are parameters: ``layers__hidden__units`` is that of the layer
    named ``hidden``. Layers without a name are called by their kind and number, as
    `Network` calls them, ``dense_2`` for the second `Dense`; layers inside of others by
    the field that holds them, ``layers__block__layers__dense_1__units``.

    Examples
    --------
    >>> import glassprop as gp
    >>> from glassprop.sklearn import NetworkClassifier
    >>> X, y = [[0.0], [1.0], [2.0], [3.0]], ["low", "low", "high", "high"]
    >>> layers = [gp.Dense(8, "tanh", name="hidden"), gp.Dropout(0.1)]
    >>> model = NetworkClassifier(layers, optimizer=gp.Adam(0.1), random_state=0)
    >>> model.fit(X, y).predict([[0.2], [2.8]]).tolist()
    ['low', 'high']
    >>> model.set_params(layers__hidden__units=4).layers[0].units
    4
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **Layered._parameter_constraints,
        "loss": [*accepted(classes=True), None],
    }

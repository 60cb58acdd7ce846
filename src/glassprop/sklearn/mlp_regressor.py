"""`MLPRegressor`: scikit-learn's, on glassprop."""

from __future__ import annotations

from typing import Any, ClassVar

from glassprop.sklearn.losses import accepted
from glassprop.sklearn.perceptron import Perceptron
from glassprop.sklearn.regressor import Regressor


class MLPRegressor(Regressor, Perceptron):
    """A multi-layer perceptron that predicts numbers, as scikit-learn's.

    Parameters
    ----------
    loss : str, Loss or callable
        What is made small. ``"squared_error"``: half the squared error, summed over
        outputs; ``"poisson"``: half Poisson's deviance of rates whose logarithms the
        network gives; any other loss of numbers of `glassprop.losses`; or a function in
        NumPy that gives one number a row, ``loss(output, y)``, both of shape (n, k).
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

    Attributes
    ----------
    network_ : Network
        The network inside, with its loss.
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
    converged_ : bool
        Whether the last training ended because nothing got better; after `partial_fit`
        whether it is time to stop, its calls counted as epochs.
    history_ : History
        All numbers of the last training.
    loss_curve_, validation_scores_ : list of float or None
        An epoch each; scores with early stopping.
    best_validation_score_ : float or None
        The highest of the scores.

    Examples
    --------
    >>> from glassprop.sklearn import MLPRegressor
    >>> X, y = [[0.0], [1.0], [2.0], [3.0]], [1.0, 3.0, 5.0, 7.0]
    >>> model = MLPRegressor(solver="lbfgs", random_state=0).fit(X, y)
    >>> model.predict([[1.5]]).round(1).tolist()
    [4.0]
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **Perceptron._parameter_constraints,
        "loss": accepted(classes=False),
    }

    def __init__(
        self,
        loss: Any = "squared_error",
        hidden_layer_sizes: Any = (100,),
        activation: str = "relu",
        *,
        solver: str = "adam",
        alpha: float = 0.0001,
        batch_size: int | str = "auto",
        learning_rate: str = "constant",
        learning_rate_init: float = 0.001,
        power_t: float = 0.5,
        max_iter: int = 200,
        shuffle: bool = True,
        random_state: Any = None,
        tol: float = 1e-4,
        verbose: bool = False,
        warm_start: bool = False,
        momentum: float = 0.9,
        nesterovs_momentum: bool = True,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        n_iter_no_change: float = 10,
        max_fun: int = 15000,
        dropout: float = 0.0,
        batch_norm: bool = False,
        optimizer: Any = None,
        schedule: Any = None,
        clip: Any = None,
        callbacks: Any = (),
        backend: str = "auto",
        dtype: Any = None,
    ) -> None:
        super().__init__(
            loss=loss,
            hidden_layer_sizes=hidden_layer_sizes,
            activation=activation,
            solver=solver,
            alpha=alpha,
            batch_size=batch_size,
            learning_rate=learning_rate,
            learning_rate_init=learning_rate_init,
            power_t=power_t,
            max_iter=max_iter,
            shuffle=shuffle,
            random_state=random_state,
            tol=tol,
            verbose=verbose,
            warm_start=warm_start,
            momentum=momentum,
            nesterovs_momentum=nesterovs_momentum,
            early_stopping=early_stopping,
            validation_fraction=validation_fraction,
            beta_1=beta_1,
            beta_2=beta_2,
            epsilon=epsilon,
            n_iter_no_change=n_iter_no_change,
            max_fun=max_fun,
            dropout=dropout,
            batch_norm=batch_norm,
            optimizer=optimizer,
            schedule=schedule,
            clip=clip,
            callbacks=callbacks,
            backend=backend,
            dtype=dtype,
        )

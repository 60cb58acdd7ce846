"""`Network`: layers in a row, with everything that can be asked of them.

A thin face. What it holds is the list of layers, the values of their parameters and
states, and what a training needs to go on; what it does is in the files above.
"""

from __future__ import annotations

from collections.abc import (
    Callable,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from glassprop.arrays import Array, as_array
from glassprop.built import Built, build, rearranged
from glassprop.check import check_gradients, gradients
from glassprop.clipping import Clipping
from glassprop.data import (
    as_each_input,
    fits_as_it_is,
    holds_several,
    network_dtype,
    one_sample,
)
from glassprop.early_stopping import EarlyStopping
from glassprop.epochs import Shuffle
from glassprop.errors import ArgumentError, did_you_mean
from glassprop.evaluate import decisions, evaluate_rows, outputs
from glassprop.fit import Callback, fit
from glassprop.frame_columns import words_of
from glassprop.gradient_checks import GradientCheck
from glassprop.graph import DType
from glassprop.history import History
from glassprop.layer_names import layer_names
from glassprop.layers.contract import Shapes
from glassprop.learning import learn
from glassprop.losses import AnyLoss, LossSpec, get_loss
from glassprop.optimizers import Minimizer, Optimizer, get_optimizer
from glassprop.options import check_seed
from glassprop.parameters import Parameters
from glassprop.predictors import make_predictor
from glassprop.programs import predict_program
from glassprop.recipes import Recipe, step_source
from glassprop.rows import checked_rows
from glassprop.schedules import Schedule
from glassprop.structure import Structure
from glassprop.summary import summary_text
from glassprop.tasks import MetricSpec
from glassprop.training import Training
from glassprop.training_steps import check_backend
from glassprop.trees import is_several, map_parts

if TYPE_CHECKING:
    from glassprop.diagnosis.findings import Diagnosis
    from glassprop.diagnosis.overfitting import OverfitCheck
    from glassprop.diagnosis.rates import RateSearch
    from glassprop.explain import Explanation
    from glassprop.reasons.prediction_explanation import PredictionExplanation


class Network:
    """A neural network: layers in a row.

    Parameters
    ----------
    layers : sequence of layers
        In order, `gp.Dense` and others, or layers of the user's own.
    loss : str, function, list of such or None
        What `fit` makes small; `fit` may set it.
    input_shape : int, tuple of int, tuple of such tuples, or None
        The shape of one sample, for several inputs one shape each; None to take it
        from the first data.
    seed : int
        Start values, shuffles and random layers follow from it.
    dtype : numpy dtype or None
        float32 or float64; None for float32 where the first data are, else float64.
    name : str or None
        What printed programs call it.

    Raises
    ------
    ArgumentError
        If something is not a layer, or two have one name.

    Examples
    --------
    >>> import numpy as np
    >>> import glassprop as gp
    >>> net = gp.Network([gp.Dense(3, "tanh"), gp.Dense(1)], input_shape=2)
    >>> net(np.zeros((5, 2))).shape
    (5, 1)
    """

    def __init__(
        self,
        layers: Sequence[Any] = (),
        *,
        loss: LossSpec | None = None,
        input_shape: int | Shapes | None = None,
        seed: int = 0,
        dtype: Any = None,
        name: str | None = None,
    ) -> None:
        if callable(getattr(layers, "forward", None)):
            raise ArgumentError("layers must be a list: gp.Network([gp.Dense(1)]).")
        layer_names(layers)
        check_seed(seed)
        self.layers = list(layers)
        self.loss = None if loss is None else get_loss(loss)
        self.seed = int(seed)
        self.name = name
        self.dtype = None if dtype is None else network_dtype(None, dtype)
        self.input_shape = None if input_shape is None else _checked_shape(input_shape)
        self.training: Training | None = None
        self.recipe: Recipe | None = None
        self.notes: dict[str, Any] = {}
        self._built: Built | None = None

    def __repr__(self) -> str:
        label = f" {self.name!r}" if self.name else ""
        return f"<Network{label} of {', '.join(layer_names(self.layers)) or 'nothing'}>"

    # Layers --------------------------------------------------------------------------

    def add(self, layer: Any, *, before: str | None = None) -> Network:
        """Add a layer at the end, or before another; what the others learned stays.

        Parameters
        ----------
        layer : layer
            The layer.
        before : str or None
            The name of the layer that it comes before; None for the end.

        Returns
        -------
        Network
            The network itself, so that calls can be chained.

        Raises
        ------
        ArgumentError, ShapeError
            If there is no such layer, or the layers no longer fit; nothing has changed
            then.
        """
        names = layer_names(self.layers)
        at = len(names) if before is None else self._position(before)
        self._rearrange([*names[:at], None, *names[at:]], added=layer)
        return self

    def remove(self, name: str) -> Network:
        """Remove a layer; what the others learned stays, where its shape still fits.

        Parameters
        ----------
        name : str
            The layer's name.

        Returns
        -------
        Network
            The network itself, so that calls can be chained.

        Raises
        ------
        ArgumentError, ShapeError
            If there is no such layer, or the layers no longer fit; nothing has changed
            then.
        """
        at = self._position(name)
        names = layer_names(self.layers)
        self._rearrange([*names[:at], *names[at + 1 :]])
        return self

    def _position(self, name: str) -> int:
        names = layer_names(self.layers)
        if name not in names:
            raise ArgumentError(
                f"there is no layer {name!r}.{did_you_mean(str(name), names)} The "
                f"layers are {', '.join(names) or 'none'}."
            )
        return names.index(name)

    def _rearrange(self, kept: Sequence[str | None], added: Any = None) -> None:
        """Take the layers of these names in this order, an added one at None."""
        old = dict(zip(layer_names(self.layers), self.layers, strict=True))
        layers = [added if name is None else old[name] for name in kept]
        names = dict(zip(kept, layer_names(layers), strict=True))
        before = self._built if layers else None
        self._built = before and rearranged(before, layers, names)
        self.layers, self.recipe = layers, None
        if self.training is not None:
            self.training = replace(self.training, memory={})

    # Building ------------------------------------------------------------------------

    @property
    def built(self) -> Built:
        """Structure and values; made from `input_shape` if need be."""
        if self._built is not None:
            return self._built
        if self.input_shape is None:
            raise ArgumentError(
                "the network does not know the shape of its input yet. Give "
                "input_shape= to gp.Network, or call fit first."
            )
        built = self._build(self.input_shape, network_dtype(None, self.dtype))
        built.dtype_assumed = self.dtype is None
        return built

    def _build(self, input_shape: Shapes, dtype: DType) -> Built:
        self._built = build(
            self.layers,
            input_shape,
            dtype,
            self.seed,
            kept=self.values,
            learned=self.learned,
        )
        self.input_shape = self._built.structure.input_shape
        return self._built

    @property
    def structure(self) -> Structure:
        """Names, shapes and parameters."""
        return self.built.structure

    @property
    def values(self) -> dict[str, Array]:
        """Every parameter and state by name: the arrays themselves, none before."""
        return self._built.values if self._built else {}

    @property
    def learned(self) -> set[str]:
        """The names of the layers that have learned from training rows."""
        return self._built.learned if self._built else set()

    @property
    def parameters(self) -> Parameters:
        """The parameters by name; assigning writes into the network."""
        return Parameters(self)

    def take(
        self, structure: Structure, values: Mapping[str, Any], learned: Iterable[str]
    ) -> None:
        """Take a structure that was arranged for these layers, and all its values.

        Parameters
        ----------
        structure : Structure
            What `arrange` gave for the layers.
        values : mapping from str to array
            Every parameter and state by name; they are copied.
        learned : iterable of str
            The names of the layers that have learned from training rows.
        """
        copies = {
            key: np.array(value, structure.dtype, order="C")
            for key, value in values.items()
        }
        self.input_shape = structure.input_shape
        self._built = Built(structure, copies, self.seed, set(learned))

    @contextmanager
    def built_for(self, X: Any) -> Iterator[Built]:
        """Build the network for data; if what follows fails, take that back.

        Parameters
        ----------
        X : array-like of shape (n, ...)
            The data that give shape and dtype, where these are not known yet.

        Yields
        ------
        Built
            Structure and values.
        """
        before = self._built, self.input_shape
        several = holds_several(X) or is_several(self.input_shape)
        dtype = network_dtype(X if several else as_array(X, "X"), self.dtype)
        try:
            if self._built is None:
                first = self.layers[0] if self.layers else None
                missing_allowed = bool(getattr(first, "fills_missing", False))
                shape = self.input_shape
                rows = as_each_input(X, dtype, shape, missing_allowed=missing_allowed)
                self._build(map_parts(lambda one: one.shape[1:], rows), dtype)
            elif self._built.dtype_assumed and dtype != self._built.structure.dtype:
                self._build(self._built.structure.input_shape, dtype)
            yield self.built
        except BaseException:
            self._built, self.input_shape = before
            raise
        self.built.dtype_assumed = False

    def put(self, values: Mapping[str, Any]) -> None:
        """Write values of parameters and states into the network's arrays.

        Parameters
        ----------
        values : mapping from str to array
            By name, ``layer.name``.
        """
        self.built.put(values)

    def learn(self, x: Array) -> None:
        """Let layers that learn from the training rows do so, once.

        Parameters
        ----------
        x : array of shape (n, ...)
            The rows.
        """
        learn(self.built, x)

    def copy(self) -> Network:
        """Give a network like this one that shares nothing with it.

        Returns
        -------
        Network
            The same layers and loss, copies of all values, and of what a training
            needs to go on.
        """
        made = Network(
            self.layers,
            loss=self.loss,
            input_shape=self.input_shape,
            seed=self.seed,
            dtype=self.dtype,
            name=self.name,
        )
        made.notes, made.recipe = dict(self.notes), self.recipe
        if self._built is not None:
            before = self._built
            made.take(before.structure, before.values, before.learned)
            made.built.dtype_assumed = before.dtype_assumed
        if self.training is not None:
            copies = {key: np.array(one) for key, one in self.training.memory.items()}
            watched = {key: [*one] for key, one in self.training.watched.items()}
            made.training = replace(self.training, memory=copies, watched=watched)
        return made

    # Prediction ----------------------------------------------------------------------

    def __call__(self, X: Any) -> Any:
        """Feed forward: give the last layer's output.

        Parameters
        ----------
        X : array-like of shape (n, *input_shape), or one sample of shape input_shape
            The rows; a tuple of arrays for several inputs.

        Returns
        -------
        array of shape (n, *output_shape), or output_shape for one sample
            A tuple of them for several outputs.
        """
        return self._predicted(X, outputs)

    def predict(self, X: Any) -> Any:
        """Give what the loss decides: a class, or the number itself.

        Parameters
        ----------
        X : array-like of shape (n, *input_shape), or one sample
            The rows.

        Returns
        -------
        array of shape (n,) for classes, else of the output's shape
            With losses of classes that of the largest output, with those of 0 and 1
            for each output 1 where it is above 0, a chance above 1/2; with
            ``poisson`` the rate, with ``gaussian`` the mean; with others the output.
        """
        return self._predicted(X, lambda *rows: decisions(outputs(*rows), self.loss))

    def predict_proba(self, X: Any) -> Any:
        """Give the probabilities that the loss defines.

        Parameters
        ----------
        X : array-like of shape (n, *input_shape), or one sample
            The rows.

        Returns
        -------
        array of shape (n, k)
            The chance of each of k classes; with binary cross entropy of class 1 for
            each of k outputs. Of several outputs a tuple, where an output whose loss
            defines no probabilities stands as it is.

        Raises
        ------
        ArgumentError
            If the loss defines no probabilities.
        """
        return self._predicted(X, outputs, self._loss_of_chances())

    def _loss_of_chances(self) -> AnyLoss:
        if self.loss is None or self.loss.probabilities is None:
            known = self.loss.name if self.loss else "no loss"
            raise ArgumentError(
                f"predict_proba needs a loss that defines probabilities, the network "
                f"has {known}. Use loss='cross_entropy', or net(X) for the raw output."
            )
        return self.loss

    def predictor(
        self,
        *,
        probabilities: bool = False,
        backend: str = "auto",
        threads: int | None = None,
    ) -> Callable[[Any], Any]:
        """Make a plain function that predicts: for hot loops and for many threads.

        It keeps the parameters of this moment; later training does not change it. An
        array without gaps in the network's dtype is not looked through for NaN: what
        is NaN there is NaN in the output. Threads may call it side by side; compiled
        code leaves the interpreter free meanwhile.

        Parameters
        ----------
        probabilities : bool
            Whether it gives what `predict_proba` gives, else what ``net(X)`` gives.
        backend : str
            ``"numba"``, ``"numpy"``, or ``"auto"`` for compiled code where that can be.
        threads : int or None
            Among how many cores many rows are divided; None for all.

        Returns
        -------
        function
            From an array of shape (n, *input_shape), or one sample, to an array of
            shape (n, *output_shape), or output_shape; with tuples of them for several
            inputs or outputs.

        Raises
        ------
        ArgumentError
            If the shape of the input is not known yet, the loss defines no
            probabilities, or the back end is not known or cannot compile the network.
        MissingExtraError
            If ``backend="numba"`` and Numba is not installed.

        Examples
        --------
        >>> import numpy as np
        >>> import glassprop as gp
        >>> net = gp.Network([gp.Dense(3)], input_shape=2)
        >>> net.predictor(backend="numpy")(np.zeros((4, 2))).shape
        (4, 3)
        """
        check_backend(backend, threads)
        loss = self._loss_of_chances() if probabilities else None
        return make_predictor(
            self.built, loss, self.name, backend=backend, threads=threads
        )

    def _predicted(self, X: Any, calculate: Callable[..., Any], *more: Any) -> Any:
        known = self._built
        if (
            known is not None
            and not known.dtype_assumed
            and fits_as_it_is(X, known.structure.dtype, known.structure.input_shape)
            and np.isfinite(X).all()
        ):
            return calculate(known, X, *more)
        sample = one_sample(X, self.input_shape)
        given = X if sample is None else sample
        with self.built_for(given) as built:
            result = calculate(built, _checked_inputs(built, given), *more)
        return result if sample is None else map_parts(lambda one: one[0], result)

    # Training ------------------------------------------------------------------------

    def fit(
        self,
        X: Any,
        y: Any,
        *,
        loss: LossSpec | None = None,
        optimizer: str | Optimizer | Minimizer = "adam",
        epochs: int = 1,
        batch_size: int | None = 32,
        validation: float | tuple[Any, ...] | None = None,
        sample_weight: Any = None,
        class_weight: Any = None,
        shuffle: bool | Shuffle = True,
        early_stopping: bool | int | EarlyStopping | None = None,
        schedule: str | Schedule | None = None,
        clip: float | Clipping | None = None,
        callbacks: Iterable[Callback] = (),
        metrics: MetricSpec | None = None,
        backend: str = "auto",
        threads: int | None = None,
        diagnose: bool | int = False,
        verbose: bool | None = None,
    ) -> History:
        """Train the network.

        Parameters
        ----------
        X : array-like of shape (n, ...)
            The rows to learn from.
        y : array-like of shape (n, ...)
            The target: labels 0 to k - 1, or numbers shaped like the output.
        loss : str, function, list of such or None
            What to make small; None for the network's own.
        optimizer : str or Optimizer
            ``"adam"``, ``gp.SGD(learning_rate=0.1)``, ...; `gp.LBFGS` takes all rows
            at once.
        epochs : int
            How many times to go through the rows. Calling `fit` again goes on: 5 and 5
            epochs give the bits of 10.
        batch_size : int or None
            Rows of a step; None for all at once, 1 for row by row.
        validation : float, tuple or None
            A part of the rows to hold out (of each class its share), or ``(X, y)`` or
            ``(X, y, sample_weight)``.
        sample_weight : array-like of shape (n,) or None
            The weight of each row in the loss.
        class_weight : dict, ``"balanced"`` or None
            The weight of each class.
        shuffle : bool or callable
            Whether each epoch goes through the rows in an order of its own; one batch
            of all rows keeps theirs. A function ``shuffle(epoch, rows)`` gives the
            order itself, the numbers 0 to ``rows - 1``; epochs count from 0.
        early_stopping : bool, int, EarlyStopping or None
            Whether to stop when nothing gets better; an integer is the patience.
        schedule : str, Schedule or None
            How the learning rate changes; None for a constant one. One that ends
            before the last epoch holds its last factor, with a warning.
        clip : float, Clipping or None
            The largest norm that all gradients together may have, or a rule such as
            ``gp.clipping.ByValue(0.5)``.
        callbacks : iterable of callable
            Each is called after every epoch as ``callback(net, history)``; True stops.
        metrics : str, Metric, list of such or None
            What validation data are measured by; None for what suits the loss. Early
            stopping may watch each: ``monitor="validation_f1_macro"``.
        backend : str
            ``"numpy"``; ``"numba"`` for compiled code, which needs the extra ``fast``
            and waits for the compiler the first time; ``"auto"`` takes what is done
            first, going by what a step costs and how many there are, and keeps to it
            when training goes on.
        threads : int or None
            How many cores a step may use; None for one, or with compiled code for all
            if a step is worth it. Needs the extra ``fast``.
        diagnose : bool or int
            Whether to look for faults before and during training. With True at a few
            moments that cost about a tenth of its time at most; a number says how
            many. What is found is told, and is in ``history.diagnosis``. The training
            is the same, bit for bit.
        verbose : bool or None
            False for nothing; else a bar on a terminal, a few plain lines elsewhere.

        Returns
        -------
        History
            The numbers of each epoch.

        Raises
        ------
        DataError, ShapeError, ArgumentError, TraceError
            If the data or an argument cannot be used; nothing has changed then.
        DivergenceError
            If a value becomes NaN or infinite; the network keeps the last finite
            weights.
        """
        chosen = self._chosen_loss(loss)
        return fit(
            self,
            X,
            y,
            loss=chosen,
            optimizer=optimizer,
            epochs=epochs,
            batch_size=batch_size,
            validation=validation,
            sample_weight=sample_weight,
            class_weight=class_weight,
            shuffle=shuffle,
            early_stopping=early_stopping,
            schedule=schedule,
            clip=clip,
            callbacks=callbacks,
            metrics=metrics,
            backend=backend,
            threads=threads,
            diagnose=diagnose,
            verbose=verbose,
        )

    def _chosen_loss(self, loss: LossSpec | None) -> AnyLoss:
        if loss is not None:
            return get_loss(loss)
        if self.loss is None:
            raise ArgumentError(
                "the network has no loss yet. Pass one, loss='mean_squared_error' for "
                "numbers, loss='cross_entropy' for classes, or give it to gp.Network."
            )
        return self.loss

    def evaluate(
        self,
        X: Any,
        y: Any,
        *,
        loss: LossSpec | None = None,
        sample_weight: Any = None,
        metrics: MetricSpec | None = None,
    ) -> dict[str, float]:
        """Measure the network on rows.

        Parameters
        ----------
        X, y : array-like of shape (n, ...)
            The rows and their target.
        loss : str, function, list of such or None
            None for the network's own.
        sample_weight : array-like of shape (n,) or None
            The weight of each row in every average.
        metrics : str, Metric, list of such or None
            Names of `glassprop.metrics.METRICS`, or records of one's own; None for
            those that suit the loss. Of several outputs each metric measures those that
            it fits.

        Returns
        -------
        dict from str to float
            ``loss`` (the mean over rows and the layers' penalties) and the metrics.
        """
        chosen = self._chosen_loss(loss)
        with self.built_for(X) as built:
            rows = checked_rows(
                built.structure, X, y, chosen, sample_weight=sample_weight
            )
            return evaluate_rows(built, rows, chosen, metrics)

    # Looking inside ------------------------------------------------------------------

    def gradients(
        self, X: Any, y: Any, *, loss: LossSpec | None = None
    ) -> dict[str, Array]:
        """Give the gradient of the loss for every trainable parameter, by name.

        Parameters
        ----------
        X, y : array-like of shape (n, ...)
            The rows and their target.
        loss : str, function, list of such or None
            None for the network's own.

        Returns
        -------
        dict from str to array
            The gradient of the mean loss, penalties included, for each parameter in
            its shape; random layers behave as in prediction.
        """
        chosen = self._chosen_loss(loss)
        with self.built_for(X) as built:
            rows = checked_rows(built.structure, X, y, chosen)
            return gradients(built, rows, chosen)

    def check_gradients(
        self, X: Any, y: Any, *, loss: LossSpec | None = None
    ) -> GradientCheck:
        """Compare every gradient with finite differences, in float64.

        Parameters
        ----------
        X, y : array-like of shape (n, ...)
            The rows and their target.
        loss : str, function, list of such or None
            None for the network's own.

        Returns
        -------
        GradientCheck
            A mapping from parameter to relative error; ``ok`` if all are small.
        """
        chosen = self._chosen_loss(loss)
        with self.built_for(X) as built:
            rows = checked_rows(built.structure, X, y, chosen)
            return check_gradients(built, rows, chosen)

    def explain(
        self,
        X: Any,
        y: Any = None,
        *,
        loss: LossSpec | None = None,
        optimizer: str | Optimizer | Minimizer | None = None,
    ) -> Explanation:
        """Explain one training step on a few rows, value by value.

        Parameters
        ----------
        X : array-like of shape (n, *input_shape), or one sample of shape input_shape
            At most 10 rows. Those of a data frame bring its words for the columns.
        y : array-like of shape (n, ...) or None
            Their target; of one sample its own. None for the forward pass alone.
        loss : str, function, list of such or None
            None for the network's own.
        optimizer : str, Optimizer or None
            None for that of the last `fit`, before it for plain SGD.

        Returns
        -------
        Explanation
            Each statement of the step that `fit` would take next, at the learning rate
            and with the clipping of the last one, with its formula and its numbers:
            ``print`` shows it, ``explanation["z1"].value`` is a value, ``json()`` is
            for programs. The network does not change.

        Raises
        ------
        ArgumentError
            If there are too many rows, or no loss.
        DataError, ShapeError
            If the rows or the target cannot be used.

        Examples
        --------
        >>> import glassprop as gp
        >>> weights = [[[0.2], [0.8]]]
        >>> net = gp.Network([gp.Dense(1, weights=weights, bias=False)], input_shape=2)
        >>> net.explain([2, 9])["z1"].elements[0].arithmetic
        '2 * 0.2 + 9 * 0.8'
        """
        from glassprop.explain import explain_forward, explain_step

        sample = one_sample(X, self.input_shape)
        given = X if sample is None else sample
        with self.built_for(given) as built:
            if y is None:
                x = _checked_inputs(built, given)
                words = words_of("x", X, built.structure.input_shape)
                return explain_forward(built, x, name=self.name, columns=words)
            target = y if sample is None else map_parts(lambda one: [one], y)
            chosen = self._chosen_loss(loss)
            rows = checked_rows(built.structure, given, target, chosen)
            words = words_of("x", X, built.structure.input_shape)
            return explain_step(
                built,
                rows,
                chosen,
                optimizer=None if optimizer is None else get_optimizer(optimizer),
                known=self.recipe,
                training=self.training,
                name=self.name,
                columns={**words, **words_of("y", target, rows.target.shape)},
            )

    def diagnose(
        self,
        X: Any,
        y: Any,
        *,
        loss: LossSpec | None = None,
        optimizer: str | Optimizer | Minimizer | None = None,
        epochs: int | None = None,
        batch_size: int | None = 32,
        verbose: bool | None = None,
        **options: Any,
    ) -> Diagnosis:
        """Look for what keeps the network from learning, and say what to change.

        Layers, start values, data and loss are looked at; gradients are compared with
        finite differences; a few rows are learned by heart; learning rates are tried;
        and a copy is trained for a short time, watched. The network does not change.

        Parameters
        ----------
        X, y : array-like of shape (n, ...)
            The rows to learn from, and their target.
        loss : str, function, list of such or None
            None for the network's own.
        optimizer : str, Optimizer or None
            None for that of the last `fit`, before it for Adam.
        epochs : int or None
            Of the trial, on all rows; None for about 300 steps, on as many rows as
            they need, fewer where a step is dear or a ``schedule`` ends. Overfitting
            shows only in a trial as long as the training, with rows held out.
        batch_size : int or None
            As for `fit`.
        verbose : bool or None
            Whether what is done is shown: None for a bar on a terminal, gone in the
            end; with True there are a few lines elsewhere. False for nothing.
        **options
            Further options of `fit`: ``validation``, ``class_weight``, ``clip``, ...

        Returns
        -------
        Diagnosis
            A list of findings, empty when healthy. Each is a record: condition,
            severity, what was seen, where, why it matters, and the change to make.

        Raises
        ------
        ArgumentError, DataError, ShapeError
            If the data or an option cannot be used.
        KeyboardInterrupt
            After Ctrl-C, in the trial as elsewhere.

        Examples
        --------
        >>> import numpy as np
        >>> import glassprop as gp
        >>> layers = [gp.Dense(8, "relu"), gp.Dense(3, "softmax")]
        >>> net = gp.Network(layers, loss="cross_entropy")
        >>> X = np.random.default_rng(0).standard_normal((60, 2))
        >>> found = net.diagnose(X, (X[:, 0] > 0).astype(int) + (X[:, 1] > 0))
        >>> found[0].condition, str(found[0].change)
        ('loss_and_output', 'dense_2: gp.Dense(3) instead of gp.Dense(3, "softmax")')
        """
        from glassprop.diagnosis.diagnose import diagnose

        chosen = self._chosen_loss(loss)
        return diagnose(
            self,
            X,
            y,
            loss=chosen,
            optimizer=self._chosen_optimizer(optimizer),
            epochs=epochs,
            options={"batch_size": batch_size, **options},
            verbose=verbose,
        )

    def _chosen_optimizer(self, optimizer: Any) -> Any:
        if optimizer is None and self.recipe is not None:
            return self.recipe.optimizer
        return get_optimizer("adam" if optimizer is None else optimizer)

    def find_learning_rate(
        self,
        X: Any,
        y: Any,
        *,
        loss: LossSpec | None = None,
        optimizer: str | Optimizer | None = None,
        batch_size: int | None = 32,
        low: float = 1e-7,
        high: float = 10.0,
        steps: int = 100,
    ) -> RateSearch:
        """Find learning rates that work, by a range test on a copy.

        The rate rises from step to step, each on another batch, until the loss
        explodes (Smith 2017, section 3.3; the suggestions are those of fastai).

        Parameters
        ----------
        X, y : array-like of shape (n, ...)
            The rows to learn from, and their target.
        loss : str, function, list of such or None
            None for the network's own.
        optimizer : str, Optimizer or None
            None for that of the last `fit`, before it for Adam.
        batch_size : int or None
            As for `fit`.
        low, high : float
            The first and the last rate.
        steps : int
            How many.

        Returns
        -------
        RateSearch
            ``suggestion``, and the losses by rate. The network does not change.

        Raises
        ------
        ArgumentError, DataError, ShapeError
            If the data or an argument cannot be used, or the loss explodes at once.

        Examples
        --------
        >>> import numpy as np
        >>> import glassprop as gp
        >>> net = gp.Network([gp.Dense(1)], loss="mean_squared_error")
        >>> X = np.random.default_rng(0).standard_normal((64, 3))
        >>> found = net.find_learning_rate(X, X[:, :1], optimizer=gp.SGD())
        >>> 0.001 < found.suggestion < 1
        True
        """
        from glassprop.diagnosis.diagnose import find_learning_rate

        return find_learning_rate(
            self,
            X,
            y,
            loss=self._chosen_loss(loss),
            optimizer=self._chosen_optimizer(optimizer),
            batch_size=batch_size,
            low=low,
            high=high,
            steps=steps,
        )

    def overfit_check(
        self, X: Any, y: Any, *, loss: LossSpec | None = None
    ) -> OverfitCheck:
        """See whether a copy can learn a few rows by heart.

        With neither penalties nor random layers the loss must go to about the lowest
        that there is for these rows (CS231n, "Neural networks part 3").

        Parameters
        ----------
        X, y : array-like of shape (n, ...)
            Rows to choose 20 from, or fewer where the network has few parameters.
        loss : str, function, list of such or None
            None for the network's own.

        Returns
        -------
        OverfitCheck
            ``ok``, and the losses. The network does not change.

        Raises
        ------
        DataError, ShapeError
            If the data cannot be used.

        Examples
        --------
        >>> import numpy as np
        >>> import glassprop as gp
        >>> net = gp.Network([gp.Dense(8, "tanh"), gp.Dense(1)])
        >>> X = np.random.default_rng(0).standard_normal((64, 3))
        >>> net.overfit_check(X, X[:, :1] > 0, loss="binary_cross_entropy").ok
        True
        """
        from glassprop.diagnosis.overfitting import check_overfit

        chosen = self._chosen_loss(loss)
        trial = self.copy()
        with trial.built_for(X) as built:
            rows = checked_rows(built.structure, X, y, chosen)
        trial.learn(rows.x)
        return check_overfit(trial.built, rows, chosen)

    def explain_prediction(
        self,
        x: Any,
        *,
        output: int | tuple[int, ...] | None = None,
        baseline: Any = None,
        reference: Any = None,
        target: float | None = None,
    ) -> PredictionExplanation:
        """Explain why the network says what it says about one row.

        With F the number of the output that is explained, x the row and b the baseline,
        input i contributes its integrated gradient

            c_i = (x_i - b_i) * integral over a from 0 to 1 of dF/dx_i(b + a * (x - b))

        which sum to F(x) - F(b) (Sundararajan, Taly and Yan 2017, equation 1); the gap
        that remains is given, and made small. Beside it stands the plain gradient at
        the row times (x_i - b_i). A path leads through the units that carry most of
        F(x) - F(b), by their conductance (Dhamdhere, Sundararajan and Yan 2018). The
        nearest change of one input, and of two, that flips the decision is found by
        search over the network itself, and has been run.

        Parameters
        ----------
        x : array-like of shape input_shape, or (1, *input_shape)
            One row; a tuple of arrays for several inputs. A row of a data frame brings
            the words for the inputs, as the baseline and the reference do.
        output : int, tuple of int or None
            Which number of the output is explained, from 0; of several outputs first
            which one. None for the logit of the predicted class, or the only number.
        baseline : array-like of shape input_shape or None
            What the row is compared with; None for the mean of the reference, without
            one for zeros.
        reference : array-like of shape (n, *input_shape) or None
            Rows such as those of the training: distances are measured in their
            standard deviations, and changes looked for in their range. Without them
            the unit is 1, and the range 10 times an input's size, at least 10.
        target : number or None
            The class to look for, None for any other; where the output is a number, the
            threshold that changes are to take it across.

        Returns
        -------
        PredictionExplanation
            ``print`` shows it; ``inputs``, ``path``, ``single`` and ``pair`` are the
            data, ``json()`` is for programs. All but the flips is calculated in
            float64. Random layers behave as in prediction, and the network does not
            change.

        Raises
        ------
        ArgumentError
            If there is more than one row, it is not clear which number to explain, or
            the class that is looked for is the one that is predicted.
        DataError, ShapeError
            If the row, the baseline or the reference cannot be used.

        Examples
        --------
        >>> import glassprop as gp
        >>> weights = [[[0.5], [-2.0]]]
        >>> net = gp.Network([gp.Dense(1, weights=weights, bias=False)], input_shape=2)
        >>> [round(one.integrated, 9) for one in net.explain_prediction([4, 3]).inputs]
        [2.0, -6.0]
        """
        from glassprop.reasons.array_terms import array_terms, checked_row
        from glassprop.reasons.decided import decided
        from glassprop.reasons.row_points import Row
        from glassprop.reasons.why import explained

        sample = one_sample(x, self.input_shape)
        with self.built_for(x if sample is None else sample) as built:
            row = Row(built, checked_row(built.structure, x))
            what = decided(
                built.structure.output_shape,
                self.loss,
                row.output,
                output=output,
                target=target,
            )
            terms = array_terms(
                row,
                baseline=baseline,
                reference=reference,
                columns=words_of("x", x, built.structure.input_shape),
            )
            return explained(row, what, terms, name=self.name)

    def source(
        self,
        *,
        loss: LossSpec | None = None,
        optimizer: str | Optimizer | Minimizer | None = None,
        backend: str = "numpy",
        batch_size: int = 32,
    ) -> str:
        """Give the program of one training step as source.

        Parameters
        ----------
        loss : str, function, list of such or None
            None for the network's own.
        optimizer : str, Optimizer or None
            None for that of the last `fit`, before it for plain SGD.
        backend : str
            ``"numpy"``, or ``"numba"`` for what is compiled there.
        batch_size : int
            Rows of a step. Compiled code does small products in loops of its own.

        Returns
        -------
        str
            A module that runs on its own, beside NumPy; a compiled one imports what
            Numba has no words for from glassprop.

        Raises
        ------
        ArgumentError
            If there is no loss, or the shape of the input is not known yet; if the back
            end is not known or cannot compile the program yet, or a batch has no rows.
        ShapeError, TraceError
            Before `fit`, if the loss does not take a target like the output.
        """
        chosen = self._chosen_loss(loss)
        return step_source(
            self.structure,
            chosen,
            known=self.recipe,
            optimizer=None if optimizer is None else get_optimizer(optimizer),
            name=self.name,
            backend=backend,
            batch_size=batch_size,
        )

    def summary(self) -> str:
        """Give a table of the layers: kind, output shape, parameters, operations.

        Operations are those of one predicted row: additions and multiplications; a
        division counts as 4, a function such as tanh as 10.

        Returns
        -------
        str
            Several lines.
        """
        costs = predict_program(self.structure).cost_by_layer()
        return summary_text(
            self.structure, self.loss.name if self.loss else None, costs
        )

    # Files ---------------------------------------------------------------------------

    def save(self, path: Any) -> None:
        """Write the network to a file, as `glassprop.load` reads it.

        Parameters
        ----------
        path : str or path
            A ``.safetensors`` file; an old one is replaced as a whole, or not at all.

        Raises
        ------
        ArgumentError
            If the network holds what a file cannot, such as a lambda.
        ModelFileError
            If the file cannot be written; the old one is whole then.
        """
        from glassprop.save import save

        save(self, path)


def _checked_inputs(built: Built, X: Any) -> Any:
    """Give rows as the arrays that a built network takes."""
    structure = built.structure
    return as_each_input(
        X,
        structure.dtype,
        structure.input_shape,
        missing_allowed=structure.fills_missing,
    )


def _checked_shape(input_shape: Any) -> Shapes:
    """Give the shape of one sample as a tuple of positive integers, or of tuples."""
    listed = isinstance(input_shape, list | tuple)
    sizes = list(input_shape) if listed else [input_shape]
    if sizes and all(isinstance(one, list | tuple) for one in sizes):
        shapes = [_checked_shape(one) for one in sizes]
        if len(shapes) > 1 and not any(map(is_several, shapes)):
            return cast(Shapes, tuple(shapes))
    elif all(isinstance(size, int | np.integer) and size >= 1 for size in sizes):
        return tuple(int(size) for size in sizes)
    raise ArgumentError(
        "input_shape must be a positive integer or a tuple of them, or for several "
        f"inputs a tuple of such tuples, got {input_shape!r}."
    )

"""Networks to files and back: `save`, and `load`, which is `glassprop.load`.

A model file holds everything that a network is: its layers with their fields, the
values of parameters and states, the loss, the seed, and what training needs to go on,
so that five epochs, a file, and five more give the bits of ten. Loading runs nothing
that the file brings along: layers, functions and optimizers are found by name, and
those of the user's own must be given to `load`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import is_dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from glassprop.clipping import get_clipping
from glassprop.errors import ArgumentError, ModelFileError
from glassprop.feeding import Place
from glassprop.layers.contract import Shapes
from glassprop.losses import AnyLoss, Loss, Several
from glassprop.model_files import (
    AnyPath,
    ModelFile,
    about,
    model_bytes,
    opened,
    write_whole,
)
from glassprop.optimizers import get_optimizer
from glassprop.programs import Target
from glassprop.recipes import Recipe
from glassprop.records import (
    NUMBERS,
    Own,
    damaged,
    decode,
    encode,
    is_plain,
    read_shapes,
    read_whole,
    reason,
    shortened,
)
from glassprop.structure import Structure, arrange
from glassprop.training import Training, continued
from glassprop.trees import as_parts, map_parts
from glassprop.updates import start_memory

if TYPE_CHECKING:
    from glassprop.network import Network

FORMAT = 1

Arrays = dict[str, NDArray[Any]]


# Saving ------------------------------------------------------------------------------


def save(net: Network, path: AnyPath) -> None:
    """Write a network to a file, whole or not at all; `Network.save` calls this.

    Parameters
    ----------
    net : Network
        A network that knows the shape of its input.
    path : str or path
        Where to; a file that is there is replaced.

    Raises
    ------
    ArgumentError
        If the network holds what a file cannot: a lambda, a layer that is not a
        dataclass. Nothing is written then.
    ModelFileError
        If the file cannot be written; one that was there before is whole.
    """
    with about(path, "written"):
        write_whole(path, model_bytes(*_described(net)))


def _described(net: Network) -> tuple[dict[str, Any], Arrays]:
    """Give header and arrays that stand for a network."""
    structure = net.structure
    own: dict[str, Any] = {}
    try:
        header = {
            "format": FORMAT,
            "name": None if net.name is None else str(net.name),
            "seed": net.seed,
            "dtype": structure.dtype.name,
            "input_shape": _listed(structure.input_shape),
            "layers": [_layer(place, own) for place in structure.places],
            "loss": encode(net.loss, "the loss", own),
            "learned": sorted(net.learned),
            "training": _training(net, own),
            "recipe": _recipe(net, own),
            "notes": _json(net.notes, "net.notes"),
            "own": sorted(own),
        }
    except RecursionError:
        raise ArgumentError(
            "a field of a layer, or net.notes, holds itself or is nested too deeply. "
            "Use flat lists and dicts."
        ) from None
    memory = net.training.memory if net.training else {}
    return header, {**net.values, **memory}


def _layer(place: Place, own: dict[str, Any]) -> Any:
    where = f"layer {place.name!r}"
    if not is_dataclass(place.layer):
        raise ArgumentError(
            f"{where}: {place.kind} is not a dataclass, so nothing says what to save. "
            "Write @dataclass(frozen=True) above the class, and its arguments as "
            "fields."
        )
    return encode(place.layer, where, own)


def _training(net: Network, own: dict[str, Any]) -> dict[str, Any] | None:
    if net.training is None:
        return None
    training = continued(net, net.training.optimizer)
    return {
        "optimizer": encode(training.optimizer, "the optimizer", own),
        "epochs": training.epochs,
        "steps": training.steps,
        "watched": encode(training.watched, "the training's watched", own),
    }


def _recipe(net: Network, own: dict[str, Any]) -> dict[str, Any] | None:
    recipe = net.recipe
    if recipe is None or recipe.loss != net.loss:
        return None
    return {
        "optimizer": encode(recipe.optimizer, "the optimizer", own),
        "shape": _listed(recipe.target.shape),
        "dtype": map_parts(lambda one: one.name, recipe.target.dtype),
        "weighted": recipe.target.weighted,
        "clip": encode(recipe.clip, "clip", own),
    }


def _listed(shapes: Shapes) -> list[Any]:
    """Give a shape, or several, as JSON has them."""
    return [list(one) if isinstance(one, tuple) else one for one in shapes]


def _json(value: Any, where: str) -> Any:
    """Give data that JSON keeps as they are, and refuse all other."""
    if is_plain(value):
        return value
    if type(value) is list:
        return [_json(one, f"{where}[{at}]") for at, one in enumerate(value)]
    if type(value) is dict and all(type(key) is str for key in value):
        return {key: _json(one, f"{where}[{key!r}]") for key, one in value.items()}
    raise ArgumentError(
        f"{where}: JSON does not keep {shortened(value)}, of type "
        f"{type(value).__name__}. Use None, booleans, finite numbers, strings, lists "
        "and dicts with strings as keys."
    )


# Loading -----------------------------------------------------------------------------


def load(path: AnyPath, *, functions: Iterable[Callable[..., Any]] = ()) -> Network:
    """Read a network from a file that `Network.save` wrote.

    Parameters
    ----------
    path : str or path
        The file.
    functions : iterable of functions and classes
        The user's own layers, activations, losses, initializers and optimizers that
        the network uses; each is found by its name. A file never brings code along.

    Returns
    -------
    Network
        It predicts as the saved one did, and `fit` goes on where it stopped.

    Raises
    ------
    ModelFileError
        If the file is missing, cut, damaged, not a model, of a newer version, or needs
        something of the user's own that was not passed.
    ArgumentError
        If `functions` holds something without a name, or two things of one name.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import numpy as np
    >>> import glassprop as gp
    >>> net = gp.Network([gp.Dense(2, "tanh")], input_shape=3)
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "m.safetensors"
    >>> net.save(path)
    >>> np.array_equal(gp.load(path)(np.ones(3)), net(np.ones(3)))
    True
    """
    given = _by_name(functions)
    with about(path, "read"), opened(path) as file:
        return _network(file, given)


def _by_name(functions: Iterable[Any]) -> Own:
    """Give the user's functions and classes by their names."""
    if not isinstance(functions, Iterable) or isinstance(functions, str | bytes):
        raise ArgumentError(
            "functions must be a list of functions and classes, functions=[my_loss], "
            f"got {shortened(functions)}."
        )
    found: dict[str, Any] = {}
    for one in functions:
        name = getattr(one, "__name__", None)
        if not (callable(one) and isinstance(name, str)):
            raise ArgumentError(
                "functions must hold functions and classes themselves, "
                f"functions=[my_loss], got {shortened(one)}."
            )
        if found.setdefault(name, one) != one:
            raise ArgumentError(
                f"functions holds two different things of the name {name!r}. Pass the "
                "one that the network was saved with."
            )
    return found


def _network(file: ModelFile, given: Own) -> Network:
    """Make a network of a file's header and arrays."""
    header = _checked_header(file.header)
    own = _needed(header["own"], given)
    loss = _read_loss(header["loss"], own)
    net = _empty_network(header, loss, own)
    structure = _arranged(net)
    owned = {**structure.parameters, **structure.state}
    values = {
        key: file.read(key, tuple(one.shape), structure.dtype)
        for key, one in owned.items()
    }
    training = _read_training(file, header["training"], structure, values, own)
    expected = {*values, *(training.memory if training else ())}
    for key in file.stored:
        if key not in expected:
            raise damaged(f"nothing in the network owns the array {shortened(key)}")
    net.take(structure, values, _read_learned(header["learned"], structure))
    net.training = training
    net.recipe = _read_recipe(header["recipe"], loss, own)
    net.notes = header["notes"]
    return net


def _checked_header(header: dict[str, Any]) -> dict[str, Any]:
    """Check the version of a header, then that it has what this version writes."""
    version = read_whole(header.get("format"), "the header's format")
    if version > FORMAT:
        raise ModelFileError(
            f"the file is of format {version}, this version of glassprop reads format "
            f"{FORMAT}. Update glassprop, pip install --upgrade glassprop."
        )
    for key, right in CHECKS.items():
        if key not in header:
            raise damaged(f"the header has no {key!r}")
        if not right(header[key]):
            raise damaged(f"the header's {key!r} cannot be {shortened(header[key])}")
    for key in header:
        if key not in CHECKS:
            raise damaged(f"the header has an unknown key {shortened(key)}")
    return header


def _is_record(value: Any, keys: set[str]) -> bool:
    return value is None or (isinstance(value, dict) and set(value) == keys)


def _is_words(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


CHECKS: Mapping[str, Callable[[Any], bool]] = MappingProxyType(
    {
        "format": lambda one: one == FORMAT,
        "name": lambda one: one is None or isinstance(one, str),
        "seed": lambda one: type(one) is int and one >= 0,
        "dtype": lambda one: one in ("float32", "float64"),
        "input_shape": lambda one: isinstance(one, list),
        "layers": lambda one: isinstance(one, list),
        "loss": lambda one: one is None or isinstance(one, dict),
        "learned": _is_words,
        "training": lambda one: _is_record(
            one, {"optimizer", "epochs", "steps", "watched"}
        ),
        "recipe": lambda one: _is_record(
            one, {"optimizer", "shape", "dtype", "weighted", "clip"}
        ),
        "notes": lambda one: isinstance(one, dict),
        "own": _is_words,
    }
)


def _needed(names: list[str], given: Own) -> Own:
    """Take what is the user's own from what was passed."""
    missing = [name for name in names if name not in given]
    if missing:
        raise ModelFileError(
            f"the network needs {' and '.join(missing)}, and a file brings no code. "
            f"Pass what it was saved with, functions=[{', '.join(missing)}]."
        )
    return {name: given[name] for name in names}


def _empty_network(
    header: Mapping[str, Any], loss: AnyLoss | None, own: Own
) -> Network:
    """Make a network that has no values yet."""
    from glassprop.network import Network

    layers = [
        decode(one, f"layer {at}", own) for at, one in enumerate(header["layers"], 1)
    ]
    try:
        return Network(
            layers,
            loss=loss,
            input_shape=read_shapes(header["input_shape"], "the input shape"),
            seed=header["seed"],
            dtype=header["dtype"],
            name=header["name"],
        )
    except ArgumentError as error:
        raise damaged(reason(error)) from error


def _arranged(net: Network) -> Structure:
    """Find what arrays the layers ask for, without making any."""
    assert net.input_shape is not None
    try:
        return arrange(net.layers, net.input_shape, np.dtype(net.dtype))
    except Exception as error:
        raise ModelFileError(
            f"the layers do not fit together: {reason(error)}. The file is damaged, or "
            "something in functions= is not what the network was saved with."
        ) from error


def _read_loss(data: Any, own: Own) -> AnyLoss | None:
    loss = decode(data, "the loss", own)
    if not (loss is None or isinstance(loss, Loss | Several)):
        raise damaged(f"the loss: expected a loss, got {shortened(loss)}")
    return loss


def _read_optimizer(data: Any, own: Own) -> Any:
    try:
        return get_optimizer(decode(data, "the optimizer", own))
    except ArgumentError as error:
        raise damaged(f"the optimizer: {reason(error)}") from error


def _read_training(
    file: ModelFile, data: Any, structure: Structure, values: Arrays, own: Own
) -> Training | None:
    if data is None:
        return None
    optimizer = _read_optimizer(data["optimizer"], own)
    try:
        fresh = start_memory(structure, optimizer, values)
    except Exception as error:
        raise ModelFileError(
            f"the optimizer: {reason(error)}. The file is damaged, or "
            f"{type(optimizer).__name__} is not what the network was saved with."
        ) from error
    memory = {
        key: np.array(file.read(key, one.shape, structure.dtype), structure.dtype)
        for key, one in fresh.items()
    }
    epochs = read_whole(data["epochs"], "the training's epochs")
    steps = read_whole(data["steps"], "the training's steps")
    watched = decode(data["watched"], "the training's watched", own)
    if not _is_watched(watched):
        raise damaged(f"the training's watched cannot be {shortened(watched)}")
    return Training(optimizer, memory, epochs, steps, watched)


def _is_watched(value: Any) -> bool:
    return isinstance(value, dict) and all(
        isinstance(costs, list) and all(type(one) is float for one in costs)
        for costs in value.values()
    )


def _read_recipe(data: Any, loss: AnyLoss | None, own: Own) -> Recipe | None:
    if data is None:
        return None
    optimizer = _read_optimizer(data["optimizer"], own)
    shape = read_shapes(data["shape"], "the target's shape")
    dtypes, weighted = data["dtype"], data["weighted"]
    clip = decode(data["clip"], "the recipe's clip", own)
    if loss is None:
        raise damaged("the recipe: there is no loss")
    kept = tuple(dtypes) if isinstance(dtypes, list) else dtypes
    names = as_parts(kept)
    known = all(isinstance(one, str) and one in NUMBERS for one in names)
    if not known or len(names) != len(as_parts(shape)):
        raise damaged(f"the target's dtype cannot be {shortened(dtypes)}")
    if not isinstance(weighted, bool):
        raise damaged(f"the target's weighted cannot be {shortened(weighted)}")
    try:
        rule = get_clipping(clip)
    except ArgumentError:
        raise damaged(f"the recipe's clip cannot be {shortened(clip)}") from None
    return Recipe(
        loss, optimizer, Target(shape, map_parts(np.dtype, kept), weighted), rule
    )


def _read_learned(names: list[str], structure: Structure) -> set[str]:
    known = {place.name for place in structure.all_places}
    for name in names:
        if name not in known:
            raise damaged(f"no layer is named {shortened(name)}, which has learned")
    return set(names)

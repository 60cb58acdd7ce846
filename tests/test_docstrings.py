"""Docstrings of everything public, by numpydoc's own validation."""

import inspect
import types
from dataclasses import is_dataclass

import pytest
from numpydoc.validate import validate

import glassprop
import glassprop.sklearn

# Every check of numpydoc's but these.
NOT_ASKED = {
    "ES01": "a summary that says it all needs no second paragraph",
    "EX01": "examples are asked of the package, which teaches by its pages",
    "PR08": "descriptions may start with a name or a number, in lower case",
    "SA01": "the reading order and the pages say what belongs together",
}

# A method of a record fulfils a contract (a layer's, an optimizer's, a schedule's),
# which is documented once, where the contract is. So is a protocol's call.
BY_CONTRACT = {"PR01", "RT01", "YD01"}


def public_objects():
    """Give everything public by its full name, and whether a contract documents it."""
    for name, value in members(glassprop, glassprop.__all__):
        if isinstance(value, types.ModuleType):
            own = [
                (key, one)
                for key, one in vars(value).items()
                if f"{getattr(one, '__module__', '')}.".startswith(f"{value.__name__}.")
            ]
            for key, one in own:
                yield from described(f"{name}.{key}", one)
        else:
            yield from described(name, value)
    for name, value in members(glassprop.sklearn, glassprop.sklearn.__all__):
        yield from described(name, value)


def members(module, names):
    return [(f"{module.__name__}.{name}", getattr(module, name)) for name in names]


def described(name, value):
    """Give a function, or a class and its public methods and properties, if ours."""
    if name.rpartition(".")[2].startswith("_"):
        return
    if inspect.isfunction(value):
        yield name, False
    elif inspect.isclass(value):
        contract = is_dataclass(value) or getattr(value, "_is_protocol", False)
        yield name, getattr(value, "_is_protocol", False)
        ours = [
            one
            for one in inspect.getmro(value)
            if f"{one.__module__}.".startswith("glassprop.")
        ]
        for key, one in (pair for owner in ours for pair in vars(owner).items()):
            documented = inspect.isfunction(inspect.unwrap(one)) or isinstance(
                one, property | classmethod | staticmethod
            )
            if documented and not key.startswith("_"):
                yield f"{name}.{key}", contract


PUBLIC = dict(public_objects())


def test_the_public_face_is_found():
    assert {
        "glassprop.Network.fit",
        "glassprop.Dense",
        "glassprop.losses.huber",
        "glassprop.errors.DataError",
        "glassprop.gradient",
        "glassprop.sklearn.NetworkClassifier.partial_fit",
    } <= set(PUBLIC)


@pytest.mark.parametrize("name", PUBLIC)
def test_docstring(name):
    left_out = {*NOT_ASKED, *(BY_CONTRACT if PUBLIC[name] else ())}
    found = [
        (code, message)
        for code, message in validate(name)["errors"]
        if code not in left_out
    ]
    assert found == []


def test_checks_that_are_left_out_exist():
    from numpydoc.validate import ERROR_MSGS

    assert {*NOT_ASKED, *BY_CONTRACT} <= set(ERROR_MSGS)

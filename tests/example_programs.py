"""The programs in ``examples``, as modules for tests."""

import importlib.util
import sys

import pages

EXAMPLES = pages.ROOT / "examples"


def imported(name):
    """Import an example, as a module of its own."""
    place = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    module = importlib.util.module_from_spec(place)
    sys.modules[name] = module  # where its dataclasses look for it
    place.loader.exec_module(module)
    return module

"""What is shipped, and what is said about it: names, versions, files, dependencies."""

import ast
import importlib
import importlib.metadata
import inspect
import os
import pkgutil
import re
import subprocess
import sys
import tomllib
import types
import zipfile
from functools import cache
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import glassprop
import pages
from glassprop.errors import GlasspropError

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "src" / "glassprop"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
EXTRAS = PROJECT["project"]["optional-dependencies"]
MODULES = [
    one.name
    for one in pkgutil.walk_packages(glassprop.__path__, "glassprop.")
    if not one.name.endswith("__main__")
]


def read(path):
    return (ROOT / path).read_text(encoding="utf-8")


# Names -------------------------------------------------------------------------------


def imported_names(path):
    """List what a module's own text imports or defines at its top level."""
    names = []
    statements = list(ast.parse(path.read_text(encoding="utf-8")).body)
    for statement in statements:
        if isinstance(statement, ast.If):  # what only type checkers import
            statements += statement.body
        if isinstance(statement, ast.Import | ast.ImportFrom):
            names += [one.asname or one.name for one in statement.names]
        elif isinstance(statement, ast.FunctionDef | ast.ClassDef):
            names.append(statement.name)
        elif isinstance(statement, ast.Assign):
            names += [one.id for one in statement.targets]
    return names


def test_all_is_what_is_public():
    text = PACKAGE / "__init__.py"
    public = [one for one in imported_names(text) if not one.startswith("_")]
    assert sorted(glassprop.__all__) == sorted(public)
    assert len(set(glassprop.__all__)) == len(glassprop.__all__)


def test_importing_everything_adds_no_public_name_but_submodules():
    for name in MODULES:
        importlib.import_module(name)
    unlisted = {
        name: value
        for name, value in vars(glassprop).items()
        if not name.startswith("_") and name not in glassprop.__all__
    }
    assert all(isinstance(value, types.ModuleType) for value in unlisted.values())


def test_no_module_has_the_name_of_a_public_function():
    functions = {
        name
        for name in glassprop.__all__
        if not isinstance(getattr(glassprop, name), types.ModuleType)
    }
    assert functions.isdisjoint(name.rpartition(".")[2] for name in MODULES)


def test_every_error_is_in_the_tree_and_only_there():
    found = []
    for name in MODULES:
        module = importlib.import_module(name)
        found += [
            one
            for one in vars(module).values()
            if inspect.isclass(one)
            and issubclass(one, Exception)
            and one.__module__ == name
        ]
    assert found
    for error in found:
        assert issubclass(error, GlasspropError), error
        assert error.__module__ == "glassprop.errors", error
        assert re.search(rf"\b{error.__name__}\b", glassprop.errors.__doc__), error


# Versions ----------------------------------------------------------------------------


def test_one_version():
    version = PROJECT["project"]["version"]
    assert glassprop.__version__ == version
    assert importlib.metadata.version("glassprop") == version
    released = re.findall(r"^## \[(\d[^\]]*)\]", read("CHANGELOG.md"), re.MULTILINE)
    assert released[0] == version


# What is shipped ---------------------------------------------------------------------


def test_wheel_holds_the_package_its_types_and_its_license(tmp_path):
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (wheel,) = tmp_path.glob("*.whl")
    shipped = set(zipfile.ZipFile(wheel).namelist())
    modules = {
        path.relative_to(PACKAGE.parent).as_posix() for path in PACKAGE.rglob("*.py")
    }
    about = f"glassprop-{glassprop.__version__}.dist-info"
    assert modules | {"glassprop/py.typed", f"{about}/licenses/LICENSE"} <= shipped
    others = {name for name in shipped if not name.startswith((f"{about}/",))}
    assert others == modules | {"glassprop/py.typed"}


TRAINING = """
import numpy as np
net = glassprop.Network([glassprop.Dense(1)], loss="mean_squared_error")
net.fit(np.eye(2), np.ones((2, 1)), epochs=2, verbose=False)
"""


@pytest.mark.parametrize("more", ["", TRAINING], ids=["import", "training"])
def test_nothing_heavy_is_imported_unasked(more):
    program = f"import sys, glassprop\n{more}\nprint(*sys.modules)"
    run = subprocess.run(
        [sys.executable, "-I", "-c", program],
        check=True,
        capture_output=True,
        text=True,
    )
    loaded = set(run.stdout.split())
    assert {"glassprop", "numpy"} <= loaded
    assert loaded.isdisjoint(
        {
            *("duckdb", "matplotlib", "numba", "numpy.ma", "pandas", "rich"),
            *("safetensors", "scipy", "sklearn", "typer"),
        }
    )


# Files -------------------------------------------------------------------------------

TEXT = {".cfg", ".csv", ".md", ".py", ".toml", ".txt", ".typed", ".yaml", ".yml", ""}
GENERATED = {"build", "dist", "htmlcov", "node_modules"}


@cache
def project_files():
    """List the text files of the project, not those that tools leave behind."""
    found = []
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [one for one in folders if is_kept(one) and one != "__pycache__"]
        found += [
            (Path(folder) / name).relative_to(ROOT)
            for name in names
            if is_kept(name) and Path(name).suffix in TEXT
        ]
    return sorted(found)


def is_kept(name):
    """Tell whether a file or folder is the project's own, by its name."""
    hidden = name.startswith(".") and name not in (".ci", ".gitignore")
    return not hidden and name not in GENERATED


# Written in pieces, so that this file is not among those that hold them.
MACHINE = re.compile(
    "|".join(
        [
            r"(?<![\w.])/(?:home|root|Users|work|opt|mnt|private)" + r"/\w",
            r"\b[A-Z]:\\\w",
            r"find" + "-links",
            r"index" + "-url",
            r"py" + r"pi\.org",
            r"python" + r"hosted\.org",
            r"file" + "://",
        ]
    )
)


def test_no_file_names_a_machine_or_a_registry():
    paths = list(project_files())
    assert {Path("README.md"), Path(".ci/run"), Path("constraints.txt")} <= set(paths)
    found = {
        str(path): line
        for path in paths
        for line in read(path).splitlines()
        if MACHINE.search(line)
    }
    assert found == {}


@pytest.mark.parametrize(
    "line",
    [
        "home = /" + "home/someone/python",
        "C:" + "\\Users\\someone",
        "--extra-index" + "-url x",
        "see https://" + "py" + "pi.org/simple",
    ],
)
def test_a_machine_is_recognised(line):
    assert MACHINE.search(line)


@pytest.mark.parametrize("page", pages.pages(), ids=pages.place_of)
def test_links_between_pages_lead_somewhere(page):
    text = page.read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text)
    local = [one for one in links if "://" not in one]
    assert [one for one in local if not (page.parent / one).exists()] == []


# Dependencies ------------------------------------------------------------------------


def constraints():
    lines = read("constraints.txt").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def pins():
    return {
        canonicalize_name(one.name): one
        for one in (Requirement(line) for line in constraints())
    }


def test_constraints_are_exact_versions_and_nothing_else():
    marker = PROJECT["project"]["requires-python"].replace(">=", "")
    exact = re.compile(rf'[\w.-]+==[\w.!+]+; python_version >= "{marker}"')
    assert constraints()
    assert [line for line in constraints() if not exact.fullmatch(line)] == []
    assert len(pins()) == len(constraints())


def needed(requirements):
    """Find everything that requirements need in turn, on this machine."""
    found = set()
    waiting = [(one.name, "") for one in requirements]
    waiting += [(one.name, extra) for one in requirements for extra in one.extras]
    seen = set()
    while waiting:
        name, extra = waiting.pop()
        if (name, extra) in seen:
            continue
        seen.add((name, extra))
        found.add(canonicalize_name(name))
        for text in importlib.metadata.requires(name) or []:
            one = Requirement(text)
            if one.marker is None or one.marker.evaluate({"extra": extra}):
                waiting += [(one.name, part) for part in ("", *one.extras)]
    return found


def test_everything_that_an_install_brings_has_an_exact_version():
    brought = needed([Requirement("glassprop[dev]")]) - {"glassprop"}
    assert brought - set(pins()) == set()


def own_dependencies():
    """Find the dependencies of the core and of the extras, by name."""
    listed = [*PROJECT["project"]["dependencies"], *sum(EXTRAS.values(), [])]
    found = {one.name: one for one in map(Requirement, listed)}
    return {name: one for name, one in sorted(found.items()) if name != "glassprop"}


@pytest.mark.parametrize("name", own_dependencies())
def test_exact_version_is_one_that_is_asked_for(name):
    (exact,) = pins()[canonicalize_name(name)].specifier
    assert exact.version in own_dependencies()[name].specifier


def test_every_dependency_is_explained_and_nothing_else():
    lines = [line.split("|") for line in read("docs/dependencies.md").splitlines()]
    rows = [[cell.strip() for cell in line] for line in lines if len(line) > 1]
    explained = [row[1] for row in rows if row[1] != "name" and "---" not in row[1]]
    assert sorted(explained) == list(own_dependencies())
    assert all(all(row[1:-1]) for row in rows)


# What is not imported but run: where, and by which words.
RUN = {
    "furo": ("docs/conf.py", 'html_theme = "furo"'),
    "hatchling": ("pyproject.toml", '"hatchling.build"'),
    "mypy": (".ci/run", "-m mypy"),
    "myst-parser": ("docs/conf.py", '"myst_parser"'),
    "pytest-cov": (".ci/run", "--cov"),
    "pytest-xdist": (".ci/run", "-n 2"),
    "ruff": (".ci/run", "-m ruff"),
}
MODULE = {"scikit-learn": "sklearn"}


def imported_modules():
    """Find the top-level modules that any Python file of the project imports."""
    found = set()
    for path in project_files():
        if path.suffix != ".py":
            continue
        for node in ast.walk(ast.parse(read(path))):
            if isinstance(node, ast.Import):
                found |= {one.name.partition(".")[0] for one in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                found.add(node.module.partition(".")[0])
    return found


def test_every_dependency_is_used():
    imported = imported_modules()
    for name in own_dependencies():
        if name in RUN:
            path, words = RUN[name]
            assert words in read(path), name
        else:
            assert MODULE.get(name, name) in imported, name


# Benchmarks --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "command", [["numpy_step.py", "--steps", "3"], ["import_time.py"]], ids=" ".join
)
def test_benchmark_runs(command):
    run = subprocess.run(
        [
            sys.executable,
            ROOT / "benchmarks" / command[0],
            "--turns",
            "2",
            *command[1:],
        ],
        check=True,
        capture_output=True,
        text=True,
    )
    assert "limit" in run.stdout
    assert run.stderr == ""

"""The printed program: under review, complete, exact, and honest about memory."""

import json
import linecache
import subprocess
import sys
import traceback

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import golden
from glassprop.backends.expressions import helper_source, is_own
from glassprop.backends.texts import array_text, number_text
from glassprop.backends.to_numpy import SMALL, large_arrays, to_numpy
from glassprop.compiling import Compiled, build
from glassprop.differentiate import pullback
from glassprop.errors import ShapeError
from glassprop.graph import Size
from glassprop.ops import elementwise, stable
from tracing import (
    DTYPES,
    assert_same_bits,
    printed,
    program_of,
    program_text,
    run_both,
)

ROWS = 5
RNG = np.random.default_rng(2)
MATRIX = RNG.uniform(-2, 2, (3, 4))
ROW = MATRIX[0].copy()


# Golden files -----------------------------------------------------------------------


@pytest.mark.parametrize("name", golden.SOURCES)
def test_source_is_as_reviewed(name):
    kept = golden.path_of(name).read_text(encoding="utf-8")
    now = golden.SOURCES[name]()
    assert now == kept, (
        "the printed program changed; read the difference, then keep it with "
        "`python tests/golden.py --write`"
    )


def test_no_golden_file_is_left_over():
    known = {golden.path_of(name) for name in golden.SOURCES}
    assert set(golden.FOLDER.iterdir()) == known


@pytest.mark.parametrize("name", golden.SOURCES)
def test_lines_fit(name):
    lines = golden.SOURCES[name]().splitlines()
    assert max(len(line) for line in lines) <= 88
    assert not any(line != line.rstrip() for line in lines)


@pytest.mark.parametrize("name", golden.SOURCES)
def test_the_same_function_gives_the_same_text(name):
    assert golden.SOURCES[name]() == golden.SOURCES[name]()


def sample(program, seed=0):
    """Draw values for a program's inputs."""
    rng = np.random.default_rng(seed)
    values = []
    for node in program.inputs.values():
        shape = [
            ROWS * one.factor if isinstance(one, Size) else one for one in node.shape
        ]
        if node.dtype.kind == "i":
            values.append(rng.integers(0, 3, shape)[()])
        else:
            values.append(np.asarray(rng.uniform(0.1, 1, shape), node.dtype)[()])
    return values


def run_in_place(program, *values):
    """Run as printed on copies; give results and new values of inputs, by name."""
    copies = [np.array(one) if np.ndim(one) else one for one in values]
    results = Compiled(program)(*copies)
    several = results if len(program.results) > 1 else [results][: len(program.results)]
    found = dict(zip(program.results, several, strict=True))
    after = dict(zip(program.inputs, copies, strict=True))
    untouched = program.inputs.keys() - program.updates.keys()
    for key, before in zip(program.inputs, values, strict=True):
        if key in untouched:
            assert_same_bits(after[key], before)
    return found | {key: after[key] for key in program.updates}


def assert_runs_in_place(program, *values):
    with np.errstate(all="ignore"):
        expected = program.run(dict(zip(program.inputs, values, strict=True)))
        found = run_in_place(program, *values)
    text = to_numpy(program)
    for key, node in program.outputs.items():
        value = np.asarray(found[key])
        assert value.dtype == node.dtype or node in program.literals.types, text
        assert_same_bits(value.astype(node.dtype), expected[key], f"{key}\n{text}")


@pytest.mark.parametrize("name", golden.PROGRAMS)
def test_golden_programs_equal_the_interpreter(name):
    program = golden.PROGRAMS[name]()
    for seed in range(3):
        assert_runs_in_place(program, *sample(program, seed))


ALONE = """
import importlib.abc, json, sys

class Blocked(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] not in allowed:
            raise ImportError(f"{name} is blocked")

allowed = {"numpy", *sys.stdlib_module_names}
sys.meta_path.insert(0, Blocked())
import numpy as np
sums = {}
for name, source, function, values in json.load(sys.stdin):
    namespace = {}
    exec(source, namespace)
    arrays = [np.array(value, dtype)[()] for value, dtype in values]
    results = namespace[function](*arrays)
    results = results if isinstance(results, tuple) else (results,)
    everything = [one for one in (*results, *arrays) if one is not None]
    sums[name] = [np.asarray(one, float).ravel().tolist() for one in everything]
assert "glassprop" not in sys.modules
print(json.dumps(sums))
"""


def test_sources_run_alone_in_an_interpreter_that_has_only_numpy():
    work, expected = [], {}
    for name, make in golden.PROGRAMS.items():
        program = make()
        values = [np.array(one) for one in sample(program)]
        values += large_arrays(program).values()
        pairs = [(one.tolist(), str(one.dtype)) for one in values]
        work.append((name, to_numpy(program), program.name, pairs))
        results = printed(program, *values[: len(program.inputs)])
        kept = [one for one in (*results, *values) if one is not None]
        expected[name] = [np.asarray(one, float).ravel() for one in kept]
    done = subprocess.run(
        [sys.executable, "-I", "-c", ALONE],
        input=json.dumps(work),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found.keys() == expected.keys()
    for name, arrays in expected.items():
        for one, two in zip(found[name], arrays, strict=True):
            assert_same_bits(np.array(one), two)


# Captured arrays ----------------------------------------------------------------------


@pytest.mark.parametrize("count", [SMALL, SMALL + 1])
def test_small_arrays_are_written_out_and_large_ones_are_arguments(count):
    array = RNG.normal(size=count)
    program = program_of(lambda x: x * array, np.ones(count))
    assert run_both(program, np.ones(count))[0].tolist() == array.tolist()
    source = program_text(program)
    assert ("constant_1 = np.array(" in source) is (count == SMALL)
    assert ("def program(x0, constant_1):" in source) is (count > SMALL)


ARRAYS = {
    "specials": np.array([0.0, -0.0, np.inf, -np.inf, np.nan, 1e300, 5e-324, 1 / 3]),
    "float32": np.array([0.1, -0.0, np.inf, 1e-45, 3.4e38], np.float32),
    "booleans": np.array([[True, False], [False, True]]),
    "bytes": np.array([-128, 127], np.int8),
    "words": np.array([0, 2**64 - 1], np.uint64),
    "integers": np.array([[-(2**63), 2**63 - 1]]),
    "empty": np.zeros((0, 3), np.float32),
    "three axes": np.arange(24.0).reshape(2, 3, 4) / 7,
    "one element": np.full((1, 1, 1), 0.1),
    "long row": np.arange(64) / 3,
    "long rows": np.arange(64).reshape(2, 32) / 3,
    "column": np.arange(9.0)[:, None],
    "Fortran": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
}


@pytest.mark.parametrize("name", ARRAYS)
def test_an_array_is_written_with_every_bit(name):
    array = ARRAYS[name]
    options = {"precision": 2, "threshold": 3, "suppress": True, "sign": "+"}
    with np.printoptions(**options):
        text = array_text(array, 12)
    assert_same_bits(eval(text, {"np": np}), array)
    assert max(len(line) for line in text.splitlines()) <= 88


@pytest.mark.parametrize("name", ARRAYS)
def test_a_captured_array_in_a_program(name):
    array = ARRAYS[name]
    with np.errstate(all="ignore"):
        x = np.ones(array.shape)
        program = program_of(lambda x: (x * array, array), x)
        product, kept = run_both(program, x)
        assert_same_bits(product, x * array)
        assert_same_bits(kept, np.ascontiguousarray(array))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (2, "2"),
        (-2, "-2"),
        (2.0, "2.0"),
        (0.1, "0.1"),
        (1e300, "1e+300"),
        (-0.0, "-0.0"),
        (float("inf"), "np.inf"),
        (float("-inf"), "-np.inf"),
        (float("nan"), "np.nan"),
        (True, "True"),
        (np.float32(0.1), "np.float32(0.1)"),
        (np.float64("-inf"), "np.float64(-np.inf)"),
        (np.int64(3), "np.int64(3)"),
        (np.bool_(False), "np.False_"),
    ],
)
def test_numbers_are_written_with_every_bit(value, text):
    assert number_text(value).code == text
    assert_same_bits(eval(text, {"np": np}), value)


# Numbers and their dtypes -------------------------------------------------------------


def body(program):
    """The statements of a printed program, without comments."""
    _, _, after = program_text(program).partition("def program(")
    lines = after.splitlines()[1:]
    return [line.partition("  #")[0].strip() for line in lines]


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (lambda x: 2 * x + 1.0, "2 * x0 + 1"),
        (lambda x: x / 3 - 0.5, "x0 / 3 - 0.5"),
        (lambda x: x**3, "np.power(x0, 3)"),
        (lambda x: np.where(x > 0, 1.0, 0.0), "np.where(x0 > 0, 1.0, 0.0)"),
        (lambda x: np.where(x > 0, x, 0), "np.where(x0 > 0, x0, 0)"),
        (lambda x: np.full_like(x, 3), "np.full((2, 2), 3.0)"),
        (lambda x: x * -1e20, "-1e+20 * x0"),
        (lambda x: -(x * -0.0), "-(-0.0 * x0)"),
        (lambda x: (x > 1) * 2.0, "2.0 * (x0 > 1)"),
        (lambda x: x * np.float64(2), "np.float64(2.0) * x0"),
    ],
)
def test_whole_numbers_are_short_where_nothing_changes(function, expected):
    x = np.array([[0.5, -1.0], [2.0, 0.0]])
    program = program_of(function, x)
    run_both(program, x)
    assert f"{body(program)[0].partition(' = ')[2]}" == expected


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (lambda x: np.sum(x) / x.shape[0], "np.sum(x0) / n"),
        (lambda x: x * (1 / x.shape[0]), "x0 * (1 / n)"),
        (lambda x: x * (0.5 / x.shape[0]), "x0 * (0.5 / n)"),
        (lambda x: x * (x.shape[0] - 1), "x0 * (n - 1)"),
        (
            lambda x: x * (1 / x.shape[0] + 0.3),
            "x0 * (np.float32(1 / n) + np.float32(0.3))",
        ),
        (lambda x: x * (0.1 / x.shape[0]), "x0 * (np.float32(0.1) / np.float32(n))"),
        (lambda x: np.full_like(x, x.shape[0]), "np.full((n, 2), n, np.float32)"),
        (lambda x: np.maximum(x, x.shape[0]), "np.maximum(x0, n)"),
        (lambda x: np.where(x > 0, x.shape[0], x), "np.where(x0 > 0, n, x0)"),
    ],
)
@pytest.mark.parametrize("rows", [1, 3, 7])
def test_numbers_in_a_float32_program_with_n_rows(function, expected, rows):
    x = np.linspace(-1, 1, rows * 2, dtype=np.float32).reshape(rows, 2)
    program = program_of(function, x, symbolic=[0], dtype=np.float32)
    found = run_both(program, x)[0]
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, function(x.astype(float)), 1e-6, 1e-6)
    statement = body(program)[-2]
    assert statement.partition(" = ")[2].startswith(expected)


def test_numbers_that_helpers_and_methods_read_are_arrays():
    def slopes(x):
        return 0.5 * x[0] + x.shape[0] * x[1, 0]

    program = program_of(slopes, MATRIX, symbolic=[0])
    run_both(program, MATRIX)

    def converted(x):
        return x * elementwise.astype(x.tracer.lift(0.25), dtype=np.dtype("f4"))

    program = program_of(converted, ROW, simplified=False)
    run_both(program, ROW)
    assert "np.float64(0.25).astype(np.float32)" in program_text(program)


# Order and parentheses ----------------------------------------------------------------

OPERATORS = [
    lambda a, b: a + b,
    lambda a, b: a - b,
    lambda a, b: a * b,
    lambda a, b: a / b,
    lambda a, b: a @ b,
    lambda a, b: -a,
    lambda a, b: a.T,
    lambda a, b: np.where(a > b, a, -b),
    lambda a, b: (a < b) * b,
    lambda a, b: a + 2,
    lambda a, b: 3.5 - a,
    lambda a, b: -2.5 * a,
    lambda a, b: a / -3,
    lambda a, b: a[::-1],
    lambda a, b: (a[0] + b)[:, None][:, 0],
]

trees = st.recursive(
    st.integers(0, 1),
    lambda inner: st.tuples(st.integers(0, len(OPERATORS) - 1), inner, inner),
    max_leaves=14,
)


def evaluated(tree, leaves):
    if isinstance(tree, int):
        return leaves[tree]
    which, one, two = tree
    return OPERATORS[which](evaluated(one, leaves), evaluated(two, leaves))


@pytest.mark.no_cover
@settings(max_examples=200, deadline=None)
@given(tree=trees)
@DTYPES
def test_parentheses_keep_the_order_of_operations(dtype, tree):
    a = np.array([[0.1, -0.2, 0.3], [1.7, 2.3, -3.1], [0.9, 4.1, 5.3]], dtype)
    b = np.array([[1.1, 0.7, -0.4], [0.3, -1.9, 2.9], [3.3, 0.6, 1.3]], dtype)
    for simplified in (False, True):
        program = program_of(
            lambda a, b: evaluated(tree, (a, b)), a, b, simplified=simplified
        )
        found = run_both(program, a, b)[0]
    with np.errstate(all="ignore"):
        expected = np.asarray(evaluated(tree, (a, b)))
    assert found.dtype == expected.dtype
    np.testing.assert_allclose(
        found, expected, rtol=1e-10 if dtype is np.float64 else 1e-4
    )


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (lambda a, b: a - (b - a), "x0 - (x1 - x0)"),
        (lambda a, b: (a - b) - a, "x0 - x1 - x0"),
        (lambda a, b: a / (b * a), "x0 / (x1 * x0)"),
        (lambda a, b: (a / b) * a, "(x0 / x1) * x0"),
        (lambda a, b: a * (b / a), "x0 * (x1 / x0)"),
        (lambda a, b: a @ b * a, "x0 @ x1 * x0"),
        (lambda a, b: a @ (b * a), "x0 @ (x1 * x0)"),
        (lambda a, b: (a + b) @ b.T, "(x0 + x1) @ x1.T"),
        (lambda a, b: -(a + b), "-(x0 + x1)"),
        (lambda a, b: 1 + -a @ b, "1 + -x0 @ x1"),
        (lambda a, b: (a > b) == (b > a), "(x0 > x1) == (x1 > x0)"),
        (lambda a, b: (a > b) * a, "(x0 > x1) * x0"),
        (lambda a, b: (a + b).T[0], "(x0 + x1).T[0]"),
        (lambda a, b: np.sum(a + b, axis=(0, 1)), "np.sum(x0 + x1)"),
        (lambda a, b: np.max(a, axis=1), "np.max(x0, axis=1)"),
        (lambda a, b: np.mean(a) * b, "(np.sum(x0) / 9) * x1"),
        (lambda a, b: a[1:, None, ..., -1], "x0[1:, None, -1]"),
        (lambda a, b: a[:, ::2] + b[..., :2], "x0[:, ::2] + x1[:, :2]"),
        (lambda a, b: np.abs(a), "np.abs(x0)"),
    ],
)
def test_expressions_are_written_as_a_person_would(function, expected):
    a, b = np.arange(9.0).reshape(3, 3) + 1, np.eye(3) + 2
    program = program_of(function, a, b)
    run_both(program, a, b)
    assert body(program)[0].partition(" = ")[2] == expected


# Statements ---------------------------------------------------------------------------


def test_named_values_and_shared_values_are_statements():
    def function(x):
        z = np.exp(x)
        shared = np.sin(z * 2)
        return np.sum(shared) * shared, (z + 1) * (z + 1)

    assert body(program_of(function, ROW)) == [
        "z = np.exp(x0)",
        "shared = np.sin(2 * z)",
        "product = np.sum(shared) * shared",
        "total = z + 1",
        "product_2 = total * total",
        "return product, product_2",
    ]


def test_comments_have_shapes_and_the_dtypes_that_are_not_floats():
    def function(x):
        mask = x > 0
        best = np.argmax(x, axis=1)
        return np.where(mask, x, 0), best

    source = program_text(program_of(function, MATRIX, symbolic=[0]))
    lines = [line.strip() for line in source.splitlines() if "#" in line]
    assert lines == [
        "mask = x0 > 0                         # (n, 4) bool",
        "chosen = np.where(mask, x0, 0)        # (n, 4)",
        "best = np.argmax(x0, axis=1)          # (n,) int64",
    ]


def test_long_expressions_are_cut_into_lines_that_fit():
    def function(x):
        total = 0.0
        for k in range(30):
            total = total + np.sin(x * (k + 0.125)) * np.cos(x - k / 3)
        return np.stack([total, total * 2], axis=0)

    program = program_of(function, ROW)
    run_both(program, ROW)
    assert max(len(line) for line in program_text(program).splitlines()) <= 88


def test_many_arguments_and_results_are_wrapped():
    def function(*many):
        return [one * 2 for one in many]

    program = program_of(function, *[ROW] * 30)
    run_both(program, *[ROW] * 30)
    assert max(len(line) for line in program_text(program).splitlines()) <= 88


@pytest.mark.parametrize(
    "name", ["bool", "np", "n", "sigmoid", "sum", "index_put", "if"]
)
def test_an_awkward_name_is_changed(name):
    def whole(trace):
        x = trace.input(name, (Size(1), 2), np.float64)
        y = trace.input("other", (Size(1), 2), np.float64)
        loss = np.sum(y[0] * stable.sigmoid(x.astype(bool) * 0.0)) / x.shape[0]
        trace.names[loss.node] = name
        (slope,) = pullback(loss, [y], trace.lift(1.0))
        return {name: x, "other": y}, {"loss": loss, "slope": slope}

    program = build("program", whole)
    x, y = np.array([[1.0, -1.0]] * 4), np.array([[2.0, 3.0]] * 4)
    loss, slope = Compiled(program)(x, y)
    assert loss == 2.5
    assert_same_bits(slope, np.array([[0.5, 0.5], [0, 0], [0, 0], [0, 0]]))
    source = to_numpy(program)
    assert ".astype(bool)" in source
    assert "index_put(" in source


def test_functions_stand_two_lines_apart():
    array = np.array([0.5, 2.0])
    source = program_text(program_of(lambda x: stable.sigmoid(x) * array, array))
    assert source == (
        "import numpy as np\n"
        "\n"
        "constant_1 = np.array([0.5, 2.0], np.float64)\n"
        "\n"
        "\n"
        f"{helper_source('sigmoid')}\n"
        "\n"
        "\n"
        "def program(x0):\n"
        "    product = sigmoid(x0) * constant_1    # (2,)\n"
        "    return product\n"
    )


# Tracebacks ---------------------------------------------------------------------------


def test_a_traceback_shows_the_line_of_the_printed_program():
    def function(x):
        z = x @ MATRIX
        return z * 2

    compiled = Compiled(program_of(function, np.ones(3)))
    with pytest.raises(ValueError, match="matmul") as caught:
        compiled(np.ones(4))
    shown = "".join(traceback.format_tb(caught.value.__traceback__))
    assert "z = x0 @ constant_1" in shown
    assert "<glassprop program " in shown
    linecache.checkcache()
    again = "".join(traceback.format_tb(caught.value.__traceback__))
    assert "z = x0 @ constant_1" in again


# Values that change in place ----------------------------------------------------------


def updating(function, shapes, *, named=True, dtype=np.float64):
    """Build a program of inputs a, b, c...; outputs with their names replace them."""
    keys = "abcdef"[: len(shapes)]

    def whole(trace):
        inputs = {
            key: trace.input(key, shape, dtype)
            for key, shape in zip(keys, shapes, strict=True)
        }
        with trace.within(section="update"):
            _outputs = function(**inputs)
        return inputs, {key: trace.lift(one) for key, one in _outputs.items()}

    return build("program", whole, dtype=dtype)


def values_for(program):
    return [
        RNG.uniform(0.5, 2, node.shape).astype(node.dtype)
        for node in program.inputs.values()
    ]


def named_view(a, b):
    view = a[::-1]
    new = view * 2
    return {"a": a - b, "-> new": new, "-> view": view}


def read_later(a, b):
    kept = np.exp(a)
    return {"a": a + b, "b": b * kept + a}


def row_of(a, b):
    row = np.reshape(a, (4,))
    a_new = a * 2
    return {"a": a_new, "b": row * row + np.sum(a_new)}


IN_PLACE = {
    "plain": (lambda a, b: {"a": a - 0.1 * b}, 2, ["a -= 0.1 * b"]),
    "nothing changes": (lambda a, b: {"a": a, "-> b": b * 2}, 2, None),
    "assigned": (lambda a, b: {"a": b * 2}, 2, ["a[...] = 2 * b"]),
    "a number": (lambda a, b: {"a": np.zeros_like(a), "b": b + a}, 2, None),
    "momentum": (
        lambda a, b, c: {"b": 0.9 * b - c, "a": a + (0.9 * b - c)},
        3,
        ["b[...] = 0.9 * b - c", "a += b"],
    ),
    "write after read": (lambda a, b: {"a": a + 1, "b": b * a}, 2, None),
    "read before both": (read_later, 2, None),
    "swapped": (lambda a, b: {"a": b, "b": a}, 2, None),
    "rotated": (lambda a, b, c: {"a": b, "b": c, "c": a}, 3, None),
    "copied": (lambda a, b: {"a": b}, 2, ["a[...] = b"]),
    "one value for two": (
        lambda a, b, c: {"a": c * 2, "b": c * 2},
        3,
        ["a[...] = 2 * c", "b[...] = a"],
    ),
    "old value given back": (lambda a, b: {"a": a + b, "-> old": a}, 2, None),
    "old view given back": (lambda a, b: {"a": a + b, "-> old": a[:2]}, 2, None),
    "new value given back": (lambda a, b: {"a": a + b, "-> new": a + b}, 2, None),
    "a named view read later": (named_view, 2, None),
    "a view of the new value": (
        lambda a, b: {"a": a + b, "-> end": (a + b)[-1] * a[0]},
        2,
        None,
    ),
    "own view": (lambda a, b: {"a": a[::-1]}, 2, None),
    "added own view": (lambda a, b: {"a": a + a[::-1]}, 2, None),
    "minus itself": (lambda a, b: {"a": a - a}, 2, None),
    "subtracted from": (lambda a, b: {"a": b - a}, 2, None),
    "both from both": (lambda a, b: {"a": a + b, "b": a - b}, 2, None),
    "einsum view": (
        lambda a, b: {"a": a + 1, "-> view": np.einsum("i->i", a)},
        2,
        None,
    ),
}


@pytest.mark.parametrize("name", IN_PLACE)
@DTYPES
def test_values_change_in_place(name, dtype):
    function, count, statements = IN_PLACE[name]
    program = updating(function, [(4,)] * count, dtype=dtype)
    assert_runs_in_place(program, *values_for(program))
    if statements:
        assert body(program) == statements


def test_a_square_that_replaces_itself_transposed():
    program = updating(lambda a: {"a": a.T}, [(3, 3)])
    assert_runs_in_place(program, *values_for(program))
    program = updating(lambda a, b: {"a": a.T @ b, "b": b.T + a}, [(3, 3)] * 2)
    assert_runs_in_place(program, *values_for(program))


def test_a_reshaped_value_that_is_read_after_the_update():
    program = updating(row_of, [(2, 2), (4,)])
    assert_runs_in_place(program, *values_for(program))


def test_an_update_of_another_shape_is_refused():
    with pytest.raises(ShapeError) as caught:
        updating(lambda a: {"a": np.sum(a)}, [(3,)])
    assert str(caught.value) == (
        "program: the new value of a is () float64; expected (3,) float64, as before."
    )
    with pytest.raises(ShapeError) as caught:
        updating(lambda a: {"a": a * np.float64(2)}, [(3,)], dtype=np.float32)
    assert str(caught.value) == (
        "program: the new value of a is (3,) float64; expected (3,) float32, as before."
    )


MOVES = [
    lambda u, v: u + v,
    lambda u, v: u - v,
    lambda u, v: u * v,
    lambda u, v: -u,
    lambda u, v: u.T,
    lambda u, v: u[::-1],
    lambda u, v: np.reshape(np.reshape(u, -1), u.shape),
    lambda u, v: np.broadcast_to(u[0], u.shape),
    lambda u, v: u @ v,
    lambda u, v: np.tanh(u),
    lambda u, v: np.einsum("ij->ji", u),
    lambda u, v: u,
]
plans = st.tuples(
    st.lists(
        st.tuples(
            st.integers(0, len(MOVES) - 1), st.integers(0, 50), st.integers(0, 50)
        ),
        max_size=8,
    ),
    st.lists(st.integers(0, 50), min_size=3, max_size=3),
    st.lists(st.integers(0, 50), max_size=3),
    st.integers(0, 255),
)


@pytest.mark.no_cover
@settings(max_examples=300, deadline=None)
@given(plan=plans)
def test_random_updates_in_place(plan):
    steps, targets, results, naming = plan

    def function(a, b, c):
        values = [a, b, c]
        for at, (which, one, two) in enumerate(steps):
            u, v = values[one % len(values)], values[two % len(values)]
            made = MOVES[which](u, v)
            if naming >> at & 1 and made.node.inputs:
                made.tracer.names.setdefault(made.node, f"value_{at}")
            values.append(made)
        outputs = {
            key: values[at % len(values)]
            for key, at in zip("abc", targets, strict=True)
            if at < 40  # else it stays as it is
        }
        for at, which in enumerate(results):
            outputs[f"-> {at}"] = values[which % len(values)]
        return outputs or {"-> a": a}

    program = updating(function, [(2, 2)] * 3)
    assert_runs_in_place(program, *values_for(program))


def test_numpys_own_functions_may_have_no_module():
    class OfNumPy21:
        @property
        def __module__(self):
            raise AttributeError("'numpy.ufunc' object has no attribute '__module__'")

    assert not is_own(OfNumPy21())
    assert not is_own(np.exp)
    assert is_own(stable.sigmoid.numpy)

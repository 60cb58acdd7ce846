"""What cannot be traced is refused, with the place, the reason and the repair."""

import copy
import importlib
import io
import linecache
import math
import pickle
import sys

import numpy as np
import pytest

import glassprop as gp
import pages
from glassprop.errors import GlasspropError, ShapeError, TraceError
from glassprop.numpy_functions import FUNCTIONS, UFUNCS
from glassprop.refusals import (
    ATTRIBUTES,
    MEANINGS,
    SPECIAL_CASES,
    function_name,
    nearest,
    repair_of,
)
from glassprop.repairs import REPAIRS
from glassprop.traced import Array
from tracing import interpreted, program_of

FOUR = np.array([1.0, 2.0, 3.0, 4.0])
MATRIX = np.arange(12.0).reshape(3, 4)
NUMBER = np.array(2.0)
INTEGERS = np.array([1, 0])

UNKNOWN = "its values are not known while the function is traced"
EVERY_SIZE = "one program serves batches of every size"
DTYPES = "traced functions calculate with booleans, integers, float32 and float64"


def place_of(caught):
    """Describe the deepest line of this file that an error went through."""
    lines = [one.lineno + 1 for one in caught.traceback if str(one.path) == __file__]
    text = linecache.getline(__file__, lines[-1]).strip()
    return f"{__file__}:{lines[-1]}: {text}"


def assert_refused(function, array, message, *, rows=False, error=TraceError):
    def called(*x):  # so that NumPy's own functions are called from a line here too
        return function(*x)

    with pytest.raises(GlasspropError) as caught:
        program_of(called, array, symbolic=[0] if rows else [])
    assert str(caught.value) == f"{message}\n  {place_of(caught)}"
    assert type(caught.value) is error


def refused(what, why, repair):
    return f"{what} cannot be traced: {why}. {repair}"


# Values that are not known --------------------------------------------------------


def if_statement(x):
    if x > 0:
        return x
    return -x


def early_return(x):
    while x[0] < 3:
        x = x + 1
    return x


def attribute_of(name):
    return lambda x: getattr(x, name)()


TRUTH = refused(
    "the truth value of an array (`if`, `and`, `or`, `not`, `max(a, b)`, `in`)",
    UNKNOWN,
    "Use np.where(condition, a, b), np.maximum, or `&`, `|` and `~` on conditions.",
)
PLAIN_NUMBER = refused(
    "a traced value as a plain number (float(x), math.exp(x), a[i] = x)",
    UNKNOWN,
    "Use x itself for float(x), np.exp for math.exp, and np.stack([x, y]) to build an "
    "array.",
)
PICK_FROM_PLAIN = (
    "To pick from a plain `a` of k values or rows by a traced index, write "
    "(x[..., None] == np.arange(k)) @ a; np.eye(k)[x] is the comparison alone."
)
PLAIN_INTEGER = refused(
    "a traced value as a plain integer (range(x), np.zeros(x), a[x] of a list)",
    UNKNOWN,
    f"Use plain integers for sizes and ranges. {PICK_FROM_PLAIN}",
)
PLAIN_ARRAY = refused(
    "a traced array as a plain one (np.asarray(x), np.array([x, y]), np.full(3, x), "
    "a[x], a[i] = x)",
    UNKNOWN,
    "Use x itself for np.asarray(x), np.stack([x, y]) for np.array([x, y]), "
    f"np.broadcast_to(x, 3) for np.full(3, x). {PICK_FROM_PLAIN}",
)


def set_plain_number(x):
    a = np.zeros(4)
    a[0] = x[0]
    return a


def set_plain_row(x):
    a = np.zeros((2, 4))
    a[0] = x
    return a


@pytest.mark.parametrize(
    ("function", "array", "message"),
    [
        pytest.param(if_statement, NUMBER, TRUTH, id="if"),
        pytest.param(early_return, FOUR, TRUTH, id="while"),
        pytest.param(lambda x: (x > 0) and (x < 1), FOUR, TRUTH, id="and"),
        pytest.param(lambda x: not x, FOUR, TRUTH, id="not"),
        pytest.param(lambda x: max(x, 0), NUMBER, TRUTH, id="max"),
        pytest.param(lambda x: x in [1, 2], NUMBER, TRUTH, id="in list"),
        pytest.param(lambda x: sorted([x[1], x[0]]), FOUR, TRUTH, id="sorted"),
        pytest.param(lambda x: 0 < x < 1, FOUR, TRUTH, id="chain"),
        pytest.param(lambda x: float(x) + 1, NUMBER, PLAIN_NUMBER, id="float"),
        pytest.param(lambda x: math.exp(x) + 1, NUMBER, PLAIN_NUMBER, id="math.exp"),
        pytest.param(set_plain_number, FOUR, PLAIN_NUMBER, id="a[0] = x[0]"),
        pytest.param(lambda x: list(range(x)), INTEGERS[0], PLAIN_INTEGER, id="range"),
        pytest.param(lambda x: [1, 2, 3][x], INTEGERS[0], PLAIN_INTEGER, id="list[x]"),
        pytest.param(
            lambda x: np.zeros(x) + 1, INTEGERS[0], PLAIN_INTEGER, id="np.zeros"
        ),
        pytest.param(lambda x: np.array([x, x]), FOUR, PLAIN_ARRAY, id="np.array"),
        pytest.param(lambda x: np.asarray(x) + 1, FOUR, PLAIN_ARRAY, id="np.asarray"),
        pytest.param(lambda x: np.full(3, x), NUMBER, PLAIN_ARRAY, id="np.full"),
        pytest.param(lambda x: FOUR[x], INTEGERS, PLAIN_ARRAY, id="plain[x]"),
        pytest.param(lambda x: FOUR[x > 0], FOUR, PLAIN_ARRAY, id="plain[x > 0]"),
        pytest.param(set_plain_row, FOUR, PLAIN_ARRAY, id="a[0] = x"),
        pytest.param(
            lambda x: int(x) + 1,
            NUMBER,
            refused("int(x)", UNKNOWN, "Use x.astype(np.int64)."),
            id="int",
        ),
        pytest.param(
            lambda x: complex(x) + 1,
            NUMBER,
            refused("complex(x)", "complex numbers are not supported", "Use floats."),
            id="complex",
        ),
        pytest.param(
            lambda x: round(x) + 1,
            NUMBER,
            refused(
                "round(x)",
                "it gives one of Python's own numbers",
                "Use np.round(x), whose slope is 0.",
            ),
            id="round",
        ),
        pytest.param(
            lambda x: 1.0 in x,
            FOUR,
            refused("`value in x`", UNKNOWN, "np.max(x == value) is True where it is."),
            id="in x",
        ),
        pytest.param(
            lambda x: f"{x:.2f}",
            NUMBER,
            refused(
                "formatting an array as text",
                UNKNOWN,
                "Print after the call instead.",
            ),
            id="f-string",
        ),
        pytest.param(
            attribute_of("item"),
            NUMBER,
            refused("x.item()", UNKNOWN, "Use x itself."),
            id="item",
        ),
        pytest.param(
            attribute_of("tolist"),
            FOUR,
            refused("x.tolist()", UNKNOWN, "Use x itself."),
            id="tolist",
        ),
    ],
)
def test_values_are_not_known(function, array, message):
    assert_refused(function, array, message)


# Arrays never change --------------------------------------------------------------


def set_item(x):
    x[0] = 1
    return x


def add_to_item(x):
    x[0] += 1
    return x


def delete_item(x):
    del x[0]
    return x


def add_to_plain(x):
    a = np.zeros(4)
    a += x
    return a


def multiply_plain(x):
    a = np.zeros(4)
    a *= x
    return a


def copy_to_plain(x):
    np.copyto(np.zeros(4), x)
    return x


def add_at(x):
    a = np.zeros(4)
    np.add.at(a, [0, 0, 1, 1], x)
    return a


SET = refused(
    "`x[i] = value`",
    "traced arrays never change",
    "Use np.where(condition, value, x), or np.concatenate with the new part.",
)


def out(name):
    return refused(
        f"writing the result of {name} into an existing array",
        UNKNOWN,
        "Write `a = a + x` instead of `a += x` where `a` is a plain array, and leave "
        "`out=` away.",
    )


WRITES = refused(
    "np.copyto",
    "it writes into an array, and traced arrays never change (np.full calls np.copyto)",
    "Use np.where to choose, np.full_like(x, value) or np.broadcast_to(x, shape) to "
    "fill.",
)


@pytest.mark.parametrize(
    ("function", "message"),
    [
        pytest.param(set_item, SET, id="x[i] = 1"),
        pytest.param(add_to_item, SET, id="x[i] += 1"),
        pytest.param(
            delete_item,
            refused(
                "`del x[i]`",
                "traced arrays never change",
                "Use a slice of what is to stay.",
            ),
            id="del x[i]",
        ),
        pytest.param(add_to_plain, out("np.add"), id="plain += x"),
        pytest.param(multiply_plain, out("np.multiply"), id="plain *= x"),
        pytest.param(lambda x: np.exp(x, out=np.zeros(4)), out("np.exp"), id="out="),
        pytest.param(copy_to_plain, WRITES, id="np.copyto"),
        pytest.param(lambda x: np.full_like(FOUR, x), WRITES, id="np.full_like"),
        pytest.param(
            add_at,
            refused(
                "np.add.at",
                "only the ufunc itself has a derivative here",
                "Traced arrays never change; build a new one, with np.where or `+`.",
            ),
            id="np.add.at",
        ),
    ],
)
def test_arrays_never_change(function, message):
    assert_refused(function, FOUR, message)


# Functions and arguments that have no meaning ------------------------------------


def save(x):
    np.save(io.BytesIO(), x)
    return x


def unsupported(name, near=None):
    general = "Write it with arithmetic, np.where, np.sum and the like."
    repair = next((said for names, said in REPAIRS if name in names), general)
    if near:
        repair = f"The nearest that is: {near}."
    return refused(
        name,
        "it is not among the functions that glassprop can differentiate and compile",
        f"{repair} glassprop.numpy_functions lists what there is.",
    )


def special(name):
    why, repair = next(rest for names, *rest in SPECIAL_CASES if name in names)
    return refused(name, why, repair)


def keyword(function, name, repair):
    return refused(
        f"{function} with {name}=",
        "traced functions know the arguments that say what to calculate, not how",
        repair,
    )


CONVERT = "Leave dtype= away and convert with x.astype(dtype)."
CHOOSE = "Use np.where(condition, a, b) to choose."


@pytest.mark.parametrize(
    ("function", "message"),
    [
        pytest.param(
            lambda x: np.polyfit(x, x, 1), unsupported("np.polyfit"), id="np.polyfit"
        ),
        pytest.param(
            lambda x: np.linalg.svd(x) + 1,
            unsupported("np.linalg.svd", "np.linalg.eigh"),
            id="np.linalg.svd",
        ),
        pytest.param(
            lambda x: np.nanquantile(x, 0.5),
            unsupported("np.nanquantile"),
            id="np.nanquantile",
        ),
        pytest.param(
            lambda x: np.bincount(x.astype(int)),
            refused(
                "np.bincount",
                "it is not among the functions that glassprop can differentiate and "
                "compile",
                "Compare and sum: np.sum(x[:, None] == np.arange(k), axis=0). "
                "glassprop.numpy_functions lists what there is.",
            ),
            id="np.bincount",
        ),
        pytest.param(
            lambda x: np.interp(x, FOUR, FOUR),
            unsupported("np.interp", "np.searchsorted"),
            id="np.interp",
        ),
        pytest.param(
            lambda x: np.isnat(x) + 1, unsupported("np.isnat", "np.isnan"), id="isnat"
        ),
        pytest.param(
            lambda x: np.choose(x, [x, x]),
            unsupported("np.choose", "np.select"),
            id="np.choose",
        ),
        pytest.param(
            lambda x: np.fft.fft(x) + 1, unsupported("np.fft.fft"), id="np.fft"
        ),
        pytest.param(save, special("np.save"), id="np.save"),
        pytest.param(
            lambda x: np.put_along_axis(x, np.array([1]), 2.0, 0),
            special("np.put_along_axis"),
            id="np.put_along_axis",
        ),
        pytest.param(np.unique, special("np.unique"), id="np.unique"),
        pytest.param(
            lambda x: np.extract(x > 1, x), special("np.extract"), id="np.extract"
        ),
        pytest.param(
            lambda x: np.nonzero(x)[0], special("np.nonzero"), id="np.nonzero"
        ),
        pytest.param(
            lambda x: np.allclose(x, 1), special("np.allclose"), id="allclose"
        ),
        pytest.param(
            lambda x: np.add.reduce(x) + 1,
            refused(
                "np.add.reduce",
                "only the ufunc itself has a derivative here",
                "Use np.sum, np.max or np.min over axes.",
            ),
            id="np.add.reduce",
        ),
        pytest.param(
            lambda x: np.add.accumulate(x) + 1,
            refused(
                "np.add.accumulate",
                "only the ufunc itself has a derivative here",
                "Use np.cumsum or np.cumprod along an axis.",
            ),
            id="np.add.accumulate",
        ),
        pytest.param(
            lambda x: np.multiply.outer(x, x),
            refused(
                "np.multiply.outer",
                "only the ufunc itself has a derivative here",
                "Give one operand a new axis: a[:, None] and b[None, :].",
            ),
            id="np.multiply.outer",
        ),
        pytest.param(
            lambda x: np.add.reduceat(x, [0, 2]),
            refused(
                "np.add.reduceat",
                "only the ufunc itself has a derivative here",
                "Call the function itself.",
            ),
            id="np.add.reduceat",
        ),
        pytest.param(
            lambda x: np.exp(x, where=x > 0),
            keyword("np.exp", "where", CHOOSE),
            id="ufunc where=",
        ),
        pytest.param(
            lambda x: np.add(x, x, dtype=np.float32),
            keyword("np.add", "dtype", CONVERT),
            id="ufunc dtype=",
        ),
        pytest.param(
            lambda x: np.sum(x, where=x > 0),
            keyword("np.sum", "where", CHOOSE),
            id="sum where=",
        ),
        pytest.param(
            lambda x: x.sum(dtype=np.float32),
            keyword("np.sum", "dtype", CONVERT),
            id="sum dtype=",
        ),
        pytest.param(
            lambda x: np.sum(x, out=np.zeros(())),
            keyword(
                "np.sum", "out", "Leave out= away and use what the function returns."
            ),
            id="sum out=",
        ),
        pytest.param(
            lambda x: np.max(x, initial=0),
            keyword(
                "np.max",
                "initial",
                "Add or compare with the number yourself: np.maximum(np.max(x), 0).",
            ),
            id="max initial=",
        ),
        pytest.param(
            lambda x: np.concatenate([x, x], casting="unsafe"),
            keyword("np.concatenate", "casting", "Leave casting= away."),
            id="concatenate casting=",
        ),
        pytest.param(
            lambda x: np.var(x, correction=1),
            keyword("np.var", "correction", "Call it ddof=, its other name."),
            id="var correction=",
        ),
        pytest.param(
            lambda x: np.delete(x, np.argmax(x)),
            "np.delete: traced places cannot be traced, as what is left depends on "
            "them. Give plain integers, or keep all and choose with np.where.",
            id="delete a traced place",
        ),
        pytest.param(
            lambda x: np.sum(x, 0, None, None, True),
            refused(
                "np.sum with these arguments",
                "too many positional arguments",
                "Call it as np.sum(a, axis=None, *, keepdims=False).",
            ),
            id="sum with five arguments",
        ),
        pytest.param(
            lambda x: np.where(x > 0),
            "np.where with a condition alone gives positions, whose number depends on "
            "the values. Give all three: np.where(condition, a, b).",
            id="np.where alone",
        ),
        pytest.param(
            lambda x: np.reshape(x, (2, 2), order="A"),
            "np.reshape: order='A' cannot be traced: it asks how the values lie in "
            "memory, which no traced array knows. Use 'C' or 'F'.",
            id="reshape order=",
        ),
        pytest.param(
            lambda x: np.einsum(x, ["i"], ["i"]),
            "np.einsum: expected subscripts as text, np.einsum('ij,jk->ik', a, b), or "
            "after each operand a list of its axes as integers.",
            id="einsum with lists of letters",
        ),
        pytest.param(
            lambda x: np.pad(x, 1, mode="linear_ramp"),
            "np.pad: mode='linear_ramp' cannot be traced. There are constant, edge, "
            "reflect, symmetric, wrap; np.concatenate adds anything else.",
            id="pad mode",
        ),
        pytest.param(
            lambda x: np.pad(x, 1, mode="symetric"),
            "np.pad: mode='symetric' cannot be traced. Did you mean 'symmetric'? There "
            "are constant, edge, reflect, symmetric, wrap; np.concatenate adds "
            "anything else.",
            id="pad mode mistyped",
        ),
        pytest.param(
            lambda x: np.pad(x, 1, mode="reflect", reflect_type="odd"),
            "np.pad: reflect_type='odd' cannot be traced. Add 2 * edge - reflected "
            "with np.concatenate.",
            id="pad odd",
        ),
        pytest.param(
            lambda x: np.take(x, [5], mode="clip"),
            "np.take: mode='clip' cannot be traced. Bring the indices into range "
            "first, np.clip(indices, 0, size - 1) for one.",
            id="take mode",
        ),
        pytest.param(
            lambda x: np.take_along_axis(x, x, axis=0),
            "np.take_along_axis: the indices must be integers, got float64. Convert "
            "them, indices.astype(np.int64).",
            id="take_along_axis floats",
        ),
        pytest.param(
            lambda x: np.select([x], [x]),
            "np.select: a condition must be of booleans, got float64. Compare, x > 0, "
            "or x.astype(bool).",
            id="select floats",
        ),
        pytest.param(
            lambda x: np.sort(x, order="f"),
            "np.sort: order='f' is for arrays of records only.",
            id="sort order",
        ),
        pytest.param(
            lambda x: np.searchsorted(x, x, side="middle"),
            "np.searchsorted: side must be 'left' or 'right', got 'middle'.",
            id="searchsorted side",
        ),
        pytest.param(
            lambda x: np.diff(x, n=-1),
            "np.diff: n must be 0 or more, got -1.",
            id="diff n",
        ),
        pytest.param(
            lambda x: np.ediff1d(x.astype(np.int64), to_end=0.5),
            "np.ediff1d: values of float64 cannot stand beside differences of int64. "
            "Convert them first.",
            id="ediff1d dtypes",
        ),
        pytest.param(
            lambda x: np.gradient(x, edge_order=3),
            "np.gradient: edge_order must be 1 or 2, got 3.",
            id="gradient edge_order",
        ),
        pytest.param(
            lambda x: np.linalg.eigh(x[:, None] * x, UPLO="X"),
            "np.linalg.eigh: UPLO must be 'L' or 'U', got 'X'.",
            id="eigh UPLO",
        ),
        pytest.param(
            lambda x: np.linalg.pinv(x[:, None], rcond=0.1),
            keyword("np.linalg.pinv", "rcond", "Leave rcond= away."),
            id="pinv rcond=",
        ),
        pytest.param(
            lambda x: x & 1,
            "&, |, ^ and ~ can be traced on booleans only. Compare first, "
            "(x > 0) & (x < 1), or calculate with numbers.",
            id="& of numbers",
        ),
        pytest.param(
            lambda x: -(x > 0),
            "np.negative: The numpy boolean negative, the `-` operator, is not "
            "supported, use the `~` operator or the logical_not function instead.",
            id="- of booleans",
        ),
    ],
)
def test_functions_and_arguments_without_a_meaning(function, message):
    assert_refused(function, FOUR, message)


def test_a_ufunc_of_another_package():
    scipy_special = pytest.importorskip("scipy.special")
    assert_refused(lambda x: scipy_special.gamma(x) + 1, FOUR, unsupported("gamma"))


def test_what_numpy_itself_refuses_for_these_dtypes():
    with pytest.raises(TypeError) as numpys:
        np.subtract(np.array([True]), True)
    message = f"np.subtract: {numpys.value}"
    assert_refused(lambda x: (x > 1) - True, FOUR, message)
    assert_refused(lambda x: (x > 1) - (x > 2), FOUR, message)


@pytest.mark.parametrize("names", [names for names, _, _ in SPECIAL_CASES], ids=min)
def test_special_cases_name_functions_that_are_refused(names):
    known = {function_name(one) for one in (*UFUNCS, *FUNCTIONS)}
    for name in names:
        path = name.split(".")[1:]
        function = np
        for part in path:
            function = getattr(function, part)
        assert function_name(function) == name
        assert name not in known


def supported():
    return {function_name(one) for one in (*UFUNCS, *FUNCTIONS)}


def test_a_meaning_leads_from_what_is_refused_to_what_is_not():
    assert supported().isdisjoint(MEANINGS)
    assert supported().issuperset(MEANINGS.values())
    for name in MEANINGS:
        function = np
        for part in name.split(".")[1:]:
            function = getattr(function, part, None)
        assert function is None or function_name(function) == name  # None: older NumPy


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("np.nancumsums", "np.nancumsum"),
        ("np.digitize", "np.searchsorted"),
        ("np.linalg.qr", "np.linalg.cholesky"),
        ("np.cumulative_sum", "np.cumsum"),
        ("np.sincos", "np.sinc"),
        ("np.fft.rfft", None),
        ("np.packbits", None),
    ],
)
def test_the_nearest_function_that_traces(name, near):
    assert nearest(name) == near
    assert near is None or near in supported()


def handed_over():
    """Give the names of all functions that NumPy hands over to traced arrays."""
    sys.path.insert(0, str(pages.ROOT / "docs" / "_ext"))
    try:
        every = importlib.import_module("numpy_names").handed_over()
    finally:
        sys.path.pop(0)
    return {function_name(function) for _, function in every}


def test_every_function_that_does_not_trace_has_a_repair_of_its_own():
    special_cases = frozenset().union(*(names for names, _, _ in SPECIAL_CASES))
    refused = handed_over() - supported() - special_cases
    assert {"np.gcd", "np.fft.irfftn", "np.linalg.svd", "np.einsum_path"} <= refused
    general = repair_of("np.without_any_likeness")
    assert general == "Write it with arithmetic, np.where, np.sum and the like."
    assert [name for name in sorted(refused) if repair_of(name) == general] == []


def test_a_repair_is_for_a_function_that_does_not_trace():
    named = [name for names, _ in REPAIRS for name in names]
    assert len(named) == len(set(named))
    assert set(named) <= handed_over() - supported() - set(MEANINGS)


def horner(p, x):
    y = 0
    for c in p:
        y = y * x + c
    return y


def multiplied_out(roots):
    p = [1]
    for root in roots:
        p = np.append(p, 0) - root * np.append(0, p)
    return p


def divided(p, q):
    found = []
    while len(p) >= len(q):
        c = p[0] / q[0]
        found.append(c)
        p = (p - c * np.pad(q, (0, len(p) - len(q))))[1:]
    return np.stack(found)


def inside(edges, x):
    return ((edges[:-1] <= x[:, None]) & (x[:, None] < edges[1:])).astype(float)


P, Q, SMALL = np.array([2.0, -1.0, 0.5, 3.0]), np.array([4.0, 1.0]), np.arange(5)[::-1]
EDGES = np.array([0.0, 1.5, 2.5, 5.0])


# For each repair that is a formula: what NumPy gives, and the formula.
FORMULAS = {
    **{
        f"np.fft.{one}": (
            lambda x, one=one: [
                getattr(getattr(np.fft, one)(x), part) for part in ("real", "imag")
            ],
            lambda x, one=one: [
                x @ getattr(getattr(np.fft, one)(np.eye(4)), part)
                for part in ("real", "imag")
            ],
            MATRIX,
        )
        for one in ("fft", "ifft", "rfft", "irfft", "hfft", "ihfft")
    },
    "np.fft.fftshift": (
        lambda x: [np.fft.fftshift(x), np.fft.ifftshift(x)],
        lambda x: [np.roll(x, 5 // 2), np.roll(x, -(5 // 2))],
        np.arange(5.0),
    ),
    "np.bincount": (
        lambda x: np.bincount(x, minlength=7),
        lambda x: np.sum(x[:, None] == np.arange(7), axis=0),
        SMALL,
    ),
    "np.histogram": (
        lambda x: np.histogram(x, EDGES)[0],
        lambda x: np.sum((EDGES[:-1] <= x[:, None]) & (x[:, None] < EDGES[1:]), axis=0),
        FOUR,
    ),
    "np.histogram2d": (
        lambda x: np.histogram2d(x, x[::-1], (EDGES, EDGES))[0],
        lambda x: inside(EDGES, x).T @ inside(EDGES, x[::-1]),
        FOUR,
    ),
    "np.histogram_bin_edges": (
        lambda x: np.histogram_bin_edges(x, 5),
        lambda x: np.linspace(np.min(x), np.max(x), 5 + 1),
        FOUR,
    ),
    "np.polyval": (lambda p: np.polyval(p, 1.5), lambda p: horner(p, 1.5), P),
    "np.polyfit": (
        lambda y: np.polyfit(FOUR, y, 2),
        lambda y: np.linalg.pinv(FOUR[:, None] ** np.arange(2, -1, -1)) @ y,
        P,
    ),
    "np.polyder": (np.polyder, lambda p: p[:-1] * np.arange(len(p) - 1, 0, -1), P),
    "np.polyint": (
        np.polyint,
        lambda p: np.append(p / np.arange(len(p), 0, -1), 0),
        P,
    ),
    "np.polyadd": (
        lambda p: [np.polyadd(p, Q), np.polysub(p, Q)],
        lambda p: [p + np.pad(Q, (2, 0)), p - np.pad(Q, (2, 0))],
        P,
    ),
    "np.polymul": (
        lambda p: np.polymul(p, Q),
        lambda p: np.lib.stride_tricks.sliding_window_view(np.pad(p, 1), 2) @ Q[::-1],
        P,
    ),
    "np.polydiv": (lambda p: np.polydiv(p, Q)[0], lambda p: divided(p, Q), P),
    "np.poly": (np.poly, multiplied_out, P),
    "np.ix_": (
        lambda x: x[np.ix_([2, 0], [1, 3, 3])],
        lambda x: x[[2, 0]][:, [1, 3, 3]],
        MATRIX,
    ),
    "np.unravel_index": (
        lambda x: [*np.unravel_index(x, (2, 3)), x],
        lambda x: [x // 3, x % 3, (x // 3) * 3 + x % 3],
        SMALL,
    ),
    "np.left_shift": (
        lambda x: [x << 2, x >> 1],
        lambda x: [x * 2**2, x // 2**1],
        SMALL,
    ),
    "np.unpackbits": (
        lambda x: [
            np.unpackbits(x.astype(np.uint8)[:, None], axis=1, bitorder="little"),
            x,
        ],
        lambda x: [
            x[:, None] // 2 ** np.arange(8) % 2,
            (x[:, None] // 2 ** np.arange(8) % 2) @ 2 ** np.arange(8),
        ],
        SMALL,
    ),
    "np.i0": (
        np.i0,
        lambda x: np.mean(
            np.exp(x[..., None] * np.cos(np.pi * (np.arange(50) + 0.5) / 50)), axis=-1
        ),
        np.array([0.0, 0.5, 3.0, 30.0, 100.0]),
    ),
    "np.sort_complex": (lambda x: np.sort_complex(x).real, np.sort, P),
}


@pytest.mark.parametrize("name", FORMULAS)
def test_a_repair_that_is_a_formula_gives_what_numpy_gives(name):
    assert any(name in names for names, _ in REPAIRS)
    numpys, formula, x = FORMULAS[name]
    expected = numpys(x)
    found = interpreted(program_of(formula, x), x)
    expected = expected if isinstance(expected, list) else [expected]
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-13)


def test_the_distance_to_the_next_number_is_about_as_large_as_said():
    x = np.array([1e-3, 1.0, 1.99, 3e5])
    ratio = np.finfo(x.dtype).eps * np.abs(x) / np.spacing(x)
    assert np.all((ratio >= 1) & (ratio < 2))


ATTRIBUTE_MESSAGES = {
    "sort": (
        "x.sort()",
        "it changes the array, and traced arrays never change",
        "Use what np.sort gives.",
    ),
    "partition": (
        "x.partition()",
        "it changes the array, and traced arrays never change",
        "Use what np.partition gives.",
    ),
    "fill": (
        "x.fill()",
        "it changes the array, and traced arrays never change",
        "Use np.where(condition, value, x), np.full_like(x, value) or np.reshape.",
    ),
    "nonzero": (
        "x.nonzero()",
        "the size of what it gives depends on the values",
        "Keep every element and choose with np.where(condition, x, 0).",
    ),
    "choose": (
        "x.choose()",
        "a traced array cannot pick among others by its values",
        "Use np.select, or np.take_along_axis of np.stack(choices).",
    ),
    "tobytes": (
        "x.tobytes()",
        UNKNOWN,
        "Save after the call, from what the function returns.",
    ),
    "strides": (
        "x.strides",
        "it asks how the values lie in memory, which no traced array knows",
        "Use x.size, x.dtype, np.ravel(x) or x.astype(dtype).",
    ),
}


@pytest.mark.parametrize("name", ATTRIBUTE_MESSAGES)
def test_attributes_that_traced_arrays_do_not_have(name):
    message = refused(*ATTRIBUTE_MESSAGES[name])
    assert_refused(lambda x: getattr(x, name), FOUR, message)


def test_every_attribute_of_an_array_traces_or_is_refused_with_a_repair():
    public = {name for name in dir(np.ndarray) if not name.startswith("_")}
    listed = frozenset().union(*(names for names, _, _ in ATTRIBUTES))
    assert public - set(dir(Array)) == listed & public
    assert listed.isdisjoint(dir(Array))


# Indices --------------------------------------------------------------------------

BOOLEANS = refused(
    "an index of booleans",
    "how many values it picks depends on them",
    "Use np.where(mask, x, 0), or multiply by the mask.",
)


@pytest.mark.parametrize(
    ("function", "message", "error"),
    [
        pytest.param(lambda x: x[x > 0], BOOLEANS, TraceError, id="x[x > 0]"),
        pytest.param(
            lambda x: x[np.array([True, False, True])], BOOLEANS, TraceError, id="mask"
        ),
        pytest.param(lambda x: x[True], BOOLEANS, TraceError, id="x[True]"),
        pytest.param(
            lambda x: x[1.5],
            refused(
                "an index of dtype float64",
                "an index is made of integers",
                "Use integers, slices, None, `...` or integer arrays.",
            ),
            TraceError,
            id="x[1.5]",
        ),
        pytest.param(
            lambda x: x[: np.argmax(x[0])],
            refused(
                "a slice that ends at a traced value",
                "the size of what it gives would depend on the value",
                "Cut at plain integers; choose rows before the call.",
            ),
            TraceError,
            id="traced end",
        ),
        pytest.param(
            lambda x: x[0, 0, 0],
            "an index of 3 parts is too long for an array of 2 dimensions.",
            ShapeError,
            id="too long",
        ),
        pytest.param(
            lambda x: x[..., 0, ...],
            "an index can have one `...` only.",
            ShapeError,
            id="two ellipses",
        ),
        pytest.param(
            lambda x: x[[0, 3]],
            "index 3 is out of bounds for the axis of size 3 in an array of shape "
            "(3, 4).",
            ShapeError,
            id="array out of bounds",
        ),
        pytest.param(
            lambda x: x[:, None, np.array([[0], [-5]])],
            "index -5 is out of bounds for the axis of size 4 in an array of shape "
            "(3, 4).",
            ShapeError,
            id="second array out of bounds",
        ),
        pytest.param(
            lambda x: x[np.array([])],
            refused(
                "an index of dtype float64",
                "an index is made of integers",
                "Use integers, slices, None, `...` or integer arrays.",
            ),
            TraceError,
            id="no floats",
        ),
        pytest.param(
            lambda x: x[:, -5],
            "index -5 is out of bounds for the axis of size 4 in an array of shape "
            "(3, 4).",
            ShapeError,
            id="out of bounds",
        ),
    ],
)
def test_indices(function, message, error):
    assert_refused(function, MATRIX, message, error=error)


# The number of rows ---------------------------------------------------------------

COMPARED = refused(
    "comparing the number of rows",
    EVERY_SIZE,
    "Leave the comparison away, or choose by the array's other axes; for "
    "np.broadcast_to(a, x.shape) write a + np.zeros_like(x).",
)
PLAIN_ROWS = refused(
    "the number of rows as a plain number (range(n), np.zeros(n), np.arange(n))",
    EVERY_SIZE,
    "Calculate with whole arrays instead of a loop over rows, and make arrays from "
    "arrays: np.zeros_like(x[:, :1]), np.ones_like(x[:, 0]). To pick one value of each "
    "row, write np.take_along_axis(z, y[:, None], axis=1)[:, 0].",
)
CONVERTED = refused(
    "int(n) or float(n) of the number of rows",
    EVERY_SIZE,
    "Calculate with x.shape[0] itself, and np.sqrt instead of math.sqrt.",
)
LOOP = refused(
    "a loop over the rows of a batch",
    EVERY_SIZE,
    "Calculate with the whole array, np.sum(x * w, axis=1); it does every row at once.",
)
DIVIDED = refused(
    "`//` or `%` with the number of rows",
    EVERY_SIZE,
    "Use `/` in a calculation; in a shape, let the axis of rows stay whole.",
)
CUT = (
    "a part of the rows of a batch cannot be sliced out: its size would depend on n. "
    "Choose the rows before the call, or weight the rows with zeros and ones."
)


def if_few(x):
    if x.shape[0] < 3:
        return x
    return x * 2


def if_any(x):
    if x.shape[0]:
        return x
    return x * 2


def add_rows_to_plain(x):
    a = np.zeros(3)
    a += x.shape[0]
    return a


def unpack(x):
    first, second = x
    return first + second


@pytest.mark.parametrize(
    ("function", "message", "error"),
    [
        pytest.param(
            lambda x: x * (x.shape[0] == 3), COMPARED, TraceError, id="n == 3"
        ),
        pytest.param(
            lambda x: x * (x.shape[0] != 3), COMPARED, TraceError, id="n != 3"
        ),
        pytest.param(
            lambda x: x * (x.shape == (3, 4)), COMPARED, TraceError, id="shape"
        ),
        pytest.param(
            lambda x: x * (x.shape[0] == x.size), COMPARED, TraceError, id="n == 4 * n"
        ),
        pytest.param(if_few, COMPARED, TraceError, id="n < 3"),
        pytest.param(lambda x: max(x.shape[0], 1), COMPARED, TraceError, id="max"),
        pytest.param(
            lambda x: np.float64(3) < x.shape[0], COMPARED, TraceError, id="NumPy < n"
        ),
        pytest.param(
            if_any,
            refused(
                "the truth value of the number of rows",
                EVERY_SIZE,
                "Leave the test away.",
            ),
            TraceError,
            id="if n",
        ),
        pytest.param(lambda x: range(x.shape[0]), PLAIN_ROWS, TraceError, id="range"),
        pytest.param(
            lambda x: np.zeros(x.shape[0]), PLAIN_ROWS, TraceError, id="zeros"
        ),
        pytest.param(
            lambda x: np.zeros((x.shape[0], 2)), PLAIN_ROWS, TraceError, id="zeros 2"
        ),
        pytest.param(
            lambda x: np.full(x.shape, 1.0), PLAIN_ROWS, TraceError, id="full"
        ),
        pytest.param(
            lambda x: np.arange(x.shape[0]), PLAIN_ROWS, TraceError, id="arange"
        ),
        pytest.param(lambda x: np.eye(x.shape[0]), PLAIN_ROWS, TraceError, id="eye"),
        pytest.param(
            lambda x: np.array([x.shape[0], 1]), PLAIN_ROWS, TraceError, id="np.array"
        ),
        pytest.param(lambda x: x[x.shape[0]], PLAIN_ROWS, TraceError, id="x[n]"),
        pytest.param(
            lambda x: MATRIX[: x.shape[0]], PLAIN_ROWS, TraceError, id="plain[:n]"
        ),
        pytest.param(
            lambda x: np.broadcast_to(FOUR, x.shape),
            COMPARED,
            TraceError,
            id="repeat",
        ),
        pytest.param(lambda x: int(x.shape[0]), CONVERTED, TraceError, id="int"),
        pytest.param(
            lambda x: math.sqrt(x.shape[0]), CONVERTED, TraceError, id="math.sqrt"
        ),
        pytest.param(
            lambda x: len(x) + 1,
            refused(
                "len(x) of the rows of a batch",
                EVERY_SIZE,
                "Use x.shape[0], which stands for their number in a calculation.",
            ),
            TraceError,
            id="len",
        ),
        pytest.param(lambda x: [row * 2 for row in x], LOOP, TraceError, id="for"),
        pytest.param(unpack, LOOP, TraceError, id="unpacking"),
        pytest.param(lambda x: x.shape[0] // 2, DIVIDED, TraceError, id="//"),
        pytest.param(lambda x: x.shape[0] % 2, DIVIDED, TraceError, id="%"),
        pytest.param(lambda x: divmod(x.shape[0], 2), DIVIDED, TraceError, id="divmod"),
        pytest.param(
            lambda x: divmod(7, x.shape[0]), DIVIDED, TraceError, id="7 divmod"
        ),
        pytest.param(add_rows_to_plain, out("np.add"), TraceError, id="plain += n"),
        pytest.param(lambda x: x[1:], CUT, ShapeError, id="x[1:]"),
        pytest.param(lambda x: x[:2], CUT, ShapeError, id="x[:2]"),
        pytest.param(lambda x: x[::2], CUT, ShapeError, id="x[::2]"),
        pytest.param(lambda x: x[-1:], CUT, ShapeError, id="x[-1:]"),
        pytest.param(lambda x: x[0::-1], CUT, ShapeError, id="x[0::-1]"),
        pytest.param(
            lambda x: np.split(x, [2]),
            CUT,
            ShapeError,
            id="split",
        ),
        pytest.param(
            lambda x: x[:, : x.shape[0]],
            "an axis of 4 values cannot be cut at a number of rows: the size of what "
            "is left would depend on n. Cut it at an integer.",
            ShapeError,
            id="x[:, :n]",
        ),
        pytest.param(
            lambda x: np.split(x, 3),
            "np.split: axis 0 of (n, 4) cannot be split into 3 equal parts. Give the "
            "places to cut at, np.split(x, [2, 5]), or a number of parts that divides "
            "it.",
            ShapeError,
            id="split into 3",
        ),
        pytest.param(lambda x: np.diff(x, axis=0), CUT, ShapeError, id="diff"),
        pytest.param(
            lambda x: np.pad(x, 1),
            "np.pad: axis 0 of (n, 4) holds the rows of a batch, which cannot be "
            "padded: a size is an integer or k * n. Pad the other axes, with a width "
            "of 0 here, or the rows before the call.",
            ShapeError,
            id="pad",
        ),
        pytest.param(
            np.gradient,
            "np.gradient: axis 0 of (n, 4) holds the rows of a batch, which are no "
            "neighbours. Name the other axes, axis=1.",
            ShapeError,
            id="gradient",
        ),
        pytest.param(
            lambda x: np.lib.stride_tricks.sliding_window_view(x, 2, axis=0),
            "sliding_window_view: a window cannot slide along the rows of a batch: how "
            "many places there are would depend on n. Slide along another axis, or "
            "make the windows before the call.",
            ShapeError,
            id="windows",
        ),
        *[
            pytest.param(
                function,
                f"np.{name}: the places it picks in {shape} would depend on n, the "
                "rows of a batch. Name other axes, or put the rows in front: the "
                "matrices of a batch are (n, k, k).",
                ShapeError,
                id=name,
            )
            for name, shape, function in (
                ("tril", "(n, 4)", np.tril),
                ("triu", "(n, 4)", np.triu),
                ("diagonal", "(n, 4)", np.trace),
                ("diag", "(n,)", lambda x: np.diag(x[:, 0])),
            )
        ],
        pytest.param(
            lambda x: np.repeat(x, [1, 2, 0], axis=0),
            PLAIN_ROWS,
            TraceError,
            id="repeat by an array",
        ),
        pytest.param(
            lambda x: np.concatenate([x, MATRIX]),
            "cannot join sizes n, 3 along one axis: a size is an integer or k * n. "
            "Join plain rows before the call.",
            ShapeError,
            id="concatenate",
        ),
        pytest.param(
            lambda x: x + MATRIX,
            "shapes (n, 4) and (3, 4) do not broadcast together: axis -2 has the sizes "
            "3 and n, and n fits n and 1 only. x[:, None] gives x another axis.",
            ShapeError,
            id="broadcast",
        ),
        pytest.param(
            lambda x: np.reshape(x, (12,)),
            "cannot reshape (n, 4), 4 * n values, to (12,), 12 values. Use x.shape[0] "
            "for the number of rows, or -1.",
            ShapeError,
            id="reshape",
        ),
        pytest.param(
            lambda x: np.reshape(x, (-1, 3)),
            "np.reshape: (n, 4) cannot be given the shape (-1, 3): its 4 * n values do "
            "not divide by 3.",
            ShapeError,
            id="reshape -1",
        ),
        pytest.param(
            lambda x: np.reshape(x @ x.T, -1),
            "the shape (n, n) has n in more than one place; a size is an integer or "
            "k * n.",
            ShapeError,
            id="n twice",
        ),
    ],
)
def test_the_number_of_rows(function, message, error):
    assert_refused(function, MATRIX, message, rows=True, error=error)


def test_another_array_cannot_have_n_rows():
    with pytest.raises(ShapeError) as caught:
        program_of(
            lambda x, w: np.reshape(w, (x.shape[0], -1)), MATRIX, MATRIX, symbolic=[0]
        )
    message = (
        "np.reshape: (3, 4) cannot be given the shape (n, -1): its 12 values do not "
        "divide by n."
    )
    assert str(caught.value) == f"{message}\n  {place_of(caught)}"


def test_the_number_of_rows_is_read_as_n_in_text():
    program_of(lambda x: x * len(f"{x.shape[0]}"), MATRIX, symbolic=[0])


# Shapes that do not fit -----------------------------------------------------------


@pytest.mark.parametrize(
    ("function", "message"),
    [
        pytest.param(
            lambda x: x @ x,
            "cannot multiply (3, 4) @ (3, 4): the last axis of the first is 4, the "
            "matching axis of the second is 3. `a @ b.T` would fit.",
            id="@",
        ),
        pytest.param(
            lambda x: x @ np.ones((3, 2)),
            "cannot multiply (3, 4) @ (3, 2): the last axis of the first is 4, the "
            "matching axis of the second is 3. `a.T @ b` would fit.",
            id="@ transposed",
        ),
        pytest.param(
            lambda x: x @ np.ones(3),
            "cannot multiply (3, 4) @ (3,): the last axis of the first is 4, the "
            "matching axis of the second is 3.",
            id="@ vector",
        ),
        pytest.param(
            lambda x: x @ 2.0,
            "`@` needs arrays of at least one dimension; use `*`.",
            id="@ number",
        ),
        pytest.param(
            lambda x: x + np.ones(3),
            "shapes (3, 4) and (3,) do not broadcast together: axis -1 has the sizes 3 "
            "and 4, and sizes must be equal or 1. x[:, None] gives x another axis.",
            id="+",
        ),
        pytest.param(
            lambda x: np.broadcast_to(x, (3, 5)),
            "shapes (3, 4) and (3, 5) do not broadcast together: axis -1 has the sizes "
            "4 and 5, and sizes must be equal or 1. x[:, None] gives x another axis.",
            id="broadcast_to",
        ),
        pytest.param(
            lambda x: np.broadcast_to(x, (4,)),
            "cannot broadcast (3, 4) to (4,).",
            id="broadcast_to fewer",
        ),
        pytest.param(
            lambda x: x.reshape(5, 2),
            "cannot reshape (3, 4), 12 values, to (5, 2), 10 values.",
            id="reshape",
        ),
        pytest.param(
            lambda x: x.reshape(5, -1),
            "np.reshape: (3, 4) cannot be given the shape (5, -1): its 12 values do "
            "not divide by 5.",
            id="reshape -1",
        ),
        pytest.param(
            lambda x: np.reshape(x, (-1, -1)),
            "np.reshape: only one size can be -1.",
            id="reshape -1 twice",
        ),
        pytest.param(
            lambda x: np.concatenate([x, x[:, :2]]),
            "cannot concatenate (3, 4) and (3, 2) along axis 0: the other axes differ.",
            id="concatenate",
        ),
        pytest.param(
            lambda x: np.concatenate([x, x[0]]),
            "np.concatenate: arrays must have one number of dimensions, at least 1; "
            "got (3, 4), (4,).",
            id="concatenate ranks",
        ),
        pytest.param(
            lambda x: np.split(x, 2),
            "np.split: axis 0 of (3, 4) cannot be split into 2 equal parts. Give the "
            "places to cut at, np.split(x, [2, 5]), or a number of parts that divides "
            "it.",
            id="split",
        ),
        pytest.param(
            lambda x: np.squeeze(x, 0),
            "np.squeeze: axis 0 of (3, 4) is not of size 1.",
            id="squeeze",
        ),
        pytest.param(
            lambda x: np.transpose(x, (0, 0)),
            "transpose: an axis is named twice in (0, 0).",
            id="transpose twice",
        ),
        pytest.param(
            lambda x: np.transpose(x, (0,)),
            "np.transpose: axes (0,) must name each of the 2 axes once.",
            id="transpose too few",
        ),
        pytest.param(
            lambda x: np.sum(x, axis=2),
            "sum: axis 2 does not exist in an array of 2 dimensions.",
            id="axis",
        ),
        pytest.param(
            lambda x: x.mean(axis=(1, -1)),
            "mean: an axis is named twice in (1, -1).",
            id="axis twice",
        ),
        pytest.param(
            lambda x: np.max(x[:0], axis=0),
            "an array of shape (0, 4) has no largest or smallest value along an axis "
            "of size 0.",
            id="max of nothing",
        ),
        pytest.param(
            lambda x: np.einsum("ijk->k", x),
            "np.einsum: 'ijk->k' is for arrays of 3 dimensions; the operands have 2.",
            id="einsum ranks",
        ),
        pytest.param(
            lambda x: np.einsum("ij->ik", x),
            "np.einsum: 'ij->ik' must name on the right, at most once each, letters "
            "that stand on the left.",
            id="einsum right",
        ),
        pytest.param(
            lambda x: np.einsum("ij,jk->ik", x, x),
            "einsum 'ij,jk->ik': the index 'j' is 4 in one operand and 3 in another.",
            id="einsum sizes",
        ),
        pytest.param(
            lambda x: np.einsum("...->", x),
            "np.einsum: '...->' sums over the axes that `...` stands for. Name them "
            "with letters, or put `...` on the right.",
            id="einsum ellipsis lost",
        ),
        pytest.param(
            lambda x: np.einsum("ii", x),
            "np.einsum: 'ii' names two axes of one operand 'i', and they have 3 and 4 "
            "values.",
            id="einsum ii",
        ),
        pytest.param(
            lambda x: np.einsum("i1", x),
            "np.einsum: 'i1' may hold letters, commas, `...` and `->` alone.",
            id="einsum letters",
        ),
        pytest.param(
            lambda x: np.einsum("...ijk", x),
            "np.einsum: '...ijk' is for arrays of 3 or more dimensions; the operands "
            "have 2.",
            id="einsum ellipsis ranks",
        ),
        pytest.param(
            lambda x: np.matrix_transpose(x[0]),
            "matrix_transpose: expected at least 2 dimensions, got shape (4,).",
            id="matrix_transpose",
        ),
        pytest.param(
            lambda x: np.moveaxis(x, [0, 1], [0]),
            "moveaxis: 2 axes cannot go to 1 places.",
            id="moveaxis",
        ),
        pytest.param(
            lambda x: np.rot90(x, axes=(0,)),
            "rot90: axes must be two axes, got (0,).",
            id="rot90",
        ),
        pytest.param(
            lambda x: np.meshgrid(x[0], indexing="yx"),
            "np.meshgrid: indexing must be 'xy' or 'ij', got 'yx'.",
            id="meshgrid",
        ),
        pytest.param(
            lambda x: np.block([x, [x]]),
            "np.block: all blocks must stand at the same depth of lists.",
            id="block",
        ),
        pytest.param(
            lambda x: np.block([[x], []]),
            "np.block: a list of blocks is empty.",
            id="block of nothing",
        ),
        pytest.param(
            lambda x: np.array_split(x, 0),
            "np.array_split: the number of parts must be 1 or more, got 0.",
            id="array_split",
        ),
        pytest.param(
            lambda x: np.dsplit(x, 2),
            "np.dsplit: expected an array of at least 3 dimensions, got shape (3, 4).",
            id="dsplit",
        ),
        pytest.param(
            lambda x: np.vsplit(x[0], 2),
            "np.vsplit: expected an array of at least 2 dimensions, got shape (4,).",
            id="vsplit",
        ),
        pytest.param(
            lambda x: np.pad(x, -1),
            "np.pad: pad_width must be integers, 0 or more, got -1.",
            id="pad width",
        ),
        pytest.param(
            lambda x: np.pad(x[:0], 1, mode="edge"),
            "np.pad: can't extend empty axis 0 using modes other than 'constant' or "
            "'empty'.",
            id="pad nothing",
        ),
        pytest.param(
            lambda x: np.delete(x, 7, axis=1),
            "np.delete: index 7 is out of bounds for axis 0 with size 4.",
            id="delete",
        ),
        pytest.param(
            lambda x: np.select([x > 0], []),
            "np.select: 1 conditions and 0 choices; give as many of each, at least "
            "one.",
            id="select",
        ),
        pytest.param(
            lambda x: np.partition(x, 4),
            "np.partition: kth=4 is out of bounds for an axis of 4 values.",
            id="partition",
        ),
        pytest.param(
            lambda x: np.searchsorted(x, 1.0),
            "np.searchsorted: the sorted values must have one dimension, got shape "
            "(3, 4).",
            id="searchsorted",
        ),
        pytest.param(
            lambda x: np.take_along_axis(x, np.array([0, 1]), axis=0),
            "np.take_along_axis: the array and the indices must have one number of "
            "dimensions, got (3, 4) and (2,).",
            id="take_along_axis",
        ),
        pytest.param(
            lambda x: np.lib.stride_tricks.sliding_window_view(x, 5, axis=1),
            "sliding_window_view: a window of 5 does not fit axis 1 of (3, 4); it can "
            "have 0 to 4 values.",
            id="window too large",
        ),
        pytest.param(
            lambda x: np.lib.stride_tricks.sliding_window_view(x, 2),
            "sliding_window_view: 1 window sizes for 2 axes. Name the axes, axis=1, or "
            "give each a size.",
            id="window sizes",
        ),
        pytest.param(
            lambda x: np.diff(x[0, 0]),
            "np.diff: expected an array of at least one dimension.",
            id="diff",
        ),
        pytest.param(
            lambda x: np.gradient(x, 1.0, 2.0, 3.0),
            "np.gradient: 3 spacings for 2 axes. Give one number, or a number or "
            "coordinates for each axis.",
            id="gradient spacings",
        ),
        pytest.param(
            lambda x: np.gradient(x, [0.0, 1.0], axis=1),
            "np.gradient: the coordinates of axis 1 must be 4 values, got shape (2,).",
            id="gradient coordinates",
        ),
        pytest.param(
            lambda x: np.gradient(x[:1]),
            "np.gradient: axis 0 has 1 values; it needs at least 2 with edge_order=1.",
            id="gradient of one",
        ),
        pytest.param(
            lambda x: np.cross(x, x),
            "np.cross: vectors of 4 and 4 values; both must have 3. Of two values "
            "each, the third is a[0] * b[1] - a[1] * b[0].",
            id="cross",
        ),
        pytest.param(
            lambda x: np.linalg.multi_dot([x]),
            "np.linalg.multi_dot: expected at least two arrays.",
            id="multi_dot of one",
        ),
        pytest.param(
            lambda x: np.linalg.multi_dot([x, x[0], x]),
            "np.linalg.multi_dot: expected matrices, the first and the last may be "
            "vectors; got (3, 4), (4,), (3, 4).",
            id="multi_dot",
        ),
        pytest.param(
            lambda x: np.linalg.matrix_power(x, 2),
            "np.linalg.matrix_power: expected square matrices, (..., k, k), got shape "
            "(3, 4).",
            id="matrix_power",
        ),
        *[
            pytest.param(
                getattr(np.linalg, name),
                f"np.linalg.{name}: expected square matrices, (..., k, k), got shape "
                "(3, 4).",
                id=name,
            )
            for name in ("inv", "det", "slogdet", "cholesky", "eigh")
        ],
        pytest.param(
            lambda x: np.linalg.solve(x, x),
            "np.linalg.solve: expected square matrices, (..., k, k), got shape (3, 4).",
            id="solve",
        ),
        pytest.param(
            lambda x: np.linalg.solve(x @ x.T, x.T),
            "np.linalg.solve: (3, 3) and (4, 3) do not fit: the matrix has 3 rows, the "
            "right side 4.",
            id="solve sizes",
        ),
        pytest.param(
            lambda x: np.linalg.pinv(x[0]),
            "np.linalg.pinv: expected matrices, (..., rows, columns), got shape (4,).",
            id="pinv",
        ),
        pytest.param(
            lambda x: np.diagonal(x[0]),
            "np.diagonal: expected an array of at least 2 dimensions, got shape (4,).",
            id="diagonal",
        ),
        pytest.param(
            lambda x: np.diag(x[None]),
            "np.diag: expected 1 or 2 dimensions, got shape (1, 3, 4).",
            id="diag",
        ),
        pytest.param(
            lambda x: np.tril(x[0, 0]),
            "np.tril: expected an array of at least one dimension.",
            id="tril",
        ),
        pytest.param(
            lambda x: len(x[0, 0]),
            "len(x) of a single number: it has no dimensions.",
            id="len",
        ),
    ],
)
def test_shapes_that_do_not_fit(function, message):
    assert_refused(function, MATRIX, message, error=ShapeError)


# Values of other kinds ------------------------------------------------------------

TO_FLOAT = "Convert it first: array.astype(np.float64)."
GIVE_NUMBERS = "Give numbers."


@pytest.mark.parametrize(
    ("value", "what", "repair"),
    [
        (np.ones(4, np.complex128), "an array of dtype complex128", TO_FLOAT),
        (np.ones(4, np.float16), "an array of dtype float16", TO_FLOAT),
        (np.float16(1), "an array of dtype float16", TO_FLOAT),
        (np.array([1, None], object), "an array of dtype object", GIVE_NUMBERS),
        (np.array(["a", "b"]), "an array of dtype <U1", GIVE_NUMBERS),
        (
            np.array(["2020"], "datetime64[Y]"),
            "an array of dtype datetime64[Y]",
            GIVE_NUMBERS,
        ),
        ("text", "a value of type str", GIVE_NUMBERS),
        ({"a": 1}, "a value of type dict", GIVE_NUMBERS),
        (1j, "a value of type complex", GIVE_NUMBERS),
        (None, "a value of type NoneType", "Does a function end without return?"),
    ],
    ids=lambda value: str(getattr(value, "dtype", type(value).__name__)),
)
def test_values_of_other_kinds(value, what, repair):
    assert_refused(lambda x: x * value, FOUR, refused(what, DTYPES, repair))


def test_a_masked_array_would_lose_its_mask():
    masked = np.ma.masked_array(FOUR, [0, 1, 0, 0])
    message = refused(
        "a masked array",
        "a program has no masks",
        "Fill it, array.filled(0), and multiply by where it is valid.",
    )
    assert_refused(lambda x: np.multiply(x, masked), FOUR, message)


@pytest.mark.parametrize("dtype", [np.float16, np.complex64, "S3"], ids=str)
def test_asking_for_another_dtype(dtype):
    message = refused(f"the dtype {np.dtype(dtype)}", DTYPES, "Ask for one of those.")
    assert_refused(lambda x: x.astype(dtype), FOUR, message)
    assert_refused(lambda x: np.zeros_like(x, dtype=dtype), FOUR, message)


def test_an_operation_that_gives_float16():
    message = refused(
        "np.exp of uint8",
        f"it gives float16, and {DTYPES}",
        "Convert first: x.astype(np.float32).",
    )
    assert_refused(lambda x: np.exp(x) + 1, np.array([1, 2], np.uint8), message)


# Functions that are not functions of their arguments ------------------------------


def test_an_array_kept_from_an_earlier_trace():
    kept = []

    def leak(x):
        kept.append(x)
        return kept[0] * x

    message = refused(
        "an array that was kept from an earlier trace",
        "a traced array stands for a value only while its function runs",
        "Return what you need from the function instead of storing it.",
    )
    assert_refused(leak, FOUR, message)


def varies(difference):
    return refused(
        "a function that gives another program each time it runs",
        f"{difference} (a call of np.random, a clock, a counter?)",
        "Give what varies as an argument; in a layer, draw with run.random(shape).",
    )


def assert_varies(function, difference, line):
    """The place is the line of the function, counted from its first, that varies."""
    with pytest.raises(TraceError) as caught:
        gp.gradient(function)(2.0)
    number = function.__code__.co_firstlineno + line
    text = linecache.getline(__file__, number).strip()
    place = f"{__file__}:{number}: {text}"
    assert str(caught.value) == f"{varies(difference)}\n  {place}"


def test_random_numbers_of_numpys():
    generator = np.random.default_rng(0)
    first, second = np.random.default_rng(0).random(2)

    def with_a_number(x):
        drawn = generator.random()
        return np.sin(x) + x * drawn

    assert_varies(
        with_a_number, f"a constant {first} in one run is {second} in the next", 2
    )
    many = np.random.default_rng(0)
    drawn = [np.random.default_rng(0).normal(size=(2, 9))[at] for at in (0, 1)]
    texts = [np.array2string(one, threshold=4, edgeitems=2) for one in drawn]

    def with_an_array(x):
        x = x * np.arange(9.0)
        return np.sum(x * many.normal(size=9))

    assert_varies(
        with_an_array, f"a constant {texts[0]} in one run is {texts[1]} in the next", 2
    )


def test_a_counter_that_changes_a_number():
    calls = []

    def counter(x):
        calls.append(1)
        return x * len(calls)

    assert_varies(counter, "a constant 1.0 in one run is 2.0 in the next", 2)


def test_a_counter_that_changes_the_number_of_operations():
    calls = []

    def counter(x):
        calls.append(1)
        for _ in calls:
            x = np.sin(x)
        return x

    with pytest.raises(TraceError) as caught:
        gp.gradient(counter)(2.0)
    message = varies("one run had 5 operations, the next 8")
    assert str(caught.value) == f"{message}\n  {place_of(caught)}"


def test_a_counter_that_changes_an_operation():
    calls = []

    def counter(x):
        calls.append(1)
        return np.sin(x) if len(calls) % 2 else np.exp(x)

    with pytest.raises(TraceError) as caught:
        program_of(counter, NUMBER)
    message = varies("np.sin in one run is np.exp in the next")
    assert str(caught.value).splitlines()[0] == message


def test_results_that_change_places():
    calls = []

    def counter(x):
        calls.append(1)
        one = np.sin(x)
        two = np.cos(one)
        return [one, two] if len(calls) % 2 else [two, one]

    with pytest.raises(TraceError) as caught:
        program_of(counter, NUMBER)
    message = varies("the results come in another order")
    assert str(caught.value).splitlines()[0] == message


def test_nan_is_the_same_in_both_runs():
    program_of(lambda x: x * np.nan + np.array([np.nan, 1.0, 2.0, 3.0]), FOUR)


# Python's own protocols ----------------------------------------------------------


def test_an_array_is_its_own_copy():
    def function(x):
        assert copy.copy(x) is x
        assert copy.deepcopy({"a": [x]})["a"][0] is x
        return x * 1.5

    program_of(function, FOUR)


@pytest.mark.parametrize(
    "function",
    [
        pytest.param(lambda x: {x: 1}, id="dict"),
        pytest.param(lambda x: {x}, id="set"),
        pytest.param(lambda x: x in {1.0, 2.0}, id="in a set"),
    ],
)
def test_an_array_has_no_hash(function):
    message = refused(
        "an array in a set or as the key of a dict",
        UNKNOWN,
        "Use a list, or a dict with names as keys.",
    )
    assert_refused(function, NUMBER, message)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_an_array_cannot_be_pickled(protocol):
    message = refused(
        "pickling an array",
        "a traced array stands for a value only while its function runs",
        "Save what the function returns, after the call.",
    )
    assert_refused(lambda x: pickle.dumps(x, protocol), FOUR, message)


def test_an_attribute_that_no_array_has():
    def misspelled(x):
        return x.shpae

    with pytest.raises(AttributeError) as caught:
        program_of(misspelled, FOUR)
    assert str(caught.value) == (
        "an array has no attribute 'shpae'. Did you mean 'shape'?"
    )
    program_of(lambda x: x * (not hasattr(x, "to_numpy")), FOUR)
    program_of(lambda x: x * (not hasattr(x, "__array_interface__")), FOUR)


def test_arrays_and_rows_have_a_text():
    texts = []

    def function(x):
        z = x * 2
        texts.extend([repr(x), str(z), repr(x.shape)])
        return z

    program_of(function, MATRIX, symbolic=[0])
    assert texts[:3] == [
        "Array(<input 'x0' (n, 4) float64>)",
        "Array(<multiply (n, 4) float64>)",
        "(n, 4)",
    ]


# Transforms -----------------------------------------------------------------------


def nothing(x):
    x + 1


def pair(x):
    return x, x


def text_of(x):
    return "text"


def squares(x):
    return x * x


def counted(x):
    return np.sum(x > 0)


@pytest.mark.parametrize(
    ("transform", "function", "argument", "message"),
    [
        (
            gp.gradient,
            squares,
            FOUR,
            "the gradient of squares needs one number, got an array of shape (4,). Sum "
            "or average it, or use jacobian.",
        ),
        (
            gp.gradient,
            nothing,
            FOUR,
            "the gradient of nothing needs one array, got nothing. End it with a "
            "return.",
        ),
        (
            gp.value_and_gradient,
            pair,
            FOUR,
            "the gradient of pair needs one array, got a tuple. Return one array; "
            "np.stack and np.concatenate join several.",
        ),
        (
            gp.jacobian,
            text_of,
            FOUR,
            "the Jacobian of text_of needs one array, got a str. Return one array; "
            "np.stack and np.concatenate join several.",
        ),
        (
            gp.gradient,
            counted,
            FOUR,
            "counted gives int64, which has no derivative with respect to x. It should "
            "give floats.",
        ),
        (
            gp.gradient,
            np.sum,
            np.arange(3),
            "the gradient with respect to 'a' needs an array of floats, got int64. "
            "Convert it first, a.astype(np.float64), or choose other arguments with "
            "wrt.",
        ),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_functions_that_have_no_derivative(transform, function, argument, message):
    with pytest.raises(GlasspropError) as caught:
        transform(function)(argument)
    assert str(caught.value) == f"{message}\n  {place_of(caught)}"


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (
            np.ones(3, np.float16),
            "the argument 'x' of squares cannot be an array of dtype float16: traced "
            "functions calculate with booleans, integers, float32 and float64. Convert "
            "it first: array.astype(np.float64).",
        ),
        (
            np.ones(3, complex),
            "the argument 'x' of squares cannot be an array of dtype complex128: "
            "traced functions calculate with booleans, integers, float32 and float64. "
            "Convert it first: array.astype(np.float64).",
        ),
        (
            np.ma.masked_array([1.0, 2.0], [0, 1]),
            "the argument 'x' of squares cannot be a masked array: a program has no "
            "masks. Fill it, array.filled(0), and multiply by where it is valid.",
        ),
        (
            "mean",
            "the argument 'x' of squares cannot be a value of type str: traced "
            "functions calculate with booleans, integers, float32 and float64. An "
            "argument that is not of numbers belongs to the function: "
            "functools.partial(squares, x=...).",
        ),
        (
            None,
            "the argument 'x' of squares cannot be a value of type NoneType: traced "
            "functions calculate with booleans, integers, float32 and float64. An "
            "argument that is not of numbers belongs to the function: "
            "functools.partial(squares, x=...).",
        ),
    ],
    ids=["float16", "complex", "masked", "text", "None"],
)
def test_arguments_of_other_kinds(value, message):
    with pytest.raises(TraceError) as caught:
        gp.gradient(squares)(value)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    "transform", [gp.gradient, gp.value_and_gradient, gp.jacobian, gp.hessian]
)
@pytest.mark.parametrize("value", [3, np.ones(2)], ids=["number", "array"])
def test_what_is_no_function_is_not_differentiated(transform, value):
    name = transform.__name__
    with pytest.raises(TraceError) as caught:
        transform(value)
    assert str(caught.value) == (
        f"glassprop.{name} takes a function, got a value of type "
        f"{type(value).__name__}. Give the function, and call what comes back: "
        f"glassprop.{name}(f)(x)."
    )


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: gp.gradient(squares)(2),
            "the gradient with respect to 'x' needs floats, got the int 2. Pass 2.0.",
        ),
        (
            lambda: gp.hessian(squares)(True),
            "the gradient with respect to 'x' needs floats, got the bool True. Pass "
            "1.0.",
        ),
        (
            lambda: gp.gradient(lambda p: p["w"] * p["b"][0])({"w": 1.0, "b": [3]}),
            "the gradient with respect to 'p.b.0' needs floats, got the int 3. Pass "
            "3.0.",
        ),
    ],
    ids=["int", "bool", "nested"],
)
def test_a_python_int_is_not_differentiated(call, message):
    with pytest.raises(TraceError) as caught:
        call()
    assert str(caught.value) == message


def test_an_index_that_is_too_large_when_a_program_runs():
    def picked(x, at):
        return np.sum(x[at] * x[at])

    slope = gp.gradient(picked)
    x, far = np.arange(3.0), np.array([0, 7])
    slope(x, np.array([0, 2]))
    with pytest.raises(ShapeError) as caught:
        slope(x, far)
    source = slope.source(x, far)
    message, _, place = str(caught.value).partition("\n  ")
    assert message == (
        "gradient_of_picked: index 7 is out of bounds for axis 0 with size 3."
    )
    file, line, text = place.split(":", 2)
    assert file.startswith("<glassprop gradient ")
    assert source.splitlines()[int(line) - 1].strip() == text.strip()
    assert "[at]" in text


def test_the_repair_for_picking_from_a_plain_array_works():
    a = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    row, rows = np.int64(2), np.array([1, 1, 0])

    def picked(x):
        return [
            (x[..., None] == np.arange(3)) @ a,
            (x[..., None] == np.arange(3)) @ [1.0, 2.0, 3.0],
            x[..., None] == np.arange(3),
        ]

    for at in (row, rows):
        found = interpreted(program_of(picked, at), at)
        for one, expected in zip(
            found, (a[at], np.array([1.0, 2.0, 3.0])[at], np.eye(3)[at]), strict=True
        ):
            np.testing.assert_array_equal(one, expected)


def test_the_repair_for_picking_a_value_of_each_row_works():
    z, y = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([1, 0])

    def picked(z):
        return np.sum(np.take_along_axis(z, y[:, None], axis=1)[:, 0])

    np.testing.assert_array_equal(gp.gradient(picked)(z), [[0, 1], [1, 0]])

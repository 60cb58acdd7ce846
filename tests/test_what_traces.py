"""The page of what traces, and the names that HIPS/autograd checks."""

import re

import numpy as np
import pytest

import glassprop as gp
import pages
from glassprop.errors import GlasspropError
from glassprop.numpy_functions import FAMILIES, FUNCTIONS, UFUNCS, family_of
from glassprop.refusals import function_name
from test_trace import FUNCTION_EXAMPLES, UFUNC_EXAMPLES, is_smooth

PAGE = pages.ROOT / "docs" / "what_traces.md"
TEXT = PAGE.read_text(encoding="utf-8")
ENOUGH = 0.95
# Functions that autograd checks and that have slope 0, or give no floats.
FLAT = {"all", "any"}


@pytest.fixture(scope="module")
def page():
    """Run the page and give what it defines."""
    with pages.page_module(PAGE) as namespace:
        for block in pages.parse(TEXT, PAGE.name):
            if block.runs:
                pages.run_block(block, PAGE, namespace)
    return namespace


def test_the_same_names_trace_as_in_autograd(page):
    assert len(set(page["CHECKED_THERE"])) == len(page["CHECKED_THERE"])
    assert len(page["tracing"]) >= ENOUGH * len(page["known"])


def test_the_gradient_of_every_name_that_traces_is_checked(page):
    for name in page["tracing"] - FLAT:
        function = page["TRACED_BY_ANOTHER"].get(name, getattr(np, name))
        examples = {**UFUNC_EXAMPLES, **FUNCTION_EXAMPLES}[function]
        assert any(is_smooth(one) for one in examples), name


def test_every_option_that_the_page_says_is_refused_is(page):
    x = np.ones((2, 3))
    for call in page["REFUSED"]:
        function = eval(f"lambda x: np.sum({call})", {"np": np})
        with pytest.raises(GlasspropError) as caught:
            gp.gradient(function)(x)
        said = str(caught.value).splitlines()[0]
        assert f"{call} {said}" in " ".join(TEXT.split())


def test_the_page_says_why_the_others_do_not(page):
    rows = re.findall(r"^\| `np\.(\w+)` \| .+ \| `.+` \|$", TEXT, re.MULTILINE)
    assert set(rows) == set(page["CHECKED_THERE"]) - page["tracing"]


@pytest.mark.parametrize(
    ("name", "repair"),
    re.findall(r"^\| `np\.(\w+)` \| .+ \| `(.+)` \|$", TEXT, re.MULTILINE),
)
def test_what_the_page_writes_instead_traces(name, repair):
    from test_trace import program_of, run_both

    def instead(x, y):
        return eval(repair, {"np": np, "x": x, "y": y, "k": 3})

    x, y = np.array([1.5, -1.0, 0.5]), np.array([2.0, 3.0, 0.0])
    meant = {
        "array": np.array([x, y]),
        "r_": np.r_[x, y],
        "c_": np.c_[x, y],
        "int64": np.int64(x),
        "msort": np.sort(x, axis=0),
        "make_diagonal": np.diag(x),
    }
    found = run_both(program_of(instead, x, y), x, y)[0]
    np.testing.assert_array_equal(found, meant[name])


def test_every_function_belongs_to_one_family():
    tables = [
        {**one.FUNCTIONS, **getattr(one, "UFUNCS", {})} for one in FAMILIES.values()
    ]
    every = [function for table in tables for function in table]
    assert len(every) == len(set(every))
    for function in (*FUNCTIONS, *UFUNCS):
        assert family_of(function) in FAMILIES


def test_the_page_names_every_function_that_traces():
    for function in (*FUNCTIONS, *UFUNCS):
        assert re.search(rf"{re.escape(function_name(function))}\b", TEXT)

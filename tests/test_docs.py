"""Every page of the documentation runs, and prints what it shows."""

import ast
import re
import sys
import traceback
from pathlib import Path

import numpy as np
import pytest

import pages

HOW_IT_WORKS = pages.ROOT / "docs" / "how_it_works.md"


@pytest.mark.no_cover
@pytest.mark.parametrize("page", pages.pages(), ids=pages.place_of)
def test_page_prints_what_it_shows(page, tmp_path):
    pages.check_page(page, tmp_path)


# The runner -----------------------------------------------------------------------


@pytest.fixture
def page(tmp_path):
    """Write a page outside the folder that it runs in; ~ stands for a back quote."""

    def write(text):
        path = tmp_path / "page.md"
        path.write_text(text.replace("~", "`"), encoding="utf-8")
        return path

    return write


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "work"
    path.mkdir()
    return path


RIGHT = """\
# A page

~~~python
def double(x):
    return 2 * x
~~~

With words between, a block is not taken for what the last one prints.

~~~text
a drawing
~~~
"""


def test_right_page_passes(page, folder):
    text = RIGHT + "\n~~~python\nprint(double(4))\n~~~\n\n~~~text\n8\n~~~\n"
    pages.check_page(page(text), folder)


def test_mismatch_fails_with_a_diff_in_the_lines_of_the_page(page, folder):
    path = page(
        RIGHT + "\n~~~python\nprint(double(4))\nprint('end')\n~~~\n\n"
        "~~~text\n9\nend\n~~~\n\nMore words.\n"
    )
    place = path.as_posix()
    with pytest.raises(pages.PageError) as failure:
        pages.check_page(path, folder)
    assert str(failure.value) == (
        f"{place} shows something else than its code prints:\n"
        f"--- {place}\n"
        f"+++ {place}, run\n"
        "@@ -17,7 +17,7 @@\n"
        " ```\n"
        " \n"
        " ```text\n"
        "-9\n"
        "+8\n"
        " end\n"
        " ```\n"
        " \n"
        "If the code is right, run: "
        f"python tests/pages.py --write {place}"
    )
    assert path.read_text(encoding="utf-8").splitlines()[20 - 1] == "9"


@pytest.mark.parametrize(
    ("text", "difference"),
    [
        (
            "~~~python\nprint('seen')\n~~~\n",
            "@@ -1,3 +1,7 @@\n ```python\n print('seen')\n ```\n"
            "+\n+```text\n+seen\n+```",
        ),
        (
            "~~~python\nx = 1\n~~~\n~~~text\nseen\n~~~\n",
            "@@ -1,6 +1,3 @@\n ```python\n x = 1\n ```\n-```text\n-seen\n-```",
        ),
    ],
    ids=["prints what is not shown", "shows what is not printed"],
)
def test_output_on_one_side_only_fails(page, folder, text, difference):
    path = page(text)
    place = path.as_posix()
    with pytest.raises(pages.PageError) as failure:
        pages.check_page(path, folder)
    assert str(failure.value) == (
        f"{place} shows something else than its code prints:\n"
        f"--- {place}\n+++ {place}, run\n{difference}\n"
        f"If the code is right, run: python tests/pages.py --write {place}"
    )


@pytest.mark.parametrize("info", ["text", "output", "python output", "json output"])
@pytest.mark.parametrize("between", ["", "\n", "\n\n"])
def test_every_kind_of_output_block_is_compared(page, folder, info, between):
    text = f"~~~python\nprint('a\\n b  \\n')\n~~~\n{between}~~~{info}\na\n b\n~~~\n"
    pages.check_page(page(text), folder)
    with pytest.raises(pages.PageError):
        pages.check_page(page(text.replace(" b\n", "b\n")), folder)


def test_only_python_runs(page, folder):
    text = "".join(
        f"~~~{info}\nraise SystemExit\n~~~\n\n~~~text\nanything\n~~~\n\n"
        for info in ["python no-run", "console", "toml", "", "text"]
    )
    pages.check_page(page(text), folder)


def test_blocks_share_a_namespace_and_pages_do_not(page, folder):
    first = page("~~~python\nx = 1\n~~~\n\n~~~python\nprint(x)\n~~~\n~~~text\n1\n~~~\n")
    pages.check_page(first, folder)
    with pytest.raises(NameError):
        pages.check_page(page("~~~python\nprint(x)\n~~~\n"), folder)


def test_traceback_points_to_the_line_of_the_page(page, folder):
    path = page("# Title\n\n~~~python\ndef f(x):\n    return 1 / x\n\n\nf(0)\n~~~\n")
    with pytest.raises(ZeroDivisionError) as failure:
        pages.check_page(path, folder)
    frames = traceback.extract_tb(failure.value.__traceback__)[-2:]
    assert [(frame.filename, frame.lineno, frame.line) for frame in frames] == [
        (str(path), 8, "f(0)"),
        (str(path), 5, "return 1 / x"),
    ]


def test_warnings_are_errors(page, folder):
    text = "~~~python\nimport numpy as np\nnp.log(np.zeros(1))\n~~~\n"
    with pytest.raises(RuntimeWarning, match="^divide by zero encountered in log$"):
        pages.check_page(page(text), folder)


def test_indented_and_nested_fences(page, folder):
    path = page(
        "- An item:\n\n  ~~~python\n  if True:\n      print('~~~')\n  ~~~\n\n"
        "  ~~~~output\n  ~~~\n  ~~~~\n"
    )
    pages.check_page(path, folder)


@pytest.mark.parametrize("info", ["py", "Python", "python3", "python norun"])
def test_python_that_would_be_passed_over_is_refused(page, folder, info):
    path = page(f"Words.\n\n~~~{info}\nx = 1\n~~~\n")
    with pytest.raises(pages.PageError) as failure:
        pages.check_page(path, folder)
    assert str(failure.value) == (
        f"{path.as_posix()}, line 3: expected ```python (run), ```python no-run (shown "
        "only) or ```python output (what the block before it prints), "
        f"got ```{info}"
    )


def test_open_fence_is_refused(page, folder):
    path = page("Words.\n\n~~~~python\nx = 1\n~~~\n")
    with pytest.raises(pages.PageError) as failure:
        pages.check_page(path, folder)
    assert str(failure.value) == (
        f"{path.as_posix()}, line 3: the block that opens here is never closed. "
        "End it with a line ````"
    )


def test_pages_work_in_their_folder_and_leave_nothing(page, folder):
    path = page(
        "~~~python\nimport os\nfrom pathlib import Path\nimport numpy as np\n"
        "Path('written.txt').write_text('x')\n"
        "print(os.path.samefile('.', Path(__file__).parent / 'work'))\n"
        "print(sorted(os.listdir('examples')) == sorted(examples))\n"
        "np.set_printoptions(precision=1)\nnp.seterr(all='ignore')\n"
        "os.environ['LEFT'] = 'behind'\n~~~\n~~~text\nTrue\nTrue\n~~~\n".replace(
            "sorted(examples)", repr(names_in_examples())
        )
    )
    before = (Path.cwd(), np.get_printoptions(), np.geterr(), set(sys.modules))
    pages.check_page(path, folder)
    after = (Path.cwd(), np.get_printoptions(), np.geterr(), set(sys.modules))
    assert after == before
    assert (folder / "written.txt").read_text() == "x"


def names_in_examples():
    examples = (pages.ROOT / "examples").iterdir()
    return sorted(path.name for path in examples if path.name != "__pycache__")


STALE = """\
~~~python
print("new")
~~~

~~~python output
old
~~~

~~~python
print("~~~")
~~~

- Words.

  ~~~python
  print("a\\n\\nb")
  ~~~
"""

WRITTEN = """\
~~~python
print("new")
~~~

~~~python output
new
~~~

~~~python
print("~~~")
~~~

~~~~text
~~~
~~~~

- Words.

  ~~~python
  print("a\\n\\nb")
  ~~~

  ~~~text
  a

  b
  ~~~
"""


def test_write_puts_in_what_is_printed(page, folder):
    path = page(STALE)
    assert pages.write_page(path, folder)
    assert path.read_text(encoding="utf-8") == WRITTEN.replace("~", "`")
    assert not pages.write_page(path, folder)
    pages.check_page(path, folder)


def test_command_line(page, capsys):
    path = page("~~~python\nprint(1)\n~~~\n")
    place = path.as_posix()
    assert pages.main([str(path)]) == 1
    assert capsys.readouterr().out == (
        f"{place} shows something else than its code prints:\n"
        f"--- {place}\n+++ {place}, run\n"
        "@@ -1,3 +1,7 @@\n ```python\n print(1)\n ```\n+\n+```text\n+1\n+```\n"
        f"If the code is right, run: python tests/pages.py --write {place}\n"
    )
    assert pages.main(["--write", str(path)]) == 0
    assert capsys.readouterr().out == f"{path}: written\n"
    assert pages.main(["--write", str(path)]) == 0
    assert capsys.readouterr().out == f"{path}: right\n"
    assert pages.main([str(path)]) == 0
    assert capsys.readouterr().out == f"{path}: right\n"


# How it works: the small compiler on that page ------------------------------------


@pytest.fixture(scope="module")
def how_it_works():
    """Run the page and give what it defines."""
    text = HOW_IT_WORKS.read_text(encoding="utf-8")
    with pages.page_module(HOW_IT_WORKS) as namespace:
        for block in pages.parse(text, HOW_IT_WORKS.name):
            if block.runs:
                pages.run_block(block, HOW_IT_WORKS, namespace)
    return namespace


def test_the_page_says_how_many_lines_it_has():
    text = HOW_IT_WORKS.read_text(encoding="utf-8")
    code = [block.body for block in pages.parse(text, "page") if block.runs]
    lines = sum(
        bool(line.strip()) and not line.strip().startswith('"""')
        for body in code
        for line in body.splitlines()
    )
    said = re.findall(r"in (\d+) lines of Python, examples included", text)
    assert said == [str(lines)]
    assert 130 <= lines <= 170


def test_the_page_imports_only_numpy():
    text = HOW_IT_WORKS.read_text(encoding="utf-8")
    modules = {
        getattr(statement, "module", None) or statement.names[0].name
        for block in pages.parse(text, "page")
        if block.runs
        for statement in ast.walk(ast.parse(block.body))
        if isinstance(statement, ast.Import | ast.ImportFrom)
    }
    assert modules - sys.stdlib_module_names == {"numpy"}


# For each row of the page's table: shapes of the arrays, then how they are used.
ROWS = {
    "add": [(((2, 3), (3,)), np.add), (((2, 1), (4, 1, 3)), np.add)],
    "subtract": [(((2, 3), (1, 3)), np.subtract), (((), (2, 3)), np.subtract)],
    "multiply": [(((2, 3), (2, 1)), np.multiply), (((3,),), lambda x: 2 * x)],
    "divide": [(((3,), (2, 3)), np.divide), (((2, 1), (3,)), np.divide)],
    "negative": [(((2, 3),), np.negative)],
    "exp": [(((2, 3),), np.exp)],
    "sigmoid": [],  # the page's own, added below
    "matmul": [(((2, 3), (3, 4)), np.matmul)],
    "transpose": [(((2, 3),), np.transpose)],
    "sum": [
        (((2, 3),), np.sum),
        (((3, 3),), lambda x: np.sum(x, axis=0)),
        (((3, 3),), lambda x: np.sum(x, axis=1)),
        (((2, 3, 4),), lambda x: np.sum(x, axis=(0, 2))),
        (((2, 3),), lambda x: np.sum(x, axis=-1, keepdims=True)),
        (((2, 3),), lambda x: np.sum(x, keepdims=True)),
    ],
    "expand_dims": [(((2, 3),), lambda x: np.expand_dims(x, axis=1))],
    "broadcast_to": [(((3, 1),), lambda x: np.broadcast_to(x, (2, 3, 4)))],
}


def test_every_row_of_the_page_has_a_case(how_it_works):
    assert {function.__name__ for function in how_it_works["vjps"]} == set(ROWS)


@pytest.mark.parametrize(
    ("row", "number"),
    [(row, number) for row, uses in ROWS.items() for number in range(len(uses) or 1)],
)
def test_slopes_of_the_page_to_second_order(how_it_works, row, number):
    uses = ROWS[row] or [(((2, 3),), how_it_works[row])]
    shapes, function = uses[number]
    node, gradients = how_it_works["Node"], how_it_works["gradients"]
    random = np.random.default_rng(0)
    arrays = {f"x{i}": random.uniform(0.5, 2, shape) for i, shape in enumerate(shapes)}
    inputs = {name: node(array.shape) for name, array in arrays.items()}
    value = function(*inputs.values())
    fixed = {"weight": random.standard_normal(value.shape)}
    fixed |= {
        f"to_{name}": random.standard_normal(a.shape) for name, a in arrays.items()
    }
    fixed_nodes = {name: node(np.shape(array)) for name, array in fixed.items()}
    names = {n: name for name, n in (inputs | fixed_nodes).items()}

    def along(output):
        """The slope of a number in the direction ``to_x0, to_x1, ...``, as a node."""
        slopes = gradients(output)
        parts = [
            np.sum(slopes[x] * fixed_nodes[f"to_{name}"])
            for name, x in inputs.items()
            if x in slopes
        ]
        return sum(parts[1:], start=parts[0])

    def at(output, distance):
        moved = {n: a + distance * fixed[f"to_{n}"] for n, a in arrays.items()}
        expression = how_it_works["text"](output, names)
        return eval(expression, how_it_works | fixed | moved)

    output = np.sum(value * value * fixed_nodes["weight"])
    for _ in range(2):
        slope = along(output)
        measured = (at(output, 1e-6) - at(output, -1e-6)) / 2e-6
        assert at(slope, 0.0) == pytest.approx(measured, rel=1e-6, abs=1e-6)
        output = slope


def test_parentheses_of_the_page_keep_the_meaning(how_it_works):
    node, text = how_it_works["Node"], how_it_works["text"]
    a, b, c = nodes = [node((3, 3)) for _ in range(3)]
    names = dict(zip(nodes, "abc", strict=True))
    for expression in [
        "a - (b - c)",
        "a - b - c",
        "a - (b + c)",
        "(a + b) * c",
        "a + b * c",
        "a / (b * c)",
        "a / b * c",
        "a * (b @ c)",
        "a * b @ c",
        "-(a + b)",
        "-a * b",
        "-(a * b)",
        "--a",
        "a - -b",
        "np.exp(a + b) / (1 + np.sum(c, axis=0, keepdims=True))",
    ]:
        traced = eval(expression, {"np": np, "a": a, "b": b, "c": c})
        assert text(traced, names) == expression


def test_the_page_handles_a_graph_deeper_than_the_stack(how_it_works):
    x = how_it_works["Node"](())
    y = x
    for _ in range(2 * sys.getrecursionlimit()):
        y = -y
    assert len(how_it_works["order"]([y])) == 2 * sys.getrecursionlimit() + 1
    assert len(how_it_works["gradients"](y)) == 2 * sys.getrecursionlimit() + 1

"""Every page of the documentation runs, and prints what it shows."""

import ast
import re
import sys
import traceback
from pathlib import Path

import numpy as np
import pages
import pytest

HOW_IT_WORKS = pages.ROOT / "docs" / "how_it_works.md"


@pytest.mark.parametrize("page", pages.pages(), ids=pages.place_of)
def test_page_prints_what_it_shows(page, tmp_path):
    pages.check_page(page, tmp_path)


# The runner -----------------------------------------------------------------------


@pytest.fixture
def page(tmp_path):
    """Write a page outside the folder that it runs in; ~~~ stands for ```."""

    def write(text):
        path = tmp_path / "page.md"
        path.write_text(text.replace("~~~", "```"), encoding="utf-8")
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

~~~text
This follows a block that prints nothing... but for the words between.
~~~
""".replace("~~~text\n", "Words between.\n\n~~~text\n")


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
        "@@ -20,7 +20,7 @@\n"
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
    assert path.read_text().splitlines()[22] == "9"


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

Words.

- ~~~python
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

Words.

- ~~~python
  print("a\\n\\nb")
  ~~~
"""


def test_write_puts_in_what_is_printed(page, tmp_path):
    path = page(STALE)
    assert pages.write_page(path, fresh(tmp_path, "first"))
    assert path.read_text(encoding="utf-8") == WRITTEN.replace("~~~", "```")
    assert not pages.write_page(path, fresh(tmp_path, "second"))
    pages.check_page(path, fresh(tmp_path, "third"))


def fresh(parent, name):
    path = parent / name
    path.mkdir()
    return path


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

"""The examples run whole, and print every number of the two tutorials."""

import runpy
import sys
from pathlib import Path

import pytest

from example_programs import EXAMPLES, imported

EXAM_SCORE = """\
The row (2, 9), not scaled, on its way through the network
  hidden sums      7.6 3.9 6.5
  hidden outputs   0.999499799 0.980159694 0.998498818
  output sum       1.788528703
  output           0.856746796
The text has 7.5 for the second sum, and goes on from there
  S(7.5)           0.999447221, as it should be
  1 / S(7.5)       1.000553084, as printed; no sigmoid passes 1
  S(1.79832)       0.8579443067, as printed for the output
Training from seed 0: the mean squared error before an update
      1  4.8644085e-02
      2  2.7416499e-02
      3  1.7422728e-02
     10  2.6895843e-03
    100  2.5316979e-04
    200  2.4831851e-04
    400  2.3914822e-04
    600  2.3050876e-04
    800  2.2233867e-04
   1000  2.1458500e-04
  after  2.1454720e-04
  study  sleep  score  prediction
      2      9   0.92  0.8991869
      1      5   0.86  0.8731248
      3      6   0.89  0.8961804
4 hours of study, 8 hours of sleep
  the network scales      0.9035334158
  scaled by hand          0.9035334158
Wrong, and nothing complains
  not scaled              0.9074325
  appended, then scaled   0.9008340
  columns swapped         0.9049302
The same from the seeds 0 to 19
  predictions  0.8894 to 0.9231
  errors       1.03e-05 to 7.88e-04, median 2.39e-04
"""

BINARY_AND = """\
A layer from 3 to 4, seed 100
  weights      [0.54340494 0.27836939 0.42451759 0.84477613]
  weights      [0.00471886 0.12156912 0.67074908 0.82585276]
  weights      [0.13670659 0.57509333 0.89132195 0.20920212]
  bias         [0.18532822 0.10837689 0.21969749 0.97862378]
  of [1, 2, 3] [1.14829064 2.35516451 4.65967912 4.10271179]
Binary AND, before training
  predictions  [1 1 1 1]
Training: the mean squared error after an epoch
      0  0.493821
     10  0.229725
     20  0.197990
     30  0.194248
     40  0.193029
     50  0.192013
     60  0.190730
     70  0.188895
     80  0.186293
     90  0.182946
    100  0.179057
    110  0.174675
    120  0.169565
    130  0.163116
    140  0.154368
    150  0.143564
    160  0.133169
    170  0.124437
    180  0.117074
    190  0.110702
    200  0.105110
    210  0.100168
    220  0.095770
    230  0.091825
    240  0.088261
    250  0.085016
    260  0.082037
    270  0.079277
    280  0.076697
After training
  row    output 0  output 1  class
  [0 0]  0.034690  0.019750  0
  [0 1]  0.183949  0.183915  0
  [1 0]  0.173016  0.169837  0
  [1 1]  0.467131  0.571051  1
  accuracy 100%
  (0, 1) is won by 3.5e-05
The secret: output 1 minus output 0, before the sigmoid, is a line through h
  weights -0.375 -0.346 -0.548  bias 0.543
       x          h                   line  class
      (2, 0)  0.181 0.121 0.104   0.376341  1
   (45, 203)  0.057 0.031 0.038   0.490527  1
     (0, 85)  0.057 0.031 0.038   0.490527  1
     (0, -1)  0.975 0.976 0.969  -0.690709  0
    (-21, 0)  0.988 0.982 0.984  -0.705772  0
   (0, -328)  0.988 0.982 0.984  -0.705772  0
      (1, 0)  0.490 0.480 0.394  -0.022384  0
      (0, 1)  0.401 0.451 0.433  -0.000231  0
    (0.5, 0)  0.734 0.785 0.707  -0.390760  0
  class 1 begins at (1.0299, 0) and at (0, 1.0004)
"""

PRINTED = {"exam_score": EXAM_SCORE, "binary_and": BINARY_AND}
ALL = sorted(path.stem for path in EXAMPLES.glob("*.py"))


@pytest.fixture(params=PRINTED)
def name(request):
    return request.param


@pytest.fixture(params=ALL)
def example(request):
    return imported(request.param)


@pytest.mark.no_cover
def test_prints_the_numbers_of_the_text(name, monkeypatch, capsys):
    path = str(EXAMPLES / f"{name}.py")
    monkeypatch.setattr(sys, "argv", [path])
    runpy.run_path(path, run_name="__main__")
    assert capsys.readouterr() == (PRINTED[name], "")


def test_every_example_is_read():
    tests = Path(__file__).parent
    with_own = [name for name in ALL if (tests / f"test_{name}.py").exists()]
    assert sorted([*PRINTED, *with_own]) == ALL


# --plot -------------------------------------------------------------------------------

# Where the curve begins, how far its points are apart, and some of its points.
CURVES = {
    "exam_score": (1, 1, {1: 4.8644085e-02, 2: 2.7416499e-02, 1000: 2.1458500e-04}),
    "binary_and": (0, 10, {0: 0.493821, 10: 0.229725, 280: 0.076697}),
}


@pytest.fixture
def quick(name, monkeypatch):
    """Give an example without what comes before and after its training."""
    example = imported(name)
    for part in ("show_forward_pass", "show_layer", "show_spread", "show_secret"):
        if hasattr(example, part):
            monkeypatch.setattr(example, part, lambda *_: None)
    return example


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("given", [[], ["curve.svg"]], ids=["no name", "a name"])
def test_plot_draws_into_a_file(quick, name, given, here, capsys):
    quick.main(["--plot", *given])
    file = given[0] if given else f"{name}.png"
    assert capsys.readouterr().out.splitlines()[-1] == f"The curve is in {file}"
    assert [path.name for path in here.iterdir()] == [file]
    assert (here / file).read_bytes()[:5] == (b"<?xml" if given else b"\x89PNG\r")


def test_plot_draws_the_errors_of_the_training(quick, name, here, monkeypatch):
    figures = []
    curve = quick.curve

    def kept(errors):
        figures.append(curve(errors))
        return figures[-1]

    monkeypatch.setattr(quick, "curve", kept)
    quick.main(["--plot"])
    (line,) = figures[0].axes[0].lines
    drawn = dict(zip(line.get_xdata(), line.get_ydata(), strict=True))
    start, distance, points = CURVES[name]
    assert list(drawn) == list(range(start, max(points) + 1, distance))
    assert {x: drawn[x] for x in points} == pytest.approx(points, rel=1e-5)


def test_plot_without_matplotlib_says_what_to_install(
    example, here, monkeypatch, capsys
):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(SystemExit) as stop:
        example.main(["--plot"])
    assert stop.value.code == (
        "--plot draws with matplotlib, which is not installed. Install it:\n"
        'python -m pip install "glassprop[plot]"'
    )
    assert capsys.readouterr() == ("", "")  # it stops before any work
    assert not list(here.iterdir())


def test_plot_into_a_folder_that_is_not_there(quick, tmp_path):
    path = str(tmp_path / "no" / "curve.png")
    with pytest.raises(SystemExit) as stop:
        quick.main(["--plot", path])
    assert stop.value.code == (
        f"cannot draw to {path}: [Errno 2] No such file or directory: {path!r}"
    )


def test_unknown_option_is_a_usage_error(example, capsys):
    with pytest.raises(SystemExit) as stop:
        example.main(["--plots=curve.png"])
    assert stop.value.code == 2
    last = capsys.readouterr().err.splitlines()[-1]
    assert last.endswith(": error: unrecognized arguments: --plots=curve.png")

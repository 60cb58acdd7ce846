"""What a diagnosis shows while it runs, and how it ends with Ctrl-C."""

from __future__ import annotations

import re
import signal
import sys

import numpy as np
import pytest

import glassprop as gp
from diagnose_examples import ADAM, LABELS, X, classifier
from glassprop.cli import main
from glassprop.diagnosis import diagnose as module
from glassprop.diagnosis.rates import RUNS
from glassprop.errors import ArgumentError
from glassprop.progress import Stages
from glassprop.table_training import prepare_training, train_table
from glassprop.tables import read_table
from networks import bits, refusal
from terminals import Terminal, on_terminal

STAGES = [
    "layers, start, data and loss",
    "a trial of 150 epochs",
    "gradients against finite differences",
    "a range of learning rates",
    "a few rows learned by heart",
]
ROOM, LOWER = "a network with more room", "the same at a lower learning rate"
LINES = [f"diagnose: {one}" for one in STAGES]


def network(layers=None):
    return gp.Network(layers or classifier(), loss="cross_entropy")


def diagnosed(net=None, **options):
    return (net or network()).diagnose(X, LABELS, **{"optimizer": ADAM, **options})


def opened(monkeypatch):
    """Make standard error a terminal; pytest sets it anew after fixtures."""
    made = Terminal()
    monkeypatch.setattr(sys, "stderr", made)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("TERM", "xterm-256color")
    return made


def stages_shown(text):
    return list(dict.fromkeys(re.findall(r"diagnose: ([^━╸╺]+?) +[━╸╺]", text)))


# What is shown ------------------------------------------------------------------------


def test_on_a_terminal_a_bar_says_what_is_done_and_is_gone_in_the_end(monkeypatch):
    terminal = opened(monkeypatch)
    quiet = diagnosed(verbose=False)
    assert terminal.getvalue() == ""
    for verbose in (None, True):
        terminal = opened(monkeypatch)
        found = diagnosed(verbose=verbose)
        assert (found, found.looked_at) == (quiet, quiet.looked_at)
        assert stages_shown(terminal.shown) == [*STAGES, ROOM]
        assert re.search(r"diagnose: [^\n]+ \d:\d\d:\d\d", terminal.shown)
        assert terminal.getvalue().endswith("\r\x1b[1A\x1b[2K")  # up, and cleared


def test_elsewhere_lines_are_shown_where_they_are_asked_for(capsys):
    found = diagnosed()
    assert capsys.readouterr() == ("", "")
    assert diagnosed(verbose=False) == found
    assert capsys.readouterr() == ("", "")
    assert diagnosed(verbose=True) == found
    told = "\n".join([*LINES, f"diagnose: {ROOM}", ""])
    assert capsys.readouterr() == ("", told)


def test_without_standard_error_nothing_is_shown(monkeypatch):
    monkeypatch.setattr(sys, "stderr", None)
    diagnosed(epochs=1, verbose=True)


def test_a_lower_rate_that_is_tried_is_shown(capsys):
    rng = np.random.default_rng(1)
    rows = rng.standard_normal((240, 8))
    labels = (rows[:, 0] + rows[:, 1] + 0.8 * rng.standard_normal(240) > 0).astype(int)
    net = network([gp.Dense(16, "tanh"), gp.Dense(2)])
    options = {"optimizer": gp.SGD(10.0), "batch_size": None, "epochs": 150}
    (found,) = net.diagnose(rows, labels, verbose=True, **options)
    assert found.condition == "overshooting"
    *before, last = LINES
    told = "\n".join([*before, f"diagnose: {LOWER}", last, ""])
    assert capsys.readouterr() == ("", told)


def test_the_bar_counts_epochs_and_trainings_of_the_range_test(monkeypatch):
    opened(monkeypatch)
    counted = {}

    class Counting(Stages):
        def begin(self, stage, steps=None):
            super().begin(stage, steps)
            self.stage = stage
            counted[stage] = [0, steps]

        def step(self):
            super().step()
            counted[self.stage][0] += 1

    monkeypatch.setattr(module, "Stages", Counting)
    heard = []
    calls = (one for one in [lambda _net, _history: heard.append(1)])
    found = diagnosed(epochs=7, callbacks=calls)
    assert counted["a trial of 7 epochs"] == [7, 7] == [len(heard)] * 2
    assert counted["a range of learning rates"] == [RUNS, RUNS]
    for stage in (STAGES[0], STAGES[2], STAGES[4]):
        assert counted[stage] == [0, None]
    assert found == diagnosed(epochs=7, verbose=False)


@pytest.mark.parametrize("shown", [False, True])
def test_callbacks_that_are_none_are_refused(shown, monkeypatch):
    if shown:
        opened(monkeypatch)
    assert refusal(ArgumentError, lambda: diagnosed(callbacks=3)) == (
        "callbacks must be a list of functions callback(net, history), got 3."
    )


# Ctrl-C -------------------------------------------------------------------------------


def in_the_trial():
    """Give a callback that presses Ctrl-C in the third epoch of any training."""

    def press(_net, history):
        if len(history.epochs) == 3:
            signal.raise_signal(signal.SIGINT)

    return {"callbacks": [press]}


def after(runs):
    """Give a callback that presses it in one epoch of a later training."""
    trainings = []

    def press(_net, history):
        if len(history.epochs) == 3:
            trainings.append(1)
            if len(trainings) > runs:
                signal.raise_signal(signal.SIGINT)

    return {"callbacks": [press]}


@pytest.mark.usefixtures("default_handler")
@pytest.mark.parametrize("trained", [False, True])
@pytest.mark.parametrize("seen", [False, True])
def test_ctrl_c_in_the_trial_ends_the_diagnosis(trained, seen, monkeypatch):
    terminal = opened(monkeypatch) if seen else None
    net = network([gp.Standardize(), *classifier(), gp.BatchNorm()])
    if trained:
        net.fit(X, LABELS, epochs=2, verbose=False)
    before, training, rows = bits(net), net.training, X.tobytes()
    memory = (
        {key: one.tobytes() for key, one in training.memory.items()} if trained else 0
    )
    with pytest.raises(KeyboardInterrupt):
        diagnosed(net, **in_the_trial())
    assert (bits(net), net.training, X.tobytes()) == (before, training, rows)
    if trained:
        assert {k: one.tobytes() for k, one in training.memory.items()} == memory
    if seen:
        assert terminal.getvalue().endswith("\r\x1b[1A\x1b[2K")


@pytest.mark.usefixtures("default_handler")
def test_ctrl_c_in_the_trial_at_a_lower_rate_ends_it_too():
    rng = np.random.default_rng(1)
    rows = rng.standard_normal((240, 8))
    labels = (rows[:, 0] + rows[:, 1] + 0.8 * rng.standard_normal(240) > 0).astype(int)
    options = {"optimizer": gp.SGD(10.0), "batch_size": None, "epochs": 150}
    for runs in (1, 2):
        net = network([gp.Dense(16, "tanh"), gp.Dense(2)])
        with pytest.raises(KeyboardInterrupt):
            net.diagnose(rows, labels, **options, **after(runs))
        assert net.values == {}


@pytest.mark.usefixtures("default_handler")
@pytest.mark.parametrize(
    "part", ["wrong_gradient", "learning_rate", "cannot_overfit", "little_room"]
)
def test_ctrl_c_in_any_other_part_ends_it(part, monkeypatch):
    def pressed(*_given, **_options):
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(module, part, pressed)
    net = network()
    with pytest.raises(KeyboardInterrupt):
        diagnosed(net)
    assert (net.values, net.input_shape, net.training) == ({}, None, None)


# The command --------------------------------------------------------------------------


@pytest.fixture
def model(tmp_path, monkeypatch):
    """Train a model on a table, in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    rows = [f"{a},{b},{'yes' if a > b else 'no'}" for a in range(9) for b in range(9)]
    (tmp_path / "t.csv").write_text("\n".join(["a,b,more", *rows]))
    prepared = prepare_training(read_table("t.csv"), "more", layers=(8,), epochs=3)
    train_table(prepared, verbose=False).model.net.save("m.safetensors")
    return tmp_path / "m.safetensors"


@pytest.mark.usefixtures("model")
def test_the_command_shows_a_bar_on_a_terminal_but_with_json_nothing(
    monkeypatch, capsys
):
    terminal = opened(monkeypatch)
    for arguments, shown in ((["--json"], []), ([], [*STAGES, ROOM])):
        with pytest.raises(SystemExit) as ended:
            main(["diagnose", "m.safetensors", "t.csv", *arguments])
        assert not ended.value.code
        told = [
            re.sub(r"trial of \d+", "trial of 150", one)
            for one in stages_shown(terminal.shown)
        ]
        assert told == shown
    assert capsys.readouterr().out.endswith(" that the model was trained on.\n")


@pytest.mark.no_cover
def test_ctrl_c_ends_the_command_and_leaves_the_model(model):
    before = model.read_bytes()
    start = (
        "import signal; signal.signal(2, signal.default_int_handler); "
        "from glassprop.cli import main; main()"
    )
    command = [sys.executable, "-c", start, "diagnose", "m.safetensors", "t.csv"]
    code, out, shown = on_terminal(
        [*command, "--epochs", "10000000"], interrupt_at="a trial of 10,000,000 epochs"
    )
    assert (code, out) == (130, "")
    assert shown.endswith("interrupted\r\n")
    assert model.read_bytes() == before

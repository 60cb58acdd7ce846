"""A line for somebody who waits: printed late, once, or never."""

import sys
import time
from functools import partial

import numpy as np
import pytest

import glassprop as gp
from glassprop.backends import disk_cache
from glassprop.waiting import waiting


def test_a_long_wait_is_said_once_and_while_it_lasts(capsys):
    with waiting("compiling", seconds=0.01):
        limit = time.monotonic() + 30
        heard = ""
        while not heard and time.monotonic() < limit:
            time.sleep(0.01)
            heard = capsys.readouterr().err
        time.sleep(0.05)
    assert heard == "compiling\n"
    assert capsys.readouterr() == ("", "")


def test_a_short_wait_is_not_said(capsys):
    with waiting("compiling", seconds=60):
        pass
    assert capsys.readouterr() == ("", "")


def test_an_error_ends_the_wait(capsys):
    with pytest.raises(KeyError), waiting("compiling", seconds=0.05):
        raise KeyError
    time.sleep(0.1)
    assert capsys.readouterr() == ("", "")


def test_nobody_is_told_where_nobody_listens(monkeypatch):
    monkeypatch.setattr(sys, "stderr", None)
    with waiting("compiling", seconds=0):
        time.sleep(0.05)


@pytest.mark.parametrize(("name", "whose"), [(None, ""), ("größe", " of 'größe'")])
def test_who_waits_for_the_compiler_is_told(name, whose, capsys, monkeypatch):
    """A step and a prediction; nothing where nobody wants to hear, or it is there."""
    pytest.importorskip("numba")
    begin = disk_cache._compiled

    def slow(*given):
        time.sleep(0.05)
        return begin(*given)

    monkeypatch.setattr(disk_cache, "_compiled", slow)
    monkeypatch.setattr("glassprop.waiting.waiting", partial(waiting, seconds=0))
    monkeypatch.setattr(disk_cache, "read", lambda *_: None)

    def train(verbose):
        monkeypatch.setattr(disk_cache, "_loaded", {})
        net = gp.Network([gp.Dense(2)], loss="huber", name=name, seed=1)
        net.fit(np.eye(3), np.eye(3)[:, :2], backend="numba", verbose=verbose)
        return net

    told = f"glassprop: compiling the {{}}{whose} with Numba; it is kept for the next "
    told += "time.\n"
    net = train(True)
    said, _, epochs = capsys.readouterr().err.partition("\n")
    assert f"{said}\n" == told.format("training step")
    assert epochs.startswith("epoch 1")
    train(False)
    assert capsys.readouterr().err == ""
    for shown in (told.format("prediction"), ""):
        net.predictor()
        assert capsys.readouterr().err == shown

"""A line for somebody who waits: printed late, once, or never."""

import sys
import time

import pytest

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

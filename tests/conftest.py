"""What holds for all tests."""

from __future__ import annotations

import os
import signal
import sys

import pytest
from hypothesis import settings

# The same drawn examples in each run. `--hypothesis-seed=N` draws others.
settings.register_profile("repeatable", derandomize=True)
settings.load_profile("repeatable")


@pytest.fixture(scope="session", autouse=True)
def compiled_code(tmp_path_factory):
    """Keep compiled code in a folder of this run, which its workers share."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "glassprop.backends.disk_cache.cache_folder", lambda: folder / "compiled"
        )
        yield


@pytest.fixture(autouse=True)
def recent_programs(monkeypatch):
    """Let each test derive its own programs, with what it has put in the way."""
    from glassprop.recent import Recent

    monkeypatch.setattr("glassprop.compiling.RECENT", Recent(32))


@pytest.fixture(scope="session", autouse=True)
def heard_interrupts():
    """Let Ctrl-C be heard where a shell in the background would have it ignored."""
    before = signal.getsignal(signal.SIGINT)
    if before is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def default_handler():
    """Take Ctrl-C as Python does where nobody has changed it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    signal.signal(signal.SIGINT, before)


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_runtest_call(item):
    """Follow no lines of a test marked no_cover.

    pytest-cov stops for it, but beside pytest-xdist what it started first goes on then.
    """
    if not item.get_closest_marker("no_cover"):
        return (yield)
    before = sys.gettrace()
    sys.settrace(None)
    try:
        return (yield)
    finally:
        sys.settrace(before)

"""What is called in a training, and what is kept of it: files, frames, curves."""

from __future__ import annotations

import csv
import os
import struct
import sys

import numpy as np
import pandas
import pytest
from tensorboardX.proto.event_pb2 import Event
from tensorboardX.record_writer import masked_crc32c

import glassprop as gp
from glassprop.errors import (
    ArgumentError,
    DataError,
    DivergenceError,
    MissingExtraError,
    ModelFileError,
)
from glassprop.history import History
from networks import bits, refusal

RNG = np.random.default_rng(3)
X = RNG.normal(size=(23, 3))
LABELS = np.arange(23) % 3
Y = X @ RNG.normal(size=(3, 2))


def network(**options):
    layers = [
        gp.Standardize(),
        gp.Dense(6, "relu"),
        gp.Dropout(0.3),
        gp.Dense(3, l2=0.01),
    ]
    return gp.Network(layers, loss="cross_entropy", **options)


def quietly(net, *data, **options):
    return net.fit(*data, verbose=False, **options)


OPTIONS = {
    "optimizer": gp.Adam(0.01),
    "schedule": gp.schedules.Cosine(epochs=9),
    "batch_size": 4,
    "clip": 0.5,
    "validation": 0.3,
}


# After every batch --------------------------------------------------------------------


@pytest.mark.parametrize("backend", ["numpy", "numba"])
def test_a_function_is_called_after_every_step_and_changes_no_bits(backend):
    pytest.importorskip(backend)
    how, seen = {**OPTIONS, "backend": backend}, []

    def note(net, step, loss):
        seen.append((step, loss, net.values["dense_1.weight"].copy()))

    net, plain = network(), network()
    watch = gp.callbacks.BatchEnd(note)
    for _ in range(2):
        history = quietly(net, X, LABELS, epochs=2, callbacks=[watch], **how)
        expected = quietly(plain, X, LABELS, epochs=2, **how)
    assert bits(net) == bits(plain)
    assert dict(history) == dict(expected)
    assert [step for step, _, _ in seen] == list(range(1, 4 * 4 + 1))
    sizes = [4, 4, 4, 4]
    losses = [loss for _, loss, _ in seen[-4:]]
    assert history["loss"][-1] == pytest.approx(np.average(losses, weights=sizes))
    assert all(
        not np.array_equal(one[2], two[2])
        for one, two in zip(seen, seen[1:], strict=False)
    )


def test_the_loss_of_a_step_is_that_of_its_batch():
    net = gp.Network([gp.Dense(2)], loss="mean_squared_error", input_shape=3)
    seen, expected = [], []

    def note(net, step, loss):
        seen.append(loss)
        rows = slice(5 * step, 5 * step + 5)
        expected.append(net.evaluate(X[rows], Y[rows])["loss"])

    first = net.evaluate(X[:5], Y[:5])["loss"]
    watch = [gp.callbacks.BatchEnd(note)]
    quietly(net, X[:20], Y[:20], batch_size=5, shuffle=False, callbacks=watch)
    assert seen == pytest.approx([first, *expected[:3]])


@pytest.mark.parametrize(("last", "epochs"), [(2, []), (4, [1]), (6, [1]), (8, [1, 2])])
def test_true_ends_training_at_once(last, epochs):
    calls = []
    stop = gp.callbacks.BatchEnd(lambda net, step, loss: step == last)
    count = gp.callbacks.BatchEnd(lambda net, step, loss: calls.append(step))
    net = network()
    history = quietly(net, X, LABELS, epochs=9, callbacks=[stop, count], **OPTIONS)
    assert calls == list(range(1, last + 1))
    assert net.training.steps == last
    assert history.epochs == epochs
    assert history.stopped == "callback"
    other = network()
    quietly(other, X, LABELS, epochs=3, **OPTIONS)
    if last == 8:
        quietly(net, X, LABELS, epochs=1, **OPTIONS)
        assert bits(net) == bits(other)


def test_an_iteration_of_a_minimizer_is_a_step():
    steps = []
    watch = gp.callbacks.BatchEnd(lambda net, step, loss: steps.append((step, loss)))
    net = gp.Network([gp.Dense(2)], loss="mean_squared_error")
    history = quietly(
        net,
        X,
        Y,
        optimizer=gp.LBFGS(),
        batch_size=None,
        epochs=3,
        callbacks=[watch],
    )
    assert steps == list(enumerate(history["loss"], start=1))


def test_a_step_that_diverges_is_not_shown():
    seen = []
    watch = gp.callbacks.BatchEnd(lambda net, step, loss: seen.append(loss))
    net = gp.Network([gp.Dense(2)], loss="mean_squared_error")
    with pytest.raises(DivergenceError):
        quietly(
            net, X, Y, optimizer=gp.SGD(1e60), batch_size=4, epochs=9, callbacks=[watch]
        )
    assert seen
    assert np.isfinite(seen).all()


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (
            3,
            "callbacks.BatchEnd: expected a function (net, step, loss), got 3.",
        ),
        (
            lambda net, history: None,
            "callbacks.BatchEnd: '<lambda>' takes (net, history), but is called with "
            "(net, step, loss). Write it as a function (net, step, loss) -> True to "
            "stop.",
        ),
    ],
)
def test_a_function_that_cannot_be_called_is_refused(function, message):
    call = lambda: gp.callbacks.BatchEnd(function)  # noqa: E731
    assert refusal(ArgumentError, call) == message


class Opened:
    """A callback that is a context manager, and remembers."""

    def __init__(self):
        self.said = []

    def __enter__(self):
        self.said.append("in")
        return self

    def __exit__(self, *error):
        self.said.append("out" if error[0] is None else error[0].__name__)

    def __call__(self, net, history):
        self.said.append(history.epochs[-1])


def test_a_callback_that_is_a_context_manager_is_entered_and_left():
    one, two = Opened(), Opened()
    net = network()
    quietly(net, X, LABELS, epochs=2, callbacks=[one, two])
    assert one.said == two.said == ["in", 1, 2, "out"]

    def fail(net, history):
        raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match=r"\Aenough\Z"):
        quietly(net, X, LABELS, callbacks=[one, fail])
    assert one.said[4:] == ["in", 3, "RuntimeError"]


def test_what_was_entered_is_left_where_the_next_cannot_be_entered():
    class Closed(Opened):
        def __enter__(self):
            raise RuntimeError("closed")

    one = Opened()
    with pytest.raises(RuntimeError, match=r"\Aclosed\Z"):
        quietly(network(), X, LABELS, callbacks=[one, Closed()])
    assert one.said == ["in", "RuntimeError"]


# Checkpoints --------------------------------------------------------------------------


def test_going_on_from_a_checkpoint_gives_the_bits_of_never_having_stopped(tmp_path):
    whole = network()
    save = gp.callbacks.Checkpoint(tmp_path / "m-{epoch:02}.safetensors", every=3)
    expected = quietly(whole, X, LABELS, epochs=9, callbacks=[save], **OPTIONS)
    names = sorted(os.listdir(tmp_path))
    assert names == ["m-03.safetensors", "m-06.safetensors", "m-09.safetensors"]
    for at, name in enumerate(names, start=1):
        resumed = gp.load(tmp_path / name)
        assert resumed.training.epochs == 3 * at
        if at < 3:
            history = quietly(resumed, X, LABELS, epochs=9 - 3 * at, **OPTIONS)
            assert history["loss"] == expected["loss"][3 * at :]
        assert bits(resumed) == bits(whole)
    plain = network()
    quietly(plain, X, LABELS, epochs=9, **OPTIONS)
    assert bits(plain) == bits(whole)


def test_only_the_last_checkpoints_are_kept_and_nothing_else_is_touched(tmp_path):
    other = tmp_path / "m-0.safetensors"
    other.write_text("mine")
    save = gp.callbacks.Checkpoint(tmp_path / "m-{epoch}.safetensors", keep=2)
    net = network()
    for _ in range(2):
        quietly(net, X, LABELS, epochs=3, callbacks=[save])
    assert sorted(os.listdir(tmp_path)) == [
        "m-0.safetensors",
        "m-5.safetensors",
        "m-6.safetensors",
    ]
    assert other.read_text() == "mine"


def test_a_file_that_is_there_is_replaced_only_if_allowed(tmp_path):
    path = tmp_path / "m-2.safetensors"
    path.write_text("mine")
    pattern = tmp_path / "m-{epoch}.safetensors"
    net = network()
    save = gp.callbacks.Checkpoint(pattern)
    message = refusal(
        ArgumentError, lambda: quietly(net, X, LABELS, epochs=5, callbacks=[save])
    )
    assert message == (
        f"callbacks.Checkpoint: {path.as_posix()!r} is there already. Remove it, name "
        "another, or allow overwrite=True."
    )
    assert net.training.epochs == 2
    assert path.read_text() == "mine"
    save = gp.callbacks.Checkpoint(pattern, overwrite=True)
    quietly(network(), X, LABELS, epochs=2, callbacks=[save])
    assert gp.load(path).training.epochs == 2


def test_one_file_may_hold_the_latest_checkpoint(tmp_path):
    path = tmp_path / "latest.safetensors"
    save = gp.callbacks.Checkpoint(str(path), every=2, keep=1, overwrite=True)
    quietly(network(), X, LABELS, epochs=5, callbacks=[save])
    assert os.listdir(tmp_path) == ["latest.safetensors"]
    assert gp.load(path).training.epochs == 4


def test_a_checkpoint_that_cannot_be_written_says_so(tmp_path):
    path = tmp_path / "no" / "m-{epoch}.safetensors"
    net = network()
    call = lambda: quietly(  # noqa: E731
        net, X, LABELS, callbacks=[gp.callbacks.Checkpoint(path)]
    )
    folder, file = path.parent.as_posix(), path.as_posix().format(epoch=1)
    assert refusal(ModelFileError, call) == (
        f"{file!r}: there is no folder {folder!r}. Make it first."
    )
    assert net.training.epochs == 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"path": "model.safetensors"},
            "callbacks.Checkpoint: 'model.safetensors' is the same file for every "
            "epoch. Put {epoch} into the name, or allow overwrite=True.",
        ),
        (
            {"path": "m-{step}"},
            "callbacks.Checkpoint: 'm-{step}' may have {epoch} in braces and nothing "
            "else; write {{ and }} for braces.",
        ),
        (
            {"path": "m-{}"},
            "callbacks.Checkpoint: 'm-{}' may have {epoch} in braces and nothing else; "
            "write {{ and }} for braces.",
        ),
        (
            {"path": "m-{epoch"},
            "callbacks.Checkpoint: 'm-{epoch' may have {epoch} in braces and nothing "
            "else; write {{ and }} for braces.",
        ),
        (
            {"path": "m-{epoch.name}"},
            "callbacks.Checkpoint: 'm-{epoch.name}' may have {epoch} in braces and "
            "nothing else; write {{ and }} for braces.",
        ),
        ({"path": 3}, "path must be a str or a pathlib.Path, got int."),
        (
            {"path": "a\0{epoch}"},
            "'a\\x00{epoch}': a path cannot hold a null character.",
        ),
        (
            {"path": "{epoch}", "every": 0},
            "callbacks.Checkpoint: every must be a whole number >= 1, got 0.",
        ),
        (
            {"path": "{epoch}", "keep": 0},
            "callbacks.Checkpoint: keep must be a whole number >= 1, got 0.",
        ),
        (
            {"path": "{epoch}", "overwrite": "yes"},
            "callbacks.Checkpoint: overwrite must be True or False, got 'yes'.",
        ),
    ],
)
def test_options_of_a_checkpoint_out_of_range(options, message):
    call = lambda: gp.callbacks.Checkpoint(**options)  # noqa: E731
    assert refusal(ArgumentError, call) == message


# TensorBoard --------------------------------------------------------------------------


def events(path):
    """Read an event file back: every record with its checksums."""
    data, found = path.read_bytes(), []
    while data:
        head, size = data[:8], struct.unpack("<Q", data[:8])[0]
        body = data[12 : 12 + size]
        assert struct.unpack("<I", data[8:12])[0] == masked_crc32c(head)
        end = data[12 + size : 16 + size]
        assert struct.unpack("<I", end)[0] == masked_crc32c(body)
        found.append(Event.FromString(body))
        data = data[16 + size :]
    assert found[0].file_version == "brain.Event:2"
    return found[1:]


def scalars(found):
    return {
        (event.summary.value[0].tag, event.step): event.summary.value[0].simple_value
        for event in found
        if not event.summary.value[0].HasField("histo")
    }


def test_event_files_have_all_numbers_and_the_learning_rate(tmp_path):
    folder = tmp_path / "runs" / "first"
    board = gp.callbacks.TensorBoard(folder)
    net = network()
    histories = [
        quietly(net, X, LABELS, epochs=2, callbacks=[board], **OPTIONS)
        for _ in range(2)
    ]
    files = sorted(folder.iterdir())
    assert len(files) == 2
    assert all(one.name.startswith("events.out.tfevents.") for one in files)
    factors = gp.schedules.Cosine(epochs=9)(np.arange(16), 4)
    for file, history in zip(files, histories, strict=True):
        found = scalars(events(file))
        expected = {
            (name, epoch): np.float32(number)
            for name in history
            for epoch, number in zip(history.epochs, history[name], strict=True)
        }
        rates = {
            ("learning_rate", epoch): np.float32(0.01 * factors[4 * epoch - 1])
            for epoch in history.epochs
        }
        assert found == expected | rates
        times = [event.wall_time for event in events(file)]
        assert times == sorted(times)


def test_histograms_hold_every_parameter_every_few_epochs(tmp_path):
    values = {}

    def note(net, history):
        values[history.epochs[-1]] = dict(net.parameters)

    net = network()
    board = gp.callbacks.TensorBoard(str(tmp_path), histograms=2)
    quietly(net, X, LABELS, epochs=5, callbacks=[note, board])
    (file,) = tmp_path.iterdir()
    found = {
        (event.summary.value[0].tag, event.step): event.summary.value[0].histo
        for event in events(file)
        if event.summary.value[0].HasField("histo")
    }
    assert set(found) == {(name, epoch) for name in net.parameters for epoch in (2, 4)}
    for (name, epoch), histogram in found.items():
        array = values[epoch][name]
        assert histogram.num == array.size == sum(histogram.bucket)
        assert histogram.sum == pytest.approx(array.sum())
        assert histogram.sum_squares == pytest.approx((array**2).sum())
        assert (histogram.min, histogram.max) == (array.min(), array.max())


def test_what_an_epoch_wrote_is_there_before_the_next_one(tmp_path):
    counts = []

    def count(net, history):
        (file,) = tmp_path.iterdir()
        counts.append(len(events(file)))

    board = gp.callbacks.TensorBoard(tmp_path)
    net = gp.Network([gp.Dense(2)], loss="mean_squared_error")
    quietly(net, X, Y, epochs=3, callbacks=[board, count])
    assert counts == [2, 4, 6]


def test_a_minimizer_has_no_learning_rate(tmp_path):
    board = gp.callbacks.TensorBoard(tmp_path)
    net = gp.Network([gp.Dense(2)], loss="mean_squared_error")
    quietly(
        net, X, Y, optimizer=gp.LBFGS(), batch_size=None, epochs=2, callbacks=[board]
    )
    (file,) = tmp_path.iterdir()
    assert {tag for tag, _ in scalars(events(file))} == {"loss"}


def test_a_folder_is_never_taken_for_an_address(tmp_path, monkeypatch):
    if sys.platform == "win32":
        pytest.skip("a colon cannot stand in the name of a folder")
    monkeypatch.chdir(tmp_path)
    for name in ("s3:runs", "gs"):
        quietly(network(), X, LABELS, callbacks=[gp.callbacks.TensorBoard(name)])
        assert len(os.listdir(tmp_path / name)) == 1


def test_bad_input_to_tensorboard(tmp_path, monkeypatch):
    board = gp.callbacks.TensorBoard
    assert refusal(ArgumentError, lambda: board(tmp_path, histograms=0)) == (
        "callbacks.TensorBoard: histograms must be a whole number >= 1, got 0."
    )
    assert refusal(ArgumentError, lambda: board(3)) == (
        "path must be a str or a pathlib.Path, got int."
    )
    history = History([1], {"loss": [1.0]})
    assert refusal(ArgumentError, lambda: board(tmp_path)(network(), history)) == (
        "callbacks.TensorBoard: there is no open file. Give it to fit, "
        "callbacks=[...], or enter it: with gp.callbacks.TensorBoard(...)."
    )
    file = tmp_path / "file"
    file.write_text("")
    call = lambda: quietly(network(), X, LABELS, callbacks=[board(file)])  # noqa: E731
    with pytest.raises(OSError) as caught:
        os.makedirs(file, exist_ok=True)
    assert refusal(DataError, call) == (
        f"{file.as_posix()!r}: cannot be written: {caught.value.strerror}."
    )
    monkeypatch.setitem(sys.modules, "tensorboardX", None)
    net = network()
    call = lambda: quietly(net, X, LABELS, callbacks=[board(tmp_path)])  # noqa: E731
    assert refusal(MissingExtraError, call) == (
        "callbacks.TensorBoard needs tensorboardX, which is not installed. Install it: "
        "python -m pip install 'glassprop[tensorboard]'"
    )
    assert net.training.epochs == 0


# The history --------------------------------------------------------------------------


def trained(**options):
    net = gp.Network([gp.Dense(2)], loss="mean_squared_error")
    quietly(net, X, Y)
    return quietly(net, X, Y, epochs=3, validation=0.2, **options)


def test_a_history_is_a_data_frame_and_a_file(tmp_path):
    history = trained()
    frame = history.to_frame()
    assert frame.index.name == "epoch"
    assert frame.index.tolist() == [2, 3, 4]
    assert {name: frame[name].tolist() for name in frame} == dict(history)
    path = tmp_path / "history.csv"
    path.write_text("older")
    history.to_csv(path)
    assert path.read_bytes().count(b"\n") == 4
    assert b"\r" not in path.read_bytes()
    with path.open(newline="") as file:
        header, *lines = csv.reader(file)
    assert header == ["epoch", *history]
    assert [int(line[0]) for line in lines] == history.epochs
    for at, name in enumerate(history, start=1):
        assert [float(line[at]) for line in lines] == history[name]
    read = pandas.read_csv(path, index_col="epoch")
    pandas.testing.assert_frame_equal(read, frame)


def test_a_name_with_a_carriage_return_stays_in_its_cell(tmp_path):
    path = tmp_path / "history.csv"
    History([1], {"one\rtwo": [0.5]}).to_csv(path)
    with path.open(newline="") as file:
        assert list(csv.reader(file)) == [["epoch", "one\rtwo"], ["1", "0.5"]]


def test_a_history_of_nothing_is_an_empty_frame_and_file(tmp_path):
    path = tmp_path / "history.csv"
    History().to_csv(str(path))
    assert path.read_text() == "epoch\n"
    assert History().to_frame().shape == (0, 0)


def test_a_file_that_cannot_be_written_is_left_as_it_was(tmp_path):
    history = trained()
    assert refusal(ArgumentError, lambda: history.to_csv(3)) == (
        "path must be a str or a pathlib.Path, got int."
    )
    place = tmp_path.as_posix()
    assert refusal(DataError, lambda: history.to_csv(tmp_path)) == (
        f"{place!r}: expected a file, this is a folder."
    )
    assert refusal(DataError, lambda: history.to_csv(tmp_path / "no" / "h.csv")) == (
        f"'{place}/no/h.csv': there is no folder '{place}/no'. Make it first."
    )
    long = tmp_path / ("h" * 300)
    with pytest.raises(OSError) as caught:
        long.write_text("")
    assert refusal(DataError, lambda: history.to_csv(long)) == (
        f"'{place}/{'h' * 300}': cannot be written: {caught.value.strerror}."
    )
    assert not list(tmp_path.iterdir())


def test_without_pandas_the_error_says_what_to_install(monkeypatch):
    history = trained()
    monkeypatch.setitem(sys.modules, "pandas", None)
    assert refusal(MissingExtraError, history.to_frame) == (
        "History.to_frame needs pandas, which is not installed. Install it: python -m "
        "pip install pandas"
    )


def test_a_history_is_drawn(tmp_path):
    history = trained()
    path = tmp_path / "history.svg"
    history.plot(path)
    assert path.read_text(encoding="utf-8") == gp.pictures.history(history).svg()
    history.plot(path, "validation_mae")
    one = gp.pictures.history(history, ["validation_mae"])
    assert path.read_text(encoding="utf-8") == one.svg()
    assert (list(one["columns"]), len(one["rates"])) == (["validation_mae"], 0)
    assert refusal(ArgumentError, lambda: history.plot(path, ["validation_mea"])) == (
        "history: 'validation_mea' is not in the history, which has loss, "
        "validation_loss, validation_mae, validation_rmse, validation_r2. Did you mean "
        "'validation_mae'?"
    )
    assert refusal(ArgumentError, lambda: history.plot(path, [])) == (
        "history: expected one name at least, got none. The history has loss, "
        "validation_loss, validation_mae, validation_rmse, validation_r2; leave names "
        "out for all."
    )


# Early stopping -----------------------------------------------------------------------


def two_outputs():
    return gp.Network(
        [
            gp.Parallel([gp.Dense(3), gp.Dense(2)]),
            gp.Parallel([gp.Dense(3), gp.Dense(2)]),
        ],
        loss=["cross_entropy", "mean_squared_error"],
    )


def stopped_by(monitor, numbers):
    """Train two outputs on numbers that are written over those of each epoch."""
    seen = []

    def overwrite(net, history):
        seen.append(net.values["parallel_2.dense_1.bias"].copy())
        history[monitor][-1] = numbers[len(seen) - 1]

    net = two_outputs()
    history = quietly(
        net,
        (X, X),
        (LABELS, Y),
        epochs=len(numbers),
        validation=0.3,
        callbacks=[overwrite],
        early_stopping=gp.EarlyStopping(patience=2, monitor=monitor),
    )
    return net.values["parallel_2.dense_1.bias"], seen, history


@pytest.mark.parametrize(
    ("monitor", "best"),
    [
        ("validation_loss", 3),
        ("validation_loss_1", 3),
        ("validation_loss_2", 3),
        ("validation_accuracy_1", 2),
        ("validation_mae_2", 3),
        ("validation_r2_2", 2),
    ],
)
def test_each_output_has_numbers_that_rise_or_fall(monitor, best):
    values, seen, history = stopped_by(monitor, [0.5, 0.9, 0.2, 0.8, 0.8, 0.8])
    assert history.stopped == "early stopping"
    assert history.best_epoch == best
    assert history.epochs[-1] == best + 2
    np.testing.assert_array_equal(values, seen[best - 1])


def test_a_metric_of_ones_own_says_whether_it_rises():
    def spread(y_true, y_pred, *, weights=None):
        return float(np.ptp(y_pred))

    for greater in (True, False):
        own = gp.metrics.Metric("spread", spread, "values", greater_is_better=greater)
        net = gp.Network([gp.Dense(2)], loss="mean_squared_error")
        history = quietly(
            net,
            X,
            Y,
            epochs=4,
            validation=0.3,
            metrics=[own],
            early_stopping=gp.EarlyStopping(monitor="validation_spread"),
        )
        numbers = history["validation_spread"]
        best = int((np.argmax if greater else np.argmin)(numbers)) + 1
        assert history.best_epoch == best


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"min_delta": "small"},
            "EarlyStopping: min_delta must be a finite number >= 0, got 'small'.",
        ),
        (
            {"min_delta": float("nan")},
            "EarlyStopping: min_delta must be a finite number >= 0, got nan.",
        ),
        (
            {"monitor": 3},
            "EarlyStopping: monitor must be a name in the history, such as "
            "'validation_loss', or None, got 3.",
        ),
        (
            {"restore_best": "yes"},
            "EarlyStopping: restore_best must be True or False, got 'yes'.",
        ),
    ],
)
def test_options_of_early_stopping_out_of_range(options, message):
    assert refusal(ArgumentError, lambda: gp.EarlyStopping(**options)) == message

"""What a diagnosis proposes: changes as code and carried out, findings as text."""

from __future__ import annotations

import json
import math
from dataclasses import fields, is_dataclass, replace

import numpy as np
import pytest

import glassprop as gp
from glassprop.diagnosis.changes import Change, code_of
from glassprop.diagnosis.conditions import CONDITIONS
from glassprop.diagnosis.findings import Diagnosis, Finding, some
from glassprop.diagnosis.nesting import by_path
from glassprop.layers import Columns
from glassprop.layers.activations import ACTIVATIONS
from glassprop.optimizers import OPTIMIZERS


def halved(x):
    return x / 2


RECORDS = [
    gp.layers.Lambda(halved),
    *(gp.Dense(8, name) for name in ACTIVATIONS),
    gp.Dense(3),
    gp.Dense(3, bias=False, name="out", frozen=("weight",)),
    gp.Dense(3, initializer="he_normal"),
    gp.Dense(3, initializer=gp.initializers.normal(0.5)),
    gp.Activation("relu", name="bend"),
    gp.Dropout(0.25),
    gp.Flatten(),
    gp.Reshape((3, 2)),
    gp.Standardize(),
    gp.Scale(2.0, 1.5),
    gp.BatchNorm(),
    gp.LayerNorm(),
    gp.PReLU(),
    gp.GaussianNoise(0.1),
    gp.Residual([gp.Dense(3), gp.Activation("tanh")]),
    gp.Parallel([gp.Dense(3), [gp.Flatten(), gp.Dense(2, "relu")]]),
    gp.Concatenate(),
    gp.Add(),
    Columns((0, 3), flagged=(0,)),
    *(kind() for kind in OPTIMIZERS.values()),
    gp.Adam(0.003),
    gp.SGD(0.1, momentum=0.9, nesterov=True),
    gp.optimizers.EMA(gp.Adam(0.01)),
    gp.optimizers.SWA(gp.SGD(0.1)),
    gp.optimizers.LayerRates(gp.SGD(0.1), {"hidden": 0.5}),
    gp.optimizers.WeightDecay(gp.SGD(0.1), 0.01),
    gp.optimizers.LBFGS(),
    gp.EarlyStopping(7),
    gp.schedules.Cosine(30),
]


NO_LAYERS = {"Parameter", "Run"}


@pytest.mark.parametrize("record", RECORDS, ids=code_of)
def test_code_makes_the_record_again(record):
    made = eval(code_of(record), {"gp": gp, "halved": halved})
    assert type(made) is type(record)
    assert same(made, record)


def same(one, other):
    """Compare records field by field; functions with options by what they hold."""
    if is_dataclass(one) and is_dataclass(other):
        return type(one) is type(other) and all(
            same(getattr(one, each.name), getattr(other, each.name))
            for each in fields(one)
            if each.name != "_"
        )
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    return one is other or bool(np.all(one == other))


def test_every_layer_and_every_optimizer_is_among_the_records():
    known = {type(one).__name__ for one in RECORDS}
    for module in (gp.layers, gp.optimizers):
        kinds = {one for one in vars(module).values() if isinstance(one, type)}
        made = {one for one in kinds if is_dataclass(one) and one.__name__[0] != "_"}
        assert {one.__name__ for one in made} - NO_LAYERS <= known


def test_code_of_what_is_no_record():
    def mine(z):
        return z * z

    assert code_of(mine) == "mine"
    assert code_of([1, "a", None]) == '[1, "a", None]'
    assert code_of(gp.Activation(mine)) == "gp.Activation(mine)"


LAYERS = [gp.Dense(8, "relu", name="hidden"), gp.Dropout(0.1), gp.Dense(3)]


def test_a_change_carried_out():
    change = Change(
        words="Do this.",
        layers={
            "hidden": (LAYERS[0], gp.Dense(8, "tanh", name="hidden")),
            "dropout_1": (LAYERS[1], None),
        },
        first=gp.Standardize(),
        options={"optimizer": gp.Adam(0.01), "clip": 1.0},
        data="y = y[:, None]",
    )
    layers, options = change.applied(LAYERS, {"epochs": 3, "clip": None})
    assert layers == [gp.Standardize(), gp.Dense(8, "tanh", name="hidden"), LAYERS[2]]
    assert options == {"epochs": 3, "clip": 1.0, "optimizer": gp.Adam(0.01)}
    assert str(change).splitlines() == [
        "Do this.",
        "y = y[:, None]",
        "layers = [gp.Standardize(), *layers]",
        'hidden: gp.Dense(8, "tanh", name="hidden") instead of gp.Dense(8, "relu", '
        'name="hidden")',
        "dropout_1: without gp.Dropout(0.1)",
        "net.fit(X, y, clip=1.0, optimizer=gp.Adam(learning_rate=0.01))",
    ]
    assert Change().applied(LAYERS, {"epochs": 3}) == (LAYERS, {"epochs": 3})
    assert str(Change()) == ""


def test_a_change_of_layers_inside_of_others_is_carried_out():
    inside = gp.Dense(4, "relu", weights={"bias": np.zeros(4)})
    around = gp.Residual([gp.Dense(3, name="mine"), gp.Dropout(0.1)])
    layers = [gp.Parallel([[gp.Flatten(), inside], around]), gp.Add(), gp.Dense(2)]
    assert [*by_path(layers)] == [
        "parallel_1.flatten_1",
        "parallel_1.dense_1",
        "parallel_1.residual_1.mine",
        "parallel_1.residual_1.dropout_1",
        "parallel_1.residual_1",
        "parallel_1",
        "add_1",
        "dense_1",
    ]
    change = Change(
        layers={
            "parallel_1.dense_1": (inside, replace(inside, activation="tanh")),
            "parallel_1.residual_1.dropout_1": (gp.Dropout(0.1), None),
        },
        first=gp.Standardize(),
        before="parallel_1.residual_1.mine",
    )
    made, _ = change.applied(layers, {})
    assert code_of(made[0]) == (
        'gp.Parallel([[gp.Flatten(), gp.Dense(4, "tanh", weights=weights)], '
        '[gp.Residual([gp.Standardize(), gp.Dense(3, name="mine")])]])'
    )
    assert made[1:] == layers[1:]
    assert change.lines == [
        "gp.Standardize() before parallel_1.residual_1.mine",
        'parallel_1.dense_1: gp.Dense(4, "tanh", weights=weights) instead of '
        'gp.Dense(4, "relu", weights=weights)',
        "parallel_1.residual_1.dropout_1: without gp.Dropout(0.1)",
    ]
    assert Change().applied(layers, {})[0][0] is layers[0]


def test_a_command_stands_for_the_code():
    change = Change("Or so.", options={"clip": 1.0}, command="glassprop train t.csv")
    assert str(change) == "Or so.\nglassprop train t.csv"
    assert change.lines == ["net.fit(X, y, clip=1.0)"]


# Findings -----------------------------------------------------------------------------

WARNING = Finding(
    "imbalance",
    "class 1 has <many> rows.",
    Change(words="Measure & weigh.", options={"class_weight": "balanced"}),
    value=np.float64(12.5),
    limit=10.0,
)
ERROR = Finding(
    "not_finite",
    "training diverged.",
    Change(command="glassprop train t.csv"),
    severity="error",
    layer="out",
    units=(1, 2),
    columns=("a", "b"),
    step=3,
)
DIAGNOSIS = Diagnosis((WARNING, ERROR, WARNING), ("all", "else"))


def test_a_diagnosis_is_a_list_the_worst_first():
    assert list(DIAGNOSIS) == [ERROR, WARNING, WARNING]
    assert (DIAGNOSIS[0], DIAGNOSIS[1:]) == (ERROR, (WARNING, WARNING))
    assert (len(DIAGNOSIS), bool(DIAGNOSIS), bool(Diagnosis())) == (3, True, False)
    assert DIAGNOSIS.conditions == ("not_finite", "imbalance")
    assert repr(DIAGNOSIS) == "<Diagnosis: not_finite, imbalance>"
    assert repr(Diagnosis()) == "<Diagnosis: healthy>"
    assert str(Diagnosis()) == "Healthy: nothing found."


def test_a_finding_as_text():
    about = CONDITIONS["imbalance"]
    assert str(WARNING) == (
        f"warning: {about.title} (imbalance)\n"
        "  seen: class 1 has <many> rows.\n"
        f"  why: {about.why} [{about.source}]\n"
        "  change: Measure & weigh.\n"
        '          net.fit(X, y, class_weight="balanced")'
    )
    assert DIAGNOSIS.text() == (
        f"{ERROR}\n\n{WARNING}\n\n{WARNING}\n\nLooked at: all, else."
    )


def test_a_diagnosis_as_json():
    found = json.loads(DIAGNOSIS.json())
    assert found == DIAGNOSIS.as_dict()
    assert (found["healthy"], found["looked_at"]) == (False, ["all", "else"])
    about = CONDITIONS["not_finite"]
    assert found["findings"][0] == {
        "condition": "not_finite",
        "title": about.title,
        "severity": "error",
        "seen": "training diverged.",
        "value": None,
        "limit": None,
        "layer": "out",
        "units": [1, 2],
        "columns": ["a", "b"],
        "step": 3,
        "why": about.why,
        "source": about.source,
        "words": "",
        "code": [],
        "command": "glassprop train t.csv",
    }
    assert found["findings"][1]["value"] == 12.5
    assert json.loads(Diagnosis().json())["healthy"] is True


def test_a_diagnosis_as_html_is_escaped():
    page = DIAGNOSIS._repr_html_()
    assert "class 1 has &lt;many&gt; rows." in page
    assert "Measure &amp; weigh." in page
    assert "<pre>net.fit(X, y, class_weight=&quot;balanced&quot;)</pre>" in page
    assert "<pre>glassprop train t.csv</pre>" in page
    assert page.count("<section>") == page.count("</section>") == 3
    assert page.endswith("<p>Looked at: all, else.</p></div>")
    assert page.count("<pre>") == 3
    words = Diagnosis((replace(ERROR, change=Change(words="Wait.")),))._repr_html_()
    assert words.endswith("<p>Wait.</p></section></div>")
    assert Diagnosis()._repr_html_() == "<div><p>Healthy: nothing found.</p></div>"


def test_conditions_are_complete_and_cannot_be_changed():
    for key, one in CONDITIONS.items():
        assert key == one.key
        assert one.title
        assert one.why.endswith(".")
        assert one.source
        assert all(math.isfinite(limit) for limit in one.limits)
    with pytest.raises(TypeError):
        CONDITIONS["mine"] = WARNING


def test_many_numbers_are_cut():
    assert some([0, 3, 4]) == "0, 3, 4"
    assert some(range(40)) == "0, 1, 2, ... (40 of them)"

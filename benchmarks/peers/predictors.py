"""Prediction with a trained network, 64-128-10 relu: from a row or rows to raw outputs.

Each system gets its input in its own form, made before: NumPy arrays, PyTorch tensors,
JAX's arrays. What it gives back is complete when the call returns.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from glassprop.workloads import WORKLOADS, network, start

WORKLOAD = WORKLOADS["digits"]
Call = Callable[[], Any]


def inputs(rows: int) -> Any:
    """Give so many rows."""
    rng = np.random.default_rng(2)
    return rng.random((rows, WORKLOAD.sizes[0]), np.float32)


def numpy_by_hand(x: Any, threads: int) -> Call:
    """Two products, in one line of NumPy; the least that Python can do."""
    (w1, b1), (w2, b2) = start(WORKLOAD)
    return lambda: np.maximum(x @ w1 + b1, 0) @ w2 + b2


def glassprop_call(x: Any, threads: int) -> Call:
    net = network(WORKLOAD)
    return lambda: net(x)


def glassprop_predictor(x: Any, threads: int) -> Call:

    net = network(WORKLOAD)
    predict = net.predictor(threads=threads)
    return lambda: predict(x)


def torch_model(threads: int) -> Any:
    """Make the network of modules, as people do."""
    import torch

    torch.set_num_threads(threads)
    layers: list[Any] = []
    for weight, bias in start(WORKLOAD):
        layer = torch.nn.Linear(*weight.shape)
        with torch.no_grad():
            layer.weight.copy_(torch.from_numpy(weight.T.copy()))
            layer.bias.copy_(torch.from_numpy(bias))
        layers += [layer, torch.nn.ReLU()]
    return torch.nn.Sequential(*layers[:-1]).eval()


def torch_eager(x: Any, threads: int) -> Call:
    import torch

    model, given = torch_model(threads), torch.from_numpy(x)

    def call() -> Any:
        with torch.inference_mode():
            return model(given)

    return call


def torch_traced(x: Any, threads: int) -> Call:
    import warnings

    import torch

    given = torch.from_numpy(x)
    with warnings.catch_warnings(), torch.inference_mode():
        warnings.simplefilter("ignore")
        model = torch.jit.freeze(torch.jit.trace(torch_model(threads), given))
        for _ in range(3):
            model(given)

    def call() -> Any:
        with torch.inference_mode():
            return model(given)

    return call


def jax_jitted(x: Any, threads: int) -> Call:
    import jax

    pairs = [tuple(map(jax.numpy.asarray, pair)) for pair in start(WORKLOAD)]

    @jax.jit
    def predict(pairs: Any, x: Any) -> Any:
        (w1, b1), (w2, b2) = pairs
        return jax.nn.relu(x @ w1 + b1) @ w2 + b2

    given = jax.numpy.asarray(x)
    return lambda: predict(pairs, given).block_until_ready()


def onnx_model() -> bytes:
    """Write the network as ONNX."""
    from onnx import TensorProto, helper, numpy_helper

    nodes, kept, name = [], [], "x"
    pairs = start(WORKLOAD)
    for number, (weight, bias) in enumerate(pairs, 1):
        kept.append(numpy_helper.from_array(weight, f"W{number}"))
        kept.append(numpy_helper.from_array(bias, f"b{number}"))
        names = [name, f"W{number}", f"b{number}"]
        last = number == len(pairs)
        nodes.append(helper.make_node("Gemm", names, ["y" if last else f"z{number}"]))
        if not last:
            name = f"a{number}"
            nodes.append(helper.make_node("Relu", [f"z{number}"], [name]))
    described = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, [None, size])
        for name, size in (("x", WORKLOAD.sizes[0]), ("y", WORKLOAD.sizes[-1]))
    ]
    graph = helper.make_graph(nodes, "digits", [described[0]], [described[1]], kept)
    versions = [helper.make_opsetid("", 17)]
    model = helper.make_model(graph, opset_imports=versions, ir_version=9)
    written: bytes = model.SerializeToString()
    return written


def onnx_runtime(x: Any, threads: int) -> Call:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        onnx_model(), options, providers=["CPUExecutionProvider"]
    )
    given = {"x": x}
    return lambda: session.run(None, given)[0]


def sklearn_raw(x: Any, threads: int) -> Call:
    """`predict` without its checks: the pass that it calls, without the softmax."""
    model = sklearn_model(x)
    model.out_activation_ = "identity"
    return lambda: model._forward_pass_fast(x, check_input=False)


def sklearn_model(x: Any) -> Any:
    from sklearn.neural_network import MLPClassifier

    model = MLPClassifier(WORKLOAD.sizes[1:-1])
    classes = np.arange(WORKLOAD.sizes[-1])
    model.partial_fit(np.repeat(x[:1], len(classes), 0), classes, classes=classes)
    pairs = start(WORKLOAD)
    model.coefs_ = [weight for weight, _ in pairs]
    model.intercepts_ = [bias for _, bias in pairs]
    return model


PREDICTORS: Mapping[str, Callable[[Any, int], Call]] = MappingProxyType(
    {
        "glassprop": glassprop_predictor,
        "glassprop net(X)": glassprop_call,
        "numpy": numpy_by_hand,
        "onnxruntime": onnx_runtime,
        "torch": torch_eager,
        "torch traced": torch_traced,
        "jax": jax_jitted,
        "scikit-learn": sklearn_raw,
    }
)

"""Products of Hessians and Jacobians with vectors, and the check of a gradient."""

import numpy as np
import pytest

import glassprop as gp
from glassprop.errors import ArgumentError, ShapeError, TraceError
from glassprop.gradient_checks import GradientCheck
from tracing import assert_same_bits, directional_difference

RNG = np.random.default_rng(9)
W = RNG.uniform(-1, 1, (4, 3))
X = RNG.uniform(-1, 1, (5, 4))
V = RNG.uniform(-1, 1, (5, 4))


def loss(x, w):
    return np.sum(np.tanh(x @ w) ** 2) + np.sum(x**3)


def layers(x, w):
    hidden = np.tanh(x @ w)
    return {"hidden": hidden, "sums": [np.sum(x, axis=0), np.sum(hidden * hidden)]}


# Hessian times vector -----------------------------------------------------------------


def test_hessian_times_a_vector():
    found = gp.hessian_vector_product(loss)(X, W, V)
    expected = np.tensordot(gp.hessian(loss)(X, W), V, axes=2)
    np.testing.assert_allclose(found, expected, rtol=1e-12)


@pytest.mark.parametrize("wrt", [(0, 1), ["x", "w"]])
def test_hessian_of_several_arguments_times_a_vector(wrt):
    u = RNG.uniform(-1, 1, W.shape)
    found = gp.hessian_vector_product(loss, wrt)(X, W, (V, u))
    blocks = gp.hessian(loss, wrt)(X, W)
    for product, row in zip(found, blocks, strict=True):
        expected = np.tensordot(row[0], V, axes=2) + np.tensordot(row[1], u, axes=2)
        np.testing.assert_allclose(product, expected, rtol=1e-12)


def test_hessian_of_a_nested_argument_times_a_vector():
    def f(p):
        return np.sum(p["w"] ** 2 * p["b"])

    point = {"w": np.array([1.0, 2.0]), "b": np.array([3.0, 4.0])}
    along = {"w": np.array([1.0, 0.0]), "b": np.array([0.0, 1.0])}
    found = gp.hessian_vector_product(f)(point, along)
    np.testing.assert_allclose(found["w"], [6.0, 4.0])
    np.testing.assert_allclose(found["b"], [2.0, 0.0])


def test_hessian_of_a_keyword_times_a_vector():
    product = gp.hessian_vector_product(lambda x, *, k: k**3 * x, wrt="k")
    assert product(2.0, 1.0, k=3.0) == 36.0


def test_hessian_of_a_linear_function_is_zero():
    found = gp.hessian_vector_product(lambda x: np.sum(x) * 2)(X, V)
    assert_same_bits(found, np.zeros(X.shape))


def test_a_product_inside_a_traced_function():
    def curvature(x):
        return np.sum(x * gp.hessian_vector_product(loss)(x, W, V))

    found = gp.gradient(curvature)(X)
    (moved,) = [RNG.uniform(-1, 1, X.shape)]
    difference = directional_difference(curvature, [X], [moved])
    np.testing.assert_allclose(np.sum(found * moved), difference, rtol=1e-6)


# Jacobian times vector ----------------------------------------------------------------


def test_jacobian_times_a_vector():
    def f(x, w):
        return np.tanh(x @ w)

    found = gp.jacobian_vector_product(f)(X, W, V)
    expected = np.tensordot(gp.jacobian(f)(X, W), V, axes=2)
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_jacobian_of_nested_values_times_a_vector():
    u = RNG.uniform(-1, 1, W.shape)
    found = gp.jacobian_vector_product(layers, (0, 1))(X, W, (V, u))
    moved = [
        directional_difference(
            lambda x, w, k=k: layers(x, w)["sums"][k], [X, W], [V, u]
        )
        for k in (0, 1)
    ]
    hidden = directional_difference(lambda x, w: layers(x, w)["hidden"], [X, W], [V, u])
    np.testing.assert_allclose(found["hidden"], hidden, rtol=1e-6, atol=1e-8)
    for one, expected in zip(found["sums"], moved, strict=True):
        np.testing.assert_allclose(one, expected, rtol=1e-6, atol=1e-8)


def test_the_slope_along_a_vector_is_a_forward_pass():
    product = gp.jacobian_vector_product(lambda x: np.exp(np.sin(x)))
    assert product.source(np.ones(3), np.ones(3)) == (
        '"""jacobian_vector_product of <lambda>."""\n'
        "\n"
        "import numpy as np\n"
        "\n"
        "\n"
        "def jacobian_vector_product(x, direction_x):\n"
        "    product = direction_x * np.cos(x) * np.exp(np.sin(x))  # (3,)\n"
        "    return product\n"
    )


def test_the_slope_of_what_does_not_move_is_zero():
    product = gp.jacobian_vector_product(lambda x, y: (y * 2, x), wrt=0)
    still, moving = product(X, X, V)
    assert_same_bits(still, np.zeros(X.shape))
    assert_same_bits(moving, V)


def test_hessian_times_vector_is_the_slope_of_the_gradient():
    gradient = gp.gradient(loss)
    found = gp.jacobian_vector_product(lambda x: gradient(x, W))(X, V)
    np.testing.assert_allclose(
        found, gp.hessian_vector_product(loss)(X, W, V), rtol=1e-12
    )


@pytest.mark.parametrize(
    "transform", [gp.hessian_vector_product, gp.jacobian_vector_product]
)
def test_products_in_float32(transform):
    x, v = X.astype(np.float32), V.astype(np.float32)
    exact = transform(lambda x: np.sum(np.tanh(x) ** 2))(X, V)
    found = transform(lambda x: np.sum(np.tanh(x) ** 2))(x, v)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, exact, rtol=1e-5)


# Linear algebra -----------------------------------------------------------------------


def test_the_slope_of_a_determinant_takes_the_inverse():
    np.testing.assert_allclose(
        gp.gradient(np.linalg.det)(np.diag([2.0, 3.0])), np.diag([3.0, 2.0])
    )
    with pytest.raises(np.linalg.LinAlgError):
        gp.gradient(np.linalg.det)(np.zeros((2, 2)))


@pytest.mark.parametrize("function", [np.linalg.cholesky, np.linalg.eigvalsh])
def test_of_a_symmetric_matrix_the_lower_triangle_has_the_slopes(function):
    a = np.array([[4.0, 1.0], [1.0, 3.0]])
    slope = gp.gradient(lambda a: np.sum(function(a)[..., 0]))
    found = slope(a)
    assert found[0, 1] == 0.0
    assert_same_bits(found, slope(np.array([[4.0, -9.0], [1.0, 3.0]])))
    assert gp.check_gradient(lambda a: np.sum(function(a)[..., 0]), a).worst < 1e-7


# What is refused ----------------------------------------------------------------------


def place(message):
    """Cut the line of the author's code off a message."""
    return str(message).partition("\n")[0]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda product: product(),
            ArgumentError,
            "hessian_vector_product_of_loss takes the arguments of loss, and then the "
            "direction; it was called without any.",
        ),
        (
            lambda product: product(X, W),
            ArgumentError,
            "loss: missing a required argument: 'w'.",
        ),
        (
            lambda product: product(X, W, V[0]),
            ShapeError,
            "hessian_vector_product_of_loss: the direction must be nested and shaped "
            "as the arguments it moves, x (5, 4); got x (4,).",
        ),
        (
            lambda product: product(X, W, {"x": V}),
            ShapeError,
            "hessian_vector_product_of_loss: the direction must be nested and shaped "
            "as the arguments it moves, x (5, 4); got x.x (5, 4).",
        ),
    ],
    ids=["nothing", "no direction", "shape", "nesting"],
)
def test_directions_that_do_not_fit(call, error, message):
    with pytest.raises(error) as caught:
        call(gp.hessian_vector_product(loss))
    assert place(caught.value) == message


def test_a_direction_for_each_of_several_arguments():
    with pytest.raises(ShapeError) as caught:
        gp.hessian_vector_product(loss, (0, 1))(X, W, V)
    assert place(caught.value) == (
        "hessian_vector_product_of_loss: the direction must be nested and shaped as "
        "the arguments it moves, x (5, 4), w (4, 3); got a ndarray."
    )


def test_a_hessian_is_of_one_number():
    with pytest.raises(TraceError) as caught:
        gp.hessian_vector_product(lambda x: x * x)(X, V)
    assert place(caught.value) == (
        "the Hessian of <lambda> needs one number, got an array of shape (5, 4). Sum "
        "or average it, or use jacobian."
    )


# The check of a gradient --------------------------------------------------------------


def test_a_right_gradient():
    check = gp.check_gradient(loss, X, W, wrt=(0, "w"))
    assert isinstance(check, GradientCheck)
    assert list(check) == ["x", "w"]
    assert check.worst <= 1e-7
    assert check.ok
    assert str(check).count("fine") == 2


@pytest.mark.filterwarnings("error")
def test_float32_is_checked_in_float64():
    check = gp.check_gradient(
        lambda p, scale: np.sum(np.sin(p["a"] * scale) / p["b"]),
        {"a": X.astype(np.float32), "b": np.float32(3)},
        scale=np.float32(2),
    )
    assert list(check) == ["p.a", "p.b"]
    assert check.worst <= 1e-7


def test_numbers_and_integers_among_the_arguments():
    check = gp.check_gradient(lambda x, k: x**k * 1.5, 1.25, 3)
    assert list(check) == ["x"]
    assert check.worst <= 1e-7


def test_a_wrong_gradient_is_found():
    check = gp.check_gradient(lambda x: np.sum(x * gp.stop_gradient(x)), X)
    np.testing.assert_allclose(check["x"], 1 / 3, rtol=1e-6)
    assert not check.ok
    assert str(check) == "x  3.3e-01  wrong"


def test_at_a_corner_neither_is_wrong():
    assert not gp.check_gradient(lambda x: np.maximum(x, 0), 0.0).ok
    assert gp.check_gradient(lambda x: np.maximum(x, 0), 0.001).ok


def test_one_wrong_slope_among_many_is_found_along_the_direction():
    wrong = np.ones(10_000)
    wrong[7] = 50.0

    def f(x):
        return np.sum(x * 2.0) + np.sum((x - gp.stop_gradient(x)) * wrong)

    assert not gp.check_gradient(f, np.zeros(10_000)).ok


def test_the_step_grows_with_the_values():
    assert gp.check_gradient(lambda x: np.sum(x**2), np.array([1e8, 3e7])).worst < 1e-7


def test_the_check_is_a_function_of_the_seed():
    def f(x):
        return np.sum(np.exp(x) * x)

    assert gp.check_gradient(f, X, seed=1) == gp.check_gradient(f, X, seed=1)


def test_an_array_without_values():
    assert gp.check_gradient(lambda x, y: np.sum(x) + y, np.zeros(0), 1.0)["x"] == 0.0


def test_nan_is_not_fine():
    with np.errstate(invalid="ignore"):
        check = gp.check_gradient(np.log, -1.0)
    assert np.isnan(check.worst)
    assert not check.ok


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: gp.check_gradient(3.0, 1.0),
            "glassprop.check_gradient takes a function, got a value of type float. "
            "Give the function, and then its arguments: "
            "glassprop.check_gradient(f, x).",
        ),
        (
            lambda: gp.check_gradient(np.sin, X),
            "the gradient of sin needs one number, got an array of shape (5, 4). Sum "
            "or average it, or use jacobian.",
        ),
    ],
    ids=["no function", "an array"],
)
def test_gradients_that_cannot_be_checked(call, message):
    with pytest.raises(TraceError) as caught:
        call()
    assert place(caught.value) == message

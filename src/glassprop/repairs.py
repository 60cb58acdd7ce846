"""What to write in the place of functions of NumPy that do not trace, by family.

Each entry of `REPAIRS` has names, as `glassprop.refusals.function_name` writes them,
and a sentence for all of them. Functions for which one that traces serves as well have
that in ``MEANINGS`` of `glassprop.refusals` instead.
"""

from __future__ import annotations

FLAT_PLACES = (
    "An index of whole numbers is arithmetic: row * columns + column is the place in "
    "the flat array, place // columns and place % columns lead back."
)
SAME_LENGTH = (
    "Add the coefficients with + or -; np.pad(p, (k, 0)) makes the shorter as long."
)
TRANSFORM = (
    "It is a product with a fixed matrix: with F = np.fft.{one}(np.eye(k)), x @ F.real "
    "is the real part for rows of k values, x @ F.imag the imaginary."
)
EACH_AXIS = (
    "Along each axis it is a product with a fixed matrix: with F = np.fft.fft("
    "np.eye(k)), x @ F.real is the real part for rows of k values, x @ F.imag the "
    "imaginary."
)

REPAIRS: tuple[tuple[frozenset[str], str], ...] = (
    # Transforms
    *(
        (frozenset({f"np.fft.{one}"}), TRANSFORM.format(one=one))
        for one in ("fft", "ifft", "rfft", "irfft", "hfft", "ihfft")
    ),
    (
        frozenset(
            f"np.fft.{inverse}{kind}{axes}"
            for kind in ("fft", "rfft")
            for inverse in ("", "i")
            for axes in ("2", "n")
        ),
        EACH_AXIS,
    ),
    (
        frozenset({"np.fft.fftshift", "np.fft.ifftshift"}),
        "It is np.roll(x, k // 2) of k values, and back np.roll(x, -(k // 2)).",
    ),
    # Counts
    (
        frozenset({"np.bincount"}),
        "Compare and sum: np.sum(x[:, None] == np.arange(k), axis=0).",
    ),
    (
        frozenset({"np.histogram"}),
        "Compare and sum: np.sum((edges[:-1] <= x[:, None]) & (x[:, None] < "
        "edges[1:]), axis=0).",
    ),
    (
        frozenset({"np.histogram2d", "np.histogramdd"}),
        "Compare and sum: with a = ((edges[:-1] <= x[:, None]) & (x[:, None] < "
        "edges[1:])).astype(float) and b of y alike, a.T @ b counts the pairs.",
    ),
    (
        frozenset({"np.histogram_bin_edges"}),
        "Write np.linspace(np.min(x), np.max(x), bins + 1).",
    ),
    # Polynomials
    (
        frozenset({"np.polyval"}),
        "Use Horner's rule: start with y = 0 and let y = y * x + c for each "
        "coefficient c, that of the highest power first.",
    ),
    (
        frozenset({"np.polyfit"}),
        "Write np.linalg.pinv(x[:, None] ** np.arange(degree, -1, -1)) @ y.",
    ),
    (
        frozenset({"np.polyder"}),
        "Write p[:-1] * np.arange(len(p) - 1, 0, -1).",
    ),
    (
        frozenset({"np.polyint"}),
        "Write np.append(p / np.arange(len(p), 0, -1), 0).",
    ),
    (frozenset({"np.polyadd", "np.polysub"}), SAME_LENGTH),
    (
        frozenset({"np.polymul"}),
        "With k = len(q), write np.lib.stride_tricks.sliding_window_view(np.pad(p, "
        "k - 1), k) @ q[::-1].",
    ),
    (
        frozenset({"np.polydiv"}),
        "Divide step by step: c = p[0] / q[0] is a coefficient of the quotient, and it "
        "goes on with (p - c * np.pad(q, (0, len(p) - len(q))))[1:].",
    ),
    (
        frozenset({"np.poly"}),
        "Multiply out: start with p = [1] and let p = np.append(p, 0) - root * "
        "np.append(0, p) for each root.",
    ),
    (
        frozenset({"np.roots"}),
        "Find the roots x of the plain coefficients before the call; inside, a step of "
        "Newton's, x - f(x) / slope(x), carries the gradient.",
    ),
    # Indices
    (
        frozenset(
            {"np.diag_indices_from", "np.tril_indices_from", "np.triu_indices_from"}
        ),
        "The indices depend on the shape alone: make them of plain numbers, "
        "np.tril_indices(k), or use np.diagonal, np.tril and np.triu.",
    ),
    (
        frozenset({"np.ix_"}),
        "Pick along one axis after the other: x[rows][:, columns].",
    ),
    (frozenset({"np.unravel_index", "np.ravel_multi_index"}), FLAT_PLACES),
    (
        frozenset({"np.einsum_path"}),
        "Ask it before the call, of plain arrays of the same shapes.",
    ),
    # Whole numbers
    (
        frozenset({"np.left_shift", "np.right_shift"}),
        "Of whole numbers it is arithmetic: x * 2**k, and back x // 2**k.",
    ),
    (
        frozenset({"np.bitwise_count", "np.packbits", "np.unpackbits"}),
        "Of whole numbers it is arithmetic: x[:, None] // 2**np.arange(8) % 2 gives "
        "the bits, the lowest first, and bits @ 2**np.arange(8) leads back.",
    ),
    (
        frozenset({"np.gcd", "np.lcm"}),
        "Calculate it with plain integers before the call; a // b and a % b are steps "
        "of Euclid's that trace.",
    ),
    # Floating-point numbers
    (
        frozenset({"np.nextafter", "np.spacing"}),
        "The distance to the next number is about np.finfo(x.dtype).eps * np.abs(x).",
    ),
    (
        frozenset({"np.i0"}),
        "It is a mean: np.mean(np.exp(x[..., None] * np.cos(np.pi * (np.arange(50) + "
        "0.5) / 50)), axis=-1), to 14 digits up to x = 100.",
    ),
    (
        frozenset({"np.nanpercentile", "np.nanquantile"}),
        "np.nanmedian passes NaN over, np.quantile and np.percentile do not: fill NaN "
        "first, np.where(np.isnan(x), value, x).",
    ),
    (frozenset({"np.sort_complex"}), "Of real numbers it is np.sort."),
    # Dates
    (
        frozenset(
            {
                "np.busday_count",
                "np.busday_offset",
                "np.datetime_as_string",
                "np.is_busday",
            }
        ),
        "Prepare dates before the call, and give the function numbers: "
        "dates.astype('datetime64[D]').astype(np.int64).",
    ),
    # Dtypes and memory
    (
        frozenset({"np.can_cast", "np.common_type", "np.min_scalar_type"}),
        "Ask x.dtype, which is known: np.can_cast(x.dtype, np.float32), "
        "np.result_type(x, y).",
    ),
    (
        frozenset({"np.may_share_memory", "np.shares_memory"}),
        "Leave it away: traced arrays never change, so that sharing memory makes no "
        "difference.",
    ),
)

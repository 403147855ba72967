"""Pictures of equivariant matrices. Matplotlib is imported when something is drawn."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np
import scipy.linalg

from constrainet.inspect.colors import class_colors, is_dark, tint
from constrainet.inspect.pattern import WeightSharing, source_of, weight_sharing
from constrainet.reps import Question, Rep
from constrainet.tolerances import CLUSTER

Axes = Any
"""`matplotlib.axes.Axes`."""

LARGEST_MARKED = 64
"""Cells are separated, and their signs written out, in matrices of at most this many rows."""

LARGEST_NUMBERED = 20
"""Factors other than signs are written into the cells of matrices of at most this many rows."""

LONGEST_UPRIGHT = 9
"""Characters of a name beside the vertical axis; longer ones are turned."""

CELL = 0.3
"""Side of a cell in inches, where the figure is made here."""

LARGEST_SIDE = 7.0
"""Of the matrix in a figure that is made here, in inches."""


def plot_weight_sharing(rep_in: Rep | None, rep_out: Rep, ax: Axes = None) -> Axes:
    """Draws which weights of an equivariant matrix are zero, and which are tied.

    Each class of `weight_sharing` has a colour, and entries that are always zero are blank. A
    negative multiple of the first entry of its class is drawn in a lighter shade, with a minus
    sign; other factors are written out in small matrices. Lines separate the summands of the two
    direct sums, thin ones their copies.

    Args:
        rep_in: the source, along the horizontal axis; None for the pattern of a bias.
        rep_out: the target, along the vertical axis.
        ax: the Matplotlib axes to draw on; those of a new figure if missing.

    Returns:
        The axes.

    Raises:
        ImportError: if Matplotlib is missing.
        TypeError, ValueError: as `weight_sharing`.

    Example:
        >>> from constrainet.groups import S
        >>> from constrainet.reps import V
        >>> import matplotlib
        >>> matplotlib.use("agg")
        >>> ax = plot_weight_sharing(V(S(8)), V(S(8)))
        >>> print(ax.get_title())
        S(8):  V → V
        2 free weights of 64
    """
    source = source_of(rep_in, rep_out, "plot_weight_sharing")
    pattern = weight_sharing(source, rep_out)
    ax = new_axes(pattern.shape) if ax is None else ax
    pixels = class_pixels(pattern)
    height, width = pattern.shape
    ax.imshow(pixels, extent=(-0.5, width - 0.5, height - 0.5, -0.5), interpolation="none")
    if max(pattern.shape) <= LARGEST_MARKED:
        _draw_cells(ax, pattern, pixels)
    _draw_summands(ax.xaxis, source, ax.axvline)
    _draw_summands(ax.yaxis, rep_out, ax.axhline)
    ax.tick_params(length=0)
    ax.set_title(_title(pattern, is_bias=rep_in is None), fontsize=10)
    return ax


def class_pixels(pattern: WeightSharing) -> np.ndarray:
    """The colour of each entry, with a lighter shade for negative factors and white for zero.

    Returns:
        sRGB values between 0 and 1, shape (rep_out.dim, rep_in.dim, 3).
    """
    colors = class_colors(pattern.num_classes)
    palette = np.concatenate([np.ones((1, 3)), colors, tint(colors)])
    negative = (np.real(pattern.scale) < -CLUSTER) & (pattern.labels > 0)
    return palette[pattern.labels + pattern.num_classes * negative]


def plot_basis(rep_in: Rep | None, rep_out: Rep, *, max_elements: int = 12) -> np.ndarray:
    """Draws a basis of the equivariant matrices, one small picture for each element.

    The solver's basis is orthonormal but mixed at will; here it is turned into one whose elements
    have an entry of their own each, 1 in that element and 0 in the others, so that most vanish.

    Args:
        rep_in: the source; None for biases.
        rep_out: the target.
        max_elements: how many to draw at most.

    Returns:
        An array of the axes drawn on, one for each element.

    Raises:
        ImportError: if Matplotlib is missing.
        TypeError, ValueError: as `weight_sharing`.

    Example:
        >>> from constrainet.groups import SO
        >>> from constrainet.reps import V
        >>> import matplotlib
        >>> matplotlib.use("agg")
        >>> len(plot_basis(V(SO(3)) ** 2, V(SO(3)) ** 2))
        3
    """
    pyplot = load_pyplot()
    source = source_of(rep_in, rep_out, "plot_basis")
    elements = sparse_basis(source, rep_out)
    drawn = elements[: max(0, max_elements)]
    columns = min(4, max(1, len(drawn)))
    rows = max(1, -(-len(drawn) // columns))
    width, height = _panel(source.dim, rep_out.dim)
    figure, axes = pyplot.subplots(
        rows,
        columns,
        squeeze=False,
        figsize=(max(3.4, width * columns), (height + 0.2) * rows + 0.6),
        layout="constrained",
    )
    # short of the darkest colours, which are close to black
    limit = 1.3 * max(np.abs(elements).max(initial=0), CLUSTER)
    for ax in axes.flat[len(drawn) :]:
        ax.set_axis_off()
    for i, (ax, element) in enumerate(zip(axes.flat, drawn, strict=False)):
        _draw_values(ax, element, limit)
        ax.set_title(f"{i + 1}", fontsize=9)
    shown = f", {len(drawn)} of them shown" if len(drawn) < len(elements) else ""
    what = f"{len(elements)} basis elements{shown}"
    figure.suptitle(f"{_arrow(source, rep_out)}\n{what}", fontsize=10)
    return axes.ravel()[: len(drawn)]


def sparse_basis(rep_in: Rep, rep_out: Rep) -> np.ndarray:
    """A basis of the equivariant matrices in which each element has an entry of its own.

    Args:
        rep_in: the source.
        rep_out: the target.

    Returns:
        Shape (rank, rep_out.dim, rep_in.dim); not orthonormal.

    Example:
        The identity, the transposition and the trace:

        >>> from constrainet.groups import SO
        >>> from constrainet.reps import V
        >>> sparse_basis(V(SO(3)) ** 2, V(SO(3)) ** 2).reshape(3, 81).sum(axis=1).round()
        array([9., 9., 9.])
    """
    subspace = Question(rep_in, rep_out).solve()
    pattern = weight_sharing(rep_in, rep_out)
    basis = subspace.to_dense()
    classes, firsts = np.unique(pattern.labels, return_index=True)
    rows = basis[firsts[classes > 0]]
    # short rows first: they take part in the fewest elements
    rows = rows[np.argsort(np.linalg.norm(rows, axis=1).round(6), kind="stable")]
    chosen = np.zeros((0, subspace.rank), rows.dtype)
    span = np.zeros((subspace.rank, 0), rows.dtype)
    for row in rows:
        rest = row.conj() - span @ (span.conj().T @ row.conj())
        if np.linalg.norm(rest) > CLUSTER * np.linalg.norm(row):
            chosen = np.concatenate([chosen, row[None]])
            span = np.linalg.qr(chosen.conj().T)[0]
    # the columns of Q M⁻¹ are 1 or 0 at the chosen entries, the rows of M
    elements = scipy.linalg.solve(chosen.T, basis.T) if subspace.rank else basis.T
    return elements.reshape(-1, rep_out.dim, rep_in.dim)


def plot_projection(rep_in: Rep | None, rep_out: Rep, key: jax.Array) -> np.ndarray:
    """Draws a random matrix, and beside it its projection onto the equivariant ones.

    Args:
        rep_in: the source; None for a bias.
        rep_out: the target.
        key: a JAX random key.

    Returns:
        The two axes, shape (2,): unconstrained and projected. Of complex matrices, the real parts.

    Raises:
        ImportError: if Matplotlib is missing.
        TypeError, ValueError: as `weight_sharing`.

    Example:
        >>> import jax
        >>> from constrainet.groups import Z
        >>> from constrainet.reps import V
        >>> import matplotlib
        >>> matplotlib.use("agg")
        >>> axes = plot_projection(V(Z(8)), V(Z(8)), jax.random.key(0))
        >>> axes[1].images[0].get_array().shape
        (8, 8)
    """
    pyplot = load_pyplot()
    source = source_of(rep_in, rep_out, "plot_projection")
    subspace = Question(source, rep_out).solve()
    shape = (rep_out.dim, source.dim)
    matrix = np.asarray(jax.random.normal(key, shape), np.float64)
    projected = subspace.project(matrix.ravel()).reshape(shape)
    figure, axes = pyplot.subplots(1, 2, figsize=(7.5, 3.9), layout="constrained")
    for ax, values, title in zip(
        axes, (matrix, projected), ("random", "its projection"), strict=True
    ):
        # each on a scale of its own, because a projection onto few weights is small
        image = _draw_values(ax, values, max(np.abs(values).max(initial=0), CLUSTER))
        ax.set_title(title, fontsize=9)
        figure.colorbar(image, ax=ax, shrink=0.7)
    weights = f"{subspace.rank:,} free weights of {matrix.size:,}"
    figure.suptitle(f"{_arrow(source, rep_out)}\n{weights}", fontsize=10)
    return axes


def new_axes(shape: tuple[int, int]) -> Axes:
    """The axes of a new figure, of a size that suits a matrix of this shape."""
    height, width = (max(1.0, CELL * n) for n in shape)
    shrink = min(1.0, LARGEST_SIDE / max(height, width))
    size = (max(3.4, shrink * width + 0.9), max(1.6, shrink * height + 1.1))
    return load_pyplot().subplots(figsize=size, layout="constrained")[1]


def _panel(width: int, height: int) -> tuple[float, float]:
    """The size in inches of one of several small pictures of a matrix."""
    longest = max(1, width, height)
    return max(0.8, 2.3 * width / longest), max(0.8, 2.3 * height / longest)


def load_pyplot():
    """Matplotlib, imported when it is needed."""
    try:
        import matplotlib.pyplot as pyplot
    except ImportError as error:
        raise ImportError(
            "Drawing needs Matplotlib. Install it with `pip install 'constrainet[plot]'`."
        ) from error
    return pyplot


def _draw_cells(ax, pattern: WeightSharing, pixels: np.ndarray) -> None:
    """White lines between cells, and what their factors are, where it can be read."""
    height, width = pattern.shape
    for line, count in ((ax.axvline, width), (ax.axhline, height)):
        for i in range(1, count):
            line(i - 0.5, color="white", linewidth=0.4, zorder=2)
    marked = (pattern.labels > 0) & (np.abs(pattern.scale - 1) > CLUSTER)
    box = ax.get_window_extent()
    cell = min(box.width / width, box.height / height) * 72 / ax.figure.dpi
    for i, j in zip(*np.nonzero(marked), strict=True):
        text = _factor(pattern.scale[i, j], max(pattern.shape) <= LARGEST_NUMBERED)
        size = min(11.0, 1.1 * cell / max(1.3, 0.75 * len(text)))
        color = "white" if is_dark(pixels[i, j]) else "black"
        ax.text(j, i, text, color=color, fontsize=size, ha="center", va="center", zorder=3)


def _factor(scale: Any, in_full: bool) -> str:
    """A factor as it is written into a cell; only its sign, if not in full."""
    sign = "−" if np.real(scale) < -CLUSTER else ""
    if not in_full:
        return sign
    if abs(scale + 1) <= CLUSTER:
        return sign
    for unit, text in ((1j, "i"), (-1j, "−i")):
        if abs(scale - unit) <= CLUSTER:
            return text
    if abs(np.imag(scale)) <= CLUSTER:
        return f"{np.real(scale):.2g}".replace("-", "−")
    return f"{np.angle(scale, deg=True):.0f}°".replace("-", "−")


def _draw_summands(axis, rep: Rep, line) -> None:
    """Lines between the summands of a direct sum and between their copies, and their names."""
    start, middles, names = 0, [], []
    for part, count in rep.summands:
        for copy in range(count):
            if start + copy * part.dim:
                is_border = copy == 0
                if is_border or (part.dim > 1 and count <= LARGEST_MARKED):
                    width = 1.4 if is_border else 0.6
                    line(start + copy * part.dim - 0.5, color="black", linewidth=width, zorder=4)
        middles.append(start + part.dim * count / 2 - 0.5)
        names.append(str(count * part))
        start += part.dim * count
    axis.set_ticks(middles, names)
    spread = min(np.diff(middles), default=rep.dim) / max(1, rep.dim)
    axis.set_tick_params(labelsize=9 if spread > 0.08 else 7)
    if axis.axis_name == "y" and max(map(len, names), default=0) > LONGEST_UPRIGHT:
        for label in axis.get_ticklabels():
            label.set(rotation=90, va="center")
    if axis.axis_name == "x" and spread < 0.02 * max(map(len, names), default=0):
        axis.set_tick_params(rotation=60)


def _draw_values(ax, values: np.ndarray, limit: float):
    """A matrix in colours from blue (negative) over white (zero) to red."""
    image = ax.imshow(
        np.real(values),
        cmap="RdBu_r",
        vmin=-limit,
        vmax=limit,
        interpolation="none",
        aspect="equal",
    )
    ax.set_xticks([])
    ax.set_yticks([])
    return image


def _arrow(rep_in: Rep, rep_out: Rep) -> str:
    group = (
        rep_in.group if len(rep_in.group.factors) >= len(rep_out.group.factors) else (rep_out.group)
    )
    return f"{group}:  {rep_in} → {rep_out}"


def _title(pattern: WeightSharing, is_bias: bool) -> str:
    free = f"{pattern.num_free:,} free weight{'s' * (pattern.num_free != 1)}"
    free += f" of {pattern.num_weights:,}"
    if not pattern.is_tying:
        free += f", in {pattern.num_classes:,} related classes"
    what = (
        f"{pattern.rep_out.group}:  bias on {pattern.rep_out}"
        if is_bias
        else (_arrow(pattern.rep_in, pattern.rep_out))
    )
    return f"{what}\n{free}"

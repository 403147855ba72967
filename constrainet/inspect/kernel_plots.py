"""Pictures of kernels of convolutions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from constrainet.inspect.plots import Axes, load_pyplot, sparse_basis
from constrainet.maps import KernelMap
from constrainet.reps import Rep
from constrainet.tolerances import CLUSTER

TILE = 0.16
"""Side of a cell in inches."""

MOST_SIGNS = 400
"""Cells of a kernel up to which negative ones carry a sign; more could not be read."""

SMALL = 0.02
"""Parts of the largest entry that are not worth a sign or an arrow."""

GAP = 1
"""Cells between the tiles of a kernel."""

PAD = 0.14
"""Inches about a kernel: more than between its tiles."""


def plot_kernels(
    layer: Any, params: Mapping[str, Any] | None = None, *, max_kernels: int = 12
) -> np.ndarray:
    """Draws the kernels of a convolution that commute with the group, or the one it has learned.

    A kernel is a matrix for each offset. Each of its entries is a tile, with one cell for each
    offset: rows of tiles belong to coordinates of `rep_out`, columns to those of `rep_in`. Red is
    positive, blue negative and marked so, white zero, each kernel on a scale of its own. In the
    plane, vectors (summands that move as places do) are arrows: those of `rep_out`, or where it has
    none those of `rep_in`. Axis 0 of the grid points down and axis 1 to the right, as images are
    stored; of volumes, the slices along axis 0 stand side by side. Of complex kernels, real parts.

    Args:
        layer: a `convolution` or `transposed_convolution`, or such a layer of a framework.
        params: its parameters, of which the kernel is drawn. Without them, a basis of all kernels
            is, turned so that most of its weights vanish.
        max_kernels: how many to draw at most.

    Returns:
        An array of the axes drawn on, one for each kernel.

    Raises:
        ImportError: if Matplotlib is missing.
        TypeError: if `layer` is none of these.

    Example:
        >>> import matplotlib
        >>> import constrainet.maps as cm
        >>> from constrainet.groups import SO
        >>> from constrainet.reps import Scalar, V
        >>> matplotlib.use("agg")
        >>> len(plot_kernels(cm.convolution(Scalar(SO(2)), V(SO(2)), kernel_shape=5)))
        4
    """
    m = layer if isinstance(layer, KernelMap) else getattr(layer, "map", None)
    if not isinstance(m, KernelMap):
        raise TypeError(
            "`plot_kernels(layer=...)` should be a convolution, such as `cm.convolution(...)`. Got "
            f"{layer!r:.60}."
        )
    drawn, what = _kernels(m, params)
    shown = drawn[: max(0, max_kernels)]
    if len(shown) < len(drawn):
        what += f", {len(shown)} of them shown"
    pictures = [_picture(m, kernel) for kernel in shown]
    height, width = pictures[0][0].shape if pictures else (1, 1)
    columns = max(1, min(len(shown), 6, int(60 / width)))
    rows = max(1, -(-len(shown) // columns))
    size = max(0.6, TILE * width) + 2 * PAD, max(0.6, TILE * height) + 2 * PAD + 0.2
    figure, axes = load_pyplot().subplots(
        rows,
        columns,
        squeeze=False,
        figsize=(max(3.6, size[0] * columns), size[1] * rows + 0.5),
    )
    figure.set_layout_engine("constrained", w_pad=PAD, h_pad=PAD / 2)
    for ax in axes.flat:
        ax.set_axis_off()
    for i, (ax, picture) in enumerate(zip(axes.flat, pictures, strict=False)):
        _draw(ax, *picture)
        if params is None:
            ax.set_title(f"{i + 1}", fontsize=9)
    arrow = f"{m.rep_in} → {m.rep_out}"
    figure.suptitle(f"{m.place_rep.group}:  {arrow}\n{what}", fontsize=10)
    return axes.ravel()[: len(shown)]


def _kernels(m: KernelMap, params: Mapping[str, Any] | None) -> tuple[np.ndarray, str]:
    """Kernels (count, *kernel_shape, rep_in.dim, rep_out.dim), and what they are."""
    shape, kernels = m.window.shape, m.kernels
    size = "×".join(map(str, shape))
    if params is not None:
        return np.asarray(m.kernel(params))[None], f"a kernel of {size}, {kernels.basis!r}"
    weights = sparse_basis(kernels.rep_in, kernels.rep_out).reshape(-1, *kernels.shape)
    if kernels.samples is not None:
        weights = np.einsum("roai,pa->ropi", weights, kernels.samples)
    basis = weights.transpose(0, 2, 3, 1).reshape(len(weights), *shape, *m.kernels.shape[::-2])
    what = f"{len(basis)} kernel{'s' * (len(basis) != 1)} of {size}, {kernels.basis!r}"
    return basis, what


def _items(rep: Rep, space: Rep, with_vectors: bool) -> Iterator[slice]:
    """The coordinates of a representation, those of a vector together."""
    start = 0
    for part, count in rep.summands:
        for _ in range(count):
            step = part.dim if with_vectors and part == space else 1
            for first in range(start, start + part.dim, step):
                yield slice(first, first + step)
            start += part.dim


def _picture(m: KernelMap, kernel: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A kernel's values by cell, NaN where there are none, and its arrows.

    Returns:
        The values (height, width), and for each arrow its cell's row and column, and its extent
        along axes 0 and 1, shape (count, 4), of the length of a cell at most.
    """
    kernel = np.real(kernel)
    kernel = kernel / max(np.abs(kernel).max(), CLUSTER)
    flat = len(m.window.shape) == 2
    rows = list(_items(m.rep_out, m.place_rep, flat))
    has_vectors = any(item.stop - item.start > 1 for item in rows)
    columns = list(_items(m.rep_in, m.place_rep, flat and not has_vectors))
    values, arrows = [], []
    for i, row in enumerate(rows):
        line = []
        for j, column in enumerate(columns):
            tile = kernel[..., column, row]
            entries = tile.shape[-2] * tile.shape[-1]
            if entries == 1:
                line.append(_flat(tile[..., 0, 0]))
                continue
            tile = tile.reshape(*m.window.shape, entries)
            corner = np.array([i, j]) * (np.array(m.window.shape) + GAP)
            cells = np.indices(m.window.shape).reshape(2, -1).T + corner
            arrows.append(np.hstack([cells, tile.reshape(-1, 2)]))
            line.append(np.zeros(m.window.shape))
        values.append(_joined(line, 1))
    found = np.concatenate(arrows) if arrows else np.zeros((0, 4))
    longest = max(np.linalg.norm(found[:, 2:], axis=1).max(initial=0), CLUSTER)
    found[:, 2:] /= longest
    return _joined(values, 0), found


def _flat(tile: np.ndarray) -> np.ndarray:
    """A tile as a picture: a line, a square, or the slices of a cube."""
    if tile.ndim < 3:
        return np.atleast_2d(tile)
    return _joined([_flat(part) for part in tile], 1)


def _joined(pictures: list[np.ndarray], axis: int) -> np.ndarray:
    """Pictures beside each other, with gaps between them."""
    shape = list(pictures[0].shape)
    shape[axis] = GAP
    gap = np.full(shape, np.nan)
    parts = [part for picture in pictures for part in (gap, picture)]
    return np.concatenate(parts[1:], axis=axis)


def _draw(ax: Axes, values: np.ndarray, arrows: np.ndarray) -> None:
    # short of the darkest colours, which are close to black
    ax.imshow(values, cmap="RdBu_r", vmin=-1.3, vmax=1.3, interpolation="none")
    for i, j in zip(*np.nonzero(np.isfinite(values)), strict=True):
        edges = ([j - 0.5, j + 0.5, j + 0.5, j - 0.5], [i - 0.5, i - 0.5, i + 0.5, i + 0.5])
        ax.fill(*edges, fill=False, edgecolor="0.8", linewidth=0.4)
    if values.size <= MOST_SIGNS:
        for i, j in np.argwhere(np.nan_to_num(values) < -SMALL):
            ax.text(j, i, "−", ha="center", va="center", fontsize=7)
    arrows = arrows[np.linalg.norm(arrows[:, 2:], axis=1) > SMALL]
    if len(arrows):
        rows, columns, down, right = arrows.T
        ax.quiver(
            columns, rows, right, down, angles="xy", units="xy", scale_units="xy", scale=1.0,
            pivot="mid", width=0.09, headwidth=4, headlength=4.5, headaxislength=4,
        )  # fmt: skip

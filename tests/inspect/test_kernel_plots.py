"""Pictures of kernels, by the values, arrows and signs that they draw."""

from types import SimpleNamespace

import jax
import matplotlib
import numpy as np
import pytest

import constrainet.maps as cm
from constrainet.groups import SO, D, Hyperoctahedral, O
from constrainet.inspect import plot_kernels
from constrainet.reps import Regular, Scalar, V

matplotlib.use("agg")
import matplotlib.pyplot as plt
from matplotlib.quiver import Quiver

v, one = V(D(4)), Scalar(D(4))


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


def values_of(ax):
    return np.ma.filled(ax.images[0].get_array(), np.nan)


def arrows_of(ax):
    (quiver,) = [each for each in ax.collections if isinstance(each, Quiver)]
    return np.array([quiver.Y, quiver.X, quiver.V, quiver.U]).T  # rows first


def test_scalar_kernels_are_the_orbits_of_offsets():
    axes = plot_kernels(cm.convolution(one, one, 3))
    pictures = sorted(values_of(ax).round(6).tolist() for ax in axes)
    middle, edges, corners = np.zeros((3, 3, 3))
    middle[1, 1] = edges[[0, 1, 1, 2], [1, 0, 2, 1]] = corners[::2, ::2] = 1
    assert pictures == sorted(each.tolist() for each in (middle, edges, corners))
    assert axes[0].figure.get_suptitle() == "D(4):  V⁰ → V⁰\n3 kernels of 3×3, 'grid'"
    assert not axes[0].texts


@pytest.mark.parametrize("inward", [False, True])
def test_vector_kernels_are_arrows_away_from_the_middle(inward):
    scalar, vector = Scalar(O(2)), V(O(2))
    ends = (vector, scalar) if inward else (scalar, vector)
    for ax in plot_kernels(cm.convolution(*ends, 5)):
        rows, columns, down, right = arrows_of(ax).T
        np.testing.assert_allclose(down * (columns - 2), right * (rows - 2), atol=1e-12)
        assert np.abs(np.hypot(down, right)).max() == pytest.approx(1)
        assert values_of(ax).shape == (5, 5)


def test_tiles_are_entries_and_negative_cells_are_marked():
    m = cm.convolution(one + v, regular := Regular(D(4)), 3)
    params = m.init(jax.random.key(0))
    (ax,) = plot_kernels(m, params)
    kernel, values = np.asarray(m.kernel(params)), values_of(ax)
    assert values.shape == (8 * 4 - 1, 7)  # a scalar's tile, and one of arrows
    scalars = kernel[:, :, 0] / np.abs(kernel).max()
    np.testing.assert_allclose(values[4:7, :3], scalars[..., 1], atol=1e-6)
    assert ax.figure.get_suptitle().endswith("a kernel of 3×3, 'grid'")
    (ax,) = plot_kernels(cm.convolution(regular, one, 3), max_kernels=1)
    assert "9 kernels of 3×3, 'grid', 1 of them shown" in ax.figure.get_suptitle()
    signs = {text.get_position()[::-1] for text in plot_kernels(cm.convolution(v, one, 3))[0].texts}
    assert not signs  # of arrows


def test_slices_of_volumes_stand_side_by_side_and_lines_are_lines():
    cube = V(Hyperoctahedral(3))
    axes = plot_kernels(cm.convolution(Scalar(cube.group), cube, 3))
    assert values_of(axes[0]).shape == (11, 11)
    signs = {text.get_position()[::-1] for text in axes[0].texts}
    negative = set(zip(*np.nonzero(np.nan_to_num(values_of(axes[0])) < -0.02), strict=True))
    assert signs == negative and negative
    line = V(Hyperoctahedral(1))
    assert values_of(plot_kernels(cm.convolution(line, line, 5))[0]).shape == (1, 5)


def test_layers_of_frameworks_are_drawn_and_others_refused():
    layer = SimpleNamespace(map=cm.convolution(Scalar(SO(2)), Scalar(SO(2)), 3))
    assert len(plot_kernels(layer)) == 2
    with pytest.raises(TypeError, match=r"layer=....` should be a convolution.* Got Linear"):
        plot_kernels(cm.linear(v, v))

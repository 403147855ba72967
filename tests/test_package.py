"""The package as a whole: what it exports, and what importing it loads."""

from __future__ import annotations

import importlib
import subprocess
import sys

import pytest

PUBLIC = {
    "constrainet.groups": "Group Trivial SO O SOplus Lorentz SU U SL GL Sp SE Scaling Z S A C D "
    "Hyperoctahedral Cube Icosahedral RubiksCube P4 P4M",
    "constrainet.reps": "Rep V T Scalar",
    "constrainet.nn": "Linear BiLinear GatedNonlinearity EMLPBlock EMLP MLP gated uniform_rep",
    "constrainet.inspect": "weight_sharing plot_weight_sharing describe equivariance_error "
    "assert_equivariant",
}


@pytest.mark.parametrize(
    ("module", "name"), [(m, name) for m, names in PUBLIC.items() for name in names.split()]
)
def test_public_names_can_be_imported(module, name):
    loaded = importlib.import_module(module)
    assert callable(getattr(loaded, name))
    assert name in loaded.__all__


@pytest.mark.parametrize(
    "module", ["eqx", "groups", "linalg", "maps", "nn", "nnx", "reps", "solve"]
)
def test_everything_exported_exists_and_is_sorted(module):
    loaded = importlib.import_module(f"constrainet.{module}")
    assert all(hasattr(loaded, name) for name in loaded.__all__)
    assert len(set(loaded.__all__)) == len(loaded.__all__)


def test_importing_the_package_loads_neither_frameworks_nor_matplotlib():
    script = (
        "import sys, constrainet; from constrainet import groups, reps, maps; "
        "print(*sorted({'haiku', 'flax', 'equinox', 'matplotlib', 'optax'} & set(sys.modules)))"
    )
    run = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=120
    )
    assert run.stdout.strip() == ""


@pytest.mark.parametrize("module", ["nnx", "eqx"])
def test_every_framework_has_the_layers_that_haiku_has(module):
    import constrainet.nn as cnn

    layers = [name for name in cnn.__all__ if isinstance(getattr(cnn, name), type)]
    assert importlib.import_module(f"constrainet.{module}").__all__ == [
        name for name in layers if issubclass(getattr(cnn, name), cnn.Layer)
    ]

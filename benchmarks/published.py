"""The EMLP authors' results, as data.

References:
    Finzi, Welling, Wilson, "A practical method for constructing equivariant multilayer perceptrons
    for arbitrary matrix groups" (2021), sections 7.1 and 7.3, figures 4 and 5 and the tables of the
    published code: means of three runs.
"""

from __future__ import annotations

SIZES = (30, 100, 300, 1000, 3000, 10000, 30000)

# test errors, by task and model, for each of `SIZES`
REGRESSION = {
    "inertia": {
        "EMLP": (4.11, 1.44, 0.303, 0.136, 0.0281, 0.0180, 0.0141),
        "MLP": (13.4, 7.91, 4.94, 3.24, 0.840, 0.154, 0.112),
        "MLP + augmentation": (4.64, 1.78, 0.464, 0.130, 0.112, 0.112, 0.106),
    },
    "synthetic": {
        "EMLP": (0.152, 0.0408, 0.0344, 0.0170, 0.0310, 0.0130, 0.0273),
        "MLP": (28.1, 2.83, 0.248, 0.0892, 0.0623, 0.0616, 0.0622),
        "MLP + augmentation": (0.476, 0.397, 0.0936, 0.0633, 0.0889, 0.0702, 0.0672),
    },
    "scattering": {
        "EMLP": (0.540, 8.88e-3, 1.95e-3, 3.30e-4, 2.66e-4, 2.64e-4, 1.58e-4),
        "MLP": (0.733, 0.733, 0.697, 0.364, 0.0504, 0.0166, 0.0120),
        "MLP + augmentation": (0.627, 0.190, 0.0397, 0.0125, 0.0108, 0.0134, 0.0118),
    },
}

# geometric means of the relative error of rollouts, double spring pendulum
PENDULUM = {
    "Hamiltonian network": {"MLP": 0.0281, "O(2)": 0.0121, "SO(2)": 0.0145, "D(6)": 0.0132},
    "neural ODE": {"MLP": 0.0482, "O(2)": 0.0192, "SO(2)": 0.0518, "D(6)": 0.0361},
}

"""The models that are compared on the regression tasks; a new one is an entry of `MODELS`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import haiku as hk
import jax
import optax

import constrainet.nn as cnn
from tasks import Task
from training import Plan, Trainer


@dataclass(frozen=True)
class Model:
    """A model for any task, and how it is trained.

    Args:
        title: for tables and plots.
        build: a task to a Haiku module, or a function that uses one; called under `hk.transform`.
        learning_rate: of Adam, at the start; a function of the task.
        decay: the learning rate and the number of steps to a schedule; by default it is constant.
        augment: whether the training samples are moved by random group elements.
    """

    title: str
    build: Callable[[Task], Callable]
    learning_rate: Callable[[Task], float] = lambda task: 3e-3
    decay: Callable[[float, int], Any] = lambda rate, steps: rate
    augment: bool = False

    def network(self, task: Task) -> hk.Transformed:
        """As a pure function of parameters and scaled inputs."""
        return hk.without_apply_rng(hk.transform(lambda x: self.build(task)(x)))

    def trainer(self, task: Task, plan: Plan) -> Trainer:
        schedule = self.decay(self.learning_rate(task), plan.steps)
        return Trainer(task, self.network(task), schedule, plan, augment=self.augment)


CHOSEN = {
    "Moments of inertia, O(3)": {"channels": 32, "readout": 0, "rate": 1e-2},
    "Synthetic, O(5)": {"channels": 64, "readout": 64, "rate": 3e-3},
    "Particle scattering, O(1, 3)": {"channels": 64, "readout": 0, "rate": 3e-3},
}
"""Width, readout and learning rate for each task, found by trials on seed 0 at n = 300 and 1000; a
readout helps where the target is no polynomial."""


def recommended(task: Task) -> hk.Module:
    """The library's recommended model: two blocks of tensor products."""
    chosen = CHOSEN[task.title]
    return cnn.TensorProductNet(
        task.rep_in, task.rep_out, channels=chosen["channels"], readout=chosen["readout"]
    )


def mlp(task: Task) -> hk.Module:
    """The authors' plain model: 3 layers of 384, swish, and their initial weights.

    These are normal with variance 2 / (fan_in + fan_out), as in objax. They matter: Haiku's own,
    of variance 1 / fan_in, make the first layer five times larger, with which 100 samples of the
    O(5) task lead to an error of 20 instead of 3.
    """
    weights = hk.initializers.VarianceScaling(1.0, "fan_avg", "normal")
    widths = [384, 384, 384, task.rep_out.dim]
    return hk.nets.MLP(widths, w_init=weights, activation=jax.nn.swish)


MODELS = {
    "equivariant": Model(
        "constrainet TensorProductNet",
        recommended,
        learning_rate=lambda task: CHOSEN[task.title]["rate"],
        decay=optax.cosine_decay_schedule,
    ),
    "mlp": Model("MLP", mlp),
    "augmented": Model("MLP + augmentation", mlp, augment=True),
}

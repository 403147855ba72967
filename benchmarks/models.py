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
        learning_rate: of Adam, at the start.
        decay: the learning rate and the number of steps to a schedule; by default it is constant.
        augment: whether the training samples are moved by random group elements.
    """

    title: str
    build: Callable[[Task], Callable]
    learning_rate: float = 3e-3
    decay: Callable[[float, int], Any] = lambda rate, steps: rate
    augment: bool = False

    def network(self, task: Task) -> hk.Transformed:
        """As a pure function of parameters and scaled inputs."""
        return hk.without_apply_rng(hk.transform(lambda x: self.build(task)(x)))

    def trainer(self, task: Task, plan: Plan) -> Trainer:
        schedule = self.decay(self.learning_rate, plan.steps)
        return Trainer(task, self.network(task), schedule, plan, augment=self.augment)


def tensor_products(channels: int = 64, readout: int = 64, rate: float = 3e-3) -> Model:
    """The library's recommended model, two blocks of tensor products, and how it is trained.

    The defaults are one choice for all tasks, and width and readout are the library's own. They
    have the least held-out error in `choice.py`, whose table is benchmarks/results/choice.md.

    Args:
        channels: how many copies of each kind of tensor.
        readout: the width of the functions of invariants; 0 for none.
        rate: the learning rate at the start, which decays to zero by a cosine.
    """

    def build(task: Task) -> hk.Module:
        return cnn.TensorProductNet(task.rep_in, task.rep_out, channels=channels, readout=readout)

    return Model(
        "constrainet TensorProductNet",
        build,
        learning_rate=rate,
        decay=optax.cosine_decay_schedule,
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
    "equivariant": tensor_products(),
    "mlp": Model("MLP", mlp),
    "augmented": Model("MLP + augmentation", mlp, augment=True),
}

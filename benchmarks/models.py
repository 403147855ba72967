"""The models that are compared on the regression tasks; a new one is an entry of `MODELS`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import haiku as hk
import optax

import constrainet.nn as cnn
from constrainet.reps import Rep, Scalar, V
from tasks import Task
from training import Plan, Trainer


@dataclass(frozen=True)
class Model:
    """A model for any task, and how it is trained.

    Args:
        title: for tables and plots.
        build: a task to a Haiku module; called under `hk.transform`.
        learning_rate: of Adam, at the start.
        decay: the learning rate and the number of steps to a schedule; `constant` or `cosine`.
        augment: whether the training samples are moved by random group elements.
    """

    title: str
    build: Callable[[Task], hk.Module]
    learning_rate: float = 3e-3
    decay: Callable[[float, int], Any] = lambda rate, steps: rate
    augment: bool = False

    def network(self, task: Task) -> hk.Transformed:
        """As a pure function of parameters and scaled inputs."""
        return hk.without_apply_rng(hk.transform(lambda x: self.build(task)(x)))

    def trainer(self, task: Task, plan: Plan) -> Trainer:
        schedule = self.decay(self.learning_rate, plan.steps)
        return Trainer(task, self.network(task), schedule, plan, augment=self.augment)


def hidden(task: Task) -> Rep:
    """48 scalars, 24 vectors and 8 tensors of rank two."""
    group = task.group
    return 48 * Scalar(group) + 24 * V(group) + 8 * V(group) ** 2


MODELS = {
    "equivariant": Model(
        "constrainet EMLP",
        lambda task: cnn.EMLP(task.rep_in, task.rep_out, hidden(task), num_layers=2),
        learning_rate=1e-2,
        decay=optax.cosine_decay_schedule,
    ),
    "mlp": Model("MLP", lambda task: cnn.MLP(task.rep_in, task.rep_out)),
    "augmented": Model(
        "MLP + augmentation", lambda task: cnn.MLP(task.rep_in, task.rep_out), augment=True
    ),
}

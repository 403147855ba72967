"""Patterns of weights found the slow way, from nothing but the generators' matrices."""

from __future__ import annotations

import numpy as np
import scipy.linalg

from constrainet.reps import Rep
from tests.solve.oracles import elements


def reynolds_projector(rep_in: Rep, rep_out: Rep) -> np.ndarray:
    """The mean over the group of W -> ρ_out(g) W ρ_in(g)⁻¹, as a matrix on W.reshape(-1)."""
    images = [
        np.kron(rep_out.rho(g), np.linalg.inv(rep_in.rho(g)).T) for g in elements(rep_in.group)
    ]
    return np.mean(images, axis=0)


def null_projector(rep_in: Rep, rep_out: Rep) -> np.ndarray:
    """The orthogonal projector onto the solutions of all generators' constraints, stacked."""
    group, rows = rep_in.group, []
    eyes = np.eye(rep_in.dim), np.eye(rep_out.dim)
    for h in group.discrete_generators:
        rows.append(np.kron(rep_out.rho(h), eyes[0]) - np.kron(eyes[1], rep_in.rho(h).T))
    for a in group.lie_algebra:
        rows.append(np.kron(rep_out.drho(a), eyes[0]) - np.kron(eyes[1], rep_in.drho(a).T))
    size = rep_in.dim * rep_out.dim
    basis = scipy.linalg.null_space(np.concatenate(rows), 1e-9) if rows else np.eye(size)
    return basis @ basis.conj().T


def slow_labels(projector: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Classes of proportional rows, comparing every row with every class."""
    labels, leaders = np.zeros(len(projector), int), []
    for i, row in enumerate(projector):
        if np.linalg.norm(row) < 1e-9:
            continue
        for number, leader in enumerate(leaders, start=1):
            # equality in the Cauchy-Schwarz inequality
            product = abs(np.vdot(leader, row))
            if abs(product - np.linalg.norm(leader) * np.linalg.norm(row)) < 1e-12:
                labels[i] = number
                break
        else:
            leaders.append(row)
            labels[i] = len(leaders)
    return labels.reshape(shape)

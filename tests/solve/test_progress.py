"""Reports of long work."""

from __future__ import annotations

import logging

import pytest

from constrainet.solve import progress


@pytest.mark.parametrize("delay", [0.0, 1e3])
def test_long_work_is_reported_and_short_work_is_not(delay, monkeypatch, caplog):
    bars = []

    class Bar:
        def __init__(self, *, desc, total, initial, **options):
            bars.append(self)
            self.text, self.total, self.count, self.closed = desc, total, initial, False

        def update(self):
            self.count += 1

        def close(self):
            self.closed = True

    monkeypatch.setattr(progress, "DELAY", delay)
    monkeypatch.setattr(progress, "tqdm", Bar)
    with caplog.at_level(logging.INFO, "constrainet"):
        assert list(progress.steps([3, 1, 2], "work")) == [3, 1, 2]
        halted = progress.steps(iter("abc"), "more")
        assert [next(halted), next(halted)] == ["a", "b"]
        halted.close()
    if delay:
        assert not bars and not caplog.records
    else:
        first, second = bars
        assert (first.text, first.total, first.count, first.closed) == ("work", 3, 3, True)
        assert (second.total, second.count, second.closed) == (None, 1, True)
        assert caplog.messages[:3] == [f"work: step {k}" for k in (1, 2, 3)]

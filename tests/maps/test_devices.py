"""Models compute the same on batches that are spread over devices."""

from __future__ import annotations

import json
import os
import subprocess
import sys


def test_a_step_on_four_devices_is_that_on_one():
    flags = "--xla_force_host_platform_device_count=4 --xla_backend_optimization_level=0"
    done = subprocess.run(
        [sys.executable, "-m", "tests.maps.four_devices"],
        capture_output=True,
        text=True,
        timeout=300,
        env=os.environ | {"XLA_FLAGS": flags, "JAX_PLATFORMS": "cpu"},
    )
    assert done.returncode == 0, done.stderr
    results = json.loads(done.stdout)
    assert results
    for name, (deviation, moved) in results.items():
        assert deviation < 1e-5, name  # single precision, summed in another order
        assert moved == 0, name

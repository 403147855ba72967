"""Folded models take any leading axes and dictionaries, and are loaded without the solver."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import constrainet.maps as cm
from constrainet.groups import O
from constrainet.inference import load_folded
from constrainet.reps import Scalar, V, named
from tests.maps.precision import normal

v = V(O(3))


@pytest.fixture(scope="module")
def folded():
    m = cm.linear(2 * v, v)
    params = m.init(jax.random.key(0))
    return cm.fold(m.apply, params, jnp.ones((4, 6))), lambda x: m.apply(params, x)


@pytest.fixture
def saved(folded, tmp_path):
    folded[0].save(tmp_path / "model.npz")
    return tmp_path / "model.npz"


@pytest.mark.parametrize("lead", [(), (1,), (7,), (2, 3), (0,), (2, 0, 3)], ids=str)
def test_any_leading_axes(folded, lead):
    model, function = folded
    x = jnp.asarray(normal(0, (*lead, 6), np.float32))
    np.testing.assert_allclose(model(x), function(x), atol=1e-6)
    assert model(x).shape == (*lead, 3)


def test_dictionaries_of_named_parts(tmp_path):
    rep_in = named({"forces": 2 * v, "mass": Scalar(v.group)})
    m = cm.linear(rep_in, named({"torque": v, "power": Scalar(v.group)}))
    params = m.init(jax.random.key(0))
    x = {"mass": jnp.ones((5, 1)), "forces": jnp.asarray(normal(0, (5, 6), np.float32))}
    cm.fold(m.apply, params, x).save(tmp_path / "model.npz")
    loaded, expected = load_folded(tmp_path / "model.npz"), m.apply(params, x)
    for found, of in ((loaded(x), slice(None)), (loaded({k: a[0] for k, a in x.items()}), 0)):
        assert sorted(found) == ["power", "torque"]
        for name, y in found.items():
            np.testing.assert_allclose(y, expected[name][of], atol=1e-6)
    with pytest.raises(TypeError, match=r"takes a dictionary of \['forces', 'mass'\]"):
        loaded(x["forces"])
    with pytest.raises(ValueError, match=r"shape \(\.\.\., 6\) and type float32 for 'forces'"):
        loaded({"mass": x["mass"], "forces": x["mass"]})
    with pytest.raises(ValueError, match="equal leading axes"):
        loaded({"mass": x["mass"], "forces": x["forces"][:2]})


def test_inputs_of_other_kinds_are_refused(folded):
    model, _ = folded
    with pytest.raises(ValueError, match=r"takes arrays of shape \(\.\.\., 6\)"):
        model(jnp.ones((4, 5)))
    with pytest.raises(TypeError, match="takes an array"):
        model({"x": jnp.ones((4, 6))})
    with pytest.raises(ValueError, match="with the batch first"):
        cm.fold(lambda params, x: jnp.sum(x, axis=0), {}, jnp.ones((2, 3)))


@pytest.mark.parametrize("dtype", [jnp.bfloat16, jnp.complex64])
def test_weights_of_any_type_are_read(dtype, tmp_path):
    params = {"a": jnp.asarray([1.5, 2.0, -3.0], dtype)}
    model = cm.fold(lambda params, x: params["a"] * x, params, jnp.ones((2, 3), jnp.bfloat16))
    model.save(tmp_path / "model.npz")
    loaded = load_folded(tmp_path / "model.npz")
    assert loaded.weights[0].dtype == dtype
    x = jnp.ones((2, 3), jnp.bfloat16)
    np.testing.assert_array_equal(loaded(x), model(x))


LOADED = """
import sys
from constrainet.inference import load_folded
load_folded(sys.argv[1])
found = {m for m in sys.modules if m.partition(".")[0] in ("haiku", "scipy", "constrainet")}
print(*sorted(m for m in found if not m.startswith("constrainet.inference")))
"""


def test_loading_imports_neither_haiku_nor_the_solver(saved):
    command = [sys.executable, "-c", LOADED, str(saved)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    # JAX itself has imported SciPy in older versions
    found = [name for name in done.stdout.split() if not name.startswith("scipy")]
    assert found == ["constrainet"]


def changed(saved, change):
    """The archive with its members changed."""
    with zipfile.ZipFile(saved) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    change(members)
    with zipfile.ZipFile(saved, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)


def npy(array) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


def claim(members):
    """A weight that says that it is of many gigabytes."""
    stream = io.BytesIO()
    header = {"descr": "<f4", "fortran_order": False, "shape": (10**9, 10**9)}
    np.lib.format.write_array_header_1_0(stream, header)
    members["weight_0.npy"] = stream.getvalue()


def about(**entries):
    def change(members):
        known = json.loads(np.load(io.BytesIO(members["about.npy"])).tobytes())
        content = json.dumps(known | entries).encode()
        members["about.npy"] = npy(np.frombuffer(content, np.uint8))

    return change


def put(name, array):
    return lambda members: members.update({name: npy(array)})


w = np.ones((3, 6), np.float32)
DAMAGE = {
    "a weight missing": (lambda m: m.pop("weight_0.npy"), "its weights are"),
    "another weight": (put("weight_7.npy", w), "its weights are"),
    "no function": (lambda m: m.pop("function.npy"), "function"),
    "NaN": (put("weight_0.npy", None), "not finite"),
    "another type": (put("weight_0.npy", np.ones(2, int)), "a weight of type int64"),
    "another shape": (put("weight_0.npy", np.ones((1, 7, 9), np.float32)), "should have shape"),
    "an object": (put("weight_0.npy", np.array([None])), "are no array"),
    "claims": (claim, "are no array"),
    "cut short": (lambda m: m.update({"weight_0.npy": m["weight_0.npy"][:-4]}), "are no array"),
    "no JSON": (put("about.npy", w), "holds no folded model"),
    "no dictionary": (put("about.npy", np.frombuffer(b"[]", np.uint8)), "holds no folded model"),
    "another JAX": (about(jax="9.9"), None),
    "a damaged function": (put("function.npy", np.arange(200, dtype=np.uint8)), "was written by"),
}


@pytest.mark.parametrize("kind", DAMAGE)
def test_damaged_files_are_refused(kind, saved):
    change, message = DAMAGE[kind]
    if kind == "NaN":
        first = load_folded(saved).weights[0]
        change = put("weight_0.npy", np.full(first.shape, np.nan, np.float32))
    changed(saved, change)
    if message is None:  # only the message of what cannot be read would name it
        load_folded(saved)
        return
    with pytest.raises(ValueError, match=message):
        load_folded(saved)


def test_files_by_another_version_say_which(saved):
    changed(saved, about(jax="9.9"))
    changed(saved, put("function.npy", np.arange(200, dtype=np.uint8)))
    with pytest.raises(ValueError, match=r"written by JAX 9\.9, and JAX .* fold it again"):
        load_folded(saved)


def test_compressed_and_encrypted_archives_are_refused(saved, tmp_path):
    for kind in (zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA):
        with zipfile.ZipFile(tmp_path / "large.npz", "w", kind) as archive:
            archive.writestr("weight_0.npy", bytes(10**7))
        with pytest.raises(ValueError, match="is compressed or encrypted"):
            load_folded(tmp_path / "large.npz")
    content = bytearray(saved.read_bytes())
    place = content.find(b"PK\x01\x02")
    content[place + 8] |= 1
    saved.write_bytes(content)
    with pytest.raises(ValueError, match="is compressed or encrypted"):
        load_folded(saved)


def test_what_is_no_file_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"`load_folded\(path=...\)` .* no such file"):
        load_folded(tmp_path / "none.npz")
    with pytest.raises(FileNotFoundError, match="It is a folder"):
        load_folded(tmp_path)
    (tmp_path / "text.npz").write_text("not a model")
    with pytest.raises(ValueError, match="holds no folded model"):
        load_folded(tmp_path / "text.npz")

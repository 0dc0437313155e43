"""What is compiled, where it is kept, and that nothing is imported before its time."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from cnncli.kernels import compile as compiling
from cnncli.kernels import host, memory, store
from cnncli.kernels.claims import Claim

SOURCES = Path(compiling.__file__).parent
PACKAGE = SOURCES.parent

RUN = """
import numpy as np
from cnncli.kernels import bias, compile, host, store
db = np.zeros(1, np.float32)
compiled = []
compile.on_compile("test", lambda: compiled.append(1))
bias.bias_gradient(np.ones((1, 1, host.LANES), np.float32), db)
print(not compiled)
print(int(db[0]), store.tally.found, store.cache_folder())
"""


def python(code, *arguments, **environment):
    """Runs code in a new interpreter; returns its lines."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("CNNCLI_", "XDG_"))}
    kept |= {"PYTHONPATH": str(PACKAGE.parent), "PYTHONSAFEPATH": "1"}  # not whatever the test was started in
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        env={**kept, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def checkout(folder):
    """A copy of the package elsewhere, with other file times."""
    shutil.copytree(SOURCES, folder / "cnncli" / "kernels", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(PACKAGE / "__init__.py", folder / "cnncli")
    for source in (folder / "cnncli" / "kernels").glob("*.py"):
        os.utime(source, (1e9, 1e9))
    return folder


def test_importing_the_package_imports_neither_numba_nor_numpy():
    code = "import sys, cnncli.kernels; print(sorted({'numba', 'numpy', 'llvmlite'} & set(sys.modules)))"
    assert python(code) == ["[]"]


def test_an_unknown_submodule_is_an_attribute_error():
    assert python("import cnncli.kernels as k; print(hasattr(k, 'nothing'), k.host.LANES > 0)") == ["False True"]


def test_another_checkout_of_the_same_sources_finds_its_kernels_compiled(tmp_path):
    cache = str(tmp_path / "cache")
    warm, first = python(RUN, CNNCLI_CACHE_DIR=cache)
    assert warm == "False"
    assert first.startswith(f"{host.LANES} 0 {cache}")
    clone = checkout(tmp_path / "clone")
    warm, second = python(RUN, CNNCLI_CACHE_DIR=cache, PYTHONPATH=str(clone))
    assert warm == "True"
    assert second == first.replace(f"{host.LANES} 0", f"{host.LANES} 1")


ACTIVATIONS = """
import sys
import numpy as np
from cnncli.kernels import activations, compile, host, memory
compiled = []
compile.on_compile("test", lambda: compiled.append(1))
x, dy, out = (memory.zeros((host.LANES,)) + np.float32(number) for number in (-0.5, 2, 0))
settings = {"leaky_relu": (0.25,), "hard_sigmoid": (1,)}
answers = {}
for name in sys.argv[1:]:
    getattr(activations, f"{name}_forward")(x, out, *settings.get(name, ()))
    value = float(out[0])
    getattr(activations, f"{name}_backward")(x, dy, out, *settings.get(name, ()))
    answers[name] = value, float(out[0])
print(not compiled, *(answers[name] for name in sorted(answers)))
"""


def test_kernels_that_a_template_makes_are_found_compiled_each_as_itself(tmp_path):
    """In another order too: no key depends on what the process has made before."""
    names = ["relu", "leaky_relu", "hard_sigmoid"]
    first = python(ACTIVATIONS, *names, CNNCLI_CACHE_DIR=str(tmp_path))
    assert first == ["False (0.25, 0.0) (-0.125, 0.5) (0.0, 0.0)"]
    files = sorted(tmp_path.rglob("*.kernel"))
    assert len(files) == 2 * len(names)  # forward and backward
    assert python(ACTIVATIONS, *reversed(names), CNNCLI_CACHE_DIR=str(tmp_path)) == [first[0].replace("False", "True")]
    assert sorted(tmp_path.rglob("*.kernel")) == files


def test_kernels_of_one_name_in_two_modules_are_two_kernels(tmp_path):
    code = """
from cnncli.kernels import host, memory
from cnncli.kernels.activations_template import forward
def same(x):
    return x
once = forward(same)
def same(x):
    return x + x
same.__module__ = "another"
twice = forward(same)
x, y = memory.zeros((host.LANES,)) + 1, memory.zeros((host.LANES,))
for run in (once, twice):
    run(x, y)
    print(int(y[0]))
"""
    for _ in range(2):
        assert python(code, CNNCLI_CACHE_DIR=str(tmp_path)) == ["1", "2"]


def test_a_kernel_without_a_name_of_its_own_is_refused():
    with pytest.raises(AssertionError, match="a name of its own"):
        compiling.kernel(lambda x: x)


@pytest.mark.parametrize("content", [b"", b"garbage"])
def test_a_damaged_cache_is_compiled_anew(content, tmp_path):
    first = python(RUN, CNNCLI_CACHE_DIR=str(tmp_path))[1]
    files = list(tmp_path.rglob("*.kernel"))
    assert files
    for file in files:
        file.write_bytes(content)
    assert python(RUN, CNNCLI_CACHE_DIR=str(tmp_path))[1] == first
    again = python(RUN, CNNCLI_CACHE_DIR=str(tmp_path))[1]
    assert again == first.replace(f"{host.LANES} 0", f"{host.LANES} 1")


def test_processes_that_compile_at_once_leave_whole_kernels(tmp_path):
    """Each kernel for types of its own: a file that two of them wrote would answer one with the other's code."""
    code = """
import sys
import numpy as np
from cnncli.kernels import batches, host, memory, store
images = np.full((1, 1, 1, 1), 3, sys.argv[1])
batch = memory.zeros((1, 1, 1, 1, host.LANES))
batches.gather(images, np.zeros(1, np.int64), 1, np.ones(1, np.float32), np.ones(1, np.float32), batch)
print(int(batch.flat[0]), store.tally.compiled)
"""
    kinds = ["uint8", "float32", "uint8", "float32"]
    with ThreadPoolExecutor(len(kinds)) as pool:
        answers = list(pool.map(lambda kind: python(code, kind, CNNCLI_CACHE_DIR=str(tmp_path)), kinds))
    assert {answer[0].split()[0] for answer in answers} == {"4"}
    assert sum(int(answer[0].split()[1]) for answer in answers) == 2 or os.name == "nt"  # one waited for the other
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert [path.suffix for path in files] == [".kernel"] * 2
    assert [python(code, kind, CNNCLI_CACHE_DIR=str(tmp_path)) for kind in kinds] == [["4 0"]] * 4


def test_a_cache_that_can_only_be_read_is_read(tmp_path):
    """An image for containers may have been built with the kernels in it."""
    full, temporary = tmp_path / "full", tmp_path / "temporary"
    temporary.mkdir()
    first = python(RUN, CNNCLI_CACHE_DIR=str(full))
    assert first[0] == "False"
    refuse = f"""
import tempfile
allowed = tempfile.TemporaryFile
def only_elsewhere(dir):
    if str(dir).startswith({str(full)!r}):
        raise PermissionError
    return allowed(dir=dir)
tempfile.TemporaryFile = only_elsewhere
"""
    warm, answer = python(refuse + RUN, CNNCLI_CACHE_DIR=str(full), TMPDIR=str(temporary))
    assert warm == "True"
    assert answer.startswith(f"{host.LANES} 1 {temporary}")


def test_kernels_that_nobody_has_used_for_long_are_removed(tmp_path, monkeypatch):
    monkeypatch.setattr(store, "cache_key", lambda: "0" * 20)
    own = tmp_path / "kernels" / ("0" * 20)
    old, recent, others = (own.with_name(name) for name in ("1" * 20, "2" * 20, "notes"))
    for folder in (own, old, recent, others):
        folder.mkdir(parents=True)
        (folder / "a.kernel").write_bytes(b"code")
    mixed = own.with_name("3" * 20)
    mixed.mkdir()
    for name in ("a.nbc", "letter.txt"):
        (mixed / name).write_bytes(b"text")
    for folder in (own, old, mixed, others):
        os.utime(folder, (1e9, 1e9))
    assert store.remove_others(own, 30) == 8
    assert {path.name for path in own.parent.iterdir()} == {own.name, recent.name, mixed.name, "notes"}
    assert [path.name for path in mixed.iterdir()] == ["letter.txt"]
    assert store.remove_others(own, 0) == 4
    assert (own / "a.kernel").exists() and (others / "a.kernel").exists() and not recent.exists()


def test_nothing_is_removed_beside_a_temporary_folder(tmp_path):
    other = tmp_path / ("1" * 20)
    other.mkdir()
    assert store.remove_others(tmp_path / "cnncli-kernels-x", 0) == 0
    assert other.exists()


def test_a_new_version_removes_what_is_old_and_keeps_its_own_from_ageing(tmp_path):
    old = tmp_path / "kernels" / ("1" * 20)
    old.mkdir(parents=True)
    os.utime(old, (1e9, 1e9))
    code = "from cnncli.kernels import store; print(store.cache_folder())"
    own = Path(python(code, CNNCLI_CACHE_DIR=str(tmp_path))[0])
    assert own.exists() and not old.exists()
    os.utime(own, (1e9, 1e9))
    python(code, CNNCLI_CACHE_DIR=str(tmp_path))
    assert own.stat().st_mtime > 1e9


def test_other_users_of_numba_are_left_alone(tmp_path):
    """What a kernel is linked from is no machine code; a function of somebody else's that calls the same is."""
    code = """
import numba, numpy as np
from cnncli.kernels.compile import kernel
@kernel
def whole(x):
    for i in numba.prange(len(x)):
        own = np.empty(1)
        own[0] = max(x[i], 0)
        x[i] = own[0]
@kernel
def broken(x):
    for i in numba.prange(len(x)):
        x[i] = nothing_of_that_name
@numba.njit
def theirs(x):
    own = np.empty(1)
    own[0] = max(x, 0)
    return own[0]
x = np.array([-2.0, 3.0])
whole(x)
try:
    broken(x)
except numba.TypingError:
    print(x.tolist(), theirs(-1.0), theirs(5.0))
"""
    assert python(code, CNNCLI_CACHE_DIR=str(tmp_path)) == ["[0.0, 3.0] 0.0 5.0"]


def test_an_edit_of_any_kernel_source_is_another_cache_folder(tmp_path):
    clone = checkout(tmp_path)
    code = "from cnncli.kernels import store; print(store.cache_key())"
    before = python(code, PYTHONPATH=str(clone))
    assert before == [store.cache_key()]
    with (clone / "cnncli" / "kernels" / "vector.py").open("a") as source:
        source.write("# edited\n")
    assert python(code, PYTHONPATH=str(clone)) != before


def test_lane_counts_do_not_share_a_cache_folder():
    code = "from cnncli.kernels import store; print(store.cache_key())"
    keys = {python(code, CNNCLI_LANES=lanes)[0] for lanes in ("4", "8", "16")}
    assert len(keys) == 3


def test_switches_of_the_compiler_do_not_share_a_cache_folder():
    code = "from cnncli.kernels import store; print(store.cache_key())"
    keys = {python(code, **switch)[0] for switch in ({}, {"NUMBA_OPT": "0"}, {"NUMBA_BOUNDSCHECK": "1"})}
    assert len(keys) == 3


def test_the_cache_folder_follows_xdg(tmp_path):
    code = "from cnncli.kernels import store; print(store.cache_folder())"
    assert python(code, XDG_CACHE_HOME=str(tmp_path)) == [str(tmp_path / "cnncli" / "kernels" / store.cache_key())]


def test_a_cache_that_cannot_be_written_moves_to_a_temporary_folder(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    _, line = python(RUN, CNNCLI_CACHE_DIR=str(blocked), TMPDIR=str(temporary))
    assert line.split()[2].startswith(str(temporary))


def test_a_package_that_cannot_be_written_still_caches(tmp_path):
    clone = checkout(tmp_path / "clone")
    folders = [clone, *(folder for folder in clone.rglob("*") if folder.is_dir())]
    for folder in folders:
        folder.chmod(stat.S_IRUSR | stat.S_IXUSR)
    try:
        _, line = python(RUN, CNNCLI_CACHE_DIR=str(tmp_path / "c"), PYTHONPATH=str(clone), PYTHONDONTWRITEBYTECODE="1")
    finally:
        for folder in folders:
            folder.chmod(stat.S_IRWXU)
    assert line.startswith(f"{host.LANES} 0 {tmp_path / 'c'}")
    assert not list(clone.rglob("*.kernel"))


@pytest.mark.parametrize("lanes", [pytest.param("4", marks=pytest.mark.slow), "8"])
def test_fewer_lanes_give_the_same_answers(lanes):
    code = f"""
import pytest, sys
sys.path.insert(0, {str(Path(__file__).parents[2])!r})
from cnncli.kernels import host
assert host.LANES == {lanes}
folder = {str(Path(__file__).parent)!r}
names = ["test_convolution.py::test_more_channels_and_rows_than_one_block",
         "test_winograd.py::test_more_channels_filters_and_tiles_than_one_block[40-20-9-form2]",
         "test_dense.py::test_nan_stays_with_its_image", "test_activations.py::test_values[tanh]",
         "test_elementwise.py::test_lanes_and_back"]
sys.exit(pytest.main(["-x", "-p", "no:cacheprovider", *(folder + "/" + name for name in names)]))
"""
    assert "passed" in python(code, CNNCLI_LANES=lanes, CNNCLI_CACHE_DIR=str(store.cache_folder().parents[1]))[-1]


def test_a_lane_count_that_does_not_exist_is_refused():
    with pytest.raises(AssertionError, match="CNNCLI_LANES is 4, 8 or 16, not '5'"):
        python("import cnncli.kernels.host", CNNCLI_LANES="5")


def test_threads_are_at_most_one_per_cpu():
    before = compiling.threads()
    try:
        assert compiling.set_threads(1) == compiling.threads() == 1
        assert 1 <= compiling.set_threads(10_000) < 10_000
        with pytest.raises(ValueError, match="1 or more, not 0"):
            compiling.set_threads(0)
    finally:
        compiling.set_threads(before)


@pytest.mark.parametrize("shape", [(3,), (5, 7, 16), (0, 4)])
@pytest.mark.parametrize("kind", [np.float32, np.int32])
def test_arrays_start_on_a_cache_line(shape, kind):
    for make in (memory.empty, memory.zeros):
        array = make(shape, kind)
        assert array.shape == shape and array.dtype == kind and array.flags.c_contiguous
        assert array.ctypes.data % memory.ALIGNMENT == 0
    assert not memory.zeros(shape, kind).any()


def test_a_process_compiles_what_another_only_noted(tmp_path):
    code = """
from cnncli.kernels import compile, store
compile.only_note()
import numpy as np
from cnncli.kernels import bias, host
db = np.zeros(1, np.float32)
for _ in range(2):
    bias.bias_gradient(np.ones((1, 1, host.LANES), np.float32), db)
print(db[0], store.tally.compiled)
compile.compile_noted()
compile.compile_noted()
print(db[0], store.tally.compiled)
"""
    assert python(code, CNNCLI_CACHE_DIR=str(tmp_path)) == ["0.0 0", "0.0 1"]
    assert python(RUN, CNNCLI_CACHE_DIR=str(tmp_path))[0] == "True"


@pytest.mark.skipif(os.name == "nt", reason="no claims there")
def test_a_claim_is_one_processs_until_it_is_released_or_the_process_ends(tmp_path):
    path = tmp_path / "one.kernel"
    code = """
import sys
from pathlib import Path
from cnncli.kernels.claims import Claim
claim = Claim(Path(sys.argv[1]))
print(claim.take(wait=False))
"""
    own = Claim(path)
    assert own.take(wait=False)
    assert python(code, str(path)) == ["False"]
    own.release()
    assert python(code, str(path)) == ["True"]  # and ended without releasing it
    assert own.take(wait=True)
    own.forget()
    assert not list(tmp_path.iterdir())


def test_where_claims_cannot_be_kept_everyone_goes_on(tmp_path):
    assert Claim(tmp_path / "no folder" / "one.kernel").take(wait=True)

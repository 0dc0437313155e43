"""`cnncli warmup` as a process: what it says, and that nothing is left to compile."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from cnncli.kernels import store
from cnncli.training import rehearsal
from cnncli.training.recipe import read_recipe
from tests.command import run
from tests.layers.harness import graph_of

NET = """version: 1
input: [1, 8, 8]
layers:
  - {type: conv, filters: 5, kernel: 3, activation: relu}
  - {type: maxpool, kernel: 2}
  - {type: flatten}
  - {type: dense, units: 2}
training: {batch_size: 40, epochs: 1}
"""


def test_training_after_it_compiles_nothing(tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text(NET)
    cache = tmp_path / "cache"
    result = run("warmup", "net.yaml", "--format", "json", cwd=tmp_path, CNNCLI_CACHE_DIR=str(cache))
    assert result.code == 0, result.stderr
    record = json.loads(result.stdout)
    files = list(Path(record["folder"]).glob("*.kernel"))
    assert record["compiled"] == record["kernels"] == len(files) > 5
    assert record["found"] == record["removed_bytes"] == 0
    assert record["bytes"] == sum(file.stat().st_size for file in files)
    # 43 images: a batch of 40, and one of 3.
    rng = np.random.default_rng(0)
    images, labels = rng.integers(0, 256, (43, 8, 8), np.uint8), np.arange(43) % 2
    np.savez(tmp_path / "data.npz", x_train=images, y_train=labels, x_test=images, y_test=labels)
    trained = run("train", "net.yaml", "--data", "data.npz", "--run", "run", cwd=tmp_path, CNNCLI_CACHE_DIR=str(cache))
    assert trained.code == 0, trained.stderr
    assert "compiling" not in trained.stderr
    assert sorted(Path(record["folder"]).glob("*.kernel")) == sorted(files)


def test_a_second_time_it_finds_all_and_cleans_up(tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text(NET)
    cache = store.cache_folder()
    root = tmp_path / "cache"
    (root / "kernels").mkdir(parents=True)
    run("warmup", "net.yaml", cwd=tmp_path)  # into the cache that all tests share
    (root / "kernels" / cache.name).symlink_to(cache)
    old = root / "kernels" / ("1" * 20)
    old.mkdir()
    (old / "a.kernel").write_bytes(b"code" * 500_000)
    result = run("warmup", "net.yaml", "--clean", cwd=tmp_path, CNNCLI_CACHE_DIR=str(root))
    assert result.code == 0, result.stderr
    first, second, third = result.stdout.splitlines()
    assert first.startswith("compiled 0 kernels in ") and first.endswith(" more were compiled before")
    assert second == "removed 2.0 MB of other versions' kernels"
    assert third == f"kernels in {root / 'kernels' / cache.name}"
    assert not old.exists() and any(cache.iterdir())


def test_what_cannot_be_read_is_said(tmp_path: Path) -> None:
    result = run("warmup", "nothing.yaml", cwd=tmp_path)
    assert result.code == 2 and "nothing.yaml" in result.stderr
    (tmp_path / "net.yaml").write_text(NET.replace("units: 2", "units: 0"))
    assert run("warmup", "net.yaml", cwd=tmp_path).code == 1


def test_everything_is_all_that_a_network_takes() -> None:
    """After it, nothing that a usual network of many kinds asks for is new, whatever its sizes and its batch."""
    for each in rehearsal.everything():
        each.run()
    before = store.tally.compiled, store.tally.found
    graph = graph_of(
        [
            "{type: conv, filters: 6, kernel: 5, stride: 2, padding: 1, rounding: floor, bias: false}",
            "{type: batchnorm, activation: relu}",
            "{type: depthwise_conv, kernel: 3, padding: same, activation: sigmoid}",
            "{type: conv, filters: 12, kernel: 1, groups: 3, activation: relu}",
            "{type: maxpool, kernel: 3, stride: 2, padding: 1, rounding: floor}",
            "{type: parallel, merge: add, branches: {a: [{type: conv, filters: 12, kernel: 3, padding: 1}], b: []}}",
            "{type: global_avgpool}",
            "{type: flatten}",
            "{type: dense, units: 7, activation: relu}",
            "{type: dropout, p: 0.5}",
            "{type: dense, units: 10}",
        ],
        (3, 21, 19),
    )
    for blocks in (1, 2, 3, 7):
        rehearsal.both_passes(graph, blocks)
    assert (store.tally.compiled, store.tally.found) == before


def test_a_network_is_rehearsed_with_its_own_loss(tmp_path: Path) -> None:
    from cnncli.graph import read_architecture
    from cnncli.spec.source import Source

    spec = read_architecture(Source("net.yaml", NET.replace("epochs: 1", "loss: mean_squared_error")))
    names = [each.name for each in rehearsal.of_network("net", spec.graph, read_recipe(spec))]
    assert names[-1] == "net" and "mean squared error" in names and len(names) == len(set(names))


def test_a_network_that_is_no_classifier_is_rehearsed_too(tmp_path: Path) -> None:
    (tmp_path / "images.yaml").write_text("input: [1, 8, 8]\nlayers:\n  - {type: conv, filters: 2, kernel: 3}\n")
    (tmp_path / "pool.yaml").write_text("input: [1, 8, 8]\nlayers:\n  - {type: maxpool, kernel: 2}\n")
    result = run("warmup", "images.yaml", "pool.yaml", cwd=tmp_path)
    assert result.code == 0, result.stderr

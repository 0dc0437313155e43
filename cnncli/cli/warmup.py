"""`cnncli warmup`: compiles kernels before they are needed."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cnncli.cli import complete, interrupt, options
from cnncli.cli.console import stderr, stdout, write
from cnncli.report.words import printable

if TYPE_CHECKING:
    from cnncli.training.rehearsal import Rehearsal


def warmup(
    architectures: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="ARCH...",
            autocompletion=complete.architectures,
            help="YAML files or bundled names: the kernels these take. What is usual if left out.",
        ),
    ] = None,
    clean: Annotated[
        bool, typer.Option("--clean", help="Also remove the kernels of other versions of cnncli and of its libraries.")
    ] = False,
    algorithm: options.Convolutions = options.Algorithm.auto,
    format: Annotated[
        options.Format, typer.Option("--format", "-f", help="json: one object on stdout.")
    ] = options.Format.text,
) -> None:
    """Compile the kernels for this CPU and keep them, so that no training has to wait for it."""
    from cnncli import kernels

    kernels.algorithm.set_algorithm(algorithm.value)
    rehearsals = _rehearsals(architectures or [])
    start = time.perf_counter()
    _run(rehearsals)
    folder, tally = kernels.store.cache_folder(), kernels.store.tally
    files = list(folder.glob("*.kernel"))
    record: dict[str, Any] = {
        "compiled": tally.compiled,
        "found": tally.found,
        "seconds": time.perf_counter() - start,
        "folder": str(folder),
        "kernels": len(files),
        "bytes": sum(file.stat().st_size for file in files),
        "removed_bytes": kernels.store.remove_others(folder, 0) if clean else 0,
    }
    if format is options.Format.json:
        write(json.dumps(record))
        return
    stdout().print(
        f"compiled {tally.compiled} kernels in {record['seconds']:.1f} s; {tally.found} more were compiled before"
    )
    if clean:
        stdout().print(f"removed {record['removed_bytes'] / 1e6:,.1f} MB of other versions' kernels")
    stdout().print(f"kernels in {printable(str(folder))}", soft_wrap=True)


def _rehearsals(architectures: list[str]) -> list[Rehearsal]:
    """What to run: each once, however many networks take it."""
    from cnncli.rules.judge import judge
    from cnncli.spec.source import find
    from cnncli.training import rehearsal
    from cnncli.training.recipe import read_recipe

    if not architectures:
        return rehearsal.everything()
    found: dict[str, Rehearsal] = {}
    for name in architectures:
        source = find(name)
        spec = judge(source, options.policy_for(name, source))
        graph = spec.require_sound()
        found |= {each.name: each for each in rehearsal.of_network(name, graph, read_recipe(spec))}
    return list(found.values())


def _run(rehearsals: list[Rehearsal]) -> None:
    from rich.progress import BarColumn, Progress, TextColumn

    columns = TextColumn("compiling"), BarColumn(bar_width=24), TextColumn("{task.completed} of {task.total}")
    with Progress(*columns, TextColumn("{task.description}"), console=stderr(), transient=True) as bars:
        task = bars.add_task("", total=len(rehearsals))
        for done, rehearsal in enumerate(rehearsals):
            bars.update(task, completed=done, description=rehearsal.name)
            rehearsal.run()
            interrupt.check()

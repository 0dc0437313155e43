"""`cnncli new`: a spec to start from, written to a file."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from cnncli.cli import complete
from cnncli.cli.console import said, write
from cnncli.errors import UsageError
from cnncli.report.starter import starting_spec
from cnncli.spec.source import find
from cnncli.training.files import write_new, write_whole

_ENDINGS = (".yaml", ".yml")


def new(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="The network's name, or a path: my_net, nets/my_net.yaml.")
    ],
    model: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="ARCH",
            autocompletion=complete.architectures,
            help="Copy this one: a bundled name, or a YAML file.",
        ),
    ] = None,
    output: Annotated[
        str | None,
        typer.Option("--output", "-o", metavar="PATH", help="Where to write; NAME.yaml if left out, `-` for stdout."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Write over a file that is there.")] = False,
) -> None:
    """Write a spec to start from: a small, commented one, or a copy of another under a new name."""
    path, stem = _target(name)
    source = find(model) if model is not None else None
    if output == "-":
        write(starting_spec(stem, source).removesuffix("\n"))
        return
    path = Path(output) if output else path
    save = write_whole if force else write_new
    save(path, starting_spec(stem, source, path.parent).encode())
    said(f"wrote {path}", f"cnncli inspect {shlex.quote(_argument(path))}")


def _target(name: str) -> tuple[Path, str]:
    """The file that NAME means, and the network's name."""
    path = Path(name)
    stem = path.stem if path.suffix.lower() in _ENDINGS else path.name
    if not stem.strip(".-"):
        raise UsageError(
            f"{name!r} is no name", "for instance `cnncli new my_net`, with `--output -` to standard output"
        )
    return (path if stem != path.name else path.with_name(f"{stem}.yaml")), stem


def _argument(path: Path) -> str:
    """The path as an argument that is taken for no option."""
    return f"./{path}" if str(path).startswith("-") else str(path)

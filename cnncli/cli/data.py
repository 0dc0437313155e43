"""`cnncli data`: the data sets that have a name, and pictures of any."""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from cnncli.cli import complete, options
from cnncli.cli.console import notice, said, stdout, write, write_bytes
from cnncli.errors import UsageError

data = typer.Typer(help="List the data sets that have a name, or look at the images of any.", no_args_is_help=True)


@data.command("list")
def list_data(
    data_dir: options.DataDir = None,
    format: Annotated[options.Format, typer.Option("--format", "-f", help="How to print it.")] = options.Format.text,
) -> None:
    """List the data sets that have a name, and where they are on this machine."""
    from cnncli.data import entries

    found = entries(data_dir)
    if format is options.Format.json:
        write(json.dumps([asdict(entry) for entry in found], indent=2))
        return
    from cnncli.report.named_data import named_data_table

    stdout().print(named_data_table(found))


@data.command("show")
def show(
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME", autocompletion=complete.data, help="A data set's name, a folder of images, or an .npz."
        ),
    ],
    augment: options.Augment = None,
    seed: Annotated[int, typer.Option(min=0, max=2**31 - 1, help="As of `train`; draws the images, too.")] = 0,
    epoch: Annotated[int, typer.Option(min=1, max=2**31 - 1, help="The first epoch that is shown.")] = 1,
    count: Annotated[int, typer.Option(min=1, max=1000, help="How many pictures, originals aside.")] = 64,
    output: Annotated[
        str | None,
        typer.Option("--output", "-o", metavar="PATH", help="The PNG; NAME-sheet.png if left out, `-` for stdout."),
    ] = None,
    data_dir: options.DataDir = None,
    full: options.Full = False,
    resize: Annotated[
        str | None, typer.Option(metavar="CxHxW", help="Scale images to a network's input: 3x32x32.")
    ] = None,
) -> None:
    """Make a picture of training images; with `--augment`, of what training makes of them, epoch by epoch."""
    asked = options.read_augment(augment)
    shape = _shape(resize) if resize is not None else None

    from cnncli.cli.progress import download_progress
    from cnncli.data import fit, load

    with download_progress() as progress:
        dataset = load(name, data_dir=data_dir, full=full, progress=progress, resize_to=shape)
    for message in dataset.notices:
        notice(message)
    if shape is not None:
        dataset = fit(dataset, shape, resize=True)
    asked.check(dataset.image_shape)

    from cnncli.report.contact_sheet import contact_sheet
    from cnncli.training.files import write_whole
    from cnncli.training.preview import preview

    options.prepare_engine(None, options.Algorithm.auto)
    shown = preview(dataset, asked, seed, epoch, count)
    picture = contact_sheet(shown.rows, shown.headings)
    if output == "-":
        write_bytes([picture])
        return
    path = Path(output) if output else Path(f"{dataset.name}-sheet.png")
    write_whole(path, picture)
    said(
        f"wrote {path}", f"cnncli data show {shlex.quote(name)} --augment rotate=10" if not asked else _in_a_spec(asked)
    )


def _shape(text: str) -> tuple[int, int, int]:
    match = re.fullmatch("([0-9]{1,4})x([0-9]{1,5})x([0-9]{1,5})", text, re.ASCII)
    shape = tuple(map(int, match.groups())) if match else ()
    if len(shape) != 3 or 0 in shape:
        raise UsageError(f"--resize {text[:80]}: this is no CxHxW", "for instance --resize 3x32x32")
    return shape


def _in_a_spec(asked: object) -> str:
    return f"in the spec, `training: {{augment: '{asked}'}}`"

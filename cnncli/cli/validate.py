"""`cnncli validate`: files and folders of specs, checked for CI."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from cnncli.cli import complete
from cnncli.cli.console import notice, stderr, stdout, write
from cnncli.errors import FileError, UsageError
from cnncli.rules import rules
from cnncli.rules.checker import Specimen, Wishes, take
from cnncli.rules.configuration import Configuration, read_configuration, read_limits
from cnncli.rules.selection import Selection
from cnncli.rules.verdict import Verdict
from cnncli.spec.discovery import ENDINGS, STDIN, candidates, looks_like_spec
from cnncli.spec.source import MAX_BYTES, read_bytes

_MANY_FILES = 100
"""Checked in less than a second."""
_WHAT_SPECS_ARE = (
    "a spec is a YAML file with `input:` and `layers:`, not left out by .gitignore or `exclude`; "
    "a file that is named is checked whatever it holds"
)


class Format(StrEnum):
    """How findings are written; `cnncli.report.findings` has a file for each."""

    full = "full"
    concise = "concise"
    json = "json"
    json_lines = "json-lines"
    github = "github"
    gitlab = "gitlab"
    sarif = "sarif"
    junit = "junit"


def validate(
    paths: Annotated[
        list[str] | None,
        typer.Argument(metavar="PATH...", help="Files and folders, `-` for standard input; this folder if left out."),
    ] = None,
    select: Annotated[
        list[str] | None,
        typer.Option(
            metavar="RULES", autocompletion=complete.rules,
            help="Ask these rules only: codes, how codes begin, names; commas between.",
        ),
    ] = None,
    extend_select: Annotated[
        list[str] | None,
        typer.Option(
            metavar="RULES", autocompletion=complete.rules, help="Ask these too, beside those that are on."
        ),
    ] = None,
    ignore: Annotated[
        list[str] | None,
        typer.Option(metavar="RULES", autocompletion=complete.rules, help="Do not ask these."),
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Fail for warnings as for errors.")] = False,
    max_parameters: Annotated[str | None, typer.Option(metavar="N", help="The most a network may have: 1M.")] = None,
    max_macs: Annotated[str | None, typer.Option(metavar="N", help="The most it may take for one image: 500M.")] = None,
    max_memory: Annotated[
        str | None, typer.Option(metavar="BYTES", help="The most for weights and one image's activations: 20M.")
    ] = None,
    fix: Annotated[bool, typer.Option("--fix", help="Mend in the files what can be mended safely.")] = False,
    diff: Annotated[bool, typer.Option("--diff", help="Show what --fix would change, and change nothing.")] = False,
    format: Annotated[
        Format | None,
        typer.Option(
            "--output-format", "-f", metavar="FORMAT", envvar="CNNCLI_OUTPUT_FORMAT",
            help=f"How to write findings: {', '.join(Format)}. If left out, github under GitHub Actions, else full.",
        ),
    ] = None,
    output_file: Annotated[
        Path | None, typer.Option("--output-file", "-o", metavar="PATH", help="Write findings there, not to stdout.")
    ] = None,
    exit_zero: Annotated[bool, typer.Option("--exit-zero", help="End with 0 in spite of findings.")] = False,
    only_specs: Annotated[
        bool, typer.Option("--only-specs", help="Pass over named files too that are no specs, or excluded.")
    ] = False,
    stdin_filename: Annotated[
        str | None, typer.Option(metavar="PATH", help="What to call standard input, and whose configuration it has.")
    ] = None,
    config: Annotated[
        Path | None, typer.Option("--config", metavar="PATH", help="This configuration, in place of the nearest.")
    ] = None,
    isolated: Annotated[bool, typer.Option("--isolated", help="Heed no configuration.")] = False,
) -> None:  # fmt: skip
    """Check specs, in CI too: exit code 0 if all is well, 1 with findings, 2 if something cannot be read."""
    if config is not None and isolated:
        raise UsageError("--config and --isolated exclude each other", "give one of them")
    if fix and diff:
        raise UsageError("--fix and --diff exclude each other", "--diff shows what --fix would do")
    limits = {"parameters": max_parameters, "macs": max_macs, "memory": max_memory}
    given = {key: text for key, text in limits.items() if text is not None}
    wishes = Wishes(
        select=_words(select) if select else None,
        extend=_words(extend_select),
        ignore=_words(ignore),
        strict=strict,
        limits=read_limits(given, lambda key: f"--max-{key}"),
        configuration=_configuration(config, isolated),
        only_specs=only_specs,
        stdin_name=stdin_filename or "<stdin>",
    )
    if wishes.select == ():
        raise UsageError("--select names no rule", "leave it out, or name some: --select CNN3")
    if select or extend_select or ignore:
        Selection(wishes.select or (), wishes.extend, wishes.ignore).check(rules())
    paths = paths or ["."]
    if "" in paths:
        raise UsageError("an empty PATH names no file", "leave it out for this folder")
    if output_file is not None:
        _refuse_spec(output_file)
    specimens = _specimens(paths, wishes)
    if fix or diff:
        from cnncli.cli.mending import mend_all

        verdicts, mended = mend_all(specimens, show_only=diff)
    else:
        verdicts, mended = [specimen.verdict() for specimen in specimens], 0
    if not verdicts and not only_specs:
        raise UsageError(f"no specs in {', '.join(paths)}"[:200], _WHAT_SPECS_ARE)
    # What is mended, or how, is on standard output then.
    _write(verdicts, format or _usual_format(), output_file, to_stderr=diff or (fix and STDIN in paths))
    code = _exit_code(verdicts, exit_zero)
    raise typer.Exit(1 if diff and mended and not (code or exit_zero) else code)


def _refuse_spec(path: Path) -> None:
    """What is found goes beside the specs, not in place of one."""
    if path.is_file() and (path.suffix in ENDINGS or looks_like_spec(read_bytes(path))):
        hint = "the findings would take its place: name another file"
        raise UsageError(f"--output-file {path}: this is a spec, or called like one", hint)


def _words(given: list[str] | None) -> tuple[str, ...]:
    """What an option lists, commas between, given once or several times."""
    return tuple(word for text in given or () for word in text.replace(",", " ").split())


def _configuration(path: Path | None, isolated: bool) -> Configuration | None:
    """The one that is asked for, in place of those that would be found."""
    if path is None:
        return Configuration() if isolated else None
    found = read_configuration(path)
    if found is None:
        raise UsageError(f"{path} has no table [tool.cnncli]", "add one, or leave --config out")
    return found


def _specimens(paths: list[str], wishes: Wishes) -> Iterator[Specimen]:
    def read_stdin() -> bytes:
        try:
            return sys.stdin.buffer.read(MAX_BYTES + 1)
        except OSError as error:  # it may be open for writing alone
            raise FileError(f"cannot read standard input: {error.strerror}") from None

    found = list(candidates(paths))
    with _progress(len(found)) as show:
        for number, candidate in enumerate(found):
            show(number)
            specimen = take(candidate, wishes, read_stdin)
            if specimen is not None:
                yield specimen


def _progress(total: int) -> AbstractContextManager[Callable[[int], None]]:
    """A bar on a terminal, where there are enough files to wait for."""
    if total < _MANY_FILES or not sys.stderr.isatty():
        return nullcontext(lambda done: None)
    from cnncli.cli.progress import file_progress

    return file_progress(total)


def _usual_format() -> Format:
    return Format.github if os.environ.get("GITHUB_ACTIONS") == "true" else Format.full


def _write(verdicts: list[Verdict], format: Format, path: Path | None, to_stderr: bool) -> None:
    """The findings in their format, and for people how many there are."""
    for_people = format in (Format.full, Format.concise)
    if for_people and path is None and not any(verdict.diagnostics for verdict in verdicts):
        return  # all is well, and nobody waits for the means of saying so
    from cnncli.report.findings import render, summary

    console = stderr() if to_stderr else stdout()
    text = render(format.value, verdicts, console.width)
    if path is not None and str(path) != STDIN:
        from cnncli.training.files import write_whole

        plain = str(text)
        write_whole(path, f"{plain}\n".encode(errors="backslashreplace") if plain else b"")
    elif for_people and text:
        console.print(text, soft_wrap=format is Format.concise or not console.is_terminal)
    elif text:
        write(str(text), console.file)
    if for_people and text:
        notice(summary(verdicts))


def _exit_code(verdicts: list[Verdict], exit_zero: bool) -> int:
    if any(verdict.is_unreadable for verdict in verdicts):
        return 2
    return int(any(verdict.fails for verdict in verdicts) and not exit_zero)

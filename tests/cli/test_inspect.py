"""`cnncli inspect` as a process: exit codes, streams, formats, and what it does not import."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.command import environment, run
from tests.specs import text_of

BROKEN = text_of([1, 7, 7], "type: relu", "type: maxpool, kernel: 2")


@pytest.mark.parametrize(
    ("arguments", "stdin", "code"),
    [
        (["inspect", "lenet5"], "", 0),
        (["inspect", "-"], text_of([1, 8, 8], "type: flatten"), 0),
        (["inspect", "-"], BROKEN, 1),
        (["inspect", "-"], "", 1),
        (["inspect", "-"], "[" * 5000, 1),
        (["inspect", "-", "--format", "json"], BROKEN, 1),
        (["inspect", "none.yaml"], "", 2),
        (["inspect", "lenet5", "--format", "xml"], "", 2),
        (["inspect", "lenet5", "--no-such-option"], "", 2),
        (["inspect"], "", 2),
        (["no-such-command"], "", 2),
        ([], "", 2),
    ],
)
def test_exit_code(arguments: list[str], stdin: str, code: int) -> None:
    result = run(*arguments, stdin=stdin)
    assert result.code == code
    assert "Traceback" not in result.stderr
    if code and arguments:
        assert result.stderr


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("lenet", "did you mean `lenet5`?"),
        ("keras-mlp", "did you mean `keras_mlp`?"),
        ("zzz", "`cnncli list` shows the bundled ones"),
    ],
)
def test_an_unknown_name_is_answered_with_the_nearest(name: str, hint: str) -> None:
    result = run("inspect", name)
    assert (result.code, result.stdout) == (2, "")
    assert result.stderr.startswith(f"error: no file and no bundled architecture is called '{name}'\n  try: {hint}")


def test_the_table_up_to_the_fault_is_on_stdout_and_the_fault_on_stderr() -> None:
    result = run("inspect", "-", stdin=BROKEN)
    assert "\n0  relu1 " in result.stdout
    assert "Up to the fault only: 1 of 2 layers." in result.stdout
    assert "error" not in result.stdout
    assert result.stderr.startswith("<stdin>:5:21: error[CNN101]: the window does not fit the height exactly: 3.50")
    assert "relu1" not in result.stderr


def test_json_is_one_object_and_nothing_else() -> None:
    result = run("inspect", "lenet5", "--format", "json")
    document = json.loads(result.stdout)
    assert document["name"] == "LeNet-5"
    assert document["input_shape"] == [1, 28, 28]
    assert {"parameters", "buffers", "macs"} <= document["totals"].keys()
    for layer in document["layers"]:
        assert {"name", "type", "output_shape", "parameters", "buffers", "macs"} <= layer.keys()
    assert result.stderr.count(": note[") == len(document["diagnostics"]) == 1


def test_json_of_a_broken_spec_holds_the_findings_too() -> None:
    result = run("inspect", "-", "--format", "json", stdin=BROKEN)
    document = json.loads(result.stdout)
    assert document["complete"] is False
    assert [layer["name"] for layer in document["layers"]] == ["relu1"]
    assert [(found["code"], found["line"], found["column"]) for found in document["diagnostics"]] == [("CNN101", 5, 21)]


def test_json_of_what_is_no_spec_at_all_is_still_json() -> None:
    result = run("inspect", "-", "--format", "json", stdin="layers: [")
    assert json.loads(result.stdout)["layers"] == []
    assert result.code == 1


@pytest.mark.parametrize("text", ["layers: [{type: relu}]", "input: 784\nlayers: [{type: relu}]"])
def test_json_without_a_usable_input_counts_nothing(text: str) -> None:
    document = json.loads(run("inspect", "-", "-f", "json", stdin=text).stdout)
    assert (document["input_shape"], document["output_shape"]) == (None, None)
    assert set(document["totals"].values()) == {0}


@pytest.mark.parametrize("data", [BROKEN.encode("utf-16"), b"\xff", b"a\0"])
def test_json_of_bytes_that_are_no_text_is_still_json(data: bytes) -> None:
    result = run("inspect", "-", "-f", "json", stdin=data)
    document = json.loads(result.stdout)
    assert (result.code, document["complete"], document["input_shape"]) == (1, False, None)
    assert [found["code"] for found in document["diagnostics"]] == ["CNN001"]
    assert result.stderr.startswith("<stdin>:1:1: error[CNN001]: ")
    assert run("inspect", "-", stdin=data).stdout == ""


def test_200_faulty_layers_are_not_1_000_lines() -> None:
    result = run("inspect", "-", stdin=text_of([8], *[f"type: conv{number}" for number in range(200)]))
    assert result.stderr.endswith("\n<stdin>:204:1: note[CNN002]: and more: mend these 100 first\n")
    assert len(result.stderr.splitlines()) < 610


def test_csv_is_a_header_and_a_row_per_layer() -> None:
    rows = list(csv.DictReader(io.StringIO(run("inspect", "lenet5", "--format", "csv").stdout)))
    assert len(rows) == 8
    assert rows[0]["settings"] == "6 of 5x5, padding 2, relu"


def test_a_chain_of_10_000_layers_as_json() -> None:
    layer = "type: conv, filters: 1, kernel: 3, padding: 1"
    document = json.loads(run("inspect", "-", "-f", "json", stdin=text_of([1, 8, 8], *[layer] * 10_000)).stdout)
    assert document["totals"]["parameters"] == 100_000
    assert document["layers"][-1]["name"] == "conv10000"


@pytest.mark.parametrize("variables", [{}, {"NO_COLOR": "1"}, {"COLUMNS": "80"}])
def test_a_pipe_gets_no_escape_codes(variables: dict[str, str]) -> None:
    result = run("inspect", "-", stdin=BROKEN, **variables)
    assert "\x1b" not in result.stdout + result.stderr


def test_escapes_in_a_spec_do_not_reach_the_terminal() -> None:
    result = run("inspect", "-", stdin='name: "\\e[31mred\\a"\ninput: [8]\nlayers: [{type: "\\e]0;title\\a"}]\n')
    assert "\x1b" not in result.stdout + result.stderr
    assert "\x07" not in result.stdout + result.stderr


@pytest.mark.parametrize("format", ["table", "json", "csv", "markdown"])
def test_a_stream_that_is_not_utf_8_still_gets_the_whole_output(format: str) -> None:
    spec = "name: 層🎉\ninput: [8]\nlayers: [{type: linear, name: 層}]\n"
    result = run("inspect", "-", "-f", format, stdin=spec, PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert (result.code, result.stderr) == (0, "")
    assert "\\u5c64" in result.stdout


@pytest.mark.parametrize("format", ["table", "json"])
def test_a_reader_that_leaves_early_gets_no_traceback(format: str) -> None:
    layers = ["type: relu"] * 1_500
    command = [sys.executable, "-m", "cnncli", "inspect", "-", "-f", format]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment()
    ) as process:
        assert process.stdin and process.stdout and process.stderr
        process.stdin.write(text_of([8], *layers).encode())
        process.stdin.close()
        assert process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""


def test_inspect_imports_neither_numpy_nor_numba_nor_torch() -> None:
    code = """
import runpy, sys
sys.argv = ["cnncli", "inspect", "lenet5"]
try:
    runpy.run_module("cnncli", run_name="__main__")
except SystemExit:
    pass
heavy = {"numpy", "numba", "llvmlite", "torch", "PIL", "pooch", "safetensors", "pydantic"}
print(sorted(heavy & sys.modules.keys()), file=sys.stderr)
"""
    result = run(code=code)
    assert "61,706" in result.stdout
    assert result.stderr.splitlines()[-1] == "[]"


BOOM = """
import sys
from cnncli.__main__ import main
from cnncli.cli import inspect
def find(name):
    raise ZeroDivisionError("one\\ntwo \\x1b[31m")
inspect.find = find
sys.argv = ["cnncli", "inspect", "lenet5"]
main()
"""


def test_an_internal_error_is_one_line() -> None:
    result = run(code=BOOM)
    assert (result.code, result.stdout) == (2, "")
    assert result.stderr.splitlines() == [
        "error: internal error: ZeroDivisionError: one two ?[31m",
        "  try: this is a fault of cnncli; CNNCLI_TRACEBACK=1 shows where",
    ]


def test_an_internal_errors_traceback_is_there_for_who_asks() -> None:
    assert "Traceback" in run(code=BOOM, CNNCLI_TRACEBACK="1").stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has /dev/full")
def test_a_full_disk_is_one_line() -> None:
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-m", "cnncli", "inspect", "lenet5"]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, env=environment(), check=False)
    assert (done.returncode, done.stderr) == (2, b"error: cannot write the output: No space left on device\n")

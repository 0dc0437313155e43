"""What YAML does to the unwary: each trap ends in the right value or in one clear finding, in bounded time."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import pytest

from cnncli.errors import Diagnostic, FileError, SpecError
from cnncli.spec.source import find
from cnncli.training.recipe import read_recipe
from tests.specs import only_fault, read, text_of

GOOD = text_of([1, 8, 8], "type: flatten")


def refused(data: bytes) -> Diagnostic:
    """The finding about bytes that are no text at all."""
    with pytest.raises(SpecError) as caught:
        read(data)
    (diagnostic,) = caught.value.diagnostics
    return diagnostic


# Numbers, switches, names


@pytest.mark.parametrize(
    ("written", "meant"), [("1e-3", 1e-3), ("1E-3", 1e-3), ("5.", 5.0), (".5", 0.5), ("1", 1.0), ("1_0.5", 10.5)]
)
def test_numbers_are_numbers(written: str, meant: float) -> None:
    spec = read(GOOD + f"training: {{learning_rate: {written}}}\n")
    assert not spec.has_errors
    assert read_recipe(spec).learning_rate == meant


@pytest.mark.parametrize(
    ("key", "written", "hint"),
    [
        ("epochs", "012", "write 12: a leading zero means octal to some YAML readers"),
        ("epochs", "1:30", None),
        ("epochs", "0x10", "write 16: numbers here are decimal"),
        ("epochs", "-012", "write -12: a leading zero means octal to some YAML readers"),
        ("epochs", "1__0", "write 10: `_` stands between two digits"),
        ("epochs", "10_", "write 10: `_` stands between two digits"),
        ("epochs", "_10", "write 10: `_` stands between two digits"),
        ("epochs", "+_", None),
        ("learning_rate", "1_e-3", "write 1e-3: `_` stands between two digits"),
        ("learning_rate", "1__0.5", "write 10.5: `_` stands between two digits"),
        ("learning_rate", "1_", "write 1: `_` stands between two digits"),
        ("learning_rate", "0x10", "write 16: numbers here are decimal"),
        ("epochs", "1e3", "write 1000"),
        ("epochs", "10.0", "write 10"),
        ("epochs", "'10'", "remove the quotes"),
        ("epochs", "true", None),
        ("epochs", "", None),
        ("epochs", "[10]", None),
        ("learning_rate", "1:30.5", None),
        ("learning_rate", ".nan", None),
        ("learning_rate", ".inf", None),
        ("learning_rate", "012", "write 12: a leading zero means octal to some YAML readers"),
        ("learning_rate", "1e999", None),
        ("batch_size", "-1", None),
        ("batch_size", "0", None),
        ("batch_size", "१२", None),
    ],
)
def test_what_only_looks_like_a_number_is_refused(key: str, written: str, hint: str | None) -> None:
    fault = only_fault(GOOD + f"training: {{{key}: {written}}}\n")
    assert fault.fault.name in ("wrong-type", "bad-value")
    assert fault.hints == ((hint,) if hint else ())


@pytest.mark.parametrize("written", ["1__0", "1_", "_1", "1_k", "1_.5M"])
def test_a_count_with_a_stray_underscore_is_refused(written: str) -> None:
    fault = only_fault(GOOD + f"limits: {{macs: {written}}}\n")
    assert fault.message.startswith("a count such as 61706, 100k or 1.5M is wanted here")


def test_underscores_between_digits_are_read() -> None:
    graph = read("input: [1_000]\nlayers: [{type: linear}]\nexpect: {output: 1_000}\nlimits: {macs: 1_0.5k}\n")
    assert graph.require_sound().output_shape == (1000,)


@pytest.mark.parametrize(("written", "meant"), [("yes", "true"), ("on", "true"), ("No", "false"), ("off", "false")])
def test_yes_and_on_are_not_switches(written: str, meant: str) -> None:
    fault = only_fault(text_of([1, 8, 8], f"type: conv, filters: 1, kernel: 3, bias: {written}"))
    assert fault.fault.name == "wrong-type"
    assert fault.hints == (f"write {meant}",)


@pytest.mark.parametrize("word", ["on", "yes", "012", "1e3", "null-1", "層"])
def test_a_name_stays_as_written(word: str) -> None:
    assert read(text_of([1, 8, 8], f"type: flatten, name: {word}")).require_sound().nodes[0].name == word


@pytest.mark.parametrize("digits", [61, 5_000])
@pytest.mark.parametrize(
    "text",
    ["input: [1, 8, {}]\nlayers: [{{type: flatten}}]", "limits: {{macs: {}}}\ninput: [9]\nlayers: [{{type: linear}}]"],
)
def test_a_number_of_thousands_of_digits_is_refused(text: str, digits: int) -> None:
    fault = only_fault(text.format("9" * digits))
    assert len(fault.message) < 200


def test_10_to_the_12_units_are_arithmetic() -> None:
    """Nothing is allocated for them."""
    tracemalloc.start()
    spec = read(text_of([3, 224, 224], "type: flatten", *["type: dense, units: 1000000000000"] * 2))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert spec.require_sound().nodes[-1].macs == 10**24
    assert peak < 5e6


@pytest.mark.parametrize("layer", ["kernel: 3, stride: 1000000000000", "kernel: 1000000000000, stride: 999999999999"])
def test_ways_out_of_a_huge_window_are_found_without_search(layer: str) -> None:
    tracemalloc.start()
    fault = only_fault(text_of([1, 8, 8], f"type: conv, filters: 1, {layer}"))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert fault.hints[0].startswith("fits: ")
    assert peak < 5e6


# Structure


@pytest.mark.parametrize("nesting", ["[" * 5000 + "]" * 5000, "{a: " * 5000, "- " * 5000, "? " * 5000])
def test_thousands_of_nested_brackets_end_early(nesting: str) -> None:
    assert only_fault(nesting).fault.name == "yaml-limit"


def test_an_alias_bomb_ends_early() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 30)]
    tracemalloc.start()
    fault = only_fault("\n".join(lines))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert fault.fault.name == "yaml-limit"
    assert peak < 5e6


def test_aliases_in_moderation_are_welcome() -> None:
    text = "input: [1, 8, 8]\nlayers:\n  - &c {type: conv, filters: 1, kernel: 3}\n  - *c\n"
    assert read(text).require_sound().output_shape == (1, 4, 4)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("layers: &a [*a]", "`*a` stands inside what it repeats"),
        ("layers: *a", "`*a` has no anchor `&a` before it"),
        ("layers: !!python/object/apply:os.system ['true']", "has no place in a spec"),
        ("layers: !!python/name:os.system", "has no place in a spec"),
        ("input: !!int '3'", "has no place in a spec"),
        ("x: !mine 3", "has no place in a spec"),
        (GOOD + "---\n" + GOOD, "a file holds one spec; a second document starts here"),
        ("? [a, b]\n: c", "a key must be a word"),
        ("? {a: b}\n: c", "a key must be a word"),
        ("input: [1, 8, 8]\nlayers: [&c {type: flatten}, {<<: *c}]", "the merge key `<<` has no place in a spec"),
        ("layers:\n\t- {type: flatten}", "not YAML"),
        ("layers: [", "not YAML"),
        ("layers: 'a", "not YAML"),
        ("layers: @a", "not YAML"),
        ("%YAML 3.0\n---\na: 1", "not YAML"),
        ("name: \x1b[31mred", "control character U+001B"),
        ("name: '\\ud800", "not YAML"),
        ("", "the file is empty"),
        ("# only\n# comments\n", "the file is empty"),
        ("- 1\n- 2\n", "the file holds a list"),
        ("just words", "the file holds 'just words'"),
        ("~", "the file holds nothing"),
    ],
)
def test_a_file_that_is_no_spec_says_why(text: str, words: str) -> None:
    assert words in only_fault(text).message


def test_a_tab_is_named_where_yaml_forbids_it() -> None:
    assert only_fault("layers:\n\t- {type: flatten}").hints == ("indent with spaces: YAML forbids tabs there",)


def test_a_control_character_is_shown_at_its_place() -> None:
    fault = only_fault("version: 1\nname: ab\x07c\n")
    assert (fault.location.line, fault.location.column) == (2, 9)


def test_a_duplicate_key_is_a_fault_where_it_repeats() -> None:
    fault = only_fault("name: a\n" + GOOD + "name: b\n")
    assert fault.fault.name == "duplicate-key"
    assert fault.message == "`name` is given twice; the first is on line 1, column 1"
    assert fault.location.line == 6


def test_a_duplicate_key_inside_a_layer_is_a_fault() -> None:
    fault = only_fault(text_of([1, 8, 8], "type: conv, filters: 1, kernel: 3, filters: 2"))
    assert (fault.fault.name, fault.location.column) == ("duplicate-key", 41)


def test_keys_that_are_no_words_are_unknown_keys() -> None:
    spec = read("1: 2\ntrue: 3\n~: 4\n" + GOOD)
    assert [d.message for d in spec.diagnostics] == [f"a spec has no key `{key}`" for key in ("1", "true", "~")]


def test_every_fault_of_a_file_is_reported_at_once() -> None:
    text = "nme: x\ninput: [1, 8, 8, 8]\nlayers:\n  - {type: cnv}\n  - {type: conv, filters: -1, kernel: 3, strid: 2}\n"
    assert sorted(d.location.line for d in read(text).diagnostics) == [1, 2, 4, 5, 5]


# Bytes


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (GOOD.encode("utf-16"), "the file is UTF-16"),
        (GOOD.encode("utf-16-be"), "NUL byte on line 1"),
        (GOOD.encode() + b"name: a\0b\n", "NUL byte on line 5"),
        (GOOD.encode() + b"name: caf\xe9\n", "byte 0xe9 on line 5 is not UTF-8"),
        (bytes(range(256)), "NUL byte"),
        (b"\x89PNG\r\n\x1a\n", "byte 0x89 on line 1 is not UTF-8"),
        (b" " * (50 * 2**20), "longer than 1,048,576 bytes"),
    ],
    ids=["utf-16", "utf-16-be", "nul", "latin-1", "binary", "png", "50-MB"],
)
def test_bytes_that_are_no_text_say_why(data: bytes, words: str) -> None:
    assert words in refused(data).message


@pytest.mark.parametrize("breaks", ["\r\n", "\r", "\n"])
def test_all_line_breaks_and_a_byte_order_mark_are_read(breaks: str) -> None:
    text = GOOD.replace("\n", breaks)
    assert read(b"\xef\xbb\xbf" + text.encode()).diagnostics == []
    fault = only_fault((text + "nme: x" + breaks).encode())
    assert (fault.location.line, fault.location.column, fault.source) == (5, 1, "nme: x")


# Files


def test_a_file_of_50_megabytes_is_not_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "large.yaml"
    with path.open("wb") as file:
        file.truncate(50 * 2**20)
    tracemalloc.start()
    with pytest.raises(SpecError, match="longer than"):
        find(str(path))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20e6


def test_a_folder_is_no_spec(tmp_path: Path) -> None:
    folder = tmp_path / "x.yaml"
    folder.mkdir()
    with pytest.raises(FileError, match="is a folder"):
        find(str(folder))


@pytest.mark.parametrize("name", ["none.yaml", "a/b/c", "x" * 5_000 + ".yaml", "a\0.yaml"])
def test_a_file_that_cannot_be_read_says_why(name: str, tmp_path: Path) -> None:
    with pytest.raises(FileError, match="cannot read"):
        find(str(tmp_path / name))


def test_a_file_without_permission_says_why(tmp_path: Path) -> None:
    path = tmp_path / "secret.yaml"
    path.write_text(GOOD)
    path.chmod(0)
    try:
        path.read_text()
    except PermissionError:
        with pytest.raises(FileError, match="Permission denied"):
            find(str(path))
    else:
        pytest.skip("this user may read everything")


def test_a_chain_of_10_000_layers_is_read_in_proportion() -> None:
    """Memory for ten times the layers stays below twenty times as much."""
    peaks = []
    for count in (1_000, 10_000):
        tracemalloc.start()
        spec = read(text_of([1, 8, 8], *["type: conv, filters: 1, kernel: 3, padding: 1, activation: relu"] * count))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert len(spec.require_sound().nodes) == count
    assert peaks[1] < 20 * peaks[0]

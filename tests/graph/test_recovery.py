"""One run finds all that is wrong with a file, and says nothing of what only follows from it."""

from __future__ import annotations

import pytest

from tests.specs import errors_in, read

INPUT = "version: 1\ninput: [4, 8, 8]\n"


def found(text: str) -> list[tuple[int, str]]:
    """Line and kind of each finding."""
    return [(finding.location.line, finding.fault.name) for finding in errors_in(INPUT + text)]


def words(text: str) -> list[str]:
    return [finding.message for finding in errors_in(INPUT + text)]


# What stands at the top


@pytest.mark.parametrize(
    ("params", "fault"),
    [
        ("{w: , v: 2}", "missing-key"),
        ("{w: 1 / 0 * $v, v: 2}", "unknown-parameter"),
        ("{v: 2, w: $v / 4}", "bad-expression"),
        ("{v: 2, w: $v / 4, u: $w * 2}", "bad-expression"),
        ("{v: 2, 'w x': 1}", "bad-value"),
        ("{v: 2, use: 1}", "bad-value"),
        ("[v, w]", "wrong-type"),
    ],
)
def test_where_params_do_not_hold_the_rest_is_checked(params: str, fault: str) -> None:
    """Line 4 hangs on them; nothing is said of it."""
    uses = "$use" if "use" in params else "$w"
    text = f"""params: {params}
layers: [{{type: conv, filters: {uses}, kernel: 3, padding: {uses} * 2 - $v}}, {{type: maxpool, kernel: 99}},
         {{type: cnv}}, {{type: conv, filters: 1, kernel: 0}}]
blocks: {{a: {{layers: []}}}}
training: {{epoch: 3}}
expect: {{macs: {uses}, parameters: x}}
"""
    assert found(text) == [
        *((3, fault), (5, "unknown-kind"), (5, "bad-value"), (6, "bad-value")),
        *((7, "unknown-key"), (8, "wrong-type")),
    ]


def test_a_parameter_that_holds_is_known_beside_one_that_does_not() -> None:
    layers = "[{type: conv, filters: 1, kernel: $v}, {type: conv, filters: $w, kernel: 1}]"
    assert found(f"params: {{v: 9, w: $v / 2}}\nlayers: {layers}\n") == [(3, "bad-expression"), (4, "window-too-large")]


@pytest.mark.parametrize(
    ("section", "user", "fault"),
    [
        ("parms: {w: 3}", "{type: conv, filters: $w, kernel: 1}", "unknown-key"),
        ("constants: {w: 3}", "{type: conv, filters: $w, kernel: 1}", "unknown-key"),
        ("block: {b: {layers: [{type: relu}]}}", "{use: b, name: a, w: 2}, {type: relu, from: a.conv1}", "unknown-key"),
        ("blocks: [b]", "{use: b, name: a, w: 2}, {type: relu, from: a.conv1}", "wrong-type"),
        ("blocks: {b: [{type: relu}]}", "{use: b, name: a, w: 2}, {type: relu, from: a.conv1}", "wrong-type"),
        ("blocks: {b: {layers: []}}", "{use: b, name: a}, {type: relu, from: a.conv1}", "bad-value"),
        ("blocks: {b: {layers: [{type: relu}], params: [w]}}", "{use: b, w: 2}", "wrong-type"),
        ("blocks: {b: {layers: [{type: relu}], parm: {w: }}}", "{use: b, w: 2}", "unknown-key"),
        ("blocks: {'b c': {layers: [{type: relu}]}}", "{use: b c}", "bad-value"),
        ("blocks: {b: {params: {a-b: }, layers: [{type: relu, repeat: $a-b * 2}]}}", "{use: b, a-b: 2}", "bad-value"),
    ],
)
def test_what_uses_a_section_that_does_not_hold_is_not_reported(section: str, user: str, fault: str) -> None:
    assert found(f"{section}\nlayers: [{user}, {{type: cnv}}]\n") == [(3, fault), (4, "unknown-kind")]


@pytest.mark.parametrize(
    "defaults", ["[kernel]", "{kernel: 0}", "{kernal: 3}", "{kernel: $k}", "{kernel: [1, 2, 3]}", "3"]
)
def test_faulty_defaults_are_one_finding(defaults: str) -> None:
    text = (
        f"defaults: {defaults}\nlayers: [{{type: conv, filters: 1}}, {{type: maxpool}}, {{type: conv, filters: 0}}]\n"
    )
    assert [line for line, _ in found(text)] == [3, 4]


def test_a_default_that_kinds_refuse_in_words_of_their_own_is_one_finding() -> None:
    layers = "[{type: conv, filters: 1, kernel: 3}, {type: lrn, size: 3}, {type: crop}, {type: dropout}]"
    assert [line for line, _ in found(f"defaults: {{by: x, p: x, alpha: x}}\nlayers: {layers}\n")] == [3, 3, 3]


@pytest.mark.parametrize("layers", ["", "layers: []\n", "layers: 3\n", "layer: [{type: relu}]\n"])
def test_without_layers_the_rest_is_checked(layers: str) -> None:
    text = f"blocks: {{b: {{layers: [{{type: cnv}}, {{type: relu, from: stem}}]}}}}\ntraining: {{epoch: 1}}\n{layers}"
    assert found(text)[-2 if not layers else 0 :][:2] == [(3, "unknown-kind"), (4, "unknown-key")]
    assert len(found(text)) == 3


def test_without_an_input_the_rest_is_checked() -> None:
    spec = read("input: [1, 2, 3, 4]\nlayers: [{type: conv, filters: 1, kernel: 99}, {type: cnv}, {use: b}]\n")
    assert [finding.fault.name for finding in spec.diagnostics] == ["wrong-type", "unknown-kind", "unknown-block"]


# Items


@pytest.mark.parametrize(
    "item",
    [
        "{type: convv, name: stem}",
        "{type: conv, name: stem, filters: 2, kernel: 0}",
        "{type: conv, name: stem}",
        "{name: stem}",
        "{type: parallel, name: stem, merge: sum, branches: [[], []]}",
        "{type: head, name: stem, weight: 2, layers: [{type: relu}]}",
        "{use: bolck, name: stem}",
        "{use: block, name: stem, widht: 2}",
        "{type: relu, name: stem, repeat: x}",
        "{type: relu, name: stem, from: [{}]}",
    ],
)
def test_the_name_of_a_faulty_item_is_known(item: str) -> None:
    blocks = "blocks: {block: {params: {width: 1}, layers: [{type: relu}]}}\n"
    findings = found(f"{blocks}layers:\n- {item}\n- {{type: add, from: [stem, input]}}\n- {{type: relu, from: stme}}\n")
    assert {line for line, _ in findings[:-1]} == {5}
    assert findings[-1] == (7, "unknown-input")
    assert found(f"{blocks}layers:\n- {item}\n- {{type: relu, name: stem}}\n")[-1] == (6, "duplicate-name")


@pytest.mark.parametrize(
    ("item", "name"),
    [
        ("{type: relu, name: a b}", "a b"),
        ("{type: relu, name: $oops}", "any"),
        ("{type: convv}", "conv1"),
        ("{type: parallel, merge: sum, branches: [[], []]}", "add1"),
        ("{type: relu, name: a, repeat: x}", "a.2"),
        ("{type: paralel, name: p}", "p.1.conv2"),
        ("{type: parallel, name: p, merge: add, branches: {a b: [{type: relu, name: r}], c: []}}", "p.a b.r"),
        ("{type: parallel, name: p, merge: add, branches: {a: x, c: []}}", "p.a.r"),
        ("{type: head, name: h, weight: 1, layers: x}", "h.r"),
        ("{use: bolck, name: u}", "u.r"),
        ("$oops", "any"),
    ],
)
def test_a_name_that_a_faulty_item_may_have_is_not_unknown(item: str, name: str) -> None:
    assert [line for line, _ in found(f"layers:\n- {item}\n- {{type: relu, from: '{name}'}}\n")] == [4]


def test_only_such_names_are_taken_for_known() -> None:
    layers = (
        "[{type: convv}, {type: paralel, name: p}, {use: b, name: u}, {type: relu, from: [x]}, {type: relu, from: u.x}]"
    )
    block = "{params: {width: }, layers: [{type: relu}, {type: relu}]}"
    assert words(f"blocks: {{b: {block}}}\nlayers: {layers}\n")[-2:] == [
        "no layer is called `x` here",
        "no layer is called `u.x` here",
    ]


INNER = "{type: cnv}, {type: conv, filters: 0, kernel: 1}, {type: relu, from: y}"


@pytest.mark.parametrize(
    ("item", "own"),
    [
        ("{type: parallel, branches: [[INNER], []]}", ["missing-key"]),
        ("{type: parallel, merge: sum, branches: [[INNER], []]}", ["bad-value"]),
        ("{type: parallel, merge: add, branches: [[INNER]]}", ["bad-value"]),
        ("{type: parallel, merge: add, branches: [[INNER], {}]}", ["wrong-type"]),
        ("{type: parallel, merge: add, branches: {'a b': [INNER], b: []}}", ["bad-value"]),
        ("{type: parallel, merge: add, mrege: add, branches: [[INNER], []]}", ["unknown-key"]),
        ("{type: parallel, merge: add, repeat: x, branches: [[INNER], []]}", ["wrong-type"]),
        ("{type: paralel, merge: add, branches: [[INNER], []]}", ["unknown-kind"]),
        ("{type: head, weight: 2, layers: [INNER]}", ["bad-value"]),
        ("{type: head, layers: [INNER]}", ["missing-key"]),
        ("{type: haed, layers: [INNER]}", ["unknown-kind"]),
        ("{use: b}", ["missing-key"]),
        ("{use: b, width: 2, widht: 3}", ["unknown-key"]),
        ("{use: b, width: 2, name: a b}", ["bad-value"]),
        ("{use: b, width: 2, first: 3}", ["wrong-type"]),
        ("{use: b, width: 2, first: {widht: 3}}", ["bad-value"]),
        ("{use: b, width: $oops}", ["unknown-parameter"]),
        ("{use: c, body: [INNER, $oops]}", ["unknown-parameter"]),
        ("{use: c, repeat: 0, body: [INNER, $oops]}", ["unknown-parameter"]),
    ],
)
def test_faults_inside_a_faulty_item_are_found(item: str, own: list[str]) -> None:
    body = f"{{type: conv, filters: $width, kernel: 1}}, {INNER}" if "use: b" in item else "{type: relu}"
    blocks = f"""blocks:
  b: {{params: {{width: }}, layers: [{body}]}}
  c: {{params: {{body: }}, layers: [{{type: head, weight: 1, layers: $body}}]}}
"""
    findings = found(f"{blocks}layers:\n- {item.replace('INNER', INNER)}\n")
    assert sorted(fault for _, fault in findings) == sorted(["unknown-kind", "bad-value", "unknown-input", *own])


def test_an_unknown_kind_is_told_with_what_every_item_has() -> None:
    text = (
        "layers: [{type: cnv, filers: 3, kernel: x, repeat: x, name: a b, from: y}, {use: z, width: $w, repeat: -1}]\n"
    )
    assert found(text) == [
        *((3, "unknown-kind"), (3, "wrong-type"), (3, "bad-value"), (3, "unknown-input")),
        *((3, "unknown-block"), (3, "unknown-parameter"), (3, "bad-value")),
    ]


def test_a_shape_is_known_after_a_fault_that_it_does_not_hang_on() -> None:
    layer = "type: conv, filters: 1, kernel: 1"
    for fault in ("name: a b", "activation: rleu"):
        assert found(f"layers: [{{{layer}, {fault}}}, {{type: maxpool, kernel: 9}}]\n")[-1] == (3, "window-too-large")
    for fault in ("strid: 2", "repeat: x", "from: x", "padding: x"):
        assert "window-too-large" not in found(f"layers: [{{{layer}, {fault}}}, {{type: maxpool, kernel: 9}}]\n")


def test_a_misspelt_key_is_not_missing_too() -> None:
    block = "{params: {width: }, layers: [{type: conv, filters: $width, kernel: 1}]}"
    text = f"blocks: {{b: {block}}}\nlayers: [{{use: b, widht: 3}}, {{type: conv, filters: 1, kernel_size: 3}}]\n"
    assert words(text) == ["block `b` has no key `widht`", "`conv` has no key `kernel_size`"]


def test_faults_in_lists_that_blocks_are_given_are_found_where_they_are() -> None:
    """Not in the block: there may be several, and in the lists of several uses."""
    spec = read(f"""{INPUT}blocks:
  b: {{params: {{body: }}, layers: [{{type: parallel, merge: add, branches: [$body, []]}}]}}
layers:
  - {{use: b, body: [{{type: cnv}}, {{type: cnv}}]}}
  - {{use: b, body: [{{type: cnv}}, {{type: conv, filters: $w, kernel: 1}}]}}
""")
    places = [(finding.location.line, finding.location.column) for finding in spec.diagnostics]
    assert places == [(6, 28), (6, 41), (7, 28), (7, 56)]
    assert spec.diagnostics[0].related[0].label == "block `b` is used here"

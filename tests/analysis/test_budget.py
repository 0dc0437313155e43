"""`expect:` and `limits:`."""

from __future__ import annotations

import pytest

from cnncli.rules.judge import judge
from cnncli.spec.source import Source
from tests.specs import only_fault, read, text_of

DENSE = text_of([10], "type: dense, units: 10")  # 110 parameters, 100 MACs


@pytest.mark.parametrize(
    "promise",
    [
        "expect: {parameters: 110, macs: 100, buffers: 0, output: [10]}",
        "expect: {output: 10}",
        "limits: {parameters: 110}",
        "limits: {parameters: 1k, macs: 0.1k, buffers: 0}",
        "limits: {macs: 1_00}",
    ],
)
def test_a_promise_that_is_kept(promise: str) -> None:
    assert read(DENSE + promise).diagnostics == []


@pytest.mark.parametrize(
    ("promise", "name", "message", "arithmetic"),
    [
        ("expect: {parameters: 100}", "expectation-not-met", "`expect` says parameters 100, the network has 110",
         ("110 - 100 = +10",)),
        ("expect: {macs: 1k}", "expectation-not-met", "`expect` says macs 1,000, the network has 100",
         ("100 - 1000 = -900",)),
        ("expect: {output: [1, 10]}", "expectation-not-met", "`expect` says output [1, 10], the network has [10]", ()),
        ("limits: {parameters: 109}", "limit-exceeded", "the network has 110 parameters, its limit is 109",
         ("110 - 109 = 1 too many",)),
        ("expect: {params: 110}", "unknown-key", "`expect` has no key `params`", ()),
        ("limits: [1]", "wrong-type", "`limits` is a mapping such as `{parameters: 61706}`", ()),
        ("limits: {parameters: 1.5}", "wrong-type", "a count such as 61706, 100k or 1.5M is wanted here, not '1.5'",
         ()),
        ("limits: {parameters: 100K}", "wrong-type", "a count such as 61706, 100k or 1.5M is wanted here, not '100K'",
         ()),
        ("limits: {parameters: 0110}", "wrong-type", "a count such as 61706, 100k or 1.5M is wanted here, not '0110'",
         ()),
    ],
)  # fmt: skip
def test_a_promise_that_is_not(promise: str, name: str, message: str, arithmetic: tuple[str, ...]) -> None:
    fault = only_fault(DENSE + promise)
    assert (fault.fault.name, fault.message, fault.arithmetic) == (name, message, arithmetic)
    assert fault.location.line == 5


def test_a_broken_network_is_not_held_to_its_promises() -> None:
    """Its totals are not known: the fault itself is the finding."""
    text = text_of([1, 7, 7], "type: maxpool, kernel: 2") + "expect: {parameters: 5}\nlimits: {macs: 0}\n"
    assert only_fault(text).fault.name == "window-does-not-fit"


@pytest.mark.parametrize(
    ("settings", "found"),
    [
        ({}, ["expectation-not-met"]),
        ({"units": "10"}, []),
        ({"units": "20"}, ["limit-exceeded"]),
    ],
)
def test_expect_is_of_the_file_as_it_stands(settings: dict[str, str], found: list[str]) -> None:
    text = "params: {units: 10}\ninput: [10]\nlayers: [{type: dense, units: $units}]\n"
    source = Source("x", text + "expect: {parameters: 100}\nlimits: {parameters: 110}")
    spec = judge(source, settings=settings)
    assert [finding.fault.name for finding in spec.diagnostics] == found


def test_an_expectation_that_is_none_is_a_fault_with_any_settings() -> None:
    text = "params: {units: 10}\ninput: [10]\nlayers: [{type: dense, units: $units}]\nexpect: {params: 3}"
    spec = judge(Source("x", text), settings={"units": "9"})
    assert [finding.fault.name for finding in spec.diagnostics] == ["unknown-key"]

"""The bundled networks: no warnings, and the notes that are true of them, all listed here."""

from __future__ import annotations

import pytest

from cnncli.rules import rules
from cnncli.rules.judge import judge
from cnncli.spec.source import bundled_names, find

SEES_LESS = {
    "alexnet": 195, "alexnet_torchvision": 195, "digits_viewer": 16, "kaggle_lenet": 16, "keras_cifar10": 16,
    "lenet5": 16, "lenet_caffe": 16, "nin": 195, "squeezenet": 155, "squeezenet1_1": 207, "tensorflow_mnist": 12,
    "vgg11": 150, "vgg11_bn": 150, "vgg13": 156, "vgg13_bn": 156, "vgg16": 212, "vgg16_bn": 212, "zfnet": 171,
}  # fmt: skip
"""The receptive field of the features that reach the classifier, where it is smaller than the image."""
NOTES = {
    "keras_cifar10": {"cells-unseen", "dense-heavy"},  # 13 -> 6; 94%
    "lenet_caffe": {"dense-heavy"},  # 92%
    "nin": {"cells-unseen"},  # 224 is AlexNet's 227 less 3
    "squeezenet1_1": {"cells-unseen"},  # 224 - 3 is odd
    "tensorflow_mnist": {"dense-heavy"},  # 98%
}
AS_PUBLISHED = {
    "resnet50_v1": ["bias-before-norm"],
    "squeezenet": ["padding-covers-window"],
    "vgg11_bn": ["bias-before-norm"],
    "vgg13_bn": ["bias-before-norm"],
    "vgg16_bn": ["bias-before-norm"],
    "vgg19_bn": ["bias-before-norm"],
}
"""What `# noqa` silences, since the network that was published has it."""


@pytest.mark.parametrize("name", bundled_names())
def test_a_bundled_network_has_no_warnings(name: str) -> None:
    found = judge(find(name)).diagnostics
    assert {finding.severity for finding in found} <= {"note"}
    seen = {finding.fault.name: finding.message for finding in found}
    assert seen.keys() - {"small-receptive-field"} == NOTES.get(name, set())
    assert ("small-receptive-field" in seen) is (name in SEES_LESS)
    if name in SEES_LESS:
        assert f" sees {SEES_LESS[name]}x{SEES_LESS[name]} of " in seen["small-receptive-field"]


@pytest.mark.parametrize("name", bundled_names())
def test_what_is_silenced_is_as_published(name: str) -> None:
    source = find(name)
    codes = [line.partition("# noqa: ")[2].split()[0] for line in source.lines if "# noqa" in line]
    names = {rule.code: rule.name for rule in rules()}
    assert [names[code] for code in codes] == AS_PUBLISHED.get(name, [])


@pytest.mark.parametrize("name", [*SEES_LESS, *NOTES, *AS_PUBLISHED])
def test_the_lists_are_of_bundled_networks(name: str) -> None:
    assert name in bundled_names()


@pytest.mark.parametrize("size", ["32", "64", "97", "192"])
@pytest.mark.parametrize("name", [name for name in bundled_names() if "$size" in find(name).text])
def test_at_another_size_no_warning_is_added(name: str, size: str) -> None:
    """A rule that asks what a size happens to be would find fault with networks that are sound."""
    spec = judge(find(name), settings={"size": size})
    assert not [finding for finding in spec.diagnostics if finding.severity == "warning"]

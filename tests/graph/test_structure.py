"""What is said about `parallel`, `head` and `use` is what is read; and other libraries' words lead to kinds."""

from __future__ import annotations

import pytest

from cnncli import layers
from cnncli.graph.structure import STRUCTURE, Structure, suggest
from tests.specs import only_fault, read, text_of

START = {"parallel": "type: parallel", "head": "type: head", "use": "use: unit"}


@pytest.mark.parametrize("item", STRUCTURE, ids=lambda item: item.name)
def test_the_keys_are_those_that_are_read(item: Structure) -> None:
    blocks = "blocks: {unit: {layers: [{type: relu}]}}\n"
    findings = read(text_of([1, 8, 8], f"{START[item.name]}, ~~~~: 1") + blocks).diagnostics
    (unknown,) = [finding for finding in findings if finding.fault.name == "unknown-key"]
    missing = {finding.hints[0] for finding in findings if finding.fault.name == "missing-key"}
    known = set(unknown.hints[0].removeprefix("known: ").split(", ")) - {"type"}
    assert known == {key.name for key in item.keys}
    assert missing == {f"add `{key.name}:`" for key in item.keys if key.required and key.name != "use"}


@pytest.mark.parametrize("item", STRUCTURE, ids=lambda item: item.name)
def test_the_example_shows_the_item_and_holds(item: Structure) -> None:
    assert not read(item.example).has_errors
    assert START[item.name].partition(", ")[0].replace("unit", "") in item.example


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("Conv2D", "conv"), ("nn.Conv2d", "conv"), ("convolution", "conv"), ("conv3d", "conv"), ("fc", "dense"),
        ("FullyConnected", "dense"), ("linear_layer", "dense"), ("MaxPool2d", "maxpool"), ("MaxPooling2D", "maxpool"),
        ("max_pool", "maxpool"), ("AveragePooling2D", "avgpool"), ("GlobalAveragePooling2D", "global_avgpool"),
        ("Concatenate", "concat"), ("sum", "add"), ("ReLU", "relu"), ("maxpol", "maxpool"), ("aux", "head"),
        ("branch", "parallel"),
    ],
)  # fmt: skip
def test_words_of_other_libraries_lead_to_the_kind(word: str, kind: str) -> None:
    fault = only_fault(text_of([1, 8, 8], f"type: {word}, kernel: 3"))
    assert (fault.fault.name, fault.hints) == ("unknown-kind", (f"did you mean `{kind}`?",))


@pytest.mark.parametrize(
    ("word", "hint"), [("Logistic", "did you mean `sigmoid`?"), ("fc", "known: "), ("", "known: ")]
)
def test_only_activations_are_proposed_for_an_activation(word: str, hint: str) -> None:
    fault = only_fault(text_of([1, 8, 8], f"type: conv, filters: 8, kernel: 3, activation: '{word}'"))
    assert fault.hints[0].startswith(hint)
    assert "dense" not in fault.hints[0]


def test_a_merge_of_another_name_is_found() -> None:
    fault = only_fault(text_of([1, 8, 8], "type: parallel, merge: Concatenate, branches: [[], []]"))
    assert fault.hints == ("did you mean `concat`?",)


def test_every_other_word_means_one_kind() -> None:
    """A kind's own name goes first, so that no word may stand for another kind than the one it names."""
    known = (*layers.names(), *(item.name for item in STRUCTURE))
    words = [(word, kind) for kind in layers.names() for word in layers.find(kind).also_called]
    words += [(word, item.name) for item in STRUCTURE for word in item.also_called]
    for word, kind in [*words, *((name, name) for name in known)]:
        assert suggest(word.upper(), known) == (f"did you mean `{kind}`?",)

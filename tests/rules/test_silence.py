"""`# noqa` comments: which are some, what they silence, and what is said of those that silence nothing."""

from __future__ import annotations

import pytest

from cnncli.errors import Fault
from cnncli.rules import checking_rules, silence
from cnncli.rules.judge import DEFAULT, Policy, judge
from cnncli.rules.mend import mend
from cnncli.rules.selection import Selection
from cnncli.rules.silence import names, read_silencers
from cnncli.rules.verdict import judged_text
from cnncli.spec.nodes import Span
from cnncli.spec.source import Source

NET = """input: [3, 32, 32]
layers:
  - {type: conv, filters: 16, kernel: 3}HERE
  - {type: batchnorm}
"""


def silencers(text: str) -> list[tuple[int, str, tuple[str, ...]]]:
    """Line, text and words of each comment."""
    source = Source("net.yaml", text)
    found = read_silencers(judge(source, Policy(Selection(()))))
    return [(silencer.span.line, source.text_at(silencer.span), silencer.words) for silencer in found]


def found(comment: str, selection: Selection = DEFAULT.selection, text: str = NET) -> list[str]:
    """The codes of what is found beside the comment."""
    return [one.fault.code for one in judged_text(Source("net.yaml", text.replace("HERE", comment)), Policy(selection))]


@pytest.mark.parametrize(
    ("comment", "text", "words"),
    [
        ("  # noqa", "# noqa", ()),
        (" #noqa", "#noqa", ()),
        (" # NoQA", "# NoQA", ()),
        ("\t#\tnoqa", "#\tnoqa", ()),
        ("  # noqa: CNN301", "# noqa: CNN301", ("CNN301",)),
        ("  # noqa:CNN301", "# noqa:CNN301", ("CNN301",)),
        ("  # noqa : cnn301", "# noqa : cnn301", ("cnn301",)),
        ("  # noqa: CNN301, CNN302 ,CNN4", "# noqa: CNN301, CNN302 ,CNN4", ("CNN301", "CNN302", "CNN4")),
        ("  # noqa: bias-before-norm", "# noqa: bias-before-norm", ("bias-before-norm",)),
        ("  # noqa: CNN301 as published", "# noqa: CNN301", ("CNN301",)),
        ("  # noqa: CNN301, (as published)", "# noqa: CNN301", ("CNN301",)),
        ("  # as published  # noqa: CNN301", "# noqa: CNN301", ("CNN301",)),
        ("  # noqa: CNN301  # noqa: CNN302", "# noqa: CNN301", ("CNN301",)),
        ("  # noqa because", "# noqa", ()),
        ("  # noqa:", "# noqa", ()),
    ],
)
def test_a_comment_and_its_words(comment: str, text: str, words: tuple[str, ...]) -> None:
    assert silencers(NET.replace("HERE", comment)) == [(3, text, words)]


@pytest.mark.parametrize("comment", ["  # noqaCNN301", "  # no qa", "  # a#noqa", "  # noqas", "  # about noqa"])
def test_what_is_no_such_comment(comment: str) -> None:
    assert silencers(NET.replace("HERE", comment)) == []


@pytest.mark.parametrize(
    "name",
    [
        '"a # noqa"',
        "'a # noqa: CNN301'",
        '"a\n  # noqa"',
        "|\n  a\n  # noqa\n  b # noqa",
        ">-\n  # noqa: CNN301\n\n",
        '{"a # noqa": [" # noqa"]}',
        "a#noqa",
    ],
)
def test_what_stands_in_a_text_is_none(name: str) -> None:
    text = NET.replace("HERE", "  # noqa: CNN301")
    number = f"name: {name}\n".count("\n")
    assert silencers(f"name: {name}\n{text}") == [(3 + number, "# noqa: CNN301", ("CNN301",))]


@pytest.mark.parametrize("name", ['"a"', "|\n  a", ">\n  a\n  b\n\n", "a\n  b"])
def test_a_comment_beside_a_text_or_beneath_it_is_one(name: str) -> None:
    text = f"name: {name}\n# noqa: CNN301\n"
    assert [words for _, _, words in silencers(text)] == [("CNN301",)]


def test_a_word_means_a_rule_by_name_by_code_and_by_how_that_begins() -> None:
    fault = Fault("CNN301", "bias-before-norm")
    for word in ("CNN301", "cnn301", "CNN30", "cnn", "bias-before-norm", "Bias-Before-Norm"):
        assert names(word, fault)
    for word in ("CNN302", "CNN3011", "301", "bias", "bias_before_norm"):
        assert not names(word, fault)


@pytest.mark.parametrize(
    "comment",
    ["  # noqa", "  # noqa: CNN301", "  # noqa: CNN3", "  # noqa: cnn301 (as published)", "  #noqa:bias-before-norm"],
)
def test_a_comment_silences_the_finding_on_its_line(comment: str) -> None:
    assert found("") == ["CNN301"]
    assert found(comment) == []


def test_a_comment_silences_nothing_on_other_lines() -> None:
    assert found("\n  # noqa: CNN301") == ["CNN301", "CNN901"]


def test_one_word_of_several_may_be_of_use() -> None:
    assert found("  # noqa: CNN301, CNN302x") == ["CNN901"]
    assert found("  # noqa: CNN302x, CNN301") == ["CNN901"]
    assert found("  # noqa: CNN202") == ["CNN301", "CNN901"]


def test_in_a_block_that_is_used_twice_it_silences_both() -> None:
    text = """input: [3, 32, 32]
blocks:
  unit:
    layers:
      - {type: conv, filters: 16, kernel: 3}HERE
      - {type: batchnorm}
layers: [{use: unit}, {use: unit}]
"""
    assert found("", text=text) == ["CNN301"]
    assert found("  # noqa: CNN301", text=text) == []
    assert found("  # noqa: CNN202", text=text) == ["CNN301", "CNN901"]


@pytest.mark.parametrize(
    ("comment", "selection", "codes"),
    [
        # What is not asked may be of use where it is: nothing can be said of the comment.
        ("  # noqa: CNN301", Selection(("CNN901",)), []),
        ("  # noqa: CNN3", Selection(("CNN901",)), []),
        ("  # noqa", Selection(("CNN901",)), []),
        ("  # noqa", Selection(ignore=("CNN301",)), []),
        ("  # noqa: CNN301", Selection(ignore=("CNN301",)), []),
        ("  # noqa: CNN202, CNN301", Selection(("CNN901", "CNN202")), ["CNN901"]),
        ("  # noqa: CNN202", Selection(("CNN901", "CNN202")), ["CNN901"]),
        ("  # noqa: CNN202", Selection(("CNN202",)), []),
        ("  # noqa: no-such-rule", Selection(("CNN901",)), ["CNN901"]),
        ("  # noqa: CNN901", Selection(("CNN901",)), ["CNN901"]),
        ("  # noqa: CNN202", Selection(ignore=("CNN901",)), ["CNN301"]),
        ("  # noqa: CNN202", Selection(ignore=("unused-noqa", "CNN301")), []),
    ],
    ids=str,
)
def test_what_is_said_of_comments_depends_on_what_is_asked(
    comment: str, selection: Selection, codes: list[str]
) -> None:
    assert found(comment, selection) == codes


def test_a_blanket_that_silences_nothing_is_told_where_all_usual_rules_are_asked() -> None:
    quiet = NET.replace("kernel: 3", "kernel: 3, bias: false")
    assert found("  # noqa", text=quiet) == ["CNN901"]
    unusual = tuple(rule.code for rule in checking_rules() if not rule.by_default)
    assert found("  # noqa", Selection(ignore=unusual), quiet) == ["CNN901"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("  - {type: flatten}  # noqa: CNN301\n", "  - {type: flatten}\n"),
        ("  - {type: flatten}  # noqa\r\n", "  - {type: flatten}\r\n"),
        ("  # noqa\n  - {type: flatten}\n", "  - {type: flatten}\n"),
        ("  - {type: flatten}  # noqa: CNN301 (as published)\n", "  - {type: flatten}  # (as published)\n"),
        ("  - {type: flatten}\n# noqa", "  - {type: flatten}\n"),
    ],
)
def test_a_comment_that_silences_nothing_is_taken_out(before: str, after: str) -> None:
    start = "input: [3, 8, 8]\nlayers:\n"
    assert mend(Source("net.yaml", start + before)).source.text == start + after


def test_the_words_that_are_of_use_stay() -> None:
    source = Source("net.yaml", NET.replace("HERE", "  # noqa: CNN202, CNN301 (as published)"))
    assert mend(source).source.text == NET.replace("HERE", "  # noqa: CNN301 (as published)")


def test_what_no_network_can_be_built_with_is_not_silenced() -> None:
    text = "input: [3, 8, 8]\nlayers:\n  - {type: conv, filters: 4, kernel: 9}  # noqa\n"
    assert found("", text=text) == ["CNN102"]


def test_a_comment_on_each_of_many_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    """To look through all texts for each of them would take minutes."""
    looks: list[int] = []
    holds = silence._holds

    def counted(span: Span, line: int, column: int) -> bool:
        looks.append(line)
        return holds(span, line, column)

    monkeypatch.setattr(silence, "_holds", counted)
    words = "  # noqa\n" * 1_000
    assert len(silencers(f"input: [8]\nname: |\n{words}layers:\n" + "  - {type: relu}  # noqa\n" * 1_000)) == 1_000
    assert len(looks) <= 10_000

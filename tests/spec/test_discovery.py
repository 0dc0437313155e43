"""Which files `validate` looks at: what the paths name, and the specs of folders."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from cnncli.rules.configuration import Configuration, find_configuration
from cnncli.spec import discovery
from cnncli.spec.discovery import Candidate, candidates, looks_like_spec
from tests.specs import text_of

SPEC = text_of([1, 8, 8], "type: flatten")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to stand in, which no repository is above."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def fill(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(SPEC)


def names(*paths: str) -> list[str]:
    return [candidate.name for candidate in candidates(paths)]


def test_a_folder_is_walked_in_the_order_of_names(place: Path) -> None:
    fill(place, "b/z.yaml", "b/a.yml", "a.yaml", "c.yaml", "b/deep/er/x.yaml", "notes.txt", "B.YAML", "b.yaml.bak")
    assert names(".") == ["a.yaml", "b/a.yml", "b/deep/er/x.yaml", "b/z.yaml", "c.yaml"]
    assert names("b") == names("b/") == ["b/a.yml", "b/deep/er/x.yaml", "b/z.yaml"]
    assert names("./b/deep/../") == ["b/deep/../a.yml", "b/deep/../deep/er/x.yaml", "b/deep/../z.yaml"]
    assert names(str(place / "b/deep")) == [str(place / "b/deep/er/x.yaml")]


def test_each_file_is_there_once_and_as_it_is_called_first(place: Path) -> None:
    fill(place, "b/x.yaml", "a.yaml")
    assert names("b", ".", "b/x.yaml", "./a.yaml", str(place / "a.yaml")) == ["b/x.yaml", "a.yaml"]
    assert names("a.yaml", "a.yaml", "-", "-", "./-") == ["a.yaml", "-", "./-"]


def test_a_file_is_named_also_where_its_folder_comes_first(place: Path) -> None:
    fill(place, "x.yaml", "y.yaml")
    assert list(candidates((".", "./y.yaml"))) == [Candidate("x.yaml"), Candidate("y.yaml", is_named=True)]
    assert list(candidates(("gone.yaml", "-"))) == [Candidate("gone.yaml", True), Candidate("-", True)]


@pytest.mark.parametrize(
    ("ignored", "kept"),
    [
        ({".gitignore": "*.yaml"}, []),
        ({".gitignore": "a.yaml\n# b.yaml\n\n"}, ["b.yaml"]),
        ({".gitignore": "/a.yaml\r\n"}, ["b.yaml", "sub/a.yaml", "sub/deep/a.yaml"]),
        ({".gitignore": "sub/"}, ["a.yaml", "b.yaml"]),
        ({".gitignore": "sub/deep"}, ["a.yaml", "b.yaml", "sub/a.yaml"]),
        ({".gitignore": "**/deep/*.yaml"}, ["a.yaml", "b.yaml", "sub/a.yaml"]),
        ({".gitignore": "*.yaml\n!b.yaml"}, ["b.yaml"]),
        ({".gitignore": "*.yaml", "sub/.gitignore": "!a.yaml"}, ["sub/a.yaml", "sub/deep/a.yaml"]),
        ({".gitignore": "sub/\n!sub/a.yaml", "sub/.gitignore": "!a.yaml"}, ["a.yaml", "b.yaml"]),
        ({"sub/.gitignore": "/a.yaml"}, ["a.yaml", "b.yaml", "sub/deep/a.yaml"]),
        ({"sub/.gitignore": "deep/", "sub/deep/.gitignore": "!*"}, ["a.yaml", "b.yaml", "sub/a.yaml"]),
        ({".gitignore": "a.yaml/"}, ["a.yaml", "b.yaml", "sub/a.yaml", "sub/deep/a.yaml"]),
        # Lines that are no patterns mean nothing.
        ({".gitignore": "!\n\\\n[z-a]\n[[:x:]\nb.yaml\n"}, ["a.yaml", "sub/a.yaml", "sub/deep/a.yaml"]),
        ({".gitignore": "\ufeffb.yaml"}, ["a.yaml", "sub/a.yaml", "sub/deep/a.yaml"]),
    ],
    ids=str,
)
def test_gitignore(place: Path, ignored: dict[str, str], kept: list[str]) -> None:
    fill(place, "a.yaml", "b.yaml", "sub/a.yaml", "sub/deep/a.yaml")
    for name, text in ignored.items():
        (place / name).parent.mkdir(exist_ok=True)
        (place / name).write_text(text, encoding="utf-8", newline="")
    assert names(".") == kept
    assert sorted(of_git(place)) == kept


def of_git(folder: Path) -> list[str]:
    """The files that git would take into a repository made here."""
    if shutil.which("git") is None:
        pytest.skip("git is not there to be asked")
    variables = {"PATH": os.environ["PATH"], "HOME": str(folder), "GIT_CONFIG_NOSYSTEM": "1"}
    git = partial(subprocess.run, cwd=folder, env=variables, check=True, capture_output=True, text=True)
    git(["git", "init", "--quiet"])
    return git(["git", "ls-files", "--others", "--exclude-standard", "*.yaml"]).stdout.splitlines()


def test_a_gitignore_above_counts_up_to_the_repositorys_root(place: Path) -> None:
    fill(place, "repository/nets/old/a.yaml", "repository/nets/b.yaml", "repository/nets/keep/old/c.yaml")
    (place / ".gitignore").write_text("b.yaml")
    (place / "repository/.gitignore").write_text("old/\n")
    (place / "repository/nets/.gitignore").write_text("!keep/old/\n")
    inside = ["repository/nets/b.yaml", "repository/nets/keep/old/c.yaml", "repository/nets/old/a.yaml"]
    assert names("repository/nets") == inside, "outside a repository nothing above counts"
    (place / "repository/.git").mkdir()
    assert names("repository/nets") == inside[:2]
    os.chdir("repository/nets")
    assert names(".") == ["b.yaml", "keep/old/c.yaml"]


def test_a_file_that_is_named_is_not_left_out(place: Path) -> None:
    fill(place, "a.yaml", "notes.txt")
    (place / ".gitignore").write_text("*")
    assert list(candidates((".", "a.yaml", "notes.txt"))) == [Candidate("a.yaml", True), Candidate("notes.txt", True)]


@pytest.mark.parametrize("what", [".gitignore", "x/.gitignore"])
def test_a_gitignore_that_cannot_be_read_leaves_nothing_out(place: Path, what: str) -> None:
    fill(place, "x/a.yaml")
    (place / what).mkdir()
    assert names(".") == ["x/a.yaml"]
    (place / what).rmdir()
    (place / what).symlink_to(what.rpartition("/")[2])  # to itself
    assert names(".") == ["x/a.yaml"]


def test_what_is_never_looked_into(place: Path) -> None:
    fill(place, *(f"{folder}/a.yaml" for folder in (".git", ".venv", "node_modules", "__pycache__", ".github", "venv")))
    assert names(".") == [".github/a.yaml", "venv/a.yaml"]
    assert names(".venv") == [".venv/a.yaml"], "but for who asks for it"


def test_links_to_folders_are_not_followed_and_links_to_files_are(place: Path) -> None:
    fill(place, "nets/a.yaml")
    (place / "nets/up").symlink_to("..")
    (place / "nets/up.yaml").symlink_to("..")
    (place / "other").symlink_to("nets")
    (place / "link.yaml").symlink_to("nets/a.yaml")
    assert names(".") == ["link.yaml", "nets/a.yaml"]
    assert names("other") == ["other/a.yaml"]


def test_a_link_to_nowhere_is_no_reason_to_be_silent(place: Path) -> None:
    (place / "gone.yaml").symlink_to("nowhere")
    (place / "loop.yaml").symlink_to("loop.yaml")
    assert names(".") == ["gone.yaml", "loop.yaml"]


def test_a_folder_may_be_called_as_a_file(place: Path) -> None:
    fill(place, "x.yaml/y.yaml/z.yaml")
    assert names(".") == names("x.yaml") == ["x.yaml/y.yaml/z.yaml"]


def test_a_pipe_in_a_folder_is_no_file(place: Path) -> None:
    os.mkfifo(place / "pipe.yaml")
    assert names(".") == []
    assert names("pipe.yaml") == ["pipe.yaml"]


@pytest.mark.parametrize(
    "name", ["a net.yaml", " .yaml", ".yaml", "層.yaml", "é\u0301.yml", "a\nb.yaml", "'\"$(x).yaml"]
)
def test_a_file_may_have_any_name(place: Path, name: str) -> None:
    fill(place, name)
    assert names(".") == names(name) == [name]


def test_a_name_in_no_encoding(place: Path) -> None:
    name = os.fsdecode(b"\xff\xfe.yaml")
    fill(place, name, os.fsdecode(b"\xfd.yaml"))
    (place / ".gitignore").write_bytes(b"\xfd.yaml\n")
    assert names(".") == [name]


def test_a_folder_that_cannot_be_looked_into_is_told_and_the_others_are_walked(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(place, "a/x.yaml", "b/x.yaml", "c/x.yaml")
    look = os.scandir

    def refuse(path: Any) -> Iterator[os.DirEntry[str]]:
        if Path(path).name == "b":
            raise PermissionError(13, "Permission denied", str(path))
        return look(path)

    monkeypatch.setattr(discovery.os, "scandir", refuse)
    assert list(candidates(["."])) == [
        Candidate("a/x.yaml"), Candidate("b", refusal="Permission denied"), Candidate("c/x.yaml")
    ]  # fmt: skip


@pytest.fixture
def deep(place: Path) -> Iterator[str]:
    """A file in more folders than Python's functions may call one another. That is too deep for its `rmtree` too."""
    folders = [Path(*"d" * level) for level in range(1, 1_201)]
    for folder in folders:
        folder.mkdir()
    (folders[-1] / "x.yaml").touch()
    yield str(folders[-1] / "x.yaml")
    (folders[-1] / "x.yaml").unlink()
    for folder in reversed(folders):
        folder.rmdir()


def test_folders_in_one_another_have_no_end(deep: str) -> None:
    assert names(".") == [deep]
    assert find_configuration(deep) == Configuration()


SPECS = {
    "plain": SPEC,
    "comments": f"# a net\n\n{SPEC}",
    "document": f"%YAML 1.1\n---\n{SPEC}",
    "mark": f"\ufeff{SPEC}",
    "windows": SPEC.replace("\n", "\r\n"),
    "mac": SPEC.replace("\n", "\r"),
    "quoted": "\"input\": [8]\n'layers' : []\n",
    "spaces": "input  : [8]\nlayers\t: []\n",
    "blocks": "layers: []\nblocks: {}\n",
    "flow": "{input: [8], layers: []}",
    "flow-over-lines": "# a net\n--- {\n  input: [8],\n  layers:\n    []\n}\n",
    "json": '{"version": 1,"input":[8],"layers":[]}',
    "modeline": "# yaml-language-server: $schema=https://example.org/cnncli.schema.json\nlayres: []\n",
    "broken": "input: [8\nlayers: {{{\n",
}
OTHERS = {
    "empty": "",
    "compose": "services:\n  web:\n    image: nginx\n    deploy:\n      resources:\n        limits: {cpus: '1'}\n",
    "workflow": "on:\n  workflow_dispatch:\n    inputs:\n      input: {type: string}\njobs:\n  a:\n    steps: []\n",
    "serverless": "service: x\nprovider:\n  name: aws\nlayers:\n  hello:\n    path: layer-dir\nfunctions: {}\n",
    "pre-commit": "repos:\n- repo: local\n  hooks:\n  - id: layers\n    entry: x\n",
    "keras": "backend: tensorflow\nclass_name: Sequential\nconfig:\n  layers:\n  - class_name: Dense\n"
    "    config: {input: 1, units: 10}\nkeras_version: 2.4\n",
    "keras-json": '{"config": {"layers": [{"inbound_nodes": []}], "input_layers": []}}',
    "nested": "net:\n  input: [8]\n  layers: []\n",
    "in-a-text": 'text: "input: [8]"\nother: "layers: []"\n# input: x\n# layers: x\n',
    "longer": "input_layers: 1\nlayers_: []\nmy-layers: []\ninput:\n",
    "only-layers": "layers: []\n",
    "only-input": "input: [8]\n",
    "list": "- input: [8]\n- layers: []\n",
    "late-modeline": "#" + " " * 2_000 + "\n# $schema=cnncli\n",
}


@pytest.mark.parametrize("text", SPECS.values(), ids=SPECS)
def test_this_is_a_spec(text: str) -> None:
    assert looks_like_spec(text.encode())


@pytest.mark.parametrize("text", OTHERS.values(), ids=OTHERS)
def test_this_is_none(text: str) -> None:
    assert not looks_like_spec(text.encode())


def test_a_spec_that_is_badly_saved_is_one() -> None:
    assert looks_like_spec(SPEC.encode("utf-16"))
    assert looks_like_spec(SPEC.encode("utf-16").replace(b"\xff\xfe", b"\xfe\xff")) is False, "the bytes are swapped"
    assert looks_like_spec(b"\xfe\xff" + SPEC.encode("utf-16-be"))
    assert looks_like_spec(f"name: réseau\n{SPEC}".encode("latin-1"))
    assert looks_like_spec(b"\xff\xff\xff\n" + SPEC.encode())
    assert not looks_like_spec(os.urandom(0)) and not looks_like_spec(bytes(range(256)) * 100)


@pytest.mark.parametrize(
    "part",
    ["{\n", "{", "{'", "#\n", "#\r", "#$schema=", "layers \t", "layers", "\n", " ", "---", "'", "\n'", "\nlayers \t"],
    ids=repr,
)
def test_no_text_makes_the_look_slow(part: str) -> None:
    """4 MB of what regular expressions go back and forth in: what takes the square of it takes hours."""
    data = (part * (4 * 2**20 // len(part))).encode()
    began = time.monotonic()
    assert not looks_like_spec(data)
    assert not looks_like_spec(b"{\n" + data)
    assert time.monotonic() - began < 20


@pytest.mark.parametrize(
    "text",
    [
        "inptu: [3, 8, 8]\nlayers:\n  - {type: relu}\n",
        "input: [3, 8, 8]\nlayres:\n  - type: relu\n",
        "input: [3, 8, 8]\n layers:\n  - {use: unit}\n",
        "version: 1\nname: x\nlayers:\n  - { type: relu}\n",
    ],
)
def test_a_spec_with_a_misspelt_key_is_one(text: str) -> None:
    assert looks_like_spec(text.encode())


def test_types_alone_make_no_spec() -> None:
    assert not looks_like_spec(
        b"version: 1\nname: x\nservices: {a: {volumes: [{type: bind}]}}\nbody:\n  - type: markdown\n"
    )

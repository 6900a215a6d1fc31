"""Under load, web, worker and PostgreSQL are killed -9: nothing acknowledged is lost, nothing is answered twice. `./dev bench crash` does it for a minute."""

from __future__ import annotations

import sys

import pytest

from bench.crash import apart
from tests.first_start import FirstStart

_DIALOGUES = [
    ["How do I start it?", "My name is Mia Li, write to mia@li.example. Which channels are there?", "And what does the AI see of that?"],
    ["What is masked?", "Who may look behind a mask?"],
    ["I want to talk to a person"],
]


@pytest.mark.long
@pytest.mark.skipif(sys.platform != "linux", reason="finds its victims in /proc")
def test_nothing_is_lost_and_nothing_doubled(first_start: FirstStart) -> None:
    found = {figure.what.rpartition(": ")[2]: figure.value for figure in apart(_DIALOGUES, 8, seed=1, like=first_start.home)}
    assert found["lost"] == found["doubled"] == 0
    assert found["ownerless at the most"] == 0
    assert found["looks at the counter of sessions without an owner"] > 0
    assert found["acknowledged messages"] > 0
    assert found["kills (seed 1)"] > 0

"""The ladders of deliveries: how long is waited, when a destination is left alone, and when is given up."""

from __future__ import annotations

from datetime import timedelta

import pytest

from glassine.rules.ladders import LADDERS, lasts, pause, rest, tells_of_destination
from glassine.words.deliveries import DeliveryFailed, Target


def test_a_webhook_is_tried_eight_times_in_a_day_and_a_bit() -> None:
    assert [pause(Target.WEBHOOK, failed, None, 0.0) for failed in range(1, 9)] == [5, 300, 1_800, 7_200, 18_000, 36_000, 36_000, None]
    assert timedelta(hours=27) < timedelta(seconds=sum(LADDERS[Target.WEBHOOK])) < timedelta(hours=28)


def test_a_helpdesk_is_tried_for_a_day_and_soon_at_first() -> None:
    steps = [pause(Target.HELPDESK, failed, None, 0.0) for failed in range(1, 14)]
    assert steps[:4] == [2, 5, 15, 60]
    assert steps[-1] is None
    assert timedelta(hours=24) < timedelta(seconds=sum(step or 0 for step in steps)) < timedelta(hours=25), "one that was down for a day is tried once more"


@pytest.mark.parametrize("target", Target)
def test_no_pause_is_shorter_than_the_one_before(target: Target) -> None:
    assert list(LADDERS[target]) == sorted(LADDERS[target])


def test_chance_spreads_tries_and_never_hurries_them() -> None:
    assert pause(Target.WEBHOOK, 1, None, 1.0) == 6
    assert pause(Target.WEBHOOK, 1, None, 0.5) == 5.5


def test_the_pause_that_was_asked_for_is_waited_for() -> None:
    assert pause(Target.WEBHOOK, 1, 90, 0.0) == 90
    assert pause(Target.WEBHOOK, 2, 90, 0.0) == 300, "the ladder's own is longer"
    assert pause(Target.WEBHOOK, 1, 1e9, 0.0) == 86_400, "nobody is believed who asks for years"
    assert pause(Target.WEBHOOK, 8, 90, 0.0) is None


def test_a_destination_is_left_alone_after_the_third_failure_and_for_longer_each_time() -> None:
    assert [rest(failures, None, 0.0) for failures in range(1, 12)] == [None, None, 5, 10, 20, 40, 80, 160, 300, 300, 300]
    assert rest(10_000, None, 1.0) == 360
    assert rest(1, 30, 0.0) == 30, "who asks for a pause gets it at once"
    assert rest(1, 1e9, 0.0) == 86_400


def test_what_only_one_delivery_was_refused_for_says_nothing_of_the_destination() -> None:
    assert not tells_of_destination(DeliveryFailed("The ticket has too many tags.", again=False, status=422))
    assert tells_of_destination(DeliveryFailed("It answered 500.", status=500))
    assert tells_of_destination(DeliveryFailed("The key is no longer accepted.", again=False, status=401))


@pytest.mark.parametrize("target", Target)
def test_nothing_waits_for_less_than_its_ladder(target: Target) -> None:
    longest = sum(pause(target, failed + 1, None, 1.0) or 0 for failed in range(len(LADDERS[target])))
    assert lasts(target) > timedelta(seconds=longest)

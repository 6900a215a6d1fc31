"""What an admin fills in for a vendor, held against the fields that its module asks for: all that is wrong is said at once, and secrets are kept apart."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from glassine.words.errors import Refused
from glassine.words.sources import Field, FieldKind


class WrongFields(Refused):
    """What was filled in cannot be right; `wrong` says why, by the name of the field (empty: it is about all of them together)."""

    def __init__(self, wrong: Mapping[str, str]) -> None:
        super().__init__(" ".join(wrong.values()))
        self.wrong = wrong


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """What an admin filled in, apart: what is shown again and what is sealed."""

    settings: Mapping[str, str]
    secrets: Mapping[str, str] = field(repr=False)


def filled(fields: Sequence[Field], given: Mapping[str, str], known: Mapping[str, str]) -> Filled:
    """`known`: the secrets so far, which an empty field leaves as they are. Raises WrongFields, for all of them at once."""
    wrong: dict[str, str] = {}
    settings: dict[str, str] = {}
    secrets: dict[str, str] = {}
    for one in fields:
        text = str(given.get(one.name, "")).replace("\r\n", "\n").replace("\0", "").strip()
        if one.kind is FieldKind.SECRET:
            secrets[one.name] = text or known.get(one.name, "")
            wrong |= {one.name: f"{one.title} is missing."} if one.required and not secrets[one.name] else {}
            continue
        settings[one.name] = _as_switched(text) if one.kind is FieldKind.SWITCH and one.name in given else text or one.default
        if fault := _fault(one, settings[one.name]):
            wrong[one.name] = fault
    if wrong:
        raise WrongFields(wrong)
    return Filled(settings=settings, secrets={name: value for name, value in secrets.items() if value})


def _as_switched(text: str) -> str:
    """`yes`, or empty: a switch that is empty is off, also where it is on at first."""
    return "yes" if text.lower() in ("yes", "on", "true", "1") else "" if text.lower() in ("no", "off", "false", "0") else text


def _fault(one: Field, text: str) -> str:
    if not text:
        return f"{one.title} is missing." if one.required and one.kind is not FieldKind.SWITCH else ""
    if len(text) > 20_000:
        return f"{one.title} is too long."
    if one.kind is FieldKind.CHOICE and text not in one.choices:
        return f"{one.title} must be one of: {', '.join(one.choices)}."
    if one.kind is FieldKind.SWITCH and text != "yes":
        return f"{one.title} is yes or no."
    if one.kind is FieldKind.NUMBER and not (text.isascii() and text.isdigit() and int(text) < 10_000_000):
        return f"{one.title} must be a whole number."
    return f"{one.title} must begin with https:// or http:// and name a host." if one.kind is FieldKind.URL and not _is_address(text) else ""


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in ("https", "http") and bool(parts.hostname) and "@" not in parts.netloc and not any(letter.isspace() for letter in text)
    except ValueError:
        return False


def keep_secrets_home(fields: Sequence[Field], given: Mapping[str, str], now: Filled, before: Mapping[str, str], hosts: Collection[str], hosts_before: Collection[str]) -> None:
    """A secret goes where whoever entered it said, and nowhere else: for another address it is entered anew. Raises WrongFields."""
    if {*hosts, *_addresses(fields, now.settings)} <= {*hosts_before, *_addresses(fields, before)}:
        return
    kept = [one for one in fields if one.name in now.secrets and not str(given.get(one.name, "")).strip()]
    if kept:
        raise WrongFields({one.name: f"{one.title} was entered for another address. Enter it again." for one in kept})


def _addresses(fields: Sequence[Field], settings: Mapping[str, str]) -> set[str]:
    """For addresses that are filled in also whether the way there is encrypted."""
    addresses = [urlsplit(settings.get(one.name, "")) for one in fields if one.kind is FieldKind.URL]
    return {f"{one.scheme}://{one.netloc.lower()}" for one in addresses if one.netloc}

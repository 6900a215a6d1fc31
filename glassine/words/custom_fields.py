"""Custom fields of a helpdesk in words: what may stand in one, and what a language model is to find out for it. It fills in nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Self


class Form(StrEnum):
    """What may stand in a field."""

    TEXT = "text"
    WHOLE = "whole"  # a whole number
    NUMBER = "number"
    DATE = "date"  # 2026-03-15
    YES_NO = "yes_no"  # true or false
    CHOICE = "choice"
    OTHER = "other"  # something that only people can fill in


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldForm:
    """A field as its helpdesk told of it. `choices`: the value that is sent -> what people read."""

    title: str
    form: Form = Form.TEXT
    choices: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    @classmethod
    def read(cls, stored: Mapping[str, Any]) -> Self:
        return cls(title=str(stored["title"]), form=Form(stored["form"]), choices=dict(stored.get("choices", {})))

    def stored(self) -> dict[str, Any]:
        return {"title": self.title, "form": str(self.form), **({"choices": dict(self.choices)} if self.choices else {})}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A field that a language model fills in, if the conversation says what is asked. `ask` is the admin's own sentence."""

    helpdesk: str  # its id
    name: str  # as the admin named it: by number or by name
    ask: str
    form: Form = Form.TEXT
    choices: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    @classmethod
    def read(cls, stored: Mapping[str, Any]) -> Self:
        return cls(helpdesk=str(stored["helpdesk"]), name=str(stored["name"]), ask=str(stored["ask"]), form=Form(stored["form"]), choices=dict(stored["choices"]))

    def stored(self) -> dict[str, Any]:
        return {"helpdesk": self.helpdesk, "name": self.name, "ask": self.ask, "form": str(self.form), "choices": dict(self.choices)}

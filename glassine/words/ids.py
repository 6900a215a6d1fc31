"""Ids: every id is a UUID with a name, so that a session can never be passed where a contact is meant."""

from __future__ import annotations

from typing import NewType
from uuid import UUID, uuid4

OrgId = NewType("OrgId", UUID)
PersonId = NewType("PersonId", UUID)
ContactId = NewType("ContactId", UUID)
SessionId = NewType("SessionId", UUID)
EventId = NewType("EventId", UUID)
TurnId = NewType("TurnId", UUID)
ArticleId = NewType("ArticleId", UUID)
PassageId = NewType("PassageId", UUID)
FileId = NewType("FileId", UUID)
SegmentId = NewType("SegmentId", UUID)
SourceId = NewType("SourceId", UUID)
RunId = NewType("RunId", UUID)
GapId = NewType("GapId", UUID)


def new_id() -> UUID:
    """A fresh random UUID (version 4): ids travel to browsers, so they must not tell when or in which order they were made."""
    return uuid4()

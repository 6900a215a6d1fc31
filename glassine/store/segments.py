"""Segments and who belongs to them. Whoever calls has decided who fits a rule; nothing here reads what is known of a contact."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from psycopg.rows import DictRow

from glassine.store import Tx, one, rows
from glassine.store.contacts import Sealed, from_row
from glassine.store.statements import Statements
from glassine.words.errors import NotFound, Refused
from glassine.words.ids import ContactId, OrgId, SegmentId
from glassine.words.segments import Loss, Membership, Operator, Rule, Segment

_SQL = Statements(__file__)


async def every(tx: Tx, org: OrgId) -> list[Segment]:
    """By name, with how many belong and how many articles name it."""
    return [_segment(row) for row in await rows(tx, _SQL.all, {"org": org, "id": None})]


async def load(tx: Tx, org: OrgId, id: SegmentId) -> Segment:
    """Raises NotFound."""
    row = await one(tx, _SQL.all, {"org": org, "id": id})
    if row is None:
        raise NotFound("There is no such segment.")
    return _segment(row)


async def insert(tx: Tx, org: OrgId, id: SegmentId, name: str, description: str, rule: Rule | None) -> None:
    """Raises Refused (409) for a name that is taken."""
    if await one(tx, _SQL.insert, {"org": org, "id": id, "name": name, "description": description, **_ruled(rule)}) is None:
        raise _taken(name)


async def update(tx: Tx, org: OrgId, id: SegmentId, name: str, description: str, rule: Rule | None) -> bool:
    """Whether the rule changed; then nobody belongs by it yet. Raises NotFound, and Refused (409) for a name that is taken."""
    before = await one(tx, _SQL.lock, {"org": org, "id": id})
    if before is None:
        raise NotFound("There is no such segment.")
    if await one(tx, _SQL.name_taken, {"org": org, "id": id, "name": name}):
        raise _taken(name)
    changed = _rule(before) != rule
    await tx.execute(_SQL.update, {"org": org, "id": id, "name": name, "description": description, "ruled": changed, **_ruled(rule)})
    if changed:
        await tx.execute(_SQL.forget_ruled, {"org": org, "id": id})
    return changed


async def delete(tx: Tx, org: OrgId, id: SegmentId) -> str:
    """Its name. What it alone could see is internal afterwards. Raises NotFound."""
    row = await one(tx, _SQL.lock, {"org": org, "id": id})
    if row is None:
        raise NotFound("There is no such segment.")
    await tx.execute(_SQL.hide, {"org": org, "id": id})
    await tx.execute(_SQL.delete, {"org": org, "id": id})
    return str(row["name"])


async def loss(tx: Tx, org: OrgId, id: SegmentId) -> Loss:
    found = await rows(tx, _SQL.loss, {"org": org, "id": id})
    return Loss(hidden=tuple(row["title"] for row in found if row["hidden"]), kept=sum(not row["hidden"] for row in found))


async def ruled(tx: Tx, org: OrgId, id: SegmentId | None = None) -> dict[SegmentId, Rule]:
    """The segments that have a rule, held as they are until the transaction ends."""
    found = {SegmentId(row["id"]): _rule(row) for row in await rows(tx, _SQL.ruled, {"org": org, "id": id})}
    return {id: rule for id, rule in found.items() if rule}


async def place(tx: Tx, org: OrgId, contact: ContactId, segments: Sequence[SegmentId]) -> None:
    """By their rules a contact belongs to these, and to no others."""
    await tx.execute(_SQL.place, {"org": org, "contact": contact, "segments": list(segments)})


async def hand(tx: Tx, org: OrgId, contact: ContactId, segments: Sequence[SegmentId]) -> None:
    """By hand a contact belongs to these, and to no others."""
    await tx.execute(_SQL.hand, {"org": org, "contact": contact, "segments": list(segments)})


async def of_contact(tx: Tx, org: OrgId, contact: ContactId) -> list[Membership]:
    found = await rows(tx, _SQL.of_contact, {"org": org, "contact": contact})
    return [Membership(segment=SegmentId(row["id"]), name=row["name"], by_rule=row["by_rule"], by_hand=row["by_hand"]) for row in found]


async def placed(tx: Tx, org: OrgId, contact: ContactId) -> list[Membership]:
    """Every segment, with why the contact belongs to it, if it does."""
    found = await rows(tx, _SQL.placed, {"org": org, "contact": contact})
    return [Membership(segment=SegmentId(row["id"]), name=row["name"], by_rule=row["by_rule"], by_hand=row["by_hand"]) for row in found]


async def contacts(tx: Tx, org: OrgId, after: UUID | None, limit: int) -> list[Sealed]:
    """The next contacts by id, held as they are until the transaction ends."""
    return [from_row(row) for row in await rows(tx, _SQL.contacts, {"org": org, "after": after, "limit": limit})]


async def fit(tx: Tx, org: OrgId, id: SegmentId, *, fits: Sequence[ContactId], others: Sequence[ContactId]) -> None:
    """Of these contacts, who fits a segment's rule and who does not."""
    await tx.execute(_SQL.fit, {"org": org, "id": id, "contacts": list(fits)})
    await tx.execute(_SQL.unfit, {"org": org, "id": id, "contacts": list(others)})


def _ruled(rule: Rule | None) -> dict[str, str]:
    return {"field": rule.field, "operator": rule.operator, "value": rule.value} if rule else {"field": "", "operator": Operator.IS, "value": ""}


def _rule(row: DictRow) -> Rule | None:
    return Rule(field=row["field"], operator=Operator(row["operator"]), value=row["value"]) if row["field"] else None


def _segment(row: DictRow) -> Segment:
    return Segment(
        id=SegmentId(row["id"]), name=row["name"], description=row["description"], rule=_rule(row), members=row["members"], articles=row["articles"],
        placing=row["placing"], created_at=row["created_at"], updated_at=row["updated_at"],
    )


def _taken(name: str) -> Refused:
    return Refused(f"There is a segment called {name} already.", status=409, code="conflict")

"""Content rules in the store: what articles must or should keep to. What they find is decided elsewhere."""

from __future__ import annotations

from uuid import UUID

from psycopg.rows import DictRow

from glassine.store import Tx, one, rows
from glassine.store.statements import Statements
from glassine.words.articles import ContentRule, RuleKind, Severity
from glassine.words.errors import NotFound
from glassine.words.ids import OrgId

_SQL = Statements(__file__)


async def all_of(tx: Tx, org: OrgId, *, active: bool = False) -> list[ContentRule]:
    """Oldest first; `active`: only those that are on."""
    return [_rule(row) for row in await rows(tx, _SQL.all, {"org": org, "active": active})]


async def put(tx: Tx, org: OrgId, rule: ContentRule) -> None:
    await tx.execute(_SQL.put, {
        "org": org, "id": rule.id, "name": rule.name, "kind": rule.kind, "value": rule.value, "severity": rule.severity, "active": rule.active,
    })


async def delete(tx: Tx, org: OrgId, id: UUID) -> ContentRule:
    """Raises NotFound."""
    row = await one(tx, _SQL.delete, {"org": org, "id": id})
    if row is None:
        raise NotFound("There is no such rule.")
    return _rule(row)


def _rule(row: DictRow) -> ContentRule:
    return ContentRule(id=row["id"], name=row["name"], kind=RuleKind(row["kind"]), value=row["value"], severity=Severity(row["severity"]), active=row["active"])

"""Actions: what the AI may have done in the company's own systems, under which rules, with which keys. The story decides; these pages show and ask."""

from __future__ import annotations

from fastapi import APIRouter

from glassine.web.pages.actions import approvals, built_in, editor, importing, keys

router = APIRouter(include_in_schema=False)
for page in (keys, importing, approvals, built_in, editor):  # the editor's addresses end in an id
    router.include_router(page.router)

"""Knowledge › Sources: what is connected, how it stands, and what a run found. The forms come from what each kind of source asks for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response
from starlette.datastructures import UploadFile

from glassine.rules.permits import require
from glassine.story.filling import WrongFields
from glassine.story.knowledge import segments
from glassine.story.sources import connecting, tending
from glassine.story.sources.connecting import Options
from glassine.story.sources.tending import Seen
from glassine.web.pages.frame import Said, by_htmx, done, form, fragment, page
from glassine.web.staff import PageRoute, Signed, Staff
from glassine.web.uploads import download
from glassine.words.errors import NotFound, Refused
from glassine.words.ids import SegmentId, SourceId
from glassine.words.people import Verb
from glassine.words.sources import Cadence
from glassine.words.syncing import PageState, Readers

router = APIRouter(prefix="/knowledge/sources", include_in_schema=False, route_class=PageRoute)
_PAGE = 50
_SHOWN_HELD = 50
CADENCES = {Cadence.QUARTER: "Every 15 minutes", Cadence.HOUR: "Every hour", Cadence.DAY: "Every day", Cadence.MANUAL: "Only when somebody asks"}
READERS = {
    Readers.SOURCE: "Whoever the source shows it to", Readers.SEGMENT: "Contacts of some segments, in place of everybody", Readers.INTERNAL: "Your team only, whatever the source says",
}


@router.get("")
async def show_list(request: Request, staff: Signed) -> Response:
    found = await tending.listing(staff.world, staff.actor)
    if by_htmx(request):
        return fragment(request, staff, "sources/list.html", sources=found)
    return await page(request, staff, "sources/index.html", here="knowledge", sources=found)


@router.get("/new")
async def new(request: Request, staff: Signed, kind: str = "") -> Response:
    """First the kind, then what it asks for."""
    require(staff.actor, Verb.WRITE_KNOWLEDGE)
    chosen = next((one for one in connecting.kinds() if one.name == kind), None)
    if chosen is None:
        return await page(request, staff, "sources/kinds.html", here="knowledge", kinds=connecting.kinds(), roots=staff.world.settings.content_roots)
    begun = {"name": await _free_name(staff, chosen.title), "cadence": "day", "readers": "source", "share": "30", **{one.name: one.default for one in chosen.fields}}
    if kind == "folder":
        begun["path"] = next(iter(staff.world.settings.content_roots), "")
    return await _form(request, staff, chosen, None, begun)


async def _free_name(staff: Staff, title: str) -> str:
    """A kind's title, with a number from the second source of its kind on: most leave it as it is."""
    taken = {one.source.name.lower() for one in await tending.listing(staff.world, staff.actor)}
    return next(name for number in range(1, len(taken) + 2) if (name := title if number == 1 else f"{title} {number}").lower() not in taken)


@router.post("")
async def create(request: Request, staff: Signed) -> Response:
    given = await form(request)
    chosen = next((one for one in connecting.kinds() if one.name == given.get("kind")), None)
    if chosen is None:
        raise NotFound("There is no such kind of source.")
    try:
        made, reached = await connecting.create(staff.world, staff.actor, chosen.name, given, await _options(request, given))
    except WrongFields as refused:
        return await _form(request, staff, chosen, None, given, refused.wrong)
    return done(request, staff, f"/knowledge/sources/{made.id}", Said(text=f"Connected. {reached}"))


async def _form(request: Request, staff: Staff, kind: connecting.Kind, seen: Seen | None, given: Mapping[str, str], wrong: Mapping[str, str] | None = None) -> Response:
    """`given`: what stands in it. Secrets never do."""
    chosen = set((await request.form()).getlist("segments")) if request.method == "POST" else {str(one) for one in seen.source.segments} if seen else set()
    return await page(
        request, staff, "sources/form.html", here="knowledge", status=400 if wrong else 200, kind=kind, seen=seen, f=given, wrong=wrong or {}, cadences=CADENCES,
        readers=READERS, segments=list(await segments.every(staff.world, staff.actor)), chosen=chosen, roots=staff.world.settings.content_roots,
    )


async def _options(request: Request, given: Mapping[str, str]) -> Options:
    wrong, hours, share = {}, given.get("max_age_hours", "").strip(), given.get("share", "30").strip() or "30"
    if hours and not (hours.isascii() and hours.isdigit()):
        wrong["max_age_hours"] = "The age limit is a number of hours, or empty for none."
    if not (share.isascii() and share.isdigit()):
        wrong["share"] = "The share is a number from 1 to 100 per cent."
    if wrong:
        raise WrongFields(wrong)
    try:
        marked = tuple(SegmentId(UUID(str(one))) for one in (await request.form()).getlist("segments"))
        cadence, readers = Cadence(given.get("cadence", "day")), Readers(given.get("readers", "source"))
    except ValueError:
        raise WrongFields({"": "Choose from what the form offers."}) from None
    return Options(
        name=given.get("name", "").strip(), cadence=cadence, readers=readers, segments=marked, max_age_hours=int(hours) if hours else None, share=int(share),
        canary=given.get("canary", "").strip(),
    )


@router.get("/{id}")
async def show(request: Request, staff: Signed, id: UUID, q: str = "", state: str = "", skip: int = 0) -> Response:
    listed = await _listed(staff, SourceId(id), q, state, max(0, skip))
    if by_htmx(request):
        return fragment(request, staff, "sources/pages.html", seen=await tending.seen(staff.world, staff.actor, SourceId(id)), **listed)
    return await page(request, staff, "sources/source.html", here="knowledge", **await _whole(staff, SourceId(id)), **listed)


async def _whole(staff: Staff, id: SourceId) -> dict[str, Any]:
    seen = await tending.seen(staff.world, staff.actor, id)
    return {
        "seen": seen, "cadences": CADENCES, "readers": READERS, "history": await tending.history(staff.world, staff.actor, id, 10),
        "held": await tending.held(staff.world, staff.actor, id, _SHOWN_HELD) if seen.states["held"] else [],
        "uploads": await tending.uploads(staff.world, staff.actor, id) if seen.source.kind == "files" else [],
    }


async def _listed(staff: Staff, id: SourceId, q: str, state: str, skip: int) -> dict[str, Any]:
    state = state if state in {*PageState, "leaving"} else ""
    found = await tending.pages(staff.world, staff.actor, id, state=state, contains=q.strip(), limit=_PAGE, offset=skip)
    return {"pages": found.pages, "total": found.total, "q": q, "state": state, "skip": skip, "step": _PAGE}


@router.get("/{id}/progress")
async def progress(request: Request, staff: Signed, id: UUID) -> Response:
    """The run that is under way, asked for each second; when it has ended, the page is loaded once more."""
    seen = await tending.seen(staff.world, staff.actor, SourceId(id))
    response = fragment(request, staff, "sources/progress.html", seen=seen)
    if not seen.reading:
        response.headers["HX-Trigger"] = "reload"
    return response


@router.get("/{id}/edit")
async def edit(request: Request, staff: Signed, id: UUID) -> Response:
    require(staff.actor, Verb.WRITE_KNOWLEDGE)
    seen = await tending.seen(staff.world, staff.actor, SourceId(id))
    one, kind = seen.source, _kind(seen)
    given = {
        **{field.name: field.default for field in kind.fields}, **one.settings, "name": one.name, "cadence": str(one.cadence), "readers": str(one.readers), "share": str(one.share), "canary": one.canary,
        "max_age_hours": str(one.max_age_hours or ""),
    }
    return await _form(request, staff, kind, seen, given)


def _kind(seen: Seen) -> connecting.Kind:
    found = next((one for one in connecting.kinds() if one.name == seen.source.kind), None)
    if found is None:
        raise Refused(f"This version has no connector called {seen.source.kind}, so its settings cannot be changed. You can delete the source.", status=409)
    return found


@router.post("/{id}/edit")
async def change(request: Request, staff: Signed, id: UUID) -> Response:
    given = await form(request)
    seen = await tending.seen(staff.world, staff.actor, SourceId(id))
    try:
        _, reached = await connecting.change(staff.world, staff.actor, SourceId(id), given, await _options(request, given))
    except WrongFields as refused:
        return await _form(request, staff, _kind(seen), seen, given, refused.wrong)
    return done(request, staff, f"/knowledge/sources/{id}", Said(text=f"Saved. {reached} It is read anew now." if reached else "Saved."))


@router.post("/{id}/sync")
async def sync(request: Request, staff: Signed, id: UUID) -> Response:
    begun = await tending.sync_now(staff.world, staff.actor, SourceId(id))
    return done(request, staff, f"/knowledge/sources/{id}", Said(text="It is being read." if begun else "It is being read already; once more follows."), "reload")


@router.post("/{id}/stop")
async def stop(request: Request, staff: Signed, id: UUID) -> Response:
    stopped = await tending.stop(staff.world, staff.actor, SourceId(id))
    said = Said(text="Stopped. What it had read is there." if stopped else "No run was under way.", undo=f"/knowledge/sources/{id}/sync" if stopped else "")
    return done(request, staff, f"/knowledge/sources/{id}", said, "reload")


@router.post("/{id}/decide")
async def decide(request: Request, staff: Signed, id: UUID) -> Response:
    delete = (await form(request)).get("do") == "delete"
    count = await tending.decide(staff.world, staff.actor, SourceId(id), delete=delete)
    words = f"{count:,} pages are deleted and out of every answer." if delete else f"{count:,} pages stay, until the source names them again."
    return done(request, staff, f"/knowledge/sources/{id}", Said(text=words), "reload")


@router.post("/{id}/pages")
async def act_on_page(request: Request, staff: Signed, id: UUID) -> Response:
    """One page left out, taken in or read again; leaving out and taking in undo each other."""
    given = await form(request)
    act, path, at = given.get("do", ""), given.get("path", ""), f"/knowledge/sources/{id}"
    if act == "exclude":
        await tending.exclude(staff.world, staff.actor, SourceId(id), [path])
        said = Said(text="Left out, and out of every answer.", undo=f"{at}/pages", fields={"do": "include", "path": path})
    elif act == "include":
        await tending.include(staff.world, staff.actor, SourceId(id), [path])
        said = Said(text="Taken in again. It is being read.", undo=f"{at}/pages", fields={"do": "exclude", "path": path})
    else:
        await tending.sync_now(staff.world, staff.actor, SourceId(id), [path])
        said = Said(text="It is being read again.")
    return done(request, staff, at, said, "reload")


@router.post("/{id}/files")
async def upload(request: Request, staff: Signed, id: UUID) -> Response:
    """Several at once; what is not taken is named with its reason, and the others are in."""
    require(staff.actor, Verb.WRITE_KNOWLEDGE)
    async with request.form() as sent:
        given = [one for one in sent.getlist("files") if isinstance(one, UploadFile) and one.filename]
        taken, refused = await _taken(staff, SourceId(id), given)
    words = f"{len(taken)} {'file is' if len(taken) == 1 else 'files are'} uploaded and being read." if taken else "" if refused else "Choose at least one file."
    return done(request, staff, f"/knowledge/sources/{id}", Said(text=" ".join([words, *refused[:5], *([f"And {len(refused) - 5} more."] if len(refused) > 5 else [])]).strip()), "reload")


async def _taken(staff: Staff, id: SourceId, given: list[UploadFile]) -> tuple[list[str], list[str]]:
    taken, refused = [], []
    for one in given:
        try:
            taken.append(await tending.upload(staff.world, staff.actor, id, one.filename or "", await one.read()))
        except NotFound:
            raise
        except Refused as why:
            refused.append(why.message)
    return taken, refused


@router.get("/{id}/files/{name}")
async def fetch(staff: Signed, id: UUID, name: str) -> Response:
    media_type, content = await tending.uploaded(staff.world, staff.actor, SourceId(id), name)
    return download(name, media_type, content)


@router.post("/{id}/files/delete")
async def delete_file(request: Request, staff: Signed, id: UUID) -> Response:
    name = (await form(request)).get("name", "")
    await tending.delete_upload(staff.world, staff.actor, SourceId(id), name)
    return done(request, staff, f"/knowledge/sources/{id}", Said(text=f"“{name}” is deleted, and what was read of it is out of every answer. Upload it again to bring it back."), "reload")


@router.post("/{id}/delete")
async def delete(request: Request, staff: Signed, id: UUID) -> Response:
    """For good, so it asks for the source's name."""
    given = await form(request)
    seen = await tending.seen(staff.world, staff.actor, SourceId(id))
    if given.get("name", "").strip() != seen.source.name:
        raise Refused(f"Type the source's name, {seen.source.name}, to delete it. Nothing was deleted.")
    gone = await connecting.remove(staff.world, staff.actor, SourceId(id), keep_articles=given.get("keep") == "yes")
    return done(request, staff, "/knowledge/sources", Said(text=f"“{gone.name}” is deleted." + (" Its articles are yours now." if given.get("keep") == "yes" else " Its articles are out of every answer.")))

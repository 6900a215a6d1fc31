"""Files that the team uploads, as a source: what lies on its shelf is what there is. It knows nothing of how they came there."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping

from glassine.words.channels import Connector
from glassine.words.errors import NotFound
from glassine.words.knowledge import Audience
from glassine.words.sources import Asked, Complete, Field, FieldKind, Gone, Item, Link, Progress, Shelved, SourceFailed, Told, Trouble, Unchanged


class Files:
    """The source. Each file's digest is its mark."""

    fields: tuple[Field, ...] = (
        Field(name="audience", shown=True, title="Readers", kind=FieldKind.CHOICE, default="public", choices={"public": "Everybody", "internal": "Your team only"}, help="Who may see what these files say."),
    )

    async def check(self, link: Link) -> str:
        return f"{len(await _shelf(link).uploads()):,} files are there. Upload more at any time."

    def hosts(self, settings: Mapping[str, str]) -> tuple[str, ...]:  # noqa: ARG002 - the protocol's signature; uploads are here already
        return ()

    async def read(self, link: Link, asked: Asked) -> AsyncIterator[Told]:
        shelf = _shelf(link)
        found = await shelf.uploads()
        for path in asked.only:
            if path not in {one.name for one in found}:
                yield Gone(path=path)
        audience = Audience.INTERNAL if link.settings.get("audience") == "internal" else Audience.PUBLIC
        wanted = [one for one in found if not asked.only or one.name in asked.only]
        for count, one in enumerate(wanted):
            yield Progress(done=count, total=len(wanted))
            if asked.markers.get(one.name) == one.digest:
                yield Unchanged(path=one.name)
                continue
            try:
                content = await shelf.uploaded(one.name)
            except NotFound:
                continue  # deleted a moment ago: it is not named, so it goes
            yield Item(path=one.name, title="", content=content, media_type=one.media_type, audience=audience, marker=one.digest, updated_at=one.uploaded_at)
        yield Complete(marker={}, everything=not asked.only)


def _shelf(link: Link) -> Shelved:
    if not isinstance(link, Shelved):
        raise SourceFailed(Trouble.MISSING, "There is nowhere to upload files to.")
    return link


connector = Connector(name="files", title="Files", source=Files())

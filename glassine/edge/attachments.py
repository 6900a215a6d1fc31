"""Has the text of uploaded files read by a process of its own, with hard limits on time and memory. The only place that starts one for a file.

That process gets no environment, no database and no key, and what it says is data. It is not kept from the file system or the network.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from pathlib import Path

from glassine.words.files import FileNote, FileText

MOST_TEXT = 20_300  # characters of one file: a little more than is shown, so that where it ends no value is cut through unseen
MOST_KNOWLEDGE = 1_500_000  # characters of a document that becomes articles: a book of 250,000 words
_PROGRAM = Path(__file__).with_name("file_text.py")
_SECONDS = 20.0  # by the clock; half of it of the processor, which the process limits itself
_LONGER = 6  # times as long may take what nobody waits for
_PAGES, _MORE_PAGES = 200, 3_000  # of a PDF
_AT_ONCE = 2
READ = frozenset({
    "application/pdf", "text/plain", "text/csv", "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
})  # media types whose text is looked for


class FileReader:
    """One per process of the product, so that many files at once wait for each other and not for everything else."""

    def __init__(self, seconds: float = _SECONDS) -> None:
        self._turn, self._documents = asyncio.Semaphore(_AT_ONCE), asyncio.Semaphore(1)
        self._seconds = seconds

    async def read(self, media_type: str, content: bytes) -> FileText:
        """The text of a file, with a note where it could not be read whole. Never raises for what is in the file."""
        if media_type not in READ:
            return FileText(note=FileNote.NOT_READ)
        async with self._turn:
            return await self._read(media_type, content, MOST_TEXT, self._seconds, _PAGES)

    async def document(self, media_type: str, content: bytes) -> FileText:
        """The text of a document that becomes articles: more of it, with a Word document's headings as Markdown. One at a time, so that customers' files go first."""
        async with self._documents:
            return await self._read(media_type, content, MOST_KNOWLEDGE, self._seconds * _LONGER, _MORE_PAGES, "headings")

    async def _read(self, media_type: str, content: bytes, most: int, seconds: float, pages: int, *how: str) -> FileText:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-I", str(_PROGRAM), media_type, str(most), str(max(1, int(seconds / 2))), str(pages), *how, env={},
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            said, _ = await asyncio.wait_for(process.communicate(content), seconds)
        except TimeoutError:
            return FileText(note=FileNote.TOO_BIG)
        finally:
            if process.returncode is None:  # out of time, or whoever waited has gone
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
                await process.wait()
        if process.returncode:  # the system ended it at a limit
            return FileText(note=FileNote.TOO_BIG)
        given = json.loads(said)
        return FileText(text=str(given["text"])[:most], note=FileNote(given["note"]) if given["note"] else None)

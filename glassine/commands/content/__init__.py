"""`glassine content`: the help centre's articles as a folder of Markdown that can be kept in git, brought here and sent there, with nothing overwritten silently."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from glassine.commands.content import folder as folders
from glassine.commands.content.folder import Folder
from glassine.commands.content.wire import Server
from glassine.config import Settings
from glassine.rules import content as rules
from glassine.rules.content import Unreadable
from glassine.words.content import Act, Remote, Step
from glassine.words.errors import Misconfigured, Refused

_SAYS = {
    Act.PULL: "newer on the server", Act.PUSH: "newer in the folder", Act.DROP_HERE: "gone from the server", Act.DROP_THERE: "gone from the folder",
    Act.CONFLICT: "changed on both sides",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the command line asks for. `take`: the side that wins where both changed, `mine` or `theirs`."""

    act: str
    folder: Path
    url: str | None = None
    key: str | None = None
    publish: bool = False
    delete: bool = False
    dry: bool = False
    take: str | None = None


def run(settings: Settings, options: Options) -> int:
    """0 done, or the same on both sides; 1 something was left out, or differs. Raises Misconfigured and Refused."""
    if options.act == "init":
        url = options.url or settings.content_url
        if not url:
            raise Misconfigured("Say where your Glassine is: --url https://support.example.com")
        options.folder.mkdir(parents=True, exist_ok=True)
        folders.begin(options.folder, url)
        _say(f"{options.folder} is ready. Next: glassine content pull {options.folder}")
        return 0
    folder = folders.load(options.folder)
    url, key = options.url or settings.content_url or folder.url, options.key or settings.content_key
    if not key:
        raise Misconfigured("An API key is needed that may read the help centre, and write it to push: set GLASSINE_CONTENT_KEY, or give --key.")
    with Server(url, key) as server:
        return _Work(folder, server, options).run()


class _Work:
    """One run: what both sides have, and what becomes of it."""

    def __init__(self, folder: Folder, server: Server, options: Options) -> None:
        self.folder, self.server, self.options = folder, server, options
        shelves, self.languages = server.topics()
        self.shelves = {f"{each.path}/{rules.TOPIC_FILE}": each for each in shelves}
        self.topics = rules.plan_topics(folder.topics, shelves, folder.topic_lock)
        self.pages = rules.plan(folder.pages, server.pages(), folder.lock, self.languages[0])
        self.left = 0  # files with which not everything was done

    def run(self) -> int:
        act = {"status": self.status, "diff": self.diff, "pull": self.pull, "push": self.push}[self.options.act]
        try:
            return act()
        finally:
            if self.options.act in ("pull", "push") and not self.options.dry:
                self.folder.save_lock()

    def status(self) -> int:
        for act, paths in rules.summary([*self.topics, *self.pages]):
            if act is not Act.SAME:
                _say(f"{_SAYS[act]}:")
                _lines(paths)
        waiting = [step.path for step in self.pages if step.act is Act.SAME and step.remote and not _live(step.remote)]
        if waiting:
            _say("the same, but readers do not see it yet (push --publish):")
            _lines(waiting)
        return self._differs()

    def diff(self) -> int:
        for step in [*self.topics, *self.pages]:
            if step.act is Act.CONFLICT:
                _out(f"{step.path}: changed on both sides\n{rules.conflict(step, self.folder.base(step.path))}")
            elif step.act is not Act.SAME:
                _out(f"{step.path}: {_SAYS[step.act]}\n{rules.difference(step.theirs, step.mine, (f'server/{step.to}', f'folder/{step.path}'))}")
        return self._differs()

    def _differs(self) -> int:
        count = sum(step.act is not Act.SAME for step in [*self.topics, *self.pages])
        _say(f"{count} {'file differs' if count == 1 else 'files differ'}." if count else "Both sides are the same.")
        return 1 if count else 0

    def pull(self) -> int:
        for step in [*self.topics, *self.pages]:
            if step.act is Act.PULL or (step.act is Act.CONFLICT and self.options.take == "theirs" and step.theirs is not None):
                self._bring(step)
            elif step.act is Act.DROP_HERE or (step.act is Act.CONFLICT and self.options.take == "theirs"):
                self._drop_here(step)
            elif step.act is Act.CONFLICT:
                self._conflict(step, "--take theirs")
            elif step.act is Act.SAME:
                self._same(step)
        return self._end()

    def _bring(self, step: Step) -> None:
        assert step.theirs is not None, "there is something to bring"
        _say(f"pull {step.to}" + (f" (was {step.path})" if step.to != step.path and step.mine is not None else ""))
        if self.options.dry:
            return
        self.folder.put(step.to, step.theirs)
        if step.to != step.path and step.mine is not None:
            self.folder.remove(step.path)
        self.folder.agree(step.to, step.theirs, step.remote.id if step.remote else step.to)

    def _drop_here(self, step: Step) -> None:
        if not self.options.delete:
            return self._leave(f"{step.path} is gone from the server; --delete removes it here")
        _say(f"delete {step.path}")
        if not self.options.dry:
            self.folder.remove(step.path)
            self.folder.forget(step.path)
        return None

    def _same(self, step: Step) -> None:
        if not self.options.dry and step.mine is not None:
            self.folder.agree(step.path, step.mine, step.remote.id if step.remote else step.path)

    def push(self) -> int:
        for step in self.topics:
            if step.act is Act.PUSH or (step.act is Act.CONFLICT and self.options.take == "mine" and step.mine is not None):
                self._try(step, self._send_topic)
            elif step.act is Act.DROP_THERE:
                self._leave(f"{step.path} is gone here; topics are deleted in the inbox")
            elif step.act is Act.CONFLICT:
                self._conflict(step, "--take mine")
        for step in sorted(self.pages, key=lambda step: "\ntranslation_of:" in (step.mine or "")):  # after what they translate
            mine_wins = step.act is Act.CONFLICT and self.options.take == "mine"
            if step.act is Act.PUSH or (mine_wins and step.mine is not None):
                self._try(step, self._send)
            elif step.act is Act.DROP_THERE or mine_wins:
                self._try(step, self._drop_there)
            elif step.act is Act.CONFLICT:
                self._conflict(step, "--take mine")
            elif step.act is Act.SAME:
                self._same(step)
                if self.options.publish and step.remote and not _live(step.remote):
                    self._try(step, self._publish)
        return self._end()

    def _try(self, step: Step, act: Callable[[Step], None]) -> None:
        """What is wrong with one file is its own."""
        try:
            act(step)
        except (Refused, Unreadable) as error:
            if isinstance(error, Refused) and error.status in (401, 403, 429):
                raise
            self._leave(f"{step.path}: {error}")

    def _send_topic(self, step: Step) -> None:
        assert step.mine is not None, "there is something to send"
        shelf = rules.read_topic(step.mine, rules.folder(step.path))
        _say(f"push {step.path}")
        if not self.options.dry:
            self.server.put_topic(shelf)
            self.folder.agree(step.path, step.mine, step.path)

    def _send(self, step: Step) -> None:
        assert step.mine is not None, "there is something to send"
        page = rules.read(step.mine, rules.folder(step.path))
        _say(f"push {step.path}")
        if self.options.dry:
            return
        page = replace(page, body=rules.with_pictures(page.body, lambda target: self._sent(step.path, target)))
        written = self.server.write(page, step.remote)
        text = rules.write(written.page)
        if text != step.mine:  # the server has found out the language, made a slug, or the file was written by hand
            self.folder.put(step.path, text)
        self.folder.agree(step.path, text, written.id)
        if self.options.publish:
            self.server.publish(written.id)

    def _sent(self, page: str, target: str) -> str | None:
        """A picture of the folder's goes along, and gets the address that it has there."""
        picture = self.folder.picture(page, target)
        return None if picture is None else self.server.upload(Path(target).name, picture)

    def _publish(self, step: Step) -> None:
        assert step.remote is not None, "it is there"
        _say(f"publish {step.path}")
        if not self.options.dry:
            self.server.publish(step.remote.id)

    def _drop_there(self, step: Step) -> None:
        if not self.options.delete:
            return self._leave(f"{step.path} is gone here; --delete deletes it on the server")
        _say(f"delete {step.path} on the server")
        if not self.options.dry and step.remote:
            self.server.delete(step.remote.id)
            self.folder.forget(step.path)
        return None

    def _conflict(self, step: Step, how: str) -> None:
        self._leave(f"{step.path} was changed on both sides, so it was left alone ({how} decides it):")
        _out(rules.conflict(step, self.folder.base(step.path)))

    def _leave(self, words: str) -> None:
        self.left += 1
        _say(words)

    def _end(self) -> int:
        if self.left:
            _say(f"{self.left} {'file was' if self.left == 1 else 'files were'} left as they are.")
        elif self.options.dry:
            _say("Nothing was changed: this was a dry run.")
        return 1 if self.left else 0


def _live(remote: Remote) -> bool:
    return remote.published and not remote.apart


def _lines(paths: Sequence[str]) -> None:
    for path in paths:
        _say(f"  {path}")


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")


def _out(text: str) -> None:
    sys.stdout.write(text + "\n")

"""The command line. Reads arguments and settings, runs one command, and says errors as sentences; each command is a module of its own."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from uuid import UUID

from glassine import __version__, config
from glassine.config import Settings
from glassine.words.errors import Misconfigured, Refused
from glassine.words.ids import OrgId

# A command's module is imported when it runs: the supervisor must not carry the models and the web server of the product.


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit code: 0 done, 1 refused or problems found, 2 something must be set up differently."""
    options = _parser().parse_args(arguments)
    try:
        settings = config.read(home=options.home, port=getattr(options, "port", None))
        code: int = options.run(settings, options)
        return code
    except (Misconfigured, Refused) as error:
        print(f"glassine: {error}", file=sys.stderr)
        return 2 if isinstance(error, Misconfigured) else 1
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="glassine", description="Open, self-hosted AI customer support whose every boundary you can prove.",
                                     epilog="Settings are read from the environment; docs/configuration.md lists them.")
    parser.add_argument("--version", action="version", version=f"glassine {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)

    def command(name: str, run: Callable[[Settings, argparse.Namespace], int], says: str, *, port: bool = False) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=says, description=says)
        added.add_argument("--home", metavar="DIR", help="the folder that holds all state (GLASSINE_HOME)")
        if port:
            added.add_argument("--port", metavar="N", help="the port to listen on (GLASSINE_PORT, 4470 unless set)")
        added.set_defaults(run=run)
        return added

    up = command("up", _up, "Start the database and the product, and keep them running.", port=True)
    up.add_argument("--fresh", action="store_true", help="forget everything in the home folder first")
    up.add_argument("--json", action="store_true", help="print one line of JSON when ready")
    command("web", _web, "Run the web face only, against the database at GLASSINE_DATABASE_URL.", port=True)
    command("work", _work, "Run a worker only, against the database at GLASSINE_DATABASE_URL.")
    serve = command("serve", _serve, "Run web face and worker in one process, without a database beside it.", port=True)
    serve.add_argument("--listener", type=int, metavar="FD", help=argparse.SUPPRESS)
    serve.add_argument("--announce", type=int, metavar="FD", help=argparse.SUPPRESS)
    serve.add_argument("--keep", type=UUID, action="append", default=[], metavar="ID", help=argparse.SUPPRESS)
    command("migrate", _migrate, "Bring the database up to date with this version.")
    importing = command("import", _import, "Import a folder of Markdown and its relatives into the knowledge base.")
    importing.add_argument("folder", type=Path, metavar="DIR")
    importing.add_argument("--organization", metavar="ID", help="needed only when there are several")
    importing.add_argument("--base-url", metavar="URL", help="where readers find the pages, so that answers link to them")
    importing.add_argument("--internal", action="store_true", help="for the team only: never used in an answer to a customer")
    backup = command("backup", _backup, "Write everything the database holds to one file. Keys are not in it.")
    backup.add_argument("file", type=Path, metavar="FILE")
    restore = command("restore", _restore, "Bring a backup back into an empty database.")
    restore.add_argument("file", type=Path, metavar="FILE")
    restore.add_argument("--replace", action="store_true", help="replace what the database holds")
    pack = command("pack", _pack, "Write the reviewer's pack: what the system is, holds and lets out, signed.")
    pack.add_argument("file", type=Path, metavar="FILE", help="a name that ends in .zip or .html")
    pack.add_argument("--organization", metavar="ID", help="needed only when there are several")
    pack.add_argument("--check", action="store_true", help="check the signature of a pack instead; needs nothing but the file")
    ai = command("ai", _ai, "Switch all AI off, or on again; every process knows within a second.")
    ai.add_argument("state", choices=("off", "on"), help="off: no model is asked and nothing is answered; messages go to the team")
    ai.add_argument("--organization", metavar="ID", help="needed only when there are several")
    prove = command("prove", _prove, "Send values of every kind through every way in, and search everything for them.")
    prove.add_argument("--canaries", type=int, default=500, metavar="N", help="how many values; 500 unless given")
    prove.add_argument("--seed", type=int, metavar="N", help="draws the same values again")
    prove.add_argument("--url", metavar="URL", help="where the running system answers; where this installation would, unless given")
    prove.add_argument("--log", type=Path, action="append", default=[], metavar="FILE", help="a log of the running system, to be searched too")
    prove.add_argument("--database-files", type=Path, metavar="DIR", help="the data folder of a database on this machine that Glassine did not start")
    prove.add_argument("--json", action="store_true", help="print the signed report instead of a table")
    prove.add_argument("--output", type=Path, metavar="FILE", help="write the signed report here too")
    prove.add_argument("--verify", type=Path, metavar="FILE", help="check a signed report, offline, and do nothing else")
    replay = command("replay", _replay, "Compute a turn, or all turns of a session, once more from what was stored, and compare.")
    replay.add_argument("id", metavar="ID", help="of a turn or a session")
    replay.add_argument("--json", action="store_true", help="print JSON")
    ledger = command("ledger", _ledger, "Export the ledger of what left, or verify such an export without any database.")
    ledger.add_argument("action", choices=("export", "verify"))
    ledger.add_argument("file", type=Path, metavar="FILE")
    ledger.add_argument("--organization", metavar="ID", help="export: needed only when there are several")
    ledger.add_argument("--anchor", type=Path, metavar="FILE", action="append", default=[], help="verify: heads that were kept elsewhere, as JSON lines; may be repeated")
    ledger.add_argument("--signer", metavar="FINGERPRINT", help="verify: the fingerprint that signatures must have")
    command("scrub", _scrub, "Overwrite what erasures, redactions and retention left in free space of the database's files.")
    keys = command("keys", _keys, "Change the master key or an organisation's key, or check that everything sealed opens.")
    keys.add_argument("act", choices=("rotate", "check"))
    keys.add_argument("--master", action="store_true", help="rotate: the master key")
    keys.add_argument("--organization", metavar="ID", help="rotate: the key of this organisation")
    keys.add_argument("--at-once", action="store_true", help="rotate: the former key of the organisation is good for nothing any more")
    exporting = command("export-contact", _export_contact, "Write everything about one contact to a file, in the clear, for the contact.")
    exporting.add_argument("contact", metavar="ID")
    exporting.add_argument("--organization", metavar="ID", help="needed only when there are several")
    exporting.add_argument("--file", type=Path, metavar="FILE", help="where to; contact-ID.json unless named")
    exporting.add_argument("--reason", default="", metavar="TEXT", help="why, for the audit log")
    certificate = command("certificate", _certificate, "Check a signed certificate of erasure, offline.")
    certificate.add_argument("act", choices=("verify",))
    certificate.add_argument("file", type=Path, metavar="FILE")
    certificate.add_argument("--fingerprint", metavar="HEX", help="the key that it must be signed by")
    files = command("content", _content, "Keep the help centre's articles in a folder of Markdown: bring them here, send them there, compare.")
    _of_content(files)
    command("doctor", _doctor, "Check everything the product needs, and say what to do.")
    return parser


def _of_content(files: argparse.ArgumentParser) -> None:
    files.add_argument("act", choices=("init", "pull", "push", "diff", "status"))
    files.add_argument("folder", type=Path, metavar="DIR", nargs="?", default=Path("content"), help="content unless named")
    files.add_argument("--url", metavar="URL", help="where your Glassine is; as GLASSINE_CONTENT_URL or the folder says, unless given")
    files.add_argument("--key", metavar="KEY", help="an API key; GLASSINE_CONTENT_KEY is better, because others on this machine see what a command is given")
    files.add_argument("--publish", action="store_true", help="push: make every page what readers see")
    files.add_argument("--delete", action="store_true", help="delete here or there what the other side no longer has")
    files.add_argument("--take", choices=("mine", "theirs"), help="where both sides changed: push what is mine, or pull what is theirs")
    files.add_argument("--dry-run", action="store_true", help="say what would be done, and do nothing")


def _up(settings: Settings, options: argparse.Namespace) -> int:
    from glassine.commands import up

    return up.run(settings, fresh=options.fresh, as_json=options.json)


def _web(settings: Settings, _: argparse.Namespace) -> int:
    return _product(settings, web=True, work=False)


def _work(settings: Settings, _: argparse.Namespace) -> int:
    return _product(settings, web=False, work=True)


def _product(settings: Settings, *, web: bool, work: bool) -> int:
    from glassine.commands import home, serve

    with home.database(settings, "web" if web else "work", _say) as url:
        return serve.run(replace(settings, database_url=url), web=web, work=work)


def _serve(settings: Settings, options: argparse.Namespace) -> int:
    from glassine.commands import home, serve

    with home.database(settings, "serve", _say) as url:
        return serve.run(replace(settings, database_url=url), web=True, work=True, listener=options.listener, announce=options.announce, keeps=tuple(map(OrgId, options.keep)))


def _migrate(settings: Settings, _: argparse.Namespace) -> int:
    from glassine.commands import home
    from glassine.store.migrate import migrate

    with home.database(settings, "migrate", _say) as url:
        applied = migrate(url)
    print(f"Applied {', '.join(applied)}." if applied else "The database is up to date.")
    return 0


def _import(settings: Settings, options: argparse.Namespace) -> int:
    from glassine.commands import home, importing

    with home.database(settings, "import", _say) as url:
        return importing.run(replace(settings, database_url=url), options.folder, options.organization, base_url=options.base_url, internal=options.internal)


def _backup(settings: Settings, options: argparse.Namespace) -> int:
    from glassine.commands import backup

    return backup.save(settings, options.file, _say)


def _restore(settings: Settings, options: argparse.Namespace) -> int:
    from glassine.commands import backup

    return backup.restore(settings, options.file, _say, replace=options.replace)


def _pack(settings: Settings, options: argparse.Namespace) -> int:
    from glassine.commands import pack

    return pack.check(options.file, _say) if options.check else pack.make(settings, options.file, options.organization, _say)


def _ai(settings: Settings, options: argparse.Namespace) -> int:
    from glassine.commands import switching

    return switching.run(settings, options.organization, _say, on=options.state == "on")


def _prove(settings: Settings, options: argparse.Namespace) -> int:
    from glassine.commands import prove

    if options.verify:
        return prove.check(options.verify)
    asked = prove.Options(
        canaries=options.canaries, seed=options.seed, as_json=options.json, output=options.output, logs=tuple(options.log), files=options.database_files, url=options.url,
    )
    return prove.run(settings, asked, _say)


def _replay(settings: Settings, options: argparse.Namespace) -> int:
    from glassine.commands import home, replaying

    with home.database(settings, "replay", _say) as url:
        return replaying.run(replace(settings, database_url=url), options.id, as_json=options.json)


def _ledger(settings: Settings, options: argparse.Namespace) -> int:
    from glassine.commands import home, ledger

    if options.action == "verify":
        return ledger.verify(options.file, options.anchor, options.signer)
    with home.database(settings, "ledger export", _say) as url:
        return ledger.export(replace(settings, database_url=url), options.file, options.organization)


def _scrub(settings: Settings, _: argparse.Namespace) -> int:
    from glassine.commands import scrub

    return scrub.run(settings, _say)


def _keys(settings: Settings, options: argparse.Namespace) -> int:
    from glassine.commands import keys

    if options.act == "check":
        return keys.check(settings, _say)
    return keys.rotate(settings, _say, master=options.master, organization=options.organization, at_once=options.at_once)


def _export_contact(settings: Settings, options: argparse.Namespace) -> int:
    from glassine.commands import exporting

    return exporting.run(settings, options.contact, options.organization, options.file, options.reason, _say)


def _certificate(_: Settings, options: argparse.Namespace) -> int:
    from glassine.commands import certificate

    return certificate.run(options.file, options.fingerprint, _say)


def _content(settings: Settings, options: argparse.Namespace) -> int:
    from glassine.commands import content

    return content.run(settings, content.Options(
        act=options.act, folder=options.folder, url=options.url, key=options.key, publish=options.publish, delete=options.delete, dry=options.dry_run, take=options.take,
    ))


def _doctor(settings: Settings, _: argparse.Namespace) -> int:
    from glassine.commands import doctor

    return doctor.run(settings, _say)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())

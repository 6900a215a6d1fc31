"""Every boundary of the product in words: what may cross it, how that is protected, and what stops when it is switched off. It decides nothing.

Where bytes leave through the gate, a boundary's name is the purpose of their crossings; a purpose without a boundary is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from glassine.words.house import OrgSettings


class Direction(StrEnum):
    """Which way data goes, seen from inside."""

    IN = "in"
    OUT = "out"
    BOTH = "both"
    STAYS = "stays"


class Stage(StrEnum):
    """The steps of a message's way, in order. Every boundary lies beside one of them."""

    MASK = "mask"
    STORE = "store"
    SEARCH = "search"
    MODEL = "model"
    GUARD = "guard"
    DELIVER = "deliver"


@dataclass(frozen=True, slots=True, kw_only=True)
class Boundary:
    """One place where data meets the outside. `off` says what stops when it is switched off; empty where there is no switch, and `always` says why."""

    name: str
    title: str
    direction: Direction
    stage: Stage
    carries: str
    protected: str
    off: str = ""
    always: str = ""
    gate: bool = False  # its bytes leave through the egress gate, under its name as their purpose
    ai: bool = False  # shut by the switch for all AI too


_ALL = (
    Boundary(
        name="web", title="Web chat", direction=Direction.BOTH, stage=Stage.MASK,
        carries="Messages of customers, what your page says of them, and the replies. A customer gets their own values back, and nobody else's.",
        protected="Masked before anything is stored. A browser needs the widget's token and a signed token of its contact.",
        off="Customers can neither write nor read in the chat widget, which tells them so. What was said before is kept.",
    ),
    Boundary(
        name="api", title="API", direction=Direction.BOTH, stage=Stage.MASK,
        carries="What programs send and ask for: messages, contacts, articles, settings. Texts are masked; contacts are in the clear for keys whose scopes say so.",
        protected="A key that is kept as a digest only, with scopes. Everything that comes in is masked before it is stored.",
        off="Every request with an API key is refused, with a sentence that says why. What was stored before is kept.",
    ),
    Boundary(
        name="local-models", title="Models inside", direction=Direction.STAYS, stage=Stage.MASK,
        carries="Each text, for as long as names and addresses are looked for in it and its meaning is turned into numbers.",
        protected="Both models run inside this process. They are part of the program, connect to nothing and keep nothing.",
        always="Without them names would not be masked.",
    ),
    Boundary(
        name="database", title="Database", direction=Direction.STAYS, stage=Stage.STORE,
        carries="Everything that is kept: masked texts, sealed originals, articles, settings, the audit log and this ledger.",
        protected="Originals and identities are sealed with AES-256-GCM under a key of their contact's. Row-level security keeps organisations apart.",
        always="Everything is kept there.",
    ),
    Boundary(
        name="files", title="Customers' files", direction=Direction.BOTH, stage=Stage.STORE,
        carries="Files that customers attach, and the same files back to whoever holds their signed link.",
        protected="Name and content are sealed under the contact's key. A link opens one file and nothing else.",
        off="Customers can neither upload files nor open them again. Files that were stored before are kept, and your team can still open them.",
    ),
    Boundary(
        name="backup", title="Backups", direction=Direction.OUT, stage=Stage.STORE,
        carries="Everything that the database holds, in one file, when the operator makes one.",
        protected="What is sealed stays sealed in it, and the master key is never part of it.",
        always="Only the operator of this machine can make one, with glassine backup.",
    ),
    Boundary(
        name="logs", title="Logs", direction=Direction.OUT, stage=Stage.STORE,
        carries="What happened and where: kinds of events and errors, ids, counts. Never a customer's words.",
        protected="An error's own words are left out, because they may quote a customer.",
        always="They go to the standard error of the process, where the operator reads them.",
    ),
    Boundary(
        name="import", title="Knowledge imports", direction=Direction.IN, stage=Stage.SEARCH,
        carries="Folders of articles that the operator brings in with glassine import.",
        protected="Read from this machine's disk only. Markup becomes plain Markdown.",
        off="Imports are refused. Articles stay as they are, and your team can still write them by hand.",
    ),
    Boundary(
        name="source", title="Knowledge sources", direction=Direction.BOTH, stage=Stage.SEARCH,
        carries="Requests to the systems that you connected, with the key you gave for each, out; their articles and files, in. Nothing of a customer's.",
        protected="Only the hosts that each source declares, over TLS unless an address says http://. Keys are sealed and never shown again.",
        off="No source is read any more. What was read before stays in answers until its age limit, and your team can still write articles.",
        gate=True,
    ),
    Boundary(
        name="help", title="Help pages", direction=Direction.BOTH, stage=Stage.SEARCH,
        carries="Published public articles, to everybody who has the address; whether they helped, and comments on that, in.",
        protected="Drafts, internal articles and those for segments are as absent as those that never were. Personal values in a comment are removed for good before it is stored.",
        off="Nobody can open the help pages, and answers name their articles without a link to them. Answers themselves go on.",
    ),
    Boundary(
        name="model", title="Language model", direction=Direction.BOTH, stage=Stage.MODEL,
        carries="Masked messages, passages that the reader of the answer may see (internal ones only for drafts to your team) and masked facts from your page, out; the model's words, in. Never a value behind a mask.",
        protected="Masked before it is stored, checked again at the gate, and sent over TLS unless the address says http://.",
        off="No language model is asked any more: answers are quoted from your articles instead of phrased.",
        gate=True, ai=True,
    ),
    Boundary(
        name="action", title="Actions", direction=Direction.BOTH, stage=Stage.MODEL,
        carries="Calls of the actions that you set up, each to the host of its address, with the values that it takes and your key for that host, out; answers, in.",
        protected="By each action's policy, outside the model. A masked value goes back only into a parameter that takes its type, with a line of the audit log. Answers are masked before anybody sees them.",
        off="No action is offered to the AI or called any more. Answers from your articles go on.",
        gate=True,
    ),
    Boundary(
        name="what-if", title="What if", direction=Direction.BOTH, stage=Stage.MODEL,
        carries="The masked prompt of an earlier turn with one thing changed, out; the model's words, in, for whoever asked. Never a value behind a mask.",
        protected="As for the language model. Only when somebody of your team asks, each time with a line of the audit log; nothing reaches the customer.",
        off="“What if” asks no language model any more. Turns and replays go on.",
        gate=True, ai=True,
    ),
    Boundary(
        name="writing", title="Help with writing", direction=Direction.BOTH, stage=Stage.MODEL,
        carries="Texts of articles to be translated or read against your content rules, out; the model's words, in. No conversation and nothing of a customer's.",
        protected="As for the language model. Only when somebody of your team asks; a personal value that no published article holds stops it.",
        off="No article is translated by a machine or read against rules in plain words. Articles, answers and all other rules go on.",
        gate=True, ai=True,
    ),
    Boundary(
        name="link-check", title="Link check", direction=Direction.OUT, stage=Stage.SEARCH,
        carries="The addresses outside that your published articles link to, each to its own host, to see whether it answers. Nothing else.",
        protected="Public hosts only, without cookies or keys, at most one request a second to each. What they answer is not kept.",
        off="Links outside are not checked any more. Links between your own articles still are.",
        gate=True,
    ),
    Boundary(
        name="action-spec", title="Descriptions of APIs", direction=Direction.IN, stage=Stage.MODEL,
        carries="One request to the address of an OpenAPI file that somebody of your team enters, out; the file, in. Nothing of a customer's, and no key.",
        protected="Only when somebody who may change actions asks, to that one host. What the file names is not fetched, and nothing changes before the import is confirmed.",
        off="No OpenAPI file is read from an address. Files can still be uploaded or pasted.",
        gate=True,
    ),
    Boundary(
        name="rerank", title="Reranker", direction=Direction.BOTH, stage=Stage.SEARCH,
        carries="The masked question and at most twenty passages that the reader of the answer may see (internal ones only for your team and its drafts), out; a figure for each passage, in.",
        protected="Masked before it is sent, checked again at the gate, and sent over TLS unless the address says http://. Nothing is sent for searches on the help pages.",
        off="No reranker is asked any more: passages stand in the order of Glassine's own search.",
        gate=True, ai=True,
    ),
    Boundary(
        name="team", title="Your team", direction=Direction.BOTH, stage=Stage.DELIVER,
        carries="Masked conversations, articles and settings, to people who are signed in; their replies and notes, masked before they are stored.",
        protected="Signed-in browsers only, by role. Pages are not cached, and forms need a token of their own.",
        always="Without it nobody could answer customers, or switch anything on again.",
    ),
    Boundary(
        name="reveal", title="Reveals", direction=Direction.OUT, stage=Stage.DELIVER,
        carries="Values in the clear: one at a time to people whose role allows it, contacts to programs whose key allows it, and all about one contact as an export.",
        protected="By role and scope. Each reveal and export is one line of the audit log, with the reason and without the value.",
        off="Nobody sees a masked value, a contact's details, custom data, a file or an export, neither in the inbox nor over the API. Customers still see their own.",
    ),
    Boundary(
        name="anchor", title="Ledger anchors", direction=Direction.OUT, stage=Stage.DELIVER,
        carries="The newest link of the ledger's hash chain, its number and the organisation's id, to where the operator wants it kept.",
        protected="Signed. A hash tells nothing of what it was made from.",
        always="The operator of this machine sets it, so that nobody inside can make the ledger anew unnoticed.",
        gate=True,
    ),
    Boundary(
        name="mail", title="Mail to your team", direction=Direction.OUT, stage=Stage.DELIVER,
        carries="Notices that a customer waits: the organisation's name, a ticket number, the channel and a link. No word of a conversation.",
        protected="TLS where the mail server offers it, and always where it wants a password.",
        off="No mail is sent. Handoffs still show in the inbox, and links of invitations still work when you hand them over yourself.",
        gate=True,
    ),
    Boundary(
        name="helpdesk", title="Helpdesks", direction=Direction.BOTH, stage=Stage.DELIVER,
        carries="Conversations that were handed off, as tickets in the helpdesks that you connected, out; replies, notes and states of tickets, in.",
        protected="Each field masked, under a pseudonym or raw, as that helpdesk's settings say: masked unless you chose otherwise, but for what it cannot open a ticket without. What comes in is signed, and masked before it is stored.",
        off="No ticket is opened or written to, and nothing is taken from a helpdesk. What waits is kept, and handoffs go to your own inbox.",
        gate=True,
    ),
    Boundary(
        name="webhook", title="Webhooks", direction=Direction.OUT, stage=Stage.DELIVER,
        carries="Events of conversations, with masked messages, to the addresses that your admins entered. Contact details in the clear only where an admin has said so for that address.",
        protected="Signed, over TLS unless the operator lists the place. Checked again at the gate; what goes along in the clear is marked so in the ledger, and the choice in the audit log.",
        off="No endpoint is sent anything. What happens meanwhile is kept for 30 days and can be replayed. Programs that read the event stream go on.",
        gate=True,
    ),
    Boundary(
        name="customer-mail", title="Mail to customers", direction=Direction.OUT, stage=Stage.DELIVER,
        carries="One-time codes, each to the one address that your own systems gave for its contact. No word of a conversation.",
        protected="Never to an address that a customer or the AI names. At most five an hour to each contact; a code is kept as a keyed digest only.",
        off="No code is sent: actions that ask for one are offered to nobody.",
        gate=True,
    ),
)  # fmt: skip

BOUNDARIES: Mapping[str, Boundary] = MappingProxyType({one.name: one for one in _ALL})

STAGES: Mapping[Stage, tuple[str, str]] = MappingProxyType({  # title, and what happens there
    Stage.MASK: ("Masked", "Personal values become placeholders before anything is stored."),
    Stage.STORE: ("Stored", "Masked text, with the originals sealed under a key of each contact."),
    Stage.SEARCH: ("Searched", "Passages of your published articles, found inside this process."),
    Stage.MODEL: ("Answered", "By a language model from those passages, or quoted from them."),
    Stage.GUARD: ("Guarded", "Every number, link and address must stand in a source, or people take over."),
    Stage.DELIVER: ("Delivered", "To the customer on their own channel, or to your team with the reasons."),
})


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """One kind of data at rest: how it is sealed, and the setting that says for how many days it is kept (empty: until somebody deletes it)."""

    name: str
    title: str
    sealed: str
    setting: str = ""
    until: str = ""


KEPT = (
    Kept(name="messages", setting="keep_messages", title="Conversations", sealed="Masked text: placeholders stand in the place of values. Not encrypted by Glassine."),
    Kept(name="originals", setting="keep_messages", title="Originals and values behind masks", sealed="AES-256-GCM under a key of the contact's own, bound to its row."),
    Kept(name="contacts", title="Who contacts are", sealed="AES-256-GCM under the contact's key; found by a keyed hash of an exact address or number."),
    Kept(name="attachments", setting="keep_attachments", title="Customers' files", sealed="Name and content by AES-256-GCM under the contact's key."),
    Kept(name="traces", setting="keep_traces", title="Evidence of the AI's turns, and calls of actions", sealed="Masked text, exactly as it was searched with and sent to the model."),
    Kept(name="told", title="Events for webhooks, and what endpoints answered", sealed="Names of events, and answers masked for good. Words stay in their conversation, and go with it.", until="30 days"),
    Kept(name="knowledge", title="Articles and their index", sealed="Not encrypted: they are public or your team's own.", until="Until somebody deletes the article"),
    Kept(name="audit", setting="keep_audit", title="Audit log", sealed="Not encrypted: it holds no values. The application can add to it, and forget what your retention says.", until="For good"),
    Kept(name="ledger", title="Ledger of crossings", sealed="Destinations, counts and keyed hashes, chained. No text. The application can only add to it.", until="For good"),
    Kept(name="team", title="People and API keys", sealed="Passwords by argon2id, keys and links as digests. Names and addresses of your team are not encrypted.", until="Until somebody removes them"),
)  # fmt: skip

AI_OFF = "All AI is switched off"


def shut(name: str, settings: OrgSettings) -> str:
    """Why nothing may cross this boundary now, as a sentence without its full stop; empty when it may."""
    boundary = BOUNDARIES.get(name)
    if boundary is None:
        return f"No boundary of the product is called {name}, so nothing crosses it"
    if boundary.ai and settings.ai_off:
        return AI_OFF
    return f"“{boundary.title}” is switched off" if name in settings.switched_off else ""

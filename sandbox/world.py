"""What this Slack knows: teams, people, messages, views, tokens. Pure state that tells listeners of changes."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from sandbox.clock import Clock

JsonObject = dict[str, Any]

TRIGGER_LIVES = timedelta(seconds=3)  # "Opening modals": a trigger_id expires three seconds after it was sent
RESPONSE_URL_LIVES = timedelta(minutes=30)  # "Handling user interaction": 5 times within 30 minutes
RESPONSE_URL_USES = 5
SLACKBOT = "USLACKBOT"

DEFAULT_SCOPES = ("chat:write", "commands", "users:read", "im:write", "im:history")
DEFAULT_EVENTS = (
    "app_home_opened",
    "user_change",
    "app_uninstalled",
    "tokens_revoked",
    "message.im",
)


@dataclass(frozen=True)
class App:
    """The app's configuration, as its manifest would set it."""

    id: str = "A0ALLY00001"
    name: str = "Ally"
    client_id: str = "1000000000001.2000000000002"
    client_secret: str = "c0ffee00c0ffee00c0ffee00c0ffee00"
    signing_secret: str = "5ec7e75ec7e75ec7e75ec7e75ec7e75e"
    verification_token: str = "VerificationTokenOfOld00"
    app_token: str = "xapp-1-A0ALLY00001-3000000000003-sandbox"
    scopes: tuple[str, ...] = DEFAULT_SCOPES
    events: tuple[str, ...] = DEFAULT_EVENTS
    commands: tuple[str, ...] = ("/ally",)
    home_tab: bool = True
    messages_tab: bool = True


@dataclass(frozen=True)
class User:
    """Someone in a team; `tz` is an IANA name."""

    id: str
    team_id: str
    name: str
    real_name: str
    tz: str
    locale: str = "en-GB"
    deleted: bool = False
    is_bot: bool = False
    is_admin: bool = False
    updated: int = 0


@dataclass(frozen=True)
class Channel:
    """A channel, or (`is_im`) the DM of the bot with `user`."""

    id: str
    name: str
    created: int
    is_im: bool = False
    user: str = ""
    members: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Installation:
    """The app in one team. `standing` is active, revoked (its token) or uninstalled."""

    team_id: str
    bot_user: str
    bot_id: str
    token: str
    scopes: frozenset[str]
    standing: str = "active"


@dataclass(frozen=True)
class Message:
    """One message as kept. `ephemeral_to` names the one person who sees it; such a message is in no history."""

    team_id: str
    channel: str
    ts: str
    user: str
    text: str
    blocks: tuple[JsonObject, ...] = ()
    bot_id: str | None = None
    thread_ts: str | None = None
    edited_ts: str | None = None
    metadata: JsonObject | None = None
    ephemeral_to: str | None = None
    client_msg_id: str | None = None
    source: str = "chat.postMessage"


@dataclass(frozen=True)
class View:
    """A modal or an App Home as its person has it open. `content` is what the app gave, ids filled in."""

    id: str
    team_id: str
    user: str
    type: str
    content: JsonObject
    hash: str
    root_id: str
    previous_id: str | None = None
    values: JsonObject = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Trigger:
    """Leave to open a modal, once, for a person, soon. `view_id` is the modal it was pressed in."""

    team_id: str
    user: str
    expires_at: datetime
    view_id: str | None = None
    used: bool = False


@dataclass(frozen=True)
class ResponseUrl:
    """Leave to answer in a channel; `message_ts` is the message (ephemeral or kept) the press came from."""

    team_id: str
    channel: str
    user: str
    expires_at: datetime
    message_ts: str | None = None
    ephemeral: bool = False
    uses: int = 0
    thread_ts: str | None = None


@dataclass(frozen=True)
class OAuthCode:
    """What `oauth.v2.access` gives for a code, once."""

    team_id: str
    user: str
    redirect_uri: str
    scopes: tuple[str, ...]
    expires_at: datetime
    used: bool = False


@dataclass(frozen=True)
class Change:
    """What listeners are told: a kind such as `message`, `ephemeral`, `view`, `home`, `user`, `call`, `sent`.
    `before` is what `what` replaces; where that leaves nothing, `what` is None."""

    kind: str
    team_id: str = ""
    user: str = ""
    what: object = None
    before: object = None


@dataclass
class Team:
    """A workspace with everything in it."""

    id: str
    name: str
    domain: str
    users: dict[str, User] = field(default_factory=dict)
    channels: dict[str, Channel] = field(default_factory=dict)
    messages: dict[str, list[Message]] = field(default_factory=dict)
    ephemerals: dict[str, list[Message]] = field(default_factory=dict)
    views: dict[str, View] = field(default_factory=dict)
    stacks: dict[str, list[str]] = field(default_factory=dict)
    homes: dict[str, str] = field(default_factory=dict)
    dms: dict[str, str] = field(default_factory=dict)
    notices: dict[str, list[str]] = field(default_factory=dict)
    message_state: dict[tuple[str, str], JsonObject] = field(default_factory=dict)
    installation: Installation | None = None


class World:
    """All state in one place. Nothing here checks what an app may do; `web_api` and `interactions` do."""

    def __init__(self, app: App, clock: Clock, rng: random.Random) -> None:
        self.app = app
        self.clock = clock
        self.rng = rng
        self.teams: dict[str, Team] = {}
        self.triggers: dict[str, Trigger] = {}
        self.response_urls: dict[str, ResponseUrl] = {}
        self.oauth_codes: dict[str, OAuthCode] = {}
        self.dead_tokens: dict[str, str] = {}  # tokens of old, and the error they are refused with
        self._listeners: list[Callable[[Change], None]] = []
        self.last_ts = 0
        self.count = 0

    # -- listeners -----------------------------------------------------------------------------------------

    def listen(self, listener: Callable[[Change], None]) -> Callable[[], None]:
        """Call `listener` with every change, at once and in order; returns what ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def tell(self, change: Change) -> None:
        """Tell every listener."""
        for listener in list(self._listeners):
            listener(change)

    # -- ids -----------------------------------------------------------------------------------------------

    def new_id(self, prefix: str) -> str:
        """An id of Slack's form that no other thing here has."""
        self.count += 1
        tail = "".join(self.rng.choices("ABCDEFGHJKLMNPQRSTUVWXYZ0123456789", k=5))
        return f"{prefix}0{tail}{self.count:04d}"

    def new_word(self, length: int = 24) -> str:
        """Letters and digits nobody can guess (seeded, so tests repeat)."""
        return "".join(self.rng.choices("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", k=length))

    def new_ts(self) -> str:
        """The next message timestamp: the time now, later than every one before."""
        self.last_ts = max(int(self.clock.timestamp() * 1_000_000), self.last_ts + 1)
        return f"{self.last_ts // 1_000_000}.{self.last_ts % 1_000_000:06d}"

    # -- teams and people ----------------------------------------------------------------------------------

    def add_team(self, team_id: str, name: str) -> Team:
        """A new workspace with a general channel and nobody in it but Slackbot."""
        team = Team(team_id, name, name.lower().replace(" ", "-"))
        self.teams[team_id] = team
        general = Channel(self.new_id("C"), "general", int(self.clock.timestamp()))
        team.channels[general.id] = general
        team.users[SLACKBOT] = User(SLACKBOT, team_id, "slackbot", "Slackbot", "America/Los_Angeles")
        return team

    def add_user(self, user: User) -> User:
        """Put a person into their team and into its general channel."""
        team = self.teams[user.team_id]
        team.users[user.id] = replace(user, updated=int(self.clock.timestamp()))
        for channel in list(team.channels.values()):
            if channel.name == "general":
                team.channels[channel.id] = replace(channel, members=channel.members | {user.id})
        self.tell(Change("user", team.id, user.id))
        return team.users[user.id]

    def change_user(self, team_id: str, user_id: str, **changes: Any) -> User:
        """Change fields of a person and say so."""
        team = self.teams[team_id]
        team.users[user_id] = replace(team.users[user_id], **changes, updated=int(self.clock.timestamp()))
        self.tell(Change("user", team_id, user_id))
        return team.users[user_id]

    def install(self, team_id: str, scopes: frozenset[str] | None = None) -> Installation:
        """Put the app into a team (again): its bot user stays the same; the token is new if the old one died."""
        team = self.teams[team_id]
        old = team.installation
        if old and old.standing == "active":  # installing again gives the same token
            return self.set_installation(team_id, scopes=frozenset(self.app.scopes) if scopes is None else scopes)
        if old:
            self.dead_tokens[old.token] = "token_revoked" if old.standing == "revoked" else "account_inactive"
        bot_user = old.bot_user if old else self.new_id("U")
        team.installation = Installation(
            team_id,
            bot_user,
            old.bot_id if old else self.new_id("B"),
            f"xoxb-{team_id[1:].lower()}-{self.count}-{self.new_word()}",
            frozenset(self.app.scopes) if scopes is None else scopes,
        )
        if bot_user not in team.users:
            team.users[bot_user] = User(
                bot_user, team_id, self.app.name.lower(), self.app.name, "America/Los_Angeles", is_bot=True
            )
        self.tell(Change("installation", team_id))
        return team.installation

    def set_installation(self, team_id: str, **changes: Any) -> Installation:
        """Change the installation of a team (scopes, standing)."""
        team = self.teams[team_id]
        if team.installation is None:
            raise LookupError(f"the app is not in {team_id}")
        team.installation = replace(team.installation, **changes)
        self.tell(Change("installation", team_id))
        return team.installation

    def dm(self, team: Team, user_id: str) -> Channel:
        """The DM of a person with the bot, made when it is first asked for."""
        found = self.find_dm(team, user_id)
        if found is None:
            found = Channel(self.new_id("D"), "directmessage", int(self.clock.timestamp()), is_im=True, user=user_id)
            team.channels[found.id] = found
            team.dms[user_id] = found.id
        return found

    @staticmethod
    def find_dm(team: Team, user_id: str) -> Channel | None:
        """The DM of a person with the bot, if there is one."""
        return team.channels.get(team.dms.get(user_id, ""))

    # -- messages ------------------------------------------------------------------------------------------

    def keep(self, message: Message) -> Message:
        """Keep a message: in its channel, or for the one person who sees it."""
        team = self.teams[message.team_id]
        if message.ephemeral_to:
            team.ephemerals.setdefault(message.ephemeral_to, []).append(message)
            self.tell(Change("ephemeral", team.id, message.ephemeral_to, message))
        else:
            team.messages.setdefault(message.channel, []).append(message)
            self.tell(Change("message", team.id, "", message))
        return message

    def find_message(self, team: Team, channel: str, ts: str | None) -> Message | None:
        """A kept message by its ts."""
        return next((m for m in team.messages.get(channel, []) if m.ts == ts), None)

    def find_ephemeral(self, team: Team, user_id: str, ts: str | None) -> Message | None:
        """An ephemeral message that the person still has on screen."""
        return next((m for m in team.ephemerals.get(user_id, []) if m.ts == ts), None)

    def change_message(self, old: Message, new: Message | None) -> None:
        """Put `new` where `old` was, or take `old` away."""
        team = self.teams[old.team_id]
        where = team.ephemerals[old.ephemeral_to] if old.ephemeral_to else team.messages[old.channel]
        at = next(i for i, m in enumerate(where) if m.ts == old.ts)
        where[at : at + 1] = [] if new is None else [new]
        kind = "ephemeral" if old.ephemeral_to else "message"
        self.tell(Change(kind, team.id, old.ephemeral_to or "", new, before=old))

    # -- views ---------------------------------------------------------------------------------------------

    def put_view(self, view: View) -> View:
        """Keep a view, or its next version."""
        self.teams[view.team_id].views[view.id] = view
        self.tell(Change("home" if view.type == "home" else "view", view.team_id, view.user, view))
        return view

    def stack(self, team: Team, user_id: str) -> list[View]:
        """A person's open modals, the top one last."""
        return [team.views[view_id] for view_id in team.stacks.get(user_id, [])]

    def set_stack(self, team: Team, user_id: str, stack: list[str]) -> None:
        """What modals a person has open; views no longer in it are gone."""
        for gone in set(team.stacks.get(user_id, [])) - set(stack):
            team.views.pop(gone, None)
        team.stacks[user_id] = stack
        self.tell(Change("view", team.id, user_id))

    def home(self, team: Team, user_id: str) -> View | None:
        """What is published on a person's Home tab."""
        view_id = team.homes.get(user_id)
        return team.views.get(view_id) if view_id else None

    def notice(self, team: Team, user_id: str, text: str) -> None:
        """Show a person one of Slack's own error lines."""
        team.notices.setdefault(user_id, []).append(text)
        self.tell(Change("notice", team.id, user_id, text))

    # -- leave to answer -----------------------------------------------------------------------------------

    def new_trigger(self, team_id: str, user: str, view_id: str | None = None) -> str:
        """A trigger_id good for three seconds of the clock and one use."""
        trigger_id = f"{self.rng.randrange(10**12)}.{self.rng.randrange(10**12)}.{self.new_word(32).lower()}"
        self.triggers[trigger_id] = Trigger(team_id, user, self.clock.now() + TRIGGER_LIVES, view_id)
        return trigger_id

    def new_response_url(self, kind: str, allowed: ResponseUrl) -> str:
        """The path of a new response_url; `kind` is commands or actions, as in Slack's own."""
        path = f"/{kind}/{allowed.team_id}/{self.rng.randrange(10**12)}/{self.new_word()}"
        self.response_urls[path] = allowed
        return path

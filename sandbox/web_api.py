"""The Web API: every method the bot calls and their neighbours, with Slack's checks and error names.

Each method's errors are those of its page under https://docs.slack.dev/reference/methods.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from sandbox import shapes
from sandbox.arguments import decode_cursor, encode_cursor, flag, number
from sandbox.callers import Caller, identify, missing_scope, team_of
from sandbox.chat import Chat
from sandbox.conversations import Conversations
from sandbox.errors import SlackError
from sandbox.limits import Meter
from sandbox.views import Views
from sandbox.world import JsonObject, World


@dataclass(frozen=True)
class Method:
    """What a method asks for: which kind of token, any one of these scopes, these arguments."""

    run: Callable[[Caller, JsonObject], JsonObject]
    token: str | None = "bot"
    scopes: tuple[str, ...] = ()
    required: tuple[str, ...] = ()


class WebApi:
    """Runs one call against the world: checks first, in Slack's order, then the effect, then the answer."""

    def __init__(self, world: World, meter: Meter, open_connection: Callable[[], str]) -> None:
        self.world = world
        self.open_connection = open_connection
        self.views = Views(world)
        chat, conversations = Chat(world), Conversations(world, meter)
        history = ("im:history", "channels:history", "groups:history", "mpim:history")
        self.methods: dict[str, Method] = {
            "api.test": Method(self._api_test, token=None),
            "auth.test": Method(self._auth_test, token="any"),
            "apps.connections.open": Method(self._connections_open, token="app"),
            "chat.delete": Method(chat.delete, scopes=("chat:write",), required=("channel", "ts")),
            "chat.postEphemeral": Method(chat.post_ephemeral, scopes=("chat:write",), required=("channel", "user")),
            "chat.postMessage": Method(chat.post_message, scopes=("chat:write",), required=("channel",)),
            "chat.update": Method(chat.update, scopes=("chat:write",), required=("channel", "ts")),
            "conversations.history": Method(conversations.history, scopes=history, required=("channel",)),
            "conversations.open": Method(conversations.open, scopes=("im:write", "mpim:write")),
            "oauth.v2.access": Method(self._oauth_access, token=None, required=("code",)),
            "team.info": Method(self._team_info, scopes=("team:read",)),
            "users.info": Method(self._users_info, scopes=("users:read",), required=("user",)),
            "users.list": Method(self._users_list, scopes=("users:read",)),
            "views.open": Method(self._views_open, required=("view",)),
            "views.publish": Method(self._views_publish, required=("user_id", "view")),
            "views.push": Method(self._views_push, required=("view",)),
            "views.update": Method(self._views_update, required=("view",)),
        }

    def call(self, name: str, args: JsonObject, token: str | None, basic: tuple[str, str] | None = None) -> JsonObject:
        """The answer of one call. Raises SlackError for every refusal."""
        method = self.methods.get(name)
        if method is None:
            raise SlackError("unknown_method", req_method=name)
        caller = Caller(basic=basic)
        if method.token is not None:
            caller = identify(self.world, token)
            kind = "app" if caller.installation is None else "bot"
            if method.token not in ("any", kind):
                raise SlackError("not_allowed_token_type")
        self._check_scopes(name, method, caller, args)
        missing = [f"missing required field: {key}" for key in method.required if not args.get(key)]
        if missing:
            raise SlackError("invalid_arguments", *missing)
        return {"ok": True, **method.run(caller, args)}

    def _check_scopes(self, name: str, method: Method, caller: Caller, args: JsonObject) -> None:
        if not method.scopes or caller.installation is None:
            return
        accepted = method.scopes
        if name == "conversations.history":
            # which of the four it takes depends on the kind of conversation
            accepted = ("im:history",) if str(args.get("channel", "")).startswith("D") else method.scopes
        if not caller.installation.scopes & set(accepted):
            raise missing_scope(",".join(accepted), caller.installation)

    # -- api, auth, apps, oauth, team --------------------------------------------------------------------------

    def _api_test(self, caller: Caller, args: JsonObject) -> JsonObject:
        if args.get("error"):
            raise SlackError(str(args["error"]), args=args)
        return {"args": args} if args else {}

    def _auth_test(self, caller: Caller, args: JsonObject) -> JsonObject:
        if caller.installation is None:
            return {"app_name": self.world.app.name, "app_id": self.world.app.id}
        team, installation = team_of(self.world, caller)
        return {
            "url": f"https://{team.domain}.slack.com/",
            "team": team.name,
            "user": team.users[installation.bot_user].name,
            "team_id": team.id,
            "user_id": installation.bot_user,
            "bot_id": installation.bot_id,
            "is_enterprise_install": False,
        }

    def _connections_open(self, caller: Caller, args: JsonObject) -> JsonObject:
        return {"url": self.open_connection()}

    def _oauth_access(self, caller: Caller, args: JsonObject) -> JsonObject:
        app = self.world.app
        client_id, secret = caller.basic or (args.get("client_id"), args.get("client_secret"))
        if client_id != app.client_id:
            raise SlackError("invalid_client_id")
        if secret != app.client_secret:
            raise SlackError("bad_client_secret")
        code = str(args["code"])
        if code not in self.world.oauth_codes:
            raise SlackError("invalid_code")
        code_for = self.world.oauth_codes[code]
        if code_for.used:
            raise SlackError("code_already_used")
        if self.world.clock.now() >= code_for.expires_at:
            raise SlackError("invalid_code")
        if code_for.redirect_uri and args.get("redirect_uri", "") != code_for.redirect_uri:
            raise SlackError("bad_redirect_uri")
        self.world.oauth_codes[code] = replace(code_for, used=True)
        installation = self.world.install(code_for.team_id, frozenset(code_for.scopes))
        return {
            "app_id": app.id,
            "authed_user": {"id": code_for.user},
            "scope": ",".join(sorted(installation.scopes)),
            "token_type": "bot",
            "access_token": installation.token,
            "bot_user_id": installation.bot_user,
            "team": {"id": code_for.team_id, "name": self.world.teams[code_for.team_id].name},
            "enterprise": None,
            "is_enterprise_install": False,
        }

    def _team_info(self, caller: Caller, args: JsonObject) -> JsonObject:
        team, _ = team_of(self.world, caller)
        if args.get("team", team.id) != team.id:
            raise SlackError("team_not_found")
        icon = {"image_default": True, "image_34": "https://a.slack-edge.com/80588/img/avatars-teams/ava_0001-34.png"}
        return {"team": {"id": team.id, "name": team.name, "domain": team.domain, "email_domain": "", "icon": icon}}

    # -- people ------------------------------------------------------------------------------------------------

    def _users_info(self, caller: Caller, args: JsonObject) -> JsonObject:
        team, _ = team_of(self.world, caller)
        user = team.users.get(str(args["user"]))
        if user is None:
            raise SlackError("user_not_found")
        return {"user": shapes.user_json(user, self.world.clock.now(), locale=flag(args, "include_locale"))}

    def _users_list(self, caller: Caller, args: JsonObject) -> JsonObject:
        team, _ = team_of(self.world, caller)
        users = sorted(team.users.values(), key=lambda user: user.id)
        limit = number(args, "limit", 1000, 1000)
        if args.get("cursor"):
            after = decode_cursor(str(args["cursor"]), "user")
            users = [user for user in users if user.id >= after]
        page, rest = users[:limit], users[limit:]
        now, locale = self.world.clock.now(), flag(args, "include_locale")
        return {
            "members": [shapes.user_json(user, now, locale=locale) for user in page],
            "cache_ts": int(self.world.clock.timestamp()),
            "response_metadata": {"next_cursor": encode_cursor(f"user:{rest[0].id}") if rest else ""},
        }

    # -- views -------------------------------------------------------------------------------------------------

    def _views_open(self, caller: Caller, args: JsonObject) -> JsonObject:
        team, _ = team_of(self.world, caller)
        return {"view": shapes.view_json(self.world, self.views.open(team, args.get("trigger_id"), args["view"]))}

    def _views_push(self, caller: Caller, args: JsonObject) -> JsonObject:
        team, _ = team_of(self.world, caller)
        return {"view": shapes.view_json(self.world, self.views.push(team, args.get("trigger_id"), args["view"]))}

    def _views_update(self, caller: Caller, args: JsonObject) -> JsonObject:
        team, _ = team_of(self.world, caller)
        view = self.views.update(team, args["view"], args.get("view_id"), args.get("external_id"), args.get("hash"))
        return {"view": shapes.view_json(self.world, view)}

    def _views_publish(self, caller: Caller, args: JsonObject) -> JsonObject:
        team, _ = team_of(self.world, caller)
        view = self.views.publish(team, str(args["user_id"]), args["view"], args.get("hash"))
        return {"view": shapes.view_json(self.world, view)}

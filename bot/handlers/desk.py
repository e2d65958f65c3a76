"""The desk: Bolt on one side, behaviours on the other. Acknowledge, call one function, answer.

A command is acknowledged with its answer, so what Slack shows as done is on disk. Answers that have a channel are
ephemeral; presses in App Home and in modals change in place, for Slack gives them no channel to answer in.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any

import structlog
from slack_bolt.async_app import AsyncApp
from slack_bolt.kwargs_injection.async_args import AsyncArgs

from bot.delivery.verdict import Verdict, verdict_on
from bot.handlers import admin, joining, leaving, lines, nudging, pausing, plain, repairing, settings, week, why
from bot.handlers.context import NO_LOCALE, TROUBLE, Ally, Reply, Request, forget_locale, in_time, words_if_known
from bot.handlers.home import home_view
from bot.handlers.people import person_from, register_people
from bot.model import Person
from bot.observe import Metrics
from bot.storage.installations import first_sight
from bot.views import answers, ids
from bot.views.blocks import Message, View, as_modal, unescape
from bot.views.words import words_for

log = structlog.get_logger()

ANSWER_WITHIN_S = 2.5
"""Slack gives 3 seconds; the rest is for the way back."""

_DM_WITHIN_S = 1.5  # nice to know, and learnt from the first message otherwise

_POST_WITHIN_S = 1.5

Handle = Callable[[AsyncArgs], Awaitable[None]]
Behaviour = Callable[[Ally, Request], Coroutine[Any, Any, Reply]]

WORDS: Mapping[str, Behaviour] = {
    "help": plain.show_help,
    "join": joining.join_by_command,
    "leave": leaving.leave_by_command,
    "pause": pausing.pause_by_command,
    "resume": pausing.resume_by_command,
    "nudge": nudging.one_now,
    "log": lines.log_by_command,
    "undo": lines.undo_by_command,
    "journal": lines.journal_by_command,
    "week": week.open_check_in,
    "why": why.why_by_command,
    "repair": repairing.repair_by_command,
    "settings": settings.open_settings,
    "privacy": plain.show_privacy,
    "admin": admin.admin_by_command,
}

SOON = ("export", "forget")

BUTTONS: Mapping[str, Behaviour] = {
    ids.JOIN_ASK: joining.show_what_joining_means,
    ids.JOIN_UNDO: joining.undo_joining,
    ids.LEAVE: leaving.leave_by_command,
    ids.LEAVE_ERASE: leaving.erase_after_leaving,
    ids.LEAVE_KEEP: leaving.keep_what_was_kept,
    ids.PAUSE: pausing.pause_by_command,
    ids.RESUME: pausing.resume_by_command,
    ids.TRY_ONE: nudging.one_now,
    ids.DID_IT: nudging.did_it,
    ids.NOT_TODAY: nudging.not_today,
    ids.NOT_FOR_ME: nudging.not_for_me,
    ids.NUDGE_UNDO: nudging.undo_answer,
    ids.NUDGE_MORE: nudging.more,
    ids.CHECK_IN_MORE: nudging.more,
    ids.WRITE: lines.write_a_line,
    ids.SAVE: lines.save_what_was_typed,
    ids.TAKE_BACK: lines.undo_by_command,
    ids.JOURNAL_OLDER: lines.turn_page,
    ids.JOURNAL_NEWER: lines.turn_page,
    ids.WEEK: week.open_check_in,
    ids.SETTINGS: settings.open_settings,
    ids.PRIVACY: plain.show_privacy,
    ids.HELP: plain.show_help,
} | {f"{ids.RUN}.{word}": behaviour for word, behaviour in WORDS.items()}

_UNDER_A_NUDGE = {ids.DID_IT, ids.NOT_TODAY, ids.NOT_FOR_ME, ids.NUDGE_MORE, ids.WRITE}

MODALS: Mapping[str, Behaviour] = {
    ids.MODAL_JOIN: joining.join_by_button,
    ids.MODAL_LINE: lines.keep_written_line,
    ids.MODAL_WEEK: week.keep_answers,
    ids.MODAL_SETTINGS: settings.keep_settings,
}


class Desk:
    """Registers everything people can do with a Bolt app."""

    def __init__(self, ally: Ally, metrics: Metrics) -> None:
        self._ally, self._metrics = ally, metrics
        self._busy: set[asyncio.Task[Any]] = set()

    def register(self, app: AsyncApp) -> None:
        """One command, the buttons, the modals, what is typed in the DM, App Home."""
        app.command("/ally")(self._listener(self._on_command))
        for action in BUTTONS:
            app.action(action)(self._listener(self._on_button))
        app.action(re.compile(rf"{ids.REPAIR}\..+"))(self._listener(self._on_button))
        for modal in MODALS:
            app.view(modal)(self._listener(self._on_modal))
        app.event("app_home_opened")(self._listener(self._on_home))
        app.event("message")(self._listener(self._on_message))
        register_people(app, self._ally, self._listener)

    async def finish(self) -> None:
        """Returns once everything that people did has been answered."""
        if self._busy:
            await asyncio.wait(self._busy)

    def _listener(self, handle: Handle) -> Handle:
        async def listen(args: AsyncArgs) -> None:
            task = asyncio.current_task()
            assert task is not None  # noqa: S101 — Bolt runs listeners in tasks
            self._is_busy(task)
            await handle(args)

        return listen

    async def _on_command(self, args: AsyncArgs) -> None:
        """`/ally …`."""
        behaviour, rest = meaning(unescape(str(args.body.get("text") or "")).strip())
        request = self._request(args, key=str(args.body.get("trigger_id")), text=rest)
        reply = await self._answer("command", behaviour, request, shown_back=rest)
        if reply.message is None:
            await args.ack()
        else:
            await args.ack(**reply.message.arguments(), response_type="ephemeral")
        if reply.modal is not None and not await self._tried(self._open(args, reply.modal)):
            words = await words_if_known(self._ally, request)
            await self._tried(self._show(args, answers.could_not_save(words, rest)))
        await self._after(args, request, reply)

    async def _on_button(self, args: AsyncArgs) -> None:
        """A button or an overflow, on a message, in a modal or in App Home."""
        action, container = args.body["actions"][0], args.body.get("container") or {}
        value = str(action.get("value") or (action.get("selected_option") or {}).get("value") or "")
        shown = args.body.get("message") or {}
        request = self._request(
            args,
            key=f"{action['action_id']}/{container.get('message_ts') or container.get('view_id')}/{value}",
            value="" if value == "-" else value,
            shown=Message(unescape(str(shown.get("text", ""))), list(shown.get("blocks", []))) if shown else None,
            shown_ts=str(shown.get("ts", "")),
            fields=_fields(args.body),
        )
        reply = await self._answer("button", _behaviour(action["action_id"], value), request)
        await args.ack()
        if reply.message is not None:
            await self._tried(self._show(args, reply.message))
        if reply.update is not None:
            channel, ts = container["channel_id"], request.shown_ts
            await self._tried(args.client.chat_update(channel=channel, ts=ts, **reply.update.arguments()))
        if reply.modal is not None and not await self._tried(self._open(args, reply.modal)):
            words = await words_if_known(self._ally, request)
            await self._tried(self._show(args, answers.could_not_save(words, "")))
        await self._after(args, request, reply)

    async def _on_modal(self, args: AsyncArgs) -> None:
        """A modal sent. It closes, changes or shows errors only after the work is done."""
        view = args.body["view"]
        request = self._request(
            args, key=str(view["id"]), about=str(view.get("private_metadata") or ""), fields=_fields(view)
        )
        reply = await self._answer("modal", MODALS[view["callback_id"]], request, modal=view)
        if reply.errors:
            await args.ack(response_action="errors", errors=dict(reply.errors))
        elif reply.in_place is not None:
            await args.ack(response_action="update", view=reply.in_place)
        else:
            await args.ack()
        await self._after(args, request, reply)

    async def _on_home(self, args: AsyncArgs) -> None:
        """App Home opened."""
        await args.ack()
        if args.body["event"].get("tab") == "home":
            await self._publish(args, str(args.context.team_id), str(args.body["event"]["user"]))

    async def _on_message(self, args: AsyncArgs) -> None:
        """Something typed in the DM, or in a thread there. Its text is not even read."""
        event = args.body["event"]
        by_a_person = event.get("channel_type") == "im" and event.get("user") and not event.get("bot_id")
        if by_a_person and event.get("subtype") in (None, "file_share") and await self._first(args):
            request = self._request(args, key=str(args.body["event_id"]))
            reply = await self._answer("typed", plain.typed_in_chat, request)
            if reply.message is not None:
                await args.client.chat_postEphemeral(
                    channel=event["channel"],
                    user=event["user"],
                    thread_ts=event.get("thread_ts"),
                    **reply.message.arguments(),
                )
        await args.ack()

    async def _first(self, args: AsyncArgs) -> bool:
        try:
            return await first_sight(self._ally.db, str(args.body["event_id"]), self._ally.clock())
        except TROUBLE:
            return True  # rather an answer twice than none

    def _request(self, args: AsyncArgs, *, key: str, **rest: Any) -> Request:
        team, user = str(args.context.team_id), str(args.context.user_id)

        async def look_up() -> Person:
            found = await args.client.users_info(user=user, include_locale=True)
            return person_from(team, found["user"])

        async def open_dm() -> str | None:
            try:
                async with asyncio.timeout(_DM_WITHIN_S):
                    return str((await args.client.conversations_open(users=user))["channel"]["id"])
            except TROUBLE as error:
                log.warning("dm_not_opened", code=verdict_on(error).code)
                return None

        async def post(message: Message) -> Verdict | None:
            try:
                async with asyncio.timeout(_POST_WITHIN_S):
                    await args.client.chat_postMessage(channel=user, unfurl_links=False, **message.arguments())
            except TROUBLE as error:
                log.warning("answer_not_shown", code=(verdict := verdict_on(error)).code)
                return verdict
            return None

        return Request(team, user, key, look_up, open_dm, post, **rest)

    async def _answer(
        self, surface: str, behaviour: Behaviour, request: Request, *, shown_back: str = "", modal: View | None = None
    ) -> Reply:
        """Calls the behaviour; trouble with the database or Slack becomes kind words, with the text shown back."""
        try:
            with self._metrics.answers.labels(surface).time():
                return await in_time(behaviour(self._ally, request), ANSWER_WITHIN_S, self._is_busy)
        except Exception as error:  # noqa: BLE001 — people get words, not silence
            # The kind and the place alone: a database error repeats the values it choked on, and which button it was is
            # nobody's business.
            level = log.warning if isinstance(error, TROUBLE) else log.error
            level("answer_failed", surface=surface, error=type(error).__name__, at=_where(error))
        # In English: most often the database is what failed, and the time to ask anybody is used up.
        words = words_for(NO_LOCALE)
        sorry = answers.could_not_save(words, shown_back)
        if modal is None:
            return Reply(message=sorry)
        field = next((block["block_id"] for block in modal["blocks"] if block["type"] == "input"), None)
        return Reply(in_place=as_modal(sorry)) if field is None else Reply(errors={field: sorry.text})

    def _is_busy(self, task: asyncio.Task[Any]) -> None:
        self._busy.add(task)
        task.add_done_callback(self._busy.discard)

    async def _tried(self, call: Awaitable[Any]) -> bool:
        """Whether Slack took it. One thing that fails must not take the rest of an answer with it."""
        try:
            await call
        except TROUBLE as error:
            log.warning("answer_not_shown", code=verdict_on(error).code)
            return False
        return True

    async def _show(self, args: AsyncArgs, message: Message) -> None:
        """Where a button stood on a message: ephemerally. In a modal, the modal changes; in App Home, one opens."""
        view = args.body.get("view")
        if view is None:
            await args.respond(**message.arguments(), response_type="ephemeral", replace_original=False)
        elif view["type"] == "modal":
            await args.client.views_update(view_id=view["id"], view=as_modal(message))
        else:
            await self._open(args, as_modal(message))

    async def _open(self, args: AsyncArgs, view: View) -> None:
        inside = (args.body.get("view") or {}).get("type") == "modal"
        opening = args.client.views_push if inside else args.client.views_open
        await opening(trigger_id=args.body["trigger_id"], view=view)

    async def _after(self, args: AsyncArgs, request: Request, reply: Reply) -> None:
        if reply.home:
            forget_locale(self._ally, request.team, request.user)
            await self._publish(args, request.team, request.user)

    async def _publish(self, args: AsyncArgs, team: str, user: str) -> None:
        try:
            await args.client.views_publish(user_id=user, view=await home_view(self._ally, team, user))
        except TROUBLE as error:
            log.warning("home_not_published", error=type(error).__name__)


def meaning(text: str) -> tuple[Behaviour, str]:
    """The behaviour that a typed text asks for, and the text that is left for it."""
    if not text:
        return plain.show_help, ""
    word, *rest = text.split(None, 1)
    name, left = word.lower(), "".join(rest).strip()
    if name in WORDS:
        return WORDS[name], text if name == "admin" else left  # somebody's line may begin with "Admin"
    if name in SOON:
        return plain.coming_soon(name), left
    hinted = [known for known in (*WORDS, *SOON) if known != "admin"]  # most people could do nothing with that
    meant = next((known for known in hinted if _slip(name, known)), None)
    return plain.not_understood(meant), text


def _behaviour(action: str, value: str) -> Behaviour:
    """What a button does; under a preview, none of the nudge's own does anything."""
    if action.startswith(f"{ids.REPAIR}."):
        return repairing.show_card
    delivery = value.partition(":")[2] if action == ids.NUDGE_MORE else value
    previewed = action in _UNDER_A_NUDGE and delivery.startswith(ids.PREVIEW)
    return admin.only_a_preview if previewed else BUTTONS[action]


def _slip(typed: str, known: str) -> bool:
    """Whether one slip of the finger lies between the two: two letters swapped, one missing, doubled or wrong.

    Words of three letters are only ever swapped: too many others are one letter away.
    """
    if len(typed) == len(known):
        differ = [at for at, (a, b) in enumerate(zip(typed, known, strict=True)) if a != b]
        swapped = len(differ) == 2 and sorted(typed) == sorted(known) and differ[1] == differ[0] + 1
        return swapped or (len(differ) == 1 and len(known) > 3)
    longer, shorter = (typed, known) if len(typed) > len(known) else (known, typed)
    one_more = len(longer) == len(shorter) + 1 and len(known) > 3
    return one_more and any(longer[:at] + longer[at + 1 :] == shorter for at in range(len(longer)))


def _fields(holder: Mapping[str, Any]) -> dict[str, object]:
    """What was filled in, by block: text, one choice, or the set of ticked choices."""
    filled: dict[str, object] = {}
    for name, inputs in (holder.get("state") or {}).get("values", {}).items():
        state: Mapping[str, Any] = next(iter(inputs.values()), {})
        if "selected_options" in state:
            filled[name] = frozenset(chosen["value"] for chosen in state["selected_options"] or ())
        elif "selected_option" in state:
            filled[name] = (state["selected_option"] or {}).get("value")
        else:
            filled[name] = state.get("value") or state.get("selected_time") or state.get("selected_date")
    return filled


def _where(error: BaseException) -> str:
    """File and line where it happened: enough to mend it, and no value of anybody's in it."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{re.sub(r'^.*/bot/', 'bot/', trace.tb_frame.f_code.co_filename)}:{trace.tb_lineno}" if trace else "?"

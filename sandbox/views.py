"""Modals and App Homes: opening, pushing, updating, publishing, with Slack's rules for the stack."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sandbox import blockkit
from sandbox.errors import SlackError
from sandbox.world import JsonObject, Team, Trigger, View, World

STACK = 3  # "Modals": three views can exist in the view stack at any one time


class Views:
    """What may happen to views, whether by views.* or by a `response_action`."""

    def __init__(self, world: World) -> None:
        self.world = world

    def open(self, team: Team, trigger_id: Any, given: Any) -> View:
        """views.open: a modal at the bottom of a new stack."""
        trigger = self._look_at(team, trigger_id)
        content = self._modal(team, given)
        self._exchange(trigger_id, trigger)
        view = self._new(team, trigger.user, content)
        self.world.put_view(view)
        self.world.set_stack(team, trigger.user, [view.id])
        return view

    def push(self, team: Team, trigger_id: Any, given: Any) -> View:
        """views.push: a modal on top of the one the press came from."""
        trigger = self._look_at(team, trigger_id)
        stack = team.stacks.get(trigger.user, [])
        if trigger.view_id is None or trigger.view_id not in stack:
            raise SlackError("not_found")
        content = self._modal(team, given)
        if len(stack) >= STACK:
            raise SlackError("push_limit_reached")
        self._exchange(trigger_id, trigger)
        return self.put_on_top(team, trigger.user, content)

    def put_on_top(self, team: Team, user: str, content: JsonObject) -> View:
        """A checked modal on top of a person's stack."""
        stack = team.stacks.get(user, [])
        if len(stack) >= STACK:
            raise SlackError("push_limit_reached")
        view = self._new(team, user, content, root=stack[0], previous=stack[-1])
        self.world.put_view(view)
        self.world.set_stack(team, user, [*stack, view.id])
        return view

    def update(self, team: Team, given: Any, view_id: Any, external_id: Any, seen_hash: Any) -> View:
        """views.update: the next version of a view that is still open."""
        if view_id and external_id:
            raise SlackError("invalid_arguments", "Cannot provide both `view_id` and `external_id`")
        if not view_id and not external_id:
            raise SlackError("invalid_arguments", "missing required field: view_id")
        by_name = (v for v in team.views.values() if external_id and v.content.get("external_id") == external_id)
        view = team.views.get(str(view_id)) or next(by_name, None)
        if view is None:
            raise SlackError("not_found")
        content = blockkit.check_view(given, self.world.rng)
        if content["type"] != view.type:
            raise SlackError("invalid_arguments", "cannot change the `type` of a view [json-pointer:/view/type]")
        self._check_external_id(team, content, view.id)
        if seen_hash and seen_hash != view.hash:
            raise SlackError("hash_conflict")
        return self.replace(view, content)

    def replace(self, view: View, content: JsonObject) -> View:
        """Keep the next version of a view; what was typed stays where ids stay."""
        return self.world.put_view(
            replace(
                view,
                content=content,
                hash=self._hash(),
                values=blockkit.carried_state(content["blocks"], view.values),
                errors={},
            )
        )

    def publish(self, team: Team, user_id: str, given: Any, seen_hash: Any) -> View:
        """views.publish: what a person finds on the Home tab."""
        if not self.world.app.home_tab:
            raise SlackError("not_enabled")
        user = team.users.get(user_id)
        if user is None or user.is_bot or user.deleted:
            raise SlackError("invalid_arguments", "invalid `user_id` [json-pointer:/user_id]")
        content = blockkit.check_view(given, self.world.rng)
        if content["type"] != "home":
            raise SlackError("invalid_arguments", "invalid view type for method [json-pointer:/view/type]")
        old = self.world.home(team, user_id)
        self._check_external_id(team, content, old.id if old else None)
        if seen_hash and (old is None or seen_hash != old.hash):
            raise SlackError("hash_conflict")
        if old is not None:
            return self.replace(old, content)
        view = self._new(team, user_id, content)
        team.homes[user_id] = view.id
        return self.world.put_view(view)

    # -- rules -------------------------------------------------------------------------------------------------

    def check_modal(self, team: Team, given: Any, own_id: str | None = None) -> JsonObject:
        """A modal as an app gave it, checked; `own_id` is the view it replaces, if any."""
        return self._modal(team, given, own_id)

    def _modal(self, team: Team, given: Any, own_id: str | None = None) -> JsonObject:
        content = blockkit.check_view(given, self.world.rng)
        if content["type"] != "modal":
            raise SlackError("invalid_arguments", "invalid view type for method [json-pointer:/view/type]")
        self._check_external_id(team, content, own_id)
        return content

    @staticmethod
    def _check_external_id(team: Team, content: JsonObject, own_id: str | None) -> None:
        wanted = content.get("external_id")
        if wanted and any(v.content.get("external_id") == wanted for v in team.views.values() if v.id != own_id):
            raise SlackError("duplicate_external_id")

    def _look_at(self, team: Team, trigger_id: Any) -> Trigger:
        if not trigger_id:
            raise SlackError("invalid_arguments", "missing required field: trigger_id")
        trigger = self.world.triggers.get(str(trigger_id))
        if trigger is None or trigger.team_id != team.id:
            raise SlackError("invalid_trigger_id")
        if trigger.used:
            raise SlackError("exchanged_trigger_id")
        if self.world.clock.now() > trigger.expires_at:
            raise SlackError("expired_trigger_id")
        return trigger

    def _exchange(self, trigger_id: Any, trigger: Trigger) -> None:
        self.world.triggers[str(trigger_id)] = replace(trigger, used=True)

    def _hash(self) -> str:
        return f"{int(self.world.clock.timestamp())}.{self.world.new_word(8)}"

    def _new(
        self, team: Team, user: str, content: JsonObject, root: str | None = None, previous: str | None = None
    ) -> View:
        view_id = self.world.new_id("V")
        return View(
            view_id,
            team.id,
            user,
            content["type"],
            content,
            self._hash(),
            root or view_id,
            previous,
            blockkit.initial_state(content["blocks"]),
        )

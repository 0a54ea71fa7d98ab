"""Reading ``avatars:``: pictures that members can be shown by."""

from __future__ import annotations

from setia.language.diagnostics import DiagnosticCode
from setia.language.draft import Draft
from setia.language.model import Avatar
from setia.language.sections import Section


def read_avatars(top: Section, draft: Draft) -> None:
    """Read all avatars into the draft; badges and tiers are there already."""
    for name, section in top.named("avatars", "avatar", "avatar", is_word=False):
        section.close()
        badge = section.text("badge")
        if badge is not None and not draft.check_badge(badge, section.value_at("badge")):
            badge = None
        is_while_held = section.flag("while")
        if section.has("while") and not (section.has("badge") or section.has("when")):
            message = "'while' means nothing without 'badge' or 'when': everybody can wear this avatar"
            section.error(DiagnosticCode.CONFLICTING_KEYS, message, "while", "take it out, or say who may wear it")
        picture = section.text("picture", "picture: https://shop.example/owl.svg")
        when = section.condition("when", draft.vocabulary.standing_scope())
        draft.avatars[name] = Avatar(name, section.titled("title", name), picture or "", badge, when, is_while_held)

"""Avatars in a programme file, who may choose them, and which one is shown."""

import datetime as dt

import pytest

from setia.language.model import Avatar, Gives
from setia.rules.avatars import may_choose, worn
from setia.state.progress import Progress
from tests.pure.flow.shop import OPENED
from tests.pure.language.sample import EARN, HEAD, codes, load

SHOP = f"""{HEAD}
members: {{fields: {{pets: integer}}}}
units: {{points: {{}}}}
metrics: {{spend: {{sum: purchase.eligible, over: month}}}}
tiers: {{by: spend, levels: {{green: {{from: 0}}, gold: {{from: 100}}}}}}
badges: {{regular: {{}}}}
{EARN}  often: {{on: purchase.completed, give: {{badge: regular}}}}
"""


def shop(avatars: str) -> str:
    return f"{SHOP}avatars: {{{avatars}}}\n"


def progress(*, tier: str = "", badges: tuple[str, ...] = (), avatar: str = "", pets: int | None = None) -> Progress:
    attributes = {} if pets is None else {"pets": pets}
    found = Progress(OPENED.date(), OPENED, None, attributes)
    found.tier, found.avatar = tier, avatar
    found.badges = dict.fromkeys(badges, (1, OPENED))
    return found


def test_avatars_are_read_with_their_defaults() -> None:
    found = load(shop("bean: {picture: a.svg}, owl: {title: Owl, picture: b.svg, badge: regular, while: true}")).avatars
    assert found["bean"] == Avatar("bean", {"": "bean"}, "a.svg")
    assert found["owl"] == Avatar("owl", {"": "Owl"}, "b.svg", "regular", None, True)


@pytest.mark.parametrize(
    ("avatars", "expected"),
    [
        ("owl: {title: Owl}", ["missing_key"]),
        ("owl: {picture: a.svg, badge: seldom}", ["unknown_badge"]),
        ("owl: {picture: a.svg, while: true}", ["conflicting_keys"]),
        ("owl: {picture: a.svg, when: wallet.points >= 5}", ["expression.unknown_name"]),
        ("owl: {picture: a.svg, from: 5}", ["unknown_key"]),
    ],
)
def test_what_an_avatar_cannot_be(avatars: str, expected: list[str]) -> None:
    assert codes(shop(avatars)) == expected


def test_a_reward_can_be_a_badge() -> None:
    text = f"{SHOP}rewards: {{patron: {{costs: {{points: 5}}, gives: {{badge: regular}}}}}}\n"
    assert load(text).rewards["patron"].gives == Gives("badge", text="regular")
    assert codes(
        text.replace("badge: regular}}}}", "badge: other}}}}").replace(
            "gives: {badge: regular}", "gives: {badge: other}"
        )
    ) == ["unknown_badge"]
    assert codes(text.replace("gives: {badge: regular}", "gives: {badge: }")) == ["wrong_shape"]


def test_a_badge_that_only_a_reward_gives_is_given() -> None:
    text = SHOP.replace("give: {badge: regular}", "give: {points: 1}")
    assert codes(text) == ["badge_never_given"]
    assert codes(f"{text}rewards: {{patron: {{costs: {{points: 5}}, gives: {{badge: regular}}}}}}\n") == []


def test_who_may_choose_an_avatar() -> None:
    programme = load(shop(
        "bean: {picture: a.svg}, owl: {picture: b.svg, badge: regular}, crown: {picture: c.svg, when: tier.rank >= 1}, "
        "dog: {picture: d.svg, badge: regular, when: member.pets >= 1 && member.tenure_days >= 10}"
    ))  # fmt: skip
    later = OPENED + dt.timedelta(days=20)

    def open_to(who: Progress, at: dt.datetime = later) -> list[str]:
        return [name for name, avatar in programme.avatars.items() if may_choose(programme, avatar, who, at)]

    assert open_to(progress(tier="green")) == ["bean"]
    assert open_to(progress(tier="gold")) == ["bean", "crown"]
    assert open_to(progress(tier="green", badges=("regular",), pets=1)) == ["bean", "owl", "dog"]
    assert open_to(progress(tier="green", badges=("regular",), pets=1), OPENED) == ["bean", "owl"]


def test_what_is_shown_is_what_was_chosen_as_long_as_it_may_be() -> None:
    programme = load(shop("owl: {picture: a.svg, badge: regular}, cat: {picture: b.svg, badge: regular, while: true}"))
    for chosen, badges, shown in (
        ("", ("regular",), None),
        ("dragon", ("regular",), None),
        ("owl", (), "owl"),
        ("cat", ("regular",), "cat"),
        ("cat", (), None),
    ):
        found = worn(programme, progress(avatar=chosen, badges=badges), OPENED)
        assert (None if found is None else found.name) == shown

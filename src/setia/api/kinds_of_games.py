"""Declines of games and draws, as the table of problems has them."""

from __future__ import annotations

from typing import Final

from setia.api.kind import Kind

GAMES: Final[dict[str, Kind]] = {
    "avatar_unknown": Kind(
        404,
        ("There is no such avatar", "Avatar tidak ditemukan", "Avatar tidak ditemui"),
        "The programme in force has no avatar of this name.",
        "`GET /v1/member/avatars` lists what there is.",
    ),
    "avatar_locked": Kind(
        422,
        ("The avatar is locked", "Avatar masih terkunci", "Avatar masih terkunci"),
        "The member has not got the badge of the avatar, or its condition does not hold for them.",
        "`data.badge` and `data.when` say what is missing.",
    ),
    "game_unknown": Kind(
        404,
        ("There is no such game", "Permainan tidak ditemukan", "Permainan tidak ditemui"),
        "The programme in force has no game of this name.",
        "`GET /v1/member/games` lists what can be played.",
    ),
    "game_not_eligible": Kind(
        422,
        ("This game is not for this member", "Permainan ini bukan untuk anggota ini",
         "Permainan ini bukan untuk ahli ini"),
        "The condition of the game (`when:`) does not hold for the member.",
        "`data.when` is the condition.",
    ),
    "excluded_from_play": Kind(
        422,
        ("The member wants to be kept from games", "Anggota memilih berhenti bermain", "Ahli memilih berhenti bermain"),
        "The member has excluded themselves from games of chance and draws up to a day.",
        "It ends after `data.until` and cannot be shortened, by nobody.",
    ),
    "own_limit_reached": Kind(
        422,
        ("The member's own limit is reached", "Batas pribadi tercapai", "Had peribadi telah dicapai"),
        "The member plays as often as they wanted to at most (`data.times` per `data.per`).",
        "Wait for the next period; a looser limit takes effect after 24 hours.",
    ),
    "exclusion_not_shortened": Kind(
        422,
        ("An exclusion is not shortened", "Masa berhenti tidak bisa dipersingkat",
         "Tempoh berhenti tidak boleh dipendekkan"),
        "The day lies before the one up to which the member is excluded, or before today.",
        "Send `data.until` or a later day.",
    ),
    "play_limit_reached": Kind(
        422,
        ("The limit of plays is reached", "Batas bermain tercapai", "Had permainan telah dicapai"),
        "The game was played as often as one may (`data.times` per `data.per`), or as visitors of one address may.",
        "Wait for the next period.",
    ),
    "played_too_soon": Kind(
        422,
        ("The game pauses", "Permainan sedang jeda", "Permainan sedang berehat"),
        "Between two plays of this game lies a time.",
        "Play again at `data.again`.",
    ),
    "played_before_as_member": Kind(
        422,
        ("This was played by a member", "Sudah menjadi anggota", "Sudah menjadi ahli"),
        "What visitors win is for who joins afterwards, and for one visitor each.",
        "Members play with their own account.",
    ),
    "draw_unknown": Kind(
        404,
        ("There is no such draw", "Undian tidak ditemukan", "Cabutan tidak ditemui"),
        "The programme in force has no draw of this name.",
        "`GET /v1/member/draws` lists them.",
    ),
    "draw_not_open": Kind(
        422,
        ("The draw is not open", "Undian tidak dibuka", "Cabutan tidak dibuka"),
        "Tickets can be entered from `data.from` until `data.until`.",
        "Nothing was taken: the tickets are still in the wallet.",
    ),
    "draw_not_eligible": Kind(
        422,
        ("This draw is not for this member", "Undian ini bukan untuk anggota ini", "Cabutan ini bukan untuk ahli ini"),
        "The condition of the draw (`when:`) does not hold for the member.",
        "`data.when` is the condition.",
    ),
    "draw_limit_reached": Kind(
        422,
        ("No more tickets in this draw", "Batas tiket tercapai", "Had tiket telah dicapai"),
        "A member may enter a draw with so many tickets at most.",
        "Enter at most `data.left` more.",
    ),
}  # fmt: skip

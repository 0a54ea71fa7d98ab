"""Declines and faults of contests, as the table of problems has them."""

from __future__ import annotations

from typing import Final

from setia.api.kind import Kind

CONTESTS: Final[dict[str, Kind]] = {
    "contest_unknown": Kind(
        404,
        ("There is no such contest", "Lomba tidak ditemukan", "Pertandingan tidak ditemui"),
        "The programme in force has no contest of this name, or none in which members vote.",
        "`GET /v1/member/contests` lists them.",
    ),
    "contest_entry_unknown": Kind(
        404,
        ("There is no such entry", "Karya tidak ditemukan", "Penyertaan tidak ditemui"),
        "The contest has no such entry that can be seen, or it is not the member's, or it was taken away.",
        "`GET /v1/member/contests/{contest}/entries` lists what can be voted for.",
    ),
    "contest_not_open": Kind(
        422,
        ("The contest is not open", "Lomba tidak dibuka", "Pertandingan tidak dibuka"),
        "Entries and votes have each their time, and nothing changes once there is a result.",
        "It is open from `data.from` until `data.until`; with neither it is closed.",
    ),
    "contest_not_eligible": Kind(
        422,
        ("This contest is not for this member", "Lomba ini bukan untuk anggota ini",
         "Pertandingan ini bukan untuk ahli ini"),
        "The condition of the contest, or of its votes (`when:`), does not hold for the member.",
        "`data.when` is the condition.",
    ),
    "contest_limit_reached": Kind(
        422,
        ("No more of this in the contest", "Batas dalam lomba tercapai", "Had dalam pertandingan telah dicapai"),
        "A member has so many entries, so many votes in all and so many a day.",
        "`data.what` says of what there are `data.most`; votes come back by taking one back, or on the next day.",
    ),
    "contest_full": Kind(
        422,
        ("The contest is full", "Lomba sudah penuh", "Pertandingan sudah penuh"),
        "The contest takes so many entries of all members together.",
        "Nothing was taken. There is room again when somebody takes an entry back.",
    ),
    "contest_own_entry": Kind(
        422,
        ("Nobody votes for themselves", "Tidak boleh memilih karya sendiri", "Tidak boleh mengundi penyertaan sendiri"),
        "The entry is the member's own.",
        "Vote for another.",
    ),
    "contest_voted_already": Kind(
        422,
        ("Voted for it before", "Sudah memilih karya ini", "Sudah mengundi penyertaan ini"),
        "A member has one vote for each entry.",
        "Vote for another, or take the vote back.",
    ),
    "contest_not_voted": Kind(
        422,
        ("There is no vote to take back", "Tidak ada suara untuk ditarik", "Tiada undi untuk ditarik balik"),
        "The member has not voted for this entry.",
        "Nothing has to be done.",
    ),
    "contest_reviewed_already": Kind(
        409,
        ("Somebody has decided about it", "Sudah ditinjau", "Sudah disemak"),
        "What waits can be approved or refused, and what is shown taken down.",
        "`data.state` is how the entry stands.",
    ),
}  # fmt: skip

CONTEST_FAULTS: Final[dict[str, Kind]] = {
    "contest_open": Kind(
        409,
        ("The contest is still open", "Lomba masih dibuka", "Pertandingan masih dibuka"),
        "Nobody can be placed before the last entry and the last vote were taken.",
        "Wait until `data.until`.",
    ),
    "contest_closed": Kind(
        409,
        ("The contest has a result", "Lomba sudah punya hasil", "Pertandingan sudah ada keputusan"),
        "A contest is decided once, whatever is sent later.",
        "Read its result: `/public/{programme}/contests/{contest}`.",
    ),
}  # fmt: skip

"""The refusals of drops, hasty versions and gifts to oneself: a part of the one table of problems."""

from __future__ import annotations

from typing import Final

from setia.api.kind import Kind

PROMISES: Final[dict[str, Kind]] = {
    "pass_needed": Kind(
        422,
        ("Stand in line for this reward", "Reward ini lewat antrean", "Ganjaran ini melalui giliran"),
        "The reward is only given away at a drop, and the member has no pass, or one that is over or was used. One pass"
        " is one piece.",
        "`POST /v1/member/drops/{drop}/place` stands in line; claim while the place is `admitted` or `holding`.",
    ),
    "merge_not_possible": Kind(
        409,
        ("These two cannot be merged", "Kedua anggota tidak dapat digabung", "Kedua-dua ahli tidak boleh digabungkan"),
        "It is one and the same member, or none; or the other one is blocked or erased, has a payment under way or a"
        " referral that is not settled; or one of both owes units. `data.why` says which.",
        "Settle what `data.why` names, then merge.",
    ),
    "merged_already": Kind(
        409,
        ("Merged already", "Sudah digabung", "Sudah digabungkan"),
        "One of the two is part of somebody already: `data.into`.",
        "Merge with the one whom `data.into` names; to part two of three, undo the last merge first.",
    ),
    "not_merged": Kind(
        409,
        ("Not merged with this member", "Tidak tergabung dengan anggota ini", "Tidak digabungkan dengan ahli ini"),
        "The other member is not part of this one.",
        "Part them from the one whom `data.into` names, if there is one.",
    ),
    "unmerge_window_closed": Kind(
        422,
        ("Too late to part them", "Terlambat untuk dipisahkan", "Terlewat untuk dipisahkan"),
        "Two members who were merged can be parted for 30 days.",
        "Move units by adjustments with a reason.",
    ),
    "plan_in_the_way": Kind(
        409,
        ("A plan has to be cancelled first", "Paket harus dibatalkan dulu", "Pelan perlu dibatalkan dahulu"),
        "Who is erased, or merged into another member, has a plan that is renewed or waits to be paid.",
        "`POST …/plan/cancel` first; or, to merge, let the member with the plan be the one who stays.",
    ),
    "self_credit": Kind(
        422,
        ("Nobody gives points to themselves", "Tidak boleh memberi poin kepada diri sendiri",
         "Tidak boleh memberi mata kepada diri sendiri"),
        "Whoever adjusts (`by`, or `by_member`) is the member whose balance it is.",
        "Let somebody else make the correction; an approval does not help.",
    ),
}  # fmt: skip

BROKEN_PROMISES: Final[dict[str, Kind]] = {
    "not_in_line": Kind(
        409,
        ("No place in line for this", "Tidak ada tempat antrean untuk ini", "Tiada tempat dalam giliran untuk ini"),
        "The drop is not open yet, the member does not stand in line, or has no pass that could be used.",
        "`GET /v1/member/drops` tells from when one can arrive; `POST /v1/member/drops/{drop}/place` stands in line.",
    ),
    "notice_too_short": Kind(
        422,
        ("Members were promised more notice", "Anggota dijanjikan pemberitahuan lebih awal",
         "Ahli dijanjikan notis lebih awal"),
        "The version takes something away from members (`losses`) sooner than `changes: {notice: …}` of the version"
        " before it promised.",
        "Publish it with `effective_at` at `earliest` or later, or let members keep the old terms for so long:"
        " `changes: {old_terms: {until: …}}`.",
    ),
}  # fmt: skip

"""The refusals of causes: a part of the one table of problems."""

from __future__ import annotations

from typing import Final

from setia.api.kind import Kind

CAUSES: Final[dict[str, Kind]] = {
    "cause_unknown": Kind(
        422,
        ("There is no such cause", "Tujuan donasi tidak ditemukan", "Tujuan derma tidak ditemui"),
        "The programme has no cause of this name.",
        "Send a name under `causes` of the programme.",
    ),
    "cause_closed": Kind(
        409,
        ("The cause takes no gifts now", "Donasi sedang tidak dibuka", "Derma tidak dibuka sekarang"),
        "The cause is open at other times (`causes: {…: {schedule: …}}`).",
        "Give to it when it is open, or to another cause.",
    ),
    "cause_not_eligible": Kind(
        422,
        ("The cause is not for this member", "Donasi ini bukan untuk Anda", "Derma ini bukan untuk anda"),
        "The cause is shown and open to some members only (`causes: {…: {when: …}}`).",
        "Offer the member a cause of `GET /v1/member/causes`.",
    ),
    "donation_amount_wrong": Kind(
        422,
        ("This amount cannot be given", "Jumlah ini tidak dapat didonasikan", "Jumlah ini tidak boleh didermakan"),
        "A cause takes gifts from a least one on, and in steps; of a sale that was returned no share is left to give.",
        "Send a multiple of `data.step`, and at least `data.at_least`.",
    ),
    "donation_unknown": Kind(
        422,
        ("There is no such gift", "Donasi tidak ditemukan", "Derma tidak ditemui"),
        "Nothing was given under this number.",
        "Send the `source` and `external_id` of the gift, or the number of its receipt.",
    ),
    "already_paid_out": Kind(
        409,
        ("The gift was paid out", "Donasi sudah disalurkan", "Derma sudah disalurkan"),
        "The cause was paid what members gave it, and this gift was among it.",
        "Nothing can be done: it stays given.",
    ),
}

"""The refusals of partners and exchanges: a part of the one table of problems."""

from __future__ import annotations

from typing import Final

from setia.api.kind import Kind

PARTNERS: Final[dict[str, Kind]] = {
    "receipt_of_other_partner": Kind(
        409,
        ("The receipt belongs to another partner", "Struk milik mitra lain", "Resit milik rakan lain"),
        "The sale that is returned was made with another partner, whose account it stays on.",
        "Send the return for the partner in `data.partner`, or leave the partner out: the sale knows it.",
    ),
    "exchange_unknown": Kind(
        422,
        ("There is no such exchange", "Penukaran tidak ditemukan", "Pertukaran tidak ditemui"),
        "The programme has no exchange of this name, or nothing was exchanged under this number.",
        "Send a name under `exchanges` of the programme; to undo one, its `source` and `external_id`.",
    ),
    "exchange_amount_wrong": Kind(
        422,
        ("This amount cannot be exchanged", "Jumlah ini tidak dapat ditukar", "Jumlah ini tidak boleh ditukar"),
        "Units are exchanged so many for so many, and no fewer than the programme says.",
        "Send a multiple of `data.step`, and at least `data.at_least`.",
    ),
    "exchange_limit_reached": Kind(
        422,
        ("More than may be exchanged", "Melebihi batas penukaran", "Melebihi had pertukaran"),
        "A member may exchange only so much in a period (`exchanges: {…: {limit: …}}`).",
        "Exchange at most `data.left`, or wait for the next period.",
    ),
    "exchange_not_cancellable": Kind(
        409,
        ("The exchange cannot be undone", "Penukaran tidak dapat dibatalkan", "Pertukaran tidak boleh dibatalkan"),
        "It is too late, or what was given is not wholly there any more; what left for a partner does not come back.",
        "Exchange it back, if the programme has an exchange the other way.",
    ),
    "partner_cannot_earn": Kind(
        422,
        ("This is not earned with this partner", "Tidak diperoleh di mitra ini", "Tidak diperoleh dengan rakan ini"),
        "The contract of the partner has no price at which it issues this unit then (`partners: {…: {earns: …}}`).",
        "Leave the partner out, so that the programme itself pays, or name another one.",
    ),
    "partner_cannot_burn": Kind(
        422,
        ("This cannot be spent with this partner", "Tidak dapat dipakai di mitra ini", "Tidak boleh ditebus di sini"),
        "The contract of the partner has no price at which it takes this unit then (`partners: {…: {burns: …}}`).",
        "Pay with money here, or spend the units with another partner.",
    ),
}

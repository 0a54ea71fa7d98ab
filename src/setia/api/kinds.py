"""The one table of problems: code → status, title in three languages, what it means and what to do."""

from __future__ import annotations

from typing import Final

from setia.api.kind import LANGUAGES as LANGUAGES
from setia.api.kind import Kind as Kind
from setia.api.kinds_of_causes import CAUSES
from setia.api.kinds_of_contests import CONTEST_FAULTS, CONTESTS
from setia.api.kinds_of_games import GAMES
from setia.api.kinds_of_partners import PARTNERS
from setia.api.kinds_of_promises import BROKEN_PROMISES, PROMISES

DECLINES: Final[dict[str, Kind]] = {
    **GAMES,
    **CONTESTS,
    **PARTNERS,
    **CAUSES,
    **PROMISES,
    "programme_not_in_force": Kind(
        422,
        ("The programme was not in force then", "Program belum berlaku saat itu", "Program belum berkuat kuasa"),
        "The activity occurred before the first published version took effect.",
        "Check `occurred_at`; activities from before the programme began cannot be taken in.",
    ),
    "occurred_in_future": Kind(
        422,
        ("The activity lies in the future", "Aktivitas terjadi di masa depan", "Aktiviti berlaku pada masa hadapan"),
        "`occurred_at` is further ahead than the programme allows (`late: {future: …}`).",
        "Set the clock of the till, or leave `occurred_at` out.",
    ),
    "occurred_too_long_ago": Kind(
        422,
        ("The activity is too old", "Aktivitas sudah terlalu lama", "Aktiviti sudah terlalu lama"),
        "The activity occurred longer ago than the programme accepts (`late: {accept: …}`).",
        "Correct the balance by an adjustment with a reason instead.",
    ),
    "programme_paused": Kind(
        423,
        ("The programme is paused", "Program sedang dijeda", "Program sedang dijeda"),
        "Nothing is earned while the operator has paused the programme, and where the pause says so nothing is spent. "
        "Returns, cancellations and corrections are taken.",
        "Keep the activity, and send it again later with the same natural key.",
    ),
    "member_blocked": Kind(
        409,
        ("The member is blocked", "Anggota diblokir", "Ahli disekat"),
        "A blocked member neither earns nor spends; returns and corrections still go through.",
        "The operator unblocks the member: `PATCH /v1/admin/members/{id}`.",
    ),
    "receipt_of_other_member": Kind(
        409,
        ("The receipt belongs to another member", "Struk milik anggota lain", "Resit milik ahli lain"),
        "The sale that is returned or replaced was recorded for somebody else.",
        "Identify the member of the receipt, or leave the member out: the sale knows its member.",
    ),
    "already_returned": Kind(
        409,
        ("Already returned", "Sudah dikembalikan", "Sudah dipulangkan"),
        "The sale, or this line of it, was returned or cancelled before.",
        "Nothing is left to do; look at the history of the member.",
    ),
    "refund_window_closed": Kind(
        422,
        ("The time for returns is over", "Masa pengembalian sudah lewat", "Tempoh pemulangan telah tamat"),
        "The programme takes returns for a limited time after the purchase (`refunds: {within: …}`).",
        "Give the money back if you wish; the points stay as they are, or are adjusted by hand.",
    ),
    "not_on_receipt": Kind(
        422,
        ("Not on the receipt", "Tidak ada di struk", "Tiada dalam resit"),
        "A returned line is not on the sale, or more of it is returned than was bought.",
        "Name lines by the `id` they had on the purchase; `data.left` says how much can still go back.",
    ),
    "claim_window_closed": Kind(
        422,
        ("The time to claim this purchase is over", "Masa klaim pembelian sudah lewat", "Tempoh tuntutan telah tamat"),
        "A purchase without a member can be claimed for a limited time (`guests: {claim_within: …}`).",
        "The operator may give the points by an adjustment with a reason.",
    ),
    "referral_code_unknown": Kind(
        422,
        ("No member has this code", "Kode tidak ditemukan", "Kod tidak ditemui"),
        "No member has this code, or members of this programme do not bring friends.",
        "Type it again; it has eight letters and digits, without 0, O, 1, I and L.",
    ),
    "referrer_not_permitted_to_redeem": Kind(
        422,
        ("A member's own code is for others", "Kode sendiri untuk orang lain", "Kod sendiri untuk orang lain"),
        "A member brought their own code.",
        "Bring the code of somebody else, or none.",
    ),
    "referrer_not_eligible": Kind(
        422,
        ("This member cannot bring friends now", "Anggota ini belum bisa mengajak", "Ahli ini belum boleh mengajak"),
        "The member of the code is blocked, or the condition of the programme (`referral: {who: …}`) does not hold.",
        "Use another code, or none.",
    ),
    "referral_already_claimed": Kind(
        409,
        ("The member came by a code before", "Sudah memakai kode", "Sudah menggunakan kod"),
        "Every member comes by one code at most.",
        "Nothing is left to do; the first one counts.",
    ),
    "referral_window_closed": Kind(
        422,
        ("Too late for a code", "Terlambat memakai kode", "Terlambat untuk kod"),
        "A code is brought soon after joining (`referral: {claim_within: …}`) and before the first purchase.",
        "`data.until` says until when it could be brought.",
    ),
    "referral_not_held": Kind(
        409,
        ("Nothing is held for review", "Tidak ada yang ditinjau", "Tiada yang disemak"),
        "The member came by nobody's code, or it was decided on before.",
        "`data.state` says how it stands.",
    ),
    "hold_unknown": Kind(
        422,
        ("There is no such hold", "Penahanan tidak ditemukan", "Tahanan tidak ditemui"),
        "The member has no hold with this id.",
        "Send the id that placing the hold answered, and the same member.",
    ),
    "already_committed": Kind(
        409,
        ("The hold was committed before", "Penahanan sudah diselesaikan", "Tahanan telah disahkan"),
        "A hold is settled once; this one was committed.",
        "Place a new hold for a further payment.",
    ),
    "already_released": Kind(
        409,
        ("The hold was released before", "Penahanan sudah dilepas", "Tahanan telah dilepaskan"),
        "A hold is settled once; this one was released.",
        "Place a new hold for a further payment.",
    ),
    "hold_lapsed": Kind(
        409,
        ("The hold has lapsed", "Penahanan sudah kedaluwarsa", "Tahanan telah luput"),
        "The hold was not settled in time; its units are free again.",
        "Place a new hold, and settle it before `lapses_at`.",
    ),
    "hold_declined": Kind(
        409,
        ("The hold was never placed", "Penahanan ditolak", "Tahanan ditolak"),
        "Placing the hold was declined, so there is nothing to settle.",
        "Place a new hold that the balance bears.",
    ),
    "hold_exceeded": Kind(
        422,
        ("More than is held", "Melebihi jumlah yang ditahan", "Melebihi jumlah yang ditahan"),
        "A commit may take all of the hold or a part, never more.",
        "Commit at most `data.held`, and take the rest by another hold.",
    ),
    "reward_unknown": Kind(
        422,
        ("There is no such reward", "Hadiah tidak ditemukan", "Ganjaran tidak ditemui"),
        "The programme has no reward of this name that can be bought with units.",
        "`GET /v1/member/rewards` and `POST /v1/till/members/identify` list what can be claimed.",
    ),
    "reward_not_eligible": Kind(
        422,
        ("This reward is not for this member now", "Belum memenuhi syarat hadiah", "Belum layak untuk ganjaran"),
        "The condition of the reward (`when:`) does not hold.",
        "`data.when` has the condition.",
    ),
    "reward_limit_reached": Kind(
        422,
        ("The member has had enough of this reward", "Batas hadiah tercapai", "Had ganjaran telah dicapai"),
        "The reward has a limit per member and time (`limit:`), which is used up.",
        "Try again when the period of the limit is over; `data.left` says what is left of it.",
    ),
    "out_of_stock": Kind(
        409,
        ("Out of stock", "Stok habis", "Kehabisan stok"),
        "Fewer pieces of the reward are left than are wanted.",
        "Claim fewer, or publish a version with more stock.",
    ),
    "claim_by_itself": Kind(
        422,
        ("Claim it by itself", "Klaim tersendiri", "Tebus secara berasingan"),
        "The reward keeps what an order leaves of it, so it is no claim inside an order.",
        "Claim it first, and send the code of its voucher with the order.",
    ),
    "voucher_unknown": Kind(
        422,
        ("There is no such voucher", "Voucher tidak ditemukan", "Baucar tidak ditemui"),
        "The member has no voucher of this number, or nothing has this code.",
        "`GET /v1/member/vouchers` lists them; `GET /v1/till/vouchers/{code}` looks a code up.",
    ),
    "voucher_of_other_member": Kind(
        409,
        ("The voucher belongs to another member", "Voucher milik anggota lain", "Baucar milik ahli lain"),
        "The code is of a voucher in somebody else's hand.",
        "Identify the member whose voucher it is, or leave the code out.",
    ),
    "voucher_revoked": Kind(
        409,
        ("The voucher was taken back", "Voucher sudah ditarik", "Baucar telah ditarik balik"),
        "The voucher was cancelled or revoked, or what had given it was returned.",
        "Leave the code out.",
    ),
    "voucher_used": Kind(
        409,
        ("The voucher was used", "Voucher sudah dipakai", "Baucar telah digunakan"),
        "All of the voucher was used before.",
        "Leave the code out; the member's history says where it was used.",
    ),
    "voucher_expired": Kind(
        422,
        ("The voucher is over", "Voucher sudah kedaluwarsa", "Baucar telah tamat tempoh"),
        "The voucher or the code is past its time, and was not reserved before that.",
        "Leave the code out; `data.until` says when it ended.",
    ),
    "voucher_not_active": Kind(
        422,
        ("The voucher cannot be used yet", "Voucher belum dapat dipakai", "Baucar belum boleh digunakan"),
        "What gave the voucher is not final yet, or the campaign has not begun.",
        "Try again from `data.from` on.",
    ),
    "voucher_reserved": Kind(
        409,
        ("Another cart has reserved the voucher", "Voucher dipesan keranjang lain", "Baucar ditempah troli lain"),
        "The voucher is set aside for a cart whose `session` was not sent.",
        "Send the `session` of the cart, release it, or wait until it lapses.",
    ),
    "choice_needed": Kind(
        422,
        ("The member has to choose", "Anggota harus memilih", "Ahli perlu memilih"),
        "The reward is a choice, and none of its rewards was picked.",
        "Send `choose` with one of `data.choice`.",
    ),
    "quantity_exceeded": Kind(
        409,
        ("The code is used up", "Kode sudah habis dipakai", "Kod telah habis digunakan"),
        "All uses of the code are taken or reserved by other carts.",
        "Leave it out, or try again: a reservation that lapses is free for others.",
    ),
    "voucher_not_cancellable": Kind(
        409,
        ("The voucher cannot be cancelled", "Voucher tidak dapat dibatalkan", "Baucar tidak boleh dibatalkan"),
        "Only a voucher that was bought with units and is still unused can be cancelled.",
        "`data.state` says what became of it.",
    ),
    "unit_cannot_pay": Kind(
        422,
        ("This unit cannot pay", "Unit ini tidak bisa membayar", "Unit ini tidak boleh membayar"),
        "The unit has no `pays:` in the programme, so it settles no purchase.",
        "Leave it out of `spend`, or give the unit a worth for paying.",
    ),
    "card_unknown": Kind(
        422,
        ("There is no such gift card", "Kartu hadiah tidak ditemukan", "Kad hadiah tidak ditemui"),
        "No gift card has this code, or it was withdrawn when its sale was undone.",
        "Read the code again; `data.card` has its last characters.",
    ),
    "card_blocked": Kind(
        409,
        ("The gift card is blocked", "Kartu hadiah diblokir", "Kad hadiah disekat"),
        "The card was reported lost, and pays nothing until it is unblocked or replaced.",
        "Whoever owns it has to see the operator, who gives it a new code.",
    ),
    "card_amount_wrong": Kind(
        422,
        ("No gift card has this amount", "Tidak ada kartu hadiah senilai ini", "Tiada kad hadiah bernilai ini"),
        "Gift cards of the programme have at least and at most so much on them, and the claim asks for another amount.",
        "Claim so many pieces that the card has from `data.least` to `data.most`.",
    ),
    "card_already_issued": Kind(
        409,
        ("The gift card is in use", "Kartu hadiah sudah dipakai", "Kad hadiah sudah digunakan"),
        "A code can be sold, issued or put in the place of another once; there is money on this one, or was.",
        "Draw a fresh code. Where the programme says `reload: true` a sale puts more on a card that is there; "
        "the card of a reward gets its code once, and another one only as a lost card.",
    ),
    "card_is_no_member": Kind(
        422,
        ("A gift card is no member", "Kartu hadiah bukan anggota", "Kad hadiah bukan ahli"),
        "The activity is for a member, and was sent for the wallet of a gift card.",
        "Send it for a member; a purchase names the cards that pay for it under `gift_cards`.",
    ),
    "transfer_not_allowed": Kind(
        422,
        ("This transfer is not allowed", "Transfer tidak diizinkan", "Pemindahan tidak dibenarkan"),
        "The unit has no `transfer:` policy, or the receiver is unknown, blocked or the sender.",
        "Choose another receiver, or allow transfers in the programme.",
    ),
    "transfer_limit_reached": Kind(
        422,
        ("The limit of transfers is reached", "Batas transfer tercapai", "Had pemindahan telah dicapai"),
        "The sender or the receiver has moved as much as the programme allows in this period.",
        "Send at most `data.left`, or wait for the next period.",
    ),
    "challenge_unknown": Kind(
        404,
        ("There is no such challenge to join", "Tantangan tidak ditemukan", "Cabaran tidak ditemui"),
        "The programme has no challenge of this name with `join: true`; the others count without joining.",
        "`GET /v1/member/challenges` lists them.",
    ),
    "challenge_closed": Kind(
        409,
        ("The challenge is not open", "Tantangan tidak dibuka", "Cabaran tidak dibuka"),
        "It has not begun yet, or it is over.",
        "`data.from` and `data.until` say when it is open.",
    ),
    "challenge_joined_already": Kind(
        409,
        ("The challenge was joined before", "Tantangan sudah diikuti", "Cabaran telah disertai"),
        "The member takes part already.",
        "Nothing more is to be done; `data.since` says since when.",
    ),
    "pool_unknown": Kind(
        422,
        ("There is no such source", "Sumber tidak ditemukan", "Sumber tidak ditemui"),
        "No unit of the programme has a pool of this name.",
        "Use a name that stands under `pools:`.",
    ),
    "plan_unknown": Kind(
        422,
        ("There is no such plan", "Paket tidak ditemukan", "Pelan tidak ditemui"),
        "The programme has no plan of this name, or the plan cannot be paid for that way.",
        "`GET /v1/member/plans` lists plans and prices; say `every` where a plan has several.",
    ),
    "plan_closed": Kind(
        409,
        ("The plan takes no new members", "Paket sudah ditutup", "Pelan telah ditutup"),
        "The plan is closed (`closed: true`): whoever has it keeps it, and nobody can start it.",
        "Offer another plan.",
    ),
    "plan_running": Kind(
        409,
        ("The member has a plan already", "Anggota sudah punya paket", "Ahli sudah mempunyai pelan"),
        "A member has one plan at a time, and this is what they have already.",
        "Change it to another price or plan, or wait until `data.ends_at`.",
    ),
    "plan_not_running": Kind(
        409,
        ("The member has no plan", "Anggota tidak punya paket", "Ahli tiada pelan"),
        "There is no plan that could be changed or cancelled.",
        "Start one.",
    ),
    "plan_already_cancelled": Kind(
        409,
        ("The plan was cancelled before", "Paket sudah dibatalkan", "Pelan telah dibatalkan"),
        "The plan is cancelled and runs to its end.",
        "Start it again to take the cancellation back.",
    ),
    "invoice_not_open": Kind(
        409,
        ("This invoice is not open", "Tagihan tidak terbuka", "Invois tidak terbuka"),
        "The invoice was paid or replaced, is not the member's, or there is none.",
        "Read the member's invoices; money that came in for none of them has to go back.",
    ),
    "payment_unknown": Kind(
        422,
        ("There is no such payment", "Pembayaran tidak ditemukan", "Bayaran tidak ditemui"),
        "No payment of the member was for this invoice.",
        "Read the member's invoices; only what was paid can go back.",
    ),
    "payment_mismatch": Kind(
        422,
        ("Not the amount of the invoice", "Jumlah tidak sesuai tagihan", "Amaun tidak sepadan dengan invois"),
        "An invoice is paid in full, by exactly what it asks for.",
        "`data.due` is what it asks for; give the rest back, or ask for it.",
    ),
    "refund_exceeded": Kind(
        422,
        ("More than was paid", "Melebihi yang dibayar", "Melebihi yang dibayar"),
        "More is to go back than is left of the payment.",
        "Give back at most `data.left`.",
    ),
    "approval_needed": Kind(
        422,
        ("A second person has to approve", "Perlu persetujuan orang kedua", "Perlu kelulusan orang kedua"),
        "Adjustments above the limits of the programme (`adjustments: {approve_above: …, per_day: …}`) need four eyes.",
        "Send `approved_by` with somebody else's name than `by`.",
    ),
    "insufficient_balance": Kind(
        422,
        ("Not enough", "Saldo tidak cukup", "Baki tidak mencukupi"),
        "The member has less of the unit than is wanted; pending and held units cannot be spent.",
        "Spend at most `data.found`; `GET /v1/member/balance` says what is pending until when.",
    ),
    "quote_changed": Kind(
        409,
        ("The total has changed", "Total telah berubah", "Jumlah telah berubah"),
        "The purchase carries `expect_total`, and comes to another total now. Nothing was charged.",
        "Show the buyer `data.total`, and send it again as `expect_total`; `data.lost` names codes that are gone.",
    ),
}  # fmt: skip

FAULTS: Final[dict[str, Kind]] = {
    **BROKEN_PROMISES,
    "malformed_json": Kind(
        400,
        ("The body is not JSON", "Isi permintaan bukan JSON", "Kandungan permintaan bukan JSON"),
        "The body cannot be read as JSON in UTF-8, or is nested deeper than 32 levels.",
        "`data.line` and `data.column` say where it goes wrong.",
    ),
    "version_unknown": Kind(
        400,
        ("Unknown version of the API", "Versi API tidak dikenal", "Versi API tidak dikenali"),
        "`Setia-Version` names a version that this server does not speak.",
        "Leave the header out, or send the version that every answer has in its `Setia-Version`.",
    ),
    "key_missing": Kind(
        401,
        ("A key is needed", "Perlu kunci", "Kunci diperlukan"),
        "The request has no `Authorization: Bearer …`.",
        "`setia keys create` makes a key.",
    ),
    "key_invalid": Kind(
        401,
        ("The key opens nothing", "Kunci tidak berlaku", "Kunci tidak sah"),
        "The key is unknown, revoked or over.",
        "Ask for a new key; a revoked one never comes back.",
    ),
    "scope_missing": Kind(
        403,
        ("The key is not for this", "Kunci tidak berhak", "Kunci tiada kebenaran"),
        "The key is of another audience, or lacks the scope of the route.",
        "`data.scope` names the scope that is needed.",
    ),
    "not_found": Kind(
        404,
        ("There is no such thing", "Tidak ditemukan", "Tidak ditemui"),
        "What the request speaks of (`data.what`) does not exist.",
        "Check `data.key`; ids are given out by this API and end in 26 letters and digits.",
    ),
    "route_unknown": Kind(
        404,
        ("There is nothing at this address", "Alamat tidak ditemukan", "Alamat tidak ditemui"),
        "No route has this path.",
        "`/docs` lists every route.",
    ),
    "method_not_allowed": Kind(
        405,
        ("This method is not possible here", "Metode tidak diizinkan", "Kaedah tidak dibenarkan"),
        "The path exists, but not with this method.",
        "The `Allow` header lists the methods.",
    ),
    "conflict": Kind(
        409,
        ("It contradicts what is there", "Bertentangan dengan data yang ada", "Bercanggah dengan data sedia ada"),
        "The request contradicts what is already there.",
        "Read what is there, and decide again.",
    ),
    "identifier_taken": Kind(
        409,
        ("This already leads to another member", "Sudah dipakai anggota lain", "Sudah digunakan oleh ahli lain"),
        "A card, phone, e-mail address or external id leads to one member only.",
        "Identify the other member by it, or take it from them first.",
    ),
    "name_mismatch": Kind(
        409,
        ("Two different names", "Nama tidak cocok", "Nama tidak sepadan"),
        "The address names another programme than the definition in the body.",
        "Make `programme:` and the address the same.",
    ),
    "programme_not_published": Kind(
        409,
        ("The programme is not published", "Program belum diterbitkan", "Program belum diterbitkan"),
        "There is a draft at most; nothing can be taken in before the first version.",
        "`POST /v1/admin/programmes/{name}/publish`.",
    ),
    "draw_open": Kind(
        409,
        ("The draw is still open", "Undian masih dibuka", "Cabutan masih dibuka"),
        "Nothing can be drawn before the draw has closed.",
        "Wait until `data.until`.",
    ),
    "draw_settled": Kind(
        409,
        ("The draw was drawn before", "Undian sudah diundi", "Cabutan telah dibuat"),
        "A draw is drawn once, whatever is sent later.",
        "Read its record: `/public/{programme}/draws/{draw}`.",
    ),
    **CONTEST_FAULTS,
    "beacon_missing": Kind(
        409,
        ("The draw waits for its beacon", "Undian menunggu angka acak publik", "Cabutan menunggu nombor rawak awam"),
        "The programme names a public random value with which the draw is drawn. The list is closed.",
        "Send the value of `data.beacon` as `beacon`.",
    ),
    "provider_missing": Kind(
        409,
        ("No payment provider is set up", "Penyedia pembayaran belum disiapkan", "Penyedia bayaran belum disediakan"),
        "There is no payment provider of this name, so it can neither be asked nor tell anything.",
        "Set `SETIA_STRIPE_SECRET_KEY` and `SETIA_STRIPE_WEBHOOK_SECRETS`, or confirm payments by hand.",
    ),
    "signature_invalid": Kind(
        400,
        ("The signature does not fit", "Tanda tangan tidak cocok", "Tandatangan tidak sepadan"),
        "A message of a payment provider is not signed by a secret that we know, or not within five minutes.",
        "Set the signing secret of the endpoint, and the clock of the server; the provider sends it again.",
    ),
    "edit_conflict": Kind(
        412,
        ("Somebody else saved in the meantime", "Sudah diubah orang lain", "Telah diubah oleh orang lain"),
        "`If-Match` names a revision that is not the present one.",
        "Load it again, repeat the change, and send the new ETag.",
    ),
    "body_too_large": Kind(
        413,
        ("The body is too large", "Isi terlalu besar", "Kandungan terlalu besar"),
        "The body has more bytes than are read (`SETIA_MAX_BODY_BYTES`, `SETIA_MAX_BATCH_BODY_BYTES`).",
        "Send it in parts.",
    ),
    "media_type_unknown": Kind(
        415,
        ("Expected JSON", "Harus JSON", "Perlu JSON"),
        "The `Content-Type` is neither missing nor JSON.",
        "Send `Content-Type: application/json`.",
    ),
    "invalid": Kind(
        422,
        ("The request cannot be meant", "Permintaan tidak sah", "Permintaan tidak sah"),
        "Fields are missing, unknown or of the wrong type or range. Nothing was recorded.",
        "`errors` has all of it at once: a JSON pointer, a code and what to do.",
    ),
    "idempotency_mismatch": Kind(
        422,
        ("The Idempotency-Key was used for another request", "Kunci idempotensi sudah dipakai",
         "Kunci idempotensi telah digunakan"),
        "The key came before with another method, address or body.",
        "Make a new key for each request; keep it only to send the very same request again.",
    ),
    "programme_invalid": Kind(
        422,
        ("The definition has errors", "Definisi program salah", "Takrif program mempunyai ralat"),
        "A definition with errors cannot be published.",
        "`data.diagnostics` has all of them, with line, column and a hint.",
    ),
    "month_not_over": Kind(
        409,
        ("The month is not over", "Bulannya belum berakhir", "Bulan itu belum tamat"),
        "A statement is closed after the end of its month on the programme's clock.",
        "Look at it as it stands by `GET …/settlements/{month}`, and close it after `data.until`.",
    ),
    "month_closed": Kind(
        409,
        ("A later month was closed", "Bulan berikutnya sudah ditutup", "Bulan kemudian telah ditutup"),
        "The month has no statement of its own: the next one that was closed after it has its lines.",
        "Look at the lines of that `month` in the statement of `data.later`, or of the one before.",
    ),
    "revision_missing": Kind(
        428,
        ("Say which revision you edited", "Sebutkan revisi yang diubah", "Nyatakan semakan yang disunting"),
        "What several people edit is saved only with `If-Match` or `If-None-Match: *`.",
        "Load it first, and send its ETag.",
    ),
    "rate_limited": Kind(
        429,
        ("Too many requests", "Terlalu banyak permintaan", "Terlalu banyak permintaan"),
        "The key asked more often than this server answers one key.",
        "Wait for `Retry-After`, and send activities in batches of up to 1,000.",
    ),
    "internal_error": Kind(
        500,
        ("An error of ours", "Kesalahan pada sistem kami", "Ralat pada sistem kami"),
        "The request failed by an error of this server; nothing of it was recorded.",
        "Tell whoever runs the server `data.reference`: the log has the error under it.",
    ),
    "programme_broken": Kind(
        500,
        ("A published version cannot be read", "Versi program tidak terbaca", "Versi program tidak dapat dibaca"),
        "This release reads the language otherwise than the one that the version was published with.",
        "Publish a mended version.",
    ),
    "chance_key_missing": Kind(
        500,
        ("A key of this installation is missing", "Kunci instalasi hilang", "Kunci pemasangan hilang"),
        "No key of `SETIA_CHANCE_KEYS` gives the seed that was committed to, so nothing can be drawn.",
        "Put the key back, behind the newer ones.",
    ),
    "database_unavailable": Kind(
        503,
        ("The database is away", "Basis data tidak tersedia", "Pangkalan data tidak tersedia"),
        "The database does not answer, or is too busy; nothing was recorded, or the same request finds out.",
        "Send the same request again after `Retry-After`, with the same Idempotency-Key.",
    ),
    "timed_out": Kind(
        503,
        ("It took too long", "Waktu habis", "Masa tamat"),
        "The server gave up before it had an answer.",
        "Send the same request again, with the same Idempotency-Key.",
    ),
}  # fmt: skip

ELSEWHERE: Final = frozenset(("fault", "settings_invalid", "embedded_database", "database_binaries"))
"""Faults that commands tell and requests never meet."""

KINDS: Final = DECLINES | FAULTS

"""The sentences of an explanation in English, Indonesian and Malay."""

from __future__ import annotations

from typing import Final

LANGUAGES: Final = ("en", "id", "ms")

SENTENCES: Final[dict[str, dict[str, str]]] = {
    "head": {
        "en": "{what} {id} of {at}, programme {programme} version {version}.",
        "id": "{what} {id} tanggal {at}, program {programme} versi {version}.",
        "ms": "{what} {id} pada {at}, program {programme} versi {version}.",
    },
    "late": {
        "en": "Recorded later, at {at}.",
        "id": "Dicatat kemudian, pada {at}.",
        "ms": "Direkodkan kemudian, pada {at}.",
    },
    "order": {
        "en": "Goods {gross}, discounts {discount}, to pay for {total}; {eligible} of it earns.",
        "id": "Barang {gross}, diskon {discount}, total {total}; {eligible} di antaranya menghasilkan poin.",
        "ms": "Barang {gross}, diskaun {discount}, jumlah {total}; {eligible} daripadanya layak mendapat mata.",
    },
    "discount": {
        "en": "{source} takes {amount} off.",
        "id": "{source} memotong {amount}.",
        "ms": "{source} memotong {amount}.",
    },
    "used": {
        "en": "The code {code} of {source} is used; it takes {amount} off.",
        "id": "Kode {code} dari {source} dipakai; memotong {amount}.",
        "ms": "Kod {code} bagi {source} digunakan; memotong {amount}.",
    },
    "not_used": {
        "en": "The code {code} of {source} changes nothing, or another one counts instead: it stays unused.",
        "id": "Kode {code} dari {source} tidak mengubah apa pun, atau kode lain yang berlaku: tetap tidak terpakai.",
        "ms": "Kod {code} bagi {source} tidak mengubah apa-apa, atau kod lain yang dikira: kekal tidak digunakan.",
    },
    "condition": {
        "en": "{rule}: its condition {source} holds: {text}.",
        "id": "{rule}: syaratnya {source} terpenuhi: {text}.",
        "ms": "{rule}: syaratnya {source} dipenuhi: {text}.",
    },
    "gave": {
        "en": "{rule}: {source} = {text} = {result}; gives {given} {unit}.",
        "id": "{rule}: {source} = {text} = {result}; memberi {given} {unit}.",
        "ms": "{rule}: {source} = {text} = {result}; memberi {given} {unit}.",
    },
    "rounded": {
        "en": "{rule}: rounded ({mode}, once for the whole activity) to {rounded} {unit}.",
        "id": "{rule}: dibulatkan ({mode}, sekali untuk seluruh aktivitas) menjadi {rounded} {unit}.",
        "ms": "{rule}: dibundarkan ({mode}, sekali untuk seluruh aktiviti) menjadi {rounded} {unit}.",
    },
    "cut_limit": {
        "en": "{rule}: its limit had {left} left, so {given} of {wanted} is given.",
        "id": "{rule}: batasnya tersisa {left}, jadi {given} dari {wanted} diberikan.",
        "ms": "{rule}: hadnya berbaki {left}, jadi {given} daripada {wanted} diberikan.",
    },
    "cut_at_most": {
        "en": "{rule}: the wallet may take {left} more, so {given} of {wanted} is given.",
        "id": "{rule}: dompet hanya muat {left} lagi, jadi {given} dari {wanted} diberikan.",
        "ms": "{rule}: dompet hanya boleh terima {left} lagi, jadi {given} daripada {wanted} diberikan.",
    },
    "cut_budget": {
        "en": "{rule}: its budget had {left} left, so {given} of {wanted} is given.",
        "id": "{rule}: anggarannya tersisa {left}, jadi {given} dari {wanted} diberikan.",
        "ms": "{rule}: bajetnya berbaki {left}, jadi {given} daripada {wanted} diberikan.",
    },
    "cut_pack": {
        "en": "{rule}: the partner's pack had {left} left, so {given} of {wanted} is given.",
        "id": "{rule}: paket mitra tersisa {left}, jadi {given} dari {wanted} diberikan.",
        "ms": "{rule}: pakej rakan berbaki {left}, jadi {given} daripada {wanted} diberikan.",
    },
    "reward": {
        "en": "{rule}: gives the reward {reward}.",
        "id": "{rule}: memberi hadiah {reward}.",
        "ms": "{rule}: memberi ganjaran {reward}.",
    },
    "plan": {
        "en": "{rule}: gives the plan {plan}.",
        "id": "{rule}: memberi paket {plan}.",
        "ms": "{rule}: memberi pelan {plan}.",
    },
    "plan_invoice": {
        "en": "Invoice for {plan} ({every}): {fee} less credit {credit} is {amount}, due {due}.",
        "id": "Tagihan untuk {plan} ({every}): {fee} dikurangi kredit {credit} menjadi {amount}, jatuh tempo {due}.",
        "ms": "Invois untuk {plan} ({every}): {fee} ditolak kredit {credit} menjadi {amount}, perlu dibayar {due}.",
    },
    "plan_period": {
        "en": "The plan {plan} runs from {start} to {end}.",
        "id": "Paket {plan} berlaku dari {start} sampai {end}.",
        "ms": "Pelan {plan} berkuat kuasa dari {start} hingga {end}.",
    },
    "plan_refund": {
        "en": "{amount} goes back ({policy}): fee {fee}, {left} of {days} days not begun, benefits used {used}.",
        "id": "{amount} dikembalikan ({policy}): biaya {fee}, {left} dari {days} hari belum berjalan, manfaat terpakai "
        "{used}.",
        "ms": "{amount} dipulangkan ({policy}): yuran {fee}, {left} daripada {days} hari belum bermula, manfaat "
        "digunakan {used}.",
    },
    "benefit": {
        "en": "The plan was worth {amount} in this order.",
        "id": "Paket bernilai {amount} dalam pesanan ini.",
        "ms": "Pelan bernilai {amount} dalam pesanan ini.",
    },
    "not_closed": {
        "en": "{rule}: nothing, it was not open at that time.",
        "id": "{rule}: tidak ada, tidak berlaku pada waktu itu.",
        "ms": "{rule}: tiada, tidak berkuat kuasa pada masa itu.",
    },
    "not_no_lines": {
        "en": "{rule}: nothing, no line of the order is meant by it.",
        "id": "{rule}: tidak ada, tidak ada baris pesanan yang dimaksud.",
        "ms": "{rule}: tiada, tiada baris pesanan yang dimaksudkan.",
    },
    "not_condition": {
        "en": "{rule}: nothing, {source} does not hold: {text}.",
        "id": "{rule}: tidak ada, {source} tidak terpenuhi: {text}.",
        "ms": "{rule}: tiada, {source} tidak dipenuhi: {text}.",
    },
    "not_lost": {
        "en": "{rule}: nothing, {winner} comes before it in the group {group}.",
        "id": "{rule}: tidak ada, {winner} didahulukan dalam grup {group}.",
        "ms": "{rule}: tiada, {winner} didahulukan dalam kumpulan {group}.",
    },
    "lucky": {
        "en": "{rule}: chance had it so: the number drawn was {drawn}, below {chance}.",
        "id": "{rule}: beruntung: angka yang terundi {drawn}, di bawah {chance}.",
        "ms": "{rule}: bertuah: nombor yang dicabut {drawn}, di bawah {chance}.",
    },
    "not_unlucky": {
        "en": "{rule}: not this time: the number drawn was {drawn}, and it has to be below {chance}.",
        "id": "{rule}: kali ini tidak: angka yang terundi {drawn}, harus di bawah {chance}.",
        "ms": "{rule}: bukan kali ini: nombor yang dicabut {drawn}, mesti di bawah {chance}.",
    },
    "not_not_drawn": {
        "en": "{rule}: left to chance, and nothing was drawn.",
        "id": "{rule}: bergantung pada undian, dan tidak diundi.",
        "ms": "{rule}: bergantung pada cabutan, dan tidak dicabut.",
    },
    "played": {
        "en": "Played {game}: drawn {numbers}, landed on {landed}, given {prize}.",
        "id": "Bermain {game}: terundi {numbers}, jatuh pada {landed}, diberikan {prize}.",
        "ms": "Bermain {game}: dicabut {numbers}, jatuh pada {landed}, diberikan {prize}.",
    },
    "not_limit": {
        "en": "{rule}: nothing, its limit is used up.",
        "id": "{rule}: tidak ada, batasnya sudah habis.",
        "ms": "{rule}: tiada, hadnya sudah habis.",
    },
    "not_nothing": {
        "en": "{rule}: nothing, the amount comes to zero.",
        "id": "{rule}: tidak ada, jumlahnya nol.",
        "ms": "{rule}: tiada, jumlahnya sifar.",
    },
    "not_partner": {
        "en": "{rule}: nothing, it is not earned with {winner}.",
        "id": "{rule}: tidak ada, tidak diperoleh di {winner}.",
        "ms": "{rule}: tiada, tidak diperoleh dengan {winner}.",
    },
    "not_insufficient": {
        "en": "{rule}: nothing, there is not enough to take.",
        "id": "{rule}: tidak ada, saldonya tidak cukup untuk diambil.",
        "ms": "{rule}: tiada, baki tidak cukup untuk diambil.",
    },
    "not_error": {
        "en": "{rule}: nothing, it could not be computed: {problem}.",
        "id": "{rule}: tidak ada, tidak dapat dihitung: {problem}.",
        "ms": "{rule}: tiada, tidak dapat dikira: {problem}.",
    },
    "took": {
        "en": "{amount} {unit} spent ({why}).",
        "id": "{amount} {unit} dipakai ({why}).",
        "ms": "{amount} {unit} digunakan ({why}).",
    },
    "tier": {
        "en": "Tier {before} becomes {after}, until {until}.",
        "id": "Tingkat {before} menjadi {after}, sampai {until}.",
        "ms": "Tahap {before} menjadi {after}, sehingga {until}.",
    },
    "tier_open": {
        "en": "Tier {before} becomes {after}.",
        "id": "Tingkat {before} menjadi {after}.",
        "ms": "Tahap {before} menjadi {after}.",
    },
    "again": {
        "en": "{id} was decided again without what went back: {rule} was {was} {unit}, is {now}; {change}.",
        "id": "{id} diputuskan lagi tanpa yang dikembalikan: {rule} tadinya {was} {unit}, kini {now}; {change}.",
        "ms": "{id} diputuskan semula tanpa yang dipulangkan: {rule} dahulunya {was} {unit}, kini {now}; {change}.",
    },
    "restored": {
        "en": "{amount} {unit} that it had spent come back.",
        "id": "{amount} {unit} yang dipakai dikembalikan.",
        "ms": "{amount} {unit} yang digunakan dipulangkan.",
    },
    "shortfall": {
        "en": "{amount} {unit} had been spent already and could not be taken back.",
        "id": "{amount} {unit} sudah terpakai dan tidak dapat ditarik kembali.",
        "ms": "{amount} {unit} telah digunakan dan tidak dapat ditarik balik.",
    },
    "entry": {
        "en": "Entry {no}: {amount} {unit} from {debit} to {credit}{lot}.",
        "id": "Entri {no}: {amount} {unit} dari {debit} ke {credit}{lot}.",
        "ms": "Catatan {no}: {amount} {unit} dari {debit} ke {credit}{lot}.",
    },
    "lot_new": {
        "en": ", a new lot{pending}{ends}",
        "id": ", lot baru{pending}{ends}",
        "ms": ", lot baharu{pending}{ends}",
    },
    "lot_old": {"en": ", lot {lot}", "id": ", lot {lot}", "ms": ", lot {lot}"},
    "lot_pending": {
        "en": " usable from {at}",
        "id": " dapat dipakai mulai {at}",
        "ms": " boleh digunakan mulai {at}",
    },
    "lot_ends": {
        "en": " ending {at}",
        "id": " berakhir {at}",
        "ms": " tamat {at}",
    },
    "declined": {
        "en": "Declined: {code} ({facts}).",
        "id": "Ditolak: {code} ({facts}).",
        "ms": "Ditolak: {code} ({facts}).",
    },
    "adjusted": {
        "en": "Adjusted by {by}: {reason}.",
        "id": "Disesuaikan oleh {by}: {reason}.",
        "ms": "Diselaraskan oleh {by}: {reason}.",
    },
    "mechanical": {
        "en": "No rule decides this; it follows from what was agreed before.",
        "id": "Tidak diputuskan oleh aturan; mengikuti yang sudah disepakati sebelumnya.",
        "ms": "Tidak diputuskan oleh peraturan; mengikut apa yang telah dipersetujui.",
    },
}

ACCOUNTS: Final[dict[str, dict[str, str]]] = {
    "AVAILABLE": {"en": "available", "id": "tersedia", "ms": "tersedia"},
    "PENDING": {"en": "pending", "id": "tertunda", "ms": "belum selesai"},
    "HELD": {"en": "held", "id": "ditahan", "ms": "ditahan"},
    "DEBT": {"en": "debt", "id": "utang", "ms": "hutang"},
    "ISSUED": {"en": "issued", "id": "diterbitkan", "ms": "diterbitkan"},
    "REDEEMED": {"en": "redeemed", "id": "ditukar", "ms": "ditebus"},
    "EXPIRED": {"en": "expired", "id": "kedaluwarsa", "ms": "luput"},
    "REVERSED": {"en": "reversed", "id": "dibalik", "ms": "dibalikkan"},
    "ADJUSTED": {"en": "adjusted", "id": "penyesuaian", "ms": "pelarasan"},
    "TRANSFERRED": {"en": "transferred", "id": "ditransfer", "ms": "dipindahkan"},
    "SOLD": {"en": "sold", "id": "terjual", "ms": "dijual"},
    "BUDGET": {"en": "budget", "id": "anggaran", "ms": "bajet"},
    "EXCHANGED": {"en": "exchanged", "id": "ditukarkan", "ms": "ditukarkan"},
}

ACTIVITIES: Final[dict[str, dict[str, str]]] = {
    "purchase.completed": {"en": "Purchase", "id": "Pembelian", "ms": "Pembelian"},
    "purchase.returned": {"en": "Return", "id": "Retur", "ms": "Pemulangan"},
    "purchase.cancelled": {"en": "Cancellation", "id": "Pembatalan", "ms": "Pembatalan"},
    "purchase.rerated": {"en": "Re-rating", "id": "Penilaian ulang", "ms": "Penilaian semula"},
    "balance.adjusted": {"en": "Adjustment", "id": "Penyesuaian", "ms": "Pelarasan"},
    "balance.transferred": {"en": "Transfer sent", "id": "Transfer keluar", "ms": "Pindahan keluar"},
    "balance.received": {"en": "Transfer received", "id": "Transfer masuk", "ms": "Pindahan masuk"},
    "balance.activated": {"en": "Activation", "id": "Aktivasi", "ms": "Pengaktifan"},
    "balance.expired": {"en": "Expiry", "id": "Kedaluwarsa", "ms": "Luput"},
    "balance.reached": {"en": "Goal reached", "id": "Target tercapai", "ms": "Sasaran dicapai"},
    "hold.placed": {"en": "Hold", "id": "Penahanan", "ms": "Penahanan"},
    "hold.committed": {"en": "Hold committed", "id": "Penahanan dipakai", "ms": "Penahanan digunakan"},
    "hold.released": {"en": "Hold released", "id": "Penahanan dilepas", "ms": "Penahanan dilepaskan"},
    "hold.lapsed": {"en": "Hold lapsed", "id": "Penahanan lewat waktu", "ms": "Penahanan luput"},
    "reward.claimed": {"en": "Reward", "id": "Hadiah", "ms": "Ganjaran"},
    "reward.cancelled": {"en": "Reward cancelled", "id": "Hadiah dibatalkan", "ms": "Ganjaran dibatalkan"},
    "voucher.reserved": {"en": "Voucher reserved", "id": "Voucher dipesan", "ms": "Baucar ditempah"},
    "voucher.released": {"en": "Reservation given up", "id": "Pemesanan dilepas", "ms": "Tempahan dilepaskan"},
    "voucher.used": {"en": "Voucher used", "id": "Voucher dipakai", "ms": "Baucar digunakan"},
    "voucher.revoked": {"en": "Voucher revoked", "id": "Voucher ditarik", "ms": "Baucar ditarik balik"},
    "voucher.activated": {"en": "Voucher activated", "id": "Voucher aktif", "ms": "Baucar diaktifkan"},
    "voucher.expired": {"en": "Voucher over", "id": "Voucher kedaluwarsa", "ms": "Baucar luput"},
    "card.issued": {"en": "Gift card issued", "id": "Kartu hadiah diterbitkan", "ms": "Kad hadiah dikeluarkan"},
    "card.charged": {"en": "Paid by gift card", "id": "Dibayar kartu hadiah", "ms": "Dibayar dengan kad hadiah"},
    "card.refunded": {"en": "Back on the gift card", "id": "Kembali ke kartu hadiah", "ms": "Kembali ke kad hadiah"},
    "card.withdrawn": {"en": "Gift card withdrawn", "id": "Kartu hadiah ditarik", "ms": "Kad hadiah ditarik balik"},
    "card.attached": {"en": "Gift card emptied", "id": "Kartu hadiah dipindahkan", "ms": "Kad hadiah dipindahkan"},
    "card.blocked": {"en": "Gift card blocked", "id": "Kartu hadiah diblokir", "ms": "Kad hadiah disekat"},
    "card.unblocked": {"en": "Gift card unblocked", "id": "Blokir kartu dibuka", "ms": "Sekatan kad dibuka"},
    "card.replaced": {"en": "Gift card replaced", "id": "Kartu hadiah diganti", "ms": "Kad hadiah diganti"},
    "pool.closed": {"en": "Source closed", "id": "Sumber ditutup", "ms": "Sumber ditutup"},
    "game.played": {"en": "Game", "id": "Permainan", "ms": "Permainan"},
    "play.limited": {"en": "Limit on playing", "id": "Batas bermain", "ms": "Had bermain"},
    "draw.entered": {"en": "Entry to a draw", "id": "Ikut undian", "ms": "Penyertaan cabutan"},
    "draw.won": {"en": "Prize of a draw", "id": "Hadiah undian", "ms": "Hadiah cabutan"},
    "member.joined": {"en": "Joining", "id": "Pendaftaran", "ms": "Pendaftaran"},
    "member.updated": {"en": "Profile change", "id": "Perubahan profil", "ms": "Perubahan profil"},
    "member.birthday": {"en": "Birthday", "id": "Ulang tahun", "ms": "Hari jadi"},
    "member.anniversary": {"en": "Anniversary", "id": "Hari jadi keanggotaan", "ms": "Ulang tahun keahlian"},
    "day.ended": {"en": "End of day", "id": "Akhir hari", "ms": "Akhir hari"},
    "week.ended": {"en": "End of week", "id": "Akhir minggu", "ms": "Akhir minggu"},
    "month.ended": {"en": "End of month", "id": "Akhir bulan", "ms": "Akhir bulan"},
    "quarter.ended": {"en": "End of quarter", "id": "Akhir kuartal", "ms": "Akhir suku tahun"},
    "year.ended": {"en": "End of year", "id": "Akhir tahun", "ms": "Akhir tahun"},
    "plan.started": {"en": "Plan started", "id": "Paket dimulai", "ms": "Pelan bermula"},
    "plan.paid": {"en": "Payment for a plan", "id": "Pembayaran paket", "ms": "Bayaran pelan"},
    "plan.payment_failed": {"en": "Payment failed", "id": "Pembayaran gagal", "ms": "Bayaran gagal"},
    "plan.changed": {"en": "Plan changed", "id": "Paket diubah", "ms": "Pelan ditukar"},
    "plan.cancelled": {"en": "Plan cancelled", "id": "Paket dibatalkan", "ms": "Pelan dibatalkan"},
    "plan.refunded": {"en": "Payment given back", "id": "Pembayaran dikembalikan", "ms": "Bayaran dipulangkan"},
    "plan.disputed": {"en": "Payment disputed", "id": "Pembayaran disengketakan", "ms": "Bayaran dipertikaikan"},
    "plan.noticed": {"en": "Invoice written", "id": "Tagihan dibuat", "ms": "Invois dikeluarkan"},
    "plan.fell_due": {"en": "Payment due", "id": "Pembayaran jatuh tempo", "ms": "Bayaran perlu dibuat"},
    "plan.reminded": {"en": "Payment asked for again", "id": "Pembayaran ditagih lagi", "ms": "Bayaran dituntut lagi"},
    "plan.lapsed": {"en": "Plan lapsed", "id": "Paket gugur", "ms": "Pelan luput"},
    "plan.ended": {"en": "Plan ended", "id": "Paket berakhir", "ms": "Pelan tamat"},
    "plan.month_began": {"en": "Month of the plan", "id": "Bulan paket", "ms": "Bulan pelan"},
    "tier.noticed": {"en": "Tier notice", "id": "Pemberitahuan tingkat", "ms": "Notis tahap"},
    "tier.reviewed": {"en": "Tier review", "id": "Peninjauan tingkat", "ms": "Semakan tahap"},
    "tier.changed": {"en": "Tier change", "id": "Perubahan tingkat", "ms": "Perubahan tahap"},
}

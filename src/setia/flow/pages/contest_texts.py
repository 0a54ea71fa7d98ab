"""Sentences about contests, in three languages."""

from __future__ import annotations

from typing import Final

CONTESTS: Final[dict[str, tuple[str, str, str]]] = {
    "contests": ("Contests", "Lomba", "Pertandingan"),
    "q.contests": ("What contests are there?", "Lomba apa saja yang ada?", "Apakah pertandingan yang ada?"),
    "contest.from": ("Entries are taken from {at}.", "Karya diterima mulai {at}.", "Penyertaan diterima mulai {at}."),
    "contest.until": ("Entries are taken until {at}.", "Karya diterima sampai {at}.", "Penyertaan diterima sehingga {at}."),
    "contest.field": ("An entry has: {field}.", "Isi karya: {field}.", "Penyertaan mengandungi: {field}."),
    "contest.field.text": ("{title} (up to {count} characters)", "{title} (paling banyak {count} karakter)", "{title} (paling banyak {count} aksara)"),
    "contest.field.link": ("{title} (an https address)", "{title} (alamat https)", "{title} (alamat https)"),
    "contest.field.picture": ("{title} (the https address of a picture)", "{title} (alamat https sebuah gambar)", "{title} (alamat https bagi gambar)"),
    "contest.field.choice": ("{title} ({choices})", "{title} ({choices})", "{title} ({choices})"),
    "contest.field.free": ("{field}, if you like", "{field}, bila mau", "{field}, jika mahu"),
    "contest.at_most": ("Each member may have {count} of them.", "Setiap anggota boleh mengirim {count}.", "Setiap ahli boleh menghantar {count}."),
    "contest.slots": ("{count} are taken in all.", "Seluruhnya diterima {count}.", "Kesemuanya {count} diterima."),
    "contest.costs": ("An entry costs {costs}; that comes back when it is withdrawn, refused or taken down, and what it gave is taken back.", "Ikut serta seharga {costs}; itu kembali bila karya ditarik, ditolak atau diturunkan, dan pemberiannya diambil lagi.", "Penyertaan berharga {costs}; ia dikembalikan jika ditarik balik, ditolak atau diturunkan, dan pemberiannya diambil semula."),
    "contest.free": ("An entry costs nothing.", "Ikut serta gratis.", "Penyertaan adalah percuma."),
    "contest.moderated.True": ("We look at each entry before others see it, and tell you why if we refuse it.", "Kami meninjau setiap karya sebelum dilihat orang lain, dan memberi tahu alasannya bila ditolak.", "Kami menyemak setiap penyertaan sebelum dilihat orang lain, dan memberitahu sebabnya jika ditolak."),
    "contest.moderated.False": ("Others see an entry at once; we may take it down and tell you why.", "Karya langsung terlihat; kami dapat menurunkannya dan memberi tahu alasannya.", "Penyertaan dilihat serta-merta; kami boleh menurunkannya dan memberitahu sebabnya."),
    "contest.votes": ("Members vote from {start} until {end}, once for an entry and not for their own.", "Anggota memilih dari {start} sampai {end}, sekali untuk satu karya dan bukan untuk karyanya sendiri.", "Ahli mengundi dari {start} sehingga {end}, sekali bagi satu penyertaan dan bukan penyertaan sendiri."),
    "contest.votes.at_most": ("A member has {count} votes in all.", "Seorang anggota punya {count} suara seluruhnya.", "Seorang ahli mempunyai {count} undi kesemuanya."),
    "contest.votes.per_day": ("{count} of them a day.", "Di antaranya {count} sehari.", "Antaranya {count} sehari."),
    "contest.votes.when": ("Who may vote: {condition}.", "Yang boleh memilih: {condition}.", "Yang boleh mengundi: {condition}."),
    "contest.votes.shown.True": ("You see how many votes each has.", "Anda melihat jumlah suaranya.", "Anda melihat jumlah undinya."),
    "contest.votes.shown.False": ("How many votes each has is told at the end.", "Jumlah suara diberitahukan di akhir.", "Jumlah undi diberitahu pada akhirnya."),
    "contest.by.votes": ("The {count} with the most votes win; a member has one place.", "{count} dengan suara terbanyak menang; seorang anggota mendapat satu tempat.", "{count} dengan undi terbanyak menang; seorang ahli mendapat satu tempat."),
    "contest.by.jury": ("A jury picks up to {count}; a member has one place.", "Juri memilih paling banyak {count}; seorang anggota mendapat satu tempat.", "Juri memilih sehingga {count}; seorang ahli mendapat satu tempat."),
    "contest.ties.first": ("Of equal numbers the earlier entry is ahead.", "Bila sama, yang lebih dulu masuk di depan.", "Jika sama, penyertaan yang lebih awal di hadapan."),
    "contest.ties.chance": ("Equal numbers are drawn; anyone can recompute it.", "Jumlah yang sama diundi; siapa pun bisa menghitung ulang.", "Jumlah yang sama dicabut; sesiapa sahaja boleh mengira semula."),
}  # fmt: skip

"""What an alert says, in both languages: what happened, what it means for the figures, what to do."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from nk_common.api.common import Text
from nk_common.health import sentences as health

READ_ERROR = health.READ_ERROR


def about(title: Text, text: Text) -> Text:
    """A sentence with the name of the dataset before it."""
    return Text(id=f"{title.id}: {text.id}", en=f"{title.en}: {text.en}")


def failed(title: Text, days: Sequence[date | None], error: str | None) -> Text:
    """Of days, or of a dataset that is loaded whole."""
    known = [day for day in days if day]
    text = (
        Text(
            id=f"{len(known)} hari gagal dimuat, jadi angkanya tidak ada atau masih yang lama: "
            f"{health.named(known).id}.",
            en=f"{len(known)} {'day' if len(known) == 1 else 'days'} could not be loaded, so the figures are missing "
            f"or earlier ones: {health.named(known).en}.",
        )
        if known
        else Text(
            id="Gagal dibaca, jadi yang tampil masih yang lama.",
            en="It could not be read, so what shows is what was read earlier.",
        )
    )
    return about(title, health.with_error(text, error))


def differs(title: Text, days: Sequence[date]) -> Text:
    number = len(days)
    return about(
        title,
        Text(
            id=f"{number} hari berbeda dengan Odoo, juga sesudah dibaca ulang: {health.named(days).id}. Angka "
            "hari itu belum bisa "
            "diandalkan.",
            en=f"{number} {'day differs' if number == 1 else 'days differ'} from Odoo, also after being read again: "
            f"{health.named(days).en}. Figures of these days cannot be relied on.",
        ),
    )


def dead_letters(topic: str, number: int, error_class: str) -> Text:
    return Text(
        id=f"{number} pesan di {topic} tidak bisa dipakai ({error_class}); yang diminta di dalamnya tidak dijalankan.",
        en=f"{number} {'message' if number == 1 else 'messages'} on {topic} could not be used ({error_class}); what "
        f"{'it' if number == 1 else 'they'} asked for is not done.",
    )


def key_expires(day: date, left: int) -> Text:
    if left <= 0:
        return Text(
            id=f"Kunci API Odoo kedaluwarsa pada {day}; sejak itu tidak ada yang bisa dibaca dari Odoo.",
            en=f"The API key of Odoo expired on {day}; nothing can be read from Odoo since.",
        )
    return Text(
        id=f"Kunci API Odoo kedaluwarsa pada {day}, {left} hari lagi; sesudah itu angkanya tidak bertambah baru.",
        en=f"The API key of Odoo expires on {day}, in {left} {'day' if left == 1 else 'days'}; figures "
        "stand still after "
        "that.",
    )


def disk_low(free: int, total: int) -> Text:
    share, room = _percent(free, total), f"{free / 1e9:.1f} GB"
    room_id = room.replace(".", ",")
    return Text(
        id=f"Disk data tinggal {room_id} ({share.replace('.', ',')} %); kalau penuh, tidak ada hari yang bisa dimuat.",
        en=f"The disk of the lake has {room} left ({share}%); when it is full, no day can be loaded.",
    )


API_AWAY = Text(
    id="Layanan angka (query API) tidak menjawab, jadi dasbor tidak bisa menampilkan apa-apa.",
    en="The query API does not answer, so the dashboard shows nothing.",
)
CHECK_QUERY_API = Text(
    id="Periksa apakah query-api berjalan, dan baca lognya; data yang sudah dimuat tidak hilang.",
    en="Check that query-api runs, and read its log; nothing that is loaded is lost.",
)
LOOK_AT_DOCUMENTS = Text(
    id="Buka Sinkronisasi, bagian Dibandingkan dengan Odoo: di sana dokumen yang berbeda disebut; lalu "
    "muat ulang hari itu.",
    en="Open Data Sync, Compared with Odoo: it names the documents that differ; then load these days again.",
)
LOOK_AT_LETTERS = Text(
    id="Baca alasannya di Sinkronisasi, bagian Pesan yang tidak bisa dipakai, kirim ulang perintahnya "
    "dengan benar, lalu buang pesan ini.",
    en="Read why on Data Sync, Unusable messages, send the command again as it should be, and discard this one.",
)
NEW_KEY = Text(
    id="Buat kunci baru di Odoo (Profil, Keamanan akun), tulis di ODOO_API_KEY dan "
    "ODOO_API_KEY_EXPIRES, lalu mulai ulang.",
    en="Make a new key in Odoo (profile, account security), write it into ODOO_API_KEY and ODOO_API_KEY_EXPIRES, and "
    "restart.",
)
MAKE_ROOM = Text(id="Jalankan nk prune, atau perbesar disknya.", en="Run nk prune, or give it a larger disk.")


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f}" if whole else "0.0"

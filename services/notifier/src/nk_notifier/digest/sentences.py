"""What the digest says of figures that are not whole, in both languages."""

from __future__ import annotations

from nk_common.api.common import Text


def not_loaded(title: Text) -> Text:
    return Text(
        id=f"{title.id}: hari itu belum dimuat lengkap, jadi angkanya belum semua.",
        en=f"{title.en}: the day is not loaded whole, so its figures are not complete.",
    )


def not_compared(title: Text) -> Text:
    return Text(
        id=f"{title.id}: hari itu belum dibandingkan dengan Odoo.",
        en=f"{title.en}: the day has not been compared with Odoo yet.",
    )


def not_comparable(title: Text) -> Text:
    return Text(
        id=f"{title.id}: hari itu tidak bisa dibandingkan dengan Odoo; sebabnya ada di Sinkronisasi.",
        en=f"{title.en}: the day could not be compared with Odoo; Data Sync says why.",
    )


def differs(title: Text) -> Text:
    return Text(
        id=f"{title.id}: angka hari itu berbeda dengan Odoo, dan sedang dibaca ulang.",
        en=f"{title.en}: the day differs from Odoo, and is read again.",
    )


NOT_SERVED = Text(
    id="Penjualan: hari itu sudah dimuat, tetapi belum masuk ke angka dasbor, jadi angkanya belum semua.",
    en="Sales: the day is loaded and not yet in the dashboard's figures, so they are not complete.",
)

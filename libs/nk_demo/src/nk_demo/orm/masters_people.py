"""Rows of partners, employees and users."""

from nk_demo.orm.rows import Row
from nk_demo.world.people import ADMIN, EXTRACTOR, Partner, People, user_partner
from nk_demo.world.planner import Shop


def people_rows(shop: Shop) -> dict[str, list[Row]]:
    """res.partner, hr.employee and res.users."""
    people = shop.people
    employees = [
        {
            "id": number,
            "name": name,
            "job_title": "Kasir" if number > 1 else None,
            "company_id": 1,
            "pin": None,
        }
        for number, name in people.employees.items()
    ]
    partners = [_partner(one, people.partners) for one in people.partners.values()]
    return {"res.partner": partners, "hr.employee": employees, "res.users": _users(people, shop.tz.key)}


def _partner(one: Partner, partners: dict[int, Partner]) -> Row:
    return {
        "id": one.id,
        "name": one.name,
        "display_name": f"{partners[one.parent_id].name}, {one.name}" if one.parent_id else one.name,
        "ref": one.ref,
        "city": one.city,
        "country_id": 100 if one.customer or one.supplier else None,
        "is_company": one.is_company,
        "parent_id": one.parent_id,
        "customer_rank": int(one.customer),
        "supplier_rank": int(one.supplier),
        "type": one.kind,
        "active": one.active,
    }


def _users(people: People, tz: str) -> list[Row]:
    """OdooBot, the administrator, one user per till, and the extractor."""
    users = [
        (1, "OdooBot", "__system__", 2, None, False),
        (ADMIN, "Administrator", "admin", 3, tz, True),
        (3, "Default User Template", "default", 5, None, False),
        (EXTRACTOR, "Extractor", "extractor", 19, "UTC", True),
    ]
    for store in people.stores:
        login = f"kasir.{store.place.lower()}"
        name = f"Kasir {store.place}"
        users.append((store.user_id, name, login, user_partner(store), tz, True))
    return [
        {
            "id": number,
            "name": name,
            "login": login,
            "partner_id": partner,
            "tz": zone,
            "lang": "en_US",
            "active": active,
            "company_id": 1,
        }
        for number, name, login, partner, zone, active in sorted(users)
    ]

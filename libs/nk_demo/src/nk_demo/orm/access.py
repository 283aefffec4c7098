"""Users, and what their groups let them read."""

from dataclasses import dataclass, replace

from nk_demo.orm import errors
from nk_demo.orm.schema import Model
from nk_demo.orm.view import Visibility
from nk_demo.world.people import ADMIN, EXTRACTOR, Store

# What a cashier may read; everything else is refused, as the recorded server refused purchase.order.
_TILL_MODELS = frozenset(
    {
        "pos.order", "pos.order.line", "pos.payment", "pos.payment.method", "pos.config", "pos.session",
        "product.product", "product.template", "product.category", "res.partner", "res.users", "res.company",
        "res.currency", "res.country", "hr.employee", "account.tax", "uom.uom", "x_brand", "ir.model",
    }
)  # fmt: skip
_EMPLOYEE_PRIVATE = frozenset({"pin"})
_QUANT_PRIVATE = frozenset({"value"})
_BILLING = ("Invoicing/Billing", "Technical/Show Accounting Features - Readonly")
_GROUPS = {
    "account.move": _BILLING,
    "account.move.line": _BILLING,
    "purchase.order": (
        "Inventory/User", "Invoicing/Billing", "Purchase/Administrator", "Purchase/User",
        "Technical/Show Accounting Features - Readonly", "User types/Portal",
    ),
}  # fmt: skip
_OFFICE = ("Administration/Settings", "Point of Sale/Administrator")


@dataclass(slots=True, frozen=True)
class User:
    """Someone who can log in with any of `keys`."""

    id: int
    login: str
    tz: str
    keys: tuple[str, ...]
    reads_everything: bool = True

    @property
    def is_admin(self) -> bool:
        """The administrator may also write, though the demo keeps that to itself."""
        return self.id == ADMIN


def build_users(stores: tuple[Store, ...], tz: str, password: str, key: str) -> dict[str, User]:
    """Users by login."""
    users = [User(ADMIN, "admin", tz, (password, key)), User(EXTRACTOR, "extractor", "UTC", (key,))]
    users += [User(store.user_id, f"kasir.{store.place.lower()}", tz, (key,), False) for store in stores]
    return {user.login: user for user in users}


def private_fields(user: User, model: str) -> frozenset[str]:
    """Fields that this user does not see."""
    if user.is_admin:
        return frozenset()
    return {"hr.employee": _EMPLOYEE_PRIVATE, "stock.quant": _QUANT_PRIVATE}.get(model, frozenset())


def may(user: User, model: str, operation: str, visibility: Visibility) -> bool:
    """Whether the user's groups allow an operation (read, write, create, unlink)."""
    if model in visibility.refused_models:
        return False
    if operation != "read":
        return user.is_admin
    return user.reads_everything or model in _TILL_MODELS


def check_model(user: User, model: Model, operation: str, visibility: Visibility) -> None:
    """Raises `AccessError` where `may` says no."""
    if not may(user, model.name, operation, visibility):
        raise errors.refused_model(model.title, model.name, operation, _GROUPS.get(model.name, _OFFICE))


def check_field(user: User, model: Model, field: str, visibility: Visibility) -> None:
    """Raises `AccessError` for a field that the user may not read."""
    if field in private_fields(user, model.name):
        if model.name == "stock.quant":
            raise errors.refused_field(model.title, model.name, field)
        raise errors.private_employee_field(field)
    if (model.name, field) in visibility.refused_fields:
        raise errors.refused_field(model.title, model.name, field)


def visible_fields(user: User, model: Model, visibility: Visibility) -> Model:
    """The model with only the fields this user sees, as fields_get and a read of all fields have it."""
    hidden = set(private_fields(user, model.name))
    hidden |= {field for place, field in visibility.refused_fields if place == model.name}
    return replace(model, fields={name: one for name, one in model.fields.items() if name not in hidden})

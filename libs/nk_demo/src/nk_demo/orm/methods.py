"""The model methods a client may call, with Odoo's arguments and answers."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from nk_demo.orm import access, errors, groups
from nk_demo.orm.access import User
from nk_demo.orm.domain import EVERYTHING, Constant, Junction, Leaf, Node, leaves, parse
from nk_demo.orm.matching import Predicate, compile_node
from nk_demo.orm.ordering import parse_order, sort_records
from nk_demo.orm.schema import TO_MANY, Field, Model
from nk_demo.orm.view import View

_ACTIVE = Leaf(("active",), "=", True, ("active", "=", True))
_WRITES = {"write": "write", "create": "create", "unlink": "unlink", "copy": "create"}


@dataclass(slots=True)
class Call:
    """One method call: who, on which model, with which context."""

    view: View
    user: User
    model: Model
    context: dict[str, Any] = field(default_factory=dict)

    def node(self, domain: Any) -> Node:
        """The tree of a domain, with archived records left out unless it or the context speaks of them."""
        node = parse(domain)
        if "active" not in self.model.fields or self.context.get("active_test", True) is False:
            return node
        if any(leaf.path == ("active",) for leaf in leaves(node)):
            return node
        return Junction("&", _ACTIVE, node)

    def predicate(self, node: Node) -> Predicate:
        """The tree as a function; fields that the user may not read cannot be searched either."""
        for leaf in leaves(node):
            access.check_field(self.user, self.model, leaf.path[0], self.view.visibility)
        return compile_node(node, self.model, self.view)


def execute(call: Call, method: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """Run a method by its name. Raises `OdooError` in all the ways Odoo does."""
    if method.startswith("_"):
        raise errors.private_method(call.model.name, method)
    if method in _WRITES:
        # Nobody writes over RPC here, not even the administrator: the demo changes by /demo and by itself.
        raise errors.refused_model(call.model.title, call.model.name, _WRITES[method], ("Demo/Nobody",))
    known = _METHODS.get(method)
    if known is None or (method == "context_get" and call.model.name != "res.users"):
        raise errors.missing_method(call.model.name, method)
    kwargs = dict(kwargs)
    call.context = {**call.context, **(kwargs.pop("context", None) or {})}
    try:
        inspect.signature(known).bind(call, *args, **kwargs)
    except TypeError as error:
        raise errors.type_error(f"BaseModel.{method}() {error}") from error
    if method not in {"context_get", "check_access_rights", "fields_get"}:
        access.check_model(call.user, call.model, "read", call.view.visibility)
    return known(call, *args, **kwargs)


def context_get(call: Call) -> dict[str, Any]:
    """The user's language and time zone."""
    return {"lang": "en_US", "tz": call.user.tz, "uid": call.user.id}


def check_access_rights(call: Call, operation: str, raise_exception: bool = True) -> bool:
    """Whether an operation is allowed; raises unless told not to."""
    if operation not in {"read", "write", "create", "unlink"}:
        raise errors.value_error(f"Invalid operation {operation!r}")
    if raise_exception:
        access.check_model(call.user, call.model, operation, call.view.visibility)
    return access.may(call.user, call.model.name, operation, call.view.visibility)


def fields_get(
    call: Call, allfields: list[str] | None = None, attributes: list[str] | None = None
) -> dict[str, Any]:
    """Fields and their attributes; unknown names are left out."""
    model = access.visible_fields(call.user, call.model, call.view.visibility)
    chosen = {name: one for name, one in model.fields.items() if not allfields or name in allfields}
    described = {name: one.describe() for name, one in chosen.items()}
    if not attributes:
        return described
    return {name: {key: one[key] for key in one if key in attributes} for name, one in described.items()}


def search(
    call: Call, domain: Any, offset: int = 0, limit: int | None = None, order: str | None = None, count: bool = False
) -> list[int] | int:  # fmt: skip
    """Ids of matching records."""
    if count:
        return search_count(call, domain)
    get = call.view.getter(call.model.name, "id")
    return [get(record) for record in find(call, domain, offset, limit, order)]


def search_count(call: Call, domain: Any, limit: int | None = None) -> int:
    """How many records match."""
    node = call.node(domain)
    matches = call.predicate(node)
    found = call.view.count(call.model.name) if node == EVERYTHING else None
    if found is None:
        chunks = call.view.chunks(call.model.name, node)
        found = sum(sum(1 for record in chunk if matches(record)) for chunk in chunks)
    return min(found, limit) if limit else found


def read(
    call: Call, ids: Any, fields: list[str] | None = None, load: str | None = "_classic_read"
) -> list[dict[str, Any]]:
    """Records by id, in the order of the ids; missing ones are dropped without a word."""
    wanted = [ids] if isinstance(ids, int) else list(ids or [])
    return render(call, call.view.by_ids(call.model.name, wanted), fields, load)


def search_read(
    call: Call, domain: Any = None, fields: list[str] | None = None, offset: int = 0, limit: int | None = None,
    order: str | None = None, load: str | None = "_classic_read",
) -> list[dict[str, Any]]:  # fmt: skip
    """Matching records."""
    return render(call, find(call, domain or [], offset, limit, order), fields, load)


def read_group(
    call: Call, domain: Any, fields: list[str], groupby: str | list[str], offset: int = 0,
    limit: int | None = None, orderby: str | None = None, lazy: bool = True,
) -> list[dict[str, Any]]:  # fmt: skip
    """Sums and counts by group."""
    by = [groupby] if isinstance(groupby, str) else list(dict.fromkeys(groupby or []))
    question = groups.Question(call.model, call.view, call.context.get("tz"), lazy=lazy)
    question.prepare(fields, by, domain)
    for name in question.fields_used():
        access.check_field(call.user, call.model, name, call.view.visibility)
    node = call.node(domain)
    matches = call.predicate(node)
    records = (
        record for chunk in call.view.chunks(call.model.name, node) for record in chunk if matches(record)
    )
    found = question.answer(records, orderby)
    return found[offset or 0 : (offset or 0) + limit] if limit else found


def find(
    call: Call, domain: Any, offset: int = 0, limit: int | None = None, order: str | None = None
) -> list[Any]:
    """Matching records in order. Where the order follows the days, only as many days are looked at as needed."""
    node = call.node(domain)
    matches = call.predicate(node)
    terms = parse_order(order, call.model)
    name = call.model.name

    def sort(records: list[Any]) -> list[Any]:
        return sort_records(records, terms, call.model, call.view)

    start, stop = offset or 0, (offset or 0) + limit if limit else None
    if isinstance(node, Constant) and not node.value:
        return []
    first, backwards = terms[0]
    if not call.view.ordered(name, first):
        chunks = call.view.chunks(name, node)
        return sort([one for chunk in chunks for one in chunk if matches(one)])[start:stop]
    found: list[Any] = []
    for chunk in call.view.chunks(name, node, backwards=backwards):
        found += sort([record for record in chunk if matches(record)])
        if stop is not None and len(found) >= stop:
            break
    return found[start:stop]


def render(
    call: Call, records: list[Any], fields: list[str] | None, load: str | None
) -> list[dict[str, Any]]:
    """Records as the wire has them: False for null, pairs for many2one, seconds for datetimes."""
    model = call.model
    names = list(fields or access.visible_fields(call.user, model, call.view.visibility).fields)
    for name in names:
        if name not in model.fields:
            raise errors.invalid_field(model.name, name)
        access.check_field(call.user, model, name, call.view.visibility)
    columns = [(name, _column(call, model.fields[name], load)) for name in dict.fromkeys(["id", *names])]
    return [{name: column(record) for name, column in columns} for record in records]


def _column(call: Call, one: Field, load: str | None) -> Callable[[Any], Any]:
    get = call.view.getter(call.model.name, one.name)
    if one.type in TO_MANY:
        return lambda record: list(get(record) or ())
    if one.type == "datetime":
        return lambda record: False if (value := get(record)) is None else value[:19]
    if one.type == "many2one" and load == "_classic_read":
        own = call.view.own_label(call.model.name, one.name)
        return _own_pair(get, own) if own else _pairs(call.view, one.relation, get)
    return lambda record: False if (value := get(record)) is None else value


def _own_pair(get: Callable[[Any], Any], label: Callable[[Any], str]) -> Callable[[Any], Any]:
    return lambda record: False if (value := get(record)) is None else [value, label(record)]


def _pairs(view: View, relation: str, get: Callable[[Any], Any]) -> Callable[[Any], Any]:
    known: dict[int | None, Any] = {None: False}

    def pair(record: Any) -> Any:
        value = get(record)
        if value not in known:
            known[value] = [value, view.label(relation, value)]
        return known[value]

    return pair


_METHODS: dict[str, Callable[..., Any]] = {
    "context_get": context_get,
    "check_access_rights": check_access_rights,
    "fields_get": fields_get,
    "search": search,
    "search_count": search_count,
    "read": read,
    "search_read": search_read,
    "read_group": read_group,
}

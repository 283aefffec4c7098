"""The JSON-RPC services `common`, `object` and (its list of databases alone) `db`, as odoorpc calls them."""

from collections import Counter
from threading import Lock
from typing import Any

from nk_demo.faults import Outcome
from nk_demo.orm import access, errors, methods
from nk_demo.orm.versions import Edition
from nk_demo.orm.view import Tables, View, Visibility
from nk_demo.world.world import World


class Services:
    """Answers calls on one world. Calls are made one at a time: the world is shared."""

    def __init__(
        self, world: World, users: dict[str, access.User], db: str, edition: Edition | None = None
    ) -> None:
        self._world, self._users, self._db = world, users, db
        self.edition = edition or Edition()
        self._ids = {user.id: user for user in users.values()}
        self._tables = Tables(world)
        self._counts: Counter[tuple[str, str]] = Counter()
        self._lock = Lock()

    def call(self, service: str, method: str, args: list[Any], outcome: Outcome | None = None) -> Any:
        """One call. Raises `OdooError`."""
        expired = outcome is not None and outcome.breaks == "expired_key"
        if service == "common":
            answer = self._common(method, args)
            return False if expired and method != "version" else answer
        if (service, method) == ("db", "list"):
            return [self._db]
        if service != "object" or method not in {"execute", "execute_kw"} or len(args) < 5:
            raise errors.OdooError("builtins.NameError", f"Method not available {method}")
        db, uid, password, model, name = args[:5]
        self._count(str(model), str(name))
        user = self._check(db, uid, password)
        if expired:
            raise errors.access_denied()
        rest = args[5:]
        if method == "execute":
            return self._execute(user, model, name, rest, {}, outcome)
        positional = list(rest[0]) if rest else []
        keywords = dict(rest[1]) if len(rest) > 1 and rest[1] else {}
        return self._execute(user, model, name, positional, keywords, outcome)

    @property
    def db(self) -> str:
        """The only database there is."""
        return self._db

    def uid_of_key(self, key: str) -> int | None:
        """Whose API key it is. All users of the demo share one; it is taken for the extractor's."""
        user = self._users["extractor"]
        return user.id if key in user.keys else None

    def stats(self) -> dict[str, dict[str, int]]:
        """Object calls per model and method since the start or the last reset."""
        found: dict[str, dict[str, int]] = {}
        with self._lock:
            for (model, method), count in sorted(self._counts.items()):
                found.setdefault(model, {})[method] = count
        return found

    def reset_stats(self) -> None:
        """Begin counting again."""
        with self._lock:
            self._counts.clear()

    def _count(self, model: str, method: str) -> None:
        with self._lock:
            self._counts[model, method] += 1

    def _common(self, method: str, args: list[Any]) -> Any:
        if method == "version":
            return self.edition.version_info
        if method not in {"login", "authenticate"} or len(args) < 3:
            raise errors.OdooError("builtins.Exception", f"Method not found: {method}")
        db, login, password = args[:3]
        self._check_db(db)
        user = self._users.get(login)
        return user.id if user is not None and password in user.keys else False

    def _check_db(self, db: Any) -> None:
        if db != self._db:
            raise errors.unknown_database(str(db))

    def _check(self, db: Any, uid: Any, password: Any) -> access.User:
        self._check_db(db)
        user = self._ids.get(uid)
        if user is None or password not in user.keys:
            raise errors.access_denied()
        return user

    def _execute(
        self, user: access.User, model: str, method: str, args: list[Any], kwargs: dict[str, Any],
        outcome: Outcome | None,
    ) -> Any:  # fmt: skip
        with self._world.lock:
            view = View(self._tables, _visibility(outcome), self.edition)
            call = methods.Call(view, user, view.named_model(model))
            return methods.execute(call, method, args, kwargs)


def _visibility(outcome: Outcome | None) -> Visibility:
    if outcome is None:
        return Visibility()
    return Visibility(
        frozenset(outcome.missing_models),
        frozenset(outcome.missing_fields),
        frozenset(outcome.refused_models),
        frozenset(outcome.refused_fields),
    )

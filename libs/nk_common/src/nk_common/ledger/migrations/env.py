"""Alembic's entry: runs migrations on the connection that `nk_common.ledger.migration.migrate` hands over."""

from alembic import context

from nk_common.ledger import alerts as _alerts  # noqa: F401 declares tables of Base.metadata
from nk_common.ledger import reconciliations as _tables  # noqa: F401 declares tables of Base.metadata
from nk_common.ledger import routines as _more_tables  # noqa: F401 the same
from nk_common.ledger.models import Base

context.configure(connection=context.config.attributes["connection"], target_metadata=Base.metadata)
with context.begin_transaction():
    context.run_migrations()

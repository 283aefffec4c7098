"""The serving database: a native DuckDB copy of the lake's star schema, kept in step with it."""

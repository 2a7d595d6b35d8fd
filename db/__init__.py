"""The database: tables, records, repositories. Knows SQLAlchemy, not torch."""

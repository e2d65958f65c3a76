"""What Ally keeps: tables, queries that speak intent, the vault, migrations. Connections never leave this package."""

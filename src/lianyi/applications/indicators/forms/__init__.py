"""Forms that are filed (固定报表): a sheet by edition, what was filed, and how that differs."""

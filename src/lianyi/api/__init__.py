"""The doors: the console's JSON API, the console itself, health, readiness and metrics."""

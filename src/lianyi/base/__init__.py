"""The ground: errors, time, identifiers, settings, database, telemetry. No word of medicine."""

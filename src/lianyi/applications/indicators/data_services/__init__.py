"""Figures offered to other systems as named services: approved, limited, counted, revocable."""

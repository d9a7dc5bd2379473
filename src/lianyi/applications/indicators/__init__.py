"""Indicators: numbers that say what they count, since when, and who approved it (指标与口径)."""

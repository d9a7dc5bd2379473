"""Data quality: which rows cannot be trusted, since when, and whose work it is (数据质量)."""

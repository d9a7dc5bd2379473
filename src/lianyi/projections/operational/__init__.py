"""Operations: what a hospital did, in rows that can be counted (运营数据, ODR)."""

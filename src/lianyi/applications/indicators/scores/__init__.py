"""Scores of departments: how complete their data and their loops are (数据闭环评分)."""

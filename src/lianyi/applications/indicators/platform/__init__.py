"""What the platform itself did each day, as rows that are counted like all others (平台运行)."""

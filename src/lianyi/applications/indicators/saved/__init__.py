"""Explorations that people save under a name: questions, kept; the answers are counted anew."""

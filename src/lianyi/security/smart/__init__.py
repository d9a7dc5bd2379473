"""SMART App Launch: apps of others that people let act for them, within scopes and for minutes.

Source: HL7 SMART App Launch 2.2.
"""

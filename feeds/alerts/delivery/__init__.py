"""Matching of events with watches, and delivery of alerts with retries.

A module belongs here if it decides when and to whom an alert is sent.
"""

"""Matching events with watches, and delivering alerts with retries.

A module belongs here if it decides when and to whom an alert is sent.
"""

"""Prometheus exporter for Telegram one-time codes sent through Betatel Connect Hub."""

__version__ = "0.1.0"

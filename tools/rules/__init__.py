"""Rules, their tests and their simulation; the configuration of Prometheus and Alertmanager."""

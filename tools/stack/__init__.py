"""make stack: the demo with Prometheus, Alertmanager and, where it is installed, Grafana."""

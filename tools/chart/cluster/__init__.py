"""The chart installed on a real Kubernetes API server: ``python -m tools.chart.cluster``.

The cluster is an API server with etcd, without controllers and nodes. Nothing runs in it, but objects are validated,
defaulted and admitted as in production.
"""

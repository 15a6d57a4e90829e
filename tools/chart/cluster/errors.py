class ClusterError(Exception):
    """The cluster cannot be started, or does not answer as expected; the message is for its user."""

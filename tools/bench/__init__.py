"""How long a scrape takes above the API's own answer time, what it costs, and how both grow: python -m tools.bench."""

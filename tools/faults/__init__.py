"""A misbehaving API and the catalogue of its faults, which tests check, soak mixes and docs/reliability.md lists."""

"""A misbehaving API and the catalogue of its faults, which tests check and the soak mixes."""

"""The provider's API, simulated: seeded traffic, scenarios, and a clock that may run fast."""

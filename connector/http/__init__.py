"""The one way out: every exchange with a remote goes over `wire.Wire`."""

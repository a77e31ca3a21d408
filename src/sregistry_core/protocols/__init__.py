"""Wire protocols: thin adapters over the services. None imports another."""

"""What tests of the registry and of its plugins are made with; never imported by a server."""

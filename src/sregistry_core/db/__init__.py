"""What the tables stand on: base class, column types, sessions, schema versions."""

"""Jobs: the outbox row is the truth, the broker only delivers the news of it."""

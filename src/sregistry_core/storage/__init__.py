"""The core's side of storing: waiting room, storages as one, signed addresses."""

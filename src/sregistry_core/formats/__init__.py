"""Pure readers of foreign image files: bytes in, frozen dataclasses out, nothing executed.

`image.inspect` is the door. `sif` reads the frame of a SIF alone, `deffile` a definition's text.
Every file is treated as hostile: what is read, inflated and kept is bounded by `bounded.Budget`.
"""

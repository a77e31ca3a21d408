"""What builds say, sent to whoever waits for them, over WebSocket.

A process of its own, or a thread of the server: see docs/decisions/0021. server.py speaks to
clients, watching.py looks at builds, running.py starts and ends both.
"""

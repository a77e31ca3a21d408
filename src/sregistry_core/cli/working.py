"""The command that works off jobs in a process of its own."""

import signal
import threading

import click

from sregistry_core.app import assemble
from sregistry_core.ini import set_up_logging

from .command_line import CommandLine, pass_command_line

_LOOK_AGAIN_SECONDS = 1.0


@click.command()
@pass_command_line
def worker(command_line: CommandLine) -> None:
    """Work off jobs without serving, until a signal ends it.

    Ctrl-C and SIGTERM let the jobs that run end before; a build is broken off, and begins again in
    the next worker, or goes on where its builder can. With sregistry.jobs = embedded it works, too:
    it then looks for jobs every few seconds.
    """
    parts = command_line.registry
    # A misspelt setting stops a worker as it stops the server.
    assemble(parts)
    set_up_logging(command_line.ini)
    ended = threading.Event()

    def end(number: int, _frame: object) -> None:
        ended.set()
        # The second signal does not wait for the jobs.
        signal.signal(number, signal.SIG_DFL)

    before = {number: signal.signal(number, end) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        parts.jobs.start()
        click.echo(f"working for {parts.settings.name}")
        # A signal may reach another thread, as after a freeze: this one has to look by itself.
        while not ended.wait(_LOOK_AGAIN_SECONDS):
            pass
        click.echo("stopping")
        parts.jobs.stop()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

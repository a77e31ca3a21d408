"""Commands about jobs."""

import click

from sregistry_core.models import Outbox

from .command_line import CommandLine, pass_command_line
from .table import print_table, shown_time


@click.group()
def jobs() -> None:
    """Jobs: list, retry, run."""


@jobs.command("list")
@pass_command_line
def list_jobs(command_line: CommandLine) -> None:
    """List jobs that wait or were given up: ID, job, state, attempts, due, error."""
    with command_line.services() as services:
        rows = [
            [
                one.id,
                one.job,
                _state(one, is_at_work=services.outbox.is_at_work(one)),
                str(one.attempts),
                shown_time(one.due_at),
                " ".join((one.error or "").split()),
            ]
            for one in services.outbox.all()
        ]
    print_table(["ID", "job", "state", "attempts", "due", "error"], rows)


@jobs.command()
@click.argument("job_id", metavar="ID")
@pass_command_line
def retry(command_line: CommandLine, job_id: str) -> None:
    """Let a job be tried again now, as if it never had been."""
    with command_line.services() as services:
        found = services.outbox.retry(job_id)
    click.echo(f"{found.job} will be tried again")


@jobs.command()
@pass_command_line
def run(command_line: CommandLine) -> None:
    """Work off, here and now, every job that is due."""
    count = command_line.registry.jobs.run_all()
    click.echo(f"tried {count} jobs")


def _state(duty: Outbox, *, is_at_work: bool) -> str:
    if duty.failed_at is not None:
        return "failed"
    return "runs" if is_at_work else "waits"

"""Jobs: what waits, what runs, what was given up and why."""

from pyramid.request import Request
from pyramid.response import Response
from pyramid.view import view_config

from sregistry_core.errors import Conflict, NotFound
from sregistry_core.services.duty_list import DutyState

from ..fields import query_field
from .routes import ROOT
from .shown import admin_page, done, one_page, read_page, sentence


@view_config(route_name="ui.admin_jobs")
def list_jobs(request: Request) -> Response:
    """List the jobs of a state; by default those that were given up."""
    return _jobs_page(request)


@view_config(route_name="ui.admin_retry_job")
def retry_job(request: Request) -> Response:
    """Let a job be tried again now."""
    try:
        request.services.duty_list.retry(request.matchdict["job"])
    except (Conflict, NotFound) as error:
        request.tm.doom()
        return _jobs_page(request, status=409, complaint=sentence(error))
    return done(f"{ROOT}/jobs", "job-retried")


@view_config(route_name="ui.admin_retry_failed")
def retry_failed(request: Request) -> Response:
    """Let every job be tried again that was given up."""
    request.services.duty_list.retry_failed()
    return done(f"{ROOT}/jobs", "jobs-retried")


def _jobs_page(request: Request, *, status: int = 200, complaint: str = "") -> Response:
    asked = read_page(request)
    said = query_field(request, "state")
    state = DutyState(said) if said in list(DutyState) else DutyState.FAILED
    duties = request.services.duty_list
    found = duties.find(state, after=asked.after, limit=asked.limit + 1)
    return admin_page(
        request,
        "jobs",
        status=status,
        state=state,
        states=list(DutyState),
        counts=duties.counts(),
        complaint=complaint,
        **one_page(request, found, asked, lambda one: one.id),
    )

"""What a build may not have: the network, and more than its share of memory and processes."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from sregistry_core.contracts import BuildFailed
from sregistry_core.testing.builder_contract import Lines


@pytest.fixture(scope="module")
def page():
    """The port of a server of this machine that greets everybody."""

    class Greeting(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"a greeting\n")

        def log_message(self, *_about):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Greeting)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()


@pytest.fixture
def definition(base):
    def make(*lines):
        post = "".join(f"    {line}\n" for line in lines)
        return f"Bootstrap: localimage\nFrom: {base}\n\n%post\n{post}"

    return make


def test_a_build_reaches_the_network_only_where_it_may(
    make_builder, make_order_in, definition, page
):
    wanted = definition(
        f"printf 'GET / HTTP/1.0\\r\\n\\r\\n' | /bin/busybox nc -w 5 127.0.0.1 {page}"
        " || echo it is out of reach"
    )
    open_to_it, closed = Lines(), Lines()

    make_builder().run(make_order_in(wanted), open_to_it)
    make_builder(network=False).run(make_order_in(wanted), closed)

    assert "a greeting" in open_to_it.said
    assert "it is out of reach" in closed.said
    assert "a greeting" not in closed.said


def test_a_process_that_needs_more_memory_than_it_may_have_is_the_reason(
    make_builder, make_order_in, definition
):
    # The shell keeps all of it.
    hungry = definition("x=$(/bin/busybox head -c 900000000 /dev/zero | /bin/busybox tr '\\0' x)")
    order = make_order_in(hungry)

    with pytest.raises(BuildFailed) as failure:
        make_builder(memory=300 << 20).run(order, Lines())

    reason = "a process needed more than 314572800 bytes of memory"
    assert str(failure.value).endswith(reason)
    assert _processes_of(order) == []


def test_a_build_that_the_kernel_has_killed_says_so(make_builder, make_order_in, definition):
    command = ("sh", "-c", "sh -c 'kill -9 $$'; exit $?")

    with pytest.raises(BuildFailed, match=r"ended with status 137: it was killed, as the kernel"):
        make_builder(command=command).run(make_order_in(definition("true")), Lines())


def test_more_processes_than_it_may_have_are_the_reason(make_builder, make_order_in, definition):
    many = "for n in $(/bin/busybox seq 600); do /bin/busybox sleep 611 & done"
    order = make_order_in(definition(many, "echo all are there", "wait"))
    output = Lines()

    with pytest.raises(BuildFailed) as failure:
        make_builder(processes=300).run(order, output)

    assert str(failure.value).endswith("it needed more than 300 processes")
    assert "all are there" not in output.said
    assert _processes_of(order) == []
    assert not _running(b"sleep\x00611")


def test_what_a_build_leaves_running_is_ended_with_it(make_builder, make_order_in, definition):
    daemon = "(/bin/busybox setsid /bin/busybox sleep 619 >/dev/null 2>&1 &)"

    image = make_builder().run(make_order_in(definition(daemon)), Lines())

    assert image.is_file()
    assert not _running(b"sleep\x00619")


def _processes_of(order):
    return _running(str(order.work_directory).encode())


def _running(words):
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = path.read_bytes()
        except OSError:
            continue
        if words in command:
            found.append(command)
    return found

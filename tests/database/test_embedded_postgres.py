"""The server we start ourselves: it ends with whoever needed it, comes back after any kill, and disturbs nobody."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import psutil
import psycopg2
import pytest

from local.ports import PortTaken, free_port
from local.postgres import AlreadyRunning, EmbeddedPostgres, StartFailed
from local.postgres.account import launch_options, let_through
from local.postgres.processes import pid_file, post_guard
from tests.support.in_time import in_time
from tests.support.reaps_nobody import kill_all_below

ROOT = Path(__file__).parents[2]

# A process that runs a server with a committed row in it, says the postmaster's pid and port, and waits to be killed.
OWNER = """
    import signal, sys, time
    from pathlib import Path
    from local.postgres import EmbeddedPostgres
    # A shell lets what it starts in the background ignore this signal.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    server = EmbeddedPostgres(Path(sys.argv[1])).start()
    server.admin().cursor().execute("CREATE TABLE voices (title text); INSERT INTO voices VALUES ('grandma')")
    print(server._server.pid, server._guard.pid, server.port, flush=True)
    time.sleep(float(sys.argv[2]))
"""


@pytest.fixture(scope="module")
def made_once() -> Iterator[Path]:
    """A data folder as initdb leaves it; making one takes longer than everything else here."""
    with tempfile.TemporaryDirectory(prefix="stories-embedded-") as folder:
        EmbeddedPostgres(Path(folder) / "postgres", durable=False).start().stop()
        yield Path(folder) / "postgres"


@pytest.fixture
def folder() -> Iterator[Path]:
    """Not pytest's own: every pytest of root's closes that one to other accounts, the server's among them."""
    with tempfile.TemporaryDirectory(prefix="stories-embedded-") as folder:
        yield Path(folder)


@pytest.fixture
def data_dir(made_once: Path, folder: Path) -> Iterator[Path]:
    copy = folder / "postgres"
    subprocess.run(["cp", "-a", str(made_once), str(copy)], check=True)
    yield copy
    EmbeddedPostgres(copy).stop(immediate=True)


class Owner:
    """A process of its own that runs the server, as `make run` does; where asked, below a parent that reaps nobody."""

    def __init__(self, data_dir: Path, seconds: float = 60, *, reaped: bool = True) -> None:
        self.data_dir = data_dir
        command = [sys.executable, "-c", textwrap.dedent(OWNER), str(data_dir), str(seconds)]
        if not reaped:
            command = [sys.executable, "-m", "tests.support.reaps_nobody", *command]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT, start_new_session=True
        )
        assert self.process.stdout is not None
        self.postmaster, self.guard, self.port = map(int, self.process.stdout.readline().split())

    def end(self, how: signal.Signals) -> None:
        self.process.send_signal(how)
        self.process.communicate(timeout=30)


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z" if Path("/proc").exists() else True


def wait_until_gone(pid: int, seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while is_running(pid):
        assert time.monotonic() < deadline, f"process {pid} is still there"
        time.sleep(0.02)


def voices(server: EmbeddedPostgres) -> list[tuple[str]]:
    with server.admin() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT title FROM voices")
        return cursor.fetchall()


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_the_server_ends_with_its_owner_however_that_ends(data_dir: Path, how: signal.Signals) -> None:
    owner = Owner(data_dir)
    owner.end(how)
    wait_until_gone(owner.postmaster)
    server = EmbeddedPostgres(data_dir).start()
    assert voices(server) == [("grandma",)]
    server.stop()


def test_an_owner_that_ends_by_itself_has_stopped_its_server(data_dir: Path) -> None:
    owner = Owner(data_dir, seconds=1)
    os.kill(owner.guard, signal.SIGKILL)  # which would only come after
    owner.process.communicate(timeout=30)
    assert not is_running(owner.postmaster)


def test_an_orphaned_server_is_recognised_and_stopped_first(data_dir: Path) -> None:
    owner = Owner(data_dir)
    os.kill(owner.guard, signal.SIGKILL)
    owner.end(signal.SIGKILL)
    assert is_running(owner.postmaster)
    server = EmbeddedPostgres(data_dir, port=owner.port).start()
    assert not is_running(owner.postmaster)
    assert server.port == owner.port
    assert voices(server) == [("grandma",)]
    server.stop()


def test_nothing_committed_is_lost_when_everything_is_killed(data_dir: Path) -> None:
    owner = Owner(data_dir)
    killed = EmbeddedPostgres(data_dir)
    killed.port = owner.port
    busy = killed.admin()
    backend = busy.info.backend_pid

    def work() -> None:
        """A query that notices nothing of the outside: its backend outlives the postmaster."""
        with pytest.raises(psycopg2.OperationalError), busy.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM generate_series(1, 1000000000000) AS n WHERE n < 0")

    worker = threading.Thread(target=work)
    worker.start()
    with closing(killed.admin()) as looking, looking.cursor() as cursor:
        state = None
        while state != ("active",):
            cursor.execute("SELECT state FROM pg_stat_activity WHERE pid = %s", [backend])
            state = cursor.fetchone()
    for victim in (owner.guard, owner.postmaster):
        os.kill(victim, signal.SIGKILL)
    owner.end(signal.SIGKILL)
    assert is_running(backend) and pid_file(data_dir / "cluster"), "the wreck this test is about"

    server = EmbeddedPostgres(data_dir).start()
    assert not is_running(backend)
    assert voices(server) == [("grandma",)]
    server.stop()
    worker.join()


needs_subreaper = pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets a process stand for PID 1")


@needs_subreaper
def test_a_dead_server_that_nobody_reaps_does_not_hold_up_the_next_one(data_dir: Path) -> None:
    owner = Owner(data_dir, reaped=False)
    kill_all_below(owner.process.pid)
    wait_until_gone(owner.postmaster)
    assert psutil.Process(owner.postmaster).status() == psutil.STATUS_ZOMBIE, "the wreck this test is about"
    assert pid_file(data_dir / "cluster")[0] == str(owner.postmaster)

    server = EmbeddedPostgres(data_dir, port=owner.port).start()
    assert voices(server) == [("grandma",)]
    server.stop()
    owner.process.communicate()


@needs_subreaper
def test_an_orphan_that_nobody_reaps_is_stopped_without_waiting_for_its_pid_to_go(data_dir: Path) -> None:
    owner = Owner(data_dir, reaped=False)
    (run,) = psutil.Process(owner.process.pid).children()
    os.kill(owner.guard, signal.SIGKILL)
    run.kill()
    wait_until_gone(run.pid)
    assert is_running(owner.postmaster)

    begun = time.monotonic()
    server = EmbeddedPostgres(data_dir).start()
    in_time(time.monotonic() - begun, at_most=10)  # and not the 30 s after which it would be given up
    assert psutil.Process(owner.postmaster).status() == psutil.STATUS_ZOMBIE
    server.stop()
    owner.process.communicate()


@contextmanager
def another_program_with_the_servers_pid(data_dir: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The pid file of a killed server, whose pid now belongs to a program of the server's own account."""
    options = launch_options(data_dir / "cluster")
    with subprocess.Popen(["sleep", "60"], cwd="/", **options) as bystander:
        lines = [str(bystander.pid), str(data_dir / "cluster"), "1", "5432", "", "127.0.0.1", "", "ready"]
        (data_dir / "cluster" / "postmaster.pid").write_text("\n".join(lines) + "\n")
        yield bystander
        assert bystander.poll() is None, "it was stopped, and is no Postgres"
        bystander.kill()


def test_a_pid_that_belongs_to_another_program_by_now_is_left_alone(data_dir: Path) -> None:
    with another_program_with_the_servers_pid(data_dir):
        EmbeddedPostgres(data_dir).stop()
        server = EmbeddedPostgres(data_dir).start()
        server.stop()


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="there, the guard has the pid file alone to go by")
def test_the_guard_stops_no_other_program_that_has_the_servers_pid(data_dir: Path) -> None:
    with another_program_with_the_servers_pid(data_dir) as bystander:
        end, lifeline = os.pipe()
        guard = post_guard(bystander.pid, data_dir / "cluster", end)
        os.close(end)
        os.close(lifeline)
        guard.wait(timeout=10)


def test_a_living_server_that_cannot_be_found_keeps_its_data(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In another container, say: the folder is shared, and the pid in the pid file means nothing here."""
    owner = Owner(data_dir)
    os.kill(owner.guard, signal.SIGKILL)
    owner.end(signal.SIGKILL)
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr("local.postgres.processes.works_in", lambda process, cluster: False)
        elsewhere.setattr("local.postgres.processes.STOP_SECONDS", 0.2)
        with pytest.raises(StartFailed, match="another Postgres uses"):
            EmbeddedPostgres(data_dir).start()
    assert is_running(owner.postmaster)
    assert pid_file(data_dir / "cluster")[0] == str(owner.postmaster)
    server = EmbeddedPostgres(data_dir).start()
    assert voices(server) == [("grandma",)]
    server.stop()


def test_a_server_that_was_started_by_hand_is_stopped_before_another_starts(data_dir: Path) -> None:
    server = EmbeddedPostgres(data_dir)
    command = [str(server.bin_dir / "postgres"), "-D", str(server.cluster), "-p", str(free_port())]
    command += ["-c", "unix_socket_directories="]
    let_through(server.data_dir, server.bin_dir)
    with subprocess.Popen(command, stderr=subprocess.DEVNULL, **launch_options(server.cluster)) as by_hand:
        deadline = time.monotonic() + 10
        while "ready" not in "".join(pid_file(server.cluster)):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        server.start()
        assert by_hand.poll() == 0, "shut down with everything written out"
        server.stop()


def test_a_server_in_use_is_not_taken_from_its_owner(data_dir: Path) -> None:
    owner = Owner(data_dir)
    with pytest.raises(AlreadyRunning, match="in use by another process"):
        EmbeddedPostgres(data_dir).start()
    assert is_running(owner.postmaster)
    owner.end(signal.SIGKILL)


def test_a_taken_port_is_named(data_dir: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(PortTaken, match=str(port)):
            EmbeddedPostgres(data_dir, port=port).start()
    server = EmbeddedPostgres(data_dir, port=port).start()
    assert server.port == port
    server.stop()


def test_a_port_taken_at_the_last_moment_is_named_too(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("local.postgres.embedded.is_taken", lambda port: False)
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(PortTaken, match=str(port)):
            EmbeddedPostgres(data_dir, port=port).start()


@pytest.mark.heavy
def test_an_initdb_that_outlives_its_killed_owner_disturbs_no_later_one(folder: Path) -> None:
    data_dir = folder / "postgres"
    command = [sys.executable, "-c", textwrap.dedent(OWNER), str(data_dir), "60"]
    with subprocess.Popen(command, cwd=ROOT) as owner:
        try:
            deadline = time.monotonic() + 30
            while not list(data_dir.glob("cluster.unfinished*/PG_VERSION")):
                assert time.monotonic() < deadline
                time.sleep(0.005)
            left = psutil.Process(owner.pid).children(recursive=True)
            for process in left:
                with suppress(psutil.NoSuchProcess):  # initdb starts a program after the other
                    process.suspend()
        finally:
            owner.kill()  # else leaving the block would wait for it
    server = EmbeddedPostgres(data_dir, durable=False).start()
    for process in left:
        with suppress(psutil.NoSuchProcess, ProcessLookupError):  # one that had just done its part
            process.resume()
    psutil.wait_procs(left, timeout=30)
    server.admin().close()
    server.stop()
    EmbeddedPostgres(data_dir, durable=False).start().stop()
    assert not list(data_dir.glob("cluster.unfinished*"))


def test_a_folder_deeper_than_a_socket_path_may_be_is_fine(made_once: Path, folder: Path) -> None:
    deep = folder / ("a" * 60) / ("b" * 60)
    deep.mkdir(parents=True)
    subprocess.run(["cp", "-a", str(made_once), str(deep / "postgres")], check=True)
    server = EmbeddedPostgres(deep / "postgres").start()
    server.admin().close()
    server.stop()


def test_only_this_machine_with_a_password_gets_in(data_dir: Path) -> None:
    server = EmbeddedPostgres(data_dir).start()
    assert (data_dir / "superuser_password").stat().st_mode & 0o777 == 0o600
    with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
        psycopg2.connect(server.url("supabase_admin", "guessed", "postgres"))
    if sys.platform == "linux":  # where all of 127/8 is this machine, and 127.0.0.2 stands for its other addresses
        with pytest.raises(psycopg2.OperationalError, match="refused"):
            psycopg2.connect(server.admin_url().replace("127.0.0.1", "127.0.0.2"))
    server.stop()


def test_the_server_inherits_no_secret_of_ours(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STRIPE_SECRET_KEY", "sk_test_secret")
    server = EmbeddedPostgres(data_dir).start()
    environment = Path(f"/proc/{pid_file(data_dir / 'cluster')[0]}/environ")
    if environment.exists():
        assert b"sk_test_secret" not in environment.read_bytes()
    server.stop()


@pytest.mark.skipif(os.geteuid() != 0, reason="everybody else runs this way anyway")
def test_it_runs_for_a_user_who_is_not_root() -> None:
    with tempfile.TemporaryDirectory(prefix="stories-embedded-") as folder:
        shutil.chown(folder, "nobody")
        child = os.fork()  # a new interpreter would not do: root's may be out of the other account's reach
        if child == 0:
            status = 1
            try:
                nobody = pwd.getpwnam("nobody")
                os.setgroups([])
                os.setgid(nobody.pw_gid)
                os.setuid(nobody.pw_uid)
                server = EmbeddedPostgres(Path(folder) / "postgres", durable=False).start()
                server.admin().close()
                server.stop()
                status = 0
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(status)
        assert os.waitpid(child, 0)[1] == 0

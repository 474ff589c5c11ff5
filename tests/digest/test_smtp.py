"""What a mail server answers, and what the auditor makes of it; over TLS as over plain loopback."""

from __future__ import annotations

import shutil
import ssl
import subprocess
from email.message import EmailMessage
from pathlib import Path

import pytest
from aiosmtpd.smtp import AuthResult, LoginPassword

from auditor.digest.smtp import MailServer, SendError, read_mail_server, send
from auditor.errors import ConfigurationError
from tests.jobs.mailing import free_port, mail_server


def _message(body: str = "hello") -> EmailMessage:
    message = EmailMessage()
    message["From"] = "Call notes <auditor@example.com>"
    message["To"] = "Kim <kim@example.com>"
    message["Message-ID"] = "<1@example.com>"
    message.set_content(body)
    return message


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("tls")
    cert, key = folder / "cert.pem", folder / "key.pem"
    made = (
        "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost"
    )
    names = "subjectAltName=DNS:localhost,IP:127.0.0.1"
    if shutil.which("openssl") is None:
        pytest.skip("no openssl here to make a certificate with")
    subprocess.run(
        ["openssl", *made.split(), "-addext", names, "-keyout", str(key), "-out", str(cert)],
        check=True,
        capture_output=True,
    )
    return cert, key


def _context(certificate: tuple[Path, Path]) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*certificate)
    return context


@pytest.mark.parametrize(
    ("url", "port", "user", "password"),
    [
        ("smtp://mail.example.com", 25, None, None),
        ("starttls://kim:s%2Fc%40t@mail.example.com", 587, "kim", "s/c@t"),
        ("smtps://kim@mail.example.com:2465", 2465, "kim", None),
    ],
)
def test_an_address_is_read(url: str, port: int, user: str | None, password: str | None) -> None:
    server = read_mail_server(url)
    assert (server.port, server.user, server.password) == (port, user, password)
    assert "s/c" not in repr(server)


@pytest.mark.parametrize("url", ["http://x", "smtp://", "smtp://h:port:1", "kim:hunter2@host"])
def test_what_is_no_address_is_refused_without_being_shown(url: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read_mail_server(url)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("rcpt", "data", "kind"),
    [
        ("451 later", "", "temporary"),
        ("550 unknown", "", "permanent"),
        ("", "452 disk full", "temporary"),
        ("", "554 looks like spam", "permanent"),
    ],
)
def test_an_answer_tells_whether_to_try_again(rcpt: str, data: str, kind: str) -> None:
    with mail_server() as (inbox, port):
        inbox.rcpt, inbox.data = rcpt, data
        with pytest.raises(SendError) as caught:
            send(MailServer("127.0.0.1", port, "smtp"), _message())
    assert caught.value.kind == kind
    assert (rcpt or data) in str(caught.value)


def test_a_line_with_one_dot_does_not_end_the_message() -> None:
    with mail_server() as (inbox, port):
        send(MailServer("127.0.0.1", port, "smtp"), _message("a\n.\n.b\n"))
    assert inbox.messages[0].get_content().splitlines() == ["a", ".", ".b"]


def test_before_the_mark_nothing_is_delivered_and_after_it_all_is() -> None:
    seen: list[int] = []
    with mail_server() as (inbox, port):
        send(
            MailServer("127.0.0.1", port, "smtp"),
            _message(),
            before_last=lambda: seen.append(len(inbox.kept)),
        )
        assert seen == [0]
        assert len(inbox.kept) == 1


def test_a_connection_cut_after_the_mark_is_not_known_for_sure() -> None:
    with mail_server() as (inbox, port):
        inbox.cut_at_end = True
        with pytest.raises(SendError) as caught:
            send(MailServer("127.0.0.1", port, "smtp"), _message())
    assert caught.value.kind == "unknown"


def test_nobody_there_is_temporary() -> None:
    with pytest.raises(SendError) as caught:
        send(MailServer("127.0.0.1", free_port(), "smtp"), _message(), seconds=1)
    assert caught.value.kind == "temporary"


@pytest.mark.parametrize("security", ["starttls", "smtps"])
def test_tls_is_spoken_and_the_certificate_checked(
    certificate: tuple[Path, Path], security: str
) -> None:
    context = _context(certificate)
    options = {"tls_context": context} if security == "starttls" else {"ssl_context": context}
    with mail_server(**options) as (inbox, port):
        trusted = read_mail_server(f"{security}://127.0.0.1:{port}?ca={certificate[0]}")
        send(trusted, _message())
        assert len(inbox.kept) == 1
        with pytest.raises(SendError) as caught:
            send(read_mail_server(f"{security}://127.0.0.1:{port}"), _message())
        assert caught.value.kind == "setup"
        assert len(inbox.kept) == 1


def test_encryption_that_is_asked_for_is_insisted_on() -> None:
    with mail_server() as (inbox, port):
        with pytest.raises(SendError) as caught:
            send(MailServer("127.0.0.1", port, "starttls"), _message())
        assert caught.value.kind == "setup"
        assert inbox.kept == []


@pytest.mark.filterwarnings("ignore:Requiring AUTH")
def test_a_wrong_password_is_a_matter_of_the_settings() -> None:
    def check(*args: object) -> AuthResult:
        told = args[-1]
        assert isinstance(told, LoginPassword)
        return AuthResult(success=told.password == b"right", handled=False)

    options = {"authenticator": check, "auth_require_tls": False, "auth_required": True}
    with mail_server(**options) as (inbox, port):
        send(MailServer("127.0.0.1", port, "smtp", "kim", "right"), _message())
        with pytest.raises(SendError) as caught:
            send(MailServer("127.0.0.1", port, "smtp", "kim", "hunter2"), _message())
    assert caught.value.kind == "setup"
    assert "hunter2" not in str(caught.value)
    assert len(inbox.kept) == 1

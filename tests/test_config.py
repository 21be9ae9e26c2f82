"""config.yaml is refused with its place and what to do; secrets come from outside the file."""

from __future__ import annotations

from pathlib import Path

import pytest

from triage.config import load
from triage.credentials import Secret, SecretMissing, reveal
from triage.domain import Language, Tray
from triage.yamlfile import Problems

GOOD = """\
desk: {name: Desk, address: Desk@Shop.example, also_ours: [old@shop.example]}
mailboxes:
  - name: one
    maildir: {path: mail}
outgoing: {folder: out}
"""


def write(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "config.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def refused(tmp_path: Path, text: str) -> str:
    with pytest.raises(Problems) as raised:
        load(write(tmp_path, text))
    return str(raised.value).replace(f"{tmp_path}/", "")


def test_the_shipped_config_is_valid():
    settings = load(Path(__file__).parent.parent / "config.yaml")
    assert settings.desk.address == "integration@vipps.no"
    assert settings.mailboxes[0].trays[Tray.TROUBLE] == "Triage/Trouble"


def test_every_key_of_the_config_is_explained_in_the_shipped_file():
    from triage.config import Settings

    text = (Path(__file__).parent.parent / "config.yaml").read_text(encoding="utf-8")
    assert [name for name in Settings.model_fields if f"{name}:" not in text] == []


def test_paths_start_at_the_files_folder_and_the_database_too(tmp_path: Path):
    settings = load(write(tmp_path, GOOD))
    assert settings.state == tmp_path / "var"
    assert settings.database == f"sqlite:///{tmp_path}/var/triage.sqlite"
    assert settings.mailboxes[0].maildir is not None
    assert settings.mailboxes[0].maildir.path == tmp_path / "mail"


def test_our_addresses_are_compared_in_lower_case(tmp_path: Path):
    assert load(write(tmp_path, GOOD)).desk.addresses == {"desk@shop.example", "old@shop.example"}


def test_a_password_in_the_file_is_refused(tmp_path: Path):
    text = GOOD.replace("maildir: {path: mail}", "imap: {host: h, user: u, password: hunter2}")
    assert "config.yaml:4:40: 'password'" in refused(tmp_path, text)


def test_a_password_with_two_sources_is_refused(tmp_path: Path):
    text = GOOD.replace("maildir: {path: mail}", "imap: {host: h, user: u, password: {env: A, file: b}}")
    assert "give exactly one of 'env', 'file' or 'credential'" in refused(tmp_path, text)


def test_a_mailbox_that_is_both_imap_and_maildir_is_refused(tmp_path: Path):
    text = GOOD.replace("maildir: {path: mail}", "maildir: {path: m}\n    imap: {host: h, user: u, password: {env: A}}")
    assert "config.yaml:3:5: 'mailboxes': give either 'imap' or 'maildir'" in refused(tmp_path, text)


def test_a_misspelt_tray_names_the_nearest(tmp_path: Path):
    text = GOOD.replace("maildir: {path: mail}", "maildir: {path: mail}\n    trays: {answerd: X}")
    assert "'answerd' is not known here; did you mean 'answered'?" in refused(tmp_path, text)


def test_a_tray_that_is_not_named_keeps_its_own_name(tmp_path: Path):
    text = GOOD.replace("maildir: {path: mail}", "maildir: {path: mail}\n    trays: {silent: Quiet}")
    trays = load(write(tmp_path, text)).mailboxes[0].trays
    assert (trays[Tray.SILENT], trays[Tray.REVIEW]) == ("Quiet", "Triage/Review")


def test_a_fallback_language_that_is_not_answered_is_refused(tmp_path: Path):
    assert "'fallback' must be one of the languages in 'answer'" in refused(
        tmp_path, GOOD + "languages: {answer: [no], fallback: en}\n"
    )


def test_a_mail_in_another_language_is_answered_in_the_fallback(tmp_path: Path):
    languages = load(write(tmp_path, GOOD)).languages
    assert [languages.reply_in(language) for language in (Language.NO, Language.FI, None)] == ["no", "en", "en"]


def test_two_mailboxes_of_one_name_are_refused(tmp_path: Path):
    text = GOOD.replace("outgoing", "  - name: one\n    maildir: {path: other}\noutgoing")
    assert "two mailboxes have the same name" in refused(tmp_path, text)


def test_a_secret_comes_from_the_environment_a_file_or_a_credential(tmp_path: Path):
    (tmp_path / "pw").write_text("SAMPLE-file\n", encoding="utf-8")
    assert reveal(Secret(env="PW"), {"PW": "SAMPLE-env"}) == "SAMPLE-env"
    assert reveal(Secret(file=tmp_path / "pw"), {}) == "SAMPLE-file"
    assert reveal(Secret(credential="pw"), {"CREDENTIALS_DIRECTORY": str(tmp_path)}) == "SAMPLE-file"


@pytest.mark.parametrize(
    ("secret", "says"),
    [
        (Secret(env="PW"), "the environment variable PW is not set"),
        (Secret(credential="pw"), "not started by systemd with LoadCredential="),
        (Secret(file=Path("/nowhere/pw")), "the secret file /nowhere/pw cannot be read"),
    ],
)
def test_a_secret_that_is_not_there_says_where_it_was_looked_for(secret: Secret, says: str):
    with pytest.raises(SecretMissing, match=says):
        reveal(secret, {})


def test_a_mailbox_logs_in_by_password_or_by_token_but_not_both(tmp_path: Path):
    imap = "imap: {host: h, user: u, oauth: {token_url: 'https://issuer.example/t', client_id: c, client_secret: {env: S}}}"
    both = imap.replace("user: u", "user: u, password: {env: A}")
    assert "either" in refused(tmp_path, GOOD.replace("maildir: {path: mail}", both))
    neither = imap.replace(", client_secret: {env: S}", "")
    assert "refresh_token" in refused(tmp_path, GOOD.replace("maildir: {path: mail}", neither))
    (tmp_path / "config.yaml").write_text(GOOD.replace("maildir: {path: mail}", imap), encoding="utf-8")
    assert load(tmp_path / "config.yaml").mailboxes[0].imap

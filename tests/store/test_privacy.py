"""Forgetting, telling and expiring reach every table: a new column that holds words fails here until it is thought of."""

from __future__ import annotations

import json
import zlib
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from triage.config import Retention
from triage.store import privacy, retention
from triage.store.personal import IMPERSONAL, KEPT_FIELDS, PERSONAL, Holds
from triage.store.schema import metadata
from triage.store.store import Store

KARI, OLA, BERIT = "kari@shop.example", "ola@shop.example", "berit@shop.example"
TEXTS = sa.String | sa.JSON | sa.LargeBinary
OF_STAFF = {
    "correction.who",
    "edition.said",
    "edition.who",
    "event.said",
    "event.who",
}  # what our own people did, and who
TABLES = {table.name: table for table in metadata.sorted_tables}
FIGURES = ("ticket", "mail", "verdict", "finding", "required", "outbox", "recipient", "trouble")


def can_hold_text(column: sa.Column[Any]) -> bool:
    return isinstance(column.type, TEXTS)


@pytest.mark.parametrize("name", TABLES)
def test_of_every_column_that_can_hold_text_it_is_known_what_it_holds(name: str):
    texts = {column.name for column in TABLES[name].c if can_hold_text(column)}
    personal, impersonal = set(PERSONAL.get(name, {})), set(IMPERSONAL.get(name, ()))
    assert personal | impersonal == texts, "say in triage/store/personal.py what the column holds"
    assert not personal & impersonal


# ── a row in every table ────────────────────────────────────────────────────────────────────────────


def words_in(table: str, column: str, owner: str, mentions: str) -> str:
    return f"{owner.partition('@')[0]}-wrote-{table}-{column} of {mentions}"


def value_for(table: sa.Table, column: sa.Column[Any], number: int, owner: str, mentions: str) -> Any:
    """A value for one column of a row that belongs to `owner` and mentions somebody."""
    holds = PERSONAL.get(table.name, {}).get(column.name)
    said = words_in("mail" if column.name == "message_id" else table.name, column.name, owner, mentions)
    match holds:
        case Holds.ADDRESS:
            return [owner, BERIT] if isinstance(column.type, sa.JSON) else owner
        case Holds.DOMAIN:
            return owner.partition("@")[2]
        case Holds.WORDS if isinstance(column.type, sa.LargeBinary):
            packed = zlib.compress(json.dumps({"mail": {"new": said}}).encode())
            return packed if table.name == "recorded" else f"From: <{owner}>\r\n\r\n{said}\r\n".encode()
        case Holds.WORDS if column.name == "evidence":
            return [{"source": "rule", "rule": "a/b", "text": said, "weight": 1.0}]
        case Holds.WORDS:
            return [said] if isinstance(column.type, sa.JSON) else said
    return plain_value(column, number)


def plain_value(column: sa.Column[Any], number: int) -> Any:
    if column.nullable and not column.primary_key and not column.foreign_keys:
        return None
    match column.type:
        case sa.JSON():
            return []
        case sa.Boolean():
            return False
        case sa.Integer() | sa.Float():
            return number
        case sa.String():
            return f"{column.name[:6]}{number}"[: column.type.length or 30]
    return datetime.fromisoformat("2026-03-02T08:00:00+00:00")


def fill(store: Store, number: int, owner: str, mentions: str, **special: Any) -> None:
    """One row in every table, all of them belonging to one person's one mail."""
    with store.connection() as db:
        for table in metadata.sorted_tables:
            row = {column.name: value_for(table, column, number, owner, mentions) for column in table.c}
            if "merged_into" in row:
                row["merged_into"] = None
            db.execute(sa.insert(table).values(row | {k: v for k, v in special.items() if k in row}))


def dump(store: Store) -> str:
    """Everything in the database as one text."""
    with store.connection() as db:
        return "\n".join(
            f"{table.name}.{name}={readable(value)}"
            for table in metadata.sorted_tables
            for row in db.execute(sa.select(table)).mappings()
            for name, value in row.items()
        )


def readable(value: Any) -> str:
    if isinstance(value, bytes):
        return (zlib.decompress(value) if value[:1] == b"x" else value).decode()
    return json.dumps(value, default=str)


def counts(store: Store) -> dict[str, int]:
    with store.connection() as db:
        return {name: db.execute(sa.select(sa.func.count()).select_from(TABLES[name])).scalar_one() for name in FIGURES}


@pytest.fixture
def filled(store: Store) -> Store:
    """Rows of Kari's mail and of Ola's, each mentioning the other, all letters sent long ago."""
    fill(store, 11, KARI, OLA, state="sent")
    fill(store, 12, OLA, KARI, state="sent")
    return store


def forget(store: Store, address: str = KARI) -> privacy.Erased:
    return privacy.forget(store, address)


def test_after_forgetting_neither_address_nor_words_stand_anywhere(filled: Store):
    before = dump(filled)
    assert KARI in before
    assert before.count("kari-wrote-") > 15
    forget(filled)
    after = dump(filled)
    assert KARI not in after
    assert columns_with(after, "kari-wrote-") <= {"alert.said", *OF_STAFF}


def columns_with(text: str, words: str) -> set[str]:
    return {line.partition("=")[0] for line in text.splitlines() if words in line}


def test_of_others_the_words_stay_without_the_address(filled: Store):
    forget(filled)
    after = dump(filled)
    assert OLA in after
    assert "ola-wrote-finding-value" in after
    assert "ola-wrote-ticket-subject" in after
    assert f"@{privacy.FORGOTTEN}" in after


def test_the_figures_stay(filled: Store):
    before = counts(filled)
    told = forget(filled)
    assert counts(filled) == before
    with filled.connection() as db:
        (evidence,) = db.execute(
            sa.select(TABLES["verdict"].c.evidence).where(TABLES["verdict"].c.mail == 11)
        ).scalars()
    assert evidence == [{"source": "rule", "rule": "a/b", "text": "", "weight": 1.0}]
    assert told.rows["mail"] > 0
    assert told.waiting == 0


def test_one_person_has_one_new_name_in_the_figures(filled: Store):
    forget(filled)
    with filled.connection() as db:
        sender = db.execute(sa.select(TABLES["mail"].c.sender).where(TABLES["mail"].c.id == 11)).scalar_one()
        owner = db.execute(sa.select(TABLES["ticket"].c.owner).where(TABLES["ticket"].c.number == 11)).scalar_one()
    assert sender == owner
    assert sender.endswith(f"@{privacy.FORGOTTEN}")


def test_forgetting_twice_finds_nothing_more(filled: Store):
    forget(filled)
    assert forget(filled).rows == {}


def test_somebody_with_a_similar_address_is_not_touched(store: Store):
    fill(store, 11, f"anne.{KARI}", f"{KARI}.com", state="sent")
    before = dump(store)
    assert forget(store).rows == {}
    assert dump(store) == before


def test_an_address_is_found_however_it_is_written(store: Store):
    fill(store, 12, OLA, KARI.upper(), state="sent")
    forget(store, f" {KARI.title()} ")
    assert KARI.upper() not in dump(store)


@pytest.mark.parametrize("around", ["email={}", "/users/{}/orders", "<mailto:{}>", "'{}'", "to={}&cc=x", "{}.", "({})"])
@pytest.mark.parametrize("address", [KARI, KARI.replace("@", "%40")])
def test_an_address_is_found_whatever_stands_around_it(store: Store, around: str, address: str):
    fill(store, 12, OLA, BERIT, state="sent", value=f"GET {around.format(address)}")
    forget(store)
    assert address not in dump(store)


def test_an_address_in_an_encoded_mail_is_found(store: Store):
    quoted = f"From: <{OLA}>\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nAsk kari@sh=\r\nop.example\r\n"
    coded = "From: <ola@shop.example>\r\nContent-Transfer-Encoding: base64\r\n\r\nQXNrIGthcmlAc2hvcC5leGFtcGxlIQ==\r\n"
    fill(store, 12, OLA, BERIT, raw=quoted.encode(), message=coded.encode(), state="sent")
    forget(store)
    after = dump(store)
    assert "Ask" not in after
    assert "QXNr" not in after


def test_a_mail_that_unpacks_without_end_is_no_danger(store: Store):
    fill(store, 12, OLA, BERIT, raw=zlib.compress(bytes(40_000_000)), state="waiting")
    assert forget(store).rows == {}


def test_a_letter_that_waits_for_the_person_alone_never_leaves(store: Store):
    fill(store, 11, KARI, OLA, state="queued", recipients=[KARI])
    assert forget(store).waiting == 0
    with store.connection() as db:
        (state, message) = db.execute(sa.select(TABLES["outbox"].c.state, TABLES["outbox"].c.message)).one()
    assert (state, message) == ("erased", b"")


def test_a_letter_that_waits_for_others_too_leaves_first_and_this_is_told(store: Store):
    fill(store, 11, KARI, OLA, state="queued")
    assert forget(store).waiting == 1
    with store.connection() as db:
        assert db.execute(sa.select(TABLES["outbox"].c.recipients)).scalar_one() == [KARI, BERIT]
        db.execute(sa.update(TABLES["outbox"]).values(state="sent"))
    assert forget(store).waiting == 0
    assert KARI not in dump(store)


def test_a_mail_in_trouble_of_the_person_loses_its_bytes(filled: Store):
    forget(filled)
    with filled.connection() as db:
        rows = db.execute(sa.select(TABLES["trouble"].c.raw, TABLES["trouble"].c.state)).all()
    assert all(bytes(row.raw) == b"" and row.state == "erased" for row in rows)


# ── telling ─────────────────────────────────────────────────────────────────────────────────────────


def test_what_is_held_of_a_person_comes_from_every_table(filled: Store):
    with filled.connection() as db:
        found = privacy.held(db, KARI.upper())
    text = json.dumps(found, ensure_ascii=False)
    assert set(found["own"]) | set(found["mentioned"]) == set(PERSONAL) | {"required"}
    for table, columns in PERSONAL.items():
        for column, holds in columns.items():
            if holds is Holds.WORDS and table in found["own"]:
                assert words_in("mail" if column == "message_id" else table, column, KARI, "") in text


def test_of_others_only_what_names_the_person_is_told(filled: Store):
    with filled.connection() as db:
        found = privacy.held(db, KARI)
    assert all(KARI in json.dumps(row) for rows in found["mentioned"].values() for row in rows)
    (ticket,) = found["mentioned"]["ticket"]
    assert set(ticket) == {"number", "subject"}
    assert OLA not in {row.get("sender") for row in found["own"]["mail"]}


def test_of_a_stranger_nothing_is_held(filled: Store):
    with filled.connection() as db:
        assert privacy.held(db, "nobody@shop.example") == {"own": {}, "mentioned": {}}


# ── expiring ────────────────────────────────────────────────────────────────────────────────────────

OLD = datetime.fromisoformat("2026-03-02T08:00:00+00:00")  # when the rows of `fill` were made


def test_after_the_days_no_words_stand_anywhere_and_figures_and_addresses_stay(filled: Store, clock):
    before = counts(filled)
    with filled.connection() as db:
        db.execute(sa.update(TABLES["alert"]).values(until=OLD))
    clock.move(days=91)
    assert retention.expire(filled, Retention()) == retention.Expired(2, 2)
    after = dump(filled)
    assert columns_with(after, "-wrote-") == {"mail.message_id", "reference.message_id", *OF_STAFF}
    assert counts(filled) == before
    assert KARI in after
    assert retention.expire(filled, Retention()) == retention.Expired(0, 0)


def test_before_the_days_everything_stays(filled: Store, clock):
    clock.move(days=89)
    before = dump(filled)
    assert retention.expire(filled, Retention()) == retention.Expired(0, 0)
    assert dump(filled) == before


def test_a_thread_that_goes_on_keeps_what_it_was_given(filled: Store, clock):
    clock.move(days=91)
    with filled.connection() as db:
        at = TABLES["ticket"].c.number == 11
        db.execute(sa.update(TABLES["ticket"]).where(at).values(changed_at=clock() - timedelta(days=1)))
    assert retention.expire(filled, Retention()).mails == 1
    assert "kari-wrote-finding-value" in dump(filled)
    assert "ola-wrote-finding-value" not in dump(filled)


def test_a_letter_that_has_not_left_keeps_its_words(store: Store, clock):
    fill(store, 11, KARI, OLA, state="queued")
    clock.move(days=91)
    retention.expire(store, Retention())
    assert "kari-wrote-outbox-message" in dump(store)


def test_values_that_are_nobodys_own_stay_for_the_reports(store: Store, clock):
    fill(store, 11, KARI, OLA, state="sent", field=KEPT_FIELDS[0], value="test")
    clock.move(days=91)
    retention.expire(store, Retention())
    with store.connection() as db:
        assert db.execute(sa.select(TABLES["finding"].c.value)).scalar_one() == "test"


def test_without_a_number_of_days_words_are_kept_for_ever(filled: Store, clock):
    clock.move(days=4000)
    before = dump(filled)
    assert retention.expire(filled, Retention(text_days=None, trouble_days=None)) == retention.Expired(0, 0)
    assert dump(filled) == before


def test_more_mails_than_one_transaction_takes_expire_too(store: Store, clock, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(retention, "_AT_ONCE", 2)
    for number in range(5):
        fill(store, number + 1, KARI, OLA, state="sent", name=f"n{number}", email=f"{number}@shop.example")
    clock.move(days=91)
    assert retention.expire(store, Retention()).mails == 5

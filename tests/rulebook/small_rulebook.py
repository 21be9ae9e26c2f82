"""A small rulebook that is in order, as files, and mails to try it on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from triage.domain import Address, Attachment, InboundMail

Edit = Callable[..., Path]

TITLES = """\
title: {en: a, no: b, da: c, sv: d, fi: e}
description: {en: a, no: b, da: c, sv: d, fi: e}
"""
FILES = {
    "routing.yaml": """\
topics: [technical, settlement]
thresholds: {strong: 3, margin: 1, subject_factor: 1.5, long_mail_words: 20, long_mail_factor: 0.5}
""",
    "contacts.yaml": """\
contacts:
  - key: settlement
    label: {en: a, no: b, da: c, sv: d, fi: e}
    vipps: {value: "https://old.example/settlements", source: seed 000}
    vippsmobilepay: {value: settlements@new.example, source: seed 004}
""",
    "structure.yaml": """\
topic: technical
rules:
  - id: api-call
    sign: call
    names: [GET, POST]
    weight: 3
    wrong_when: A checklist lists the endpoints.
""",
    "flags.yaml": """\
rules:
  - id: phone-request
    flag: phone_request
    any_of: [ring meg, call me]
    wrong_when: A number stands in a signature.
""",
    "technical.yaml": "topic: technical\nkind: technical\n" + TITLES,
    "settlement.yaml": "topic: settlement\nkind: pointer\ncontact: settlement\n"
    + TITLES
    + """\
rules:
  - id: settlement-words
    any_of: [oppgjør, utbetaling*, settlement]
    none_of: [SFTP]
    weight: 2
    wrong_when: A developer quotes the endpoint.
""",
    "technical.test.yaml": """\
tests:
  - name: a call
    mail: {subject: "POST:/pay fails"}
    expect: technical
    because: [api-call]
  - name: a letter
    mail: {text: "I post /sometimes a letter"}
    expect: none
    not_because: [api-call]
""",
    "settlement.test.yaml": """\
tests:
  - name: the word
    mail: {subject: Oppgjør mangler}
    expect: settlement
    because: [settlement-words]
  - name: fetched by SFTP
    mail: {text: The settlement file is not on the SFTP server}
    not_because: [settlement/settlement-words]
""",
    "flags.test.yaml": """\
tests:
  - name: wants a call
    mail: {text: Kan noen ring meg?}
    because: [phone-request]
  - name: a signature
    mail: {text: "Kari, tlf 91234567"}
    not_because: [phone-request]
""",
}


def mail(new: str = "", subject: str = "", quoted: str = "", signature: str = "", attached: str = "") -> InboundMail:
    attachments = (Attachment("log.txt", "text/plain", len(attached), attached),) if attached else ()
    sender = Address("kari@shop.example")
    return InboundMail("k", "m", sender, subject, new, quoted=quoted, signature=signature, attachments=attachments)

"""JSON that was escaped on its way is read and masked; what only looks like it stays as it was sent."""

from __future__ import annotations

import pytest

from tests.fields.short_mails import mail
from triage.fields.escapes import unescaped

PLAIN = '{"merchantInfo":{"merchantSerialNumber":"247730"},"transaction":{"orderId":"MUG-7-118"}}'
PERCENT = {sign: f"%{ord(sign):02X}" for sign in '{}":,'}
WAYS = {
    "a ticket system": PLAIN.replace('"', "&quot;"),
    "one that counts": PLAIN.replace('"', "&#34;"),
    "two of them": PLAIN.replace('"', "&amp;quot;"),
    "single quotes": PLAIN.replace('"', "&apos;"),
    "a log": PLAIN.replace('"', "\\u0022"),
    "a form": "body=" + "".join(PERCENT.get(sign, sign) for sign in PLAIN),
    "code": f'var body = @"{PLAIN.replace(chr(34), chr(34) * 2)}";',
    "elements": "&lt;merchantSerialNumber&gt;247730&lt;/merchantSerialNumber&gt;&lt;orderId&gt;MUG-7-118&lt;/orderId&gt;",
    "a mail's source": "merchantSerialNumber=3D247730\norderId=3DMUG-7-=\n118\n",
}
KEPT = [
    "https://shop.example/?a=1&amp=2&currency=NOK",
    "https://shop.example/?q=%22lamp%22&size=%2B40",
    "terms & conditions; R&D; A&amp;B",
    "https://shop.example/?a=3D1",
    'nothing: "", and "a":"","b":""',
]


@pytest.mark.parametrize("way", WAYS)
def test_escaped_json_gives_its_fields(field, way):
    assert (field("msn", WAYS[way]), field("order_id", WAYS[way])) == ("247730", "MUG-7-118")


@pytest.mark.parametrize("text", KEPT)
def test_an_address_or_a_sentence_stays_as_it_was_sent(text):
    assert unescaped(mail(text)).new == text


def test_particulars_of_customers_are_masked_behind_escaped_quotes(inspector):
    text = "{&quot;orderId&quot;:&quot;A-1&quot;,&quot;email&quot;:&quot;kari@customer.example&quot;}"
    masked = inspector.inspect(mail(text, logs=(text,))).masked
    assert "kari@" not in masked.new
    assert "kari@" not in masked.attachments[0].text


def test_an_error_behind_escaped_quotes_is_a_response(field):
    assert field("response", "{&quot;title&quot;:&quot;Forbidden&quot;,&quot;status&quot;:403}")

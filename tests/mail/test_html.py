"""HTML mail as its reader sees it. Whole mails are among the reader's cases; here are single points and promises."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.cpu import seconds
from triage.mail.html import new_text, to_text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("a<br>b<br/>c", "a\nb\nc"),
        ("<div>a</div><div>b</div>", "a\nb"),
        ("<div>a<br></div><div><br></div><div>b</div>", "a\n\nb"),
        ("<p>a</p><p>&nbsp;</p><p>b</p>", "a\n\nb"),
        ("<p style='margin:0'>a</p><p style='margin: 0cm'>b</p>", "a\nb"),
        ("<p class='x_MsoNormal'>a</p><p class=MsoListParagraph>b</p>", "a\nb"),
        ("a  \n\t b", "a b"),
        ("<b>a</b> <i>b</i>", "a b"),
        ("a&nbsp;&nbsp;b", "a  b"),
        ("<ol start=3><li>a<li>b</ol>", "3. a\n4. b"),
        ("<ul><li><p>a</p></li><li><p>b</p></li></ul>", "- a\n- b"),
        ("<dl><dt>a<dd>b</dl>", "a\nb"),
        ("<table><tr><td>a<td>b<tr><td>c<td>d</table>", "a\tb\nc\td"),
        ("<table><tr><td>a<table><tr><td>b</table></table>", "a\n\nb"),
        ("<pre>a\n  b</pre>c", "a\n  b\n\nc"),
        ("<pre>\n{\n}</pre>", "{\n}"),
        ("<textarea>a\nb</textarea>", "a\nb"),
        ("<code style='white-space:pre'>a\n b</code>", "a\n b"),
        ("<span style='DISPLAY : none'>x</span>a", "a"),
        ("<div style='max-height:0px'>x</div>a", "a"),
        ("<div style='max-height:0.5em'>x</div>", "x"),
        ("<img src=x alt=logo>a", "a"),
        ("a<script>x</script><style>y</style><!-- z -->b", "ab"),
        ("so\u00adft zero\u200bwidth", "soft zerowidth"),
        ("<a href='https://www.shop.example/'>shop.example</a>", "shop.example"),
        ("<a href='http://shop.example/x'>x</a>", "x <http://shop.example/x>"),
        ("<a href='javascript:x'>x</a> <a name=y>z</a> <a href='#q'>w</a>", "x z w"),
        ("<a href='https://shop.example/x'><img src=y></a>", ""),
        ("<a href='https://x.safelinks.broken.example/?url=%ZZ&url'>x</a>", None),
        ("", ""),
    ],
)
def test_markup_becomes_lines(html: str, text: str | None):
    if text is not None:
        assert to_text(html) == text
    else:
        assert to_text(html).startswith("x")


def test_an_unwrapped_address_brings_neither_dirt_nor_line_breaks():
    link = "https://x.safelinks.example/?url=https%3A%2F%2Fshop.example%2F%00a%0Ab%ED%A0%80"
    assert to_text(f"<a href='{link}'>here</a>") == "here <https://shop.example/ab\ufffd\ufffd\ufffd>"


REPLIES = {
    "gmx": '<p>New</p><div name="quote" style="border-left:2px solid #C3D9E5"><b>Gesendet:</b> Montag<br>Old</div>',
    "spark": '<p>New</p><div name="messageReplySection">On 1 Jan 2024, 09:15 +0100, X, wrote:<br><blockquote class="spark_quote">Old</blockquote></div>',
    "outlook on android": '<p>New</p><div class="ms-outlook-mobile-reference-message"><b>From:</b> X<br>Old</div>',
    "yahoo on a phone": '<p>New</p><div id="ydp123yahoo_quoted_77" class="ydp123yahoo_quoted">Old</div>',
    "a bar below an introduction": '<p>New</p><p>On Mon, 1 Jan 2024 at 09:15 X wrote:</p><div style="border-left:1px solid #ccc">Old</div>',
    "a named quote": '<p>New</p><blockquote type="cite">Old</blockquote>',
    "gmail": '<p>New</p><div class="gmail_quote">On 1 Jan 2024 X wrote:<div>Old</div></div>',
    "gmail seen by outlook": '<p>New</p><div class="x_gmail_quote"><div class="x_gmail_attr">Den 1. jan. skrev X:</div><blockquote class="x_gmail_quote">Old</blockquote></div>',
    "a line at the left": '<p>New</p><blockquote style="border-left: 1px solid; margin:0">Old</blockquote>',
    "an introduced quote": "<p>New</p><p>12.03.2024, 09:15, X &lt;x@desk.example&gt;:</p><blockquote>Old</blockquote>",
    "a closing quote": "<p>New</p><blockquote>Old</blockquote>",
    "outlook on the phone": '<p>New</p><div id="mail-editor-reference-message-container"><div><b>Fra:</b> X<br><b>Dato:</b> 1. januar<br></div>Old</div>',
    "outlook for mac": '<p>New</p><div style="border:none;border-top:solid #B5C4DF 1.0pt"><b>Från: </b>X<br><b>Datum: </b>1 januari<br><b>Ämne: </b>y</div><div>Old</div>',
    "hotmail": '<p>New</p><hr id="stopSpelling">Date: Mon<br>From: x@desk.example<br>Old',
    "a rule and a header block": "<p>New</p><hr><p><b>Lähettäjä:</b> X<br><b>Lähetetty:</b> ma 1. tammikuuta<br><b>Aihe:</b> y</p><p>Old</p>",
    "yahoo": '<p>New</p><div id="yahoo_quoted_77">On Monday X wrote:<br>Old</div>',
    "zimbra": '<p>New</p><hr id="zwchr" data-marker="__DIVIDER__"><div data-marker="__HEADERS__"><b>From: </b>X</div><div data-marker="__QUOTED_TEXT__">Old</div>',
}


@pytest.mark.parametrize("name", REPLIES)
def test_history_is_told_apart_in_every_programs_markup(name: str):
    assert new_text(REPLIES[name]).strip() == "New"
    assert "Old" in to_text(REPLIES[name])


@pytest.mark.parametrize(
    "html",
    [
        "<p>One</p><blockquote>Mine</blockquote><p>Two</p>",
        "<p>The answer was:</p><blockquote>Mine</blockquote>",
        "<p>At 12:30 your API said HTTP 400:</p><blockquote>Mine</blockquote><p>Why?</p>",
        "<p>One</p><div style='border-left:3px solid red'>Mine</div>",
        "<p>One</p><div name='message'>Mine</div>",
        '<p>One</p><blockquote style="margin:0 0 0 40px;border:none">Mine</blockquote>',
        '<p>One</p><div class="gmail_quote"><div class="gmail_attr">---------- Forwarded message ---------</div>Mine</div>',
        '<p>One</p><div class="moz-forward-container">-------- Forwarded Message --------<br>Mine</div>',
        '<p>One</p><div style="border-top:1px solid #ccc">Mine</div>',
        "<p>One</p><hr><p>Mine</p>",
        '<div class="gmail_quote"><div class="gmail_attr">On 1 Jan 2024 X wrote:</div><blockquote class="gmail_quote">Old</blockquote>Mine</div>',
    ],
)
def test_a_passage_of_ones_own_is_no_history(html: str):
    assert "Mine" in new_text(html)


def test_quoted_lines_carry_their_depth():
    nested = "<p>a</p>" + "<blockquote type=cite>b" * 3
    assert to_text(nested) == "a\n\n> b\n>\n>> b\n>>\n>>> b"


def test_a_signature_block_is_marked_unless_text_follows():
    assert to_text("<p>a</p><div class=gmail_signature>Kari</div>") == "a\n\n-- \nKari"
    assert (
        to_text("<p>a</p><div class=gmail_signature>Kari</div><blockquote type=cite>b</blockquote>")
        == "a\n\n-- \nKari\n\n> b"
    )
    assert to_text("<div class=gmail_signature>Kari</div><p>a</p>") == "Kari\n\na"


def test_what_is_too_hard_for_the_parser_is_still_read():
    text = to_text("<p>Hei <b>du</b></p><script>x</script><!-- y --><p>&aring;&#0;&#xd800;</p>" + "<div>" * 30_000)
    assert text.split() == ["Hei", "du", "å\ufffd\ufffd"]


@settings(deadline=None)
@given(st.lists(st.sampled_from(["<div>", "</div>", "<p>", "<blockquote>", "</blockquote>", "<blockquote type=cite>", "<table>", "<tr>", "<td>", "</table>", "<ul>", "<li>", "<ol start=x>", "</ul>", "<pre>", "</pre>", "<hr>", "<br>", "<a href=x>", "</a>", "<div class=gmail_quote>", "<div id=appendonsend>", "<div class=gmail_signature>", "<b>From:</b>", "x", " ", "\n", "&nbsp;", "<!--", "-->", "<template>", "<svg>", "<select>", "&#0;", "\0", "\ud800", "<", ">", "'", '"']), max_size=40).map("".join))  # fmt: skip
def test_any_markup_becomes_text_that_can_be_stored(html: str):
    text = to_text(html)
    text.encode("utf-8")
    assert "\0" not in text


@pytest.mark.parametrize(
    "unit",
    [
        "<div>",
        "<ul><li>",
        "<hr>x",
        "<blockquote>",
        "<p>x",
        "<table><tr><td>",
        "<a href=x>",
        "<!--",
        "<div class=gmail_quote>x",
        "<b>From:</b>",
        '<div style="border-top:solid"><b>A:</b><b>B:</b>',
    ],
)
def test_time_grows_no_faster_than_the_mail(unit: str):
    """Four times the markup may take four times as long, and something on top for a busy machine."""
    small, large = (seconds(lambda count=count: to_text(unit * count)) for count in (1_000, 4_000))
    assert large < 10 * small + 0.1

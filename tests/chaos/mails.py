"""Seven mails with a little of everything that may go wrong twice."""

from __future__ import annotations


def mail(sender: str, subject: str, text: str, **headers: str) -> bytes:
    named = {"From": sender, "To": "integration@desk.example", "Subject": subject}
    lines = named | {name.replace("_", "-"): value for name, value in headers.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"{head}Content-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n".encode()


KARI = "Kari <kari@shop.example>"
TECHNICAL = "POST https://api.vipps.no/ecomm/v2/payments/acme-7/capture gir HTTP 400 siden mandag."
SETTLEMENT = "Pengene for forrige uke er ikke på konto. Når kommer utbetalingen?"
TWICE = mail(
    "Per <per@butikk.example>", "Oppgjør", SETTLEMENT, Message_ID="<2@butikk.example>", Cc="ola@butikk.example"
)
MAILS = (
    mail(KARI, "Capture feiler", TECHNICAL, Message_ID="<1@shop.example>"),
    TWICE,
    mail("Ute <ute@kunde.example>", "Automatic reply", "Ute til mandag.", Auto_Submitted="auto-replied"),
    TWICE,  # delivered twice
    mail("Siv <siv@kiosk.example>", "Utbetaling", "Hvor blir det av oppgjøret vårt for mars?"),  # without any id
    mail("Eva <eva@annen.example>", "Faktura", "Hvorfor trekkes gebyret to ganger?", Message_ID="<2@butikk.example>"),
    mail(
        KARI, "Re: Capture feiler", "Her er MSN: 654321", Message_ID="<7@shop.example>", In_Reply_To="<1@shop.example>"
    ),
)

"""Who writes in the conversations, and what they write."""

from __future__ import annotations

KARI, OLA, AGENCY = "Kari <kari@shop.example>", "Ola <ola@shop.example>", "Dev <dev@agency.example>"
EVE = "Eve <eve@elsewhere.example>"

CALL = "POST https://apitest.vipps.no/ecomm/v2/payments/acme-7/capture feiler hver gang siden mandag."
RESPONSE = (
    'HTTP 400\n{"errorGroup":"Payments","errorCode":"61","errorMessage":"Captured amount exceeds the reserved amount"}'
)
COMPLETE = f"Hei,\n\n{CALL}\nVi er i testmiljøet, MSN 654321.\n\n{RESPONSE}\n"
INCOMPLETE = f"Hei,\n\n{CALL} Kan dere hjelpe oss?\n"
SETTLEMENT = "Hei, pengene for forrige uke er ikke på konto ennå. Når kommer utbetalingen?"

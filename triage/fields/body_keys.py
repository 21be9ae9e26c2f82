"""Keys of the JSON that calls send, and of the JSON that answers them (DOMAIN section 2, "Error bodies")."""

from __future__ import annotations

from triage.fields.vocabulary import Labels

OF_CALLS = Labels.of(
    (
        "merchantinfo", "customerinfo", "transactiontext", "paymentmethod", "userflow", "returnurl", "callbackprefix", "fallback",
        "fallbackurl", "paymentdescription", "merchantredirecturl", "productname", "merchantagreementurl", "modificationamount",
        "paymenttype", "orderlines", "chargetype", "retrydays", "sessionexpiration",
    )
)  # fmt: skip
OF_ANSWERS = Labels.of(
    (
        "errorgroup", "errorcode", "errormessage", "errorinfo", "transactioninfo", "responseinfo", "responsecode", "statuscode",
        "error description", "invalidparams", "extradetails", "errorid", "errortext", "traceid", "transactionsummary",
        "transactionloghistory", "redirecturl", "expires in", "errorsummary", "httpstatuscode", "correlation id",
    )
)  # fmt: skip

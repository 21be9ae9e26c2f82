"""The words that mail clients write around history, forwards and signatures, by language. Data only.

They are the fixed output of programs (Gmail, Outlook, Apple Mail, Thunderbird, phones), not staff rules.
"""

from __future__ import annotations

from typing import Final

# What str.strip takes off, for where more goes with it.
BLANKS: Final = "".join(filter(str.isspace, map(chr, range(0x3001))))

# "On Monday Kari wrote:" in every client language met so far. Several words are one phrase.
VERBS: Final = (
    "wrote|writes|skrev|skriver|skreiv|skriv|kirjoitti|kirjoittaa|schrieb|schreibt|geschrieben"
    "|a écrit|écrit|ha scritto|scritto|escribió|escribio|escreveu|ha escrit|schreef|geschreven"
    "|pisze|napisał|napisała|napisał\\(a\\)|napsal|napsala|napsal\\(a\\)|написал|написала|написал\\(a\\)|пишет|пише"
    "|написав|a scris|írta|yazdı|đã viết|写道|寫道|のメール|작성"
)

# The word such a line begins with; a weekday or a digit serves as well.
OPENERS: Final = "On|At|Den|Am|Um|Le|El|Em|Il|Il giorno|In data|Op|På|Ved|Fra|W dniu|Dnia|Dne|Vào|В|Kl|Päivämäärä|Ma|Pe|Ti|Ke|To|La|Su|在|於"

WEEKDAYS: Final = (
    "mon|tue|wed|thu|fri|sat|sun|man|tir|tys|ons|tor|fre|lør|lau|søn|sun|mån|tis|tors|lör|sön|lau"
    "|maanantai|tiistai|keskiviikko|torstai|perjantai|lauantai|sunnuntai|ma|ti|ke|to|pe|la|su"
    "|mo|di|mi|do|fr|sa|so|montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonntag"
    "|lun|mar|mer|jeu|ven|sam|dim|gio|sab|dom|mié|jue|vie|sáb|seg|ter|qua|qui|sex|maa|woe|don|vri|zat|zon"
    "|пн|вт|ср|чт|пт|сб|вс|понедельник|вторник|среда|четверг|пятница|суббота|воскресенье|po|út|st|čt|pá|pon|wt|śr|czw|pt|sob|nie"
)

# "Quoting Kari:" of webmail.
QUOTING: Final = (
    "quoting|zitat von|sitat|citat|citerar|lainaus|citazione|citando a|mensaje citado por|quoting message from"
)

# Labels of the block that Outlook and others put above history; capitals count (logs and YAML write small ones).
FROM_LABELS: Final = "From|Fra|Frå|Från|Lähettäjä|Von|De|Da|Van|Od|От|Від|发件人|寄件者|差出人|보낸 사람|Feladó|Kimden|Expéditeur|Mittente"
DATE_LABELS: Final = (
    "Sent|Date|Sendt|Dato|Skickat|Datum|Lähetetty|Päiväys|Päivämäärä|Pvm|Gesendet|Envoyé|Envoyé le|Enviado|Enviado el"
    "|Fecha|Enviada em|Enviado em|Data|Inviato|Verzonden|Wysłano|Wysłane|Отправлено|Дата|Надіслано|发送时间|發送時間|日期"
    "|送信日時|日時|보낸 날짜|날짜|Odesláno|Elküldve|Gönderildi|Tarih|Trimis"
)
TO_LABELS: Final = "To|Til|Till|Vastaanottaja|An|À|Para|A|Aan|Do|Komu|Кому|收件人|收件者|宛先|받는 사람|Címzett|Kime|Destinataire|Către"
SUBJECT_LABELS: Final = (
    "Subject|Emne|Ämne|Aihe|Betreff|Objet|Asunto|Assunto|Oggetto|Onderwerp|Temat|Тема|主题|主旨|主題|件名|제목|Tárgy|Konu"
    "|Předmět|Sujet|Subiect"
)
OTHER_LABELS: Final = (
    "Cc|CC|Bcc|Kopi|Kopia|Kopio|Copie|Copie à|Copia|Kopie|Reply-To|Svar til|Svara till|Vastaus|Antwort an|Antworten an|Risposta"
    "|Importance|Viktighet|Viktigt|Prioritet|Priority|Attachments|Vedlegg|Bilagor|Liitteet|Anlagen|抄送|Copia a|Копия"
)

# A dump of an HTTP call or a raw mail has these; a client's block of history never.
WIRE_LABELS: Final = (
    "Host|User-Agent|Accept|Accept-Encoding|Accept-Language|Authorization|Connection|Content-Type|Content-Length"
    "|Content-Encoding|Transfer-Encoding|Cache-Control|Cookie|Set-Cookie|Server|ETag|Vary|Origin|Referer|Expires"
    "|Message-ID|Message-Id|MIME-Version|Mime-Version|Received|Return-Path|Content-Transfer-Encoding|DKIM-Signature"
    "|Idempotency-Key|Merchant-Serial-Number|Ocp-Apim-Subscription-Key|Request-Id|Strict-Transport-Security"
)

# Between dashes: everything below is history.
ORIGINALS: Final = (
    "original message|original appointment|original email|opprinnelig melding|opprinneleg melding|opprinnelig e-post|opprinnelig avtale"
    "|oprindelig meddelelse|oprindelig besked|oprindelig mail|ursprungligt meddelande|ursprungligt mail|originalmeddelande"
    "|originalmelding|original melding|original meddelelse|alkuperäinen viesti|alkuperäinen sähköposti|ursprüngliche nachricht"
    "|originalnachricht|original-nachricht|message d'origine|message original|mensaje original|mensagem original|messaggio originale"
    "|oorspronkelijk bericht|oryginalna wiadomość|wiadomość oryginalna|исходное сообщение|původní zpráva|reply message|quoted text|original$"
)

# Between dashes or before a colon: what follows is passed on, not history.
FORWARDS: Final = (
    "forwarded message|forwarded by|forwarded mail|forwarded email|videresendt|vidaresendt?|vidarebefordra[td]|lähetetty eteenpäin|eteenpäin lähetetty"
    "|välitetty viesti|välitetty sähköposti|edelleenlähetetty|edelleen lähetetty|weitergeleitete|message transféré|message réexpédié"
    "|mensaje reenviado|mensagem encaminhada|messaggio inoltrato|doorgestuurd bericht|wiadomość przekazana|przekazana wiadomość"
    "|пересылаемое сообщение|přeposlaná zpráva"
)

# "Type your reply above this line" of other desks.
ABOVE_THIS_LINE: Final = (
    "above this line|over denne linjen|over denne linja|ovenfor denne linje|over denne linje|ovanför denna rad|ovanför den här raden"
    "|tämän rivin yläpuolelle|oberhalb dieser zeile|über dieser zeile"
)

# Closing formulas; `signature` asks what stands below before it believes them.
SIGN_OFFS: Final = (
    "mvh|m v h|m\\.v\\.h\\.?|med vennlig hilsen|med venleg helsing|med vennleg helsing|vennlig hilsen|venleg helsing|vennleg helsing"
    "|beste hilsen|beste helsing|med beste hilsen|hilsen|helsing|venlig hilsen|med venlig hilsen|de bedste hilsner"
    "|bedste hilsner|mange hilsner|hilsner|kærlig hilsen|vh|dbh|med vänlig hälsning|med vänliga hälsningar|vänliga hälsningar"
    "|vänlig hälsning|bästa hälsningar|hälsningar|hälsning|varma hälsningar|allt gott|ystävällisin terveisin|ystävällisesti"
    "|terveisin|parhain terveisin|terveiset|yt|t\\.|best regards|kind regards|warm regards|warmest regards|with best regards"
    "|with kind regards|many regards|regards|rgds|brgds|br|kr|best wishes|sincerely|yours sincerely|sincerely yours|yours faithfully"
    "|yours truly|respectfully|all the best|mit freundlichen grüßen|mit freundlichen grüssen|mit freundlichem gruß|freundliche grüße"
    "|freundliche grüsse|viele grüße|beste grüße|herzliche grüße|liebe grüße|schöne grüße|mfg|lg|vg|cordialement|bien cordialement"
    "|un saludo|saludos|atentamente|atenciosamente|cordiali saluti|distinti saluti|met vriendelijke groet|met vriendelijke groeten"
    "|pozdrawiam|z poważaniem|с уважением"
    "|thanks|many thanks|thanks in advance|thank you|thank you in advance|thanks and regards|thanks & regards|cheers|best|takk"
    "|tusen takk|takk på forhånd|på forhånd takk|takk for hjelpen|tak|mange tak|på forhånd tak|tak på forhånd|tak for hjælpen|tack"
    "|tack på förhand|tack så mycket|tack för hjälpen|kiitos|kiitos etukäteen|kiittäen|danke|vielen dank|danke im voraus|merci|gracias|grazie"
)

# What phones and apps add by themselves.
DEVICE_STARTS: Final = (
    "sent from|sent via|sent with|sent using|sent by|from my \\w+(?: \\w+)?$|get \\[?outlook for|sendt fra|sendt med|sendt via|sendt frå|hent outlook|skaff deg outlook"
    "|få outlook|last ned outlook|skickat från|skickat med|skickades från|hämta outlook|skaffa outlook|lähetetty|hanki outlook|gesendet von"
    "|gesendet mit|gesendet über|von meinem|von meiner|diese nachricht wurde von mein|outlook für|holen sie sich outlook|laden sie outlook"
    "|envoyé de|envoyé depuis|envoyé à partir|obtenir outlook|enviado desde|enviado do|enviado de|obtener outlook|obter o outlook"
    "|inviato da|scarica outlook|verzonden met|verzonden vanaf|verstuurd vanaf|outlook voor|wysłane z|wysłano z|отправлено с|отправлено из"
    "|從我的|从我的|发自我的|iphoneから送信|enviat des"
)
DEVICES: Final = (
    "iphone|ipad|ipod|android|samsung|galaxy|huawei|nokia|sony|xperia|htc|pixel|oneplus|xiaomi|blackberry|windows phone|outlook|gmail"
    "|yahoo|mail|k-9|mobil|mobile|phone|telefon|puhelin|handy|smartphone|nettbrett|surfplatta|tablet|sparrow|typeapp|airmail|spark"
    "|proton|thunderbird|newton|mailbox|superhuman|my|min|mitt|meine?m?|mon|mi"
)

# A closing paragraph with one of these is a legal notice (or a plea for the trees) ...
NOTICES: Final = (
    "intended recipient|intended solely|intended only|legally privileged|tiltenkt mottaker|rette mottaker|feilaktig har mottatt|mottatt denne"
    "|avsedd mottagare|avsedda mottagaren|tarkoitettu vain|irrtümlich erhalten|before printing|skriver ut denne|skriver ut det här|printer denne"
    "|tulostat|scanned for viruses|virus-free|virusfri|checked for viruses|per uso esclusivo|received this e-mail in error|received this email in error"
    "|received this message in error|modtaget denne"
)
# ... and with one of these, when it speaks of the mail itself.
SECRETS: Final = "confidential|konfidensiel|konfidentiel|taushetsbelagt|taushetsplikt|fortrolig|sekretess|luottamuksellinen|luottamuksellisia|vertraulich|privileged|riservat"
THIS_MAIL: Final = (
    "(?:this|the content of this|contents of this|the above|denne|dette|detta|denna|det här|tämä|tämän|diese|dieser|questo)"
    " .{0,20}(?:e-?mail|message|mail|communication|e-?post|melding|mejl|meddel|besked|viesti|sähköposti|nachricht|messaggio)"
)

# Words of which the labels of a sender's particulars are made ("Tlf. jobb:", "Org.nr:"); the second kind only beside the first.
CONTACT_WORDS: Final = (
    "tel|tlf|telefon|telephone|phone|mobil|mobile|mob|cell|fax|faks|direct|direkte|direkt|sentralbord|switchboard|puh|puhelin|gsm|m|t|p|f|d|w|e|a|o"
    "|post|epost|email|mail|sähköposti|posti|web|website|www|http|https|nett|adresse|address|adress|osoite|org|orgnr|organisasjonsnummer"
    "|cvr|vat|mva|tunnus|hrb|skype|teams|linkedin|twitter|facebook|instagram|msn|merchant|salgsstedsnummer|vippsnummer|besøksadresse|postadresse"
    "|support|kundeservice|kontakt|contact|iban|bic|swift|bankgiro|kontonummer|åpningstider|öppettider"
)
CONTACT_QUALIFIERS: Final = (
    "nr|no|num|number|nummer|serial|line|jobb|job|work|office|kontor|privat|private|home|hjem|us|oss|y|s|id|ust|e"
)

# Programs whose call after a `>` prompt is no quote.
COMMANDS: Final = (
    "curl|wget|npm|npx|yarn|pnpm|pip3?|composer|dotnet|git|docker|kubectl|openssl|telnet|nslookup|Invoke-\\w+|Test-NetConnection"
    "|(?:node|python3?|php|ruby|java) \\S+\\.\\w+"
)

"""Codes of languages in MARC: ISO 639-2, of three letters. Source: the MARC Code List for Languages."""

#: Those of ISO 639-1 that MARC writes with three letters.
_LONG = {
    "ar": "ara",
    "bg": "bul",
    "bn": "ben",
    "ca": "cat",
    "cs": "cze",
    "cy": "wel",
    "da": "dan",
    "de": "ger",
    "el": "gre",
    "en": "eng",
    "eo": "epo",
    "es": "spa",
    "et": "est",
    "eu": "baq",
    "fa": "per",
    "fi": "fin",
    "fr": "fre",
    "ga": "gle",
    "he": "heb",
    "hi": "hin",
    "hr": "hrv",
    "hu": "hun",
    "hy": "arm",
    "id": "ind",
    "is": "ice",
    "it": "ita",
    "ja": "jpn",
    "ka": "geo",
    "ko": "kor",
    "la": "lat",
    "lt": "lit",
    "lv": "lav",
    "mk": "mac",
    "nb": "nob",
    "nl": "dut",
    "nn": "nno",
    "no": "nor",
    "pl": "pol",
    "pt": "por",
    "ro": "rum",
    "ru": "rus",
    "sa": "san",
    "sk": "slo",
    "sl": "slv",
    "sq": "alb",
    "sr": "srp",
    "sv": "swe",
    "ta": "tam",
    "th": "tha",
    "tr": "tur",
    "uk": "ukr",
    "ur": "urd",
    "vi": "vie",
    "yi": "yid",
    "zh": "chi",
}
UNDETERMINED = "und"
#: In $2 of 041: $a is a whole tag of RFC 5646. Source: the Library of Congress, "Language Source Codes".
WHOLE_TAGS = "rfc5646"


def marc_language(code: str | None) -> str:
    """MARC's code for a language such as "de" or "en-GB"; "und" for one that MARC has no code for."""
    primary = (code or "").partition("-")[0].lower()
    return primary if len(primary) == len(UNDETERMINED) else _LONG.get(primary, UNDETERMINED)

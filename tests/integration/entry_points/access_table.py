"""Who may ask for what: every route and method of the product, and the visitors to whom it is open.

A visitor is a role's login, or a machine whose token has that one scope. Addresses are written as the
contract has them, `{}` for what varies. Written by hand from the design, not from the code that it judges.
"""

ANONYMOUS = "anonymous"
ROLES = frozenset({"patron", "librarian", "manager", "operator"})
SCOPES = frozenset(
    {
        "catalog:read",
        "catalog:write",
        "patrons:read",
        "patrons:write",
        "circulation:read",
        "circulation:write",
    }
    | {"accounts:write", "rules:write", "override", "audit:read", "operations"}
)
Visitors = frozenset[str]

EVERYBODY: Visitors = frozenset({ANONYMOUS}) | ROLES | SCOPES
KNOWN = EVERYBODY - {ANONYMOUS}
PATRON: Visitors = frozenset({"patron"})
_DESK: Visitors = frozenset({"librarian", "manager"})
_STAFF = _DESK | {"operator"}

_LOOK_AT_COPIES = _STAFF | {"catalog:read"}
_CATALOGUE = _DESK | {"catalog:write"}
_LOOK_AT_PATRONS = _DESK | {"patrons:read"}
_KEEP_PATRONS = _DESK | {"patrons:write"}
_LOOK_AT_LOANS = _DESK | {"circulation:read"}
_LEND = _DESK | {"circulation:write"}
_TAKE_MONEY = _DESK | {"accounts:write"}
_WAIVE: Visitors = frozenset({"manager", "accounts:write"})
_RULE: Visitors = frozenset({"manager", "rules:write"})
_OVERRIDE: Visitors = frozenset({"manager", "override"})
_AUDIT: Visitors = frozenset({"manager", "audit:read"})

API: dict[str, dict[str, Visitors]] = {
    "books": {"GET": EVERYBODY, "POST": _CATALOGUE},
    "books/{}": {"GET": EVERYBODY, "PATCH": _CATALOGUE, "DELETE": _CATALOGUE},
    "books/{}/copies": {"GET": EVERYBODY, "POST": _CATALOGUE},
    "books/{}/holds": {"GET": _LOOK_AT_LOANS, "PUT": _LEND},
    "copies/{}": {"GET": _LOOK_AT_COPIES, "PATCH": _CATALOGUE},
    "imports": {"GET": _LOOK_AT_COPIES, "POST": _CATALOGUE},
    "imports/{}": {"GET": _LOOK_AT_COPIES},
    "imports/{}/rejected": {"GET": _LOOK_AT_COPIES},
    "imports/{}/revert": {"POST": _CATALOGUE},
    "exports/books": {"GET": _LOOK_AT_COPIES},
    "patrons": {"GET": _LOOK_AT_PATRONS, "POST": _KEEP_PATRONS},
    "patrons/{}": {"GET": _LOOK_AT_PATRONS | PATRON, "PATCH": _KEEP_PATRONS | PATRON},
    "patrons/{}/suspend": {"POST": _KEEP_PATRONS},
    "patrons/{}/reinstate": {"POST": _KEEP_PATRONS},
    "patrons/{}/blocks": {"POST": _KEEP_PATRONS},
    "patrons/{}/blocks/{}": {"DELETE": _KEEP_PATRONS},
    "patrons/{}/renew-membership": {"POST": _KEEP_PATRONS},
    "patrons/{}/erase": {"POST": _OVERRIDE},
    "patrons/{}/profile": {"GET": _LOOK_AT_LOANS | PATRON},
    "patrons/{}/account": {"GET": _LOOK_AT_LOANS | _TAKE_MONEY | PATRON},
    "patrons/{}/account.csv": {"GET": _LOOK_AT_LOANS | _TAKE_MONEY | PATRON},
    "patrons/{}/payments": {"POST": _TAKE_MONEY},
    "patrons/{}/waivers": {"POST": _WAIVE},
    "loans": {"GET": _LOOK_AT_LOANS | PATRON, "POST": _LEND},
    "loans/{}": {"GET": _LOOK_AT_LOANS | PATRON},
    "loans/{}/renew": {"POST": _LEND | PATRON},
    "loans/{}/declare-lost": {"POST": _LEND},
    "loans/{}/claim-returned": {"POST": _LEND},
    "loans/{}/undo-return": {"POST": _LEND},
    "returns": {"POST": _LEND},
    "holds": {"GET": _LOOK_AT_LOANS | PATRON, "POST": _LEND | PATRON},
    "holds/{}": {"GET": _LOOK_AT_LOANS | PATRON},
    "holds/{}/cancel": {"POST": _LEND | PATRON},
    "holds/{}/suspend": {"POST": _LEND | PATRON},
    "holds/{}/resume": {"POST": _LEND | PATRON},
    "holds/{}/ready": {"POST": _LEND},
    "holds/{}/not-found": {"POST": _LEND},
    "eligibility": {"GET": _LOOK_AT_LOANS},
    "rules": {"GET": _LOOK_AT_LOANS, "PUT": _RULE},
    "rules/explain": {"GET": _LOOK_AT_LOANS},
    "branches": {"GET": _LOOK_AT_LOANS, "POST": _RULE},
    "branches/{}/closures": {"GET": _LOOK_AT_LOANS, "POST": _RULE},
    "branches/{}/closures/{}": {"DELETE": _RULE},
    "timeline": {"GET": _AUDIT},
    "me": {"GET": PATRON},
}

PAGES: dict[str, dict[str, Visitors]] = {
    "": {"GET": EVERYBODY},
    "books/{}": {"GET": EVERYBODY},
    "docs": {"GET": EVERYBODY},
    "api/schema/": {"GET": EVERYBODY},
    "health": {"GET": EVERYBODY},
    "health/ready": {"GET": EVERYBODY},
    "health/circuit-breakers": {"GET": EVERYBODY},
    "login": {"GET": EVERYBODY, "POST": EVERYBODY},
    "logout": {"POST": EVERYBODY},
    "password": {"GET": EVERYBODY, "POST": EVERYBODY},
    "password/{}/{}": {"GET": EVERYBODY, "POST": EVERYBODY},
    "desk/": {"GET": _DESK, "POST": _DESK},
    "metrics": {"GET": EVERYBODY},
    "desk/pay/{}": {"POST": _DESK},
    "desk/statement/{}": {"GET": _DESK},
    "desk/{}/{}": {"POST": _DESK},
    "my/": {"GET": PATRON, "POST": PATRON},
    "my/statement": {"GET": PATRON},
    "my/letters": {"GET": PATRON, "POST": PATRON},
}

_NOBODY: Visitors = frozenset()
_OPERATE: Visitors = frozenset({"operator"})
_MANAGE: Visitors = frozenset({"manager"})
#: Rows in the administration: who may look, and who may give the command that makes one.
ADMINISTRATION: dict[str, tuple[Visitors, Visitors]] = {
    "auth/user": (_OPERATE, _NOBODY),
    "shared_kernel/auditentry": (_MANAGE, _NOBODY),
    "shared_kernel/apitoken": (_OPERATE, _NOBODY),
    "shared_kernel/breaker": (_OPERATE, _NOBODY),
    "outbox/outboxmessage": (_OPERATE, _NOBODY),
    "outbox/inboxentry": (_OPERATE, _NOBODY),
    "outbox/quarantinedmessage": (_OPERATE, _NOBODY),
    "catalog/bookrow": (_STAFF, _DESK),
    "catalog/copyrow": (_STAFF, _DESK),
    "catalog/borrowingcountrow": (_STAFF, _NOBODY),
    "catalog/importrow": (_STAFF, _DESK),
    "patrons/patronrow": (_DESK, _DESK),
    "patrons/categoryrow": (_DESK, _MANAGE),
    "patrons/noticerow": (_STAFF, _NOBODY),
    "patrons/wordingrow": (_DESK, _NOBODY),
    "patrons/channelpauserow": (_OPERATE, _NOBODY),
    "lending/loanrow": (_DESK, _DESK),
    "lending/returnrow": (_DESK, _DESK),
    "lending/inhouseuserow": (_DESK, _NOBODY),
    "lending/holdrow": (_DESK, _NOBODY),
    "lending/circulationrulerow": (_DESK, _NOBODY),
    "lending/branchrow": (_DESK, _MANAGE),
    "lending/reportrow": (_DESK, _NOBODY),
}
#: The administration's own pages, open to all who work here.
FRONT: dict[str, Visitors] = {
    "": _STAFF,
    "search/": _STAFF,
    "logout/": EVERYBODY & (ROLES | {ANONYMOUS}),
    "password_change/": _STAFF,
    "password_change/done/": _STAFF,
    "autocomplete/": _NOBODY,  # no form of ours offers it
    "jsi18n/": _STAFF,
    "r/{}/{}/": _STAFF,
}
#: Pages of single rows that give a command, beside Django's own.
OF_A_ROW: dict[str, Visitors] = {
    "catalog/bookrow/{}/revise/": _DESK,
    "catalog/copyrow/{}/condition/": _DESK,
    "catalog/copyrow/choices/": _STAFF,
    "patrons/patronrow/choices/": _DESK,
    "catalog/importrow/{}/revert/": _DESK,
    "catalog/importrow/{}/rejected.csv": _STAFF,
    "patrons/patronrow/{}/contact/": _DESK,
    "patrons/noticerow/{}/send-again/": _OPERATE,
    "patrons/wordingrow/{}/edit/": _DESK,
    "lending/circulationrulerow/edit/": _MANAGE,
    "lending/reportrow/report/{}/": _DESK,
    "lending/reportrow/report/{}.csv": _DESK,
    "lending/reportrow/timeline/": _MANAGE,
    "lending/loanrow/privacy/": _DESK,
}

"""random_rules.py: rules of update-policy at random, of every type."""

REALM, FORWARD, REVERSE = "AD.EXAMPLE.TEST", "ad.example.test", "0.0.127.in-addr.arpa"

IDENTITIES = ["*", "*", "*", "k1.example.test", "*.example.test", "*.TEST", f"PC1$@{REALM}", f"pc2$@{REALM}",
              f"host/pc1.{FORWARD}@{REALM}", f"alice@{REALM}", f"pc1.{FORWARD}", "nobody.example.test"]
REALMS = [REALM] * 5 + ["OTHER.TEST"]
RULE_NAMES = [FORWARD, FORWARD, f"www.{FORWARD}", f"pc1.{FORWARD}", f"dyn.{FORWARD}", f"a.dyn.{FORWARD}", "."]
TYPES = ["", "", "", "A", "A AAAA", "ANY", "ANY", "ANY", "TXT", "A(1)", "A(2) TXT(1)", "SRV TXT", "NS", "PTR", "AAAA ANY(1)", "PTR SRV"]


# What only a directory can tell.
GROUPS = ["group inner", "group editors", "group empty", "group nobody-knows"]
DIRECTORY_IDENTITIES = ["*"] * 5 + [REALM] * 4 + ["OTHER.TEST", f"PC1$@{REALM}", f"alice@{REALM}", *GROUPS]


def rule(rng, apex):
    """One rule of any type of BIND's, as its text."""
    kind = rng.choice(["name", "subdomain", "zonesub", "wildcard", "self", "selfsub", "selfwild", "ms-self",
                       "ms-selfsub", "ms-subdomain", "krb5-self", "krb5-selfsub", "krb5-subdomain"]
                      + ["ms-subdomain-self-rhs", "krb5-subdomain-self-rhs", "tcp-self"]
                      * (4 if apex == REVERSE else 1) + ["6to4-self"])
    identity, name = rng.choice(IDENTITIES), ""
    if kind.startswith(("ms-", "krb5-")):
        identity = rng.choice(REALMS)
    if kind in ("tcp-self", "6to4-self"):
        identity = rng.choice(["*", f"1.{REVERSE}", f"2.{REVERSE}", "*.in-addr.arpa"])
    if kind == "wildcard":
        name = "*." + rng.choice([apex, f"dyn.{FORWARD}"])
    elif kind in ("name", "subdomain") or "subdomain" in kind:
        name = rng.choice(RULE_NAMES if apex == FORWARD else [apex, f"1.{apex}", "."])
    elif kind != "zonesub":
        name = "."
    action = "deny" if rng.random() < 0.2 else "grant"
    return f'{action} "{identity}" {kind} {name} {rng.choice(TYPES)};'


def directory_rule(rng, apex):
    """One rule that rests on what a directory tells, without its semicolon."""
    kind = rng.choice(["ldap-self", "ldap-self", "ldap-selfsub", "ptr-self", "name", "subdomain", "zonesub"]
                      if apex == FORWARD else ["ptr-self", "ptr-self", "ptr-self", "ldap-self", "zonesub", "wildcard"])
    identity = rng.choice(DIRECTORY_IDENTITIES if kind.endswith(("self", "selfsub")) else GROUPS)
    if not identity.startswith("group"):
        identity = f'"{identity}"'
    name = {"name": rng.choice(RULE_NAMES), "subdomain": rng.choice(RULE_NAMES), "zonesub": "", "wildcard": f"*.{apex}",
            "ptr-self": rng.choice(["", "no-forward-check"])}.get(kind, rng.choice([".", "*"]))
    types = "" if kind == "ptr-self" else rng.choice(TYPES)
    action = "deny" if rng.random() < 0.15 else "grant"
    return f"{action} {identity} {kind} {name} {types}"

"""Names that are made to be taken for others: python3 ... MODE ARGUMENT..."""

import base64
import json
import os
import re
import subprocess
import sys
import unicodedata
import urllib.parse
import urllib.request

# The first components, as they are.
NAMES = [
    # filters (RFC 4515) and DNs (RFC 4514)
    "*", "*$", "P*$", "PC1$)(objectClass=*", "x)(|(cn=*)", "PC1\\24", "PC1$,ou=hosts", "#PC1$", "cn=PC1+cn=x", "PC1$;", "PC1\\$",
    # what is put in the place of %p and the like, and printf
    "%p", "%a$", "%s%n%s%n",
    # spaces, which directories fold
    " PC1$", "PC1$ ", "PC1$  ", "one space", "two  spaces",
    # lines, terminals, fields of the log
    "x\nupdate applied zone=forged", "PC1$\nPC1$", "tab\there", "back\b\b\b\bspace", "\x1b[2Jcleared", "\x9b2J",
    'x" rule="forged', '"PC1$"', "PC1$'", "x\r", "\x7f",
    # pages and documents
    "<b>PC1$</b>", "<script>alert(1)</script>", "&#x50;C1$", '{"principal": "PC1$"}', "x\",\n\"y\": 1", "${x}",
    # separators of principals
    "PC1$@AD.EXAMPLE.TEST", "host/pc1.ad.example.test", "key k1", "none",
    # letters that look the same, or are not seen
    "j\u00fcrgen", "PC1\uff04", "\uff30\uff231$", "PC1$\u200b", "\u202e$1CP", "PC1\u0000$", "PC1$\u0000",
]
NUL = [name for name in NAMES if "\0" in name]
PLAIN = [name for name in NAMES if all(" " <= c <= "~" for c in name) and "  " not in name and name == name.strip()]


def text(name):
    """As Kerberos writes it."""
    special = {"\\": "\\\\", "/": "\\/", "@": "\\@", "\n": "\\n", "\t": "\\t", "\b": "\\b", "\0": "\\0"}
    return "".join(special.get(c, c) for c in name)


def shown(principal):
    """As it is shown to people: what is no plain letter stands as its octets."""
    return "".join(chr(o) if 32 <= o < 127 and chr(o) not in '"\\\\' else f"\\{o:03o}" for o in principal.encode())


def make(folder, realm):
    """At the KDC, and in a keytab."""
    def kadmin(*words):
        subprocess.run(["kadmin.local", "-r", realm, *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)

    principals = [f"{text(name)}@{realm}" for name in NAMES]
    for principal in principals:
        kadmin("addprinc", "-randkey", principal)
    kadmin("ktadd", "-k", f"{folder}/hostile.keytab", *principals)


def ldif(suffix, zone):
    """Each that can be has an object with a host name of its own."""
    for i, name in enumerate(PLAIN):
        account = base64.b64encode(name.encode()).decode()
        print(f"dn: cn=hostile{i},ou=hosts,{suffix}\nobjectClass: testAccount\ncn: hostile{i}\n"
              f"sAMAccountName:: {account}\ndNSHostName: hostile{i}.{zone}\n")


def kddnsctl(*words):
    """What it prints for people."""
    done = subprocess.run([os.environ["FLOW_KDDNSCTL"], "-s", f"{os.environ['FLOW_DIR']}/run/control.sock", *words],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    return done.stdout.decode()


def is_harmless(what, printed):
    """No control character, nor one that is not seen or turns the line."""
    for line in printed.split("\n"):
        bad = [c for c in line if unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp")]
        if bad:
            sys.exit(f"{what}: {line!r} has {bad}")


def ask(web, realm):
    """Each of them, and then what is told of all."""
    from client import NOERROR, ContextKey, expect

    expect("PC1$ itself", NOERROR, update(ContextKey("itself").negotiate(), "pc1", "A", "192.0.2.1"))
    known, refused = {f"PC1$@{realm}"}, set()
    for i, name in enumerate(NAMES):
        (refused if name in NUL else known).add(shown(f"{text(name)}@{realm}"))
        one(i, name, f"{text(name)}@{realm}")
    documents(web, realm, known, refused)
    metrics(web, realm)
    for words in ["principals"], ["tsig-list"], ["updates", "-n", "500"], ["updates", "--denied"], ["stats"], ["status"]:
        is_harmless(" ".join(words), kddnsctl(*words))
    log(3 * (len(known) - 1))


def update(key, name, rdtype, rdata):
    from client import Signed, add, tcp

    return Signed(key, add(name, rdtype, rdata)).send(tcp)


def one(i, name, principal):
    """A client of that name gets what is its own, and nothing else."""
    from client import DIR, NOERROR, REFUSED, ZONE, ContextKey, ccache, ctl, expect, tcp, tkey_error

    subprocess.run(["kinit", "-c", f"FILE:{DIR}/ccache-hostile", "-k", "-t", f"{DIR}/hostile.keytab", principal], check=True)
    with ccache("ccache-hostile"):
        key = ContextKey(f"hostile{i}")
        answer = tcp(key.first_leg())
    if name in NUL:
        expect(f"{name!r} gets no context", True, tkey_error(answer) != 0)
        return
    key.finish(answer)
    expect(f"{name!r}: PC1$'s by the directory", REFUSED, update(key, "pc1", "A", "192.0.2.66"))
    expect(f"{name!r}: PC1$'s by its name", REFUSED, update(key, "only", "A", "192.0.2.66"))
    expect(f"{name!r}: PC1$'s by what it is", REFUSED, update(key, "pc1", "TXT", "x"))
    question = ["explain", principal, "add", f"pc1.{ZONE}", "A", "192.0.2.66"]
    is_harmless(f"explain {name!r}", kddnsctl(*question))
    if not name.startswith("key "):  # which explain takes for a key
        said = ctl(*question)
        expect(f"{name!r}: explain: {said}", "refuse", isinstance(said, dict) and said["decision"])
        expect(f"{name!r}: {said['facts']}", False, "cn=PC1," in said["facts"])
    if name in PLAIN:
        own = PLAIN.index(name)
        expect(f"{name!r}: its own", NOERROR, update(key, f"hostile{own}", "A", "192.0.2.1"))
        expect(f"{name!r}: the next one's", REFUSED, update(key, f"hostile{(own + 1) % len(PLAIN)}", "A", "192.0.2.1"))


def documents(web, realm, known, refused):
    """They tell of just these."""
    from client import ZONE, ctl, expect

    def document(name):
        with urllib.request.urlopen(f"{web}/api/v1/{name}", timeout=60) as f:
            expect(f"{name} is JSON", "application/json", f.headers.get_content_type())
            return json.load(f)

    expect("principals", set(), known ^ {p["principal"] for p in ctl("principals")["principals"]})
    expect("principals of the panel", set(), known ^ {p["principal"] for p in document("contexts")["principals"]})
    for decision in document("updates?denied=1")["updates"]:
        expect(f"signer {decision}", True, decision["signer"] in known | refused | {"none"})
    for name in NAMES:
        if name not in NUL and not name.startswith("key "):
            query = {"principal": f"{text(name)}@{realm}", "action": "add", "name": f"pc1.{ZONE}", "type": "A", "rdata": "192.0.2.1"}
            expect(f"explain of the panel, {name!r}", "refuse", document("explain?" + urllib.parse.urlencode(query))["decision"])


def metrics(web, realm):
    """Labels have nothing of them."""
    from client import expect

    with urllib.request.urlopen(f"{web}/metrics", timeout=60) as f:
        lines = f.read().decode("ascii").splitlines()
    for line in lines:
        if line.startswith("# "):
            continue
        sample = re.fullmatch(r'[a-z_]+(\{([a-z_]+="([^"\\]|\\["\\n])*",?)*\})? [-+.\w]+', line)
        expect(f"is a sample: {line}", True, sample is not None)
        # Those of a rule and of a keytab are the administrator's.
        named = len(re.findall(r'"(DNS/|grant \\"PC1\$@)', line))
        expect(f"{line}: has a principal", False, line.count(f"@{realm}") > named)


def log(n_refused):
    """Each line is one of ours, and each field."""
    from client import DIR, expect, in_log, wait_for

    wait_for("each is in the log", lambda: len(in_log(" update refused ")) >= n_refused)
    with open(f"{DIR}/kddnsd.log", "rb") as f:
        lines = f.read().decode("ascii").splitlines()
    for line in lines:
        expect(line, True, bool(re.match(r"\d{4}-\d\d-\d\dT[\d:.]+Z kddnsd: (error|warning|notice|info|debug) ", line)))
        is_harmless("log", line)
        fields = re.sub(r'="[^"]*"', "=", line)
        expect(f"quotes: {line}", False, '"' in fields)
        expect(f"forged: {line}", False, "forged" in fields)


MODES = {"make": make, "ldif": ldif, "ask": ask}
if __name__ == "__main__":
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    MODES[sys.argv[1]](*sys.argv[2:])

"""The story of contexts_make_room."""

from client import *


def stats():
    contexts = ctl("stats")["contexts"]
    return {"now": contexts["now"], "added": contexts["added"], **contexts["evicted"]}


def get_in(name, who="ccache"):
    with ccache(who):
        return ContextKey(name).negotiate()


def outcome(key):
    """(RCODE, TSIG error) of an update, which uses the context."""
    answer = unverified(udp(Signed(key, add("shared", "TXT", key.name.to_text())).octets))
    return answer.rcode(), answer.tsig_error if answer.had_tsig else 0


IN, OUT = (NOERROR, 0), (NOTAUTH, BADKEY)

# Of one principal seven: the eighth takes the place of the idlest.
first, second, *more = (get_in(f"pc1-{n}") for n in range(7))
expect("the first is used", IN, outcome(first))
more.append(get_in("pc1-7"))
expect("the idlest is out", OUT, outcome(second))
for key in [first] + more:
    expect("the others are not", IN, outcome(key))
expect("counted", {"now": 7, "added": 8, "full": 0, "principal": 1}, stats())

# Sixteen in all: the next takes the place of the idlest of all.
more += [get_in(f"pc2-{n}", "pc2") for n in range(7)] + [get_in(f"host-{n}", "host") for n in range(2)]
for key in more:
    expect("in use", IN, outcome(key))
more.append(get_in("host-2", "host"))
expect("the idlest of all is out", OUT, outcome(first))
for key in more:
    expect("the others are not, again", IN, outcome(key))
expect("counted", {"now": 16, "added": 18, "full": 1, "principal": 1}, stats())

# Who was thrown out comes again.
expect("by the same name", IN, outcome(get_in("pc1-0")))
expect("nobody was refused", [], in_log("tkey refused"))
